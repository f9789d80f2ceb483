"""Take paragraphs that a source repeats out of its records: counted, decided and cut out in passes by key range."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from corpus.dedup import boilerplate
from corpus.offsets import Mapper, apply_edits
from corpus.steps import models
from corpus.steps.candidate import CANDIDATE, describe
from medpress.location import location
from medpress.run.task import Mark, Task
from medpress.schema import BOILERPLATE, by_name, named
from medpress.store import dataset, read_table, stored, write_table

VERSION = "1"

FOUND = pa.schema(
    [
        *BOILERPLATE,
        pa.field("paragraph", pa.uint64()),
        pa.field("keeper_part", pa.string()),
        pa.field("parts", pa.list_(pa.string())),
    ]
)
"""A recurring paragraph, as it is published, and the part files that hold it."""


def count(task: Task, mark: Mark) -> None:
    """Where each paragraph of some part files stands. Argument: `candidates` (files). Writes `OCCURRENCES` rows."""
    tables = [boilerplate.OCCURRENCES.empty_table()]
    for file in map(location, task.arguments["candidates"]):
        tables.append(boilerplate.occurrences(read_table(file, ["doc_id", "paragraphs"]), file.name))
    write_table(task.output, pa.concat_tables(tables).sort_by([("paragraph", "ascending"), ("part", "ascending")]))


def find(task: Task, mark: Mark) -> None:
    """Boilerplate of one range of paragraph hashes.

    Arguments: `counts` (files of `count`), `low`, `high`, `folder` (of the part files), `documents` (a source's number of
    documents), `boilerplate`. Writes `FOUND` rows.
    """
    a = task.arguments
    config = boilerplate.BoilerplateConfig(**a["boilerplate"])
    low, high = (pa.scalar(a[name], pa.uint64()) for name in ("low", "high"))
    in_range = (pc.field("paragraph") >= low) & (pc.field("paragraph") <= high)
    table = dataset(a["counts"], schema=boilerplate.OCCURRENCES).to_table(filter=in_range)
    rows = []
    by_part: dict[str, list[dict[str, Any]]] = {}
    for row in boilerplate.recurring([table], config.min_documents).to_pylist():
        by_part.setdefault(row["keeper_part"], []).append(row)
    for part, recurring in sorted(by_part.items()):
        keepers = {row["keeper"] for row in recurring}
        texts = dataset([location(a["folder"]) / part]).to_table(
            ["doc_id", "source", "text"], filter=pc.field("doc_id").isin(keepers)
        )
        texts_of: dict[int, tuple[str, str]] = {}
        for record in texts.to_pylist():
            for start, end, key in boilerplate.paragraphs(record["source"], record["text"]):
                texts_of.setdefault(key, (record["source"], record["text"][start:end]))
        rows += [_found(row, *texts_of[row["paragraph"]], a["documents"], config) for row in recurring]
    kept = [row for row in rows if row["documents"] >= row["threshold"]]
    write_table(task.output, pa.Table.from_pylist(kept, schema=FOUND).sort_by("id"))


def _found(
    row: Mapping[str, Any], source: str, text: str, documents: Mapping[str, int], config: boilerplate.BoilerplateConfig
) -> dict[str, Any]:
    clinical = boilerplate.is_clinical(text, models.tagger("lexicon").tag([text])[0])
    return {
        "id": f"{row['paragraph']:016x}",
        "source": source,
        "text": text,
        "documents": row["documents"],
        "of_documents": documents[source],
        "threshold": config.threshold(documents[source]),
        "keeper": row["keeper"],
        "action": "left in: it states a clinical fact" if clinical else "taken out of all documents but the keeper",
        "taken_out": not clinical,
        **{name: row[name] for name in ("paragraph", "keeper_part", "parts")},
    }


def strip(task: Task, mark: Mark) -> None:
    """Take paragraphs out of the records of a part file.

    Arguments: `candidates` (file), `only` (ids, or null), `paragraphs` (hashes), `keepers` (hash to the document that
    keeps it, for those in this part). Writes `CANDIDATE` rows; offsets, scores and hashes are those of the new text.
    """
    a = task.arguments
    table = read_table(a["candidates"])
    if a["only"] is not None:
        table = table.filter(pc.field("id").isin(a["only"]))
    table = table.cast(CANDIDATE).combine_chunks()
    repeated = set(a["paragraphs"])
    places = _holding(table["paragraphs"], repeated)
    rows = table.take(places).to_pylist()  # the others go by untouched
    for row in rows:
        kept_here = {int(key) for key, keeper in a["keepers"].items() if keeper == row["doc_id"]}
        found = repeated.intersection(row["paragraphs"]) - kept_here
        if found:
            mark(row["id"])
            _strip_row(row, found)
    stripped = pa.Table.from_pylist([stored(row, CANDIDATE) for row in rows], schema=CANDIDATE)
    order = np.arange(table.num_rows)
    order[places] = table.num_rows + np.arange(len(places))
    write_table(task.output, pa.concat_tables([table, stripped]).take(order))


def _holding(lists: pa.ChunkedArray, keys: set[int]) -> NDArray[np.int64]:
    """Which of the lists hold one of the keys, in order."""
    (chunk,) = lists.chunks or [pa.array([], lists.type)]
    hits = pc.is_in(pc.list_flatten(chunk), pa.array(sorted(keys), pa.uint64()))
    return np.unique(pc.list_parent_indices(chunk).filter(hits).to_numpy(zero_copy_only=False).astype(np.int64))


def _strip_row(row: dict[str, Any], found: set[int]) -> None:
    """A record that holds nothing else is left as it is: the duplicate search keeps one of its kind."""
    text, mapper = apply_edits(row["text"], boilerplate.edits(row["source"], row["text"], found))
    if not any(line.strip() and not line.startswith("#") for line in text.splitlines()):
        return
    for name in ("spans", "entities", "phi_actions"):
        row[name] = _moved(row[name], mapper)
    row |= {"text": text, "confidence": by_name(row["quality"]).get("ocr_confidence")}
    describe([row])
    row["topics"] = named(by_name(row["topics"]) | {"boilerplate": " ".join(f"{key:016x}" for key in sorted(found))})
    row["paragraphs"] = [key for key in row["paragraphs"] if key not in found]
    if row["spans"]:
        row["page_start"] = min(span["page"] for span in row["spans"])
        row["page_end"] = max(span["page"] for span in row["spans"])


def _moved(spans: list[dict[str, Any]], mapper: Mapper) -> list[dict[str, Any]]:
    """Spans in the new text, without those whose text is gone."""
    moved = []
    for span in spans:
        start, end = mapper.span(span["start"], span["end"])
        if start < end:
            moved.append(span | {"start": start, "end": end})
    return moved
