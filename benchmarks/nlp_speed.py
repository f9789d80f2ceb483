"""Speed of the taggers in one process: python benchmarks/nlp_speed.py [lexicon] [cascade] [peers] [memory]

Words (English) and characters (Chinese) per CPU-second. On a busy machine the ratios hold, the figures are low.
"""

from __future__ import annotations

import gc
import json
import os
import re
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import psutil
from parts import run_parts

from nlp.formats import read_annotated
from nlp.tagging import load_tagger
from nlp.tagging.folding import fold
from nlp.vocabulary import built_in_terms

DATA = Path(os.environ.get("MEDPRESS_DATA", "../shared/data"))


def abstracts() -> list[str]:
    return [d.text for d in read_annotated(DATA / "ner_re/bc5cdr_pubtator/CDR_DevelopmentSet.PubTator.txt")]


def questions() -> list[str]:
    return [d.text for d in read_annotated(DATA / "ner_re/chineseblue/cMedQANER_dev.json")] * 5


def chapters() -> list[str]:
    """Paragraphs of medical textbooks."""
    texts = []
    for path in sorted((DATA / "textbook").rglob("*.cnxml"))[:12]:
        for paragraph in re.findall(r"<para[^>]*>(.*?)</para>", path.read_text(encoding="utf-8"), re.S):
            text = " ".join(re.sub(r"<[^>]+>", " ", paragraph).split())
            if len(text) > 200:
                texts.append(text)
    return texts[:400]


def general() -> list[str]:
    """Main texts of saved web pages about anything (the gold texts of the article extraction set)."""
    texts = []
    for path in sorted((DATA / "html").rglob("*.json")):
        try:
            rows = json.loads(path.read_text(encoding="utf-8"))
        except (UnicodeDecodeError, json.JSONDecodeError):
            continue
        for row in rows.values() if isinstance(rows, dict) else rows:
            body = row.get("articleBody") if isinstance(row, dict) else None
            if isinstance(body, str) and len(body) > 500:
                texts.extend(p for p in body.split("\n") if len(p) > 200)
    return texts[:400]


def per_second(run: Callable[[Sequence[str]], object], texts: Sequence[str], amount: int, batch: int = 64) -> float:
    run(texts[:8])
    gc.collect()
    started = time.process_time()
    for first in range(0, len(texts), batch):
        run(texts[first : first + batch])
    return amount / (time.process_time() - started)


def side_by_side(
    first: Callable[[Sequence[str]], object], second: Callable[[Sequence[str]], object], texts: Sequence[str]
) -> tuple[float, float]:
    """CPU-seconds of two taggers that take turns on batches of 16, so that a busy machine slows both alike."""
    first(texts[:8])
    second(texts[:8])
    spent = [0.0, 0.0]
    for low in range(0, len(texts), 16):
        for i, run in enumerate((first, second)):
            started = time.process_time()
            run(texts[low : low + 16])
            spent[i] += time.process_time() - started
    return spent[0], spent[1]


def n_words(texts: Sequence[str]) -> int:
    return sum(len(text.split()) for text in texts)


def n_characters(texts: Sequence[str]) -> int:
    return sum(map(len, texts))


def lexicon() -> None:
    tagger = load_tagger("lexicon")
    english, chinese = abstracts() * 4, questions() * 4
    prose = general() or chapters()
    print(
        f"lexicon, English abstracts: {per_second(tagger.tag, english, n_words(english)) / 1e6:.2f} M words per CPU-s"
    )
    print(
        f"lexicon, general English:   {per_second(tagger.tag, prose * 8, n_words(prose) * 8) / 1e6:.2f} M words per CPU-s"
    )
    rate = per_second(tagger.tag, chinese, n_characters(chinese))
    print(f"lexicon, Chinese questions: {rate / 1e6:.2f} M characters per CPU-s")


