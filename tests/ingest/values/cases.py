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


HARD: list[tuple[str, str]] = [
    ("leukocytes 12.5 × 10^{9}/L[[7]]", "leukocytes 12.5 × 10^9/L[7]"),
    ("BMI ≥30 kg/m^{2}[[12,13]]", "BMI ≥30 kg/m^2[12,13]"),
    ("IL-6[[4]] and TNF-α[[5]]", "IL-6[4] and TNF-α[5]"),
    ("pH 7.2[[5,6]] rose", "pH 7.2[5,6] rose"),
    ("group II[[10]] too", "group II[10] too"),
    ("in 45[[9]] controls", "in 45[9] controls"),
    ("81 mg.[[12]]", "81 mg.[12]"),
    ("CD4^{+} T cells", "CD4+ T cells"),
    ("CD8^{+}CD28^{−} cells", "CD8+CD28− cells"),
    ("6.02 × 10^{23} mol^{−1}", "6.02 × 10^23 mol^-1"),
    ("10^{−6} M", "10^-6 M"),
    ("0.1 µg·kg^{−1}·min^{−1}", "0.1 µg·kg^-1·min^-1"),
    ("χ^{2} = 5.4; P = 0.02", "χ^2 = 5.4; P = 0.02"),
    ("R^{2} = 0.87", "R^2 = 0.87"),
    ("η^{2} = 0.1", "η^2 = 0.1"),
    ("η_{p}^{2} = 0.1", "ηp^2 = 0.1"),
    ("vitamin D_{3} 800 IU", "vitamin D3 800 IU"),
    ("25(OH)D_{3}", "25(OH)D3"),
    ("^{99m}Tc", "^99mTc"),
    ("^{18}F-FDG uptake", "^18F-FDG uptake"),
    ("[^{18}F]FDG", "[^18F]FDG"),
    ("^{13}C breath test", "^13C breath test"),
    ("37.0 ± 0.5 °C", "37.0 ± 0.5 °C"),
    ("−20 °C", "−20 °C"),
    ("1^{st} dose", "1st dose"),
    ("the 2^{nd} week", "the 2nd week"),
    ("Humira^{®} 40 mg", "Humira® 40 mg"),
    ("Brand^{TM} 5 mg", "BrandTM 5 mg"),
    ("PO_{4}^{3−} 1.2", "PO4^3- 1.2"),
    ("SO_{4}^{2−}", "SO4^2-"),
    ("NH_{4}^{+}", "NH4+"),
    ("O_{2}^{−} radicals", "O2− radicals"),
    ("Ca^{2+}/Mg^{2+} ratio", "Ca^2+/Mg^2+ ratio"),
    ("AUC_{0–24} of 5", "AUC0–24 of 5"),
    ("t_{1/2} 3 h", "t1/2 3 h"),
    ("log_{10} copies", "log10 copies"),
    ("V_{max}", "Vmax"),
    ("K_{m}", "Km"),
    ("F_{1,38} = 4.1", "F1,38 = 4.1"),
    ("60 mL/min per 1.73 m^{2}", "60 mL/min per 1.73 m^2"),
    ("150 mm^{3}", "150 mm^3"),
    ("5 cm^{2}", "5 cm^2"),
    ("mg/m^{2}/week", "mg/m^2/week"),
    ("cm H_{2}O", "cm H2O"),
    ("L·min^{−1}·m^{−2}", "L·min^-1·m^-2"),
    ("W/m^{2}", "W/m^2"),
    ("N/mm^{2}", "N/mm^2"),
    ("dyn·s·cm^{−5}", "dyn·s·cm^-5"),
    ("g/cm^{3}", "g/cm^3"),
    ("10^{6} CFU/mL", "10^6 CFU/mL"),
    ("1 × 10^{5}–5 × 10^{5}", "1 × 10^5–5 × 10^5"),
    ("2^{−ΔΔCt}", "2^−ΔΔCt"),
    ("e^{−kt}", "e^−kt"),
    ("was lower[[3]]; P<0.05", "was lower[3]; P<0.05"),
    ("aspirin[[1–3]] or", "aspirin[1–3] or"),
    ("(40%)[[8]]", "(40%)[8]"),
    ("“safe”[[9]]", "“safe”[9]"),
    ("HbA_{1c}[[14]]", "HbA1c[14]"),
    ("5 mg/kg[[21]] daily", "5 mg/kg[21] daily"),
    ("per m[[6]] of", "per m[6] of"),
    ("kg[[15]]", "kg[15]"),
    ("in adults[[2]]", "in adults[2]"),
    ("type 2 diabetes[[2,4–6]]", "type 2 diabetes[2,4–6]"),
    ("COVID-19[[22]]", "COVID-19[22]"),
    ("SF-36[[17]]", "SF-36[17]"),
    ("in 2019[[30]]", "in 2019[30]"),
    ("n = 40[[31]]", "n = 40[31]"),
    ("10^{9}", "10^9"),
    ("≥10^{5} IU", "≥10^5 IU"),
    ("10^{3.5} TCID_{50}", "10^3.5 TCID50"),
    ("1.2 log_{10} IU/mL", "1.2 log10 IU/mL"),
    ("Δ^{9}-THC", "Δ^9-THC"),
    ("π^{2}", "π^2"),
    ("T_{2}-weighted", "T2-weighted"),
    ("Xa^{−}", "Xa−"),
    ("σ^{2}", "σ^2"),
    ("s^{2} = 4", "s^2 = 4"),
    ("m^{2}", "m^2"),
    ("45° to 90°", "45° to 90°"),
    ("≤ −2.5 SD", "≤ −2.5 SD"),
    ("1.5–2.5 µmol/L", "1.5–2.5 µmol/L"),
    ("5′-AMP", "5′-AMP"),
    ("½ tablet", "½ tablet"),
    ("→ 12 h", "→ 12 h"),
    ("0.5‰", "0.5‰"),
    ("∞", "∞"),
]
"""Pieces of sentences that are easily read as something else, in the notation, and how they read where raised numbers cite."""


