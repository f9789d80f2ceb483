"""The program's main job on its own sample documents: read, build, audit, and every promise about them.

The commands run as a user runs them, as processes.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import pytest

import corpus
import ingest
import nlp
from medpress.schema import DOCUMENT, DROPPED, PAGE, RECORD, by_name
from medpress.store import check_manifest, read_dataset
from nlp.normalise import normalise

BIN = Path(sys.executable).parent


def command(*words: object, check: int | None = 0) -> str:
    """Run a console script; returns what it printed."""
    done = subprocess.run([BIN / str(words[0]), *map(str, words[1:])], capture_output=True, text=True, timeout=600)
    output = done.stdout + done.stderr
    assert check is None or done.returncode == check, output
    assert "Traceback" not in output
    return output


@pytest.fixture(scope="module")
def data(tmp_path_factory, sample_docs) -> Path:
    """The sample documents, read and built."""
    folder = tmp_path_factory.mktemp("whole") / "data"
    command("ingest", "auto", sample_docs, "--license", "Apache-2.0", "--data", folder)
    command("corpus", "build", "--data", folder)
    return folder


def rows(data: Path, kind: str) -> list[dict]:
    schema = {"documents": DOCUMENT, "pages": PAGE, "shards": RECORD, "dropped": DROPPED}[kind]
    return read_dataset(data / kind, schema).to_pylist()


def document_of(data: Path, name: str) -> dict:
    (found,) = [row for row in rows(data, "documents") if any(Path(uri).name == name for uri in row["uris"])]
    return found


def texts_of(data: Path, name: str, kind: str = "shards") -> list[dict]:
    doc_id = document_of(data, name)["doc_id"]
    return [row for row in rows(data, kind) if row["doc_id"] == doc_id]


def tree(folder: Path) -> dict[str, str]:
    """Relative name to checksum of every dataset file."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for kind in ("documents", "pages", "shards", "dropped", "quarantine", "tokens", "boilerplate", "index")
        for path in sorted((folder / kind).rglob("*"))
        if path.is_file()
    }


def test_the_audit_passes_and_writes_a_report(data):
    output = command("corpus", "audit", "--data", data)
    assert "FAILED" not in output
    assert "all gates passed" in (data / "audit.html").read_text()


def test_the_audit_fails_when_a_shard_was_changed(data, tmp_path):
    copy = tmp_path / "data"
    shutil.copytree(data, copy)
    victim = next((copy / "shards").rglob("*.parquet"))
    victim.write_bytes(victim.read_bytes()[:-1] + b"x")
    assert "FAILED" in command("corpus", "audit", "--data", copy, check=1)


def test_manifests_are_true(data):
    assert all(
        check_manifest(data / kind) == []
        for kind in ("documents", "pages", "shards", "dropped", "boilerplate", "index")
    )


def test_pages_go_the_right_way(data):
    routes: dict[str, list[str]] = {}
    names = {row["doc_id"]: Path(row["uris"][0]).name for row in rows(data, "documents")}
    for page in sorted(rows(data, "pages"), key=lambda page: page["page"]):
        routes.setdefault(names[page["doc_id"]], []).append(page["route"])
    assert set(routes["heart_failure.pdf"]) == set(routes["hypertension_zh.pdf"]) == {"native"}
    assert set(routes["pneumonia_scanned.pdf"]) == set(routes["stroke_zh_scanned.pdf"]) == {"ocr"}
    assert sorted(set(routes["kidney_injury_mixed.pdf"])) == ["native", "ocr"]
    assert routes["kidney_injury_mixed.pdf"].count("ocr") == 1


def test_the_scanned_chapter_is_there_with_its_page_numbers(data):
    records = texts_of(data, "pneumonia_scanned.pdf")
    pages = {span["page"] for record in records for span in record["spans"]}
    assert pages == {1, 2, 3}
    source = (Path(__file__).parent.parent / "sample_docs/_sources/pneumonia.md").read_text()
    words = {word for word in source.lower().split() if word.isalpha()}
    read = {word for record in records for word in record["text"].lower().split()}
    assert len(words & read) >= 0.95 * len(words)


