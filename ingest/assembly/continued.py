"""Tables that go on overleaf, tied to their first part: the head that is set again there is left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ingest.assembly.floats import labels
from ingest.document import Block

REPEATED_HEAD = "repeated head"
"""Why the head of a table's further part, and its short caption, are left out."""
SHORT_CAPTION = 4
"""A caption of more words than this says something of its own: `Table 2 (continued)` does not."""


def continue_tables(blocks: Sequence[list[Block]], removed: Sequence[dict[str, list[str]]]) -> None:
    """Tie a table that opens a page to the one that ends the page before, where both have the same head.

    Changes the pages' `blocks` in place, and adds to `removed`, by page and reason, the texts that are gone.
    """
    head = ""  # of the table that ends the page before
    for number, kept in enumerate(blocks):
        opening = next((index for index, block in enumerate(kept) if block.kind == "table"), None)
        if head and opening is not None and _only_captions(kept[:opening], blocks[number - 1]):
            first, _, rest = kept[opening].text.partition("\n")
            rule, _, body = rest.partition("\n")
            if first == head and body and not set(rule) - set("|-: "):
                gone = [*(block.text for block in kept[:opening]), first]
                removed[number].setdefault(REPEATED_HEAD, []).extend(gone)
                kept[: opening + 1] = [replace(kept[opening], text=body, join="\n")]
                if len(kept) == 1:
                    continue  # the whole page is the table, which may go on once more
        last = kept[-1] if kept else None
        head = last.text.partition("\n")[0] if last is not None and last.kind == "table" and last.join is None else ""
        if not any(character.isalpha() for character in head):
            head = ""


def _only_captions(between: Sequence[Block], before: Sequence[Block]) -> bool:
    """Whether nothing but one short caption, with the label of the last caption before, stands there."""
    if not between:
        return True
    caption = next((block for block in reversed(before) if block.kind == "caption"), None)
    return (
        len(between) == 1
        and between[0].kind == "caption"
        and len(between[0].text.split()) <= SHORT_CAPTION
        and caption is not None
        and bool(labels(between[0].text))
        and labels(between[0].text)[:1] == labels(caption.text)[:1]
    )
