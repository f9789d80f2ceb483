"""JATS, NLM and BITS XML (articles and books as PubMed Central, Bookshelf and publishers give them; https://jats.nlm.nih.gov/).

An article, or a chapter of a book, is one page, also where a set or an envelope (OAI) is around it. Floats (figures, tables) stand after the paragraph that they are written in; references are
blocks of their own. Superscript citations become `[3]`, so that `risk<sup>3</sup>` does not read as a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from ingest.containers.compression import read_bounded, unpacked_head
from ingest.document import Block, Mark, Page, Probe, ReadOptions, UnreadableError
from ingest.left_out import METADATA, READING_AID, STRUCK_OUT, LeftOut, leave_all_out, told
from ingest.page.markdown_table import Cell, span, table_block
from ingest.readers.inline_text import clean_line, formula_of, tex_formula, write_marks
from ingest.readers.shown_text import DESCRIPTION, IDENTIFIER, Markup, shown_text
from ingest.readers.written_numbers import written_number
from ingest.safe_xml import children, entity_text, local_name, parse_xml, root_of

_XLINK_HREF = "{http://www.w3.org/1999/xlink}href"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_SETS = ("pmc-articleset", "articles", "article-set")
_BOOKS = ("book-part-wrapper", "book-part", "book")
_SIGNS = (b"JATS", b"NLM//DTD", b"<front", b"article-type=", b"journal-meta", b"dtd-version")
_BOOK_SIGNS = (b"BITS", b"NLM//DTD", b"<book-meta", b"<book-part", b"book-title-group")
_FLOATS = frozenset({"fig", "fig-group", "table-wrap", "table-wrap-group", "boxed-text", "supplementary-material",
                     "media", "chem-struct-wrap"})  # fmt: skip
_FLOW = frozenset({"list", "def-list", "disp-formula", "disp-formula-group", "disp-quote", "verse-group", "code",
                   "preformat", "speech", "statement"})  # fmt: skip
_SILENT = frozenset({"graphic", "inline-graphic", "object-id", "alt-text", "long-desc", "permissions", "label",
                     "processing-meta", "x", "tex-math", "annotation"})  # fmt: skip
_METADATA = frozenset(
    {"subtitle", "sec-meta", "kwd-group", "related-article", "related-object", "book-part-meta", "book-meta"}
)
_TAKEN_APART = frozenset(
    {"p", "list", "def-list", "sec", "table-wrap", "table", "fig", "disp-formula", "question", "answer"}
)
"""Blocks: what holds one of these is gone through, and what holds none is a paragraph, whatever it is called."""
_LIST_FORMATS = {"order": "decimal", "ordered": "decimal", "alpha-lower": "lowerLetter", "alpha-upper": "upperLetter",
                 "roman-lower": "lowerRoman", "roman-upper": "upperRoman"}  # fmt: skip
_MONTHS = {name: number for number, name in enumerate(
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1)}  # fmt: skip


_MARKUP = Markup(
    inline=frozenset({"abbrev", "bold", "ext-link", "fixed-case", "inline-supplementary-material", "italic", "monospace", "named-content",
                      "overline", "private-char", "roman", "sans-serif", "sc", "styled-content", "underline", "uri", "xref"}),
    links=frozenset({"xref"}),
    left_out=dict.fromkeys(("contrib-group", "permissions", "processing-meta", "related-article", "related-object", "sec-meta"), METADATA)
    | {"object-id": IDENTIFIER, "alt-text": DESCRIPTION, "long-desc": DESCRIPTION},
    only=dict.fromkeys(("article-meta", "front-stub"), frozenset({"title-group", "abstract", "trans-abstract", "kwd-group"}))
    | dict.fromkeys(("book-meta", "book-part-meta"), frozenset({"title-group", "book-title-group", "abstract"}))
    | {"front": frozenset({"article-meta"}), "title-group": frozenset({"article-title", "subtitle", "title", "label"})},
    silent=frozenset({"annotation", "annotation-xml", "graphic", "inline-graphic"}),
    choices={"alternatives": ("tex-math", "math", "table"), "citation-alternatives": ()},
    tex=frozenset({"tex-math"}),
)  # fmt: skip


class JatsReader:
    """Journal articles in JATS or NLM XML."""

    name = "jats"

    def sniff(self, head: bytes, path: str) -> bool:
        """XML whose root element is a JATS article, a BITS book or chapter, or something around articles."""
        head = unpacked_head(head)
        root, namespace = root_of(head)
        if not root or root.lower() == "html" or b"docbook" in namespace.lower().encode() or b"DTD DocBook" in head:
            return False
        if root in _BOOKS:
            return any(sign in head for sign in _BOOK_SIGNS)
        return root in _SETS or (
            re.search(rb"<(?:\w+:)?article[\s>]", head) is not None and any(s in head for s in _SIGNS)
        )

    def probe(self, path: Path, options: ReadOptions) -> Probe:
        """Everything that the article says of itself; raises `UnreadableError`."""
        warnings: list[str] = []
        units = _units(read_bounded(path), warnings)
        unit = units[0]
        meta = next((meta for place in _META if (meta := unit.find(place)) is not None), None)
        if meta is None:
            meta = etree.Element("article-meta")
        is_book = local_name(unit) != "article"
        book = next((found for found in unit.getroottree().iter("{*}book-meta")), None) if is_book else None
        own = meta if book is None or len(units) == 1 else book
        return Probe(
            n_pages=len(units),
            title=_title(own),
            authors=_authors(own),
            date=_date(own) or (_date(book) if book is not None else ""),
            version=_first_text(own, "{*}article-version")
            or (_first_text(book, "{*}edition") if book is not None else ""),
            lang=(unit.get(_XML_LANG) or unit.getroottree().getroot().get(_XML_LANG) or "")[:2].lower(),
            license=_license(own) or (_license(book) if book is not None else ""),
            source_type="textbook" if is_book else "literature",
            identifiers=_identifiers(unit, own) | (_book_identifiers(book) if book is not None else {}),
            warnings=tuple(warnings),
        )

    def read(self, path: Path, first: int, last: int, options: ReadOptions, mark: Mark) -> Iterator[Page]:
        """One page an article or chapter."""
        for number, unit in enumerate(_units(read_bounded(path), []), start=1):
            if not first <= number <= last:
                continue
            mark(f"page {number}")
            shown = shown_text(unit, _MARKUP)
            left_out = _without_void(unit)
            made = _number_items(unit)
            write_marks(unit)
            if local_name(unit) in _BACKS:
                parts = _section_content(unit, 0)
            else:
                parts = _chapter_blocks(unit, 1) if local_name(unit) != "article" else _article_blocks(unit)
            blocks = tuple(block for block in parts if block.text)
            if not blocks:
                raise UnreadableError("no-text", "The article has neither an abstract nor a body.")
            reason = "; ".join(["JATS XML", *told(left_out)])
            conservation = shown.compared(blocks, left_out, made)
            yield Page(number, "jats", reason, 0.0, 0.0, blocks, conservation=conservation)


_META = ("{*}front/{*}article-meta", "{*}front-stub", "{*}book-part-meta", ".//{*}article-meta", ".//{*}book-part-meta", ".//{*}book-meta")  # fmt: skip
"""Where an article or a chapter says what it is, the nearest place first."""


def _units(raw: bytes, warnings: list[str]) -> list[etree._Element]:
    """The articles of a file, or the chapters of its book."""
    root = parse_xml(raw, warnings)
    name = local_name(root)
    if name in ("article", "book-part"):
        return [root]
    if name in _BOOKS:
        chapters = [part for part in root.iter(*(f"{{*}}{kind}" for kind in _CHAPTERS)) if not _is_within(part)]
        behind = [back for back in children(root, *_BACKS) if "".join(back.itertext()).strip()]
        return [*chapters, *behind] if chapters else [root]
    articles = [element for element in root.iter("{*}article", "article") if local_name(element) == "article"]
    if not articles:
        raise UnreadableError("unsupported", "The XML holds no JATS article.")
    return articles


_CHAPTERS = ("book-part", "front-matter-part", "foreword", "preface", "dedication")
_BACKS = ("book-back", "back")
"""What stands behind the chapters of a book: its appendices, references and words."""


def _is_within(part: etree._Element) -> bool:
    return any(local_name(above) in (*_CHAPTERS, *_BACKS) for above in part.iterancestors())


def _without_void(unit: etree._Element) -> LeftOut:
    """Take out what is struck out and the readings over characters; returns them, by reason."""
    left_out: LeftOut = {}
    for names, reason in ((("{*}strike",), STRUCK_OUT), (("{*}rt", "{*}rp"), READING_AID)):
        leave_all_out(list(unit.iter(*names)), reason, left_out)
    leave_all_out([last for last in unit.iter("{*}lpage") if _is_said_twice(last)], "page said twice", left_out)
    leave_all_out([number for number in unit.iter("{*}pub-id") if _is_a_catalogues(number)], IDENTIFIER, left_out)
    return left_out


def _is_said_twice(last: etree._Element) -> bool:
    """Whether a reference's last page is its first, and nothing stands between them."""
    first = last.getprevious()
    beside = first is not None and local_name(first) == "fpage" and not (first.tail or "").strip()
    return beside and first.text == last.text


