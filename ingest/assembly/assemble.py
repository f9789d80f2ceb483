"""Pages of a document -> the document: headers and footers out, headings consistent, lists and paragraphs put together.

Pure: pages in, pages out. Only here is the whole document known, so everything that needs more than a page happens
here: what repeats over pages is furniture, the style of a heading gets its level from all headings, the list of
references goes on over pages, and a paragraph may end on the next page.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ingest.assembly.continued import continue_tables
from ingest.assembly.floats import mark_notes, place_floats
from ingest.conservation import after_assembly
from ingest.document import Block, Page, Probe
from ingest.page.block_kinds import RUN_IN, STAMP, glue, union, vocabulary
from ingest.page.context import plain
from ingest.page.section_names import CAPTION, METADATA_LABEL, NUMBERING, REFERENCES, SECTIONS, strip_number

EDGE = "edge"
"""Text at the edge of a page that turned out to be no header or footer."""
FLOATS = frozenset({"table", "caption", "footnote"})
"""Kinds that stand between the parts of a paragraph without belonging to it."""

_PAGE_NUMBER = re.compile(
    r"^\W*(?:p(?:age|\.)?\s*)?(?:\d{1,5}|[ivxlc]{1,7}|[es]\d{1,6}|\d{1,5}\s*(?:of|/|-|–)\s*\d{1,5}"
    r"|第\s*\d+\s*页(?:.{0,4}共\s*\d+\s*页)?)\W*$",
    re.IGNORECASE,
)
_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"<>{}|\\^`]+", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")
_TERMINAL = re.compile(r"[.!?。！？:：][\"”’')\]]*(?:\[[\d,–\- ]+\])?$")
_SPACE = re.compile(r"\s+")


def assemble(pages: Sequence[Page], probe: Probe) -> tuple[list[Page], Probe]:
    """The document's pages with its structure made consistent, and its probe with what the pages told."""
    paged = [page for page in pages if page.width > 0]
    if not paged:
        blocks = [_merged_lists(page.blocks) for page in pages]
        return _conserved(pages, blocks, [{} for _ in pages]), probe
    cleared = remove_furniture(pages, (probe.title, *probe.authors))
    removed = [_removed(page, left) for page, left in zip(pages, cleared, strict=True)]
    blocks = [list(page.blocks) for page in cleared]
    blocks = _outlined(blocks, pages, probe)
    size = _body_size(blocks)
    # what stood apart at an edge but repeats nowhere is text again, as far as it looks like text
    blocks = [
        [replace(b, furniture=EDGE) if b.furniture and abs(b.size - size) < 0.6 else b for b in page] for page in blocks
    ]
    title = _demote_front(blocks)
    _set_levels(blocks, title)
    _mark_references(blocks)
    blocks = [_merged_lists(page) for page in blocks]
    mark_notes(blocks, size)
    _join(blocks)
    blocks = place_floats(blocks)
    continue_tables(blocks, removed)
    if not probe.title and title is not None:
        probe = replace(probe, title=title.text)
    doi = _own_doi(pages[0])
    if doi and "doi" not in probe.identifiers:
        probe = replace(probe, identifiers=probe.identifiers | {"doi": doi})
    return _conserved(pages, blocks, removed), probe


def _removed(page: Page, left: Page) -> dict[str, list[str]]:
    """The texts of a page's furniture that is gone, by what it was."""
    kept = {id(block) for block in left.blocks}
    texts: dict[str, list[str]] = defaultdict(list)
    for block in page.blocks:
        if id(block) not in kept:
            texts[block.furniture or ""].append(block.text)
    return texts


