"""Where the sentences of a text are, as offsets, in English, Chinese and mixtures of both.

One compiled pattern finds every place where a sentence may end; a place is refused when the word before it is an
abbreviation, a unit or an initial and what follows does not begin a new sentence. Nothing is copied or changed.
"""

# ruff: noqa: SIM905 - word lists
from __future__ import annotations

import re

from medpress.writing_systems import HAN

_MAY_END = re.compile(
    rf"""(?P<full_stop>[。！？｡]+[”’』」）)\]】》"'…]*)          # Chinese: always the end
      | (?P<western>[.!?…]+["'”’)\]]*)(?=\s|$|[{HAN}])     # Western: only before space or a Chinese character
      | (?P<blank>\n[^\S\n]*\n\s*)                                 # a blank line ends whatever stands before it
      | (?P<line>\n)""",
    re.VERBOSE,
)

# Never the last word of a sentence.
_TITLES = frozenset(
    "dr mr mrs ms prof pt pts st fig figs eq eqs ref refs no nos vol vs cf viz e.g i.e eg ie approx ca resp incl esp "
    "ed eds pp tab sec ch chap dept univ hosp spp subsp var gen col capt sgt lt rev hon gov sen rep messrs mmes vgl "
    "adm dx hx rx sx tx fx cx s/p c/o w/o h/o y/o b/c".split()
)
# May end a sentence, but only when what follows clearly begins one.
_OPEN_ENDED = frozenset(
    "al etc mg mcg ug kg g ml dl l cc mm cm m in ft lb lbs oz hr hrs h min mins sec secs s wk wks mo mos yr yrs y "
    "tab tabs cap caps gtt gtts amp inj sol susp ung supp qd bid tid qid qhs prn po iv im sc sq sl pr ac pc hs "
    "a.m p.m am pm u.s u.k m.d ph.d b.sc m.sc b.i.d t.i.d q.i.d q.d q.o.d q.h.s p.r.n p.o i.v i.m s.c a.c p.c h.s "
    "jr sr inc ltd co corp jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun "
    "temp resp wt ht bp max avg cont neg pos sp dist prox lat med ant post sup inf".split()
)
_STARTERS = frozenset(
    "the a an this that these those it its he she they we i you there here in on at after before during when while "
    "if as for from with without by to although however therefore moreover furthermore thus hence because since both "
    "all no not most many some our their his her patient patients pt treatment results methods conclusion conclusions "
    "background objective objectives discussion introduction he's she's what why how which who do does is are was "
    "were have has had can could may should will would one two three each such other another among take give start "
    "continue stop discharge plan assessment denies reports follow".split()
)
_LAST_WORD = re.compile(rf"[^\s(\[\"'“‘，。；：、{HAN}]+\Z")
_NEXT_WORD = re.compile(r"\s*[\"'“‘(\[]*([^\W\d_]+(?:'\w+)?)?")
_MARKER = re.compile(r"[^\S\n]*(?:#{1,6}\s|[-*+•◦●▪·>|]|\d{1,3}[.)、．]|[(（]\d{1,3}[)）]|[一二三四五六七八九十]+、)")
_ITEM_NUMBER = re.compile(r"(?:\A|\n)[^\S\n]*(?:[#>*-]+\s*)?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,4})\Z")
_ENDED = re.compile(r"[。！？!?.;；:：…][”’』」）)\]\"'*]*[^\S\n]*\Z")
_WRAPPED_WEST = 50
_WRAPPED_EAST = 25
_LOOK_BACK = 48


def split(text: str) -> list[tuple[int, int]]:
    """Offsets (start, end) of the sentences of `text`, in order, without white space at their ends.

    Every character that is not white space belongs to exactly one sentence. A line of a list, a heading or a row of
    a table is a sentence of its own; a line that is only wrapped goes on.
    """
    sentences: list[tuple[int, int]] = []
    start = 0
    line_start = 0
    for match in _MAY_END.finditer(text):
        end = match.end()
        kind = match.lastgroup
        if kind == "line":
            ends = _line_ends_sentence(text, line_start, match.start(), end)
            line_start = end
        elif kind == "blank":
            ends = True
            line_start = end
        else:
            ends = kind == "full_stop" or _western_ends_sentence(text, match.start(), end)
        if ends:
            _append(sentences, text, start, end)
            start = end
    _append(sentences, text, start, len(text))
    return sentences


def _append(sentences: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    stripped = piece.strip()
    if stripped:
        start += len(piece) - len(piece.lstrip())
        sentences.append((start, start + len(stripped)))


def _line_ends_sentence(text: str, line_start: int, line_end: int, next_start: int) -> bool:
    if _MARKER.match(text, next_start) or _ENDED.search(text, max(line_start, line_end - 8), line_end):
        return True
    if text.startswith(("#", "|"), line_start):
        return True
    tail = text[max(line_start, line_end - 1) : line_end]
    long_line = _WRAPPED_EAST if "㐀" <= tail <= "鿿" or tail in "，、" else _WRAPPED_WEST
    following = text[next_start : next_start + 1]
    if following.islower():
        return False
    return line_end - line_start < long_line


def _western_ends_sentence(text: str, dot: int, end: int) -> bool:
    if text[dot] != "." or text[dot : dot + 2] == "..":
        following = _NEXT_WORD.match(text, end)
        word = following.group(1) if following else None
        return not (word and word[0].islower())
    look_back = max(0, dot - _LOOK_BACK)
    before = _LAST_WORD.search(text, look_back, dot)
    last = before.group().lower() if before else ""
    following = _NEXT_WORD.match(text, end)
    word = (following.group(1) if following else None) or ""
    if word and word[0].islower():
        return False
    bare = last.rpartition("-")[2] if "." not in last else last
    if last in _TITLES or bare in _TITLES:
        # "No." is a number sign before a digit and an answer otherwise.
        return last == "no" and not (following and text[following.end() : following.end() + 1].isdigit())
    if _ITEM_NUMBER.search(text, max(0, dot - 12), dot) and (
        dot - len(last) == 0 or "\n" in text[max(0, dot - 12) : dot] or dot < 6
    ):
        return False
    if not word:
        # A digit or a sign follows: "5 mg. 3 times", "p.o. 2x"; after an ordinary word it is a new sentence.
        return last not in _OPEN_ENDED and not (len(last) == 1 and last.isalpha())
    initial = len(last) == 1 and last.isalpha()
    if initial or last in _OPEN_ENDED or (len(last) >= 3 and last[-2] == "." and last[-1].isalpha()):
        return word.lower() in _STARTERS or (not initial and not word.isascii())
    return True
