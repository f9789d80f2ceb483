"""Takedown: nothing of a document is left in a data folder but the row that says so."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from small_build import build, doc_id, rows, write_documents

from corpus import takedown
from corpus.audit.gates import run_gates
from corpus.takedown import remove, restore
from corpus.trace import trace
from medpress.errors import UserError
from medpress.lock import exclusive
from medpress.pseudonym import Pseudonyms
from medpress.removed import removed
from medpress.schema import DOCUMENT, INSTRUCTION, QUARANTINE, REMOVED, SEEN
from medpress.store import read_dataset, read_json, write_json, write_rows

BIN = Path(sys.executable).parent
SECRET = "Quagmire"
LETTER = f"Letter of the {SECRET}s. " + " ".join(
    f"The {SECRET} of line {n} rests on heart and lung." for n in range(40)
)
OTHERS = {
    f"web/{n}.txt": f"Page {n}. " + " ".join(f"Word{n}x{m} of vein and bone." for m in range(60)) for n in range(9)
}


def command(*words: object, check: int = 0) -> str:
    done = subprocess.run([BIN / str(words[0]), *map(str, words[1:])], capture_output=True, text=True, timeout=300)
    assert done.returncode == check, done.stdout + done.stderr
    return done.stdout + done.stderr


def places(data: Path, words: str) -> list[str]:
    """Files below a folder that hold these words, also inside Parquet."""
    found = []
    for path in sorted(path for path in data.rglob("*") if path.is_file()):
        held = path.read_bytes()
        if path.suffix == ".parquet":
            held = str(pq.ParquetFile(path).read().to_pylist()).encode()
        if words.encode() in held:
            found.append(path.relative_to(data).as_posix())
    return found


def accounted(data: Path) -> list[str]:
    """Gates that fail."""
    return [
        f"{name}: {v.finding}" for name, v in run_gates(data).items() if v.fails and name != "something to train on"
    ]


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """A build of ten documents with token shards."""
    folder = tmp_path_factory.mktemp("built") / "data"
    write_documents(folder, OTHERS | {"notes/letter.txt": LETTER})
    build(folder, tokenize=True)
    return folder


@pytest.fixture
def data(built, tmp_path) -> Path:
    """The same, to be changed."""
    shutil.copytree(built, tmp_path / "data")
    return tmp_path / "data"


def test_no_word_of_it_is_left_and_everything_else_is_as_it_was(data):
    before = {row["id"]: row for row in rows(data, "shards") if SECRET not in row["text"]}
    assert {"work", "index", "pages", "shards"} <= {place.split("/")[0] for place in places(data, SECRET)}
    ids = [row["id"] for row in rows(data, "shards") if SECRET in row["text"]]
    result = remove(data, ["notes/letter.txt"], "the patient asked")
    assert places(data, SECRET) == []
    assert all(place.startswith("removed/") for place in places(data, ids[0]))
    assert {row["id"]: row for row in rows(data, "shards")} == before
    assert result.rows["shards"] == result.rows["tokens"] == len(ids) and result.work_files > 3
    assert accounted(data) == []
    assert "taken down" in trace(data, doc_id(LETTER)).lines[1]
    assert places(data, "letter.txt") == []
    assert trace(data, next(iter(before))).lines[-1].startswith("  kept:")
    (row,) = read_dataset(data / "removed", REMOVED).to_pylist()
    place = Pseudonyms(data)("notes/letter.txt")
    assert (row["doc_id"], row["places"], row["records"]) == (doc_id(LETTER), [place], sorted(ids))
    (gone,) = read_dataset(data / "quarantine", QUARANTINE).to_pylist()
    assert (gone["kind"], gone["message"]) == ("removed", "It was taken down: the patient asked.")


def test_the_next_build_is_that_of_the_others_alone(data, tmp_path):
    remove(data, [doc_id(LETTER)[:8]], "")
    build(data)
    fresh = tmp_path / "fresh"
    write_documents(fresh, OTHERS)
    build(fresh)
    for kind in ("shards", "index"):
        files = {p.relative_to(fresh): p.read_bytes() for p in (fresh / kind).rglob("*.parquet")}
        assert {p.relative_to(data): p.read_bytes() for p in (data / kind).rglob("*.parquet")} == files
    assert places(data, SECRET) == []


@pytest.mark.parametrize("moment", [0, 1, 4, 9, 16])
def test_killed_at_any_moment_the_next_run_finishes(data, monkeypatch, moment):
    """Any removal of a file, any move into place, any change of a manifest may be the last thing that happened."""
    Pseudonyms(data)  # has its key already, as after any run of `ingest`
    count = 0

    def dying(function):
        def run(*arguments, **keywords):
            nonlocal count
            count += 1
            if count > moment:
                raise KeyboardInterrupt
            return function(*arguments, **keywords)

        return run

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", dying(Path.unlink))
        for name in (
            "move_file",
            "update_manifest",
            "write_row_groups",
            "write_part",
            "replace_segments",
            "_quarantine",
        ):
            patch.setattr(takedown, name, dying(getattr(takedown, name)))
        with pytest.raises(KeyboardInterrupt):
            remove(data, ["notes/letter.txt"], "why")
    if "documents" in {place.split("/")[0] for place in places(data, doc_id(LETTER)[:20])}:
        with pytest.raises(UserError, match=r"`corpus remove --data .*` finishes it"):
            build(data)
    remove(data, [], "")
    assert places(data, SECRET) == [] and accounted(data) == []
    assert removed(data)[doc_id(LETTER)]["reason"] == "why"


def test_what_is_alike_and_what_was_dropped_for_it_is_told(tmp_path):
    write_documents(tmp_path, OTHERS | {"a.txt": LETTER, "b.txt": LETTER + " Copied."})
    build(tmp_path)
    (kept,) = [row for row in rows(tmp_path, "shards") if SECRET in row["text"]]
    other = ({doc_id(LETTER), doc_id(LETTER + " Copied.")} - {kept["doc_id"]}).pop()
    result = remove(tmp_path, [kept["doc_id"]], "")
    assert (result.alike, result.orphans) == ([other], 1)
    build(tmp_path)
    assert [row["doc_id"] for row in rows(tmp_path, "shards") if SECRET in row["text"]] == [other]


def test_models_that_were_trained_on_it_are_told(data, tmp_path):
    """One that learned it, one that began with that one's weights, one that did not: before and after it is gone."""
    letter, other = doc_id(LETTER), doc_id(OTHERS["web/1.txt"])
    begun = {"learned": ("", "one", letter), "after": ("one", "two", other), "neither": ("", "three", other)}
    for name, (model, weights, document) in begun.items():
        write_json(tmp_path / "models" / name / "run.json", {"config": {}, "data": "", "model": model})
        write_json(tmp_path / "models" / name / "result.json", {"weights": weights})
        row = {"id": "r", "doc_id": document, "source": "", "license": "", "first_step": 3, "last_step": 9, "tokens": 5}
        write_rows(tmp_path / "models" / name / "seen" / "data" / "step-00000010.parquet", [row], SEEN)
    models = ("--models", tmp_path / "models", "--data", data)
    for told in (command("corpus", "trace", letter, *models), command("corpus", "remove", letter, *models)):
        assert f"{tmp_path / 'models' / 'learned'} learned 1 of its texts in steps 3 to 9" in told
        assert f"{tmp_path / 'models' / 'after'} began with the weights of {tmp_path / 'models' / 'learned'}" in told
        assert "neither" not in told


