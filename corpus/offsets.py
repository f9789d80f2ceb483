"""Replace stretches of a text and move offsets along, so that provenance stays true through redaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Edit(NamedTuple):
    """Replace `text[start:end]` by `replacement`; start == end inserts."""

    start: int
    end: int
    replacement: str


class Mapper:
    """Moves offsets of the old text to the new one.

    A span that touches a replaced stretch covers the whole replacement; one beside it stays beside it. An insertion
    belongs to the spans that enclose it, not to those that end or begin there. So spans never lose text that they
    covered, never grow into text that they did not, and keep their order.
    """

    def __init__(self, edits: Sequence[Edit]) -> None:
        self._starts = np.array([e.start for e in edits], dtype=np.int64)
        self._ends = np.array([e.end for e in edits], dtype=np.int64)
        lengths = np.array([len(e.replacement) for e in edits], dtype=np.int64)
        # shift before edit i = what the edits before it added
        self._shift = np.concatenate([[0], np.cumsum(lengths - (self._ends - self._starts))]).astype(np.int64)
        self.placed = [
            (int(start + shift), int(start + shift + length))
            for start, shift, length in zip(self._starts, self._shift, lengths, strict=False)
        ]
        """Where each replacement stands in the new text, in the order of the edits."""

    def spans(self, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """New starts and ends of many spans (start <= end) at once."""
        starts, ends = np.asarray(starts, dtype=np.int64), np.asarray(ends, dtype=np.int64)
        if len(self._starts) == 0:
            return starts, ends
        # A start moves by all edits that end at or before it; when it stands inside an edit it goes to its start.
        before = np.searchsorted(self._ends, starts, side="right")
        inside = np.minimum(before, len(self._starts) - 1)
        begun = (before < len(self._starts)) & (self._starts[inside] < starts)
        new_starts = np.where(begun, self._starts[inside], starts) + self._shift[before]
        # An end moves by all edits that start before it; when it stands inside an edit it goes to its end.
        before = np.searchsorted(self._starts, ends, side="left")
        last = np.maximum(before - 1, 0)
        cut = (before > 0) & (self._ends[last] > ends)
        new_ends = np.where(cut, self._ends[last], ends) + self._shift[before]
        return new_starts, np.maximum(new_starts, new_ends)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """New start and end of one span."""
        starts, ends = self.spans(np.array([start]), np.array([end]))
        return int(starts[0]), int(ends[0])


def apply_edits(text: str, edits: Sequence[tuple[int, int, str]]) -> tuple[str, Mapper]:
    """Carry out all edits, given in offsets of `text`, at once; returns the new text and its mapper.

    Raises `ValueError` when an edit leaves the text or two overlap.
    """
    ordered = sorted((Edit(*edit) for edit in edits), key=lambda edit: edit[:2])
    pieces = []
    position = 0
    for start, end, replacement in ordered:
        if not position <= start <= end <= len(text):
            raise ValueError(f"edit {start}:{end} overlaps another one or leaves the text of {len(text)} characters")
        pieces += [text[position:start], replacement]
        position = end
    pieces.append(text[position:])
    return "".join(pieces), Mapper(ordered)
