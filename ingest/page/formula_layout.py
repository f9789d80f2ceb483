"""Glyphs of typeset mathematics, by where they stand, to a formula's tree.

What is two-dimensional is put together from the inside out — an accent on its letter, a root with its radicand, a fraction by
its rule, a sum with its limits — and each becomes one glyph with a tree of its own. What is left is a line with raised and
lowered parts. The places are those of TeX (Knuth, "The TeXbook", appendix G): the rule of a fraction is as wide as the wider of
its parts and stands on the axis, a quarter of an em above the baseline; parts are centred over one another; scripts are set
at seven tenths.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ingest.formula.latex import FUNCTIONS
from ingest.formula.tree import MAX_DEPTH, Accent, Fraction, Limits, Node, Root, Row, Scripts, Symbol, Words, row

AXIS = 0.25
"""Height of the axis above the baseline, in sizes."""
SCRIPT = 0.88
"""What is smaller than this share of its line's size is a script where it stands off the line."""
ON_LINE = 0.07
"""How far a glyph of a line stands off its baseline at most, in sizes."""
NEAR = 0.45
"""White space between an operator and its limits, in sizes, at most."""
FROM_RULE = 0.6
"""White space between a rule and what it divides: a denominator of display style stands 0.94 em under it, a small letter is 0.43
high."""
MAX_SIGNS = 400
"""Accents, and operators with limits, that are looked at on one page."""
MAX_RULES = 60
"""Rules looked at among the glyphs of one page."""

UNREAD = "\ufffd"
"""Stands in a tree for what is nowhere where mathematics is set: such a formula is not to be used."""
BIG = frozenset("∑∏∐∫∬∭∮⋂⋃⋁⋀⨁⨂⨀⨄⨆")
"""Operators that take limits."""
_ACCENTS = {
    "ˆ": "^", "^": "^", "\u0302": "^", "¯": "¯", "\u0304": "¯", "˜": "~", "~": "~", "\u0303": "~", "∼": "~", "⃗": "→",
    "→": "→", "˙": "˙", "\u0307": "˙", "¨": "¨", "\u0308": "¨", "ˇ": "ˇ", "˘": "˘", "´": "´", "`": "`",
}  # fmt: skip
_PIECES = {"⎛": "(", "⎞": ")", "⎡": "[", "⎤": "]", "⎧": "{", "⎫": "}"}
"""The upper piece of a delimiter that is built of several."""
_REST = frozenset("⎜⎝⎟⎠⎢⎣⎥⎦⎨⎩⎪⎬⎭⎮⎯")
"""Its other pieces."""
_GROWING = frozenset("()[]{}⟨⟩⌊⌋⌈⌉|‖∥/\\√")
"""Signs that grow with what is beside them."""
_RAISED_ACCENTS = {"-": "¯", "−": "¯", "–": "¯", "·": "˙", ".": "˙"}
"""Signs that are accents where they stand high above their own baseline."""
_NEGATED = {"=": "≠", "∈": "∉", "≡": "≢", "∼": "≁", "⊂": "⊄", "⊆": "⊈", "∃": "∄", "|": "∤"}
_UPRIGHT_LIMITS = frozenset(
    ["lim", "max", "min", "sup", "inf", "limsup", "liminf", "argmax", "argmin", "arg", "det", "Pr"]
)


@dataclass(frozen=True, slots=True)
class Glyph:
    """A character on the page, or several that are one thing already."""

    text: str
    """The character, or those of all its parts."""
    x0: float
    """Left edge, in points from the left."""
    y0: float
    """Upper edge of its ink, in points from the top."""
    x1: float
    """Right edge."""
    y1: float
    """Lower edge of its ink."""
    base: float
    """Baseline."""
    size: float
    """Font size; of a thing of several parts that of the line in which it stands."""
    upright: bool = False
    """Set in roman letters."""
    math: bool = False
    """Set in a font that only mathematics is set in, or a thing of several parts."""
    alphabet: str = ""
    """The command of its alphabet (mathbf, mathcal), or empty."""
    node: Node | None = None
    """Its tree, where it has parts."""
    members: tuple[int, ...] = ()
    """Numbers of the glyphs of the page that are in it."""

    @property
    def middle(self) -> float:
        """Its horizontal centre."""
        return (self.x0 + self.x1) / 2


