"""Editions of one document: which supersedes which, told from their columns."""

from __future__ import annotations

from itertools import groupby, pairwise

import pyarrow as pa
import pyarrow.compute as pc

SHORTEST_TITLE = 8
"""A shorter title (`Contents`) does not tell that two documents are editions of one."""
SUPERSEDED = "superseded by the edition of"
"""How the warning of an older edition begins."""


def link_editions(documents: pa.Table) -> pa.Table:
    """Documents with `supersedes` and the warning of the older ones as they should be.

    Editions are documents whose title, publisher and collection agree and whose years differ; each supersedes the next
    older one. Reads the columns doc_id, source, title, version, date, identifiers and warnings.
    """
    edition = _editions(documents)
    keys = [_letters(documents["title"]), _publishers(documents), documents["source"]]
    known = pc.and_(pc.greater_equal(pc.utf8_length(keys[0]), SHORTEST_TITLE), pc.not_equal(edition, ""))
    rows = pa.table(
        {
            "title": keys[0],
            "publisher": keys[1],
            "source": keys[2],
            "edition": edition,
            "doc_id": documents["doc_id"],
            "row": pa.array(range(documents.num_rows), pa.int64()),
        }
    ).filter(known)
    names = ["title", "publisher", "source"]
    several = rows.group_by(names).aggregate([("row", "count")])
    several = several.filter(pc.greater(several["row_count"], 1))
    rows = rows.join(several.select(names), keys=names, join_type="left semi") if several.num_rows else rows.slice(0, 0)
    order = [(name, "ascending") for name in (*names, "edition", "doc_id")]
    supersedes: dict[int, str] = {}
    superseded: dict[int, str] = {}
    for _, group in groupby(rows.sort_by(order).to_pylist(), key=lambda row: tuple(row[name] for name in names)):
        for older, newer in pairwise(group):
            if older["edition"] < newer["edition"]:
                supersedes[newer["row"]] = older["doc_id"]
                superseded[older["row"]] = f"{SUPERSEDED} {newer['edition']}"
    place = documents.schema.get_field_index("supersedes")
    column = [None] * documents.num_rows if not supersedes else [supersedes.get(n) for n in range(documents.num_rows)]
    documents = documents.set_column(place, documents.schema.field(place), pa.array(column, pa.string()))
    return _with_warnings(documents, superseded)


def _with_warnings(documents: pa.Table, superseded: dict[int, str]) -> pa.Table:
    lists = documents["warnings"].combine_chunks()
    flat = lists.flatten()
    owners = pc.list_parent_indices(lists).filter(pc.starts_with(flat, SUPERSEDED))
    touched = sorted({*owners.to_pylist(), *superseded})
    if not touched:
        return documents
    warnings = lists.to_pylist()
    for row in touched:
        own = [warning for warning in warnings[row] if not warning.startswith(SUPERSEDED)]
        warnings[row] = [*own, superseded[row]] if row in superseded else own
    place = documents.schema.get_field_index("warnings")
    return documents.set_column(place, documents.schema.field(place), pa.array(warnings, lists.type))


def _editions(documents: pa.Table) -> pa.ChunkedArray:
    """When a document appeared: a year in its title or edition, which a reprint does not change, else its date."""
    words = pc.binary_join_element_wise(documents["title"], documents["version"], " ")
    found = pc.extract_regex(words, r"(?:^|[^0-9])(?P<year>(?:19|20)[0-9]{2})(?:[^0-9]|$)")
    return pc.coalesce(pc.struct_field(found, "year"), documents["date"])


def _letters(titles: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(pc.utf8_lower(titles), r"\PL+", " "))


def _publishers(documents: pa.Table) -> pa.Array:
    lists = documents["identifiers"].combine_chunks()
    pairs = lists.flatten()
    chosen = pc.equal(pairs.field("name"), "publisher")
    owners = pc.list_parent_indices(lists).filter(chosen)
    names = pc.utf8_lower(pairs.field("value").filter(chosen))
    place = pc.index_in(pa.array(range(documents.num_rows), owners.type), value_set=owners)
    return pc.fill_null(names.take(place), "")
