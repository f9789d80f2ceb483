"""Rejection sampling against scripted models: which answers become pairs, and what happens to all the others."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from collections import Counter

import pytest
from expert_script import CYSTITIS, MYOCARDIAL, Script, as_json, bodies_of, many, no_pause, write_questions
from scripted_server import scripted_server
from small_corpus import environment, run_train, train_command

from medpress.command import UserError
from medpress.generation.client import GenerationConfig
from medpress.schema import INSTRUCTION, PAIR
from medpress.store import check_manifest, read_dataset
from training.evaluation.multiple_choice import ask
from training.evaluation.questions import read_questions
from training.sampling.config import SamplingConfig
from training.sampling.preference_pairs import Candidate, best, worse
from training.sampling.run import SAMPLE, sample
from training.synthesis.answer_format import Parts

THOUGHT = "She is pregnant and has no fever, so the bladder is infected and the child has to be kept in mind. "


def reply(answer: str, mark: str = "") -> str:
    return f"<think>{THOUGHT * 3}{mark or 'So be it.'}</think><answer>{answer}</answer>"


def scored(text: str, number: int) -> str:
    """The judge gives what stands as a mark in the candidate's reasoning: "(70)"."""
    return as_json(score=int(re.findall(r"\((\d+)\)", text)[-1]))


def compared(text: str, number: int) -> str:
    """The judge of two prefers the higher mark."""
    a, b = map(int, re.findall(r"\((\d+)\)", text))
    return as_json(score_a=a, score_b=b, better="A" if a > b else "B" if b > a else "tie")


def run(folder, script, *questions, judge=False, tries=2, seconds=20.0, **settings):
    """Result (or the error), pairs, samples and the bodies received; calls go one after the other."""
    path = write_questions(folder / "exam.jsonl", *(questions or (CYSTITIS,)))
    with scripted_server(script) as (url, received):
        model = GenerationConfig(endpoint=url, model="policy", tries=tries, seconds=seconds, concurrency=1)
        asked = GenerationConfig(endpoint=url, model="judge", tries=tries, concurrency=1) if judge else None
        config = SamplingConfig(policy=model, judge=asked, out=folder / "pairs", **settings)
        try:
            result = sample([path], config, pause=no_pause)
        except UserError as error:
            result = error
    pairs = read_dataset(folder / "pairs", PAIR).to_pylist()
    return result, pairs, read_dataset(folder / "pairs_samples", SAMPLE).to_pylist(), received


def test_without_a_judge_right_beats_wrong(tmp_path):
    answers = [
        reply("A"),
        reply("It depends"),
        reply("D"),
        reply("Nitrofurantoin", "first"),
        reply("C"),
        reply("C", "again"),
    ]
    result, pairs, samples, received = run(tmp_path, Script(sample=answers), samples=6)
    assert (result.right, result.wrong, result.errors) == (2, 3, {"names no option": 1})
    question = read_questions(tmp_path / "exam.jsonl")[0][0]
    assert {body["messages"][0]["content"] for body in received} == {ask(question)}
    assert sorted(body["seed"] for body in received) == list(range(6))
    assert [(p["chosen"][0]["content"], p["chosen_correct"], p["rejected_correct"]) for p in pairs] == [
        (reply("D"), True, False)
    ] * 3
    assert {p["rejected"][0]["content"] for p in pairs} == {reply("A"), reply("C"), reply("C", "again")}
    assert {p["prompt"][0]["content"] for p in pairs} == {ask(question)}
    assert {(p["lang"], p["source"], p["chosen_score"]) for p in pairs} == {("en", "exam", None)}
    right = read_dataset(tmp_path / "pairs_right", INSTRUCTION).to_pylist()
    said = [[message["content"] for message in row["messages"]] for row in right]
    assert sorted(said) == sorted([ask(question), answer] for answer in (reply("D"), reply("Nitrofurantoin", "first")))
    assert all(row["n_tokens"] > 50 and row["stage"] == 3 for row in right)
    assert [s["option"] for s in sorted(samples, key=lambda s: s["sample"])] == ["A", None, "D", "D", "C", "C"]
    assert check_manifest(tmp_path / "pairs") == check_manifest(tmp_path / "pairs_samples") == []