def test_versions_that_differ_in_the_dose_both_survive(data):
    assert texts_of(data, "amoxicillin_250mg.md")
    assert texts_of(data, "amoxicillin_500mg.md")


def test_of_near_duplicates_one_is_kept_and_the_other_names_it(data):
    kept = texts_of(data, "statin_leaflet_a.html") + texts_of(data, "statin_leaflet_b.html")
    gone = texts_of(data, "statin_leaflet_a.html", "dropped") + texts_of(data, "statin_leaflet_b.html", "dropped")
    assert len(kept) == len(gone) == 1
    assert gone[0]["stage"] == "near duplicates"
    assert gone[0]["duplicate_of"] == kept[0]["id"]
    assert kept[0]["dup_count"] == 2
    assert kept[0]["dup_cluster"] == gone[0]["dup_cluster"]
    assert gone[0]["value"] >= gone[0]["threshold"]


def test_navigation_and_banners_are_gone(data):
    text = " ".join(record["text"] for record in texts_of(data, "iron_deficiency.html")).lower()
    assert "ferritin" in text
    assert "cookie" not in text


def test_no_identifier_of_the_invented_patients_is_anywhere_after_redaction(data):
    secrets = [
        "Ellsworth", "00482917", "Larkspur", "010-7342", "m.ellsworth48", "周慧芳", "31990119580417302X",
        "Cooper's Yard", "Port Ellery", "ZY20230516078", "13900005821", "槐树路88号", "0999-5550137",
    ]  # fmt: skip
    command("corpus", "audit", "--data", data)
    published = [p for kind in ("shards", "dropped", "quarantine") for p in (data / kind).rglob("*.parquet")]
    haystack = "".join(
        str(read_dataset(p.parent, RECORD).to_pydict()) for p in published if p.parent.parent.name == "shards"
    )
    haystack += str(rows(data, "shards") + rows(data, "dropped"))
    haystack += "".join(p.read_text() for p in [*data.glob("audit.*"), *(data / "log").glob("*")])
    assert [secret for secret in secrets if secret in haystack] == []
    assert any(row["phi_actions"] for row in rows(data, "shards") + rows(data, "dropped"))


def test_spans_lead_back_to_the_words_of_page_and_block(data):
    pages = {(page["doc_id"], page["page"]): page["blocks"] for page in rows(data, "pages")}
    checked = 0
    for record in rows(data, "shards"):
        if record["phi_actions"]:
            continue
        covered = 0
        for span in record["spans"]:
            block = pages[record["doc_id"], span["page"]][span["block"]]
            words = record["text"][span["start"] : span["end"]].split()
            source = normalise(block["text"], record["lang"]).split()
            left = "".join(source)  # what is no training text is told apart
            for each in record["left_out"] or ():
                if span["start"] <= each["at"] <= span["end"]:
                    left = left.replace("".join(each["text"].split()), "", 1)
            assert [w.strip("#") for w in words if w.strip("#")] == source or "".join(words) in left
            covered += span["end"] - span["start"]
            checked += 1
        assert covered >= 0.9 * len(record["text"].replace("\n", ""))
    assert checked > 100


def test_entities_are_in_the_shards_and_exact(data):
    labels = set()
    for record in rows(data, "shards"):
        for entity in record["entities"]:
            assert record["text"][entity["start"] : entity["end"]].strip()
            labels.add(entity["label"])
    assert len(labels) >= 4


def test_shards_load_in_datasets_as_they_are(data):
    datasets = pytest.importorskip("datasets")
    loaded = datasets.load_dataset("parquet", data_files=str(data / "shards/**/*.parquet"), cache_dir=str(data / "hf"))
    assert loaded["train"].num_rows == len(rows(data, "shards"))


def test_a_second_run_does_nothing_and_says_so(data, sample_docs):
    before = tree(data)
    assert "Nothing to do" in command("ingest", "auto", sample_docs, "--license", "Apache-2.0", "--data", data)
    assert "Nothing to do" in command("corpus", "build", "--data", data)
    assert tree(data) == before


