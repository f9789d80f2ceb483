"""Rich Text Format (specification 1.9.1), also where a file of it is named .doc. A document is one page.

What is hidden, struck out or deleted is left out and told; headers, footers, pictures and what only Word knows are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from ingest.conservation import compare
from ingest.containers.compression import read_bounded
from ingest.document import Block, Mark, Page, Probe, ReadOptions, UnreadableError
from ingest.left_out import COMMENT, DELETED, FIELD_CODE, FOOTER, HEADER, HIDDEN, STRUCK_OUT, LeftOut, told
from ingest.marks import from_characters, habit, lowered, raised, without_wraps, written
from ingest.page.markdown_table import Cell, table_block
from ingest.readers.inline_text import clean_line
from ingest.readers.shown_text import made_in
from ingest.symbol_fonts import is_symbol_font, symbol
from medpress.encoding import codec_of

MAX_GROUPS = 2_000
"""Groups within groups; a file with more is damaged or hostile."""
UNKNOWN = "\ufffd"

_TOKEN = re.compile(
    r"\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,10})? ?|\\'(?P<hex>[0-9a-fA-F]{2})|\\(?P<sign>[^a-zA-Z'])|(?P<brace>[{}])"
    r"|[\r\n]+|(?P<text>[^\\{}\r\n]+)|.",
    re.DOTALL,
)
_SKIPPED = frozenset(
    [
        "colortbl",
        "info",
        "pict",
        "object",
        "listtable",
        "listoverridetable",
        "rsidtbl",
        "generator",
        "themedata",
        "datastore",
        "colorschememapping",
        "latentstyles",
        "xe",
        "tc",
        "bkmkstart",
        "bkmkend",
        "filetbl",
        "revtbl",
        "pgptbl",
        "xmlnstbl",
        "mmathPr",
        "nonshppict",
        "private",
        "template",
        "userprops",
        "falt",
        "panose",
        "atnid",
        "atnauthor",
        "atntime",
        "atnref",
        "atndate",
    ]
)
_ASIDE = {
    "header": HEADER, "headerl": HEADER, "headerr": HEADER, "headerf": HEADER, "footer": FOOTER, "footerl": FOOTER, "footerr": FOOTER,
    "footerf": FOOTER, "annotation": COMMENT, "fldinst": FIELD_CODE,
}  # fmt: skip
_SIGNS = {
    "tab": " ", "line": " ", "emdash": "—", "endash": "–", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”",
    "bullet": "•", "emspace": " ", "enspace": " ", "qmspace": " ", "page": " ", "column": " ", "softline": " ",
}  # fmt: skip
_EDGES = frozenset({"par", "sect", "cell", "row", "nestcell", "nestrow", "footnote"})
"""Words that end the word before them."""
_CHARSETS = {0: "cp1252", 128: "cp932", 129: "cp949", 134: "gb18030", 136: "big5", 161: "cp1253", 162: "cp1254", 163: "cp1258",
             177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874", 238: "cp1250"}  # fmt: skip
_NAMED = re.compile(r"[^\W_]")
_HEADING = re.compile(r"^heading (\d)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _State:
    """What holds within a group."""

    place: str = "body"
    """Where its text goes: body, footnote, label, fonts, styles, title, author, skip, or a reason to leave it out."""
    codec: str = "cp1252"
    font: int = 0
    height: int = 0
    """1 raised, -1 lowered."""
    void: str = ""
    """Why its text is left out."""
    fallback: int = 1
    """Characters that stand after a `\\u` for programs that do not know it."""


@dataclass(slots=True)
class _Reading:
    """What has been read so far."""

    blocks: list[Block | list[list[Cell]]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    items: list[str] = field(default_factory=list)
    left_out: LeftOut = field(default_factory=dict)
    source: list[str] = field(default_factory=list)
    """All text of the file as it came, shown or not, before it is put into blocks: what these are compared with."""
    fonts: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Number to name and codec."""
    styles: dict[int, str] = field(default_factory=dict)
    title: str = ""
    author: str = ""
    line: str = ""
    label: str = ""
    note: str = ""
    style: int = 0
    outline: int = 9
    in_table: bool = False
    rows: list[list[Cell]] = field(default_factory=list)
    row: list[str] = field(default_factory=list)
    definitions: list[str] = field(default_factory=list)
    """How each cell of the row is merged: h, v, or V where it begins."""
    merge: str = ""
    open_cells: dict[int, tuple[int, int]] = field(default_factory=dict)


class RtfReader:
    """Rich Text Format."""

    name = "rtf"

    def sniff(self, head: bytes, path: str) -> bool:
        """By its first bytes."""
        return head.lstrip(b"\xef\xbb\xbf \r\n").startswith(b"{\\rtf")

    def probe(self, path: Path, options: ReadOptions) -> Probe:
        """Title and author; raises `UnreadableError`."""
        found = _read(read_bounded(path))
        return Probe(
            n_pages=1, title=found.title.strip(), authors=(found.author.strip(),) if found.author.strip() else ()
        )

    def read(self, path: Path, first: int, last: int, options: ReadOptions, mark: Mark) -> Iterator[Page]:
        """The one page."""
        if first > 1:
            return
        mark("page 1")
        found = _read(read_bounded(path))
        blocks = tuple(_finished(found))
        if not blocks:
            raise UnreadableError("no-text", "The document has no text.")
        conservation = compare("".join(found.source), [block.text for block in blocks], found.left_out, made_in(blocks))
        reason = "; ".join(["RTF", *told(found.left_out)])
        yield Page(1, "rtf", reason, 0.0, 0.0, blocks, conservation=conservation)


