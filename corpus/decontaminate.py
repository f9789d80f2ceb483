"""Find benchmark questions in the corpus.

A benchmark item is its question (with its answer when the question is too short to be told), as n-grams of the same
tokens as the duplicate search: case, width and punctuation do not count, Chinese goes by character. A record holds an
item when one stretch of it covers most of the question's n-grams, so that a question with every tenth word changed is
still found, and a textbook that shares a phrase with it is not. N-grams that many items or many records share ("which of
the following is the most") say nothing and are left out. Contexts (abstracts that a question is about) are public text:
they are found too, and reported apart.

N-gram decontamination after Brown et al. 2020 (GPT-3, appendix C); coverage instead of a single long n-gram since one
changed word in ten leaves few 13-grams.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from corpus.duplicates.shingles import U64, Tokens, shingles, tokens
from corpus.duplicates.verify import batches
from medpress.question_files import read_entries
from medpress.writing_systems import HAN


@dataclass(frozen=True, kw_only=True)
class DecontaminationConfig:
    """When a record counts as holding a benchmark item."""

    ngram: int = 4
    """Tokens an n-gram: every tenth word may be another one, and short questions have only a dozen."""
    min_coverage: float = 0.5
    """Share of the question's tokens, rare ones weighing more, that n-grams found in one stretch of the record cover."""
    min_weight: float = 0.75
    """Where n-grams cover less: share of the question's tokens, rare ones weighing more, that stand there in order."""
    min_tokens: int = 12
    """A stretch with fewer words of the question (a Chinese character is 0.6) needs a question mark or the answer beside
    it, since a textbook may use the same phrase."""
    whole: float = 0.9
    """Weight from which a question counts as whole."""
    min_whole_tokens: int = 9
    """Words of a whole question that needs nothing beside it."""
    shortest: int = 5
    """A question of fewer tokens is looked for together with its answer."""
    min_rare: float = 1.6
    """So is one that says less than this many words that no other item has: "Which of the following statements is true?"."""
    common_items: int = 4
    """N-grams of more items than this are a turn of phrase, unless an item would keep fewer than half of its own."""


DEFAULT = DecontaminationConfig()

Part = Literal["question", "context"]

HITS = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field("benchmark", pa.string()),
        pa.field("item", pa.string()),
        pa.field("part", pa.string()),
        pa.field("coverage", pa.float64()),
        pa.field("start", pa.int64()),
        pa.field("end", pa.int64()),
        pa.field("overlap", pa.string()),
    ]
)
"""A record that holds a benchmark item: which, how much of it, and the stretch of the record's text."""


class Item(NamedTuple):
    """What is looked for."""

    benchmark: str
    """Name of the file, without its suffix."""
    id: str
    """The item's own id, or its row."""
    part: Part
    """The question, or the context that it is about."""
    text: str
    answer: str
    """Text of the right answer where it is known; helps to tell a short question."""
    options: tuple[str, ...] = ()
    """Texts of the answers to choose from; a leaked item brings them along."""


class Hit(NamedTuple):
    """A stretch of a text that holds an item."""

    item: Item
    coverage: float
    start: int
    end: int


def load_items(path: Path, fields: Mapping[str, str] | None = None) -> list[Item]:
    """The items of a benchmark file, as `medpress.question_files` reads it.

    `fields` names the columns of question, context, options, answer, id where they are not guessed right. Raises
    `ValueError` with one sentence when the file cannot be read or has no question.
    """
    items = []
    for entry in read_entries(path, fields):
        if entry.question:
            options = tuple(entry.options.values())
            items.append(Item(path.stem, entry.id, "question", entry.question, entry.answer_text, options))
        items += [Item(path.stem, entry.id, "context", text, "") for text in entry.contexts]
    return items