def _is_a_catalogues(number: etree._Element) -> bool:
    """Whether an identifier is a catalogue's own, which a reader of the reference does not see."""
    return number.get("pub-id-type", "doi") not in _WRITTEN_IDENTIFIERS and not (number.tail or "").strip()


_WRITTEN_IDENTIFIERS = frozenset({"doi", "pmid", "pmcid", "pmc", "isbn"})


def _number_items(unit: etree._Element) -> list[str]:
    """Give each item of a numbered list that has no label of its own the one that is shown; returns those labels."""
    made: list[str] = []
    for items in unit.iter("{*}list"):
        format_ = _LIST_FORMATS.get(items.get("list-type", ""))
        if not format_:
            continue
        for number, item in enumerate(children(items, "list-item"), start=_first_number(items)):
            if not _first_text(item, "{*}label"):
                label = etree.Element("label")
                label.text = f"{items.get('prefix-word', '')} {written_number(number, format_)}.".lstrip()
                item.insert(0, label)
                made.append(label.text)
    return made


# --- what the article says of itself ---------------------------------------------------------------------------------


def _first_text(element: etree._Element, path: str) -> str:
    found = element.find(path)
    return _inline(found) if found is not None else ""


def _title(meta: etree._Element) -> str:
    for path in ("{*}title-group/{*}article-title", "{*}title-group/{*}title", "{*}book-title-group/{*}book-title"):
        if text := _first_text(meta, path):
            return text
    return ""


