"""Quality filters. Each family scores a text in its own file; dropping is a separate step, so thresholds can change
without scoring again. A new family is one file, one line in `FAMILIES` and one in `FilterConfig`.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from corpus.filters import c4, fineweb, gopher, language, length, listing, medical, ocr, repetition, worth
from medpress.ranges import Amount, Share  # noqa: F401 - the fields that FilterConfig inherits name them

if TYPE_CHECKING:
    from corpus.filters.view import View


SET_ASIDE = "set aside"
"""The stage of what waits among the dropped records until somebody decides."""


class Family(NamedTuple):
    """A kind of quality."""

    score: Callable[[View], dict[str, float]]
    """Scores by name."""
    thresholds: type
    """Dataclass of the bounds: `min_X` and `max_X` for the score X."""
    doubts: bool = False
    """Whether what it refuses is set aside until somebody decides."""


FAMILIES: dict[str, Family] = {
    "length": Family(length.score, length.LengthThresholds),
    "language": Family(language.score, language.LanguageThresholds),
    "ocr": Family(ocr.score, ocr.OcrThresholds),
    "listing": Family(listing.score, listing.ListingThresholds),
    "gopher": Family(gopher.score, gopher.GopherThresholds),
    "repetition": Family(repetition.score, repetition.RepetitionThresholds),
    "c4": Family(c4.score, c4.C4Thresholds),
    "fineweb": Family(fineweb.score, fineweb.FineWebThresholds),
    "medical": Family(medical.score, medical.MedicalThresholds),
    "worth": Family(worth.score, worth.WorthThresholds, doubts=True),
}
"""Family by name, in the order in which `decide` looks at their thresholds."""


@dataclass(frozen=True, kw_only=True)
class FilterConfig(
    length.LengthThresholds,
    language.LanguageThresholds,
    ocr.OcrThresholds,
    listing.ListingThresholds,
    gopher.GopherThresholds,
    repetition.RepetitionThresholds,
    c4.C4Thresholds,
    fineweb.FineWebThresholds,
    medical.MedicalThresholds,
    worth.WorthThresholds,
):
    """`min_X` and `max_X` bound the score X; a score that a text does not have bounds nothing."""

    use: tuple[str, ...] = tuple(FAMILIES)
    """Families whose thresholds decide."""


class Verdict(NamedTuple):
    """Why a record is dropped."""

    reason: str
    """Family and score, like `gopher: mean_word_length`."""
    value: float | None
    """The score."""
    threshold: float | None
    """The bound that it broke."""

    @property
    def doubtful(self) -> bool:
        """Whether the record is only set aside."""
        family = FAMILIES.get(self.reason.partition(":")[0])
        return family is not None and family.doubts


def score(row: Mapping[str, Any]) -> dict[str, float]:
    """All scores of a record (`text`; `lang` and `mentions` where they are known: `View`), finite, sorted by name. Those that do not apply to its script or length are left out."""
    from corpus.filters.view import View  # with numpy, which the command line does without

    view = View(row)
    scores: dict[str, float] = {}
    for family in FAMILIES.values():
        scores |= family.score(view)
    return dict(sorted(scores.items()))


@cache
def bounds(family: str) -> tuple[tuple[str, str, bool], ...]:
    """(field, score, whether it is a minimum) of each threshold of a family."""
    fields = [field.name for field in dataclasses.fields(FAMILIES[family].thresholds)]
    return tuple((name, name[4:], name.startswith("min_")) for name in fields if name[:4] in ("min_", "max_"))


def decide(scores: Mapping[str, float], lang: str, config: FilterConfig) -> Verdict | None:
    """The first threshold that a record breaks, or None when it passes."""
    for family in FAMILIES:
        if family not in config.use:
            continue
        if family == "language" and config.languages and lang not in (*config.languages, "und"):
            return Verdict(f"language: {lang}", None, None)
        for field, name, is_minimum in bounds(family):
            value, bound = scores.get(name), getattr(config, field)
            if value is not None and (value < bound if is_minimum else value > bound):
                return Verdict(f"{family}: {name}", value, bound)
    return None


def overall(scores: Mapping[str, float]) -> float:
    """One number by which the better of two near-duplicates is told: undamaged first, then the more complete.

    OCR confidence less the shares of lost, broken and repeated text, and a hundredth for each doubling of the length.
    """
    damage = sum(
        scores.get(name, 0.0) for name in ("lost_share", "broken_word_share", "single_letter_share", "notice_share")
    )
    size = scores.get("words", 0.0) or scores.get("characters", 0.0) / 2
    quality = scores.get("ocr_confidence", 1.0) - damage - scores.get("repeated_share", 0.0) / 2
    return round(quality + math.log2(1 + size) / 100, 6)
