"""Documents of HL7 version 3: clinical documents (CDA, release 2) and labels of drugs (SPL). A document is a page.

Both are sections of narrative text (the CDA Narrative Block) beside coded entries; what is coded is left out, as the text
says it. A section without a title has the name of its LOINC code.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from lxml import etree

from ingest.containers.compression import read_bounded, unpacked_head
from ingest.document import Mark, Page, Probe, ReadOptions, UnreadableError
from ingest.left_out import DELETED, METADATA, LeftOut, leave_all_out, told
from ingest.readers.as_html import KIND, Names, blocks_as_html, call_as_html
from ingest.readers.inline_text import clean_line
from ingest.readers.shown_text import Markup, shown_text
from ingest.safe_xml import children, local_name, parse_xml, root_of

_NAMESPACE = "urn:hl7-org:v3"
_ROOTS = frozenset({"ClinicalDocument", "document"})
_LOINC = "2.16.840.1.113883.6.1"
"""The object identifier of LOINC among systems of codes."""
_NARRATIVE = frozenset({"title", "text", "component", "excerpt"})
_HELD = frozenset({"component", "structuredBody", "section", "excerpt", "highlight"})
"""What holds sections or their text."""
_MARKUP = Markup(
    inline=frozenset({"content", "linkHtml"}),
    links=frozenset({"linkHtml"}),
    left_out={"id": METADATA, "code": METADATA},
    only={"ClinicalDocument": frozenset({"title", "component"}), "document": frozenset({"title", "component"}),
          "section": _NARRATIVE, "excerpt": frozenset({"highlight"}), "highlight": frozenset({"text"})},
    silent=frozenset({"renderMultiMedia", "col", "colgroup"}),
)  # fmt: skip
_NAMES = Names(
    tags={"section": "section", "text": "div", "paragraph": "p", "list": "ul", "item": "li", "caption": "caption", "linkHtml": "a",
          "table": "table", "thead": "thead", "tbody": "tbody", "tfoot": "tfoot", "tr": "tr", "td": "td", "th": "th", "br": "br",
          "component": "div", "structuredBody": "div", "excerpt": "div", "highlight": "div", "ClinicalDocument": "div", "document": "div",
          "footnote": "p", "renderMultiMedia": "img", "col": "col", "colgroup": "col"},
    sections=frozenset({"section"}),
    headings=frozenset({"title"}),
)  # fmt: skip


class Hl7Reader:
    """Clinical documents and labels of drugs."""

    name = "hl7"

    def sniff(self, head: bytes, path: str) -> bool:
        """XML of HL7 whose root is a clinical document or a label."""
        root, namespace = root_of(unpacked_head(head))
        return root == "ClinicalDocument" or (root == "document" and namespace == _NAMESPACE)

    def probe(self, path: Path, options: ReadOptions) -> Probe:
        """What the document says of itself, without its patient; raises `UnreadableError`."""
        warnings: list[str] = []
        root = _root(read_bounded(path), warnings)
        is_note = local_name(root) == "ClinicalDocument"

        def value(name: str, attribute: str) -> str:
            found = root.find(f"{{*}}{name}")
            return found.get(attribute, "") if found is not None else ""

        date = value("effectiveTime", "value")
        makers = [
            _text(name) for name in root.iterfind("{*}author/{*}assignedEntity/{*}representedOrganization/{*}name")
        ]
        identifiers = {
            "spl_set_id": "" if is_note else value("setId", "root"),
            "publisher": "; ".join(filter(None, makers)),
        }
        title = root.find("{*}title")
        return Probe(
            n_pages=1,
            title=_text(title) if title is not None else value("code", "displayName"),
            date="-".join(filter(None, (date[:4], date[4:6], date[6:8]))) if date[:8].isdecimal() else "",
            version=value("versionNumber", "value"),
            lang=value("languageCode", "code")[:2].lower(),
            source_type="note" if is_note else "",
            identifiers={kind: text for kind, text in identifiers.items() if text},
            warnings=tuple(warnings),
        )

    def read(self, path: Path, first: int, last: int, options: ReadOptions, mark: Mark) -> Iterator[Page]:
        """The one page."""
        if first > 1:
            return
        mark("page 1")
        root = _root(read_bounded(path), [])
        if root.find(".//{*}nonXMLBody") is not None:
            raise UnreadableError("unsupported", "The body of the clinical document is a file of another format.")
        shown = shown_text(root, _MARKUP)
        made: list[str] = []
        left_out = _only_narrative(root)
        _name_sections(root, made)
        _settle_narrative(root)
        call_as_html(root, _NAMES)
        blocks = blocks_as_html(root, left_out, made)
        if not blocks:
            raise UnreadableError("no-text", "No section of the document has a text.")
        reason = "; ".join(["HL7 XML", *told(left_out)])
        yield Page(1, "hl7", reason, 0.0, 0.0, blocks, conservation=shown.compared(blocks, left_out, made))


def _root(raw: bytes, warnings: list[str]) -> etree._Element:
    root = parse_xml(raw, warnings)
    if local_name(root) not in _ROOTS:
        raise UnreadableError("unsupported", "The XML is no document of HL7.")
    return root


def _text(element: etree._Element) -> str:
    return clean_line(" ".join(element.itertext()))


def _only_narrative(root: etree._Element) -> LeftOut:
    """Take away what is coded and leave out what is deleted; the check finds the first by itself."""
    left_out: LeftOut = {}
    leave_all_out([each for each in root.iter("{*}content") if each.get("revised") == "delete"], DELETED, left_out)
    waiting = [root]
    while waiting:
        element = waiting.pop()
        for child in list(element):
            if local_name(child) in _HELD:
                waiting.append(child)
            elif local_name(child) not in _NARRATIVE:
                element.remove(child) if local_name(child) != "code" else None
    return left_out


def _name_sections(root: etree._Element, made: list[str]) -> None:
    """Give each section that has a text or sections and no title the name of its code."""
    for section in root.iter("{*}section"):
        code = next(children(section, "code"), None)
        title = next(children(section, "title"), None)
        if (
            (title is None or not _text(title))
            and code is not None
            and next(children(section, *_NARRATIVE), None) is not None
        ):
            name = section_name(code.get("code", ""), code.get("codeSystem", _LOINC)) or code.get("displayName", "")
            if name:
                if title is None:
                    title = etree.Element("title")
                    section.insert(0, title)
                title.text = name
                made.append(name)
    for code in list(root.iter("{*}code")):
        parent = code.getparent()
        if parent is not None:
            parent.remove(code)


def _settle_narrative(root: etree._Element) -> None:
    """Numbered lists are HTML's; a caption outside a table is a line of its own; notes stand behind the text that they are of."""
    for items in root.iter("{*}list"):
        if items.get("listType") == "ordered":
            items.tag = "ol"
    for caption in root.iter("{*}caption"):
        parent = caption.getparent()
        if parent is not None and local_name(parent) != "table":
            caption.tag = "paragraph" if local_name(parent) != "paragraph" else "content"
            caption.tail = f" {caption.tail or ''}"
    for text in root.iter("{*}text"):
        for note in list(text.iter("{*}footnote")):
            parent, before = note.getparent(), note.getprevious()
            if parent is None:
                continue
            if before is not None:
                before.tail = (before.tail or "") + (note.tail or "")
            else:
                parent.text = (parent.text or "") + (note.tail or "")
            note.tail = None
            note.set(KIND, "footnote")
            text.append(note)


def section_name(code: str, system: str = _LOINC) -> str:
    """What LOINC calls a kind of section; empty for what is no code of such a one."""
    return _section_names().get(code, "") if system == _LOINC else ""


@cache
def _section_names() -> dict[str, str]:
    lines = (Path(__file__).parent / "loinc_sections.tsv").read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t") for line in lines if line and not line.startswith("#"))