@dataclass(frozen=True, slots=True)
class Rule:
    """A drawn horizontal line."""

    x0: float
    """Left end."""
    x1: float
    """Right end."""
    y: float
    """Its height on the page, from the top."""


def reduced(glyphs: Sequence[Glyph], rules: Sequence[Rule]) -> list[Glyph]:
    """The glyphs of a part of a page with all that is two-dimensional put together; what belongs to nothing is as it was."""
    left = _overlaid(_joined_pieces(list(glyphs)))
    left = _accented(left)
    left = _operators(left)
    for rule in sorted(rules, key=lambda each: each.x1 - each.x0)[:MAX_RULES]:
        left = _under_rule(left, rule)
    return _operators(left)


def _joined_pieces(glyphs: list[Glyph]) -> list[Glyph]:
    """Delimiters of several pieces, above one another, as one glyph each."""
    glyphs = _stacked(glyphs)
    rest = [glyph for glyph in glyphs if glyph.text in _REST]
    if not rest:
        return glyphs
    result = []
    for glyph in glyphs:
        if glyph.text in _REST:
            continue
        if glyph.text in _PIECES:
            below = sorted(
                (piece for piece in rest if abs(piece.x0 - glyph.x0) < 0.3 * glyph.size and piece.y0 >= glyph.y0),
                key=lambda piece: piece.y0,
            )
            for piece in below:
                if piece.y0 < glyph.y1 + 0.4 * glyph.size:
                    glyph = replace(glyph, y1=max(glyph.y1, piece.y1), members=glyph.members + piece.members)
                    rest.remove(piece)
            glyph = replace(glyph, text=_PIECES[glyph.text], base=(glyph.y0 + glyph.y1) / 2 + AXIS * glyph.size)
        result.append(glyph)
    return result + rest


def _stacked(glyphs: list[Glyph]) -> list[Glyph]:
    """Bars that are built of shorter ones."""
    bars = sorted((glyph for glyph in glyphs if glyph.text in "|‖∥"), key=lambda glyph: (round(glyph.x0, 1), glyph.y0))
    gone: dict[int, Glyph] = {}
    held: list[Glyph] = []

    def close() -> None:
        if len(held) > 1:
            whole = _union(held, None)
            whole = replace(whole, text=held[0].text, base=(whole.y0 + whole.y1) / 2 + AXIS * whole.size)
            gone.update((id(part), whole) for part in held)

    for bar in bars:
        if held and not (
            bar.text == held[0].text and abs(bar.x0 - held[0].x0) < 0.15 and abs(bar.y0 - held[-1].y1) < 0.1 * bar.size
        ):
            close()
            held = []
        held.append(bar)
    close()
    if not gone:
        return glyphs
    whole = {id(glyph): glyph for glyph in gone.values()}
    return [*(glyph for glyph in glyphs if id(glyph) not in gone), *whole.values()]


