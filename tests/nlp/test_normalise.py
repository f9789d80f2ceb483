from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.normalise import canonical, normalise

DATA = Path(os.environ.get("MEDPRESS_DATA", "../shared/data"))

AWKWARD = st.text(
    alphabet=st.sampled_from(
        list(
            "ab Zµμ0123456789.,%/<>&;#-\n\t|（），。、糖尿病患者"
            "ﬁﬂ\u00ad\u00a0\u200b\u3000\ufeff\x07\x0c\ufffdＡ１．％±≥⁹½â€™Ã©\uf06d"
        )
    ),
    max_size=60,
)


@pytest.mark.parametrize(
    ("broken", "lang", "whole"),
    [
        ("the ﬁrst ofﬁce", "en", "the first office"),
        ("patientâ€™s dose â‰¥ 5 Âµg", "en", "patient’s dose ≥ 5 µg"),
        ("treat-\nment of hyper-\ntension", "en", "treatment of hypertension"),
        ("beta-\nblocker and non-\nsmall cell", "en", "beta-blocker and non-small cell"),
        ("infor\u00admation 5\u00ad10 mg", "en", "information 5-10 mg"),
        ("p &lt; 0.05 &amp;amp; more", "en", "p < 0.05 & more"),
        ("5\x0710 mg\x07", "en", "5 10 mg"),
        ("250\u00a0mg  twice\u2009daily", "en", "250 mg twice daily"),
        ("剂量５００ｍｇ，每日２次", "zh", "剂量500mg，每日2次"),
        ("血糖６．１ｍｍｏｌ／Ｌ", "zh", "血糖6.1mmol/L"),
        ("糖 尿 病 患 者 的治疗", "zh", "糖 尿 病 患 者 的治疗"),
        ("糖 尿 病 患 者，治疗", "zh", "糖尿病患者，治疗"),
        ("姓名 张三 性别 男", "zh", "姓名 张三 性别 男"),
        ("5 \uf06dg/kg, SpO2 \uf0b3 92%", "en", "5 μg/kg, SpO2 ≥ 92%"),
        ("as shown [, ] before (;) HBsAg (-)", "en", "as shown before HBsAg (-)"),
        ("| drug | dose |\n| --- | --- |\n| a | 5 mg |", "en", "| drug | dose |\n| --- | --- |\n| a | 5 mg |"),
        ("- one\n  - two\n- three", "en", "- one\n  - two\n- three"),
        ("cafe\u0301", "en", "café"),
        ("⼈参⽩⻁汤，⽤⻩芪", "zh", "人参白虎汤，用黄芪"),
        ("每次5㎎，血糖6㎜ol，10㎝²，3㎡", "zh", "每次5mg，血糖6mmol，10cm²，3㎡"),
    ],
)
def test_repairs(broken: str, lang: str, whole: str) -> None:
    assert normalise(broken, lang) == whole


@settings(max_examples=400, deadline=None)
@given(AWKWARD | st.text(max_size=60), st.sampled_from(["en", "zh"]))
def test_idempotent(text: str, lang: str) -> None:
    once = normalise(text, lang)
    assert normalise(once, lang) == once


def _digits(text: str) -> str:
    return "".join(re.findall(r"[0-9]", text.translate({0xFF10 + i: str(i) for i in range(10)})))


@settings(max_examples=400, deadline=None)
@given(AWKWARD.filter(lambda t: "&#" not in t), st.sampled_from(["en", "zh"]))
def test_digits_stay(text: str, lang: str) -> None:
    assert _digits(normalise(text, lang)) == _digits(text)


@settings(max_examples=200, deadline=None)
@given(
    st.floats(min_value=0.001, max_value=9999).map(lambda x: f"{x:.3g}"),
    st.sampled_from(["mg", "µg", "mg/kg", "mmol/L", "%", "IU", "×10⁹/L", "℃", "毫克"]),
)
def test_doses_stay(value: str, unit: str) -> None:
    dose = f"{value} {unit}"
    assert normalise(f"Give {dose}  daily.", "en") == f"Give {dose} daily."
    assert normalise(f"给予{dose}，每日一次。", "zh") == f"给予{dose}，每日一次。"


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.lists(st.text(alphabet="ab1 %.µ糖", max_size=8).map(str.strip), min_size=2, max_size=4),
        min_size=1,
        max_size=6,
    )
)
def test_table_rows_stay(rows: list[list[str]]) -> None:
    table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    assert normalise(table, "zh").count("\n") == len(rows) - 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Give 5 mg, twice daily!", "give 5 mg twice   daily"),
        ("糖尿病 患者，应控制血糖。", "糖尿病患者应控制血糖"),
        ("β-blocker therapy", "β blocker therapy"),
        ("ＡＢＣ１２", "abc12"),
        ("“quoted” text—here", '"quoted" text - here'),
    ],
)
def test_same_canonical(one: str, other: str) -> None:
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2.5 mg", "25 mg"),
        ("2.5 mg", "2 5 mg"),
        ("10⁹/L", "109/L"),
        ("5 mM", "5 mm"),
        ("5 MU", "5 mU"),
        ("5-10 mg", "510 mg"),
        ("5-10 mg", "5 10 mg"),
        ("T < 5", "T > 5"),
        ("T -5 °C", "T 5 °C"),
        ("HBsAg (-)", "HBsAg (+)"),
        ("not advised", "advised"),
        ("5½ tablets", "51/2 tablets"),
        ("5 mg/kg", "5 mg kg"),
        ("不宜服用", "宜服用"),
        ("1,000 IU", "1.000 IU"),
        ("5%", "5"),
        ("5%", "5‰"),
    ],
)
def test_different_canonical(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


@settings(max_examples=300, deadline=None)
@given(AWKWARD)
def test_canonical_is_stable(text: str) -> None:
    assert canonical(canonical(text)) == canonical(text)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(["give", "5", "2.5", "mg", "daily", "not"]), min_size=1, max_size=8))
def test_canonical_ignores_case_and_commas(words: list[str]) -> None:
    assert canonical(" ".join(words)) == canonical(", ".join(words).upper().replace("MG", "mg"))


@pytest.mark.skipif(not (DATA / "textbook").exists(), reason="MEDPRESS_DATA/textbook is absent")
def test_chinese_classics_keep_their_characters() -> None:
    for path in sorted((DATA / "textbook" / "tcm_classics").glob("*.txt"))[:4]:
        text = path.read_bytes().decode("gb18030", errors="replace")[:20_000]
        cleaned = normalise(text, "zh")
        assert normalise(cleaned, "zh") == cleaned
        han = "[\u4e00-\u9fff]"
        assert re.findall(han, cleaned) == re.findall(han, text)
