"""Find protected health information: compiled patterns that are tried only where a word or a digit calls for them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from itertools import chain

from medpress.writing_systems import is_east_asian
from nlp.phi.chinese import CHINESE_RULES
from nlp.phi.english import ENGLISH_RULES
from nlp.phi.gazetteer import COMMON_WORD_SURNAMES, GIVEN_NAMES, NOT_CHINESE_NAMES, NOT_NAMES
from nlp.phi.kinds import KINDS, PhiSpan, Policy
from nlp.phi.names_chinese import CHINESE_NAMES
from nlp.phi.names_english import ENGLISH_NAMES
from nlp.phi.numbers import find_addresses_of_the_net, find_numbers
from nlp.phi.rule import RuleIndex, lower_keeping_length

PLACEHOLDER = re.compile(r"\[(?P<type>" + "|".join(KINDS) + r")-(?P<number>[1-9]\d{0,8})\]")
"""What a redacted identifier looks like; such a stretch is never touched again."""

# Of two kinds that claim the same place the earlier one here is surer.
_SUREST_FIRST = (
    "ID_CARD", "SSN", "EMAIL", "URL", "PHOTO", "BANK_CARD", "FAX", "PHONE", "SOCIAL", "PASSPORT", "INSURANCE", "RECORD",
    "BIOMETRIC", "DEVICE", "VEHICLE", "LICENSE", "ACCOUNT", "IP", "OTHER_ID", "DATE", "AGE", "ADDRESS", "NAME",
)  # fmt: skip
_RANK = {kind: rank for rank, kind in enumerate(_SUREST_FIRST)}
_NAME_TOKEN = re.compile(r"[^\s,.]+")
_MOST_NAMES = 2000


def find_with_patterns(text: str, lang: str, policy: Policy, known_names: Iterable[str] = ()) -> list[PhiSpan]:
    """All findings in order of position, without overlaps.

    `known_names` are names found elsewhere in the same document. A name that was found once in context is found at
    its other places too. Both languages are always looked for: mixed records are normal, and `lang` is only a hint.
    """
    del lang
    if not text:
        return []
    lowered = lower_keeping_length(text)
    found = list(_rules(policy).find(text, lowered))
    found.extend(find_numbers(text, lowered, policy))
    found.extend(find_addresses_of_the_net(text, lowered, policy))
    names = {text[span.start : span.end] for span in found if span.type == "NAME"}
    names.update(known_names)
    if names:
        found.extend(names_again(text, names, policy))
    return without_overlaps(text, found)


_RULES = (*ENGLISH_NAMES, *ENGLISH_RULES, *CHINESE_NAMES, *CHINESE_RULES)


@cache
def _rules(policy: Policy) -> RuleIndex:
    return RuleIndex(_RULES, policy)


@cache
def _rules_of(policy: Policy, kinds: frozenset[str]) -> RuleIndex:
    return RuleIndex([rule for rule in _RULES if rule.kind in kinds], policy)


def may_hold(text: str, kinds: frozenset[str], policy: Policy) -> bool:
    """Whether `find_with_patterns` may find one of these kinds in a text: where it says no, none is found, and it says so for
    less than finding costs. A finding has the kind of one of those that overlap in it, so their rules alone decide."""
    lowered = lower_keeping_length(text)
    if any(True for _ in _rules_of(policy, kinds).find(text, lowered)):
        return True
    found = chain(find_numbers(text, lowered, policy), find_addresses_of_the_net(text, lowered, policy))
    return any(span.type in kinds for span in found)


def name_parts(names: Iterable[str], policy: Policy) -> list[str]:
    """The forms in which a person named once may be named again: the whole name, and its parts that are no words."""
    forms: set[str] = set()
    for name in names:
        if not name.isascii() and not any(c.isupper() for c in name):
            if len(name) >= 2 and name not in NOT_CHINESE_NAMES:
                forms.add(name)
            continue
        tokens = _NAME_TOKEN.findall(name)
        if len(tokens) > 1:
            forms.update((name, " ".join(tokens)))
            if len(tokens) == 2 and "," in name:
                forms.add(f"{tokens[1]} {tokens[0]}")
        if policy == "thorough":
            for token in tokens:
                word = token.lower()
                if len(token) > 2 and word not in NOT_NAMES and word not in COMMON_WORD_SURNAMES and token[0].isupper():
                    forms.add(token)
                    if token.isupper():
                        forms.add(token.capitalize())
                    elif len(tokens) > 1 or word in GIVEN_NAMES:
                        forms.add(token.upper())
    return sorted(forms)[:_MOST_NAMES]


def names_again(text: str, names: set[str], policy: Policy) -> list[PhiSpan]:
    """Where the names of a document stand in a text, in each of their forms."""
    from ahocorasick_rs import AhoCorasick, MatchKind

    # A part of a name that the text also writes in small letters is a word of the language.
    forms = [
        form for form in name_parts(names, policy) if " " in form or form.lower() == form or form.lower() not in text
    ]
    if not forms:
        return []
    spans = []
    matcher = AhoCorasick(forms, matchkind=MatchKind.LeftmostLongest)
    for _, start, end in matcher.find_matches_as_indexes(text):
        first, last = text[start], text[end - 1]
        if _is_latin_letter(first) and start and _is_latin_letter(text[start - 1]):
            continue
        if _is_latin_letter(last) and end < len(text) and (_is_latin_letter(text[end]) or text[end] == "-"):
            continue
        spans.append(PhiSpan(start, end, "NAME"))
    return spans


def _is_latin_letter(character: str) -> bool:
    return character.isalpha() and not is_east_asian(character)


def without_overlaps(text: str, spans: list[PhiSpan]) -> list[PhiSpan]:
    """Spans that overlap become one of the kind that is surest; placeholders and blank edges are cut off."""
    placeholders = [match.span() for match in PLACEHOLDER.finditer(text)] if "[" in text else []
    merged: list[PhiSpan] = []
    for span in sorted(_clip(text, spans, placeholders), key=lambda s: (s.start, -s.end, _RANK[s.type])):
        if merged and span.start < merged[-1].end:
            last = merged[-1]
            # Of two that cover each other the longer names the kind, unless the other is surer and about as long.
            longer = max((last, span), key=lambda s: s.end - s.start)
            surer = min((last, span), key=lambda s: _RANK[s.type])
            kind = surer.type if (surer.end - surer.start) * 2 > (longer.end - longer.start) else longer.type
            merged[-1] = PhiSpan(last.start, max(last.end, span.end), kind)
        else:
            merged.append(span)
    return merged


def _clip(text: str, spans: list[PhiSpan], placeholders: list[tuple[int, int]]) -> list[PhiSpan]:
    clipped: list[PhiSpan] = []
    for span in set(spans):
        pieces = [(span.start, span.end)]
        for start, end in placeholders:
            if start >= span.end:
                break
            if end > span.start:
                pieces = [
                    piece
                    for first, last in pieces
                    for piece in ((first, min(last, start)), (max(first, end), last))
                    if piece[0] < piece[1]
                ]
        whole = len(pieces) == 1 and pieces[0] == (span.start, span.end)
        for first, last in pieces:
            piece = text[first:last]
            stripped = piece.strip(" \t\n　,，")
            if stripped and (whole or any(c.isalnum() for c in stripped)):
                first += len(piece) - len(piece.lstrip(" \t\n　,，"))
                clipped.append(PhiSpan(first, first + len(stripped), span.type))
    return clipped
