"""Articles and books set anew in many styles, so that a model of block labels learns what styles have in common.

Publishers' articles show a few dozen styles, and a model that saw those alone takes a title for text where the next
publisher sets it otherwise. A style is drawn by a number: page, columns, type, how titles of each level look, whether they run
in, how they are numbered, what is printed around the text. PyMuPDF's Story sets the page.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pymupdf
from lxml import etree

from ingest.page.section_names import strip_number
from medpress.writing_systems import count_han

MAX_PARAGRAPHS = 3
"""Paragraphs of a section that are set: its style shows in the first."""
MAX_REFERENCES = 25
"""Entries of a bibliography that are set."""
MAX_PAGES = 12
"""Pages of a text that are set."""
_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
_CHINESE = "一二三四五六七八九十"
_FLOATS = frozenset({"fig", "table-wrap", "boxed-text", "supplementary-material", "media", "disp-formula"})
_LABELS = ("Research Article", "ORIGINAL ARTICLE", "Review", "Case Report", "RESEARCH", "Open Access", "Short communication", "Clinical Study")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text that is set."""

    role: str
    """title, heading, text, item, caption, reference, front or note."""
    text: str
    """What it says."""
    level: int = 0
    """Of a heading, from 1."""


@dataclass(frozen=True, slots=True)
class TitleStyle:
    """How the titles of one level look."""

    css: str
    """Their style."""
    upper: bool
    """In capitals."""
    number: str
    """How they are numbered: none, arabic, dotted, roman, bar or chinese."""
    runs_in: str
    """What parts them from the text on their line; empty where they stand alone."""


def pieces_of_article(root: etree._Element) -> list[Piece]:
    """An article's parts in the order of a page: title, authors, abstract, sections, references."""
    pieces = [Piece("title", _flat(title)) for title in root.iterfind(".//{*}title-group/{*}article-title")][:1]
    names = [" ".join(_flat(part) for part in name[::-1]) for name in root.iterfind(".//{*}contrib//{*}name")]
    if names:
        pieces.append(Piece("front", ", ".join(names)))
    pieces += [Piece("front", _flat(place)) for place in root.iterfind(".//{*}article-meta//{*}aff")][:8]
    for abstract in list(root.iterfind(".//{*}article-meta/{*}abstract"))[:1]:
        pieces.append(Piece("heading", "Abstract", 1))
        pieces += _section(abstract, 1)
    keywords = [_flat(word) for word in root.iterfind(".//{*}kwd")]
    if keywords:
        pieces.append(Piece("front", f"Keywords: {', '.join(keywords)}"))
    for body in root.iterfind("{*}body"):
        pieces += _section(body, 0)
    for place in ("{*}back/{*}ack", "{*}back/{*}sec", "{*}back/{*}app-group/{*}app"):
        for section in root.iterfind(place):
            pieces += _section(section, 1)
    entries = [_flat(entry) for entry in root.iterfind(".//{*}ref")][:MAX_REFERENCES]
    if entries:
        pieces.append(Piece("heading", "References", 1))
        pieces += [Piece("reference", entry) for entry in entries]
    return [piece for piece in pieces if piece.text]


def _flat(element: etree._Element) -> str:
    return " ".join(" ".join(element.itertext()).split())


def _running(element: etree._Element) -> str:
    """The text of a paragraph without floats."""
    parts = [element.text or ""]
    for child in element:
        name = child.tag.rpartition("}")[2] if isinstance(child.tag, str) else ""
        if name and name not in _FLOATS:
            parts.append(_running(child))
        parts.append(child.tail or "")
    return "".join(parts)


def _section(section: etree._Element, level: int) -> list[Piece]:
    pieces: list[Piece] = []
    count = 0
    for child in section:
        name = child.tag.rpartition("}")[2] if isinstance(child.tag, str) else ""
        if name == "title" and level:
            pieces.append(Piece("heading", _flat(child), level))
        elif name == "p":
            count += 1
            if count <= MAX_PARAGRAPHS:
                pieces.append(Piece("text", " ".join(_running(child).split())))
        elif name == "list":
            pieces += [Piece("item", _flat(item)) for item in child.iterfind("{*}list-item")]
        elif name == "sec":
            pieces += _section(child, level + 1)
        elif name in ("fig", "table-wrap"):
            pieces.append(Piece("caption", _flat_caption(child)))
    for float_ in section.iterfind("{*}p//{*}fig"):
        pieces.append(Piece("caption", _flat_caption(float_)))
    return pieces


def _flat_caption(element: etree._Element) -> str:
    label = " ".join(_flat(label) for label in element.iterfind("{*}label"))
    return f"{label.rstrip('.:')}\t{' '.join(_flat(caption) for caption in element.iterfind('{*}caption'))}"


