"""The ranges of numeric settings, declared on their fields: `shards: Count = 8`, `share: Share = 0.5`.

A setting outside of its range is refused when it is read, from a flag and from a file alike, in one sentence.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from cyclopts import Parameter


@dataclass(frozen=True, slots=True)
class Range:
    """The finite numbers from `least` to `most`; a validator of a command's parameters."""

    least: float
    """The smallest number that is allowed."""
    most: float
    """The largest number that is allowed."""

    def holds(self, value: Any) -> bool:
        """Whether a setting is in the range; of a table or list, whether all its numbers are. What is not given is."""
        if isinstance(value, Mapping):
            return all(self.holds(each) for each in value.values())
        if isinstance(value, list | tuple):
            return all(self.holds(each) for each in value)
        return value is None or (math.isfinite(value) and self.least <= value <= self.most)

    def __str__(self) -> str:
        return f"from {self.least:,g} to {self.most:,g}"

    def __call__(self, type_: Any, value: Any) -> None:
        """Raise `ValueError` for a value outside of the range."""
        if not self.holds(value):
            raise ValueError(f"It must be {self}.")


def between(least: float, most: float) -> Parameter:
    """What makes a range of an annotation: `Annotated[int, between(1, 64)]`."""
    return Parameter(validator=Range(least, most))


Count = Annotated[int, between(1, 10**12)]
"""How many of something there are, at least one."""
CountOrNone = Annotated[int, between(0, 10**12)]
"""A count where 0 says that there is none, or that it is to be chosen."""
Share = Annotated[float, between(0, 1)]
"""A part of a whole, or a probability."""
Amount = Annotated[float, between(0, 10**12)]
"""Any measure that cannot be negative."""
Seconds = Annotated[float, between(0.001, 10**8)]
"""A time that something may take."""
Gibibytes = Annotated[float, between(0.05, 10**6)]
"""An amount of memory, in GiB."""