def _book_identifiers(book: etree._Element) -> dict[str, str]:
    digits = re.sub(r"[^0-9Xx]", "", _first_text(book, "{*}isbn"))
    found = {
        "isbn": digits if len(digits) in (10, 13) else "",
        "publisher": _first_text(book, "{*}publisher/{*}publisher-name"),
    }
    return {kind: text for kind, text in found.items() if text}


def _authors(meta: etree._Element) -> tuple[str, ...]:
    names = []
    for contributor in meta.iterfind("{*}contrib-group/{*}contrib"):
        if contributor.get("contrib-type", "author") != "author":
            continue
        name = contributor.find("{*}name")
        if name is None:
            name = contributor.find("{*}name-alternatives/{*}name")
        if name is not None:
            parts = [
                _first_text(name, "{*}given-names"),
                _first_text(name, "{*}surname"),
                _first_text(name, "{*}suffix"),
            ]
            names.append(" ".join(part for part in parts if part))
        else:
            names.append(_first_text(contributor, "{*}collab") or _first_text(contributor, "{*}string-name"))
    return tuple(name for name in names if name)


def _date(meta: etree._Element) -> str:
    """The earliest date of publication."""
    dates = []
    for date in meta.iterfind("{*}pub-date"):
        if date.get("date-type") in ("retracted", "corrected") or date.get("pub-type") in (
            "nihms-submitted",
            "pmc-release",
        ):
            continue
        iso = date.get("iso-8601-date", "")
        year = _first_text(date, "{*}year")
        if not re.fullmatch(r"\d{4}", year):
            if re.match(r"\d{4}", iso):
                dates.append(iso[:10])
            continue
        month = _first_text(date, "{*}month").lower()
        month_number = int(month) if month.isdecimal() else _MONTHS.get(month[:3], 0)
        day = _first_text(date, "{*}day")
        text = year
        if 1 <= month_number <= 12:
            text += f"-{month_number:02d}"
            if day.isdecimal() and 1 <= int(day) <= 31:
                text += f"-{int(day):02d}"
        dates.append(text)
    # "2015" says less than "2015-10-04": compare as if it were the year's end.
    return min(dates, key=lambda text: text + "-99-99"[len(text) - 10 :] if len(text) < 10 else text, default="")


