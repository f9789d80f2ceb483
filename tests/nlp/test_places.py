"""Places tell who somebody is by what is left when the words that are nobody's are taken away.

The people come from a list of invented people of many countries and from names that no list of the program holds.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from nlp.phi import redact_sections
from nlp.phi.places import Told, collection_name, told_by


def names(*places: str, policy: str = "thorough", is_note: bool = False, title: str = "") -> set[str]:
    return {value for kind, value in told_by(places, [title], [], policy, is_note) if kind == "NAME"}


def numbers(*places: str, policy: str = "thorough", is_note: bool = False) -> set[str]:
    return {value for kind, value in told_by(places, [], [], policy, is_note) if kind == "OTHER_ID"}


@pytest.mark.parametrize(
    "place, told, digits",
    [
        ("notes/Okonkwo_Nnamdi_00123456/letter.pdf", {"Okonkwo", "Nnamdi"}, {"00123456"}),
        ("张伟_住院号1234567_13812345678/出院小结.docx", {"张伟"}, {"1234567", "13812345678"}),
        ("欧阳晓梅-13987654321/检查报告.pdf", {"欧阳晓梅"}, {"13987654321"}),
        ("ThorvaldsenSif-MRN0098765/ct thorax.txt", {"Thorvaldsen", "Sif"}, {"0098765"}),
        ("https://ward.example.org/patients/%E6%B2%88%E7%A0%9A-20481234?visit=2", {"沈砚"}, {"20481234"}),
        ("box.zip!Brzęczyszczykiewicz 555-010-0199/scan.pdf", {"Brzęczyszczykiewicz"}, {"5550100199"}),
        ("table of Ágústsdóttir 44556677.csv#row 12", {"Ágústsdóttir"}, {"44556677"}),
    ],
)  # fmt: skip
def test_a_number_beside_what_may_be_a_name_tells_somebody(place, told, digits):
    assert told <= names(place) and digits <= numbers(place)
    if len(told) > 1 or (not min(told)[0].isascii() and not min(told)[0].isupper()):
        assert told <= names(place, policy="precise") and digits <= numbers(place, policy="precise")


@pytest.mark.parametrize(
    "place",
    [
        "textbooks/internal medicine/chapter 12 heart failure.pdf", "guidelines/2023/hypertension_zh.pdf", "PMC7654321.xml", "12345678.pdf",
        "books/9780306406157.epub", "内科学/第三章 高血压.pdf", "诊疗指南/2型糖尿病防治指南.pdf", "crawl/page 000123.html",
        "pmc/pone.0123456.pdf", "frontiers/fphar-11-00123456.xml", "1-s2.0-S0140673620301835-main.pdf",
        "scans/2023-01-05 discharge summary.pdf", "reports/20230105/ct thorax.pdf", "mimic/discharge.csv#row 1234567",
    ],
)  # fmt: skip
def test_what_is_filed_by_subject_tells_nobody(place):
    assert names(place, policy="precise") == set()
    assert {name for name in names(place) if not name.islower()} == set(), "a publisher's letters are in no text"


def test_of_a_note_every_unknown_word_is_somebodys():
    assert names("ward/Siobháin/letter.txt", is_note=True) == {"Siobháin"}
    assert names("ward/letter.txt", is_note=True) == set()
    assert names("ward/Takotsubo.txt", policy="precise") == set()


def test_without_a_number_only_what_is_made_like_a_name_counts():
    assert {"Priya", "Ramanathan"} <= names("letters/Priya Ramanathan.docx")
    assert names("books/Harrison.pdf") == set() and names("wiki/Takotsubo_cardiomyopathy") == set()
    assert names("letters/Priya Ramanathan.docx", policy="precise") == set()


def test_titles_and_authors_count_where_somebody_is_told():
    told = told_by(["scans/1.pdf"], ["Letter about Okonkwo 00123456"], ["Nnamdi Achebe"], "thorough", False)
    assert {Told("NAME", "Okonkwo"), Told("NAME", "Achebe"), Told("OTHER_ID", "00123456")} <= set(told)
    assert told_by(["scans/1.pdf"], ["Principles of surgery"], ["Nnamdi Achebe"], "thorough", False) == []


@pytest.mark.parametrize(
    "name, kept",
    [
        ("guidelines", "guidelines"), ("Textbooks 2024", "Textbooks 2024"), ("internal_medicine", "internal_medicine"), ("a", "a"),
        ("内科学", "内科学"), ("诊疗指南", "诊疗指南"), ("pmc", "pmc"), ("statpearls", "statpearls"),
        ("en.wikipedia.org", "wikipedia.org"), ("www.nice.org.uk", "nice.org.uk"), ("zhang-wei.example.org", "example.org"),
        ("Okonkwo_Nnamdi", None), ("张伟", None), ("欧阳晓梅", None), ("Grace 2", None), ("ward 13812345678", None),
        ("notes-138-1234-5678", None), ("maria-lopez.com", None), ("李娜的病历", None), ("ThorvaldsenSif", None), ("x\x1b[31m", None),
    ],
)  # fmt: skip
def test_a_collection_is_named_after_a_folder_that_is_nobodys(name, kept):
    assert collection_name(name) == kept


def test_invented_people_of_many_countries_name_no_collection(real_data: Path):
    with open(real_data / "phi" / "fake_names_3000.csv", encoding="utf-8-sig", newline="") as file:
        people = list(csv.DictReader(file))
    whole = [f"{person['Surname']}, {person['GivenName']}" for person in people]
    assert [name for name in whole if collection_name(name)] == []
    missed = []
    for person in people:
        place = f"notes/{person['GivenName']}_{person['Surname']}_00123456/letter.txt"
        told = " ".join(names(place)).lower()
        words = re.findall(r"[^\W\d_]{4,}", f"{person['GivenName']} {person['Surname']}".lower())
        if any(word not in told for word in words):
            missed.append(place)
    assert len(missed) < 0.005 * len(people), missed[:20]


def test_chinese_people_name_no_collection(real_data: Path):
    lines = (real_data / "phi" / "zh_names_10k.txt").read_text("utf-8-sig").replace("、", " ").split()
    people = [name for name in lines if re.fullmatch(r"[一-鿿]{2,4}", name)][:3000]
    assert len(people) == 3000
    kept = [name for name in people if collection_name(name)]
    missed = [name for name in people if name not in names(f"{name}_12345678/出院小结.txt")]
    assert len(kept) < 0.01 * len(people) and len(missed) < 0.01 * len(people), (kept[:20], missed[:20])


def test_what_was_told_goes_from_the_text_in_any_form():
    told = told_by(
        ["notes/Okonkwo_Nnamdi_00123456_555-010-0199/a.txt", "沈砚-20481234/b.txt"], [], [], "thorough", True
    )
    text = "OKONKWO slept. Mr nnamdi okonkwo, 0012-3456 (555 010 0199). 沈砚的姐姐 20481234. Okonkwor"
    (redacted,) = redact_sections([text], policy="precise", told=told)
    for word in ("okonkwo ", "nnamdi", "0012-3456", "555 010", "沈砚", " 20481234"):
        assert word not in redacted.text.lower()
    assert "Okonkwor" in redacted.text, "what only holds it is another word"


def test_redacting_again_changes_nothing():
    told = told_by(["notes/Nameo_Oname_00123456/a.txt"], [], [], "thorough", True)
    (once,) = redact_sections(["Nameo and Oname and 00123456."], told=told)
    (twice,) = redact_sections([once.text], told=told)
    assert twice.text == once.text and "[NAME-" in once.text and "[OTHER_ID-1]" in once.text


def test_where_somebody_is_told_any_long_number_goes_and_what_counts_something_stays():
    told = told_by(["notes/Okonkwo_Nnamdi_00123456/a.txt"], [], [], "thorough", True)
    text = (
        "Rang from 041 9039197, +44 7700 301856 and 5550100. RNA 1250000 copies/ml, 1200000 U/L, 0.1234567 and 250000."
    )
    (redacted,) = redact_sections([text], policy="thorough", told=told)
    for number in ("9039197", "301856", "5550100"):
        assert number not in redacted.text
    for number in ("1250000 copies", "1200000 U/L", "0.1234567", "250000"):
        assert number in redacted.text
