"""What serves the printed page and not the reader's knowledge is left out of the text, marked; what looks like it stays."""

from __future__ import annotations

import pytest
from small_build import build, doc_id, rows, story, write_documents

from corpus.apparatus import stretches
from corpus.left_out import leave_out, restored

CITED = "Aspirin is old [1]. It is cheap [2,3]. It lowers fever [4–6]."
"""A text with a list of references elsewhere: its numbers go up."""


def left(text: str, references: bool = False) -> str:
    """What is left of a document of one record."""
    (found,) = stretches([text], references)
    row = {"text": text, "spans": [], "phi_actions": [], "left_out": None}
    leave_out(row, found)
    assert restored(row["text"], row["left_out"] or []) == text
    return row["text"]


CITATIONS = [
    (CITED, "Aspirin is old. It is cheap. It lowers fever."),
    ("Anxiety[1][2] falls, and sleep[3][4] rises.[5] More", "Anxiety falls, and sleep rises. More"),
    ("Its properties,[1[2][3]] were known [4 ] early.", "Its properties, were known early."),
    ("研究表明[1]，该药有效[2-3]，且价格低廉[4，5]。", "研究表明，该药有效，且价格低廉。"),
    (CITED + " The median was 54 [47–61] years.", "Aspirin is old. It is cheap. It lowers fever. The median was 54 [47–61] years."),
    (CITED + " The difference was small (95% CI [2, 5]).", "Aspirin is old. It is cheap. It lowers fever. The difference was small (95% CI [2, 5])."),
    (CITED + " As shown in [5], it works.", "Aspirin is old. It is cheap. It lowers fever. As shown in [5], it works."),
    (CITED + " Uptake of [18F]FDG and [Na+] in [0, 1].", "Aspirin is old. It is cheap. It lowers fever. Uptake of [18F]FDG and [Na+] in [0, 1]."),
]  # fmt: skip
NO_CITATIONS = [
    "The score lies in [1, 3] for most.",
    "Median age 54 [47–61] years; CRP 12 [8–20] mg/L; sodium 138 [135–141] mmol/L.",
    "Items are rated [7] or [9].",
    "1. Which drug lowers fever?\nA. Aspirin\nB. Digoxin\n答案：[ ]",
    "下列哪项正确（ ）\nA. 心\nB. 肝",
    "The function f() returns nothing.",
]
BACK_MATTER = [
    ("# Results\n\nIt works.\n\n## Competing interests\n\nThe authors declare none.\n\n## Discussion\n\nIt is cheap.", "# Results\n\nIt works.\n\n## Discussion\n\nIt is cheap."),
    ("It works.\n\n### 7. Acknowledgements:\n\nWe thank all.\n\n### Funding\n\nNone.", "It works."),
    ("它有效。\n\n## 利益冲突\n\n所有作者声明无利益冲突。\n\n## 结论\n\n价廉。", "它有效。\n\n## 结论\n\n价廉。"),
    ("It works.\n\nThis is an open access article distributed under the Creative Commons Attribution License, which permits unrestricted use.\n\nIt is cheap.", "It works.\n\nIt is cheap."),
    ("Received: 29 July 2015; Accepted: 7 December 2015; Published: 12 January 2016\n\nIt works.", "It works."),
    ("Conflict of interest: none declared.\n\nIt works.", "It works."),
    ("收稿日期：2021-03-04 修回日期：2021-05-06\n\n它有效。", "它有效。"),
    (f"{story(3)} Copyright © 2016 C. Karras et al. All of it.\n\nIt works.", f"{story(3)} It works."),
    ("Competing interests The authors declare that they have no competing interests.\n\nIt works.", "It works."),
    ("© The Author(s) 2021. Open Access\n\nIt works.", "It works."),
]  # fmt: skip
NOT_BACK_MATTER = [
    "## Funding of health care\n\nTaxes pay for most of it.",
    "## Disclosure of a diagnosis\n\nTell it in plain words.",
    "The patient received 500 mg and accepted it well.",
    "## Abbreviations\n\nCRP: C-reactive protein.",
    "Conflict of interest arises where a physician owns the laboratory, and it has to be told to the patient.",
]
PROMPTS = [
    ("A disc may slip. Watch this video to learn about a herniated disc. It presses on a nerve.", "A disc may slip. It presses on a nerve."),
    ("Visit this site to see the muscles of the leg.\n\nThe soleus is one.", "The soleus is one."),
    ("扫描二维码观看手术视频。缝合分两层。", "缝合分两层。"),
    ("The curve rises (see ), then falls ().", "The curve rises, then falls."),
    ("It is shown here [] and there (Fig. ).", "It is shown here and there."),
    ("The axis (link) is old.", "The axis is old."),
]  # fmt: skip
NO_PROMPTS = [
    "Watch this patient closely for bleeding.",
    "Visit the clinic again in two weeks.",
    "View the wound from this side.",
    "The link (a protein) is old.",
    "Check: ( ) yes ( ) no",
]


@pytest.mark.parametrize(("text", "expected"), [*CITATIONS, *BACK_MATTER, *PROMPTS])
def test_apparatus_goes(text, expected):
    assert left(text, references=text.startswith("Its")) == expected


@pytest.mark.parametrize("text", [*NO_CITATIONS, *NOT_BACK_MATTER, *NO_PROMPTS])
def test_what_looks_like_it_stays(text):
    assert left(text) == text


def test_a_build_marks_what_it_leaves_out(tmp_path):
    text = f"{story(1)} Aspirin is old [1]. It is cheap [2,3].\n\n{story(2)} It lowers fever [4–6].\n\n© The Author(s) 2021."
    write_documents(tmp_path, {"a": text, "b": "Conflict of interest: none declared."}, source_type="literature")
    build(tmp_path)
    (row,) = rows(tmp_path, "shards")
    assert "[" not in row["text"] and "©" not in row["text"]
    assert restored(row["text"], row["left_out"]) == text
    assert [left["reason"] for left in row["left_out"]] == ["citation"] * 3 + ["back matter"]
    assert {row["text"][span["start"] : span["end"]].strip() for span in row["spans"]} == set(row["text"].split("\n\n"))
    (dropped,) = rows(tmp_path, "dropped")
    assert dropped["reason"] == "nothing but back matter" and dropped["text"] == "Conflict of interest: none declared."
    assert dropped["doc_id"] == doc_id(dropped["text"])
