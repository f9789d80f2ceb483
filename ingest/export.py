"""Write the documents for people and other tools."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pyarrow.compute as pc

from ingest.markdown import to_markdown
from medpress.modes import private
from medpress.schema import DOCUMENT, PAGE, by_name
from medpress.store import make_folder, parts, read_dataset, read_table, write_atomic, write_text


def export_documents(data: Path, out: Path, format: Literal["md", "jsonl"]) -> int:
    """Write all documents below `out`, for the user alone: this is raw text, names and all; returns how many."""
    documents = {row["doc_id"]: row for row in read_dataset(data / "documents", DOCUMENT).to_pylist()}
    with private():
        make_folder(out)
        if format == "md":
            for doc_id, text in _texts(data):
                write_text(out / f"{_file_name(documents[doc_id])}.md", text)
        elif documents:
            write_atomic(out / "documents.jsonl", lambda path: _write_lines(path, data, documents))
    return len(documents)


def _texts(data: Path) -> Iterator[tuple[str, str]]:
    """(doc_id, Markdown) of each document; one bucket is in memory at a time."""
    for file in parts(data / "pages"):
        table = read_table(file, schema=PAGE)
        for doc_id in table["doc_id"].unique().to_pylist():
            pages = table.filter(pc.field("doc_id") == doc_id).sort_by("page").to_pylist()
            yield doc_id, to_markdown(block for page in pages for block in page["blocks"])


def _file_name(document: dict[str, Any]) -> str:
    """The source's own name, made safe, with enough of the id to tell two of the same name apart."""
    stem = re.sub(r"[^\w-]+", "_", Path(document["uris"][0]).name.split(".")[0])
    return f"{stem[:80]}-{document['doc_id'][:8]}"


def _write_lines(path: Path, data: Path, documents: dict[str, dict[str, Any]]) -> None:
    with open(path, "w", encoding="utf-8") as file:
        for doc_id, text in _texts(data):
            row = documents[doc_id] | {"text": text, "identifiers": by_name(documents[doc_id]["identifiers"])}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
