"""Medical relevance: how much of a text speaks like medicine, told without a lexicon.

`medical_density` — the share of the text that the lexicon's mentions cover — comes from the tagging pass and is only
decided on here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from medpress.ranges import Amount, Share

if TYPE_CHECKING:
    from corpus.filters.view import View


@dataclass(frozen=True, kw_only=True)
class MedicalThresholds:
    """Off by default: a medical collection's preface is part of its book."""

    min_medical_density: Share = 0.0
    """Share of the text inside mentions of the lexicon. 0.02 keeps medical pages of a mixed crawl."""
    min_medical_cues: Amount = 0.0
    """Medical word forms, units and terms in 100 words (Latin) or 100 characters (Chinese)."""


_WORD_CUE = re.compile(
    r"patients?|clinical|disease|diagnos\w+|therap\w+|treatments?|symptoms?|surg\w+|drugs?|doses?|dosage|hospital|"
    r"infect\w+|blood|cancer|tumou?rs?|chronic|acute|syndrome|medic\w+|prescri\w+|physicians?|nurs\w+|health|"
    r"\w{3,}(?:itis|osis|emia|aemia|uria|ectomy|otomy|ostomy|plasty|pathy|algia|oma|scopy|cillin|mycin|statin|olol|pril|"
    r"sartan|azole|mab|nib)|\d*(?:mg|µg|mcg|ml|mmhg|mmol|iu|kg)"
)
_CHINESE_CUE = re.compile(
    r"患者|病人|临床|治疗|诊断|症状|疾病|手术|药物|剂量|感染|血压|血糖|肿瘤|慢性|急性|综合征|检查|医院|医师|病变|炎|癌|"
    r"主治|服用|煎服|脉|舌|气血|汤方|方剂|针灸"
)


def _is_cue(word: str) -> bool:
    return _WORD_CUE.fullmatch(word.lower()) is not None


_LEAST = 20


def score(view: View) -> dict[str, float]:
    """`medical_cues`, from 20 words or characters on."""
    count = view.count
    if count < _LEAST:
        return {}
    cues = len(_CHINESE_CUE.findall(view.body_text)) if view.chinese else int(view.per_word(_is_cue).sum())
    return {"medical_cues": 100 * cues / count}
