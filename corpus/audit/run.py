"""Write `audit.json` and `audit.html` of a data folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from corpus.audit.clinician import clinician
from corpus.audit.database import Database
from corpus.audit.engineer import engineer
from corpus.audit.figure import Section
from corpus.audit.gates import read_gates, run_gates
from corpus.audit.junit import junit
from corpus.audit.lawyer import lawyer
from corpus.audit.model_engineer import model_engineer
from corpus.audit.page import page
from corpus.audit.verdict import Verdict
from corpus.review.draw import borderline, draw, read
from corpus.review.marked import pieces
from medpress.command import Ticker, progress
from medpress.errors import CorruptError, UserError, to_run
from medpress.location import check_reachable
from medpress.store import MANIFEST, file_sha256, read_manifest, refuse_older_layout, write_json, write_text

SAMPLES = 20
"""Records of each sample."""


def audit(data: Path, gates: Path | None = None, junit_file: Path | None = None) -> dict[str, Verdict]:
    """Check a build and write its report; returns the verdicts by gate.

    `gates` is a file that changes the gates (`corpus.audit.gates`); `junit_file` is written for whoever shows the results of
    tests. Raises `UserError` when there is no build, or the file of gates is wrong.
    """
    check_reachable(data)
    refuse_older_layout(data)
    if not (data / "shards" / MANIFEST).exists():
        raise UserError(f"there are no shards in {data}; run {to_run('corpus build', data)} first.")
    asked = read_gates(gates)
    with progress("audit", len(asked) + len(_SECTIONS) + 1, "steps") as tick:
        verdicts = run_gates(data, asked, tick)
        try:
            sections, samples = _figures(data, tick)
        except (pa.ArrowException, OSError, CorruptError, duckdb.Error):
            sections, samples = [], {}  # a gate says which file
    about = _about(data)
    write_json(
        data / "audit.json",
        {
            "about": about,
            "gates": {name: asdict(verdict) for name, verdict in verdicts.items()},
            "sections": {one.name: {figure.name: asdict(figure) for figure in one.figures} for one in sections},
            "samples": {title: [row["id"] for row in rows] for title, rows in samples.items()},
        },
    )
    write_text(data / "audit.html", page(about, verdicts, sections, samples))
    if junit_file:
        write_text(junit_file, junit(verdicts))
    return verdicts


_SECTIONS = ("engineer", "clinician", "lawyer", "model engineer")


def _figures(data: Path, tick: Ticker) -> tuple[list[Section], dict[str, list[dict[str, Any]]]]:
    manifest = read_manifest(data / "shards")
    db = Database(data)
    try:
        sections = []
        asked = (lambda: engineer(db, manifest), lambda: clinician(db), lambda: lawyer(db), lambda: model_engineer(db))
        for name, ask in zip(_SECTIONS, asked, strict=True):
            sections.append(ask())
            tick(note=name)
        samples = _samples(db, manifest, _identity(data))
        tick(note="samples")
        return sections, samples
    finally:
        db.close()


def _samples(db: Database, manifest: Mapping[str, Any], seed: str) -> dict[str, list[dict[str, Any]]]:
    """Random records, and those that came nearest to a threshold of the filters; the shards themselves are the seed."""
    near = borderline(db, manifest, SAMPLES)
    reasons = {row["id"]: f"{row['score']} {row['value']:.4g}, threshold {row['bound']:.4g}" for row in near}
    return {
        "Drawn at random": _shown(db, [row["id"] for row in draw(db, SAMPLES, seed)], {}),
        "Nearest to a threshold": _shown(db, [row["id"] for row in near], reasons),
    }


def _shown(db: Database, ids: Sequence[str], why: Mapping[str, str]) -> list[dict[str, Any]]:
    return [row | {"pieces": pieces(row), "why": why.get(row["id"], "")} for row in read(db, ids)]


def _identity(data: Path) -> str:
    return file_sha256(data / "shards" / MANIFEST)[:24]


def _about(data: Path) -> dict[str, str]:
    """What the report is about: folder, build, versions, day."""
    told = {"folder": data.name or str(data), "written": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")}
    told["medpress"] = version("medpress")
    try:
        manifest = read_manifest(data / "shards")
    except (OSError, CorruptError):
        return told
    return told | {
        "build": _identity(data),
        "records": f"{manifest['rows']:,}",
        "tokens": f"{manifest.get('tokens', 0):,} by the tokenizer {Path(str(manifest['config'].get('tokenizer', ''))).name}",
        "schema": str(manifest["schema_version"]),
    }
