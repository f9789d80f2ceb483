"""A sample of the shards read once more for identities, by another method than the build's.

The build looks for labels, shapes and learned sequences (`nlp.phi`). Here a text is taken for what it must not hold at all: a
usual given name before another word in capitals, a surname before the characters of a given name where a person is spoken of, nine
digits that stand together, an at sign between words, and a day of a calendar. It is crude on purpose: what it takes for
somebody is to be looked at, and where it sees nothing a finer method has not overlooked the obvious.
"""

from __future__ import annotations

import hashlib
import heapq
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from corpus.review.precision import Interval, wilson
from corpus.tables import row_groups
from medpress.schema import RECORD
from medpress.store import read_dataset
from medpress.writing_systems import HAN
from nlp import phi
from nlp.phi.engine import PLACEHOLDER
from nlp.phi.gazetteer import COMPOUND_SURNAMES, GIVEN_CHARACTERS, GIVEN_NAMES, NOT_NAMES, SURNAMES

SAMPLE = 300
"""Records that are read."""

_WORDS = re.compile(r"\b([A-Z][a-z]+)[ ,]+(?:[A-Z]\.? )?([A-Z][a-z]+)\b")
_OF_A_PERSON = re.compile(rf"(?:患者|病人|姓名|家属|联系人|医师|医生|主任|护士)[:：]?\s*([{HAN}]{{2,4}})")
_SHAPES = {
    "digits": re.compile(r"(?<![\d.,/-])\+?\d(?:[ .()-]{0,2}\d){8,}(?![\d.,/-]|\d)"),
    "address": re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    "day": re.compile(
        r"\b(?:0?[1-9]|[12]\d|3[01])[/.](?:0?[1-9]|1[0-2])[/.](?:19|20)\d\d\b|\b(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])\b"
        r"|(?:19|20)\d\d年\d{1,2}月\d{1,2}日"
    ),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """What a second reading of a sample found."""

    records: int
    """Records that were read."""
    held: Interval
    """The share of them that hold something, with its interval."""
    rows: Sequence[Mapping[str, Any]]
    """Records that do: id, document, what it looks like, how often. No values."""


def sample_of(data: Path, seed: str, size: int = SAMPLE) -> list[dict[str, Any]]:
    """Records of the shards whose MD5 of seed and id is least."""
    ids = heapq.nsmallest(
        size,
        (id for table in row_groups(data / "shards", ["id"]) for id in table["id"].to_pylist()),
        key=lambda id: hashlib.md5(f"{seed}{id}".encode(), usedforsecurity=False).digest(),
    )
    columns = ["id", "doc_id", "source_type", "text"]
    return read_dataset(data / "shards", RECORD, columns, pc.field("id").isin(ids)).sort_by("id").to_pylist()


def read_again(sample: Sequence[Mapping[str, Any]]) -> Reading:
    """Read records (`id`, `doc_id`, `source_type`, `text`). Of what is published for readers, which names its authors, only
    numbers and addresses count."""
    rows = []
    for row in sample:
        found = signs(row["text"], names=phi.policy_for(row["source_type"] or "") == "thorough")
        rows += [
            {"id": row["id"], "doc_id": row["doc_id"], "looks like": kind, "times": times}
            for kind, times in sorted(found.items())
        ]
    holding = len({row["id"] for row in rows})
    return Reading(len(sample), wilson(holding, len(sample)), rows)


def signs(text: str, names: bool) -> Counter[str]:
    """What in a text looks like an identity, by what it looks like; placeholders are nobody's."""
    text = PLACEHOLDER.sub(" ", text)
    found = Counter[str]()
    for kind, shape in _SHAPES.items():
        if kind != "day" or names:
            found[kind] += sum(1 for _ in shape.finditer(text))
    if names:
        for match in _WORDS.finditer(text):
            found["name"] += match[1].lower() in GIVEN_NAMES and match[2].lower() not in NOT_NAMES
        for match in _OF_A_PERSON.finditer(text):
            found["name"] += _is_name(match[1])
    return +found


def _is_name(characters: str) -> bool:
    """Whether characters begin with a surname that usual characters of given names follow."""
    size = 2 if characters[:2] in COMPOUND_SURNAMES else 1
    given = characters[size : size + 2]
    return characters[:size] in SURNAMES and bool(given) and all(one in GIVEN_CHARACTERS for one in given)
