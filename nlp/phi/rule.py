"""One rule of the pattern engine, and the index that finds the rules worth trying at a place.

Most text holds no identifiers, so the cost is that of finding nothing. Every rule therefore names the literal words
that start it; one Aho-Corasick pass finds all of them, and only there a pattern is tried. It is compiled when it is tried
first: most never are, and compiling all takes a second of every process.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from nlp.phi.kinds import PhiSpan, Policy

_WORDS_BEFORE = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """What kind of identifier follows (or precedes) which words."""

    kind: str
    """Kind of what is found; one of `kinds.KINDS`."""
    triggers: tuple[str, ...]
    """Lower-case literals that start the rule; one that begins with a Latin letter must begin a word."""
    pattern: str
    """A regular expression, matched where the trigger starts, or where it ends if `behind`; its group `v` is the identifier."""
    precise: bool = False
    """Whether the precise policy uses the rule as well."""
    keep: Callable[[str], int] | None = None
    """How many leading characters of the group really belong to the identifier; 0 refuses it. None keeps all."""
    behind: str | None = None
    """If given, the identifier is the group `v` of this pattern, which must end where the trigger starts."""


_compiled = cache(re.compile)


class RuleIndex:
    """The rules of one policy behind one automaton over their triggers."""

    def __init__(self, rules: Sequence[Rule], policy: Policy) -> None:
        from ahocorasick_rs import AhoCorasick, Implementation

        by_trigger: dict[str, list[Rule]] = {}
        for rule in rules:
            if rule.precise or policy == "thorough":
                for trigger in rule.triggers:
                    by_trigger.setdefault(trigger, []).append(rule)
        self._rules = list(by_trigger.values())
        self._word_start = [trigger[0].isascii() and trigger[0].isalnum() for trigger in by_trigger]
        self._automaton: Any = AhoCorasick(list(by_trigger), implementation=Implementation.ContiguousNFA)

    def find(self, text: str, lowered: str) -> Iterator[PhiSpan]:
        """All findings of the rules; `lowered` is the text in lower case, of the same length."""
        rules, word_start = self._rules, self._word_start
        for index, start, end in self._automaton.find_matches_as_indexes(lowered, overlapping=True):
            if word_start[index] and start:
                before = lowered[start - 1]
                if before.isascii() and before.isalnum():
                    continue
            for rule in rules[index]:
                if rule.behind is None:
                    match = _compiled(rule.pattern).match(text, start)
                else:
                    if _compiled(rule.pattern).match(text, end) is None:
                        continue
                    match = _compiled(rule.behind).search(text, max(0, start - _WORDS_BEFORE), start)
                if match is None:
                    continue
                first, last = match.span("v")
                if rule.keep is not None:
                    last = first + rule.keep(match.group("v"))
                if last > first:
                    yield PhiSpan(first, last, rule.kind)


def lower_keeping_length(text: str) -> str:
    """Lower case with every character at its old place (only U+0130 changes its length in Python)."""
    return (text if "İ" not in text else text.replace("İ", "i")).lower()
