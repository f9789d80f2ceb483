"""Whether reasoning and answer agree, and whether the reasoning rests on what was given."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from itertools import product
from pathlib import Path

from medpress.sentence_index import folded
from training.evaluation.answers import options_in
from training.rewards.quantities import Quantity, numbers, quantities

NEGATIONS = Path(__file__).with_name("negation.txt")
"""Words that turn a conclusion round, a language a line."""
STRETCH = 12
"""Bytes of letters and digits, as many letters or four Chinese characters, that reasoning and question have in common at
least where the question holds no numbers."""
FACTORS = frozenset(map(Fraction, (1, 7, 10, 24, 60, 100, 1000, 10**6, 10**9)))
"""Numbers that need not be given: those by which units go over into each other."""

_SENTENCE = re.compile(r"(?<=[。!！?？\n])|(?<=\.)(?!\d)")
_CLAUSE = re.compile(r"[,，;；:：、]")


def concluded_option(think: str, options: Mapping[str, str], lang: str) -> str | None:
    """The letter of the one option that the last sentence of some reasoning names, or None when it names none, several,
    or denies it."""
    sentences = [part for part in _SENTENCE.split(think) if part and part.strip()]
    if not sentences:
        return None
    named = options_in(sentences[-1], options)
    if len(named) != 1:
        return None
    letter = named[0]
    for clause in _CLAUSE.split(sentences[-1]):
        if letter in options_in(clause, options) and _denies(clause, options[letter], lang):
            return None
    return letter


def concluded_quantity(think: str) -> Quantity | None:
    """The last quantity in some reasoning."""
    return next((found for _, found in reversed(quantities(think))), None)


def rests_on(think: str, question: str, options: Mapping[str, str]) -> bool:
    """Whether reasoning uses what the question gives and makes nothing up.

    Each number in it is given, one of `FACTORS`, or the sum, difference, product or quotient of two that are known by then;
    and a number of the question stands in it, other than that of the quantity that it ends with. Where the question holds no number, a stretch
    of `STRETCH` of its letters does that is not an option's own.
    """
    given = set(numbers(question))
    known = given | FACTORS
    used = False
    concluded = next((text for text, _ in reversed(quantities(think))), "")
    own = set(numbers(concluded))
    for number in numbers(think):
        if number not in known and not any(number in _results(a, b) for a, b in product(known, repeat=2)):
            return False
        known = known | {number}
        used |= number in given and number not in own
    return used if given else _shares(think, question, options)


def _results(a: Fraction, b: Fraction) -> set[Fraction]:
    return {a + b, abs(a - b), a * b, *((a / b,) if b else ())}


def _shares(think: str, question: str, options: Mapping[str, str]) -> bool:
    within, text = folded(question), folded(think)
    own = [folded(option) for option in options.values()]
    stretches = (text[at : at + STRETCH] for at in range(len(text) - STRETCH + 1))
    return any(part in within and not any(part in option for option in own) for part in stretches)


@cache
def _negations() -> dict[str, tuple[str, ...]]:
    lines = [line for line in NEGATIONS.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return {lang: tuple(words.split()) for lang, words in (line.split("\t") for line in lines)}


def _denies(clause: str, option: str, lang: str) -> bool:
    rest = re.sub(re.escape(option), " ", clause, flags=re.IGNORECASE).lower().replace("’", "'")
    words = _negations()[lang]
    return any(word in rest for word in words) if lang == "zh" else bool(set(re.findall(r"[a-z']+", rest)) & set(words))
