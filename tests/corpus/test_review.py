"""The human loop: a sample is the same each time, its forms come back, and the next build honours what was said."""

from __future__ import annotations

import csv
import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from small_build import build, rows, story, write_documents

from corpus.audit.database import Database
from corpus.audit.second_reading import read_again, signs
from corpus.cli import app
from corpus.filters import FilterConfig
from corpus.review.aside import set_aside, settle
from corpus.review.draw import draw
from corpus.review.precision import wilson
from corpus.review.run import sample
from corpus.review.verdicts import precision, take_in
from medpress.errors import UserError
from medpress.store import read_json


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("review") / "data"
    write_documents(folder, {f"{n}.txt": story(n) for n in range(30)}, source="large")
    write_documents(folder, {f"s{n}.txt": story(100 + n) for n in range(6)}, source="small", source_type="textbook")
    write_documents(folder, {"formula.txt": f"=1+1 is no cell. {story(200)}"}, source="odd")
    build(folder)
    return folder


def test_the_same_seed_draws_the_same_records_and_each_stratum_has_its_part(data: Path) -> None:
    db = Database(data)
    drawn = draw(db, 12, "7", ["source"])
    assert drawn == draw(db, 12, "7", ["source"]) and drawn != draw(db, 12, "8", ["source"])
    assert Counter(row["stratum"] for row in drawn) == {"large": 9, "small": 2, "odd": 1}
    assert len(draw(db, 100, "7")) == 37 and len({row["id"] for row in draw(db, 100, "7")}) == 37
    db.close()


def read_form(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def write_form(file: Path, filled: list[dict[str, str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, filled[0])
        writer.writeheader()
        writer.writerows(filled)


def test_a_table_comes_back_and_no_cell_is_a_formula(data: Path, tmp_path: Path) -> None:
    form = tmp_path / "sample.csv"
    assert sample(data, 100, "1", [], "csv", form) == 37
    table = read_form(form)
    assert all(not row["text"].startswith("=") for row in table) and any("=1+1" in row["text"] for row in table)
    (noted,) = (read_json(file) for file in (data / "samples").glob("*.json") if read_json(file)["seed"] == "1")
    assert [row["id"] for row in noted["records"]] == [row["record"] for row in table]
    for number, row in enumerate(table):
        row["verdict"] = ("drop", "keep", "keep", "")[number % 4]
    write_form(form, table)
    assert take_in(data, form).verdicts == 28
    assert take_in(data, form).empty == 9
    (one,) = precision(data)
    assert (one.reviewed, one.kept) == (28, 18) and one.interval == wilson(18, 28)


def label_studio(tasks: list[dict[str, Any]], verdict: str) -> list[dict[str, Any]]:
    """What Label Studio exports of tasks that were answered."""
    said = {"from_name": "verdict", "to_name": "text", "type": "choices", "value": {"choices": [verdict]}}
    return [{**task, "annotations": [{"id": 1, "result": [*task["predictions"][0]["result"], said]}]} for task in tasks]


def test_tasks_of_label_studio_come_back_and_the_next_build_honours_them(data: Path, tmp_path: Path) -> None:
    form = tmp_path / "tasks.json"
    sample(data, 3, "2", [], "label-studio", form)
    assert "verdict" in (tmp_path / "tasks.interface.xml").read_text()
    tasks = json.loads(form.read_text())
    for task in tasks:
        for result in task["predictions"][0]["result"]:
            value = result["value"]
            assert task["data"]["text"][value["start"] : value["end"]] == value["text"]
    form.write_text(json.dumps(label_studio(tasks[:2], "drop") + label_studio(tasks[2:], "keep")))
    assert take_in(data, form).verdicts == 3
    said = {task["data"]["record"] for task in tasks[:2]}
    build(data)
    dropped = {row["id"]: row for row in rows(data, "dropped")}
    assert said <= dropped.keys() and {dropped[id]["stage"] for id in said} == {"review"}
    assert not said & {row["id"] for row in rows(data, "shards")}
    assert take_in(data, form).unknown == 2  # they are in the shards no more
    # One that somebody keeps passes whatever the filters say; one with another text is judged like any other.
    strict = FilterConfig(use=("length",), min_words=10_000)
    result = build(data, filters=strict)
    kept = {row["id"] for row in rows(data, "shards")}
    assert tasks[2]["data"]["record"] in kept and result.kept == len(kept) < 37
    assert {row["stage"] for row in rows(data, "dropped") if row["id"] not in kept} == {"review", "filter"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("record,content_hash,sample,verdict\na,b,c,perhaps\n", "the verdict 'perhaps'"),
        ("record,verdict\na,keep\n", "is no form"),
        ("[1, 2]", "no export of Label Studio"),
        ("[" * 100_000, "not readable as JSON"),
        (
            '[{"data": {"record": "a"}, "annotations": [{"result": [{"from_name": "verdict", "value": 3}]}]}]',
            "is no form",
        ),
    ],
)
def test_a_wrong_form_is_told_in_a_sentence(data: Path, tmp_path: Path, text: str, told: str) -> None:
    form = tmp_path / "form"
    form.write_text(text)
    with pytest.raises(UserError) as error:
        take_in(data, form)
    assert told in str(error.value)


def test_the_interval_is_wilsons() -> None:
    """Against the equation that defines it: the ends are the shares that lie 1.96 standard errors from what was seen."""
    for hits, size in ((0, 10), (3, 10), (10, 10), (190, 200), (1, 3000)):
        seen = wilson(hits, size)
        for end in (seen.low, seen.high):
            if 0 < end < 1:
                assert math.isclose(
                    abs(hits / size - end), 1.959963984540054 * math.sqrt(end * (1 - end) / size), rel_tol=1e-9
                )
    assert (wilson(0, 10).low, wilson(10, 10).high) == (0.0, 1.0)
    assert (round(wilson(190, 200).low, 4), round(wilson(190, 200).high, 4)) == (0.9104, 0.9726)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Mary Hollingworth came on 12/03/2019, call 617 555 0199 22.", {"name", "day", "digits"}),
        ("Write to m.h@clinic.example about it.", {"address"}),
        ("患者王秀英于2019年3月12日入院。", {"name", "day"}),
        ("[NAME-1] came on [DATE-2]; she takes 500 mg twice, 1990-2000, p < 0.001, 10.1016/j.cell.2019.", set()),
    ],
)
def test_a_second_reading_sees_the_obvious(text: str, kinds: set[str]) -> None:
    assert set(signs(text, names=True)) == kinds
    reading = read_again([{"id": "a", "doc_id": "d", "source_type": "note", "text": text}])
    assert bool(reading.rows) == bool(kinds) and text not in str(reading.rows)


