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

from corpus.audit.gates import run_gates
from medpress.schema import DOCUMENT
from medpress.store import read_dataset
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
    return f"<html><head><title>{patient.name}</title></head><body><article><p>{text}</p></article></body></html>".encode()


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
        command("ingest", "auto", root / "notes", root / "archive", *fast, "--ocr", "never"),
        command("ingest", "notes", root / "tables", *fast),
        command("ingest", "web", "--url-list", addresses, "--allow-private", "--delay", "0", "--retries", "0", *fast),
        command("ingest", "auto", root / "notes", root / "archive", *fast, "--ocr", "never"),
        command("ingest", "status", "--data", data),
        command("ingest", "plan", root / "notes"),
        command("corpus", "build", *fast, "--tagger", "lexicon"),
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


# The audit fails when a person is planted.

SHARD_COLUMNS = ["text", "title", "source", "license", "section"]


@pytest.fixture
def copy(built, tmp_path) -> Path:
    shutil.copytree(built[0], tmp_path / "data")
    return tmp_path / "data"


def planted(data: Path, name: str = "identifiers") -> None:
    verdicts = run_gates(data)
    gate = next(verdict for gate, verdict in verdicts.items() if name in gate)
    assert not gate.passed, "it was planted and nobody saw it"
    assert leaks(in_memory(gate.finding), PEOPLE) == [], "the finding tells who it is"


def replace(path: Path, column: str, value: object) -> None:
    table = pq.read_table(path)
    index = table.schema.get_field_index(column)
    values = [value, *table[column].to_pylist()[1:]]
    pq.write_table(table.set_column(index, table.schema.field(index), pa.array(values, table.schema.field(index).type)), path)


def a_file(data: Path, kind: str) -> Path:
    return max((data / kind).rglob("*.parquet"), key=lambda path: path.stat().st_size)


@pytest.mark.parametrize("kind", ["shards", "dropped"])
@pytest.mark.parametrize("column", SHARD_COLUMNS)
@pytest.mark.parametrize("what", ["number", "telephone"])
def test_a_number_in_a_column_is_seen(copy, kind, column, what):
    text = f"of {PEOPLE[1].record if what == 'number' else PEOPLE[1].telephone} and more"
    replace(a_file(copy, kind), column, [text] if column == "section" else text)
    planted(copy)


@pytest.mark.parametrize("column", SHARD_COLUMNS)
@pytest.mark.parametrize("who", [PEOPLE[0], PEOPLE[1]], ids=["latin", "chinese"])
def test_a_name_in_a_column_is_seen(copy, column, who):
    path = next(p for p in (copy / "shards").rglob("*.parquet") if "note" in p.parts)
    text = f"a visit of {who.name} to the ward"
    replace(path, column, [text] if column == "section" else text)
    planted(copy)


@pytest.mark.parametrize("kind, column", [("boilerplate", "text"), ("quarantine", "message"), ("instructions", "messages")])
def test_a_person_in_another_dataset_is_seen(copy, kind, column):
    text = f"It is {PEOPLE[1].name}, {PEOPLE[1].record}."
    found = list((copy / kind).rglob("*.parquet"))
    if not found:
        pytest.skip(f"nothing is in {kind}")
    replace(found[0], column, [{"role": "user", "content": text}] if column == "messages" else text)
    planted(copy)


PLACES = [
    "shards/README.md", "shards/croissant.json", "shards/manifest.json", "dropped/manifest.json", "quarantine/manifest.json",
    "build.config.json", "ingest.config.json", "log/ingest.jsonl", "log/build.jsonl", "audit.html", "audit.json",
    "instructions/manifest.json", "journal/replies.jsonl",
]  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("what", ["name", "folder", "telephone"])
def test_a_person_in_a_file_is_seen(copy, place, what):
    path = copy / place
    who = PEOPLE[3]
    word = {"name": who.name, "folder": who.folder, "telephone": who.telephone}[what]
    if place.endswith(".json"):
        content = json.loads(path.read_text("utf-8")) | {"note": word}
        path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    else:
        line = json.dumps({"note": word}, ensure_ascii=False) if place.endswith(".jsonl") else word
        path.parent.mkdir(exist_ok=True)
        with open(path, "a", encoding="utf-8") as file:
            file.write(line + "\n")
    planted(copy)


@pytest.mark.parametrize("place", ["documents/manifest.json", "pages/data", "work", "log/ingest.jsonl", "shards", ""])
def test_a_place_that_is_open_to_others_is_seen(copy, place):
    os.chmod(copy / place, 0o755 if (copy / place).is_dir() else 0o644)
    planted(copy, "private")
