from __future__ import annotations

import dataclasses
import math
import os
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.filters import FAMILIES, FilterConfig, decide, overall, score
from corpus.filters import words as words_module
from corpus.filters.worth import add_worth

DATA = Path(os.environ.get("MEDPRESS_DATA", "../shared/data"))
CONFIG = FilterConfig()


def verdict(text: str, lang: str = "en", config: FilterConfig = CONFIG, **more: float) -> str | None:
    found = decide(score({"text": text}) | more, lang, config)
    return found and found.reason


DOSE_TABLE = "## Doses\n\n| Drug | Adult dose | Child dose |\n| --- | --- | --- |\n" + "\n".join(
    f"| drug{i} | {i * 5} mg bd | {i} mg/kg bd |" for i in range(1, 40)
)
DOSE_LINES = "Oral doses\n" + "\n".join(f"Amoxicillin syrup no {i}: {i * 50} mg tds" for i in range(1, 30))
MONOGRAPH = "## Digoxin\n\nAdults: 125 micrograms once daily. Renal impairment: reduce the dose."
GLOSSARY = """## Key terms

anulus fibrosus tough outer portion of an intervertebral disc

cervical curve posteriorly concave curvature of the neck

costal facet site on a thoracic vertebra where a rib articulates

dens bony projection that extends upward from the axis

facet small flattened area on a bone for an articulation

kyphosis excessive posterior curvature of the thoracic column

lamina portion of the vertebral arch between the processes

lordosis excessive anterior curvature of the lumbar column

nucleus pulposus gel-like central region of a disc

pedicle portion of the arch from the body to the transverse process

sacral canal bony tunnel that runs through the sacrum

scoliosis abnormal lateral curvature of the vertebral column
"""
ZH_MONOGRAPH = "## 阿莫西林\n\n口服。成人一次0.5g，每6～8小时1次，一日剂量不超过4g。"
ZH_TABLE = "| 药名 | 剂量 |\n| --- | --- |\n" + "\n".join(f"| 药{i} | {i}mg |" for i in range(30))
ZH_CLASSIC = (
    "太阳之为病，脉浮，头项强痛而恶寒。太阳病，发热，汗出，恶风，脉缓者，名为中风。"
    "伤寒一日，太阳受之，脉若静者，为不传；颇欲吐，若躁烦，脉数急者，为传也。"
)
SYMPTOMS = "## Symptoms\n\n" + "\n".join(
    f"- {word}" for word in ["fever", "cough", "fatigue", "headache", "nausea", "rash", "vomiting", "pain"]
)
FORMULA = r"The clearance is given by $\frac{(140-age)\times weight}{72\times S_{cr}}$ in millilitres a minute for men."


@pytest.mark.parametrize("text", [DOSE_TABLE, DOSE_LINES, MONOGRAPH, GLOSSARY, SYMPTOMS, FORMULA])
def test_medical_text_that_looks_odd_passes(text: str) -> None:
    assert verdict(text) is None


@pytest.mark.parametrize("text", [ZH_MONOGRAPH, ZH_TABLE, ZH_CLASSIC])
def test_chinese_medical_text_passes(text: str) -> None:
    assert verdict(text, "zh") is None


SENTENCE = "The patient was treated with oxygen and observed on the ward for two days. "


VARIED = (
    "A man of middle age came to the clinic with pain in his chest. It had begun after dinner and went to the left arm. "
    "His father died early of a stroke. On examination he was pale and sweating, while heart sounds were normal. "
    "The tracing showed raised segments, so aspirin was given and he went to the laboratory for a stent. "
    "Recovery was quick, and a week later he could walk home without any help from others. "
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "length: words"),
        ("Chapter 3", "length: words"),
        ("第三章 总论", "length: characters"),
        (SENTENCE * 20, "repetition: repeated_share"),
        ("患者应当长期坚持合理饮食和适量运动并定期监测血糖水平。" * 20, "repetition: repeated_share"),
        ("Buy this and that with us: click here " + "click click " * 60, "repetition: repeated_share"),
        (VARIED * 2, "repetition: repeated_share"),
        ("\n".join(["Home", "About us", "Contact", "News", "Careers", "Press", "Shop", "Blog", "Events", "Help", "Team", "Jobs"]),
         "c4: notice_share"),
        ("\n".join(["首页", "关于我们", "联系方式", "新闻中心", "产品展示", "人才招聘", "技术支持", "在线留言", "友情链接",
                    "网站地图"]),
         "c4: notice_share"),
        ("\n".join(["Garden chairs", "Oil paintings", "Autumn trips", "Wooden toys", "Old maps", "Paper lamps", "Silk scarves",
                    "Brass bells", "Model ships", "Wool blankets"]),
         "fineweb: menu_line_share"),
        ("Lorem ipsum dolor sit amet consectetur adipiscing elit sed do.", "c4: lorem_ipsum"),
        ("function a() { return { b: { c: 1 } } } function d() { return {} } if (x) { y() }", "c4: braces"),
        ("We use cookies on this site\nAccept the privacy policy\nSign in to read on\nAll rights reserved", "c4: notice_share"),
        ("T h i s i s s p a c e d o u t t e x t f r o m a b r o k e n f o n t l a y e r", "ocr: single_letter_share"),
        ("qwrtz plkj xcvb hjklm the dose wrtp zxcv bnmq sdfg of hjkl qwrt lkjh mnbv cxzl and pqwr tzxc vbnm sdfg hjkl",
         "ocr: broken_word_share"),
        ("\ufffd\ufffd dose \ue000\ue001\ue002 of the drug for adults with severe disease \ufffd", "ocr: lost_share"),
        ("один два три четыре one two three four and more", "language: main_script_share"),
    ],
)  # fmt: skip
def test_junk_is_named(text: str, reason: str) -> None:
    assert verdict(text) == reason


