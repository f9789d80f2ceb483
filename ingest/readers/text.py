"""Plain text and Markdown: files without a page geometry, whose structure is in their lines.

Structure that is found: Markdown headings (`#`, underlined), lists, pipe tables and fenced code; chapter headings of
English and Chinese books (`Chapter 3`, `第三章`, `卷上`, `<篇名>`); paragraphs. Lines that were broken at a fixed width
are joined again, without a space in Chinese.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from ingest.conservation import compare
from ingest.containers.compression import inner_suffix, is_gzip, read_bounded, unpacked_head
from ingest.document import Block, Mark, Page, Probe, ReadOptions, UnreadableError
from ingest.left_out import METADATA, LeftOut
from medpress.encoding import Decoded, decode
from medpress.writing_systems import HAN, SQUARE

PAGE_CHARACTERS = 200_000
"""Long files are read in pages of about this many characters, cut at a blank line, so that a task stays small."""

ENDINGS = (".txt", ".text", ".md", ".markdown")
"""Nothing but its name says that a file is text."""

_ATX = re.compile(r"^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$")
_SETEXT = re.compile(r"^ {0,3}(=+|-+)\s*$")
_FENCE = re.compile(r"^ {0,3}(```+|~~~+)")
_LABEL = re.compile(rf"[A-Z][\w/' -]{{0,24}}:\s|[{HAN}]{{2,8}}：")
"""The start of a line of a form."""
_RULE = re.compile(r"^\s*([-*_=~—＊])(\s*\1){2,}\s*$")
_ITEM = re.compile(r"^(\s*)(?:([-*+•●○▪◦·])|(\d{1,3}[.)]|[(（]\d{1,3}[)）]|[a-z][.)]))\s+(\S.*)$")
_TABLE_ROW = re.compile(r"^\s*\|.*\|\s*$")
_TABLE_RULE = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*$")
_ENDS_CJK = re.compile(rf"[{SQUARE}]$")
_STARTS_CJK = re.compile(rf"^[{SQUARE}]")
_SENTENCE_END = re.compile(r"[.!?:;。！？：；…」』”’\"'）)》】]$")

_NUMERAL = r"[一二三四五六七八九十百千零〇两兩\d]{1,6}"
_CHINESE_HEADINGS: tuple[tuple[re.Pattern[str], int], ...] = (
    (re.compile(r"^<目录>\s*(?P<title>\S.*)$"), 1),
    (re.compile(r"^<篇名>\s*(?P<title>\S.*)$"), 2),
    (
        re.compile(
            rf"^(?P<title>(?:卷之?(?:{_NUMERAL}|[上中下首末])|第{_NUMERAL}[卷部编編篇])(?:[\s·：:]+\S.{{0,30}})?)$"
        ),
        1,
    ),
    (re.compile(rf"^(?P<title>第{_NUMERAL}[章回](?:\s*\S.{{0,40}})?)$"), 2),
    (re.compile(rf"^(?P<title>第{_NUMERAL}[节節](?:\s*\S.{{0,40}})?)$"), 3),
    (re.compile(rf"^(?P<title>{_NUMERAL}、\S.{{0,24}})$"), 3),
)
"""Heading lines of Chinese books, strongest first, with the level that they usually have."""
_ENGLISH_HEADING = re.compile(
    r"^(?P<title>(?:(?P<part>part|book|volume)|(?P<chapter>chapter|appendix)|(?P<section>section))\s+"
    r"(?:\d{1,3}|[ivxlc]{1,7}|[a-z])\b[.:—–-]?(?:\s+\S.{0,80})?)$",
    re.IGNORECASE,
)
CHAPTER_MARK = "mark of a chapter"
"""Signs with which digitised classics say what a line is."""
SAID_AGAIN = "heading said again"
"""The volume, before each of its chapters."""
_CHAPTER_MARK = re.compile(r"<目录>|<篇名>")
_CLASSIC_NOISE = re.compile(r"^(?:<目录>|<篇名>|属性：?)\s*$")
_CLASSIC_FIELD = re.compile(r"^(书名|書名|作者|朝代|年份|篇名)[：:]\s*(.*)$")
_PROPERTY = re.compile(r"^(?:属性|內容|内容)：")
_EMPHASIS_MARK = re.compile(r"\\x")
_BARE_TITLE = re.compile(rf"^[{SQUARE}《》〈〉\w ]{{2,24}}$")
_FORMULA = re.compile(
    rf"[{HAN}]{{2,9}}[ \u3000][^。（(]{{1,16}}[（(](?:各?[一二三四五六七八九十半]{{1,3}}[两兩钱錢分斤枚片个個粒匙升合])"
)
"""A formula of a classic: its name, then drugs with their amounts in brackets."""
_CAPITALS = re.compile(r"^[A-Z0-9][A-Z0-9 ,:;&'’/()–—-]{3,78}$")


class TextReader:
    """Plain text and Markdown."""

    name = "text"

    def sniff(self, head: bytes, path: str) -> bool:
        """Text: named like it, and without the zero bytes of a binary file."""
        if inner_suffix(path) not in ENDINGS:
            return False
        head = unpacked_head(head)
        if head.startswith((b"%PDF", b"PK\x03\x04", b"\x7fELF", b"\x89PNG", b"\xff\xd8\xff")):
            return False
        return head.startswith((b"\xff\xfe", b"\xfe\xff")) or head.count(0) <= len(head) * 0.3

    def probe(self, path: Path, options: ReadOptions) -> Probe:
        """Title, author and date from the first lines; the number of pages that the text is cut into."""
        decoded = self._text(path)
        parts = _parts(decoded.text)
        fields = _classic_fields(decoded.text[:2000])
        title = fields.get("书名", "") or fields.get("書名", "")
        if not title:
            for block in blocks_of(parts[0][:20_000]):
                if block.kind == "heading" and block.level <= 2:
                    title = block.text
                    break
        authors = tuple(name for name in re.split(r"[、,，;；\s]+", fields.get("作者", "")) if name)
        warnings = [f"{decoded.replaced} characters could not be decoded"] if decoded.replaced else []
        if decoded.encoding != "utf-8":
            warnings.append(f"encoding {decoded.encoding}")
        return Probe(n_pages=len(parts), title=title, authors=authors, date=fields.get("年份", ""),
                     warnings=tuple(warnings))  # fmt: skip

    def read(self, path: Path, first: int, last: int, options: ReadOptions, mark: Mark) -> Iterator[Page]:
        """Stretches of the text, cut at blank lines; one for any but a very long file."""
        decoded = self._text(path)
        for number, part in enumerate(_parts(decoded.text), start=1):
            if first <= number <= last:
                mark(f"page {number}")
                yield text_page(number, "text", f"plain text, {decoded.encoding}", part)

    def _text(self, path: Path) -> Decoded:
        raw = read_bounded(path)
        decoded = decode(raw)
        text = decoded.text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").lstrip("\ufeff")
        if not text.strip():
            raise UnreadableError("no-text", "The file holds only white space.")
        if decoded.replaced > 0.1 * len(text):
            raise UnreadableError("decode", "More than a tenth of the file is not text in any known encoding.")
        if is_gzip(raw) or sum(text.count(c) for c in "\x01\x02\x03\x04\x05\x06\x07\x0e\x0f\x10") > 0.01 * len(text):
            raise UnreadableError("decode", "The file is named like text but holds binary data.")
        return Decoded(text, decoded.encoding, decoded.declared, decoded.replaced)


def text_page(number: int, route: str, reason: str, text: str) -> Page:
    """A page of plain text."""
    left_out: LeftOut = {}
    blocks = blocks_of(text, left_out)
    conservation = compare(text, [block.text for block in blocks], left_out)
    return Page(number, route, reason, 0.0, 0.0, blocks, conservation=conservation)


def _parts(text: str) -> list[str]:
    """Cut a long text at blank lines into parts of about `PAGE_CHARACTERS`; also at form feeds when it has pages."""
    if len(text) <= PAGE_CHARACTERS:
        return [text]
    parts, start = [], 0
    while len(text) - start > PAGE_CHARACTERS:
        cut = text.find("\n\n", start + PAGE_CHARACTERS * 9 // 10, start + PAGE_CHARACTERS)
        if cut < 0:
            cut = text.rfind("\n", start + 1, start + PAGE_CHARACTERS)
        if cut <= start:
            cut = start + PAGE_CHARACTERS
        parts.append(text[start:cut])
        start = cut
    parts.append(text[start:])
    return [part for part in parts if part.strip()]


def _classic_fields(head: str) -> dict[str, str]:
    """`书名：…`, `作者：…` of the digitised classics: first mention of each."""
    fields: dict[str, str] = {}
    for line in head.splitlines():
        found = _CLASSIC_FIELD.match(line.strip())
        if found:
            fields.setdefault(found.group(1), found.group(2).strip())
    return fields


def blocks_of(text: str, left_out: LeftOut | None = None) -> tuple[Block, ...]:
    """Blocks of a text: headings, lists, tables and paragraphs in their order; what is left out goes into `left_out`, by reason."""
    gone: LeftOut = {} if left_out is None else left_out
    lines = [line.rstrip().replace("\u3000", " ") if not line.strip() else line.rstrip() for line in text.split("\n")]
    width = _hard_width(lines)
    classic = any(line.startswith("<篇名>") for line in lines)
    volume = ""
    blocks: list[Block] = []
    paragraph: list[str] = []

    def close() -> None:
        if paragraph:
            joined = _join(paragraph, width)
            blocks.extend(Block("paragraph", text) for text in joined)
            paragraph.clear()

    index = 0
    while index < len(lines):
        line = lines[index]
        stripped = line.strip(" \t\u3000\f")
        following = lines[index + 1] if index + 1 < len(lines) else ""
        if classic:
            stripped = _EMPHASIS_MARK.sub("", stripped)
        if not stripped or _CLASSIC_NOISE.match(stripped) or (classic and _CLASSIC_FIELD.match(stripped)):
            gone.setdefault(METADATA if classic and _CLASSIC_FIELD.match(stripped) else CHAPTER_MARK, []).append(
                stripped
            )
            close()
        elif fence := _FENCE.match(line):
            close()
            code: list[str] = []
            index += 1
            while index < len(lines) and not lines[index].lstrip().startswith(fence.group(1)):
                code.append(lines[index])
                index += 1
            if any(code):
                blocks.append(Block("paragraph", "\n".join(code).strip("\n")))
        elif heading := _heading(stripped, line):
            close()
            # The digitised classics name the volume again before each of its chapters.
            if mark := _CHAPTER_MARK.match(stripped):
                gone.setdefault(CHAPTER_MARK, []).append(mark.group())
            if stripped.startswith("<目录>") and heading.text == volume:
                gone.setdefault(SAID_AGAIN, []).append(volume)
            else:
                blocks.append(heading)
            volume = heading.text if stripped.startswith("<目录>") else volume
        elif not paragraph and _is_bare_title(stripped, index, lines):
            blocks.append(Block("heading", stripped, level=3))
        elif _SETEXT.match(following) and not paragraph and len(stripped) <= 120 and len(following.strip()) >= 3:
            blocks.append(Block("heading", stripped, level=1 if "=" in following else 2))
            index += 1
        elif _RULE.match(stripped):
            close()
        elif _TABLE_ROW.match(line) or (_TABLE_RULE.match(following) and "|" in line and "|" in following):
            close()
            table: list[str] = []
            while index < len(lines) and "|" in lines[index]:
                table.append(lines[index].strip())
                index += 1
            blocks.append(Block("table", "\n".join(table)))
            continue
        elif _ITEM.match(line) and (not paragraph or _ends(paragraph[-1], width)):
            close()
            index, items = _list_items(lines, index)
            blocks.append(Block("list", "\n".join(items)))
            continue
        else:
            if named := _PROPERTY.match(stripped):
                gone.setdefault(CHAPTER_MARK, []).append(named.group())
            paragraph.append(_PROPERTY.sub("", stripped))
        index += 1
    close()
    return tuple(block for block in blocks if block.text.strip())


def _heading(stripped: str, line: str) -> Block | None:
    if found := _ATX.match(line):
        return Block("heading", found.group(2), level=len(found.group(1))) if found.group(2) else None
    if len(stripped) > 120:
        return None
    if found := _ENGLISH_HEADING.match(stripped):
        if stripped.endswith((",", ";")) or (stripped.endswith(".") and len(stripped) > 60):
            return None
        level = 1 if found.group("part") else 2 if found.group("chapter") else 3
        return Block("heading", stripped, level=level)
    for pattern, level in _CHINESE_HEADINGS:
        found = pattern.match(stripped)
        if found and not re.search(r"[。，；！？]$|。.", stripped):
            return Block("heading", found.group("title").strip(), level=level)
    return None


def _is_bare_title(stripped: str, index: int, lines: list[str]) -> bool:
    """A short line without punctuation, alone between blank lines, over a paragraph."""
    if not (_BARE_TITLE.match(stripped) or _CAPITALS.match(stripped)) or (index and lines[index - 1].strip()):
        return False
    if index + 1 < len(lines) and lines[index + 1].strip():
        return False
    following = next((line for line in lines[index + 1 : index + 6] if line.strip()), "")
    return _columns(following) > max(60, 2 * _columns(stripped))


def _list_items(lines: list[str], index: int) -> tuple[int, list[str]]:
    """The items of the list that starts at `index`, each on one line, and the line after it."""
    items: list[str] = []
    while index < len(lines):
        line = lines[index]
        found = _ITEM.match(line)
        if found:
            sign = found.group(3) or "-"
            items.append(f"{'  ' * min(4, len(found.group(1)) // 2)}{sign} {found.group(4)}")
        elif line.strip() and line.startswith((" ", "\t", "\u3000")) and not _heading(line.strip(), line):
            items[-1] = _glue(items[-1], line.strip(" \t\u3000"))
        else:
            break
        index += 1
    return index, items


def _hard_width(lines: list[str]) -> int:
    """The width at which a text was broken by hand or machine; 0 when its lines are whole paragraphs.

    Broken texts have many consecutive lines of nearly the same length; whole paragraphs vary.
    """
    lengths = [_columns(line) for line, after in pairwise(lines) if line.strip() and after.strip()]
    lengths = sorted(length for length in lengths if length > 20)
    if len(lengths) < 3:
        return 0
    width = lengths[int(len(lengths) * 0.9)]
    near = sum(1 for length in lengths if width * 0.8 <= length <= width * 1.05)
    return width if width <= 140 and near >= 0.5 * len(lengths) else 0


def _columns(line: str) -> int:
    return sum(2 if character > "\u2e7f" else 1 for character in line)


def _join(lines: list[str], width: int) -> list[str]:
    """Join lines that were broken at a fixed width; keep the lines of a text whose lines are its paragraphs."""
    if not width:
        # Short lines in a row (verse, an address, a prescription) belong together, long ones stand alone.
        if max(len(line) for line in lines) > 200 or len(lines) == 1:
            return lines
        return ["\n".join(lines)] if all(_columns(line) < 60 for line in lines) else _unbroken(lines)
    paragraphs = [lines[0]]
    for before, line in pairwise(lines):
        short = _columns(before) < 0.75 * width
        if _SENTENCE_END.search(before) and (short or _FORMULA.match(line)):
            paragraphs.append(line)
        elif _is_form(before, line):
            paragraphs[-1] += "\n" + line
        else:
            paragraphs[-1] = _glue(paragraphs[-1], line)
    return paragraphs


def _unbroken(lines: list[str]) -> list[str]:
    paragraphs = [lines[0]]
    for before, line in pairwise(lines):
        if _SENTENCE_END.search(before):
            paragraphs.append(line)
        elif _is_form(before, line):
            paragraphs[-1] += "\n" + line
        else:
            paragraphs[-1] = _glue(paragraphs[-1], line)
    return paragraphs


def _is_form(before: str, line: str) -> bool:
    """Two lines of a form (`Admitted: …`, `住院号：…`): each says something of its own."""
    return _LABEL.match(before) is not None and _LABEL.match(line) is not None


def _ends(line: str, width: int) -> bool:
    """Whether a line closes what stands before a list: a sentence, or a title of its own."""
    return _SENTENCE_END.search(line) is not None or _columns(line) < 0.6 * width


def _glue(before: str, after: str) -> str:
    if re.search(r"[A-Za-z]-$", before) and re.match(r"[a-z]", after):
        return before[:-1] + after
    if _ENDS_CJK.search(before) or _STARTS_CJK.search(after):
        return before + after
    return f"{before} {after}"
