"""Compare the pairs: exact similarity and the medical guard, a slice of texts at a time."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from corpus.duplicates import passes
from corpus.duplicates.ids import KNOWN
from corpus.duplicates.index import Index, known_rows
from corpus.steps.exact import digests
from corpus.steps.pairs import VERIFIED
from medpress.location import location
from medpress.run.step import Step
from medpress.run.task import Mark, Task
from medpress.store import dataset, read_table, write_keys, write_row_groups
from nlp.tagging.lexicon import built_in_lexicon

SHINGLES_PER_SLICE = 3_000_000
"""Shingles of the texts whose pairs are compared together, at most about: 14 bytes each, the text included; the pairs take
as much again (`components.SHINGLES_OF_PAIRS`)."""
TEXTS_PER_GROUP = 500
"""Texts of a row group."""

SLICED_TEXTS = pa.schema([pa.field("slice", pa.int32()), pa.field("id", pa.string()), pa.field("text", pa.string())])
"""Texts of records that have a pair to compare, sorted by slice."""


def gather_texts(task: Task, mark: Mark) -> None:
    """The texts of some parts that are to be compared, by slice. Arguments: `candidates` (files), `slices` (file)."""
    slices = read_table(task.arguments["slices"])
    ids = slices["id"].combine_chunks()
    tables = [SLICED_TEXTS.empty_table()]
    for file in task.arguments["candidates"]:
        mark("part")
        texts = read_table(file, ["id", "text"])
        place = pc.index_in(texts["id"], ids)
        chosen = texts.filter(pc.is_valid(place))
        numbers = slices["slice"].take(place.drop_null())
        tables.append(pa.table([numbers, chosen["id"], chosen["text"]], schema=SLICED_TEXTS))
    table = pa.concat_tables(tables).sort_by([("slice", "ascending"), ("id", "ascending")]).combine_chunks()
    groups = [table.slice(start, TEXTS_PER_GROUP) for start in range(0, table.num_rows, TEXTS_PER_GROUP)] or [table]
    write_row_groups(task.output, SLICED_TEXTS, groups)


GATHER_TEXTS = Step(gather_texts, inputs=("candidates", "slices"), per="group of parts")


def verify_pairs(task: Task, mark: Mark) -> None:
    """Compare the pairs of a slice. Arguments: `pairs` (files, by slice), `texts` (files, by slice), `slice`, `threshold`,
    `indexes` (folders). Writes a `VERIFIED` row for each pair, sorted.

    Records of one component stand in one slice; only of a component that is larger than a slice are texts of others read.
    """
    a = task.arguments
    of_slice = pc.field("slice") == a["slice"]
    pairs = dataset(a["pairs"]).to_table(["a", "b"], filter=of_slice).cast(passes.PAIRS)
    pairs = passes.merge_pairs([pairs])
    texts = dataset(a["texts"], schema=SLICED_TEXTS).to_table(["id", "text"], filter=of_slice)
    wanted = pc.unique(pa.chunked_array([*pairs["a"].chunks, *pairs["b"].chunks], pa.string()))
    missing = wanted.filter(pc.invert(pc.is_in(wanted, texts["id"].combine_chunks())))
    elsewhere = missing.filter(pc.invert(pc.starts_with(missing, KNOWN)))
    if len(elsewhere):
        others = dataset(a["texts"], schema=SLICED_TEXTS).to_table(
            ["id", "text"], filter=pc.field("id").isin(elsewhere)
        )
        texts = pa.concat_tables([texts, others])
    known = missing.filter(pc.starts_with(missing, KNOWN))
    if len(known):
        texts = known_rows([Index(location(folder)).texts(known) for folder in a["indexes"]], texts)
    mark("compare")
    edges = passes.verify(pairs, texts, a["threshold"], find_drugs)
    place = pc.index_in(_joined(pairs), _joined(edges).combine_chunks())
    found = edges.select(VERIFIED.names[2:]).take(place)
    write_keys(task.output, pa.table([pairs["a"], pairs["b"], *found.columns], schema=VERIFIED))


VERIFY_PAIRS = Step(
    verify_pairs,
    inputs=("pairs", "texts"),
    settings=("slice", "threshold"),
    models={"indexes": digests},
    per="slice of pairs",
)


def keep_verified(task: Task, mark: Mark) -> None:
    """What is known of pairs from earlier builds, for the next one. Argument: `joined` (file). Writes `VERIFIED` rows."""
    table = read_table(task.arguments["joined"])
    write_keys(task.output, table.filter(table["verified"]).select(VERIFIED.names).cast(VERIFIED))


KEEP_VERIFIED = Step(keep_verified, inputs=("joined",), per="range of pairs")


def find_drugs(text: str) -> list[tuple[int, int]]:
    """Where the lexicon sees a drug: the guard compares what is said of it."""
    return [(entity.start, entity.end) for entity in built_in_lexicon().tag([text])[0] if entity.label == "drug"]


def _joined(pairs: pa.Table) -> pa.ChunkedArray:
    return pc.binary_join_element_wise(pairs["a"], pairs["b"], " ")
