"""What is known of a document when one of its pages is laid out: the style of its running text, where headings may stand."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ingest.page.reading_order import Line, family, most_common
from ingest.page.section_names import REFERENCES, SECTIONS, strip_number

Style = tuple[float, bool, bool, str]
"""Size to half a point, bold, italic, family."""
EDGE = 0.12
"""Headers and footers stand within this share of the page's height from its edge."""
_DIGITS = re.compile(r"[\d\s]+")


@dataclass(frozen=True, slots=True)
class BodyStyle:
    """What most of the text looks like; headings are what looks different."""

    size: float
    """Font size."""
    family: str
    """Font family."""
    bold: bool
    """Whether the running text is bold."""
    italic: bool
    """Whether the running text is italic."""


def body_style(lines: Sequence[Line]) -> BodyStyle:
    """The most common size, and the most common font at that size, weighted by characters."""
    end = len(lines)
    for number in range(int(0.3 * end), end):
        if len(lines[number].text) < 40 and REFERENCES.match(lines[number].text):
            end = number  # a long bibliography in small print must not pass for the text
            break
    kept = [line for line in lines[:end] if len(line.text) > 25] or lines
    size = most_common((round(line.size * 2) / 2, len(line.text)) for line in kept)
    fonts: Counter[tuple[str, bool, bool]] = Counter()
    sizes: Counter[float] = Counter()
    for line in kept:
        if abs(line.size - size) <= 0.5:
            fonts[family(line.font), line.bold, line.italic] += len(line.text)
            sizes[line.size] += len(line.text)
    if not fonts:
        return BodyStyle(size or 10.0, "", False, False)
    name, bold, italic = max(fonts, key=lambda key: (fonts[key], key))
    return BodyStyle(max(sizes, key=lambda value: (sizes[value], value)), name, bold, italic)


def style_of(line: Line) -> Style:
    """The style of a line, as styles are counted."""
    return round(2 * line.size) / 2, line.bold, line.italic, family(line.font)


def plain(text: str) -> str:
    """A title for comparison: letters and digits, lower case."""
    return re.sub(r"[\W_]+", "", text.lower())


def edge_key(text: str) -> str:
    """What a header says, whatever the number of the page."""
    return _DIGITS.sub("#", text.lower())


@dataclass(frozen=True, slots=True)
class PageContext:
    """What a page is laid out by, beside its own lines."""

    body: BodyStyle
    """Style of the running text."""
    words: Mapping[str, int] = field(default_factory=dict)
    """How often each word stands in the document; see `vocabulary`."""
    width: float = 595.0
    """Width of the page in points."""
    height: float = 842.0
    """Height of the page in points."""
    number: int = 1
    """The page's number, from 1."""
    n_pages: int = 1
    """Pages of the document."""
    styles: Mapping[Style, tuple[int, int]] = field(default_factory=dict)
    """Lines and characters in each style, over the pages that are read together."""
    edges: Mapping[str, int] = field(default_factory=dict)
    """On how many of these pages each text stands near the upper or lower edge, numbers aside."""
    outline: frozenset[str] = frozenset()
    """Titles that the file's outline names on this page, as `plain` writes them."""
    begun: bool = False
    """A section with a known name stands on an earlier page."""
    references: bool = False
    """The list of references has begun on an earlier page."""


def contexts(
    pages: Sequence[tuple[int, float, float, Sequence[Line]]],
    words: Mapping[str, int],
    n_pages: int,
    outline: Iterable[tuple[int, str, int]] = (),
) -> list[PageContext]:
    """The context of each of some pages that are read together: (number, width, height, lines) of each, in their order."""
    lines = [line for *_, own in pages for line in own]
    body = body_style(lines) if lines else BodyStyle(10.0, "", False, False)
    styles: dict[Style, tuple[int, int]] = {}
    for line in lines:
        style = style_of(line)
        count, characters = styles.get(style, (0, 0))
        styles[style] = count + 1, characters + len(line.text)
    edges: Counter[str] = Counter()
    for _, _, height, own in pages:
        edges.update({edge_key(line.text) for line in own if line.y1 < EDGE * height or line.y0 > (1 - EDGE) * height})
    named: dict[int, set[str]] = {}
    for _, title, number in outline:
        key = plain(title)
        if len(key) >= 3:
            named.setdefault(number, set()).update((key, plain(strip_number(title))))
    result = []
    begun = references = False
    for number, width, height, own in pages:
        titles = frozenset(named.get(number, ()))
        result.append(
            PageContext(body, words, width, height, number, n_pages, styles, edges, titles, begun, references)
        )
        for line in own:
            if len(line.text) < 60:
                begun = begun or SECTIONS.match(strip_number(line.text)) is not None
                references = references or REFERENCES.match(line.text) is not None
    return result
