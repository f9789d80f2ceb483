"""Text files for the benchmarks, half English and half Chinese, the same for the same seed.

    write_texts     words of the shipped vocabulary between function words: no two alike, made at some 5,000 files a second
    write_chapters  real sentences of public textbooks, shuffled anew for each file, under headings
    write_clusters  texts that differ from each other in one or two function words

A file's number decides what stands in it, so a folder grows by files without a change to those that are there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

VOCABULARY = Path(__file__).parents[1] / "nlp" / "vocabulary" / "vocabulary.parquet"
FILES_PER_FOLDER = 1000
_EN = """
the of and to in is with for that be was were as on by this are from or an at which not it have has had their
they can may will more than been these also between after during most such both each other all into no its who
when but if his her there some about only over
"""
EN_WORDS = _EN.split()
"""Function words of English, the commonest first."""
ZH_CHARACTERS = "的了在是和与及或不有为可之者也而以上下中大小日月年人病者患用时对其所于个等能因此后前由至并无多次应该"
"""The same of Chinese."""
INTERCHANGED = {"en": ["the", "this", "that", "these", "such", "its", "their"], "zh": list("的之了也而与及和")}
"""Function words that take each other's place in texts that are to be near-duplicates: none of them negates or counts."""
FUNCTION_SHARE = 0.45
"""Share of function words in a text of `write_texts`."""
SENTENCE_WORDS = {"en": 16, "zh": 12}
PARAGRAPH_SENTENCES = 4


def language(number: int) -> str:
    """Language of a file or a cluster: every other one is Chinese."""
    return "zh" if number % 2 else "en"


class Prose:
    """Sentences of one language from words that are drawn: what is common in one text is common in all (Zipf)."""

    def __init__(self, lang: str) -> None:
        """`lang` is `en` or `zh`."""
        self.lang = lang
        functions = EN_WORDS if lang == "en" else list(dict.fromkeys(ZH_CHARACTERS))
        self.words = [*functions, *_vocabulary(lang)]
        """Function words, then the words of the vocabulary in an order of chance."""
        self.functions = len(functions)
        weights = np.empty(len(self.words))
        for some, share in ((slice(0, self.functions), FUNCTION_SHARE), (slice(self.functions, None), 1)):
            ranked = 1 / (np.arange(len(weights[some])) + 10)
            weights[some] = ranked / ranked.sum() * (share if some.start == 0 else 1 - FUNCTION_SHARE)
        self._cumulative = np.cumsum(weights)
        self._written = np.array(_written(self.words, lang), dtype=object)
        sizes = [len(word.encode()) for word in self._written[: len(self.words)]]
        self.bytes_a_word = float(np.dot(sizes, weights)) + len("。".encode()) / SENTENCE_WORDS[lang]

    def draw(self, chance: np.random.Generator, count: int) -> NDArray[np.int64]:
        """Places in `words` of so many words."""
        return np.searchsorted(self._cumulative, chance.random(count) * self._cumulative[-1])

    def join(self, drawn: NDArray[np.int64], ends: NDArray[np.bool_], breaks: NDArray[np.bool_]) -> str:
        """A text: `ends` says which words end a sentence, `breaks` which of these end a paragraph."""
        form = ends.astype(np.int64) * 2 + (ends & breaks)
        form[np.flatnonzero(np.append(True, ends[:-1]) & ~ends)] = 1
        return "".join(self._written[form * len(self.words) + drawn].tolist()).strip() + "\n"

    def text(self, chance: np.random.Generator, size: int) -> str:
        """A text of `size` bytes, a quarter more or less."""
        count = int(size * chance.uniform(0.75, 1.25) / self.bytes_a_word)
        ends = chance.random(count) < 1 / SENTENCE_WORDS[self.lang]
        ends[-1] = True
        return self.join(self.draw(chance, count), ends, chance.random(count) < 1 / PARAGRAPH_SENTENCES)


def _written(words: Sequence[str], lang: str) -> list[str]:
    """The words as they stand inside a sentence, at its start, at its end, and at the end of a paragraph."""
    if lang == "zh":
        return [*words, *words, *(f"{word}。" for word in words), *(f"{word}。\n\n" for word in words)]
    inside = [f"{word} " for word in words]
    start = [f"{word.capitalize()} " for word in words]
    return [*inside, *start, *(f"{word}. " for word in words), *(f"{word}.\n\n" for word in words)]


