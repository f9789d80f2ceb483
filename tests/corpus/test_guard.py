from __future__ import annotations

from itertools import permutations

import pairs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.duplicates.differences import HARMLESS
from corpus.duplicates.guard import contains, facts
from corpus.steps.verify import find_drugs
from medpress.store import read_table
from nlp.vocabulary import BUILT_IN

MONOGRAPH = (
    "{drug} is indicated for hypertension in adults. The usual starting dose of {drug} is {dose} once daily, taken "
    "with water. "
    "The maximum dose is {most}. {drug} is {negation}recommended in pregnancy. "
    "Renal function should be checked after {weeks} weeks."
)
BASE = {"drug": "amlodipine", "dose": "5 mg", "most": "10 mg", "negation": "not ", "weeks": "4"}
LEAFLET = (
    "{drug}用于治疗高血压。成人常用剂量为一次{dose}，每日{times}次，口服。"
    "孕妇{negation}使用{drug}。用药后{weeks}周复查肾功能，血压应<{target}mmHg。"
)
LEAFLET_BASE = {"drug": "氨氯地平", "dose": "5mg", "times": "一", "negation": "不宜", "weeks": "4", "target": "140"}


@pytest.mark.parametrize(
    ("template", "base", "change"),
    [
        (MONOGRAPH, BASE, {"drug": "felodipine"}),
        (MONOGRAPH, BASE, {"drug": "zotrexil"}),
        (MONOGRAPH, BASE, {"dose": "50 mg"}),
        (MONOGRAPH, BASE, {"dose": "5 g"}),
        (MONOGRAPH, BASE, {"dose": "5 µg"}),
        (MONOGRAPH, BASE, {"dose": "0.5 mg"}),
        (MONOGRAPH, BASE, {"dose": "10 mg", "most": "5 mg"}),
        (MONOGRAPH, BASE, {"negation": ""}),
        (MONOGRAPH, BASE, {"negation": "strongly "}),
        (MONOGRAPH, BASE, {"weeks": "12"}),
        (LEAFLET, LEAFLET_BASE, {"drug": "非洛地平"}),
        (LEAFLET, LEAFLET_BASE, {"drug": "某某新药"}),
        (LEAFLET, LEAFLET_BASE, {"dose": "50mg"}),
        (LEAFLET, LEAFLET_BASE, {"dose": "5g"}),
        (LEAFLET, LEAFLET_BASE, {"dose": "5毫升"}),
        (LEAFLET, LEAFLET_BASE, {"times": "三"}),
        (LEAFLET, LEAFLET_BASE, {"negation": "可以"}),
        (LEAFLET, LEAFLET_BASE, {"weeks": "6"}),
        (LEAFLET, LEAFLET_BASE, {"target": "130"}),
    ],
)
def test_a_changed_fact_saves_both(template: str, base: dict[str, str], change: dict[str, str]) -> None:
    one, other = facts(template.format(**base)), facts(template.format(**(base | change)))
    assert not contains(one, other)
    assert not contains(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Shown before [12, 13] in 2003.", "Shown before [7] in 2019."),
        ("See Table 2 and page 14.", "See Table 3 and page 87."),
        ("# 3.2 Dose\n\nGive 5 mg.", "# 4.1 Dose\n\nGive 5.0 mg."),
        ("Updated 12 March 2020: give 5 mg.", "Updated 3 May 2021: give 5 mg."),
        ("更新于2020年3月5日，见表2-1，第12页。口服5mg。", "更新于2021年4月6日，见表3-1，第7页。口服 5毫克。"),
        ("Smith J. Lancet 2001;3:4-5. Give 1,000 IU.", "Smith J. BMJ 2011;13(2):40-51. Give 1000 IU."),
        ("The patients were followed in the clinics.", "A patient was followed in the clinic."),
        ("The tumour was oedematous.", "The tumor was edematous."),
        ("Follow-up of the anaemia.", "Follow up of the anaernia."),
        ("Take two tablets.", "Please take two tablets."),
        ("5 mg min<sup>-1</sup> for 7 d", "5 mg min-1 for 7 days"),
        ("Give 5 mg. Copyright 2003 Elsevier Ltd.", "Give 5 mg. (c) 2008 American Heart Association."),
        ("Visit https://a.example/12 for 5 mg.", "Visit https://b.example/99 for 5 mg."),
    ],
)
def test_what_does_not_count(one: str, other: str) -> None:
    assert contains(facts(one), facts(other))
    assert contains(facts(other), facts(one))


def test_a_longer_text_contains_a_shorter_one_but_not_the_reverse() -> None:
    short = "Give amlodipine 5 mg once daily."
    long = short + " Do not exceed 10 mg. Stop if oedema develops."
    assert contains(facts(long), facts(short))
    assert not contains(facts(short), facts(long))


def test_swapped_doses_and_swapped_negations() -> None:
    swapped = ("Give drug a 5 mg and drug b 10 mg.", "Give drug a 10 mg and drug b 5 mg.")
    assert not contains(facts(swapped[0]), facts(swapped[1]))
    negated = ("X is not advised here. Y is advised here.", "X is advised here. Y is not advised here.")
    assert not contains(facts(negated[0]), facts(negated[1]))


def test_units_that_only_look_alike() -> None:
    for one, other in [("5 mM glucose", "5 mm glucose"), ("2 MU daily", "2 mU daily"), ("< 5 mmol/L", "> 5 mmol/L")]:
        assert not contains(facts(one), facts(other))
    for one, other in [("5 mcg", "5 µg"), ("5 毫克", "5mg"), ("7 d", "7 days"), ("10 ml", "10 cc"), ("5 MG", "5 mg")]:
        assert contains(facts(one), facts(other)), (one, other)


