"""A hundred faults planted on real pages: the check finds each of them, and none on the pages as they are."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path

import pymupdf
import pytest

from ingest.conservation import Conservation, compare

SAMPLES = Path(__file__).resolve().parents[2] / "sample_docs"
FAULTS = 100


def pages() -> list[str]:
    """The text of each page of the sample PDFs, as the library gives it."""
    texts = []
    for path in sorted(SAMPLES.rglob("*.pdf")):
        with pymupdf.open(path) as document:
            texts += [page.get_text("text") for page in document]
    return [text for text in texts if len(re.findall(r"[^\W_]{2,}", text)) > 40 and re.search(r"\d{2}", text)]


def dropped(lines: list[str], rng: random.Random) -> list[str]:
    """One line of some length is gone."""
    at = rng.choice([number for number, line in enumerate(lines) if len(line) > 8])
    return lines[:at] + lines[at + 1 :]


def doubled(lines: list[str], rng: random.Random) -> list[str]:
    """One line stands twice."""
    at = rng.choice([number for number, line in enumerate(lines) if len(line) > 8])
    return [*lines, lines[at]]


def changed(lines: list[str], rng: random.Random) -> list[str]:
    """One digit is another."""
    at = rng.choice([number for number, line in enumerate(lines) if re.search(r"\d", line)])
    place = rng.choice([found.start() for found in re.finditer(r"\d", lines[at])])
    other = rng.choice([digit for digit in "123456789" if digit != lines[at][place]])
    return [*lines[:at], lines[at][:place] + other + lines[at][place + 1 :], *lines[at + 1 :]]


def merged(lines: list[str], rng: random.Random) -> list[str]:
    """Two numbers, of two lines, have become one."""
    ends = [number for number, line in enumerate(lines) if re.search(r"\d", line)]
    one, other = rng.sample(ends, 2)
    glued = re.search(r"\d+", lines[one]).group() + re.search(r"\d+", lines[other]).group()  # type: ignore[union-attr]
    left = [re.sub(r"\d+", "", line, count=1) if number in (one, other) else line for number, line in enumerate(lines)]
    return [*left, glued]


def clean(found: Conservation) -> bool:
    return not (found.lost or found.new or found.numbers_lost or found.numbers_new)


@pytest.mark.parametrize("plant", [dropped, doubled, changed, merged])
def test_every_planted_fault_is_found(plant: Callable[[list[str], random.Random], list[str]]) -> None:
    rng = random.Random(plant.__name__)
    texts = pages()
    assert len(texts) >= 5
    for _ in range(FAULTS // 4):
        text = rng.choice([text for text in texts if len(re.findall(r"(?m)^.*\d.*$", text)) > 1])
        lines = text.split("\n")
        assert clean(compare(text, rng.sample(lines, len(lines))))
        found = compare(text, plant(lines, rng))
        assert not clean(found), (plant.__name__, found)
        if plant in (changed, merged):
            assert found.numbers_lost and found.numbers_new
