"""A PubMed record (MEDLINE XML, https://dtd.nlm.nih.gov/ncbi/pubmed/): title, abstract and keywords, and what MEDLINE says of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from ingest.containers.compression import read_bounded, unpacked_head
from ingest.document import Block, Mark, Page, Probe, ReadOptions, UnreadableError
from ingest.left_out import METADATA
from ingest.readers.inline_text import clean_line, formula_of, write_marks
from ingest.readers.shown_text import Markup, shown_text
from ingest.safe_xml import children, entity_text, local_name, parse_xml, root_of

_RETRACTED_IN = frozenset({"RetractionIn", "RetractedandRepublishedIn", "PartialRetractionIn"})
_MONTHS = {name: number for number, name in enumerate(
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1)}  # fmt: skip
_ROOTS = frozenset({"PubmedArticleSet", "PubmedArticle", "MedlineCitationSet", "MedlineCitation", "PubmedBookArticle",
                    "PubmedBookArticleSet"})  # fmt: skip
_RECORDS = ("MedlineCitation", "BookDocument")


_RECORD = frozenset({"Article", "Book", "ArticleTitle", "VernacularTitle", "Abstract", "OtherAbstract", "KeywordList"})
_MARKUP = Markup(
    inline=frozenset({"b", "i", "u"}),
    left_out={"CopyrightInformation": METADATA, "VernacularTitle": METADATA},
    only={"MedlineCitation": _RECORD, "BookDocument": _RECORD, "Article": frozenset({"ArticleTitle", "Abstract"}), "Book": frozenset({"BookTitle"})},
)  # fmt: skip


class MedlineReader:
    """Records of PubMed, each a document; a file of several is a container (`ingest/containers/medline.py`)."""

    name = "medline"

    def sniff(self, head: bytes, path: str) -> bool:
        """XML whose root is a PubMed record or a set of them."""
        return root_of(unpacked_head(head))[0] in _ROOTS

    def probe(self, path: Path, options: ReadOptions) -> Probe:
        """What the record says of itself, its subject headings and retraction too; raises `UnreadableError`."""
        warnings: list[str] = []
        record = _record(read_bounded(path), warnings)
        types = [_text(kind) for kind in record.iter("{*}PublicationType")]
        withdrawn = [each for each in record.iter("{*}CommentsCorrections") if each.get("RefType") in _RETRACTED_IN]
        if withdrawn or "Retracted Publication" in types:
            warnings.append("the article was retracted")
        date = record.find("{*}Article/{*}Journal/{*}JournalIssue/{*}PubDate")
        date = date if date is not None else next(record.iter("{*}PubDate", "{*}ArticleDate"), None)
        identifiers = {
            "pmid": _first(record, "PMID"),
            "doi": _doi(record),
            "journal": _first(record, "Article/{*}Journal/{*}Title"),
            "issn": _first(record, "Article/{*}Journal/{*}ISSN"),
            "article_type": "; ".join(filter(None, types)),
            "mesh": "; ".join(filter(None, map(_subject, record.iter("{*}MeshHeading")))),
            "retracted_by": "; ".join(filter(None, (_first(each, "PMID") for each in withdrawn))),
        }
        return Probe(
            n_pages=1,
            title=_title(record),
            authors=tuple(_authors(record)),
            date=_date(date) if date is not None else "",
            license=_text(found) if (found := record.find(".//{*}CopyrightInformation")) is not None else "",
            source_type="literature",
            identifiers={kind: text for kind, text in identifiers.items() if text},
            warnings=tuple(warnings),
        )

    def read(self, path: Path, first: int, last: int, options: ReadOptions, mark: Mark) -> Iterator[Page]:
        """The one page; a record with neither title nor abstract has no blocks."""
        if first > 1:
            return
        mark("page 1")
        record = _record(read_bounded(path), [])
        shown = shown_text(record, _MARKUP)
        write_marks(record)
        blocks = tuple(block for block in _blocks(record) if block.text)
        yield Page(1, "medline", "PubMed XML", 0.0, 0.0, blocks, conservation=shown.compared(blocks, {}))


def _record(raw: bytes, warnings: list[str]) -> etree._Element:
    """The record of a file, within what stands around it."""
    root = parse_xml(raw, warnings)
    record = root if local_name(root) in _RECORDS else next(root.iter(*(f"{{*}}{name}" for name in _RECORDS)), None)
    if record is None:
        raise UnreadableError("unsupported", "The XML holds no record of PubMed.")
    return record


def _doi(record: etree._Element) -> str:
    """The article's own DOI; those of what it cites stand deeper."""
    for place in record.iter("{*}ELocationID"):
        if place.get("EIdType") == "doi" and (text := _text(place)):
            return text
    article = record.getparent()
    places = [record, *(article.iterfind("{*}PubmedData") if article is not None else ())]
    for place in places:
        for each in place.iterfind("{*}ArticleIdList/{*}ArticleId"):
            if each.get("IdType") == "doi" and (text := _text(each)):
                return text
    return ""


def _authors(record: etree._Element) -> Iterator[str]:
    for author in record.iter("{*}Author"):
        name = f"{_first(author, 'ForeName') or _first(author, 'Initials')} {_first(author, 'LastName')}".strip()
        if name or (name := _first(author, "CollectiveName")):
            yield name


def _date(date: etree._Element) -> str:
    """A date of publication in ISO 8601 as far as it is known; `MedlineDate` (`2019 Nov-Dec`) gives its year."""
    found = re.search(r"\d{4}", _first(date, "Year") or _first(date, "MedlineDate"))
    if found is None:
        return ""
    month, day = _first(date, "Month"), _first(date, "Day")
    number = int(month) if month.isdecimal() and len(month) < 3 else _MONTHS.get(month[:3].lower(), 0)
    if not 1 <= number <= 12:
        return found.group(0)
    whole = f"{found.group(0)}-{number:02d}"
    return f"{whole}-{int(day):02d}" if day.isdecimal() and len(day) < 3 and 1 <= int(day) <= 31 else whole


def _subject(heading: etree._Element) -> str:
    """A subject heading with its qualifiers, as PubMed writes it: `Heart Failure/drug therapy`."""
    return "/".join(filter(None, (_text(part) for part in children(heading, "DescriptorName", "QualifierName"))))


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
