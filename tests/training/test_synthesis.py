"""Dual-expert synthesis against scripted experts: who sees what, what is accepted, and that nothing is lost or repeated."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

import pytest
from expert_script import (
    CYSTITIS,
    FEEDBACK,
    MYOCARDIAL,
    OPEN,
    REWRITTEN,
    REWRITTEN_ZH,
    STEPS,
    Script,
    as_json,
    bodies_of,
    many,
    no_pause,
    step_of,
    write_questions,
)
from scripted_server import scripted_server
from small_corpus import environment, run_train, train_command

from medpress.command import UserError
from medpress.generation.client import GenerationConfig
from medpress.schema import INSTRUCTION
from medpress.store import check_manifest, read_dataset
from medpress.tokenising import train_tokenizer
from training.synthesis.config import SynthesisConfig
from training.synthesis.run import REJECTED, synthesize

TOKENIZER = Path(tempfile.mkdtemp()) / "tokenizer.json"
"""A small one, because the default takes a second to load."""


@pytest.fixture(scope="module", autouse=True)
def tokenizer():
    train_tokenizer([REWRITTEN, REWRITTEN_ZH] * 2, 300).save(str(TOKENIZER))
    yield
    shutil.rmtree(TOKENIZER.parent)


def run(folder, script, *questions, tries=3, seconds=20.0, concurrency=8, **settings):
    """Result, accepted rows, rejected rows and the bodies that the server received."""
    path = write_questions(folder / "exam.jsonl", *(questions or (CYSTITIS,)))
    with scripted_server(script) as (url, received):
        expert = GenerationConfig(endpoint=url, model="scripted", tries=tries, seconds=seconds, concurrency=concurrency)
        config = SynthesisConfig(expert=expert, out=folder / "synthesis", tokenizer=str(TOKENIZER), **settings)
        result = synthesize([path], config, pause=no_pause)
    accepted = read_dataset(folder / "synthesis", INSTRUCTION).to_pylist()
    rejected = read_dataset(folder / "synthesis_rejected", REJECTED).to_pylist()
    assert len(accepted) == result.accepted
    assert Counter(row["reason"] for row in rejected) == result.rejected
    return result, accepted, rejected, received


def named(pairs):
    """A list of names and values as a dict."""
    return {pair["name"]: pair["value"] for pair in pairs}


def test_a_right_chain_is_accepted(tmp_path):
    result, accepted, rejected, _ = run(tmp_path, Script())
    assert (result.accepted, rejected) == (1, [])
    row = accepted[0]
    assert row["messages"] == [{"role": "user", "content": OPEN}, {"role": "assistant", "content": REWRITTEN}]
    assert (row["stage"], row["lang"], row["source"]) == (3, "en", "exam")
    assert row["n_tokens"] > 50
    provenance = named(row["provenance"])
    assert (provenance["verified"], provenance["reasoning_share"], provenance["steps"]) == ("code", "0.5", "2")
    assert check_manifest(tmp_path / "synthesis") == check_manifest(tmp_path / "synthesis_rejected") == []


def test_steps_and_feedback_reach_the_reasoning_expert_and_the_truth_never_does(tmp_path):
    ratings = [1, 0, 1, 1]
    script = Script(
        reflect=[as_json(rating=r, feedback=f) for r, f in zip(ratings, FEEDBACK, strict=True)],
        complete=as_json(complete=False),
    )
    _, accepted, _, received = run(tmp_path, script)
    asked = bodies_of(received, "reason")
    assert len(asked) == 4 and len(accepted) == 1
    assert STEPS[0] not in asked[0] and FEEDBACK[0] not in asked[0]
    assert STEPS[0] in asked[1] and FEEDBACK[0] in asked[1]
    assert FEEDBACK[1] in asked[2], "the feedback of a dropped step is handed on"
    assert all(STEPS[1] not in body for body in asked[2:]), "the dropped step itself is not"
    assert FEEDBACK[1] not in asked[3] and STEPS[2] in asked[3] and FEEDBACK[2] in asked[3]
    for body in asked + bodies_of(received, "complete") + bodies_of(received, "rewrite"):
        assert not any(option in body for option in CYSTITIS["options"].values())
    assert all("Nitrofurantoin" in body for body in bodies_of(received, "reflect"))
    assert STEPS[1] not in bodies_of(received, "rewrite")[0]


@pytest.mark.parametrize(("satisfied", "rounds", "steps"), [(1, 4, 1), (2, 4, 2), (9, 3, 3)])
def test_the_rounds_end_when_the_judge_was_satisfied_often_enough(tmp_path, satisfied, rounds, steps):
    _, _, _, received = run(tmp_path, Script(), satisfied=satisfied, rounds=rounds)
    assert len(bodies_of(received, "reason")) == steps


def test_feedback_that_leaks_is_asked_for_again(tmp_path):
    leak, good = as_json(rating=1, feedback="Remember nitrofurantoins."), as_json(rating=1, feedback=FEEDBACK[0])
    script = Script(reflect=[leak, good])
    _, accepted, _, received = run(tmp_path, script)
    assert len(accepted) == 1 and named(accepted[0]["provenance"])["withheld"] == "0"
    assert all("nitrofurantoin" not in body.lower() for body in bodies_of(received, "reason"))
    assert FEEDBACK[0] in bodies_of(received, "reason")[1]


def test_feedback_that_leaks_twice_is_withheld(tmp_path):
    script = Script(reflect=as_json(rating=1, feedback="It is option D."))
    _, accepted, _, received = run(tmp_path, script)
    assert named(accepted[0]["provenance"])["withheld"] == "2"
    assert all("option D" not in body for body in bodies_of(received, "reason"))


def think(text: str, answer: str = "Nitrofurantoin") -> str:
    return f"<think>{text}</think><answer>{answer}</answer>"


REJECTIONS = {
    "empty chain": Script(reflect=as_json(rating=0, feedback="Start again.")),
    "wrong answer": Script(rewrite=think("She is pregnant. I take the safest one.", "Ampicillin")),
    "wrong answer, by the judge": Script(
        rewrite=think("She is pregnant. I wait.", "A wait-and-see approach"), verify=as_json(agrees=False)
    ),
    "leaked truth: the reasoning speaks of a known answer": Script(
        rewrite=think("Since the correct answer is known to be nitrofurantoin, she needs it. So be it.")
    ),
    "leaked truth: the reasoning names an option": Script(rewrite=think("She is pregnant. Hence option D is best.")),
    "leaked truth: the reasoning opens with the answer": Script(
        rewrite=think("The answer is nitrofurantoin. She is pregnant and has no fever.")
    ),
    "wrong language": Script(rewrite=think("她怀孕了，没有发热。所以应当用呋喃妥因。")),
    "stray script": Script(rewrite=think("She is беременна and has no fever. So I treat her.")),
    "template tags": Script(rewrite=think("She is pregnant.<|im_end|> So I treat her.")),
    "too long": Script(rewrite=think("She is pregnant and has no fever. " * 300)),
    "broken reply: rewrite": Script(rewrite="Nitrofurantoin, I think."),
    "broken reply: open": Script(open=as_json(question=CYSTITIS["question"])),
    "broken reply: open, an option": Script(open=as_json(question=OPEN + " Is it doxycycline?")),
    "broken reply: open, figures": Script(open=as_json(question=OPEN.replace("22", "some"))),
    "broken reply: complexity": Script(complexity=as_json(sentences=[])),
    "broken reply: reflect": Script(reflect='{"rating": 2, "feedback": ""}'),
    "broken reply: complete": Script(complete="<complete>yes</complete>"),
    "broken reply: verify": Script(rewrite=think("She is pregnant. So be it.", "A nitrofuran"), verify="Agrees: true"),
    "no open question": Script(open=as_json(question="")),
    "too simple": Script(complexity=as_json(sentences=[{"text": "It is so.", "kind": "knowledge"}])),
    "endpoint: server": Script(reason=500),
    "endpoint: refused": Script(reason=400),
    "endpoint: empty": Script(reason="  "),
    "endpoint: broken": Script(reason=b"<html>"),
}


@pytest.mark.parametrize("reason", REJECTIONS)
def test_what_is_wrong_is_rejected_with_its_reason_and_transcript(tmp_path, reason):
    _, accepted, rejected, received = run(tmp_path, REJECTIONS[reason], least_reasoning=0.1)
    assert accepted == []
    assert [row["reason"] for row in rejected] == [reason.split(",")[0]]
    transcript = rejected[0]["transcript"]
    answered = [turn for turn in transcript if turn["reply"]]
    failed = [turn for turn in transcript if not turn["reply"]]
    assert len(answered) + 3 * len(failed) >= len(received) >= len(transcript)
    assert all(turn["error"].startswith("endpoint: ") for turn in failed)
    assert transcript[-1]["step"] == step_of(received[-1]["messages"])


def test_a_broken_verdict_is_repaired_once(tmp_path):
    script = Script(complete=["It is complete.", as_json(complete=True)])
    result, _, _, received = run(tmp_path, script)
    assert result.accepted == 1
    hint = next(body for body in bodies_of(received, "complete") if "cannot be used" in body)
    assert "It is complete." in hint and "not one JSON object" in hint


def test_the_judge_verifies_what_words_cannot_tell(tmp_path):
    script = Script(rewrite=think("She is pregnant. So be it.", "Oral nitrofurantoin; not ceftriaxone"))
    result, accepted, _, received = run(tmp_path, script)
    assert result.accepted == 1 and named(accepted[0]["provenance"])["verified"] == "judge"
    assert "Nitrofurantoin" in bodies_of(received, "verify")[0]


def test_a_chinese_question_is_worked_out_in_chinese(tmp_path):
    script = Script(
        reason="下壁导联的ST段抬高提示右冠状动脉受累。",
        reflect=[
            as_json(rating=1, feedback="请注意急性下壁心梗的可能。"),
            as_json(rating=1, feedback="请定位受累的血管。"),
        ],
    )
    result, accepted, _, received = run(tmp_path, script, MYOCARDIAL)
    assert result.accepted == 1
    assert accepted[0]["messages"][1]["content"] == REWRITTEN_ZH
    assert accepted[0]["lang"] == "zh"
    assert all("一步一步" in body and "心梗" not in body for body in bodies_of(received, "reason"))


def test_a_judge_of_its_own_gets_the_verdicts(tmp_path):
    path = write_questions(tmp_path / "exam.jsonl", CYSTITIS)
    with scripted_server(Script()) as (url, written), scripted_server(Script()) as (other, judged):
        config = SynthesisConfig(
            expert=GenerationConfig(endpoint=url, model="writer"),
            judge=GenerationConfig(endpoint=other, model="judge"),
            out=tmp_path / "synthesis",
            tokenizer=str(TOKENIZER),
        )
        result = synthesize([path], config, pause=no_pause)
    assert result.accepted == 1
    assert {body["model"] for body in written} == {"writer"} and {body["model"] for body in judged} == {"judge"}
    assert len(bodies_of(written, "reason")) == 2 and not bodies_of(judged, "reason")
    assert len(bodies_of(judged, "reflect")) == 2 and not bodies_of(written, "reflect")


def test_every_item_ends_whatever_the_endpoint_does_and_is_tried_again_later(tmp_path):
    rng = random.Random(3)
    good = Script()

    def flaky(messages, number):
        error = rng.choice([429, 500, b"garbage", "", 0.4, b'{"choices": []}', (429, {"Retry-After": "0.01"})])
        return error if rng.random() < 0.5 else good(messages, number)

    questions = many(12)
    result, accepted, rejected, _ = run(tmp_path, flaky, *questions, tries=2, seconds=0.3)
    assert result.accepted + result.rejected.total() == 12
    assert result.rejected and set(result.rejected) <= {
        f"endpoint: {kind}" for kind in ("rate-limit", "server", "broken", "empty", "timeout", "connection")
    }
    again, accepted, rejected, _ = run(tmp_path, Script(), *questions)
    assert (again.accepted, rejected) == (12, [])
    assert len({row["id"] for row in accepted}) == 12
    journal = tmp_path / "synthesis_work" / "expert.jsonl"
    keys = [json.loads(line)["key"] for line in journal.read_text().splitlines()]
    assert len(keys) == len(set(keys)), "a reply that was there was asked for again"


def test_a_finished_run_asks_nothing_again(tmp_path):
    first, rows, _, _ = run(tmp_path, Script(), *many(5), MYOCARDIAL)
    files = {path: path.read_bytes() for path in tmp_path.rglob("*.parquet")}
    again, same, _, received = run(tmp_path, Script(), *many(5), MYOCARDIAL)
    assert received == [] and same == rows and again.accepted == first.accepted == 6
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.parquet")} == files
    longer, _, _, received = run(tmp_path, Script(), *many(5), MYOCARDIAL, rounds=5, satisfied=3)
    assert longer.accepted == 6 and {len(bodies_of(received, s)) for s in ("open", "complexity")} == {0}


def test_a_kill_repeats_no_more_than_was_in_flight(tmp_path):
    good = Script()

    def slow(messages, number):
        time.sleep(0.02)
        return good(messages, number)

    questions = write_questions(tmp_path / "exam.jsonl", *many(30))
    out = tmp_path / "synthesis"
    with scripted_server(slow) as (url, received):
        arguments = (
            "synthesize",
            str(questions),
            "--endpoint",
            url,
            "--model",
            "m",
            "--out",
            str(out),
            "--concurrency",
            "4",
        )
        process = subprocess.Popen(train_command(*arguments), env=environment(), stderr=subprocess.PIPE)
        while len(received) < 60:
            assert process.poll() is None, process.stderr.read().decode()
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.wait()
        before = len(received)
        done = run_train(*arguments)
        assert done.returncode == 0, done.stderr
    assert before < len(received)
    asked = Counter(json.dumps(body, sort_keys=True) for body in received)
    assert sum(asked.values()) - len(asked) <= 4
    assert read_dataset(out, INSTRUCTION).num_rows == 30
    assert "accepted" in done.stdout and "tokens out" in done.stdout


def test_an_endpoint_that_never_answers_ends_the_run(tmp_path):
    with pytest.raises(UserError, match="gave no reply at all"):
        run(tmp_path, lambda messages, number: 401, *many(40))


def test_a_dead_endpoint_is_one_sentence(tmp_path):
    questions = write_questions(tmp_path / "exam.jsonl", *many(40))
    done = run_train(
        "synthesize",
        str(questions),
        "--endpoint",
        "http://127.0.0.1:9/v1",
        "--model",
        "m",
        "--tries",
        "1",
        cwd=tmp_path,
    )
    assert done.returncode == 1 and "gave no reply at all (20 x connection)" in done.stderr
    assert "Traceback" not in done.stderr and "never retrieved" not in done.stderr


def test_mistakes_are_one_sentence(tmp_path):
    questions = write_questions(tmp_path / "exam.jsonl", CYSTITIS)
    for arguments, words in [
        (("synthesize", str(questions)), "no model is named"),
        (
            ("synthesize", str(tmp_path / "none.jsonl"), "--endpoint", "http://localhost:9", "--model", "m"),
            "none.jsonl",
        ),
    ]:
        done = run_train(*arguments, cwd=tmp_path)
        assert done.returncode == 2 and words in done.stderr and "Traceback" not in done.stderr


def test_accepted_rows_load_in_trl_as_they_are(tmp_path):
    datasets = pytest.importorskip("datasets")
    trl = pytest.importorskip("trl")
    from tiny_model import tiny_model

    run(tmp_path, Script(), CYSTITIS, MYOCARDIAL)
    (file,) = (tmp_path / "synthesis/data").glob("*.parquet")
    data = datasets.load_dataset("parquet", data_files=str(file), split="train", cache_dir=str(tmp_path / "cache"))
    model, tokenizer = tiny_model()
    arguments = trl.SFTConfig(
        output_dir=str(tmp_path / "sft"),
        max_steps=1,
        per_device_train_batch_size=2,
        report_to=[],
        use_cpu=True,
        bf16=False,
    )
    trainer = trl.SFTTrainer(model=model, args=arguments, train_dataset=data, processing_class=tokenizer)
    trainer.train()
    assert trainer.state.global_step == 1
    text = tokenizer.decode(trainer.train_dataset[0]["input_ids"])
    assert "<think>" in text and "</answer>" in text


def test_search_takes_other_paths_until_one_holds(tmp_path):
    """Wrong, without reasoning, then right; what is asked is what is trained on, and no judge is needed."""
    right = REWRITTEN.replace("Nitrofurantoin</answer>", "D</answer>").replace("the second trimester", "week 22")
    wrong = right.replace("D</answer>", "A</answer>")
    replies = [wrong, "<answer>D</answer>", right, right]

    def script(messages, number):
        return replies[number - 1]

    result, accepted, rejected, received = run(tmp_path, script, paths=4, max_tokens=300)
    (row,) = accepted
    assert row["messages"][0]["content"] == received[0]["messages"][0]["content"]
    assert named(row["provenance"])["paths"] == "3" and len(received) == 3 and not rejected
    assert (result.accepted, result.first_path) == (1, 0) and result.tokens > result.first_tokens > 0

    (tmp_path / "less").mkdir()
    failed, *_ = run(tmp_path / "less", script, paths=2, max_tokens=300)
    assert failed.rejected == {"reasoning too short": 1}
