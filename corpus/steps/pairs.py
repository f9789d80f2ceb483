"""Pairs of records to compare: those that agree in a band, less what an earlier build has compared already."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from corpus.duplicates import passes
from corpus.duplicates.ids import unpack
from corpus.duplicates.index import KNOWN_KEYS, known_rows
from medpress.run.step import Step
from medpress.run.task import Mark, Task
from medpress.store import dataset, write_keys

KEYS_PER_RANGE = 100_000
"""Band keys of a range, about; a record has one a band. Under a key up to 48 records are paired, each with each."""
PAIRS_PER_RANGE = 500_000
"""Pairs that are joined with what is known of them together, about."""

VERIFIED = pa.schema(
    [
        pa.field("a", pa.string()),
        pa.field("b", pa.string()),
        pa.field("jaccard", pa.float64(), metadata={"description": "exact similarity; null below the threshold"}),
        pa.field("a_covers_b", pa.bool_(), metadata={"description": "whether a states the clinical facts of b"}),
        pa.field("b_covers_a", pa.bool_()),
    ]
)
"""A pair that was compared."""

JOINED = pa.schema([*VERIFIED, pa.field("verified", pa.bool_())])
"""A pair of this build; `verified` false: still to be compared."""


def find_pairs(task: Task, mark: Mark) -> None:
    """Pairs that agree in a band whose key lies in a range, with records of the indexes too.

    Arguments: `bands` (files), `known` (files with the keys of indexes), `low`, `high` (keys, both included). Writes
    `passes.PAIRS`.
    """
    low, high = (pa.scalar(int(task.arguments[name]), pa.uint64()) for name in ("low", "high"))
    in_range = (pc.field("key") >= low) & (pc.field("key") <= high)
    table = dataset(task.arguments["bands"]).to_table(filter=in_range).combine_chunks()
    known = [KNOWN_KEYS.empty_table()]
    if task.arguments["known"]:
        ours = pc.unique(table["key"])
        for batch in dataset(task.arguments["known"], schema=KNOWN_KEYS).to_batches(filter=in_range):
            mark("known")
            known.append(pa.table(batch.filter(pc.is_in(batch["key"], ours))))
    met = pa.concat_tables(known)
    if not met.num_rows:
        table = _shared(table)
    table = table.set_column(table.column_names.index("id"), "id", unpack(table["id"]))
    write_keys(task.output, passes.candidates([known_rows([met], table)]))


FIND_PAIRS = Step(find_pairs, inputs=("bands", "known"), settings=("low", "high"), per="range of keys")


def _shared(table: pa.Table) -> pa.Table:
    """The rows whose key occurs twice: few, and only they need their ids in full."""
    counts = pc.value_counts(table["key"])
    twice = counts.field("values").filter(pc.greater(counts.field("counts"), 1))
    return table.filter(pc.is_in(table["key"], twice))


def join_pairs(task: Task, mark: Mark) -> None:
    """The pairs of a range, each once, with what an earlier build found of those whose texts are the same since.

    Arguments: `pairs` (files), `verified` (files of earlier builds), `changed` (files with the ids of records whose text
    may have changed since), `low`, `high` (prefixes of `a`). Writes `JOINED` rows, sorted.
    """
    arguments = task.arguments
    in_range = (pc.field("a") >= arguments["low"]) & (pc.field("a") < arguments["high"])
    pairs = passes.merge_pairs([dataset(arguments["pairs"], schema=passes.PAIRS).to_table(filter=in_range)])
    earlier = VERIFIED.empty_table()
    if arguments["verified"]:
        earlier = dataset(arguments["verified"], schema=VERIFIED).to_table(filter=in_range)
    if earlier.num_rows and arguments["changed"]:
        changed = dataset(arguments["changed"]).to_table(["id"])["id"].combine_chunks()
        stale = pc.or_(pc.is_in(earlier["a"], changed), pc.is_in(earlier["b"], changed))
        earlier = earlier.filter(pc.invert(stale))
    place = pc.index_in(_joined(pairs), _joined(earlier).combine_chunks())
    found = earlier.select(VERIFIED.names[2:]).take(place)
    columns = [pairs["a"], pairs["b"], *found.columns, pc.is_valid(place)]
    write_keys(task.output, pa.table(columns, schema=JOINED))


JOIN_PAIRS = Step(join_pairs, inputs=("pairs", "verified", "changed"), settings=("low", "high"), per="range of pairs")


def _joined(pairs: pa.Table) -> pa.ChunkedArray:
    """Two ids as one key."""
    return pc.binary_join_element_wise(pairs["a"], pairs["b"], " ")
