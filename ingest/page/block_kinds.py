"""Paragraphs of lines -> blocks: headings, lists, captions, footnotes, references, formulas; lines re-joined."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ingest.document import Block
from ingest.page.reading_order import (
    BULLETS,
    LIST_MARK,
    Line,
    Paragraph,
    bounds,
    family,
    is_cjk,
    is_display,
    most_common,
)
from ingest.page.section_names import KIND_LABEL, REFERENCES, SECTIONS

NUMBERING = re.compile(
    r"^(?:(?P<arabic>\d{1,2}(?:\.\d{1,2}){0,4})(?P<dot>[.)]?)|(?P<roman>[IVX]{1,5})\.|(?P<letter>[A-H])\.|"
    r"(?P<chinese>第[一二三四五六七八九十百\d]{1,4}[章节篇部分条]|[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十]{1,3}[)）])"
    r"|(?:Chapter|CHAPTER|Section|Appendix|APPENDIX|Part|PART)\s+[\dA-Z]{1,4}[.:]?)\s*\|?\s*(?=\S)"
)
"""Numbering at the start of a heading."""
CAPTION = re.compile(
    r"^(?:(?:Supplement(?:ary|al)\s+|Supporting\s+|Additional\s+|Appendix\s+|Extended\s+Data\s+)?"
    r"(?:Fig(?:ure|s)?|FIG(?:URE)?|Table|TABLE|Tab|Scheme|SCHEME|Box|BOX|Chart|Plate|Exhibit|Algorithm|Abb|Tabelle|Figura|Tabla|Tableau)"
    r"\.?\s*(?P<number>[A-Z]?\d{1,3}(?:[.\-–]\d{1,2})?[A-Za-z]?|[IVX]{1,5})(?P<after>\s*[.:|–—]|\)|$|\s)"
    r"|[图表]\s*\d{1,3}(?:[.\-–]\d{1,2})?)"
)
"""How a caption begins."""
RUN_IN = 6
"""Level of a heading that stands at the start of its paragraph, until the levels of the document are known."""
_AFFILIATION_MARK = re.compile(r"\[[\da-z,*†‡ ]+\]|[*†‡∗]")
_EMAIL = re.compile(r"\S+@\S+\.\w+|https?://|www\.|\bdoi\b", re.IGNORECASE)
_KEYWORDS = re.compile(r"^(?:key ?words?|index terms|关键词|abbreviations)\b", re.IGNORECASE)
_NAMED_START = re.compile(r"^([A-Z][A-Za-z/&’' ]{3,40}):\s+(?=[A-Z\d])")
_CORRESPONDENCE = re.compile(
    r"^[*∗]\s*(?:correspond|author|e-?mail|these|present|both|equal|contributed)", re.IGNORECASE
)
_LETTERS = re.compile(r"[^\W\d_]")
_WORD_BEFORE = re.compile(r"([^\W\d_]+)[-‐\u00ad]$")
_WORD_AFTER = re.compile(r"^([^\W\d_]+)")
_MATH = re.compile(r"[=≈≤≥±×÷∑∏∫√∂∞∈∀∃→←∝∙⋅^_{}|<>+\-−/()\[\]*]")
_BULLET = re.compile(rf"^\s*(?:[{BULLETS}]\s*|[-–—*]\s+)")
_UNKNOWN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_RING = re.compile(r"(?:(?<=\d)|(?<=\d\s))[∘◦○º˚](?=\s?[CF]\b)")
"""A degree sign that was set as another ring."""
_MATH_LETTERS = re.compile("[\U0001d400-\U0001d7ff]+")
_CONTROL = re.compile(r"[\x0b-\x0d\u00ad\u200b-\u200f\u2028\u2029\ufeff\ufffe\uffff]")
_SPACES = re.compile(r"[ \t\u00a0\u2000-\u200a\u202f\u3000]+")
_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"})
WORDS = re.compile(r"[^\W\d_]+(?:[-‐][^\W\d_]+)*")
"""Words as the vocabulary of a document counts them."""


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


def vocabulary(texts: Iterable[str]) -> Counter[str]:
    """How often each word, and each hyphenated compound, stands within a line."""
    return Counter(WORDS.findall("\n".join(texts).lower()))


def clean(text: str) -> str:
    """Ligatures and the letters of mathematics written out, loose accents composed, zero-width characters out, single spaces.

    A control character stands for a glyph that nothing is known of: it becomes U+FFFD, the mark of what could not be read.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.split()) if "  " in text else text.strip()
    text = _UNKNOWN.sub("\ufffd", text)
    if _MATH_LETTERS.search(text):
        text = _MATH_LETTERS.sub(lambda match: unicodedata.normalize("NFKC", match.group(0)), text)
    text = _RING.sub("°", text)
    text = _SPACES.sub(" ", _CONTROL.sub("", text.translate(_LIGATURES))).strip()
    return _LOOSE_ACCENT.sub(_composed, text)


