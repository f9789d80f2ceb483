"""Forms on which people say what they think of records: a page, a table, or tasks for Label Studio.

Label Studio (https://labelstud.io/guide/tasks, JSON import) shows the entities as predictions. Its project needs the labelling
interface `INTERFACE`, which is written beside the tasks.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from corpus.audit.page import form
from corpus.review.marked import pieces
from corpus.review.verdicts import VERDICTS
from nlp.labels import ENTITY_LABELS

FIELDS = (
    "record",
    "content_hash",
    "sample",
    "stratum",
    "verdict",
    "title",
    "section",
    "source",
    "lang",
    "license",
    "text",
)
"""Columns of a form; `verdict` is what is filled in: keep or drop."""
INTERFACE = (
    '<View>\n  <Header value="$title"/>\n  <Labels name="label" toName="text">\n'
    + "".join(f'    <Label value="{label}"/>\n' for label in ENTITY_LABELS)
    + '  </Labels>\n  <Text name="text" value="$text"/>\n'
    '  <Choices name="verdict" toName="text" choice="single" required="true">\n'
    '    <Choice value="keep"/>\n    <Choice value="drop"/>\n  </Choices>\n</View>\n'
)
"""The labelling interface of a Label Studio project that these tasks are for."""


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """A table with a byte order mark, so that spreadsheets read it as UTF-8. A cell that they would take for a formula begins
    with an apostrophe (CWE-1236)."""
    out = io.StringIO()
    writer = csv.DictWriter(out, FIELDS, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _inert(_plain(row, name)) for name in FIELDS} for row in rows)
    return "\ufeff" + out.getvalue()


def as_label_studio(rows: Sequence[Mapping[str, Any]]) -> str:
    """Tasks with the record in `data` and its entities as a prediction."""
    tasks = [
        {
            "id": number,
            "data": {name: _plain(row, name) for name in FIELDS if name != "verdict"},
            "predictions": [
                {
                    "model_version": "medpress",
                    "result": [
                        {
                            "id": f"{row['id'][:12]}-{place}", "from_name": "label", "to_name": "text", "type": "labels",
                            "value": {
                                "start": entity["start"], "end": entity["end"],
                                "text": row["text"][entity["start"] : entity["end"]], "labels": [entity["label"]],
                            },
                        }
                        for place, entity in enumerate(row["entities"] or ())
                    ],
                }
            ],
        }
        for number, row in enumerate(rows, 1)
    ]  # fmt: skip
    return json.dumps(tasks, ensure_ascii=False, indent=1) + "\n"


def as_html(rows: Sequence[Mapping[str, Any]]) -> str:
    """A page with the records and their entities coloured; its button saves the verdicts as the CSV that is taken back."""
    return form([{**row, "pieces": pieces(row, len(row["text"]))} for row in rows], VERDICTS)


FORMS: dict[str, Callable[[Sequence[Mapping[str, Any]]], str]] = {
    "html": as_html,
    "csv": as_csv,
    "label-studio": as_label_studio,
}
"""What a sample can be written for, by name."""


def _plain(row: Mapping[str, Any], name: str) -> str:
    if name == "record":
        return str(row["id"])
    value = row.get(name)
    return " › ".join(value) if isinstance(value, list) else str(value or "")


def _inert(text: str) -> str:
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
