"""What the documents of one work repeat of better ones: a sentence goes when a better document has it.

What only one document holds stays, and a document that is another work, or another edition, stays whole.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.duplicates.shingles import SHINGLE_TOKENS, shingles, tokens
from corpus.duplicates.works import CONFIRMED, CONTAINED, SHORTEST_TITLE, TITLE, names_in, words

HELD = 0.5
"""Share of a sentence's tokens from which on a better document has it, where an identifier says that both are one work:
between the two stand the marks, ligatures and formulas that a PDF loses. Chosen on the same articles: at 0.3 and 0.5 the
same sentences go but for a fifteenth."""
FEWEST_TOKENS = 8
"""Tokens of a stretch that can be told to stand elsewhere, or not to; a shorter one goes with what is around it."""
_OPENING = 6_000
"""Characters at the beginning of a document in which its title stands, behind an address of the journal or an abstract."""
_TOLD_AUTHORS = 3
"""Authors who must be named in the text of a document that lists none."""


@dataclass(frozen=True, slots=True)
class Text:
    """A record of a document."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Source:
    """A document of a work, with its records."""

    doc_id: str
    form: int
    """As in `form_of`."""
    year: str
    """When its edition appeared; empty when unknown."""
    keys: frozenset[str]
    authors: tuple[str, ...]
    """Names, folded."""
    title: str
    """Its words, folded."""
    texts: Sequence[Text]
    """All of its records, in order."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """A record that repeats, in part or whole, what a better document of its work says."""

    id: str
    doc_id: str
    stretches: tuple[tuple[int, int], ...]
    """What it repeats, in order; none when nothing else is in it."""
    share: float
    """Of its tokens that stand in better documents."""
    of: str
    """The record that has most of it."""
    of_document: str
    """The document of that one."""


def compare(sources: Sequence[Source]) -> list[Repeated]:
    """What the documents of one work repeat of better ones.

    Better is the truer form, then the longer text, then the lesser id. A document that shares an identifier with a better
    one repeats it if half of the shorter text stands in the other. One that shares only a title must be by the same authors
    too. Unless it has another form and is of the same year, it may be another edition, which differs in a word: then a
    sentence goes only when it stands in a better one to the letter.
    """
    sizes = {source.doc_id: sum(len(text.text) for text in source.texts) for source in sources}
    order = sorted(sources, key=lambda source: (source.form, -sizes[source.doc_id], source.doc_id))
    texts = [(text, source) for source in order for text in source.texts]
    batch = tokens([text.text for text, _ in texts])
    hashes, bounds = shingles(batch)
    record = np.repeat(np.arange(len(texts)), np.diff(bounds))
    _, first, place = np.unique(hashes, return_index=True, return_inverse=True)
    best = record[first[place]]
    """Of each shingle the record of the best document that has it."""
    found: list[Repeated] = []
    ends = np.cumsum([len(source.texts) for source in order])
    for number, source in enumerate(order):
        held = _least_share(source, order[:number])
        if held is None:
            continue
        its = range(ends[number] - len(source.texts), ends[number])
        covered = [_covered(best[bounds[n] : bounds[n + 1]] < its.start) for n in its]
        size = int(batch.bounds[its.stop] - batch.bounds[its.start])
        if sum(int(each.sum()) for each in covered) < CONFIRMED * min(size, int(batch.bounds[its.start])):
            continue
        for n, known_tokens in zip(its, covered, strict=True):
            stretches, rest = _stretches(texts[n][0].text, known_tokens, held) if known_tokens.any() else ((), 0)
            if not stretches:
                continue
            holders = best[bounds[n] : bounds[n + 1]]
            text, of = texts[n][0], int(np.bincount(holders[holders < its.start]).argmax())
            whole = rest < FEWEST_TOKENS
            share = float(known_tokens.mean())
            found.append(
                Repeated(
                    text.id, source.doc_id, () if whole else stretches, share, texts[of][0].id, texts[of][1].doc_id
                )
            )
    return found


def _least_share(source: Source, better: Sequence[Source]) -> float | None:
    """From which share of its tokens on a sentence of a document is held by better ones; None: it is another work."""
    if any(not key.startswith((TITLE, CONTAINED)) for other in better for key in source.keys & other.keys):
        return HELD
    alike = [other for other in better if source.keys & other.keys and _same_authors(source, other)]
    if any(source.form != other.form and _is_same_edition(source, other) for other in alike):
        return HELD
    return 1.0 if any(key.startswith(TITLE) for other in alike for key in source.keys & other.keys) else None


def _is_same_edition(one: Source, other: Source) -> bool:
    """Whether two documents by the same authors have one title, which may stand in the text of one only, and no two years:
    what is printed at the turn of one bears both."""
    if one.year and other.year and abs(int(one.year) - int(other.year)) > 1:
        return False
    return one.title == other.title or _begins_with(one, other.title) or _begins_with(other, one.title)


def _begins_with(source: Source, title: str) -> bool:
    """Whether a title stands near the beginning of a document."""
    opening = " ".join(words("\n".join(text.text for text in source.texts)[:_OPENING]))
    return title.count(" ") + 1 >= SHORTEST_TITLE and f" {title} " in f" {opening} "


def _same_authors(one: Source, other: Source) -> bool:
    """Whether two documents name the same authors, one of them perhaps only in its text."""
    mine, others = {*one.authors}, {*other.authors}
    if mine and others:
        return 2 * len(mine & others) >= min(len(mine), len(others))
    names, unnamed = (mine, other) if mine else (others, one)
    found = names & names_in(" ".join(text.text for text in unnamed.texts))
    return bool(names) and len(found) >= min(_TOLD_AUTHORS, len(names))


def _covered(hit: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which tokens of a text stand in a shingle that is known, given which shingles are."""
    if not len(hit):
        return np.zeros(0, dtype=np.bool_)
    steps = np.zeros(len(hit) + SHINGLE_TOKENS, dtype=np.int64)
    steps[:-SHINGLE_TOKENS] += hit
    steps[SHINGLE_TOKENS:] -= hit
    return np.cumsum(steps)[:-1] > 0


