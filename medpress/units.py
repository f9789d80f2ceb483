"""Units of values: which there are, how they are written, and who takes them for one.

As in UCUM (the Unified Code for Units of Measure) a unit is a base with a prefix that multiplies it: `unit_names/symbols.tsv` has the
bases, the prefixes and which of them medicine puts together; a file a language has their words, which are put together in the same way
(`milli` and `gram`, `毫` and `克`). Names in angle brackets stand for what has words only. Who takes fewer than all says so in the column
of uses, as `dose` (all of the row) or `dose=mg,g` (these), and never in a list of its own:

- `conserved`: a word of a page that makes another value of the number before it
- `guard`: what a value of two near-duplicates may be measured in
- `dose`, `per`, `weight`: what a patient is given, by what (mg/kg), and what alone is a weight or a volume of the patient's
- `power`, `squared`, `tenfold`: what a raised number makes a power of, without a sign too, and what stands behind a power of ten
- `answer`: what the number of an answer may be converted from and to

Words have the uses of their unit, but for `conserved`, `power`, `squared` and `tenfold`, which each says for itself.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

NAMES = Path(__file__).with_name("unit_names")
"""`symbols.tsv`, and the words of each language in a file named after it."""
_OF_SYMBOLS = frozenset({"conserved", "power", "squared", "tenfold"})
"""Uses that words have only where they say so."""


@dataclass(frozen=True, slots=True)
class Name:
    """One way to write one unit."""

    spelling: str
    """As it stands in a text; a space in it may be missing there."""
    unit: str
    """The symbol of the unit, with its prefix; for what has words only, its first word."""
    kind: str
    """What is measured in it: `mass`, `volume`, `piece`."""
    size: Fraction | None
    """In the base unit of its kind (g, L, mol, U, m, s, mmHg, 1); None where nothing is converted."""
    language: str
    """Of a word, `en` or `zh`; empty for a symbol."""
    uses: frozenset[str]
    """Who takes it for a unit."""


def names(use: str) -> tuple[Name, ...]:
    """All names that have a use, sorted by spelling."""
    return tuple(name for name in _names() if use in name.uses)


def pattern(spellings: Iterable[str]) -> str:
    """A regular expression for any of some spellings, the longest that stands there first; white space where one has a space.

    It is a tree of letters, so that a text is looked at once however many spellings there are.
    """
    tree: dict[str, list[str]] = defaultdict(list)
    for spelling in set(spellings):
        tree[spelling[:1]].append(spelling[1:])
    ends = "" in tree
    tree.pop("", None)
    tails: dict[str, list[str]] = defaultdict(list)
    for letter, rest in sorted(tree.items()):
        tails[pattern(rest)].append(letter)
    branches = []
    for tail, letters in tails.items():
        head = re.escape(letters[0]) if len(letters) == 1 else f"[{''.join(map(re.escape, letters))}]"
        branches.append(("\\s?" if letters == [" "] else head) + tail)
    if not branches:
        return ""
    whole = branches[0] if len(branches) == 1 and not ends else f"(?:{'|'.join(branches)})"
    return f"{whole}?" if ends else whole


@dataclass(frozen=True, slots=True)
class _Base:
    """A row of `symbols.tsv`."""

    symbol: str
    """Without a prefix."""
    kind: str
    """What is measured in it; `prefix` for a prefix."""
    size: Fraction | None
    """In the base unit of its kind; of a prefix, its factor."""
    prefixes: tuple[str, ...]
    """Those that it is used with."""
    others: tuple[str, ...]
    """Other symbols for the same."""
    uses: tuple[str, ...]
    """As they stand there."""

    def uses_of(self, unit: str) -> frozenset[str]:
        """Those of the base with one of its prefixes."""
        pairs = (use.partition("=") for use in self.uses)
        return frozenset(use for use, _, only in pairs if not only or unit in only.split(","))


@dataclass(frozen=True, slots=True)
class _Word:
    """A word for a unit, a base or a prefix."""

    spelling: str
    """As it stands in a text."""
    first: str
    """The first of its line."""
    language: str
    """`en` or `zh`."""
    uses: frozenset[str]
    """Beyond those of its unit."""


@cache
def _names() -> tuple[Name, ...]:
    words = _words()
    rows = {row.symbol: row for row in _rows()}
    found: dict[str, Name] = {}
    for row in rows.values():
        if row.kind == "prefix":  # is no unit by itself, but the character of one
            made = [(word, row.symbol, row.size) for word in words[row.symbol] if word.uses]
        else:
            made = [
                (
                    word,
                    prefix + row.symbol,
                    row.size and row.size * (rows[f"{prefix}-"].size or 0) if prefix else row.size,
                )
                for prefix in ("", *row.prefixes)
                for word in _written(row, rows.get(f"{prefix}-"), words)
            ]
        for word, unit, size in made:
            uses = row.uses_of(unit)
            uses = (uses - _OF_SYMBOLS if word.language else uses) | word.uses
            known = word.first if row.symbol[0] == "<" and row.kind != "prefix" else unit
            found.setdefault(word.spelling, Name(word.spelling, known, row.kind, size, word.language, uses))
    return tuple(found[spelling] for spelling in sorted(found))


def _written(row: _Base, prefix: _Base | None, words: dict[str, list[_Word]]) -> Iterator[_Word]:
    """All ways to write a base with a prefix, or without one."""
    symbols = [] if row.symbol[0] == "<" else [row.symbol, *row.others]
    if prefix is None:
        yield from (_Word(symbol, symbol, "", frozenset()) for symbol in symbols)
        yield from words[row.symbol]
        return
    before = prefix.symbol.removesuffix("-")
    yield from words[before + row.symbol]
    for symbol in symbols:
        if before[0] != "<":
            yield from (_Word(other + symbol, "", "", frozenset()) for other in (before, *prefix.others))
        else:  # a number as a word: million IU
            yield from (_Word(f"{it.spelling} {symbol}", "", it.language, frozenset()) for it in words[prefix.symbol])
    gap = " " if before[0] == "<" else ""
    for word in words[row.symbol]:
        for it in words[prefix.symbol]:
            if it.language == word.language:
                yield _Word(f"{it.spelling}{gap}{word.spelling}", "", word.language, frozenset())


def _rows() -> Iterator[_Base]:
    for symbol, kind, size, prefixes, others, uses in _cells(NAMES / "symbols.tsv"):
        yield _Base(
            symbol, kind, Fraction(size) if size else None, *(tuple(c.split()) for c in (prefixes, others, uses))
        )


def _words() -> dict[str, list[_Word]]:
    words: dict[str, list[_Word]] = defaultdict(list)
    for file in sorted(NAMES.glob("*.tsv")):
        if file.stem != "symbols":
            for unit, spellings, uses in _cells(file):
                first, *others = spellings.split(", ")
                words[unit] += [
                    _Word(spelling, first, file.stem, frozenset(uses.split())) for spelling in (first, *others)
                ]
    return words


def _cells(file: Path) -> Iterator[list[str]]:
    """The rows of a table whose first line says what stands in it; `-` is an empty cell."""
    for line in file.read_text(encoding="utf-8").splitlines()[1:]:
        yield ["" if cell == "-" else cell for cell in line.split("\t")]
