"""The default way to find identifiers: the learned finder first, the rules as a net beneath, the document's names above.

The model reads wording that no rule has seen; the rules hold what has a check digit, a label or a shape, and say which number
it is. What either takes for a name is then looked for everywhere in the text, in each of its forms. Where authors and
places of publication are to stay (the precise policy), the rules work alone.
"""

from __future__ import annotations

from collections.abc import Iterable

from nlp.phi.engine import PLACEHOLDER, find_with_patterns, names_again, without_overlaps
from nlp.phi.kinds import PhiSpan, Policy
from nlp.phi.tagger import shipped_tagger


def find_learned(text: str, lang: str, policy: Policy, known_names: Iterable[str] = ()) -> list[PhiSpan]:
    """All findings in order of position, without overlaps; the arguments are those of `find_with_patterns`."""
    known = list(known_names)
    found = find_with_patterns(text, lang, policy, known)
    if policy == "precise" or not text.strip():
        return found
    learned = shipped_tagger().find(text)
    if not learned:
        return found
    names = {text[span.start : span.end] for span in (*found, *learned) if span.type == "NAME"}
    names -= {name for name in names if PLACEHOLDER.search(name)}
    return without_overlaps(text, [*found, *learned, *names_again(text, {*names, *known}, policy)])