def test_a_question_can_be_asked_without_its_options(tmp_path):
    run(tmp_path, Script(sample=[reply("D"), reply("A")]), samples=2, show_options=False)
    _, pairs, _, _ = run(tmp_path, Script(sample=[reply("D"), reply("A")]), samples=2, show_options=False)
    assert pairs[0]["prompt"] == [{"role": "user", "content": CYSTITIS["question"]}]


def test_the_judge_scores_each_answer_and_compares_the_best_with_the_lowest(tmp_path):
    marks = [
        ("D", 95),
        ("D", 80),
        ("A", 50),
        ("D", 40),
        ("C", 10),
        ("D", 30),
        ("E", 55),
        ("D", 61),
        ("B", 20),
        ("D", 59),
    ]
    script = Script(sample=[reply(a, f"({m})") for a, m in marks], score=scored, compare=compared)
    result, pairs, samples, received = run(tmp_path, script, judge=True)
    assert result.pairs == 3
    assert {(p["chosen_score"], p["chosen_correct"]) for p in pairs} == {(95.0, True)}
    # the five lowest are 10 (C), 20 (B), 30 (D), 40 (D), 50 (A); wrong options first, then low scores; D says the same
    assert sorted(p["rejected_score"] for p in pairs) == [10.0, 20.0, 50.0]
    assert not any(p["rejected_correct"] for p in pairs)
    scoring = bodies_of(received, "score")
    assert len(scoring) == 10
    for body, (answer, mark) in zip(scoring, marks, strict=True):
        assert CYSTITIS["question"] in body and reply(answer, f"({mark})") in body and "D. Nitrofurantoin" in body
        assert f"final answer is {'right' if answer == 'D' else 'wrong'}." in body
    comparing = bodies_of(received, "compare")
    assert len(comparing) == 3 and all(reply("D", "(95)") in body for body in comparing)
    assert {s["score"] for s in samples} == {mark for _, mark in marks}


def test_a_right_answer_of_low_score_may_be_rejected_when_it_reads_otherwise(tmp_path):
    answers = [reply("Nitrofurantoin", "(90)"), reply("Give her nitrofurantoin.", "(20)"), reply("B", "(40)")]
    _, pairs, _, _ = run(
        tmp_path, Script(sample=answers, score=scored, compare=compared), judge=True, samples=3, pairs=2
    )
    assert {(p["rejected_score"], p["rejected_correct"]) for p in pairs} == {(40.0, False), (20.0, True)}


def test_a_pair_needs_both_verdicts_to_agree(tmp_path):
    def perverse(text, number):
        value = json.loads(compared(text, number))
        return as_json(
            score_a=value["score_b"], score_b=value["score_a"], better="B" if value["better"] == "A" else "A"
        )

    answers = [reply("D", "(90)"), reply("A", "(20)"), reply("B", "(30)")]
    script = Script(sample=answers, score=scored, compare=perverse)
    error, pairs, _, _ = run(tmp_path, script, judge=True, samples=3)
    assert isinstance(error, UserError) and error.exit_code == 1
    assert "no pair came of 1 questions: 1 x the comparison disagrees with the scores" in str(error)
    assert pairs == []


def test_a_comparison_that_contradicts_itself_costs_that_pair_only(tmp_path):
    def broken_for_a(text, number):
        return as_json(score_a=1, score_b=2, better="A") if "(20)" in text else compared(text, number)

    answers = [reply("D", "(90)"), reply("A", "(20)"), reply("B", "(30)")]
    result, pairs, _, _ = run(
        tmp_path, Script(sample=answers, score=scored, compare=broken_for_a), judge=True, samples=3
    )
    assert [p["rejected_score"] for p in pairs] == [30.0]
    assert result.errors == {"broken reply: compare": 1}


