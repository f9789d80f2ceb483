"""How well identifiers are found: recall by kind, precision over all, on labelled texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from nlp.phi.finders import find
from nlp.phi.kinds import DEFAULT_ENGINE, Policy

OPTIONAL = "OPTIONAL"
"""The label of what may be found or not, such as the name of a hospital."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PhiScore:
    """Counts over labelled texts. An identifier is found when all its letters and digits are covered."""

    found: dict[str, int]
    """Kind -> labelled identifiers that were covered wholly."""
    labelled: dict[str, int]
    """Kind -> labelled identifiers."""
    right: int
    """Findings at least half of whose characters lie in labelled identifiers."""
    findings: int
    """All findings."""
    same_kind: int
    """Covered identifiers for which a finding of the same kind overlaps."""

    @property
    def precision(self) -> float:
        """Share of the findings that are right."""
        return self.right / self.findings if self.findings else 1.0

    def recall(self, kind: str | None = None) -> float:
        """Share of the labelled identifiers (of one kind) that were covered."""
        if kind is not None:
            return self.found.get(kind, 0) / self.labelled[kind]
        return sum(self.found.values()) / max(1, sum(self.labelled.values()))


def score(
    texts: Iterable[tuple[str, str, Iterable[tuple[int, int, str]]]],
    policy: Policy = "thorough",
    engine: str = DEFAULT_ENGINE,
) -> PhiScore:
    """Score a finder on (text, language, labelled spans as (start, end, kind)).

    Spans of kind `OPTIONAL` may be found or not: they are no identifiers, and findings in them are neither right nor wrong.
    """
    found: Counter[str] = Counter()
    labelled: Counter[str] = Counter()
    right = findings = same_kind = 0
    for text, lang, labels in texts:
        gold = list(labels)
        spans = find(text, lang, policy, engine=engine)
        covered = bytearray(len(text))
        inside = bytearray(len(text))
        optional = bytearray(len(text))
        for span in spans:
            covered[span.start : span.end] = b"\x01" * (span.end - span.start)
        for start, end, kind in gold:
            if kind == OPTIONAL:
                optional[start:end] = b"\x01" * (end - start)
                continue
            inside[start:end] = b"\x01" * (end - start)
            labelled[kind] += 1
            if all(covered[i] for i in range(start, end) if text[i].isalnum()):
                found[kind] += 1
                same_kind += any(s.type == kind and s.start < end and start < s.end for s in spans)
        counted = [s for s in spans if 2 * sum(optional[s.start : s.end]) < s.end - s.start]
        findings += len(counted)
        right += sum(2 * sum(inside[span.start : span.end]) >= span.end - span.start for span in counted)
    return PhiScore(found=dict(found), labelled=dict(labelled), right=right, findings=findings, same_kind=same_kind)