def test_thresholds_decide_without_scoring_again() -> None:
    scores = score({"text": MONOGRAPH})
    assert decide(scores, "en", FilterConfig(min_words=500)) == ("length: words", scores["words"], 500)
    assert decide(scores, "en", FilterConfig(min_words=500, use=("gopher",))) is None
    assert decide(scores, "en", FilterConfig(languages=("zh",))) == ("language: en", None, None)
    assert decide(scores, "und", FilterConfig(languages=("zh",))) is None
    assert decide(scores | {"ocr_confidence": 0.3}, "en", CONFIG) == ("ocr: ocr_confidence", 0.3, 0.6)
    assert decide(scores | {"medical_density": 0.0}, "en", FilterConfig(min_medical_density=0.02)) is not None


def test_every_threshold_bounds_a_score_that_some_text_has() -> None:
    texts = (
        SENTENCE * 20,
        "患者应当长期坚持合理饮食和适量运动并定期监测血糖水平。" * 20,
        "A line of plain prose\n" * 12,
        GLOSSARY,
    )
    known = {name for text in texts for name in score({"text": text, "lang": "zh" if "患" in text else "en"})} | {
        "ocr_confidence",
        "medical_density",
        "quality_score",
        "document_score",
        "page_score",
    }
    fields = {field.name for field in dataclasses.fields(FilterConfig)} - {"use", "languages"}
    assert {field[4:] for field in fields} <= known
    assert len(fields) > 25
    assert CONFIG.use == tuple(FAMILIES)
    assert {family.thresholds for family in FAMILIES.values()} == set(FilterConfig.__bases__)


def test_medical_cues_tell_medicine_from_other_text() -> None:
    medical = score(
        {"text": SENTENCE + "Hepatitis and anaemia were excluded; therapy with 5 mg was begun in the clinic."}
    )
    other = score(
        {
            "text": "The ship left the harbour in the morning and sailed slowly towards some islands far away, and nobody was there to see it."
        }
    )
    assert medical["medical_cues"] > 5 > other["medical_cues"]
    assert score({"text": ZH_CLASSIC})["medical_cues"] > 1


def test_the_better_copy_is_undamaged_and_complete() -> None:
    clean = score({"text": SENTENCE + MONOGRAPH})
    assert overall(clean) > overall(clean | {"ocr_confidence": 0.9})
    assert overall(clean) > overall(score({"text": MONOGRAPH}))
    assert overall(clean) > overall(clean | {"lost_share": 0.02})


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab Zé5.|#-\n糖尿病，。\ufffd{}", max_size=400))
def test_scores_are_finite_and_depend_on_the_text_only(text: str) -> None:
    scores = score({"text": text})
    assert all(math.isfinite(value) and value >= 0 for value in scores.values())
    assert all(
        value <= 1.000001
        for name, value in scores.items()
        if name.endswith(("_share", "gram", "_characters"))
        and "stop" not in name
        and "symbol" not in name
        and "top_" not in name
    )
    assert list(scores) == sorted(scores)
    assert score({"text": text}) == scores


