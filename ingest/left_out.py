"""Text that a source holds and its reader does not see: taken out of the tree, and kept by reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lxml import etree

HIDDEN = "hidden"
"""Not shown, and opened by nothing."""
STRUCK_OUT = "struck out"
"""Shown with a line through it: void."""
DELETED = "deleted"
"""Kept by a program that tracks changes."""
READING_AID = "reading aid"
"""The reading of a character, small above it."""
FIELD_CODE = "field code"
"""What a program works a text out from."""
PLACEHOLDER = "placeholder"
"""What a form says where nobody has filled it in."""
COMMENT, HEADER, FOOTER = "comment", "header", "footer"
"""Remarks on the text, and what stands above and below each page."""

_NOT_TEXT = frozenset({"script", "style", "template"})


LeftOut = dict[str, list[str]]
"""What was left out of a page: the texts, by reason. The conservation check counts them."""


def leave_out(element: etree._Element, reason: str, left_out: LeftOut) -> None:
    """Take an element out of its tree and keep its text under a reason; what stands behind it stays."""
    leave_all_out([element], reason, left_out)


def leave_all_out(elements: Iterable[etree._Element], reason: str, left_out: LeftOut) -> None:
    """Leave out many elements, each before the next one is asked for (see `drop_all`)."""

    def kept() -> Iterator[etree._Element]:
        for element in elements:
            left_out.setdefault(reason, []).append("".join(texts(element)))
            yield element

    drop_all(kept())


def told(left_out: LeftOut) -> list[str]:
    """What was left out, in words, for the reason of a page: how many characters, white space aside, and why."""
    sizes = {reason: len("".join("".join(parts).split())) for reason, parts in sorted(left_out.items())}
    return [f"{size} characters left out: {reason}" for reason, size in sizes.items() if size]


def drop(element: etree._Element) -> None:
    """Take an element out of its tree; the text behind it stays."""
    drop_all([element])


def drop_all(elements: Iterable[etree._Element]) -> None:
    """Take elements out of their tree, each before the next one is asked for; the text behind them stays.

    That text is put back at the end, once for each place: one by one, a run of many would copy it as many times.
    """
    behind: dict[etree._Element, list[str]] = {}
    begun: dict[etree._Element, list[str]] = {}
    for element in elements:
        parent = element.getparent()
        if parent is None:
            continue
        if tail := "".join(behind.pop(element, [element.tail or ""])):
            previous = element.getprevious()
            if previous is not None:
                behind.setdefault(previous, [previous.tail or ""]).append(tail)
            else:
                begun.setdefault(parent, [parent.text or ""]).append(tail)
            element.tail = None
        parent.remove(element)
    for place, parts in behind.items():
        place.tail = "".join(parts)
    for place, parts in begun.items():
        place.text = "".join(parts)


def texts(element: etree._Element) -> Iterator[str]:
    """The text within an element that is text: not scripts and style sheets."""
    for each in element.iter():
        if isinstance(each.tag, str) and each.tag not in _NOT_TEXT:
            yield each.text or ""
        if each is not element:
            yield each.tail or ""
