"""What changed between two builds as a page: records and decisions, what the tokens are made of, and the gates of both audits."""

from __future__ import annotations

from contextlib import closing
from dataclasses import fields
from pathlib import Path
from typing import Any

import pyarrow as pa

from corpus.audit.database import Database
from corpus.audit.figure import Figure, Section
from corpus.audit.history import build_of
from corpus.audit.page import page
from corpus.audit.verdict import Verdict
from corpus.diff import Diff
from medpress.errors import CorruptError
from medpress.store import read_json

_KINDS = ("added", "removed", "text", "decision", "annotations", "provenance", "unchanged")


def diff_page(before: Path, after: Path, result: Diff) -> str:
    """The page of `corpus.diff.diff(before, after)`. Raises `OSError` or `duckdb.Error` where a build cannot be read."""
    section = Section(
        name="changes",
        title="What changed",
        question="Between the older build and the newer one.",
        figures=[
            Figure.of("records", "Records by what became of them", _records(result)),
            Figure.of("sources", "By source", _sources(result)),
            Figure.of("decisions", "Decisions, before and after", _decisions(result), bars="records"),
            Figure.of(
                "distributions",
                "What the tokens are made of",
                _distributions(before, after),
                "The greatest change first.",
            ),
            Figure.of("gates", "Gates of the last audits", _gates(before, after)),
            Figure.of("configuration", "Settings", _pairs(result.configuration)),
            Figure.of("versions", "Steps and models", _pairs(result.versions)),
        ],
    )
    about = {"before": f"{before.name}, build {build_of(before)}", "after": f"{after.name}, build {build_of(after)}"}
    return page(about, {}, [section], {}, title="Two builds")


def _records(result: Diff) -> pa.Table:
    rows = [
        {"change": kind, "records": result.records[kind], "for example": result.examples.get(kind, [])[:3]}
        for kind in _KINDS
    ]
    return pa.Table.from_pylist(rows)


def _sources(result: Diff) -> pa.Table:
    columns = [*_KINDS[:-1], "tokens before", "tokens after"]
    rows = [
        {"source": source} | {name: counts[name] for name in columns}
        for source, counts in sorted(result.sources.items())
    ]
    return pa.Table.from_pylist(
        rows, schema=pa.schema([("source", pa.string()), *((name, pa.int64()) for name in columns)])
    )


def _decisions(result: Diff) -> pa.Table:
    rows = [{"before": old, "after": new, "records": count} for (old, new), count in result.decisions.most_common()]
    return pa.Table.from_pylist(
        rows, schema=pa.schema([("before", pa.string()), ("after", pa.string()), ("records", pa.int64())])
    )


def _distributions(before: Path, after: Path) -> pa.Table:
    with closing(Database(after)) as db:
        with closing(Database(before)) as older:
            db.add("older", older.ask("select * from composition"))
        return db.ask(_SHARES)


_SHARES = """
with shares as (
    select what, name, coalesce(older.tokens, 0) as tokens_before, coalesce(now.tokens, 0) as tokens_after,
        coalesce(coalesce(older.tokens, 0) / sum(older.tokens) over same, 0) as before_share,
        coalesce(coalesce(now.tokens, 0) / sum(now.tokens) over same, 0) as after_share
    from older full join composition as now using (what, name) window same as (partition by what)
)
select * from shares order by abs(after_share - before_share) desc, what, name
"""


def _gates(before: Path, after: Path) -> pa.Table:
    """Outcome and finding of each gate in the audits that stand beside the builds; empty where one was not audited."""
    told = [_verdicts(data) for data in (before, after)]
    rows: list[dict[str, Any]] = []
    for name in dict.fromkeys((*told[1], *told[0])):
        outcomes = [verdicts.get(name) for verdicts in told]
        rows.append(
            {"gate": name}
            | {
                when: verdict.outcome.lower() if verdict else ""
                for when, verdict in zip(("before", "after"), outcomes, strict=True)
            }
            | {"finding": (outcomes[1] or outcomes[0]).finding}  # type: ignore[union-attr]
        )
    schema = pa.schema([(name, pa.string()) for name in ("gate", "before", "after", "finding")])
    return pa.Table.from_pylist(rows, schema=schema)


def _verdicts(data: Path) -> dict[str, Verdict]:
    try:
        gates = read_json(data / "audit.json")["gates"]
        known = {field.name for field in fields(Verdict)}
        return {
            name: Verdict(**{key: value for key, value in told.items() if key in known}) for name, told in gates.items()
        }
    except (OSError, CorruptError, KeyError, TypeError, AttributeError):
        return {}


def _pairs(differing: dict[str, tuple[Any, Any]]) -> pa.Table:
    rows = [{"name": name, "before": str(old), "after": str(new)} for name, (old, new) in differing.items()]
    return pa.Table.from_pylist(rows, schema=pa.schema([(name, pa.string()) for name in ("name", "before", "after")]))