def _license(meta: etree._Element) -> str:
    """The licence's address when it is given, its words otherwise."""
    for element in meta.iterfind("{*}permissions//{*}license_ref"):
        if (element.text or "").strip():
            return (element.text or "").strip()
    for element in meta.iterfind("{*}permissions/{*}license"):
        address = element.get(_XLINK_HREF, "")
        if address:
            return address
        for link in element.iterfind(".//{*}ext-link"):
            address = link.get(_XLINK_HREF, "")
            if "creativecommons.org" in address:
                return address
        text = " ".join(_inline(paragraph) for paragraph in element) or _inline(element)
        found = re.search(r"https?://creativecommons\.org/\S+?(?=[\s)\],;]|\.?$)", text)
        if found:
            return found.group(0)
        named = re.search(r"Creative Commons [A-Z][\w -]*?(?:Licen[sc]e|Declaration)(?: \d\.\d)?", text)
        return named.group(0) if named else text[:300] or element.get("license-type", "")
    return _first_text(meta, "{*}permissions/{*}copyright-statement")[:300]


def _identifiers(article: etree._Element, meta: etree._Element) -> dict[str, str]:
    found: dict[str, str] = {}
    for element in meta.iterfind("{*}article-id"):
        kind = element.get("pub-id-type", "")
        text = _inline(element)
        if kind in ("doi", "pmid") and text:
            found.setdefault(kind, text)
        elif kind in ("pmc", "pmcid") and text:
            found.setdefault("pmcid", text if text.upper().startswith("PMC") else f"PMC{text}")
    journal = article.find(".//{*}journal-meta")
    if journal is not None:
        found["journal"] = _first_text(journal, ".//{*}journal-title")
        found["issn"] = _first_text(journal, "{*}issn")
        found["publisher"] = _first_text(journal, ".//{*}publisher-name")
    found["article_type"] = article.get("article-type", "")
    return {kind: text for kind, text in found.items() if text}


# --- blocks ----------------------------------------------------------------------------------------------------------


def _article_blocks(article: etree._Element) -> Iterator[Block]:
    meta = article.find("{*}front/{*}article-meta")
    if meta is None:
        meta = article.find("{*}front-stub")
    if meta is not None:
        title = _first_text(meta, "{*}title-group/{*}article-title")
        subtitle = _first_text(meta, "{*}title-group/{*}subtitle")
        yield Block("heading", f"{title}: {subtitle}" if subtitle and title else title, level=1)
        for abstract in children(meta, "abstract", "trans-abstract"):
            kind = {"summary": "Summary", "editor": "Editors' summary", "graphical": "Graphical abstract",
                    "teaser": "Summary", "toc": "Summary"}.get(abstract.get("abstract-type", ""), "Abstract")  # fmt: skip
            yield _titled(_first_text(abstract, "{*}title"), kind, 2)
            yield from _section_content(abstract, 2)
        for group in children(meta, "kwd-group"):
            words = "; ".join(filter(None, (_inline(word) for word in group.iter("{*}kwd"))))
            if words:
                name = _titled(_first_text(group, "{*}title"), "Keywords", 0)
                yield Block("paragraph", f"{name.text}: {words}", made=name.made)
    for body in children(article, "body"):
        yield from _section_content(body, 1)
    for floats in children(article, "floats-group", "floats-wrap"):
        for float_ in children(floats):
            yield from _float(float_, 2)
    for back in children(article, "back"):
        yield from _section_content(back, 1)
    for part in children(article, "sub-article", "response"):
        yield from _article_blocks(part)


def _titled(title: str, otherwise: str, level: int) -> Block:
    """A section's heading: its title, or what such a section is called."""
    return Block("heading", title or otherwise, level=min(level, 6), made=() if title else (otherwise,))


