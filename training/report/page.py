"""The report of a run as one HTML file: no request to anywhere, no script, all text is escaped.

Its policy (Content Security Policy Level 3) names the digest of its style; whatever else a text would bring in is refused by
the browser too.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from medpress.command import printable
from medpress.store import write_text
from training.history import History, drawn, history, stretches
from training.report.line_chart import HEIGHT, LEFT, RIGHT, WIDTH, Chart, chart

STRETCHES = 20
"""Parts of a run whose mixtures are drawn."""
FILE = "report.html"
"""Its name in the run's folder."""


def write_report(run: Path) -> Path:
    """Write the report of a run, finished or not, into its folder; returns its place. Raises `InputError`."""
    found = history(run)
    write_text(run / FILE, page(found))
    return run / FILE


def page(run: History) -> str:
    """The text of the page."""
    style = files("training.report").joinpath("page.css").read_text(encoding="utf-8")
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["shown"] = lambda value: printable(str(value))
    template = files("training.report").joinpath("page.html.jinja").read_text(encoding="utf-8")
    return environment.from_string(template).render(
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
        style=Markup(style),
        title=f"{run.folder.resolve().name}: {run.stage}",
        about=_about(run),
        sources=_sources(run),
        charts=[found for found in _charts(run) if found],
        settings=sorted((name, value) for name, value in run.settings.items() if value not in (None, "", {}, [])),
        size={"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": WIDTH - RIGHT},
    )


def _charts(run: History) -> list[Chart | None]:
    steps, measured = run.steps, run.measured
    held_out = {"all": _series(measured, "held_out")} | _by_source(measured, "held_out_by_source")
    mixtures: dict[str, list[tuple[float, float]]] = {}
    for some in stretches(steps, STRETCHES):
        for name, share in drawn(some).items():
            mixtures.setdefault(name, []).append((some[-1]["step"], share))
    losses = _by_source(steps, "loss_by_source")
    return [
        chart("Loss by source", "nats a token", losses),
        chart("Objective", "loss", {"objective": _series(steps, "loss")}),
        chart("Held-out loss", "nats a token", held_out),
        chart("Mixture: share of what was drawn", "share", mixtures, from_zero=True),
        chart(
            "Throughput",
            "tokens a second",
            {"tokens": _each(steps, lambda line: line["tokens"] / line["seconds"] if line.get("seconds") else None)},
            from_zero=True,
        ),
        chart("Memory, the most so far", "MB", {"memory": _series(steps, "memory_mb")}, from_zero=True),
        chart("Waiting for data", "seconds a step", {"waited": _series(steps, "waited")}, from_zero=True),
        chart("Norm of the gradient, before it is clipped", "norm", {"gradient": _series(steps, "gradient_norm")}),
        chart("Learning rate", "rate", {"rate": _series(steps, "learning_rate")}, from_zero=True),
        chart("Reward", "mean", {"reward": _series(steps, "reward")}),
    ]


def _series(lines: Sequence[Mapping[str, Any]], name: str) -> list[tuple[float, float]]:
    return _each(lines, lambda line: line.get(name))


def _each(lines: Sequence[Mapping[str, Any]], value: Callable[[Mapping[str, Any]], Any]) -> list[tuple[float, float]]:
    return [(line["step"], found) for line in lines if isinstance(found := value(line), int | float)]


def _by_source(lines: Sequence[Mapping[str, Any]], name: str) -> dict[str, list[tuple[float, float]]]:
    sources = sorted({source for line in lines for source in line.get(name, {})})
    return {source: _each(lines, lambda line, source=source: line.get(name, {}).get(source)) for source in sources}  # type: ignore[misc]


def _about(run: History) -> dict[str, str]:
    steps = run.steps
    seconds = sum(line.get("seconds", 0.0) for line in steps)
    tokens = sum(line.get("tokens", 0) for line in steps)
    left_out = sum("not_taken" in line for line in steps)
    told = {
        "state": "finished" if run.result else "not finished",
        "steps": f"{steps[-1]['step'] if steps else 0:,}" + (f" of {run.result['steps']:,}" if run.result else ""),
        "steps that were not taken": f"{left_out:,}",
        "tokens of the steps": f"{tokens:,}",
        "time of the steps": f"{seconds:,.0f} s",
        "tokens a second": f"{tokens / seconds:,.0f}" if seconds else "-",
        "data": run.begun["data"],
        "began with": run.begun["model"] or "random weights",
    }
    if run.result:
        told["parameters"] = f"{run.result['parameters']:,}"
        told["weights"] = run.result.get("weights", "")
    return told


def _sources(run: History) -> list[tuple[str, str, str, str, str, str]]:
    """Of each source: tokens learned, first and last loss, held-out loss before and after."""
    first: dict[str, float] = {}
    last: dict[str, float] = {}
    for line in run.steps:
        first = line.get("loss_by_source", {}) | first
        last |= line.get("loss_by_source", {})
    before, after = ((run.measured or [{}])[place].get("held_out_by_source", {}) for place in (0, -1))
    tokens = run.result.get("tokens", {})
    return [
        (
            name,
            f"{tokens[name]:,}" if name in tokens else "-",
            *(f"{of[name]:.4f}" if name in of else "-" for of in (first, last, before, after)),
        )
        for name in sorted(first.keys() | tokens.keys() | after.keys())
    ]  # type: ignore[misc]
