"""Running text out of inline markup: superscripts, formulas and white space, the same for every XML format."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from lxml import etree

from ingest.formula.latex import written as formula_text
from ingest.formula.mathml import read_mathml
from ingest.marks import REACH, Habit, cited, from_characters, habit, lowered, raised, written
from ingest.safe_xml import local_name

_CITATION = re.compile(r"\[?\d{1,3}(?:\s?[,–-]\s?\d{1,3})*\]?")
_INLINE = frozenset(
    [
        "a",
        "abbr",
        "b",
        "big",
        "bold",
        "cite",
        "code",
        "em",
        "emphasis",
        "ext-link",
        "font",
        "i",
        "italic",
        "label",
        "link",
        "monospace",
        "named-content",
        "s",
        "sc",
        "small",
        "span",
        "strike",
        "strong",
        "styled-content",
        "sub",
        "sup",
        "term",
        "tt",
        "u",
        "underline",
        "xref",
    ]
)
"""Elements that stand in a line of text."""
_NO_MARK = tuple(
    f"{{*}}{name}"
    for name in ("math", "img", "graphic", "inline-graphic", "inline-formula", "tex-math", "table", "p", "div")
)
"""What is not the text of a mark."""
_SILENT = frozenset({"annotation", "annotation-xml", "tex-math", "script", "style"})
"""What is no running text."""
_NOTE_LINKS = frozenset({"bibr", "fn", "table-fn"})
_TEX_WRAPPING = re.compile(
    r"\\documentclass.*?\\begin\{document\}|\\end\{document\}|\\(?:usepackage|setlength)(?:\[[^\]]*\])?(?:\{[^}]*\})*",
    re.DOTALL,
)
_TEX_DELIMITED = re.compile(r"\$\$(.*)\$\$|\$([^$]*)\$|\\\[(.*)\\\]|\\\((.*)\\\)", re.DOTALL)
_DISPLAYSTYLE = re.compile(r"\{\s*\\(?:displaystyle|textstyle)\b(.*)\}", re.DOTALL)


def clean_line(text: str) -> str:
    """One line, with single spaces and none before closing punctuation or after opening brackets."""
    text = " ".join(text.split())
    text = re.sub(r"\s+(?=[,;:!?)\]](?:\s|$))|\s+(?=\.(?:\s|$))", "", text)
    return re.sub(r"([(\[])\s+", r"\1", text)


def write_marks(tree: etree._Element) -> None:
    """Give raised and lowered text, and numbers linked to references and notes, their written form, in place.

    `10<sup>6</sup>` becomes 10^6, `m<sup>2</sup>` m^2; `7.2<sup><a href="#r5">5</a></sup>` 7.2[5], also where a style
    sheet is left to raise a JATS `xref`. What the document does elsewhere decides in doubt, and in a table its notes do.
    """
    groups: dict[etree._Element, list[_Group]] = {}
    for element in tree.iter("{*}sup", "{*}sub", "{*}xref"):
        group = _group(element)
        if group is not None:
            groups.setdefault(next(element.iterancestors("{*}table-wrap"), tree), []).append(group)
    everywhere = habit(group.before + group.text + group.after for found in groups.values() for group in found)
    for place, found in groups.items():
        custom = everywhere if place is tree else replace(everywhere, notes=everywhere.notes | _notes_of(place))
        for group in found:
            group.write(custom)
    for element in tree.iter("*"):
        shown, tail = element.text, element.tail
        if shown and not shown.isascii() and local_name(element) not in _SILENT:
            text = from_characters(shown)
            if text != shown:
                element.text = _settable(written(text, everywhere))
        if tail and not tail.isascii():
            text = from_characters(tail)
            if text != tail:
                element.tail = _settable(written(text, everywhere))


_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def _settable(text: str) -> str:
    """A text without the controls that a damaged page may hold and that no tree takes back; each leaves its mark."""
    return _NOT_XML.sub("\ufffd", text)


@dataclass(frozen=True, slots=True)
class _Group:
    """Raised or lowered elements that follow one another without a character between them."""

    elements: list[etree._Element]
    text: str
    """Their text, wrapped."""
    before: str
    after: str

    def write(self, custom: Habit) -> None:
        first, *others = self.elements
        last_tail = self.elements[-1].tail
        before = _text_before(first)  # now in its written form
        text = written(self.text, custom, before=before, after=self.after)
        for child in list(first):
            first.remove(child)
        first.text = _settable(text)
        for element in others:
            parent = element.getparent()
            if parent is not None:
                parent.remove(element)
        first.tail = last_tail


def _group(element: etree._Element) -> _Group | None:
    """The marks that begin with an element; None when it is none, or goes on from or within another one."""
    if _wrap(element) == "" or _is_inside(element):
        return None
    previous = element.getprevious()
    if previous is not None and not previous.tail and _wrap(previous) and not _is_inside(previous):
        return None
    elements = [element]
    while not elements[-1].tail:
        following = elements[-1].getnext()
        if following is None or not _wrap(following):
            break
        elements.append(following)
    text = "".join(_wrap(each) for each in elements)
    return _Group(elements, text, _text_before(element), _text_after(elements[-1]))


def _is_inside(element: etree._Element) -> bool:
    parent = element.getparent()
    while parent is not None and local_name(parent) in _INLINE:
        if _wrap(parent):
            return True
        parent = parent.getparent()
    return False


def _wrap(element: etree._Element) -> str:
    """The text of a raised or lowered element, wrapped; empty for every other one."""
    name = local_name(element)
    if name not in ("sup", "sub", "xref") or next(element.iter(*_NO_MARK), None) is not None:
        return ""
    text = " ".join("".join(element.itertext()).split())
    if name == "sub":
        return lowered(text)
    if name == "sup":
        parent = element.getparent()
        linked = next(element.iter("{*}a", "{*}xref"), None) is not None
        return (cited if linked or (parent is not None and local_name(parent) == "a") else raised)(text)
    if element.get("ref-type") not in _NOTE_LINKS:
        return ""
    if next(element.iter("{*}sup"), None) is not None:
        return cited(text)
    before = _text_before(element)
    is_mark = _CITATION.fullmatch(text) or (element.get("ref-type") != "bibr" and len(text) == 1)
    return cited(text) if is_mark and before and re.search(r"[^\s\[(,;–—-]$", before) else ""


def _text_before(element: etree._Element) -> str:
    while True:
        previous = element.getprevious()
        parent = element.getparent()
        if previous is not None:
            text = previous.tail or ("".join(previous.itertext()) if local_name(previous) in _INLINE else "")
            return str(text)[-REACH:]
        if parent is None or parent.text or local_name(parent) not in _INLINE:
            return str(parent.text or "")[-REACH:] if parent is not None else ""
        element = parent


def _text_after(element: etree._Element) -> str:
    while True:
        following = element.getnext()
        parent = element.getparent()
        if element.tail:
            beyond = _wrap(following) if following is not None and len(element.tail) < 3 else ""
            return f"{element.tail}{beyond}"[:REACH]
        if following is not None:
            if local_name(following) not in _INLINE:
                return ""
            return (_wrap(following) or "".join(following.itertext()))[:REACH]
        if parent is None or local_name(parent) not in _INLINE:
            return ""
        element = parent


def _notes_of(table: etree._Element) -> frozenset[str]:
    """The marks that the notes beneath a table begin with."""
    labels = (" ".join("".join(label.itertext()).split()) for label in table.iterfind(".//{*}fn/{*}label"))
    return frozenset(label for label in labels if label)


def formula_of(element: etree._Element, *, display: bool = False) -> str:
    """MathML, or mixed markup around it, as it stands in the text: plain, or LaTeX between dollars.

    The TeX that a formula was made from goes before its MathML, where the markup has it.
    """
    tree = read_mathml(element if local_name(element) == "math" else (_first(element, "math") or element))
    plain = formula_text(tree)
    for annotation in element.iter("{*}annotation"):
        if "tex" in (annotation.get("encoding") or "").lower() and plain.startswith("$"):
            return tex_formula("".join(annotation.itertext()), display=display)
    return formula_text(tree, display=True) if display else plain


def tex_formula(source: str, *, display: bool = False) -> str:
    """TeX as a document has it, without the document around it, between dollars; empty when nothing is left."""
    body = _TEX_WRAPPING.sub(" ", source)
    body = " ".join(body.split())
    while (inner := _TEX_DELIMITED.fullmatch(body)) is not None:
        body = (inner.group(1) or inner.group(2) or inner.group(3) or inner.group(4) or "").strip()
    if match := _DISPLAYSTYLE.fullmatch(body):
        body = match.group(1).strip()
    if not body:
        return ""
    return f"$${body}$$" if display else f"${body}$"


def _first(element: etree._Element, name: str) -> etree._Element | None:
    return next(element.iter(f"{{*}}{name}"), None)