def pieces_of_classic(text: str) -> list[Piece]:
    """A Chinese classic's parts: its chapters with their names."""
    pieces: list[Piece] = []
    for chapter in re.split(r"<篇名>", text)[1:]:
        name, _, rest = chapter.partition("\n")
        rest = rest.partition("<目录>")[0].replace("属性：", "")
        paragraphs = [re.sub(r"\s+", "", part) for part in re.split(r"\s*\n(?=\s*\n)|[ \t]*\n(?=[^\n]{0,40}$)", rest)]
        kept = [part for part in paragraphs if len(part) > 20 and "\\x" not in part][:MAX_PARAGRAPHS]
        if kept and 1 < len(name.strip()) < 25:
            pieces.append(Piece("heading", name.strip(), 1 if len(pieces) % 5 == 0 else 2))
            pieces += [Piece("text", part[:600]) for part in kept]
    return pieces[:200]


def write_pdf(pieces: Sequence[Piece], seed: int, path: Path) -> None:
    """Set a text in the style of a number and write it as a PDF."""
    random = Random(seed)
    size = random.choice((8.0, 9.0, 9.5, 10.0, 10.5, 11.0, 12.0))
    chinese = sum(count_han(piece.text[:50]) for piece in pieces) > 100
    columns = random.choice((1, 1, 2, 2, 2, 3)) if size <= 10 else random.choice((1, 1, 2))
    width, height = random.choice(((595, 842), (612, 792), (595, 782), (516, 728)))
    story = pymupdf.Story(_html(pieces, random, size, chinese))
    margin = random.uniform(40, 75)
    gutter = random.uniform(14, 28)
    across = (width - 2 * margin - gutter * (columns - 1)) / columns
    boxes = [
        pymupdf.Rect(margin + column * (across + gutter), 62, margin + column * (across + gutter) + across, height - 62)
        for column in range(columns)
    ]
    writer = pymupdf.DocumentWriter(str(path))
    more = 1
    for _ in range(MAX_PAGES):
        device = writer.begin_page(pymupdf.Rect(0, 0, width, height))
        for box in boxes:
            more, _ = story.place(box)
            story.draw(device)
            if not more:
                break
        writer.end_page()
        if not more:
            break
    writer.close()
    _print_around(path, random, margin, pieces[0].text if pieces else "")


def _print_around(path: Path, random: Random, margin: float, title: str) -> None:
    """Running heads, page numbers, and what a publisher prints on single pages."""
    document = pymupdf.open(path)
    stamps = [
        "Downloaded from https://journals.example.org by guest on 12 March 2019",
        "© 2018 The Authors. Published by Example Press. This is an open access article under the CC BY licence.",
        f"Journal of Medicine {random.randint(1, 90)} ({random.randint(1990, 2020)}) {random.randint(100, 900)}-{random.randint(901, 999)}",
        "Contents lists available at www.example.org",
        f"https://doi.org/10.1234/jm.{random.randint(1000, 9999)}",
        f"Received {random.randint(1, 28)} May 2017; accepted {random.randint(1, 28)} July 2017",
        "J Med Open Access, an open access journal",
    ]
    head = random.choice((title[:60], "Smith et al.", "Journal of Example Medicine 2016, 7:13", ""))
    numbers = random.choice(("bottom", "top", "none"))
    first = random.randint(1, 400)
    size = random.choice((6.5, 7.0, 8.0, 9.0))
    font = random.choice(("tiro", "helv", "heit"))
    for index in range(document.page_count):
        page = document[index]
        width, height = page.rect.width, page.rect.height
        if head and index:
            page.insert_text((margin, 40), head, fontsize=size, fontname=font)
        if numbers != "none":
            y = 40 if numbers == "top" else height - 34
            page.insert_text((random.choice((margin, width / 2, width - margin - 20)), y), str(first + index), fontsize=size, fontname=font)  # fmt: skip
        if not index or random.random() < 0.15:
            y = random.choice((32, 46, height - 46, height - 24))
            page.insert_text((margin, y), random.choice(stamps), fontsize=size, fontname=font)
    document.saveIncr()
    document.close()


