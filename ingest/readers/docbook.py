"""DocBook 4 and 5 (https://docbook.org), in which manuals and guidelines are written. A file is one page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from ingest.containers.compression import read_bounded, unpacked_head
from ingest.document import Block, Mark, Page, Probe, ReadOptions, UnreadableError
from ingest.left_out import METADATA
from ingest.page.markdown_table import Cell, table_block
from ingest.readers.inline_text import clean_line, formula_of, write_marks
from ingest.readers.shown_text import Markup, shown_text
from ingest.readers.written_numbers import written_number
from ingest.safe_xml import children, entity_text, local_name, parse_xml, root_of

_NAMESPACE = "docbook.org/ns/docbook"
_PARTS = frozenset({"book", "set", "part", "article", "chapter", "appendix", "preface", "glossary", "bibliography", "section", "sect1",
                    "sect2", "sect3", "sect4", "sect5", "simplesect", "refentry", "refsection", "refsect1", "refsect2"})  # fmt: skip
_INFORMATION = frozenset({"info", "bookinfo", "articleinfo", "chapterinfo", "sectioninfo", "title", "titleabbrev", "subtitle", "indexterm",
                          "toc", "index", "remark", "mediaobject", "inlinemediaobject", "graphic"})  # fmt: skip
_LISTS = frozenset(
    {"itemizedlist", "orderedlist", "variablelist", "simplelist", "procedure", "glosslist", "segmentedlist"}
)
_TABLES = frozenset({"table", "informaltable"})
_FORMATS = {
    "loweralpha": "lowerLetter",
    "upperalpha": "upperLetter",
    "lowerroman": "lowerRoman",
    "upperroman": "upperRoman",
}
_BLOCKS = _PARTS | _LISTS | _TABLES | {"para", "simpara", "formalpara", "blockquote", "note", "warning", "caution", "tip", "important",
           "figure", "example", "equation", "informalequation", "programlisting", "literallayout", "sidebar", "footnote"}  # fmt: skip


_TITLES = frozenset({"title"})
_MARKUP = Markup(
    inline=frozenset({"abbrev", "acronym", "anchor", "citation", "citetitle", "code", "command", "email", "emphasis", "filename", "firstterm",
                      "foreignphrase", "glossterm", "literal", "link", "option", "phrase", "quote", "replaceable", "symbol", "trademark",
                      "ulink", "uri", "userinput", "varname", "wordasword", "xref"}),
    links=frozenset({"link", "ulink"}),
    left_out=dict.fromkeys(("titleabbrev", "toc", "index", "indexterm", "remark"), METADATA),
    only=dict.fromkeys(("info", "bookinfo", "articleinfo", "chapterinfo", "sectioninfo"), _TITLES),
    silent=frozenset({"annotation", "annotation-xml", "imagedata", "imageobject", "graphic"}),
)  # fmt: skip


class DocbookReader:
    """DocBook articles and books."""

    name = "docbook"

    def sniff(self, head: bytes, path: str) -> bool:
        """XML in DocBook's namespace, or declared as DocBook."""
        head = unpacked_head(head)
        root, namespace = root_of(head)
        return root in _PARTS and (_NAMESPACE in namespace or b"DTD DocBook" in head)

    def probe(self, path: Path, options: ReadOptions) -> Probe:
        """What the document says of itself; raises `UnreadableError`."""
        warnings: list[str] = []
        root = _root(read_bounded(path), warnings)
        info = next(children(root, "info", "bookinfo", "articleinfo"), root)

        def first(name: str) -> str:
            found = info.find(f"{{*}}{name}")
            return _inline(found) if found is not None else ""

        names = (
            " ".join(_inline(part) for part in author.iter("{*}firstname", "{*}surname"))
            for author in info.iter("{*}author")
        )
        return Probe(
            n_pages=1,
            title=_title(root),
            authors=tuple(name for name in names if name),
            date=(first("pubdate") or first("date"))[:10],
            version=first("edition") or first("releaseinfo"),
            lang=(root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or "")[:2].lower(),
            license=first("legalnotice")[:300],
            warnings=tuple(warnings),
        )

    def read(self, path: Path, first: int, last: int, options: ReadOptions, mark: Mark) -> Iterator[Page]:
        """The one page."""
        if first > 1:
            return
        mark("page 1")
        root = _root(read_bounded(path), [])
        shown = shown_text(root, _MARKUP)
        write_marks(root)
        level = 0 if local_name(root) in ("book", "set") and not _title(root) else 1
        blocks = tuple(block for block in _part(root, level) if block.text)
        if not blocks:
            raise UnreadableError("no-text", "The document has no text.")
        conservation = shown.compared(blocks, {})
        yield Page(1, "docbook", "DocBook XML", 0.0, 0.0, blocks, conservation=conservation)


def _root(raw: bytes, warnings: list[str]) -> etree._Element:
    root = parse_xml(raw, warnings)
    if local_name(root) not in _PARTS:
        raise UnreadableError("unsupported", "The XML is not a DocBook document.")
    return root


