"""The default way to find identifiers: the learned finder first, the rules as a net beneath, the document's names above.

The model reads wording that no rule has seen; the rules hold what has a check digit, a label or a shape, and say which number
it is. What either takes for a name is then looked for everywhere in the text, in each of its forms. Where authors and
places of publication are to stay (the precise policy), the rules work alone; so they do where nothing at all speaks of a
person, because the model is some twenty times slower.
"""

from __future__ import annotations

import string
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final

from nlp.phi.engine import PLACEHOLDER, find_with_patterns, names_again, without_overlaps
from nlp.phi.kinds import PhiSpan, Policy
from nlp.phi.tagger import shipped_tagger

RECORD_WORDS: Final[Path] = Path(__file__).parent / "words" / "record.txt"


def find_learned(text: str, lang: str, policy: Policy, known_names: Iterable[str] = ()) -> list[PhiSpan]:
    """All findings in order of position, without overlaps; the arguments are those of `find_with_patterns`."""
    known = set(known_names)
    found = find_with_patterns(text, lang, policy, known)
    if policy == "precise" or not (found or known or may_be_record(text)):
        return found
    learned = shipped_tagger().find(text)
    if not learned:
        return found
    names = {text[span.start : span.end] for span in (*found, *learned) if span.type == "NAME"}
    names = {name for name in names if not PLACEHOLDER.search(name)}
    return without_overlaps(text, [*found, *learned, *names_again(text, names | known, policy)])


def may_be_record(text: str) -> bool:
    """Whether a text holds a word that nearly every record of a person holds."""
    latin, chinese = _record_words()
    if not latin.isdisjoint(text.lower().translate(_BLANKS).split()):
        return True
    return not text.isascii() and any(word in text for word in chinese)


_BLANKS: Final = str.maketrans(dict.fromkeys(string.punctuation.replace("/", ""), " "))


@cache
def _record_words() -> tuple[frozenset[str], tuple[str, ...]]:
    words = RECORD_WORDS.read_text(encoding="utf-8").split()
    return frozenset(filter(str.isascii, words)), tuple(word for word in words if not word.isascii())