def _overlaid(glyphs: list[Glyph]) -> list[Glyph]:
    """Signs printed over one another as one: a stroke through a relation, the foot of an arrow."""
    result = list(glyphs)
    for number, glyph in enumerate(glyphs):
        if glyph.text not in ("\u0338", "↦", "∼", "ħ", "¯"):
            continue
        for other in glyphs[number + 1 : number + 3]:
            if abs(other.base - glyph.base) > ON_LINE * glyph.size or other not in result:
                continue
            sign = ""
            if glyph.text == "\u0338" and abs(other.x0 - glyph.x0) < 0.6 * glyph.size:
                sign = _NEGATED.get(other.text, "")
            elif glyph.text == "↦" and other.text == "→" and abs(other.x0 - glyph.x0) < 0.3 * glyph.size:
                sign = "↦"
            elif glyph.text == "∼" and other.text == "=" and abs(other.middle - glyph.middle) < 0.2 * glyph.size:
                sign = "≅"
            elif (
                glyph.text in "ħ¯"
                and glyph.math
                and other.text == "h"
                and other.y0 < glyph.y0
                and glyph.x0 < other.middle < glyph.x1
            ):
                sign = "ℏ"
            if sign:
                whole = _union([glyph, other], None)
                result[result.index(other)] = replace(other, text=sign, y0=whole.y0, y1=whole.y1, members=whole.members)
                result.remove(glyph)
                break
    return result


def _union(parts: Sequence[Glyph], node: Node | None, **changes: object) -> Glyph:
    """Some glyphs as one, in the line of the first."""
    first = parts[0]
    return replace(
        first,
        text="".join(part.text for part in parts),
        x0=min(part.x0 for part in parts),
        y0=min(part.y0 for part in parts),
        x1=max(part.x1 for part in parts),
        y1=max(part.y1 for part in parts),
        math=True,
        node=node,
        members=tuple(number for part in parts for number in part.members),
        **changes,  # type: ignore[arg-type]
    )


def _accented(glyphs: list[Glyph]) -> list[Glyph]:
    """Accents on the letters under them."""
    result = list(glyphs)
    for accent in [glyph for glyph in glyphs if glyph.text in _ACCENTS or glyph.text in _RAISED_ACCENTS][:MAX_SIGNS]:
        mark = _ACCENTS.get(accent.text)
        if mark is None and accent.base - (accent.y0 + accent.y1) / 2 > 0.48 * accent.size:
            mark = _RAISED_ACCENTS.get(accent.text)
        if mark is None or (accent.text in ("∼", "~", "→") and not accent.math):
            continue
        under = [
            glyph
            for glyph in result
            if glyph is not accent
            and glyph.text not in _ACCENTS
            and glyph.size >= SCRIPT * accent.size
            and accent.x0 - 0.4 * accent.size < glyph.middle < accent.x1 + 0.4 * accent.size
            and -0.05 * accent.size <= glyph.y0 - accent.y1 < 0.3 * accent.size
            and abs(glyph.middle - accent.middle) < 0.35 * accent.size
            and glyph.node is None
            and (glyph.text.isalnum() or glyph.text in "∗∇ℓ")
        ]
        if not under:
            continue
        base = min(under, key=lambda glyph: abs(glyph.middle - accent.middle))
        whole = _union([base, accent], Accent(_node(base), mark))
        result[result.index(base)] = replace(whole, x0=base.x0, x1=base.x1)
        result.remove(accent)
    return result


def _operators(glyphs: list[Glyph]) -> list[Glyph]:
    """Sums and the like, and `lim`, with the limits that stand over and under them."""
    result = list(glyphs)
    words = _words(result)
    for operator in [*(glyph for glyph in glyphs if glyph.text in BIG and glyph.node is None), *words][:MAX_SIGNS]:
        size = operator.size
        above = _beyond(result, operator, up=True)
        below = _beyond(result, operator, up=False)
        if not above and not below:
            continue
        parts = [operator, *above, *below]
        base = operator.base
        if operator.text in BIG:
            base = (operator.y0 + operator.y1) / 2 + AXIS * size
        node = Limits(
            Symbol(operator.text),
            line_node(below) if below else None,
            line_node(above) if above else None,
        )
        whole = _union(parts, node, base=base)
        inside = set(whole.members)
        result = [glyph for glyph in result if not inside.issuperset(glyph.members)]
        result.append(whole)
    return result


