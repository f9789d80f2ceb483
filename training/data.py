"""Shards, in text or in tokens, as endless streams of packed sequences, in an order that depends on the seed alone.

The order is by index, not by a shuffle buffer: a seeded permutation of (shard, row group) for each source and epoch, then
of the rows in the group. The place in it is three numbers a source, so a run resumes exactly. Every process draws the
whole global batch and trains on its slice of it, so the number of processes never changes the data.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from tokenizers import Tokenizer

from medpress.store import identity, open_parquet, parts, read_manifest
from medpress.tokenising import TOKENIZER_FILE, encode, literal, load_tokenizer
from training.batch import Batch, from_rows
from training.config import InputError
from training.mixing import Feedback, Mixer
from training.packing import Piece, as_piece, assemble

_OPEN_FILES = 16

Document = np.ndarray
"""Token ids of one document, closed by the token that ends it (int64)."""


@dataclass(frozen=True, slots=True)
class Group:
    """A row group of one shard."""

    file: int
    """Number of the shard in `Shards.files`."""
    row_group: int
    """Number of the row group in the shard."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """What the shards hold of one source."""

    name: str
    """The source."""
    groups: tuple[tuple[Group, np.ndarray], ...]
    """Row groups with its training rows (int32)."""
    held_out: tuple[tuple[Group, int], ...]
    """Rows that are never trained on, in the order of their hashes."""
    records: int
    """Training rows."""
    tokens: int
    """Tokens of the training rows by the tokenizer that the manifest names."""


@dataclass(frozen=True, slots=True)
class _Stretch:
    """The rows of one source in one row group: their numbers, hashes and tokens."""

    group: Group
    rows: np.ndarray
    shares: np.ndarray
    tokens: np.ndarray


class Shards:
    """An index over a folder of shards: which rows belong to which source, and which are held out.

    The folder holds the records' texts (`data/shards`), or the same rows in tokens (`data/tokens`).

    `held_out` is the share of records kept from training, by the hash of the record's id (augmented records go with the
    record they were made from). A source of two records or more always has one on either side. Raises `InputError` when
    the folder holds no records.
    """

    def __init__(self, folder: Path, held_out: float) -> None:
        self.folder = folder
        if not folder.is_dir():
            raise InputError(
                f"there is no folder {folder}: run `corpus build` first, or name its shards with --shards."
            )
        self.files = parts(folder)
        try:
            manifest: Any = [[f["path"], f["sha256"]] for f in read_manifest(folder)["files"]]
        except FileNotFoundError:
            manifest = [[p.relative_to(folder).as_posix(), p.stat().st_size] for p in self.files]
        self.hash = identity(manifest)
        """Names the content: equal for equal files."""
        self._open: OrderedDict[int, pq.ParquetFile] = OrderedDict()
        self.tokenized = bool(self.files) and "input_ids" in self._file(0).schema_arrow.names
        """Whether the rows are tokens."""
        self.sources = self._index(held_out)
        if not self.sources:
            raise InputError(f"{folder} holds no records: run `corpus build` first, or name its shards with --shards.")

    def _index(self, held_out: float) -> list[Source]:
        found: dict[str, list[_Stretch]] = {}
        for number, path in enumerate(self.files):
            file = self._file(number)
            names = set(file.schema_arrow.names)
            if missing := {"id", self._content, "source", "n_tokens"} - names:
                raise InputError(f"{path} is not a shard of this program: it has no column {min(missing)!r}.")
            columns = [c for c in ("id", "parent_id", "source", "n_tokens") if c in names]
            for row_group in range(file.num_row_groups):
                table = file.read_row_group(row_group, columns=columns).to_pydict()
                parents = table.get("parent_id") or [None] * len(table["id"])
                shares = np.array([share_of(a or b) for a, b in zip(parents, table["id"], strict=True)])
                tokens = np.array([size or 0 for size in table["n_tokens"]], dtype=np.int64)
                sources = np.array([source or "unnamed" for source in table["source"]], dtype=object)
                for name in sorted(set(sources)):
                    rows = np.flatnonzero(sources == name).astype(np.int32)
                    stretch = _Stretch(Group(number, row_group), rows, shares[rows], tokens[rows])
                    found.setdefault(name, []).append(stretch)
        return [_source(name, found[name], held_out) for name in sorted(found)]

    def _file(self, number: int) -> pq.ParquetFile:
        file = self._open.pop(number, None)
        if file is None:
            try:
                file = open_parquet(self.files[number], memory_map=True)
            except pa.ArrowInvalid as error:
                raise InputError(
                    f"{self.files[number]} is not a readable Parquet file: build the shards again."
                ) from error
        self._open[number] = file
        while len(self._open) > _OPEN_FILES:
            self._open.popitem(last=False)[1].close()
        return file

    @property
    def _content(self) -> str:
        return "input_ids" if self.tokenized else "text"

    def texts(self, group: Group, rows: Sequence[int] | np.ndarray) -> list[str]:
        """The texts of some rows of a group of shards in text, in that order."""
        return [text for text, _ in self._rows(group, rows)]

    def documents(self, group: Group, rows: Sequence[int] | np.ndarray, encoder: Encoder) -> list[Document]:
        """Some rows of a group as documents of the encoder, in that order."""
        if not self.tokenized:
            return encoder.documents(self.texts(group, rows))
        column = self._taken(group, rows, ["input_ids"])["input_ids"].combine_chunks()
        ids = column.flatten().to_numpy()
        return [encoder.enclosed(part) for part in np.split(ids, np.cumsum(column.value_lengths().to_numpy())[:-1])]

    def _rows(self, group: Group, rows: Sequence[int] | np.ndarray) -> list[tuple[str, int]]:
        chosen = self._taken(group, rows, ["text", "n_tokens"]).to_pydict()
        return [(text or "", size or 0) for text, size in zip(chosen["text"], chosen["n_tokens"], strict=True)]

    def _taken(self, group: Group, rows: Sequence[int] | np.ndarray, columns: list[str]) -> pa.Table:
        table = self._file(group.file).read_row_group(group.row_group, columns=columns)
        return table.take(pa.array(rows, type=pa.int64()))

    def tokenizer(self) -> Tokenizer:
        """The tokenizer that the tokens of these shards are of, which lies beside them. Raises `InputError`."""
        try:
            return load_tokenizer(str(self.folder))
        except FileNotFoundError as error:
            raise InputError(f"{self.folder} has lost its {TOKENIZER_FILE}: build the token shards again.") from error

    def sample(self, characters: int, seed: int) -> Iterator[tuple[str, int]]:
        """Training texts of shards in text with their counted tokens, the sources by turns, until there are `characters` of them."""
        order = np.random.default_rng([seed, 0x70C]).permutation
        queues = [[source.groups[i] for i in order(len(source.groups))] for source in self.sources]
        left = characters
        while left > 0 and any(queues):
            for queue in queues:
                for text, size in self._rows(*queue.pop()) if queue and left > 0 else ():
                    left -= len(text)
                    yield text, size


def share_of(key: str) -> float:
    """A number in [0, 1) from a record's id: the same for ever."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big") / 2**64


