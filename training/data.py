"""Shards, in text or in tokens, as endless streams of packed sequences, in an order that depends on the seed alone.

The order is by index, not by a shuffle buffer: a seeded permutation of (shard, row group) for each source and epoch. A few
groups after one another are a window: its documents are packed into sequences, and these are permuted. The place in it is
three numbers a source, so a run resumes exactly. Every process draws the whole global batch and decodes its own sequences
of it, so the number of processes never changes the data. Of shards in tokens the index says how long each document is; of
shards in text nobody knows before they are encoded, so there every process encodes every window.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from tokenizers import Tokenizer

from medpress.errors import CorruptError, to_run
from medpress.location import is_remote, storage_fault
from medpress.schema import SEEN
from medpress.store import checksums, file_sha256, open_parquet, parts, refuse_older_dataset
from medpress.tokenising import TOKENIZER_FILE, encode, literal, load_tokenizer
from medpress.training_index import SourceRows, content_of, share_of, training_index
from training.batch import Batch, from_rows, share
from training.config import InputError
from training.mixing import Feedback, Mixture
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

    def sizes(self, number: int) -> np.ndarray:
        """Tokens of these training rows, as the index has them (int32)."""
        place = self._groups[number]
        start, stop = self._index.starts[place : place + 2]
        first, last = np.searchsorted(self._sorted, (start, stop))
        return np.delete(self._index.tokens[start:stop], self._sorted[first:last] - start)

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
        self._checksums = checksums(folder)
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
                self._check(number)
                file = open_parquet(self.files[number], memory_map=True)
            except CorruptError as error:
                raise InputError(
                    f"{self.files[number]} is not a readable Parquet file: build the shards again."
                ) from error
        self._open[number] = file
        while len(self._open) > _OPEN_FILES:
            self._open.popitem(last=False)[1].close()
        return file

    def _check(self, number: int) -> None:
        """Compare a file on a disk with its checksum, once, before anything of it is used. Raises `InputError`."""
        path = self.files[number]
        wanted = self._checksums.pop(path.relative_to(self.folder).as_posix(), None)
        if wanted is not None and not is_remote(path) and file_sha256(path) != wanted:
            raise InputError(
                f"{path} is not the file that was written (its checksum differs): build the shards again, or copy it anew."
            )

    def texts(self, group: Group, rows: Sequence[int] | np.ndarray) -> list[str]:
        """The texts of some rows of a group of shards in text, in that order."""
        return [text for text, _ in self._rows(group, rows)]

    def documents(self, group: Group, rows: Sequence[int] | np.ndarray, encoder: Encoder) -> list[Document]:
        """Some rows of a group as documents of the encoder, in that order."""
        if self.tokenized:
            values, offsets = self.tokens(group)
            return [encoder.enclosed(values[offsets[row] : offsets[row + 1]]) for row in rows]
        return encoder.documents(self.texts(group, rows))

    def tokens(self, group: Group) -> tuple[np.ndarray, np.ndarray]:
        """Of a group of shards in tokens: the tokens of all rows after one another (int32), and where each row begins."""
        column = self._read(group, ["input_ids"])["input_ids"].combine_chunks()
        return column.values.to_numpy(), column.offsets.to_numpy()

    def _rows(self, group: Group, rows: Sequence[int] | np.ndarray) -> list[tuple[str, int]]:
        chosen = self._taken(group, rows, ["text", "n_tokens"]).to_pydict()
        return [(text or "", size or 0) for text, size in zip(chosen["text"], chosen["n_tokens"], strict=True)]

    def _taken(self, group: Group, rows: Sequence[int] | np.ndarray, columns: list[str]) -> pa.Table:
        return self._read(group, columns).take(pa.array(rows, type=pa.int64()))

    def _read(self, group: Group, columns: list[str]) -> pa.Table:
        try:
            return self._file(group.file).read_row_group(group.row_group, columns=columns, use_threads=False)
        except (pa.ArrowException, OSError) as error:
            if storage_fault(error):
                raise
            raise InputError(f"{self.files[group.file]} is damaged: build the shards again.") from error

    def ids(self, group: Group, rows: Sequence[int] | np.ndarray) -> list[tuple[str, str]]:
        """The id of some rows of a group and that of the document of each, in that order."""
        chosen = self._taken(group, rows, ["id", "doc_id"]).to_pydict()
        return list(zip(chosen["id"], chosen["doc_id"], strict=True))

    def licences(self, group: Group, rows: Sequence[int] | np.ndarray) -> list[str]:
        """The licence of some rows of a group, in that order; empty where none is stated, or where shards do not say."""
        if "license" not in self._file(group.file).schema_arrow.names:
            return [""] * len(rows)
        return [licence or "" for licence in self._taken(group, rows, ["license"])["license"].to_pylist()]

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
        self._begin = np.array([] if begin is None else [begin], dtype=np.int64)
        self._end = np.array([end], dtype=np.int64)

    def documents(self, texts: Iterable[str]) -> list[Document]:
        """Token ids of each text."""
        return [self.enclosed(ids) for ids in encode(self._tokenizer, list(texts))]

    def enclosed(self, ids: Sequence[int] | np.ndarray) -> Document:
        """Tokens of a text between those that open and close a document."""
        return np.concatenate([self._begin, np.asarray(ids, dtype=np.int64), self._end])


WINDOW = 64
"""Sequences that a window fills at least, unless its epoch ends: enough for all but the last to be nearly full."""

Stretches = np.ndarray
"""Stretches of documents that fill a sequence, int64 [pieces, 5]: shard, row group, row, first place, places."""


class Stream:
    """The documents of one source as packed sequences, for ever: a new permutation each epoch.

    A document that fits into a sequence stays whole; of a longer one the last stretch is packed like a document. Each is
    there once an epoch.
    """

    def __init__(self, shards: Shards, source: Source, encoder: Encoder, length: int, seed: int) -> None:
        self._shards, self._source, self._encoder, self._length = shards, source, encoder, length
        self._seed = [seed, int(share_of(source.name) * 2**32)]
        self.epoch = 0
        """Passes completed."""
        self._group = 0
        self._row = 0
        self._window: tuple[tuple[int, int], int, list[Stretches], list[int]] | None = None
        self._documents: dict[Group, Mapping[int, Document]] = {}
        self._tokens: dict[Group, tuple[np.ndarray, np.ndarray]] = {}

    def take(self) -> tuple[Stretches, int]:
        """What the next sequence holds, and how many places that are."""
        began = self.epoch
        while True:
            end, rows, sizes = self._packed()
            if self._row < len(rows):
                self._row += 1
                return rows[self._row - 1], sizes[self._row - 1]
            self._row, self._group = 0, end
            if self._group >= self._source.group_count:
                self._group = 0
                self.epoch += 1
                if self.epoch > began + 1:
                    raise InputError(f"the source {self._source.name!r} has no text to train on.")

    def read(self, stretches: Stretches) -> list[Piece]:
        """The tokens of a sequence that was taken, before the next one is."""
        return [self._piece(*numbers) for numbers in stretches.tolist()]

    def _piece(self, file: int, row_group: int, row: int, start: int, length: int) -> Piece:
        group = Group(file, row_group)
        if self._shards.tokenized:
            if group not in self._tokens:
                self._tokens[group] = self._shards.tokens(group)
            values, offsets = self._tokens[group]
            document = self._encoder.enclosed(values[offsets[row] : offsets[row + 1]])
        else:
            document = self._documents[group][row]
        if start + length >= len(document):
            raise InputError(f"{self._shards.files[file]} does not hold what its index says: build the shards again.")
        return Piece(document[start : start + length], document[start + 1 : start + length + 1])

    def _packed(self) -> tuple[int, list[Stretches], list[int]]:
        """The group after the window that begins at this one, the window's sequences, and how many places each has."""
        place = (self.epoch, self._group)
        if self._window is None or self._window[0] != place:
            order = np.random.default_rng([*self._seed, self.epoch]).permutation(self._source.group_count)
            self._documents, self._tokens = {}, {}
            read, places, number = [], 0, self._group
            while number < len(order) and places < WINDOW * self._length:
                read.append(self._predictions(int(order[number])))
                places += int(read[-1][:, 4].sum())
                number += 1
            documents = np.concatenate(read) if read else np.empty((0, 5), dtype=np.int64)
            rng = np.random.default_rng([*self._seed, self.epoch, 1 + self._group])
            rows = pack(rng.permutation(documents), self._length, rng)
            starts = np.cumsum([0, *(len(row) for row in rows)])[:-1]
            sizes = np.add.reduceat(np.concatenate(rows)[:, 4], starts).tolist() if rows else []
            self._window = (place, number, rows, sizes)
        return self._window[1:]

    def _predictions(self, number: int) -> Stretches:
        """Each document of a group of training rows as one stretch, as long as it has predictions."""
        group, rows = self._source.group(number)
        if self._shards.tokenized:
            lengths = self._source.sizes(number).astype(np.int64) + len(self._encoder.enclosed([])) - 1
        else:
            documents = self._shards.documents(group, rows, self._encoder)
            self._documents[group] = dict(zip(rows.tolist(), documents, strict=True))
            lengths = np.array([len(document) - 1 for document in documents], dtype=np.int64)
        found = np.zeros((len(rows), 5), dtype=np.int64)
        found[:, 0], found[:, 1], found[:, 2], found[:, 4] = group.file, group.row_group, rows, lengths
        return found[lengths > 0]

    def state(self) -> dict[str, int]:
        """Where the stream stands."""
        return {"epoch": self.epoch, "group": self._group, "row": self._row}

    def restore(self, state: Mapping[str, int]) -> None:
        """Go to a place."""
        self.epoch, self._group, self._row = state["epoch"], state["group"], state["row"]


