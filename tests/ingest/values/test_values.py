"""A sample of the values through each producer; `benchmarks/values.py` runs all of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.ingest.values.cases import Value, hard_values, judged, sentence, third_values, values
from tests.ingest.values.producers import PRODUCERS
from tests.ingest.values.reading import text_of

SAMPLE = values()[::5]
SLOW = {"scan"}


def test_there_are_enough_and_no_two_are_one() -> None:
    everything = values()
    assert len(everything) >= 400 and len(PRODUCERS) >= 20
    assert len({value.key for value in everything}) == len(everything)


def test_the_judge_tells_right_from_marked_from_changed() -> None:
    value = next(value for value in values() if value.kind == "power")
    said = "".join(text for _, text in sentence(value))
    assert judged(f"{value.key} gives {value.text} as stated", [value]) == {value.key: "right"}
    assert judged(said, [value]) == {value.key: "changed"}
    assert judged(f"{value.key} gives \ufffd{value.text} as stated", [value]) == {value.key: "marked"}
    assert judged("nothing", [value]) == {value.key: "lost"}


@pytest.mark.parametrize("name", [name for name in PRODUCERS if name not in SLOW])
def test_no_value_changes(name: str, tmp_path: Path) -> None:
    try:
        files = PRODUCERS[name](SAMPLE)
    except ImportError as error:
        pytest.skip(f"{error.name} is not installed")
    outcomes = judged(text_of(files, tmp_path), SAMPLE)
    assert {key: outcome for key, outcome in outcomes.items() if outcome != "right"} == {}


@pytest.mark.parametrize("name", ["story", "docx", "web", "epub", "jats", "cnxml", "reportlab", "fpdf"])
@pytest.mark.parametrize("given", [hard_values, third_values])
def test_what_is_easily_read_as_something_else(name: str, given: Callable[[], list[Value]], tmp_path: Path) -> None:
    wanted = given()
    try:
        files = PRODUCERS[name](wanted)
    except ImportError as error:
        pytest.skip(f"{error.name} is not installed")
    outcomes = judged(text_of(files, tmp_path), wanted)
    assert {value.text for value in wanted if outcomes[value.key] != "right"} == set()