def _html(pieces: Sequence[Piece], random: Random, size: float, chinese: bool) -> str:
    face = random.choice(("serif", "serif", "sans-serif"))
    other = "sans-serif" if face == "serif" else "serif"
    indent = random.choice((0, 0, 1, 1.5))
    apart = 0.0 if indent else random.uniform(0.3, 0.9)
    body = f"font-family:{face};font-size:{size}px;line-height:{random.uniform(1.1, 1.5):.2f};text-align:{random.choice(('justify', 'left'))}"
    styles = _title_styles(random, size, face, other, chinese)
    small = size * random.choice((0.8, 0.85, 0.9, 1.0))
    caption = (
        f"font-size:{size * random.choice((0.8, 0.9, 1.0))}px;font-family:{random.choice((face, other))};margin:0.8em 0"
    )
    label_bold, after = random.random() < 0.7, random.choice((".", ":", "", " |"))
    entry = random.choice(("{}. ", "[{}] ", "", "{} "))
    bullet = random.choice(("• ", "– ", "({}) ", "{}. "))
    kind = random.choice(_LABELS) if random.random() < 0.6 else ""
    parts: list[str] = []
    counts = [0] * 8
    number = items = 0
    waiting = ""  # a title that runs in
    for piece in pieces:
        text = html.escape(piece.text)
        items = items + 1 if piece.role == "item" else 0
        if piece.role == "title":
            if kind:
                look = random.choice(("font-weight:bold", "", f"font-family:{other}", "letter-spacing:0"))
                parts.append(f'<p style="{look};font-size:{size * random.choice((0.9, 1.0, 1.2))}px">{kind}</p>')
            look = random.choice(("font-weight:bold", "font-weight:normal"))
            align = random.choice(("left", "center"))
            big = size * random.uniform(1.35, 2.3)
            parts.append(f'<p style="font-family:{random.choice((face, other))};font-size:{big:.1f}px;text-align:{align};line-height:1.2;{look};margin:0.5em 0">{text}</p>')  # fmt: skip
        elif piece.role == "heading":
            text = html.escape(strip_number(piece.text))
            style = styles[min(piece.level, len(styles)) - 1]
            level = min(piece.level, 6)
            counts[level] += 1
            counts[level + 1 :] = [0] * (7 - level)
            shown = _numbered(style, counts[1 : level + 1]) + (text.upper() if style.upper else text)
            if waiting:
                parts.append(f"<p>{waiting}</p>")
            if style.runs_in:
                waiting = f'<span style="{style.css}">{shown}{style.runs_in}</span> '
            else:
                waiting = ""
                parts.append(f'<p style="{style.css}">{shown}</p>')
        elif piece.role == "caption":
            label, _, rest = text.partition("\t")
            label = f"<b>{label}{after}</b>" if label_bold else f"{label}{after}"
            parts.append(f'<p style="{caption}">{label} {rest}</p>')
        elif piece.role == "reference":
            number += 1
            look = "margin-left:1.5em;text-indent:-1.5em" if random.random() < 0.9 else ""
            parts.append(
                f'<p style="font-size:{small:.1f}px;{look};margin-top:0;margin-bottom:0">{entry.format(number)}{text}</p>'
            )
        elif piece.role == "front":
            parts.append(f'<p style="font-size:{random.choice((small, size)):.1f}px;margin:0.2em 0">{text}</p>')
        elif piece.role == "item":
            parts.append(f'<p style="margin:0 0 0 1.2em;text-indent:-1.0em">{waiting}{bullet.format(items)}{text}</p>')
            waiting = ""
        else:
            parts.append(f'<p style="text-indent:{indent}em;margin:0 0 {apart:.2f}em 0">{waiting}{text}</p>')
            waiting = ""
    return f'<body style="{body}">{"".join(parts)}</body>'


def _title_styles(random: Random, size: float, face: str, other: str, chinese: bool) -> list[TitleStyle]:
    """The styles of three levels of titles, each plainer than the one above."""
    numbers = random.choice(("none", "none", "arabic", "arabic", "dotted", "roman", "bar")) if not chinese else random.choice(("none", "chinese", "arabic"))  # fmt: skip
    family = random.choice((face, face, other))
    ratio = random.choice((1.0, 1.0, 1.1, 1.2, 1.3, 1.5))
    if chinese:
        ratio = random.choice((1.2, 1.3, 1.5, 1.8))  # the font at hand has no bold face
    styles = []
    runs_in_from = random.choice((2, 3, 3, 4))
    for level in (1, 2, 3):
        ratio = max(1.1 if chinese else 1.0, ratio - (0.0 if level == 1 else random.choice((0.0, 0.1, 0.2))))
        runs_in = random.choice((".", ".", ":", "", " –")) if level >= runs_in_from and not chinese else ""
        looks = ["font-weight:bold", "font-style:italic", "font-weight:bold;font-style:italic"]
        look = random.choice(looks[:1] * 4 + looks[1:]) if level == 1 else random.choice(looks)
        upper = level == 1 and not runs_in and random.random() < 0.35
        if (ratio >= 1.3 or upper) and random.random() < 0.4:
            look = "font-weight:normal"
        colour = random.choice(("", "", "color:#1a4c8b;"))
        if runs_in:
            css = f"{look};{colour}font-family:{random.choice((face, family))}"
        else:
            align = random.choice(("left", "left", "left", "center"))
            space = f"{random.uniform(0.3, 1.4):.2f}em 0 {random.choice((0.0, 0.2, 0.5))}em 0"
            css = f"{look};{colour}font-family:{family};font-size:{size * ratio:.1f}px;text-align:{align};margin:{space};text-indent:0"
        style_number = numbers if numbers != "bar" or level == 1 else "arabic"
        styles.append(TitleStyle(css, upper, style_number, runs_in))
    return styles


def _numbered(style: TitleStyle, counts: Sequence[int]) -> str:
    """The number of a title, from the counts of its level and those above."""
    if style.number == "none" or not counts or not all(counts):
        return ""
    if style.number == "roman":
        return f"{_ROMAN[min(counts[-1], 12) - 1]}. " if len(counts) == 1 else ""
    if style.number == "chinese":
        return f"{_CHINESE[(counts[-1] - 1) % 10]}、" if len(counts) == 1 else f"（{_CHINESE[(counts[-1] - 1) % 10]}）"
    dotted = ".".join(map(str, counts))
    return {"arabic": f"{dotted} ", "dotted": f"{dotted}. ", "bar": f"{dotted} | "}[style.number]
