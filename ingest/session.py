"""A run over a data folder: its settings, its workers, and what is there already."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ingest.config import IngestConfig
from ingest.ledger import Ledger, read_ledger
from medpress.command import resolved, stderr
from medpress.errors import CorruptError
from medpress.location import is_remote
from medpress.pseudonym import Pseudonyms
from medpress.removed import removed
from medpress.run.engine import open_executor
from medpress.run.runner import Runner
from medpress.run.task import Budget, Limits
from medpress.segments import Segment, read_segments
from medpress.store import fingerprint, identity, is_whole, make_folder, open_parquet, read_json, write_json

PRELOAD = ("numpy", "pyarrow.parquet", "pymupdf", "lxml.etree", "ingest.steps.read_files")
"""Imported once, before the workers are forked."""

STORED = pa.schema([pa.field("doc_id", pa.string()), pa.field("segment", pa.int32())])
"""Where a document of the store is."""


@dataclass
class Session:
    """One run. Everything in it is looked up when it is first asked for."""

    config: IngestConfig
    formats: list[str]
    """Names of the readers that are asked, in the registry's order."""
    counts: dict[str, int] = field(default_factory=lambda: {"done": 0, "skipped": 0, "failed": 0})
    """Tasks done, skipped and failed."""
    _ids: dict[Segment, pa.Array] = field(default_factory=dict)
    """doc_ids of the segments that were looked at."""

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.config.data

    @property
    def work(self) -> Path:
        """The folder of `ingest`'s own files."""
        return self.config.data / "work" / "ingest"

    @cached_property
    def options(self) -> dict[str, Any]:
        """How pages are read, as plain values; passwords decide whether they are."""
        return {name: value for name, value in resolved(self.config.read).items() if name != "password_file"}

    @cached_property
    def passwords(self) -> list[Any] | None:
        """Place, size and time of the file of passwords; None without one."""
        file = self.config.read.password_file
        return [file, *fingerprint(Path(file))] if file else None

    @cached_property
    def ledger(self) -> Ledger:
        """What became of every place so far."""
        return read_ledger(self.data)

    @cached_property
    def gone(self) -> dict[str, dict[str, Any]]:
        """`REMOVED` rows of what was taken down, by document."""
        return removed(self.data)

    @cached_property
    def gone_ids(self) -> pa.Array:
        """Ids of the documents that were taken down."""
        return pa.array(sorted(self.gone), pa.string())

    @cached_property
    def pseudonyms(self) -> Pseudonyms:
        """What places are called outside the raw part."""
        return Pseudonyms(self.data)

    def called(self, row: Mapping[str, Any]) -> str:
        """What a file, given by `doc_id` and `uri`, is called on the console: its document's id, else its pseudonym."""
        return str(row["doc_id"] or self.pseudonyms(row["uri"]))

    @cached_property
    def runner(self) -> Runner:
        """Runs the steps; workers start with the first task."""
        limits = Limits(step_seconds=self.config.page_seconds, memory_bytes=self.config.memory_bytes)
        executor = open_executor(
            self.config.engine,
            workers=self.config.workers,
            limits=limits,
            preload=PRELOAD,
            address=self.config.address,
        )
        whole_run = self.config.run_seconds
        budget = Budget(
            document_seconds=self.config.document_seconds, run_seconds=math.inf if whole_run is None else whole_run
        )
        return Runner(executor, self.data / "log" / "ingest.jsonl", self.counts, budget)

    def close(self) -> None:
        """Let the workers go, if there are any."""
        if "runner" in self.__dict__:
            self.runner.executor.close()

    # What is in the store.

    @cached_property
    def segments(self) -> list[Segment]:
        """The segments of the store whose files are there and whole: the documents of any other are read again."""
        found = read_segments(self.data)
        kept = [segment for segment in found if self._is_whole(segment)]
        if len(kept) < len(found):
            lost = sum(segment.documents.rows for segment in found) - sum(segment.documents.rows for segment in kept)
            told = f"{lost} documents stood in damaged files of {self.data} and are read again where their files are given."
            stderr.print(told, markup=False)
        return kept

    def _is_whole(self, segment: Segment) -> bool:
        for part, file in zip((segment.documents, segment.pages), segment.files(self.data), strict=True):
            if not is_remote(file) and not (file.is_file() and file.stat().st_size == part.bytes and is_whole(file)):
                return False
        return True

    @cached_property
    def stored(self) -> pa.Table:
        """doc_id of every document of the store, and the number of its segment."""
        tables = [STORED.empty_table()]
        for number, segment in enumerate(self.segments):
            if segment not in self._ids:
                table = open_parquet(segment.files(self.data)[0]).read(columns=["doc_id"])
                self._ids[segment] = table["doc_id"].combine_chunks()
            ids = self._ids[segment]
            tables.append(pa.Table.from_arrays([ids, pa.array([number] * len(ids), pa.int32())], schema=STORED))
        return pa.concat_tables(tables).combine_chunks()

    def in_store(self, doc_ids: pa.ChunkedArray) -> pa.ChunkedArray:
        """Which of some documents are in the store."""
        return pc.is_in(doc_ids, value_set=self.stored["doc_id"].combine_chunks())

    def changed(self, segments: list[Segment]) -> None:
        """Take note of other segments."""
        self.segments = segments
        self._ids = {segment: ids for segment, ids in self._ids.items() if segment in segments}
        self.__dict__.pop("stored", None)

    # Whether store and ledger say the same.

    @cached_property
    def reconciled(self) -> bool:
        """Whether the last run got to its end and nobody has changed the store since."""
        try:
            return bool(read_json(self._seal) == self._state())
        except (FileNotFoundError, CorruptError):
            return False

    def mark_unreconciled(self) -> None:
        """Say that this run has begun to change the store: the next one has to look, should this one not get to its end."""
        for folder in (self.data / "documents", self.data / "pages", self.data / "work"):
            make_folder(folder)
        if self.reconciled:
            self._seal.unlink()
        self.reconciled = False

    def mark_reconciled(self) -> None:
        """Say that store and ledger agree."""
        write_json(self._seal, self._state())
        self.reconciled = True

    @property
    def _seal(self) -> Path:
        return self.work / "reconciled.json"

    def _state(self) -> dict[str, str]:
        return {
            "segments": identity([segment.name for segment in self.segments]),
            "removed": identity(sorted(self.gone)),
        }
