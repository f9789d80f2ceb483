"""`corpus report`: write a report beside the data. A new one is a function, its title and sources, and a line in `REPORTS`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus.card.composition import read_composition
from corpus.report import eu_art53, hipaa, tc260
from corpus.report.croissant_rai import croissant_rai
from corpus.report.entry import Entry, markdown
from corpus.report.facts import Facts, facts
from medpress.errors import UserError, to_run
from medpress.location import check_reachable
from medpress.store import MANIFEST, refuse_older_layout, write_json, write_text


@dataclass(frozen=True, slots=True)
class Form:
    """A report that is a form with fields."""

    title: str
    """Its name."""
    sources: Sequence[str]
    """What it rests on."""
    unverified: Sequence[str]
    """What of it was not held against these texts."""
    fill: Callable[[Facts], Iterable[Entry]]
    """Its fields, filled."""


REPORTS: dict[str, Form] = {
    "eu-art53": Form(eu_art53.TITLE, eu_art53.SOURCES, eu_art53.UNVERIFIED, eu_art53.eu_art53),
    "tc260": Form(tc260.TITLE, tc260.SOURCES, tc260.UNVERIFIED, tc260.tc260),
    "hipaa": Form(hipaa.TITLE, hipaa.SOURCES, hipaa.UNVERIFIED, hipaa.hipaa),
}
"""Report by name; `croissant-rai` is no form but metadata."""
CROISSANT = "croissant-rai"
"""The report that is Croissant metadata."""


def report(data: Path, name: str) -> tuple[Path, int]:
    """Write a report; returns its place and how many fields are open. Raises `UserError` when there is no build."""
    check_reachable(data)
    refuse_older_layout(data)
    if not (data / "shards" / MANIFEST).exists():
        raise UserError(f"there are no shards in {data}; run {to_run('corpus build', data)} first.")
    found = facts(data)
    if name == CROISSANT:
        place = data / "shards" / f"{CROISSANT}.json"
        values = croissant_rai(read_composition(data), found)
        write_json(place, values)
        return place, sum("to be provided by" in str(value) for value in values.values())
    form = REPORTS[name]
    entries = list(form.fill(found))
    place = data / f"report-{name}.md"
    write_text(place, markdown(form.title, form.sources, form.unverified, entries))
    return place, sum(bool(entry.by) for entry in entries)
