"""Rows of conversations or pairs, as endless streams in an order that depends on the seed alone.

Parquet is read by row group, JSON Lines in blocks of 1,000 rows; an epoch is a seeded permutation of those groups, then of
the rows in each. The place in the stream is three numbers, so a run resumes exactly.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from medpress.schema import by_name
from medpress.store import DATA, file_sha256, identity, refuse_older_dataset
from medpress.training_index import share_of
from training.config import InputError
from training.data import held_out_rows

Item = TypeVar("Item")
Row = Mapping[str, Any]

_BLOCK = 1_000


class Examples:
    """The rows of one file, of a dataset, or of all files in a folder, those held out apart.

    Every row must have the columns `required`; `source` and `id` are taken when they are there. Held out are rows by the
    hash of their id, at least one when there are two. Raises `InputError` in one sentence.
    """

    def __init__(self, path: Path, required: Sequence[str], held_out: float, what: str) -> None:
        self.path = path
        self._required, self._what = tuple(required), what
        self.files = self._files()
        self.hash = identity([file_sha256(file) for file in self.files])
        """Names the content: equal for equal files."""
        self._groups: list[tuple[int, int]] = []
        shares: list[float] = []
        numbers: list[int] = []
        names: set[str] = set()
        self._starts: dict[int, list[int]] = {}
        """Of each JSON Lines file the byte at which each block begins, and the end of the last one."""
        for number, file in enumerate(self.files):
            for block, rows in enumerate(self._blocks(number, file)):
                numbers += [len(self._groups)] * len(rows)
                self._groups.append((number, block))
                shares += [share_of(row_id(row)) for row in rows]
                names.update(source_of(row) for row in rows)
        if not shares:
            raise InputError(f"{path} holds no {what}.")
        self.sources = sorted(names)
        """Names of the sources."""
        hashes, group_of = np.array(shares), np.array(numbers, dtype=np.int32)
        starts = np.searchsorted(group_of, np.arange(len(self._groups)))
        chosen = held_out_rows(hashes, held_out)
        kept = np.zeros(len(hashes), dtype=bool)
        kept[chosen] = True
        self._held_out = [(int(group_of[i]), int(i - starts[group_of[i]])) for i in chosen]
        self._training = {
            group: places
            for group, (start, stop) in enumerate(pairwise([*starts.tolist(), len(hashes)]))
            if len(places := np.flatnonzero(~kept[start:stop]))
        }
        self.groups = sorted(self._training)
        """Numbers of the groups that have training rows."""
        self.count = len(hashes) - len(chosen)
        """Training rows."""

    def _files(self) -> list[Path]:
        if not self.path.exists():
            raise InputError(f"there is no {self.path}: name the {self._what} with a file or folder that exists.")
        if self.path.is_file():
            return [self.path]
        refuse_older_dataset(self.path)
        files = [
            p for p in self._folder().rglob("*") if p.suffix in {".parquet", ".jsonl"} and not p.name.startswith(".")
        ]
        if not files:
            raise InputError(f"{self.path} holds no {self._what}: no .parquet and no .jsonl file is in it.")
        return sorted(files)

    def _folder(self) -> Path:
        """Of a dataset folder what is in its `data/`; of any other all that is in it."""
        return self.path / DATA if (self.path / DATA).is_dir() else self.path

    def _blocks(self, number: int, file: Path) -> Iterator[list[Row]]:
        """The rows of each group, as far as the index needs them: of Parquet with ids, only id and source."""
        if file.suffix == ".jsonl":
            starts = self._starts[number] = [0]
            rows: list[Row] = []
            for row, end in _json_lines(file):
                if starts == [0] and not rows:
                    self._check(file, row.keys())
                rows.append(row)
                if len(rows) == _BLOCK:
                    starts.append(end)
                    yield rows
                    rows = []
            if rows:
                starts.append(file.stat().st_size)
                yield rows
            return
        try:
            parquet = pq.ParquetFile(file)
        except (pa.ArrowInvalid, OSError) as error:
            raise InputError(f"{file} is not a readable Parquet file.") from error
        names = parquet.schema_arrow.names
        self._check(file, names)
        columns = [name for name in ("id", "source") if name in names] if "id" in names else None
        for i in range(parquet.num_row_groups):
            yield parquet.read_row_group(i, columns=columns).to_pylist()

    def _check(self, file: Path, names: Collection[str]) -> None:
        if missing := [name for name in self._required if name not in names]:
            raise InputError(f"{file} holds no {self._what}: it has no column {missing[0]!r}.")

    def _load(self, group: int) -> list[Row]:
        number, block = self._groups[group]
        file = self.files[number]
        if file.suffix == ".jsonl":
            return [row for row, _ in _json_lines(file, *self._starts[number][block : block + 2])]
        return list(pq.ParquetFile(file).read_row_group(block).to_pylist())

    def training(self, group: int, order: np.random.Generator) -> list[Row]:
        """The training rows of a group, in a random order."""
        rows = self._load(group)
        return [rows[place] for place in order.permutation(self._training[group])]

    def held_out(self) -> Iterator[Row]:
        """The rows that are never trained on, in the order of their hashes."""
        loaded: dict[int, list[Row]] = {}
        for group, place in self._held_out:
            if group not in loaded:
                loaded = {group: self._load(group)}
            yield loaded[group][place]


def row_id(row: Row) -> str:
    """The id of a row, or the hash of the row when it has none."""
    return str(row.get("id") or identity(dict(row)))


def source_of(row: Row) -> str:
    """The source of a row."""
    return str(row.get("source") or "unnamed")


def _json_lines(file: Path, start: int = 0, stop: int | None = None) -> Iterator[tuple[Row, int]]:
    """The rows that begin in the bytes `start` to `stop`, each with the byte after it. A line ends at a line feed alone."""
    with open(file, "rb") as lines:
        lines.seek(start)
        end = start
        for number, line in enumerate(lines, start=1):
            if stop is not None and end >= stop:
                return
            end += len(line)
            where = f"{file}, line {number}" if not start else f"{file}, line {number} after byte {start}"
            try:
                if not (text := line.decode("utf-8-sig")).strip():
                    continue
                row = json.loads(text)
            except json.JSONDecodeError as error:
                raise InputError(f"{where}, is not JSON: {error.msg}.") from error
            except UnicodeDecodeError as error:
                raise InputError(f"{where}, is not UTF-8.") from error
            except RecursionError as error:
                raise InputError(f"{where}, is nested too deeply.") from error
            if not isinstance(row, dict):
                raise InputError(f"{where}, is not a JSON object.")
            yield row, end


def document_of(row: Row) -> str:
    """The document that a row says it comes from, by a column or in its provenance; empty where it names none."""
    given = row.get("provenance")
    if isinstance(given, list) and all(isinstance(each, dict) and {"name", "value"} <= each.keys() for each in given):
        given = by_name(given)
    return str(row.get("doc_id") or (given.get("doc_id") if isinstance(given, dict) else "") or "")


class Cycle(Generic[Item]):
    """Items made from the training rows, for ever: `prepare` turns a group's rows, already in order, into items."""

    def __init__(self, examples: Examples, prepare: Callable[[list[Row]], list[Item]], seed: int) -> None:
        self._examples, self._prepare, self._seed = examples, prepare, seed
        self.epoch = 0
        """Passes completed."""
        self._group = self._item = self._number = 0
        self._loaded: tuple[tuple[int, int], list[Item]] | None = None
        self.met: list[int] = []
        """Numbers of the groups of rows that the items taken last are of."""

    def take(self, count: int) -> list[Item]:
        """The next `count` items."""
        taken: list[Item] = []
        self.met = []
        empty = 0
        while len(taken) < count:
            items = self._items()
            some = items[self._item : self._item + count - len(taken)]
            taken += some
            self.met += [self._number] if some else []
            self._item += len(some)
            if self._item == len(items):
                self._item = 0
                self._group += 1
                if self._group == len(self._examples.groups):
                    self._group = 0
                    self.epoch += 1
                    empty = empty + 1 if not taken else 0
                    if empty > 1:
                        raise InputError(f"{self._examples.path} holds nothing that fits into --sequence-length.")
        return taken

    def _items(self) -> list[Item]:
        place = (self.epoch, self._group)
        if self._loaded is None or self._loaded[0] != place:
            groups = self._examples.groups
            order = np.random.default_rng([self._seed, 0x5F7, self.epoch]).permutation(len(groups))
            rng = np.random.default_rng([self._seed, 0x5F7, self.epoch, 1 + self._group])
            self._number = groups[order[self._group]]
            rows = self._examples.training(self._number, rng)
            items = self._prepare(rows)
            self._loaded = (place, [items[i] for i in rng.permutation(len(items))])
        return self._loaded[1]

    def state(self) -> dict[str, int]:
        """Where the stream stands."""
        return {"epoch": self.epoch, "group": self._group, "item": self._item}

    def restore(self, state: Mapping[str, int]) -> None:
        """Go to a place."""
        self.epoch, self._group, self._item = state["epoch"], state["group"], state["item"]
