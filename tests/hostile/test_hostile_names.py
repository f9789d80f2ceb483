"""Links, pipes, devices, and names that are no text: nothing outside of the folder is read, nothing ends the run, no name reaches the terminal raw."""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from make_archives import CASES
from watched import complaint, run

from ingest.document import Probe
from ingest.readers.text import TextReader
from ingest.steps.read_files import read_files
from medpress.location import location, place_of
from medpress.run.task import Task
from medpress.schema import DOCUMENT, PAGE
from medpress.store import read_dataset

NOTE = "The patient was seen in the clinic, and the dose of aspirin was kept at 75 mg daily, as before.\n"
SECRET = "The secret of another folder, which nobody has asked for, is that the treatment was changed.\n"
NAMES = {
    b"bytes\xff\xfe.txt": "no text",
    b"gbk\xb2\xa1\xc0\xfa.txt": "another encoding",
    b"half\xed\xa0\x80.txt": "half of a pair",
    b"title\x1b]0;owned\x07.txt": "sets the title of a terminal",
    b"clear\x1b[2J\x1b[H.txt": "clears a terminal",
    b"colour\xc2\x9b31m.txt": "one character that begins a sequence",
    b"two\nlines.txt": "two lines",
    b"return\r.txt": "goes back in its line",
    b"back\x08\x08\x08.txt": "takes back what was written",
    "right\u202etxt.exe.txt".encode(): "is read from right to left",
    "isolate\u2066a\u2069.txt".encode(): "isolates",
    "nothing\u200b\ufeff.txt".encode(): "has what is not seen",
    b"[red]markup[-red].txt": "is markup of the console",
    b"-rf.txt": "looks like an option",
    b"percent%ff.txt": "looks escaped",
    b"slash\\xff.txt": "looks escaped in our way",
    b"$(touch owned).txt": "is a command",
    b"'\"`;&|.txt": "is quotes",
    b"a!b::c.txt": "looks like a member of an archive",
    b"n" * 250 + b".txt": "is as long as names get",
}


def written(folder: Path) -> list[bytes]:
    """Files of these names, each of its own text, one of them in a folder whose name is no text; their bytes below it."""
    places = []
    for number, name in enumerate(NAMES):
        above = b"\xffolder\x1b[1m" if number == 3 else b"plain"
        os.makedirs(os.path.join(os.fsencode(folder), above), exist_ok=True)
        with open(os.path.join(os.fsencode(folder), above, name), "w", encoding="utf-8") as file:
            file.write(NOTE * 3 + f"Visit {number}.\n")
        places.append(os.path.join(above, name))
    return places


def test_names_are_carried_as_text_there_and_back(tmp_path: Path) -> None:
    for name in NAMES:
        path = Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), name)))
        text = place_of(path)
        text.encode("utf-8")
        assert os.fsencode(location(text)) == os.fsencode(path)
    assert place_of(Path("/a/ordinary name, 病历.txt")) == "/a/ordinary name, 病历.txt"


def test_names_that_are_no_text_are_read_and_shown_escaped(tmp_path: Path) -> None:
    places = written(tmp_path / "in")
    (tmp_path / "in" / "plain" / "terminal.zip").write_bytes(CASES["terminal.zip"]())
    (tmp_path / "in" / "plain" / "empty\x1b[2J.txt").write_text("")
    data = tmp_path / "data"
    result = run(["ingest", "auto", tmp_path / "in", "--data", data, "--workers", "2"], 120)
    assert not complaint(result) and result.code == 0
    documents = read_dataset(data / "documents", DOCUMENT).to_pylist()
    uris = {uri for row in documents for uri in row["uris"]}
    assert {os.fsencode(location(f"/{uri}")) for uri in uris} >= {b"/" + place for place in places}
    outputs = [result.output]
    asked = (["status"], ["export", "--out", tmp_path / "exported"])
    outputs += [run(["ingest", *words, "--data", data], 60).output for words in asked]
    again = run(["ingest", "auto", tmp_path / "in", "--data", data], 60)
    assert "Nothing to do" in again.output and not complaint(again)
    for output in [*outputs, again.output]:
        assert not set(output) & {
            chr(code) for code in (*range(9), *range(11, 32), 127, *range(128, 160), 0x202E, 0x2066)
        }
    for path in (data / "log").iterdir():
        path.read_text(encoding="utf-8")


