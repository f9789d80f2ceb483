"""Augmentation inside `corpus build`: accounts, provenance, caps, the same checks again, the same bytes."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pyarrow.compute as pc
import pytest

from medpress.schema import DROPPED, PAGE, RECORD, by_name
from medpress.store import identity, read_dataset

BIN = Path(sys.executable).parent
DRUGS = """# Drugs in heart failure

Enalapril is an inhibitor of the angiotensin-converting enzyme (ACE). Bisoprolol is a beta blocker that slows the heart.

| Drug | Starting dose | Remark |
| --- | --- | --- |
| enalapril | 2.5 mg twice daily | watch potassium |
| bisoprolol | 1.25 mg once daily | not in asthma |
| spironolactone | 25 mg once daily | watch potassium |
| candesartan | 4 mg once daily | watch creatinine |
| carvedilol | 3.125 mg twice daily | take with food |
| furosemide | 20 mg once daily | weigh the patient |
"""


def command(*words: object, check: int | None = 0) -> str:
    done = subprocess.run([BIN / str(words[0]), *map(str, words[1:])], capture_output=True, text=True, timeout=600)
    output = done.stdout + done.stderr
    assert check is None or done.returncode == check, output
    assert "Traceback" not in output
    return output


@pytest.fixture(scope="module")
def read(tmp_path_factory, sample_docs) -> Path:
    """Textbook chapters, read but not built."""
    folder = tmp_path_factory.mktemp("augment")
    (folder / "books").mkdir()
    (folder / "books/drugs.md").write_text(DRUGS)
    for name in ("cirrhosis.md", "coronary_zh.md", "diabetes.md"):
        shutil.copy(sample_docs / "textbook" / name, folder / "books")
    command(
        "ingest",
        "text",
        folder / "books",
        "--source-type",
        "textbook",
        "--license",
        "CC0-1.0",
        "--data",
        folder / "data",
    )
    return folder / "data"


@pytest.fixture(scope="module")
def built(read) -> tuple[Path, str]:
    """The same, built with augmentation and no cap; and what the build said."""
    return read, command("corpus", "build", "--data", read, "--augment.max-share", "1", "--workers", "2")


OVER_ITS_SHARE = "over the share of one method in the augmented text"


def rows(data: Path, kind: str, augmented: bool = True) -> list[dict]:
    chosen = pc.field("augmentation").is_valid() if augmented else pc.field("augmentation").is_null()
    return read_dataset(data / kind, {"shards": RECORD, "dropped": DROPPED}[kind], filter=chosen).to_pylist()


def tree(data: Path) -> dict[str, str]:
    files = [path for kind in ("shards", "dropped", "quarantine") for path in sorted((data / kind).rglob("*"))]
    return {str(p.relative_to(data)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files if p.is_file()}


def copy(data: Path, target: Path) -> Path:
    """What was read, without anything built."""
    shutil.copytree(data, target, ignore=shutil.ignore_patterns("work", "shards", "dropped", "index", "build.*"))
    return target


def test_nothing_is_augmented_unless_asked_for(built, tmp_path):
    data = tmp_path / "data"
    shutil.copytree(built[0], data)
    assert "texts augmented" not in command("corpus", "build", "--data", data)
    assert rows(data, "shards") == []


def test_the_accounts_of_source_text_and_of_augmented_text_hold(built):
    data, output = built
    kept, dropped = rows(data, "shards"), rows(data, "dropped")
    assert len(kept) > 20
    assert f"{len(kept) + len(dropped)} texts augmented from them = {len(kept)} kept + {len(dropped)} dropped" in output
    sections = rows(data, "shards", augmented=False) + rows(data, "dropped", augmented=False)
    assert f"{len(sections)} sections cut" in output


def test_every_augmented_record_names_its_parent_and_its_place_in_the_source(built):
    data, _ = built
    parents = {row["id"]: row for row in rows(data, "shards", augmented=False)}
    pages = {
        (row["doc_id"], row["page"], number): block["text"]
        for row in read_dataset(data / "pages", PAGE).to_pylist()
        for number, block in enumerate(row["blocks"])
    }
    ordinals: Counter[tuple[str, str]] = Counter()
    for row in sorted(rows(data, "shards") + rows(data, "dropped"), key=lambda row: row["id"]):
        parent = parents[row["parent_id"]]
        ordinals[row["parent_id"], row["augmentation"]] += 1
        assert row["doc_id"] == parent["doc_id"] and row["source"] == parent["source"]
        assert row["id"] in {identity(row["doc_id"], o, row["augmentation"], k) for o in range(9) for k in range(9)}
        assert row["spans"]
        for span in row["spans"]:
            quoted = row["text"][span["start"] : span["end"]]
            assert quoted in parent["text"]
            source = pages[row["doc_id"], span["page"], span["block"]]
            assert "".join(quoted.split()) in "".join(source.split())
        assert by_name(row["topics"])["template"].startswith(row["augmentation"])


def test_no_method_makes_more_than_its_share(built):
    tokens: Counter[str] = Counter()
    for row in rows(built[0], "shards"):
        tokens[row["augmentation"]] += row["n_tokens"]
    assert max(tokens.values()) <= 0.35 * tokens.total()
    over = [row for row in rows(built[0], "dropped") if row["reason"] == OVER_ITS_SHARE]
    assert over and all(row["stage"] == "augmentation" and row["value"] > row["threshold"] for row in over)


def test_trace_tells_where_an_augmented_text_comes_from(built):
    data, _ = built
    row = rows(data, "shards")[0]
    output = command("corpus", "trace", row["id"], "--data", data)
    assert f"augmented from record {row['parent_id']} by {row['augmentation']}, resting on page" in output


def test_the_audit_passes_with_its_gate_on_augmented_text(built):
    output = command("corpus", "audit", "--data", built[0])
    assert "FAILED" not in output
    figures = json.loads((built[0] / "audit.json").read_text())
    counts = Counter(row["augmentation"] for row in rows(built[0], "shards"))
    assert {row["method"]: row["records"] for row in figures["sections"]["model"]["augmentation"]["rows"]} == counts


def test_the_cap_holds_and_says_what_it_dropped(built, tmp_path):
    data = tmp_path / "data"
    shutil.copytree(built[0], data)
    command("corpus", "build", "--data", data, "--augment.max-share", "0.1", "--augment.max-method-share", "1")
    kept = rows(data, "shards")
    text = sum(row["n_tokens"] for row in rows(data, "shards", augmented=False))
    share = sum(row["n_tokens"] for row in kept) / (text + sum(row["n_tokens"] for row in kept))
    assert 0.05 < share <= 0.1
    over = [row for row in rows(data, "dropped") if row["reason"] == "over the share of augmented text in its source"]
    whole = rows(built[0], "shards") + [row for row in rows(built[0], "dropped") if row["reason"] == OVER_ITS_SHARE]
    assert len(over) + len(kept) == len(whole)
    assert all(row["stage"] == "augmentation" and row["threshold"] == 0.1 and row["value"] > 0.1 for row in over)


def test_augmented_texts_are_decontaminated_and_compared_with_the_corpus(built, tmp_path):
    """A benchmark asks what stands nowhere in the source and comes about when a cell of a table is asked for; a document holds
    word for word what augmentation makes of another."""
    data = tmp_path / "data"
    shutil.copytree(built[0], data)
    made = rows(data, "shards")
    leak = next(r for r in made if r["augmentation"] == "table" and "/cell/" in str(r["topics"]))
    (tmp_path / "exam.jsonl").write_text(json.dumps({"question": leak["text"], "answer": ""}) + "\n")
    copied = max((r for r in made if "\n" not in r["text"] and r != leak), key=lambda row: len(row["text"]))
    (tmp_path / "copy.txt").write_text(copied["text"])
    command("ingest", "text", tmp_path / "copy.txt", "--source-type", "web", "--data", data)
    command("corpus", "build", "--data", data, "--augment.max-share", "1", "--decontaminate", tmp_path / "exam.jsonl")
    dropped = {row["id"]: row for row in rows(data, "dropped")}
    sections = {row["id"] for row in rows(data, "shards", augmented=False)}
    assert dropped[leak["id"]]["stage"] == "decontamination"
    assert leak["parent_id"] in sections
    assert dropped[copied["id"]]["stage"] in ("exact duplicates", "near duplicates")
    assert dropped[copied["id"]]["duplicate_of"] in sections


def test_the_same_bytes_for_one_worker_and_after_kills(built, tmp_path):
    data = copy(built[0], tmp_path / "data")
    words = ["corpus", "build", "--data", data, "--augment.max-share", "1", "--workers", "1"]
    rng = random.Random(6)
    for _ in range(2):
        run = subprocess.Popen(
            [BIN / words[0], *map(str, words[1:])],
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(rng.uniform(4, 12))
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
    command(*words)
    assert tree(data) == tree(built[0])


def test_an_unknown_method_and_a_share_out_of_range_are_refused(read):
    output = command("corpus", "build", "--data", read, "--augment.methods", "magic", check=2)
    assert "magic" in output and "heading" in output, "it names what there is"
    output = command("corpus", "build", "--data", read, "--augment.max-share", "20", check=2)
    assert "from 0 to 1" in output
