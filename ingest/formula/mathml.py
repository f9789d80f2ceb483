"""MathML (W3C, presentation markup, versions 2 to 4) to a formula's tree."""

from __future__ import annotations

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
from ingest.safe_xml import children, entity_text, local_name

_SILENT = frozenset(
    {"annotation", "annotation-xml", "mphantom", "mglyph", "maligngroup", "malignmark", "none", "mprescripts"}
)
_INVISIBLE = str.maketrans("", "", "\u2061\u2062\u2063\u2064\u200b\ufeff")
_ACCENTS = frozenset("^ˆ~˜¯‾―_→⃗˙.¨ˇ˘´`⏞⏟\u0302\u0303\u0304\u0305\u0306\u0307\u0308\u030c\u20d7")
_STRETCHED = frozenset("¯‾―_⏟⏞\u0332")


def read_mathml(element: etree._Element, depth: int = 0) -> Node:
    """The tree of a `math` element, or of any element within one. Annotations are left out: they say the same again."""
    name = local_name(element)
    if name in _SILENT:
        return Row(())
    if depth > MAX_DEPTH:
        return Symbol(" ".join("".join(element.itertext()).split()))
    if name in ("mi", "mn", "mo", "ms", "mtext", "ci", "cn"):
        return _token(element, name)
    if name == "mspace":
        return Words(" ")
    parts = [read_mathml(child, depth + 1) for child in children(element) if name != "mmultiscripts"]
    if name == "semantics":
        return parts[0] if parts else Row(())
    if name == "mfrac" and len(parts) == 2:
        thickness = element.get("linethickness", "")
        return Fraction(parts[0], parts[1], bar=thickness.rstrip("pxemtin ") not in ("0", "0.0"))
    if name == "msup" and len(parts) == 2:
        return Scripts(parts[0], above=parts[1])
    if name == "msub" and len(parts) == 2:
        return Scripts(parts[0], below=parts[1])
    if name == "msubsup" and len(parts) == 3:
        return Scripts(parts[0], below=parts[1], above=parts[2])
    if name == "munder" and len(parts) == 2:
        return _marked(parts[0], parts[1], None)
    if name == "mover" and len(parts) == 2:
        return _marked(parts[0], None, parts[1])
    if name == "munderover" and len(parts) == 3:
        return Limits(parts[0], parts[1], parts[2])
    if name == "mmultiscripts":
        return _multiscripts(element, depth)
    if name == "msqrt":
        return Root(row(parts))
    if name == "mroot" and len(parts) == 2:
        return Root(parts[0], parts[1])
    if name == "mfenced":
        separators = element.get("separators", ",").strip()
        return Fenced(element.get("open", "("), tuple(parts), element.get("close", ")"), separators[:1])
    if name == "mtable":
        return Matrix(tuple(_cells(line, depth) for line in children(element, "mtr", "mlabeledtr")))
    if name == "maction":
        return parts[0] if parts else Row(())
    return row(parts) if len(parts) != 1 else parts[0]


def _token(element: etree._Element, name: str) -> Node:
    text = (element.text or "") + "".join(
        (entity_text(child) or "".join(child.itertext()) if isinstance(child.tag, str) else entity_text(child))
        + (child.tail or "")
        for child in element
    )
    text = text.translate(_INVISIBLE)
    if name == "mtext":
        return Words(" ".join(text.split()) if text.strip() else " ")
    text = " ".join(text.split())
    return Symbol(text, upright=name == "mi" and element.get("mathvariant", "normal") == "normal")


def _marked(base: Node, under: Node | None, over: Node | None) -> Node:
    """A base with a mark that belongs to it (a hat, a bar), or with a limit."""
    if isinstance(over, Symbol) and over.text in _ACCENTS:
        return Accent(base, over.text)
    if isinstance(under, Symbol) and under.text in _STRETCHED:
        return Accent(base, under.text, under=True)
    return Limits(base, under, over)


def _multiscripts(element: etree._Element, depth: int) -> Node:
    """Base, then pairs of lower and upper scripts; after `mprescripts` those at its left."""
    items = list(children(element))
    if not items:
        return Row(())
    right: list[Node] = []
    left: list[Node] = []
    side = right
    for item in items[1:]:
        if local_name(item) == "mprescripts":
            side = left
        else:
            side.append(read_mathml(item, depth + 1))

    def joined(nodes: list[Node]) -> Node | None:
        found = [node for node in nodes if node != Row(())]
        return row(found) if found else None

    return Scripts(
        read_mathml(items[0], depth + 1),
        joined(right[0::2]),
        joined(right[1::2]),
        joined(left[0::2]),
        joined(left[1::2]),
    )


def _cells(line: etree._Element, depth: int) -> tuple[Node, ...]:
    cells = [row([read_mathml(part, depth + 2) for part in children(cell)]) for cell in children(line, "mtd")]
    return tuple(cells[1:] if local_name(line) == "mlabeledtr" else cells)