def _source(name: str, stretches: list[_Stretch], held_out: float) -> Source:
    shares = np.concatenate([s.shares for s in stretches])
    cut = held_out_count(shares, held_out)
    order = np.argsort(shares, kind="stable")
    kept = np.zeros(len(shares), dtype=bool)
    kept[order[:cut]] = True
    numbers = np.repeat(np.arange(len(stretches)), [len(s.rows) for s in stretches])
    rows = np.concatenate([s.rows for s in stretches])
    groups, tokens, before = [], 0, 0
    for stretch in stretches:
        training = ~kept[before : before + len(stretch.rows)]
        before += len(stretch.rows)
        if training.any():
            groups.append((stretch.group, stretch.rows[training]))
            tokens += int(stretch.tokens[training].sum())
    return Source(
        name=name,
        groups=tuple(groups),
        held_out=tuple((stretches[numbers[i]].group, int(rows[i])) for i in order[:cut]),
        records=len(shares) - cut,
        tokens=tokens,
    )


def held_out_count(shares: np.ndarray, held_out: float) -> int:
    """How many of the smallest hashes are held out: those below `held_out`, at least one of two records, never all."""
    if held_out <= 0 or len(shares) < 2:
        return 0
    return min(max(int((shares < held_out).sum()), 1), len(shares) - 1)


class Encoder:
    """Texts to documents of token ids, each closed by the token that ends a document.

    Control tokens spelled out in a text are encoded as the characters they are, so that no text can pose as a turn of a
    conversation.
    """

    def __init__(self, tokenizer: Tokenizer, end: int, begin: int | None = None) -> None:
        self._tokenizer = literal(tokenizer)
        self._begin = [] if begin is None else [begin]
        self._end = end

    def documents(self, texts: Iterable[str]) -> list[Document]:
        """Token ids of each text."""
        return [self.enclosed(ids) for ids in encode(self._tokenizer, list(texts))]

    def enclosed(self, ids: Sequence[int] | np.ndarray) -> Document:
        """Tokens of a text between those that open and close a document."""
        return np.array([*self._begin, *ids, self._end], dtype=np.int64)


