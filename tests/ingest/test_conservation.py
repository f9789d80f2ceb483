"""The conservation check finds what is planted, and nothing where only the layout differs."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.conservation import after_assembly, compare
from ingest.document import Block
from ingest.page.analysis import compared
from ingest.page.text_layer import TextLayer

SOURCE = """Management of acute asthma in adults
Give salbutamol 5 mg by oxygen-driven nebuliser and pred-
nisolone 40–50 mg daily. PEF ≤ 50 % is severe; 10⁹ cells/L
were counted 3 times. 成人急性哮喘：沙丁胺醇 5 mg 雾化吸入，
每日泼尼松龙 40 mg。See reference 12."""

BLOCKS = [
    "Management of acute asthma in adults",
    "Give salbutamol 5 mg by oxygen-driven nebuliser and prednisolone 40–50 mg daily. PEF ≤ 50 % is severe; 10^9 cells/L"
    " were counted 3 times.",
    "成人急性哮喘：沙丁胺醇 5 mg 雾化吸入，每日泼尼松龙 40 mg。See reference[12].",
]


def test_lines_put_together_powers_and_citations_are_the_same_words():
    found = compare(SOURCE, BLOCKS)
    assert (found.coverage, found.inflation, found.numbers_lost, found.numbers_new) == (1.0, 1.0, (), ())
    assert not found.broken


def test_order_does_not_matter():
    assert compare(SOURCE, reversed(BLOCKS)) == compare(SOURCE, BLOCKS)


@pytest.mark.parametrize(
    ("wrong", "right", "lost", "new"),
    [
        ("5 mg by", "15 mg by", ("5",), ("15",)),
        ("10^9", "10", ("109",), ("10",)),
        ("40–50", "40–5", ("50",), ("5",)),
        ("counted 3", "counted", ("3",), ()),
        ("40 mg。", "0.40 mg。", ("40",), ("0.40",)),
    ],
)
def test_a_changed_number_is_named(wrong, right, lost, new):
    assert any(wrong in block for block in BLOCKS)
    found = compare(SOURCE, [block.replace(wrong, right) for block in BLOCKS])
    assert (found.numbers_lost, found.numbers_new) == (lost, new)
    assert bool(new) == ("numbers that its source does not have" in found.broken)


def test_a_lost_sign_is_named_and_so_is_one_that_stands_instead():
    lost = compare(SOURCE, [block.replace("≤", "") for block in BLOCKS])
    assert (lost.lost, lost.numbers_lost, lost.numbers_new) == (1, ("≤",), ())
    other = compare(SOURCE, [block.replace("≤", "≥") for block in BLOCKS])
    assert (other.numbers_lost, other.numbers_new) == (("≤",), ("≥",)) and other.broken


@pytest.mark.parametrize(("wrong", "right"), [("5 mg by", "5 g by"), ("40 mg。", "40 μg。"), ("40–50 mg", "40–50 ml")])
def test_a_changed_unit_is_named(wrong, right):
    found = compare(SOURCE, [block.replace(wrong, right) for block in BLOCKS])
    assert found.numbers_lost == ("mg",) and len(found.numbers_new) == 1 and found.broken


def test_a_lost_minus_is_named_and_a_range_or_a_hyphen_is_none():
    source = "WMD = −4.63, range 40–\n50, IL-6, pred-\nnisolone, 5-\n10 mg"
    assert compare(source, ["WMD = -4.63, range 40–50, IL-6, prednisolone, 5-10 mg"]).numbers_lost == ()
    assert compare(source, ["WMD = 4.63, range 40–50, IL-6, prednisolone, 5-10 mg"]).numbers_lost == ("-",)


def test_what_is_raised_may_stand_apart_and_nothing_else_may():
    assert compare("in 7.25,6 of 109", ["in 7.2[5,6] of 10^9"]).numbers_new == ()
    assert compare("10\n9", ["10^9"]).numbers_lost == ()
    assert compare("in 7.2 of 10", ["in 72 of 10"]).numbers_new == ("72",)
    assert compare("5 10 mg", ["510 mg"]).numbers_new == ("510",)
    assert compare("510 mg", ["5 10 mg"]).numbers_lost == ("510",)
    assert compare("as shown5,6,7 in 6885.15 June", ["as shown5,6, 7 in 6885. 15 June"]).numbers_new == ()
    assert compare("0.25 mg", ["0.2 5 mg"]).numbers_lost == ("0.25",)


@given(st.integers(0, 2**32))
def test_a_planted_drop_or_doubling_is_found(seed):
    rng = random.Random(seed)
    words = [
        "dose",
        "renal",
        "adult",
        "oral",
        "tablet",
        "acute",
        "chronic",
        "fever",
        "cough",
        "pain",
        "blood",
        "serum",
        "肝",
        "肾",
        "药",
        "病",
    ]
    blocks = [" ".join(rng.choices(words, k=rng.randint(20, 60))) + f" {rng.randint(1, 999)}" for _ in range(8)]
    source = "\n".join(rng.sample(blocks, 8))
    assert not compare(source, blocks).broken
    block = rng.choice(blocks)
    size = len("".join(block.split()))
    dropped = compare(source, [other for other in blocks if other is not block])
    doubled = compare(source, [*blocks, block])
    assert dropped.lost == pytest.approx(size, abs=1) and dropped.broken
    assert doubled.new == pytest.approx(size, abs=1) and doubled.broken


def test_what_is_left_out_with_a_reason_is_no_loss():
    found = compare(SOURCE, BLOCKS[1:], {"header": ["Management of acute", "asthma in adults"], "hidden": [" "]})
    assert found.lost == 0 and not found.broken
    assert found.left_out == (("header", 31),)


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_can_be_compared(one, other):
    assert compare(one, [one]).coverage == 1.0 and compare(one, [one]).inflation == 1.0
    assert compare(one, [other]).coverage <= 1.0


def test_a_hostile_page_of_numbers_ends_at_once():
    source = " ".join(str(number) for number in range(20_000))
    written = " ".join(f"{number}.{number + 1}" for number in range(20_000))
    assert compare(source, [written]).broken
    assert compare("1" * 50_000, ["1 " * 50_000]).lost == 0


def test_a_repeated_number_is_no_new_one_unless_another_is_lost():
    assert (
        compare("arm A (n = 21), arm B (n = 63)", ["arm A (n = 21)", "arm A (n = 21)", "arm B (n = 63)"]).numbers_new
        == ()
    )
    assert compare("5 mg, then 8 mg", ["5 mg, then 5 mg"]).numbers_new == ("5",)


def test_a_sign_that_nobody_could_tell_does_not_go_in_silence():
    assert compare("5 \x01g of \ue0d2 ok", ["5 g of ok"]).lost == 2


def test_assembling_may_move_text_and_leave_furniture_out_and_nothing_else():
    pages = [["Journal of Tests 7", "dose 5 mg"], ["Journal of Tests 8", "then 10 mg", "note 3"]]
    found = [compare("\n".join(page), page) for page in pages]
    moved = [["dose 5 mg", "then 10 mg"], ["note 3"]]
    removed = [{"header": ["Journal of Tests 7"]}, {"header": ["Journal of Tests 8"]}]
    right = after_assembly(pages, moved, removed, found)
    assert [(page.lost, page.new, page.left_out) for page in right] == [(0, 0, (("header", 15),))] * 2
    wrong = after_assembly(pages, [["dose 5 mg", "then 10 mg"], []], removed, found)
    assert (wrong[1].lost, wrong[1].numbers_lost, wrong[0].lost) == (5, ("3",), 0)
    doubled = after_assembly(pages, [["dose 5 mg", "then 10 mg", "dose 5 mg"], ["note 3"]], removed, found)
    assert (doubled[0].new, doubled[0].numbers_new) == (7, ("5",))


def test_text_on_a_page_that_has_none_comes_from_nowhere():
    invented = "A paragraph that nobody wrote, with some forty letters in it and more."
    found = compare("", [invented])
    assert found.new == len(invented.replace(" ", "").translate(str.maketrans("", "", ".,"))) and found.broken
    page = compare("", [])
    assert not page.broken
    (after,) = after_assembly([[]], [[invented]], [{}], [page])
    assert after is not None and after.new == found.new and after.broken


def test_all_new_numbers_are_counted():
    wrong = " ".join(f"value {number}" for number in range(1000, 1060))
    found = compare(" ".join(f"value {number}" for number in range(3000, 3060)), [wrong])
    assert (len(found.numbers_new), len(found.numbers_lost)) == (60, 60)
    assert "60 numbers" in found.broken


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("Give 5 mg now.", "Give 5 ml now."),
        ("Give 5 mg now.", "Give 50 mg now."),
        ("Above ≥ 5 mg.", "Above ≤ 5 mg."),
        ("Change of - 5 points.", "Change of 5 points."),
        ("Give 5 mg now.", "Give now."),
    ],
)
def test_assembling_is_held_to_the_same_law_as_reading(right, wrong):
    read = compare(right, [wrong])
    (assembled,) = after_assembly([[right]], [[wrong]], [{}], [compare(right, [right])])
    assert assembled == read


def test_a_formula_that_a_table_repeats_is_no_new_number():
    layer = TextLayer(source=["0", "3×1", "error", "order", "1.5", "2"])
    head = r"$0_{3\times1}$"
    table = Block("table", f"| {head} | {head} |\n| --- | --- |\n| error | order |\n| 1.5 | 2 |", repeated=(head,))
    found = compared(layer, [table], ())
    assert (found.numbers_lost, found.numbers_new) == ((), ())
    assert not found.broken