def _conserved(
    pages: Sequence[Page], blocks: Sequence[Sequence[Block]], removed: Sequence[Mapping[str, Sequence[str]]]
) -> list[Page]:
    """The pages with their new blocks, and with what became of their words on the way."""
    found = after_assembly(
        [[block.text for block in page.blocks] for page in pages],
        [[block.text for block in kept] for kept in blocks],
        removed,
        [page.conservation for page in pages],
    )
    return [
        replace(page, blocks=tuple(kept), conservation=conservation)
        for page, kept, conservation in zip(pages, blocks, found, strict=True)
    ]


def _own_doi(page: Page) -> str:
    """The DOI that stands on the first page, if it is only one."""
    found = {
        match.group(0).rstrip(".,;:)]").lower()
        for block in page.blocks
        for match in _DOI.finditer(block.text)
        if block.kind != "reference"
    }
    return found.pop() if len(found) == 1 and page.page == 1 else ""


def remove_furniture(pages: Sequence[Page], names: Sequence[str] = ()) -> list[Page]:
    """Pages without headers, footers and page numbers.

    A block that stands where such text stands goes if it is a page number, if its text (digits aside) stands there
    on another page too, if the model of labels tells it (`STAMP`) and there is other text, if most pages have a text of
    that size at that very height, or if it is one of `names` (the document's title, its authors), as on the few pages of
    a short document.
    """
    known = {key for key in map(_letters, names) if len(key) >= 6}
    texts: dict[tuple[str, str], set[int]] = defaultdict(set)
    places: dict[tuple[str, int, int], set[int]] = defaultdict(set)
    for page in pages:
        for block in page.blocks:
            if block.furniture:
                texts[_text_key(block)].add(page.page)
                places[_place_key(block)].add(page.page)
    needed = max(4, 0.5 * len(pages))
    any_text = any(block.furniture is None for page in pages for block in page.blocks)
    result = []
    for page in pages:
        kept = []
        for block in page.blocks:
            if block.furniture and not CAPTION.match(block.text):
                if (
                    (block.furniture == STAMP and any_text)
                    or _letters(block.text) in known
                    or _PAGE_NUMBER.match(block.text)
                    or len(texts[_text_key(block)]) >= 2
                ):
                    continue
                if len(places[_place_key(block)]) >= needed and len(block.text) < 160:
                    continue
            kept.append(block)
        result.append(replace(page, blocks=tuple(kept)))
    return result


def _letters(text: str) -> str:
    """A text's letters, for comparing it with names; numbers and punctuation aside."""
    return _DIGITS.sub("", plain(text))


def _text_key(block: Block) -> tuple[str, str]:
    return block.furniture or "", _SPACE.sub("", _DIGITS.sub("#", block.text.lower()))


def _place_key(block: Block) -> tuple[str, int, int]:
    y = block.bbox[1] if block.bbox else 0.0
    return block.furniture or "", round(y / 3), round(2 * block.size)


def _outlined(blocks: list[list[Block]], pages: Sequence[Page], probe: Probe) -> list[list[Block]]:
    """Short paragraphs that the file's own outline names on their page become headings."""
    if not probe.outline:
        return blocks
    named: dict[int, set[str]] = defaultdict(set)
    for _, title, number in probe.outline:
        key = plain(title)
        if len(key) >= 3:
            named[number].update((key, plain(strip_number(title))))
    result = []
    for page, kept in zip(pages, blocks, strict=True):
        titles = named.get(page.page)
        if titles:
            kept = [
                replace(block, kind="heading", level=3)
                if block.kind == "paragraph" and len(block.text) < 200 and plain(block.text) in titles
                else block
                for block in kept
            ]
        result.append(kept)
    return result


