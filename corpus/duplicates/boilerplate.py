"""Boilerplate: paragraphs that recur in many documents of one source, like a licence notice or a site's disclaimer.

    records ── paragraph_hashes ──> a list of hashes a record
    lists of hashes ── occurrences ──> OCCURRENCES       one task some part files
    OCCURRENCES of one key range ── recurring ──> RECURRING
    a text, its recurring paragraphs ── edits ──> edits for `offsets.apply_edits`

The first document by id keeps the paragraph, all others lose it. A paragraph that states a clinical fact (a drug, a
value with a unit, a disease or a symptom) stays wherever it recurs: a warning that each leaflet repeats is no boilerplate.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc
import xxhash

SHORTEST = 12
"""Characters; a shorter paragraph is a label or a heading."""

OCCURRENCES = pa.schema(
    [
        pa.field("paragraph", pa.uint64()),
        pa.field("part", pa.string()),
        pa.field("documents", pa.int64()),
        pa.field("keeper", pa.string()),
    ]
)
"""A paragraph (hash of its source and its text) in a part file: in how many documents it stands, and the first by id."""

RECURRING = pa.schema(
    [
        pa.field("paragraph", pa.uint64()),
        pa.field("documents", pa.int64()),
        pa.field("keeper", pa.string()),
        pa.field("keeper_part", pa.string()),
        pa.field("parts", pa.list_(pa.string())),
    ]
)
"""A paragraph that stands in many documents, all of them in `parts`."""


_BETWEEN = re.compile(r"\n[ \t]*\n\s*")


def paragraphs(source: str, text: str) -> Iterator[tuple[int, int, int]]:
    """(start, end, hash) of each paragraph that may be boilerplate: no heading, no table, nothing short.

    Case and white space do not count. Punctuation does: boilerplate is repeated as it stands.
    """
    ends = [(match.start(), match.end()) for match in _BETWEEN.finditer(text)]
    start = len(text) - len(text.lstrip())
    for end, following in [*ends, (len(text.rstrip()), len(text))]:
        if end - start >= SHORTEST and text[start] not in "#|":
            words = f"{source}\x1f{' '.join(text[start:end].casefold().split())}"
            yield start, end, xxhash.xxh3_64_intdigest(words.encode("utf-8", "surrogatepass"))
        start = following


def paragraph_hashes(source: str, text: str) -> list[int]:
    """The hash of each paragraph of a record that may be boilerplate."""
    return [key for _, _, key in paragraphs(source, text)]


def occurrences(table: pa.Table, part: str) -> pa.Table:
    """`OCCURRENCES` of a part file that holds all records of its documents (doc_id, paragraphs: lists of hashes)."""
    lists = table["paragraphs"].combine_chunks()
    doc_ids = table["doc_id"].combine_chunks().take(pc.list_parent_indices(lists))
    rows = pa.table({"paragraph": pc.list_flatten(lists), "doc_id": doc_ids})
    each_once = rows.group_by(["paragraph", "doc_id"]).aggregate([])
    counted = each_once.group_by(["paragraph"]).aggregate([("doc_id", "count"), ("doc_id", "min")])
    columns = [counted["paragraph"], pa.array([part] * counted.num_rows), *counted.select([1, 2]).columns]
    return pa.table(columns, schema=OCCURRENCES)


def recurring(tables: Sequence[pa.Table], min_documents: int) -> pa.Table:
    """`RECURRING` rows of one key range, sorted by paragraph, from its `OCCURRENCES` of all parts."""
    rows = pa.concat_tables([OCCURRENCES.empty_table(), *tables])
    totals = rows.group_by(["paragraph"]).aggregate([("documents", "sum")])
    many = totals.filter(pc.greater_equal(totals["documents_sum"], min_documents))["paragraph"]
    rows = rows.filter(pc.is_in(rows["paragraph"], many.combine_chunks()))
    rows = rows.sort_by([("paragraph", "ascending"), ("keeper", "ascending")])
    grouped = rows.group_by(["paragraph"], use_threads=False).aggregate(
        [("documents", "sum"), ("keeper", "first"), ("part", "first"), ("part", "list")]
    )
    return pa.table(grouped.columns, schema=RECURRING)


def edits(source: str, text: str, repeated: Collection[int]) -> list[tuple[int, int, str]]:
    """Edits for `offsets.apply_edits` that take the repeated paragraphs (hashes) out, with the space after them."""
    found = [(start, end) for start, end, key in paragraphs(source, text) if key in repeated]
    after = [len(text) - len(text[end:].lstrip()) for _, end in found]
    stretches: list[tuple[int, int]] = []
    for (start, _), end in zip(found, after, strict=True):
        if stretches and stretches[-1][1] == start:
            start, _ = stretches.pop()
        stretches.append((start, end))
    if stretches and stretches[-1][1] == len(text):  # the last one takes the space before it along
        stretches[-1] = len(text[: stretches[-1][0]].rstrip()), len(text)
    return [(start, end, "") for start, end in stretches]