# ---------------------------------------------------------------------------------------------- index and search

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_FEW_CHARACTERS = 300
"""Longer options keep enough n-grams, whatever stands between them."""
_BITS = 20
_SCARCE = 0.2
"""Share of an item's n-grams, rare ones weighing more, below which no stretch of a text is looked at."""


@dataclass(frozen=True, slots=True)
class Index:
    """N-grams of benchmark items, with the items and places that each stands at."""

    items: tuple[Item, ...]
    """The item of each text that is looked for; one with options has two."""
    config: DecontaminationConfig
    words: U64
    """Token hashes of the items, one item after the other."""
    bounds: NDArray[np.int64]
    """Item i has the tokens bounds[i] to bounds[i + 1]."""
    weights: NDArray[np.float64]
    """How much each token says: the logarithm of one in how many items has it."""
    stem: NDArray[np.int64]
    """With how many tokens of the question a text begins that goes on with its options; else 0."""
    grams: U64
    """Distinct n-gram hashes, sorted."""
    offsets: NDArray[np.int64]
    """N-gram i has the postings offsets[i] to offsets[i + 1]."""
    item: NDArray[np.int32]
    """Item of each posting."""
    place: NDArray[np.int32]
    """Token of the item at which the n-gram begins."""
    says: NDArray[np.float64]
    """How much each posting's n-gram says: the logarithm of one in how many places has it."""
    all_says: NDArray[np.float64]
    """The sum over each item's postings."""
    seen: NDArray[np.bool_]
    """Whether any n-gram has these upper bits: turns most of the corpus away at one look-up each."""

    @property
    def unsearchable(self) -> list[Item]:
        """Items that are too short to be looked for."""
        held = np.bincount(self.item, minlength=len(self.items))
        found = {item for item, count in zip(self.items, held, strict=True) if count}
        return [item for item in self.items if item not in found]


def build_index(items: Iterable[Item], config: DecontaminationConfig = DEFAULT) -> Index:
    """Index items; equal ones (several exports of one benchmark) count once, under the first name.

    A question stands there by itself, or with its answer when it is too short to be told, and once more with its options.
    """
    unique = tuple({(item.part, item.text): item for item in reversed(list(items))}.values())[::-1]
    batch = tokens([item.text for item in unique])
    said = np.add.reduceat(np.append(_weights(batch, _all(unique)), 0.0), batch.bounds[:-1]) if unique else np.empty(0)
    weak = (np.diff(batch.bounds) < config.shortest) | (said < config.min_rare * np.log1p(len(unique)))
    texts = [f"{i.text} {i.answer}" if i.answer and alone else i.text for i, alone in zip(unique, weak, strict=True)]
    of, stem = list(range(len(unique))), [0] * len(unique)
    for number, item in enumerate(unique):
        for text in _with_options(item):
            texts.append(text)
            of.append(number)  # the same n-gram in two texts of one item counts once
            stem.append(int(batch.bounds[number + 1] - batch.bounds[number]))
    batch = tokens(texts)
    grams, bounds = shingles(batch, config.ngram)
    owner = np.repeat(np.arange(len(texts), dtype=np.int32), np.diff(bounds))
    place = (np.arange(len(grams)) - np.repeat(bounds[:-1], np.diff(bounds))).astype(np.int32)
    ignored = _too_common(grams, owner, np.array(of, dtype=np.int64), config)
    postings = _postings(grams[~ignored], owner[~ignored], place[~ignored], len(texts))
    texts_of = tuple(unique[number] for number in of)
    weights = _weights(batch, np.array(of, dtype=np.int64))
    return Index(texts_of, config, batch.hashes, batch.bounds, weights, np.array(stem), **postings)


def _with_options(item: Item) -> Iterator[str]:
    """The question with its options, as they stand and, where there is little else, behind their letters."""
    if item.options:
        yield " ".join((item.text, *item.options))
        if len(" ".join(item.options)) <= _FEW_CHARACTERS:
            yield " ".join(
                (item.text, *(f"{letter} {option}" for letter, option in zip(LETTERS, item.options, strict=False)))
            )


