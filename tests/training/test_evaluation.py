"""Questions in all formats, answers mapped to options, accuracy with its interval, and the command."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import pytest
from small_corpus import run_train

from medpress.generation.config import GenerationConfig
from training.config import EvalConfig, InputError
from training.cpt import silent
from training.evaluation.accuracy import mcnemar, paired_difference, wilson
from training.evaluation.answers import conclusion, letters_of, option_of
from training.evaluation.contamination import contamination
from training.evaluation.multiple_choice import ByLikelihood
from training.evaluation.questions import Question, read_questions
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
    "xmedbench/dev_zh.json": (437, {}, "C", "非离子型"),
    "citrus/jmed_options.xlsx": (1094, {}, "A", "局灶性手部肌张力障碍"),
}


@pytest.mark.parametrize("name", sorted(REAL))
def test_published_formats(real_data: Path, name: str) -> None:
    count, left_out, answer, text = REAL[name]
    questions, reasons = read_questions(real_data / "qa" / name)
    assert (len(questions), dict(reasons)) == (count, left_out)
    assert questions[0].answer == answer and questions[0].options[answer] == text
    assert len({question.id for question in questions}) == count
    assert all(len(question.options) >= 2 and set(question.answer) <= question.options.keys() for question in questions)


def test_rows_that_cannot_be_asked_are_counted(real_data: Path) -> None:
    questions, reasons = read_questions(real_data / "qa/citrus/care_qa_care_qa.jsonl")
    assert dict(reasons) == {"no question": 2} and len(questions) == 5621  # two rows are empty
    assert questions[0].options["A"].startswith("The drop in partial oxygen")
    questions, reasons = read_questions(real_data / "qa/citrus/unified_jmed.jsonl")
    assert (questions, dict(reasons)) == ([], {"no options": 1094})
    options = real_data / "qa/citrus/jmed_options.xlsx"
    assert len(read_questions(real_data / "qa/citrus/unified_jmed.jsonl", options)[0]) == 1094


def test_pubmedqa_keeps_its_abstract_and_chinese_its_language(real_data: Path) -> None:
    question = read_questions(real_data / "qa/citrus/pubmedqa_ori_pqal.json")[0][0]
    assert question.id == "21645374" and question.context.startswith("Programmed cell death")
    assert read_questions(real_data / "qa/cmmlu/dev_virology.csv")[0][0].lang == "zh"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "holds no questions"),
        ('{"a": 1}\n', "holds no questions"),
        ('{"a": 1}\n{"a": 2}\n', "no column that holds questions"),
        ("{", "not readable as .jsonl"),
    ],
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


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("AC", "AC"),
        ("C, A", "AC"),
        ("A、C", "AC"),
        ("A and D", "AD"),
        ("答案：A和D。", "AD"),
        ("B", "B"),
        ("(A) (B) (E)", "ABE"),
        ("The options are A, B.", None),
        ("metformin and 40 mg", "AE"),
        ("A. Metformin; E. 40 mg", "AE"),
        ("A. Insulin", None),
        ("AZ", None),
        ("none of these", None),
    ],
)
def test_answers_name_several_options(text: str, letters: str | None) -> None:
    assert letters_of(text, OPTIONS, several=True) == letters


def test_paired_tests_equal_the_binomial_and_published_tables() -> None:
    # Binomial by SciPy; Agresti and Min (2005), table III: 85 + 7 against 10 of 132.
    from scipy.stats import binomtest

    for gained, lost in ((7, 3), (0, 6), (25, 25), (1, 0), (40, 20)):
        assert mcnemar(gained, lost) == pytest.approx(binomtest(gained, gained + lost, 0.5).pvalue, abs=1e-12)
        assert mcnemar(gained, lost) == mcnemar(lost, gained)
    assert mcnemar(0, 0) == 1.0
    middle, low, high = paired_difference(30, 10, 200)
    assert middle == 0.1 and low == pytest.approx(0.0385, abs=1e-3) and high == pytest.approx(0.1595, abs=1e-3)
    assert paired_difference(0, 0, 0) == (0.0, -1.0, 1.0)


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
    config = EvalConfig(policy=GenerationConfig(model=str(trained_run)), out=tmp_path, batch_size=4)
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
    config = EvalConfig(policy=GenerationConfig(model=str(trained_run)), out=tmp_path / "out", limit=2)
    folder = tmp_path / "sets"
    folder.mkdir()
    (folder / "notes.json").write_text('{"a": {"b": 1}}')
    with pytest.raises(InputError, match="no file with questions"):
        evaluate([folder], config, lambda *_: silent())
    (folder / "ward.jsonl").write_text(questions.read_text())
    (summary,) = evaluate([folder], config, lambda *_: silent())
    assert (summary["name"], summary["questions"]) == ("ward", 2)


def test_letters_examples_and_preamble_are_the_published_form(trained_run: Path, questions: Path) -> None:
    """Against log-probabilities taken from the logits after MMLU's form, written out here."""
    import torch

    from training.model import open_model

    generator = Generator(*open_model(str(trained_run)))
    example, asked = read_questions(questions)[0][:2]
    (found,) = ByLikelihood(generator, "letters", [example], "About drugs.").answer([asked], [0])
    text = (
        "About drugs.\n\nQuestion: Which drug is given at a dose of 25 mg daily?\nA. metformin\nB. xqzvk wpjf\nAnswer: A\n\n"
        "Question: Which drug is given at a dose of 50 mg daily?\nA. xqzvk wpjf\nB. metformin\nAnswer:"
    )
    before = generator.tokenizer(text, add_special_tokens=False)["input_ids"]
    for letter in "AB":
        ids = generator.tokenizer(f"{text} {letter}", add_special_tokens=False)["input_ids"]
        with torch.no_grad():
            logits = generator.model(input_ids=torch.tensor([ids]).to(generator.device)).logits[0].float()
        places = range(len(before), len(ids))
        total = sum(float(logits.log_softmax(-1)[place - 1, ids[place]]) for place in places)
        assert found["scores"][letter] == pytest.approx(total, abs=1e-4)


