"""One work in several documents: the truest stays, of the others what only they hold, and nothing that is another work goes."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from small_build import build, doc_id, rows, story, write_documents
from test_incremental import all_rows, contents

from corpus.duplicates.works import is_notice
from corpus.left_out import leave_out, restored

ARTICLE = "\n\n".join(story(seed) for seed in range(3))
XML = {"format": "jats", "identifiers": {"doi": "10.5555/One.1"}, "title": "Veins of the lower leg in old age"}
PDF = {"format": "pdf", "identifiers": {"doi": "10.5555/one.1."}, "title": "CMAR_A_1 1449..1458"}


def built(data: Path, *documents: tuple[str, dict[str, Any]]) -> tuple[dict, dict]:
    """What is kept and what is dropped of documents (text, what is known of it), by document."""
    texts = {f"{number}.txt": text for number, (text, _) in enumerate(documents)}
    about = {f"{number}.txt": about for number, (_, about) in enumerate(documents)}
    write_documents(data, texts, source_type="literature", about=about)
    build(data)
    return tuple({row["doc_id"]: row for row in rows(data, kind)} for kind in ("shards", "dropped"))


def misread(text: str) -> str:
    """A text as a PDF's layer or OCR may give it: every fifteenth word another one, citations in the text."""
    words = text.split(" ")
    return " ".join(f"{word}[{place}]" if place % 15 == 7 else word for place, word in enumerate(words))


def test_the_truest_document_stays(tmp_path):
    pdf = misread(ARTICLE) + "\n\nHeart."
    kept, dropped = built(tmp_path, (pdf, PDF), (ARTICLE, XML))
    assert [*kept] == [doc_id(ARTICLE)]
    one, other = kept[doc_id(ARTICLE)], dropped[doc_id(pdf)]
    assert one["text"] == ARTICLE and one["witnesses"] == [doc_id(pdf)] and not one["left_out"]
    assert one["work_id"] == other["work_id"] == min(kept.keys() | dropped.keys())
    assert other["text"] == pdf and other["stage"] == "works" and other["duplicate_of"] == one["id"]
    assert other["value"] > other["threshold"]


def test_what_only_another_document_holds_stays(tmp_path):
    own = "The supplement of the printed issue alone says that nine of ten veins were slow in deep snow."
    pdf = f"{ARTICLE}\n\n{own}"
    kept, dropped = built(tmp_path, (pdf, PDF), (ARTICLE, XML))
    record = kept[doc_id(pdf)]
    assert not dropped and record["text"].strip() == own
    assert restored(record["text"], record["left_out"]) == pdf
    assert {record["text"][span["start"] : span["end"]].strip() for span in record["spans"]} == {own}
    assert record["work_id"] == kept[doc_id(ARTICLE)]["work_id"] and record["witnesses"] == []


def test_three_documents_of_one_work(tmp_path):
    ocr = {**PDF, "n_ocr_pages": 1}
    scan = misread(ARTICLE.replace("tendon", "tenclon"))
    kept, dropped = built(tmp_path, (scan, ocr), (misread(ARTICLE), PDF), (ARTICLE, XML))
    assert [*kept] == [doc_id(ARTICLE)] and len(dropped) == 2
    assert sorted(kept[doc_id(ARTICLE)]["witnesses"]) == sorted(dropped)


@pytest.mark.parametrize(
    ("why", "one", "other"),
    [
        ("another article with its identifier", (ARTICLE, XML), (story(9, 40), PDF)),
        ("an erratum", (ARTICLE, XML), (story(0) + " Correction.", {**PDF, "title": "Erratum to: Veins of the leg"})),
        ("a retraction", (ARTICLE, XML), (story(0) + " Gone.", {**PDF, "identifiers": {"doi": "10.5555/one.1", "article_type": "retraction"}})),
        ("editions by their identifiers", (ARTICLE, {"identifiers": {"isbn": "978-3-16-148410-0"}, "version": "2nd"}), (misread(ARTICLE), {"identifiers": {"isbn": "316148410X"}, "version": "3rd"})),
        ("editions by their years", (ARTICLE, {"title": "Care of the lower leg (2021)", "authors": ["Leg Society"]}), (misread(ARTICLE), {"title": "Care of the lower leg (2024)", "authors": ["Leg Society"]})),
        ("editions by their dates", (ARTICLE, {"title": "Care of the lower leg", "authors": ["Leg Society"], "date": "2021-04-01"}), (misread(ARTICLE), {"title": "Care of the lower leg", "authors": ["Leg Society"], "date": "2024-04-01"})),
        ("a template", (ARTICLE, {"title": "Information for patients at home"}), (misread(ARTICLE), {"title": "Information for patients at home"})),
        ("one title, two authors", (ARTICLE, {"title": "Disorders of the lower leg", "authors": ["Ann Veny"]}), (misread(ARTICLE), {"title": "Disorders of the lower leg", "authors": ["Bo Artery"]})),
    ],
)  # fmt: skip
def test_what_is_no_copy_of_a_work_stays_whole(tmp_path, why, one, other):
    kept, dropped = built(tmp_path, one, other)
    assert {row["text"] for row in kept.values()} == {one[0], other[0]} and not dropped
    assert all(row["work_id"] is None and not row["left_out"] for row in kept.values())


