"""Saved web pages: HTML in any encoding, as headings, paragraphs, lists and tables, without the site around them.

A page is one page. Extraction is by `web_article` (trafilatura) or `web_region`, chosen by `web_shape`.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Sequence
from html import unescape
from itertools import chain
from pathlib import Path
from typing import Any

from lxml import etree
from trafilatura.metadata import extract_metadata

from ingest.containers.compression import inner_suffix, read_bounded, unpacked_head
from ingest.document import Block, Mark, Page, Probe, ReadOptions, UnreadableError
from ingest.left_out import told
from ingest.readers.html_blocks import found_in, letters, windows
from ingest.readers.html_bounds import bound_tables, bounded_tree, is_vast
from ingest.readers.html_shown import PAGE, settle
from ingest.readers.shown_text import shown_text
from ingest.readers.web_shape import content_blocks
from ingest.safe_xml import root_of
from medpress.encoding import Decoded, decode_markup

MAX_HTML_BYTES = 32 * 1024 * 1024
"""A larger HTML file is data, not a page."""

LEAST_STATED = 60
"""Letters of a paragraph of structured data; shorter ones are titles and labels."""

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # it reports pages without an article as errors

_OPENING = re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_HTML_TAGS = frozenset(
    [
        "html",
        "head",
        "body",
        "title",
        "meta",
        "base",
        "link",
        "style",
        "script",
        "noscript",
        "main",
        "article",
        "section",
        "header",
        "footer",
        "nav",
        "aside",
        "div",
        "span",
        "p",
        "a",
        "b",
        "i",
        "em",
        "strong",
        "u",
        "s",
        "small",
        "font",
        "center",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "br",
        "ul",
        "ol",
        "li",
        "dl",
        "table",
        "caption",
        "thead",
        "tbody",
        "tr",
        "td",
        "th",
        "form",
        "pre",
        "blockquote",
        "img",
        "picture",
        "figure",
        "details",
        "iframe",
        "object",
        "frameset",
        "address",
        "template",
    ]
)
"""What may stand first in a page or in a part of one."""
_SNAPSHOT_COMMENT = re.compile(r"<!--\s*(?:saved from url=\(\d+\))?(https?://[^\s<>]+?)\s*-->")
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>]+")
_LICENSE_ADDRESS = re.compile(r"https?://creativecommons\.org/(?:licenses|publicdomain)/[a-z0-9./+-]+", re.IGNORECASE)
_LICENSE_NAMES = re.compile(
    r"\b(CC[ -](?:BY(?:-(?:NC|ND|SA|NC-SA|NC-ND))?|0)(?:[ -]\d\.\d)?|GFDL|Open Government Licen[cs]e(?: v?\d\.\d)?)\b"
)
_BLANK_LINE = re.compile(r"\n\s*\n|\r\n")
_LANGUAGE = re.compile(r"^([a-zA-Z]{2})\b")
ENDINGS = (".html", ".htm", ".xhtml", ".shtml")
"""A file that is named so is a web page when there is any tag in it."""


class WebReader:
    """HTML pages."""

    name = "web"

    def sniff(self, head: bytes, path: str) -> bool:
        """HTML by its first tags; by its name, if it is not something else."""
        head = unpacked_head(head).replace(b"\x00", b"")
        if head.startswith((b"%PDF", b"PK\x03\x04")):
            return False
        begins = head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")[:1] == b"<"
        root = root_of(head)[0].lower()
        if begins and root and root not in _HTML_TAGS:
            return False  # XML of another kind, whatever is in it
        if _OPENING.search(head[:4096]):
            return True
        return inner_suffix(path) in ENDINGS and b"<" in head

    def probe(self, path: Path, options: ReadOptions) -> Probe:
        """What the page says of itself in its head, its structured data and its links."""
        decoded, tree, warnings = _parse(path)
        if decoded.replaced:
            warnings.append(f"{decoded.replaced} characters could not be decoded")
        if decoded.repaired:
            warnings.append("the text was encoded twice, which was undone")
        if decoded.declared and decoded.encoding != decoded.declared:
            warnings.append(f"declared as {decoded.declared} but is {decoded.encoding}")
        return _metadata(tree, _address(decoded.text, tree), tuple(warnings))

    def read(self, path: Path, first: int, last: int, options: ReadOptions, mark: Mark) -> Iterator[Page]:
        """The one page. Raises `UnreadableError` (no-text) when nothing is left without the site around it."""
        if first > 1:
            return
        mark("page 1")
        decoded, tree, cut_off = _parse(path)
        shown = shown_text(tree, PAGE)
        bound_tables(tree)
        made: list[str] = []
        left_out = settle(tree, made)
        blocks, reason = content_blocks(tree, _address(decoded.text, tree))
        blocks += _stated_text(tree, blocks)
        if not blocks:
            raise UnreadableError("no-text", "The page has no text of its own: it may be filled in by scripts.")
        reason = "; ".join([reason, *cut_off, *told(left_out)])
        conservation = shown.compared(blocks, left_out, made)
        yield Page(1, "web", reason, 0.0, 0.0, tuple(blocks), conservation=conservation)


def _parse(path: Path) -> tuple[Decoded, etree._Element, list[str]]:
    """Source and tree of a page, and why that is not the whole of it."""
    decoded = decode_markup(read_bounded(path, MAX_HTML_BYTES))
    warnings: list[str] = []
    return decoded, parse_html(decoded.text, warnings), warnings


def _stated_text(tree: etree._Element, blocks: Sequence[Block]) -> list[Block]:
    """Paragraphs of the article's text that only the page's structured data has, as where scripts would show it."""
    stated: list[tuple[str, str]] = []
    for body in structured_values(tree, "articleBody"):
        paragraphs = (" ".join(paragraph.split()) for paragraph in _BLANK_LINE.split(_plain_text(body)))
        stated += [(text, own) for text in paragraphs if len(own := letters(text)) >= LEAST_STATED]
    if not stated:
        return []
    shown = letters("".join(block.text for block in blocks))
    sought = set(chain.from_iterable(windows(own) for _, own in stated))
    known = found_in(shown, sought)
    found: list[Block] = []
    for text, own in stated:
        samples = windows(own)
        if sum(sample in known for sample in samples) < 0.5 * len(samples):
            found.append(Block("paragraph", text, made=(text,)))
            known |= found_in(own, sought)
    return found


def _plain_text(text: str) -> str:
    """Structured data may have its text as HTML."""
    if "<" not in text:
        return unescape(text)
    try:
        return "".join(bounded_tree(f"<div>{text}</div>").itertext())
    except UnreadableError:
        return ""


def parse_html(text: str, warnings: list[str] | None = None) -> etree._Element:
    """The tree of an HTML page, as `bounded_tree` makes it."""
    root = bounded_tree(text, warnings)
    for button in root.xpath("//span[contains(@class, 'mw-editsection')]"):  # "[edit]" in each heading of a MediaWiki
        button.drop_tree()
    return root


def _address(text: str, tree: etree._Element) -> str:
    """Where the page was saved from: its canonical link, or the comment that browsers and crawlers leave."""
    for link in tree.iter("link"):
        if (link.get("rel") or "").lower() == "canonical" and (link.get("href") or "").startswith("http"):
            return (link.get("href") or "").strip()
    found = _SNAPSHOT_COMMENT.search(text[:2000])
    if found:
        return found.group(1)
    return _meta(tree).get("og:url", "")


def _meta(tree: etree._Element) -> dict[str, str]:
    """Lower-case name (or property, or http-equiv) of each `<meta>` to its first content."""
    found: dict[str, str] = {}
    for meta in tree.iter("meta"):
        name = meta.get("name") or meta.get("property") or meta.get("itemprop") or meta.get("http-equiv")
        content = (meta.get("content") or "").strip()
        if name and content:
            found.setdefault(name.lower(), content)
    return found


def _metadata(tree: etree._Element, address: str, warnings: tuple[str, ...]) -> Probe:
    meta = _meta(tree)
    try:
        head = tree.find("head") if is_vast(tree) else None  # it looks for dates and names in all of a page
        document = extract_metadata(tree if head is None else head, address or None, extensive=False)
        title, author, date = document.title or "", document.author or "", document.date or ""
        site = document.sitename or ""
    except (ValueError, TypeError, AttributeError, etree.LxmlError):  # odd structured data upsets it; the rest remains
        title = author = date = site = ""
    authors = tuple(meta[name] for name in ("citation_author",) if name in meta) or tuple(
        name.strip() for name in author.split(";") if name.strip()
    )
    identifiers = {
        "url": address if address.startswith(("http://", "https://")) else "",
        "publisher": meta.get("citation_publisher") or site,
        "journal": meta.get("citation_journal_title", ""),
        "doi": _doi(meta),
        "pmid": meta.get("citation_pmid", ""),
    }
    return Probe(
        n_pages=1,
        title=meta.get("citation_title") or title or _first_heading(tree),
        authors=_citation_authors(tree) or authors,
        date=_iso_date(meta.get("citation_publication_date") or meta.get("citation_date") or "") or date,
        lang=_language(tree, meta),
        license=_license(tree, meta),
        source_type="web",
        identifiers={kind: text for kind, text in identifiers.items() if text},
        warnings=warnings,
    )


def _citation_authors(tree: etree._Element) -> tuple[str, ...]:
    names = (meta.get("content") or "" for meta in tree.iter("meta") if meta.get("name") == "citation_author")
    return tuple(name.strip() for name in names if name.strip())


def _iso_date(text: str) -> str:
    found = re.match(r"(\d{4})(?:[/-](\d{1,2})(?:[/-](\d{1,2}))?)?$", text.strip())
    if not found:
        return ""
    return "-".join([found.group(1), *(part.zfill(2) for part in found.groups()[1:] if part)])


def _doi(meta: dict[str, str]) -> str:
    for name in ("citation_doi", "dc.identifier", "prism.doi", "doi"):
        if found := _DOI.search(meta.get(name, "")):
            return found.group(0)
    return ""


def _first_heading(tree: etree._Element) -> str:
    heading = next(tree.iter("h1"), None)
    return " ".join(heading.text_content().split())[:300] if heading is not None else ""


def _language(tree: etree._Element, meta: dict[str, str]) -> str:
    """ISO 639-1 as declared by the root element or the head."""
    declared = tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang") or tree.get("xml:lang") or ""
    for text in (declared, meta.get("content-language", ""), meta.get("og:locale", ""), meta.get("dc.language", "")):
        if found := _LANGUAGE.match(text.strip()):
            return found.group(1).lower()
    return ""


def _license(tree: etree._Element, meta: dict[str, str]) -> str:
    """A licence that the page states: a `rel=license` link, metadata, structured data, a Creative Commons link."""
    for link in tree.iter("link", "a"):
        if "license" in (link.get("rel") or "").lower().split() and link.get("href"):
            return (link.get("href") or "").strip()
    for name in ("dcterms.license", "dc.rights", "dcterms.rights", "license", "citation_license"):
        if name in meta:
            return meta[name][:300]
    for stated in structured_values(tree, "license"):
        return stated[:300]
    for link in tree.iter("a"):
        if found := _LICENSE_ADDRESS.match(link.get("href") or ""):
            return found.group(0)
    for footer in tree.iter("footer"):
        if found := _LICENSE_NAMES.search(footer.text_content()[:5000]):
            return found.group(1)
    return ""


def structured_values(tree: etree._Element, key: str) -> Iterator[str]:
    """The texts that a page's structured data (JSON-LD) give for a key, in their order."""
    for script in tree.iter("script"):
        text = (script.text or "")[:500_000] if script.get("type") == "application/ld+json" else ""
        if f'"{key}"' not in text:
            continue
        try:
            waiting: list[Any] = [json.loads(text, strict=False)]
        except (ValueError, RecursionError):
            continue
        for _ in range(2000):
            if not waiting:
                break
            item = waiting.pop(0)
            if isinstance(item, dict):
                if isinstance(item.get(key), str):
                    yield str(item[key])
                waiting.extend(item.values())
            elif isinstance(item, list):
                waiting.extend(item)
