"""Conversations that say the same: as a whole to the letter, or with nearly the same question and nearly the same answer.

The passes are those of `corpus build`, over the columns of key-partitioned files: no step holds all texts. A near-duplicate
needs more here than there. The whole conversation must reach the threshold and pass the medical guard, and so must what
is asked and what is answered each by itself: a question put in other words is another example, and a long question with
two answers is two.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from corpus.duplicates import exact, passes
from corpus.duplicates.config import DedupConfig
from corpus.duplicates.verify import similar
from corpus.instruct.contamination import questions
from corpus.instruct.formats import Messages
from medpress.location import location
from medpress.run.runner import Runner
from medpress.run.step import Step, read_list, write_list
from medpress.run.task import Mark, Task
from medpress.schema import by_name
from medpress.store import dataset, open_parquet, read_table, write_table, write_tables
from nlp.normalise import canonical
from nlp.tagging.lexicon import built_in_lexicon

CONVERSATIONS_AT_ONCE = 5_000
"""Conversations whose texts are in memory together while they are signed."""
CONVERSATIONS_PER_PARTITION = 250_000
"""Conversations, or keys of one band, in a partition of the search, about."""
SHINGLES_PER_SLICE = 12_000_000
"""Shingles of the conversations whose pairs are verified together, at most about: 14 bytes each, the text included."""
ASKED, ANSWERED = ("system", "user"), ("assistant",)
"""Roles of the two sides of a conversation."""


def find(runner: Runner, parts: Sequence[str], hits: Sequence[str], dedup: DedupConfig, work: Path) -> Path:
    """File of the decisions (`decide`) on all conversations of the parts that may be kept.

    `hits` are files of benchmark questions. Raises `UserError` when a pass fails.
    """

    def run(step: Step, arguments: Iterable[dict[str, Any]]) -> list[str]:
        outcomes = runner.run(step, [step.task(work, **each) for each in arguments])
        return [outcome.task.output for outcome in outcomes]

    held = write_list(work, hits)
    files = run(SIGN, ({"part": part, "hits": held, "dedup": asdict(dedup)} for part in parts))
    shingles = [read_table(file, ["n_shingles"])["n_shingles"] for file in files]
    count, length = sum(map(len, shingles)), sum(pc.sum(column).as_py() or 0 for column in shingles)
    partitions = -(-count // CONVERSATIONS_PER_PARTITION)
    signed = write_list(work, files)
    hashes = ({"signed": signed, "low": low, "high": high} for low, high in passes.hex_ranges(partitions))
    copies = write_list(work, run(EXACT_COPIES, hashes))
    keys = (
        {"signed": signed, "copies": copies, "band": band, "low": low, "high": high}
        for band in range(dedup.bands)
        for low, high in passes.key_ranges(partitions)
    )
    files = run(BAND_PAIRS, keys)
    compared = sum(dataset([file]).count_rows() for file in files)
    slices = 1 + 2 * compared * length // max(1, count) // SHINGLES_PER_SLICE
    texts = {"pairs": write_list(work, files), "parts": write_list(work, parts), "threshold": dedup.threshold}
    edges = run(VERIFY, (texts | {"low": low, "high": high} for low, high in passes.hex_ranges(slices)))
    decided = {"edges": write_list(work, edges), "copies": copies, "signed": signed}
    return location(run(DECIDE, [decided])[0])


def sign(task: Task, mark: Mark) -> None:
    """What the search needs of the conversations of a part that may be kept; the later stage is the better one.

    Arguments: `part` (file), `hits` (list of files), `dedup`.
    """
    a = task.arguments
    scheme = DedupConfig(**a["dedup"]).scheme
    held = pa.array(sorted(questions(map(location, read_list(a["hits"])))), pa.string())
    file = open_parquet(a["part"])

    def signed(table: pa.Table) -> pa.Table:
        table = table.filter(pc.and_(pc.is_null(table["reason"]), pc.invert(pc.is_in(table["id"], held))))
        rows = {"id": table["id"], "text": pa.array(_said(table["messages"].to_pylist()), pa.string())}
        rows |= {"quality": table["stage"], "priority": np.zeros(table.num_rows, dtype=np.int64)}
        documents = [by_name(given)["doc_id"] for given in table["provenance"].to_pylist()]
        return (
            passes.signatures(pa.table(rows), scheme)
            .append_column("content_hash", table["content_hash"])
            .append_column("doc_id", pa.array(documents, pa.string()))  # a takedown learns from it which rows go
        )

    columns = ["id", "messages", "stage", "provenance", "reason", "content_hash"]
    batches = file.iter_batches(CONVERSATIONS_AT_ONCE, columns=columns)
    nothing = signed(file.schema_arrow.empty_table())
    write_tables(task.output, (signed(pa.Table.from_batches([batch])) for batch in batches), nothing.schema)


SIGN = Step(sign, inputs=("part", "hits"), settings=("dedup",))


def exact_copies(task: Task, mark: Mark) -> None:
    """The conversations of one hash partition that say the same to the letter.

    Arguments: `signed` (list of files), `low`, `high` (hash prefixes). Writes `exact.EXACT`.
    """
    a = task.arguments
    in_partition = (pc.field("content_hash") >= a["low"]) & (pc.field("content_hash") < a["high"])
    columns = ["id", "content_hash", "quality", "priority"]
    write_table(task.output, exact.decide_exact(dataset(read_list(a["signed"])).to_table(columns, filter=in_partition)))


EXACT_COPIES = Step(exact_copies, inputs=("signed",), settings=("low", "high"), per="partition")


def band_pairs(task: Task, mark: Mark) -> None:
    """Pairs that agree in one band, the copies left out.

    Arguments: `signed`, `copies` (lists of files), `band`, `low`, `high` (keys, both included). Writes `passes.PAIRS`.
    """
    a = task.arguments
    band = passes.band_name(a["band"])
    low, high = (pa.scalar(a[name], pa.uint64()) for name in ("low", "high"))
    copies = dataset(read_list(a["copies"])).to_table(["id"], filter=pc.field("duplicate_of").is_valid())["id"]
    chosen = (pc.field("n_shingles") > 0) & (pc.field(band) >= low) & (pc.field(band) <= high)
    chosen &= ~pc.field("id").isin(copies.combine_chunks())
    table = dataset(read_list(a["signed"])).to_table(["id", "quality", "priority", "numbers", band], filter=chosen)
    write_table(task.output, passes.candidates([table.rename_columns({band: "key"})]))


BAND_PAIRS = Step(band_pairs, inputs=("signed", "copies"), settings=("band", "low", "high"), per="partition")


def verify(task: Task, mark: Mark) -> None:
    """The pairs of a slice that are nearly the same, as a whole and on either side.

    Arguments: `pairs`, `parts` (lists of files), `low`, `high` (prefixes of `a`), `threshold`. Writes `passes.EDGES`.
    """
    a = task.arguments
    in_slice = (pc.field("a") >= a["low"]) & (pc.field("a") < a["high"])
    pairs = dataset(read_list(a["pairs"]), schema=passes.PAIRS).to_table(filter=in_slice)
    pairs = passes.merge_pairs([pairs])
    wanted = pc.unique(pa.chunked_array([*pairs["a"].chunks, *pairs["b"].chunks], type=pa.string()))
    table = dataset(read_list(a["parts"])).to_table(["id", "messages"], filter=pc.field("id").isin(wanted))
    ids, messages = table["id"].combine_chunks(), table["messages"].to_pylist()
    whole = pa.table({"id": ids, "text": pa.array(_said(messages), pa.string())})
    edges = passes.verify(pairs, whole, a["threshold"], _find_drugs)
    ends = np.stack([pc.index_in(edges[end], ids).to_numpy().astype(np.int64) for end in ("a", "b")], axis=1)
    alike = _alike(ends, _said(messages, ASKED), a["threshold"])
    alike &= _alike(ends, _said(messages, ANSWERED), a["threshold"])
    write_table(task.output, edges.filter(pa.array(alike)))


VERIFY = Step(verify, inputs=("pairs", "parts"), settings=("low", "high", "threshold"), per="partition")


def decide(task: Task, mark: Mark) -> None:
    """Who stays for whom. Arguments: `edges`, `copies`, `signed` (lists of files).

    Writes `passes.DECISIONS` with `jaccard`, the similarity to the conversation that replaces it: null for the same words.
    """
    a = task.arguments
    edges = dataset(read_list(a["edges"]), schema=passes.EDGES).to_table()
    copies = dataset(read_list(a["copies"]), schema=exact.EXACT).to_table()
    linked = pa.chunked_array([*edges["a"].chunks, *edges["b"].chunks], pa.string())
    quality = dataset(read_list(a["signed"])).to_table(
        ["id", "quality", "priority"], filter=pc.field("id").isin(pc.unique(linked))
    )
    decisions = passes.combine(copies, passes.decide(edges, quality))
    one, other = decisions["id"], decisions["duplicate_of"]
    ends = pc.if_else(pc.less(one, other), one, other), pc.if_else(pc.less(one, other), other, one)
    edge = pc.index_in(_joined(*ends), _joined(edges["a"], edges["b"]).combine_chunks())
    write_table(task.output, decisions.append_column("jaccard", edges["jaccard"].take(edge)))


DECIDE = Step(decide, inputs=("edges", "copies", "signed"), per="corpus")


def _joined(one: pa.ChunkedArray, other: pa.ChunkedArray) -> pa.ChunkedArray:
    """Two ids as one key; null where one is."""
    return pc.binary_join_element_wise(one, other, " ")


def _find_drugs(text: str) -> list[tuple[int, int]]:
    """Where the lexicon sees a drug: the guard compares what is said of it."""
    return [(entity.start, entity.end) for entity in built_in_lexicon().tag([text])[0] if entity.label == "drug"]


def _said(conversations: Sequence[Messages], roles: Sequence[str] = (*ASKED, *ANSWERED)) -> list[str]:
    """What some roles say in each conversation."""
    return ["\n".join(m["content"] for m in messages if m["role"] in roles) for messages in conversations]


def _alike(pairs: NDArray[np.int64], texts: Sequence[str], threshold: float) -> NDArray[np.bool_]:
    """Whether the texts of each pair reach the threshold; those too short for a shingle must be the same."""
    near = ~np.isnan(similar(pairs, texts, threshold))
    same = [canonical(texts[one]) == canonical(texts[other]) for one, other in pairs]
    return near | np.array(same, dtype=bool)
