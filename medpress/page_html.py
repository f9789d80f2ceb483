"""Pages as one HTML file: the picture of each page with the boxes of its blocks on the left, what was read on the right.

The file holds raw text and asks for nothing: no script, no font, no picture from elsewhere, and its own policy forbids
them (Content Security Policy, level 3). All text is escaped. A box is a link to its block, and back.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medpress.store import write_atomic

SHOWN = "show"
"""Folder of such files, in the work folder: they hold raw text."""
DOUBTFUL = 0.9
"""A block recognised with less confidence than this is set apart."""

_STYLE = """
body{font:15px/1.45 system-ui,sans-serif;margin:1rem;color:#222;background:#fff}
h1{font-size:1.2rem}h2{font-size:1rem;margin:2rem 0 .5rem}small{color:#666}
section{content-visibility:auto;contain-intrinsic-size:auto 900px}
.both{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:1rem;align-items:start}
svg{width:100%;height:auto;border:1px solid #bbb;position:sticky;top:0;max-height:98vh;background:#fff}
rect{fill-opacity:.06;stroke-width:1;vector-effect:non-scaling-stroke}rect:hover{fill-opacity:.25}
.block{border-left:4px solid;padding-left:.5rem;margin:.5rem 0}.block:target{background:#fff3b0}
.block pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:0;font:inherit;color:#222}
.doubtful small{color:#b00020;font-weight:bold}.marked{background:#ffe680}rect.marked{fill:#ffd000;fill-opacity:.4}
.heading{color:#c81e1e;stroke:#c81e1e;fill:#c81e1e}.paragraph{color:#1a57cc;stroke:#1a57cc;fill:#1a57cc}
.list{color:#0e8f8f;stroke:#0e8f8f;fill:#0e8f8f}.table{color:#8b26bf;stroke:#8b26bf;fill:#8b26bf}
.caption{color:#c97c0a;stroke:#c97c0a;fill:#c97c0a}.footnote{color:#666;stroke:#666;fill:#666}
.formula{color:#0e8c34;stroke:#0e8c34;fill:#0e8c34}.reference{color:#8a6a2f;stroke:#8a6a2f;fill:#8a6a2f}
"""
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageView:
    """A page to be shown."""

    row: Mapping[str, Any]
    """Its `PAGE` row."""
    picture: bytes | None = None
    """The page as JPEG, stretched to its width and height; None leaves the sheet white."""
    marked: frozenset[int] = frozenset()
    """Blocks that are meant, from 0."""


def write_pages(out: Path, title: str, about: Sequence[str], pages: Iterable[PageView]) -> None:
    """Write pages, one after the other as they come, as the file `out`; `about` are lines below the title."""

    def write(temporary: Path) -> None:
        with open(temporary, "w", encoding="utf-8", errors="replace") as file:
            file.write('<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n')
            file.write(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n')
            file.write(f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head><body>\n")
            file.write(f"<h1>{html.escape(title)}</h1>\n")
            file.writelines(f"<p>{html.escape(line)}</p>\n" for line in about)
            file.writelines(_section(page) for page in pages)
            file.write("</body></html>\n")

    write_atomic(out, write)


def _section(page: PageView) -> str:
    row = page.row
    sure = f", read with {row['confidence']:.0%} confidence" if row["confidence"] is not None else ""
    title = html.escape(f"Page {row['page']}: {row['route']} ({row['reason']}){sure}")
    read = "".join(_block(row["page"], n, block, n in page.marked) for n, block in enumerate(row["blocks"]))
    if not row["width"] or not row["height"]:
        return f'<section id="p{row["page"]}"><h2>{title}</h2>{read}</section>\n'
    return f'<section id="p{row["page"]}"><h2>{title}</h2><div class="both">{_sheet(page)}<div>{read}</div></div></section>\n'


def _sheet(page: PageView) -> str:
    """The page in its own coordinates: points from the top left."""
    row = page.row
    width, height = f"{row['width']:.2f}", f"{row['height']:.2f}"
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">']
    if page.picture is not None:
        data = base64.b64encode(page.picture).decode()
        parts.append(
            f'<image width="{width}" height="{height}" preserveAspectRatio="none" href="data:image/jpeg;base64,{data}"/>'
        )
    for number, block in enumerate(row["blocks"]):
        if block["bbox"]:
            x0, y0, x1, y1 = block["bbox"]
            kind = f"{_kind(block)} marked" if number in page.marked else _kind(block)
            parts.append(
                f'<a href="#p{row["page"]}b{number}"><rect id="p{row["page"]}r{number}" class="{kind}" x="{x0:.2f}" y="{y0:.2f}"'
                f' width="{max(0.0, x1 - x0):.2f}" height="{max(0.0, y1 - y0):.2f}">'
                f"<title>{number + 1} {_kind(block)}</title></rect></a>"
            )
    return "".join(parts) + "</svg>"


def _block(page: int, number: int, block: Mapping[str, Any], marked: bool) -> str:
    confidence = block["confidence"]
    classes = ["block", _kind(block)]
    classes += ["doubtful"] if confidence is not None and confidence < DOUBTFUL else []
    classes += ["marked"] if marked else []
    what = f"{number + 1} {_kind(block)} {block['level'] or ''}".rstrip()
    what = f'<a href="#p{page}r{number}">{what}</a>' if block["bbox"] else what
    sure = f", {confidence:.0%}" if confidence is not None else ""
    text = html.escape(block["text"])
    return f'<div class="{" ".join(classes)}" id="p{page}b{number}"><small>{what}{sure}</small><pre>{text}</pre></div>'


def _kind(block: Mapping[str, Any]) -> str:
    return html.escape(str(block["kind"]))
