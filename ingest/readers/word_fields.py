"""Fields of a Word document (ECMA-376 part 1, 17.16) that show something without having it as text: signs, ticks, formulas."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lxml import etree

from ingest.formula.latex import latex
from ingest.formula.tree import Fenced, Fraction, Node, Root, Row, Scripts, Symbol, row
from ingest.readers.word_package import child, flag, number
from ingest.symbol_fonts import symbol

UNKNOWN = "\ufffd"
"""Stands where a character is shown that nobody can name."""
_SYMBOL = re.compile(r"SYMBOL\s+(0x[0-9a-fA-F]{1,4}|\d{1,5})(.*)", re.IGNORECASE | re.DOTALL)
_FONT = re.compile(r"\\f\s*\"?([^\"\\]+)\"?", re.IGNORECASE)
_EQUATION = re.compile(r"EQ\s+(.*)", re.IGNORECASE | re.DOTALL)
_SWITCH = re.compile(r"\\([a-z]+)\s*", re.IGNORECASE)
_MAX_DEPTH = 12


@dataclass(slots=True)
class Field:
    """A field that has been opened and not closed."""

    begin: etree._Element
    """Its `fldChar`, which a form field's data stand in."""
    code: list[str] = field(default_factory=list)
    """Its instruction, in pieces."""
    in_result: bool = False
    """Whether its result has begun: what follows is shown."""


def shown_by(closed: Field) -> str:
    """What a closed field shows beyond the text of its result."""
    code = "".join(closed.code).strip()
    if code.upper().startswith("FORMCHECKBOX"):
        box = child(closed.begin, "ffData", "checkBox")
        ticked = flag(box, "checked")
        return "☒" if (flag(box, "default") if ticked is None else ticked) else "☐"
    if closed.in_result:
        return ""
    if match := _SYMBOL.match(code):
        return symbol_of(match.group(1), match.group(2))
    if match := _EQUATION.match(code):
        formula, _ = _equation(match.group(1), 0, 0)
        text = latex(formula)
        return f"${text}$" if "\\" in text or "^" in text or "_" in text else text
    return ""


def symbol_of(code: str, switches: str) -> str:
    """The character of a SYMBOL field, from its number and what follows it."""
    value = int(code, 16) if code.lower().startswith("0x") else number(code)
    font = _FONT.search(switches)
    named = symbol(font.group(1).strip(), value) if font else None
    if named is not None or not 32 <= value < 0xD800:
        return named or UNKNOWN
    return chr(value)


def _equation(text: str, at: int, depth: int, stops: str = "") -> tuple[Node, int]:
    """An EQ field's formula from a place on, and the place behind it."""
    parts: list[Node] = []
    plain = ""
    while at < len(text) and text[at] not in stops:
        switch = _SWITCH.match(text, at) if text[at] == "\\" else None
        if switch is None:
            if text[at] == "\\" and at + 1 < len(text):
                at += 1
            plain += text[at]
            at += 1
            continue
        if plain.strip():
            parts.append(Symbol(plain))
        plain = ""
        name = switch.group(1).lower()
        at = switch.end()
        options: list[str] = []
        while (more := _SWITCH.match(text, at)) is not None and "(" in text[at:]:
            options.append(more.group(1).lower())
            at = more.end()
            while at < len(text) and text[at] in "0123456789 ":
                at += 1
        if at >= len(text) or text[at] != "(" or depth > _MAX_DEPTH:
            continue
        arguments: list[Node] = []
        while at < len(text) and text[at] != ")":
            argument, at = _equation(text, at + 1, depth + 1, ",;)")
            arguments.append(argument)
        at += 1
        parts.append(_command(name, options, arguments))
    if plain.strip() or not parts:
        parts.append(Symbol(plain.strip()))
    return row(parts), at


def _command(name: str, options: list[str], arguments: list[Node]) -> Node:
    if name == "f" and len(arguments) == 2:
        return Fraction(arguments[0], arguments[1])
    if name == "r" and arguments:
        return Root(arguments[-1], arguments[0] if len(arguments) == 2 else None)
    if name == "s" and arguments:
        if len(arguments) == 2:
            return Scripts(Row(()), below=arguments[1], above=arguments[0])
        return Scripts(Row(()), below=arguments[0]) if "do" in options else Scripts(Row(()), above=arguments[0])
    if name == "b":
        return Fenced("(", tuple(arguments), ")", ",")
    if name == "i" and len(arguments) == 3:
        sign = Symbol("∑" if "su" in options else "∏" if "pr" in options else "∫")
        return Row((Scripts(sign, below=arguments[0], above=arguments[1]), arguments[2]))
    return row(arguments)