def _all(items: Sequence[Item]) -> NDArray[np.int64]:
    return np.arange(len(items), dtype=np.int64)


def _weights(batch: Tokens, of: NDArray[np.int64]) -> NDArray[np.float64]:
    """How much each token says; `of` is the item of each text of the batch."""
    if len(of) == 0:
        return np.empty(0)
    owner = np.repeat(of, np.diff(batch.bounds)).astype(np.uint64)
    return np.log1p((of.max() + 1) / _spread(batch.hashes, owner))


def _spread(hashes: U64, owner: U64) -> NDArray[np.int64]:
    """Of how many owners each hash is."""
    pairs = np.unique(np.stack([hashes, owner]), axis=1)
    values, spread = np.unique(pairs[0], return_counts=True)
    return spread[np.searchsorted(values, hashes)]


def _too_common(
    grams: U64, owner: NDArray[np.int32], of: NDArray[np.int64], config: DecontaminationConfig
) -> NDArray[np.bool_]:
    """N-grams of many items, where their text has enough others."""
    if len(grams) == 0:
        return np.zeros(0, dtype=bool)
    common = _spread(grams, of[owner].astype(np.uint64)) > config.common_items
    share = np.bincount(owner, weights=common, minlength=len(of)) / np.maximum(np.bincount(owner, minlength=len(of)), 1)
    return common & (share[owner] <= 0.5)


def _postings(grams: U64, owner: NDArray[np.int32], place: NDArray[np.int32], items: int) -> dict[str, Any]:
    """The fields `grams` to `seen` of an index."""
    order = np.lexsort((place, owner, grams))
    grams, owner, place = grams[order], owner[order], place[order]
    distinct, first = np.unique(grams, return_index=True)
    offsets = np.append(first, len(grams)).astype(np.int64)
    says = np.repeat(np.log1p(items / np.maximum(np.diff(offsets), 1)), np.diff(offsets))
    seen = np.zeros(1 << _BITS, dtype=bool)
    seen[distinct >> np.uint64(64 - _BITS)] = True
    return {
        "grams": distinct, "offsets": offsets, "item": owner, "place": place, "says": says,
        "all_says": np.bincount(owner, weights=says, minlength=items), "seen": seen,
    }  # fmt: skip


def _cover(places: NDArray[np.int32], n: int) -> int:
    """Tokens covered by n-grams that begin at these places."""
    if len(places) == 0:
        return 0
    ordered = np.unique(places)
    return int(np.minimum(np.diff(ordered), n).sum()) + n


def count_grams(texts: Sequence[str], index: Index) -> NDArray[np.int64]:
    """In how many of the texts each n-gram of the index stands; counts of several parts add up."""
    counts = np.zeros(len(index.grams), dtype=np.int64)
    for part in batches(texts):
        grams, bounds = shingles(tokens(texts[part]), index.config.ngram)
        place, gram = _look_up(grams, index)
        text = np.searchsorted(bounds, place, side="right") - 1
        pairs = np.unique(text * len(index.grams) + gram)
        counts += np.bincount(pairs % max(1, len(index.grams)), minlength=len(index.grams))
    return counts


def without_common(index: Index, counts: NDArray[np.int64], limit: int) -> Index:
    """The index without the n-grams that more than `limit` texts of the corpus hold."""
    kept = np.repeat(counts <= limit, np.diff(index.offsets))
    grams = np.repeat(index.grams, np.diff(index.offsets))[kept]
    return replace(index, **_postings(grams, index.item[kept], index.place[kept], len(index.items)))


