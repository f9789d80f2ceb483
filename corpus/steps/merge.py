"""Merge sorted files into one stream without holding them: what lets a shard be larger than memory.

Row groups are read one at a time from each file; all rows up to the smallest of their last keys can be sorted and handed
on, and that empties at least one of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from medpress.errors import CorruptError
from medpress.location import storage_fault
from medpress.store import Place, open_parquet, read_table

FAN_IN = 32
"""Files merged at once: so many row groups are in memory."""
BATCH_ROWS = 128
"""Rows read from each file at once."""


def merged(
    files: Sequence[Place], key: str, prefix: str = "", columns: Sequence[str] | None = None
) -> Iterator[pa.Table]:
    """The rows of files that are sorted by the string column `key`, in its order; only keys that begin with `prefix`.

    `columns` (the key among them) are all that is read; None reads the whole rows.

    Row groups whose statistics rule the prefix out are not read. Rows of one key come in the order of the files.
    """
    sources = [source for file in files if (source := _Source(file, key, prefix, columns)).advance()]
    while sources:
        horizon = min(source.last for source in sources)
        table = pa.concat_tables([source.take_until(horizon) for source in sources])
        yield table.take(pc.sort_indices(table, [(key, "ascending")])) if len(sources) > 1 else table
        sources = [source for source in sources if source.waiting.num_rows or source.advance()]


def folders(file: Place, key: str) -> set[str]:
    """The distinct keys of a file up to and with their last slash."""
    keys = pc.unique(pc.replace_substring_regex(read_table(file, [key])[key], r"[^/]*$", ""))
    return set(keys.to_pylist())


@dataclass(slots=True)
class _Source:
    """One file on its way through a merge."""

    file: Place
    key: str
    prefix: str
    columns: Sequence[str] | None
    waiting: pa.Table = None
    batches: Iterator[pa.Table] = None  # type: ignore[assignment]

    @property
    def last(self) -> str:
        """The last key of the rows that wait."""
        key: str = self.waiting[self.key][-1].as_py()
        return key

    def advance(self) -> bool:
        """Read on until there are rows; false at the end of the file."""
        if self.batches is None:
            self.batches = self._read()
        self.waiting = next(self.batches, None)
        return self.waiting is not None

    def take_until(self, horizon: str) -> pa.Table:
        """The waiting rows up to this key; they wait no more."""
        count = pc.sum(pc.less_equal(self.waiting[self.key], horizon)).as_py() or 0
        taken, self.waiting = self.waiting.slice(0, count), self.waiting.slice(count)
        return taken

    def _read(self) -> Iterator[pa.Table]:
        try:
            with open_parquet(self.file) as parquet:
                # Among the leaves, of which a nested field has several.
                leaf = next(n for n in range(len(parquet.schema)) if parquet.schema.column(n).path == self.key)
                groups = [
                    number
                    for number in range(parquet.num_row_groups)
                    if self._may_hold(parquet.metadata.row_group(number).column(leaf).statistics)
                ]
                for batch in parquet.iter_batches(BATCH_ROWS, row_groups=groups, columns=self.columns):
                    table = pa.table(batch)
                    chosen = table.filter(pc.starts_with(table[self.key], self.prefix)) if self.prefix else table
                    if chosen.num_rows:
                        yield chosen
        except (pa.ArrowInvalid, OSError) as error:
            if isinstance(error, FileNotFoundError) or storage_fault(error):
                raise
            raise CorruptError(
                f"{self.file} is not a readable Parquet file; remove it and run the same command again."
            ) from error

    def _may_hold(self, bounds: pq.Statistics | None) -> bool:
        if not self.prefix or bounds is None or not bounds.has_min_max:
            return True
        cut = slice(0, len(self.prefix))
        return bool(bounds.min[cut] <= self.prefix <= bounds.max[cut])