_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+|(?<=[。！？；])\s*|\n+")


def _stretches(text: str, covered: NDArray[np.bool_], held: float) -> tuple[tuple[tuple[int, int], ...], int]:
    """The stretches of a text that go, and how many tokens are left; `covered` tells of each token whether it is known."""
    begins = tokens([text]).begins
    cuts = [0, *(match.end() for match in _SENTENCE_END.finditer(text)), len(text)]
    edges = np.searchsorted(begins, cuts)
    sentences: list[list[Any]] = []  # [start, end, tokens, goes]
    for number in range(len(cuts) - 1):
        first, last = int(edges[number]), int(edges[number + 1])
        if cuts[number] == cuts[number + 1]:
            continue
        goes = first < last and float(covered[first:last].mean()) >= held
        if sentences and (first == last or sentences[-1][3] == goes):
            sentences[-1][1], sentences[-1][2] = cuts[number + 1], sentences[-1][2] + last - first
        else:
            sentences.append([cuts[number], cuts[number + 1], last - first, goes])
    # What is too short to tell goes with what is around it: first what seems to be held, then what does not.
    for judged in (True, False):
        for run in sentences:
            if run[3] is judged and run[2] < FEWEST_TOKENS and len(sentences) > 1 and (judged or held < 1):
                run[3] = not judged
        sentences = _joined(sentences)
    going = tuple((start, end) for start, end, _, goes in sentences if goes)
    return going, sum(count for _, _, count, goes in sentences if not goes)


def _joined(runs: Sequence[list[Any]]) -> list[list[Any]]:
    joined: list[list[Any]] = []
    for start, end, count, goes in runs:
        if joined and joined[-1][3] == goes:
            joined[-1][1], joined[-1][2] = end, joined[-1][2] + count
        else:
            joined.append([start, end, count, goes])
    return joined
