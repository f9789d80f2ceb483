"""A formula's tree as text: LaTeX, or plain characters where these say the same.

Commands are those of LaTeX with amsmath. What is only symbols in a line, and powers of numbers, is written as running text is:
`n = 12`, `5×10^-3`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from ingest.formula.tree import (
    Accent,
    Fenced,
    Fraction,
    Limits,
    Matrix,
    Node,
    Root,
    Row,
    Scripts,
    Symbol,
    Words,
)

FUNCTIONS = frozenset(
    [
        "arccos",
        "arcsin",
        "arctan",
        "arg",
        "cos",
        "cosh",
        "cot",
        "coth",
        "csc",
        "deg",
        "det",
        "dim",
        "exp",
        "gcd",
        "hom",
        "inf",
        "ker",
        "lg",
        "lim",
        "liminf",
        "limsup",
        "ln",
        "log",
        "max",
        "min",
        "Pr",
        "sec",
        "sin",
        "sinh",
        "sup",
        "tan",
        "tanh",
    ]
)
"""Names that LaTeX has a command for."""
_BIG = frozenset("∑∏∐∫∬∭∮⋂⋃⋁⋀⨁⨂")
_RELATIONS = frozenset("=<>≤≥≈≠≡∼~≃≅∝→⇒⇔←↔∈")
_NOT_OF_TEXT = frozenset("⊕⊗⊖⊙⊘∪∩∧∨¬≡∈∉∋⊂⊃⊆⊇⊄⊈⊢⊣⊨⊩⊤⊥∣∤≺≻⪯⪰⇒⇐⇔⟹⟺↦∐∬∭∮⋂⋃⋀⋁⨁⨂⨀∂∇∀∃∄ℏℓℜℑℵℶ⟨⟩⌈⌉⌊⌋‖∖⋆")
"""Signs of sets, logic and calculus: what has one of them is no running text, though it stands in one line."""
_ESCAPED = {
    "\\": r"\backslash", "{": r"\{", "}": r"\}", "#": r"\#", "$": r"\$", "%": r"\%", "&": r"\&", "_": r"\_",
    "~": r"\sim", "^": r"\wedge",
}  # fmt: skip
_ESCAPED_IN_TEXT = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "#": r"\#", "$": r"\$", "%": r"\%", "&": r"\&", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip
_OVER = {
    "^": "hat", "\u0302": "hat", "ˆ": "hat", "~": "tilde", "\u0303": "tilde", "˜": "tilde", "¯": "bar", "\u0304": "bar",
    "\u0305": "overline", "‾": "overline", "―": "overline", "_": "overline", "→": "vec", "\u20d7": "vec",
    "˙": "dot", ".": "dot", "\u0307": "dot", "¨": "ddot", "\u0308": "ddot", "ˇ": "check", "\u030c": "check",
    "˘": "breve", "\u0306": "breve", "´": "acute", "\u0301": "acute", "`": "grave", "\u0300": "grave",
    "⏞": "overbrace", "⏟": "underbrace",
}  # fmt: skip
_COMMAND = re.compile(r"\\(?:[A-Za-z]+|[^A-Za-z\s])")
_LETTER = re.compile(r"[A-Za-z]")
_WIDE_LETTER = re.compile(r"[^\x00-\u2e7f\U0001d400-\U0001d7ff]+")
"""Chinese and the like, which mathematics fonts do not have."""
_POWER = re.compile(r"[-−–+]?\d+")
_NUMBER = re.compile(r"(?:^|.*[^A-Za-z\d])\d+(?:\.\d+)?", re.DOTALL)


@cache
def _commands() -> dict[str, str]:
    """Character to command, with its backslash."""
    text = (Path(__file__).parent / "latex_commands.tsv").read_text(encoding="utf-8")
    return dict(line.split("\t") for line in text.splitlines() if line)


def written(formula: Node, *, display: bool = False) -> str:
    """A formula as it stands in the text of a page: plain when that says the same, else `$…$`, or `$$…$$` on its own line.

    Returns the empty string for a formula without a character.
    """
    text = None if display else _plain(formula)
    if text is not None:
        return " ".join(text.split())
    body = latex(formula)
    if not body:
        return ""
    return f"$${body}$$" if display else f"${body}$"


def latex(formula: Node) -> str:
    """A formula as LaTeX without its delimiters."""
    return " ".join(_write(formula).split())


_ARRANGEMENT = re.compile(r"\\(?:begin|end)\{[a-z]+\*?\}(?:\{[lcr|]*\})?|\\genfrac\{\}\{\}\{0pt\}\{\}")
"""What says only how the parts of a formula stand to one another."""


def characters(text: str) -> str:
    """A text with the commands of its formulas replaced by the characters that they stand for, to compare it with its source."""
    if "\\" not in text:
        return text
    names = _characters_of()
    text = _ARRANGEMENT.sub(" ", text)
    return _COMMAND.sub(lambda match: names.get(match.group(0), match.group(0)), text)


@cache
def _characters_of() -> dict[str, str]:
    found = {command: character for character, command in reversed(_commands().items())}
    return (
        found
        | {f"\\{name}": name for name in FUNCTIONS}
        | {r"\sqrt": "√", r"\%": "%", r"\$": "$", r"\{": "{", r"\}": "}", r"\&": "&", r"\#": "#"}
    )


def is_plain(node: Node) -> bool:
    """Whether a formula is written as running text is."""
    return _plain(node) is not None


def _plain(node: Node) -> str | None:
    """What is only symbols that running text has and powers of numbers as characters; None for everything else."""
    if isinstance(node, Symbol):
        if node.alphabet or not _NOT_OF_TEXT.isdisjoint(node.text):
            return None
        spaced = node.text in _RELATIONS
        return f" {node.text} " if spaced else node.text
    if isinstance(node, Words):
        return node.text
    if isinstance(node, Row):
        whole = ""
        for part in node.parts:
            if isinstance(part, Scripts) and not _NUMBER.fullmatch(whole + (_plain(part.base) or "")):
                return None  # 10 is a number here, A10 is not
            text = _plain(part)
            if text is None:
                return None
            whole += text
        return whole
    if isinstance(node, Scripts) and node.above is not None:
        if any((node.below, node.before_above, node.before_below)):
            return None
        base, power = _plain(node.base), _plain(node.above)
        if base and power and _NUMBER.fullmatch(base) and _POWER.fullmatch(power.strip()):
            return f"{base}^{power.strip()}"
    return None


def _joined(pieces: Iterable[str]) -> str:
    """Pieces side by side; a command that ends in a letter keeps its distance from a letter, a script's digit from a number."""
    text = ""
    for piece in pieces:
        if piece[:1].isdigit() and re.search(r"[_^]\d$", text):
            text = f"{text[:-1]}{{{text[-1]}}}"
        if piece and text and piece[0].isalpha() and re.search(r"\\[A-Za-z]+$", text):
            text += " "
        text += piece
    return text


