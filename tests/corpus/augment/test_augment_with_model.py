"""`corpus build` with a model behind an endpoint: what it answers well is kept, nothing that it does breaks the build."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from scripted_server import scripted_server
from small_build import build, rows, write_documents

from corpus.augment.config import AugmentConfig
from corpus.build import BuildResult
from corpus.steps import ask_model
from corpus.takedown import remove
from medpress.errors import UserError
from medpress.generation.client import GenerationConfig
from medpress.schema import by_name
from medpress.store import read_manifest, read_table

TEXTS = {
    "warfarin.txt": "Warfarin is given to patients with atrial fibrillation to prevent stroke. It must be stopped 5 days "
    "before surgery, because bleeding is otherwise likely. Its effect is checked by the INR after 4 days, and then weekly.",
    "metformin.txt": "Metformin is the first drug in type 2 diabetes. It is begun with 500 mg and raised to 2000 mg daily. In "
    "renal failure lactic acidosis may follow, so the drug is stopped when the patient is dehydrated or goes to surgery.",
    "amoxicillin.txt": "Amoxicillin is used for otitis media and for pneumonia. Adults take 500 mg three times daily for 7 days. "
    "A rash is common in infectious mononucleosis; it is not an allergy, and does not forbid the drug in later years.",
}


def sentences(messages: list[dict[str, str]]) -> list[str]:
    """The sentences of the passage that is asked about."""
    passage = re.search(r"<text>\n(.*)\n</text>", messages[-1]["content"], re.DOTALL)
    assert passage
    return re.split(r"(?<=\.) ", passage[1])


def honest(messages: list[dict[str, str]], number: int) -> str:
    """Answers that keep to the passage, in the form that is asked for."""
    said = sentences(messages)
    if "“Q:”" in messages[-1]["content"]:
        return "\n\n".join(
            f"Q: What is said here, in part {n}?\nA: {sentence}" for n, sentence in zip("abc", said, strict=False)
        )
    return "What matters comes last here. " + " ".join(f"Note that {s[0].lower()}{s[1:]}" for s in reversed(said))


def augment(data: Path, url: str, model: str = "scripted", **settings: Any) -> BuildResult:
    given = {"concurrency": 4, "seconds": 5.0, "tries": 1}
    generation = GenerationConfig(endpoint=url, model=model, **{**given, **settings.pop("generation", {})})
    chosen = {"methods": (), "model_methods": ("rephrase", "questions"), "per_record": 2, "source_types": ("textbook",)}
    return build(data, augment=AugmentConfig(max_share=1.0, generation=generation, **{**chosen, **settings}))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for uri, text in TEXTS.items():  # a segment each, so that the model is asked in several rounds
        write_documents(tmp_path / "data", {uri: text}, source="books", source_type="textbook")
    return tmp_path / "data"


def made(data: Path) -> list[dict[str, Any]]:
    return [row for kind in ("shards", "dropped") for row in rows(data, kind) if row["augmentation"]]


def files(data: Path) -> dict[str, bytes]:
    return {
        str(p.relative_to(data)): p.read_bytes()
        for k in ("shards", "dropped")
        for p in (data / k).rglob("*")
        if p.is_file()
    }


def test_good_answers_become_records_that_lead_back_to_their_page(data: Path) -> None:
    with scripted_server(honest) as (url, received):
        result = augment(data, url)
    assert (result.asked.calls, result.asked.replies, len(received)) == (12, 12, 12)
    kept = [row for row in rows(data, "shards") if row["augmentation"]]
    parents = {row["id"]: row for row in rows(data, "shards") if not row["augmentation"]}
    assert {row["augmentation"] for row in kept} == {"rephrase", "questions"}
    for row in kept:
        parent = parents[row["parent_id"]]
        assert row["doc_id"] == parent["doc_id"]
        assert by_name(row["topics"])["template"].startswith(f"{row['augmentation']}/en/")
        assert row["spans"] and row["page_start"] == 1
    manifest = read_manifest(data / "shards")
    assert manifest["model_calls"] == {"calls": 12, "replies": 12}
    assert manifest["config"]["augment"]["model"] == "scripted"
    assert url not in json.dumps(manifest)
    assert "The model `scripted` was asked" in (data / "shards/README.md").read_text()


def test_what_the_model_invents_is_dropped_with_the_reason(data: Path) -> None:
    def invent(messages: list[dict[str, str]], number: int) -> str:
        answer = honest(messages, number)
        if "“Q:”" in messages[-1]["content"]:
            return answer.replace("A: ", "A: After 93 months, ")
        return answer + " Rivaroxaban is better."

    with scripted_server(invent) as (url, _):
        augment(data, url)
    assert not [row for row in rows(data, "shards") if row["augmentation"]]
    reasons = Counter((row["augmentation"], row["stage"], row["reason"]) for row in rows(data, "dropped"))
    assert reasons.keys() == {
        ("rephrase", "augmentation", "a drug that is not in its source"),
        ("questions", "augmentation", "a number that is not in its source"),
    }


def body(text: str, finish: str) -> bytes:
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": finish}
    return json.dumps({"choices": [choice], "usage": {"prompt_tokens": 5, "completion_tokens": 3}}).encode()


def test_errors_time_outs_and_garbage_cost_their_texts_and_nothing_else(data: Path) -> None:
    faults = iter(
        [500, 429, 401, b"<html>", b'{"choices": []}', "", 2.0, body("Cut off in the mid", "length"), "\x00{slot}"]
    )

    def script(messages: list[dict[str, str]], number: int) -> Any:
        return next(faults, None) or honest(messages, number) if number != 6 else ""

    with scripted_server(script) as (url, received):
        result = augment(data, url, generation={"concurrency": 1, "seconds": 1.0})
        assert result.asked.calls == 12
        assert result.asked.failures == {
            "server": 1,
            "rate-limit": 1,
            "refused": 1,
            "broken": 2,
            "empty": 1,
            "timeout": 1,
        }
        assert result.asked.replies == 5
        assert read_manifest(data / "shards")["model_calls"] == {"calls": 12, "replies": 5}
        dropped = {row["reason"] for row in rows(data, "dropped")}
        assert {"the reply was cut at the token limit", "a reply that is not in the form asked for"} & dropped
        before = {row["id"] for row in made(data)}
        asked = len(received)
        result = augment(data, url)  # the same again: only what has no reply is asked
        assert len(received) - asked == 7
        assert (result.asked.replies, result.asked.failures) == (12, {})
        assert before < {row["id"] for row in made(data)}


def test_a_dead_endpoint_and_a_spent_budget_end_in_a_build_without_those_texts(data: Path) -> None:
    result = augment(data, "http://127.0.0.1:9/v1")
    assert result.asked.failures == {"connection": 12}
    assert len(rows(data, "shards")) == 3
    with scripted_server(honest) as (url, received):
        result = augment(data, url, generation={"concurrency": 1, "token_budget": 24})
        assert len(received) == 3  # 8 tokens each
    assert result.asked.failures == {"budget": 9}


def test_a_model_that_never_answers_is_not_asked_for_ever(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ask_model, "FAILURES_IN_A_ROW", 1)
    with scripted_server(lambda messages, number: 503) as (url, received):
        result = augment(data, url)
        assert 0 < len(received) < 12
    assert result.asked.failures == {"server": len(received), "not asked": 12 - len(received)}
    assert len(rows(data, "shards")) == 3


def test_the_shards_follow_from_the_journal(data: Path, tmp_path: Path) -> None:
    with scripted_server(honest) as (url, _):
        augment(data, url)
    first = files(data)
    other = tmp_path / "other"
    write_documents(other, TEXTS, source="books", source_type="textbook")
    (other / "journal").mkdir()
    (other / "journal/augmentation.jsonl").write_bytes((data / "journal/augmentation.jsonl").read_bytes())
    result = augment(other, "http://127.0.0.1:9/v1")  # nobody is there, and nobody is needed
    assert result.asked.spent["journaled"] == 12 and not result.asked.failures
    assert files(other) == first


def test_a_takedown_leaves_nothing_of_what_a_model_made_of_the_document(data: Path) -> None:
    with scripted_server(honest) as (url, _):
        augment(data, url)
        remove(data, ["warfarin.txt"], "asked for")
        held = {path: path.read_bytes() for path in data.rglob("*") if path.is_file()}
        tables = {path: str(read_table(path).to_pylist()).encode() for path in held if path.suffix == ".parquet"}
        assert [path.name for path, words in (held | tables).items() if b"atrial fibrillation" in words.lower()] == []
        assert len((data / "journal/augmentation.jsonl").read_text().splitlines()) == 8
        card = (data / "shards/README.md").read_text()
        assert f"{len(rows(data, 'shards'))} texts of" in card
        sums = json.loads((data / "shards/croissant.json").read_text())["distribution"]
        assert {f["contentUrl"]: f["sha256"] for f in sums if "sha256" in f} == {
            f["path"]: f["sha256"] for f in read_manifest(data / "shards")["files"]
        }


KILLED = """
import sys
from pathlib import Path
sys.path[:0] = {paths!r}
from test_augment_with_model import augment
augment(Path({data!r}), {url!r}, generation={{"concurrency": 2}})
"""


def test_killed_while_it_asks_it_asks_again_only_for_what_was_in_flight(data: Path, tmp_path: Path) -> None:
    def slow(messages: list[dict[str, str]], number: int) -> str:
        time.sleep(0.3)
        return honest(messages, number)

    with scripted_server(slow) as (url, received):
        program = KILLED.format(paths=[str(Path(__file__).parent), *sys.path], data=str(data), url=url)
        process = subprocess.Popen([sys.executable, "-c", program], env={**os.environ}, start_new_session=True)
        deadline = time.monotonic() + 240
        while len(received) < 5:
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert not (data / "shards").exists()
        augment(data, url)
        assert 12 <= len(received) <= 12 + 2
    whole = tmp_path / "whole"
    write_documents(whole, TEXTS, source="books", source_type="textbook")
    with scripted_server(honest) as (url, _):
        augment(whole, url)
    assert files(data) == files(whole)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"max_share": 0.0, "generation": GenerationConfig(model="m")}, "give --augment.max-share too"),
        (
            {"max_share": 0.2, "model_methods": ("rhyme",)},
            "no augmentation method rhyme for a model: choose from rephrase",
        ),
        ({"max_share": 0.2, "generation": GenerationConfig(model="./no/model")}, "cannot load the model"),
    ],
)
def test_wrong_settings_are_one_sentence(data: Path, settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        build(data, augment=AugmentConfig(methods=(), **settings))


def test_a_real_model_behind_a_real_server_goes_the_whole_way(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="the train extra is not installed")
    sys.path.insert(0, str(Path(__file__).parents[2] / "training"))
    from model_server import model_server

    data = tmp_path / "short"
    write_documents(data, {"warfarin.txt": TEXTS["warfarin.txt"]}, source="books", source_type="textbook")
    with model_server() as (url, received):
        methods = {"model_methods": ("rephrase",), "per_record": 1}
        result = augment(data, url, "smollm2", generation={"seconds": 400.0, "concurrency": 1}, **methods)
        assert result.asked.calls == len(received) == 1
        assert result.asked.replies + result.asked.failures.total() == 1
        first = files(data)
        again = augment(data, url, "smollm2", generation={"seconds": 400.0, "concurrency": 1}, **methods)
        assert len(received) == 1 + result.asked.failures.total() == 1 + again.asked.failures.total()
    assert files(data) == first
    assert len(made(data)) >= result.asked.replies
    for row in made(data):
        assert row["parent_id"] and row["text"]
        if row.get("stage"):
            assert row["reason"]