def pack(documents: Stretches, length: int, rng: np.random.Generator) -> list[Stretches]:
    """Whole documents, in random order, to sequences of at most `length` places, in random order."""
    full, rest = documents[:, 4] // length, documents[:, 4] % length
    cut = np.repeat(documents, full, axis=0)
    cut[:, 3] = length * (np.arange(len(cut)) - np.repeat(np.cumsum(full) - full, full))
    cut[:, 4] = length
    ends = documents[rest > 0]
    ends[:, 3], ends[:, 4] = ends[:, 4] - rest[rest > 0], rest[rest > 0]
    rows = [*np.split(cut, len(cut))] if len(cut) else []
    rows += [ends[chosen] for chosen in fit(ends[:, 4], length)]
    return [rows[number] for number in rng.permutation(len(rows))]


class MixedBatches:
    """Batches of packed sequences, each sequence from the source that the mixer draws."""

    def __init__(
        self,
        shards: Shards,
        encoder: Encoder,
        mixer: Mixture,
        *,
        batch_size: int,
        sequence_length: int,
        padding: int,
        seed: int,
        held_out_tokens: int,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        self.sources = [source.name for source in shards.sources]
        """Names of the sources; their places are the numbers in `Batch.sources`."""
        self._shards, self._encoder, self._mixer = shards, encoder, mixer
        self._batch_size, self._length, self._padding = batch_size, sequence_length, padding
        self._streams = [Stream(shards, source, encoder, sequence_length, seed) for source in shards.sources]
        self._held_out_tokens = held_out_tokens
        self._own = share(batch_size, rank, world)
        self.data_hash = shards.hash
        """Names the data that the state belongs to."""
        self._seen = ""
        """Hash of all that was taken: of what a step took and of the hash before it. Since the shards have names by their
        content, it names every record that the model has seen."""

    def draw(self) -> dict[str, list[Any]]:
        """The source of each sequence of the next batch, and the chance of each source."""
        chances = self._mixer.probabilities().tolist()
        return {"arms": self._mixer.draw(self._batch_size).tolist(), "chances": chances}

    def make(self, drawn: Mapping[str, list[Any]]) -> Batch:
        """The next batch: all of it is taken, this process's sequences are decoded."""
        arms, chances = drawn["arms"], drawn["chances"]
        taken: list[tuple[int, list[Piece]]] = []
        met: list[np.ndarray] = []
        tokens = 0
        for number, (arm, stretches, size) in enumerate(self.take(arms)):
            tokens += size
            met.append(stretches)
            if self._own[0] <= number < self._own[1]:
                taken.append((arm, self._streams[arm].read(stretches)))
        rows = [assemble(pieces, self._length, self._padding) for _, pieces in taken]
        drawn_from = np.bincount(arms, minlength=len(self.sources))
        return replace(
            from_rows(rows, [[arm] * len(pieces) for arm, pieces in taken]),
            start=self._own[0],
            whole=(len(arms), tokens),
            drawn=drawn_from,
            chances=np.array(chances),
            taken=np.column_stack([np.repeat(arms, [len(each) for each in met]), np.concatenate(met)]),
            log={
                "drawn": dict(zip(self.sources, drawn_from.tolist(), strict=True)),
                "seen": self._seen,
                "probabilities": dict(zip(self.sources, chances, strict=True)),
                "epochs": {name: stream.epoch for name, stream in zip(self.sources, self._streams, strict=True)},
            },
        )

    def take(self, arms: Iterable[int]) -> Iterator[tuple[int, Stretches, int]]:
        """What the sequences of a batch hold, each with its source and its places; nothing is decoded."""
        met = []
        for arm in arms:
            stretches, size = self._streams[arm].take()
            met.append(stretches)
            yield arm, stretches, size
        self._seen = hashlib.sha256(self._seen.encode() + np.concatenate(met).tobytes()).hexdigest()

    def texts(self, steps: np.ndarray, taken: np.ndarray) -> pa.Table:
        """The records that stretches are of, as `SEEN` has them; each group of a shard is read once."""
        places, of = np.unique(taken[:, :4], axis=0, return_inverse=True)
        order = np.argsort(of.ravel(), kind="stable")
        starts = np.searchsorted(of.ravel()[order], np.arange(len(places)))
        first, last = (edge.reduceat(steps[order], starts) for edge in (np.minimum, np.maximum))
        tokens = np.add.reduceat(taken[order, 5], starts)
        names: list[tuple[str, str]] = []
        licences: list[str] = []
        borders = np.flatnonzero(np.any(np.diff(places[:, :3], axis=0), axis=1)) + 1
        for rows in np.split(places, borders):
            group = Group(int(rows[0, 1]), int(rows[0, 2]))
            names += self._shards.ids(group, rows[:, 3])
            licences += self._shards.licences(group, rows[:, 3])
        columns = {
            "id": [name for name, _ in names],
            "doc_id": [document for _, document in names],
            "source": [self.sources[arm] for arm in places[:, 0].tolist()],
            "license": licences,
            "first_step": first,
            "last_step": last,
            "tokens": tokens,
        }
        return pa.table(columns, schema=SEEN)

    @property
    def seen(self) -> str:
        """Names all that was taken so far, and in which order."""
        return self._seen

    def observe(self, feedback: Feedback) -> None:
        """Tell the mixer what a step showed."""
        self._mixer.update(feedback)

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

    def place(self) -> dict[str, Any]:
        """Where all streams stand."""
        return {
            "data": self.data_hash,
            "seen": self._seen,
            "streams": {name: s.state() for name, s in zip(self.sources, self._streams, strict=True)},
        }

    def learned(self) -> dict[str, Any]:
        """What the mixer knows."""
        return self._mixer.state()

    def restore(self, place: Mapping[str, Any], learned: Mapping[str, Any]) -> None:
        """Take both back. Raises `InputError` when they belong to other data."""
        if place["data"] != self.data_hash:
            raise InputError("the shards are not those that this run began with: choose another --out to begin anew.")
        for name, stream in zip(self.sources, self._streams, strict=True):
            stream.restore(place["streams"][name])
        self._seen = place["seen"]
        self._mixer.restore(dict(learned))