def _words(glyphs: Sequence[Glyph]) -> list[Glyph]:
    """Names of functions that take limits, their letters as one glyph."""
    found = []
    for number, glyph in enumerate(glyphs):
        if glyph.text not in "lmsiadP" or not glyph.text or glyph.node is not None:
            continue
        letters = [glyph]
        for following in glyphs[number + 1 : number + 6]:
            last = letters[-1]
            if (
                abs(following.base - last.base) > 0.01 * last.size
                or abs(following.size - last.size) > 0.1
                or not -0.1 * last.size < following.x0 - last.x1 < 0.1 * last.size
                or not following.text.isalpha()
            ):
                break
            letters.append(following)
        name = "".join(letter.text for letter in letters)
        before = glyphs[number - 1] if number else None
        if name in _UPRIGHT_LIMITS and not (
            before is not None
            and before.text.isalpha()
            and before.node is None
            and abs(before.base - glyph.base) < 0.01 * glyph.size
            and -0.1 * glyph.size < glyph.x0 - before.x1 < 0.1 * glyph.size
        ):
            found.append(replace(_union(letters, Symbol(name)), text=name))
    return found


def _beyond(glyphs: Sequence[Glyph], operator: Glyph, *, up: bool) -> list[Glyph]:
    """The limit over or under an operator, from left to right: small, near, and centred on it."""
    size = operator.size

    def near(glyph: Glyph) -> bool:
        if glyph.size > SCRIPT * size:
            return False
        gap = operator.y0 - glyph.y1 if up else glyph.y0 - operator.y1
        return -0.05 * size <= gap < NEAR * size

    seeds = [glyph for glyph in glyphs if near(glyph) and glyph.x0 < operator.x1 and glyph.x1 > operator.x0]
    if not seeds:
        return []
    chosen = list(seeds)
    low, high = min(glyph.y0 for glyph in chosen) - 0.3 * size, max(glyph.y1 for glyph in chosen) + 0.3 * size
    around = [
        glyph
        for glyph in glyphs
        if glyph not in chosen
        and glyph.size <= SCRIPT * size
        and low <= glyph.y0
        and glyph.y1 <= high
        and (glyph.y1 <= operator.y0 + 0.05 * size if up else glyph.y0 >= operator.y1 - 0.05 * size)
    ]
    grown = True
    while grown:
        grown = False
        x0, x1 = min(glyph.x0 for glyph in chosen), max(glyph.x1 for glyph in chosen)
        for glyph in around:
            if x0 - 0.12 * size < glyph.x1 and glyph.x0 < x1 + 0.12 * size:
                chosen.append(glyph)
                around.remove(glyph)
                grown = True
                break
    middle = (min(glyph.x0 for glyph in chosen) + max(glyph.x1 for glyph in chosen)) / 2
    slack = 0.5 * size if operator.text in "∫∬∭∮" else 0.3 * size
    return sorted(chosen, key=lambda glyph: glyph.x0) if abs(middle - operator.middle) < slack else []