THIRD: list[tuple[str, str]] = [
    ("C_{max} 1.2 × 10^{3} ng/mL", "Cmax 1.2 × 10^3 ng/mL"),
    ("AUC_{0–12} 45 µg·h/mL", "AUC0–12 45 µg·h/mL"),
    ("CL/F 3.2 L·h^{−1}", "CL/F 3.2 L·h^-1"),
    ("V_{d} 0.6 L·kg^{−1}", "Vd 0.6 L·kg^-1"),
    ("IC_{50} 3.4 × 10^{−9} M", "IC50 3.4 × 10^-9 M"),
    ("EC_{90} ≤0.8 µM", "EC90 ≤0.8 µM"),
    ("LD_{50} of 2.5 g/kg[[44]]", "LD50 of 2.5 g/kg[44]"),
    ("PaO_{2}/FiO_{2} ≤200 mmHg", "PaO2/FiO2 ≤200 mmHg"),
    ("SpO_{2} 88–92%[[3]]", "SpO2 88–92%[3]"),
    ("HCO_{3}^{−} 18 mmol/L", "HCO3− 18 mmol/L"),
    ("PaCO_{2} >6.5 kPa", "PaCO2 >6.5 kPa"),
    ("K^{+} 6.1 mmol/L", "K+ 6.1 mmol/L"),
    ("Cl^{−} channel", "Cl− channel"),
    ("Fe^{3+} to Fe^{2+}", "Fe^3+ to Fe^2+"),
    ("Zn^{2+} 10 µM", "Zn^2+ 10 µM"),
    ("H_{2}PO_{4}^{−}", "H2PO4−"),
    ("^{131}I 3.7 GBq", "^131I 3.7 GBq"),
    ("^{68}Ga-PSMA PET[[11]]", "^68Ga-PSMA PET[11]"),
    ("^{177}Lu-DOTATATE", "^177Lu-DOTATATE"),
    ("^{14}C-urea 37 kBq", "^14C-urea 37 kBq"),
    ("60 Gy in 30 fractions (α/β = 10)", "60 Gy in 30 fractions (α/β = 10)"),
    ("BED_{10} 72 Gy", "BED10 72 Gy"),
    ("0.5 mSv·h^{−1}", "0.5 mSv·h^-1"),
    ("b = 1000 s/mm^{2}", "b = 1000 s/mm^2"),
    ("ADC 0.9 × 10^{−3} mm^{2}/s", "ADC 0.9 × 10^-3 mm^2/s"),
    ("T_{1} 1.2 s, T_{2}^{*} 30 ms", "T1 1.2 s, T2* 30 ms"),
    ("FEV_{1}/FVC <0.70[[1]]", "FEV1/FVC <0.70[1]"),
    ("DL_{CO} 45%", "DLCO 45%"),
    ("VO_{2}max 28 mL·kg^{−1}·min^{−1}", "VO2max 28 mL·kg^-1·min^-1"),
    ("E/A ratio >1.5", "E/A ratio >1.5"),
    ("LVEDVi 97 mL/m^{2}", "LVEDVi 97 mL/m^2"),
    ("AVA <1.0 cm^{2}[[7,8]]", "AVA <1.0 cm^2[7,8]"),
    ("PVR 3 WU·m^{2}", "PVR 3 WU·m^2"),
    ("CHA_{2}DS_{2}-VASc ≥2", "CHA2DS2-VASc ≥2"),
    ("P2Y_{12} inhibitor", "P2Y12 inhibitor"),
    ("β_{2}-agonist[[20]]", "β2-agonist[20]"),
    ("α_{1}-antitrypsin <11 µM", "α1-antitrypsin <11 µM"),
    ("5-HT_{3} antagonist", "5-HT3 antagonist"),
    ("GABA_{A} receptor", "GABAA receptor"),
    ("vitamin B_{12} 150 pmol/L", "vitamin B12 150 pmol/L"),
    ("1,25(OH)_{2}D_{3}", "1,25(OH)2D3"),
    ("PGE_{2} and TXA_{2}", "PGE2 and TXA2"),
    ("A1C 53 mmol/mol (7.0%)", "A1C 53 mmol/mol (7.0%)"),
    ("eGFR 15–29 mL/min/1.73 m^{2}", "eGFR 15–29 mL/min/1.73 m^2"),
    ("Kt/V ≥1.2[[33]]", "Kt/V ≥1.2[33]"),
    ("3 × 10^{6} cells·kg^{−1}", "3 × 10^6 cells·kg^-1"),
    ("CD34^{+} ≥2 × 10^{6}/kg", "CD34+ ≥2 × 10^6/kg"),
    ("CD3^{−}CD56^{+} NK cells", "CD3−CD56+ NK cells"),
    ("HLA-B27^{+}", "HLA-B27+"),
    ("HER2^{−}/HR^{+} disease", "HER2−/HR+ disease"),
    ("BRAF^{V600E} mutation", "BRAF^V600E mutation"),
    ("KRAS^{G12C}", "KRAS^G12C"),
    ("Apoe^{−/−} mice", "Apoe−/− mice"),
    ("p53^{+/−}", "p53+/−"),
    ("platelets <50 × 10^{9}/L", "platelets <50 × 10^9/L"),
    ("ANC 0.5–1.0 × 10^{9}/L[[6]]", "ANC 0.5–1.0 × 10^9/L[6]"),
    ("4.5 × 10^{12}/L", "4.5 × 10^12/L"),
    ("10^{2}–10^{4} copies/mL", "10^2–10^4 copies/mL"),
    ("viral load <50 copies/mL[[19–21]]", "viral load <50 copies/mL[19–21]"),
    ("≥4 log_{10} reduction", "≥4 log10 reduction"),
    ("I^{2} = 62%", "I^2 = 62%"),
    ("H^{2} = 2.6", "H^2 = 2.6"),
    ("Q = 12.3 (df = 5)[[9]]", "Q = 12.3 (df = 5)[9]"),
    ("r^{2} >0.8", "r^2 >0.8"),
    ("P = 5 × 10^{−8}", "P = 5 × 10^-8"),
    ("z = −1.96", "z = −1.96"),
    ("HR 0.61 (0.45–0.83)[[2]]", "HR 0.61 (0.45–0.83)[2]"),
    ("Δ −0.7 (−1.1 to −0.3)", "Δ −0.7 (−1.1 to −0.3)"),
    ("t_{28} = 2.05", "t28 = 2.05"),
    ("W m^{−2} K^{−1}", "W m^-2 K^-1"),
    ("mg·dL^{−1}", "mg·dL^-1"),
    ("9.8 m/s^{2}", "9.8 m/s^2"),
    ("cells/mm^{3}[[25]]", "cells/mm^3[25]"),
    ("10 µg/m^{3} PM_{2.5}", "10 µg/m^3 PM2.5"),
    ("CO_{2} 400 ppm", "CO2 400 ppm"),
    ("N_{2}O 50%", "N2O 50%"),
    ("q.d. × 7 d[[40]]", "q.d. × 7 d[40]"),
    ("¼ tablet b.i.d.", "¼ tablet b.i.d."),
    ("0.9% NaCl 500 mL", "0.9% NaCl 500 mL"),
    ("0.5 g a dose[[18]]", "0.5 g a dose[18]"),
    ("transfused <20 × 10^{9}/L", "transfused <20 × 10^9/L"),
    ("BSA 1.73 m^{2}", "BSA 1.73 m^2"),
    ("≤37.3 °C", "≤37.3 °C"),
    ("the 3^{rd} and 4^{th} day", "the 3rd and 4th day"),
    ("ref. 12[[12]]; n = 7", "ref. 12[12]; n = 7"),
]
"""A third set, written before any of it was read: other quantities, and other neighbours of marks."""


def values() -> list[Value]:
    """All values, always the same, in an order that mixes the kinds."""
    by_kind = [list(dict.fromkeys(group)) for group in _groups()]
    mixed = [entry for row in range(max(map(len, by_kind))) for group in by_kind for entry in group[row : row + 1]]
    return [Value(f"K{number:03d}", *entry) for number, entry in enumerate(mixed, 1)]


def hard_values() -> list[Value]:
    """The values of `HARD` with keys of their own."""
    return [Value(f"K{number:03d}", "hard", *entry) for number, entry in enumerate(HARD, 1)]


def third_values() -> list[Value]:
    """The values of `THIRD` with keys of their own."""
    return [Value(f"K{number:03d}", "third", *entry) for number, entry in enumerate(THIRD, 1)]


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
