"""Styles of a Word document (ECMA-376 part 1, 17.7): what a paragraph or run has from its style and those it is based on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from ingest.readers.word_package import child, flag, number, value
from ingest.safe_xml import children

TOGGLES = ("caps", "smallCaps", "vanish", "strike", "dstrike")
"""Properties that a paragraph's and a character's style, when both have them, switch off again (17.7.3)."""
NO_HEADING = 9
"""The outline level of running text."""

_HEADING_NAME = re.compile(r"^(?:heading|überschrift|titre|título|titolo|标题|標題|見出し)\s*(\d)$", re.IGNORECASE)
_CHAIN = 12
"""Styles may be based on one another this deep; a longer chain is a loop."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """Where a paragraph stands in a numbering."""

    number: int
    """The instance (`numId`); 0 takes a numbering away."""
    level: int
    """From 0."""


class Styles:
    """The styles by id."""

    def __init__(self, root: etree._Element | None) -> None:
        """From the root of the part `styles`; None for a document without."""
        self._styles = (
            {value(style, of="styleId"): style for style in children(root, "style")} if root is not None else {}
        )
        self._defaults = child(root, "docDefaults", "rPrDefault", "rPr") if root is not None else None
        self._default_paragraph = next(
            (
                key
                for key, style in self._styles.items()
                if value(style, of="type") == "paragraph" and value(style, of="default")
            ),
            "",
        )
        self._cache: dict[tuple[str, str], bool | None] = {}

    def _chain(self, key: str) -> Iterator[etree._Element]:
        for _ in range(_CHAIN):
            style = self._styles.get(key)
            if style is None:
                return
            yield style
            key = value(style, "basedOn")

    def name(self, key: str) -> str:
        """The name of a style in lower case; empty for an unknown one."""
        return value(self._styles.get(key), "name").lower()

    def heading_level(self, key: str) -> int:
        """1 to 6 when paragraphs of the style are headings, 0 when not."""
        for style in self._chain(key):
            name = value(style, "name")
            if match := _HEADING_NAME.match(name):
                return max(1, min(6, int(match.group(1))))
            if name.lower() == "title":
                return 1
            level = number(value(style, "pPr", "outlineLvl"), NO_HEADING)
            if 0 <= level < NO_HEADING:
                return min(6, level + 1)
        return 0

    def numbered(self, key: str) -> Numbered | None:
        """The numbering that the style gives its paragraphs, whose level may be told by the numbering (-1 then)."""
        instance: int | None = None
        level = -1
        for style in self._chain(key):
            given = child(style, "pPr", "numPr")
            if given is None:
                continue
            if level < 0 and value(given, "ilvl"):
                level = number(value(given, "ilvl"))
            if value(given, "numId"):
                instance = number(value(given, "numId"))
                break
        return None if instance is None else Numbered(instance, level)

    def list_link(self, key: str) -> int:
        """The instance behind a list style; 0 for none."""
        return number(value(self._styles.get(key), "pPr", "numPr", "numId"))

    def _property(self, key: str, name: str) -> bool | None:
        if (key, name) not in self._cache:
            given = (flag(child(style, "rPr"), name) for style in self._chain(key))
            self._cache[key, name] = next((state for state in given if state is not None), None)
        return self._cache[key, name]

    def is_on(self, name: str, run: etree._Element | None, paragraph: str) -> bool:
        """Whether one of `TOGGLES` holds for a run with these properties (`rPr`) in a paragraph of that style."""
        direct = flag(run, name)
        if direct is not None:
            return direct
        styled = self._property(paragraph or self._default_paragraph, name)
        character = value(run, "rStyle")
        by_character = self._property(character, name) if character else None
        if styled is None and by_character is None:
            return bool(flag(self._defaults, name))
        return bool(styled) != bool(by_character)

    def alignment(self, run: etree._Element | None, paragraph: str) -> str:
        """`superscript`, `subscript` or `baseline`, as far as it is given, by size or by a position of its own; else empty."""
        if given := value(run, "vertAlign"):
            return given
        shift = number(value(run, "position"))  # half-points
        if 0 < abs(shift) < 100:
            return "superscript" if shift > 0 else "subscript"
        for key in (value(run, "rStyle"), paragraph):
            for style in self._chain(key):
                if given := value(style, "rPr", "vertAlign"):
                    return given
        return ""

    def font(self, run: etree._Element | None, paragraph: str) -> str:
        """The font of a run's Latin text, as far as it is given."""
        for key in (value(run, "rStyle"), paragraph):
            found = value(run, "rFonts", of="ascii") or value(run, "rFonts", of="hAnsi")
            if found:
                return found
            for style in self._chain(key):
                if found := value(style, "rPr", "rFonts", of="ascii"):
                    return found
        return ""