class Stream:
    """The documents of one source, for ever: a new permutation each epoch."""

    def __init__(self, shards: Shards, source: Source, encoder: Encoder, seed: int) -> None:
        self._shards, self._source, self._encoder = shards, source, encoder
        self._seed = [seed, int(share_of(source.name) * 2**32)]
        self.epoch = 0
        """Passes completed."""
        self._group = 0
        self._row = 0
        self._offset = 0
        self._loaded: tuple[tuple[int, int], list[Piece]] | None = None

    def take(self, length: int) -> list[Piece]:
        """Pieces of exactly `length` places in all; a document that goes on is carried into the next call."""
        pieces: list[Piece] = []
        empty_epochs = 0
        while length:
            documents = self._documents()
            if self._row >= len(documents):
                self._row = self._offset = 0
                self._group += 1
                if self._group >= len(self._source.groups):
                    self._group = 0
                    self.epoch += 1
                    empty_epochs += 1
                    if empty_epochs > 1 and not pieces:
                        raise InputError(f"the source {self._source.name!r} has no text to train on.")
                continue
            _, rest = documents[self._row].split(self._offset)
            piece, rest = rest.split(length)
            if len(piece):
                pieces.append(piece)
            length -= len(piece)
            if len(rest):
                self._offset += len(piece)
            else:
                self._row, self._offset = self._row + 1, 0
        return pieces

    def _documents(self) -> list[Piece]:
        place = (self.epoch, self._group)
        if self._loaded is None or self._loaded[0] != place:
            groups = self._source.groups
            order = np.random.default_rng([*self._seed, self.epoch]).permutation(len(groups))
            group, rows = groups[order[self._group]]
            rows = np.random.default_rng([*self._seed, self.epoch, 1 + self._group]).permutation(rows)
            documents = self._shards.documents(group, rows, self._encoder)
            self._loaded = (place, [as_piece(tokens) for tokens in documents if len(tokens) > 1])
        return self._loaded[1]

    def state(self) -> dict[str, int]:
        """Where the stream stands."""
        return {"epoch": self.epoch, "group": self._group, "row": self._row, "offset": self._offset}

    def restore(self, state: Mapping[str, int]) -> None:
        """Go to a place."""
        self.epoch, self._group = state["epoch"], state["group"]
        self._row, self._offset = state["row"], state["offset"]


class MixedBatches:
    """Batches of packed sequences, each sequence from the source that the mixer draws."""

    def __init__(
        self,
        shards: Shards,
        encoder: Encoder,
        mixer: Mixer,
        *,
        batch_size: int,
        sequence_length: int,
        padding: int,
        seed: int,
        held_out_tokens: int,
    ) -> None:
        self.sources = [source.name for source in shards.sources]
        """Names of the sources; their places are the numbers in `Batch.sources`."""
        self._shards, self._encoder, self._mixer = shards, encoder, mixer
        self._batch_size, self._length, self._padding = batch_size, sequence_length, padding
        self._streams = [Stream(shards, source, encoder, seed) for source in shards.sources]
        self._held_out_tokens = held_out_tokens
        self.data_hash = shards.hash
        """Names the data that the state belongs to."""

    def next(self) -> Batch:
        """The next global batch."""
        arms = self._mixer.draw(self._batch_size)
        taken = [self._streams[arm].take(self._length) for arm in arms]
        rows = [assemble(pieces, self._length, self._padding) for pieces in taken]
        drawn = np.bincount(arms, minlength=len(self.sources))
        return from_rows(rows, [[int(arm)] * len(pieces) for arm, pieces in zip(arms, taken, strict=True)], drawn)

    def observe(self, feedback: Feedback) -> None:
        """Tell the mixer what a step showed."""
        self._mixer.update(feedback)

    def report(self) -> dict[str, Any]:
        """For the log: the chance of each source and the passes made over it."""
        return {
            "probabilities": dict(zip(self.sources, self._mixer.probabilities().tolist(), strict=True)),
            "epochs": {name: stream.epoch for name, stream in zip(self.sources, self._streams, strict=True)},
        }

    def held_out(self) -> Batch | None:
        """The held-out text as one batch; None when there is none."""
        rows, owners = [], []
        for number, source in enumerate(self._shards.sources):
            left = self._held_out_tokens
            for group, row in source.held_out:
                (document,) = self._shards.documents(group, [row], self._encoder)
                rest = as_piece(document[: left + 1])
                left -= len(rest)
                while len(rest):
                    piece, rest = rest.split(self._length)
                    rows.append(assemble([piece], self._length, self._padding))
                    owners.append([number])
                if left <= 0:
                    break
        return from_rows(rows, owners) if rows else None

    def state(self) -> dict[str, Any]:
        """Where all streams and the mixer stand."""
        return {
            "data": self.data_hash,
            "streams": {name: s.state() for name, s in zip(self.sources, self._streams, strict=True)},
            "mixer": self._mixer.state(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take a state back. Raises `InputError` when it belongs to other data."""
        if state["data"] != self.data_hash:
            raise InputError("the shards are not those that this run began with: choose another --out to begin anew.")
        for name, stream in zip(self.sources, self._streams, strict=True):
            stream.restore(state["streams"][name])
        self._mixer.restore(state["mixer"])
