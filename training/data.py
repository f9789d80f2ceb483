"""Shards, in text or in tokens, as endless streams of packed sequences, in an order that depends on the seed alone.

The order is by index, not by a shuffle buffer: a seeded permutation of (shard, row group) for each source and epoch, then
of the rows in the group. The place in it is three numbers a source, so a run resumes exactly. Every process draws the
whole global batch and trains on its slice of it, so the number of processes never changes the data.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from tokenizers import Tokenizer

from medpress.errors import CorruptError, to_run
from medpress.store import open_parquet, parts, refuse_older_dataset
from medpress.tokenising import TOKENIZER_FILE, encode, literal, load_tokenizer
from medpress.training_index import SourceRows, content_of, share_of, training_index
from training.batch import Batch, from_rows
from training.config import InputError
from training.mixing import Feedback, Mixer
from training.packing import Piece, as_piece, assemble, fit

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


class Source:
    """What the shards hold of one source: its row groups, looked up in the index when they are asked for."""

    def __init__(self, index: SourceRows, held_out: float, held_out_tokens: int | None) -> None:
        self.name = index.name
        """The source."""
        self._index = index
        self._held_out = _measured(held_out_rows(index.shares, held_out), index, held_out_tokens)
        self.records = len(index.rows) - len(self._held_out)
        """Training rows."""
        self.tokens = int(index.tokens.sum(dtype=np.int64) - index.tokens[self._held_out].sum(dtype=np.int64))
        """Tokens of the training rows by the tokenizer that the manifest names."""
        self._sorted = np.sort(self._held_out)
        held = np.diff(np.searchsorted(self._sorted, index.starts))
        self._groups = np.flatnonzero(np.diff(index.starts) > held)

    @property
    def group_count(self) -> int:
        """Row groups that hold training rows."""
        return len(self._groups)

    def group(self, number: int) -> tuple[Group, np.ndarray]:
        """One of these row groups, with its training rows (int32)."""
        place = self._groups[number]
        start, stop = self._index.starts[place : place + 2]
        first, last = np.searchsorted(self._sorted, (start, stop))
        return self._place(place), np.delete(self._index.rows[start:stop], self._sorted[first:last] - start)

    def groups(self) -> Iterator[tuple[Group, np.ndarray]]:
        """All of them, in the order of the files."""
        return map(self.group, range(self.group_count))

    def held_out(self) -> Iterator[tuple[Group, int]]:
        """Rows that are never trained on, in the order of their hashes."""
        for row in self._held_out:
            place = np.searchsorted(self._index.starts, row, side="right") - 1
            yield self._place(place), int(self._index.rows[row])

    def _place(self, number: int) -> Group:
        return Group(int(self._index.files[number]), int(self._index.row_groups[number]))


class Shards:
    """A folder of shards: which rows belong to which source, which are held out, and what they say.

    The folder holds the records' texts (`data/shards`), or the same rows in tokens (`data/tokens`). Its index is written
    when it has none (`medpress.training_index`).

    `held_out` is the share of records kept from training, by the hash of the record's id (augmented records go with the
    record they were made from); of a large source no more are kept than hold `held_out_tokens`, since no more are
    measured. A source of two records or more always has one on either side. Raises `InputError` when the folder holds no
    records.
    """

    def __init__(self, folder: Path, held_out: float, held_out_tokens: int | None = None) -> None:
        self.folder = folder
        if not folder.is_dir():
            raise InputError(
                f"there is no folder {folder}: run {to_run('corpus build', folder.parent)} first, or name the shards with --shards."
            )
        refuse_older_dataset(folder)
        self.files = parts(folder)
        self.hash = content_of(folder)
        """Names the content: equal for equal files."""
        self._open: OrderedDict[int, pq.ParquetFile] = OrderedDict()
        self.tokenized = bool(self.files) and "input_ids" in self._file(0).schema_arrow.names
        """Whether the rows are tokens."""
        try:
            self.sources = [Source(index, held_out, held_out_tokens) for index in training_index(folder)]
        except CorruptError as error:
            raise InputError(str(error)) from error
        if not self.sources:
            raise InputError(
                f"{folder} holds no records: run {to_run('corpus build', folder.parent)} first, or name the shards with --shards."
            )

    def _file(self, number: int) -> pq.ParquetFile:
        file = self._open.pop(number, None)
        if file is None:
            try:
                file = open_parquet(self.files[number], memory_map=True)
            except CorruptError as error:
                raise InputError(
                    f"{self.files[number]} is not a readable Parquet file: build the shards again."
                ) from error
        self._open[number] = file
        while len(self._open) > _OPEN_FILES:
            self._open.popitem(last=False)[1].close()
        return file

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
        queues = [order(source.group_count).tolist() for source in self.sources]
        left = characters
        while left > 0 and any(queues):
            for source, queue in zip(self.sources, queues, strict=True):
                for text, size in self._rows(*source.group(queue.pop())) if queue and left > 0 else ():
                    left -= len(text)
                    yield text, size


def held_out_rows(shares: np.ndarray, held_out: float) -> np.ndarray:
    """Places of the hashes that are held out, the smallest first: those below `held_out`, at least one of two, never all."""
    if held_out <= 0 or len(shares) < 2:
        return np.empty(0, dtype=np.int64)
    below = np.flatnonzero(shares < held_out)
    if not len(below):
        return np.array([np.argmin(shares)])
    return below[np.argsort(shares[below], kind="stable")][: len(shares) - 1]


def _measured(chosen: np.ndarray, index: SourceRows, tokens: int | None) -> np.ndarray:
    """Of the rows that could be held out, in the order of their hashes, those that hold `tokens`, and their kin."""
    if tokens is None or not len(chosen):
        return chosen
    before = np.cumsum(index.tokens[chosen], dtype=np.int64) - index.tokens[chosen]
    last = max(1, int(np.searchsorted(before, tokens)))
    return chosen[: np.searchsorted(index.shares[chosen], index.shares[chosen[last - 1]], side="right")]


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
                if self._group >= self._source.group_count:
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
            order = np.random.default_rng([*self._seed, self.epoch]).permutation(self._source.group_count)
            group, rows = self._source.group(order[self._group])
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
        """The held-out text as one batch, its documents packed; None when there is none."""
        pieces: list[Piece] = []
        owners: list[int] = []
        for number, source in enumerate(self._shards.sources):
            left = self._held_out_tokens
            for group, row in source.held_out():
                (document,) = self._shards.documents(group, [row], self._encoder)
                rest = as_piece(document[: left + 1])
                left -= len(rest)
                while len(rest):
                    piece, rest = rest.split(self._length)
                    pieces.append(piece)
                    owners.append(number)
                if left <= 0:
                    break
        bins = fit([len(piece) for piece in pieces], self._length)
        rows = [assemble([pieces[i] for i in chosen], self._length, self._padding) for chosen in bins]
        return from_rows(rows, [[owners[i] for i in chosen] for chosen in bins]) if rows else None

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
