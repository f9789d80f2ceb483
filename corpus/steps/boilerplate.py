"""Take paragraphs that a source repeats out of its records: counted, decided and cut out in passes by key range."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from corpus.duplicates import boilerplate
from corpus.duplicates.config import BoilerplateConfig
from corpus.duplicates.guard import facts
from corpus.left_out import moved
from corpus.offsets import apply_edits
from corpus.steps.candidate import CANDIDATE
from medpress.location import location
from medpress.run.step import Halve, Step, read_list
from medpress.run.task import Mark, Task
from medpress.schema import BOILERPLATE, by_name, named
from medpress.store import dataset, read_table, stored, write_table
from nlp.spans import Entity
from nlp.tagging.lexicon import built_in_lexicon

FOUND = pa.schema(
    [
        *BOILERPLATE,
        pa.field("paragraph", pa.uint64()),
        pa.field("keeper_part", pa.string()),
        pa.field("parts", pa.list_(pa.string())),
    ]
)
"""A recurring paragraph, as it is published, and the part files that hold it."""


def count_paragraphs(task: Task, mark: Mark) -> None:
    """Where each paragraph of some part files stands. Argument: `sections` (files). Writes `OCCURRENCES` rows."""
    tables = [boilerplate.OCCURRENCES.empty_table()]
    for file in map(location, task.arguments["sections"]):
        tables.append(boilerplate.occurrences(read_table(file, ["doc_id", "paragraphs"]), file.name))
    write_table(task.output, pa.concat_tables(tables).sort_by([("paragraph", "ascending"), ("part", "ascending")]))


COUNT_PARAGRAPHS = Step(count_paragraphs, inputs=("sections",), per="group of parts")


def find_boilerplate(task: Task, mark: Mark) -> None:
    """Boilerplate of one range of paragraph hashes.

    Arguments: `counts` (list of files of `count_paragraphs`), `low`, `high`, `folder` (of the part files), `documents` (a
    source's number of documents), `boilerplate` (settings). Writes `FOUND` rows.
    """
    a = task.arguments
    config = BoilerplateConfig(**a["boilerplate"])
    low, high = (pa.scalar(a[name], pa.uint64()) for name in ("low", "high"))
    in_range = (pc.field("paragraph") >= low) & (pc.field("paragraph") <= high)
    table = dataset(read_list(a["counts"]), schema=boilerplate.OCCURRENCES).to_table(filter=in_range)
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


FIND_BOILERPLATE = Step(
    find_boilerplate,
    inputs=("counts",),
    settings=("low", "high", "documents", "boilerplate"),
    aside=("folder",),
    per="range of paragraphs",
)


def _found(
    row: Mapping[str, Any], source: str, text: str, documents: Mapping[str, int], config: BoilerplateConfig
) -> dict[str, Any]:
    clinical = is_clinical(text, built_in_lexicon().tag([text])[0])
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


def is_clinical(paragraph: str, entities: Sequence[Entity]) -> bool:
    """Whether a paragraph states a clinical fact and so stays; `entities` are the lexicon's in it."""
    if any(entity.label in ("drug", "dose", "disease", "symptom") for entity in entities):
        return True
    return any(item[0] == "d" or (item.startswith("n:") and item.partition("|")[2]) for item in facts(paragraph).items)


def strip_boilerplate(task: Task, mark: Mark) -> None:
    """Take paragraphs out of the records of a part file.

    Arguments: `sections` (file), `only` (ids, or null), `paragraphs` (hashes), `keepers` (hash to the document that
    keeps it, for those in this part). Writes `CANDIDATE` rows; offsets are those of the new text.
    """
    a = task.arguments
    table = read_table(a["sections"])
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


STRIP_BOILERPLATE = Step(
    strip_boilerplate, inputs=("sections",), settings=("paragraphs", "keepers"), on_failure=Halve("sections")
)


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
    for name in ("spans", "phi_actions"):
        row[name] = moved(row[name], mapper)
    row["text"] = text
    row["topics"] = named(by_name(row["topics"]) | {"boilerplate": " ".join(f"{key:016x}" for key in sorted(found))})
    row["paragraphs"] = [key for key in row["paragraphs"] if key not in found]
    if row["spans"]:
        row["page_start"] = min(span["page"] for span in row["spans"])
        row["page_end"] = max(span["page"] for span in row["spans"])
