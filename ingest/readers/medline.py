"""PubMed records (MEDLINE XML, https://dtd.nlm.nih.gov/ncbi/pubmed/): title and abstract of each record, a record a page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from ingest.containers.compression import read_bounded, unpacked_head
from ingest.document import Block, Mark, Page, Probe, ReadOptions, UnreadableError
from ingest.left_out import METADATA
from ingest.readers.inline_text import clean_line, formula_of, write_marks
from ingest.readers.shown_text import Markup, shown_text
from ingest.safe_xml import children, entity_text, local_name, parse_xml, root_of

_ROOTS = frozenset({"PubmedArticleSet", "PubmedArticle", "MedlineCitationSet", "MedlineCitation", "PubmedBookArticle"})
_RECORDS = ("MedlineCitation", "BookDocument")


_RECORD = frozenset({"Article", "Book", "ArticleTitle", "VernacularTitle", "Abstract", "OtherAbstract", "KeywordList"})
_MARKUP = Markup(
    inline=frozenset({"b", "i", "u"}),
    left_out={"CopyrightInformation": METADATA, "VernacularTitle": METADATA},
    only={"MedlineCitation": _RECORD, "BookDocument": _RECORD, "Article": frozenset({"ArticleTitle", "Abstract"}), "Book": frozenset({"BookTitle"})},
)  # fmt: skip


class MedlineReader:
    """Records of PubMed."""

    name = "medline"

    def sniff(self, head: bytes, path: str) -> bool:
        """XML whose root is a PubMed record or a set of them."""
        return root_of(unpacked_head(head))[0] in _ROOTS

    def probe(self, path: Path, options: ReadOptions) -> Probe:
        """What a single record says of itself, and how many there are; raises `UnreadableError`."""
        warnings: list[str] = []
        records = _records(read_bounded(path), warnings)
        record = records[0]
        if len(records) > 1:
            return Probe(n_pages=len(records), source_type="literature", warnings=tuple(warnings))
        names = (
            f"{_first(author, 'ForeName')} {_first(author, 'LastName')}".strip() for author in record.iter("{*}Author")
        )
        identifiers = {
            "pmid": _first(record, "PMID"),
            "journal": _first(record, "Article/{*}Journal/{*}Title"),
            "issn": _first(record, "Article/{*}Journal/{*}ISSN"),
            "doi": next((_text(each) for each in record.iter("{*}ELocationID") if each.get("EIdType") == "doi"), ""),
        }
        date = record.find(".//{*}PubDate/{*}Year")
        return Probe(
            n_pages=1,
            title=_title(record),
            authors=tuple(name for name in names if name),
            date=_text(date) if date is not None else "",
            license=_text(found) if (found := record.find(".//{*}CopyrightInformation")) is not None else "",
            source_type="literature",
            identifiers={kind: text for kind, text in identifiers.items() if text},
            warnings=tuple(warnings),
        )

    def read(self, path: Path, first: int, last: int, options: ReadOptions, mark: Mark) -> Iterator[Page]:
        """One page a record; one with neither title nor abstract has no blocks."""
        for number, record in enumerate(_records(read_bounded(path), []), start=1):
            if first <= number <= last:
                mark(f"page {number}")
                shown = shown_text(record, _MARKUP)
                write_marks(record)
                blocks = tuple(block for block in _blocks(record) if block.text)
                conservation = shown.compared(blocks, {})
                yield Page(number, "medline", "PubMed XML", 0.0, 0.0, blocks, conservation=conservation)


def _records(raw: bytes, warnings: list[str]) -> list[etree._Element]:
    root = parse_xml(raw, warnings)
    records = (
        [root] if local_name(root) in _RECORDS else [each for name in _RECORDS for each in root.iter(f"{{*}}{name}")]
    )
    if not records:
        raise UnreadableError("unsupported", "The XML holds no record of PubMed.")
    return records


def _title(record: etree._Element) -> str:
    found = next(record.iter("{*}ArticleTitle", "{*}BookTitle"), None)
    return _text(found).strip("[]") if found is not None else ""


def _blocks(record: etree._Element) -> Iterator[Block]:
    yield Block("heading", _title(record), level=1)
    for abstract in record.iter("{*}Abstract", "{*}OtherAbstract"):
        for part in children(abstract, "AbstractText"):
            label = part.get("Label", "")
            if label and label.upper() != "UNLABELLED":
                label = label.capitalize() if label.isupper() else label
                yield Block("heading", label, level=2, made=(label,))
            yield Block("paragraph", _text(part))
    words = "; ".join(filter(None, map(_text, record.iter("{*}Keyword"))))
    if words:
        yield Block("paragraph", f"Keywords: {words}", made=("Keywords",))


def _first(element: etree._Element, path: str) -> str:
    found = element.find(f"{{*}}{path}")
    return _text(found) if found is not None else ""


def _text(element: etree._Element) -> str:
    return clean_line(_raw(element))


def _raw(element: etree._Element) -> str:
    text = element.text or ""
    for child in element:
        if local_name(child) == "math":
            text += f" {formula_of(child)} "
        else:
            text += _raw(child) if local_name(child) else entity_text(child)
        text += child.tail or ""
    return text