def test_a_folder_and_data_of_no_text(tmp_path: Path) -> None:
    above = Path(os.fsdecode(os.fsencode(tmp_path) + b"/in\xff"))
    written(above)
    result = run(["ingest", "text", above, "--data", tmp_path / "data", "--workers", "1"], 120)
    assert not complaint(result) and result.code == 0
    data = Path(os.fsdecode(os.fsencode(tmp_path) + b"/data\xfe"))
    result = run(["ingest", "text", above, "--data", data, "--workers", "1"], 120)
    assert not complaint(result) and result.code == 2 and "UTF-8" in result.output
    missing = run(["ingest", "text", Path(os.fsdecode(b"nowhere\xff\x1b[2J"))], 60)
    assert not complaint(missing) and missing.code == 2 and "\x1b[2J" not in missing.output


def test_links_lead_nowhere_outside(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    for folder in (inside / "sub", outside / "deep"):
        folder.mkdir(parents=True)
    (inside / "sub" / "note.txt").write_text(NOTE * 3)
    (outside / "secret.txt").write_text(SECRET * 3)
    (outside / "deep" / "secret.txt").write_text(SECRET * 4)
    links = {
        "file.txt": outside / "secret.txt", "climb.txt": Path("../out/secret.txt"), "folder": outside / "deep", "root": Path("/"),
        "up": Path(".."), "here": Path("."), "itself.txt": Path("itself.txt"), "ring1.txt": Path("ring2.txt"),
        "ring2.txt": Path("ring1.txt"), "nowhere.txt": Path("nothing"), "passwd.txt": Path("/etc/passwd"),
        "zero.txt": Path("/dev/zero"), "memory.txt": Path("/proc/self/mem"), "fine.txt": Path("sub/note.txt"), "chain.txt": Path("file.txt"),
    }  # fmt: skip
    for name, target in links.items():
        (inside / name).symlink_to(target)
    os.mkfifo(inside / "pipe.txt")
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(inside / "socket.txt"))
    with contextlib.suppress(PermissionError):
        os.mknod(inside / "device.txt", 0o600 | 0o020000, os.makedev(1, 5))
    result = run(["ingest", "auto", inside, "--data", tmp_path / "data", "--workers", "1"], 60)
    listening.close()
    assert not complaint(result) and result.code == 0
    (document,) = read_dataset(tmp_path / "data" / "documents", DOCUMENT).to_pylist()
    assert document["uris"] == ["fine.txt", "sub/note.txt"]
    text = str(read_dataset(tmp_path / "data" / "pages", PAGE).to_pylist())
    assert "secret" not in text and "root:" not in text
    assert "Left alone" in result.output and "links" in result.output


def test_what_changes_under_way_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is written to between hashing and reading is read again, and quarantined when it does not rest."""
    path = tmp_path / "moving.txt"
    path.write_text(NOTE * 3)
    times: list[Path] = []
    most = [0]
    real = TextReader.probe

    def probe(self: TextReader, place: Path, options: object) -> Probe:
        times.append(place)
        if len(times) <= most[0]:
            path.write_text(NOTE * (3 + len(times)))
        return real(self, place, options)  # type: ignore[arg-type]

    monkeypatch.setattr(TextReader, "probe", probe)
    for changes, state in ((1, "document"), (9, "failed")):
        times.clear()
        most[0] = changes
        listed = [[str(path), 1, "x", True]]
        arguments = {"files": listed, "formats": ["text"], "most_pages": 16, "options": {}, "passwords": None}
        task = Task("t", "t", arguments, str(tmp_path / f"{state}.parquet"))
        read_files(task, lambda word: None)
        (row,) = pq.read_table(task.output).to_pylist()
        assert row["state"] == state
        if state == "document":
            assert row["doc_id"] == hashlib.sha256(path.read_bytes()).hexdigest()[:24]
        else:
            assert row["kind"] == "changed" and row["message"].endswith(".")
