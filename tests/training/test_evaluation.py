"""Questions in all formats, answers mapped to options, accuracy with its interval, and the command."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from small_corpus import run_train

from training.config import EvalConfig, InputError
from training.cpt import silent
from training.evaluation.accuracy import wilson
from training.evaluation.answers import conclusion, option_of
from training.evaluation.multiple_choice import ByLikelihood
from training.evaluation.questions import read_questions
from training.evaluation.run import evaluate
from training.generate import Generator

REAL = {
    "citrus/medqa_train_small.jsonl": (50, {}, "D", "Nitrofurantoin"),
    "citrus/medqa_medqa_train_small.jsonl": (50, {}, "D", "Nitrofurantoin"),
    "citrus/unified_medqa_train_small.jsonl": (50, {}, "D", "Nitrofurantoin"),
    "citrus/pubmedqa_ori_pqal.json": (1000, {}, "A", "yes"),
    "citrus/medbullets_medbullets_op5.json": (308, {}, "A", "Acetazolamide"),
    "citrus/mmlu-pro_mmlu-pro_health.jsonl": (818, {}, "E", "Attention to sewage control and hygiene"),
    "cmmlu/dev_genetics.csv": (5, {}, "A", "4种"),
    "xmedbench/dev_en.json": (416, {}, "D", "PTFE"),
    "xmedbench/dev_zh.json": (433, {"several answers": 4}, "C", "非离子型"),
}


@pytest.mark.parametrize("name", sorted(REAL))
def test_published_formats(real_data: Path, name: str) -> None:
    count, left_out, answer, text = REAL[name]
    questions, reasons = read_questions(real_data / "qa" / name)
    assert (len(questions), dict(reasons)) == (count, left_out)
    assert questions[0].answer == answer and questions[0].options[answer] == text
    assert len({question.id for question in questions}) == count
    assert all(len(question.options) >= 2 and question.answer in question.options for question in questions)


def test_rows_that_cannot_be_asked_are_counted(real_data: Path) -> None:
    questions, reasons = read_questions(real_data / "qa/citrus/care_qa_care_qa.jsonl")
    assert reasons["no answer"] > 0 and len(questions) + reasons.total() == 5623
    assert questions[0].options["A"].startswith("The drop in partial oxygen")
    questions, reasons = read_questions(real_data / "qa/citrus/unified_jmed.jsonl")
    assert (questions, dict(reasons)) == ([], {"no options": 1094})


def test_pubmedqa_keeps_its_abstract_and_chinese_its_language(real_data: Path) -> None:
    question = read_questions(real_data / "qa/citrus/pubmedqa_ori_pqal.json")[0][0]
    assert question.id == "21645374" and question.context.startswith("Programmed cell death")
    assert read_questions(real_data / "qa/cmmlu/dev_virology.csv")[0][0].lang == "zh"


@pytest.mark.parametrize(
    ("content", "message"),
    [("", "holds no questions"), ('{"a": 1}\n', "no format"), ("{", "is not JSON")],
)
def test_wrong_files_are_one_sentence(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "q.jsonl").write_text(content)
    with pytest.raises(InputError, match=message):
        read_questions(tmp_path / "q.jsonl")
    with pytest.raises(InputError, match="there is no file"):
        read_questions(tmp_path / "nowhere.jsonl")


OPTIONS = {"A": "Metformin", "B": "Insulin", "C": "Insulin glargine", "D": "E. coli", "E": "40 mg"}


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("B", "B"),
        ("(B)", "B"),
        ("The answer is B.", "B"),
        ("答案：B", "B"),
        ("B. Insulin", "B"),
        ("b) insulin", "B"),
        ("metformin.", "A"),
        ("Start metformin and review in three months", "A"),
        ("insulin glargine at night", "C"),
        ("E. coli", "D"),
        ("E. coli bacteraemia", "D"),
        ("40 mg daily", "E"),
        ("140 mg daily", None),
        ("B. Metformin", None),
        ("metformin or insulin", None),
        ("A raised temperature", None),
        ("I do not know", None),
        ("", None),
        ("F", None),
    ],
)
def test_answers_name_options(text: str, letter: str | None) -> None:
    assert option_of(text, OPTIONS) == letter


def test_chinese_answers_name_options() -> None:
    options = {"A": "2型糖尿病", "B": "糖尿病", "C": "高血压"}
    assert option_of("考虑诊断为2型糖尿病。", options) == "A"
    assert option_of("选C", options) == "C"
    assert option_of("C、高血压", options) == "C"


def test_the_conclusion_is_what_stands_in_the_answer() -> None:
    assert conclusion("<think>A or B</think><answer> B </answer>") == "B"
    assert conclusion("<think>A or B</think> B") == "B"
    assert conclusion("<answer>A</answer> no: <answer>C") == "C"
    assert conclusion("B") == "B"


def test_wilson_equals_published_values() -> None:
    # Newcombe, Statistics in Medicine 17 (1998), table I, method 3
    for right, total, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)):
        assert wilson(right, total) == pytest.approx((low, high), abs=5e-5)
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("questions") / "ward.jsonl"
    rows = [
        {
            "id": f"q{i}",
            "question": f"Which drug is given at a dose of {25 * i} mg daily?",
            "options": {"A": "metformin", "B": "xqzvk wpjf"} if i % 2 else {"A": "xqzvk wpjf", "B": "metformin"},
            "answer": "A" if i % 2 else "B",
            "lang": "en",
        }
        for i in range(1, 12)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_command_gives_accuracy_and_keeps_every_answer(trained_run: Path, questions: Path, tmp_path: Path) -> None:
    command = ("eval", str(questions), "--model", str(trained_run), "--out", str(tmp_path), "--method", "both")
    done = run_train(*command, "--max-new-tokens", "12")
    assert done.returncode == 0, done.stderr
    assert "ward" in done.stdout and "interval" in done.stdout
    for method in ("likelihood", "generation"):
        summary = json.loads((tmp_path / f"ward.{method}.json").read_text())
        rows = [json.loads(line) for line in (tmp_path / f"ward.{method}.jsonl").read_text().splitlines()]
        assert [row["id"] for row in rows] == [f"q{i}" for i in range(1, 12)]
        assert summary["right"] == sum(row["chosen"] == row["answer"] for row in rows)
        assert summary["accuracy"] == summary["right"] / 11
        assert (summary["low"], summary["high"]) == wilson(summary["right"], 11)
        assert summary["chance"] == 0.5
        if method == "likelihood":  # text like the corpus is likelier than noise
            assert summary["right"] >= 10


def test_a_second_run_asks_only_what_is_missing(
    trained_run: Path, questions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = EvalConfig(model=str(trained_run), out=tmp_path, batch_size=4)
    (first,) = evaluate([questions], config, lambda *_: silent())
    lines = (tmp_path / "ward.likelihood.jsonl").read_text()
    broken = "".join(line + "\n" for line in lines.splitlines()[:6]) + '{"id": "q7", "la'
    (tmp_path / "ward.likelihood.jsonl").write_text(broken)
    asked: list[str] = []
    original = ByLikelihood.answer

    def watched(self, batch, seeds):
        asked.extend(question.id for question in batch)
        return original(self, batch, seeds)

    monkeypatch.setattr(ByLikelihood, "answer", watched)
    (second,) = evaluate([questions], config, lambda *_: silent())
    assert asked == [f"q{i}" for i in range(5, 12)]
    assert second == first and (tmp_path / "ward.likelihood.jsonl").read_text() == lines
    asked.clear()
    evaluate([questions], config, lambda *_: silent())
    assert asked == []


def test_a_folder_gives_the_files_that_hold_questions(trained_run: Path, questions: Path, tmp_path: Path) -> None:
    config = EvalConfig(model=str(trained_run), out=tmp_path / "out", limit=2)
    folder = tmp_path / "sets"
    folder.mkdir()
    (folder / "notes.json").write_text('{"a": {"b": 1}}')
    with pytest.raises(InputError, match="no file with questions"):
        evaluate([folder], config, lambda *_: silent())
    (folder / "ward.jsonl").write_text(questions.read_text())
    (summary,) = evaluate([folder], config, lambda *_: silent())
    assert (summary["name"], summary["questions"]) == ("ward", 2)


def test_likelihood_is_the_models_own(trained_run: Path, questions: Path) -> None:
    """Against log-probabilities taken from the logits of one option at a time."""
    import torch

    from training.model import open_model

    generator = Generator(*open_model(str(trained_run)))
    question = read_questions(questions)[0][0]
    (found,) = ByLikelihood(generator).answer([question], [0])
    tokenizer = generator.tokenizer
    for letter, text in question.options.items():
        before = tokenizer(f"Question: {question.question}\nAnswer:", add_special_tokens=False)["input_ids"]
        option = tokenizer(f" {text}", add_special_tokens=False)["input_ids"]
        with torch.no_grad():
            logits = generator.model(input_ids=torch.tensor([before + option]).to(generator.device)).logits[0].float()
        shares = logits.log_softmax(-1)
        total = sum(float(shares[len(before) - 1 + i, token]) for i, token in enumerate(option))
        assert found["scores"][letter] == pytest.approx(total / len(text.encode()), abs=1e-5)
        assert math.isfinite(total)
