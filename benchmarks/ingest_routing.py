"""Routing of native PDFs, and whether what comes out is made of words.

    pip install wordfreq      # word lists of many languages (code Apache-2.0, data CC BY-SA 4.0); for this measurement only
    python benchmarks/ingest_routing.py PDFS [--words NAME…]

Reads PDFS/*.pdf, prints each route and its reason with the number of pages, and for the files with NAME in their name
(default: those with broken text layers) the share of their words that stand in the word list of their language. All
words of at least two letters count, reference lists aside; the second figure leaves out words that begin with a capital
within a sentence (names), and words with other capitals or digits in or beside them (codes). Names of species and of
substances in lower case stay in. Other files are the yardstick: what a sound text layer reaches.
"""

from __future__ import annotations

import argparse
import re
import statistics
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from ingest.assembly.assemble import assemble
from ingest.document import Page, ReadOptions
from ingest.readers.pdf import PdfReader
from nlp.language import detect

_WORD = re.compile(r"(?P<end>[.!?:•]\s+|^|\n)?(?P<word>[^\W\d_]+(?:['’][^\W\d_]+)?)")
_DIGITS = re.compile(r"\d+")


@cache
def _known(word: str, language: str) -> bool:
    from wordfreq import zipf_frequency

    return bool(zipf_frequency(word, language, wordlist="large") > 0)


def read(path: Path) -> list[Page]:
    """A document's pages, assembled."""
    reader, options = PdfReader(), ReadOptions()
    probe = reader.probe(path, options)
    return assemble(list(reader.read(path, 1, probe.n_pages, options, lambda _: None)), probe)[0]


def words(pages: list[Page]) -> Iterator[tuple[str, bool]]:
    """(word, whether it is a name or a code) of a document's text without its references."""
    for page in pages:
        for block in page.blocks:
            if block.kind in ("reference", "formula"):
                continue
            for match in _WORD.finditer(block.text):
                word = match.group("word")
                if len(word) < 2 or "://" in block.text[max(0, match.start() - 12) : match.start()]:
                    continue
                start = match.start("word") == 0 or match.group("end") is not None
                code = (word[0].isupper() and not start) or any(c.isupper() for c in word[1:])
                beside = block.text[match.start("word") - 1 : match.start("word")] + block.text[match.end() :][:1]
                yield word.lower().replace("’", "'"), code or any(c.isdigit() for c in beside)


def share(pages: list[Page]) -> tuple[float, float, int, Counter[str]]:
    """(share of known words, the same without names and codes, number of those, the unknown ones)."""
    language = detect("\n".join(block.text for page in pages for block in page.blocks)) or "en"
    found = list(words(pages))
    plain = [word for word, name in found if not name]
    unknown = Counter(word for word in plain if not _known(word, language))
    every = sum(_known(word, language) for word, _ in found) / max(1, len(found))
    return every, 1 - unknown.total() / max(1, len(plain)), len(plain), unknown


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pdfs", type=Path)
    parser.add_argument("--words", nargs="*", default=["garbled", "brazj"])
    parser.add_argument("--show", action="store_true", help="print the unknown words")
    arguments = parser.parse_args()
    routes: Counter[tuple[str, str, str]] = Counter()
    sound = []
    for path in sorted(arguments.pdfs.glob("*.pdf")):
        pages = read(path)
        for page in pages:
            reason = _DIGITS.sub("#", page.reason.split(";")[0])
            routes[page.route, reason, path.name if page.route == "ocr" else ""] += 1
        if path.name.startswith("zh_"):
            continue
        every, plain, count, unknown = share(pages)
        if any(name in path.name for name in arguments.words):
            print(
                f"{path.name}: {100 * every:.1f} % of all words, {100 * plain:.1f} % of {count} without names and codes"
            )
            if arguments.show:
                print("   ", ", ".join(f"{word} {n}" for word, n in unknown.most_common(60)))
        else:
            sound.append(plain)
    print(
        f"{len(sound)} files with sound text layers: {100 * statistics.mean(sound):.1f} % (lowest {100 * min(sound):.1f} %)"
    )
    for (route, reason, name), count in sorted(routes.items()):
        print(f"{count:5} {route:7} {reason} {name}")


if __name__ == "__main__":
    main()
