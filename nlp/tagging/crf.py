"""Linear-chain CRF taggers (python-crfsuite): words for English, characters for Chinese, with lexicon features.

Lafferty, McCallum and Pereira 2001. The features are orthographic (form, affixes, shape, neighbours) plus two
dictionaries: the built-in vocabulary, and the mentions of the model's own training set. So that the model does not
learn to trust the second one blindly, each training document is looked up in a dictionary made from the other folds.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import pycrfsuite

from nlp.abbreviations import spread_definitions
from nlp.sentences import split
from nlp.spans import Entity
from nlp.tagging.lexicon import LexiconTagger
from nlp.vocabulary import Term, built_in_terms, read_terms

MODELS: Final[Path] = Path(__file__).parent.parent / "models"
SHIPPED: Final[dict[str, Path]] = {"en": MODELS / "crf-en", "zh": MODELS / "crf-zh"}
FEATURES_VERSION: Final[int] = 1
_WARM_TAGS: Final[frozenset[str]] = frozenset({"dis", "sym", "dru"})
_MARGIN: Final[int] = 2  # tokens that are read on each side of a word that may belong to a mention
_LONGEST: Final[int] = 400  # tokens a sequence has at most; text without punctuation is cut

_WORD = re.compile(r"[^\W\d_]+|\d+|[^\w\s]|_")
_CHARACTER = re.compile(r"[A-Za-z]+|\d+|[^\s]")
_CJK = re.compile(r"[\u3400-\u9fff]")
_ENGLISH = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,}")
_GREEK: Final[frozenset[str]] = frozenset(
    [
        "alpha",
        "beta",
        "gamma",
        "delta",
        "epsilon",
        "zeta",
        "eta",
        "theta",
        "iota",
        "kappa",
        "lambda",
        "mu",
        "omega",
        "sigma",
        "tau",
    ]
)


@dataclass(frozen=True, slots=True)
class Token:
    """A token and where it stands."""

    text: str
    start: int
    end: int


def tokenize(text: str, start: int, end: int, lang: str) -> list[Token]:
    """Tokens of ``text[start:end]``: runs of letters, runs of digits, single signs (en); characters (zh)."""
    pattern = _WORD if lang == "en" else _CHARACTER
    return [Token(m[0], m.start(), m.end()) for m in pattern.finditer(text, start, end)]


def _shape(token: str) -> str:
    if token.isdigit():
        return "9" if len(token) == 1 else "99"
    if token.islower():
        return "x" if len(token) == 1 else "xx"
    if token.isupper():
        return "X" if len(token) == 1 else "XX"
    if token[0].isupper() and token[1:].islower():
        return "Xx"
    return "xX" if token.isalpha() else token


class _WordForms:
    """The features that a word has by itself, remembered: text is made of few words."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[list[str], str, str]] = {}

    def of(self, token: str) -> tuple[list[str], str, str]:
        """(own features, lower case, shape) of a word."""
        known = self._known.get(token)
        if known is None:
            lower, shape = token.lower(), _shape(token)
            own = [f"w={lower}", f"s={shape}"]
            size = len(lower)
            if size > 3 and lower.isalpha():
                own += [f"p3={lower[:3]}", f"e3={lower[-3:]}", f"e2={lower[-2:]}"]
                if size > 4:
                    own += [f"p4={lower[:4]}", f"e4={lower[-4:]}"]
                if size > 5:
                    own += [f"p5={lower[:5]}", f"e5={lower[-5:]}"]
                if size > 7:
                    own += [f"e6={lower[-6:]}"]
            if lower in _GREEK:
                own.append("greek")
            if size > 1 and not token[1:].islower() and token.isalpha():
                own.append(f"n={min(size, 6)}")
            known = own, lower, shape
            if len(self._known) < 400_000:
                self._known[token] = known
        return known