def test_instructions_made_from_it_go_too(data):
    (record,) = [row["id"] for row in rows(data, "shards") if SECRET in row["text"]]
    made = [
        {"id": "1", "messages": [], "provenance": {"record": record}},
        {"id": "2", "messages": [], "provenance": {"doc_id": doc_id(LETTER)}},
        {"id": "3", "messages": [], "provenance": {"file": "else.json"}},
        {"id": "4", "messages": [], "provenance": {}},
    ]
    write_rows(data / "instructions/data/stage-3/made.parquet", made, INSTRUCTION)
    remove(data, ["notes/letter.txt"], "")
    assert read_dataset(data / "instructions", INSTRUCTION, ["id"])["id"].to_pylist() == ["3", "4"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("missing.txt", '"missing.txt" is no id'), ("abc", '"abc" is no id'), ("0" * 24, "is no id")],
)
def test_a_name_of_nothing_is_one_sentence(data, name, sentence):
    with pytest.raises(UserError, match=sentence):
        remove(data, [name], "")
    assert removed(data) == {}


def test_a_uri_that_two_documents_share_is_not_guessed(tmp_path):
    write_documents(tmp_path, {"a.txt": LETTER})
    write_documents(tmp_path, {"a.txt": OTHERS["web/0.txt"]})
    with pytest.raises(UserError, match=r"a\.txt\" stands for 2 documents: "):
        remove(tmp_path, ["a.txt"], "")


