"""Doses: an amount with a unit that a patient gets ("500 mg", "10 mg/kg/d", 0.25g, 每次2片 gives 2片)."""

from __future__ import annotations

import re
from collections.abc import Container

from medpress.units import names, pattern
from nlp.tagging.folding import fold

_NUMBER = r"[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?"
_TO = rf"(?: ?(?:-|~|～|至|到) ?{_NUMBER}| to {_NUMBER})?"


def _pattern(*uses: str, kinds: Container[str] = (), chinese: bool | None = None) -> str:
    """Any name that has one of some uses, as folding leaves it: of some kinds where there are any, of one language or of both."""
    found = (name for use in uses for name in names(use) if not kinds or name.kind in kinds)
    return pattern(fold(name.spelling) for name in found if chinese in (None, name.language == "zh"))


_GIVEN = frozenset({"mass", "volume", "amount", "activity", "radioactivity", "radiation"})
_UNIT = _pattern("dose", kinds=_GIVEN, chinese=False)
_PIECE = _pattern("dose", kinds={"piece"}, chinese=False)
_ZH_UNIT = _pattern("dose", chinese=True)
_BODY = _pattern("per", kinds={"mass", "area"})
_PER = rf"(?: ?/ ?(?:{_BODY}(?:体重)?|{_pattern('per')})| per {_BODY})"
_DOSE = re.compile(
    # The look-behind stands behind the first digit so that the engine can skip to digits quickly.
    rf"[0-9](?<![0-9.,a-z][0-9])(?:[0-9]*(?:,[0-9]{{3}})*(?:\.[0-9]+)?{_TO})(?:"
    rf"(?:[ -]?{_UNIT}{_PER}{{0,2}}(?![a-z0-9]))"
    rf"|(?: {_PIECE}(?![a-z]))"
    rf"|(?: ?{_ZH_UNIT}{_PER}{{0,2}}))"
)
_SPELLED = re.compile(
    rf"(?<![a-z-])(?:one|two|three|four|half an?)(?: (?:to|or) (?:two|three|four))? {_PIECE}(?![a-z])"
)
_VOLUME = _pattern("answer", kinds={"volume"})
_PER_VOLUME = re.compile(rf"[ ]?(?:/|per |每)[ ]?(?:{_VOLUME}|100|mol|g|mg|24|hpf|cmh)")
# An amount after these words is a measurement or a weight, not something given.
_MEASURED = re.compile(
    r"(?:weigh\w*|weight|lost|loss|output|excretion|hemoglobin|haemoglobin|glucose (?:level|was|of)|level|levels|concentration"
    r"|creatinine|albumin|drained|aspirated|volume|体重|出生|失血|出血|出血量|尿量|引流|引出|抽出|呕血|血量|积液"
    r"|血糖|重约|肿物重|胎盘|排出|尿蛋白|容积|体积|胎儿|第)[^.;。；,，]{0,12}$"
)
# A body weight, a body mass index, a clearance: kilograms and litres are not given, mL/min is a flow.
_BARE_WEIGHT = re.compile(rf"[0-9][ -]?(?:{_pattern('weight')}(?: ?/ ?(?:m2|m²))?|ml ?/ ?min)$")


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
