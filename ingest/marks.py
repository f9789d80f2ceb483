"""Raised and lowered marks in running text, the same for every format: exponent, unit's power, ion, citation or note.

A reader wraps what stands above or below the line where it meets it — `raised("9")`, `lowered("2")`, `cited("3")` for
what its markup links to a reference or note — and `written` gives the text its one written form once both neighbours of
each mark are there: powers and units `10^9`, `m^2`, `s^-1`, ions `Ca^2+`, citations and notes `[3]`, indices as plain
characters (`H2O`, `Na+`, `1st`). A number that may be either keeps `^`, so that it is never read as part of the one
before it. The wraps are noncharacters of Unicode, which no text of a document may hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from medpress.units import names, pattern

_RAISED, _LOWERED, _CITED, _END = "\ufdd0", "\ufdd1", "\ufdd2", "\ufdd3"
_WRAPS = re.compile("[\ufdd0-\ufdd3]")
_MARK = re.compile(f"([{_RAISED}{_LOWERED}{_CITED}])([^{_RAISED}{_LOWERED}{_CITED}{_END}]*){_END}")
_JOINT = re.compile(r"[,;–—-]\s*$")
_JOINT_BEFORE = re.compile(r"\s*[,;–—-]")

_MINUS = str.maketrans("−–‐‑⁻", "-----")
_NUMBERS = re.compile(r"[\[(]?\d{1,3}[a-z]?(?:\s?[,;–—‐−-]\s?\d{1,3}[a-z]?)*[,;]?[\])]?")
"""What a citation by number looks like: 3 or 5,6 or 3–5."""
_SEVERAL = re.compile(r"\d\s?[,;–—-]\s?\d")
_SIGNED = re.compile(r"[-−–‐‑⁻+]\s?\d+(?:[.,]\d+)?")
_CHARGE = re.compile(r"\d{0,2}[+\-−–]{1,3}")
_GENOTYPE = re.compile(r"[-−–+]/[-−–+]")
"""Which of the two alleles of a gene there are: Apoe⁻/⁻."""
_NOTE_SIGN = re.compile(r"[*†‡§¶#∗‖|]+")
_NOTE_LETTER = re.compile(r"[a-z](?:\s?,\s?[a-z])*")
_UNIT = re.compile(rf"(?:^|[\s\d(\[/·⋅∙×*^+-]){pattern(name.spelling for name in names('power'))}$")
"""A unit that a number over it raises to a power."""
_LENGTH = re.compile(rf"(?:^|[\s\d(\[/·⋅∙×*-]){pattern(name.spelling for name in names('squared'))}$")
"""A unit that is raised to the second or third power without a sign; the others are only divided by."""
_STATISTIC = re.compile(r"(?:^|[\s\d(\[,;:=/×·+*^]|(?<![A-Za-z])-)(?:[A-Za-z]|[α-ωΑ-Ω∆µ][a-z]{0,2}|adj[A-Z])$")
"""A variable of one letter: χ², r², I², ηp²."""
_ORDINAL = frozenset({"st", "nd", "rd", "th", "er", "ème"})
_WORD = re.compile(r"[^\W\d_]{3,}[\])”’\"']?$")
_CLOSED = re.compile(r"[.,;:!?%)\]”’\"'。，；：！？％）】」』、‰]$")
_BASE = re.compile(r"(?:^|[^\w.,]|(?<=\d)[xX])(10|2|e)$")
_NUMERAL = re.compile(r"\d$")
_UNIT_FOLLOWS = re.compile(
    rf"\s?(?:/\s?[A-Za-zµμ]|[x×·∙⋅]\s?\d|(?:{pattern(name.spelling for name in names('tenfold'))}|per)\b)"
)


_PLAIN_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾", "0123456789+−=()")
_PLAIN_LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎", "0123456789+−=()")
_RAISED_CHARACTERS = re.compile("[⁰¹²³⁴-⁹⁺⁻⁼⁽⁾]+(?:[,–-][⁰¹²³⁴-⁹]+)*")
_LOWERED_CHARACTERS = re.compile("[₀-₉₊-₎]+")
_SIGNS = ("-", "−", "–", "⁻")
_RINGS = frozenset("oO0○◦∘º˚°")
"""What is raised in the place of a degree sign."""
_TEMPERATURE = re.compile(r"\s?[CF]\b")
_DENOMINATOR = re.compile(rf"\s?[/⁄]\s?{_LOWERED}\d+{_END}")
REACH = 40
"""Characters on either side of a mark that are looked at."""


@dataclass(frozen=True, slots=True)
class Habit:
    """What a document, or a page of it, does with raised numbers."""

    cites: bool = False
    """It cites by raised numbers: they stand after words and full stops, where no power does."""
    notes: frozenset[str] = frozenset()
    """The marks that notes begin with, as the foot of a table does."""


def raised(text: str) -> str:
    """`text`, wrapped as raised above the line; empty stays empty, white space at its ends stays outside."""
    return _wrapped(_RAISED, text)


def lowered(text: str) -> str:
    """`text`, wrapped as lowered below the line."""
    return _wrapped(_LOWERED, text)


def cited(text: str) -> str:
    """`text`, wrapped as what the markup links to a reference or a note."""
    return _wrapped(_CITED, text)


def from_characters(text: str) -> str:
    """`text` with the raised and lowered characters of Unicode (², ⁻, ₂) as wraps."""
    text = _RAISED_CHARACTERS.sub(lambda match: raised(match.group(0).translate(_PLAIN_RAISED)), text)
    return _LOWERED_CHARACTERS.sub(lambda match: lowered(match.group(0).translate(_PLAIN_LOWERED)), text)


def _wrapped(kind: str, text: str) -> str:
    if _RAISED in text or _LOWERED in text or _CITED in text:  # an index of an index: the inner one says what it is
        return text
    inner = text.strip()
    if not inner:
        return text
    start = text.index(inner)
    return f"{text[:start]}{kind}{inner}{_END}{text[start + len(inner) :]}"


def has_marks(text: str) -> bool:
    """Whether a text still holds wraps."""
    return _RAISED in text or _LOWERED in text or _CITED in text or _END in text


def outside(text: str, index: int) -> int:
    """The place near `index` where `text` can be cut without cutting a mark, or two that may be pieces of one."""
    opened = max(text.rfind(kind, 0, index) for kind in (_RAISED, _LOWERED, _CITED))
    if opened >= 0 and text.rfind(_END, 0, index) < opened:
        index = opened if index == opened + 1 else text.find(_END, index) + 1 or index
    while 0 < index < len(text) and text[index - 1] == _END and _RAISED <= text[index] < _END:
        index = text.find(_END, index) + 1 or len(text)
    return index


def is_wrap(character: str) -> bool:
    """Whether a character is one that wraps a mark."""
    return _RAISED <= character <= _END


def count(text: str) -> int:
    """How many raised marks a text holds."""
    return text.count(_RAISED) + text.count(_CITED)


def without_wraps(text: str) -> str:
    """A text from outside, sure not to hold what only this module may write."""
    return _WRAPS.sub("", text) if has_marks(text) else text


def habit(texts: Iterable[str]) -> Habit:
    """What a document does with raised numbers, from its texts with their wraps still in them.

    It cites by raised numbers when at least two stand where a power cannot: after a full stop, a comma or a percent sign,
    or after a word that is neither a unit nor a variable, and no operator is beside it. A raised mark at the very beginning
    of a text is a note's.
    """
    citations = 0
    notes: set[str] = set()
    for text in texts:
        if not has_marks(text):
            continue
        for match in _MARK.finditer(text):
            kind, mark = match.group(1), match.group(2).strip()
            before = text[max(0, match.start() - REACH) : match.start()]
            if kind == _LOWERED:
                continue
            if not before.strip():
                notes.add(mark)
            elif _NUMBERS.fullmatch(mark) and (
                kind == _CITED
                or (
                    _stands_as_citation(_plain(before))
                    and not _stands_in_formula(_plain(before), _plain(text[match.end() : match.end() + REACH]))
                )
            ):
                citations += 1
    return Habit(citations >= 2, frozenset(notes))


def _stands_as_citation(before: str) -> bool:
    if _CLOSED.search(before):
        return True
    return _WORD.search(before) is not None and not _UNIT.search(before)


def _plain(text: str) -> str:
    return _WRAPS.sub("", text)


def written(text: str, custom: Habit = Habit(), *, before: str = "", after: str = "") -> str:
    """`text` with every mark in its written form, in the light of what the document does elsewhere.

    `before` and `after` are what stands beside it, where `text` is a part: they are looked at and not given back.
    """
    if not has_marks(text):
        return text
    result = before
    end = 0
    for start, stop, kind, mark in _joined(text):
        result += _plain(text[end:start])
        end = stop
        left, right = result[-REACH:], text[end : end + REACH] if end < len(text) else after[:REACH]
        if kind == _LOWERED:
            result += write_lowered(left, mark)
        elif kind == _RAISED and mark.isdigit() and _DENOMINATOR.match(right):
            result += f" {mark}" if left[-1:].isdigit() else mark  # 2½ in three pieces
        elif mark.isdigit() and left[-1:] in _SIGNS and (_UNIT.search(left[:-1]) or _BASE.search(left[:-1])):
            result = f"{result[:-1]}^-{mark}"  # the minus of a negative power on the line, or a character of its own
        else:
            result += write_raised(left, mark, _plain(right), custom, is_cited=kind == _CITED)
    return result[len(before) :] + _plain(text[end:])


def _joined(text: str) -> list[tuple[int, int, str, str]]:
    """(start, end, kind, mark) of each mark; those that were set in several pieces, as `5` `,` `6` or `−` `1`, are one."""
    marks: list[tuple[int, int, str, str]] = []
    for match in _MARK.finditer(text):
        kind, mark = match.group(1), match.group(2)
        if marks and marks[-1][1] == match.start():
            start, _, last, piece = marks[-1]
            same = kind == last and kind != _CITED
            joint = _LOWERED not in (kind, last) and (_JOINT.search(piece) or _JOINT_BEFORE.match(mark))
            if same or joint:
                marks[-1] = (start, match.end(), last if kind == last else _CITED, piece + mark)
                continue
        marks.append((match.start(), match.end(), kind, mark))
    for index in range(len(marks) - 1):  # above one another: the index belongs to the name, so it is read first
        above, below = marks[index], marks[index + 1]
        touch = above[1] == below[0] and above[0] > 0 and not text[above[0] - 1].isspace()
        if touch and above[2] == _RAISED and below[2] == _LOWERED:
            marks[index] = (above[0], above[1], below[2], below[3])
            marks[index + 1] = (below[0], below[1], above[2], above[3])
    return marks


def write_lowered(before: str, mark: str) -> str:
    """A lowered mark as it is written after `before`: plain, but for a number under a number, which gets `_`."""
    return f"_{mark}" if before[-1:].isdigit() and mark[:1].isdigit() else mark


def write_raised(before: str, mark: str, after: str, custom: Habit = Habit(), *, is_cited: bool = False) -> str:
    """A raised mark as it is written between `before` and `after`.

    `is_cited` when the markup links it to a reference or a note.
    """
    mark = " ".join(mark.split())
    inner = mark.strip("[]()")
    if not inner:
        return mark
    if is_cited and (len(inner) < 3 or any(character.isdigit() for character in inner)):
        return _bracketed(inner)
    at_start = not before or before[-1].isspace()
    if mark in _RINGS and (_TEMPERATURE.match(after) if at_start or mark == "0" else before[-1:].isdigit()):
        return "°" if before.rstrip()[-1:].isdigit() else mark
    if re.fullmatch(r"[-−–‐‑⁻+]", mark):
        return _lone_sign(before, mark)
    if _GENOTYPE.fullmatch(mark) and before[-1:].isalnum():
        return mark
    if not any(character.isdigit() for character in mark):
        return _letters(before, mark, custom)
    if _SIGNED.fullmatch(mark):
        return "^" + mark.translate(_MINUS).replace(" ", "")
    if _CHARGE.fullmatch(mark):  # 2+, 3−
        return "^" + mark.translate(_MINUS)
    if not _NUMBERS.fullmatch(mark):
        return mark if at_start and not mark[0].isdigit() else "^" + mark
    if not before[-1:].isalnum() and _is_mass(mark, after):
        return f"^{mark}"
    if at_start:
        return _at_start(before, mark, inner, after, custom)
    if mark[0] == "(" and not custom.cites and _LETTER_ALONE.search(before):
        return f"^{mark}"  # the order of a derivative, the number of a variable: C⁽¹⁾
    if mark[0] in "[(" or (_SEVERAL.search(mark) and not (_LENGTH.search(before) and re.match(r"[23]\d", mark))):
        return _bracketed(inner)
    return _number(before, mark, inner, after, custom)


def _is_mass(mark: str, after: str) -> bool:
    """Whether a raised number is the mass of an isotope: ¹³¹I, ⁹⁹ᵐTc, ¹⁸F-FDG, ¹H NMR."""
    if re.fullmatch(r"\d{1,3}m?", mark) is None:
        return False
    element = r"[A-Z][a-z]?(?![a-z])" if len(mark) > 1 else r"[HC][\s-]*(?:\{|NMR|MRS|MR\b)"
    return re.match(element, after) is not None


def _at_start(before: str, mark: str, inner: str, after: str, custom: Habit) -> str:
    """A raised number with nothing before it.

    A citation that was carried over to the next line, or the mark of a note or an affiliation.
    """
    follows = _CLOSED.search(before.rstrip()) is not None or re.match(r"\s?[a-z.,;:)]", after) is not None
    return _bracketed(inner) if custom.cites and follows else mark


def _number(before: str, mark: str, inner: str, after: str, custom: Habit) -> str:
    """One raised number after something: a power, a unit's power or a citation."""
    if _NUMERAL.search(before):
        if _BASE.search(before) and not (custom.cites and int(re.sub(r"\D", "", mark)) > 31):
            alone = _BASE.search(before) is not None and not after.strip() and mark in custom.notes
            return _bracketed(inner) if alone else f"^{mark}"
        if custom.notes and not after.strip():  # at the end of a cell that has notes beneath it
            return _bracketed(inner)
        if re.search(r"[A-Za-z]-?\d+$", before):  # IL-6, CD4, H1: nobody raises those to a power
            return _bracketed(inner)
        if custom.cites and not _UNIT_FOLLOWS.match(after):
            return _bracketed(inner)
        return f"^{mark}"
    if before[-1] in "×·⋅":
        return f"^{mark}"
    small = len(mark) == 1
    if _LENGTH.search(before) and mark[0] in "23":
        return f"^{mark}" if small else f"^{mark[0]}{_bracketed(inner[1:])}"
    if _UNIT.search(before):
        return _bracketed(inner) if custom.cites else f"^{mark}"
    if _STATISTIC.search(before):
        named = re.search(r"(?:vitamin|group|type|hepatitis|grade|class|arm|factor|protein|phase) [A-Z]$", before)
        if custom.cites and (not small or named):
            return _bracketed(inner)
        return f"^{mark}"
    if not custom.cites and _stands_in_formula(before, after):
        return f"^{mark}"
    if _stands_as_citation(before) or custom.cites:
        if before[-1] in ")]" and small and not custom.cites and re.search(r"\d[^()]*[)\]]$", before):
            return f"^{mark}"  # (a + 2)²
        return _bracketed(inner)
    return f"^{mark}"


