"""Reports for regulators: every field is filled or says who fills it, the figures are right, Croissant is valid."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from small_build import build, rows, story, write_documents

from corpus.report.entry import Entry, cell
from corpus.report.facts import facts
from corpus.report.run import REPORTS, report
from corpus.review.run import sample
from corpus.review.verdicts import take_in
from nlp.phi import KINDS

SECTIONS = {
    "eu-art53": [
        "The summary", "1.1 Provider", "1.2 Model", "1.3 Modalities", "2.1 Publicly", "2.2.1 Datasets commercially", "2.2.2 Private",
        "2.3 Data crawled", "2.4 User", "2.5 Synthetic", "2.6 Other", "3.1 Respect", "3.2 Removal", "3.3 Other",
    ],
    "tc260": ["5.1 Source", "5.1 Matching", "5.2 Content", "5.3 Annotation", "9.2 Assessment"],
    "hipaa": ["Method", "Determination by an expert", "Identifiers", "Residual risk"],
}  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report") / "data"
    write_documents(folder, {f"https://www.nice.org.uk/{n}": story(n) for n in range(12)}, source="nice.org.uk")
    write_documents(folder, {f"https://example.org/{n}": story(50 + n) for n in range(3)}, source="example.org")
    write_documents(folder, {f"{n}.txt": f"Dr. Mary Ellis, telephone 617-555-0{n + 100}. {story(90 + n)}" for n in range(5)},
                    source="notes|a", source_type="note", license="")  # fmt: skip
    build(folder)
    return folder


@pytest.mark.parametrize("name", sorted(REPORTS))
def test_every_field_is_filled_or_names_who_fills_it(data: Path, name: str) -> None:
    entries = list(REPORTS[name].fill(facts(data)))
    assert [entry.field for entry in entries if not entry.text.strip()] == []
    sections = list(dict.fromkeys(entry.section for entry in entries))
    assert all(any(section.startswith(wanted) for section in sections) for wanted in SECTIONS[name])
    place, left = report(data, name)
    text = place.read_text("utf-8")
    assert left == sum(bool(entry.by) for entry in entries)
    assert all(told in text for told in (*REPORTS[name].sources, *REPORTS[name].unverified))
    widths = {len(re.findall(r"(?<!\\)\|", line)) for line in text.split("\n") if line.startswith("|")}
    assert widths == {3}, "a bar in a name breaks no row"
    assert "Ellis" not in text and "555" not in text


def test_the_figures_of_the_summary_for_the_eu(data: Path) -> None:
    said = {entry.field: entry.value for entry in REPORTS["eu-art53"].fill(facts(data))}
    kept = rows(data, "shards")
    assert f"{sum(row['n_tokens'] for row in kept):,} tokens, {len(kept)} records" in said["Training data size: text"]
    whole = sum(len(row["text"]) for row in kept if row["source"] in ("nice.org.uk", "example.org"))
    largest = sum(len(row["text"]) for row in kept if row["source"] == "nice.org.uk")
    assert (
        next(said[field] for field in said if field.startswith("Most relevant domain"))
        == f"the largest 1 of 2 by size of content: nice.org.uk ({largest / whole:.1%})"
    )


def test_the_figures_of_the_assessment_for_china(data: Path, tmp_path: Path) -> None:
    said = {entry.field: entry.text for entry in REPORTS["tc260"].fill(facts(data))}
    assert said["Items checked by hand (at least 4,000)"] == "0: **not met**"
    form = tmp_path / "sample.csv"
    sample(data, 20, "1", [], "csv", form)
    with form.open(encoding="utf-8-sig", newline="") as lines:
        table = list(csv.DictReader(lines))
    for row in table:
        row["verdict"] = "drop" if row["source"] == "notes|a" else "keep"
    with form.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, table[0])
        writer.writeheader()
        writer.writerows(table)
    take_in(data, form)
    entries = list(REPORTS["tc260"].fill(facts(data)))
    after = {entry.section: entry.value for entry in entries if "after collection" in entry.field}
    assert after["5.1 Source notes|a (note)"].startswith("5 of 5 records refused by people, 100.0%")
    assert after["5.1 Source notes|a (note)"].endswith("must not be used")
    assert after["5.1 Source nice.org.uk (web)"].endswith("may be used")
    said = {entry.field: entry.text for entry in entries}
    assert said["Items checked by hand (at least 4,000)"] == "20: **not met**"
    assert said["Without fault (at least 96%)"].startswith("75.00% (95 % interval ")


def test_the_identifiers_of_hipaa_are_all_told_and_counted(data: Path) -> None:
    told = [entry for entry in REPORTS["hipaa"].fill(facts(data)) if entry.section == "Identifiers"]
    assert [entry.field[1] for entry in told] == list("ABCDEFGHIJKLMNOPQR")
    counted = {kind: int(count) for entry in told for kind, count in re.findall(r"([A-Z_]+) (\d+)", entry.value)}
    assert counted.keys() == KINDS.keys()
    actions = [action["type"] for row in rows(data, "shards") for action in row["phi_actions"]]
    assert counted == {kind: actions.count(kind) for kind in KINDS} and counted["PHONE"] == 5


def test_croissant_with_its_fields_for_responsible_ai_is_valid(data: Path) -> None:
    mlcroissant = pytest.importorskip("mlcroissant")
    place, _ = report(data, "croissant-rai")
    found = mlcroissant.Dataset(str(place))
    assert found.metadata.data_limitations and found.metadata.personal_sensitive_information
    (read,) = [one for one in json.loads(place.read_text())["recordSet"] if one["@id"] == "note"]
    files = pq.ParquetDataset(data / "shards/data/note").read()
    assert len(list(found.records(read["@id"]))) == files.num_rows == 5


def test_a_name_breaks_no_table() -> None:
    assert cell("a|b\n<script>") == "a\\|b &lt;script>"
    assert Entry("1", "x", "y", by="z").text == "y · **to be provided by z**"