def test_trace_tells_the_story_of_a_record(data):
    record = texts_of(data, "heart_failure.pdf")[0]
    story = command("corpus", "trace", record["id"], "--data", data)
    assert "heart_failure.pdf" in story
    assert "tokens" in story


def test_a_changed_threshold_changes_the_decision_without_reading_again(data, tmp_path):
    copy = tmp_path / "data"
    shutil.copytree(data, copy)
    output = command("corpus", "build", "--data", copy, "--filters.min-words", "100000")
    assert "Nothing to do" not in output
    assert any(row["reason"] == "length: words" for row in rows(copy, "dropped"))
    assert len(list((copy / "work/build/sections").iterdir())) == len(list((data / "work/build/sections").iterdir()))


def test_killed_at_any_moment_it_carries_on_to_the_same_bytes(data, sample_docs, tmp_path):
    """Kill -9 the whole process group at random moments, then finish."""
    folder = tmp_path / "data"
    inputs = [sample_docs / name for name in ("monographs", "web", "literature", "notes")]
    whole = tmp_path / "unbroken"
    for words in (["ingest", "auto", *inputs], ["corpus", "build"]):
        command(*words, "--data", whole)
    moment = random.Random(7)
    for words in (["ingest", "auto", *inputs], ["corpus", "build"]):
        full = [str(BIN / words[0]), *map(str, words[1:]), "--data", str(folder)]
        kills = 0
        while kills < 4:
            process = subprocess.Popen(
                full, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
            )
            time.sleep(0.3 + 2.5 * moment.random())
            if process.poll() is not None:
                break
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            kills += 1
        command(*words, "--data", folder)
    assert tree(folder) == tree(whole)


def test_workers_and_order_of_inputs_change_no_byte(data, sample_docs, tmp_path):
    inputs = [sample_docs / name for name in ("monographs", "web", "literature")]
    for name, workers, order in (("one", 1, inputs), ("two", 2, inputs[::-1])):
        command("ingest", "auto", *order, "--data", tmp_path / name, "--workers", workers)
        command("corpus", "build", "--data", tmp_path / name, "--workers", workers, "--tokenize")
    assert any(name.startswith("tokens/") for name in tree(tmp_path / "one"))
    assert tree(tmp_path / "one") == tree(tmp_path / "two")


def test_a_cluster_gives_the_bytes_of_local_processes(sample_docs, tmp_path):
    pytest.importorskip("ray", reason="the ray extra is not installed")
    for engine in ("local", "ray"):
        data = tmp_path / engine
        command("ingest", "text", sample_docs / "monographs", "--data", data, "--engine", engine)
        command("corpus", "build", "--data", data, "--engine", engine)
    assert tree(tmp_path / "local") == tree(tmp_path / "ray")


def test_a_record_that_holds_a_benchmark_question_is_dropped_and_no_other(tmp_path, sample_docs):
    question = (
        "A 58-year-old gardener has had numbness of both hands at night for three months, worse on the right. Tapping "
        "over the wrist causes tingling in the thumb and the index finger. Which nerve is most likely compressed?"
    )
    item = {"id": "wrist-7", "question": question, "options": {"A": "Median nerve", "B": "Ulnar nerve"}, "answer": "A"}
    questions = tmp_path / "bench.jsonl"
    questions.write_text(json.dumps(item) + "\n")
    folder = tmp_path / "in"
    shutil.copytree(sample_docs / "monographs", folder / "monographs")
    shutil.copytree(sample_docs / "literature", folder / "literature")
    paragraph = f"In our last examination we asked this. {question.upper()} The median nerve."
    (folder / "leak.txt").write_text("Notes on teaching.\n\n" + paragraph)
    data = tmp_path / "data"
    command("ingest", "auto", folder, "--data", data)
    command("corpus", "build", "--data", data, "--decontaminate", questions)
    dropped = [row for row in rows(data, "dropped") if row["stage"] == "decontamination"]
    assert [row["doc_id"] for row in dropped] == [document_of(data, "leak.txt")["doc_id"]]
    assert any(
        "bench wrist-7" in value
        for name, value in by_name(dropped[0]["topics"]).items()
        if name == "benchmark_question"
    )


