"""The gates of an audit: a clean build passes all of them, and of ten planted faults each fails its gate and is named."""

from __future__ import annotations

import json
import shutil
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_build import build, doc_id, story, write_documents

from corpus.audit.gates import Gate, read_gates, run_gates
from corpus.audit.junit import junit
from corpus.audit.verdict import Verdict
from medpress.errors import UserError
from medpress.schema import RECORD
from medpress.store import parts, read_manifest, read_table, write_manifest, write_rows

TEXTS = {
    f"{n}.txt": f"{story(n, 9 + n % 8)}\n\nThe dose is {n + 2} mg of metformin {'with or without that' if n % 2 else 'a day'}."
    for n in range(30)
}
QUESTION = (
    "A gardener of forty noticed a spreading rash on both ankles after pruning roses; which organism grows on culture?"
)
FOOTBALL = " ".join(
    f"The striker passed the ball in minute {n} and the crowd sang until the whistle." for n in range(30)
)
RUBBISH = " ".join(["tbc ~pqxt hrrt|c rnvxs |||; wqlst fnnl~ti cj0xx lwrrk; vvhcn thxrt bl0xxd ::; prssvr~ ffll"] * 6)
PAGE = story(77, 20)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clean")
    (folder / "bench.json").write_text(json.dumps([{"question": QUESTION, "answer": "Sporothrix"}]))
    write_documents(folder / "data", TEXTS)
    build(folder / "data", decontaminate=(folder / "bench.json",))
    return folder / "data"


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Faults that stand in the documents."""
    folder = tmp_path_factory.mktemp("faulty") / "data"
    write_documents(folder, TEXTS)
    write_documents(folder, {"unlicensed.txt": story(70)}, license="")
    write_documents(folder, {"football.txt": FOOTBALL})
    write_documents(folder, {"scan.txt": RUBBISH}, confidence=0.4)
    write_documents(folder, {"doubled.txt": f"{PAGE}\f{PAGE}"})
    write_documents(folder, {"letter.txt": story(71)}, source="Smith_John")
    build(folder)
    return folder


def verdict(data: Path, name: str) -> Verdict:
    return run_gates(data, [gate for gate in read_gates() if gate.name == name])[name]


def test_a_clean_build_passes(clean: Path) -> None:
    told = run_gates(clean)
    assert {name: one.rows for name, one in told.items() if one.fails} == {}
    assert {name for name, one in told.items() if one.outcome == "warning"} == {
        "scores of mentions"
    }  # of the lexicon alone
    assert {name for name, one in told.items() if not one.checked} == {
        "OCR confidence",
        "token shards",
        "augmented text",
    }


@pytest.mark.parametrize(
    ("gate", "texts"),
    [
        ("licence unknown", {story(70)}),
        ("relevance", {FOOTBALL, RUBBISH}),
        ("OCR confidence", {RUBBISH}),
        ("damaged text", {RUBBISH}),
        ("doubled pages", {f"{PAGE}\f{PAGE}"}),
        ("names of collections", {story(71)}),
    ],
    ids=["unlicensed", "off topic", "OCR", "rubbish", "doubled page", "name of a folder"],
)
def test_a_fault_of_a_document_fails_its_gate_and_is_named(faulty: Path, gate: str, texts: set[str]) -> None:
    found = verdict(faulty, gate)
    assert found.outcome == "FAILED"
    assert {row["doc_id"] for row in found.rows} == set(map(doc_id, texts))


def rewrite(data: Path, change: Callable[[list[dict[str, Any]]], None]) -> None:
    """Change the rows of the first shard, as a fault of the program would: with a manifest that fits."""
    file = parts(data / "shards")[0]
    rows = read_table(file).to_pylist()
    change(rows)
    write_rows(file, rows, RECORD)
    write_manifest(data / "shards", kind="shards", config=read_manifest(data / "shards")["config"], versions={})


def with_text(text: str) -> Callable[[list[dict[str, Any]]], None]:
    def change(rows: list[dict[str, Any]]) -> None:
        rows[0]["text"] += text

    return change


def again(rows: list[dict[str, Any]]) -> None:
    rows.append(rows[0] | {"id": "f" * 24, "doc_id": "e" * 24})


@pytest.mark.parametrize(
    ("gate", "change", "named"),
    [
        ("no identifiers", with_text("\n\nTelephone: +1 617 555 0199."), ("record", 0)),
        ("no identifiers", with_text("\n\n住院号：1234"), ("record", 0)),
        ("contamination", with_text(f"\n\n{QUESTION}"), ("id", 0)),
        ("numbers", with_text("\n\nThe dose is 975 mg."), ("id", 0)),
        ("repeated text", again, ("id", -1)),
    ],
    ids=["telephone number", "short record number", "benchmark item", "changed number", "repeated article"],
)
def test_a_fault_of_a_record_fails_its_gate_and_is_named(
    clean: Path, tmp_path: Path, gate: str, change: Callable[..., None], named: tuple[str, int]
) -> None:
    data = Path(shutil.copytree(clean, tmp_path / "data"))
    rewrite(data, change)
    found = verdict(data, gate)
    column, row = named
    assert found.outcome == "FAILED"
    assert [one[column] for one in found.rows] == [read_table(parts(data / "shards")[0])["id"].to_pylist()[row]]


def test_a_score_that_is_the_same_for_all_is_named(clean: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(clean, tmp_path / "data"))
    for file in parts(data / "shards"):
        rows = read_table(file).to_pylist()
        for row in rows:
            row["quality"] = [
                one | ({"value": 0.5} if one["name"] == "quality_score" else {}) for one in row["quality"]
            ]
        write_rows(file, rows, RECORD)
    found = verdict(data, "constant scores")
    assert found.outcome == "FAILED"
    assert [(row["score"], row["value"], row["records"]) for row in found.rows] == [("quality_score", 0.5, 30)]


# A file of gates.


def of(tmp_path: Path, text: str) -> list[Gate]:
    file = tmp_path / "gates.toml"
    file.write_text(text)
    return read_gates(file)


def test_a_file_changes_a_gate_and_adds_another(clean: Path, tmp_path: Path) -> None:
    gates = of(
        tmp_path,
        """
        ["constant scores"]
        severity = "off"
        [relevance]
        owner = "lawyer"
        severity = "warning"
        at_most = -1.0
        ["short records"]
        owner = "model engineer"
        rows = "select id, tokens from records where tokens < 1000 order by tokens, id"
        at_most = 29
        """,
    )
    told = run_gates(clean, [gate for gate in gates if gate.name in ("relevance", "short records", "constant scores")])
    assert list(told) == ["relevance", "short records"]
    assert (told["relevance"].outcome, told["relevance"].owner) == ("warning", "lawyer")
    assert told["short records"].finding == "30 rows found (29 allowed)" and told["short records"].fails
    assert len(told["short records"].rows) == 20


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("limit = 3", "outside of any gate"),
        ("[relevance]\nat_mots = 3", "'at_mots' in [relevance]"),
        ("[relevance]\nat_most = 'few'", "'at_most' in [relevance]"),
        ("[relevance]\nseverity = 'grave'", "severity of [relevance] is one of error, warning, off"),
        ("[new]\nowner = 'nurse'", "owner of [new]"),
        ("[new]\nowner = 'lawyer'", "[new] needs either rows"),
        ("[new", "is not valid TOML"),
    ],
)
def test_what_is_wrong_in_a_file_is_told(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(UserError) as error:
        of(tmp_path, text)
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("select * from nowhere", "nowhere"),
        ("select tokns from records", "tokns"),
        ("select content from read_text('/etc/hostname')", "could not be checked"),
        ("select * from read_csv('/etc/passwd')", "could not be checked"),
        ("copy records to '/tmp/records.csv'", "could not be checked"),
    ],
)
def test_a_question_that_cannot_be_asked_fails_and_reads_no_file(clean: Path, question: str, told: str) -> None:
    found = run_gates(clean, [Gate(name="asked", rows=question)])["asked"]
    assert found.fails and told in found.finding and not found.rows


def test_junit_has_a_case_for_each_gate_and_its_rows(faulty: Path) -> None:
    told = run_gates(faulty, [gate for gate in read_gates() if gate.name in ("schema", "relevance")])
    suite = ElementTree.fromstring(junit(told))[0]
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert {case.get("name"): case.get("classname") for case in suite} == {
        "schema": "data engineer",
        "relevance": "clinician",
    }
    (failure,) = suite.iter("failure")
    assert doc_id(FOOTBALL) in (failure.text or "")
