"""Formulas in Markdown against their LaTeX: how many stand there exactly, ways of writing aside."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

_LAYOUT = re.compile(
    r"\\(?:left|right|[bB]igg?|displaystyle|textstyle|limits|nonumber|quad|qquad)(?![a-zA-Z])|\\[,;:!]"
    r"|\\(?:label|tag|begin|end)\{[^}]*\}|\\\\|&"
)
"""What places a formula and says nothing in it."""
_FONT = re.compile(r"\\(?:math(?:rm|bf|it|sf|cal|bb)|boldsymbol|bm|text(?:rm|bf)?|operatorname\*?|rm|bf)(?![a-zA-Z])")
_COMMAND = re.compile(r"\\[a-zA-Z]+")
_SAME = {
    r"\leq": r"\le", r"\geq": r"\ge", r"\neq": r"\ne", r"\rightarrow": r"\to", r"\ldots": r"\dots", r"\cdots": r"\dots",
    r"\varepsilon": r"\epsilon", r"\dfrac": r"\frac", r"\tfrac": r"\frac", r"\lvert": "|", r"\rvert": "|", r"\vert": "|",
    r"\lbrace": r"\{", r"\rbrace": r"\}", r"\ast": "*", r"\prime": "'",
}  # fmt: skip
_ALONE = re.compile(r"\{(\\[a-zA-Z]+|[^{}\\])\}")
_FORMULA = re.compile(r"\$\$(.+?)\$\$|\$(.+?)\$|\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)
_BRACKETED = re.compile(r"[A-Za-z)]\[\d{1,2}\]")
_NESTED = 3
"""So deep braces stand around a single sign."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FormulaScore:
    """Counts, that add up over pages."""

    inline: int
    """Formulas within a line."""
    inline_right: int
    """Those of them that are there."""
    display: int
    """Formulas on lines of their own."""
    display_right: int
    """Those of them that are there."""
    bracketed: int
    """Letters with a number in brackets behind them: an exponent or index that was taken for a citation."""


def normalised(latex: str) -> str:
    """A formula without what only places it: fonts, sizes, spaces, braces around single signs; one name for what has several."""
    text = _FONT.sub("", _LAYOUT.sub("", latex))
    text = _COMMAND.sub(lambda found: _SAME.get(found[0], found[0]), text)
    text = "".join(text.split())
    for _ in range(_NESTED):
        text = _ALONE.sub(r"\1", text)
    return text.strip(".,;$")


def score(truth: Iterable[tuple[str, str]], markdown: str) -> FormulaScore:
    """Count the formulas of a page, as (kind, LaTeX), that stand in its Markdown; kinds hold `inline` or `display`.

    Each formula of the Markdown counts once. A truth of one or two signs is found where it stands as plain text, too.
    """
    there = Counter(normalised(next(part for part in found.groups() if part)) for found in _FORMULA.finditer(markdown))
    plain = "".join(markdown.split())
    counts: Counter[tuple[bool, bool]] = Counter()
    for kind, latex in truth:
        formula = normalised(latex)
        right = there[formula] > 0
        there[formula] -= right
        counts["inline" in kind, right or (len(formula) <= 2 and formula in plain)] += 1
    return FormulaScore(
        inline=counts[True, True] + counts[True, False],
        inline_right=counts[True, True],
        display=counts[False, True] + counts[False, False],
        display_right=counts[False, True],
        bracketed=len(_BRACKETED.findall(markdown)),
    )
