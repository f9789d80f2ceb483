"""Numbers of persons with check digits: examples that their issuers print, each digit changed, and speed on digits."""

from __future__ import annotations

import time

import pytest

from nlp.phi import find
from nlp.phi.kinds import KINDS
from nlp.phi.national import NATIONAL_NUMBERS, find_national_numbers

PRINTED = [
    "943 476 5919",  # NHS Data Dictionary
    "2341 2341 2346",  # Verhoeff over 23412341234, as textbooks of the code have it
    "A123456(3)",
    "A123456789",
    "S1234567D",
    "111.444.777-35",
    "29029600013",
    "811228-9874",  # Skatteverket
    "131052-308T",  # Digi- ja väestötietovirasto
    "12345678Z",
    "X1234567L",
    "MORGA 657054 SM9IJ",  # DVLA
    "2 55 08 14 168 025 38",
    "GB29 NWBK 6016 1331 9268 19",  # ISO 13616
]
"""One of each kind, from the descriptions of their issuers."""


def found(text: str) -> list[str]:
    return [text[span.start : span.end] for span in find_national_numbers(text)]


@pytest.mark.parametrize("number", PRINTED)
def test_a_printed_example_is_found_and_a_changed_digit_is_not(number: str) -> None:
    assert found(f"Id: {number}, seen today") == [number]
    if number.startswith("MORGA"):  # no check digit: another month there is not
        assert found("Id: MORGA 697054 SM9IJ, seen today") == []
        return
    place = max(i for i, c in enumerate(number[:-2]) if c.isdigit())
    changed = number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]
    assert found(f"Id: {changed}, seen today") == []


def test_it_goes_from_a_note_and_stays_in_print() -> None:
    text = "Seen again, well. 943 476 5919"
    assert [text[s.start : s.end] for s in find(text)] == ["943 476 5919"]
    assert find(text, policy="precise") == []


def test_chance_passes_few() -> None:
    """Of ten thousand runs of eleven digits, those that are a day and pass two checks are few."""
    runs = ", ".join(str(10**10 + i * 7919 * 104729 % (9 * 10**10)) for i in range(10_000))
    assert len(found(runs)) < 20
    assert {number.kind for number in NATIONAL_NUMBERS} <= KINDS.keys()


@pytest.mark.parametrize("unit", ["1 ", "12 34 ", "A1", "1-", "AB12 ", "(1)"])
def test_degenerate_digits_cost_linear_time(unit: str) -> None:
    began = time.process_time()
    list(find_national_numbers(unit * 40_000))
    assert time.process_time() - began < 2


@pytest.mark.parametrize("department", ["7A", "0B", "9A"])
def test_letters_that_no_department_has_are_no_number(department: str) -> None:
    assert list(find_national_numbers(f"No: 1 85 05 {department} 006 084 36.")) == []


def test_a_number_of_corsica() -> None:
    digits = int("1850519006084")  # 2A counts as 19
    assert [span.type for span in find_national_numbers(f"1 85 05 2A 006 084 {97 - digits % 97:02}")] == ["SSN"]