_VARIABLE = re.compile(r"(?:(?<![^\W\d_])[^\W\d_]{1,2}|[)\]])$")
_LETTER_ALONE = re.compile(r"(?<![^\W\d_])[^\W\d_]$")
_BRACKETED_SUM = re.compile(r"[(\[][^()\[\]]*[=+−×][^()\[\]]*[)\]]$")
_OPERATOR_BEFORE = re.compile(r"[=+−×<>≤≥≈→∈]\s?[^\W\d_]$")
_OPERATOR_AFTER = re.compile(r"\s?[=+−×<>≤≥≈→∈]")


def _stands_in_formula(before: str, after: str) -> bool:
    """Whether the raised number's base is a variable or a closed bracket beside an operator: y² + z, = q², (pc)² + m.

    A hyphen is no operator here: vitamin-D² may well cite.
    """
    if _VARIABLE.search(before) is None:
        return False
    if _BRACKETED_SUM.search(before) is not None:
        return True
    return _OPERATOR_AFTER.match(after) is not None or _OPERATOR_BEFORE.search(before) is not None


def _lone_sign(before: str, mark: str) -> str:
    """A raised sign by itself: a charge or a marker (Na+, CD4+); after 10 the sign of an exponent."""
    return "^" + mark.translate(_MINUS) if _BASE.search(before) else mark


def _letters(before: str, mark: str, custom: Habit) -> str:
    """A raised mark without a digit: a note's letter after a number gets brackets, all else (st, ™, *) is itself."""
    after_number = _NUMERAL.search(before) is not None or _CLOSED.search(before) is not None
    if _NOTE_LETTER.fullmatch(mark) and len(mark) < 8 and (after_number or mark in custom.notes) and before.strip():
        return _bracketed(mark)
    if mark in _ORDINAL:
        return mark
    if len(mark) > 1 and mark[0] in "-−–+" and re.search(r"[\de)]$", before):
        return f"^{mark}"
    return f"^{mark}" if re.fullmatch(r"[A-Za-z]+", mark) and _BASE.search(before) else mark


def _bracketed(inner: str) -> str:
    return f"[{inner}]" if not _NOTE_SIGN.fullmatch(inner) else inner