def _under_rule(glyphs: list[Glyph], rule: Rule) -> list[Glyph]:
    """A fraction, a root or an overlined part made one glyph; all as it was where the rule is none of these."""
    inside = [glyph for glyph in glyphs if rule.x0 - 1.5 <= glyph.x0 and glyph.x1 <= rule.x1 + 1.5]
    above = _pile(inside, rule.y, up=True)
    below = _pile(inside, rule.y, up=False)
    root = next(
        (
            glyph
            for glyph in glyphs
            if glyph.text == "√"
            and abs(glyph.x1 - rule.x0) < 0.15 * glyph.size + 0.5
            and abs(glyph.y0 - rule.y) < 0.15 * glyph.size + 0.5
        ),
        None,
    )
    if root is not None:
        inner = [
            glyph
            for glyph in inside
            if glyph is not root and rule.y - 0.5 <= glyph.y0 and glyph.y1 <= root.y1 + 0.35 * root.size
        ]
        if not inner:
            return glyphs
        degree = [
            glyph
            for glyph in glyphs
            if glyph.size < 0.75 * root.size
            and root.x0 - 0.5 * root.size < glyph.x0
            and glyph.x1 <= root.x0 + 0.75 * (root.x1 - root.x0)
            and root.y0 - 0.2 * root.size < glyph.y0
            and glyph.y1 < (root.y0 + 2 * root.y1) / 3
        ]
        main = _main(inner)
        node: Node = Root(line_node(inner), line_node(degree) if degree else None)
        return _put(glyphs, [root, *degree, *inner], node, base=main.base, size=main.size, y0=rule.y)
    if above and below:
        width = rule.x1 - rule.x0
        size = max(_main(above).size, _main(below).size)
        spans = [max(g.x1 for g in part) - min(g.x0 for g in part) for part in (above, below)]
        centred = all(
            abs(min(g.x0 for g in part) + max(g.x1 for g in part) - rule.x0 - rule.x1) < 0.5 * size
            for part in (above, below)
        )
        if centred and abs(max(spans) - width) < 0.3 * size:
            line = _line_of(glyphs, above, below, rule, size)
            node = Fraction(line_node(above), line_node(below))
            return _put(glyphs, [*above, *below], node, base=rule.y + AXIS * line, size=line, x0=rule.x0, x1=rule.x1)
    if (below and not above) or (below and above):
        main = _main(below)
        start, end = min(g.x0 for g in below), max(g.x1 for g in below)
        close = min(g.y0 for g in below) - rule.y < 0.3 * main.size
        if close and abs(start - rule.x0) < 0.15 * main.size and abs(end - rule.x1) < 0.15 * main.size:
            node = Accent(line_node(below), "‾")
            return _put(glyphs, below, node, base=main.base, size=main.size, y0=rule.y)
    return glyphs


def _put(glyphs: Sequence[Glyph], parts: Sequence[Glyph], node: Node, **changes: object) -> list[Glyph]:
    whole = replace(_union(parts, node), **changes)  # type: ignore[arg-type]
    gone = {id(part) for part in parts}
    return [*(glyph for glyph in glyphs if id(glyph) not in gone), whole]


def _line_of(glyphs: Sequence[Glyph], above: Sequence[Glyph], below: Sequence[Glyph], rule: Rule, size: float) -> float:
    """The size of the line in which a fraction stands: that of a neighbour whose axis the rule is, or the parts' own."""
    inside = {id(glyph) for glyph in (*above, *below)}
    best, distance = size, 3.0 * size
    for glyph in glyphs:
        if id(glyph) in inside or glyph.size < 0.95 * size or glyph.size > 1.6 * size or glyph.text in BIG:
            continue
        gap = max(rule.x0 - glyph.x1, glyph.x0 - rule.x1)
        if -0.5 < gap < distance and abs(glyph.base - AXIS * glyph.size - rule.y) < 0.08 * glyph.size:
            best, distance = glyph.size, gap
    return best


def _pile(glyphs: Sequence[Glyph], y: float, *, up: bool) -> list[Glyph]:
    """What stands right over (or under) a height, without white space between: one line with its scripts."""
    side = [glyph for glyph in glyphs if (glyph.y1 <= y + 0.5 if up else glyph.y0 >= y - 0.5)]
    side.sort(key=lambda glyph: -glyph.y1 if up else glyph.y0)
    if not side:
        return []
    first = side[0]
    gap = y - first.y1 if up else first.y0 - y
    if gap > FROM_RULE * max(first.size, max(glyph.size for glyph in side[:3])):
        return []
    chosen: list[Glyph] = []
    edge = y
    for glyph in side:
        gap = edge - glyph.y1 if up else glyph.y0 - edge
        if chosen and gap > 0.12 * max(part.size for part in chosen):
            break
        chosen.append(glyph)
        edge = min(edge, glyph.y0) if up else max(edge, glyph.y1)
    return chosen


