"""Dictionary tagging over every text: Aho-Corasick, leftmost-longest, word boundaries, exact offsets."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import cache, cached_property
from typing import Any, Final, cast

import ahocorasick_rs

from nlp.spans import Entity
from nlp.tagging.doses import find_doses
from nlp.tagging.folding import fold
from nlp.vocabulary import AUXILIARY_LABELS, BUILT_IN, Term, built_in_terms, read_terms

# Letters and digits of scripts that put spaces between words; a Chinese character next to a Latin term is a boundary.
_WORD: Final[frozenset[str]] = frozenset(
    [c for c in map(chr, range(0x2E80)) if c.isalnum()] + [chr(c) for c in range(0x300, 0x370)]
)
_JOINS: Final[dict[str, frozenset[str]]] = {
    "modifier": frozenset({"disease", "symptom"}),
    "salt": frozenset({"drug"}),
    "side": frozenset({"anatomy"}),
}
_JOINTS: Final[frozenset[str]] = frozenset({"", " ", "-"})
_SUFFIX_TAIL: Final[int] = 40  # a word longer than this is not a word


class LexiconTagger:
    """Tags the terms of a vocabulary, and doses.

    A term that must match in its own case (``exact``) is a gene symbol or an abbreviation. A term starting
    with ``~`` matches the end of a longer word (``~itis``). A term with the label ``modifier`` (acute, 慢性)
    is joined to the disease or symptom or drug right behind it and is nothing on its own.
    """

    name = "lexicon"

    def __init__(self, terms: Iterable[Term], *, doses: bool = True) -> None:
        """Where two terms fold to the same text the earlier one wins."""
        self._doses = doses
        patterns: dict[str, Term] = {}
        for term in terms:
            folded = fold(term.text)
            if len(folded) > 1 or folded > "\u2e7f":
                patterns.setdefault(folded, term)
        self._terms = list(patterns.values())
        self._index = {pattern: i for i, pattern in enumerate(patterns) if pattern[0] != "~"}
        # A suffix may also be a word of its own ("statin", ~statin): one pattern, told apart by what stands before it.
        self._patterns = chosen = list(dict.fromkeys(pattern.lstrip("~") for pattern in patterns))
        words = [patterns.get(pattern) for pattern in chosen]
        endings = [patterns.get("~" + pattern) for pattern in chosen]
        self._labels = [word.label if word else "" for word in words]
        self._concepts = [word.concept_id if word else None for word in words]
        self._exact = [word.text if word and word.exact else None for word in words]
        self._ending = [ending.label if ending else None for ending in endings]
        self._suffix = [ending is not None for ending in endings]
        self._plain = [bool(w and not w.exact and w.label not in AUXILIARY_LABELS) for w in words]
        self._open_left = [p[0] not in _WORD for p in chosen]
        self._open_right = [p[-1] not in _WORD for p in chosen]
        self._of = patterns

    @cached_property
    def version(self) -> str:
        """Changes whenever a term does. Worked out on first use: it takes as long as all else."""
        digest = hashlib.sha256()
        for pattern, term in sorted(self._of.items()):
            digest.update(f"{pattern}\t{term.label}\t{term.concept_id}\t{term.exact}\n".encode())
        return digest.hexdigest()[:12]

    @cached_property
    def _automaton(self) -> ahocorasick_rs.AhoCorasick:
        """Made on first use: who asks for the version or for a concept needs none."""
        return ahocorasick_rs.AhoCorasick(
            self._patterns,
            matchkind=ahocorasick_rs.MatchKind.LeftmostLongest,
            store_patterns=False,
            implementation=ahocorasick_rs.Implementation.ContiguousNFA,
        )

    def __len__(self) -> int:
        return len(self._terms)

    def tag(self, texts: Sequence[str]) -> list[list[Entity]]:
        """Entities of each text, sorted, not overlapping."""
        return [self._tag_one(text) for text in texts]

    def concept_of(self, mention: str) -> str | None:
        """The concept of a mention that is a term of the vocabulary, else None."""
        index = self._index.get(fold(mention))
        return None if index is None else self._terms[index].concept_id

    def label_of(self, mention: str) -> str | None:
        """The label of a mention that is a term of the vocabulary, else None."""
        index = self._index.get(fold(mention))
        return None if index is None else self._terms[index].label

    def _tag_one(self, text: str) -> list[Entity]:
        folded = fold(text)
        entities: list[Entity] = []
        append = entities.append
        labels, concepts, plain, suffix = self._labels, self._concepts, self._plain, self._suffix
        open_left, open_right, word = self._open_left, self._open_right, _WORD
        size = len(folded)
        covered = 0
        waiting: tuple[int, int, str] | None = None  # a modifier: start, end, kind
        for j, start, end in self._automaton.find_matches_as_indexes(folded):
            if start < covered:
                continue
            found = None
            if not (open_left[j] or start == 0 or folded[start - 1] not in word):
                if not suffix[j] or (end < size and folded[end] in word):
                    continue  # inside a word: most matches end here
            elif plain[j] and (open_right[j] or end >= size or folded[end] not in word):
                if waiting is None:
                    covered = end
                    append(_entity(start, end, labels[j], concepts[j]))
                    continue
                found = start, end, labels[j], concepts[j]
            found = found or self._resolve(text, folded, j, start, end)
            if found is None:
                continue
            start, end, label, concept = found
            covered = end
            if label in AUXILIARY_LABELS:
                if label != "ignore":
                    waiting = (waiting[0] if waiting and start - waiting[1] <= 1 else start, end, label)
                continue
            if waiting is not None:
                first, before, kind = waiting
                if start - before <= 1 and label in _JOINS[kind] and folded[before:start] in _JOINTS:
                    start = first
                    whole = self._index.get(folded[start:end])
                    concept = concept if whole is None else self._terms[whole].concept_id or concept
                waiting = None
            append(_entity(start, end, label, concept))
        return _with_doses(entities, find_doses(folded)) if self._doses else entities

    def _resolve(self, text: str, folded: str, j: int, start: int, end: int) -> tuple[int, int, str, str | None] | None:
        """What a match that is not a plain whole word stands for: a suffix, an exact term, or a shorter term."""
        size = len(folded)
        left = self._open_left[j] or start == 0 or folded[start - 1] not in _WORD
        right = self._open_right[j] or end >= size or folded[end] not in _WORD
        if not left and self._ending[j]:
            limit = max(0, start - _SUFFIX_TAIL)
            while start > limit and folded[start - 1] in _WORD and folded[start - 1].isalpha():
                start -= 1
            if not right or (start > 0 and folded[start - 1] in _WORD) or end - start < 6:
                return None
            return start, end, cast(str, self._ending[j]), None
        if not left:
            return None
        if right and self._labels[j]:
            exact = self._exact[j]
            if exact is None or text[start:end] == exact:
                return start, end, self._labels[j], self._concepts[j]
        # The longest term ends inside a word: try the words before it ("hepatitis c|arrier" holds "hepatitis").
        cut = end - 1
        while cut > start:
            if folded[cut] not in _WORD:
                index = self._index.get(folded[start:cut])
                if index is not None and (not self._terms[index].exact or text[start:cut] == self._terms[index].text):
                    return start, cut, self._terms[index].label, self._terms[index].concept_id
            cut -= 1
        return None


class _BuiltInLexicon(LexiconTagger):
    """The built-in vocabulary, read on first use: who asks for the version needs none of its hundred thousand terms."""

    def __init__(self) -> None:
        self.version = hashlib.sha256(BUILT_IN.read_bytes()).hexdigest()[:12]

    def __getattr__(self, name: str) -> Any:
        if "_terms" in vars(self):
            raise AttributeError(name)
        super().__init__(built_in_terms())
        return getattr(self, name)


@cache
def built_in_lexicon() -> LexiconTagger:
    """The tagger of the built-in vocabulary, one a process: it is large, and every tagger that asks a lexicon asks this one."""
    return _BuiltInLexicon()


def load_lexicon(table: str | None) -> LexiconTagger:
    """The tagger of a table of terms, or of the built-in vocabulary."""
    return LexiconTagger(read_terms(table)) if table else built_in_lexicon()


class _Draft:
    """An Entity before it is frozen: the generated constructor of a frozen class takes five times as long."""

    __slots__ = Entity.__slots__

    def __init__(self, start: int, end: int, label: str, concept_id: str | None) -> None:
        self.start = start
        self.end = end
        self.label = label
        self.concept_id = concept_id
        self.negated = self.uncertain = self.history = self.family = False
        self.score = 1.0


def _entity(start: int, end: int, label: str, concept_id: str | None) -> Entity:
    draft = _Draft(start, end, label, concept_id)
    draft.__class__ = Entity  # type: ignore[assignment]
    return cast(Entity, draft)


def _with_doses(entities: list[Entity], doses: list[tuple[int, int]]) -> list[Entity]:
    """Entities with the doses merged in; a dose wins over a term that it overlaps."""
    if not doses:
        return entities
    merged: list[Entity] = []
    position = 0
    for start, end in doses:
        while position < len(entities) and entities[position].end <= start:
            merged.append(entities[position])
            position += 1
        while position < len(entities) and entities[position].start < end:
            position += 1
        merged.append(Entity(start, end, "dose"))
    merged.extend(entities[position:])
    return merged
