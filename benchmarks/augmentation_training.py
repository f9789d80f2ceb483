"""Does a tiny model learn more about a text from text and augmentation than from the text alone, at equal tokens?

    python benchmarks/augmentation_training.py DATA OUT --lang en     (DATA: see benchmarks/augmentation.py)

The documents of one language are split in two halves by the order of their ids: *asked* and *other*. Three kinds of
training shards, each trained with the same tokenizer, steps and tokens, from random starts of the same seeds:

- `text`: the source text of both halves
- `other`: the same, and what was augmented from the half that is not asked about: the model meets questions and answers,
  but none about the asked texts
- `own`: the same, and what was augmented from the asked half

The gain of `other` over `text` is what knowing the form of a question is worth; the gain of `own` over `other` is what
augmentation of the very text adds.

Questions are about the asked half, loss is measured on the answer alone, in nats a token. Two sets:

- *held-out method*: what `definition` makes; no arm is trained on any text of that method
- *held-out wording*: the facts of the other methods (a term for a gap, a full name for an abbreviation, a cell for a row)
  asked in wordings that stand in this file only

No question is a string that any arm was trained on. The answers of the first set are sentences of the text, which all arms
read equally often.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import torch
from cyclopts import App

from corpus.augment.methods import abbreviation, cloze, definition, table
from corpus.augment.parent import Parent
from corpus.schema import RECORD
from corpus.store import read_dataset, write_manifest, write_rows
from corpus.tokenising import train_tokenizer
from training.config import CptConfig
from training.cpt import run_cpt

app = App(help=__doc__)
HELD_OUT_METHOD = "definition"
ARMS = ("text", "other", "own")


class Question(NamedTuple):
    """`prompt` is given, the loss is that of `answer`."""

    kind: str
    prompt: str
    answer: str


@app.default
def run(data: Path, out: Path, *, lang: str = "en", steps: int = 300, seeds: int = 3) -> None:
    """Train all arms and print the losses: mean and standard deviation over the seeds."""
    rows = [row for row in read_dataset(data / "shards", RECORD).to_pylist() if row["lang"] == lang]
    documents = sorted({row["doc_id"] for row in rows})
    asked = set(documents[::2])
    text = [row for row in rows if row["augmentation"] is None]
    made = [row for row in rows if row["augmentation"] not in (None, HELD_OUT_METHOD)]
    about = {arm: [row for row in made if (row["doc_id"] in asked) == (arm == "own")] for arm in ("other", "own")}
    questions = [q for row in text if row["doc_id"] in asked for q in _questions(Parent.of(row))]
    trained = {row["text"] for row in rows}
    questions = [q for q in dict.fromkeys(questions) if q.prompt + q.answer not in trained]
    tokenizer = out / "tokenizer"
    tokenizer.mkdir(parents=True, exist_ok=True)
    if not (tokenizer / "tokenizer.json").exists():
        train_tokenizer([row["text"] for row in text], 4096).save(str(tokenizer / "tokenizer.json"))
    losses: dict[str, list[dict[str, float]]] = {arm: [] for arm in ARMS}
    for arm in ARMS:
        _write(out / "shards" / arm, text + about.get(arm, []))
    for seed in range(seeds):
        for arm in ARMS:
            config = CptConfig(
                shards=out / "shards" / arm, out=out / f"{arm}-{seed}", tokenizer=str(tokenizer), steps=steps, batch_size=16,
                sequence_length=128, width=128, layers=2, mix="static", seed=seed, held_out=0.0, evaluate_every=steps,
            )  # fmt: skip
            run_cpt(config, lambda *_: nullcontext(lambda *_, **__: None))
            losses[arm].append(_ask(config.out / "model", questions))
            print(arm, seed, json.dumps({k: round(v, 4) for k, v in losses[arm][-1].items()}), flush=True)
    tokens = {arm: sum(row["n_tokens"] for row in about.get(arm, [])) for arm in ARMS}
    print(f"{len(documents)} documents, {len(asked)} asked about; text {sum(row['n_tokens'] for row in text)} tokens")
    for kind in sorted({question.kind for question in questions}):
        print(f"{kind}: {sum(question.kind == kind for question in questions)} questions")
        for arm in ARMS:
            values = [loss[kind] for loss in losses[arm]]
            spread = statistics.stdev(values) if len(values) > 1 else 0.0
            print(
                f"  {arm} (+{tokens[arm]} tokens): {statistics.mean(values):.4f} ± {spread:.4f}  {[round(v, 4) for v in values]}"
            )


def _write(folder: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Shards of one arm, sorted like those of a build."""
    if (folder / "manifest.json").exists():
        return
    write_rows(folder / "00000.parquet", sorted(rows, key=lambda row: row["id"]), RECORD)
    write_manifest(folder, kind="shards", config={}, versions={"pyarrow": pa.__version__})


