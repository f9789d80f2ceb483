"""Pages of a document -> the document: running heads out, headings consistent, paragraphs joined."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from ingest.document import Block, Page, Probe
from ingest.structure import KIND_LABEL, NUMBERING, REFERENCES, SECTIONS, glue, vocabulary

_PAGE_NUMBER = re.compile(r"^\W*(?:p(?:age|\.)?\s*)?(?:\d{1,5}|[ivxlc]{1,7}|e\d{1,6}|\d{1,5}\s*(?:of|/|-|–)\s*\d{1,5}|第\s*\d+\s*页(?:.{0,4}共\s*\d+\s*页)?)\W*$", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")


def assemble(pages: Sequence[Page], probe: Probe) -> tuple[list[Page], Probe]:
    kept = remove_furniture(pages)
    return kept, probe


def remove_furniture(pages: Sequence[Page]) -> list[Page]:
    repeated = _repeated(pages)
    return [
        replace(page, blocks=tuple(b for b in page.blocks if b.furniture is None or not (_PAGE_NUMBER.match(b.text) or _key(b) in repeated)))
        for page in pages
    ]


def _key(block: Block) -> tuple[str, str]:
    return block.furniture or "", _DIGITS.sub("#", block.text.lower())


def _repeated(pages):
    seen = defaultdict(set)
    for page in pages:
        for block in page.blocks:
            if block.furniture:
                seen[_key(block)].add(page.page)
    return {k for k, v in seen.items() if len(v) >= 2}
