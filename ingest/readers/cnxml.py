"""CNXML, the format of OpenStax textbooks (modules of a collection; https://cnxml.org, namespace cnx.rice.edu/cnxml).

A module is one page, and so is each module of a book (`ingest/containers/openstax.py`), behind the parts that it opens. Figures and tables are numbered as they come, and references to them say so, because the numbers
are not in the source. Exercises keep their solutions; a glossary becomes a list of definitions.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from ingest.containers.compression import read_bounded, unpacked_head
from ingest.document import Block, Mark, Page, Probe, ReadOptions, UnreadableError
from ingest.page.markdown_table import Cell, table_block
from ingest.readers.inline_text import clean_line, formula_of, write_marks
from ingest.readers.shown_text import Markup, shown_text
from ingest.safe_xml import children, entity_text, local_name, parse_xml, root_of

_NAMESPACE = "cnx.rice.edu/cnxml"
_COLLECTION = "cnx.rice.edu/collxml"
_BLOCKS = frozenset({"list", "table", "figure", "note", "equation", "exercise", "example", "quote", "code", "definition",
                     "media", "section", "problem", "solution", "para"})  # fmt: skip
_SILENT = frozenset({"media", "image", "iframe", "label", "title", "newline", "space", "alt"})
_NUMBERED = {"figure": "Figure", "table": "Table", "exercise": "Exercise", "example": "Example"}


_MARKUP = Markup(
    inline=frozenset({"cite", "cite-title", "emphasis", "foreign", "link", "span", "term"}),
    links=frozenset({"link"}),
    only={"metadata": frozenset({"abstract"})},
    silent=frozenset({"annotation", "annotation-xml", "iframe", "image", "media"}),
)


class CnxmlReader:
    """OpenStax modules and books."""

    name = "cnxml"

    def sniff(self, head: bytes, path: str) -> bool:
        """XML whose root is a CNXML document, or a book of them."""
        root, namespace = root_of(unpacked_head(head))
        return (root == "document" and _NAMESPACE in namespace) or (root == "book" and _COLLECTION in namespace)

    def probe(self, path: Path, options: ReadOptions) -> Probe:
        """The metadata of the module or book; raises `UnreadableError`."""
        warnings: list[str] = []
        root = _module(read_bounded(path), warnings)
        modules = _modules(root)
        meta = root.find("{*}metadata")

        def first(name: str) -> str:
            found = meta.find(f"{{*}}{name}") if meta is not None else None
            return clean_line("".join(found.itertext())) if found is not None else ""

        license_ = meta.find(".//{*}license") if meta is not None else None
        people = meta.iterfind(".//{*}person") if meta is not None else ()
        names = [clean_line("".join(name.itertext())) for person in people for name in person.iterfind("{*}fullname")]
        title = root.find("{*}title")
        return Probe(
            n_pages=len(modules),
            title=_inline(title, {}) if title is not None else first("title"),
            authors=tuple(dict.fromkeys(names)),
            date=first("revised")[:10] or first("created")[:10],
            version=first("version"),
            lang=(first("language") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or "")[:2].lower(),
            license=license_.get("url", "") or clean_line("".join(license_.itertext())) if license_ is not None else "",
            source_type="textbook",
            identifiers={key: text for key, text in (("cnxml", first("content-id")), ("uuid", first("uuid"))) if text},
            outline=tuple(_outline(modules)),
            warnings=tuple(warnings),
        )

    def read(self, path: Path, first: int, last: int, options: ReadOptions, mark: Mark) -> Iterator[Page]:
        """A page a module."""
        modules = _modules(_module(read_bounded(path), []))
        for number, (root, parts, level) in enumerate(modules, start=1):
            if not first <= number <= last:
                continue
            mark(f"page {number}")
            shown = shown_text(root, _MARKUP)
            write_marks(root)
            numbers = _numbers(root)
            made = _number_links(root, numbers) + [title for _, title in parts]
            above = [Block("heading", title, level=depth) for depth, title in parts]
            blocks = tuple(block for block in (*above, *_document_blocks(root, numbers, level)) if block.text)
            if not blocks:
                raise UnreadableError("no-text", "The module has no content.")
            conservation = shown.compared(blocks, {}, made)
            yield Page(number, "cnxml", "CNXML", 0.0, 0.0, blocks, conservation=conservation)


_Module = tuple[etree._Element, list[tuple[int, str]], int]
"""A module of a book: its document, level and title of each part of the book that begins with it, and the level of its own title."""


def _modules(root: etree._Element) -> list[_Module]:
    """The modules of a book in their order; a module by itself is one."""
    if local_name(root) == "document":
        return [(root, [], 1)]
    found: list[_Module] = []
    begun: set[etree._Element] = set()
    for document in root.iter(f"{{http://{_NAMESPACE}}}document"):
        parts = [part for part in document.iterancestors() if local_name(part) == "subcollection"][::-1]
        opened = []
        for depth, part in enumerate(parts, start=1):
            title = part.find("{*}title")
            if part not in begun and title is not None:
                opened.append((min(depth, 6), _inline(title, {})))
            begun.add(part)
        found.append((document, opened, min(len(parts) + 1, 6)))
    if not found:
        raise UnreadableError("no-text", "The book has no module.")
    return found


def _outline(modules: list[_Module]) -> Iterator[tuple[int, str, int]]:
    """The table of contents of a book; none for a module by itself."""
    for number, (root, parts, level) in enumerate(modules if len(modules) > 1 else [], start=1):
        yield from ((depth, title, number) for depth, title in parts if title)
        title = root.find("{*}title")
        if title is not None and (text := _inline(title, {})):
            yield level, text, number


def _module(raw: bytes, warnings: list[str]) -> etree._Element:
    root = parse_xml(raw, warnings)
    if local_name(root) not in ("document", "book"):
        raise UnreadableError("unsupported", "The XML is not a CNXML document.")
    return root


def _number_links(root: etree._Element, numbers: dict[str, str]) -> list[str]:
    """Say in each reference without a text what it points at; returns what it says."""
    made: list[str] = []
    for link in root.iter("{*}link"):
        number = numbers.get(link.get("target-id", ""), "")
        if number and not "".join(link.itertext()).strip():
            link.text = number
            made.append(number)
    return made


def _document_blocks(root: etree._Element, numbers: dict[str, str], level: int) -> Iterator[Block]:
    title = root.find("{*}title")
    if title is not None:
        yield Block("heading", _inline(title, numbers), level=level)
    abstract = root.find("{*}metadata/{*}abstract")
    if abstract is not None and len(abstract):
        yield _made_heading("Learning objectives", level + 1)
        yield from _content(abstract, level + 1, numbers)
    content = root.find("{*}content")
    if content is not None:
        yield from _content(content, level, numbers)
    glossary = root.find("{*}glossary")
    if glossary is not None:
        yield _made_heading("Glossary", level + 1)
        yield Block("list", "\n".join(f"- {_definition(item, numbers)}" for item in children(glossary, "definition")))


def _made_heading(text: str, level: int) -> Block:
    """The heading of what has none."""
    return Block("heading", text, level=min(level, 6), made=(text,))


def _numbers(root: etree._Element) -> dict[str, str]:
    """id to "Figure 2", "Table 1" …, in the order of the document; the parts of a figure do not count."""
    counts: dict[str, int] = {}
    numbers: dict[str, str] = {}
    for element in root.iter():
        name = local_name(element)
        if name in _NUMBERED and element.get("id"):
            if name == "figure" and local_name(element.getparent()) == "subfigure":
                continue
            counts[name] = counts.get(name, 0) + 1
            numbers[element.get("id", "")] = f"{_NUMBERED[name]} {counts[name]}"
    return numbers


def _content(element: etree._Element, level: int, numbers: dict[str, str]) -> Iterator[Block]:
    for child in children(element):
        yield from _block(child, level, numbers)


def _block(element: etree._Element, level: int, numbers: dict[str, str]) -> Iterator[Block]:
    name = local_name(element)
    if name == "section":
        title = element.find("{*}title")
        yield Block("heading", _inline(title, numbers) if title is not None else "", level=min(level + 1, 6))
        yield from _content(element, level + 1, numbers)
    elif name in ("para", "quote", "meaning", "item"):
        yield from _paragraph(element, level, numbers)
    elif name == "list":
        signs: list[str] = []
        lines = "\n".join(_list_lines(element, 0, numbers, signs))
        yield Block("list", lines, made=tuple(signs))
    elif name == "figure":
        yield _caption(element, numbers)
    elif name == "table":
        yield _caption(element, numbers)
        yield from _table(element, numbers)
    elif name in ("note", "example", "rule", "statement", "proof"):
        title = element.find("{*}title")
        heading = _inline(title, numbers) if title is not None else ""
        label = element.find("{*}label")
        heading = heading or (_inline(label, numbers) if label is not None else "")
        if heading:
            yield Block("heading", heading, level=min(level + 1, 6))
        else:
            yield _made_heading(_class_name(element), level + 1)
        yield from _content(element, level + 1, numbers)
    elif name == "exercise":
        for part in children(element, "problem", "solution"):
            yield from _exercise_part(part, level, numbers)
    elif name == "equation":
        yield Block("formula", formula_of(element, display=True))
    elif name in ("code", "preformat"):
        yield Block("paragraph", "".join(element.itertext()).strip("\n"))
    elif name == "definition":
        yield Block("paragraph", _definition(element, numbers))


def _exercise_part(part: etree._Element, level: int, numbers: dict[str, str]) -> Iterator[Block]:
    blocks = list(_content(part, level, numbers))
    if local_name(part) == "solution" and blocks:
        first = blocks[0]
        if first.kind == "paragraph":
            blocks[0] = Block("paragraph", f"Answer: {first.text}", made=("Answer",))
        else:
            blocks.insert(0, Block("paragraph", "Answer:", made=("Answer",)))
    yield from blocks


def _class_name(element: etree._Element) -> str:
    """A note without a title is called by its class: `microbiology check-your-understanding`."""
    names = (element.get("class") or "").split()
    return names[-1].replace("-", " ").capitalize() if len(names) > 1 and len(names[-1]) > 3 else ""


def _paragraph(element: etree._Element, level: int, numbers: dict[str, str]) -> Iterator[Block]:
    """A paragraph; blocks in it cut it (a list, an equation) or follow it (a figure, a table); then its footnotes."""
    title = element.find("{*}title")
    text = f"{_inline(title, numbers)}. " if title is not None and title.getparent() is element else ""
    text += element.text or ""
    floats: list[etree._Element] = []
    notes: list[str] = []
    for child in element:
        name = local_name(child)
        if name in ("figure", "table", "note", "example"):
            floats.append(child)
        elif name in _BLOCKS - {"media"}:
            if clean_line(text):
                yield Block("paragraph", clean_line(text))
            text = ""
            yield from _block(child, level, numbers)
        elif name == "footnote":
            notes.append(_inline(child, numbers))
        else:
            text = _append(text, child, numbers)
        text += child.tail or ""
    if clean_line(text):
        yield Block("paragraph", clean_line(text))
    for note in notes:
        yield Block("footnote", note)
    for float_ in floats:
        yield from _block(float_, level, numbers)


def _caption(element: etree._Element, numbers: dict[str, str]) -> Block:
    parts = [
        _inline(found, numbers) for name in ("title", "caption") if (found := element.find(f"{{*}}{name}")) is not None
    ]
    text = " ".join(part if part.endswith((".", "?")) else f"{part}." for part in parts if part)
    number = numbers.get(element.get("id", ""), "")
    if not text or not number:
        return Block("caption", text)
    return Block("caption", f"{number}. {text}", made=(number,))


def _table(element: etree._Element, numbers: dict[str, str]) -> Iterator[Block]:
    for group in children(element, "tgroup"):
        columns: dict[str, int] = {}
        for column in group.iter("{*}colspec"):
            columns[column.get("colname", "")] = len(columns) + 1
        rows = []
        for row in group.iter("{*}row"):
            cells = []
            for cell in children(row, "entry"):
                start, end = columns.get(cell.get("namest", "")), columns.get(cell.get("nameend", ""))
                width = end - start + 1 if start and end and end >= start else 1
                more = cell.get("morerows", "0")
                height = 1 + (int(more) if more.isdecimal() and len(more) < 4 else 0)
                cells.append(Cell(_inline(cell, numbers), width, height))
            rows.append(cells)
        if len(rows) > 1 and len(rows[0]) == 1 and rows[0][0].columns > 1:  # a row across the table is its title
            yield Block("caption", rows.pop(0)[0].text)
        yield table_block(rows)


def _list_lines(element: etree._Element, depth: int, numbers: dict[str, str], signs: list[str]) -> Iterator[str]:
    """The lines of a list; the numbers that they begin with are put into `signs`."""
    enumerated = element.get("list-type") == "enumerated"
    style = element.get("number-style", "arabic")
    for index, item in enumerate(children(element, "item")):
        sign = "-"
        if enumerated:
            letter = chr(ord("a") + index % 26)
            sign = {"lower-alpha": f"{letter}.", "upper-alpha": f"{letter.upper()}."}.get(style, f"{index + 1}.")
            signs += [sign] if sign != "-" else []
        inner = [
            nested for nested in item.iterdescendants("{*}list") if next(nested.iterancestors("{*}item"), None) is item
        ]
        yield f"{'  ' * min(depth, 6)}{sign} {_inline(item, numbers, frozenset({'list'}))}".rstrip()
        for nested in inner:
            yield from _list_lines(nested, depth + 1, numbers, signs)


def _definition(element: etree._Element, numbers: dict[str, str]) -> str:
    term = element.find("{*}term")
    meanings = " ".join(_inline(meaning, numbers) for meaning in children(element, "meaning"))
    return f"{_inline(term, numbers)}: {meanings}" if term is not None else meanings


def _inline(element: etree._Element, numbers: dict[str, str], skip: frozenset[str] = frozenset()) -> str:
    text = element.text or ""
    for child in element:
        if local_name(child) not in skip:
            text = _append(text, child, numbers)
        text += child.tail or ""
    return clean_line(text)


def _append(text: str, child: etree._Element, numbers: dict[str, str]) -> str:
    name = local_name(child)
    if not name:
        return text + entity_text(child)
    if name in _SILENT or name == "footnote":
        return text + (" " if name in ("newline", "space") else "")
    if name == "math":
        return f"{text}{formula_of(child)}"
    if name == "link":
        return text + _inline(child, numbers)
    inner = _inline(child, numbers)
    if name in _BLOCKS or name in ("item", "entry"):
        return f"{text} {inner} "
    return _spaced(text, child, inner)


def _spaced(text: str, child: etree._Element, inner: str) -> str:
    """Keep the white space at the edges of an inline element, which cleaning its text took away."""
    before = " " if (child.text or "")[:1].isspace() else ""
    last = child[-1].tail if len(child) else child.text
    after = " " if (last or "")[-1:].isspace() else ""
    return f"{text}{before}{inner}{after}"
