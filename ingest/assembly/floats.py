"""Tables, and captions of figures and tables, put behind the paragraph that first speaks of them.

A typesetter puts a float where there is room, so in the order of the page a caption stands between two sentences that
have nothing to do with it, often ahead of its own section. Publishers' XML, and a person who reads aloud, put it behind
the paragraph with its first mention. A block stays on its page, since its box does: a float that was first mentioned on
an earlier page comes first on its own, one that is mentioned only later comes last.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ingest.document import Block
from ingest.page.section_names import CAPTION

_KINDS = {
    "fig": "figure", "abb": "figure", "图": "figure", "tab": "table", "表": "table", "sch": "scheme", "box": "box",
    "cha": "chart", "pla": "plate", "exh": "exhibit", "alg": "algorithm",
}  # fmt: skip
_LABEL = re.compile(
    r"(?P<extra>Supp\w*\.?\s+|Additional\s+|Extended\s+Data\s+)?"
    r"(?P<kind>\b(?:Fig(?:ure|ura)?|Tab(?:le|elle|leau|la)?|Scheme|Box|Chart|Plate|Exhibit|Algorithm|Abb)s?\b\.?|[图表])"
    r"\s*(?P<numbers>(?:and|to|und|y|et|[A-Z]?\d{1,3}(?:\.\d{1,2})?|(?<=\d)[A-Za-z]\b|(?<=[A-Za-z])[,–-][A-Za-z]\b"
    r"|[IVX]{1,5}\b|[,;&和至、–—-]|\s)+)",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?P<prefix>[A-Za-z]?)(?P<count>\d{1,3}(?:\.\d{1,2})?)|(?P<roman>[IVX]{1,5}\b)")
_RANGE = re.compile(r"\s*(?:[–—-]|to|至)\s*", re.IGNORECASE)
MAX_RANGE = 20
"""`Figures 1-40` names no more floats than this."""
MAX_LABEL = 60
"""Characters of a caption in which its label stands."""
NOTE_GAP = 1.6
"""A note in small print stands no further below its table than this many of its lines."""
CAPTION_GAP = 40.0
"""A caption stands no further from its table than this, in points."""


def labels(text: str) -> list[str]:
    """The floats that a text names, in its order: `Figs. 2, 3A and Table 1` -> figure 2, figure 3, table 1."""
    found: list[str] = []
    for match in _LABEL.finditer(text):
        kind = ("supplementary " if match.group("extra") else "") + _KINDS[match.group("kind").lower()[:3].strip(".")]
        last: int | None = None
        end = 0
        numbers = match.group("numbers")
        for number in _NUMBER.finditer(numbers):
            name = number.group("roman") or (number.group("prefix") + number.group("count"))
            name = name.upper()
            plain = int(name) if name.isdecimal() else None
            if last is not None and plain is not None and _RANGE.fullmatch(numbers[end : number.start()]):
                found.extend(f"{kind} {between}" for between in range(last + 1, min(plain, last + MAX_RANGE)))
            found.append(f"{kind} {name}")
            last, end = plain, number.end()
    return found


def place_floats(blocks: Sequence[list[Block]]) -> list[list[Block]]:
    """The pages with their floats moved.

    A paragraph with its continuation (`join`), and a table with its caption and notes, stay whole. What is never
    mentioned, or stands between two paragraphs as its author put it, stays where it is.
    """
    mentions = _first_mentions(blocks)
    result = []
    for page, kept in enumerate(blocks):
        units = _units(kept)
        tied_after = page + 1 < len(blocks) and bool(blocks[page + 1]) and blocks[page + 1][0].join is not None
        first = 0 if kept and kept[0].join is not None else -1
        behind: dict[int, list[int]] = {}
        for index, unit in enumerate(units):
            where = mentions.get(_label(unit))
            if where is None or _in_flow(units, index):
                continue
            if where[0] == page:
                target = next(i for i, other in enumerate(units) if any(block is where[1] for block in other))
            else:
                target = first if where[0] < page else len(units) - 1
            if tied_after and target == len(units) - 1:
                target -= 1  # what goes on overleaf must stay last
            behind.setdefault(target, []).append(index)
        moved = {index for group in behind.values() for index in group}
        order: list[int] = []
        for index in range(-1, len(units)):
            if index >= 0 and index not in moved:
                order.append(index)
            order.extend(behind.get(index, ()))
        result.append([block for index in order for block in units[index]])
    return result


def _in_flow(units: list[list[Block]], index: int) -> bool:
    """Whether a float stands between two paragraphs of its own column, neither of which goes on behind it."""
    if not 0 < index < len(units) - 1:
        return False
    before, after = units[index - 1][-1].bbox, units[index + 1][0].bbox
    boxes = [block.bbox for block in units[index] if block.bbox]
    if before is None or after is None or not boxes or _label(units[index - 1]) or _label(units[index + 1]):
        return False
    left, top, right, bottom = (
        min(b[0] for b in boxes),
        min(b[1] for b in boxes),
        max(b[2] for b in boxes),
        max(b[3] for b in boxes),
    )
    width = 1.1 * max(before[2] - before[0], after[2] - after[0])
    column = min(before[2], after[2], right) > max(before[0], after[0], left) and right - left <= width
    return column and before[3] <= top + 2 and after[1] >= bottom - 2


def _first_mentions(blocks: Sequence[list[Block]]) -> dict[str, tuple[int, Block]]:
    """Page and block of the running text in which each float is first named."""
    mentions: dict[str, tuple[int, Block]] = {}
    for page, kept in enumerate(blocks):
        for block in kept:
            if block.kind in ("paragraph", "list"):
                for label in labels(block.text):
                    mentions.setdefault(label, (page, block))
    return mentions


def mark_notes(blocks: list[list[Block]], body_size: float) -> None:
    """Small print right below a table becomes a footnote: its notes are no part of the text that goes on beside it."""
    for kept in blocks:
        above = [block for block in kept if block.kind == "table"]
        for index, block in enumerate(kept):
            small = block.kind in ("paragraph", "list", "footnote") and block.size < body_size - 0.3
            if small and any(_right_below(block, table) for table in above):
                kept[index] = replace(block, kind="footnote")
                above.append(kept[index])


def _right_below(block: Block, above: Block) -> bool:
    if block.bbox is None or above.bbox is None or block.size > above.size + 0.6:
        return False
    gap = block.bbox[1] - above.bbox[3]
    inside = min(block.bbox[2], above.bbox[2]) - max(block.bbox[0], above.bbox[0]) > 0.6 * (
        block.bbox[2] - block.bbox[0]
    )
    return inside and -2.0 <= gap < NOTE_GAP * max(block.size, 6.0)


def _units(blocks: list[Block]) -> list[list[Block]]:
    """What moves or stays as one: a paragraph with its parts; a table with its caption and its notes, in this order."""
    owner: dict[int, int] = {}
    captioned: set[int] = set()
    tables = [index for index, block in enumerate(blocks) if block.kind == "table"]
    for index, block in enumerate(blocks):
        if block.kind == "caption" and _is_table_label(block):
            near = [(_distance(block, blocks[table]), table) for table in tables if table not in captioned]
            if near and min(near)[0] <= CAPTION_GAP:
                captioned.add(min(near)[1])
                owner[index] = min(near)[1]
    for index, block in enumerate(blocks):
        if block.kind == "footnote":
            above = [
                i
                for i in (*tables, *owner)
                if blocks[i].kind in ("table", "footnote") and _right_below(block, blocks[i])
            ]
            if above:
                owner[index] = owner.get(above[0], above[0])
    units: list[list[Block]] = []
    for index, block in enumerate(blocks):
        if block.join is not None and units:
            units[-1].append(block)
        elif index in captioned:
            mine = [i for i, table in owner.items() if table == index]
            before = [blocks[i] for i in mine if blocks[i].kind == "caption"]
            units.append([*before, block, *(blocks[i] for i in sorted(mine) if blocks[i].kind != "caption")])
        elif index not in owner or owner[index] not in captioned:
            units.append([block])
    return units


def _is_table_label(block: Block) -> bool:
    found = labels(block.text[:MAX_LABEL])
    return bool(found) and found[0].rpartition(" ")[0].endswith("table")


def _distance(caption: Block, table: Block) -> float:
    """White space between a caption and a table below, above or beside it; infinite if they do not face one another."""
    if caption.bbox is None or table.bbox is None:
        return float("inf")
    across = max(caption.bbox[0], table.bbox[0]) - min(caption.bbox[2], table.bbox[2])
    down = max(caption.bbox[1], table.bbox[1]) - min(caption.bbox[3], table.bbox[3])
    if across < 0 or down < 0:
        return max(0.0, across, down)
    return across + down if min(across, down) < 12.0 else float("inf")


def _label(unit: list[Block]) -> str:
    """The label of a float, such as `table 2`; empty for anything else."""
    caption = next((block for block in unit if block.kind == "caption"), None)
    if caption is None or not CAPTION.match(caption.text):
        return ""
    found = labels(caption.text[:MAX_LABEL])
    return found[0] if found else ""