def _english(
    tokens: Sequence[Token], tags: Sequence[Sequence[str]], forms: _WordForms, at: Iterable[int]
) -> list[list[str]]:
    """Features of the words `at` these places of a sentence; `tags` are dictionaries' readings of the same words."""
    size = len(tokens)
    facts = [forms.of(token.text) for token in tokens]
    lower = ["<2", "<1", *[fact[1] for fact in facts], ">1", ">2"]
    shape = ["<", "<", *[fact[2] for fact in facts], ">", ">"]
    glued = [i > 0 and tokens[i].start == tokens[i - 1].end for i in range(size)] + [False]
    padded = [["", *row, ""] for row in tags]
    features = []
    for i in at:
        j = i + 2
        before2, before, here, after, after2 = lower[j - 2 : j + 3]
        row = [
            *facts[i][0],
            f"w-1={before}", f"w+1={after}", f"w-2={before2}", f"w+2={after2}",
            f"b-={before}|{here}", f"b+={here}|{after}", f"b0={before}|{after}",
            f"s3={shape[j - 1]}{shape[j]}{shape[j + 1]}",
            f"e-={before[-3:]}", f"e+={after[-3:]}",
            f"g={glued[i]:d}{glued[i + 1]:d}{shape[j]}",
        ]  # fmt: skip
        if before == "(" and after == ")":
            row.append("()")
        for n, reading in enumerate(padded):
            own = reading[i + 1]
            row.append(f"d{n}={own}")
            row.append(f"d{n}s={reading[i]}|{own}|{reading[i + 2]}")
            if own:
                row.append(f"d{n}w={own}|{here}")
        if len(padded) > 1:
            row.append(f"dd={padded[0][i + 1]}|{padded[1][i + 1]}")
        features.append(row)
    return features


def _chinese(
    tokens: Sequence[Token], tags: Sequence[Sequence[str]], forms: _WordForms, at: Iterable[int]
) -> list[list[str]]:
    """Features of the characters `at` these places of a sentence; `tags` are dictionaries' readings."""
    text = ["<3", "<2", "<1", *[token.text.lower() for token in tokens], ">1", ">2", ">3"]
    padded = [["", *row, ""] for row in tags]
    features = []
    for i in at:
        j = i + 3
        before2, before, here, after, after2 = text[j - 2 : j + 3]
        row = [
            f"c={here}", f"c-1={before}", f"c+1={after}", f"c-2={before2}", f"c+2={after2}",
            f"b-={before}{here}", f"b+={here}{after}", f"b0={before}_{after}",
            f"b-2={before2}{before}", f"b+2={after}{after2}",
            f"t={before}{here}{after}", f"t-={before2}{before}{here}", f"t+={here}{after}{after2}",
            f"k={'9' if here.isdigit() else 'x' if here.isascii() and here.isalpha() else 'h' if _CJK.match(here) else '.'}",
        ]  # fmt: skip
        for n, reading in enumerate(padded):
            own = reading[i + 1]
            row.append(f"d{n}={own}")
            row.append(f"d{n}s={reading[i]}|{own}|{reading[i + 2]}")
            if own:
                row.append(f"d{n}c={own}|{here}")
        if len(padded) > 1:
            row.append(f"dd={padded[0][i + 1]}|{padded[1][i + 1]}")
        features.append(row)
    return features


_Features = Callable[[Sequence[Token], Sequence[Sequence[str]], _WordForms, Iterable[int]], list[list[str]]]
_FEATURES: Final[dict[str, _Features]] = {
    "en": _english,
    "zh": _chinese,
}


class Featurizer:
    """From a text to the token sequences and features that a model sees, the same in training and in use."""

    def __init__(self, lang: str, dictionaries: Sequence[LexiconTagger]) -> None:
        self.lang = lang
        self._dictionaries = list(dictionaries)
        self._forms = _WordForms()

    def sequences(
        self,
        text: str,
        dictionaries: Sequence[LexiconTagger] | None = None,
        only: Callable[[int, int], bool] | None = None,
        cold: frozenset[str] | None = None,
    ) -> list[tuple[list[Token], list[list[str]]]]:
        """(tokens, features) for each sentence of `text`; `only` may refuse sentences by their offsets.

        With `cold` (see `cold_words`) only the neighbourhoods of words that may belong to a mention are returned.
        """
        readings = [d.tag([text])[0] for d in (dictionaries if dictionaries is not None else self._dictionaries)]
        made = []
        positions = [0] * len(readings)
        for start, end in split(text):
            if only is not None and not only(start, end):
                continue
            tokens = tokenize(text, start, end, self.lang)
            for first in range(0, len(tokens), _LONGEST):
                part = tokens[first : first + _LONGEST]
                rows = []
                for n, entities in enumerate(readings):
                    row, positions[n] = _read(part, entities, positions[n])
                    rows.append(row)
                for low, high in [(0, len(part))] if cold is None else _warm(part, rows, cold, self.lang):
                    features = _FEATURES[self.lang](part, rows, self._forms, range(low, high))
                    made.append((part[low:high], features))
        return made


def cold_words(documents: Sequence[tuple[str, Sequence[Entity]]], lang: str) -> frozenset[str]:
    """Units seen twice or more in the training texts and hardly ever (one time in thirty) in a mention.

    A unit is a lower-case word (en) or a pair of neighbouring characters (zh).
    """
    seen: Counter[str] = Counter()
    warm: Counter[str] = Counter()
    for text, entities in documents:
        tokens = tokenize(text, 0, len(text), lang)
        for unit, tag in zip(_units(tokens, lang), to_tags(tokens, entities), strict=True):
            seen[unit] += 1
            if tag != "O":
                warm[unit] += 1
    return frozenset(unit for unit, count in seen.items() if count >= 2 and warm[unit] * 30 <= count)