def _write(node: Node | None) -> str:
    if node is None:
        return ""
    if isinstance(node, Symbol):
        return _symbol(node)
    if isinstance(node, Words):
        return f"\\text{{{_in_text(node.text)}}}" if node.text.strip() else " " if node.text else ""
    if isinstance(node, Row):
        return _joined(_write(part) for part in node.parts)
    if isinstance(node, Fraction):
        command = r"\frac" if node.bar else r"\genfrac{}{}{0pt}{}"
        return f"{command}{{{_write(node.over)}}}{{{_write(node.under)}}}"
    if isinstance(node, Scripts):
        return _scripts(node)
    if isinstance(node, Limits):
        return _limits(node)
    if isinstance(node, Root):
        degree = f"[{_write(node.degree)}]" if node.degree is not None and _write(node.degree) else ""
        return f"\\sqrt{degree}{{{_write(node.radicand)}}}"
    if isinstance(node, Fenced):
        inside = _joined(_interleaved([_write(part) for part in node.parts], _characters(node.separator)))
        return _joined((r"\left", _delimiter(node.opening), inside, r"\right", _delimiter(node.closing)))
    if isinstance(node, Matrix):
        rows = " \\\\ ".join(" & ".join(_write(cell) for cell in cells) for cells in node.rows)
        return f"\\begin{{matrix}} {rows} \\end{{matrix}}"
    return _accent(node)


