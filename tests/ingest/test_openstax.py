"""A collection of OpenStax and its modules are one book: its title and licence, the order of its chapters, each module's path."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ingest.config import IngestConfig
from ingest.containers.openstax import read_collection
from ingest.document import UnreadableError
from ingest.readers import FORMATS
from ingest.run import IngestResult, ingest
from medpress.schema import DOCUMENT, PAGE
from medpress.store import read_dataset

COLLECTION = """<?xml version="1.0"?><col:collection xmlns="http://cnx.rice.edu/collxml" xmlns:md="http://cnx.rice.edu/mdml" xmlns:col="http://cnx.rice.edu/collxml">
<col:metadata><md:title>Invented Physiology</md:title><md:slug>invented-physiology</md:slug><md:language>en</md:language>
<md:license url="http://creativecommons.org/licenses/by/4.0/">Creative Commons Attribution License</md:license></col:metadata>
<col:content><col:module document="m3"/><col:subcollection><md:title>The heart</md:title><col:content><col:module document="m1"/><col:module document="m2"/>
<col:subcollection><md:title>Valves</md:title><col:content><col:module document="m4"/></col:content></col:subcollection></col:content></col:subcollection></col:content></col:collection>"""


def module(title: str, text: str) -> str:
    return (
        '<document xmlns="http://cnx.rice.edu/cnxml"><title>' + title + "</title><metadata xmlns:md='http://cnx.rice.edu/mdml'><md:title>" + title
        + f"</md:title></metadata><content><section><title>Part of {title}</title><para id='p'>{text}</para></section></content></document>"
    )  # fmt: skip


def book(root: Path, modules: dict[str, str]) -> Path:
    (root / "collections").mkdir(parents=True)
    path = root / "collections" / "invented-physiology.collection.xml"
    path.write_text(COLLECTION, encoding="utf-8")
    for name, source in modules.items():
        (root / "modules" / name).mkdir(parents=True)
        (root / "modules" / name / "index.cnxml").write_text(source, encoding="utf-8")
    return path


MODULES = {
    "m1": module("Rate", "It beats 70 times."), "m2": module("Output", "It gives 5 L/min."), "m3": module("Preface", "For students."),
    "m4": module("Mitral", "Its area is 4 cm."), "m9": module("Apart", "No book names 9."),
}  # fmt: skip


def run(tmp_path: Path) -> IngestResult:
    return ingest([str(tmp_path / "books")], FORMATS["auto"], IngestConfig(data=tmp_path / "data", workers=1))


def headings(tmp_path: Path, title: str) -> list[tuple[int, str]]:
    (document,) = (
        row for row in read_dataset(tmp_path / "data" / "documents", DOCUMENT).to_pylist() if row["title"] == title
    )
    pages = [
        row
        for row in read_dataset(tmp_path / "data" / "pages", PAGE).to_pylist()
        if row["doc_id"] == document["doc_id"]
    ]
    pages.sort(key=lambda row: row["page"])
    return [(block["level"], block["text"]) for page in pages for block in page["blocks"] if block["kind"] == "heading"]


def test_a_collection_is_one_book_and_its_modules_are_no_other_documents(tmp_path: Path) -> None:
    book(tmp_path / "books", MODULES)
    result = run(tmp_path)
    assert (result.documents, result.quarantined_files, result.ignored["modules of a book"]) == (2, 0, 4)
    documents = {row["title"]: row for row in read_dataset(tmp_path / "data" / "documents", DOCUMENT).to_pylist()}
    assert set(documents) == {"Invented Physiology", "Apart"}
    whole = documents["Invented Physiology"]
    assert (whole["n_pages"], whole["source_type"], whole["lang"]) == (4, "textbook", "en")
    assert whole["license"] == "http://creativecommons.org/licenses/by/4.0/"
    assert whole["uris"] == ["collections/invented-physiology.collection.xml!invented-physiology.xml"]
    assert headings(tmp_path, "Invented Physiology") == [
        (1, "Preface"), (2, "Part of Preface"), (1, "The heart"), (2, "Rate"), (3, "Part of Rate"), (2, "Output"), (3, "Part of Output"),
        (2, "Valves"), (3, "Mitral"), (4, "Part of Mitral"),
    ]  # fmt: skip
    assert all(row["coverage"] == 1.0 for row in read_dataset(tmp_path / "data" / "pages", PAGE).to_pylist())
    changed = tmp_path / "books" / "modules" / "m2" / "index.cnxml"
    changed.write_text(module("Output", "It gives 6 L/min."), encoding="utf-8")
    os.utime(changed, ns=(1, 1))
    assert run(tmp_path).documents == 2
    texts = {
        block["text"] for row in read_dataset(tmp_path / "data" / "pages", PAGE).to_pylist() for block in row["blocks"]
    }
    assert "It gives 6 L/min." in texts and "It gives 5 L/min." not in texts


def test_missing_modules_are_told(tmp_path: Path) -> None:
    path = book(tmp_path / "books", {"m1": MODULES["m1"]})
    members = list(read_collection(path))
    assert [member.name for member in members if not member.error] == ["invented-physiology.xml"]
    assert sorted(member.name for member in members if member.error) == ["m2.cnxml", "m3.cnxml", "m4.cnxml"]


def test_a_collection_without_its_modules_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="None of the modules"):
        list(read_collection(book(tmp_path / "books", {})))


def test_a_collection_leads_nowhere_else(tmp_path: Path) -> None:
    path = book(tmp_path / "books", {"m1": MODULES["m1"]})
    (tmp_path / "secret.cnxml").write_text(module("Secret", "9"), encoding="utf-8")
    (tmp_path / "books" / "modules" / "m2").mkdir()
    (tmp_path / "books" / "modules" / "m2" / "index.cnxml").symlink_to(tmp_path / "secret.cnxml")
    path.write_text(COLLECTION.replace('"m3"', '"../../../secret"').replace('"m4"', '"/etc/passwd"'), encoding="utf-8")
    (whole, *missing) = read_collection(path)
    assert b"Secret" not in whole.content and len(missing) == 3
