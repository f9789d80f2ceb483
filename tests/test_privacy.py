"""A name, a record number or a telephone, wherever it stood, is in the raw part of a data folder and nowhere else.

The commands run as a user runs them. Each place that may leak is also planted by hand, to see that the audit fails there.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from patient_folders import (
    Patient,
    in_memory,
    leaks,
    patients,
    story,
    texts,
    write_instructions,
    write_note_tables,
    write_patients,
)

from corpus.audit.checks import no_identifiers, raw_text_is_private
from corpus.audit.identifiers import identifiers_left
from medpress.schema import DOCUMENT
from medpress.store import read_dataset

BIN = Path(sys.executable).parent
PEOPLE = patients(200)
IN_TABLES = PEOPLE[160:190]
ON_THE_WEB = PEOPLE[190:]


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """A host whose addresses name patients; some of them are not there."""

    class Ward(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            number = self.path.rpartition("-")[2]
            patient = next((p for p in ON_THE_WEB if p.record == number and p.number % 5), None)
            body = b"" if patient is None else _page(patient)
            self.send_response(200 if patient else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Ward)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def _page(patient: Patient) -> bytes:
    text = story(patient) + " The page was printed."
    return (
        f"<html><head><title>{patient.name}</title></head><body><article><p>{text}</p></article></body></html>".encode()
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, site: str) -> tuple[Path, str]:
    """A data folder of patients, and all that the commands said. The folders were there before, open to all."""
    root = tmp_path_factory.mktemp("hospital")
    data = root / "data"
    for name in ("", "documents/data", "pages/data", "work/ingest", "quarantine/data", "log", "shards", "journal"):
        (data / name).mkdir(mode=0o777, exist_ok=True, parents=True)
        (data / name).chmod(0o777)
    (data / "log" / "ingest.jsonl").touch()
    (data / "log" / "ingest.jsonl").chmod(0o666)
    write_patients(root / "notes", PEOPLE[:80])
    write_patients(root / "archive", PEOPLE[80:160])
    write_note_tables(root / "tables", IN_TABLES)
    addresses = root / "addresses.txt"
    addresses.write_text("".join(f"{site}/{quote(p.name)}-{p.record}\n" for p in ON_THE_WEB), encoding="utf-8")
    instructions = write_instructions(root / "given", PEOPLE[0])
    fast = ["--workers", "2", "--data", data]
    said = [
        command("ingest", "auto", root / "notes", root / "archive", "--license", "CC0-1.0", *fast, "--ocr", "never"),
        command("ingest", "notes", root / "tables", "--license", "CC0-1.0", *fast),
        command(
            "ingest",
            "web",
            "--url-list",
            addresses,
            "--allow-private",
            "--delay",
            "0",
            "--retries",
            "0",
            "--license",
            "CC0-1.0",
            *fast,
        ),
        command("ingest", "status", "--data", data),
        command("ingest", "plan", root / "tables", instructions.parent, root / "notes" / PEOPLE[1].folder),
        command("corpus", "build", *fast, "--tagger", "lexicon", "--filters.min-document-score", "0"),
        command("corpus", "instruct", instructions, "--data", data),
        command("corpus", "audit", "--data", data),
    ]
    return data, "".join(said)


def command(*words: object) -> str:
    """Run a console script under a umask that takes nothing away; returns what it printed."""
    done = subprocess.run(
        [BIN / str(words[0]), *map(str, words[1:])], capture_output=True, text=True, timeout=600, umask=0
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout + done.stderr


def test_nearly_all_patients_were_read(built):
    data, said = built
    rows = read_dataset(data / "documents", DOCUMENT, ["uris", "format", "source_type"]).to_pylist()
    assert {row["format"] for row in rows} >= {"text", "pdf", "docx", "epub", "jats", "web", "table"}
    assert len(rows) >= 150 and "FAILED" not in said, said


def test_nobody_is_told_outside_the_raw_part(built):
    data, _ = built
    assert leaks(texts(data), PEOPLE) == []


def test_nobody_is_told_on_the_console(built):
    _, said = built
    assert leaks(in_memory(said), PEOPLE) == []


def test_the_names_are_still_there_where_they_belong(built):
    data, _ = built
    uris = [uri for row in read_dataset(data / "documents", DOCUMENT, ["uris"]).to_pylist() for uri in row["uris"]]
    assert any(PEOPLE[0].name.replace(" ", "_") in uri for uri in uris)


def test_nothing_of_it_is_open_to_others(built):
    data, _ = built
    wide = [str(path) for path in [data, *data.rglob("*")] if stat.S_IMODE(path.lstat().st_mode) & 0o077]
    assert wide == []


def test_the_search_finds_everybody_in_the_raw_part(built):
    data, _ = built
    found = "\n".join(leaks(texts(data / "documents"), PEOPLE[:80]))
    assert all(any(word in found for word in p.name.lower().split()) for p in PEOPLE[:7])


# The audit fails when a person is planted, wherever that is.

DATASETS = {
    "shards": ("text", "title", "section", "license", "source", "lang", "source_type"),
    "dropped": ("text", "title", "section", "license", "source", "reason"),
    "quarantine": ("message",),
    "instructions": ("messages", "source", "license"),
}
FILES = (
    "shards/README.md", "shards/croissant.json", "shards/manifest.json", "dropped/manifest.json", "quarantine/manifest.json",
    "build.config.json", "ingest.config.json", "log/ingest.jsonl", "log/build.jsonl", "audit.html", "audit.json",
    "instructions/manifest.json", "journal/replies.jsonl",
)  # fmt: skip
WHO = PEOPLE[3]
LATIN = PEOPLE[2]


@pytest.fixture
def copy(built, tmp_path) -> Path:
    shutil.copytree(built[0], tmp_path / "data")
    return tmp_path / "data"


def plant(data: Path, word: str) -> set[str]:
    """Write a word into every column and every file; returns the places, as the audit names them."""
    for kind, columns in DATASETS.items():
        path = next(path for path in sorted((data / kind).rglob("*.parquet")) if "literature" not in path.parts)
        table = pq.read_table(path)
        for column in columns:
            index = table.schema.get_field_index(column)
            value = {"section": [word], "messages": [{"role": "user", "content": word}]}.get(column, word)
            values = pa.array([value, *table[column].to_pylist()[1:]], table.schema.field(index).type)
            table = table.set_column(index, table.schema.field(index), values)
        pq.write_table(table, path)
    for place in FILES:
        path = data / place
        path.parent.mkdir(exist_ok=True)
        if place.endswith(".json"):
            content = json.loads(path.read_text("utf-8")) | {"note": word}
            path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        else:
            line = json.dumps({"note": word}, ensure_ascii=False) if place.endswith(".jsonl") else word
            with open(path, "a", encoding="utf-8") as file:
                file.write(line + "\n")
    return {f"{kind}, {column}" for kind, columns in DATASETS.items() for column in columns} | set(FILES)


@pytest.mark.parametrize(
    "word",
    [WHO.record, WHO.telephone, WHO.name, LATIN.name, LATIN.record, LATIN.telephone, LATIN.folder, f"{LATIN.name.replace(' ', '_')}.pdf"],
    ids=["record", "mobile", "chinese name", "latin name", "second record", "telephone", "folder", "file"],
)  # fmt: skip
def test_a_person_is_seen_wherever_it_stands(copy, word):
    places = plant(copy, f"It is {word} here.")
    found = list(identifiers_left(copy))
    missed = places - {left.place for left in found}
    assert missed == set(), f"it was planted there and nobody saw it: {sorted(missed)}"
    verdict = no_identifiers(copy)
    assert not verdict.passed and leaks(in_memory(f"{verdict.finding} {verdict.rows}"), PEOPLE) == [], (
        "the finding tells who it is"
    )


@pytest.mark.parametrize("place", ["documents/manifest.json", "pages/data", "work", "log/ingest.jsonl", "shards", ""])
def test_a_place_that_is_open_to_others_is_seen(copy, place):
    assert raw_text_is_private(copy).passed
    os.chmod(copy / place, 0o755 if (copy / place).is_dir() else 0o644)
    assert not raw_text_is_private(copy).passed