def _chapter_blocks(part: etree._Element, level: int) -> Iterator[Block]:
    """A part of a book: its title, its text, the parts within it."""
    meta = part.find("{*}book-part-meta")
    if meta is None:
        meta = part.find("{*}book-meta")
    if meta is not None:
        label = _first_text(meta, "{*}title-group/{*}label")
        title = _title(meta)
        yield Block("heading", f"{label} {title}" if label and title else title, level=min(level, 6))
        for abstract in children(meta, "abstract"):
            yield from _section_content(abstract, level)
    for place in children(
        part, "front-matter", "book-front", "body", "book-body", "back", "book-back", "named-book-part-body"
    ):
        yield from _section_content(place, level)
    for inner in children(part, "book-part"):
        yield from _chapter_blocks(inner, level + 1)


def _section_content(section: etree._Element, level: int) -> Iterator[Block]:
    """The blocks in a section (or abstract, body, back), whose own heading has `level` and is not among them."""
    for child in section:
        name = local_name(child)
        if name in ("sec", "ack", "app", "notes", "glossary", "bio"):
            yield from _section(child, level + 1)
        elif name == "app-group":
            yield from _section_content(child, level)
        elif name == "ref-list":
            yield from _reference_list(child, level + 1)
        elif name == "fn-group":
            yield from _footnotes(child)
        elif name in ("book-part", "front-matter-part"):
            yield from _chapter_blocks(child, level + 1)
        elif name in ("title", "label", "sec-meta", "caption"):
            continue
        else:
            yield from _block(child, level)


_NAMED_SECTIONS = {"ack": "Acknowledgements", "glossary": "Abbreviations"}


def _section(section: etree._Element, level: int) -> Iterator[Block]:
    title = _first_text(section, "{*}title")
    label = _first_text(section, "{*}label")
    if label and title and not title.startswith(label):
        title = f"{label} {title}"
    yield _titled(title or label, _NAMED_SECTIONS.get(local_name(section), ""), level)
    yield from _section_content(section, level)


def _block(element: etree._Element, level: int) -> Iterator[Block]:
    name = local_name(element)
    if name == "p":
        yield from _paragraph(element, level)
    elif name in ("list", "def-list"):
        yield from _list(element, level)
    elif name in ("disp-formula", "disp-formula-group"):
        yield Block("formula", _formula(element, display=True))
    elif name in ("code", "preformat"):
        yield Block("paragraph", "".join(element.itertext()).strip("\n"))
    elif name == "verse-group":
        yield Block("paragraph", "\n".join(filter(None, (_inline(line) for line in children(element)))))
    elif name in ("disp-quote", "speech", "statement", "license", "named-content", "styled-content", "fn"):
        yield from _section_content(element, level)
    elif name in _FLOATS:
        yield from _float(element, level + 1)
    elif name in ("table", "alternatives", "array"):
        yield from _table(element)
    elif name in ("question", "answer", "explanation", "option"):
        yield from _labelled(element, level)
    elif name in _SILENT or name in _METADATA or not name:
        return
    elif any(local_name(child) in _TAKEN_APART for child in element.iter()):
        yield from _section_content(element, level)
    else:
        yield Block("paragraph", _inline(element))


def _labelled(element: etree._Element, level: int) -> Iterator[Block]:
    """A part of a question: its label, or what it is, before its first paragraph."""
    own = _first_text(element, "{*}label")
    label = own or ("Answer:" if local_name(element) == "answer" else "")
    for block in _section_content(element, level):
        if label and block.kind == "paragraph":
            block = Block("paragraph", f"{label} {block.text}", made=() if own else (label,))
            label = ""
        yield block


def _paragraph(paragraph: etree._Element, level: int) -> Iterator[Block]:
    """A paragraph; lists and formulas in it cut it, floats in it follow it."""
    floats: list[etree._Element] = []
    text = paragraph.text or ""
    for child in paragraph:
        name = local_name(child)
        if name in _FLOATS:
            floats.append(child)
        elif name in _FLOW:
            if clean_line(text):
                yield Block("paragraph", clean_line(text))
            text = ""
            yield from _block(child, level)
        else:
            text = _append_inline(text, child)
        text += child.tail or ""
    if clean_line(text):
        yield Block("paragraph", clean_line(text))
    for float_ in floats:
        yield from _float(float_, level + 1)