def test_what_is_set_aside_is_listed_and_taken_in_or_left_out_by_one_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, worth = tmp_path / "data", FilterConfig(use=("worth",))
    ferry = (
        "The ferry leaves the harbour at nine and calls at {} islands before noon; buy tickets number {} on board. " * 6
    )
    write_documents(data, {f"{n}.txt": ferry.format(*range(n, n + 12)) for n in (1, 40)}, source="travel")
    write_documents(data, {"story.txt": story(1)}, source="ward")
    built = build(data, filters=worth)
    assert built.kept == 1 and built.dropped == {("set aside", "worth: document_score"): 2}
    first, second = set_aside(data)
    assert (first.source, len(first.records)) == ("travel", 1) and first.beginning.startswith("The ferry leaves")

    assert app(["review", "--data", str(data)], result_action="return_value") == 0
    assert first.doc_id in capsys.readouterr().out
    assert app(["review", "--keep", first.doc_id[:8], "--data", str(data)], result_action="return_value") == 0
    assert "1 records are to be kept, 0 to be dropped" in capsys.readouterr().out
    assert build(data, filters=worth).kept == 2 and [one.doc_id for one in set_aside(data)] == [second.doc_id]

    assert settle(data, [], ["all"]) == (0, 1)
    assert build(data, filters=worth).dropped == {("review", "a person said so"): 1} and set_aside(data) == []
    assert settle(data, [second.doc_id], [first.doc_id]) == (1, 1)  # on second thoughts
    assert {row["doc_id"] for row in rows(data, "shards")} >= {first.doc_id}
    build(data, filters=worth)
    kept = {row["doc_id"] for row in rows(data, "shards")}
    assert second.doc_id in kept and first.doc_id not in kept and precision(data) == []
    with pytest.raises(UserError):
        settle(data, ["nowhere.txt"], [])
