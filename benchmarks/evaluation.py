"""Letter and likelihood scores beside lm-eval's, item by item, on its own task files.

    python benchmarks/evaluation.py --qa QA --model MODEL --limit 20

`QA` holds `citrus/medqa_medqa_train_small.jsonl`, `citrus/pubmedqa_ori_pqal.json` and `cmmlu/dev_*.csv`; needs
`pip install lm-eval`, which no part of the project imports. MedQA and CMMLU are asked by letters, CMMLU after lm-eval's
description of its subject, PubMedQA by text. Printed are items, those with the same answer by `acc` and by `acc_norm`, and
the greatest difference between two log-likelihoods in nats.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from training.evaluation.multiple_choice import ByLikelihood
from training.evaluation.questions import Question, read_questions
from training.generate import Generator
from training.model import open_model

SETS: dict[str, tuple[str, str, str]] = {
    "medqa_4options": ("citrus/medqa_medqa_train_small.jsonl", "letters", ""),
    "pubmedqa": ("citrus/pubmedqa_ori_pqal.json", "text", ""),
    "cmmlu_anatomy": (
        "cmmlu/dev_anatomy.csv",
        "letters",
        "以下是关于解剖学的单项选择题，请直接给出正确答案的选项。",
    ),
    "cmmlu_virology": (
        "cmmlu/dev_virology.csv",
        "letters",
        "以下是关于病毒学的单项选择题，请直接给出正确答案的选项。",
    ),
}
"""lm-eval's name of a task -> file, form, preamble."""


def columns(task: str, question: Question) -> dict[str, Any]:
    """A question in the columns that lm-eval's task file asks for."""
    if task == "pubmedqa":
        answer = question.options[question.answer]
        return {"CONTEXTS": question.context.split("\n"), "QUESTION": question.question, "final_decision": answer}
    if task == "medqa_4options":
        endings = {f"ending{place}": text for place, text in enumerate(question.options.values())}
        return {"sent1": question.question, **endings, "label": "ABCD".index(question.answer)}
    return {"Question": question.question, **question.options, "Answer": question.answer}


def task_file(task: str) -> dict[str, Any]:
    """What lm-eval's own file of a task says of the prompt."""
    import yaml
    from lm_eval import tasks

    folder = Path(str(tasks.__file__)).parent
    if task.startswith("cmmlu"):
        shared = yaml.safe_load((folder / "cmmlu" / "_default_template_yaml").read_text())
        own = yaml.safe_load((folder / "cmmlu" / f"{task}.yaml").read_text())
        return {name: {**shared, **own}[name] for name in ("description", *_PROMPT)}
    if task == "pubmedqa":
        from lm_eval.tasks.pubmedqa.preprocess_pubmedqa import doc_to_text

        return {"doc_to_text": doc_to_text, "doc_to_target": "final_decision", "doc_to_choice": ["yes", "no", "maybe"]}
    from lm_eval.tasks.medqa import preprocess_medqa

    own = {"doc_to_text": preprocess_medqa.doc_to_text, "doc_to_target": preprocess_medqa.doc_to_target}
    return own | {"doc_to_choice": ["A", "B", "C", "D"]}


_PROMPT = ("doc_to_text", "doc_to_target", "doc_to_choice")
_METRICS = [{"metric": name, "aggregation": "mean", "higher_is_better": True} for name in ("acc", "acc_norm")]


def theirs(model: Any, task: str, file: Path) -> list[dict[str, Any]]:
    """lm-eval's samples in the order of the file."""
    from lm_eval import simple_evaluate

    data = {"dataset_path": "json", "dataset_kwargs": {"data_files": {"test": str(file)}}, "test_split": "test"}
    config = {
        "task": f"{task}_here",
        "output_type": "multiple_choice",
        "metric_list": _METRICS,
        **data,
        **task_file(task),
    }
    found = simple_evaluate(model=model, tasks=[config], log_samples=True, bootstrap_iters=0)
    (samples,) = found["samples"].values()
    return sorted(samples, key=lambda sample: sample["doc_id"])


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--qa", type=Path, required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--limit", type=int, default=20)
    parser.add_argument("--tasks", nargs="*", default=list(SETS))
    arguments = parser.parse_args()
    from lm_eval.models.huggingface import HFLM

    weights, tokenizer = open_model(arguments.model)
    generator = Generator(weights, tokenizer)
    model = HFLM(pretrained=generator.model, tokenizer=tokenizer, batch_size=1, max_length=generator.context)
    for task in arguments.tasks:
        file, form, preamble = SETS[task]
        questions = [q for q in read_questions(arguments.qa / file)[0] if not q.several][: arguments.limit]
        if task == "medqa_4options":
            questions = [question for question in questions if len(question.options) == 4]
        with tempfile.TemporaryDirectory() as folder:
            lines = Path(folder) / "items.jsonl"
            lines.write_text(
                "".join(json.dumps(columns(task, question), ensure_ascii=False) + "\n" for question in questions)
            )
            samples = theirs(model, task, lines)
        ours = ByLikelihood(generator, form, preamble=preamble)
        same = same_norm = 0
        apart = 0.0
        for question, sample in zip(questions, samples, strict=True):
            (answer,) = ours.answer([question], [0])
            likelihoods = [float(pair[0]) for pair in sample["filtered_resps"]]
            scores = list(answer["scores"].values())
            apart = max(apart, max(abs(a - b) for a, b in zip(scores, likelihoods, strict=True)))
            same += sample["acc"] == float(answer["chosen_sum"] == question.answer)
            same_norm += sample["acc_norm"] == float(answer["chosen"] == question.answer)
        print(
            f"{task}: {len(questions)} items, acc {same} the same, acc_norm {same_norm}, at most {apart:.2e} nats apart"
        )


if __name__ == "__main__":
    main()
