"""Console script ``nlp``: tag text, train and measure taggers and relation extractors.

One group of commands lives in one module; each module adds its commands to the apps below (`train`, `evaluate`).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from nlp.context import annotate
from nlp.relations import load_extractor
from nlp.tagging import load_tagger
from nlp.tagging.density import medical_density

_BATCH = 256  # texts a tagger gets at once; memory stays flat whatever the file's size

app = App(name="nlp", help="Medical annotation: text in, entities, relations, classes and PHI out.", help_format="markdown")
train = App(name="train", help="Train a model.")
evaluate = App(name="eval", help="Measure a model on annotated text.")
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


@app.command
def tag(file: Path, /, *, config: TagConfig = TagConfig()) -> None:
    """Entities with context and relations of a file: one JSON line a text.

    A .jsonl file has a field `text` in each line; of any other file each line with text is one text. `-` reads
    standard input.

    Example: `nlp tag notes.txt --tagger lexicon`

    Parameters
    ----------
    file:
        The file to read.
    """
    if str(file) != "-" and not file.is_file():
        raise FileNotFoundError(f"no file at {file}: give a text or .jsonl file, or - for standard input")
    tagger = load_tagger(config.tagger)
    extractor = None if config.relations == "none" else load_extractor(config.relations)
    out = config.out.open("w", encoding="utf-8") if config.out else sys.stdout
    n_texts = n_entities = n_relations = 0
    try:
        texts = _texts(file)
        while batch := list(islice(texts, _BATCH)):
            for text, entities in zip(batch, tagger.tag(batch), strict=True):
                entities = annotate(text, entities)
                relations = extractor.extract(text, entities) if extractor else []
                row = {
                    "text": text,
                    "entities": [asdict(entity) for entity in entities],
                    "relations": [asdict(relation) for relation in relations],
                    "density": round(medical_density(text, entities), 4),
                }
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
                n_texts += 1
                n_entities += len(entities)
                n_relations += len(relations)
    finally:
        if config.out:
            out.close()
    print(f"{n_texts} texts, {n_entities} entities, {n_relations} relations", file=sys.stderr)


def _texts(file: Path) -> Iterator[str]:
    with sys.stdin if str(file) == "-" else file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            if file.suffix == ".jsonl":
                row = json.loads(line)
                if not isinstance(row, dict) or not isinstance(row.get("text"), str):
                    raise ValueError(f"{file}, line {number}: each line must be an object with a field text")
                yield row["text"]
            else:
                yield line.rstrip("\n")


def main(arguments: Annotated[Sequence[str] | None, Parameter(show=False)] = None) -> None:
    """Runs the console script; the user's mistakes end in one sentence and exit code 2."""
    try:
        app(arguments)
    except (ValueError, FileNotFoundError, ImportError) as error:
        print(f"nlp: {error}", file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
