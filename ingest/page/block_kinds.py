"""Paragraphs of lines -> blocks: headings, lists, captions, footnotes, references, formulas; lines re-joined."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ingest.document import Block
from ingest.page.block_labels import Asked, labels
from ingest.page.context import BodyStyle, PageContext
from ingest.page.reading_order import (
    BULLETS,
    LIST_MARK,
    Paragraph,
    bounds,
    is_display,
    most_common,
)
from ingest.page.section_names import CAPTION, NUMBERING, SECTIONS, strip_number
from medpress.writing_systems import HAN, is_east_asian

STAMP = "stamp"
"""What `Block.furniture` says of text at an edge that is none of the document's, whether it repeats or not."""
MAX_TITLE = 25
"""Words of a title that runs in."""
_ASIDE = frozenset({"note", "front", "furniture"})
"""Labels of what is a footnote where it stands small in the lower part of a page."""
_WORD = re.compile(rf"[^\W\d_]{{2}}|[{HAN}]")
"""What a title has."""
_KINDS = {"caption": "caption", "reference": "reference", "note": "footnote"}
"""Kinds of blocks by label, where they differ from a paragraph."""
RUN_IN = 6
"""Level of a heading that stands at the start of its paragraph, until the levels of the document are known."""
_NAMED_START = re.compile(r"^([A-Z][A-Za-z/&’' ]{3,40}):\s+(?=[A-Z\d])")
_NUMBERED_START = re.compile(r"^(\d{1,2}(?:\.\d{1,2}){1,3}\.?\s+[A-Z][^.!?]{2,80})\.\s+(?=[A-Z0-9“\"(])")
"""A numbered title on the line on which its section begins: "2.1. Study Design. We asked …"."""
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
    if (is_east_asian(last) and (is_east_asian(first) or not first.isascii())) or (
        is_east_asian(first) and not last.isascii()
    ):
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


def asked_of(items: Sequence[Paragraph | Block], context: PageContext) -> list[Asked]:
    """What is asked about paragraphs in reading order, tables and other finished blocks between them."""
    asked = []
    for item in items:
        if isinstance(item, Block):
            asked.append(Asked(None, item.text))
            continue
        text = join_lines([line.text for line in item.lines], context.words)
        title, rest = _title(item, text, context) or ("", "")
        asked.append(Asked(item, text, title, rest))
    return asked


def blocks_of(items: Sequence[Paragraph | Block], context: PageContext) -> list[Block]:
    """Blocks of paragraphs in reading order; finished blocks between them stay as they are."""
    asked = asked_of(items, context)
    blocks: list[Block] = []
    followers = [*items, None][1:]
    for item, each, (label, runs_in), next in zip(items, asked, labels(asked, context), followers, strict=True):
        if isinstance(item, Block):
            blocks.append(item)
        elif each.text:
            label = "caption" if _is_caption(each.text, isinstance(next, Block)) else label
            blocks.extend(_blocks(item, each, label, runs_in, context))
    return _merged_headings(blocks)


def _blocks(part: Paragraph, asked: Asked, label: str, runs_in: bool, context: PageContext) -> list[Block]:
    body, height = context.body, context.height
    text = asked.text
    size = most_common((line.size, len(line.text)) for line in part.lines)
    bold = all(line.bold for line in part.lines)
    confidences = [line.confidence for line in part.lines if line.confidence is not None]
    confidence = sum(confidences) / len(confidences) if confidences else None
    furniture = (STAMP if label == "furniture" else part.edge) if part.edge else None
    block = Block("paragraph", text, bbox=part.bbox, size=size, bold=bold, confidence=confidence, furniture=furniture)
    if is_display(text):
        return [replace(block, kind="formula")]
    if runs_in and _WORD.search(asked.title):
        first = part.lines[0]
        bold = first.lead_bold if first.lead else first.bold
        head = replace(block, kind="heading", text=asked.title, level=RUN_IN, bbox=bounds(part.lines[:1]), bold=bold)
        return [head, replace(block, text=asked.rest)]
    if label == "heading" and _may_be_title(text, size > body.size + 0.8):
        return [replace(block, kind="heading", level=_level(text, size, body))]
    if label in _ASIDE and size < body.size - 0.7 and part.lines[-1].y1 > 0.62 * height:
        return [replace(block, kind="footnote")]
    if label in _KINDS:
        return [replace(block, kind=_KINDS[label])]
    if _is_formula(text, part, body):
        return [replace(block, kind="formula")]
    if LIST_MARK.match(text) and part.marked and label != "front":
        return [replace(block, kind="list", text=_BULLET.sub("- ", text))]
    return [block]


def _is_caption(text: str, above_table: bool) -> bool:
    """Whether a paragraph names a figure or table: a number and a sign behind it, nothing else, or right above a table."""
    match = CAPTION.match(text)
    return match is not None and (above_table or bool((match["after"] or "").strip()) or match.end() >= len(text) - 1)


def _may_be_title(text: str, larger: bool) -> bool:
    """What the model calls a title has a word, no bullet, no address of mail, and at the size of text no small letter first."""
    return bool(_WORD.search(text)) and text[0] not in BULLETS and "@" not in text and (larger or not text[0].islower())


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


def _level(text: str, size: float, body: BodyStyle) -> int:
    """A first guess: depth of the numbering, or how much larger it is than the running text."""
    match = NUMBERING.match(text)
    if match and match.group("arabic"):
        return min(6, 1 + len(match.group("arabic").split(".")))
    if size >= 1.45 * body.size:
        return 1
    return 2 if size >= body.size + 0.8 else 3


def _title(part: Paragraph, text: str, context: PageContext) -> tuple[str, str] | None:
    """(what may be a title at the start of a paragraph, the rest): what has a style of its own, or a known name and a colon;
    where no fonts are known, a number and a full stop."""
    named = _NAMED_START.match(text)
    if named and SECTIONS.match(named.group(1)) and len(text) > 60:
        return named.group(1), text[named.end() :]
    numbered = None if context.body.family else _NUMBERED_START.match(text)
    if numbered:
        return numbered.group(1), text[numbered.end() :]
    first = part.lines[0]
    bold = first.lead_bold if first.lead else first.bold
    italic = first.lead_italic if first.lead else first.italic
    if not (bold > context.body.bold or italic > context.body.italic):
        return None
    whole = 0  # lines that are all of the title's style
    if not first.lead:
        for line in part.lines:
            if line.lead or (line.bold, line.italic) != (first.bold, first.italic):
                break
            whole += 1
        if whole == len(part.lines):
            return None
    cut = part.lines[whole].lead
    texts = [line.text for line in part.lines]
    head = join_lines([*texts[:whole], texts[whole][:cut]], context.words)
    rest = join_lines([texts[whole][cut:], *texts[whole + 1 :]], context.words)
    if (
        CAPTION.match(head)
        or len(head.split()) > MAX_TITLE
        or len(_LETTERS.findall(head)) < 3
        or not rest.strip(".:—– ")
    ):
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