def _finished(found: _Reading) -> Iterator[Block]:
    """Blocks with every raised mark in its written form."""
    texts = [piece.text for piece in found.blocks if isinstance(piece, Block)]
    texts += [cell.text for piece in found.blocks if not isinstance(piece, Block) for row in piece for cell in row]
    custom = habit([*texts, *found.notes])
    for piece in found.blocks:
        if isinstance(piece, Block):
            yield replace(piece, text=written(piece.text, custom))
        else:
            rows = [[replace(cell, text=written(cell.text, custom)) for cell in row] for row in piece]
            if (block := table_block(rows)).text:
                yield block
    for note in found.notes:
        yield Block("footnote", written(note, custom))


def _read(raw: bytes) -> _Reading:
    text = raw.decode("latin-1")
    found = _Reading()
    state = _State()
    stack: list[_State] = []
    pending = bytearray()  # of characters that may take several bytes
    skip = at = 0  # characters that stand for one that was given as \u
    while (token := _TOKEN.match(text, at)) is not None:
        at = token.end()
        hex_, word, sign, brace = token["hex"], token["word"], token["sign"], token["brace"]
        if hex_:
            if skip:
                skip -= 1
            else:
                pending.append(int(hex_, 16))
            continue
        if token["text"]:
            plain = token["text"][skip:]
            skip = max(0, skip - len(token["text"]))
            pending += plain.encode("latin-1")
            continue
        if pending:
            _put(found, state, _decoded(bytes(pending), found, state))
            pending.clear()
        if brace == "{":
            if len(stack) >= MAX_GROUPS:
                raise UnreadableError("decode", "The document nests its groups too deeply.")
            stack.append(state)
        elif brace == "}":
            skip = 0
            if not stack:
                break
            outer = stack.pop()
            if state.place != outer.place:
                found.source.append(" | ")
            if state.place == "footnote" and outer.place != "footnote":
                found.notes += [note] if (note := clean_line(found.note)) else []
                found.note = ""
            state = outer
        elif sign:
            if sign == "*":
                known = re.match(
                    r"\s*\\(fldinst|shppict|shptxt|pntext|listtext|footnote|annotation)\b", text[at : at + 40]
                )
                state = state if known and known[1] not in ("shppict",) else replace(state, place="skip")
            else:
                _put(found, state, {"~": " ", "_": "-", "-": ""}.get(sign, sign if sign in "\\{}" else ""))
        elif word:
            number = int(token["number"]) if token["number"] else None
            if word == "bin":
                at += max(0, number or 0)
            elif word == "u" and number is not None:
                _put(found, state, _unicode(number))
                skip = state.fallback
            else:
                state = _control(found, state, word, number)
    if pending:
        _put(found, state, _decoded(bytes(pending), found, state))
    _end_paragraph(found)
    _end_table(found)
    _end_list(found)
    return found


def _unicode(number: int) -> str:
    code = number + 65536 if number < 0 else number
    return chr(code) if 32 <= code < 0xD800 or 0xF900 <= code < 0x10000 else UNKNOWN


def _decoded(raw: bytes, found: _Reading, state: _State) -> str:
    name, codec = found.fonts.get(state.font, ("", ""))
    if is_symbol_font(name) and state.place in ("body", "footnote", "label"):
        return "".join(symbol(name, code) or UNKNOWN for code in raw)
    try:
        return raw.decode(codec or state.codec)
    except (UnicodeDecodeError, LookupError):
        return raw.decode("cp1252", "replace")


def _put(found: _Reading, state: _State, text: str) -> None:
    place = state.place
    if not text or place == "skip":
        return
    if place == "fonts":
        name, codec = found.fonts.get(state.font, ("", ""))
        found.fonts[state.font] = (name or text.partition(";")[0].strip(), codec)
    elif place == "styles":
        found.styles[found.style] = found.styles.get(found.style, "") + text.replace(";", "").strip()
    elif place == "title":
        found.title += text
    elif place == "author":
        found.author += text
    elif place == "label":
        found.source.append(text)
        found.label += text
    elif place not in ("body", "footnote"):
        found.source.append(f" {text} ")
        found.left_out.setdefault(place, []).append(text)
    elif state.void:
        found.source.append(f" {text} ")
        found.left_out.setdefault(state.void, []).append(text)
    else:
        text = without_wraps(text)
        found.source.append(f" {text} " if state.height else text)
        text = raised(text) if state.height > 0 else lowered(text) if state.height < 0 else from_characters(text)
        if place == "footnote":
            found.note += text
        else:
            found.line += text


