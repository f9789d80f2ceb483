"""Some hundred clinical values as they are typeset, each with the one form in which they must read back.

A value is written in a small notation that every producer sets in its own way: `^{…}` is raised, `_{…}` lowered, `[[…]]`
a raised citation. What has to be read is written out by hand beside it, never derived by the code under test.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import cycle

ITEM = re.compile(r"K(\d{3})\b")
"""The key that each value's sentence begins with."""

_PIECE = re.compile(r"\^\{(?P<raised>[^}]*)\}|_\{(?P<lowered>[^}]*)\}|\[\[(?P<citation>[^\]]*)\]\]")


@dataclass(frozen=True, slots=True)
class Value:
    """A value and how it has to read."""

    key: str
    """K001, K002, …"""
    kind: str
    """dose, comparison, power, unit power, ion, index, citation, sign, range or p-value."""
    source: str
    """In the notation of this module."""
    text: str
    """The written form."""

    @property
    def pieces(self) -> list[tuple[str, str]]:
        """(how it is set: plain, raised, lowered or citation; its text) in order."""
        found: list[tuple[str, str]] = []
        end = 0
        for match in _PIECE.finditer(self.source):
            if match.start() > end:
                found.append(("plain", self.source[end : match.start()]))
            kind = match.lastgroup or ""
            found.append((kind, match.group(kind)))
            end = match.end()
        if end < len(self.source):
            found.append(("plain", self.source[end:]))
        return found


def values() -> list[Value]:
    """All values, always the same, in an order that mixes the kinds."""
    by_kind = [list(dict.fromkeys(group)) for group in _groups()]
    mixed = [entry for row in range(max(map(len, by_kind))) for group in by_kind for entry in group[row : row + 1]]
    return [Value(f"K{number:03d}", *entry) for number, entry in enumerate(mixed, 1)]


