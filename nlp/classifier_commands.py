"""The commands `nlp train classifier` and `nlp eval classifier`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated  # noqa: F401

from cyclopts import App, Parameter

from medpress.ranges import Amount, Count, CountOrNone, between  # noqa: F401 - what is inherited names them
from nlp.config import ClassifierConfig

if TYPE_CHECKING:
    from nlp.classify.training import ClassifierScore


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class TrainClassifierConfig(ClassifierConfig):
    """Settings of `nlp train classifier`."""

    task: str = "custom"
    """What the classes mean; kind, specialty and worth have texts of our own."""
    written: CountOrNone = 0
    """Add so many texts a label that were written for this project (only for the tasks above)."""
    collections: Path | None = None
    """Add the permissively licensed collections found in this data folder (only for --task specialty and worth)."""
    licence: str = ""
    """Licence of the training texts, for the model card."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class EvalClassifierConfig:
    """Settings of `nlp eval classifier`."""

    model: str = "kind"
    """A shipped classifier (kind, specialty, worth) or a model folder."""


def train(*data: Path, out: Path, config: TrainClassifierConfig = TrainClassifierConfig()) -> None:
    """Train a linear text classifier on hashed character n-grams.

    Data are .jsonl files with `label` and `text`, or lines of label, tab and text.

    Example: `nlp train classifier labelled.jsonl --task topic --out models/topic`

    Parameters
    ----------
    data:
        Labelled files.
    out:
        The folder to write model.safetensors and model.json to.
    """
    from nlp.classify.material import TASKS, material
    from nlp.classify.training import read_labelled, train_classifier

    texts = [text for path in data for text in read_labelled(path)]
    sources = {str(path.name): len(texts) for path in data}
    if config.written or config.collections:
        if config.task not in TASKS:
            raise ValueError(f"--written and --collections are for --task {', '.join(TASKS)}, not {config.task!r}")
        own = material(config.task, config.collections, config.written)
        sources["texts written for this project" + (" and collections" if config.collections else "")] = len(own)
        texts += own
    if not texts:
        raise ValueError("nothing to train on: name labelled files, or use --written with one of the shipped tasks")
    model = train_classifier(texts, config.task, config)
    settings = {key: str(value) if isinstance(value, Path) else value for key, value in asdict(config).items()}
    settings.pop("collections")
    model.save(out, {"texts": len(texts), "sources": sources, "licence": config.licence, "settings": settings})
    print(f"{len(texts)} texts, {len(model.labels)} classes -> {out}")


def evaluate(*data: Path, config: EvalClassifierConfig = EvalClassifierConfig()) -> None:
    """Measure a classifier on labelled texts.

    Example: `nlp eval classifier labelled.jsonl --model kind`

    Parameters
    ----------
    data:
        Labelled files, as for `nlp train classifier`.
    """
    from nlp.classify import load_classifier
    from nlp.classify.training import read_labelled, score_classifier

    texts = [text for path in data for text in read_labelled(path)]
    print(report(score_classifier(load_classifier(config.model), texts)))


def report(result: ClassifierScore) -> str:
    """A score as a few lines of text."""
    lines = [
        f"accuracy {result.accuracy:.4f}, macro-F1 {result.macro_f1:.4f}, "
        f"{result.characters_per_second:,.0f} characters per CPU-second"
    ]
    for label, (precision, recall, f1, n) in result.by_label.items():
        lines.append(f"{label:28} P {precision:.3f}  R {recall:.3f}  F1 {f1:.3f}  {n}")
    return "\n".join(lines)


def register(app_train: App, app_eval: App) -> None:
    """Add the commands to `nlp train` and `nlp eval`."""
    app_train.command(train, name="classifier")
    app_eval.command(evaluate, name="classifier")