def _control(found: _Reading, state: _State, word: str, number: int | None) -> _State:
    """What a control word does, to what has been read or to the state of its group."""
    on = number != 0
    if word in _EDGES:
        found.source.append(" | ")
    if word in _SIGNS:
        _put(found, state, _SIGNS[word])
    elif word in ("title", "author") and state.place == "skip":
        return replace(state, place=word)
    elif word == "fonttbl":
        return replace(state, place="fonts")
    elif word == "stylesheet":
        return replace(state, place="styles")
    elif word in ("pntext", "listtext"):
        found.label = ""
        return replace(state, place="label")
    elif word == "footnote":
        return replace(state, place="footnote", height=0)
    elif word in _SKIPPED:
        return replace(state, place="skip")
    elif word in _ASIDE:
        return replace(state, place=_ASIDE[word])
    elif word == "f" and number is not None:
        return replace(state, font=number)
    elif word in ("fcharset", "cpg") and number is not None and state.place == "fonts":
        codec = _CHARSETS.get(number, "") if word == "fcharset" else codec_of(f"cp{number}")
        found.fonts[state.font] = (found.fonts.get(state.font, ("", ""))[0], codec)
    elif word == "ansicpg" and number is not None:
        return replace(state, codec=codec_of(f"cp{number}") or state.codec)
    elif word == "uc" and number is not None:
        return replace(state, fallback=min(max(number, 0), 100))
    elif word in ("super", "sub", "nosupersub"):
        return replace(state, height={"super": 1, "sub": -1}.get(word, 0))
    elif word in ("up", "dn"):
        return replace(state, height=(1 if word == "up" else -1) if on else 0)
    elif word in ("v", "strike", "striked", "deleted"):
        reason = {"v": HIDDEN, "deleted": DELETED}.get(word, STRUCK_OUT)
        return replace(state, void=reason if on else "")
    elif word == "plain":
        return replace(state, height=0, void="")
    else:
        _structure(found, state, word, number)
    return state


def _structure(found: _Reading, state: _State, word: str, number: int | None) -> None:
    if word in ("s", "outlinelevel") and number is not None:
        if word == "s":
            found.style = number
        else:
            found.outline = number
    elif state.place == "footnote" and word == "par":
        found.note += " "
    elif state.place != "body":
        return
    elif word in ("par", "sect"):
        _end_paragraph(found)
    elif word == "pard":
        found.in_table, found.style, found.outline = False, 0, 9
    elif word == "intbl":
        found.in_table = True
    elif word == "trowd":
        found.definitions, found.merge = [], ""
    elif word in ("clmrg", "clvmrg", "clvmgf"):
        found.merge = {"clmrg": "h", "clvmrg": "v", "clvmgf": "V"}[word]
    elif word == "cellx":
        found.definitions.append(found.merge)
        found.merge = ""
    elif word in ("nestcell", "nestrow"):
        found.line += ": " if word == "nestcell" else "; "
    elif word == "cell":
        found.row.append(f"{found.label} {found.line}")
        found.line = found.label = ""
    elif word == "row":
        _end_row(found)


def _end_paragraph(found: _Reading) -> None:
    text = clean_line(found.line)
    if found.in_table and text:
        found.line += " "
        return
    label = clean_line(found.label)
    found.line = found.label = ""
    if not text:
        return
    _end_table(found)
    heading = _HEADING.match(found.styles.get(found.style, ""))
    level = min(int(heading[1]), 6) if heading else min(found.outline + 1, 6) if 0 <= found.outline < 9 else 0
    if level:
        _end_list(found)
        found.blocks.append(Block("heading", f"{label} {text}".strip(), level=max(level, 1)))
    elif label:
        found.items.append(f"{label if _NAMED.search(label) else '-'} {text}")
    else:
        _end_list(found)
        found.blocks.append(Block("paragraph", text))


def _end_list(found: _Reading) -> None:
    if found.items:
        found.blocks.append(Block("list", "\n".join(found.items)))
        found.items = []


def _end_row(found: _Reading) -> None:
    """A row of cells; one merged to the left or upwards belongs to the cell that is there."""
    _end_list(found)
    line: list[Cell] = []
    going_on: dict[int, tuple[int, int]] = {}
    for column, text in enumerate(found.row[:1000]):
        merge = found.definitions[column] if column < len(found.definitions) else ""
        if merge == "h" and line:
            line[-1] = replace(line[-1], columns=line[-1].columns + 1)
        elif merge == "v" and column in found.open_cells:
            row, index = found.open_cells[column]
            found.rows[row][index] = replace(found.rows[row][index], rows=found.rows[row][index].rows + 1)
            going_on[column] = (row, index)
        else:
            line.append(Cell(clean_line(text)))
            if merge == "V":
                going_on[column] = (len(found.rows), len(line) - 1)
    found.open_cells = going_on
    found.rows.append(line)
    found.row, found.line = [], ""


def _end_table(found: _Reading) -> None:
    if found.rows:
        _end_list(found)
        found.blocks.append(found.rows)
        found.rows, found.open_cells = [], {}
