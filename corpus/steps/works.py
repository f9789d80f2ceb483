"""Documents of one work: what tells of which work each is, in passes by range, and who shares it."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from corpus.duplicates import works
from medpress.location import location
from medpress.run.step import Step
from medpress.run.task import Mark, Task
from medpress.store import canonical_json, dataset, identity, read_table, select, write_keys, write_table

SHINGLES_PER_RANGE = 2_000_000
"""Sketched shingles that are compared together, about."""
PAIRS_PER_RANGE = 1_000_000
"""Pairs of documents, one for each range of shingles in which they meet, that are joined together, about."""
KEYS_PER_RANGE = 4_000_000
"""Keys whose holders are sought together, about: of a key that one document has, only its digest is read."""
HOLDERS_PER_RANGE = 500_000
"""Rows of holders of which works are made together, about."""
_DESCRIBED = ["doc_id", "title", "authors", "date", "version", "format", "identifiers", "n_ocr_pages"]


def find_keys(task: Task, mark: Mark) -> None:
    """What tells of which works the documents of a segment are. Argument: `documents` (file). Writes `works.KEYS`."""
    rows = read_table(location(task.arguments["documents"]), _DESCRIBED).to_pylist()
    table = pa.Table.from_pylist(works.keys(rows), schema=works.KEYS)
    write_keys(task.output, table.sort_by(works.KEYS_ORDER))


def described(documents: str) -> str:
    """Changes whenever what `find_keys` reads does."""
    return identity(canonical_json(read_table(location(documents), _DESCRIBED).to_pydict()))


FIND_KEYS = Step(find_keys, models={"documents": described}, per="segment")


def sketch(task: Task, mark: Mark) -> None:
    """What is compared over all documents of the texts of some parts. Argument: `sections` (files). Writes `works.SKETCHES`.

    Lists of references are cited by many works.
    """
    tables = [works.SKETCHES.empty_table()]
    for file in task.arguments["sections"]:
        mark("part")
        rows = read_table(file, ["doc_id", "fault", "text"])
        rows = rows.filter(pc.is_null(rows["fault"]))
        tables.append(works.sketches(rows["doc_id"].to_pylist(), rows["text"].to_pylist()))
    write_keys(task.output, pa.concat_tables(tables).sort_by([("shingle", "ascending"), ("doc_id", "ascending")]))


SKETCH = Step(sketch, inputs=("sections",), per="group of parts")


def find_shared(task: Task, mark: Mark) -> None:
    """Documents that share shingles of a range. Arguments: `sketches` (files), `low`, `high` (both included). Writes
    `works.SHARED`, sorted."""
    low, high = (pa.scalar(int(task.arguments[name]), pa.uint64()) for name in ("low", "high"))
    in_range = (pc.field("shingle") >= low) & (pc.field("shingle") <= high)
    write_keys(task.output, works.shared(dataset(task.arguments["sketches"]).to_table(filter=in_range)))


FIND_SHARED = Step(find_shared, inputs=("sketches",), settings=("low", "high"), per="range of shingles")


def join_shared(task: Task, mark: Mark) -> None:
    """A key for each two documents of which one holds the other.

    Arguments: `shared`, `keys` (files), `low`, `high` (prefixes of the lesser doc_id). Writes `works.KEYS`, sorted.
    """
    a = task.arguments
    in_range = (pc.field("a") >= a["low"]) & (pc.field("a") < a["high"])
    pairs = works.contained(dataset(a["shared"]).to_table(filter=in_range))
    ids = pc.unique(pa.chunked_array([*pairs["a"].chunks, *pairs["b"].chunks], pa.string()))
    keys = works.KEYS.empty_table()
    if len(ids):
        keys = select(a["keys"], works.KEYS.names, pc.field("doc_id").isin(ids))
    write_keys(task.output, works.keys_of_contained(pairs, keys))


JOIN_SHARED = Step(join_shared, inputs=("shared", "keys"), settings=("low", "high"), per="range of pairs")


def find_holders(task: Task, mark: Mark) -> None:
    """Documents that share a key. Arguments: `keys` (files), `low`, `high` (digests, both included). Writes
    `works.HOLDERS`, sorted."""
    files = task.arguments["keys"]
    low, high = (pa.scalar(int(task.arguments[name]), pa.uint64()) for name in ("low", "high"))
    in_range = (pc.field("digest") >= low) & (pc.field("digest") <= high)
    counts = pc.value_counts(select(files, ["digest"], in_range)["digest"])
    several = counts.field("values").filter(pc.greater(counts.field("counts"), 1))
    keys = works.KEYS.empty_table()
    if len(several):
        keys = select(files, works.KEYS.names, in_range & pc.field("digest").isin(several))
    write_keys(task.output, works.holders(keys))


FIND_HOLDERS = Step(find_holders, inputs=("keys",), settings=("low", "high"), per="range of keys")


def describe_works(task: Task, mark: Mark) -> None:
    """What is known of the documents of works. Arguments: `holders` (files), `forest` (file), `low`, `high` (prefixes of
    doc_id). Writes `works.WORKS`."""
    a = task.arguments
    in_range = (pc.field("b") >= a["low"]) & (pc.field("b") < a["high"])
    holders = dataset(a["holders"]).to_table(filter=in_range)
    write_table(task.output, works.works(holders, read_table(a["forest"])))


DESCRIBE_WORKS = Step(describe_works, inputs=("holders", "forest"), settings=("low", "high"), per="range of documents")
