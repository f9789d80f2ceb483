"""The learned finder: a linear-chain CRF over words and Chinese characters, one model for both languages.

Lafferty, McCallum and Pereira 2001, through python-crfsuite. It looks at what a word is made of, at lists (words of the
language, terms of medicine, names), at its neighbours, at the label before it on its line, and at the shape of the stretch
without blanks in which it stands. It learned from invented notes only (`nlp/phi/training.py`), and says NAME, DATE, PHONE,
ADDRESS or OTHER_ID: which number it is, the rules know from its label.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

from medpress.writing_systems import HAN_CHARACTER
from nlp.phi.gazetteer import COMPOUND_SURNAMES, GIVEN_CHARACTERS, GIVEN_NAMES, SURNAMES
from nlp.phi.kinds import PhiSpan

MODEL: Final[Path] = Path(__file__).parent.parent / "models" / "phi"
WORDS: Final[Path] = Path(__file__).parent / "words" / "en.txt"
EPONYMS: Final[Path] = Path(__file__).parent / "words" / "eponyms.txt"
ABBREVIATIONS: Final[Path] = Path(__file__).parent / "words" / "abbreviations.txt"
TRADITIONAL: Final[Path] = Path(__file__).parent / "words" / "traditional.txt"
LONGEST: Final[int] = 250
"""Tokens of a sequence: a longer text is cut at the end of a line where there is one."""
LEAST_SURE: Final[float] = 0.5
"""How likely it must be that a token is of no identifier: likelier than not."""
LEAST_SURE_CHINESE: Final[float] = 0.6
"""The same for a Chinese character; chosen on the half `dev` of the labelled layouts."""
_REMEMBERED: Final[int] = 128
"""Texts whose findings are remembered; they stay in the memory of their process alone."""

_TOKEN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff\u0370-\u052f]+|\d+|\n|[^\s]")
_CHUNK = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff\d\-/.:()#*_+@·'’]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_GAP = re.compile(r"[ \t\u3000]{2,}|\t|\u3000|[|;；]")
_COLONS: Final[frozenset[str]] = frozenset(":：")


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number, Chinese character, sign or end of a line, and where it stands."""

    text: str
    start: int
    end: int


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


def members(folder: Path) -> list[Path]:
    """The models in `folder` that decide together, in order."""
    return sorted(folder.glob("model*.crfsuite"))


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


def tokenize(text: str) -> list[Token]:
    """Words, numbers, Chinese characters, signs and ends of lines; other blanks are left out."""
    return [Token(match[0], match.start(), match.end()) for match in _TOKEN.finditer(text)]


def _shape(text: str) -> str:
    """Letters and digits of a stretch as A, a and 0, cut to 14 characters."""
    return "".join("0" if c.isdigit() else "A" if c.isupper() else "a" if c.isalpha() else c for c in text[:14])


def _short_shape(shape: str) -> str:
    """A shape in which each run stands once."""
    return "".join(c for i, c in enumerate(shape) if not i or c != shape[i - 1])