def _look_up(grams: U64, index: Index) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Places in `grams` that are in the index, and which of its n-grams they are."""
    if len(index.grams) == 0:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    place = np.flatnonzero(index.seen[grams >> np.uint64(64 - _BITS)])
    gram = np.minimum(np.searchsorted(index.grams, grams[place]), len(index.grams) - 1)
    met = index.grams[gram] == grams[place]
    return place[met], gram[met]


def find(texts: Sequence[str], index: Index) -> list[list[Hit]]:
    """The items that each text holds, questions and contexts, in the order of the text."""
    found: list[list[Hit]] = []
    for part in batches(texts):
        found += _find_in_batch(texts[part], index)
    return found


def _find_in_batch(texts: Sequence[str], index: Index) -> list[list[Hit]]:
    batch = tokens(texts)
    grams, bounds = shingles(batch, index.config.ngram)
    place, gram = _look_up(grams, index)
    hits: list[list[Hit]] = [[] for _ in texts]
    if len(place) == 0:
        return hits
    count = index.offsets[gram + 1] - index.offsets[gram]
    posting = np.repeat(index.offsets[gram] - np.cumsum(count) + count, count) + np.arange(count.sum())
    place = np.repeat(place, count)
    text = np.searchsorted(bounds, place, side="right") - 1
    position = place - bounds[text]
    item, inside = index.item[posting], index.place[posting]
    pair = text * len(index.items) + item
    order = np.lexsort((position, pair))
    edges = np.flatnonzero(np.diff(pair[order], prepend=-1))
    ends = np.append(edges[1:], len(order))
    said = np.add.reduceat(index.says[posting][order], edges)
    telling = said >= _SCARCE * index.all_says[item[order[edges]]]
    for start, end in zip(edges[telling], ends[telling], strict=True):
        rows = order[start:end]
        number, which = int(item[rows[0]]), int(text[rows[0]])
        first, last = int(batch.bounds[which]), int(batch.bounds[which + 1])
        hit = _judge(index, number, texts[which], batch, first, last - first, position[rows], inside[rows])
        if hit is not None:
            hits[which].append(hit)
    return [_best_of_each(found) for found in hits]


def _best_of_each(hits: Sequence[Hit]) -> list[Hit]:
    """One hit an item, the fullest, in the order of the text."""
    best = {hit.item: hit for hit in sorted(hits, key=lambda hit: (hit.coverage, hit.end - hit.start, -hit.start))}
    return sorted(best.values(), key=lambda hit: (hit.start, hit.end, hit.item))


def _judge(
    index: Index,
    number: int,
    text: str,
    batch: Tokens,
    first: int,
    length: int,
    positions: NDArray[np.int64],
    inside: NDArray[np.int32],
) -> Hit | None:
    """Whether a stretch of the text about as long as the item holds enough of it."""
    config, item = index.config, index.items[number]
    own = index.words[index.bounds[number] : index.bounds[number + 1]]
    reach = len(own) + len(own) // 4 + 4
    covered, low, high = 0, 0, 0
    last = np.searchsorted(positions, positions + reach, side="right")
    for start in range(len(positions)):
        if covered and last[start] == high:
            continue  # a part of the stretch before it
        here = _cover(inside[start : last[start]], config.ngram)
        if here > covered:
            covered, low, high = here, start, int(last[start])
    begin, end = int(positions[low]), int(positions[high - 1]) + config.ngram
    weights = index.weights[index.bounds[number] : index.bounds[number + 1]]
    held = np.zeros(len(own), dtype=bool)
    held[(inside[low:high, None] + np.arange(config.ngram)).ravel()] = True
    coverage, matched = float(weights[held].sum() / weights.sum()), covered
    factor = _HAN_TOKEN if _is_chinese(item.text) else 1.0
    if coverage < config.min_coverage or matched * factor < config.min_tokens:
        if len(own) > _SHORT:
            return None
        # Edits break short questions' n-grams: compare token by token what stands around them.
        slack = len(own) // 4 + 2
        begin = max(0, begin - int(inside[low]) - slack)
        around = batch.hashes[first + begin : first + min(length, begin + reach + 2 * slack)]
        coverage, matched, from_token, to_token = _in_order(own, weights, around)
        begin, end = begin + from_token, begin + to_token
        if coverage < config.min_weight:
            return None
        enough = config.min_tokens if coverage < config.whole else config.min_whole_tokens
        if matched * factor < enough and not _asked(item, text, *_characters(batch, first, begin, end)):
            return None
    if index.stem[number] and not _has_stem(index, number, batch.hashes[first + max(0, begin - reach) : first + end]):
        return None
    return Hit(item, min(1.0, coverage), *_characters(batch, first, begin, end))


def _has_stem(index: Index, number: int, around: U64) -> bool:
    """Whether the question itself stands there: options alone may be a textbook's own words."""
    own = slice(index.bounds[number], index.bounds[number] + index.stem[number])
    return _in_order(index.words[own], index.weights[own], around)[0] >= index.config.min_coverage


