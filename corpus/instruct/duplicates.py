"""Conversations that say the same: as a whole to the letter, or with nearly the same question and nearly the same answer.

The passes are those of `corpus build`, over the columns of key-partitioned files: no step holds all texts. A near-duplicate
needs more here than there. The whole conversation must reach the threshold and pass the medical guard, and so must what
is asked and what is answered each by itself: a question put in other words is another example, and a long question with
two answers is two.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from corpus.dedup import passes
from corpus.dedup.config import DedupConfig
from corpus.dedup.verify import similar
from corpus.instruct.contamination import questions
from corpus.instruct.formats import Messages
from corpus.steps import duplicates
from corpus.steps.duplicates import RECORDS_PER_PARTITION, SHINGLES_PER_SLICE
from medpress.command import UserError
from medpress.location import location
from medpress.run.runner import Runner
from medpress.run.task import Mark, Stage, Task, make_task
from medpress.schema import by_name
from medpress.store import dataset, open_parquet, read_table, write_table, write_tables
from nlp.normalise import canonical

VERSION = "1"
CONVERSATIONS_AT_ONCE = 5_000
"""Conversations whose texts are in memory together while they are signed."""
ASKED, ANSWERED = ("system", "user"), ("assistant",)
"""Roles of the two sides of a conversation."""


def find(runner: Runner, parts: Sequence[str], hits: Sequence[Path], dedup: DedupConfig, work: Path) -> Path:
    """File of the decisions (`duplicates.decide_clusters`) on all conversations of the parts that may be kept.

    `hits` are files of benchmark questions. Raises `UserError` when a pass fails.
    """

    def run(stage: Stage, version: str, arguments: Iterable[dict[str, Any]]) -> list[str]:
        name = stage.__name__
        tasks = [make_task(name, version, work / "duplicates", name, a, key=_names(a)) for a in arguments]
        outcomes = runner.run(stage, tasks)
        for outcome in outcomes:
            if outcome.failure:
                raise UserError(f"the search for duplicates failed: {outcome.failure.message}", exit_code=1)
        return [outcome.task.output for outcome in outcomes]

    settings = {"hits": [str(file) for file in hits], "dedup": asdict(dedup)}
    signed = run(sign, VERSION, ({"parts": [part], **settings} for part in parts))
    shingles = [read_table(file, ["n_shingles"])["n_shingles"] for file in signed]
    count, length = sum(map(len, shingles)), sum(pc.sum(column).as_py() or 0 for column in shingles)
    partitions = -(-count // RECORDS_PER_PARTITION)
    columns: dict[str, Any] = {"signed": signed, "indexes": []}
    exact = run(
        duplicates.exact_partition,
        duplicates.VERSION,
        (columns | {"low": low, "high": high} for low, high in passes.hex_ranges(partitions)),
    )
    pairs = run(
        duplicates.band_candidates,
        duplicates.VERSION,
        (
            columns | {"exact": exact, "band": band, "low": low, "high": high}
            for band in range(dedup.bands)
            for low, high in passes.key_ranges(partitions)
        ),
    )
    compared = sum(dataset([file]).count_rows() for file in pairs)
    slices = 1 + 2 * compared * length // max(1, count) // SHINGLES_PER_SLICE
    files: dict[str, Any] = {"pairs": pairs, "parts": list(parts), "threshold": dedup.threshold}
    edges = run(verify, VERSION, (files | {"low": low, "high": high} for low, high in passes.hex_ranges(slices)))
    decided = {"edges": edges, "exact": exact, "signed": signed}
    return location(run(duplicates.decide_clusters, duplicates.VERSION, [decided])[0])


def _names(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments with the names of files, which tell their content, for their places."""
    return {k: [Path(file).name for file in v] if isinstance(v, list) else v for k, v in arguments.items()}


def sign(task: Task, mark: Mark) -> None:
    """What the search needs of the conversations of a part that may be kept; the later stage is the better one.

    Arguments: `parts` (one file), `hits` (files), `dedup`.
    """
    a = task.arguments
    scheme = DedupConfig(**a["dedup"]).scheme
    held = pa.array(sorted(questions(map(location, a["hits"]))), pa.string())
    file = open_parquet(a["parts"][0])

    def signed(table: pa.Table) -> pa.Table:
        table = table.filter(pc.and_(pc.is_null(table["reason"]), pc.invert(pc.is_in(table["id"], held))))
        rows = {"id": table["id"], "text": pa.array(_said(table["messages"].to_pylist()), pa.string())}
        rows |= {"quality": table["stage"], "priority": np.zeros(table.num_rows, dtype=np.int64)}
        documents = [by_name(given)["doc_id"] for given in table["provenance"].to_pylist()]
        return (
            passes.signatures(pa.table(rows), scheme)
            .append_column("content_hash", table["content_hash"])
            .append_column("doc_id", pa.array(documents, pa.string()))
        )

    columns = ["id", "messages", "stage", "provenance", "reason", "content_hash"]
    batches = file.iter_batches(CONVERSATIONS_AT_ONCE, columns=columns)
    nothing = signed(file.schema_arrow.empty_table())
    write_tables(task.output, (signed(pa.Table.from_batches([batch])) for batch in batches), nothing.schema)


def verify(task: Task, mark: Mark) -> None:
    """The pairs of a slice that are nearly the same, as a whole and on either side.

    Arguments: `pairs`, `parts` (files), `low`, `high` (prefixes of `a`), `threshold`. Writes `passes.EDGES`.
    """
    a = task.arguments
    in_slice = (pc.field("a") >= a["low"]) & (pc.field("a") < a["high"])
    pairs = passes.merge_pairs([dataset(a["pairs"], schema=passes.PAIRS).to_table(filter=in_slice)])
    wanted = pc.unique(pa.chunked_array([*pairs["a"].chunks, *pairs["b"].chunks], type=pa.string()))
    table = dataset(a["parts"]).to_table(["id", "messages"], filter=pc.field("id").isin(wanted))
    ids, messages = table["id"].combine_chunks(), table["messages"].to_pylist()
    whole = pa.table({"id": ids, "text": pa.array(_said(messages), pa.string())})
    edges = passes.verify(pairs, whole, a["threshold"], duplicates.find_drugs)
    ends = np.stack([pc.index_in(edges[end], ids).to_numpy().astype(np.int64) for end in ("a", "b")], axis=1)
    alike = _alike(ends, _said(messages, ASKED), a["threshold"])
    alike &= _alike(ends, _said(messages, ANSWERED), a["threshold"])
    write_table(task.output, edges.filter(pa.array(alike)))


def _said(conversations: Sequence[Messages], roles: Sequence[str] = (*ASKED, *ANSWERED)) -> list[str]:
    """What some roles say in each conversation."""
    return ["\n".join(m["content"] for m in messages if m["role"] in roles) for messages in conversations]


def _alike(pairs: NDArray[np.int64], texts: Sequence[str], threshold: float) -> NDArray[np.bool_]:
    """Whether the texts of each pair reach the threshold; those too short for a shingle must be the same."""
    near = ~np.isnan(similar(pairs, texts, threshold))
    same = [canonical(texts[one]) == canonical(texts[other]) for one, other in pairs]
    return near | np.array(same, dtype=bool)
