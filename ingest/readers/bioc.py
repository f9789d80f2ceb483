"""BioC XML (http://bioc.sourceforge.net/), in which PubMed Central and text-mining sets give articles: passages with offsets.

A document of the collection is a page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from ingest.containers.compression import read_bounded, unpacked_head
from ingest.document import Block, Mark, Page, Probe, ReadOptions, UnreadableError
from ingest.left_out import METADATA
from ingest.readers.inline_text import clean_line
from ingest.readers.shown_text import Markup, shown_text
from ingest.safe_xml import children, local_name, parse_xml, root_of

_HEADING = re.compile(r"(?:.*_)?title(?:_(\d))?(?:_caption)?")
_KINDS = {"fig_caption": "caption", "fig_title_caption": "caption", "table_caption": "caption", "table_title_caption": "caption",
          "table_footnote": "footnote", "footnote": "footnote", "ref": "reference"}  # fmt: skip


_MARKUP = Markup(
    inline=frozenset(),
    left_out=dict.fromkeys(("id", "infon", "offset", "annotation", "relation"), METADATA),
)


class BiocReader:
    """Collections of BioC."""

    name = "bioc"

    def sniff(self, head: bytes, path: str) -> bool:
        """XML whose root is a collection with documents in passages."""
        head = unpacked_head(head)
        return root_of(head)[0] == "collection" and b"<document" in head and b"<passage" in head

    def probe(self, path: Path, options: ReadOptions) -> Probe:
        """How many documents there are, and what a single one says of itself; raises `UnreadableError`."""
        warnings: list[str] = []
        documents = _documents(read_bounded(path), warnings)
        if len(documents) > 1:
            return Probe(n_pages=len(documents), source_type="literature", warnings=tuple(warnings))
        notes = _notes(next(children(documents[0], "passage"), documents[0]))
        found = {
            "pmid": notes.get("article-id_pmid", ""),
            "doi": notes.get("article-id_doi", ""),
            "journal": notes.get("journal", ""),
        }
        title = next((block.text for block in _blocks(documents[0]) if block.level == 1), "")
        return Probe(
            n_pages=1,
            title=title,
            date=notes.get("year", ""),
            license=notes.get("license", ""),
            source_type="literature",
            identifiers={kind: text for kind, text in found.items() if text},
            warnings=tuple(warnings),
        )

    def read(self, path: Path, first: int, last: int, options: ReadOptions, mark: Mark) -> Iterator[Page]:
        """One page a document."""
        for number, document in enumerate(_documents(read_bounded(path), []), start=1):
            if first <= number <= last:
                mark(f"page {number}")
                blocks = tuple(block for block in _blocks(document) if block.text)
                conservation = shown_text(document, _MARKUP).compared(blocks, {})
                yield Page(number, "bioc", "BioC XML", 0.0, 0.0, blocks, conservation=conservation)


def _documents(raw: bytes, warnings: list[str]) -> list[etree._Element]:
    root = parse_xml(raw, warnings)
    documents = list(children(root, "document")) if local_name(root) == "collection" else []
    if not documents:
        raise UnreadableError("unsupported", "The XML is not a collection of BioC documents.")
    return documents


def _notes(passage: etree._Element) -> dict[str, str]:
    return {note.get("key", ""): clean_line(note.text or "") for note in children(passage, "infon")}


def _blocks(document: etree._Element) -> Iterator[Block]:
    for passage in children(document, "passage"):
        notes = _notes(passage)
        kind = notes.get("type", "").lower()
        texts = [each.text or "" for each in children(passage, "text")]
        texts = texts or [
            text.text or "" for sentence in children(passage, "sentence") for text in children(sentence, "text")
        ]
        text = clean_line(" ".join(texts))
        if kind in ("front", "title") or notes.get("section_type", "").upper() == "TITLE":
            yield Block("heading", text, level=1)
        elif kind in _KINDS:
            yield Block(_KINDS[kind], text)
        elif kind != "paragraph" and (match := _HEADING.fullmatch(kind)):
            yield Block("heading", text, level=min(int(match.group(1) or 1) + 1, 6))
        else:
            yield Block("paragraph", text)
