"""Console script ``nlp``: tag and redact text, train and measure taggers and relation extractors.

One group of commands lives in one module; each module adds its commands to the apps below (`train`, `evaluate`).
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from medpress.command import Script, build_app, run
from medpress.ranges import CountOrNone
from nlp.classifier_commands import register
from nlp.config import CrfConfig, PhiTrainingConfig, RelationConfig

app = build_app("nlp", "Medical annotation: text in, entities, relations, classes and PHI out.")
train = Script(name="train", help="Train a model.")
evaluate = Script(name="eval", help="Measure a model on annotated text.")
register(train, evaluate)
app.command(train)
app.command(evaluate)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class TagConfig:
    """Settings of `nlp tag`."""

    tagger: str = "cascade"
    """lexicon, lexicon:TABLE, crf, crf:FOLDER, cascade, spacy:NAME or transformers:PATH."""
    relations: str = "rules"
    """rules, linear, transformers:PATH, or none."""
    out: Path | None = None
    """Where the JSON lines go; the terminal when left out."""


Source = Annotated[Path, Parameter(allow_leading_hyphen=True)]
"""A file to read; `-` is standard input, and no option."""


@app.command
def tag(file: Source, /, *, config: TagConfig = TagConfig()) -> None:
    """Entities with context and relations of a file: one JSON line a text.

    A .jsonl file has a field `text` in each line; of any other file each line with text is one text. `-` reads
    standard input.

    Example: `nlp tag notes.txt --tagger lexicon`

    Parameters
    ----------
    file:
        The file to read.
    """
    _refuse_missing(file)
    from nlp.pipeline import tag_texts
    from nlp.tagging.density import medical_density

    out = config.out.open("w", encoding="utf-8") if config.out else sys.stdout
    n_texts = n_entities = n_relations = 0
    try:
        for said in tag_texts(_texts(file), tagger=config.tagger, relations=config.relations):
            row = {
                "text": said.text,
                "entities": [asdict(entity) for entity in said.entities],
                "relations": [asdict(relation) for relation in said.relations],
                "density": round(medical_density(said.text, said.entities), 4),
            }
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
            n_texts += 1
            n_entities += len(said.entities)
            n_relations += len(said.relations)
    finally:
        if config.out:
            out.close()
    print(f"{n_texts} texts, {n_entities} entities, {n_relations} relations", file=sys.stderr)


@app.command
def redact(
    file: Source,
    /,
    *,
    lang: str | None = None,
    policy: Literal["thorough", "precise"] = "thorough",
    out: Path | None = None,
) -> None:
    """A text file without identifiers of persons: each becomes a placeholder such as [NAME-1].

    `-` reads standard input. What was found is counted by kind on standard error.

    Example: `nlp redact letter.txt --out letter.redacted.txt`

    Parameters
    ----------
    file:
        The file to read, in UTF-8: one document.
    lang:
        Its language (ISO 639-1); detected when left out.
    policy:
        thorough for notes and letters; precise leaves authors and dates of publication alone.
    out:
        Where the redacted text goes; the terminal when left out.
    """
    _refuse_missing(file)
    from nlp.pipeline import redact as redact_text

    try:
        text = (sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()).decode()
    except UnicodeDecodeError as error:
        raise ValueError("the text is not in UTF-8: write it anew in UTF-8 first") from error
    found = redact_text(text, policy, lang=lang)
    if out is None:
        sys.stdout.write(found.text)
    else:
        out.write_bytes(found.text.encode())
    kinds = ", ".join(f"{n} {kind}" for kind, n in sorted(Counter(kind for kind, _, _ in found.actions).items()))
    print(f"replaced: {kinds or 'nothing'}", file=sys.stderr)


def _refuse_missing(file: Path) -> None:
    if str(file) != "-" and not file.is_file():
        raise FileNotFoundError(f"no file at {file}: give a text or .jsonl file, or - for standard input")


def _texts(file: Path) -> Iterator[str]:
    with sys.stdin if str(file) == "-" else file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            if file.suffix == ".jsonl":
                row = json.loads(line)
                if not isinstance(row, dict) or not isinstance(row.get("text"), str):
                    raise ValueError(f"{file}, line {number}: each line must be an object with a field text")
                yield row["text"].encode("utf-8", "replace").decode()  # JSON may hold lone surrogates, a file may not
            else:
                yield line.rstrip("\n")


@train.command(name="ner")
def train_ner(
    *,
    data: Annotated[list[Path], Parameter(consume_multiple=True)],
    out: Path,
    folds_to_validate: CountOrNone = 0,
    config: Annotated[CrfConfig, Parameter(name="*")] = CrfConfig(),
) -> None:
    """Train a CRF tagger.

    Example: `nlp train ner --data CDR_TrainingSet.PubTator.txt --out models/chemicals`

    Parameters
    ----------
    data:
        Annotated files or brat folders; PubTator, CoNLL, brat and JSON lines are told apart by themselves.
    out:
        Folder of the model; `nlp tag --tagger crf:OUT` uses it.
    folds_to_validate:
        Also cross-validate inside the training data over so many parts (0: do not).
    """
    from nlp import train as training
    from nlp.formats import read_annotated

    documents = [document for path in data for document in read_annotated(path)]
    if folds_to_validate > 1:
        f1 = training.cross_validate(documents, out / "cross-validation", config, folds_to_validate)
        print(f"cross-validated strict F1 over {folds_to_validate} parts: {f1:.4f}")
    figures = training.train_crf(documents, out, config, [path.name for path in data])
    print(
        f"{figures['documents']:.0f} documents, {figures['sequences']:.0f} sentences, "
        f"{figures['cpu_seconds']:.0f} CPU-s, {figures['megabytes']:.1f} MB -> {out}"
    )


@train.command(name="relations")
def train_relations(
    *,
    data: Annotated[list[Path], Parameter(consume_multiple=True)],
    out: Path,
    config: Annotated[RelationConfig, Parameter(name="*")] = RelationConfig(),
) -> None:
    """Train the linear relation classifier on PubTator files with relations (CID lines).

    Example: `nlp train relations --data CDR_TrainingSet.PubTator.txt --out models/causes`

    Parameters
    ----------
    data:
        PubTator files with relations between concepts.
    out:
        Folder of the model; `nlp tag --relations linear:OUT` uses it.
    """
    from nlp import train as training
    from nlp.formats import read_annotated

    documents = [document for path in data for document in read_annotated(path)]
    figures = training.train_relations(documents, out, config, [path.name for path in data])
    print(
        f"{figures['pairs']:.0f} pairs, cross-validated F1 {figures['cross_validated_f1']:.4f} at threshold "
        f"{figures['threshold']:.2f}, {figures['cpu_seconds']:.0f} CPU-s -> {out}"
    )


@train.command(name="phi")
def train_phi(
    *,
    data: Path,
    out: Path,
    config: Annotated[PhiTrainingConfig, Parameter(name="*")] = PhiTrainingConfig(),
) -> None:
    """Train the learned finder of identifiers on invented notes.

    The notes are made anew from the grammars of the package, with names and sentences from the folder of data.

    Example: `nlp train phi --data ../shared/data --out models/phi`

    Parameters
    ----------
    data:
        Folder with `phi/` (names, clinical notes), `qa/` (questions and answers) and `textbook/`, as the module
        `nlp.phi.training` describes it.
    out:
        Folder of the model; nlp/models/phi is the one in use.
    """
    if not (data / "phi").is_dir():
        raise SystemExit(f"{data} holds no folder phi: give the folder that holds it")
    from nlp.phi import training

    figures = training.train_phi(data, out, config)
    print(
        f"{figures['notes']:.0f} notes, {figures['tokens']:.0f} words and characters, {figures['megabytes']:.1f} MB, "
        f"{figures['cpu_seconds']:.0f} CPU-s -> {out}"
    )


@evaluate.command(name="ner")
def evaluate_ner(
    *,
    data: Annotated[list[Path], Parameter(consume_multiple=True)],
    tagger: str = "cascade",
    coarse: bool = False,
) -> None:
    """Strict span and type scores of a tagger on annotated files.

    Example: `nlp eval ner --tagger crf --data CDR_DevelopmentSet.PubTator.txt --coarse`

    Parameters
    ----------
    data:
        Annotated files or brat folders.
    tagger:
        As in `nlp tag`.
    coarse:
        Count symptoms as diseases, for sets that do not separate them (BC5CDR, NCBI disease).
    """
    from nlp.evaluate import score_entities
    from nlp.formats import read_annotated
    from nlp.labels import COARSE
    from nlp.tagging import load_tagger

    documents = [document for path in data for document in read_annotated(path)]
    loaded = load_tagger(tagger)
    started = time.process_time()
    predicted = loaded.tag([document.text for document in documents])
    seconds = time.process_time() - started
    print(f"{'label':12}{'P':>8}{'R':>8}{'F1':>8}{'gold':>8}")
    for label, score in score_entities(documents, predicted, COARSE if coarse else None).items():
        print(f"{label:12}{score.precision:8.4f}{score.recall:8.4f}{score.f1:8.4f}{score.wanted:8}")
    words = sum(len(document.text.split()) for document in documents)
    letters = sum(len(document.text) for document in documents)
    print(f"{words / seconds:,.0f} words and {letters / seconds:,.0f} characters per CPU-second")


@evaluate.command(name="relations")
def evaluate_relations(
    *,
    data: Annotated[list[Path], Parameter(consume_multiple=True)],
    relations: str = "rules",
    tagger: str | None = None,
) -> None:
    """Document-level scores of `causes` between concepts on PubTator files with relations.

    Example: `nlp eval relations --relations linear --data CDR_DevelopmentSet.PubTator.txt`

    Parameters
    ----------
    data:
        PubTator files with relations between concepts.
    relations:
        As in `nlp tag`.
    tagger:
        Tag and link the text instead of using the gold entities.
    """
    from nlp.evaluate import concept_pairs, score_concept_relations
    from nlp.formats import read_annotated
    from nlp.linking import built_in_linker
    from nlp.relations import load_extractor
    from nlp.tagging import load_tagger

    documents = [document for path in data for document in read_annotated(path)]
    extractor = load_extractor(relations)
    found = [list(document.entities) for document in documents]
    if tagger is not None:
        found = [
            built_in_linker().link(document.text, entities)
            for document, entities in zip(
                documents, load_tagger(tagger).tag([document.text for document in documents]), strict=True
            )
        ]
    predicted = [
        concept_pairs(document.text, entities, extractor.extract(document.text, entities), "causes")
        for document, entities in zip(documents, found, strict=True)
    ]
    gold = [{(head, tail) for head, tail, _ in document.concept_relations} for document in documents]
    score = score_concept_relations(gold, predicted)
    print(f"P {score.precision:.4f}  R {score.recall:.4f}  F1 {score.f1:.4f}  ({score.wanted} gold relations)")


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the console script; the user's mistakes end in one sentence and exit code 2."""
    run(app, arguments, mistakes=(ValueError, FileNotFoundError, ImportError))


if __name__ == "__main__":
    main()