def _main(glyphs: Sequence[Glyph]) -> Glyph:
    """A glyph that stands on the main line of some: the largest; of the largest one of the most common baseline."""
    largest = max(glyph.size for glyph in glyphs)
    full = [glyph for glyph in glyphs if glyph.size >= 0.95 * largest]
    settled = [glyph for glyph in full if not hangs(glyph)] or full
    counts: dict[int, int] = {}
    for glyph in settled:
        counts[round(4 * glyph.base)] = counts.get(round(4 * glyph.base), 0) + 1
    most = max(counts, key=lambda key: (counts[key], key))
    return next(glyph for glyph in settled if round(4 * glyph.base) == most)


def hangs(glyph: Glyph) -> bool:
    """Whether a glyph is a large sign, which stands on the axis whatever its baseline is: those of TeX hang from it."""
    if glyph.node is not None:
        return False
    return glyph.text in BIG or (glyph.text in _GROWING and glyph.y1 - glyph.y0 > 1.1 * glyph.size)


def on_line(glyph: Glyph, base: float, size: float) -> bool:
    """Whether a glyph stands on a line itself and is no script of it."""
    if hangs(glyph):
        centre = (glyph.y0 + glyph.y1) / 2
        if glyph.size > SCRIPT * size and abs(centre - base + AXIS * size) < 0.3 * size:
            return True
    if abs(glyph.base - base) <= ON_LINE * size:
        return True
    return glyph.node is not None and glyph.size > SCRIPT * size and glyph.y0 < base - AXIS * size < glyph.y1


def line_node(glyphs: Sequence[Glyph], depth: int = 0) -> Node:
    """The tree of glyphs that are one line with its scripts."""
    if not glyphs:
        return Row(())
    ordered = sorted(glyphs, key=lambda glyph: (glyph.x0, glyph.x1))
    if depth > MAX_DEPTH:
        return row(_symbols(ordered))
    main = _main(glyphs)
    base, size = main.base, main.size
    if hangs(main):
        base = (main.y0 + main.y1) / 2 + AXIS * size
    parts: list[Node] = []
    above: list[Glyph] = []
    below: list[Glyph] = []
    held: list[Glyph] = []
    end: float | None = None

    def close() -> None:
        nonlocal end
        parts.extend(_written_line(held, above, below, depth + 1, end))
        end = max((glyph.x1 for glyph in (*held, *above, *below)), default=end)
        held.clear()
        above.clear()
        below.clear()

    for glyph in ordered:
        owner = _script_of(glyph, above, below)
        if owner is not None:
            owner.append(glyph)
        elif on_line(glyph, base, size):
            if above or below:
                close()
            held.append(glyph)
        elif depth < 2 and glyph.size > SCRIPT * size:
            held.append(replace(glyph, text=UNREAD, node=None))
        elif glyph.base < base or (glyph.y0 + glyph.y1) / 2 < base - 0.6 * size:
            above.append(glyph)
        else:
            below.append(glyph)
    close()
    return row(parts)


def _script_of(glyph: Glyph, above: list[Glyph], below: list[Glyph]) -> list[Glyph] | None:
    """The script that a glyph is a script of: it is smaller than what stands right before it there."""
    best: list[Glyph] | None = None
    nearest = 1.0
    for script in (above, below):
        for other in script[-3:]:
            apart = abs(other.y0 + other.y1 - glyph.y0 - glyph.y1) / (2 * other.size)
            if glyph.size < SCRIPT * other.size and glyph.x0 - other.x1 < 0.3 * other.size and apart < nearest:
                best, nearest = script, apart
    return best


def _written_line(
    held: Sequence[Glyph], above: Sequence[Glyph], below: Sequence[Glyph], depth: int, end: float | None
) -> list[Node]:
    """Glyphs on a line, the last of which has scripts."""
    parts = _symbols(held, small=depth > 1, edge=end)
    if not above and not below:
        return parts
    base = parts.pop() if parts else Row(())
    if isinstance(base, Limits) and base.under is None and base.over is None:
        base = base.base
    parts.append(Scripts(base, line_node(below, depth) if below else None, line_node(above, depth) if above else None))
    return parts