def test_a_broken_score_costs_that_answer_only(tmp_path):
    def broken_for_a(text, number):
        return "about twenty" if "(20)" in text else scored(text, number)

    answers = [reply("D", "(90)"), reply("A", "(20)"), reply("B", "(30)")]
    result, pairs, _, _ = run(
        tmp_path, Script(sample=answers, score=broken_for_a, compare=compared), judge=True, samples=3
    )
    assert [p["rejected_score"] for p in pairs] == [30.0]
    assert result.errors == {"broken reply: score": 1}


def test_the_judge_maps_what_words_do_not_tell(tmp_path):
    answers = [reply("the urinary agent", "(90)"), reply("nothing at all", "(10)"), reply("C", "(20)")]
    script = Script(
        sample=answers,
        option=lambda text, n: as_json(option="D" if "the urinary agent" in text else None),
        score=scored,
        compare=compared,
    )
    result, pairs, samples, _ = run(tmp_path, script, judge=True, samples=3)
    assert (result.right, result.wrong) == (1, 2)
    assert {p["rejected_score"] for p in pairs} == {10.0, 20.0}
    assert sorted(s["option"] or "" for s in samples) == ["", "C", "D"]


def test_options_beyond_d_and_chinese(tmp_path):
    eight = CYSTITIS | {
        "options": {letter: f"drug number {n}" for n, letter in enumerate("ABCDEFGH", 1)},
        "answer": "H",
    }
    _, pairs, samples, _ = run(tmp_path, Script(sample=[reply("H"), reply("drug number 7")]), eight, samples=2)
    assert len(pairs) == 1 and {s["option"] for s in samples} == {"H", "G"}
    thought = "下壁导联的ST段抬高，提示右冠状动脉受累，疼痛为压榨样。" * 8
    answers = [f"<think>{thought}</think><answer>{a}</answer>" for a in ("B", "肺栓塞")]
    _, pairs, _, _ = run(tmp_path, Script(sample=answers), MYOCARDIAL, samples=2)
    assert [(p["lang"], p["chosen"][0]["content"]) for p in pairs] == [("zh", answers[0])]


def test_answers_that_cannot_be_used_are_counted(tmp_path):
    answers = [
        reply("D"),
        "Nitrofurantoin.",
        "<think>Short.</think><answer>D</answer>",
        reply("D").replace("She", "她"),
        reply("D", "<|im_end|>"),
        reply("A", "x" * 9000),
        reply("A", "да"),
        reply("A"),
    ]
    result, pairs, samples, _ = run(tmp_path, Script(sample=answers), samples=8)
    assert len(pairs) == 1
    errors = [
        "not in the form of think and answer",
        "reasoning too short",
        "wrong language",
        "template tags",
        "too long",
        "stray script",
    ]
    assert result.errors == Counter(errors)
    assert [s["text"] for s in sorted(samples, key=lambda s: s["sample"])] == answers
    short, pairs, _, _ = run(tmp_path, Script(sample=answers), samples=8, least_think=0)
    assert "reasoning too short" not in short.errors


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([reply("A"), reply("B")], "no right answer"),
        ([reply("D"), reply("D", "again")], "no wrong answer"),
        (["D", "D"], "no usable answer (mostly: not in the form of think and answer)"),
        ([500], "no reply (endpoint: server)"),
    ],
)
def test_no_pair_at_all_is_an_error_with_reasons(tmp_path, answers, reason):
    error, pairs, samples, _ = run(tmp_path, Script(sample=answers), *many(3), samples=2)
    assert isinstance(error, UserError) and error.exit_code == 1
    assert f"no pair came of 3 questions: 3 x {reason}" in str(error)
    assert pairs == [] and len(samples) == 6


def test_one_failed_call_costs_one_answer_and_is_made_up_for_later(tmp_path):
    answers = [reply("D"), 500, 500, reply("A"), reply("B")]
    result, pairs, _, received = run(tmp_path, Script(sample=answers), samples=4, tries=2)
    assert result.errors == {"endpoint: server": 1} and len(pairs) == 2
    assert len(received) == 5, "no other answer was asked for again"
    result, pairs, _, received = run(tmp_path, Script(sample=reply("C")), samples=4)
    assert len(received) == 1 and len(pairs) == 3 and not result.errors
    _, same, _, received = run(tmp_path, Script(sample=500), samples=4)
    assert received == [] and same == pairs