def _interleaved(pieces: list[str], separator: str) -> list[str]:
    out: list[str] = []
    for piece in pieces:
        if out:
            out.append(separator)
        out.append(piece)
    return out


def _symbol(node: Symbol) -> str:
    text = node.text.strip()
    if text in FUNCTIONS:
        return f"\\{text}"
    pieces: list[str] = []
    end = 0
    for found in _WIDE_LETTER.finditer(text):
        pieces += [_characters(text[end : found.start()]), f"\\text{{{found.group(0)}}}"]
        end = found.end()
    pieces.append(_characters(text[end:]))
    written_ = _joined(pieces)
    many = len(text) > 1 and _LETTER.search(text) is not None
    if node.alphabet:
        return f"\\{node.alphabet}{{{written_}}}"
    return f"\\mathrm{{{written_}}}" if node.upright and many else written_


def _characters(text: str) -> str:
    commands = _commands()
    return _joined(_ESCAPED.get(c) or commands.get(c, c) for c in text)


def _in_text(text: str) -> str:
    return "".join(_ESCAPED_IN_TEXT.get(c, c) for c in text)


def _delimiter(character: str) -> str:
    if not character:
        return "."
    return {"{": r"\{", "}": r"\}", "‖": r"\|", "∥": r"\|"}.get(character) or _characters(character)


def _single(text: str) -> str:
    """An argument of `^` or `_`: in braces unless it is one character or one command."""
    return text if len(text) == 1 or re.fullmatch(r"\\(?:[A-Za-z]+|[^A-Za-z])", text) else f"{{{text}}}"


def _scripts(node: Scripts) -> str:
    base = _write(node.base).strip()
    if isinstance(node.base, (Scripts, Fraction, Limits)):
        base = f"{{{base}}}"
    below, above = _write(node.below), _write(node.above)
    text = ""
    before = (_write(node.before_below), _write(node.before_above))
    if any(before):
        text = "{}" + "".join(f"{sign}{_single(part)}" for sign, part in zip("_^", before, strict=True) if part)
    text = _joined((text, base or "{}"))
    primes = re.fullmatch(r"(?:'|\\prime)+", above.replace(" ", ""))
    if primes:
        text += "'" * len(re.findall(r"'|\\prime", above))
    if below:
        text += f"_{_single(below)}"
    if above and not primes:
        text += f"^{_single(above)}"
    return text


def _limits(node: Limits) -> str:
    base = _write(node.base).strip()
    under, over = _write(node.under), _write(node.over)
    if (isinstance(node.base, Symbol) and node.base.text.strip() in _BIG) or base.lstrip("\\") in FUNCTIONS:
        return base + (f"_{_single(under)}" if under else "") + (f"^{_single(over)}" if over else "")
    if under:
        brace = base.startswith(r"\underbrace")
        base = f"{base}_{_single(under)}" if brace else f"\\underset{{{under}}}{{{base}}}"
    if over:
        brace = base.startswith(r"\overbrace")
        base = f"{base}^{_single(over)}" if brace else f"\\overset{{{over}}}{{{base}}}"
    return base


def _accent(node: Accent) -> str:
    base = _write(node.base)
    command = _OVER.get(node.mark)
    if node.under:
        command = "underbrace" if node.mark == "⏟" else "underline" if command in ("overline", "bar") else None
        return f"\\{command}{{{base}}}" if command else f"\\underset{{{_characters(node.mark)}}}{{{base}}}"
    if command in ("bar", "hat", "tilde", "vec") and len(base.strip()) > 1 and not base.strip().startswith("\\"):
        command = {"bar": "overline", "hat": "widehat", "tilde": "widetilde", "vec": "overrightarrow"}[command]
    return f"\\{command}{{{base}}}" if command else f"\\overset{{{_characters(node.mark)}}}{{{base}}}"
