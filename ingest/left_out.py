"""Text that a source holds and its reader does not see: taken out of the tree, and counted by reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from lxml import etree

HIDDEN = "hidden"
"""Not shown, and opened by nothing."""
STRUCK_OUT = "struck out"
"""Shown with a line through it: void."""
DELETED = "deleted"
"""Kept by a program that tracks changes."""
READING_AID = "reading aid"
"""The reading of a character, small above it."""
PLACEHOLDER = "placeholder"
"""What a form says where nobody has filled it in."""
COMMENT, HEADER, FOOTER = "comment", "header", "footer"
"""Remarks on the text, and what stands above and below each page."""

_NOT_TEXT = frozenset({"script", "style", "template"})


def visible_length(text: str) -> int:
    """Characters of a text, white space aside: what is counted."""
    return len("".join(text.split()))


def leave_out(element: etree._Element, reason: str, counts: Counter[str]) -> None:
    """Take an element out of its tree and count its text; what stands behind it stays."""
    counts[reason] += visible_length("".join(texts(element)))
    drop(element)


def drop(element: etree._Element) -> None:
    """Take an element out of its tree; the text behind it stays."""
    parent = element.getparent()
    if parent is None:
        return
    tail = element.tail or ""
    previous = element.getprevious()
    if tail and previous is not None:
        previous.tail = (previous.tail or "") + tail
    elif tail:
        parent.text = (parent.text or "") + tail
    element.tail = None
    parent.remove(element)


def texts(element: etree._Element) -> Iterator[str]:
    """The text within an element that is text: not scripts and style sheets."""
    for each in element.iter():
        if isinstance(each.tag, str) and each.tag not in _NOT_TEXT:
            yield each.text or ""
        if each is not element:
            yield each.tail or ""
