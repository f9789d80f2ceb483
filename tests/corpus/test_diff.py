"""What changed between two builds."""

from __future__ import annotations

import json
import re
import shutil
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from small_build import build, doc_id, rows, write_documents

from corpus import diff as module
from corpus.audit.run import audit
from corpus.cli import app
from corpus.diff import diff
from corpus.filters import FilterConfig
from medpress.errors import UserError
from medpress.schema import RECORD
from medpress.store import parts, read_table, write_rows

TEXTS = {f"a/{n}.txt": f"Page {n}. " + " ".join(f"Word{n}x{m} of vein and bone." for m in range(40)) for n in range(8)}


@pytest.fixture(scope="module")
def before(tmp_path_factory) -> Path:
    data = tmp_path_factory.mktemp("before") / "data"
    write_documents(data, TEXTS, source="one")
    build(data)
    return data


def test_a_build_equals_itself(before, capsys):
    result = diff(before, before)
    assert dict(result.records) == {"unchanged": 8} and not result.decisions and not result.configuration
    assert result.tokens[0] == result.tokens[1] > 0


def test_added_removed_and_dropped_records_are_told_with_their_reasons(before, tmp_path):
    texts = dict(list(TEXTS.items())[2:]) | {"new.txt": "Short."}
    write_documents(tmp_path, texts, source="one")
    build(tmp_path, filters=FilterConfig(use=("length",), min_words=20))
    result = diff(before, tmp_path)
    assert dict(result.records) == {"removed": 2, "added": 1, "unchanged": 6}
    assert result.decisions == {("kept", "–"): 2, ("–", "filter: length: words"): 1}
    assert dict(result.documents) == {"added": 1, "removed": 2}
    assert set(result.configuration) == {"filters.use", "filters.min_words"}
    (new,) = [row["id"] for row in rows(tmp_path, "dropped")]
    assert result.examples["added"] == [new]
    one = result.sources["one"]
    assert one["tokens before"] > one["tokens after"] == sum(row["n_tokens"] for row in rows(tmp_path, "shards"))


def test_a_decision_a_text_and_an_annotation_that_change_are_told_apart(before, tmp_path, monkeypatch):
    after = tmp_path / "after"
    shutil.copytree(before, after)
    monkeypatch.setattr(module, "RECORDS_AT_ONCE", 2)
    records = sorted(rows(after, "shards"), key=lambda row: row["id"])
    for path in parts(after / "shards"):
        changed = read_table(path).to_pylist()
        for row in changed:
            if row["id"] == records[1]["id"]:
                row["text"] += " More."
            if row["id"] == records[2]["id"]:
                row["entities"] = row["entities"][1:]
            if row["id"] == records[5]["id"]:
                row["text"], row["page_end"] = row["text"].upper(), 7
        write_rows(path, changed, RECORD)
    result = diff(before, after)
    assert dict(result.records) == {"unchanged": 5, "text": 2, "annotations": 1, "provenance": 1}
    assert result.examples == {
        "text": [records[1]["id"], records[5]["id"]],
        "annotations": [records[2]["id"]],
        "provenance": [records[5]["id"]],
    }


def test_a_record_that_is_dropped_now_changes_its_decision_only(before, tmp_path):
    write_documents(tmp_path, TEXTS, source="one")
    build(tmp_path, filters=FilterConfig(use=("length",), min_words=10**6))
    result = diff(before, tmp_path)
    assert dict(result.records) == {"unchanged": 0, "decision": 8}
    assert result.decisions == {("kept", "filter: length: words"): 8}
    assert result.tokens[1] == 0


def test_the_command_prints_json_and_a_summary(before, tmp_path, capsys):
    write_documents(tmp_path, dict(list(TEXTS.items())[1:]), source="one")
    build(tmp_path)
    assert app(["diff", str(before), str(tmp_path), "--json"], result_action="return_value") == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["records"] == {"removed": 1, "unchanged": 7}
    assert printed["examples"]["removed"] == [
        r["id"] for r in rows(before, "shards") if r["doc_id"] == doc_id(TEXTS["a/0.txt"])
    ]
    app(["diff", str(before), str(tmp_path)], result_action="return_value")
    assert "0 added, 1 removed, 7 unchanged" in capsys.readouterr().out


def test_a_folder_without_a_build_is_one_sentence(before, tmp_path):
    with pytest.raises(UserError, match="there are no shards in"):
        diff(before, tmp_path)


def test_the_page_has_the_same_figures_and_what_the_tokens_are_made_of(before, tmp_path):
    after = tmp_path / "after"
    write_documents(after, dict(list(TEXTS.items())[2:]) | {"zh.txt": "患者服用二甲双胍治疗糖尿病。" * 9}, source="one")
    build(after)
    audit(after)
    assert (
        app(["diff", str(before), str(after), "--html", str(tmp_path / "diff.html")], result_action="return_value") == 0
    )
    html = (tmp_path / "diff.html").read_text()
    assert "<h1>Two builds</h1>" in html and "Gates</h2>" not in html
    tables = {
        name: ElementTree.fromstring(f"<table>{body}</table>")
        for name, body in re.findall(r'<table aria-label="([^"]*)">(.*?)</table>', html, re.S)
    }
    cells = {name: [[cell.get("data-value") or "".join(cell.itertext()).strip() for cell in row] for row in table.iter("tr")][1:]
             for name, table in tables.items()}  # fmt: skip
    assert {row[0]: row[1] for row in cells["Records by what became of them"]}.items() >= {
        "added": "1",
        "removed": "2",
        "unchanged": "6",
    }.items()
    tokens = {
        lang: sum(row["n_tokens"] for row in rows(after, "shards") if row["lang"] == lang) for lang in ("en", "zh")
    }
    old = sum(row["n_tokens"] for row in rows(before, "shards"))
    shown = {row[1]: row[2:4] for row in cells["What the tokens are made of"] if row[0] == "language"}
    assert shown == {"en": [str(old), str(tokens["en"])], "zh": ["0", str(tokens["zh"])]}
    assert ["checksums", "", "passed"] in [row[:3] for row in cells["Gates of the last audits"]]
