"""Sentences that say something by themselves, without the sentence before them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from corpus.augment.checks import balanced
from corpus.augment.parent import Parent

_LEANS = re.compile(
    r"(?:it|its|they|their|them|this|these|those|that|such|he|she|his|her|here|there|both|another|others?|however|thus|"
    r"therefore|hence|also|but|and|or|so|then|moreover|furthermore|similarly|consequently|instead|likewise|finally|"
    r"nevertheless|nonetheless|conversely|otherwise|meanwhile|as a result|in addition|in contrast|for example|"
    r"for instance|for this reason|in this|in these|in other words|on the other hand|at this|of these|all of these|"
    r"we|you|your|our|i|let|recall|remember|note|notice|once again|again|first|second|third|next|each of these|answer|"
    r"explain|describe|discuss|name|list|compare|contrast|define|identify|visit|watch|click|read|summari[sz]e|give|why|how|"
    r"the (?:former|latter|following|above|previous|preceding|next|other|same|second|third|first|result|process|latter))\b"
    r"|其(?!中)|此|这|那|该|它|他|她|彼|又|亦|而|但|故|则|然|若此|如此|以上|上述|所以|因此|因而|于是|并且|而且|同时|另外|此外|例如|即|盖|且|况",
    re.IGNORECASE,
)
POINTS = re.compile(
    r"\b(?:figures?|fig\.|tables?|boxes|chapters?|sections?|modules?|exercises?|links?|watch|click|visit|video|above|"
    r"below|following|credit|previous(?:ly)?|earlier|as mentioned|as noted|you|your|we|us|our|let’s|let's|this)\b"
    r"|\([a-h]\)|\(see\b|see \)|如[上下]图|见[图表]|下[图表列文]|上[图表述文]|前述|后述|前文|后文|我们|你|[图表]\s?\d|同上|同前|照前|详见|前方|后方|此方",
    re.IGNORECASE,
)
"""What points at a picture, at another place of the book, or at the reader."""
ENDS = re.compile(r"[.!。！；]['\"”’）)]*\Z")
"""How a whole sentence ends."""
MARKS = re.compile(r"[_□■●◆*#|\\{}<>=\[\]【】\ufffd]|\.{3}|…|https?:|\?|？|KT|[〔〕［］]")
"""What damage, apparatus or a question leaves in a sentence."""


_LIST_MARK = re.compile(r"[-*•◦●·][ \t]+|\(?\d{1,3}[.)、）][ \t]*")


def statements(parent: Parent) -> Iterator[tuple[int, int]]:
    """Offsets of the sentences that can be quoted alone: of a fitting length, whole, pointing at nothing else."""
    low, high = (10, 90) if parent.lang == "zh" else (30, 320)
    for start, end in parent.sentences:
        mark = _LIST_MARK.match(parent.text, start, end)
        start = mark.end() if mark else start
        sentence = parent.text[start:end]
        if low <= len(sentence) <= high and stands_alone(sentence):
            yield start, end


def stands_alone(sentence: str) -> bool:
    """Whether a sentence is whole and leans on no other."""
    return bool(
        ENDS.search(sentence)
        and "\n" not in sentence
        and not _LEANS.match(sentence)
        and not POINTS.search(sentence)
        and not MARKS.search(sentence)
        and not sentence[0].islower()
        and not _is_title(sentence)
        and balanced(sentence)
    )


def _is_title(sentence: str) -> bool:
    """Whether most of the longer words are capitalised: a caption, not a sentence."""
    words = re.findall(r"[A-Za-z]{4,}", sentence)
    return len(words) > 1 and sum(word[0].isupper() for word in words) > 0.6 * len(words)