class Featurizer:
    """From a text to its tokens and their features, the same in training and in use."""

    def __init__(self, lists: WordLists) -> None:
        from ahocorasick_rs import AhoCorasick, MatchKind

        self._lists = lists
        self._terms: Any = AhoCorasick(list(lists.terms), matchkind=MatchKind.LeftmostLongest)
        self._n_places = len(lists.places)
        self._dictionary: Any = AhoCorasick([*lists.places, *lists.dictionary], matchkind=MatchKind.LeftmostLongest)
        self._simplify = str.maketrans(lists.simplified)
        self._known: dict[str, tuple[str, str, tuple[str, ...]]] = {}

    def _word(self, text: str) -> tuple[str, str, tuple[str, ...]]:
        """(form that neighbours see, class, own features) of a token; texts are made of few words."""
        known = self._known.get(text)
        if known is None:
            known = self._look_at(text)
            if len(self._known) < 200_000:
                self._known[text] = known
        return known

    def _look_at(self, text: str) -> tuple[str, str, tuple[str, ...]]:
        lists = self._lists
        if text.isdecimal():
            size = len(text)
            value = int(text) if size < 5 else -1
            kind = (
                "m" if size < 3 and 0 < value < 13 else "d" if size < 3 and 0 < value < 32
                else "y" if size == 4 and 1900 <= value <= 2035 else ""
            )  # fmt: skip
            form = f"0{min(size, 12)}{kind}"
            return form, form, (f"n={form}", f"n={size}")
        if text.isalpha() and not HAN_CHARACTER.match(text):
            lower = text.lower()
            kind = ("w" if lower in lists.words else "") + ("m" if lower in lists.medical else "")
            kind += ("n" if lower in lists.names else "") + ("e" if lower in lists.eponyms else "")
            kind += "a" if text in lists.abbreviations else ""
            shape = _short_shape(_shape(text))
            shape = shape if len(text) > 1 else shape + "1"
            class_ = f"{shape}{kind or 'u'}"
            form = lower if "w" in kind or "m" in kind or len(lower) < 4 else class_
            own = [f"k={class_}", f"l={min(len(text), 8)}", f"e2={lower[-2:]}", f"e3={lower[-3:]}", f"p3={lower[:3]}"]
            if form == lower:
                own += [f"w={lower}", f"ws={lower}{shape}"]
            return form, class_, tuple(own)
        if HAN_CHARACTER.match(text):
            text = lists.simplified.get(text, text)
            class_ = ("s" if text in lists.surnames else "h") + ("g" if text in GIVEN_CHARACTERS else "")
            likely = lists.characters.get(text, "00")
            return text, class_, (f"c={text}", f"k={class_}", f"sg={likely}")
        return text, text if len(text.encode()) < 4 else "*", (f"c={text}",)

    def features(self, text: str, tokens: Sequence[Token]) -> list[list[str]]:
        """Features of each token of a text."""
        facts = [self._word(token.text) for token in tokens]
        forms = ["<3", "<2", "<1", *[fact[0] for fact in facts], ">1", ">2", ">3"]
        classes = ["<", "<", "<", *[fact[1] for fact in facts], ">", ">", ">"]
        chunks = self._chunks(text, tokens)
        labels = self._labels(text, tokens)
        pairs = self._lists.pairs
        text = text.translate(self._simplify)
        in_term, in_words, likely = self._in_terms(text), self._in_words(text), self._lists.characters
        rows = []
        for i, (_, class_, own) in enumerate(facts):
            j = i + 3
            b3, b2, b1, here, a1, a2, a3 = forms[j - 3 : j + 4]
            k2, k1, _, l1, l2 = classes[j - 2 : j + 3]
            shape, short, at = chunks[i]
            label, far, line = labels[i]
            row = [
                *own, f"-1={b1}", f"+1={a1}", f"-2={b2}", f"+2={a2}", f"-3={b3}", f"+3={a3}",
                f"-21={b2}|{b1}", f"+12={a1}|{a2}", f"-1k={b1}|{class_}", f"+1k={class_}|{a1}", f"-1+1={b1}|{a1}",
                f"kkk={k1}|{class_}|{l1}", f"kk-={k2}|{k1}|{class_}", f"kk+={class_}|{l1}|{l2}",
                f"k5={k2}|{k1}|{class_}|{l1}|{l2}", f"-21k={b2}|{b1}|{class_}",
                f"ch={short}|{at}", f"line={line}", f"linek={line}|{class_}",
            ]  # fmt: skip
            if shape:
                row += [f"sh={shape}|{at}", f"shl={short}|{label}", f"sh-={short}|{b1}|{at}"]
            if label:
                row += [f"lab={label}", f"labd={label}|{far}", f"labk={label}|{class_}", f"far={far}|{class_}"]
            if class_[0] in "sh":
                with_before, with_after = b1 + here in pairs, here + a1 in pairs
                before, after = b2 + b1 in pairs, a1 + a2 in pairs
                row += [
                    f"b-={b1}{here}", f"b+={here}{a1}", f"t-={b3}{b2}{b1}", f"t+={a1}{a2}{a3}",
                    f"pp={with_before:d}{with_after:d}", f"ppp={before:d}{with_before:d}{with_after:d}{after:d}|{class_}",
                    f"ppk={with_before:d}{with_after:d}|{k1}|{class_}|{l1}",
                ]  # fmt: skip
                s0, s1, s2, s3 = (likely.get(form, "-") for form in (b1, here, a1, a2))
                w0, w1, w2, w3 = (in_words.get(at, "") for at in range(tokens[i].start - 1, tokens[i].start + 3))
                row += [
                    f"sg+={s1}|{s2}", f"sg-={s0}|{s1}", f"sg0={s0}|{s1}|{s2}", f"sg2={s1[0]}|{s2[-1]}|{s3[-1]}",
                    f"wd={w1}", f"wd3={w0}|{w1}|{w2}", f"wd4={w0}|{w1}|{w2}|{w3}", f"wds={w0}|{w1}|{w2}|{s1}",
                ]  # fmt: skip
                if tokens[i].start in in_term:
                    row.append("term")
                if b1 + here in COMPOUND_SURNAMES or here + a1 in COMPOUND_SURNAMES:
                    row.append("compound")
            rows.append(row)
        return rows

    def _labels(self, text: str, tokens: Sequence[Token]) -> list[tuple[str, str, str]]:
        """(label, distance, place on the line) of each token.

        The label is the last two words, or four characters, before the nearest colon to the left on the line; when a gap follows
        the value, it is marked as left behind.
        """
        found = []
        label, since, first, gap = "", 0, 0, ""
        for i, token in enumerate(tokens):
            if token.text == "\n":
                label, since, first, gap = "", 0, i + 1, ""
                found.append(("", "", "end"))
                continue
            if (
                label
                and since
                and tokens[i - 1].end < token.start
                and _GAP.search(text, tokens[i - 1].end, token.start)
            ) or token.text in "|;；":
                gap = "~"
            since += 1
            place = f"{min(i - first, 3)}{'z' if i + 1 == len(tokens) or tokens[i + 1].text == chr(10) else ''}"
            found.append((label + gap if label else "", str(min(since, 6)), place))
            if token.text in _COLONS and i > first and not tokens[i - 1].text.isdigit():
                start = max(first, i - 4 if HAN_CHARACTER.match(tokens[i - 1].text) else i - 2)
                words = [self._word(t.text)[0] for t in tokens[start:i] if t.text.isalnum()]
                label, since, gap = " ".join(words), 0, ""
        return found

    def _in_terms(self, text: str) -> set[int]:
        """Offsets of the Chinese characters that stand in a medical term."""
        if text.isascii():
            return set()
        return {i for _, start, end in self._terms.find_matches_as_indexes(text) for i in range(start, end)}

    def _in_words(self, text: str) -> dict[int, str]:
        """Offset of a Chinese character in a word of the dictionary -> its place there: B, M or E, behind a p in names of places."""
        if text.isascii():
            return {}
        places = {}
        for word, start, end in self._dictionary.find_matches_as_indexes(text):
            kind = "p" if word < self._n_places else ""
            places[start] = kind + "B"
            places.update(dict.fromkeys(range(start + 1, end - 1), kind + "M"))
            places[end - 1] = kind + "E"
        return places

    def _chunks(self, text: str, tokens: Sequence[Token]) -> list[tuple[str, str, str]]:
        """(shape if there is a digit, shape in short, place) of the stretch without blanks that each token stands in."""
        found: list[tuple[str, str, str]] = []
        stretches = _CHUNK.finditer(text)
        stretch = next(stretches, None)
        shape = short = ""
        begin = end = -1
        for token in tokens:
            while stretch is not None and end <= token.start:
                begin, end = stretch.span()
                if end > token.start:
                    whole = _shape(stretch[0])
                    shape, short = (whole if "0" in whole else ""), _short_shape(whole)
                else:
                    stretch = next(stretches, None)
            if begin <= token.start < end:
                found.append((shape, short, "b" if token.start == begin else "i"))
            else:
                found.append(("", "", ""))
            if stretch is not None and end <= token.end:
                stretch = next(stretches, None)
        return found


