"""PowerPoint presentations (PPTX and its kin, ECMA-376 part 1, 19 and 21), a slide a page, with the speaker's notes.

A slide's title comes first, the rest in the order of the file, which is that of a screen reader. Footers, dates and numbers of
slides, hidden slides and shapes, and what is struck out are left out and counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from ingest.document import Mark, Page, Probe, ReadOptions, UnreadableError
from ingest.formula.latex import written as formula_text
from ingest.formula.omml import read_omml
from ingest.left_out import FOOTER, HIDDEN, STRUCK_OUT, LeftOut, told
from ingest.page.markdown_table import span
from ingest.readers.as_html import KIND, blocks_as_html
from ingest.readers.shown_text import Markup, shown_text
from ingest.readers.word_package import OLE, Package, child, core_properties, number, open_package
from ingest.safe_xml import children, local_name

MAX_SLIDES = 20_000
"""Slides of a presentation; more are no presentation."""
MAX_DEPTH = 60
"""Groups within groups."""

_ENDINGS = (".pptx", ".pptm", ".ppsx", ".ppsm", ".potx", ".potm")
_MARKUP = Markup(
    inline=frozenset({"r", "t", "fld"}),
    cells=frozenset({"tc"}),
    choices={"AlternateContent": ("Choice", "Fallback")},
    silent=frozenset({"extLst", "style"}),
)
_FURNITURE = frozenset({"dt", "ftr", "sldNum", "hdr"})
_TITLES = frozenset({"title", "ctrTitle"})
_NUMBERS = {"alphaLc": "a", "alphaUc": "A", "romanLc": "i", "romanUc": "I"}
"""How a numbering is called to HTML's types; any other is of numbers."""


class PptxReader:
    """PowerPoint presentations."""

    name = "pptx"

    def sniff(self, head: bytes, path: str) -> bool:
        """A package that holds a presentation, or one that is named so (it may be locked with a password)."""
        if head.startswith(b"PK\x03\x04") and b"ppt/" in head:
            return True
        return path.lower().endswith(_ENDINGS) and head.startswith((b"PK\x03\x04", OLE))

    def probe(self, path: Path, options: ReadOptions) -> Probe:
        """The core properties and the number of slides; raises `UnreadableError`."""
        package = open_package(path)
        with package.archive:
            return core_properties(package, len(_slides(package)))

    def read(self, path: Path, first: int, last: int, options: ReadOptions, mark: Mark) -> Iterator[Page]:
        """The slides `first` to `last`."""
        package = open_package(path)
        with package.archive:
            for number_, name in enumerate(_slides(package), start=1):
                if first <= number_ <= last:
                    mark(f"page {number_}")
                    yield _Slide(package, name).page(number_)


def _slides(package: Package) -> list[str]:
    """The parts of the slides, in their order."""
    links = package.links(package.main)
    found = []
    for each in package.xml(package.main).iterfind("{*}sldIdLst/{*}sldId"):
        key = next((text for name, text in each.attrib.items() if name.startswith("{") and name.endswith("}id")), "")
        if key in links and links[key].target in package.archive.NameToInfo:
            found.append(links[key].target)
    if not found:
        raise UnreadableError("no-text", "The presentation has no slide.")
    if len(found) > MAX_SLIDES:
        raise UnreadableError("too-large", f"The presentation has more than {MAX_SLIDES} slides.")
    return found


