"""Which policy a document's own text asks for: a publication is one wherever it is filed.

A folder may be called anything, so the source type `other` says nothing. A publication says what it is: it carries an
identifier of published works (DOI, ISBN, ISSN, PMID), or a list of references, or it runs on for longer than a record does
and tells of nobody. What goes on about one person, sentence after sentence (he, she, 她, 患者诉, 今晨), is a narrative however long.
A record of a person says so too, by labels that stand before a patient's name and numbers: what holds one of those is read
thoroughly, whatever else it holds.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from itertools import islice

from medpress.writing_systems import HAN, KANA
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
_OF_ONE_PERSON = re.compile(
    r"\b(?:[Hh]e|[Ss]he|[Hh]is|[Hh]er|[Hh]im|[Hh]ers)\b"
    r"|[他她](?!们|人)|我(?![们国院科市省县区])|患[者儿](?:诉|自诉|述|自述|称|否认|今|昨|于|因|家属)|今[日晨]|昨[日晚夜]"
)
_NARRATIVE = {"en": 0.006, "zh": 0.003}
"""Words that stand for one person, in all words or Chinese characters, from which on a text is a narrative. Chapters of textbooks
and classics have at most 0.0031 and 0.0011, nine in ten clinical notes more than 0.02, Chinese ones about 0.006."""
_WORD = re.compile(rf"[^\W\d_{HAN}{KANA}]+|[{HAN}{KANA}]")
_OF_A_RECORD = frozenset(["NAME", "RECORD", "ID_CARD", "SSN", "INSURANCE", "PASSPORT", "ADDRESS"])
"""Kinds of findings that the precise policy makes only where a label says whose they are."""


def is_publication(texts: Iterable[str]) -> bool:
    """Whether texts of one document are those of a publication and of no record of a person."""
    whole = "\n".join(texts)
    published = (
        _IDENTIFIER.search(whole) is not None
        or _has(whole, _REFERENCE, _FEWEST_REFERENCES)
        or (_has(whole, _WORD, _LONG) and not _is_narrative(whole))
    )
    return published and not any(span.type in _OF_A_RECORD for span in find_with_patterns(whole, "", "precise"))


def _is_narrative(text: str) -> bool:
    """Whether a text goes on about one person."""
    words = _WORD.findall(text)
    chinese = sum(word > "\u2e7f" for word in words)
    least = _NARRATIVE["zh"] * chinese + _NARRATIVE["en"] * (len(words) - chinese)
    return _has(text, _OF_ONE_PERSON, max(1, math.ceil(least)))


def _has(text: str, pattern: re.Pattern[str], count: int) -> bool:
    return sum(1 for _ in islice(pattern.finditer(text), count)) == count
