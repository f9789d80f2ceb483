"""Length: words of a Latin text, characters of a Chinese one, tables included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from medpress.ranges import Amount

if TYPE_CHECKING:
    from corpus.filters.view import View


@dataclass(frozen=True, kw_only=True)
class LengthThresholds:
    """A record of a few words is a stray heading or a caption."""

    min_words: Amount = 8
    """Words of a Latin text; a dose of one line has about ten. Gopher asks for 50."""
    max_words: Amount = 1_000_000
    """Words of a Latin text."""
    min_characters: Amount = 16
    """Letters, digits and Chinese characters of a Chinese text."""
    max_characters: Amount = 2_000_000
    """Letters, digits and Chinese characters of a Chinese text."""


def score(view: View) -> dict[str, float]:
    """`words` or `characters`."""
    if view.chinese:
        return {"characters": float(view.han + view.letters)}
    return {"words": float(len(view.text.replace("|", " ").split()))}
