"""Linear-chain CRF taggers (python-crfsuite): words for English, characters for Chinese, with lexicon features.

Lafferty, McCallum and Pereira 2001. The features are orthographic (form, affixes, shape, neighbours) plus two
dictionaries: the built-in vocabulary, and the mentions of the model's own training set. So that the model does not
learn to trust the second one blindly, each training document is looked up in a dictionary made from the other folds.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final, NamedTuple

import pycrfsuite

from medpress.writing_systems import HAN_CHARACTER
from nlp.abbreviations import spread_definitions
from nlp.sentences import split
from nlp.spans import Entity
from nlp.tagging.gate import Gate, read_gate
from nlp.tagging.lexicon import LexiconTagger
from nlp.vocabulary import Term, built_in_terms, read_terms

MODELS: Final[Path] = Path(__file__).parent.parent / "models"
SHIPPED: Final[dict[str, Path]] = {"en": MODELS / "crf-en", "zh": MODELS / "crf-zh"}
FEATURES_VERSION: Final[int] = 1
_MARGIN: Final[int] = 4  # tokens that are read on each side of a word that is worth the model
_LONGEST: Final[int] = 400  # tokens a sequence has at most; text without punctuation is cut

_WORD = re.compile(r"[^\W\d_]+|\d+|[^\w\s]|_")
_CHARACTER = re.compile(r"[A-Za-z]+|\d+|[^\s]")
_SURROGATE = re.compile("[\ud800-\udfff]")
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


class Token(NamedTuple):
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
            f"k={'9' if here.isdigit() else 'x' if here.isascii() and here.isalpha() else 'h' if HAN_CHARACTER.match(here) else '.'}",
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

    def __init__(self, lang: str, dictionaries: Sequence[LexiconTagger], labels: Iterable[str] = ()) -> None:
        """`labels` are those of the model; they matter for `trusted` only."""
        self.lang = lang
        self._dictionaries = list(dictionaries)
        self._labels = {label: label for label in labels}
        if "symptom" not in self._labels and "disease" in self._labels:
            self._labels["symptom"] = "disease"
        self._forms = _WordForms()

    def read(self, text: str, dictionaries: Sequence[LexiconTagger] | None = None) -> list[list[Entity]]:
        """What each dictionary finds in `text`."""
        return [d.tag([text])[0] for d in (dictionaries if dictionaries is not None else self._dictionaries)]

    def sentences(
        self, text: str, readings: Sequence[Sequence[Entity]], only: Callable[[int, int], bool] | None = None
    ) -> Iterator[tuple[list[Token], list[list[str]]]]:
        """(tokens, one row of tags a reading) for each sentence; `only` may refuse sentences by their offsets."""
        positions = [0] * len(readings)
        for start, end in split(text):
            if only is not None and not only(start, end):
                continue
            tokens = tokenize(text, start, end, self.lang)
            for first in range(0, len(tokens), _LONGEST):
                part = tokens[first : first + _LONGEST]
                starts = [token.start for token in part]
                rows = []
                for n, entities in enumerate(readings):
                    row, positions[n] = _read(part, starts, entities, positions[n])
                    rows.append(row)
                yield part, rows

    def features(
        self, tokens: Sequence[Token], rows: Sequence[Sequence[str]], at: Iterable[int] | None = None
    ) -> list[list[str]]:
        """Features of the tokens of a sentence (of those `at` some places); `rows` as from `sentences`."""
        return _FEATURES[self.lang](tokens, rows, self._forms, at if at is not None else range(len(tokens)))

    def answer(self, readings: Sequence[Sequence[Entity]]) -> list[Entity]:
        """The mentions, with the model's labels, that the dictionaries alone would give: the training set's own first."""
        merged: list[Entity] = []
        for entities in reversed(readings):
            fitting = [e for e in entities if e.label in self._labels and not overlaps(e, merged)]
            named = [
                e if self._labels[e.label] == e.label else replace(e, label=self._labels[e.label]) for e in fitting
            ]
            merged = sorted([*merged, *named], key=lambda e: e.start) if merged else named
        return merged

    def trusted(
        self, text: str, gate: Gate, only: Callable[[int, int], bool] | None = None
    ) -> tuple[list[Entity], list[tuple[list[Token], list[list[str]]]]]:
        """The dictionaries' mentions where the gate trusts them, and (tokens, features) of the other stretches."""
        readings = self.read(text)
        answer = self.answer(readings)
        kept: list[Entity] = []
        stretches = []
        position = 0
        for tokens, (*rows, answered) in self.sentences(text, [*readings, answer], only):
            places = _stretches(
                gate.uncertain_tokens([token.text for token in tokens], joined_readings(rows)), answered
            )
            read = []
            if places:
                features = iter(self.features(tokens, rows, chain(*(range(low, high) for low, high in places))))
                for low, high in places:
                    stretches.append((tokens[low:high], list(islice(features, high - low))))
                    read.append((tokens[low].start, tokens[high - 1].end))
            at = 0
            while position < len(answer) and answer[position].start < tokens[0].start:
                position += 1
            while position < len(answer) and answer[position].start < tokens[-1].end:
                entity = answer[position]
                position += 1
                while at < len(read) and read[at][1] <= entity.start:
                    at += 1
                if at == len(read) or read[at][0] >= entity.end:
                    kept.append(entity)
        return kept, stretches


