"""Benchmark files in the layouts in which they are published: one row of each, written from its documentation."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from medpress.question_files import read_entries
from medpress.spreadsheet import sheet_rows

STEM = "Which drug is given first?"
FOUR = {"A": "Aspirin", "B": "Heparin", "C": "Insulin", "D": "Digoxin"}
TEXTS = list(FOUR.values())
TABLE = "question,A,B,C,D,answer\n"
LETTERED = [{"letter": a, "content": b} for a, b in FOUR.items()]
DATA = {"Question": STEM, "Options": FOUR, "Correct Answer": "Insulin", "Correct Option": "C"}
HEAD = {"qid": "9", "qtext": STEM, "ra": 3, "answers": [{"aid": i + 1, "atext": t} for i, t in enumerate(TEXTS)]}
MCMLE = {"question": STEM, "answer": "Insulin", "options": FOUR, "meta_info": "history", "answer_idx": "C"}
MEDMCQA = {"id": "e9ad", "question": STEM, "opa": "Aspirin", "opb": "Heparin", "opc": "Insulin", "opd": "Digoxin"}
PUBMEDQA = {"pubid": 7, "question": STEM, "context": {"contexts": ["One.", "Two."], "labels": ["A", "B"]}}
MLEC = {"qid": "1", "qtype": "A1", "qtext": STEM, "qimage": "", "options": FOUR | {"E": "Water"}, "answer": "C"}
CMB = {
    "exam_type": "医师考试",
    "question": STEM,
    "answer": "AC",
    "question_type": "多项选择题",
    "option": FOUR | {"E": ""},
}
XPERT = {"id": "Text-0", "question": f"{STEM}\nAnswer Choices: (A) Aspirin (B) Heparin (C) Insulin (D) Digoxin"}
GPQA = (
    "Record ID,Question,Correct Answer,Incorrect Answer 1,Incorrect Answer 2,Incorrect Answer 3\n"
    f"rec1,{STEM},Insulin,Aspirin,Heparin,Digoxin\n"
)
CMEXAM = f'Question,Options,Answer,Explanation\n{STEM},"A Aspirin\nB Heparin\nC Insulin\nD Digoxin",C,why\n'
ENDINGS = {"id": "x", "sent1": STEM, "sent2": "", **{f"ending{i}": t for i, t in enumerate(TEXTS)}, "label": 2}

LAYOUTS: dict[str, tuple[str, Any, str]] = {
    "medqa": ("jsonl", [MCMLE], "C"),
    "medqa, options as a list": (
        "jsonl",
        [MCMLE | {"options": [{"key": a, "value": b} for a, b in FOUR.items()]}],
        "C",
    ),
    "medqa for lm-eval": ("jsonl", [ENDINGS], "C"),
    "medqa nested": ("jsonl", [{"id": "1", "data": DATA, "subject_name": None}], "C"),
    "citrus": ("jsonl", [{"Q": STEM, "A": "C", "OP": [{"op_idx": a, "op_value": b} for a, b in FOUR.items()]}], "C"),
    "medmcqa from 0": ("jsonl", [MEDMCQA | {"cop": 2}, MEDMCQA | {"cop": 0}], "C"),
    "medmcqa from 1": ("json", [MEDMCQA | {"cop": 3}, MEDMCQA | {"cop": 4}], "C"),
    "care_qa": ("jsonl", [{"question": STEM, **{f"op{i + 1}": t for i, t in enumerate(TEXTS)}, "cop": 3.0}], "C"),
    "mmlu": ("parquet", [{"question": STEM, "subject": "anatomy", "choices": TEXTS, "answer": 2}], "C"),
    "mmlu without a head": ("csv", f"{STEM},Aspirin,Heparin,Insulin,Digoxin,C\n" * 2, "C"),
    "mmlu-pro": ("jsonl", [{"question": STEM, "options": TEXTS, "answer": "C", "answer_index": 2}], "C"),
    "cmmlu": ("csv", f",Question,A,B,C,D,Answer\n0,{STEM},Aspirin,Heparin,Insulin,Digoxin,C\n", "C"),
    "ceval": ("csv", f"id,{TABLE}0,{STEM},Aspirin,Heparin,Insulin,Digoxin,C\n", "C"),
    "cmb": ("json", [CMB], "AC"),
    "cmexam": ("csv", CMEXAM, "C"),
    "cmexam, several": ("csv", CMEXAM.replace(",C,", ",AC,"), "AC"),
    "mlec-qa": ("json", [MLEC], "C"),
    "medxpertqa": ("jsonl", [XPERT | {"options": LETTERED, "label": "C"}], "C"),
    "medxpertqa by letter": ("jsonl", [XPERT | {"options": FOUR, "label": "C"}], "C"),
    "headqa": ("json", {"exams": {"2013": {"name": "x", "data": [HEAD]}}}, "C"),
    "tabs": ("tsv", TABLE.replace(",", "\t") + f"{STEM}\tAspirin\tHeparin\tInsulin\tDigoxin\tA, C\n", "AC"),
    "columns of rows": (
        "json",
        {k: {"0": v} for k, v in MEDMCQA.items() if k != "id"} | {"answer_idx": {"0": "C"}},
        "C",
    ),
    "several in a list": ("jsonl", [{"question": STEM, "choices": TEXTS, "answer": ["A", "C"]}], "AC"),
    "answer as text": ("jsonl", [{"question": STEM, "choices": TEXTS, "answer": "insulin"}], "C"),
    "answer named": ("jsonl", [{"问题": STEM, "选项": FOUR, "答案": "C"}], "C"),
}


def write(folder: Path, suffix: str, content: Any) -> Path:
    path = folder / f"exam.{suffix}"
    if suffix == "parquet":
        pq.write_table(pa.Table.from_pylist(content), path)
    elif suffix == "jsonl":
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in content), encoding="utf-8")
    elif suffix == "json":
        path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    else:
        path.write_text(content, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", sorted(LAYOUTS))
def test_published_layouts(tmp_path: Path, name: str) -> None:
    suffix, content, answer = LAYOUTS[name]
    entry = read_entries(write(tmp_path, suffix, content))[0]
    assert (entry.question, entry.problem) == (STEM, "")
    expected = FOUR | {"E": "Water"} if name == "mlec-qa" else FOUR
    assert (dict(entry.options), entry.answer) == (expected, answer)


def test_gpqa_mixes_its_options_the_same_way_each_time(tmp_path: Path) -> None:
    path = write(tmp_path, "csv", GPQA + GPQA.splitlines()[1].replace("rec1", "rec2") + "\n")
    first, second = read_entries(path)
    assert sorted(first.options.values()) == sorted(TEXTS) and first.options[first.answer] == "Insulin"
    assert second.options[second.answer] == "Insulin" and read_entries(path) == [first, second]
    many = GPQA.splitlines()[0] + "\n" + "".join(f"rec{i},{STEM},Insulin,Aspirin,Heparin,Digoxin\n" for i in range(80))
    assert {entry.answer for entry in read_entries(write(tmp_path, "csv", many))} == set("ABCD")


def test_pubmedqa_has_its_words_as_options_and_its_abstract(tmp_path: Path) -> None:
    (entry,) = read_entries(write(tmp_path, "jsonl", [PUBMEDQA | {"long_answer": "So.", "final_decision": "maybe"}]))
    assert (dict(entry.options), entry.answer) == ({"A": "yes", "B": "no", "C": "maybe"}, "C")
    assert (entry.contexts, entry.id) == (("One.", "Two."), "7")


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"question": STEM, "options": FOUR}, "no answer"),
        ({"question": STEM, "options": FOUR, "answer": "E"}, "the answer is not among the options"),
        ({"question": STEM, "options": FOUR, "answer": "C", "answer_index": 1}, "answers that contradict each other"),
        ({"question": STEM, "options": {"A": "x", "C": "y"}, "answer": "A"}, "options that are not lettered A, B, C"),
        ({"question": STEM, "answer": "Insulin"}, "no options"),
        (MEDMCQA | {"cop": -1}, "no answer"),
        ({"question": STEM, "choices": ["a"] * 30, "answer": 2}, "more options than letters"),
    ],
)
def test_what_cannot_be_asked_says_why(tmp_path: Path, row: dict[str, Any], problem: str) -> None:
    assert [entry.problem for entry in read_entries(write(tmp_path, "jsonl", [row]))] == [problem]


def test_options_that_stand_in_another_file(tmp_path: Path) -> None:
    stems = write(
        tmp_path, "jsonl", [{"id": f"{i}-0-x", "Q": f"Case {i}. {STEM} Name it.", "A": "B", "OP": []} for i in (7, 8)]
    )
    other = tmp_path / "options.json"
    rows = [
        {"diagId": i, "final_question": f"Case {i}. {STEM}", "final_options": json.dumps({"options": FOUR})}
        for i in (7, 9)
    ]
    other.write_text(json.dumps(rows))
    joined, alone = read_entries(stems, options=other)
    assert (dict(joined.options), joined.answer, joined.problem) == (FOUR, "B", "")
    assert alone.problem == "no options"
    with pytest.raises(ValueError, match="no options"):
        read_entries(stems, options=stems)


def test_every_jmed_question_has_its_options(real_data: Path) -> None:
    folder = real_data / "qa" / "citrus"
    joined = read_entries(folder / "unified_jmed.jsonl", options=folder / "jmed_options.xlsx")
    alone = read_entries(folder / "jmed_options.xlsx")
    assert [len(joined), len(alone)] == [1094, 1094]
    assert all(entry.problem == "" and len(entry.options) == 5 for entry in (*joined, *alone))
    assert [(dict(a.options), a.answer) for a in joined] == [(dict(b.options), b.answer) for b in alone]


def workbook(sheet: str, shared: str = "") -> bytes:
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    relations = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(
            "xl/workbook.xml", f'<workbook {main} {relations}><sheets><sheet name="x" r:id="r9"/></sheets></workbook>'
        )
        package.writestr(
            "xl/_rels/workbook.xml.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            '<Relationship Id="r9" Target="worksheets/other.xml"/></Relationships>',
        )
        package.writestr("xl/worksheets/other.xml", f"<worksheet {main}><sheetData>{sheet}</sheetData></worksheet>")
        if shared:
            package.writestr("xl/sharedStrings.xml", f"<sst {main}>{shared}</sst>")
    return file.getvalue()


def test_workbooks_with_shared_texts_gaps_and_readings(tmp_path: Path) -> None:
    head = '<row><c r="A1" t="s"><v>0</v></c><c r="C1" t="inlineStr"><is><t>answer</t></is></c></row>'
    body = '<row><c r="A2" t="s"><v>1</v></c><c r="B2"><v>5</v></c><c r="C2" t="str"><f>1</f><v>yes</v></c></row>'
    shared = "<si><r><t>ques</t></r><r><t>tion</t></r></si><si><t>漢</t><rPh><t>kan</t></rPh></si>"
    assert list(sheet_rows(io.BytesIO(workbook(head + body, shared)))) == [{"question": "漢", "answer": "yes"}]


def test_hostile_workbooks_are_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    for content in (b"PK\x03\x04 nothing", workbook("<row><c>")):
        with pytest.raises(ValueError, match="not a whole Excel workbook"):
            list(sheet_rows(io.BytesIO(content)))
    far = '<row><c r="ZZZ1" t="inlineStr"><is><t>q</t></is></c></row>' * 2
    assert list(sheet_rows(io.BytesIO(workbook(far)))) == [{}]
    monkeypatch.setattr("medpress.spreadsheet.MAX_BYTES", 1_000)
    with pytest.raises(ValueError, match="unpacks to more"):
        list(sheet_rows(io.BytesIO(workbook(f"<row>{'<c/>' * 1000}</row>"))))