def _units(tokens: Sequence[Token], lang: str) -> list[str]:
    lower = [token.text.lower() for token in tokens]
    return lower if lang == "en" else [a + b for a, b in zip(lower, [*lower[1:], ""], strict=True)]


def _warm(
    tokens: Sequence[Token], readings: Sequence[Sequence[str]], cold: frozenset[str], lang: str
) -> list[tuple[int, int]]:
    """Stretches of a sentence around units that are not cold, as (first, after the last) token."""
    stretches: list[tuple[int, int]] = []
    size = len(tokens)
    named = {i for row in readings for i, tag in enumerate(row) if tag and tag[1:] in _WARM_TAGS}
    for i, unit in enumerate(_units(tokens, lang)):
        if i not in named:
            if unit in cold or not unit[0].isalpha():
                continue
            if lang == "en" and len(unit) < 4 and tokens[i].text.islower():
                continue
        low, high = max(0, i - _MARGIN), min(size, i + 1 + _MARGIN)
        if stretches and low <= stretches[-1][1] + 1:
            stretches[-1] = (stretches[-1][0], high)
        else:
            stretches.append((low, high))
    return stretches


def _read(tokens: Sequence[Token], entities: Sequence[Entity], position: int) -> tuple[list[str], int]:
    """A dictionary's entities as one tag a token: B/I/E/S and the label, empty outside."""
    row = [""] * len(tokens)
    for i, token in enumerate(tokens):
        while position < len(entities) and entities[position].end <= token.start:
            position += 1
        if position == len(entities):
            break
        entity = entities[position]
        if entity.start < token.end:
            first, last = token.start <= entity.start, token.end >= entity.end
            row[i] = ("S" if first and last else "B" if first else "E" if last else "I") + entity.label[:3]
    return row, position


def to_tags(tokens: Sequence[Token], entities: Sequence[Entity]) -> list[str]:
    """Gold BIOES tags of the tokens."""
    tags = ["O"] * len(tokens)
    position = 0
    for entity in entities:
        while position < len(tokens) and tokens[position].end <= entity.start:
            position += 1
        last = position
        while last < len(tokens) and tokens[last].start < entity.end:
            last += 1
        if last > position:
            for i in range(position, last):
                tags[i] = f"I-{entity.label}"
            if last - position == 1:
                tags[position] = f"S-{entity.label}"
            else:
                tags[position] = f"B-{entity.label}"
                tags[last - 1] = f"E-{entity.label}"
            position = last
    return tags


def to_entities(tokens: Sequence[Token], tags: Sequence[str]) -> list[Entity]:
    """Entities of BIOES tags; a broken sequence is read as the longest run of one label."""
    entities: list[Entity] = []
    start = -1
    label = ""
    for i, tag in enumerate(tags):
        prefix, _, kind = tag.partition("-")
        if start >= 0 and (prefix in {"O", "B", "S"} or kind != label):
            entities.append(Entity(tokens[start].start, tokens[i - 1].end, label))
            start = -1
        if prefix != "O" and start < 0:
            start, label = i, kind
        if start >= 0 and prefix in {"E", "S"}:
            entities.append(Entity(tokens[start].start, tokens[i].end, label))
            start = -1
    if start >= 0:
        entities.append(Entity(tokens[start].start, tokens[-1].end, label))
    return entities