@pytest.mark.parametrize("said", [{"authors": ["Ann B. Veny", "Bo Artery"], "date": "2021"}, {"date": "2021"}])
def test_title_and_authors_tell_a_work(tmp_path, said):
    xml = {"format": "jats", "title": "Veins of the lower leg", "authors": ["Veny AB", "Artery B"], "date": "2021-03"}
    text = f"Ann Veny and Bo Artery\n\n{ARTICLE}"
    kept, _ = built(
        tmp_path, (ARTICLE, xml), (misread(text), {**said, "format": "pdf", "title": "Veins of the Lower Leg"})
    )
    assert sum(len(row["text"]) for row in kept.values()) < len(ARTICLE) + 60


def test_a_reprint_of_unknown_year_keeps_what_it_changed(tmp_path):
    about = {"title": "Veins of the lower leg", "authors": ["Ann Veny"]}
    changed = ARTICLE.replace("vein", "artery", 1)
    kept, _ = built(tmp_path, (ARTICLE + "\n\n" + story(5), about), (changed, about))
    record = kept[doc_id(changed)]
    assert "artery" in record["text"] and len(record["text"]) < len(ARTICLE) / 5


def test_chinese(tmp_path):
    text = (
        "患者反复咳嗽三年，夜间加重。查体见双肺散在哮鸣音，心率每分钟八十次。给予吸入激素后症状缓解，随访半年未复发。"
        * 2
    )
    pdf = text.replace("，", ",") + "\n\n本刊编辑部收到稿件的时间是二零二一年三月，审稿人共有三位专家。"
    xml = {"format": "jats", "identifiers": {"doi": "10.5555/zh.1"}, "title": "成人哮喘的治疗"}
    kept, _ = built(tmp_path, (text, xml), (pdf, {**xml, "format": "pdf"}))
    assert kept[doc_id(pdf)]["text"].strip() == pdf.split("\n\n")[1]


def test_a_build_that_grows_is_like_a_fresh_one(tmp_path):
    others = {f"{number}.txt": story(number) for number in range(20, 60)}
    pdf, second = f"{misread(ARTICLE)}\n\n{story(8, 3)}", story(70, 30)
    texts = {"pdf": pdf, "xml": ARTICLE, "two": second, "scan": misread(second)}
    about = {"pdf": PDF, "xml": XML, "two": {"format": "epub", "identifiers": {"isbn": "9783161484100"}}}
    about["scan"] = {"format": "pdf", "n_ocr_pages": 1, "identifiers": {"isbn": "9783161484100"}}
    for names in (["scan", "pdf"], ["xml", "two"]):
        write_documents(tmp_path / "grown", {name: texts[name] for name in names} | others, about=about)
        build(tmp_path / "grown")
    write_documents(tmp_path / "fresh", others | texts, about=about)
    build(tmp_path / "fresh")
    assert all_rows(tmp_path / "grown") == all_rows(tmp_path / "fresh")
    assert {row["stage"] for row in rows(tmp_path / "fresh", "dropped")} == {"works"}
    build(tmp_path / "grown", compact=True)
    assert contents(tmp_path / "grown") == contents(tmp_path / "fresh")


def test_what_is_left_out_can_be_put_back():
    rng = random.Random(1)
    for _ in range(300):
        whole = "".join(rng.choices("abcdefghij ", k=60))
        row: dict[str, Any] = {"text": whole, "spans": [], "phi_actions": [], "left_out": None}
        for _ in range(4):
            edges = sorted(rng.sample(range(len(row["text"]) + 1), k=min(4, len(row["text"]) // 2 * 2)))
            leave_out(row, [(a, b, "why") for a, b in zip(edges[::2], edges[1::2], strict=True)])
            assert restored(row["text"], row["left_out"]) == whole


@pytest.mark.parametrize(
    ("title", "answer"),
    [
        ("Correction to: Veins", True),
        ("ERRATUM: Veins of the leg", True),
        ("Retraction Note to: Veins", True),
        ("[Corrigendum] Veins", True),
        ("Corrigendum to “Veins”", True),
        ("Erratum", True),
        ("更正：下肢静脉", True),
        ("Correctional health", False),
        ("Correction of hyponatraemia in adults", False),
        ("Retraction pockets of the eardrum", False),
        ("Response to therapy in lymphoma", False),
        ("更正性手术的疗效", False),
    ],
)
def test_notices(title, answer):
    assert is_notice(title, "") is answer