def _symbols(glyphs: Sequence[Glyph], *, small: bool = False, edge: float | None = None) -> list[Node]:
    """Glyphs side by side: letters of a name in roman are one, and so are the digits of a number.

    `small` for those of a script, in which an ellipsis has no white space between its dots; `edge` is the right edge of
    what stands before them.
    """
    parts: list[Node] = []
    number = 0
    while number < len(glyphs):
        glyph = glyphs[number]
        if glyph.node is not None:
            parts.append(glyph.node)
            number += 1
            continue
        dots = glyphs[number : number + 3]
        if len(dots) == 3 and all(dot.text == glyph.text for dot in dots) and glyph.text in ".·⋅" and _spaced(dots):
            parts.append(Symbol("…" if glyph.text == "." else "⋯"))
            number += 3
            continue
        end = number + 1
        if glyph.text.isascii() and glyph.text.isalpha() and glyph.upright:
            end = _run(glyphs, number, lambda other: other.text.isascii() and other.text.isalpha() and other.upright)
            name = "".join(each.text for each in glyphs[number:end])
            for length in range(len(name), 1, -1):
                if name[:length] in FUNCTIONS:
                    end = number + length
                    break
        elif glyph.text.isdigit():
            end = _run(glyphs, number, lambda other: other.text.isdigit() or other.text == ".")
            while glyphs[end - 1].text == ".":
                end -= 1
        text = "".join(each.text for each in glyphs[number:end])
        if text == "." and number + 2 < len(glyphs) and all(dot.text == "." for dot in dots) and small:
            text, end = "…", number + 3
        node: Node = Symbol(text, upright=end - number > 1 and text.isalpha(), alphabet=glyph.alphabet)
        if glyph.text == "|" and _is_relation(glyphs, number, edge):
            node = Symbol("∣")
        elif glyph.text == "∥":
            node = Symbol("‖")
        elif glyph.text == "\\" and glyph.math:
            node = Symbol("∖")
        parts.append(node)
        if glyph.text == "," and end < len(glyphs) and glyphs[end].x0 - glyph.x1 > 0.08 * glyph.size:
            parts.append(Words(" "))  # 0, 1 is not 0,1
        number = end
    return parts


def _run(glyphs: Sequence[Glyph], start: int, belongs: Callable[[Glyph], bool]) -> int:
    end = start + 1
    while (
        end < len(glyphs)
        and glyphs[end].node is None
        and belongs(glyphs[end])
        and glyphs[end].alphabet == glyphs[start].alphabet
        and glyphs[end].x0 - glyphs[end - 1].x1 < 0.12 * glyphs[end].size
    ):
        end += 1
    return end


def _spaced(dots: Sequence[Glyph]) -> bool:
    """Whether dots are set apart, as TeX sets those of an ellipsis."""
    gaps = [right.x0 - left.x1 for left, right in pairwise(dots)]
    return abs(gaps[0] - gaps[1]) < 0.05 * dots[0].size and 0.08 * dots[0].size < gaps[0] < 0.5 * dots[0].size


def _is_relation(glyphs: Sequence[Glyph], number: int, edge: float | None) -> bool:
    """Whether a bar has the white space of a relation on both sides: five eighteenths of an em."""
    left = glyphs[number - 1].x1 if number else edge
    if left is None or number + 1 >= len(glyphs):
        return False
    bar = glyphs[number]
    return bar.x0 - left > 0.2 * bar.size and glyphs[number + 1].x0 - bar.x1 > 0.2 * bar.size


def _node(glyph: Glyph) -> Node:
    if glyph.node is not None:
        return glyph.node
    return Symbol(glyph.text, alphabet=glyph.alphabet)