def _demote_front(blocks: list[list[Block]]) -> Block | None:
    """Find the title; authors, labels and mottos before the first section are no headings. Returns the title."""
    for page in blocks:
        for index, block in enumerate(page):
            if block.kind == "heading" and METADATA_LABEL.match(block.text):
                page[index] = replace(block, kind="paragraph", level=0)
    first = next((page for page in blocks[:3] if any(block.kind == "heading" for block in page)), None)
    if first is None:
        return None
    size = 1.15 * _body_size(blocks)
    candidates = [
        index
        for index, block in enumerate(first)
        if block.kind == "heading"
        and block.size >= size
        and not _is_section(block)
        and (len(block.text.split()) >= 3 or not block.text.isascii())
    ]
    if not candidates:
        return None
    best = max(candidates, key=lambda index: (round(first[index].size, 1), -index))
    sections = [index for index, block in enumerate(first) if block.kind == "heading" and _is_section(block)]
    if sections or any(_is_section(block) for page in blocks[:4] for block in page if block.kind == "heading"):
        end = next((index for index in sections if index > best), len(first))
        for index in range(end):
            if index != best and first[index].kind == "heading" and index not in sections:
                first[index] = replace(first[index], kind="paragraph", level=0)
    title = replace(first[best], level=1)
    first[best] = title
    return title


def _is_section(block: Block) -> bool:
    """Whether a heading is that of a section and not a name, a motto or a label."""
    return SECTIONS.match(strip_number(block.text)) is not None or NUMBERING.match(block.text) is not None


def _body_size(blocks: Sequence[Sequence[Block]]) -> float:
    sizes: Counter[float] = Counter()
    for page in blocks:
        for block in page:
            if block.kind == "paragraph":
                sizes[block.size] += len(block.text)
    return max(sizes, key=lambda size: (sizes[size], size)) if sizes else 10.0


def _set_levels(blocks: list[list[Block]], title: Block | None) -> None:
    """Give headings of one style one level; numbering decides, then the style of the main sections, then size."""
    headings = [block for page in blocks for block in page if block.kind == "heading" and block is not title]
    if not headings:
        return
    depths: dict[tuple[float, bool, bool], Counter[int]] = defaultdict(Counter)
    main: Counter[tuple[float, bool, bool]] = Counter()
    for block in headings:
        depth = _depth(block)
        if depth:
            depths[_style(block)][depth] += 1
        if block.level == RUN_IN:
            continue
        if SECTIONS.match(strip_number(block.text)) and not depth:
            main[_style(block)] += 1
    anchor = max(main, key=lambda style: (main[style], style)) if main else None
    levels: dict[tuple[float, bool, bool], int] = {}
    styles = sorted({_style(block) for block in headings if block.level != RUN_IN}, reverse=True)
    for style in styles:
        if style in depths:
            levels[style] = depths[style].most_common(1)[0][0] + 1
    if anchor is not None:
        levels.setdefault(anchor, 2)
    below = max((level for level in levels.values()), default=1)
    larger = 0 if title is None else 1
    for style in styles:
        if style in levels:
            continue
        if anchor is not None and style > anchor:
            levels[style] = 1 if title is None or style[0] > 1.4 * anchor[0] else 2
        else:
            above = [levels[other] for other in styles if other in levels and other > style]
            levels[style] = min(6, (max(above) if above else below if anchor is not None else larger) + 1)
        larger = max(larger, levels[style])
    current = 1
    for page in blocks:
        for index, block in enumerate(page):
            if block.kind != "heading":
                continue
            if block is not title:
                depth = _depth(block)
                level = depth + 1 if depth else current + 1 if block.level == RUN_IN else levels[_style(block)]
                page[index] = replace(block, level=min(6, level))
                if block.level == RUN_IN:
                    continue
            current = page[index].level


def _depth(block: Block) -> int:
    match = NUMBERING.match(block.text)
    return len(match.group("arabic").split(".")) if match and match.group("arabic") else 0


def _style(block: Block) -> tuple[float, bool, bool]:
    """What ranks a heading: size, weight, capitals."""
    return round(block.size * 2) / 2, block.bold, block.text.upper() == block.text