_LOOSE_ACCENT = re.compile(r"([´`ˆ˜¨ˇ˚¸]) ?([A-Za-zı])(?=[^\W\d_]|\b)")
_COMBINING = {
    "´": "\u0301",
    "`": "\u0300",
    "ˆ": "\u0302",
    "˜": "\u0303",
    "¨": "\u0308",
    "ˇ": "\u030c",
    "˚": "\u030a",
    "¸": "\u0327",
}


def _composed(match: re.Match[str]) -> str:
    """An accent that was set as a character of its own before its letter, as TeX does, put on the letter."""
    letter = "i" if match.group(2) == "ı" else match.group(2)
    text = unicodedata.normalize("NFC", letter + _COMBINING[match.group(1)])
    return text if len(text) == 1 else match.group(0)


def glue(left: str, right: str, words: Mapping[str, int]) -> tuple[str, str]:
    """How two lines are joined: (the left text, possibly without its hyphen; what stands between).

    A hyphen at the end of a line stays when the document writes the compound with a hyphen elsewhere, and goes
    when it writes the word without one or says nothing about it.
    """
    if not left or not right:
        return left, ""
    last, first = left[-1], right[0]
    if last == "\u00ad" and left[-2:-1] in ("-", "‐"):
        return left[:-1], ""
    if last in "-‐\u00ad":
        before = _WORD_BEFORE.search(left)
        after = _WORD_AFTER.match(right)
        if before and after:
            one, two = before.group(1).lower(), after.group(1).lower()
            if last == "\u00ad":
                return left[:-1], ""
            joined, compound = words.get(one + two, 0), words.get(f"{one}-{two}", 0) + words.get(f"{one}‐{two}", 0)
            if compound > joined:
                return left, ""
            if first.isupper() and not before.group(1).isupper():
                return left, ""
            if joined == 0 and (len(one) == 1 or one in _COMPOUNDING or _stands_alone(one, two, words)):
                return left, ""
            return left[:-1], ""
        return left, "" if first.isalnum() else " "
    if last in "–—/" and len(left) > 1 and left[-2] != " ":
        return left, ""
    if (is_cjk(last) and (is_cjk(first) or not first.isascii())) or (is_cjk(first) and not last.isascii()):
        return left, ""
    return left, " "


_COMPOUNDING = frozenset(
    [
        "self",
        "well",
        "low",
        "high",
        "half",
        "cross",
        "long",
        "short",
        "ill",
        "non",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "re-",
    ]
)


def _stands_alone(one: str, two: str, words: Mapping[str, int]) -> bool:
    """Whether both halves are long words of this document, as in `plant-based`."""
    return len(one) >= 4 and len(two) >= 4 and words.get(one, 0) >= 2 and words.get(two, 0) >= 2


def join_lines(lines: Sequence[str], words: Mapping[str, int]) -> str:
    """Lines of one paragraph as one text."""
    text = ""
    for line in lines:
        part = clean(line)
        if line.endswith("\u00ad"):
            part += "\u00ad"
        if not part:
            continue
        if text:
            text, joiner = glue(text, part, words)
            text += joiner + part
        else:
            text = part
    return text


def blocks_of(
    parts: Sequence[Paragraph], body: BodyStyle, words: Mapping[str, int], width: float, height: float
) -> list[Block]:
    """Blocks of a page's paragraphs, in their order. `width` and `height` are those of the page."""
    blocks: list[Block] = []
    for number, part in enumerate(parts):
        following = parts[number + 1] if number + 1 < len(parts) else None
        blocks.extend(_blocks(part, following, body, words, height))
    return _merged_headings(blocks)


def _blocks(
    part: Paragraph, following: Paragraph | None, body: BodyStyle, words: Mapping[str, int], height: float
) -> list[Block]:
    text = join_lines([line.text for line in part.lines], words)
    if not text:
        return []
    size = most_common((line.size, len(line.text)) for line in part.lines)
    bold = all(line.bold for line in part.lines)
    confidences = [line.confidence for line in part.lines if line.confidence is not None]
    confidence = sum(confidences) / len(confidences) if confidences else None
    block = Block("paragraph", text, bbox=part.bbox, size=size, bold=bold, confidence=confidence)
    if is_display(text):
        return [replace(block, kind="formula")]
    caption = CAPTION.match(text)
    if caption and _is_caption(caption, part, size, body, text):
        return [replace(block, kind="caption")]
    run_in = _run_in(part, text, body, words)
    if run_in is not None:
        head, rest = run_in
        title = Block(
            "heading",
            head,
            level=RUN_IN,
            bbox=bounds(part.lines[:1]),
            size=size,
            bold=part.lines[0].lead_bold,
            confidence=confidence,
        )
        return [title, replace(block, text=rest)] if rest else [title]
    if is_heading(part, following, text, size, bold, body):
        return [replace(block, kind="heading", level=_level(text, size, body))]
    if _is_formula(text, part, body):
        return [replace(block, kind="formula")]
    if LIST_MARK.match(text) and part.marked and not _CORRESPONDENCE.match(text):
        return [replace(block, kind="list", text=_BULLET.sub("- ", text))]
    bottom = part.lines[-1].y1
    if size < body.size - 0.7 and bottom > 0.62 * height and _footnote_like(text, part):
        return [replace(block, kind="footnote")]
    return [block]