_HAN_TOKEN = 0.6
"""Words that a Chinese character counts as."""


def _is_chinese(text: str) -> bool:
    return 2 * len(re.findall(f"[{HAN}]", text)) > len(text)


def _characters(batch: Tokens, first: int, begin: int, end: int) -> tuple[int, int]:
    """Offsets of tokens begin to end - 1 of a text whose tokens start at `first`."""
    last = first + end - 1
    return int(batch.starts[first + begin]), int(batch.starts[last] + batch.lengths[last])


def _in_order(own: U64, weights: NDArray[np.float64], around: U64) -> tuple[float, int, int, int]:
    """The heaviest common subsequence of an item and a stretch of text.

    Returns its share of the item's weight, its tokens, and where in the stretch it begins and ends.
    """
    table = np.zeros((len(own) + 1, len(around) + 1))
    for row, (token, weight) in enumerate(zip(own, weights, strict=True)):
        taken = np.maximum(table[row, 1:], table[row, :-1] + weight * (around == token))
        np.maximum.accumulate(taken, out=table[row + 1, 1:])
    row, column = len(own), len(around)
    matched: list[int] = []
    while row and column and table[row, column] > 0:
        if table[row, column] == table[row, column - 1]:
            column -= 1
        elif table[row, column] == table[row - 1, column]:
            row -= 1
        else:
            row, column = row - 1, column - 1
            matched.append(column)
    if not matched:
        return 0.0, 0, 0, 0
    return float(table[-1, -1] / weights.sum()), len(matched), matched[-1], matched[0] + 1


_SHORT = 48
"""Tokens beyond which an item's n-grams survive light edits in great enough number."""
_NEAR = 300
"""Characters around a question in which its answer is looked for."""
_ANSWERED = 0.75
"""Share of the answer's tokens there."""
_ASKS = re.compile(r"[^\w\n]{0,6}?[?？:：]|\W{0,4}[(（]\s*[)）]")


def _asked(item: Item, text: str, start: int, end: int) -> bool:
    """Whether a short stretch is a question here: its question mark, or the answer, stands beside it."""
    if _ASKS.match(text, end):
        return True
    if len(item.answer) < 2:
        return False
    around = tokens([text[max(0, start - _NEAR) : end + _NEAR]]).hashes
    answer = tokens([item.answer]).hashes
    return bool(np.isin(answer, around).mean() >= _ANSWERED) if len(answer) else False


def hits(table: pa.Table, index: Index) -> pa.Table:
    """`HITS` of a table with id and text."""
    ids, texts = table["id"].to_pylist(), table["text"].to_pylist()
    rows = [
        {
            "id": identity, "benchmark": hit.item.benchmark, "item": hit.item.id, "part": hit.item.part,
            "coverage": hit.coverage, "start": hit.start, "end": hit.end, "overlap": text[hit.start : hit.end],
        }
        for identity, text, found in zip(ids, texts, find(texts, index), strict=True)
        for hit in found
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=HITS)
