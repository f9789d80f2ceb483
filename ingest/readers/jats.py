"""JATS and NLM XML (journal articles as PubMed Central and publishers give them; https://jats.nlm.nih.gov/).

An article is one page. Floats (figures, tables) stand after the paragraph that they are written in; references are
blocks of their own. Superscript citations become `[3]`, so that `risk<sup>3</sup>` does not read as a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from ingest.containers.compression import read_bounded, unpacked_head
from ingest.document import Block, Mark, Page, Probe, ReadOptions, UnreadableError
from ingest.page.markdown_table import Cell, markdown_table, spread
from ingest.readers.inline_text import clean_line, math_text, write_marks
from ingest.safe_xml import children, entity_text, local_name, parse_xml, root_of, was_cut

_XLINK_HREF = "{http://www.w3.org/1999/xlink}href"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_ROOTS = ("article", "pmc-articleset", "articles", "article-set")
_FLOATS = frozenset({"fig", "fig-group", "table-wrap", "table-wrap-group", "boxed-text", "supplementary-material",
                     "media", "chem-struct-wrap"})  # fmt: skip
_FLOW = frozenset({"list", "def-list", "disp-formula", "disp-formula-group", "disp-quote", "verse-group", "code",
                   "preformat", "speech", "statement"})  # fmt: skip
_SILENT = frozenset({"graphic", "inline-graphic", "object-id", "alt-text", "long-desc", "permissions", "label",
                     "processing-meta", "x", "tex-math", "annotation"})  # fmt: skip
_MONTHS = {name: number for number, name in enumerate(
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1)}  # fmt: skip


class JatsReader:
    """Journal articles in JATS or NLM XML."""

    name = "jats"

    def sniff(self, head: bytes, path: str) -> bool:
        """XML whose root element is a JATS article or a set of them."""
        head = unpacked_head(head)
        root, namespace = root_of(head)
        if root not in _ROOTS or "docbook" in namespace:
            return False
        signs = (b"JATS", b"NLM//DTD", b"<front", b"article-type=", b"journal-meta", b"dtd-version")
        return root != "article" or any(sign in head for sign in signs)

    def probe(self, path: Path, options: ReadOptions) -> Probe:
        """Everything that the article says of itself; raises `UnreadableError`."""
        raw = read_bounded(path)
        articles = _articles(raw)
        article = articles[0]
        meta = article.find(".//{*}front/{*}article-meta")
        if meta is None:
            meta = article.find(".//{*}article-meta")
        if meta is None:
            meta = etree.Element("article-meta")
        warnings = ("the XML breaks off before its end",) if was_cut(raw) else ()
        return Probe(
            n_pages=len(articles),
            title=_inline(meta.find("{*}title-group/{*}article-title")),
            authors=_authors(meta),
            date=_date(meta),
            version=_first_text(meta, "{*}article-version"),
            lang=(article.get(_XML_LANG) or "")[:2].lower(),
            license=_license(meta),
            source_type="literature",
            identifiers=_identifiers(article, meta),
            warnings=warnings,
        )

    def read(self, path: Path, first: int, last: int, options: ReadOptions, mark: Mark) -> Iterator[Page]:
        """One page an article."""
        for number, article in enumerate(_articles(read_bounded(path)), start=1):
            if not first <= number <= last:
                continue
            mark(f"page {number}")
            blocks = tuple(block for block in _article_blocks(article) if block.text)
            if not blocks:
                raise UnreadableError("no-text", "The article has neither an abstract nor a body.")
            yield Page(page=number, route="jats", reason="JATS XML", width=0.0, height=0.0, blocks=blocks)


def _articles(raw: bytes) -> list[etree._Element]:
    root = parse_xml(raw)
    write_marks(root)
    if local_name(root) == "article":
        return [root]
    articles = [element for element in root.iter() if local_name(element) == "article"]
    if not articles:
        raise UnreadableError("unsupported", "The XML holds no JATS article.")
    return articles


# --- what the article says of itself ---------------------------------------------------------------------------------


def _first_text(element: etree._Element, path: str) -> str:
    found = element.find(path)
    return _inline(found) if found is not None else ""


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
            yield Block("heading", _first_text(abstract, "{*}title") or kind, level=2)
            yield from _section_content(abstract, 2)
        for group in children(meta, "kwd-group"):
            words = "; ".join(filter(None, (_inline(word) for word in group.iter("{*}kwd"))))
            if words:
                yield Block("paragraph", f"{_first_text(group, '{*}title') or 'Keywords'}: {words}")
    for body in children(article, "body"):
        yield from _section_content(body, 1)
    for floats in children(article, "floats-group", "floats-wrap"):
        for float_ in children(floats):
            yield from _float(float_, 2)
    for back in children(article, "back"):
        yield from _section_content(back, 1)
    for part in children(article, "sub-article", "response"):
        yield from _article_blocks(part)


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
        elif name in ("title", "label", "sec-meta"):
            continue
        else:
            yield from _block(child, level)


def _section(section: etree._Element, level: int) -> Iterator[Block]:
    title = _first_text(section, "{*}title")
    label = _first_text(section, "{*}label")
    if not title and local_name(section) in ("ack", "glossary"):
        title = {"ack": "Acknowledgements", "glossary": "Abbreviations"}[local_name(section)]
    if label and title and not title.startswith(label):
        title = f"{label} {title}"
    yield Block("heading", title or label, level=min(level, 6))
    yield from _section_content(section, level)


def _block(element: etree._Element, level: int) -> Iterator[Block]:
    name = local_name(element)
    if name == "p":
        yield from _paragraph(element, level)
    elif name in ("list", "def-list"):
        yield Block("list", "\n".join(_list_lines(element, 0)))
    elif name in ("disp-formula", "disp-formula-group"):
        yield Block("formula", _formula(element))
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
    elif name == "attrib":
        yield Block("paragraph", _inline(element))


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
        if caption is not None:
            yield Block("caption", _caption(label, caption))
        for child in children(element, *_FLOATS):
            yield from _float(child, level)
        return
    text = _caption(label, caption)
    if caption is not None and text:
        yield Block("caption", text)
    if name == "table-wrap":
        for child in element:
            if local_name(child) in ("table", "alternatives", "oasis"):
                yield from _table(child)
            elif local_name(child) == "table-wrap-foot":
                yield from _footnotes(child)
            elif local_name(child) in ("p", "list", "def-list", "disp-formula"):
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
        if name == "colspec":
            columns[item.get("colname", "")] = len(columns) + 1
        elif name == "tr":
            rows.append([_html_cell(cell) for cell in children(item, "td", "th")])
        elif name == "row":
            rows.append([_cals_cell(cell, columns) for cell in children(item, "entry")])
    yield Block("table", markdown_table(spread(rows)))


def _span(text: str | None) -> int:
    return max(1, int(text)) if text and text.strip().isdecimal() and len(text) < 5 else 1


def _html_cell(cell: etree._Element) -> Cell:
    return Cell(_inline(cell), _span(cell.get("colspan")), _span(cell.get("rowspan")))


def _cals_cell(cell: etree._Element, columns: dict[str, int]) -> Cell:
    start, end = columns.get(cell.get("namest", "")), columns.get(cell.get("nameend", ""))
    width = end - start + 1 if start and end and end >= start else 1
    rows = cell.get("morerows", "0")
    return Cell(_inline(cell), width, 1 + (int(rows) if rows.isdecimal() and len(rows) < 5 else 0))


def _list_lines(element: etree._Element, depth: int) -> list[str]:
    lines: list[str] = []
    indent = "  " * min(depth, 8)
    if local_name(element) == "def-list":
        for item in children(element, "def-item"):
            term = _first_text(item, "{*}term")
            meaning = " ".join(_inline(definition) for definition in children(item, "def"))
            lines.append(f"{indent}- {term}: {meaning}" if meaning else f"{indent}- {term}")
        return lines
    ordered = element.get("list-type") in ("order", "ordered")
    for number, item in enumerate(children(element, "list-item"), start=1):
        label = _first_text(item, "{*}label")
        sign = f"{number}." if ordered else "-"
        if re.fullmatch(r"\(?\w{1,4}[.)]", label):
            sign = label
        texts: list[str] = []
        nested: list[str] = []
        for part in children(item):
            name = local_name(part)
            if name in ("list", "def-list"):
                nested.extend(_list_lines(part, depth + 1))
            elif name == "p":
                texts.append(_inline(part, skip=frozenset({"list", "def-list"})))
                for inner in children(part, "list", "def-list"):
                    nested.extend(_list_lines(inner, depth + 1))
            elif name != "label":
                texts.append(_inline(part))
        lines.append(f"{indent}{sign} {' '.join(text for text in texts if text)}".rstrip())
        lines.extend(nested)
    return lines


# --- references ------------------------------------------------------------------------------------------------------

_CITATIONS = ("mixed-citation", "element-citation", "citation", "nlm-citation", "note")


def _reference_list(element: etree._Element, level: int) -> Iterator[Block]:
    yield Block("heading", _first_text(element, "{*}title") or "References", level=min(level, 6))
    for child in children(element):
        if local_name(child) == "ref":
            label = _first_text(child, "{*}label").rstrip(".")
            texts = []
            citations = list(children(child, *_CITATIONS))
            for alternatives in children(child, "citation-alternatives"):
                citations.extend(list(children(alternatives, *_CITATIONS))[:1])
            for citation in citations:
                texts.append(_citation(citation))
                label = label or _first_text(citation, "{*}label").rstrip(".")
            text = " ".join(text for text in texts if text)
            if text:
                yield Block("reference", f"{label}. {text}" if label else text)
        elif local_name(child) == "ref-list":
            yield from _reference_list(child, level + 1)
        elif local_name(child) == "p":
            yield Block("paragraph", _inline(child))


def _citation(citation: etree._Element) -> str:
    """A reference as one line: as it was punctuated, or put together from its parts when they have no punctuation."""
    between = (citation.text or "") + "".join(child.tail or "" for child in citation)
    if local_name(citation) == "note" or len(re.findall(r"[.,;:()]", between)) >= 2:
        return _inline(citation)

    def part(name: str) -> str:
        return _first_text(citation, f"{{*}}{name}")

    people = []
    for name in citation.iterfind(".//{*}name"):
        people.append(f"{_first_text(name, '{*}surname')} {_first_text(name, '{*}given-names')}".strip())
    people += [_inline(collab) for collab in citation.iterfind(".//{*}collab")]
    people += [_inline(person) for person in citation.iterfind(".//{*}string-name")]
    if citation.find(".//{*}etal") is not None:
        people.append("et al")
    pages = part("fpage") + (f"–{part('lpage')}" if part("lpage") and part("lpage") != part("fpage") else "")
    pages = pages or part("elocation-id") or part("page-range")
    volume = part("volume") + (f"({part('issue')})" if part("issue") else "")
    where = f"{volume}:{pages}" if volume and pages else volume or pages
    title = part("article-title") or part("chapter-title") or part("data-title")
    publisher = ": ".join(text for text in (part("publisher-loc"), part("publisher-name")) if text)
    dated = ";".join(text for text in (part("year"), where) if text)
    sentences = [", ".join(people), title, part("source"), publisher, dated, part("comment")]
    for identifier in citation.iterfind("{*}pub-id"):
        if identifier.get("pub-id-type") in ("doi", "pmid"):
            sentences.append(f"{identifier.get('pub-id-type')}:{_inline(identifier)}")
    text = " ".join(
        sentence if sentence.endswith((".", "?", "!")) else f"{sentence}." for sentence in sentences if sentence
    )
    return text or _inline(citation)


# --- inline text -----------------------------------------------------------------------------------------------------


def _inline(element: etree._Element | None, skip: frozenset[str] = frozenset()) -> str:
    """The running text of an element on one line."""
    return "" if element is None else clean_line(_raw_inline(element, skip))


def _raw_inline(element: etree._Element, skip: frozenset[str] = frozenset()) -> str:
    text = element.text or ""
    for child in element:
        if local_name(child) not in skip:
            text = _append_inline(text, child)
        text += child.tail or ""
    return text


def _append_inline(text: str, child: etree._Element) -> str:
    """`text` with what an inline element stands for put at its end."""
    name = local_name(child)
    if not name:
        return text + entity_text(child)
    if name in _SILENT:
        return text
    if name in ("break", "hr"):
        return text + " "
    if name in ("inline-formula", "disp-formula", "math"):
        formula = _formula(child)
        return f"{text} {formula} " if formula else text
    if name in _FLOATS:
        return text
    inner = _raw_inline(child)
    if name in ("p", "title", "list-item", "def-item", "sec", "fn", "td", "th"):  # blocks inside a cell, note or item
        return f"{text} {inner} "
    return text + inner


_TEX_WRAPPING = re.compile(
    r"\\documentclass.*?\\begin\{document\}|\\end\{document\}|\\(?:usepackage|setlength)\S*", re.DOTALL
)


def _formula(element: etree._Element) -> str:
    """A formula as TeX where the article has it, as its MathML's characters otherwise, with its number."""
    label = _first_text(element, "{*}label")
    tex = element if local_name(element) == "tex-math" else element.find(".//{*}tex-math")
    body = math_text(element) if tex is None else _TEX_WRAPPING.sub("", "".join(tex.itertext()))
    body = " ".join(body.split())
    return f"{body} {label}" if body and label else body