EXAM = {
    "en": {
        "definition": "Oral exam. The examiner says: tell me about {0}. The candidate says: ",
        "cloze": "A page with a hole in it reads as follows. {0}[hole]{1} Through the hole one reads: ",
        "abbreviation": "On the blackboard stands {0}. In full that is ",
        "table": "The candidate looks at the table, finds {0}, runs a finger along to {1} and says: ",
    },
    "zh": {
        "definition": "口试。考官道：请讲讲{0}。考生道：",
        "cloze": "书页破了一个洞：{0}〔洞〕{1} 洞里露出的字是",
        "abbreviation": "黑板上写着{0}，全写出来便是",
        "table": "考生看着表，找到{0}，手指移到{1}，念道：",
    },
}
"""Wordings of the questions; none of them stands in `corpus/augment`."""


def _questions(parent: Parent) -> list[Question]:
    """Questions about a text, put together from what the methods find in it, without their wordings."""
    exam = EXAM[parent.lang]
    found = []
    for augmented in definition.augment(parent):
        quoted = [parent.text[s.parent_start : s.parent_end] for s in augmented.stretches]
        term, said = min(quoted, key=len), max(quoted, key=len)
        if "explained" not in augmented.template:
            found.append(Question("held-out method", exam["definition"].format(term), said))
    for method, name in ((cloze, "cloze"), (abbreviation, "abbreviation"), (table, "table")):
        for augmented in method.augment(parent):
            parts = [
                parent.text[s.parent_start : s.parent_end] for s in sorted(set(augmented.stretches), key=lambda s: s[2])
            ]
            if name == "cloze" and len(parts) == 3:
                found.append(Question("held-out wording", exam[name].format(parts[0], parts[2]), parts[1]))
            elif name == "abbreviation" and len(parts) == 2:
                long, short = sorted(parts, key=len, reverse=True)
                found.append(Question("held-out wording", exam[name].format(short), long))
            elif name == "table" and "/cell/" in augmented.template and len(parts) == 3:
                header, first, cell = parts
                found.append(Question("held-out wording", exam[name].format(first, header), cell))
    return found


def _ask(folder: Path, questions: Sequence[Question]) -> dict[str, float]:
    """Mean loss of the answers' tokens, by kind of question."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(str(folder)).eval()
    tokenizer = AutoTokenizer.from_pretrained(str(folder))
    sums: dict[str, list[float]] = {}
    with torch.inference_mode():
        for question in questions:
            prompt = tokenizer(question.prompt, add_special_tokens=False)["input_ids"]
            answer = tokenizer(question.answer, add_special_tokens=False)["input_ids"]
            ids = torch.tensor([prompt + answer])
            scores = torch.log_softmax(model(input_ids=ids).logits[0, len(prompt) - 1 : -1].float(), dim=-1)
            loss = -scores.gather(1, ids[0, len(prompt) :, None]).sum().item()
            totals = sums.setdefault(question.kind, [0.0, 0.0])
            totals[0] += loss
            totals[1] += len(answer)
    return {kind: loss / count for kind, (loss, count) in sums.items()}


if __name__ == "__main__":
    sys.exit(app())
