"""The sample documents are what `sample_docs/README.md` promises."""

from __future__ import annotations

import difflib
import json
import re
import runpy
from collections.abc import Callable
from pathlib import Path

import pymupdf
import pytest

SAMPLES = Path(__file__).resolve().parent.parent / "sample_docs"
DOCUMENT_FOLDERS = ("textbook", "guideline", "web", "literature", "monographs", "notes")
SOURCE_TEXTS = {
    "textbook/heart_failure.pdf": "heart_failure.md",
    "textbook/pneumonia_scanned.pdf": "pneumonia.md",
    "textbook/kidney_injury_mixed.pdf": "kidney_injury.md",
    "textbook/peptic_ulcer_zh.txt": "peptic_ulcer_zh.txt",
    "guideline/hypertension_zh.pdf": "hypertension_zh.md",
    "guideline/stroke_zh_scanned.pdf": "stroke_zh.md",
    "guideline/sepsis_2021.pdf": "sepsis_2021.md",
    "guideline/sepsis_2024.pdf": "sepsis_2024.md",
    "guideline/atrial_fibrillation.docx": "atrial_fibrillation.md",
    "guideline/falls_in_older_people.epub": "falls_epub.md",
    "web/lipid_zh.html": "lipid_zh.html",
}
SCANNED = ("textbook/pneumonia_scanned.pdf", "guideline/stroke_zh_scanned.pdf")


@pytest.fixture(scope="module")
def made() -> dict[str, Callable[[Path], None]]:
    """What make.py makes: path -> function."""
    return runpy.run_path(str(SAMPLES / "make.py"), run_name="make")["MADE"]


def documents() -> list[Path]:
    """Every document, by the rule that discovery follows."""
    found = [path for folder in DOCUMENT_FOLDERS for path in (SAMPLES / folder).rglob("*") if path.is_file()]
    return sorted(path for path in found if path.suffix != ".py" and "__pycache__" not in path.parts)


RECIPE = ("questions_practice", "questions_test", "reasoning_choices")


def text_of(path: str) -> str:
    """The text that a document was made from, or its own, with white space evened out."""
    source = SAMPLES / "_sources" / SOURCE_TEXTS[path] if path in SOURCE_TEXTS else SAMPLES / path
    return " ".join(source.read_text("utf-8").split()).lower()


def json_lines(name: str) -> list[dict]:
    return [json.loads(line) for line in (SAMPLES / "_recipe" / name).read_text("utf-8").splitlines()]


