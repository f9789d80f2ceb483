"""The learned finder: a small network over words and Chinese characters, one model for both languages.

It looks at what a word is made of, at lists (words of the language, terms of medicine, names), at the blanks before it, at the
shape of the stretch without blanks in which it stands, and through its convolutions at some twenty words around it. It learned
from invented notes only (`nlp/phi/training.py`), and says NAME, DATE, PHONE, ADDRESS or OTHER_ID: which number it is, the rules
know from its label.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from nlp.phi.gazetteer import COMPOUND_SURNAMES, GIVEN_CHARACTERS, GIVEN_NAMES, SURNAMES
from nlp.phi.kinds import PhiSpan
from nlp.phi.network import Network, read_network

MODEL: Final[Path] = Path(__file__).parent.parent / "models" / "phi"
NETWORK: Final[str] = "network.safetensors"
"""The file of the weights in the folder of a model."""
WORDS: Final[Path] = Path(__file__).parent / "words" / "en.txt"
EPONYMS: Final[Path] = Path(__file__).parent / "words" / "eponyms.txt"
ABBREVIATIONS: Final[Path] = Path(__file__).parent / "words" / "abbreviations.txt"
TRADITIONAL: Final[Path] = Path(__file__).parent / "words" / "traditional.txt"
LABELS: Final[tuple[str, ...]] = (
    "O",
    *(f"{place}-{kind}" for kind in ("NAME", "DATE", "PHONE", "ADDRESS", "OTHER_ID") for place in "BI"),
)
"""Labels of a word, in the order of the network: none, then the first and a later word of each kind."""
ROWS: Final[int] = 1 << 15
"""Rows of the table of features; features share them by their hashes. The upper half is for pairs of Chinese characters."""
_LOWER: Final[int] = ROWS // 2 - 1
LEAST_SURE: Final[float] = 0.7
"""How likely it must be that a token is of no identifier. Chosen with the next one on the half `dev` of the labelled layouts."""
LEAST_SURE_UNLISTED: Final[float] = 0.15
"""The same for a word in Latin letters that no list of names holds: brands and methods look like names, and are more."""

_TOKEN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff\u0370-\u052f]+|\d+|\n|[^\s]")
_HAN = re.compile("[\u3400-\u9fff]")
_STRETCH = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff\d\-/.:()#*_+@·'’]+")
_SURROGATE = re.compile("[\ud800-\udfff]")

Rows = NDArray[np.int32]


@dataclass(frozen=True, kw_only=True, slots=True)
class Tokens:
    """Words, numbers, Chinese characters, signs and ends of lines of a text, and where they stand."""

    texts: Sequence[str]
    """Each as it is written."""
    starts: NDArray[np.int64]
    """Offset of the first character."""
    ends: NDArray[np.int64]
    """Offset behind the last character."""

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True, kw_only=True, slots=True)
class WordLists:
    """What a word is known as, by the lists of a model."""

    words: frozenset[str]
    """Words that English writes in small letters."""
    medical: frozenset[str]
    """Words of medical terms."""
    terms: tuple[str, ...]
    """Medical terms of three and more Chinese characters."""
    eponyms: frozenset[str]
    """Names by which medicine calls signs, diseases and instruments, in lower case."""
    abbreviations: frozenset[str]
    """Abbreviations of records, in capitals."""
    names: frozenset[str]
    """Given names and surnames in Latin letters, in lower case."""
    surnames: frozenset[str]
    """Chinese surnames of one character."""
    pairs: frozenset[str]
    """Pairs of Chinese characters that stand together often in medical text."""
    dictionary: tuple[str, ...]
    """Chinese words of two to four characters that name nobody."""
    places: tuple[str, ...]
    """Names of places in Chinese."""
    characters: dict[str, str]
    """Chinese character -> how much likelier it is as a surname and in a given name than in a word, a digit each."""
    simplified: dict[str, str]
    """Traditional character -> simplified one."""


def read_lists(folder: Path) -> WordLists:
    """The lists of the model in `folder`."""

    def lines(path: Path) -> frozenset[str]:
        return frozenset(path.read_text(encoding="utf-8").split("\n"))

    medical = lines(folder / "medical.txt")
    return WordLists(
        words=lines(WORDS),
        medical=frozenset(filter(str.isascii, medical)),
        terms=tuple(sorted(word for word in medical if not word.isascii())),
        eponyms=frozenset(word.lower() for word in lines(EPONYMS)),
        abbreviations=lines(ABBREVIATIONS),
        names=lines(folder / "names.txt") | GIVEN_NAMES,
        surnames=lines(folder / "surnames.txt") | SURNAMES,
        pairs=lines(folder / "pairs.txt"),
        dictionary=tuple(sorted(lines(folder / "words.txt") - {""})),
        places=tuple(sorted(lines(folder / "places.txt") - {""})),
        characters={entry[0]: entry[1:] for entry in lines(folder / "characters.txt") if entry},
        simplified={pair[0]: pair[1] for pair in lines(TRADITIONAL) if pair},
    )


def tokenize(text: str) -> Tokens:
    """Words, numbers, Chinese characters, signs and ends of lines; other blanks are left out."""
    texts, starts = [], []
    for match in _TOKEN.finditer(text):
        texts.append(match[0])
        starts.append(match.start())
    first = np.array(starts, np.int64)
    return Tokens(texts=texts, starts=first, ends=first + np.array([len(word) for word in texts], np.int64))


def _shape(text: str) -> str:
    """Letters and digits of a stretch as A, a and 0, cut to 14 characters."""
    return "".join("0" if c.isdigit() else "A" if c.isupper() else "a" if c.isalpha() else c for c in text[:14])


def _short_shape(shape: str) -> str:
    """A shape in which each run stands once."""
    return "".join(c for i, c in enumerate(shape) if not i or c != shape[i - 1])


def _row(feature: str) -> int:
    """The row of a feature in the table; row 0 is that of none."""
    return 1 + crc32(feature.encode()) % _LOWER


_MOST_KEPT: Final[int] = 200_000
"""Words and stretches whose features are kept for the next time."""
_REMEMBERED: Final[int] = 128
"""Texts whose findings are remembered; they stay in the memory of their process alone."""
_OWN: Final[int] = 9
"""Features that a word has wherever it stands."""
_NONE = ("",) * _OWN


class Featurizer:
    """From a text to its tokens and their features, the same in training and in use."""

    def __init__(self, lists: WordLists) -> None:
        from ahocorasick_rs import AhoCorasick, MatchKind

        self._lists = lists
        self._terms: Any = AhoCorasick(list(lists.terms), matchkind=MatchKind.LeftmostLongest)
        self._n_places = len(lists.places)
        self._dictionary: Any = AhoCorasick([*lists.places, *lists.dictionary], matchkind=MatchKind.LeftmostLongest)
        self._simplify = str.maketrans(lists.simplified)
        self._pairs = np.sort(np.array([_pair(pair) for pair in lists.pairs if len(pair) == 2], np.uint64))
        self._compounds = np.sort(np.array([_pair(pair) for pair in COMPOUND_SURNAMES], np.uint64))
        self._number: dict[str, int] = {}
        self._own = np.zeros((1024, _OWN), np.int32)
        self._stretches: dict[str, tuple[int, int]] = {}

    def _numbers(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """Where the features of each word stand in `_own`; texts are made of few words."""
        number = self._number
        if len(number) > _MOST_KEPT:
            number.clear()
        for word in set(texts).difference(number):
            if len(number) == len(self._own):
                self._own = np.concatenate([self._own, np.zeros_like(self._own)])
            self._own[len(number)] = [_row(f"{i}{f}") if f else 0 for i, f in enumerate(self._look_at(word))]
            number[word] = len(number)
        return np.fromiter(map(number.__getitem__, texts), np.int64, len(texts))

    def _look_at(self, text: str) -> tuple[str, ...]:
        """Features of a word that do not depend on where it stands: `_OWN`, blank where there is none."""
        lists = self._lists
        if text.isdecimal():
            size = len(text)
            value = int(text) if size < 5 else -1
            kind = (
                "m" if size < 3 and 0 < value < 13 else "d" if size < 3 and 0 < value < 32
                else "y" if size == 4 and 1900 <= value < 2100 else ""
            )  # fmt: skip
            zero = "0" if text[0] == "0" else ""
            exact = f"n={text}" if size < 3 else ""
            return (exact, f"n{size}{kind}", f"z{zero}{size}", f"n{kind}", *_NONE[4:])
        if text.isalpha() and not _HAN.match(text):
            lower = text.lower()
            kind = ("w" if lower in lists.words else "") + ("m" if lower in lists.medical else "")
            name = ("n" if lower in lists.names else "") + ("e" if lower in lists.eponyms else "")
            kind += name + ("a" if text in lists.abbreviations else "")
            shape = _short_shape(_shape(text))
            shape = shape if len(text) > 1 else shape + "1"
            known = lower if "w" in kind or "m" in kind or len(lower) < 4 else ""
            return (
                known, f"{known} {shape}" if known else "", f"{shape}{kind or 'u'}", f"{shape}{min(len(text), 8)}",
                f"-{lower[-2:]}", f"-{lower[-3:]}", f"{lower[:3]}-", f"k{kind or 'u'}", f"s{shape}",
            )  # fmt: skip
        if _HAN.match(text):
            class_ = ("s" if text in lists.surnames else "h") + ("g" if text in GIVEN_CHARACTERS else "")
            likely = lists.characters.get(text, "00")
            return (text, f"h{class_}", f"sg{likely}", f"s{likely[0]}", f"g{likely[1]}", "han", *_NONE[6:])
        return (text, "sign", *_NONE[2:])

    def features(self, text: str, tokens: Tokens) -> Rows:
        """Rows of the table for each token of a text, shape (tokens, features); 0 where a feature is missing."""
        starts, ends = tokens.starts, tokens.ends
        text = text.translate(self._simplify)
        texts: Sequence[str] = tokens.texts
        if not text.isascii():
            texts = [text[at] if len(word) == 1 else word for word, at in zip(texts, starts.tolist(), strict=True)]
        numbers = self._numbers(texts)
        own = self._own[numbers]
        codes = np.frombuffer((" " + text + " ").encode("utf-32-le"), np.uint32)
        first = codes[starts + 1]
        gap = np.minimum(starts - np.concatenate([[0], ends[:-1]]), 3)
        gap = np.where((codes[starts] == 9) | (codes[starts] == 0x3000), 3, gap)
        following = np.append(gap[1:], 3)
        line = np.flatnonzero(first == 10)
        since = np.arange(len(tokens)) - np.concatenate([[-1], line])[np.searchsorted(line, np.arange(len(tokens)))] - 1
        last = np.append(first[1:] == 10, True)
        place = np.minimum(since, 3) * 2 + last
        columns = [own, _hashed(1, gap * 4 + following)[:, None], _hashed(2, place)[:, None]]
        columns.append(self._stretch_features(text, starts))
        columns.append(self._chinese_features(text, codes, first, starts))
        return np.concatenate(columns, axis=1)

    def _stretch_features(self, text: str, starts: NDArray[np.int64]) -> Rows:
        """Shape with its digits, shape in short, and place, of the stretch without blanks that each token stands in."""
        found = np.zeros((len(starts), 2), np.int32)
        begins, stops, shapes = [], [], []
        for match in _STRETCH.finditer(text):
            begins.append(match.start())
            stops.append(match.end())
            shapes.append(self._shapes(match[0]))
        if not begins:
            return found
        begin, stop, shape = np.array(begins), np.array(stops), np.array(shapes, np.int32)
        at = np.maximum(np.searchsorted(begin, starts, side="right") - 1, 0)
        inside = (begin[at] <= starts) & (starts < stop[at])
        is_first = (begin[at] == starts).astype(np.int64)
        for column in (0, 1):
            rows = _hashed(3 + column, shape[at, column].astype(np.int64) * 2 + is_first)
            found[:, column] = np.where(inside & (shape[at, column] > 0), rows, 0)
        return found

    def _shapes(self, stretch: str) -> tuple[int, int]:
        known = self._stretches.get(stretch)
        if known is None:
            whole = _shape(stretch)
            known = (_row(whole) if "0" in whole else 0), _row(_short_shape(whole))
            if len(self._stretches) < _MOST_KEPT:
                self._stretches[stretch] = known
        return known

    def _chinese_features(
        self, text: str, codes: NDArray[np.uint32], first: NDArray[np.uint32], starts: NDArray[np.int64]
    ) -> Rows:
        """Pairs with the neighbours, places in words of the dictionary and terms, of each Chinese character."""
        found = np.zeros((len(starts), 6), np.int32)
        if text.isascii():
            return found
        is_han = (codes >= 0x3400) & (codes <= 0x9FFF)
        mine = is_han[starts + 1]
        at = starts[mine] + 1
        wide = codes.astype(np.uint64)
        pair = np.where(is_han[:-1] & is_han[1:], (wide[:-1] << np.uint64(16)) | wide[1:], np.uint64(0))
        listed = _is_in(pair, self._pairs).astype(np.int64)
        words, terms = self._in_words(text), self._in_terms(text)
        here, following = pair[at - 1], pair[at]
        found[mine, 0] = np.where(here > 0, _hashed(5, here) + _LOWER, 0)
        found[mine, 1] = np.where(following > 0, _hashed(6, following) + _LOWER, 0)
        found[mine, 2] = _hashed(7, listed[at - 1] * 2 + listed[at])
        found[mine, 3] = _hashed(8, words[at])
        found[mine, 4] = _hashed(9, words[at - 1] * 64 + words[at] * 8 + words[np.minimum(at + 1, len(words) - 1)])
        compound = _is_in(here, self._compounds) | _is_in(following, self._compounds)
        found[mine, 5] = _hashed(10, terms[at] * 2 + compound)
        return found

    def _in_terms(self, text: str) -> NDArray[np.int64]:
        """1 at the characters, one further right, that stand in a medical term."""
        places = np.zeros(len(text) + 2, np.int64)
        for _, start, end in self._terms.find_matches_as_indexes(text):
            places[start + 1 : end + 1] = 1
        return places

    def _in_words(self, text: str) -> NDArray[np.int64]:
        """The place of each character, one further right, in a word of the dictionary: 1 first, 2 within, 3 last; 3 more in places."""
        places = np.zeros(len(text) + 2, np.int64)
        matches = self._dictionary.find_matches_as_indexes(text)
        if matches:
            word, start, end = np.array(matches, np.int64).T
            more = np.where(word < self._n_places, 3, 0)
            for i in range(1, int((end - start).max()) - 1):
                within = start + i + 1 < end
                places[(start + i + 1)[within]] = (2 + more)[within]
            places[start + 1] = 1 + more
            places[end] = 3 + more
        return places


def _pair(pair: str) -> int:
    return (ord(pair[0]) << 16) | ord(pair[1])


def _is_in(values: NDArray[np.uint64], listed: NDArray[np.uint64]) -> NDArray[np.bool_]:
    at = np.minimum(np.searchsorted(listed, values), len(listed) - 1)
    return np.asarray(listed[at] == values)


def _hashed(column: int, values: NDArray[Any]) -> Rows:
    """Rows of numbers that one column of features holds."""
    mixed = (values.astype(np.uint64) + np.uint64(column << 40)) * np.uint64(0x9E3779B97F4A7C15)
    return (np.uint64(1) + (mixed >> np.uint64(32)) % np.uint64(_LOWER)).astype(np.int32)


def to_tags(tokens: Tokens, spans: Iterable[tuple[int, int, str]]) -> list[str]:
    """B-, I- and O tags of tokens, given (start, end, kind)."""
    tags = ["O"] * len(tokens)
    for start, end, kind in spans:
        first = int(np.searchsorted(tokens.ends, start, side="right"))
        last = int(np.searchsorted(tokens.starts, end))
        tags[first:last] = [f"B-{kind}", *[f"I-{kind}"] * (last - first - 1)][: last - first]
    return tags


def to_spans(tokens: Tokens, tags: Sequence[str]) -> list[PhiSpan]:
    """Spans of tags; an I- without its B- begins one."""
    spans: list[PhiSpan] = []
    kind, first = "", 0
    for i, tag in enumerate([*tags, "O"]):
        if kind and tag != "I-" + kind:
            spans.append(PhiSpan(int(tokens.starts[first]), int(tokens.ends[i - 1]), kind))
            kind = ""
        if tag != "O" and not kind:
            kind, first = tag[2:], i
    return spans


class PhiTagger:
    """A trained model: a folder with network.safetensors and its lists."""

    def __init__(self, folder: Path) -> None:
        if not (folder / NETWORK).is_file():
            raise FileNotFoundError(f"no model in {folder}: train one with `nlp train phi --out {folder}`")
        lists = read_lists(folder)
        self._featurizer = Featurizer(lists)
        self.surnames = lists.surnames
        """Chinese surnames of one character that the model knows."""
        self._names = lists.names
        self._network: Network = read_network(folder / NETWORK)
        self.find = lru_cache(maxsize=_REMEMBERED)(self._find)
        """What the model takes for identifiers in a text, in order, without overlaps. A document is read twice in a row: once to
        learn its names, once to take them out."""

    def _find(self, text: str) -> list[PhiSpan]:
        text = _SURROGATE.sub("\ufffd", text)
        tokens = tokenize(text)
        if not len(tokens):
            return []
        likely = self._network.probabilities(self._featurizer.features(text, tokens))
        return to_spans(tokens, _best(likely, np.array([self._least_sure(word) for word in tokens.texts])))

    def _least_sure(self, word: str) -> float:
        listed = not word.isalpha() or word >= "\u3400" or word.lower() in self._names
        return LEAST_SURE if listed else LEAST_SURE_UNLISTED


def _best(likely: NDArray[np.float32], least: NDArray[np.float64]) -> list[str]:
    """The tag of each word: that of the likeliest kind, where it is not likely enough (`least`) that it is of none."""
    kinds = likely[:, 1::2] + likely[:, 2::2]
    kind = kinds.argmax(axis=1)
    at = np.arange(len(kind))
    begins = likely[at, 1 + 2 * kind] > likely[at, 2 + 2 * kind]
    return [LABELS[i] for i in np.where(likely[:, 0] < least, np.where(begins, 1, 2) + 2 * kind, 0).tolist()]


@cache
def shipped_tagger() -> PhiTagger:
    """The model of the package, read on first use."""
    return PhiTagger(MODEL)
