"""The outcome of a gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a gate."""

    passed: bool
    """Whether the build satisfies it."""
    finding: str
    """One sentence with the figures."""
    rows: Sequence[Mapping[str, Any]] = ()
    """What is wrong, the worst first; none of it raw text."""
    meaning: str = ""
    """What holds of a build that passes, in a sentence."""
    owner: str = ""
    """Who answers for it."""
    severity: str = "error"
    """Whether the audit fails with it (`error`) or tells it (`warning`)."""
    checked: bool = True
    """Whether there was anything to look at; a gate without passes, and says so."""

    @property
    def outcome(self) -> str:
        """`passed`, `FAILED`, `warning` or `not checked`."""
        if self.passed:
            return "passed" if self.checked else "not checked"
        return "FAILED" if self.severity == "error" else "warning"

    @property
    def fails(self) -> bool:
        """Whether the audit ends with exit code 1."""
        return not self.passed and self.severity == "error"
