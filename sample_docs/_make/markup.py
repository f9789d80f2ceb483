"""The small Markdown dialect of `_sources/`: what an author writes, as a list of elements.

# Title   ## Section   ### Subsection      headings (levels 1 to 3)
- item    1. item                          lists
| a | b |                                  a table; `:::unruled` before it leaves out its lines
![Figure 7.1. Caption.](figure)            a drawing with a caption
[^] text                                   a footnote, set at the foot of the page where it stands
:::columns … :::end                        two columns; they start a page and end it
:::page                                    a new page
^3,4^                                      a superscript citation inside a line
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Element:
    """One thing to set: its kind, its text, and for a table its cells."""

    kind: str
    text: str = ""
    level: int = 0
    rows: tuple[tuple[str, ...], ...] = ()


def parse(path: Path) -> list[Element]:
    """The elements of a source file, in order; blank lines separate paragraphs."""
    elements: list[Element] = []
    ruled = True
    for chunk in re.split(r"\n\s*\n", path.read_text("utf-8").strip()):
        lines = [line.rstrip() for line in chunk.splitlines()]
        while lines and (lines[0].startswith(":::") or re.match(r"#{1,3} ", lines[0])):
            line = lines.pop(0)
            if line == ":::unruled":
                ruled = False
            elif line.startswith(":::"):
                elements.append(Element(kind=line[3:]))
            else:
                mark, text = line.split(" ", 1)
                elements.append(Element(kind="heading", text=text, level=len(mark)))
        if not lines:
            continue
        if lines[0].startswith("|"):
            rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]
            rows = [row for row in rows if not all(set(cell) <= set("-: ") for cell in row)]
            elements.append(Element(kind="table" if ruled else "unruled", rows=tuple(rows)))
            ruled = True
        elif lines[0].startswith("!["):
            elements.append(Element(kind="figure", text=re.sub(r"^!\[(.*)\]\(.*\)$", r"\1", lines[0])))
        elif lines[0].startswith("[^] "):
            elements.append(Element(kind="footnote", text=" ".join(lines)[4:]))
        elif re.match(r"(- |\d+\. )", lines[0]):
            elements.extend(Element(kind="item", text=line) for line in lines)
        else:
            joiner = "" if re.search(r"[\u4e00-\u9fff]", lines[0]) else " "
            elements.append(Element(kind="paragraph", text=joiner.join(lines)))
    return elements