def test_every_made_file_is_there_and_the_folder_is_small(made: dict[str, Callable[[Path], None]]) -> None:
    assert set(SOURCE_TEXTS) | {"_tables/ward_rounds.csv"} | {f"_recipe/{name}.jsonl" for name in RECIPE} == set(made)
    assert all((SAMPLES / path).stat().st_size > 500 for path in made)
    committed = [path for path in SAMPLES.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert sum(path.stat().st_size for path in committed) < 4_000_000


def test_readme_names_every_document() -> None:
    readme = (SAMPLES / "README.md").read_text("utf-8")
    for path in documents():
        folder = path.relative_to(SAMPLES).parts[0]
        assert path.name in readme or f"`{folder}/*" in readme, path


def test_every_kind_of_document_is_there() -> None:
    kinds = {path.suffix for path in documents()}
    assert {".pdf", ".docx", ".epub", ".html", ".xml", ".md", ".txt"} <= kinds


@pytest.mark.parametrize("path", SCANNED)
def test_scanned_documents_have_no_text_layer(path: str) -> None:
    with pymupdf.open(SAMPLES / path) as document:
        assert len(document) >= 2
        for page in document:
            assert page.get_text().strip() == ""
            assert page.get_image_info()[0]["width"] > 800


def test_the_mixed_chapter_has_exactly_one_scanned_page() -> None:
    with pymupdf.open(SAMPLES / "textbook/kidney_injury_mixed.pdf") as document:
        assert [page.get_text().strip() == "" for page in document].count(True) == 1
        assert len(document) >= 3


def test_the_native_chapter_has_the_difficulties_of_a_real_one() -> None:
    with pymupdf.open(SAMPLES / "textbook/heart_failure.pdf") as document:
        pages = [page.get_text() for page in document]
        assert len(pages) >= 6
        assert {level for level, _, _ in document.get_toc()} == {1, 2, 3}
        headers = [page.strip().splitlines()[-2] for page in pages]
        assert len(set(headers)) == 2
        assert sum(len(re.findall(r"[a-z]-\n", page)) for page in pages) >= 15
        bodies = [page.strip().splitlines()[:-2] for page in pages]
        ends = [body[-1] for body in bodies]
        assert any(re.search(r"[a-z]{2}-$", line) for line in ends), "no word is divided by a page end"
        columns = [
            b
            for page in document
            for b in page.get_text("blocks")
            if b[0] > page.rect.width / 2 and b[4].count("\n") > 8
        ]
        assert columns, "no right-hand column"


def test_the_two_editions_share_title_and_publisher() -> None:
    titles, authors = set(), set()
    for edition in ("2021", "2024"):
        with pymupdf.open(SAMPLES / f"guideline/sepsis_{edition}.pdf") as document:
            assert edition in document.metadata["title"]
            titles.add(document.metadata["title"].replace(edition, ""))
            authors.add(document.metadata["author"])
    assert len(titles) == len(authors) == 1


def test_chinese_files_are_in_the_encoding_they_claim() -> None:
    for path in ("textbook/peptic_ulcer_zh.txt", "web/lipid_zh.html"):
        raw = (SAMPLES / path).read_bytes()
        with pytest.raises(UnicodeDecodeError):
            raw.decode("utf-8")
        assert raw.decode("gb18030") == (SAMPLES / "_sources" / SOURCE_TEXTS[path]).read_text("utf-8")


def test_the_dose_pair_differs_only_in_the_dose() -> None:
    first, second = (
        (SAMPLES / f"monographs/amoxicillin_{dose}mg.md").read_text("utf-8").split() for dose in (250, 500)
    )
    changes = [c for c in difflib.SequenceMatcher(None, first, second, autojunk=False).get_opcodes() if c[0] != "equal"]
    assert [(first[a:b], second[c:d]) for _, a, b, c, d in changes] == [(["250"], ["500"])]


def test_the_near_duplicates_differ_in_words_but_in_no_number_and_no_negation() -> None:
    first, second = (
        re.findall(r"[a-z]+|\d+", (SAMPLES / f"web/statin_leaflet_{x}.html").read_text("utf-8").lower()) for x in "ab"
    )
    assert first != second
    assert difflib.SequenceMatcher(None, first, second, autojunk=False).ratio() > 0.95
    facts = re.compile(r"\d+|not|no|none|mg|atorvastatin|stop|avoid\w*")
    assert [w for w in first if facts.fullmatch(w)] == [w for w in second if facts.fullmatch(w)]


def test_invented_identity_numbers_have_a_valid_checksum() -> None:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    numbers = []
    for path in (SAMPLES / "notes").iterdir():
        numbers += re.findall(r"(?<!\d)\d{17}[\dX]", path.read_text("utf-8"))
    assert len(numbers) >= 2
    for number in numbers:
        check = sum(int(digit) * weight for digit, weight in zip(number[:17], weights, strict=True)) % 11
        assert "10X98765432"[check] == number[17]
        assert number[2:4] == "99", "the region must not exist"


def test_questions_are_answered_by_the_documents() -> None:
    questions = json_lines("questions_practice.jsonl") + json_lines("questions_test.jsonl")
    assert len(questions) >= 120
    assert len({question["id"] for question in questions}) == len(questions)
    for question in questions:
        assert sorted(question["options"]) == ["A", "B", "C", "D"]
        assert len(set(question["options"].values())) == 4
        assert question["options"][question["answer"]] == question["answer_text"]
        assert " ".join(question["answer_text"].split()).lower() in text_of(question["source_file"]), question
    letters = [question["answer"] for question in questions]
    assert all(letters.count(letter) > len(letters) / 8 for letter in "ABCD")


def test_recipe_samples_have_their_shapes() -> None:
    stage1 = json_lines("instructions_stage1.jsonl")
    assert len(stage1) >= 120
    assert all(
        set(row) == {"instruction", "input", "output"} and row["instruction"] and row["output"] for row in stage1
    )
    assert len({row["instruction"] + row["input"] for row in stage1}) == len(stage1)
    stage2 = json_lines("instructions_stage2.jsonl")
    assert len(stage2) >= 60
    for row in stage2:
        roles = [message["role"] for message in row["messages"] if message["role"] != "system"]
        assert roles == ["user", "assistant"] * (len(roles) // 2) and len(roles) >= 4
    stage3 = json_lines("reasoning_stage3.jsonl")
    assert len(stage3) >= 60
    for row in stage3:
        assert [message["role"] for message in row["messages"]] == ["user", "assistant"]
        match = re.fullmatch(r"<think>(.+)</think><answer>(.+)</answer>", row["messages"][1]["content"], re.DOTALL)
        assert match and len(match[1]) >= 200 and match[2].strip(), row["messages"][0]
    for rows in (stage1, stage2, stage3):
        chinese = [row for row in rows if re.search(r"[\u4e00-\u9fff]", json.dumps(row, ensure_ascii=False))]
        assert len(rows) / 4 < len(chinese) < len(rows) * 3 / 4


def test_making_again_gives_the_same_bytes(made: dict[str, Callable[[Path], None]], tmp_path: Path) -> None:
    for path, make in made.items():
        if path.endswith((".docx", ".epub", ".txt", ".html", ".jsonl")) or "sepsis" in path:
            target = tmp_path / Path(path).name
            make(target)
            assert target.read_bytes() == (SAMPLES / path).read_bytes(), path
