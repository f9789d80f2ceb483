"""Running text out of inline markup: superscripts, formulas and white space, the same for every XML format."""

from __future__ import annotations

import re

from lxml import etree

from ingest.safe_xml import local_name

_RAISED = str.maketrans("23", "²³")
_CITATION = re.compile(r"\[?\d{1,3}(?:\s?[,–-]\s?\d{1,3})*\]?")
_SILENT = frozenset({"annotation", "annotation-xml", "tex-math", "label"})


def clean_line(text: str) -> str:
    """One line, with single spaces and none before closing punctuation or after opening brackets."""
    text = " ".join(text.split())
    text = re.sub(r"\s+(?=[,;:!?)\]](?:\s|$))|\s+(?=\.(?:\s|$))", "", text)
    return re.sub(r"([(\[])\s+", r"\1", text)


def append_superscript(text: str, raised: str, *, citation: bool = False) -> str:
    """`text` with a superscript at its end: a citation in brackets, a power with `^`, a unit's ² and ³; else as it is.

    So `10` + `6` is `10^6`, `kg/m` + `2` is `kg/m²`, `Ca` + `2+` is `Ca2+`, and `risk` + `3` is `risk[3]`: a number over
    a whole word is a citation, also when the markup does not say so.
    """
    if citation or (_CITATION.fullmatch(raised) and re.search(r"[a-z]{3}[.,;]?$", text)):
        return f"{text}[{raised.strip('[]()')}]" if raised else text
    if re.fullmatch(r"[-−–+]?\d+", raised) and re.search(r"[\d)]$", text):
        return f"{text}^{raised}"
    if raised in ("2", "3") and re.search(r"(?:^|[^A-Za-zμµ])[A-Za-zμµχ]{1,2}$", text):
        return text + raised.translate(_RAISED)
    return text + raised


def math_text(element: etree._Element) -> str:
    """MathML, or mixed markup around it, as one line of characters: fractions with `/`, powers with `^`."""
    return " ".join(_math(element).split())


def _math(element: etree._Element) -> str:
    name = local_name(element)
    if name in _SILENT:
        return ""
    inner = [_math(child) for child in element if local_name(child)]
    if name == "mfrac" and len(inner) == 2:
        over, under = (part if re.fullmatch(r"\w*", part) else f"({part})" for part in inner)
        return f"{over}/{under}"
    if name in ("msup", "msubsup") and len(inner) >= 2:
        low = "".join(f"_{part}" for part in inner[1:-1])
        return f"{inner[0]}{low}^{inner[-1] if len(inner[-1]) == 1 else f'({inner[-1]})'}"
    if name == "msub" and len(inner) == 2:
        return f"{inner[0]}_{inner[1]}"
    if name == "msqrt":
        return f"√({''.join(inner)})"
    if name == "mfenced":
        return f"{element.get('open', '(')}{', '.join(part for part in inner if part)}{element.get('close', ')')}"
    text = " ".join((element.text or "").split())
    parts = [f" {text} " if name == "mo" and text and text in "=<>≤≥±+−-×≈≠⟺⇔⇒→∈∝∼" else text]
    for child, inside in zip((c for c in element if local_name(c)), inner, strict=True):
        parts.append(inside)
        if name not in ("math", "mrow", "mstyle", "semantics"):
            parts.append(child.tail or "")
    return "".join(parts)
