"""Line rules of FineWeb (Penedo et al. 2024, arXiv 2406.17557, section 3.6): pages made of menu entries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from medpress.ranges import Share

if TYPE_CHECKING:
    from corpus.filters.view import View


@dataclass(frozen=True, kw_only=True)
class FineWebThresholds:
    """Only prose lines count: no table, list, heading, and no line with a number, so that lists of doses pass."""

    min_punctuated_share: Share = 0.0
    """Share of prose lines that end in punctuation (FineWeb: 0.12; off by default, since glossaries have none)."""
    max_short_line_share: Share = 1.0
    """Share of prose lines shorter than 30 Latin or 10 Chinese characters (FineWeb: 0.67; off by default: verse, headings)."""
    max_menu_line_share: Share = 0.85
    """Share of all running lines that are prose, both, and name nothing medical: menus, tag clouds, link lists. A list of causes
    names diseases, a bank of questions has more options than stems."""


_PUNCTUATION = frozenset(".!?;:,\"'”’)]。！？；：，、」』）】》…")
_LEAST_LINES = 10
_SHORT, _SHORT_CHINESE = 30, 10


def score(view: View) -> dict[str, float]:
    """Scores from ten prose lines on."""
    lines = view.prose
    if len(lines) < _LEAST_LINES:
        return {}
    short = _SHORT_CHINESE if view.chinese else _SHORT
    is_short = sum(len(line) < short for line in lines)
    is_open = sum(line[-1] not in _PUNCTUATION for line in lines)
    entries = sum(len(line) < short and line[-1] not in _PUNCTUATION for line in view.untaught)
    return {
        "punctuated_share": 1 - is_open / len(lines),
        "short_line_share": is_short / len(lines),
        "menu_line_share": entries / len(view.running),
    }