def cascade() -> None:
    crf, both = load_tagger("crf"), load_tagger("cascade")
    for name, texts in (("abstracts", abstracts()[:200]), ("textbooks", chapters()), ("general web text", general())):
        if not texts:
            print(f"{name}: no text found under {DATA}")
            continue
        everywhere, cascaded = (n_words(texts) / seconds for seconds in side_by_side(crf.tag, both.tag, texts))
        print(
            f"{name:17} CRF everywhere {everywhere:9,.0f}  cascade {cascaded:9,.0f} words per CPU-s: "
            f"{cascaded / everywhere:.2f} times"
        )
    texts = questions()
    everywhere, cascaded = (n_characters(texts) / seconds for seconds in side_by_side(crf.tag, both.tag, texts))
    print(
        f"Chinese questions CRF everywhere {everywhere:,.0f}  cascade {cascaded:,.0f} characters: {cascaded / everywhere:.2f} times"
    )


def peers() -> None:
    """The same English terms in other matchers, and a spaCy CNN of the usual size (untrained: speed only)."""
    texts = abstracts()
    amount = n_words(texts)
    tagger = load_tagger("lexicon")
    own = per_second(tagger.tag, texts, amount)
    print(f"lexicon tagger {own:12,.0f} words per CPU-s")
    terms = sorted(
        {fold(t.text) for t in built_in_terms() if t.text.isascii() and t.text[0] != "~" and len(t.text) > 1}
    )
    try:
        import ahocorasick
    except ImportError:
        print("pyahocorasick is not installed")
    else:
        automaton = ahocorasick.Automaton()
        for i, term in enumerate(terms):
            automaton.add_word(term, (i, len(term)))
        automaton.make_automaton()

        def scan(batch: Sequence[str]) -> list[list[tuple[int, int]]]:
            found = []
            for text in batch:
                folded = fold(text)
                size = len(folded)
                row = []
                for end, (_, length) in automaton.iter_long(folded):
                    start = end - length + 1
                    if (start == 0 or not folded[start - 1].isalnum()) and (
                        end + 1 >= size or not folded[end + 1].isalnum()
                    ):
                        row.append((start, end + 1))
                found.append(row)
            return found

        rate = per_second(scan, texts, amount)
        print(f"pyahocorasick  {rate:12,.0f}  ({own / rate:.2f} times)")
    import spacy
    from spacy.matcher import PhraseMatcher

    pipeline = spacy.blank("en")
    matcher = PhraseMatcher(pipeline.vocab, attr="LOWER")
    matcher.add("term", [pipeline.make_doc(term) for term in terms[:20_000]])
    rate = per_second(
        lambda batch: [matcher(pipeline.make_doc(text)) for text in batch], texts[:150], n_words(texts[:150])
    )
    print(f"PhraseMatcher  {rate:12,.0f}  ({own / rate:.1f} times; 20,000 terms)")
    network = spacy.blank("en")
    recogniser = network.add_pipe("ner")
    for label in ("disease", "drug"):
        recogniser.add_label(label)
    network.initialize()
    rate = per_second(lambda batch: list(network.pipe(batch)), texts[:60], n_words(texts[:60]))
    print(f"spaCy CNN      {rate:12,.0f}  ({own / rate:.0f} times)")


def memory() -> None:
    """Resident memory while a million records go through the lexicon and the context rules."""
    from nlp.context import annotate

    tagger = load_tagger("lexicon")
    texts = [text[:160] for text in abstracts()]
    process = psutil.Process()
    total = int(os.environ.get("MEDPRESS_RECORDS", "1000000"))
    for done in range(0, total, 500):
        for text, entities in zip(texts, tagger.tag(texts), strict=True):
            annotate(text, entities[:3])
        if done % (total // 5) < 500:
            print(f"{done:>9,} records  {process.memory_info().rss / 1e6:.0f} MB")
    print(f"{total:>9,} records  {process.memory_info().rss / 1e6:.0f} MB")


if __name__ == "__main__":
    PARTS = {"lexicon": lexicon, "cascade": cascade, "peers": peers, "memory": memory}
    run_parts(PARTS, __doc__)
