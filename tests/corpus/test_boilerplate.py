"""Paragraphs that a source repeats: what counts, what stays, and what a build does with them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from corpus.audit.run import audit
from corpus.build import build
from corpus.config import BuildConfig
from corpus.duplicates import boilerplate
from corpus.duplicates.config import BoilerplateConfig
from corpus.offsets import apply_edits
from corpus.steps.boilerplate import is_clinical
from corpus.trace import trace
from medpress.schema import BOILERPLATE, DROPPED, PAGE, RECORD, by_name
from medpress.store import read_dataset
from nlp.normalise import normalise
from nlp.spans import Entity

NOTICE = "Nobody should act on what this site says without seeking advice from a professional."
WARNING = "Swallow 500 mg of paracetamol with a glass of water, at most four times a day."


def hashes(texts: list[str], source: str = "site") -> pa.Table:
    lists = [boilerplate.paragraph_hashes(source, text) for text in texts]
    return pa.table(
        {"doc_id": [f"d{i:02d}" for i in range(len(texts))], "paragraphs": pa.array(lists, pa.list_(pa.uint64()))}
    )


def test_a_paragraph_is_counted_once_a_document_whatever_its_case_and_spacing():
    texts = [f"# Heading that all share\n\nOwn words {i}.\n\n{NOTICE}\n\n{NOTICE.upper()}\n \nBye." for i in range(12)]
    table = hashes(texts)
    parts = [boilerplate.occurrences(table.slice(5), "b"), boilerplate.occurrences(table.slice(0, 5), "a")]
    (row,) = boilerplate.recurring(parts, 12).to_pylist()
    assert (row["documents"], row["keeper"], row["keeper_part"], row["parts"]) == (12, "d00", "a", ["a", "b"])
    assert boilerplate.recurring(parts, 13).num_rows == 0
    assert boilerplate.paragraph_hashes("site", NOTICE) != boilerplate.paragraph_hashes("other site", NOTICE)


def test_the_share_counts_in_a_large_source_and_the_number_in_a_small_one():
    config = BoilerplateConfig(min_documents=10, min_share=0.01)
    assert [config.threshold(documents) for documents in (5, 1_000, 1_001, 50_000)] == [10, 10, 11, 500]


@pytest.mark.parametrize("where", ["first", "middle", "last", "only two"])
def test_a_paragraph_goes_with_its_space_and_offsets_stay_true(where):
    own = "Lungs exchange gases."
    text = {
        "first": f"{NOTICE}\n\n{own}", "middle": f"Before.\n\n{NOTICE}\n\n{own}", "last": f"{own}\n\n{NOTICE}",
        "only two": f"{own}\n\n{NOTICE}\n\n{NOTICE}",
    }[where]  # fmt: skip
    new, mapper = apply_edits(text, boilerplate.edits("site", text, boilerplate.paragraph_hashes("site", NOTICE)))
    assert new == ("Before.\n\n" if where == "middle" else "") + own
    start = text.index(own)
    assert new[slice(*mapper.span(start, start + len(own)))] == own


def test_what_states_a_clinical_fact_is_no_boilerplate():
    assert not is_clinical(NOTICE, [])
    assert not is_clinical("Last reviewed on 3 May 2019. See page 12 and Table 4.", [])
    assert is_clinical("Give 5 mL at night.", [])
    assert is_clinical("Take aspirin with food.", [])
    assert is_clinical("每次口服10毫克。", [])
    assert is_clinical("Tell your doctor about it.", [Entity(0, 4, "disease")])


ILLS = [
    "asthma",
    "gout",
    "measles",
    "anaemia",
    "migraine",
    "psoriasis",
    "glaucoma",
    "cholera",
    "malaria",
    "rickets",
    "scurvy",
    "tetanus",
]


def leaflet(ill: str) -> str:
    return (
        f"# About {ill}\n\nThis leaflet is about {ill} and was written for those who live with {ill} and their kin. "
        f"It says what {ill} is, how {ill} begins and where help with {ill} is found near you.\n\n{NOTICE}\n\n"
        f"{WARNING}\n\nOther families who know {ill} meet on each second Sunday in the hall of the town.\n"
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """Twelve leaflets of one site, of which one says nothing but its notice, and three of another one."""
    folder = tmp_path_factory.mktemp("leaflets")
    for source, ills in (("site", ILLS[:11]), ("small", ILLS[:3])):
        (folder / "in" / source).mkdir(parents=True)
        for ill in ills:
            (folder / "in" / source / f"{ill}.md").write_text(leaflet(ill) + f"\nA leaflet on {ill} of the {source}.\n")
    (folder / "in/site/empty.md").write_text(NOTICE + "\n")
    ingest = Path(sys.executable).parent / "ingest"
    subprocess.run(
        [ingest, "text", folder / "in", "--license", "CC0-1.0", "--data", folder / "data"],
        check=True,
        capture_output=True,
    )
    build(BuildConfig(data=folder / "data", tagger="lexicon", relations="none", workers=1))
    return folder / "data"


def test_all_but_one_document_lose_the_paragraph_and_its_text_is_kept_apart(data):
    rows = read_dataset(data / "shards", RECORD).to_pylist() + read_dataset(data / "dropped", DROPPED).to_pylist()
    of_site = [row for row in rows if row["source"] == "site" and WARNING in row["text"]]
    assert len(of_site) == 11
    (found,) = [row for row in read_dataset(data / "boilerplate", BOILERPLATE).to_pylist() if row["taken_out"]]
    assert (found["text"], found["documents"], found["of_documents"]) == (NOTICE, 12, 12)
    assert {row["doc_id"] for row in of_site if NOTICE in row["text"]} <= {found["keeper"]}
    lost = [row for row in of_site if by_name(row["topics"]).get("boilerplate") == found["id"]]
    assert len(lost) >= 10 and all(NOTICE not in row["text"] for row in lost)
    assert all(NOTICE in row["text"] for row in rows if row["source"] == "small")


def test_what_is_clinical_is_listed_as_left_in(data):
    (left,) = [row for row in read_dataset(data / "boilerplate", BOILERPLATE).to_pylist() if not row["taken_out"]]
    assert left["text"] == WARNING and "clinical" in left["action"]


def test_a_text_that_is_nothing_but_boilerplate_is_not_emptied(data):
    rows = read_dataset(data / "shards", RECORD).to_pylist() + read_dataset(data / "dropped", DROPPED).to_pylist()
    assert [row["text"] for row in rows if WARNING not in row["text"]] == [NOTICE]


def test_spans_and_entities_lead_to_the_words_that_are_left(data):
    pages = {row["doc_id"]: row["blocks"] for row in read_dataset(data / "pages", PAGE).to_pylist()}
    for row in read_dataset(data / "shards", RECORD).to_pylist():
        for span in row["spans"]:
            source = normalise(pages[row["doc_id"]][span["block"]]["text"], "en")
            assert row["text"][span["start"] : span["end"]] == source
        names = {row["text"][entity["start"] : entity["end"]] for entity in row["entities"]}
        assert "paracetamol" in names or row["text"] == NOTICE


def test_the_audit_passes_and_trace_shows_what_was_taken_out(data):
    failing = {name for name, verdict in audit(data).items() if verdict.fails}
    assert failing == {"repeated text"}  # the leaflet that says nothing but the notice, which the smaller site keeps
    assert NOTICE in (data / "audit.html").read_text()
    record = next(
        r for r in read_dataset(data / "shards", RECORD).to_pylist() if by_name(r["topics"]).get("boilerplate")
    )
    assert any(
        "taken out, as 12 documents of site hold it: Nobody should act" in line
        for line in trace(data, record["id"]).lines
    )