@pytest.mark.skipif(not (DATA / "textbook").exists(), reason="MEDPRESS_DATA/textbook is absent")
def test_real_textbooks_pass() -> None:
    dropped = total = 0
    for path in sorted((DATA / "textbook").glob("*/*")):
        if path.suffix == ".cnxml":
            paragraphs = re.findall(r"<para[^>]*>(.*?)</para>", path.read_text(encoding="utf-8"), re.DOTALL)
            text, lang = "\n\n".join(" ".join(re.sub("<[^>]+>", "", p).split()) for p in paragraphs), "en"
        elif path.suffix == ".txt":
            text, lang = path.read_bytes().decode("gb18030", errors="ignore"), "zh"
        else:
            continue
        for start in range(0, len(text) - 1500, 6000):
            total += 1
            dropped += verdict(text[start : start + 1500], lang) is not None
    assert total > 80
    assert dropped <= 0.01 * total


def test_scores_do_not_depend_on_what_was_read_before(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [
        VARIED,
        VARIED * 2,
        SENTENCE * 20,
        GLOSSARY,
        DOSE_LINES,
        "click click click " * 40 + "the dose of the drug " * 40,
    ]
    monkeypatch.setattr(words_module, "_words", words_module.Words())
    forwards = [score({"text": text}) for text in texts]
    monkeypatch.setattr(words_module, "_words", words_module.Words())
    backwards = [score({"text": text}) for text in reversed(texts)]
    assert forwards == backwards[::-1]
    monkeypatch.setattr(words_module, "_MOST_WORDS", 3)  # each text meets no word that is known
    assert [score({"text": text}) for text in texts] == forwards


FERRY = "The ferry leaves the harbour at nine and calls at two islands before noon, and tickets are sold on board. " * 5
MENU = (
    "Home\nShop all\nNew in\nBags\nBelts\nGift vouchers\nStudent discount\nTrack my parcel\nSize guide\nSign in\nPrivacy\n"
    * 5
)
CHAPTER = (
    "Heart failure is a clinical syndrome in which the ventricles cannot fill with blood or eject it. Patients present with dyspnea, "
    "fatigue and peripheral edema, and examination shows a raised jugular venous pressure and pulmonary rales. In our cohort of 214 "
    "patients, hypertension and coronary artery disease were the most common causes. Treatment with a beta blocker and an ACE "
    "inhibitor reduced mortality compared with placebo (hazard ratio 0.66, 95% CI 0.53 to 0.81; P < 0.001). Serum potassium and "
    "renal function should be monitored during therapy, since hyperkalemia is a frequent adverse effect."
)


def scored(texts: dict[str, list[str]], source_type: str = "web") -> dict[str, list[dict[str, float]]]:
    """The worth of the texts of some documents."""
    given = [(name, text) for name, of in texts.items() for text in of]
    shared = {"lang": "en", "augmentation": None, "source_type": source_type}
    scores: list[dict[str, float]] = [{"medical_density": 0.15 if "Heart" in text else 0.0} for _, text in given]
    add_worth([{"doc_id": name, "text": text, **shared} for name, text in given], scores)
    return {name: [s for (of, _), s in zip(given, scores, strict=True) if of == name] for name in texts}


def test_a_document_is_judged_as_a_whole_and_doubt_sets_aside() -> None:
    found = scored({"book": [FERRY, *[CHAPTER] * 12], "guide": [FERRY], "note": ["Take the ferry."]})
    preface, *chapters = found["book"]
    assert preface["quality_score"] < 0.5 < min(text["quality_score"] for text in chapters)
    assert {text["document_score"] for text in found["book"]} == {preface["document_score"]}
    assert decide(preface, "en", FilterConfig()) is None
    verdict = decide(found["guide"][0], "en", FilterConfig())
    assert verdict is not None and verdict.reason == "worth: document_score" and verdict.doubtful
    assert decide(found["guide"][0], "en", FilterConfig(min_document_score=0)) is None
    assert found["note"] == [{"medical_density": 0.0}]  # too short to tell
    assert scored({"guide": [FERRY], "book": [CHAPTER]})["guide"] == found["guide"]  # whatever stands beside it
    (stated,) = scored({"guide": [FERRY]}, "textbook")["guide"]  # whoever says so answers for it
    assert "document_score" not in stated and decide(stated, "en", FilterConfig()) is None
    (menu,) = scored({"menu": [MENU]}, "textbook")["menu"]
    assert decide(menu, "en", FilterConfig()) == ("worth: page_score", menu["page_score"], 0.55)
    short = decide({"words": 1.0}, "en", FilterConfig())
    assert short is not None and not short.doubtful


def test_other_languages_and_augmented_texts_are_not_judged() -> None:
    for changed in ({"lang": "fr"}, {"augmentation": "cloze"}):
        row = {"doc_id": "a", "text": FERRY, "lang": "en", "source_type": "web", "augmentation": None, **changed}
        scores = [{"medical_density": 0.0}]
        add_worth([row], scores)
        assert scores == [{"medical_density": 0.0}]