def joined_readings(rows: Sequence[Sequence[str]]) -> list[str]:
    """What several dictionaries say of each token, as one string; empty where none says anything."""
    return ["" if not any(tags) else "|".join(tags) for tags in zip(*rows, strict=True)]


def overlaps(entity: Entity, others: Sequence[Entity]) -> bool:
    """Whether a mention overlaps one of some sorted, disjoint mentions."""
    at = bisect_left(others, entity.end, key=lambda other: other.start)
    return at > 0 and others[at - 1].end > entity.start


def _stretches(places: Sequence[int], answered: Sequence[str]) -> list[tuple[int, int]]:
    """Stretches around some tokens of a sentence, as (first, after the last); a dictionary's mention is never cut."""
    stretches: list[tuple[int, int]] = []
    size = len(answered)
    for place in places:
        low, high = max(0, place - _MARGIN), min(size, place + 1 + _MARGIN)
        while low > 0 and answered[low][:1] in {"I", "E"}:
            low -= 1
        while high < size and answered[high - 1][:1] in {"B", "I"}:
            high += 1
        if stretches and low <= stretches[-1][1]:
            stretches[-1] = (stretches[-1][0], max(high, stretches[-1][1]))
        else:
            stretches.append((low, high))
    return stretches


def _read(
    tokens: Sequence[Token], starts: Sequence[int], entities: Sequence[Entity], position: int
) -> tuple[list[str], int]:
    """A dictionary's entities as one tag a token: B/I/E/S and the label, empty outside.

    `starts` are the tokens' offsets; `position` is the first entity that may reach into the sentence.
    """
    size = len(tokens)
    row = [""] * size
    while position < len(entities) and entities[position].end <= starts[0]:
        position += 1
    last_end = tokens[-1].end
    at, i = position, 0
    while at < len(entities) and entities[at].start < last_end:
        entity = entities[at]
        i = max(0, bisect_right(starts, entity.start, i) - 1)
        if tokens[i].end <= entity.start:
            i += 1
        while i < size and starts[i] < entity.end:
            if not row[i]:
                first, last = starts[i] <= entity.start, tokens[i].end >= entity.end
                row[i] = ("S" if first and last else "B" if first else "E" if last else "I") + entity.label[:3]
            i += 1
        i = max(0, i - 1)
        at += 1
    return row, max(position, at - 1)


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
            stoplist = (folder / "stoplist.txt").read_text(encoding="utf-8").splitlines()
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
        self.stoplist = frozenset(stoplist)
        """Terms of the vocabulary, folded, that the training set does not annotate."""
        gate = folder / "gate.tsv"
        self._gate = read_gate(gate, self.config["gate_cutoff"]) if gate.is_file() else None

    @cached_property
    def _featurizer(self) -> Featurizer:
        """Made on first use: its dictionaries take seconds, and who asks for the version needs none."""
        terms = read_terms(self._folder / "terms.tsv")
        given = dictionaries(self.config["without_sources"], terms, self.config["lexicon"])
        return Featurizer(self.lang, given, self.labels)

    def tag(self, texts: Sequence[str]) -> list[list[Entity]]:
        """Entities of each text."""
        return [self.tag_one(text) for text in texts]

    def tag_one(self, text: str, only: Callable[[int, int], bool] | None = None, thrifty: bool = False) -> list[Entity]:
        """Entities of the sentences that `only` accepts (by their offsets); of all when it is None.

        `thrifty` reads only around the words of which the gate does not believe the dictionaries.
        """
        featurizer = self._featurizer
        text = _SURROGATE.sub("\ufffd", text)  # CRFsuite takes UTF-8
        if thrifty and self._gate is not None:
            found, stretches = featurizer.trusted(text, self._gate, only)
        else:
            found = []
            stretches = [
                (t, featurizer.features(t, rows)) for t, rows in featurizer.sentences(text, featurizer.read(text), only)
            ]
        for tokens, features in stretches:
            tags = self._tagger.tag(features)
            found.extend(self._with_certainty(tokens, tags))
        if thrifty:
            found.sort(key=lambda e: e.start)
        if self.lang != "en":
            return found
        # The cascade, which reads thriftily, spreads definitions itself when it has merged everything.
        return propagate(text, found if thrifty else spread_definitions(text, found, "own"), only)

    def _with_certainty(self, tokens: Sequence[Token], tags: Sequence[str]) -> list[Entity]:
        """Mentions of the sequence just tagged; the score is the least marginal probability of the tags of one."""
        mentions = to_entities(tokens, tags)
        position = 0
        scored = []
        for mention in mentions:
            while tokens[position].start < mention.start:
                position += 1
            least = 1.0
            while position < len(tokens) and tokens[position].start < mention.end:
                least = min(least, self._tagger.marginal(tags[position], position))
                position += 1
            scored.append(Entity(mention.start, mention.end, mention.label, score=least))
        return scored


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
        self.stoplist = models["en"].stoplist
        self.version = "+".join(f"{lang}-{model.version}" for lang, model in sorted(models.items()))

    def tag(self, texts: Sequence[str]) -> list[list[Entity]]:
        """Entities of each text."""
        return [self.tag_one(text) for text in texts]

    def tag_one(self, text: str, only: Callable[[int, int], bool] | None = None, thrifty: bool = False) -> list[Entity]:
        """As `CrfTagger.tag_one`; a text in both languages is tagged sentence by sentence."""
        if not HAN_CHARACTER.search(text):
            return self.models["en"].tag_one(text, only, thrifty)
        if not _ENGLISH.search(text):
            return self.models["zh"].tag_one(text, only, thrifty)

        def chinese(start: int, end: int) -> bool:
            return len(HAN_CHARACTER.findall(text, start, end)) * 5 > end - start

        en = self.models["en"].tag_one(text, lambda a, b: not chinese(a, b) and (only is None or only(a, b)), thrifty)
        zh = self.models["zh"].tag_one(text, lambda a, b: chinese(a, b) and (only is None or only(a, b)), thrifty)
        merged = sorted([*en, *zh], key=lambda e: (e.start, -e.end))
        return [e for i, e in enumerate(merged) if i == 0 or e.start >= merged[i - 1].end]


def load_crf(folder: str | Path | None) -> CrfTagger | BilingualCrf:
    """The model in `folder`, or the shipped models of both languages."""
    if folder is not None:
        return CrfTagger(Path(folder))
    return BilingualCrf({lang: CrfTagger(path) for lang, path in SHIPPED.items()})