def _float(element: etree._Element, level: int) -> Iterator[Block]:
    """A figure, table or box: its caption, then what it holds."""
    name = local_name(element)
    label = _first_text(element, "{*}label")
    caption = element.find("{*}caption")
    if name == "boxed-text":
        title = _first_text(element, "{*}title") or (_first_text(caption, "{*}title") if caption is not None else "")
        yield Block("heading", f"{label}. {title}".strip(" .") if label else title, level=min(level, 6))
        if caption is not None:
            yield from (Block("paragraph", _inline(p)) for p in children(caption, "p"))
        yield from (block for block in _section_content(element, level) if block.text)
        return
    if name in ("fig-group", "table-wrap-group"):
        yield Block("caption", _caption(label, caption))
        for child in children(element, *_FLOATS):
            yield from _float(child, level)
        return
    yield Block("caption", _caption(label, caption))
    for child in element:
        if local_name(child) in ("table", "alternatives", "oasis"):
            yield from _table(child)
        elif local_name(child) == "table-wrap-foot":
            yield from _footnotes(child)
        elif local_name(child) not in ("label", "caption"):
            yield from _block(child, level)


def _caption(label: str, caption: etree._Element | None) -> str:
    parts = [_inline(child) for child in children(caption, "title", "p")] if caption is not None else []
    if not label:
        return " ".join(part for part in parts if part)
    return " ".join(part for part in [label if label.endswith((".", ":")) else f"{label}.", *parts] if part)


def _footnotes(group: etree._Element) -> Iterator[Block]:
    for child in children(group):
        name = local_name(child)
        if name == "fn":
            label = _first_text(child, "{*}label")
            text = " ".join(filter(None, (_inline(part) for part in children(child) if local_name(part) != "label")))
            yield Block("footnote", f"{label} {text}".strip())
        elif name == "fn-group":
            yield from _footnotes(child)
        elif name in ("p", "attrib"):
            yield Block("footnote", _inline(child))


def _table(element: etree._Element) -> Iterator[Block]:
    """An XHTML or OASIS (CALS) table as Markdown; the `alternatives` of one are looked through for it."""
    if local_name(element) == "alternatives":
        for child in children(element, "table", "array", "oasis"):
            yield from _table(child)
            return
        return
    rows: list[list[Cell]] = []
    columns: dict[str, int] = {}
    for item in element.iter():
        name = local_name(item)
        if (
            name in ("colspec", "tr", "row")
            and next(item.iterancestors("{*}table", "{*}oasis"), element) is not element
        ):
            continue  # of a table in a cell
        if name == "colspec":
            columns[item.get("colname", "")] = len(columns) + 1
        elif name == "tr":
            rows.append([_html_cell(cell) for cell in children(item, "td", "th")])
        elif name == "row":
            rows.append([_cals_cell(cell, columns) for cell in children(item, "entry")])
    yield table_block(rows)


def _html_cell(cell: etree._Element) -> Cell:
    return Cell(_inline(cell), span(cell.get("colspan")), span(cell.get("rowspan")))


def _cals_cell(cell: etree._Element, columns: dict[str, int]) -> Cell:
    start, end = columns.get(cell.get("namest", "")), columns.get(cell.get("nameend", ""))
    width = end - start + 1 if start and end and end >= start else 1
    rows = cell.get("morerows", "0")
    return Cell(_inline(cell), width, 1 + (int(rows) if rows.isdecimal() and len(rows) < 5 else 0))


def _list(element: etree._Element, level: int) -> Iterator[Block]:
    """A list; a table, box or formula in an item stands where it is, and the list goes on behind it."""
    lines: list[str] = []
    for line in _list_lines(element, 0):
        if isinstance(line, str):
            lines.append(line)
            continue
        if lines:
            yield Block("list", "\n".join(lines))
            lines = []
        yield from _block(line, level)
    if lines:
        yield Block("list", "\n".join(lines))


_STANDS_APART = _FLOATS | {"disp-formula", "disp-formula-group", "table", "preformat"}


