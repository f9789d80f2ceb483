"""TEI P5 (https://tei-c.org/guidelines/), as libraries and GROBID write it. A text is a page; a corpus has several."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from ingest.containers.compression import read_bounded, unpacked_head
from ingest.document import Mark, Page, Probe, ReadOptions, UnreadableError
from ingest.left_out import METADATA, LeftOut, drop_all, leave_all_out, told
from ingest.readers.as_html import KIND, Names, blocks_as_html, call_as_html
from ingest.readers.inline_text import clean_line, tex_formula
from ingest.readers.shown_text import IDENTIFIER, Markup, shown_text
from ingest.safe_xml import children, local_name, parse_xml, root_of

_ROOTS = frozenset({"TEI", "TEI.2", "teiCorpus", "teiCorpus.2"})
_MARKUP = Markup(
    inline=frozenset({"abbr", "add", "corr", "del", "distinct", "emph", "expan", "foreign", "gloss", "hi", "lb", "measure", "mentioned", "name",
                      "num", "orgName", "orig", "pb", "persName", "placeName", "ptr", "ref", "reg", "rs", "s", "seg", "sic", "soCalled",
                      "supplied", "term", "title", "unclear", "w"}),
    links=frozenset({"ref"}),
    cells=frozenset({"cell"}),
    only={"TEI": frozenset({"teiHeader", "text"}), "TEI.2": frozenset({"teiHeader", "text"}), "teiHeader": frozenset({"fileDesc", "profileDesc"}),
          "fileDesc": frozenset({"titleStmt"}), "titleStmt": frozenset({"title"}), "profileDesc": frozenset({"abstract"})},
    silent=frozenset({"facsimile", "graphic", "media", "annotation", "annotation-xml"}),
    choices={"choice": ("corr", "reg", "expan")},
)  # fmt: skip
_DIVISIONS = frozenset({"div", "div0", "div1", "div2", "div3", "div4", "div5", "div6", "div7", "abstract", "listBibl"})
_NAMES = Names(
    tags=dict.fromkeys(_DIVISIONS, "section")
    | dict.fromkeys(("p", "ab", "l", "sp", "speaker", "stage", "docTitle", "titlePart", "byline", "docAuthor", "docDate", "docImprint",
                     "opener", "closer", "salute", "signed", "trailer", "argument", "epigraph", "bibl", "dateline"), "p")
    | dict.fromkeys(("TEI", "text", "group", "front", "body", "back", "titlePage", "lg", "figure", "floatingText", "note"), "div")
    | {"quote": "span", "list": "ul", "item": "li", "table": "table", "row": "tr", "cell": "td", "lb": "br", "ref": "a", "del": "s",
       "dl": "dl", "dt": "dt", "dd": "dd", "caption": "p", "superscript": "sup", "subscript": "sub", "math": "math"},
    sections=_DIVISIONS,
    headings=frozenset({"head"}),
)  # fmt: skip
_RAISED = {
    "superscript": "sup",
    "super": "sup",
    "sup": "sup",
    "subscript": "sub",
    "sub": "sub",
    "strikethrough": "del",
    "strike": "del",
}
_PARTS = frozenset(
    {
        "author",
        "editor",
        "title",
        "date",
        "biblScope",
        "idno",
        "publisher",
        "pubPlace",
        "note",
        "meeting",
        "ptr",
        "series",
    }
)
"""Parts of a reference that are told apart by full stops."""


class TeiReader:
    """Texts in TEI."""

    name = "tei"

    def sniff(self, head: bytes, path: str) -> bool:
        """XML whose root is a text of TEI or a corpus of them."""
        return root_of(unpacked_head(head))[0] in _ROOTS

    def probe(self, path: Path, options: ReadOptions) -> Probe:
        """What the header says; raises `UnreadableError`."""
        warnings: list[str] = []
        texts = _texts(read_bounded(path), warnings)
        header = texts[0].getroottree().getroot().find("{*}teiHeader")
        description = header.find("{*}fileDesc") if header is not None else None
        if description is None:
            description = etree.Element("fileDesc")
        own = description.find("{*}sourceDesc/{*}biblStruct")  # an article, as GROBID describes it
        place = description.find("{*}titleStmt") if own is None else own
        names = [name for each in (place.iter("{*}author") if place is not None else ()) if (name := _person(each))]
        dates = [
            date
            for path in ("{*}publicationStmt/{*}date", "{*}sourceDesc//{*}date")
            for date in description.iterfind(path)
        ]
        stated = next(
            (text for date in dates if (text := date.get("when", "") or clean_line("".join(date.itertext())))), ""
        )
        identifiers: dict[str, str] = {}
        for number in description.iter("{*}idno"):
            kind = number.get("type", "").lower()
            if kind in ("doi", "pmid", "pmcid", "isbn", "issn") and (text := clean_line("".join(number.itertext()))):
                identifiers.setdefault(kind, text)
        licence = description.find("{*}publicationStmt/{*}availability//{*}licence")
        if licence is None:
            licence = description.find("{*}publicationStmt/{*}availability")
        says = (
            (licence.get("target", "") or clean_line(" ".join(licence.itertext()))[:300]) if licence is not None else ""
        )
        language = header.find("{*}profileDesc/{*}langUsage/{*}language") if header is not None else None
        root = texts[0].getroottree().getroot()
        lang = root.get(_LANG) or (language.get("ident", "") if language is not None else "")
        return Probe(
            n_pages=len(texts),
            title=_title(header),
            authors=tuple(dict.fromkeys(names)),
            date=stated[:10],
            lang=lang[:2].lower(),
            license=says,
            source_type="literature" if own is not None else "",
            identifiers=identifiers,
            warnings=tuple(warnings),
        )

    def read(self, path: Path, first: int, last: int, options: ReadOptions, mark: Mark) -> Iterator[Page]:
        """A page a text."""
        for number, text in enumerate(_texts(read_bounded(path), []), start=1):
            if not first <= number <= last:
                continue
            mark(f"page {number}")
            shown = shown_text(text, _MARKUP)
            made: list[str] = []
            left_out: LeftOut = {}
            _settle(text, left_out, made)
            call_as_html(text, _NAMES)
            blocks = blocks_as_html(text, left_out, made)
            if not blocks:
                raise UnreadableError("no-text", "The text of TEI is empty.")
            reason = "; ".join(["TEI XML", *told(left_out)])
            yield Page(number, "tei", reason, 0.0, 0.0, blocks, conservation=shown.compared(blocks, left_out, made))


_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def _texts(raw: bytes, warnings: list[str]) -> list[etree._Element]:
    root = parse_xml(raw, warnings)
    found = [each for each in root.iter("{*}TEI", "{*}TEI.2") if each.find("{*}text") is not None]
    if not found:
        raise UnreadableError("no-text", "The XML holds no text of TEI.")
    return found


def _title(header: etree._Element | None) -> str:
    title = header.find("{*}fileDesc/{*}titleStmt/{*}title") if header is not None else None
    return clean_line("".join(title.itertext())) if title is not None else ""


def _person(element: etree._Element) -> str:
    """A name as it is printed: given names first, whatever order they are stored in."""
    given = [clean_line("".join(part.itertext())) for part in element.iter("{*}forename")]
    family = [clean_line("".join(part.itertext())) for part in element.iter("{*}surname")]
    if given or family:
        return " ".join(filter(None, [*given, *family]))
    names = next(element.iter("{*}persName", "{*}orgName", "{*}name"), element)
    return clean_line(" ".join(names.itertext()))


def _settle(text: etree._Element, left_out: LeftOut, made: list[str]) -> None:
    """Keep of the header its title and abstract, and give what has a meaning by its attributes elements that say it."""
    header = next(children(text, "teiHeader"), None)
    titles = list(header.iterfind("{*}fileDesc/{*}titleStmt/{*}title")) if header is not None else []
    abstract = header.find("{*}profileDesc/{*}abstract") if header is not None else None
    if abstract is not None and "".join(abstract.itertext()).strip():
        if abstract.find(".//{*}head") is None:
            _made_head(abstract, "Abstract", made)
        text.insert(0, abstract)
    heading = ": ".join(filter(None, (clean_line("".join(title.itertext())) for title in titles)))
    if header is not None:
        text.remove(header)
    if heading:
        head = etree.Element("head")
        head.text = heading
        text.insert(0, head)
    drop_all(list(text.iter("{*}graphic", "{*}media", "{*}facsimile")))
    for choice in list(text.iter("{*}choice")):
        held = {local_name(child): child for child in reversed(choice) if local_name(child)}
        kept = next((held[name] for name in ("corr", "reg", "expan") if name in held), next(children(choice), None))
        drop_all([child for child in choice if child is not kept])
    for element in list(
        text.iter(
            "{*}hi",
            "{*}note",
            "{*}formula",
            "{*}list",
            "{*}figure",
            "{*}listBibl",
            "{*}biblStruct",
            "{*}cell",
            "{*}quote",
            "{*}table",
        )
    ):
        _ELEMENTS[local_name(element)](element, left_out, made)


def _made_head(element: etree._Element, text: str, made: list[str]) -> None:
    head = etree.Element("head")
    head.text = text
    element.insert(0, head)
    made.append(text)


def _hi(element: etree._Element, left_out: LeftOut, made: list[str]) -> None:
    words = element.get("rend", "").lower().split()
    element.tag = next((_RAISED[word] for word in words if word in _RAISED), "hi")


def _note(element: etree._Element, left_out: LeftOut, made: list[str]) -> None:
    """A note stands behind the paragraph that it is of."""
    element.set(KIND, "footnote")
    place = next(element.iterancestors("{*}p", "{*}ab", "{*}table", "{*}list", "{*}head"), None)
    parent = element.getparent()
    if (
        place is not None
        and parent is not None
        and next(element.iterancestors("{*}bibl", "{*}biblStruct"), None) is None
    ):
        before = element.getprevious()
        if before is not None:
            before.tail = (before.tail or "") + (element.tail or "")
        else:
            parent.text = (parent.text or "") + (element.tail or "")
        element.tail = None
        while (following := place.getnext()) is not None and following.get(KIND) == "footnote":
            place = following  # in their order
        place.addnext(element)
        element.tail = None


def _formula(element: etree._Element, left_out: LeftOut, made: list[str]) -> None:
    if element.get("notation", "").lower() == "tex" and not len(element):
        element.text = tex_formula(element.text or "") or element.text


def _list(element: etree._Element, left_out: LeftOut, made: list[str]) -> None:
    """A list of labels and items is one of terms and what they mean."""
    if next(children(element, "label"), None) is not None:
        element.tag = "dl"
        for part in children(element, "label", "item"):
            part.tag = "dt" if local_name(part) == "label" else "dd"
    elif element.get("type", element.get("rend", "")) in ("ordered", "numbered"):
        element.tag = "ol"
    element.attrib.pop("type", None)


def _figure(element: etree._Element, left_out: LeftOut, made: list[str]) -> None:
    """The head and description of a figure or table are its caption, and its number stands in them."""
    head = next(children(element, "head"), None)
    description = next(children(element, "figDesc"), None)
    labels = list(children(element, "label"))
    if head is not None and labels:
        leave_all_out(labels, IDENTIFIER, left_out)
    if description is not None and head is not None:
        head.append(description)
        description.text = f" {description.text or ''}"
        description.tail = None
    for caption in filter(lambda each: each is not None, (head, description if head is None else None)):
        caption.tag = "caption"  # type: ignore[union-attr]
        caption.set(KIND, "caption")  # type: ignore[union-attr]


def _table(element: etree._Element, left_out: LeftOut, made: list[str]) -> None:
    for title in list(children(element, "head")):
        title.tag = "caption"
        title.set(KIND, "caption")
        element.addprevious(title)


def _references(element: etree._Element, left_out: LeftOut, made: list[str]) -> None:
    """A list of references has a heading, if what it stands in has none."""
    parent = element.getparent()
    titled = any(
        next(children(place, "head"), None) is not None
        for place in (element, parent)
        if place is not None and local_name(place) != "TEI"
    )
    if not titled:
        _made_head(element, "References", made)
    for reference in children(element, "bibl"):
        reference.set(KIND, "reference")


def _reference(element: etree._Element, left_out: LeftOut, made: list[str]) -> None:
    """A reference in parts, as one line: as it was printed where that is kept, else its parts in their order."""
    printed = next((note for note in element.iter("{*}note") if note.get("type") == "raw_reference"), None)
    if printed is not None:
        text = clean_line("".join(printed.itertext()))
        drop_all([printed])
        left_out.setdefault(METADATA, []).append(" ".join(element.itertext()))
    else:
        text = _parts(element, made)
    tail = element.tail
    element.clear()
    element.tail, element.text, element.tag = tail, text, "bibl"
    element.set(KIND, "reference")


def _parts(element: etree._Element, made: list[str]) -> str:
    people: list[str] = []
    rest: list[str] = []
    for part in element.iter(*(f"{{*}}{name}" for name in _PARTS)):
        if any(
            local_name(above) in _PARTS
            for above in part.iterancestors()
            if above is not element and element in above.iterancestors()
        ):
            continue
        text = clean_line(" ".join(part.itertext()))
        if not text:
            ends = [part.get("from", ""), part.get("to", "")]
            text = part.get("when", "") or "–".join(dict.fromkeys(filter(None, ends)))
            made.append(text)
        if local_name(part) in ("author", "editor"):
            people.append(_person(part) if not part.findall(".//{*}affiliation") else text)
        elif text:
            rest.append(text)
    return " ".join(
        text if text.endswith((".", "?", "!")) else f"{text}."
        for text in [", ".join(filter(None, people)), *rest]
        if text
    )


def _cell(element: etree._Element, left_out: LeftOut, made: list[str]) -> None:
    for ours, theirs in (("colspan", "cols"), ("rowspan", "rows")):
        if element.get(theirs):
            element.set(ours, element.get(theirs, ""))


def _quote(element: etree._Element, left_out: LeftOut, made: list[str]) -> None:
    """A quotation that holds paragraphs, or stands between them, is a block."""
    parent = element.getparent()
    if next(element.iter("{*}p", "{*}l", "{*}lg"), None) is not None or (
        parent is not None and local_name(parent) in (*_DIVISIONS, "body")
    ):
        element.tag = "ab"


_ELEMENTS = {"hi": _hi, "note": _note, "formula": _formula, "list": _list, "figure": _figure, "listBibl": _references,
             "biblStruct": _reference, "cell": _cell, "quote": _quote, "table": _table}  # fmt: skip
