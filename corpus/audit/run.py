"""Write `audit.json` and `audit.html` of a data folder."""

from __future__ import annotations

from dataclasses import asdict
from importlib.resources import files
from pathlib import Path

import jinja2
import pyarrow as pa

from corpus.audit.figures import figures
from corpus.audit.gates import Verdict, run_gates
from medpress.errors import CorruptError, UserError, to_run
from medpress.location import check_reachable
from medpress.store import MANIFEST, refuse_older_layout, write_json, write_text


def audit(data: Path) -> dict[str, Verdict]:
    """Check a build and write its report; returns the verdicts. Raises `UserError` when there is no build."""
    check_reachable(data)
    refuse_older_layout(data)
    if not (data / "shards" / MANIFEST).exists():
        raise UserError(f"there are no shards in {data}; run {to_run('corpus build', data)} first.")
    verdicts = run_gates(data)
    report: dict[str, object] = {"gates": {name: asdict(verdict) for name, verdict in verdicts.items()}}
    try:
        report |= figures(data)
    except (pa.ArrowException, OSError, CorruptError):
        report["unreadable"] = True  # a gate says which file
    write_json(data / "audit.json", report)
    write_text(data / "audit.html", _render(report))
    return verdicts


def _render(report: dict[str, object]) -> str:
    """The report as one HTML file without scripts and without anything from elsewhere; all text is escaped."""
    template = files("corpus.audit").joinpath("report.html.jinja").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["number"] = lambda value: f"{value:,}"
    return environment.from_string(template).render(**report)