def _list_lines(element: etree._Element, depth: int) -> Iterator[str | etree._Element]:
    """The lines of a list and the elements between them that stand apart."""
    indent = "  " * min(depth, 8)
    if local_name(element) == "def-list":
        for item in children(element, "def-item"):
            term = _first_text(item, "{*}term")
            meaning = " ".join(_inline(definition) for definition in children(item, "def"))
            yield f"{indent}- {term}: {meaning}" if meaning else f"{indent}- {term}"
        return
    for item in children(element, "list-item"):
        label = _first_text(item, "{*}label")
        sign = label if re.search(r"\w", label) else "-"
        held: list[str] = []
        after: list[str | etree._Element] = []
        for part in children(item):
            name = local_name(part)
            if name in ("list", "def-list"):
                after.extend(_list_lines(part, depth + 1))
            elif name in _STANDS_APART:
                after.append(part)
            elif name == "p":
                held.append(_inline(part, skip=_STANDS_APART | {"list", "def-list"}))
                for inner in children(part):
                    if local_name(inner) in ("list", "def-list"):
                        after.extend(_list_lines(inner, depth + 1))
                    elif local_name(inner) in _STANDS_APART:
                        after.append(inner)
            elif name != "label":
                held.append(_inline(part))
        yield f"{indent}{sign} {' '.join(text for text in held if text)}".rstrip()
        yield from after


def _first_number(element: etree._Element) -> int:
    """1, or one more than the list has that this one goes on from."""
    before = element.get("continued-from")
    if not before:
        return 1
    for other in element.getroottree().iter("{*}list", "list"):
        if other.get("id") == before and other is not element:
            return sum(1 for _ in children(other, "list-item")) + 1
    return 1


# --- references ------------------------------------------------------------------------------------------------------

_CITATIONS = ("mixed-citation", "element-citation", "citation", "nlm-citation", "note")


def _reference_list(element: etree._Element, level: int) -> Iterator[Block]:
    yield _titled(_first_text(element, "{*}title"), "References", level)
    for child in children(element):
        if local_name(child) == "ref":
            label = _first_text(child, "{*}label").rstrip(".")
            texts = []
            made: list[str] = []
            citations = list(children(child, *_CITATIONS))
            for alternatives in children(child, "citation-alternatives"):
                citations.extend(list(children(alternatives, *_CITATIONS))[:1])
            for citation in citations:
                text, added = _citation(citation)
                texts.append(text)
                made += added
                label = label or _first_text(citation, "{*}label").rstrip(".")
            text = " ".join(text for text in texts if text)
            if text:
                yield Block("reference", f"{label}. {text}" if label else text, made=tuple(made))
        elif local_name(child) == "ref-list":
            yield from _reference_list(child, level + 1)
        elif local_name(child) == "p":
            yield Block("paragraph", _inline(child))


def _citation(citation: etree._Element) -> tuple[str, list[str]]:
    """A reference as one line, and what that says beyond the source.

    It is as it was punctuated, or put together from its parts when they have no punctuation: those that a reader looks for in their
    usual order, then whatever else it has.
    """
    between = (citation.text or "") + "".join(child.tail or "" for child in citation)
    punctuated = len(re.findall(r"[.,;:()]", between)) >= 2 or re.search(r"\w", between) is not None
    if local_name(citation) == "note" or punctuated:
        return _inline(citation), []
    taken: set[etree._Element] = set(citation.iter("{*}label"))

    def part(name: str) -> str:
        found = citation.find(f"{{*}}{name}")
        if found is None:
            return ""
        taken.add(found)
        return _inline(found)

    people = []
    made = []
    for person in citation.iter("{*}name", "{*}collab", "{*}string-name"):
        if taken.isdisjoint(person.iterancestors()):
            taken.add(person)
            people.append(_name(person) if local_name(person) == "name" else _inline(person))
    if citation.find(".//{*}etal") is not None:
        taken.update(citation.iter("{*}etal"))
        people.append("et al")
        made.append("et al")
    pages = part("fpage")
    if last := part("lpage"):
        pages = f"{pages}–{last}"
        made.append("–")
    pages = pages or part("elocation-id") or part("page-range")
    volume = part("volume") + (f"({issue})" if (issue := part("issue")) else "")
    where = f"{volume}:{pages}" if volume and pages else volume or pages
    title = part("article-title") or part("chapter-title") or part("data-title")
    source = part("source")
    publisher = ": ".join(text for text in (part("publisher-loc"), part("publisher-name")) if text)
    dated = ";".join(text for text in (part("year"), where) if text)
    sentences = [", ".join(people), title, source, publisher, dated, part("comment")]
    for identifier in citation.iterfind("{*}pub-id"):
        taken.add(identifier)
        kind = identifier.get("pub-id-type", "")
        sentences.append(f"{kind}:{_inline(identifier)}" if kind else _inline(identifier))
        made.append(kind)
    sentences += _rest(citation, taken)
    text = " ".join(
        sentence if sentence.endswith((".", "?", "!")) else f"{sentence}." for sentence in sentences if sentence
    )
    return (text, made) if text else (_inline(citation), [])


