"""Raised and lowered marks: one written form, decided by both neighbours and by the document."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.marks import Habit, cited, habit, has_marks, lowered, outside, raised, written
from tests.ingest.values.cases import Value, values

CITES = Habit(cites=True)
WRAP = {"plain": str, "raised": raised, "lowered": lowered}


@pytest.mark.parametrize("value", values(), ids=lambda value: value.source)
def test_values_in_a_document_that_cites_by_number(value: Value) -> None:
    text = "".join(WRAP.get(kind, raised)(piece) for kind, piece in value.pieces)
    assert written(text + " as stated", CITES).translate({0x2212: "-"}) == value.text.replace("−", "-") + " as stated"


@pytest.mark.parametrize("value", [v for v in values() if v.kind != "citation"], ids=lambda value: value.source)
def test_values_in_a_document_that_does_not(value: Value) -> None:
    text = "".join(WRAP.get(kind, raised)(piece) for kind, piece in value.pieces)
    assert written(text + " as stated").translate({0x2212: "-"}) == value.text.replace("−", "-") + " as stated"


@pytest.mark.parametrize(
    ("before", "mark", "after", "text"),
    [
        ("reached 81 mg.", "12", " Then", "reached 81 mg.[12] Then"),
        ("pH fell to 7.2", "5,6", "; later", "pH fell to 7.2[5,6]; later"),
        ("in 45", "9", " controls", "in 45[9] controls"),
        ("group II", "10", " too", "group II[10] too"),
        ("IL-6", "11", " rose", "IL-6[11] rose"),
        ("12%", "4", " and", "12%[4] and"),
        ("vitamin D", "3", " was", "vitamin D[3] was"),
        ("χ", "2", " = 4", "χ^2 = 4"),
        ("10", "−6", " M", "10^-6 M"),
        ("2.5 × 10", "9", "/L", "2.5 × 10^9/L"),
        ("3.2", "9", "/L", "3.2^9/L"),
        ("", "131", "I uptake", "^131I uptake"),
        ("", "1", "Department of Surgery", "1Department of Surgery"),
        ("the 1", "st", " line", "the 1st line"),
        ("Brand", "®", " tablets", "Brand® tablets"),
        ("7", "a", "", "7[a]"),
        ("5", "*", "", "5*"),
        ("min", "−1", "", "min^-1"),
        ("Cl", "−", "2.4", "Cl−2.4"),
        ("at 37 ", "◦", "C, and", "at 37 °C, and"),
        ("an angle of 45", "o", " to it", "an angle of 45° to it"),
        ("(", "1", "H NMR)", "(^1H NMR)"),
        ("renal failure; ", "27", " 3.75 mg", "renal failure; [27] 3.75 mg"),
        ("min−", "1", "", "min^-1"),
        ("10⁻", "6", " M", "10^-6 M"),
    ],
)
def test_where_a_document_cites_by_number(before: str, mark: str, after: str, text: str) -> None:
    assert written(before + raised(mark) + after, CITES) == text


@pytest.mark.parametrize(
    ("before", "mark", "after", "text"),
    [
        ("y", "3", " + z", "y^3 + z"),
        ("E = (pc)", "2", " + m", "E = (pc)^2 + m"),
        ("k = q", "2", "", "k = q^2"),
        ("π: P(M)", "2", " → R", "π: P(M)^2 → R"),
        ("as in earlier trials", "2", " = none", "as in earlier trials[2] = none"),
    ],
)
def test_a_number_on_a_variable_beside_an_operator_is_a_power(before: str, mark: str, after: str, text: str) -> None:
    assert written(before + raised(mark) + after) == text


def test_powers_in_formulas_are_no_habit_of_citing() -> None:
    assert not habit([f"P(M){raised('2')} → R", f"(pc){raised('2')} + m", f"(a b){raised('3')} = 4"]).cites
    assert habit([f"as shown before.{raised('2')} More,{raised('3')} too"]).cites


def test_in_doubt_the_number_stays_apart() -> None:
    assert written(f"in 45{raised('9')} controls") == "in 45^9 controls"


def test_a_cell_with_the_mark_of_a_note() -> None:
    custom = habit([f"25{raised('2')}", f"{raised('2')}With food."])
    assert custom.notes == {"2"}
    assert written(f"25{raised('2')}", custom) == "25[2]"
    assert written(f"10{raised('2')}", custom) == "10[2]"
    assert written(f"10{raised('2')} cells", custom) == "10^2 cells"
    assert written(f"10{raised('9')}/L", custom) == "10^9/L"


def test_what_the_markup_links_is_a_citation() -> None:
    assert written(f"10{cited('6')} mg of m{raised('2')}{cited('3')}") == "10[6] mg of m^2[3]"
    assert written(f"HbA1c{cited('[7]')}, CRP{cited('*')}") == "HbA1c[7], CRP*"
    assert written(f"pH 7.2{cited('5')}{raised(',')}{cited('6')}") == "pH 7.2[5,6]"


def test_marks_in_pieces_are_one() -> None:
    assert written(f"10{raised('−')}{raised('6')}") == "10^-6"
    assert written(f"the trial{raised('1')}{raised(',2')}") == "the trial[1,2]"
    assert written(f"HCO{lowered('3')}{raised('−')}") == "HCO3−"
    assert written(f"HCO{raised('−')}{lowered('3')}") == "HCO3−"
    assert written(f"CA19{lowered('9')}") == "CA19_9"


def test_a_document_cites_when_numbers_stand_where_no_power_does() -> None:
    once = f"a trial.{raised('3')}"
    assert not habit([once]).cites
    assert habit([once, f"the others,{raised('4–6')}"]).cites
    assert not habit([f"5 kg/m{raised('2')}", f"10{raised('9')}/L", f"cm{raised('3')}"]).cites


@given(st.lists(st.tuples(st.sampled_from([str, raised, lowered, cited]), st.text(max_size=8)), max_size=8))
def test_nothing_is_lost_and_no_wrap_is_left(pieces: list[tuple[type[str], str]]) -> None:
    """Whatever is wrapped: no wrap stays, and every letter and digit does."""
    plain = "".join(text for _, text in pieces)
    text = written("".join(wrap(text) for wrap, text in pieces))
    assert not has_marks(text)
    assert sorted(c for c in text if c.isalnum()) == sorted(c for c in plain if c.isalnum())


def test_no_mark_is_cut() -> None:
    text = f"10{raised('12')} mg"
    assert [outside(text, index) for index in range(len(text) + 1)] == [0, 1, 2, 2, 6, 6, 6, 7, 8, 9]
    pieces = f"10{raised('−')}{raised('6')} M"
    assert {outside(pieces, index) for index in (5, 6, 7, 8)} == {8}