def test_an_endpoint_is_asked_and_paid_once(trained_run: Path, questions: Path, tmp_path: Path) -> None:
    """A real server; a second run finds every reply in the journal, and several right options match exactly."""
    from model_server import serve

    path = tmp_path / "two.jsonl"
    rows = [{"question": f"Which {i} are drugs?", "options": OPTIONS, "answer": "AB"} for i in range(4)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    replies = ["<think>Both.</think><answer>A, B</answer>", "<answer>A</answer>", "B and A", "I do not know"]
    with serve(lambda body: replies[int(body["messages"][0]["content"].split()[2])]) as (address, received):
        policy = GenerationConfig(model="m", endpoint=address, concurrency=2)
        config = EvalConfig(policy=policy, out=tmp_path / "out", method="generation")
        (first,) = evaluate([path], config, lambda *_: silent())
        (second,) = evaluate([path], config, lambda *_: silent())
    assert len(received) == 4 and first == second
    assert (first["right"], first["questions"], first["unanswered"]) == (2, 4, 1)
    assert first["in_form"] == 0.25  # one is reasoned
    assert first["one_letter"] == 1.0 and first["chance"] == pytest.approx(1 / 26)
    with pytest.raises(InputError, match="tells no likelihoods"):
        evaluate([path], EvalConfig(policy=policy, out=tmp_path / "out"), lambda *_: silent())


def test_questions_of_the_corpus_are_told(shards: Path, tmp_path: Path) -> None:
    """Texts of the shards themselves, cut, changed and foreign; the same with an index of sentences and without."""
    from medpress.sentence_index import write_filters
    from medpress.store import open_parquet, parts, write_manifest

    with pytest.raises(InputError, match="no shards"):
        contamination([], tmp_path)
    shards = Path(shutil.copytree(shards, tmp_path / "shards"))
    manifest = write_manifest(shards, kind="shards", config={}, versions={})
    texts = open_parquet(next(iter(parts(shards)))).read(columns=["text"])["text"].to_pylist()
    stem = max(texts, key=len)[:160]
    words = stem.split()
    changed = " ".join(word if i % 9 else "xqzvk" for i, word in enumerate(words))
    foreign = "A violinist from Prague asks which strings last longest in a humid concert hall near the river."
    asked = [
        Question(id=str(i), question=text, options={"A": "x", "B": "y"}, answer="A", lang="en")
        for i, text in enumerate([stem.upper(), changed, foreign, "Which?"])
    ]
    expected = ["whole", "in part", "not found", "too short"]
    assert contamination(asked, tmp_path) == expected
    for entry in manifest["files"]:
        target = tmp_path / "sentences" / entry["path"].replace("data/", "data/shards/", 1)
        target.parent.mkdir(parents=True, exist_ok=True)
        write_filters(shards / entry["path"], entry["sha256"], target, lambda mark: None)
    assert contamination(asked, tmp_path) == expected


def test_likelihood_is_the_models_own(trained_run: Path, questions: Path) -> None:
    """Against log-probabilities taken from the logits of one option at a time."""
    import torch

    from training.model import open_model

    generator = Generator(*open_model(str(trained_run)))
    question = read_questions(questions)[0][0]
    (found,) = ByLikelihood(generator, "text").answer([question], [0])
    tokenizer = generator.tokenizer
    for letter, text in question.options.items():
        before = tokenizer(f"Question: {question.question}\nAnswer:", add_special_tokens=False)["input_ids"]
        option = tokenizer(f" {text}", add_special_tokens=False)["input_ids"]
        with torch.no_grad():
            logits = generator.model(input_ids=torch.tensor([before + option]).to(generator.device)).logits[0].float()
        shares = logits.log_softmax(-1)
        total = sum(float(shares[len(before) - 1 + i, token]) for i, token in enumerate(option))
        assert found["scores"][letter] == pytest.approx(total, abs=1e-4)
        assert math.isfinite(total)