@cache
def _vocabulary(lang: str) -> list[str]:
    """Words of the terms that people wrote down, none of those composed by rule."""
    table = pq.read_table(VOCABULARY, columns=["term", "source"])
    terms = [row["term"] for row in table.to_pylist() if row["source"] != "medpress-composed"]
    pattern = re.compile(r"[\u4e00-\u9fff]{2,8}" if lang == "zh" else r"[a-z]{3,14}")
    words = {word for term in terms for word in term.split() if pattern.fullmatch(word)} - set(EN_WORDS)
    ordered = sorted(words)
    return [ordered[place] for place in np.random.default_rng(0).permutation(len(ordered))]


def place(folder: Path, number: int, suffix: str) -> Path:
    """A file's place, so many to a folder."""
    inside = folder / f"{number // FILES_PER_FOLDER:04d}"
    inside.mkdir(parents=True, exist_ok=True)
    return inside / f"{number:07d}{suffix}"


def write_texts(folder: Path, numbers: range, size: int, seed: int) -> int:
    """Write the texts of some numbers, of about `size` bytes each. Returns bytes written."""
    prose = {lang: Prose(lang) for lang in ("en", "zh")}
    written = 0
    for number in numbers:
        text = prose[language(number)].text(np.random.default_rng((seed, number)), size)
        written += place(folder, number, ".txt").write_bytes(text.encode())
    return written


def write_chapters(folder: Path, numbers: range, size: int, seed: int, textbooks: Path) -> int:
    """Write chapters of some numbers, of about `size` bytes each, from the sentences below `textbooks`.

    Returns bytes written.
    """
    pool = sentences(textbooks)
    written = 0
    for number in numbers:
        chance = np.random.default_rng((seed, number))
        wanted = size * chance.uniform(0.75, 1.25)
        text = "".join(_sections(pool[language(number)], language(number), chance, wanted))
        written += place(folder, number, ".md").write_bytes(text.encode())
    return written


def _sections(pool: Sequence[str], lang: str, chance: np.random.Generator, size: float) -> Iterator[str]:
    """Headings and paragraphs until they hold so many bytes; no sentence stands twice in a chapter."""
    order = iter(chance.permutation(len(pool)).tolist())
    glue = " " if lang == "en" else ""
    while size > 0:
        if chance.random() < 0.2:
            title = re.split(r"[\s,，]", pool[next(order)])[:4]
            yield f"## {' '.join(title)}\n\n" if lang == "en" else f"## {title[0][:12]}\n\n"
        paragraph = glue.join(pool[next(order)] for _ in range(chance.integers(3, 8)))
        size -= len(paragraph.encode())
        yield f"{paragraph}\n\n"


def sentences(textbooks: Path) -> Mapping[str, list[str]]:
    """The distinct sentences of the CNXML chapters (en) and the classics in GB18030 (zh) below a folder, sorted."""
    from lxml import etree

    english: set[str] = set()
    for path in textbooks.rglob("*.cnxml"):
        for paragraph in etree.parse(path).iter("{*}para"):
            text = " ".join("".join(paragraph.itertext()).split())
            english.update(s for s in re.split(r"(?<=[.!?])\s+", text) if 40 <= len(s) <= 400)
    chinese: set[str] = set()
    for path in textbooks.rglob("*.txt"):
        text = "".join(path.read_text("gb18030", errors="replace").replace("\\x", "").split())
        chinese.update(s for s in re.split(r"(?<=。)", text) if 10 <= len(s) <= 200 and "\ufffd" not in s)
    return {"en": sorted(english), "zh": sorted(chinese)}


def write_clusters(folder: Path, clusters: int, members: int, words: int, seed: int) -> int:
    """Write clusters of near-duplicates of so many words, which differ from each other in one or two function words.

    Returns bytes written. A text is one paragraph: a repeated one would be taken out as boilerplate.
    """
    prose = {lang: Prose(lang) for lang in ("en", "zh")}
    written = 0
    for cluster in range(clusters):
        chance = np.random.default_rng((seed, cluster))
        some = prose[language(cluster)]
        drawn = some.draw(chance, words)
        ends = np.arange(words) % SENTENCE_WORDS[some.lang] == SENTENCE_WORDS[some.lang] - 1
        ends[-1] = True
        swapped = np.array([some.words.index(word) for word in INTERCHANGED[some.lang]])
        spots = 1 + np.arange(words // 4) * 4
        spots = spots[~ends[spots]]
        drawn[spots] = swapped[chance.integers(0, len(swapped), len(spots))]
        for member in range(members):
            changed = drawn.copy()
            spot = spots[member % len(spots)]
            before = int(np.flatnonzero(swapped == drawn[spot])[0])
            changed[spot] = swapped[(before + 1 + member // len(spots)) % len(swapped)]
            text = some.join(changed, ends, np.zeros(words, dtype=bool))
            written += place(folder, cluster * members + member, ".txt").write_bytes(text.encode())
    return written
