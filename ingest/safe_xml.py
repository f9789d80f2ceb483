"""XML from strangers, parsed without following anything that it asks for."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from lxml import etree

from ingest.document import UnreadableError
from medpress.encoding import decode_markup

_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_ROOT = re.compile(rb"<(?![?!])(?:[\w.-]+:)?([\w.-]+)[^>]*>?")
_BEFORE_ROOT = re.compile(rb"\s+|<\?.*?\?>|<!--.*?-->|<!doctype[^\[>]*(?:\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE)
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
"""Byte order marks."""
_HTML_DOCTYPE = re.compile(rb"<!doctype\s+html\b", re.IGNORECASE)
_NAMESPACE = re.compile(rb"xmlns(?::[\w.-]+)?\s*=\s*[\"']([^\"']+)")


_LIMITS = frozenset([etree.ErrorTypes.ERR_RESOURCE_LIMIT, etree.ErrorTypes.ERR_NAME_TOO_LONG])
"""Errors of libxml2 at which it leaves out what follows; of those below it does so where something is "too big"."""
_UNFINISHED = frozenset([etree.ErrorTypes.ERR_COMMENT_NOT_FINISHED, etree.ErrorTypes.ERR_CDATA_NOT_FINISHED])


def parse_xml(raw: bytes, warnings: list[str] | None = None) -> etree._Element:
    """The root element of an XML file; what the file lacks, or has and is not read, is added to `warnings`.

    No entity is expanded (so no external file is opened and nothing is multiplied), no DTD is loaded, there is no
    network, and libxml2's limits on depth and size stay on. Broken markup is recovered from. A wrong encoding
    declaration is seen through. Raises `UnreadableError` when there is no element at all, and without `warnings` for a
    file that these limits cut off.
    """
    decoded = decode_markup(raw)
    text = _DECLARATION.sub("", decoded.text.lstrip("\ufeff"), count=1)
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        no_network=True,
        huge_tree=False,
        recover=True,
        remove_comments=True,
        remove_pis=True,
        encoding="utf-8",
    )
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError as error:
        raise UnreadableError("decode", f"The file is not XML: error {error.code} in line {error.lineno}.") from error
    if root is None:
        raise UnreadableError("decode", "The file holds no XML element.")
    tell_cut_off(parser, warnings)
    if warnings is not None:
        if any(error.type == etree.ErrorTypes.ERR_DOCUMENT_END for error in parser.error_log):
            warnings.append("what stands behind the end of the XML was not read")
        elif _breaks_off(raw):
            warnings.append("the XML breaks off before its end")
    return root


def tell_cut_off(parser: etree.XMLParser | etree.HTMLParser, warnings: list[str] | None) -> None:
    """Add to `warnings` that a parser has left out what was beyond its limits; without these raise `UnreadableError`."""
    for error in parser.error_log:
        if error.type in _LIMITS or (error.type in _UNFINISHED and "too big" in error.message):
            what = "is nested too deep" if "depth" in error.message else "has a text that is too long"
            if warnings is None:
                raise UnreadableError("too-large", f"The markup {what} to be read whole.")
            warnings.append(f"the markup {what} to be read whole")
            return


def _breaks_off(raw: bytes) -> bool:
    """Whether an XML file ends before its root element is closed."""
    closing = re.findall(rb"</(?:[\w.-]+:)?([\w.-]+)\s*>", raw[-4096:])
    return b"\x00" not in raw[:200] and (not closing or closing[-1].decode() != root_of(raw[:8192])[0])


def root_of(head: bytes) -> tuple[str, str]:
    """Local name of the root element and its first namespace, from the first bytes of an XML file; or empty.

    What stands before it (declaration, comments, a DTD within the file) is passed over, also in UTF-16.
    """
    head = _plain_head(head)
    start = 0
    while before := _BEFORE_ROOT.match(head, start):
        start = before.end()
    found = _ROOT.search(head, start)
    if not found:
        return "", ""
    namespace = _NAMESPACE.search(found.group(0))
    return found.group(1).decode("ascii", "replace"), namespace.group(1).decode("ascii", "replace") if namespace else ""


def is_xml_of_another_kind(head: bytes) -> bool:
    """Whether a file with these first bytes is XML, says so, and has a root that is not HTML's."""
    head = _plain_head(head)
    if _HTML_DOCTYPE.search(head):
        return False
    root, namespace = root_of(head)
    said = head.lstrip()[:5] == b"<?xml" or (namespace != "" and head.lstrip()[:1] == b"<")
    return said and root.lower() != "html"


def _plain_head(head: bytes) -> bytes:
    """First bytes of markup without a byte order mark, and with one byte for a character of ASCII."""
    for mark in _MARKS:
        head = head.removeprefix(mark)
    return head.replace(b"\0", b"")


def local_name(element: etree._Element) -> str:
    """Tag without its namespace; empty for entities, comments and processing instructions."""
    tag = element.tag
    if not isinstance(tag, str):
        return ""
    return tag.rpartition("}")[2]


def children(element: etree._Element, *names: str) -> Iterator[etree._Element]:
    """The direct children with one of these local names (all elements when none is given)."""
    for child in element:
        name = local_name(child)
        if name and (not names or name in names):
            yield child


def entity_text(element: etree._Element) -> str:
    """What an unexpanded entity reference stands for, if it is one that HTML knows; nothing otherwise."""
    if element.tag is not etree.Entity:
        return ""
    text = element.text or ""
    known = html.unescape(text)
    return known if known != text else ""
