"""A data folder written from texts, and a build of it in this process: seconds instead of the start of workers."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import corpus.build
from corpus.build import BuildResult
from corpus.config import BuildConfig
from corpus.filters import FilterConfig
from medpress.run.task import Failure, Limits, Spent, Stage, Task
from medpress.schema import DOCUMENT, DROPPED, PAGE, RECORD
from medpress.segments import Segment, append_segments, read_segments, write_part
from medpress.store import read_dataset, read_table, stored

DOCUMENTS_PER_SEGMENT = 40
"""Small, so that a build of a hundred texts has several parts."""
_WORDS = """
heart lung kidney liver bone nerve muscle skin blood vessel valve tissue cell organ gland duct joint tendon
vein slow fast early late mild deep broad narrow common rare simple complex often seldom always usually mostly
partly
"""


def story(seed: int, sentences: int = 14) -> str:
    """A text of its own for each seed."""
    rng = random.Random(seed)
    return " ".join(" ".join(rng.choices(_WORDS.split(), k=9)).capitalize() + "." for _ in range(sentences))


def doc_id(text: str) -> str:
    """What `ingest` calls a file with this text."""
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def write_documents(
    data: Path,
    texts: Mapping[str, str],
    source: str = "site",
    source_type: str = "web",
    license: str = "CC0",
    confidence: float | None = None,
    about: Mapping[str, Mapping[str, Any]] | None = None,
) -> None:
    """Documents, a paragraph a block and a page for each form feed, as `ingest` would have them; by OCR with a confidence.

    `about` says more of some, by place.
    """
    documents, pages = [], []
    for uri, text in texts.items():
        lang = "en" if text.isascii() else "zh"
        documents.append(
            {
                "doc_id": doc_id(text), "uris": [uri], "format": "text", "source_type": source_type, "source": source,
                "title": "", "authors": [], "date": "", "version": "", "supersedes": None, "lang": lang, "license": license,
                "identifiers": {}, "n_pages": 1 + text.count("\f"), "n_ocr_pages": 0, "warnings": [], "extractor": "text 1",
                **(about or {}).get(uri, {}),
            }
        )  # fmt: skip
        for number, said in enumerate(text.split("\f"), 1):
            blocks = [
                {
                    "kind": "paragraph",
                    "level": 0,
                    "text": paragraph,
                    "bbox": None,
                    "confidence": confidence,
                    "join": None,
                }
                for paragraph in said.split("\n\n")
            ]
            page = {"doc_id": doc_id(text), "page": number, "reason": "plain text", "width": 0, "height": 0}
            page["route"] = "text" if confidence is None else "ocr"
            checked = {"source_characters": sum(map(len, said.split())), "coverage": 1.0, "inflation": 1.0}
            pages.append(page | checked | {"confidence": confidence, "numbers_new": [], "blocks": blocks})
    known = {id for s in read_segments(data) for id in read_table(s.files(data)[0], ["doc_id"])["doc_id"].to_pylist()}
    documents = [row for row in documents if row["doc_id"] not in known]
    pages = [row for row in pages if row["doc_id"] not in known]
    documents.sort(key=lambda row: row["doc_id"])
    pages.sort(key=lambda row: (row["doc_id"], row["page"]))
    segments = []
    for start in range(0, len(documents), DOCUMENTS_PER_SEGMENT):
        some = slice(start, start + DOCUMENTS_PER_SEGMENT)
        tables = [
            pa.Table.from_pylist([stored(row, schema) for row in rows[some]], schema=schema)
            for rows, schema in ((documents, DOCUMENT), (pages, PAGE))
        ]
        folders = (data / "documents" / "data", data / "pages" / "data")
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
        segments.append(Segment(*(write_part(folder, table) for folder, table in zip(folders, tables, strict=True))))
    append_segments(data, segments, {"config": {}, "versions": {}})


class InProcess:
    """An executor without workers."""

    limits = Limits()

    def map(self, stage: Stage, tasks: Iterable[Task]) -> Iterator[tuple[Task, Failure | None, Spent]]:
        """Run each task here; an error is a fault of the test or of the stage."""
        for task in tasks:
            Path(task.output).parent.mkdir(parents=True, exist_ok=True)
            stage(task, lambda word: None)
            yield task, None, Spent()

    def close(self) -> None:
        """Nothing to let go."""


def build(data: Path, **settings: Any) -> BuildResult:
    """`corpus build` with the lexicon alone, and with no filter: texts of tests are not prose."""
    settings = {"tagger": "lexicon", "relations": "none", "filters": FilterConfig(use=()), **settings}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(corpus.build, "open_executor", lambda *_, **__: InProcess())
        return corpus.build.build(BuildConfig(data=data, **settings))


def rows(data: Path, kind: str) -> list[dict[str, Any]]:
    """The rows of `shards` or `dropped`."""
    return read_dataset(data / kind, {"shards": RECORD, "dropped": DROPPED}[kind]).to_pylist()