class CrfTagger:
    """One trained CRF: a folder with model.crfsuite, terms.tsv (mentions of its training set) and config.json."""

    name = "crf"

    def __init__(self, folder: Path) -> None:
        try:
            self.config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise FileNotFoundError(
                f"no CRF model in {folder}: train one with `nlp train ner --out {folder}`"
            ) from error
        if self.config["features"] != FEATURES_VERSION:
            raise ValueError(f"{folder} was trained with other features: train it again with `nlp train ner`")
        self.lang: str = self.config["lang"]
        self.version = f"{self.config['version']}"
        self.labels = frozenset(self.config["labels"])
        self._tagger = pycrfsuite.Tagger()
        self._tagger.open(str(folder / "model.crfsuite"))
        self._folder = folder
        cold = folder / "cold.txt"
        self._cold = frozenset(cold.read_text(encoding="utf-8").split("\n")) if cold.is_file() else None

    @cached_property
    def _featurizer(self) -> Featurizer:
        """Made on first use: its dictionaries take seconds, and who asks for the version needs none."""
        terms = read_terms(self._folder / "terms.tsv")
        return Featurizer(self.lang, dictionaries(self.config["without_sources"], terms, self.config["lexicon"]))

    def tag(self, texts: Sequence[str]) -> list[list[Entity]]:
        """Entities of each text."""
        return [self.tag_one(text) for text in texts]

    def tag_one(self, text: str, only: Callable[[int, int], bool] | None = None, thrifty: bool = False) -> list[Entity]:
        """Entities of the sentences that `only` accepts (by their offsets); of all when it is None.

        `thrifty` reads only the neighbourhoods of words that may belong to a mention.
        """
        found: list[Entity] = []
        for tokens, features in self._featurizer.sequences(text, only=only, cold=self._cold if thrifty else None):
            found.extend(to_entities(tokens, self._tagger.tag(features)))
        if self.lang != "en":
            return found
        # The cascade, which reads thriftily, spreads definitions itself when it has merged everything.
        return propagate(text, found if thrifty else spread_definitions(text, found, "own"), only)


def dictionaries(without_sources: Sequence[str], terms: Sequence[Term], lexicon: bool) -> list[LexiconTagger]:
    """The two dictionaries of a model: the built-in vocabulary (or none) and the mentions of the training set."""
    if not lexicon:
        return []
    base = LexiconTagger(built_in_terms(tuple(without_sources)), doses=False)
    return [base, LexiconTagger(terms, doses=False)]


def propagate(text: str, entities: list[Entity], only: Callable[[int, int], bool] | None = None) -> list[Entity]:
    """Adds further occurrences, in the same text, of mentions that were found: a name keeps its meaning in a text.

    Only distinctive mentions spread: of at least four letters, or upper-case abbreviations of at least three.
    """
    labels: dict[str, str] = {}
    for entity in entities:
        mention = text[entity.start : entity.end]
        if (len(mention) >= 4 or (len(mention) == 3 and mention.isupper())) and mention.lower() not in _NOT_SPREAD:
            labels.setdefault(mention, entity.label)
    if not labels:
        return entities
    taken = [(entity.start, entity.end) for entity in entities]
    added: list[Entity] = []
    pattern = re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, sorted(labels, key=len, reverse=True))) + r")(?!\w)")
    position = 0
    for match in pattern.finditer(text):
        start, end = match.span()
        while position < len(taken) and taken[position][1] <= start:
            position += 1
        if position < len(taken) and taken[position][0] < end:
            continue
        if only is None or only(start, end):
            added.append(Entity(start, end, labels[match[0]]))
    return sorted([*entities, *added], key=lambda e: e.start) if added else entities


_NOT_SPREAD: Final[frozenset[str]] = frozenset(
    {"acid", "salt", "iron", "lead", "pain", "disease", "toxicity", "death", "oral"}
)


class BilingualCrf:
    """The shipped models: each text goes to the model of its language, a mixed one sentence by sentence."""

    name = "crf"

    def __init__(self, models: dict[str, CrfTagger]) -> None:
        self.models = models
        self.version = "+".join(f"{lang}-{model.version}" for lang, model in sorted(models.items()))

    def tag(self, texts: Sequence[str]) -> list[list[Entity]]:
        """Entities of each text."""
        return [self.tag_one(text) for text in texts]

    def tag_one(self, text: str, only: Callable[[int, int], bool] | None = None, thrifty: bool = False) -> list[Entity]:
        """As `CrfTagger.tag_one`; a text in both languages is tagged sentence by sentence."""
        if not _CJK.search(text):
            return self.models["en"].tag_one(text, only, thrifty)
        if not _ENGLISH.search(text):
            return self.models["zh"].tag_one(text, only, thrifty)

        def chinese(start: int, end: int) -> bool:
            return len(_CJK.findall(text, start, end)) * 5 > end - start

        en = self.models["en"].tag_one(text, lambda a, b: not chinese(a, b) and (only is None or only(a, b)), thrifty)
        zh = self.models["zh"].tag_one(text, lambda a, b: chinese(a, b) and (only is None or only(a, b)), thrifty)
        merged = sorted([*en, *zh], key=lambda e: (e.start, -e.end))
        return [e for i, e in enumerate(merged) if i == 0 or e.start >= merged[i - 1].end]


def load_crf(folder: str | Path | None) -> CrfTagger | BilingualCrf:
    """The model in `folder`, or the shipped models of both languages."""
    if folder is not None:
        return CrfTagger(Path(folder))
    return BilingualCrf({lang: CrfTagger(path) for lang, path in SHIPPED.items()})
