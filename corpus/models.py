"""Which models were trained on a text, from what their training runs left in files (`medpress.schema.SEEN`).

Shards change and go; a run's own record stays. Models descend from one another: which run began with whose weights is told
by the hash of the weights, so that a run that was moved is still known, and one that was trained anew is not mistaken for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from medpress.errors import UserError
from medpress.schema import SEEN
from medpress.store import parts, read_dataset, read_json, strings

_COLUMNS = ["id", "doc_id", "first_step", "last_step"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A run whose model was trained on what is asked for, itself or before it began."""

    run: Path
    """Its folder."""
    texts: int = 0
    """Records, conversations or pairs of it that it learned itself."""
    first_step: int = 0
    """The first step that met one; 0 when none did."""
    last_step: int = 0
    """The last one, as far as the record goes."""
    checkpoints: Sequence[str] = ()
    """Those of its checkpoints still there that are not older than the first step."""
    through: Path | None = None
    """The run whose weights it began with, where those had been trained on it."""

    def __str__(self) -> str:
        told = []
        if self.texts:
            steps = f"steps {self.first_step:,} to {self.last_step:,}"
            told.append(f"learned {self.texts:,} of its texts in {steps}")
        if self.through:
            told.append(f"began with the weights of {self.through}, which had")
        kept = f"; checkpoints there: {', '.join(self.checkpoints)}" if self.checkpoints else ""
        return f"{self.run} {' and '.join(told)}{kept}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sights:
    """What the runs say."""

    found: Sequence[Sight]
    """Those that met it."""
    asked: int
    """Runs that were asked."""
    silent: Sequence[Path]
    """Runs that have no record of what they learned, so that nothing is known of them."""

    def lines(self) -> Iterator[str]:
        """All of it in words; nothing when no run was asked."""
        for sight in self.found:
            yield f"model {sight}"
        for run in self.silent:
            yield f"model {run} keeps no record of what it learned: whether it saw this is not known"
        if self.asked and not self.found and not self.silent:
            yield f"none of {self.asked:,} known models saw it"


def runs_in(places: Sequence[Path]) -> list[Path]:
    """The folders of training runs: those named, and those that lie in a folder that is named. Raises `UserError` for a place
    that is not there; but `runs`, where runs lie when nobody says otherwise, may be missing."""
    found: dict[Path, None] = {}
    for place in places:
        if not place.is_dir() and place != Path("runs"):
            raise UserError(f"there is no folder {place}: name a training run, or a folder of runs, with --models.")
        inside = [place / "run.json", *sorted(place.glob("*/run.json"))]
        found |= dict.fromkeys(file.parent for file in inside if file.exists())
    return list(found)


def sights(places: Sequence[Path], documents: Collection[str], records: Collection[str] = ()) -> Sights:
    """Which of the runs in `places` met these documents, or these records whatever their document."""
    runs = runs_in(places)
    told = {run: _read(run / "run.json") for run in runs}
    results = {run: _read(run / "result.json") for run in runs}
    own = {run: _own(run, documents, records) for run in runs}
    by_weights = {result["weights"]: run for run, result in results.items() if result.get("weights")}
    found = []
    for run in runs:
        before = by_weights.get(told[run].get("model") or "")
        through = before if before and _met(before, own, told, by_weights) else None
        if own[run] or through:
            found.append(_sight(run, own[run], through))
    return Sights(found=found, asked=len(runs), silent=[run for run in runs if not parts(run / "seen")])


def _met(run: Path, own: Mapping[Path, Any], told: Mapping[Path, Any], by_weights: Mapping[str, Path]) -> bool:
    """Whether a run or one that it descends from met it."""
    passed: set[Path] = set()
    while run not in passed:
        if own[run]:
            return True
        passed.add(run)
        run = by_weights.get(told[run].get("model") or "", run)
    return False


def _own(run: Path, documents: Collection[str], records: Collection[str]) -> tuple[int, int, int] | None:
    """Texts, first and last step of what a run learned of these; None when it learned nothing of them."""
    wanted = pc.field("doc_id").isin(strings(documents))
    if records:
        wanted = wanted | pc.field("id").isin(strings(records))
    table = read_dataset(run / "seen", SEEN, _COLUMNS, wanted)
    if not table.num_rows:
        return None
    steps = (pc.min(table["first_step"]).as_py(), pc.max(table["last_step"]).as_py())
    return pc.count_distinct(table["id"]).as_py(), *steps


def _sight(run: Path, own: tuple[int, int, int] | None, through: Path | None) -> Sight:
    texts, first, last = own or (0, 0, 0)
    steps = [folder.name for folder in sorted((run / "checkpoints").glob("step-*"))]
    kept = [name for name in steps if through or int(name.removeprefix("step-")) >= first]
    return Sight(run=run, texts=texts, first_step=first, last_step=last, checkpoints=kept, through=through)


def _read(file: Path) -> dict[str, Any]:
    found = read_json(file) if file.exists() else {}
    return found if isinstance(found, dict) else {}
