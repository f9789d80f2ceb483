"""Does a tiny model learn more about a text from text and augmentation than from the text alone, at equal tokens?

    python benchmarks/augmentation_training.py DATA OUT --lang en     (DATA: see benchmarks/augmentation.py)

The documents of one language are split in two halves by the order of their ids: *asked* and *other*. Of each half the
records that give most questions for their length are taken, up to `--tokens`: a model this small has to read a text many
times to learn any of it. Three kinds of training shards, each trained with the same tokenizer, steps and tokens:

- `text`: the source text of both halves
- `other`: the same, and what was augmented from the half that is not asked about: the model meets questions and answers,
  but none about the asked texts
- `own`: the same, and what was augmented from the asked half

The gain of `other` over `text` is what knowing the form of a question is worth; the gain of `own` over `other` is what
augmentation of the very text adds. Runs of one seed begin with the same weights, so the gains are differences within a
seed: their mean is printed with its 95 % confidence interval (Student's t over the seeds). OUT keeps finished runs; the
same command, or one with more seeds, carries on.

Questions are about the asked half, loss is measured on the answer alone, in nats a token. Two sets:

- *held-out method*: what `definition` finds, asked in wordings that stand in this file only; no arm is trained on any
  text of that method
- *held-out wording*: the facts of the other methods (a term for a gap, a full name for an abbreviation, a cell for a row)
  asked in wordings of this file

No question is a string that any arm was trained on. The answers of the first set are words of the text, which the arm
`text` reads most often.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import torch
from cyclopts import App
from scipy import stats

from corpus.augment.methods import abbreviation, cloze, definition, table
from corpus.augment.parent import Parent
from corpus.augment.text import Augmented
from medpress.schema import RECORD
from medpress.store import read_dataset, write_manifest, write_rows
from medpress.tokenising import train_tokenizer
from training.config import CptConfig
from training.cpt import run_cpt

app = App(help=__doc__)
HELD_OUT_METHOD = "definition"
ARMS = ("text", "other", "own")
VOCABULARY = 2048
"""Entries of the tokenizer, which is trained on the text."""


class Question(NamedTuple):
    """`prompt` is given, the loss is that of `answer`."""

    kind: str
    prompt: str
    answer: str


@app.default
def run(
    data: Path, out: Path, *, lang: str = "en", tokens: int = 8000, steps: int = 1000, seeds: int = 10, first: int = 1
) -> None:
    """Train all arms with each seed and print losses, and gains within the seeds."""
    rows = [row for row in read_dataset(data / "shards", RECORD).to_pylist() if row["lang"] == lang]
    about = {row["id"]: _questions(Parent.of(row)) for row in rows if row["augmentation"] is None}
    documents = sorted({row["doc_id"] for row in rows})
    halves = {
        arm: _densest([row for row in rows if row["id"] in about and row["doc_id"] in half], about, tokens)
        for arm, half in (("own", documents[::2]), ("other", documents[1::2]))
    }
    text = halves["own"] + halves["other"]
    made = {
        arm: [r for r in rows if r["parent_id"] in {p["id"] for p in half} and r["augmentation"] != HELD_OUT_METHOD]
        for arm, half in halves.items()
    }
    trained = {row["text"] for row in rows}
    asked = dict.fromkeys(question for row in halves["own"] for question in about[row["id"]])
    questions = [question for question in asked if question.prompt + question.answer not in trained]
    kinds = Counter(question.kind for question in questions)
    print(f"text: {len(text)} records of {len(documents)} documents, {_tokens(text)} tokens; questions: {dict(kinds)}")
    for arm in ARMS:
        print(f"arm {arm}: {_tokens(made.get(arm, []))} tokens of augmentation beside it")
        _write(out / "shards" / arm, text + made.get(arm, []))
    tokenizer = out / "tokenizer"
    tokenizer.mkdir(exist_ok=True)
    if not (tokenizer / "tokenizer.json").exists():
        train_tokenizer([row["text"] for row in text], VOCABULARY).save(str(tokenizer / "tokenizer.json"))
    losses: dict[str, list[dict[str, float]]] = {arm: [] for arm in ARMS}
    for seed in range(first, first + seeds):
        for arm in ARMS:
            config = CptConfig(
                shards=out / "shards" / arm, out=out / f"{arm}-{steps}-{seed}", tokenizer=str(tokenizer), steps=steps,
                batch_size=2, sequence_length=128, width=128, layers=2, learning_rate=0.006, mix="static", seed=seed,
                held_out=0.0, checkpoint_every=steps,
            )  # fmt: skip
            run_cpt(config, lambda *_: nullcontext(lambda *_, **__: None))
            losses[arm].append(_ask(config.out / "model", questions))
            print(seed, arm, json.dumps({k: round(v, 4) for k, v in losses[arm][-1].items()}), flush=True)
    for kind, count in kinds.items():
        print(f"{kind}, {count} questions, nats a token")
        by_arm = {arm: np.array([loss[kind] for loss in losses[arm]]) for arm in ARMS}
        for arm, values in by_arm.items():
            print(f"  {arm}: {values.mean():.4f}")
        for arm in ("text", "other"):
            print(f"  own - {arm}: {_paired(by_arm['own'] - by_arm[arm])}")


def _densest(
    rows: Sequence[dict[str, Any]], about: Mapping[str, Sequence[Question]], most: int
) -> list[dict[str, Any]]:
    """Of rows those with most questions for their length, in at most `most` tokens."""
    chosen = []
    for row in sorted(rows, key=lambda row: (-len(about[row["id"]]) / row["n_tokens"], row["id"])):
        if row["n_tokens"] <= most:
            chosen.append(row)
            most -= row["n_tokens"]
    return chosen


def _tokens(rows: Sequence[dict[str, Any]]) -> int:
    return sum(row["n_tokens"] for row in rows)


def _paired(differences: np.ndarray) -> str:
    """Mean of differences within seeds, with its confidence interval."""
    if len(differences) < 2:
        return f"{differences.mean():+.4f}, one seed"
    low, high = stats.ttest_1samp(differences, 0.0).confidence_interval(0.95)
    lower = int((differences < 0).sum())
    return f"{differences.mean():+.4f}, 95 % interval {low:+.4f} to {high:+.4f}; lower in {lower} of {len(differences)} seeds"


def _write(folder: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Shards of one arm, sorted like those of a build."""
    if (folder / "manifest.json").exists():
        return
    write_rows(folder / "data" / "00000.parquet", sorted(rows, key=lambda row: row["id"]), RECORD)
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
        "explained": "口试。考官道：病人{0}，你怎么看？考生道：",
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
        quoted = _quoted(parent, augmented)
        if "explained" in augmented.template:
            sign, reason = quoted
            found.append(Question("held-out method", exam["explained"].format(sign), reason))
        else:
            term, said = min(quoted, key=len), max(quoted, key=len)
            found.append(Question("held-out method", exam["definition"].format(term), said))
    for method, name in ((cloze, "cloze"), (abbreviation, "abbreviation"), (table, "table")):
        for augmented in method.augment(parent):
            parts = _quoted(parent, augmented)
            if name == "cloze" and len(parts) == 3:
                found.append(Question("held-out wording", exam[name].format(parts[0], parts[2]), parts[1]))
            elif name == "abbreviation" and len(parts) == 2:
                long, short = sorted(parts, key=len, reverse=True)
                found.append(Question("held-out wording", exam[name].format(short), long))
            elif name == "table" and "/cell/" in augmented.template and len(parts) == 3:
                header, first, cell = parts
                found.append(Question("held-out wording", exam[name].format(first, header), cell))
    return found


def _quoted(parent: Parent, augmented: Augmented) -> list[str]:
    """What a text quotes, in the order of its source."""
    stretches = sorted(augmented.stretches, key=lambda stretch: stretch.parent_start)
    return [parent.text[stretch.parent_start : stretch.parent_end] for stretch in stretches]


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
