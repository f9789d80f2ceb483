"""Contents and indexes whose lines were run together, and texts full of rising numbers that are neither."""

import pytest

from corpus.filters import FilterConfig, decide, score

TITLES = (
    "Acute abdomen", "Shock and fluids", "Burns", "The swollen leg", "Wound healing", "Airway", "Thyroid surgery", "Hernias", "Consent",
    "Varicose veins", "Fractures of the hip", "Nutrition after surgery", "Blood products", "Appendicitis", "Pain relief",
)  # fmt: skip
PAGES = (3, 11, 14, 29, 30, 42, 57, 61, 78, 90, 101, 117, 120, 133, 151)
CHINESE = (
    "总论",
    "外感热病",
    "咳嗽",
    "喘证",
    "肺痈",
    "心悸",
    "胸痹",
    "不寐",
    "胃痛",
    "呕吐",
    "泄泻",
    "痢疾",
    "胁痛",
    "黄疸",
    "水肿",
)

LISTS = {
    "contents in one line": " ".join(f"{t} {p}" for t, p in zip(TITLES, PAGES, strict=True)),
    "numbered contents in one line": " ".join(f"{n // 4 + 1}.{n % 4 + 1} {t} {p}" for n, (t, p) in enumerate(zip(TITLES, PAGES, strict=True))),
    "Chinese contents in one line": " ".join(f"{t} {p}" for t, p in zip(CHINESE, PAGES, strict=True)),
    "contents as headings": "\n\n".join(f"## Part {n} {t} {p}" for n, (t, p) in enumerate(zip(TITLES, PAGES, strict=True), 1)),
    "an index in one line": " ".join(f"{t}, {p % 70}, {p}–{p + 4}" for t, p in zip(sorted(TITLES), reversed(PAGES), strict=True)),
    "an index after a first line": f"Index\n\n{' '.join(f'{t}, {p}' for t, p in zip(sorted(TITLES), reversed(PAGES), strict=True))}",
}  # fmt: skip
NO_LISTS = {
    "laboratory values": "Results: Sodium, 140 Potassium, 4 Chloride, 101 Urea, 6 Creatinine, 80 Glucose, 5 Calcium, 2 Albumin, 41 Bilirubin, 9",
    "milestones": "Smiles at 2 months. Sits at 7 months. Stands at 10 months. Walks at 13 months. Runs at 18 months. Jumps at 26 months. "
    "Hops at 40 months. Skips at 60 months.",
    "a ladder of doses": "Start with 5 Then give 10 Then give 15 Then give 20 Then give 25 Then give 30 Then give 35 Then give 40 and stop there.",
    "a history": "Vaccination was described in 1798 by Jenner. Ether was shown in 1846 in Boston. Carbolic acid was used in 1867 by Lister. "
    "X rays were found in 1895 by Rontgen. Insulin was given in 1922 in Toronto. Penicillin was used in 1941 in Oxford.",
    "results of a trial": "Of 412 Patients screened, 210 Met the criteria; 105 Received the drug, of whom 12 Withdrew. The mean age was 61 Years in "
    "both groups, and 38 Patients had diabetes. At 24 Weeks the pressure fell by 9 Points, against 4 Points with placebo.",
    "numbered steps": "1. Wash your hands 2. Put on gloves 3. Clean the skin 4. Insert the needle 5. Aspirate 6. Flush with 10 ml 7. Dress the site",
    "headings with grades": "## Grade 1\n\n## Grade 2\n\n## Grade 3\n\n## Grade 4\n\n## Grade 5",
}  # fmt: skip


def share(text: str) -> float:
    return score({"text": text, "lang": "en"}).get("page_line_share", 0.0)


@pytest.mark.parametrize("name", LISTS)
def test_a_list_of_pages_is_told_however_its_lines_stand(name: str) -> None:
    assert share(LISTS[name]) >= 0.8
    verdict = decide(score({"text": LISTS[name], "lang": "en"}), "en", FilterConfig())
    assert verdict is not None


@pytest.mark.parametrize("name", NO_LISTS)
def test_what_only_holds_numbers_is_none(name: str) -> None:
    assert share(NO_LISTS[name]) <= 0.5


def test_contents_within_a_chapter_do_not_condemn_it() -> None:
    chapter = (
        "The patient lies supine, and the surgeon stands on the right; the incision follows the crease of the skin. "
        * 12
    )
    assert share(f"{LISTS['contents in one line']}\n\n{chapter}") < 0.6
