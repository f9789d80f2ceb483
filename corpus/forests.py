"""Connected components of the pairs of any number of files, merged round by round."""

from __future__ import annotations

from collections.abc import Sequence

from corpus.flow import Flow, count
from corpus.steps.components import SPAN_FOREST, grouped
from medpress.store import holds_rows


def forest_of(flow: Flow, sources: Sequence[tuple[list[str], str]]) -> str | None:
    """The `FOREST` of the wanted rows of some files; None when there are no such rows.

    A source is some files and which of their rows are pairs, a name in `corpus.steps.components.WANTED`.
    """
    tasks = [
        SPAN_FOREST.task(flow.work, pairs=group, wanted=wanted)
        for files, wanted in sources
        for group in grouped(files, [count([file]) for file in files])
    ]
    forests = flow.outputs("components", SPAN_FOREST, tasks)
    forests = [file for file in forests if holds_rows(file)]
    while len(forests) > 1:
        groups = grouped(forests, [count([file]) for file in forests])
        tasks = [SPAN_FOREST.task(flow.work, pairs=group, wanted="all") for group in groups]
        forests = flow.outputs("components", SPAN_FOREST, tasks)
    return forests[0] if forests else None