class _Slide:
    """One slide, written as HTML."""

    def __init__(self, package: Package, name: str) -> None:
        self.package, self.name = package, name
        self.left_out: LeftOut = {}
        self.made: list[str] = []
        self.out = etree.Element("div")

    def page(self, number_: int) -> Page:
        root = self.package.xml(self.name)
        parts = [(root, "slide")]
        parts += [(self.package.xml(name), "notes") for name in self.package.linked("notesSlide", self.name)]
        source = etree.Element("source")
        for part, what in parts:
            tree = child(part, "cSld", "spTree")
            if tree is None:
                continue
            shown = etree.SubElement(source, "part")
            if what == "slide" and root.get("show") in ("0", "false"):
                self._leave_out(tree, HIDDEN)
            elif what == "slide":
                self._shapes(tree, 0)
            else:
                self._notes(tree)
            shown.append(tree)
        for name in self.package.linked("diagramData", self.name):
            diagram = self.package.xml(name)
            self._diagram(diagram)
            source.append(diagram)
        witness = shown_text(source, _MARKUP)
        blocks = blocks_as_html(self.out, self.left_out, self.made)
        reason = "; ".join(["a slide of PPTX", *told(self.left_out)])
        conservation = witness.compared(blocks, self.left_out, self.made)
        return Page(number_, "pptx", reason, 0.0, 0.0, blocks, conservation=conservation)

    def _leave_out(self, element: etree._Element, reason: str) -> None:
        texts = [_plain(paragraph) for paragraph in element.iter("{*}p")]
        self.left_out.setdefault(reason, []).append("\n".join(texts))

    def _shapes(self, tree: etree._Element, depth: int) -> None:
        """The shapes of a slide or group, its title first."""
        for shape in sorted(_all(tree), key=lambda each: _place(each) not in _TITLES):
            name = local_name(shape)
            properties = next((each for each in shape.iter("{*}cNvPr")), None)
            place = _place(shape)
            if properties is not None and properties.get("hidden") in ("1", "true"):
                self._leave_out(shape, HIDDEN)
            elif place in _FURNITURE:
                self._leave_out(shape, FOOTER)
            elif name == "grpSp" and depth < MAX_DEPTH:
                self._shapes(shape, depth + 1)
            elif name == "graphicFrame":
                for table in shape.iter("{*}tbl"):
                    self._table(table)
            elif (body := child(shape, "txBody")) is not None:
                self._text(body, place)
            elif name == "grpSp":
                self._paragraphs(shape, self.out, "")

    def _text(self, body: etree._Element, place: str | None) -> None:
        if place in _TITLES:
            heading = etree.SubElement(self.out, "h1" if place == "ctrTitle" else "h2")
            for paragraph in children(body, "p"):
                self._runs(paragraph, etree.SubElement(heading, "span"))
                heading[-1].tail = " "
        else:
            self._paragraphs(body, self.out, place or "")

    def _paragraphs(self, body: etree._Element, out: etree._Element, place: str) -> None:
        """The paragraphs of a text; those of a placeholder for a body are the items of a list, if there are several."""
        paragraphs = [
            each for each in body.iter("{*}p") if _plain(each).strip() or each.find(".//{*}oMath") is not None
        ]
        listed = place in ("body", "obj") and len(paragraphs) > 1
        lists: list[etree._Element] = []
        for paragraph in paragraphs:
            properties = child(paragraph, "pPr")
            numbered = child(properties, "buAutoNum")
            bullet = numbered is not None or child(properties, "buChar") is not None
            if child(properties, "buNone") is not None or not (bullet or listed):
                lists.clear()
                self._runs(paragraph, etree.SubElement(out, "p"))
                continue
            level = min(number(properties.get("lvl", "0")) if properties is not None else 0, 8)
            self._item(paragraph, out, lists, level, numbered)

    def _item(
        self,
        paragraph: etree._Element,
        out: etree._Element,
        lists: list[etree._Element],
        level: int,
        numbered: etree._Element | None,
    ) -> None:
        """An item, in the list that is open at its level."""
        del lists[level + 1 :]
        tag = "ul" if numbered is None else "ol"
        if len(lists) == level + 1 and lists[level].tag != tag:
            del lists[level:]
        while len(lists) <= level:
            opened = etree.SubElement(lists[-1] if lists else out, tag)
            if numbered is not None and len(lists) == level:
                opened.set("start", str(number(numbered.get("startAt", "1"), 1)))
                kind = next((html for word, html in _NUMBERS.items() if numbered.get("type", "").startswith(word)), "1")
                opened.set("type", kind)
            lists.append(opened)
        self._runs(paragraph, etree.SubElement(lists[level], "li"))

    def _runs(self, paragraph: etree._Element, out: etree._Element, depth: int = 0) -> None:
        """The runs of a paragraph, raised and lowered ones as such."""
        for each in _all(paragraph):
            name = local_name(each)
            if name in ("r", "fld"):
                properties = child(each, "rPr")
                text = "".join(part.text or "" for part in children(each, "t"))
                height = (
                    number(properties.get("baseline", "0").rstrip("%").partition(".")[0])
                    if properties is not None
                    else 0
                )
                if properties is not None and properties.get("strike", "noStrike") != "noStrike":
                    self.left_out.setdefault(STRUCK_OUT, []).append(text)
                elif height:
                    etree.SubElement(out, "sup" if height > 0 else "sub").text = text
                else:
                    _add(out, text)
            elif name == "br":
                _add(out, " ")
            elif name == "oMath":
                _add(
                    out,
                    formula_text(read_omml(each, lambda run: "".join(part.text or "" for part in children(run, "t")))),
                )
            elif name in ("m", "oMathPara") and depth < 4:
                self._runs(each, out, depth + 1)

    def _table(self, table: etree._Element) -> None:
        out = etree.SubElement(self.out, "table")
        for row in children(table, "tr"):
            line = etree.SubElement(out, "tr")
            for cell in children(row, "tc"):
                if cell.get("hMerge") in ("1", "true") or cell.get("vMerge") in ("1", "true"):
                    continue
                made = etree.SubElement(line, "td")
                made.set("colspan", str(span(cell.get("gridSpan"))))
                made.set("rowspan", str(span(cell.get("rowSpan"))))
                for paragraph in cell.iter("{*}p"):
                    self._runs(paragraph, etree.SubElement(made, "span"))
                    made[-1].tail = " "

    def _diagram(self, diagram: etree._Element) -> None:
        """The points of a diagram (SmartArt) as a list; their links are a drawing."""
        out = etree.SubElement(self.out, "ul")
        for point in diagram.iter("{*}pt"):
            for paragraph in point.iter("{*}p"):
                if _plain(paragraph).strip():
                    self._runs(paragraph, etree.SubElement(out, "li"))

    def _notes(self, tree: etree._Element) -> None:
        """What the speaker has written to a slide; the rest of the page of notes is its picture, its number and the like."""
        held = [shape for shape in _all(tree) if _place(shape) == "body"]
        for shape in _all(tree):
            if shape not in held:
                self._leave_out(shape, FOOTER)
        texts = [body for shape in held if (body := child(shape, "txBody")) is not None and _plain(body).strip()]
        if texts:
            etree.SubElement(self.out, "h3").text = "Notes"
            self.made.append("Notes")
        for body in texts:
            for paragraph in children(body, "p"):
                self._runs(paragraph, etree.SubElement(self.out, "p"))
                self.out[-1].set(KIND, "paragraph")


def _all(element: etree._Element) -> Iterator[etree._Element]:
    """The children of an element, those of the better of two alternatives for it."""
    for each in children(element):
        if local_name(each) == "AlternateContent":
            chosen = child(each, "Choice")
            yield from children(chosen if chosen is not None else each)
        else:
            yield each


def _place(shape: etree._Element) -> str | None:
    """Which of the layout's places a shape fills (19.7.10); None for one of its own."""
    for way in ("nvSpPr", "nvGraphicFramePr", "nvPicPr"):
        place = child(shape, way, "nvPr", "ph")
        if place is not None:
            return place.get("type", "obj")
    return None


def _plain(element: etree._Element) -> str:
    return "".join(each.text or "" if local_name(each) == "t" else " " for each in element.iter("{*}t", "{*}br"))


def _add(out: etree._Element, text: str) -> None:
    """Add text at the end of an element, behind those in it."""
    if len(out):
        out[-1].tail = (out[-1].tail or "") + text
    else:
        out.text = (out.text or "") + text
