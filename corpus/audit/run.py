"""Write `audit.json` and `audit.html` of a data folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa

from corpus.audit.clinician import clinician
from corpus.audit.database import Database
from corpus.audit.engineer import engineer
from corpus.audit.figure import Section
from corpus.audit.gates import DAMAGED, read_gates, run_gates
from corpus.audit.history import build_of, remember
from corpus.audit.junit import junit
from corpus.audit.lawyer import lawyer
from corpus.audit.model_engineer import model_engineer
from corpus.audit.page import page
from corpus.audit.verdict import Verdict
from corpus.review.draw import borderline, draw, read
from corpus.review.marked import pieces
from corpus.trace import story
from medpress.command import Ticker, progress
from medpress.errors import CorruptError, UserError, to_run
from medpress.location import check_reachable
from medpress.store import MANIFEST, read_manifest, refuse_older_layout, write_json, write_text

SAMPLES = 20
"""Records of each sample."""


def audit(
    data: Path, gates: Path | None = None, junit_file: Path | None = None, language: str = "en"
) -> dict[str, Verdict]:
    """Check a build and write its report; returns the verdicts by gate.

    `gates` is a file that changes the gates (`corpus.audit.gates`); `junit_file` is written for whoever shows the results of
    tests; `language` is that of the page (`corpus.audit.wording`). Raises `UserError` when there is no build, or the file of gates is wrong.
    """
    check_reachable(data)
    refuse_older_layout(data)
    if not (data / "shards" / MANIFEST).exists():
        raise UserError(f"there are no shards in {data}; run {to_run('corpus build', data)} first.")
    asked = read_gates(gates)
    sections: list[Section] = []
    samples: dict[str, list[dict[str, Any]]] = {}
    with progress("audit", len(asked) + len(_SECTIONS) + 1, "steps") as tick, ExitStack() as opened:
        try:
            database = opened.enter_context(closing(Database(data)))
        except DAMAGED:
            database = None  # a gate says which file
        verdicts = run_gates(data, asked, tick, database)
        if database:
            with suppress(*DAMAGED):
                sections, samples = _figures(database, verdicts, tick)
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
    write_text(data / "audit.html", page(about, verdicts, sections, samples, language))
    if junit_file:
        write_text(junit_file, junit(verdicts))
    return verdicts


_SECTIONS = ("engineer", "clinician", "lawyer", "model engineer")


def _figures(
    db: Database, verdicts: Mapping[str, Verdict], tick: Ticker
) -> tuple[list[Section], dict[str, list[dict[str, Any]]]]:
    manifest = read_manifest(db.data / "shards")
    history = remember(db.data, _entry(db, manifest, verdicts), db.ask("select * from composition").to_pylist())
    sections = []
    asked = (
        lambda: engineer(db, manifest, history),
        lambda: clinician(db),
        lambda: lawyer(db),
        lambda: model_engineer(db),
    )
    for name, ask in zip(_SECTIONS, asked, strict=True):
        sections.append(ask())
        tick(note=name)
    samples = _samples(db, manifest, build_of(db.data))
    tick(note="samples")
    return sections, samples


def _entry(db: Database, manifest: Mapping[str, Any], verdicts: Mapping[str, Verdict]) -> dict[str, Any]:
    """This build in a line, for the trend."""
    return {
        "build": build_of(db.data),
        "audited": datetime.now(UTC).strftime("%Y-%m-%d"),
        "documents": int(db.number("select count(*) from documents")),
        "records": manifest["rows"],
        "tokens": manifest.get("tokens", 0),
        "dropped": int(db.number("select count(*) from dropped")),
        "gates failed": sum(verdict.fails for verdict in verdicts.values()),
    }


def _samples(db: Database, manifest: Mapping[str, Any], seed: str) -> dict[str, list[dict[str, Any]]]:
    """Random records, and those that came nearest to a threshold of the filters; the shards themselves are the seed."""
    near = borderline(db, manifest, SAMPLES)
    reasons = {row["id"]: f"{row['score']} {row['value']:.4g}, threshold {row['bound']:.4g}" for row in near}
    return {
        "Drawn at random": _shown(db, [row["id"] for row in draw(db, SAMPLES, seed)], {}),
        "Nearest to a threshold": _shown(db, [row["id"] for row in near], reasons),
    }


def _shown(db: Database, ids: Sequence[str], why: Mapping[str, str]) -> list[dict[str, Any]]:
    rows = read(db, ids)
    ways = _ways(db, [row["doc_id"] for row in rows])
    return [
        row
        | {"pieces": pieces(row), "why": why.get(row["id"], ""), "story": [*ways.get(row["doc_id"], ()), *story(row)]}
        for row in rows
    ]


def _ways(db: Database, documents: Sequence[str]) -> dict[str, list[str]]:
    """How the pages of documents were read, a line each."""
    db.add("shown", pa.table({"doc_id": pa.array(sorted(set(documents)), pa.string())}))
    found: dict[str, list[str]] = {}
    for row in db.ask(_WAYS).to_pylist():
        line = f"document {row['doc_id']}: {row['pages']} pages by {row['route']}: {row['reason']}"
        found.setdefault(row["doc_id"], []).append(line)
    return found


_WAYS = """
select doc_id, route, reason, count(*) as pages from pages join shown using (doc_id)
group by all order by doc_id, pages desc, route, reason
"""


def _about(data: Path) -> dict[str, str]:
    """What the report is about: folder, build, versions, day."""
    told = {"folder": data.name or str(data), "written": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")}
    told["medpress"] = version("medpress")
    try:
        manifest = read_manifest(data / "shards")
    except (OSError, CorruptError):
        return told
    return told | {
        "build": build_of(data),
        "records": f"{manifest['rows']:,}",
        "tokens": f"{manifest.get('tokens', 0):,} by the tokenizer {Path(str(manifest['config'].get('tokenizer', ''))).name}",
        "schema": str(manifest["schema_version"]),
    }