def _groups() -> list[list[tuple[str, str, str]]]:
    number = cycle(["0.5", "1.25", "7.5", "12", "0.05", "140", "2.4", "81", "3.75", "250", "0.125", "36.6", "5", "900"])
    digit = cycle("24356798")
    many = range(60)
    doses = [
        ("dose", plain, plain)
        for index in many
        for unit in [
            ["mg", "µg", "g", "IU", "mL", "µL", "mg/kg", "µg/kg/min", "mmol/L", "µmol/L", "ng/mL", "%"][index % 12]
        ]
        for plain in [f"{next(number)} {unit}"]
    ]
    comparisons = [
        ("comparison", plain, plain)
        for index in many
        for sign, unit in [
            (
                ["≥", "≤", "<", ">", "±", "≈", "≥", "≤"][index % 8],
                ["mmHg", "mmol/L", "mg/dL", "µg", "years", "°C", "kg"][index % 7],
            )
        ]
        for plain in [f"{sign} {next(number)} {unit}"]
    ]
    powers = [
        ("power", f"{base}10^{{{sign}{power}}}{unit}", f"{base}10^{sign.replace('−', '-')}{power}{unit}")
        for index in many
        for base in [["", f"{next(number)} × ", f"{next(number)}×", ""][index % 4]]
        for sign in [["", "", "−"][index % 3]]
        for power in [next(digit) if index % 5 else "12"]
        for unit in [["/L", " cells/µL", " mol/L", " copies/mL", " CFU/g"][index % 5]]
    ]
    unit_powers = [
        ("unit power", f"{amount} {before}^{{{power}}}{after}", f"{amount} {before}^{power.replace('−', '-')}{after}")
        for index in many
        for amount in [next(number)]
        for before, power, after in [
            [
                ("kg/m", "2", ""),
                ("mL/min/1.73 m", "2", ""),
                ("cm", "3", ""),
                ("mm", "2", ""),
                ("L min", "−1", ""),
                ("mg kg", "−1", " daily"),
                ("mg/m", "2", "/day"),
                ("mm", "3", ""),
                ("cells/mm", "3", ""),
                ("m s", "−2", ""),
            ][index % 10]
        ]
    ]
    ions = [
        ("ion", f"{name} {next(number)} mmol/L", f"{text} {amount} mmol/L")
        for name, text in [
            ("Na^{+}", "Na+"),
            ("K^{+}", "K+"),
            ("Ca^{2+}", "Ca^2+"),
            ("Mg^{2+}", "Mg^2+"),
            ("Cl^{−}", "Cl-"),
            ("Fe^{3+}", "Fe^3+"),
            ("Zn^{2+}", "Zn^2+"),
            ("HCO_{3}^{−}", "HCO3-"),
            ("H^{+}", "H+"),
            ("CD4^{+}", "CD4+"),
        ]
        for _ in range(3)
        for amount in ["?"]
    ]
    ions = [(kind, source, text.replace("?", source.rsplit(" ", 2)[1])) for kind, source, text in ions]
    indices = [
        ("index", f"{name} of {amount}", f"{text} of {amount}")
        for name, text in [
            ("CO_{2}", "CO2"),
            ("H_{2}O", "H2O"),
            ("PaO_{2}", "PaO2"),
            ("SpO_{2}", "SpO2"),
            ("HbA_{1c}", "HbA1c"),
            ("FEV_{1}", "FEV1"),
            ("C_{max}", "Cmax"),
            ("vitamin B_{12}", "vitamin B12"),
            ("log_{10}", "log10"),
            ("IC_{50}", "IC50"),
        ]
        for amount in [next(number), next(number), next(number)]
    ]
    citations = [
        ("citation", f"{before}[[{cited}]]{after}", f"{before}[{cited}]{after}")
        for index in many
        for cited in [["3", "12", "5,6", "3–5", "27", "14,18", "101", "9"][index % 8]]
        for amount in [next(number)]
        for before, after in [
            [
                (f"{amount} mg.", ""),
                (f"{amount}% of patients", ""),
                (f"mortality of {amount}%", ""),
                (f"a dose of {amount} mg,", " then less"),
                ("lower risk", f" at {amount} mg"),
                ("renal failure;", f" {amount} mg"),
                ("the earlier trial", f" gave {amount} mg"),
            ][index % 7]
        ]
    ]
    signs = [
        ("sign", source, source.replace("^{2}", "^2"))
        for index in many
        for amount in [next(number)]
        for source in [
            [
                f"{amount} °C",
                f"α = {amount}",
                f"β-blocker {amount} mg",
                f"−{amount} points",
                f"{amount} ± 0.3 g",
                f"χ^{{2}} = {amount}",
                f"Δ of {amount} mmHg",
                f"{amount} × 3 cm",
                f"γ-GT {amount} U/L",
                f"I^{{2}} = {amount}%",
                f"κ = {amount}",
                f"r^{{2}} = {amount}",
                f"WMD = −{amount}",
                f"σ = {amount}",
                f"{amount} Ω",
            ][index % 15]
        ]
    ]
    ranges = [
        ("range", plain, plain)
        for index in range(30)
        for low, high in [(next(number), next(number))]
        for plain in [
            [
                f"95% CI −{low} to {high}",
                f"{low}–{high} mg",
                f"{low} to {high} µg/L",
                f"[{low}, {high}]",
                f"1:{high}",
                f"{low}/{high} mmHg",
            ][index % 6]
        ]
    ]
    p_values = [
        ("p-value", plain, plain)
        for sign in ("<", "=", ">", "≤", "≥")
        for plain in (f"P {sign} 0.001", f"P {sign} 0.05", f"p{sign}0.0{next(digit)}", f"P {sign} .0{next(digit)}")
    ]
    return [doses, comparisons, powers, unit_powers, ions, indices, citations, signs, ranges, p_values]


def sentence(value: Value) -> list[tuple[str, str]]:
    """The pieces of the sentence that a producer sets for a value: its key first, and a word after it as a fence."""
    first, *others = value.pieces
    lead = f"{value.key} gives "
    opened = [("plain", lead + first[1])] if first[0] == "plain" else [("plain", lead), first]
    return [*opened, *others, ("plain", " as stated")]


_SAME = str.maketrans(
    {
        "μ": "µ",
        "−": "-",
        "–": "-",
        "‐": "-",
        "‑": "-",
        "∆": "Δ",
        "\u2126": "\u03a9",
        "º": "°",
        "˚": "°",
        "⩾": "≥",
        "⩽": "≤",
        "∼": "~",
    }
)


def judged(text: str, wanted: list[Value]) -> dict[str, str]:
    """Each value's outcome in a text: right, marked (U+FFFD stands where something could not be read), changed or lost.

    White space does not count, nor which of several equal characters (µ, −) stands for a sign. Two values are never
    mixed up: each is looked for behind its own key.
    """
    plain = re.sub(r"\s", "", text.translate(_SAME))
    outcomes = {}
    starts = {match.group(0): match.end() for match in re.finditer(r"K\d{3}(?=gives)", plain)}
    for value in wanted:
        if value.key not in starts:
            outcomes[value.key] = "lost"
            continue
        start = starts[value.key] + len("gives")
        end = plain.find("asstated", start)
        got = plain[start : end if 0 <= end < start + 80 else start + 80]
        if got == re.sub(r"\s", "", value.text.translate(_SAME)):
            outcomes[value.key] = "right"
        else:
            outcomes[value.key] = "marked" if "\ufffd" in got else "changed"
    return outcomes