FILLER = " Store in a dry place away from light and out of the reach of anyone who should not have it at hand."
ZH_FILLER = "请存放于阴凉干燥处，避光保存，放在他人不易取得的地方，使用之前请仔细阅读说明书。"


@pytest.mark.parametrize(
    ("template", "one", "other"),
    [
        ("In adults zuvarit is to be started with 5 mg once daily." + FILLER, "zuvarit", "melopar"),
        ("The usual dose of zuvarit is 5 mg." + FILLER, "zuvarit", "melopar"),
        ("## Zuvarit\n\nTake one with water." + FILLER, "Zuvarit", "Melopar"),
        ("Adults should take Zuvarit with water." + FILLER, "Zuvarit", "Melopar"),
        ("祖伐利成人常用量为一次5mg。" + ZH_FILLER, "祖伐利", "美洛帕"),
        ("## 祖伐利说明\n\n饭后服。" + ZH_FILLER, "祖伐利", "美洛帕"),
    ],
)
def test_an_unknown_drug_named_once(template: str, one: str, other: str) -> None:
    assert not contains(facts(template), facts(template.replace(one, other)))
    assert contains(facts(template), facts(template.replace("place", "places").replace("放在他人", "放在了他人")))


def test_a_lexicon_adds_drugs() -> None:
    def find(text: str) -> list[tuple[int, int]]:
        return [(text.find("qwertex"), text.find("qwertex") + 7)] if "qwertex" in text else []

    one, other = "Keep it dry. We gave qwertex too.", "Keep it dry."
    assert contains(facts(other), facts(one))
    assert not contains(facts(other), facts(one, find))


VALUES = st.floats(0.01, 5000).map(lambda x: f"{x:.3g}")
UNITS = st.sampled_from(["mg", "g", "µg", "ml", "mg/kg", "IU", "mmol/L", "%", "mmHg", "毫克", "片"])


@settings(max_examples=200, deadline=None)
@given(VALUES, UNITS, VALUES, UNITS)
def test_any_two_doses(value: str, unit: str, other_value: str, other_unit: str) -> None:
    same = {"毫克": "mg"}
    equal = float(value) == float(other_value) and same.get(unit, unit) == same.get(other_unit, other_unit)
    for template in ("The dose is {} daily.", "剂量为{}，每日一次。"):
        one, other = facts(template.format(f"{value} {unit}")), facts(template.format(f"{other_value} {other_unit}"))
        assert contains(one, other) == equal


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["give", "5 mg", "not", "aspirin", "每日两次", "不", "2001", "[3]", "\n", "糖尿病", "Table 2", "B12"]
        ),
        max_size=30,
    )
)
def test_a_text_contains_itself(words: list[str]) -> None:
    found = facts(" ".join(words))
    assert contains(found, found)


@pytest.mark.parametrize("kind", sorted({pair.kind for pair in pairs.different()}))
def test_a_text_that_differs_in_one_fact_is_never_replaced(kind: str) -> None:
    chosen = [pair for pair in pairs.different() if pair.kind == kind]
    merged = [pair for pair in chosen if covers(pair.one, pair.other) or covers(pair.other, pair.one)]
    assert chosen and not merged


def test_there_are_forty_kinds_and_six_hundred_pairs() -> None:
    made = pairs.different()
    assert len({pair.kind for pair in made}) >= 40
    assert len(made) == 600 == len({(pair.one, pair.other) for pair in made})


def test_true_copies_replace_each_other() -> None:
    made = pairs.copies()
    assert len(made) == 600
    assert sum(covers(pair.one, pair.other) for pair in made) >= 0.95 * 600


def covers(kept: str, dropped: str) -> bool:
    """What the build asks of a pair, with its lexicon."""
    return contains(facts(kept, find_drugs), facts(dropped, find_drugs))


def test_a_sentence_that_says_something_else_under_repeated_words() -> None:
    """The three words before a difference stand twice in the text: no difference is passed over."""
    one = "In the morning it was red on the left arm. In the evening it was red on the left leg."
    other = "In the morning it was red on the left leg. In the evening it was red on the left leg."
    assert not contains(facts(one), facts(other))
    assert not contains(facts(other), facts(one))


def test_whole_sentences_may_be_added_or_moved() -> None:
    first, second, third = "The ward is quiet at night.", "Doors stay open for all.", "Lamps are dim in the hall."
    assert contains(facts(f"{first} {second} {third}"), facts(f"{first} {third}"))
    assert contains(facts(f"{first} {second} {third}"), facts(f"{second} {third} {first}"))
    assert not contains(facts(f"{first} {second}"), facts(f"{first} Doors stay shut for all."))


def test_no_pair_of_shapes_tells_two_concepts_apart():
    """A pair is no OCR variant if both stand in one term, or if one put for the other makes a term of another concept."""
    table = read_table(BUILT_IN, ["term", "concept_id"])
    concepts: dict[str, set[str]] = {}
    for term, concept in zip(table["term"].to_pylist(), table["concept_id"].to_pylist(), strict=True):
        concepts.setdefault(term, set()).add(concept)
    pairs = [pair for line in (HARMLESS / "shapes.txt").read_text("utf-8").split() for pair in permutations(line, 2)]
    assert len(pairs) > 30
    for one, other in pairs:
        for term in (term for term in concepts if one in term):
            swapped = concepts.get(term.replace(one, other, 1), concepts[term])
            assert concepts[term] & swapped, (term, one, other)
            assert other not in term or term.replace(one, other) in concepts, (term, one, other)
