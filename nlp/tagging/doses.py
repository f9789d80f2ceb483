"""Doses: an amount with a unit that a patient gets ("500 mg", "10 mg/kg/d", 0.25g, 每次2片 gives 2片)."""

from __future__ import annotations

import re

_NUMBER = r"[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?"
_TO = rf"(?: ?(?:-|~|～|至|到) ?{_NUMBER}| to {_NUMBER})?"
_MASS = r"(?:milligrams?|micrograms?|grams?|mcg|μg|ug|mg|kg|ng|g)"
_VOLUME = r"(?:milliliters?|millilitres?|ml|cc|l)"
_ACTIVITY = r"(?:million (?:iu|international units|units|u)|international units?|units?|iu|meq|mmol|mci|mbq|gy|cgy|u)"
_PIECE = r"(?:tablets?|tabs?|capsules?|caps?|puffs?|drops?|teaspoons?|tsp|tablespoons?|sprays?|ampoules?|vials?|suppositor(?:y|ies)|lozenges?|inhalations?)"
_PER = r"(?: ?/ ?(?:kg|m2|m²|m\^2|day|d|dose|hour|hr|h|min|minute|week|wk|次|日|天|小时|分钟|公斤|千克|kg体重)| per (?:kg|m2|m²|kilogram|square met(?:er|re)))"
_ZH_UNIT = r"(?:毫克|微克|克|毫升|国际单位|万国际单位|万单位|单位|万u|万iu|片|粒|丸|支|滴|喷|揿|包|袋|枚|瓶|帖|贴|剂)"
_DOSE = re.compile(
    # The look-behind stands behind the first digit so that the engine can skip to digits quickly.
    rf"[0-9](?<![0-9.,a-z][0-9])(?:[0-9]*(?:,[0-9]{{3}})*(?:\.[0-9]+)?{_TO})(?:"
    rf"(?:[ -]?(?:{_MASS}|{_ACTIVITY}|{_VOLUME}){_PER}{{0,2}}(?![a-z0-9]))"
    rf"|(?: {_PIECE}(?![a-z]))"
    rf"|(?: ?{_ZH_UNIT}{_PER}{{0,2}}))"
)
_SPELLED = re.compile(
    rf"(?<![a-z-])(?:one|two|three|four|half an?)(?: (?:to|or) (?:two|three|four))? (?:{_PIECE})(?![a-z])"
)
_PER_VOLUME = re.compile(r"[ ]?(?:/|per )[ ]?(?:l|dl|ml|100|ul|μl|mol|g|mg|24|hpf|cmh|升|分升|毫升)")
# An amount after these words is a measurement or a weight, not something given.
_MEASURED = re.compile(
    r"(?:weigh\w*|weight|lost|loss|output|excretion|hemoglobin|haemoglobin|glucose (?:level|was|of)|level|levels|concentration"
    r"|creatinine|albumin|drained|aspirated|volume|体重|出生|失血|出血|出血量|尿量|引流|引出|抽出|呕血|血量|积液"
    r"|血糖|重约|肿物重|胎盘|排出|尿蛋白|容积|体积|胎儿|第)[^.;。；,，]{0,12}$"
)
# A body weight, a body mass index, a clearance: kilograms and litres are not given, mL/min is a flow.
_BARE_WEIGHT = re.compile(r"[0-9][ -]?(?:(?:kg|l)(?: ?/ ?(?:m2|m²))?|ml ?/ ?min)$")


def find_doses(folded: str) -> list[tuple[int, int]]:
    """Spans of doses in a text that was folded by `nlp.tagging.folding.fold`, in order, not overlapping.

    Concentrations (mg/dL, g/L), body weights and measured volumes are left out.
    """
    spans = []
    for match in _DOSE.finditer(folded):
        start, end = match.span()
        if _PER_VOLUME.match(folded, end) or _BARE_WEIGHT.search(folded, start, end):
            continue
        if _MEASURED.search(folded, max(0, start - 24), start):
            continue
        spans.append((start, end))
    if "tablet" in folded or "capsule" in folded or "puff" in folded:
        spans = sorted([*spans, *(match.span() for match in _SPELLED.finditer(folded))])
    return spans
