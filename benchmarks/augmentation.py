"""Augmentation without a model, on real textbooks: how much, how varied, how true.

    ingest auto $MEDPRESS_DATA/textbook --source-type textbook --data DATA
    corpus build --data DATA --augment.max-share 1
    python benchmarks/augmentation.py counts DATA
    python benchmarks/augmentation.py sheet DATA --seed 1 > benchmarks/augmentation_sheet.tsv

`counts` prints records by method and language, the share of the most frequent wording, and looks in every augmented text
for numbers and entities that are not in its parent: numbers by their digits and by value and unit, entities by the words
that the build's tagger (not only the lexicon of the checks) finds. `sheet` draws texts for reading, evenly over methods and
languages; the columns `faithful`, `well_formed` and `why` are filled in by hand. Texts of sources whose licence asks for
the same licence, or forbids commercial use, are left out: the sheet names record and document, and `show` prints them.
"""

from __future__ import annotations

import random
import re
import sys
import textwrap
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
from cyclopts import App

from corpus.augment.checks import numbers
from medpress.schema import DOCUMENT, DROPPED, RECORD, by_name
from medpress.store import read_dataset
from nlp.tagging import load_tagger

app = App(help=__doc__)
FREE_SOURCES = ("tcm_classics",)
"""Sources whose text may stand in the sheet: works in the public domain."""
SAMPLED = 200
"""Texts in a sheet."""
EXTRACT = 160
"""Characters of a text that stand in the sheet."""


def _augmented(data: Path) -> list[dict[str, Any]]:
    return read_dataset(data / "shards", RECORD, filter=pc.field("augmentation").is_valid()).to_pylist()


@app.command
def counts(data: Path) -> int:
    """Figures of a build with augmentation; exit code 1 when a number or an entity is new."""
    rows = _augmented(data)
    parents = {
        row["id"]: row
        for row in read_dataset(data / "shards", RECORD, filter=pc.field("parent_id").is_null()).to_pylist()
    }
    dropped = read_dataset(data / "dropped", DROPPED, filter=pc.field("augmentation").is_valid()).to_pylist()
    print(f"{len(rows) + len(dropped)} texts augmented = {len(rows)} kept + {len(dropped)} dropped")
    for (stage, reason), count in Counter((row["stage"], row["reason"]) for row in dropped).most_common():
        print(f"  dropped {count}: {stage}, {reason}")
    by_method: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        by_method[row["augmentation"]][row["lang"]] += 1
    for method, langs in sorted(by_method.items()):
        print(f"  {method}: {langs['en']} en, {langs['zh']} zh")
    tokens = sum(row["n_tokens"] for row in rows)
    source_tokens = sum(row["n_tokens"] for row in parents.values())
    print(f"{tokens} tokens, {tokens / (tokens + source_tokens):.1%} of all")
    templates = Counter(by_name(row["topics"])["template"] for row in rows)
    for name, count in templates.most_common(3):
        print(f"  wording {name}: {count / len(rows):.2%}")
    new = list(_new(rows, parents))
    print(f"{len(new)} texts with a number or an entity that is not in their source")
    for row, what in new:
        print(f"  {row['id']} {row['augmentation']}: {what}")
    return 1 if new or templates.most_common(1)[0][1] > 0.05 * len(rows) else 0


def _new(rows: list[dict[str, Any]], parents: dict[str, dict[str, Any]]) -> Iterator[tuple[dict[str, Any], str]]:
    tagger = load_tagger("cascade")
    for row, entities in zip(rows, tagger.tag([row["text"] for row in rows]), strict=True):
        parent = parents[row["parent_id"]]
        source = "\n".join([parent["title"], *parent["section"], parent["text"]])
        if foreign := numbers(row["text"]) - numbers(source):
            yield row, f"numbers {sorted(foreign)}"
        folded = " ".join(source.lower().split())
        for entity in entities:
            words = " ".join(row["text"][entity.start : entity.end].lower().split())
            if words not in folded:
                yield row, f"{entity.label} {words!r}"


@app.command
def sheet(data: Path, *, seed: int = 1) -> None:
    """Draw texts for reading; tab-separated on standard output."""
    documents = {row["doc_id"]: row["uris"][0] for row in read_dataset(data / "documents", DOCUMENT).to_pylist()}
    print("# Augmented texts, drawn by `benchmarks/augmentation.py sheet` with seed", seed, "and read by hand.")
    print(
        "# Quoted: Chinese medical classics, written before 1912, public domain. Texts made from OpenStax books (CC BY-NC-SA 4.0)"
    )
    print("# are named by their record only; `benchmarks/augmentation.py show DATA ID` prints them.")
    print("id", "document", "method", "lang", "template", "text", "faithful", "well_formed", "why", sep="\t")
    for row in draw(_augmented(data), SAMPLED, seed):
        text = re.sub(r"\s*\n\s*", " / ", row["text"])
        text = textwrap.shorten(text, EXTRACT, placeholder=" …") if row["source"] in FREE_SOURCES else ""
        template = by_name(row["topics"])["template"]
        name = documents[row["doc_id"]]
        print(row["id"], name, row["augmentation"], row["lang"], template, text, "", "", "", sep="\t")


def draw(rows: list[dict[str, Any]], count: int, seed: int) -> list[dict[str, Any]]:
    """`count` rows, as even over (method, language) as there are rows of each."""
    rng = random.Random(seed)
    groups: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row["id"]):
        groups[row["augmentation"], row["lang"]].append(row)
    for group in groups.values():
        rng.shuffle(group)
    drawn: list[dict[str, Any]] = []
    while len(drawn) < min(count, len(rows)):
        for name in sorted(groups):
            if groups[name] and len(drawn) < count:
                drawn.append(groups[name].pop())
    return sorted(drawn, key=lambda row: (row["augmentation"], row["lang"], row["id"]))


@app.command
def show(data: Path, *ids: str, seed: int | None = None) -> None:
    """Print augmented texts by id, or all that a sheet of this seed holds."""
    rows = _augmented(data)
    chosen = draw(rows, SAMPLED, seed) if seed is not None else [row for row in rows if row["id"].startswith(ids)]
    for number, row in enumerate(chosen, 1):
        print(f"--- {number} {row['id']} {by_name(row['topics'])['template']}\n{row['text']}")


if __name__ == "__main__":
    sys.exit(app())