def _name(person: etree._Element) -> str:
    """A person as references write one: the surname first."""
    order = ("prefix", "surname", "given-names", "suffix")
    return " ".join(text for name in order if (text := _first_text(person, f"{{*}}{name}")))


def _rest(element: etree._Element, taken: set[etree._Element]) -> Iterator[str]:
    """The texts of the parts of an element that have not been taken, in their order."""
    for child in children(element):
        if child in taken or local_name(child) in _SILENT:
            continue
        if taken.isdisjoint(child.iterdescendants()):
            yield _inline(child)
        else:
            yield from _rest(child, taken)


# --- inline text -----------------------------------------------------------------------------------------------------


def _inline(element: etree._Element | None, skip: frozenset[str] = frozenset()) -> str:
    """The running text of an element on one line."""
    return "" if element is None else clean_line(_raw_inline(element, skip))


def _raw_inline(element: etree._Element, skip: frozenset[str] = frozenset()) -> str:
    text = element.text or ""
    for child in element:
        if local_name(child) not in skip:
            text = _append_inline(text, child, skip)
        text += child.tail or ""
    return text


_SIDE_BY_SIDE = frozenset({"pub-id", "ext-link", "uri", "object-id", "surname", "given-names", "suffix"})
"""Parts of a reference or a name that may follow one another without a character between them."""


def _append_inline(text: str, child: etree._Element, skip: frozenset[str] = frozenset()) -> str:
    """`text` with what an inline element stands for put at its end."""
    name = local_name(child)
    if not name:
        return text + entity_text(child)
    if name in _SILENT:
        return text
    if name in ("break", "hr"):
        return text + " "
    if name in ("inline-formula", "disp-formula", "math", "tex-math"):
        formula = _formula(child)
        return f"{text} {formula} " if formula.startswith("$") else f"{text}{formula}"
    if name in ("list", "def-list"):
        lines = (line.strip() if isinstance(line, str) else _inline(line) for line in _list_lines(child, 0))
        return f"{text} {' '.join(f'• {line[2:]}' if line.startswith('- ') else line for line in lines)} "
    if name == "table":
        return f"{text} {_rows_as_text(child)} "
    inner = _raw_inline(child, skip)
    if name in _SIDE_BY_SIDE and inner[:1].isalnum() and re.search(r"[\w.,;)]$", text):
        return f"{text} {inner}"  # side by side without a sign between them, as in references
    if name in ("p", "title", "list-item", "def-item", "sec", "fn", "td", "th") or name in _FLOATS:
        return f"{text} {inner} "  # blocks inside a cell, note or item
    return text + inner


def _rows_as_text(table: etree._Element) -> str:
    """A table within a cell: `name: value; name: value`."""
    rows = [[_inline(cell) for cell in children(row, "td", "th", "entry")] for row in table.iter("{*}tr", "{*}row")]
    filled = [[cell for cell in row if cell] for row in rows]
    return "; ".join(f"{row[0]}: {', '.join(row[1:])}" if len(row) > 1 else row[0] for row in filled if row)


def _formula(element: etree._Element, *, display: bool = False) -> str:
    """A formula as LaTeX: the TeX that the article has, or its MathML's; with its number."""
    label = _first_text(element, "{*}label")
    tex = element if local_name(element) == "tex-math" else element.find(".//{*}tex-math")
    math = element if local_name(element) == "math" else element.find(".//{*}math")
    if tex is not None:
        body = tex_formula("".join(tex.itertext()), display=display)
    elif math is not None:
        body = formula_of(math, display=display)
    else:
        body = clean_line(_raw_inline(element))
    return f"{body} {label}" if body and label else body
