"""Numbers of lists and headings in a Word document (ECMA-376 part 1, 17.9), as Word shows them.

A definition has up to nine levels; an instance of it may start a level again or define it anew. Instances of one
definition count together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lxml import etree

from ingest.readers.word_package import child, flag, number, value
from ingest.readers.word_styles import Numbered, Styles
from ingest.readers.written_numbers import written_number
from ingest.safe_xml import children

LEVELS = 9
"""Of a definition."""
BULLET = "-"
"""What stands for a level's bullet, whatever it draws."""


@dataclass(frozen=True, slots=True)
class _Level:
    """How one level counts and what it shows."""

    start: int = 1
    format: str = "decimal"
    text: str = ""
    restart: int | None = None
    """The level, from 1, that makes it start again; 0 for none; None for any above it."""
    in_figures: bool = False
    """All numbers of its text are decimal (legal style)."""
    style: str = ""
    """The paragraph style that stands for this level."""


@dataclass(slots=True)
class _Instance:
    """One use of a definition."""

    definition: int
    levels: dict[int, _Level]
    starts: dict[int, int]
    """Where a level starts again with this instance."""
    begun: set[int] = field(default_factory=set)


class Numbering:
    """The numberings of a document, and how far each has counted. Used for one pass over the document."""

    def __init__(self, root: etree._Element | None, styles: Styles) -> None:
        """From the root of the part `numbering`; None for a document without."""
        self._styles = styles
        self._instances: dict[int, _Instance] = {}
        self._counts: dict[int, list[int | None]] = {}
        if root is None:
            return
        definitions = {number(value(one, of="abstractNumId"), -1): one for one in children(root, "abstractNum")}
        instances = {number(value(one, of="numId"), -1): one for one in children(root, "num")}
        for key, element in instances.items():
            definition = number(value(element, "abstractNumId"), -1)
            link = value(definitions.get(definition), "numStyleLink")
            if link:  # the levels stand with the list style that it names
                linked = instances.get(styles.list_link(link))
                definition = number(value(linked, "abstractNumId"), definition)
            levels = _levels(definitions.get(definition))
            starts: dict[int, int] = {}
            for override in children(element, "lvlOverride"):
                depth = number(value(override, of="ilvl"), LEVELS)
                again = child(override, "lvl")
                if again is not None:
                    levels = levels | {depth: _level(again)}
                if child(override, "startOverride") is not None:
                    starts[depth] = number(value(override, "startOverride"), 1)
            self._instances[key] = _Instance(definition, levels, starts)

    def place(self, paragraph: etree._Element | None, style: str) -> Numbered | None:
        """The numbering of a paragraph with these properties (`pPr`) and that style; None when it has none."""
        given = child(paragraph, "numPr")
        styled = self._styles.numbered(style)
        if given is not None and value(given, "numId"):
            found = Numbered(number(value(given, "numId")), number(value(given, "ilvl")))
        elif styled is not None:
            own = number(value(given, "ilvl"), -1) if given is not None else -1
            found = Numbered(styled.number, own if own >= 0 else self._level_of(styled, style))
        else:
            return None
        known = found.number in self._instances and 0 <= found.level < LEVELS
        return found if known else None

    def _level_of(self, styled: Numbered, style: str) -> int:
        if styled.level >= 0:
            return styled.level
        instance = self._instances.get(styled.number)
        linked = (depth for depth, level in instance.levels.items() if level.style == style) if instance else iter(())
        return next(linked, 0)

    def label(self, place: Numbered) -> str:
        """Count one more at a place and return what Word shows there: `3.`, `(b)`, `第二条`; `BULLET`; or nothing."""
        instance, depth = self._instances[place.number], place.level
        level = instance.levels.get(depth, _Level())
        counts = self._counts.setdefault(instance.definition, [None] * LEVELS)
        if depth in instance.starts and depth not in instance.begun:
            counts[depth] = None
        start = instance.starts.get(depth, level.start) if depth not in instance.begun else level.start
        instance.begun.add(depth)
        before = counts[depth]
        counts[depth] = start if before is None else before + 1
        for deeper in range(depth + 1, LEVELS):
            restart = instance.levels.get(deeper, _Level()).restart
            if restart is None or (restart > 0 and depth < restart):
                counts[deeper] = None
                if restart is None and deeper in instance.starts:
                    instance.begun.discard(deeper)
        if level.format == "bullet":
            return BULLET if level.text.strip() else ""
        if level.format == "none" and "%" not in level.text:
            return level.text.strip()

        def shown(match: re.Match[str]) -> str:
            at = int(match.group(1)) - 1
            of = instance.levels.get(at, _Level())
            count = counts[at]
            count = of.start if count is None else count
            return written_number(count, "decimal" if level.in_figures else of.format)

        return re.sub(r"%([1-9])", shown, level.text[:200]).strip()


def _levels(definition: etree._Element | None) -> dict[int, _Level]:
    if definition is None:
        return {}
    return {number(value(one, of="ilvl"), LEVELS): _level(one) for one in children(definition, "lvl")}


def _level(element: etree._Element) -> _Level:
    restart = value(element, "lvlRestart")
    return _Level(
        start=number(value(element, "start")) if child(element, "start") is not None else 0,
        format=value(element, "numFmt") or "decimal",
        text=value(element, "lvlText"),
        restart=number(restart) if restart else None,
        in_figures=bool(flag(element, "isLgl")),
        style=value(element, "pStyle"),
    )
