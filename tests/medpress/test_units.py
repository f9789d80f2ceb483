"""What counts as a unit is frozen: where the conservation check, doses, the guard, raised marks and answers take one, and as what.

A change of the lists shows here line by line; take it over with

python tests/medpress/test_units.py > tests/medpress/units.txt
"""

# ruff: noqa: SIM905 - word lists
from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from corpus.duplicates.guard import facts
from ingest.conservation import compare
from ingest.marks import Habit, raised, written
from medpress.units import names, pattern
from nlp.tagging.doses import find_doses
from nlp.tagging.folding import fold
from training.rewards.quantities import quantity

USES = "conserved guard dose per weight power squared tenfold answer".split()
FROZEN = Path(__file__).with_name("units.txt")

PREFIXES = ["", *"YZEPTGMkhdcmµμunpfaz", "da", "mc"]
SYMBOLS = """
g l L m s mol M N U u IU iu Eq eq Pa Hz Bq Gy Sv J cal V W A K C F T B Osm osm Da Ci rad sr bar min h d y t ha in ft yd lb oz dB ppm
bpm rpm Torr eV kat
""".split()
WHOLE = """
cc CC mmHg mm_Hg mmH2O cmH2O cm_H2O °C °_C °F ℃ ℉ % ‰ percent per_cent KG MG MCG ML Mg Ml mM MEQ mEq/L mg/dL mg/kg/d mL/min
mg/m² m² m³ cm² cm2 mm3 kg/m2 IU/L ug/kg/min 10^9/L copies/mL cells/µL g/24h mg/次 mg/日 毫克/公斤 毫克/千克/天 单位/千克
hr hrs sec secs mins wk wks yr yrs y mo mos second seconds minute minutes hour hours day days week weeks month months year years
millisecond milliseconds time times dose doses cycle cycles fold point points beat beats breath breaths cell cells copy copies
CFU cfu PFU pfu dyne dynes pixel pixels person persons platelets leukocytes drop drops puff puffs tablet tablets tab tabs cap caps
capsule capsules vial vials ampoule ampoules sachet sachets pill pills spray sprays lozenge lozenges suppository suppositories
inhalation inhalations teaspoon teaspoons tsp tablespoon tablespoons unit units million_units million_u million_iu international_units
international_unit gr gtt gtts in ft yd lb lbs oz kcal Cal mOsm/kg kPa·s
""".split()
WORD_PREFIXES = ["", "kilo", "hecto", "deci", "centi", "milli", "micro", "nano", "pico", "mega"]
WORDS = "gram grams gramme grammes litre litres liter liters metre metres meter meters mole moles unit units molar pascal pascals".split()
CHINESE_PREFIXES = ["", *"千百分厘毫微纳皮兆万"]
CHINESE = "克 升 米 摩 摩尔 秒 帕 卡 焦 伏 赫兹 单位 国际单位 贝可 西弗 戈瑞 当量 渗".split()
CHINESE_WHOLE = """
公斤 公升 公里 公分 斤 两 钱 分 合 片 粒 丸 支 瓶 袋 滴 枚 剂 贴 喷 包 颗 帖 付 揿 小时 分钟 秒 秒钟 天 日 周 星期 个月 月 年 岁 次 疗程 倍 度
毫米汞柱 毫米水柱 厘米水柱 例 人 名 万u 万iu 万U 摄氏度 毫 微 纳 千 万 国际 单 立方厘米 平方米 立方毫米
""".split()


def candidates() -> list[str]:
    """Everything that is tried: all units with all prefixes, in both languages and three cases, be it sense or not."""
    made = [p + s for p in PREFIXES for s in SYMBOLS] + [p + w for p in WORD_PREFIXES for w in WORDS]
    made += [p + s for p in CHINESE_PREFIXES for s in CHINESE] + CHINESE_WHOLE
    made += [word.replace("_", " ") for word in WHOLE]
    made += [form for word in made if word.isascii() and len(word) < 6 for form in (word.upper(), word.lower())]
    return sorted(set(made))


