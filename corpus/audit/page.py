"""The report as one HTML file: no request to anywhere, nothing in it runs but its own script, all text is escaped.

Its policy (Content Security Policy Level 3) names the digests of its style and its script; whatever else a text would bring
in is refused by the browser too.
"""

from __future__ import annotations

import hashlib
import math
from base64 import b64encode
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import jinja2
from markupsafe import Markup

from corpus.audit.figure import Section
from corpus.audit.pictures import KINDS
from corpus.audit.verdict import Verdict
from corpus.audit.wording import Wording
from medpress.command import printable
from nlp.labels import ENTITY_LABELS

_ORDER = ("FAILED", "warning", "not checked", "passed")
"""Outcomes, the worst first."""
CELL = 400
"""Characters shown of one cell."""


def page(
    about: Mapping[str, str],
    gates: Mapping[str, Verdict],
    sections: Sequence[Section],
    samples: Mapping[str, Sequence[Mapping[str, Any]]],
    language: str = "en",
    title: str = "Corpus audit",
) -> str:
    """The text of the page. `about` is told above everything; `samples` are records with their `pieces` and `story`, by title;
    `language` is one of `corpus.audit.wording.LANGUAGES`. Without gates the page says nothing of any."""
    failed = [verdict for verdict in gates.values() if not verdict.passed]
    return _rendered(
        "page",
        Wording(language),
        title=title,
        about=about,
        gates=dict(sorted(gates.items(), key=lambda one: _ORDER.index(one[1].outcome))),
        sections=sections,
        samples=samples,
        failed=sum(verdict.fails for verdict in failed),
        warned=sum(not verdict.fails for verdict in failed),
        unchecked=sum(verdict.outcome == "not checked" for verdict in gates.values()),
    )


def form(rows: Sequence[Mapping[str, Any]], verdicts: Sequence[str]) -> str:
    """The text of a page on which people say what they think of records; `rows` have their `pieces`, sample and stratum."""
    return _rendered("form", Wording("en"), rows=rows, verdicts=verdicts)


def _rendered(name: str, wording: Wording, **values: Any) -> str:
    """A template with its script and the style."""
    style, script = _part("page.css"), _part(f"{name}.js")
    policy = (
        f"default-src 'none'; style-src 'sha256-{_digest(style)}'; script-src 'sha256-{_digest(script)}';"
        " base-uri 'none'; form-action 'none'"
    )
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"number": _number, "words": _words, "shown": shown, "amount": _amount}
    environment.filters |= {"say": wording.say, "told": wording.told}
    known = {
        "policy": policy,
        "style": Markup(style),
        "script": Markup(script),
        "known_labels": (*ENTITY_LABELS, "phi"),
        "known_kinds": KINDS,
        "language": wording.language,
    }
    return environment.from_string(_part(f"{name}.html.jinja")).render(**known, **values)


def _part(name: str) -> str:
    return files("corpus.audit").joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return b64encode(hashlib.sha256(text.encode()).digest()).decode()


def shown(text: object) -> str:
    """A text in which nothing is hidden and nothing turns the direction of writing; lines stay lines."""
    return "\n".join(printable(line) for line in str(text).split("\n"))


def _number(value: float, column: str) -> str:
    """A number as people read it: shares in percent, whole numbers in groups of three."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if column.endswith("share"):
        return f"{value:.2%}"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}" if abs(value) < 10_000 else f"{value:,.0f}"


def _amount(value: Any) -> float:
    return float(value or 0)


def _words(value: Any) -> str:
    """What is no number, as words."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return text[:CELL] + "…" if len(text) > CELL else text
