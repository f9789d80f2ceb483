"""Which row groups of a dataset of texts may hold a sentence: a Bloom filter for each, in a file for each Parquet file.

    sentences/manifest.json
    sentences/data/shards/…    `FILTERS` of each file of the shards, and data/dropped/… of the dropped records

A text is compared by its letters and digits alone (`folded`), so a sentence that was pasted from somewhere else, with other
white space, hyphens, quotes, marks or capitals, is the same sentence. Of the stretches of `GRAM` bytes in it those are kept
whose hash is the least of any `WINDOW` in a row (winnowing: Schleimer, Wilkerson and Aiken, 2003): whatever `SHORTEST` bytes
two texts have in common, they have one kept stretch in common at least. The filter of a row group holds the kept
stretches of its texts, with `BITS` a stretch and `HASHES` bits set for each, so 2 of 100 that it does not hold seem to be
there (Bloom, 1970). It takes about a twelfth of the texts, and a sentence costs a look at each filter and the reading of
the few row groups that hold all of it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from medpress.store import DATA, MANIFEST, Place, open_parquet, read_manifest, read_table, write_row_groups

FOLDER = "sentences"
"""Of the index in a data folder."""
KINDS = ("shards", "dropped")
"""Datasets whose texts it knows."""
GRAM = 16
"""Bytes of a stretch: letters, or five Chinese characters."""
WINDOW = 24
"""Of so many stretches in a row one at least is kept."""
SHORTEST = GRAM + WINDOW - 1
"""Bytes of letters and digits from which on the index finds a sentence: 39 letters, or 13 Chinese characters."""
BITS = 8
"""Of a filter, for each stretch in it."""
HASHES = 5
"""Bits that a stretch sets."""
LEAST = 0.5
"""Share of a sentence's stretches that a text must hold to hold nearly the sentence: in others a name was redacted, or a
letter was read otherwise."""

FILTERS = pa.schema(
    [
        pa.field("row_group", pa.int32(), metadata={"description": "number of the row group in its file"}),
        pa.field("filter", pa.binary(), metadata={"description": "Bloom filter of the stretches of its texts"}),
    ]
)
"""One row a row group."""
_OF = b"sha256"

_NOT_LETTERS = re.compile(r"[\W_]+")
_NOT_LETTERS_ASCII = bytes(code for code in range(128) if not chr(code).isalnum())
_BETWEEN = b"\0"


def folded(text: str) -> bytes:
    """The letters and digits of a text as UTF-8, without capitals, accents, ligatures and whatever stands between them."""
    if text.isascii():
        return text.lower().encode().translate(None, _NOT_LETTERS_ASCII)
    plain = unicodedata.normalize("NFKD", text).casefold()
    return _NOT_LETTERS.sub("", plain).encode("utf-8", "replace")


def stretch_of(text: str, start: int, end: int) -> tuple[int, int]:
    """Start and end in a text, in characters, of what stands at bytes `start` to `end` of its folded form."""
    ends = np.cumsum([len(folded(character)) for character in text])
    first, last = np.searchsorted(ends, [start, end - 1], side="right")
    return int(first), int(last) + 1


def marks(text: bytes) -> np.ndarray:
    """Hashes (uint64, sorted) of the stretches of a folded text that are kept; none below `SHORTEST` bytes."""
    count = len(text) - GRAM + 1
    if count < WINDOW:
        return np.empty(0, np.uint64)
    words: np.ndarray = np.ndarray((len(text) - 7,), "<u8", text, strides=(1,))
    hashes = words[:count] * np.uint64(0x9E3779B97F4A7C15)
    hashes ^= hashes >> np.uint64(32)
    hashes += words[GRAM - 8 : GRAM - 8 + count]
    least = _mixed(hashes)
    width = 1
    while width < WINDOW:  # the least of a window, from those of two shorter ones that cover it
        step = min(width, WINDOW - width)
        least = np.minimum(least[:-step], least[step:])
        width += step
    first = np.flatnonzero(np.diff(least)) + 1
    return np.unique(np.concatenate([least[:1], least[first]]))


def _mixed(values: np.ndarray) -> np.ndarray:
    """Hashes whose every bit depends on every bit of the values (the finaliser of SplitMix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _hashes(kept: np.ndarray) -> np.ndarray:
    """The hashes of each stretch, of which a filter has the bits (stretches × `HASHES`; Kirsch and Mitzenmacher, 2006)."""
    again = _mixed(kept + np.uint64(1))  # the kept hashes are small, as they are the least of many
    first, step = again & np.uint64(0xFFFFFFFF), (again >> np.uint64(32)) | np.uint64(1)
    hashes: np.ndarray = first[:, None] + step[:, None] * np.arange(HASHES, dtype=np.uint64)
    return hashes


def filter_of(texts: Sequence[str]) -> bytes:
    """The filter of the texts of one row group."""
    kept = marks(_BETWEEN.join(map(folded, texts)))
    bits = np.zeros(max(1, len(kept)) * BITS, bool)
    bits[(_hashes(kept) % np.uint64(len(bits))).ravel()] = True
    return np.packbits(bits).tobytes()


def shares_held(filters: Iterable[Any], kept: np.ndarray) -> list[float]:
    """Share of some stretches that the texts of each filter (a buffer) seem to hold: 1 where they do hold them."""
    packed = [np.frombuffer(filter, np.uint8) for filter in filters]
    sizes = np.array([8 * len(each) for each in packed], np.uint64)
    bits = _hashes(kept) % sizes[:, None, None]
    octets = np.stack([each[places] for each, places in zip(packed, bits >> np.uint64(3), strict=True)])
    held = octets >> (np.uint64(7) - (bits & np.uint64(7))).astype(np.uint8) & 1
    shares: list[float] = held.all(axis=2).mean(axis=1).tolist()
    return shares


def write_filters(source: Place, sha256: str, target: Place, mark: Callable[[str], None]) -> None:
    """Write the `FILTERS` of a Parquet file with a column `text`. They name its checksum, and `mark` is told each row group."""

    def groups() -> Iterator[pa.Table]:
        with open_parquet(source) as file:
            for number in range(file.num_row_groups):
                mark(f"row group {number}")
                texts = file.read_row_group(number, columns=["text"])["text"].to_pylist()
                yield pa.table([[number], [filter_of(texts)]], schema=FILTERS)

    write_row_groups(target, FILTERS.with_metadata({_OF: sha256.encode()}), groups())


def checksum_of(filters: Place) -> str:
    """Checksum of the file that a file of the index is of; empty when it does not say."""
    metadata = open_parquet(filters).schema_arrow.metadata or {}
    return str(metadata.get(_OF, b"").decode())


@dataclass(frozen=True, slots=True)
class RowGroup:
    """Where a sentence may stand."""

    file: Path
    """A Parquet file of `KINDS`."""
    number: int
    """Of the row group in it."""
    share: float
    """Share of the sentence's stretches that it seems to hold; 1 where no filter can tell."""


def filters_of(data: Path, kinds: Sequence[str] = KINDS) -> Iterator[tuple[Path, list[int], list[Any] | None]]:
    """Of each Parquet file of the kinds the numbers of its row groups, and their filters.

    None instead of filters where the index does not know the file as it is now: each of its row groups may hold anything.
    """
    for kind in kinds:
        if not (data / kind / MANIFEST).exists():
            continue
        for entry in read_manifest(data / kind)["files"]:
            file = data / kind / entry["path"]
            filters = data / FOLDER / DATA / kind / entry["path"].removeprefix(f"{DATA}/")
            if filters.exists() and checksum_of(filters) == entry["sha256"]:
                table = read_table(filters)
                yield file, table["row_group"].to_pylist(), [filter.as_buffer() for filter in table["filter"]]
            else:
                yield file, list(range(open_parquet(file).num_row_groups)), None


def row_groups(data: Path, sentence: bytes) -> list[RowGroup]:
    """Row groups of a data folder that may hold a folded sentence, or most of it: those that hold more of it first.

    A file that the index does not know as it is now, and any file for a sentence below `SHORTEST`, is wholly among them.
    """
    kept = marks(sentence)
    found: list[RowGroup] = []
    for file, numbers, filters in filters_of(data):
        shares = shares_held(filters, kept) if filters is not None and len(kept) else [1.0] * len(numbers)
        found += [RowGroup(file, n, share) for n, share in zip(numbers, shares, strict=True) if share >= LEAST]
    return sorted(found, key=lambda group: -group.share)