def uses(unit: str) -> Iterator[str]:
    """Who takes `unit` for one, and as what."""
    if not any(character.isdigit() for character in unit):
        other = "mg" if unit in ("mL", "ML") else "mL"
        if compare(f"take {unit}", [f"take {other}"]).numbers_new:
            yield "conserved"
    for gap, name in ((" ", "dose"), ("", "dose without a gap")):
        text = fold(f"she took 5{gap}{unit}, then")
        if find_doses(text) == [(9, 9 + len(f"5{gap}{unit}"))]:
            yield name
    text = fold(f"she took 5 mg/{unit}, then")
    if find_doses(text) == [(9, 9 + len(f"5 mg/{unit}"))]:
        yield "dose per"
    known = ""
    said = facts(f"aspirin 5 {unit}, then")
    if said.words.tokens[2:] == ("then",) and said.items[-1] != "n:5|":
        known, _, drug = said.items[-1][4:].partition("|")
        yield f"guard {known}" + (" of a drug" if drug else "")
    if known and f"n:3|{known}" in facts(f"服三{unit}后").items:
        yield "guard, counted in Chinese"
    if any(item.startswith("n:3|") for item in facts(f"took three {unit} then").items):
        yield "guard, counted in English"
    if written(f"5 {unit}-{raised('2')}") == f"5 {unit}^-2":
        yield "power"
    if written(f"5 {unit}{raised('23')}", Habit(cites=True)) == f"5 {unit}^2[3]":
        yield "power without a sign"
    if written(f"was 5{raised('6')} {unit} here", Habit(cites=True)).startswith("was 5^6"):
        yield "after a power"
    if found := quantity(f"5 {unit}"):
        yield f"answer {found.value} {found.dimension}"


def lines() -> list[str]:
    """A line for each candidate that anybody takes for a unit."""
    found = ((unit, list(uses(unit))) for unit in candidates())
    return ["\t".join([unit, *taken]) for unit, taken in found if taken]


def test_a_name_means_one_unit_and_stands_in_one_row() -> None:
    meaning: dict[str, str] = {}
    for name in (name for use in USES for name in names(use)):
        spelling = "".join(name.spelling.split())
        assert meaning.setdefault(spelling, name.unit) == name.unit


def test_prefixes_and_words_follow_one_law() -> None:
    size = {name.spelling: (name.kind, name.size) for name in names("answer")}
    assert size["mg"] == size["milligrams"] == size["毫克"] == ("mass", Fraction(1, 1000))
    assert size["µg"] == size["μg"] == size["ug"] == size["mcg"] == size["微克"] == ("mass", Fraction(1, 10**6))
    assert size["kg"] == size["kilogram"] == size["公斤"] == size["千克"] == ("mass", Fraction(1000))
    assert size["万 单位"] == ("activity", Fraction(10_000))
    assert size["million units"] == ("activity", Fraction(10**6))


@pytest.mark.parametrize("gap", ["", " ", "\N{NO-BREAK SPACE}", "\t"])
def test_white_space_in_a_name_may_be_any_or_none(gap: str) -> None:
    for name in names("guard"):
        if " " in name.spelling:
            written_so = name.spelling.replace(" ", gap)
            assert f"|{name.unit}" in facts(f"aspirin 5 {written_so}, then").items[-1] + "|"


@pytest.mark.parametrize("use", USES)
def test_a_pattern_finds_each_name_whole_and_nothing_else(use: str) -> None:
    spellings = [name.spelling for name in names(use)]
    find = re.compile(pattern(spellings))
    assert spellings
    assert all(find.match(f"{spelling} -")[0] == spelling for spelling in spellings)  # type: ignore[index]
    found = [unit for unit in candidates() if find.fullmatch(unit)]
    assert {"".join(unit.split()) for unit in found} <= {"".join(spelling.split()) for spelling in spellings}


def test_units_are_taken_where_they_were() -> None:
    assert lines() == FROZEN.read_text(encoding="utf-8").splitlines()


if __name__ == "__main__":
    print("\n".join(lines()))
