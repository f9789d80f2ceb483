"""Which policy a document's own text asks for: a publication is one wherever it is filed.

A folder may be called anything, so the source type `other` says nothing. A publication says what it is: it carries an
identifier of published works (DOI, ISBN, ISSN, PMID), or a list of references, or it runs on for longer than a record does.
A record of a person says so too, by labels that stand before a patient's name and numbers: what holds one of those is read
thoroughly, whatever else it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice

from nlp.phi.engine import find_with_patterns

_IDENTIFIER = re.compile(
    r"\b10\.\d{4,9}/[^\s\"<>]{2,80}|\bISBN(?:-1[03])?[:：]?\s?(?:97[89][- ]?)?\d[\d -]{7,14}[\dXx]|\bISSN[:：]?\s?\d{4}-\d{3}[\dXx]\b|\bPMID[:：]?\s?\d{5,8}\b"
    r"|\barXiv:\d{4}\.\d{4,5}|中图分类号|文献标识码|文章编号[:：]"
)
_REFERENCE = re.compile(
    r"^\s*(?:\[\d{1,3}\]|\(?\d{1,3}[.)]|[-*•]?)\s*[^\n]{12,300}?\b(?:1[89]|20)\d\d\b[^\n]{0,40}?[;:,(]\s?[A-Za-z]?\d{1,5}(?:\s?[-–—]\s?[A-Za-z]?\d{1,5}|\)|;|:)"
    r"|\bet al\b\.?|\[[JMDCSP](?:/OL)?\]\.",
    re.MULTILINE,
)
_FEWEST_REFERENCES = 5
"""References, or citations by `et al.`, that only a publication has; a letter that quotes an article or two has fewer."""
_LONG = 2000
"""Words and Chinese characters that no record has without one label; chosen on chapters of textbooks, which have more."""
_WORD = re.compile(r"[^\W\d_⺀-鿿]+|[⺀-鿿]")
_OF_A_RECORD = frozenset(["NAME", "RECORD", "ID_CARD", "SSN", "INSURANCE", "PASSPORT", "ADDRESS"])
"""Kinds of findings that the precise policy makes only where a label says whose they are."""


def is_publication(texts: Iterable[str]) -> bool:
    """Whether texts of one document are those of a publication and of no record of a person."""
    whole = "\n".join(texts)
    published = (
        _IDENTIFIER.search(whole) is not None
        or _has(whole, _REFERENCE, _FEWEST_REFERENCES)
        or _has(whole, _WORD, _LONG)
    )
    return published and not any(span.type in _OF_A_RECORD for span in find_with_patterns(whole, "", "precise"))


def _has(text: str, pattern: re.Pattern[str], count: int) -> bool:
    return sum(1 for _ in islice(pattern.finditer(text), count)) == count