def _mark_references(blocks: list[list[Block]]) -> None:
    """Everything after the heading of the references, up to the next heading, is a reference."""
    inside = False
    for page in blocks:
        for index, block in enumerate(page):
            if block.kind == "heading":
                inside = REFERENCES.match(block.text) is not None
            elif inside and block.kind in ("paragraph", "list", "footnote"):
                page[index] = replace(block, kind="reference")


def _merged_lists(blocks: Sequence[Block]) -> list[Block]:
    """Neighbouring list items as one block, one item a line."""
    result: list[Block] = []
    for block in blocks:
        previous = result[-1] if result else None
        if block.kind == "list" and previous is not None and previous.kind == "list" and block.join is None:
            confidence = previous.confidence
            if confidence is not None and block.confidence is not None:
                confidence = (confidence * len(previous.text) + block.confidence * len(block.text)) / max(
                    1, len(previous.text) + len(block.text)
                )
            result[-1] = replace(
                previous,
                text=f"{previous.text}\n{block.text}",
                bbox=union(previous.bbox, block.bbox),
                confidence=confidence,
            )
            continue
        result.append(block)
    return result


def _join(blocks: list[list[Block]]) -> None:
    """Tie paragraphs that go on in the next column or on the next page, and move what stands between out of the way.

    A block with `join` carries on the one right before it, so tables and captions in between go after its part on
    the same page, and those at the end of the page before go in front of the paragraph.
    """
    words: Mapping[str, int] | None = None
    last: tuple[int, int] | None = None
    head = 0  # where, on the page of `last`, the paragraph that `last` belongs to begins
    for number, kept in enumerate(blocks):
        index = -1
        while index + 1 < len(kept):
            index += 1
            block = kept[index]
            if block.kind in FLOATS or (block.furniture and block.furniture != EDGE):
                continue
            if block.kind not in ("paragraph", "reference", "list"):
                last = None
                continue
            if last is None or not _goes_on(blocks[last[0]][last[1]], block, last[0] != number, index - last[1] > 1):
                last, head = (number, index), index
                continue
            before = blocks[last[0]]
            if last[0] == number:
                target = last[1] + 1
            else:
                after = before[last[1] + 1 :]
                if number - last[0] > 1 and any(blocks[last[0] + 1 : number]):
                    last, head = (number, index), index
                    continue
                if after:
                    if before[head].join is not None:
                        last, head = (number, index), index
                        continue
                    before[head:] = after + before[head : last[1] + 1]
                    last = (last[0], len(before) - 1)
                target = 0
            if words is None and blocks[last[0]][last[1]].text[-1:] in "-‐":
                words = vocabulary(part.text for parts in blocks for part in parts)
            text, joiner = glue(blocks[last[0]][last[1]].text, block.text, words or {})
            previous = blocks[last[0]][last[1]]
            if text != previous.text:
                blocks[last[0]][last[1]] = replace(previous, text=text)
            kept.pop(index)
            kept.insert(target, replace(block, join=joiner, kind=previous.kind))
            if last[0] != number:
                head = target
            last = (number, target)


def _goes_on(block: Block, following: Block, new_page: bool, interrupted: bool) -> bool:
    """Whether a block ends in the middle of a sentence that the following one, in another column, carries on."""
    if abs(block.size - following.size) > 0.65 or block.bold != following.bold or not block.text or not following.text:
        return False
    if following.kind != block.kind and following.kind != "paragraph":
        return False
    if following.kind == "list" or _TERMINAL.search(block.text):
        return False
    elsewhere = new_page or interrupted or EDGE in (block.furniture, following.furniture)
    if not elsewhere and block.bbox is not None and following.bbox is not None:
        elsewhere = following.bbox[1] < block.bbox[1] or following.bbox[0] > block.bbox[2]
    if not elsewhere:
        return False
    first = following.text[0]
    if first.islower() or block.text[-1] in "-‐,":
        return True
    if len(block.text) < 60 or block.text[-1] in ";；":
        return False
    return first.isalnum() or first in "([“‘\"'" or not first.isascii()