@pytest.mark.parametrize(
    ("make", "sentence", "code"),
    [
        (lambda folder: folder / "missing", "does not exist", 2),
        (lambda folder: folder, "there is no file below", 2),
        (lambda folder: (folder / "a.csv").write_text("x") and folder, "no pdf, image, xps or ofd file below", 2),
        (lambda folder: (folder / "a.pdf").write_text("hello") and folder, "not-a-pdf", 1),
        (lambda folder: (folder / "a.pdf").touch() or folder, "The file has no bytes.", 1),
    ],
)
def test_bad_input_is_one_clear_sentence(tmp_path, make, sentence, code):
    folder = tmp_path / "in"
    folder.mkdir()
    output = command("ingest", "pdf", make(folder), "--data", tmp_path / "data", check=code)
    assert sentence in output


def test_a_password_protected_pdf_is_quarantined_and_the_rest_goes_on(tmp_path):
    pymupdf = pytest.importorskip("pymupdf")
    folder = tmp_path / "in"
    folder.mkdir()
    document = pymupdf.open()
    document.new_page().insert_text((72, 72), "Metformin lowers glucose production in the liver.")
    document.save(folder / "open.pdf")
    document.save(folder / "locked.pdf", encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="secret", owner_pw="owner")
    output = command("ingest", "pdf", folder, "--data", tmp_path / "data")
    assert ": The PDF needs a password" in output and "locked" not in output
    assert "2 files = 1 documents + 0 copies of them + 1 quarantined" in output
    command("ingest", "pdf", folder, "--data", tmp_path / "data", "--strict", check=1)


def test_the_door_of_ingest_gives_what_export_gives(data, sample_docs, tmp_path):
    """Byte for byte, on every sample document."""
    command("ingest", "export", "--data", data, "--out", tmp_path)
    exported = {path.stem.rpartition("-")[2]: path.read_bytes() for path in tmp_path.glob("*.md")}
    read = {}
    for row in rows(data, "documents"):
        document = ingest.read(sample_docs / row["uris"][0])
        assert (document.doc_id, document.lang, document.title) == (row["doc_id"], row["lang"], row["title"])
        read[document.doc_id[:8]] = document.markdown.encode()
    assert read == exported and len(read) > 30


def test_the_door_of_nlp_says_what_the_build_says(data):
    for row in rows(data, "shards"):
        said = nlp.tag(row["text"])
        assert said.lang == row["lang"]
        # The build's scores are stored as 32-bit floats.
        for mine, its in ((said.entities, row["entities"]), (said.relations, row["relations"])):
            assert [asdict(one) | {"score": 0} for one in mine] == [one | {"score": 0} for one in its]
            assert [one.score for one in mine] == pytest.approx([one["score"] for one in its], abs=1e-6)


def test_the_door_of_corpus_opens_and_decides_as_the_build(data):
    opened = corpus.open(data)
    kept = opened.shards.to_table(["id", "text"]).to_pylist()
    dropped = [row for row in opened.dropped.to_table().to_pylist() if row["stage"].endswith("duplicates")]
    assert len(kept) == opened.shards.count_rows() == opened.manifest("shards")["rows"]
    assert opened.documents.count_rows() == len(rows(data, "documents")) and opened.instructions.count_rows() == 0
    records = sorted([*kept, *dropped], key=lambda row: row["id"])
    result = corpus.dedup([row["text"] for row in records])
    assert {records[text.place]["id"]: records[text.duplicate_of]["id"] for text in result.dropped} == {
        row["id"]: row["duplicate_of"] for row in dropped
    }
    assert {text.reason for text in result.dropped} == {row["reason"] for row in dropped}
    assert dropped
