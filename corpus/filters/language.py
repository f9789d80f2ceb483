"""Scripts: a text in letters of many scripts is a wrong encoding, not a language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from medpress.ranges import Share
from medpress.writing_systems import HAN, HANGUL, KANA

if TYPE_CHECKING:
    from corpus.filters.view import View


@dataclass(frozen=True, kw_only=True)
class LanguageThresholds:
    """Which languages the corpus takes."""

    languages: tuple[str, ...] = ()
    """ISO 639-1 codes to keep; empty keeps all. A text too short to tell ("und") is kept."""
    min_main_script_share: Share = 0.6
    """Share of the letters that the most frequent script of the text has; Latin beside Chinese is normal and counts as one."""


_SCRIPTS = (
    re.compile(f"[A-Za-z\u00c0-\u024f\u0370-\u03ff{KANA}{HAN}]"),
    re.compile(r"[\u0400-\u052f]"),
    re.compile(r"[\u0590-\u05ff]"),
    re.compile(r"[\u0600-\u077f\ufb50-\ufdff\ufe70-\ufeff]"),
    re.compile(r"[\u0900-\u0dff]"),
    re.compile(r"[\u0e00-\u0eff]"),
    re.compile(f"[{HANGUL}]"),
)
_OTHER_LETTER = re.compile(
    rf"[\u0530-\u058f\u0780-\u08ff\u0f00-\u1fff\ua000-\uabff]|[\u0400-\u0eff{HANGUL}\ufb50-\ufeff]"
)


def score(view: View) -> dict[str, float]:
    """`main_script_share`, for texts with any letter."""
    text = view.text
    if text.isascii() or not _OTHER_LETTER.search(text):
        return {"main_script_share": 1.0}
    counts = [len(script.findall(text)) for script in _SCRIPTS]
    total = sum(counts) + len(re.findall(r"[\u0530-\u058f\u0780-\u08ff\u0f00-\u1fff\ua000-\uabff]", text))
    return {"main_script_share": max(counts) / total} if total else {}
