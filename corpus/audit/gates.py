"""What a build must satisfy before anyone trains on it: the gates of `gates.toml`, and those of a file of the user's own.

A gate either asks a question (`rows`, SQL over `corpus.audit.database`): the rows that it gets are what is wrong, and it
fails when there are more of them than `at_most`, or, with `of`, when they are a greater share of that. Or it names a `check`
(`corpus.audit.checks`), with the `limits` that the check takes. Whoever wants another threshold, severity or owner writes a
file with a table of the gate's name and only what differs; a table of a new name is a new gate.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from corpus.audit.checks import CHECKS
from corpus.audit.database import Database
from corpus.audit.verdict import Verdict
from medpress.errors import CorruptError, UserError

ROWS_SHOWN = 20
"""Rows that a failed gate shows."""
OWNERS = ("data engineer", "clinician", "lawyer", "model engineer")
"""Who answers for a gate."""
SEVERITIES = ("error", "warning", "off")
"""A failed gate of the first ends the audit with exit code 1, one of the second is told, one of the third is not asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A condition on a build. Numbers are counts, or shares where `of` is given."""

    name: str
    """What it is called, in words."""
    meaning: str = ""
    """What holds of a build that passes, in a sentence."""
    owner: str = "data engineer"
    """Who answers for it; one of `OWNERS`."""
    severity: str = "error"
    """One of `SEVERITIES`."""
    rows: str = ""
    """A question in SQL for what is wrong, the worst first."""
    weigh: str = ""
    """The column of these rows that is added up; without it they are counted."""
    of: str = ""
    """A question in SQL for the whole that they are a share of."""
    at_most: float = 0.0
    """The count, or share, from which on the gate fails."""
    check: str = ""
    """The check that is asked instead; a name of `corpus.audit.checks.CHECKS`."""
    limits: Mapping[str, float] = field(default_factory=dict)
    """What that check is told."""


def read_gates(file: Path | None = None) -> list[Gate]:
    """The gates that ship, changed and added to by a TOML file. Raises `UserError` in one sentence."""
    shipped = tomllib.loads(files("corpus.audit").joinpath("gates.toml").read_text(encoding="utf-8"))
    gates = {name: Gate(name=name, **values) for name, values in shipped.items()}
    for name, values in _read(file).items() if file else ():
        gates[name] = _changed(gates.get(name, Gate(name=name)), values, file)
    return list(gates.values())


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"cannot read the gates of {file}: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"{file} is not valid TOML: {error}.") from error


def _changed(gate: Gate, values: Any, file: Path | None) -> Gate:
    """A gate with what a file says of it."""
    if not isinstance(values, dict):
        raise UserError(f"{file} has {gate.name!r} outside of any gate: write [{gate.name}] and its settings below.")
    kinds = {f.name: str for f in fields(Gate) if f.name not in ("name", "at_most", "limits")}
    kinds |= {"at_most": (int, float), "limits": dict}  # type: ignore[dict-item]
    for name, value in values.items():
        if name not in kinds or not isinstance(value, kinds[name]):
            raise UserError(f"{file} has {name!r} in [{gate.name}]; a gate has {', '.join(sorted(kinds))}.")
    changed = replace(gate, **values)
    for name, allowed in (("owner", OWNERS), ("severity", SEVERITIES), ("check", ("", *CHECKS))):
        if getattr(changed, name) not in allowed:
            raise UserError(f"{file}: {name} of [{gate.name}] is one of {', '.join(filter(None, allowed))}.")
    if bool(changed.rows) == bool(changed.check):
        raise UserError(f"{file}: [{gate.name}] needs either rows, a question in SQL, or a check.")
    return changed


def run_gates(
    data: Path,
    gates: Iterable[Gate] | None = None,
    tick: Callable[..., None] = lambda *_, **__: None,
    database: Database | None = None,
) -> dict[str, Verdict]:
    """The verdict of every gate, by name; one that cannot be computed has failed. `tick` is told of each; `database` is of the
    same data folder, and is opened when it is needed where none is given."""
    verdicts: dict[str, Verdict] = {}
    own: Database | None = None
    try:
        for gate in read_gates() if gates is None else gates:
            if gate.severity == "off":
                continue
            try:
                if gate.check:
                    found = CHECKS[gate.check](data, **gate.limits)
                else:
                    own = own or (None if database else Database(data))
                    found = judge(database or own, gate)  # type: ignore[arg-type]
            except DAMAGED as error:
                found = Verdict(False, f"could not be checked: {_why(gate, error)}")
            verdicts[gate.name] = replace(found, meaning=gate.meaning, owner=gate.owner, severity=gate.severity)
            tick(note=gate.name)
    finally:
        if own:
            own.close()
    return verdicts


DAMAGED = (OSError, pa.ArrowException, duckdb.Error, CorruptError, KeyError, ValueError, TypeError)
"""What a file raises that is damaged, or of another schema."""


def _why(gate: Gate, error: Exception) -> str:
    """What the database says of a question is the asker's own; what else went wrong may quote a file."""
    if gate.rows and isinstance(error, duckdb.ParserException | duckdb.BinderException | duckdb.CatalogException):
        return str(error).partition("\n")[0]
    return type(error).__name__


def judge(database: Database, gate: Gate) -> Verdict:
    """The verdict of a gate that asks a question. Raises `duckdb.Error`."""
    found, total, weight = database.first(gate.rows, ROWS_SHOWN, weigh=gate.weigh)
    shown, amount = found.to_pylist(), weight if gate.weigh else total
    rows = f"{total:,} row{'s' if total != 1 else ''}"
    if not gate.of:
        return Verdict(amount <= gate.at_most, f"{rows} found ({gate.at_most:g} allowed)", shown)
    whole = database.number(gate.of)
    share = amount / whole if whole else 0.0
    unit = f" {gate.weigh}" if gate.weigh else ""
    finding = f"{amount:,.0f} of {whole:,.0f}{unit} ({share:.2%}, {gate.at_most:.2%} allowed) in {rows}"
    return Verdict(share <= gate.at_most, finding, shown, checked=whole > 0)
