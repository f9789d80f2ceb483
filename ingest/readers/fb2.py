"""FictionBook 2 (http://www.fictionbook.org/index.php/Eng:XML_Schema_Fictionbook_2.1), a book in one XML file, read as one page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from ingest.containers.compression import read_bounded, unpacked_head
from ingest.document import Mark, Page, Probe, ReadOptions, UnreadableError
from ingest.left_out import LeftOut, told
from ingest.readers.as_html import KIND, Names, blocks_as_html, call_as_html
from ingest.readers.inline_text import clean_line
from ingest.readers.shown_text import Markup, shown_text
from ingest.safe_xml import children, local_name, parse_xml, root_of

_MARKUP = Markup(
    inline=frozenset({"a", "code", "emphasis", "strikethrough", "strong", "style", "sub", "sup"}),
    only={"FictionBook": frozenset({"body", "binary"})},
    silent=frozenset({"binary", "image"}),
)
_NAMES = Names(
    tags={"body": "div", "section": "section", "p": "p", "v": "p", "text-author": "p", "poem": "div", "stanza": "div", "epigraph": "div",
          "annotation": "div", "cite": "blockquote", "date": "p", "table": "table", "tr": "tr", "td": "td", "th": "th", "a": "a",
          "strikethrough": "s", "image": "img", "empty-line": "hr"},
    sections=frozenset({"section"}),
    headings=frozenset({"title", "subtitle"}),
)  # fmt: skip


class Fb2Reader:
    """FictionBook files."""

    name = "fb2"

    def sniff(self, head: bytes, path: str) -> bool:
        """XML whose root is a FictionBook."""
        return root_of(unpacked_head(head))[0] == "FictionBook"

    def probe(self, path: Path, options: ReadOptions) -> Probe:
        """The book's description; raises `UnreadableError`."""
        warnings: list[str] = []
        root = _root(read_bounded(path), warnings)
        info = root.find("{*}description/{*}title-info")
        print_ = root.find("{*}description/{*}publish-info")

        def first(place: etree._Element | None, name: str) -> str:
            found = place.find(f"{{*}}{name}") if place is not None else None
            return clean_line("".join(found.itertext())) if found is not None else ""

        people = children(info, "author") if info is not None else ()
        names = (
            " ".join(filter(None, (first(one, part) for part in _NAME))) or first(one, "nickname") for one in people
        )
        isbn = re.sub(r"[^0-9Xx]", "", first(print_, "isbn"))
        identifiers = {"isbn": isbn if len(isbn) in (10, 13) else "", "publisher": first(print_, "publisher")}
        date = info.find("{*}date") if info is not None else None
        stated = date.get("value", "") if date is not None else ""
        return Probe(
            n_pages=1,
            title=first(info, "book-title"),
            authors=tuple(name for name in names if name),
            date=first(print_, "year") or stated or (first(info, "date") if date is not None else ""),
            lang=first(info, "lang")[:2].lower(),
            source_type="textbook",
            identifiers={kind: text for kind, text in identifiers.items() if text},
            warnings=tuple(warnings),
        )

    def read(self, path: Path, first: int, last: int, options: ReadOptions, mark: Mark) -> Iterator[Page]:
        """The one page; the notes stand in a body of their own at its end."""
        if first > 1:
            return
        mark("page 1")
        root = _root(read_bounded(path), [])
        shown = shown_text(root, _MARKUP)
        left_out: LeftOut = {}
        made: list[str] = []
        for part in list(children(root)):
            if local_name(part) != "body":
                root.remove(part)
        for body in children(root, "body"):
            _settle(body)
        call_as_html(root, _NAMES)
        blocks = blocks_as_html(root, left_out, made)
        if not blocks:
            raise UnreadableError("no-text", "The book has no text.")
        reason = "; ".join(["FictionBook", *told(left_out)])
        yield Page(1, "fb2", reason, 0.0, 0.0, blocks, conservation=shown.compared(blocks, left_out, made))


_NAME = ("first-name", "middle-name", "last-name")


def _root(raw: bytes, warnings: list[str]) -> etree._Element:
    root = parse_xml(raw, warnings)
    if local_name(root) != "FictionBook":
        raise UnreadableError("unsupported", "The XML is no FictionBook.")
    return root


def _settle(body: etree._Element) -> None:
    """A title is one line, whatever paragraphs it has; the parts of a body of notes are notes, each behind its number."""
    for title in body.iter("{*}title"):
        for line in children(title, "p"):
            line.tag = "span"
            line.tail = f" {line.tail or ''}"
    if body.get("name") not in ("notes", "comments"):
        return
    for note in children(body, "section"):
        note.tag = "cite"
        note.set(KIND, "footnote")
        title = next(children(note, "title"), None)
        line = next(children(note, "p"), None)
        if title is not None and line is not None:
            line.text = f"{clean_line(''.join(title.itertext()))} {line.text or ''}"
            note.remove(title)