def test_a_running_build_is_not_disturbed(data):
    with exclusive(data), pytest.raises(UserError, match="another run"):
        remove(data, ["notes/letter.txt"], "")


def test_read_again_it_is_quarantined_until_the_takedown_is_undone(tmp_path):
    """The commands themselves: from a folder and from an archive, whose unpacked files go as well."""
    files, data = tmp_path / "in", tmp_path / "data"
    (files / "web").mkdir(parents=True)
    for uri, text in list(OTHERS.items())[:2]:
        (files / uri).write_text(text)
    (files / "letter.txt").write_text(LETTER)
    with zipfile.ZipFile(files / "mail.zip", "w") as archive:
        archive.writestr("inside/other.txt", LETTER.replace("lung", "liver"))
    command("ingest", "text", files, "--license", "CC0-1.0", "--data", data)
    assert any("unpacked" in place for place in places(data, SECRET))
    build(data)
    uris = [uri for row in read_dataset(data / "documents", DOCUMENT).to_pylist() for uri in row["uris"]]
    (inside,) = [uri for uri in uris if uri.endswith("other.txt")]
    output = command("corpus", "remove", "letter.txt", inside, "--data", data, "--reason", "consent withdrawn")
    assert "letter.txt" not in output and "1 records" in output
    assert places(data, SECRET) == [] and accounted(data) == []
    (files / "renamed.txt").write_text(LETTER)
    for _ in range(2):
        assert "3 removed" in command("ingest", "text", files, "--license", "CC0-1.0", "--data", data)
        assert places(data, SECRET) == []
        build(data)
        assert places(data, SECRET) == [] and accounted(data) == []
    quarantined = read_dataset(data / "quarantine", QUARANTINE).to_pylist()
    called = Pseudonyms(data)
    assert {row["place"] for row in quarantined} == {called(uri) for uri in ("letter.txt", "renamed.txt", inside)}
    restore(data, ["letter.txt"])
    shutil.rmtree(files / "web")
    assert "1 removed" in command("ingest", "text", files, "--license", "CC0-1.0", "--data", data)
    assert build(data).kept == 3


def test_a_file_of_instructions_is_taken_down_and_refused(tmp_path):
    data, file, other = tmp_path / "data", tmp_path / "talks.jsonl", tmp_path / "others.jsonl"
    for path, word in ((file, SECRET), (other, "Weather")):
        rows_in = [
            {"instruction": f"What is {word} {n}?", "output": f"{word} {n} is a thing of its own."} for n in range(4)
        ]
        path.write_text("\n".join(json.dumps(row) for row in rows_in))
    command("corpus", "instruct", file, other, "--data", data)
    assert places(data, SECRET)
    command("corpus", "remove", "talks.jsonl", "--data", data)
    assert places(data, SECRET) == []
    output = command("corpus", "instruct", file, other, "--data", data)
    assert (
        "could not be read: It was taken down." in output
        and "talks" not in output
        and "4 conversations = 4 kept" in output
    )
    assert places(data, SECRET) == []
    assert read_json(data / "instructions/manifest.json")["rows"] == 4