def _title(element: etree._Element) -> str:
    for place in (
        element,
        *children(element, "info", "bookinfo", "articleinfo", "chapterinfo", "sectioninfo", "refnamediv"),
    ):
        for title in children(place, "title", "refname"):
            return _inline(title)
    return ""


def _part(part: etree._Element, level: int) -> Iterator[Block]:
    title = _title(part)
    if title:
        yield Block("heading", title, level=max(1, min(level, 6)))
    for child in children(part):
        yield from _block(child, level)


def _block(element: etree._Element, level: int) -> Iterator[Block]:
    name = local_name(element)
    if name in _INFORMATION:
        return
    if name in _PARTS:
        yield from _part(element, level + 1)
    elif name in _LISTS:
        signs: list[str] = []
        lines = "\n".join(_list_lines(element, 0, signs))
        yield Block("list", lines, made=tuple(signs))
    elif name in _TABLES:
        yield Block("caption", _title(element))
        for group in children(element, "tgroup"):
            yield _cals_table(group)
        if not any(True for _ in children(element, "tgroup")):
            rows = [[_cell(cell) for cell in children(row, "td", "th")] for row in element.iter("{*}tr")]
            yield table_block(rows)
    elif name in ("equation", "informalequation"):
        math = next(element.iter("{*}math"), None)
        yield Block("formula", formula_of(math, display=True) if math is not None else _inline(element))
    elif name in ("programlisting", "literallayout", "screen"):
        yield Block("paragraph", "".join(element.itertext()).strip("\n"))
    elif any(local_name(child) in _BLOCKS for child in element):
        if title := _title(element):
            kind = "caption" if name in ("figure", "example") else "heading"
            yield Block(kind, title, level=min(level + 1, 6) if kind == "heading" else 0)
        yield from _mixed(element, level)
    else:
        yield Block("caption" if name == "figure" else "paragraph", _inline(element))


def _mixed(element: etree._Element, level: int) -> Iterator[Block]:
    """Blocks within running text cut it."""
    text = element.text or ""
    for child in element:
        if local_name(child) in _BLOCKS - {"footnote"}:
            yield Block("paragraph", clean_line(text))
            text = ""
            yield from _block(child, level)
        elif local_name(child) not in _INFORMATION:
            text = _append(text, child)
        text += child.tail or ""
    yield Block("paragraph", clean_line(text))


def _list_lines(element: etree._Element, depth: int, signs: list[str]) -> Iterator[str]:
    """The lines of a list; the numbers that they begin with are put into `signs`."""
    indent = "  " * min(depth, 6)
    format_ = _FORMATS.get(element.get("numeration", ""), "decimal")
    start = element.get("startingnumber", "1")
    number = int(start) if start.isdecimal() and len(start) < 6 else 1
    for item in children(element, "listitem", "varlistentry", "member", "step", "glossentry"):
        if local_name(item) in ("varlistentry", "glossentry"):
            terms = ", ".join(_inline(term) for term in children(item, "term", "glossterm"))
            body = next(children(item, "listitem", "glossdef"), item)
            sign = f"- {terms}:"
        else:
            body = item
            sign = f"{written_number(number, format_)}." if local_name(element) in ("orderedlist", "procedure") else "-"
            signs += [sign] if sign != "-" else []
        number += 1
        held = [_inline(child) for child in children(body) if local_name(child) not in _LISTS | {"term", "glossterm"}]
        text = " ".join(part for part in held if part) if len(body) else _inline(body)
        yield f"{indent}{sign} {text}".rstrip()
        for child in children(body):
            if local_name(child) in _LISTS and depth < 20:
                yield from _list_lines(child, depth + 1, signs)


def _cals_table(group: etree._Element) -> Block:
    columns = {column.get("colname", ""): number for number, column in enumerate(group.iter("{*}colspec"), start=1)}
    rows = []
    for row in group.iter("{*}row"):
        cells = []
        for cell in children(row, "entry"):
            start, end = columns.get(cell.get("namest", "")), columns.get(cell.get("nameend", ""))
            width = end - start + 1 if start and end and end >= start else 1
            more = cell.get("morerows", "0")
            cells.append(Cell(_inline(cell), width, 1 + (int(more) if more.isdecimal() and len(more) < 4 else 0)))
        rows.append(cells)
    return table_block(rows)


def _cell(cell: etree._Element) -> Cell:
    def span(name: str) -> int:
        text = cell.get(name, "1")
        return int(text) if text.isdecimal() and 0 < len(text) < 4 else 1

    return Cell(_inline(cell), span("colspan"), span("rowspan"))


def _inline(element: etree._Element) -> str:
    return clean_line(_raw(element))


def _raw(element: etree._Element) -> str:
    text = element.text or ""
    for child in element:
        text = _append(text, child) + (child.tail or "")
    return text


def _append(text: str, child: etree._Element) -> str:
    name = local_name(child)
    if not name:
        return text + entity_text(child)
    if name in ("indexterm", "remark", "mediaobject", "inlinemediaobject"):
        return text
    if name == "math":
        return f"{text} {formula_of(child)} "
    if name == "quote":
        return f"{text}“{_raw(child)}”"
    inner = _raw(child)
    return f"{text} {inner} " if name in _BLOCKS or name in ("listitem", "member", "entry") else text + inner
