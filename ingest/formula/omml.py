"""Office Math Markup (ECMA-376 part 1, 22.1), the formulas of Word, to a formula's tree."""

from __future__ import annotations

from collections.abc import Callable

from lxml import etree

from ingest.formula.tree import (
    MAX_DEPTH,
    Accent,
    Fenced,
    Fraction,
    Limits,
    Matrix,
    Node,
    Root,
    Row,
    Scripts,
    Symbol,
    Words,
    row,
)
from ingest.safe_xml import children, local_name

RunText = Callable[[etree._Element], str]
"""What a run of a formula reads, given the run: the document's own rules of symbols, deleted and hidden text hold there too."""


def read_omml(element: etree._Element, run_text: RunText, depth: int = 0) -> Node:
    """The tree of an `oMath` element, or of any element within one."""
    name = local_name(element)
    if depth > MAX_DEPTH:
        return Symbol("".join(text.text or "" for text in element.iter("{*}t")))
    if name == "r":
        return _run(element, run_text)

    def part(of: str) -> Node:
        found = element.find(f"{{*}}{of}")
        return _content(found, run_text, depth + 1) if found is not None else Row(())

    def parts(of: str) -> tuple[Node, ...]:
        return tuple(_content(child, run_text, depth + 1) for child in children(element, of))

    properties = element.find(f"{{*}}{name}Pr")

    def option(of: str, default: str) -> str:
        found = properties.find(f"{{*}}{of}") if properties is not None else None
        return default if found is None else _value(found)

    def is_on(of: str) -> bool:
        found = properties.find(f"{{*}}{of}") if properties is not None else None
        return found is not None and _value(found, "1") in ("1", "on", "true")

    if name == "f":
        kind = option("type", "bar")
        if kind in ("lin", "skw"):
            return Row((part("num"), Symbol("/"), part("den")))
        return Fraction(part("num"), part("den"), bar=kind != "noBar")
    if name == "sSup":
        return Scripts(part("e"), above=part("sup"))
    if name == "sSub":
        return Scripts(part("e"), below=part("sub"))
    if name == "sSubSup":
        return Scripts(part("e"), below=part("sub"), above=part("sup"))
    if name == "sPre":
        return Scripts(part("e"), before_below=part("sub"), before_above=part("sup"))
    if name == "rad":
        return Root(part("e"), None if is_on("degHide") else part("deg"))
    if name == "nary":
        sign = Symbol(option("chr", "∫") or "∫")
        below = None if is_on("subHide") else part("sub")
        above = None if is_on("supHide") else part("sup")
        return Row((Limits(sign, below, above), Words(" "), part("e")))
    if name == "d":
        return Fenced(option("begChr", "("), parts("e"), option("endChr", ")"), option("sepChr", "|"))
    if name == "m":
        return Matrix(
            tuple(
                tuple(_content(cell, run_text, depth + 2) for cell in children(line, "e"))
                for line in children(element, "mr")
            )
        )
    if name == "eqArr":
        return Matrix(tuple((line,) for line in parts("e")))
    if name == "func":
        return Row((part("fName"), Words(" "), part("e")))
    if name == "acc":
        return Accent(part("e"), option("chr", "\u0302") or "\u0302")
    if name == "bar":
        return Accent(part("e"), "‾", under=option("pos", "bot") == "bot")
    if name == "groupChr":
        under = option("pos", "bot") == "bot"
        return Accent(part("e"), option("chr", "⏟") or "⏟", under=under)
    if name == "limLow":
        return Limits(part("e"), under=part("lim"))
    if name == "limUpp":
        return Limits(part("e"), over=part("lim"))
    if name == "phant" and properties is not None and option("show", "1") in ("0", "off", "false"):
        return Row(())
    if name in ("box", "borderBox", "phant"):
        return part("e")
    return _content(element, run_text, depth)


def _content(element: etree._Element, run_text: RunText, depth: int) -> Node:
    """What stands side by side in an element; what was deleted is not there."""
    skipped = ("ctrlPr", "argPr", "rPr", "del", "moveFrom", f"{local_name(element)}Pr")
    parts = [read_omml(child, run_text, depth + 1) for child in children(element) if local_name(child) not in skipped]
    return row(_names(parts))


def _names(parts: list[Node]) -> list[Node]:
    """Parts without empty runs."""
    return [part for part in parts if not (isinstance(part, Symbol) and not part.text)]


def _run(element: etree._Element, run_text: RunText) -> Node:
    text = run_text(element)
    properties = element.find("{http://schemas.openxmlformats.org/officeDocument/2006/math}rPr")
    if properties is None:
        properties = element.find("{http://purl.oclc.org/ooxml/officeDocument/math}rPr")
    if properties is not None and properties.find("{*}nor") is not None:
        return Words(text)
    style = properties.find("{*}sty") if properties is not None else None
    return Symbol(text, upright=style is not None and _value(style) in ("p", "b"))


def _value(element: etree._Element, default: str = "") -> str:
    return next((value for name, value in element.attrib.items() if name.endswith("}val")), default)