def sequences(tokens: Sequence[Token]) -> Iterable[tuple[int, int]]:
    """Stretches of at most `LONGEST` tokens that the model reads at once, cut after a line where there is one."""
    start = 0
    while start < len(tokens):
        end = min(start + LONGEST, len(tokens))
        if end < len(tokens):
            end = next((i + 1 for i in range(end - 1, start + LONGEST // 2, -1) if tokens[i].text == "\n"), end)
        yield start, end
        start = end


def to_tags(tokens: Sequence[Token], spans: Iterable[tuple[int, int, str]]) -> list[str]:
    """B-, I- and O tags of tokens, given (start, end, kind)."""
    tags = ["O"] * len(tokens)
    for start, end, kind in spans:
        first = True
        for i, token in enumerate(tokens):
            if token.start < end and start < token.end:
                tags[i] = ("B-" if first else "I-") + kind
                first = False
    return tags


def to_spans(tokens: Sequence[Token], tags: Sequence[str]) -> list[PhiSpan]:
    """Spans of tags; an I- without its B- begins one."""
    spans: list[PhiSpan] = []
    kind, start, end = "", 0, 0
    for token, tag in zip(tokens, tags, strict=True):
        if kind and tag != "I-" + kind:
            spans.append(PhiSpan(start, end, kind))
            kind = ""
        if tag != "O":
            if not kind:
                kind, start = tag[2:], token.start
            end = token.end
    if kind:
        spans.append(PhiSpan(start, end, kind))
    return spans


class PhiTagger:
    """A trained committee: a folder with models and the lists that they share."""

    def __init__(self, folder: Path) -> None:
        import pycrfsuite

        paths = members(folder)
        if not paths:
            raise FileNotFoundError(f"no model in {folder}: train one with `nlp train phi --out {folder}`")
        lists = read_lists(folder)
        self._featurizer = Featurizer(lists)
        self.surnames = lists.surnames
        """Chinese surnames of one character that the models know."""
        self._taggers = [pycrfsuite.Tagger() for _ in paths]
        for tagger, path in zip(self._taggers, paths, strict=True):
            tagger.open(str(path))
        self._sequence = pycrfsuite.ItemSequence
        self._kinds = sorted({label[2:] for label in self._taggers[0].labels() if label != "O"})
        self.find = lru_cache(maxsize=_REMEMBERED)(self._find)
        """What the models take for identifiers in a text, in order, without overlaps. A document is read twice in a row: once to
        learn its names, once to take them out."""

    def _find(self, text: str) -> list[PhiSpan]:
        text = _SURROGATE.sub("\ufffd", text)  # CRFsuite takes UTF-8
        tokens = tokenize(text)
        features = self._featurizer.features(text, tokens)
        spans: list[PhiSpan] = []
        for start, end in sequences(tokens):
            spans += to_spans(tokens[start:end], self._tags(tokens[start:end], features[start:end]))
        return spans

    def _tags(self, tokens: Sequence[Token], rows: Sequence[Sequence[str]]) -> list[str]:
        """Of each token the likeliest kind, where it is not likely enough that it is of none; probabilities are means over the models.

        A name that is missed costs more than a word that is taken out, and the best sequence weighs both the same.
        """
        sequence = self._sequence(rows)
        for tagger in self._taggers:
            tagger.set(sequence)
        tags: list[str] = []
        before = ""
        for i, token in enumerate(tokens):
            least = LEAST_SURE_CHINESE if HAN_CHARACTER.match(token.text) else LEAST_SURE
            if self._likely("O", i) >= least:
                before = ""
                tags.append("O")
                continue
            begins = {kind: self._likely("B-" + kind, i) for kind in self._kinds}
            inside = {kind: self._likely("I-" + kind, i) for kind in self._kinds}
            kind = max(self._kinds, key=lambda kind: begins[kind] + inside[kind])
            tags.append(("I-" if before == kind and inside[kind] >= begins[kind] else "B-") + kind)
            before = kind
        return tags

    def _likely(self, label: str, i: int) -> float:
        return sum(tagger.marginal(label, i) for tagger in self._taggers) / len(self._taggers)


@cache
def shipped_tagger() -> PhiTagger:
    """The model of the package, read on first use."""
    return PhiTagger(MODEL)