def _merged_headings(blocks: list[Block]) -> list[Block]:
    """Lines of one heading that stood too far apart to be one paragraph."""
    result: list[Block] = []
    for block in blocks:
        previous = result[-1] if result else None
        if (
            previous is not None
            and block.kind == previous.kind == "heading"
            and abs(block.size - previous.size) < 0.3
            and block.bold == previous.bold
            and block.bbox is not None
            and previous.bbox is not None
            and 0
            <= block.bbox[3] - previous.bbox[3]
            < 1.7 * block.size * (1 + block.text.count("\n")) + block.bbox[3] - block.bbox[1] - block.size
            and min(block.bbox[2], previous.bbox[2]) > max(block.bbox[0], previous.bbox[0])
            and previous.text.isupper() == block.text.isupper()
            and not NUMBERING.match(block.text)
            and not SECTIONS.match(block.text)
            and not SECTIONS.match(strip_number(previous.text))
        ):
            result[-1] = replace(previous, text=f"{previous.text} {block.text}", bbox=union(previous.bbox, block.bbox))
            continue
        result.append(block)
    return result


def _is_caption(match: re.Match[str], part: Paragraph, size: float, body: BodyStyle, text: str) -> bool:
    after = (match.groupdict().get("after") or "").strip()
    first = part.lines[0]
    if first.lead_bold or (first.bold and not body.bold):
        return True
    if after or match.end() >= len(text) - 1:
        return True
    if size < body.size - 0.4:
        return True
    label = match.group(0)
    rest = text[match.end() :].lstrip()
    return label.isupper() or (rest[:1].isupper() and first.lead > 0) or label[:1] in "图表"


def _footnote_like(text: str, part: Paragraph) -> bool:
    return (
        bool(re.match(r"^(?:[\d*†‡§¶#∗\[]|[a-z]\b|\(?©|Abbreviations|Note|Corresponding|E-?mail|Address)", text))
        or part.lines[0].superscripts > 0
    )


def is_heading(
    part: Paragraph, following: Paragraph | None, text: str, size: float, bold: bool, body: BodyStyle
) -> bool:
    """Whether a paragraph is a heading: short, and set apart from the running text by size, weight, case or number."""
    lines = part.lines
    if len(lines) > 5 or len(text) > 260:
        return False
    letters = len(_LETTERS.findall(text))
    if not re.search(r"[^\W\d_]{3}|[\u3400-\u9fff]{2}", text) or letters < 0.5 * len(text.replace(" ", "")):
        return False
    n_words = len(text.split())
    known = SECTIONS.match(strip_number(text)) is not None
    larger = size >= body.size + 0.8 and size >= 1.07 * body.size
    if n_words > (40 if size > 1.3 * body.size else 25):
        return False
    if KIND_LABEL.match(text) or _EMAIL.search(text):
        return False
    if _KEYWORDS.match(text) and not known:
        return False
    if (
        text[0] in ",;)]}"
        or text[0] in BULLETS
        or text[-1] in ",;"
        or (text[-1] == "." and not known and not text[:2].isdigit() and n_words > 6 and size < 1.4 * body.size)
    ):
        return False
    if text[:1].islower() and not larger:
        return False
    numbered = NUMBERING.match(text)
    if sum(line.superscripts for line in lines) and _AFFILIATION_MARK.search(text) and not numbered and not larger:
        return False
    if size < (0.7 * body.size if bold else body.size - 0.6):
        return False
    upper = text.upper() == text != text.lower() and letters >= 4
    if is_cjk(text) and (len(text) > 45 or text[-1] in "。；：，、？！"):
        return False
    other = family(lines[0].font) != body.family and lines[0].font != ""
    italic = all(line.italic for line in lines) and not body.italic
    distinct = (
        size >= 1.2 * body.size or bold or italic or upper or numbered or known or (other and size >= 1.15 * body.size)
    )
    if larger and distinct:
        return not (len(lines) > 3 and size < 1.25 * body.size)
    if bold and not body.bold:
        return not (text.endswith(".") and n_words > 12) and not (part.marked and not numbered)
    alone = len(lines) <= 2 and (lines[-1].x1 < part.right - 0.08 * (part.right - part.left))
    if known and len(lines) == 1 and alone:
        return True
    if upper and alone and n_words <= 15 and n_words + letters > 6 and not any(c.isdigit() for c in text[4:]):
        return True
    if (
        (italic or (other and size >= body.size - 0.3))
        and alone
        and following is not None
        and not text.endswith((".", ":"))
    ):
        if part.marked and numbered and not (numbered.group("chinese") or "." in (numbered.group("arabic") or "")):
            return False  # an item of a list of questions, not a heading
        below = following.lines[0]
        apart = part.gap > 0.35 * size or bool(numbered)
        return (
            apart
            and below.y0 - lines[-1].y0 < 4 * size
            and below.y0 > lines[-1].y0
            and n_words <= (25 if numbered else 14)
            and text.count(",") < 2
        )
    if numbered and numbered.group("chinese") and alone and len(text) <= 30 and len(lines) == 1:
        return True
    if numbered and alone and not part.lines[0].lead and text[numbered.end() : numbered.end() + 1].isupper():
        depth = (numbered.group("arabic") or "").count(".")
        return depth >= 1 and not text.endswith(".") and part.gap > 0.4 * size and n_words <= 14
    return False


