"""Whether questions of benchmarks stand in the shards, by another method than the build's.

The build compares weighted n-grams of tokens (`corpus.decontaminate`). Here the letters and digits of a question are cut into
pieces, and these are looked for in the letters and digits of every record, all in one pass (Aho and Corasick, 1975). A piece
that stands in two questions says nothing. So what one of the two overlooks the other need not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus.decontaminate import Item, load_items
from corpus.tables import row_groups
from medpress.location import location
from medpress.sentence_index import folded
from medpress.store import read_manifest

PIECE = 30
"""Bytes of a piece: letters, or ten Chinese characters."""
LEAST = 0.6
"""Share of a question's pieces that a record must hold."""


@dataclass(frozen=True, slots=True)
class Held:
    """A record that holds a question."""

    id: str
    """The record."""
    doc_id: str
    """Its document."""
    benchmark: str
    """The benchmark."""
    item: str
    """The question's id in it."""
    share: float
    """Share of the question's pieces that stand in the record."""


def benchmarks_of(data: Path) -> list[Path]:
    """The benchmark files that the build was told of."""
    return [location(str(place)) for place in read_manifest(data / "shards")["config"].get("decontaminate", ())]


def questions_held(data: Path, files: Iterable[Path]) -> Iterator[Held]:
    """Records of the shards that hold a question. Raises `ValueError` or `OSError` for a benchmark that cannot be read."""
    from ahocorasick_rs import BytesAhoCorasick

    items = [item for file in files for item in load_items(file) if item.part == "question"]
    pieces = pieces_of(items)
    if not pieces:
        return
    owners = [number for number, own in enumerate(pieces.values()) for _ in own]
    sought = list(pieces)
    words = [piece for own in pieces.values() for piece in own]
    matcher = BytesAhoCorasick(words)
    for table in row_groups(data / "shards", ["id", "doc_id", "text"]):
        ids, documents = table["id"].to_pylist(), table["doc_id"].to_pylist()
        for row, text in enumerate(table["text"].to_pylist()):
            seen: dict[int, set[int]] = {}
            for word, _, _ in matcher.find_matches_as_indexes(folded(text), overlapping=True):
                seen.setdefault(owners[word], set()).add(word)
            for number, found in sorted(seen.items()):
                item = items[sought[number]]
                share = len(found) / len(pieces[sought[number]])
                if share >= LEAST:
                    yield Held(ids[row], documents[row], item.benchmark, item.id, share)


def pieces_of(items: Sequence[Item]) -> dict[int, list[bytes]]:
    """Number of an item to the pieces of its question that no other question has; a short one stands with its answer."""
    cut: dict[int, list[bytes]] = {}
    holders: dict[bytes, int] = {}
    for number, item in enumerate(items):
        letters = folded(item.text)
        if len(letters) < 2 * PIECE:
            letters = folded(f"{item.text} {item.answer}")
        own = {letters[start : start + PIECE] for start in range(0, len(letters) - PIECE + 1, PIECE)}
        cut[number] = sorted(own)
        for piece in own:
            holders[piece] = holders.get(piece, 0) + 1
    alone = {number: [piece for piece in own if holders[piece] == 1] for number, own in cut.items()}
    return {number: own for number, own in alone.items() if own}