def test_a_kill_repeats_no_more_than_was_in_flight(tmp_path):
    def slow(messages, number):
        time.sleep(0.02)
        return reply("ABCDE"[number % 5], str(number))

    questions = write_questions(tmp_path / "exam.jsonl", *many(12))
    out = tmp_path / "pairs"
    with scripted_server(slow) as (url, received):
        arguments = (
            "sample",
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
        while len(received) < 40:
            assert process.poll() is None, process.stderr.read().decode()
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.wait()
        done = run_train(*arguments)
        assert done.returncode == 0, done.stderr
    assert 120 <= len(received) <= 124
    keys = [json.loads(line)["key"] for line in (tmp_path / "pairs_work" / "expert.jsonl").read_text().splitlines()]
    assert len(keys) == len(set(keys)) == 120
    assert read_dataset(tmp_path / "pairs_samples", SAMPLE).num_rows == 120
    assert "right" in done.stdout and "questions with a pair" in done.stdout


def test_no_pair_is_exit_code_one_without_a_traceback(tmp_path):
    questions = write_questions(tmp_path / "exam.jsonl", CYSTITIS)
    with scripted_server(lambda messages, number: "D") as (url, _):
        done = run_train("sample", str(questions), "--endpoint", url, "--model", "m", cwd=tmp_path)
    assert done.returncode == 1
    assert "no pair came of 1 questions" in done.stderr and "Traceback" not in done.stderr


def candidate(sample: int, option: str, score: int | None) -> Candidate:
    parts = Parts(THOUGHT, f"{option} {sample}")
    return Candidate(sample=sample, text=parts.text, parts=parts, option=option, correct=option == "D", score=score)


def test_the_rules_without_any_model():
    config = SamplingConfig()
    scores = [("A", 99), ("D", 70), ("D", 70), ("D", 59), ("B", 58), ("C", 58), ("D", 57), ("B", 56), ("B", 55)]
    candidates = [candidate(n, option, score) for n, (option, score) in enumerate(scores)]
    chosen = best(candidates, config)
    assert chosen is candidates[1], "the highest score of a right answer; of two, the first"
    assert [c.sample for c in worse(candidates, chosen, config)] == [8, 7, 4, 5, 6]
    assert best([candidate(0, "D", 59), candidate(1, "A", 90)], config) is None
    assert worse([candidate(0, "D", 90), candidate(1, "A", 60)], candidate(0, "D", 90), config) == []


def test_pairs_load_in_trl_as_they_are(tmp_path):
    datasets = pytest.importorskip("datasets")
    cpo = pytest.importorskip("trl.experimental.cpo")
    from tiny_model import tiny_model

    run(tmp_path, Script(sample=[reply("D"), reply("A"), reply("B")]), samples=3)
    (file,) = (tmp_path / "pairs/data").glob("*.parquet")
    data = datasets.load_dataset("parquet", data_files=str(file), split="train", cache_dir=str(tmp_path / "cache"))
    model, tokenizer = tiny_model()
    arguments = cpo.CPOConfig(
        output_dir=str(tmp_path / "cpo"),
        max_steps=1,
        per_device_train_batch_size=2,
        loss_type="simpo",
        cpo_alpha=0.05,
        max_length=1024,
        report_to=[],
        use_cpu=True,
        bf16=False,
    )
    trainer = cpo.CPOTrainer(model=model, args=arguments, train_dataset=data, processing_class=tokenizer)
    assert len(trainer.train_dataset) == 2
    trainer.train()
    row = trainer.train_dataset[0]
    assert "best treatment" in tokenizer.decode(row["prompt_input_ids"])
    assert "<answer>D</answer>" in tokenizer.decode(row["chosen_input_ids"])