def strip_number(text: str) -> str:
    """A heading without its number."""
    match = NUMBERING.match(text)
    return text[match.end() :] if match else text


def _level(text: str, size: float, body: BodyStyle) -> int:
    """A first guess: depth of the numbering, or how much larger it is than the running text."""
    match = NUMBERING.match(text)
    if match and match.group("arabic"):
        return min(6, 1 + len(match.group("arabic").split(".")))
    if size >= 1.45 * body.size:
        return 1
    return 2 if size >= body.size + 0.8 else 3


def _run_in(part: Paragraph, text: str, body: BodyStyle, words: Mapping[str, int]) -> tuple[str, str] | None:
    """A heading at the start of its paragraph's first line: (heading, rest)."""
    first = part.lines[0]
    named = _NAMED_START.match(text)
    if named and SECTIONS.match(named.group(1)) and not _KEYWORDS.match(text) and len(text) > 60:
        return named.group(1), text[named.end() :]
    if not first.lead and not (first.bold and len(part.lines) > 1 and not body.bold):
        return None
    count = 0
    bold = first.lead_bold if first.lead else True
    for line in part.lines:
        if line.lead or not line.bold:
            count += line.lead
            head_lines = part.lines[: part.lines.index(line)] + ([line] if line.lead else [])
            break
    else:
        return None
    texts = [line.text for line in head_lines]
    if head_lines and head_lines[-1].lead:
        texts[-1] = texts[-1][: head_lines[-1].lead]
    head = join_lines(texts, words)
    rest_lines = [line.text for line in part.lines[len(head_lines) :]]
    if head_lines and head_lines[-1].lead:
        rest_lines.insert(0, head_lines[-1].text[head_lines[-1].lead :])
    rest = join_lines(rest_lines, words)
    n_words = len(head.split())
    numbered = NUMBERING.match(head)
    deep = numbered is not None and "." in (numbered.group("arabic") or "")
    if not rest or n_words > 16 or len(_LETTERS.findall(head)) < 3 or CAPTION.match(head) or _KEYWORDS.match(head):
        return None
    ended = head[-1] in ".:—–。：" or rest[0] in ":.—–"
    starts = rest.lstrip(".:—– ")[:1]
    if not ended or not (starts.isupper() or starts.isdigit() or starts in "“\"'(‘[" or is_cjk(starts)):
        return None
    if not bold and not deep and not SECTIONS.match(head.rstrip(" :.")):
        return None
    if part.marked and not deep:
        return None
    if head.count(",") > 2:
        return None
    return head.rstrip(" :—–："), rest.lstrip(".:—– ")


def _is_formula(text: str, part: Paragraph, body: BodyStyle) -> bool:
    if len(part.lines) > 4 or len(text) > 200:
        return False
    words = re.findall(r"[A-Za-z]{4,}", text)
    symbols = len(_MATH.findall(text))
    return "=" in text and len(words) <= 3 and symbols >= 2 and symbols + text.count(" ") > 0.25 * len(text)


Box = tuple[float, float, float, float]


def union(one: Box | None, two: Box | None) -> Box | None:
    """The box around two boxes, either of which may be missing."""
    if one is None or two is None:
        return one or two
    return min(one[0], two[0]), min(one[1], two[1]), max(one[2], two[2]), max(one[3], two[3])
