"""Texts through the steps of the pipeline, in this process: what `nlp.tag` and `nlp.redact` are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice

from nlp.annotation import Annotation, annotate
from nlp.language import detect
from nlp.phi import Policy, Redaction, redact_sections
from nlp.phi.kinds import DEFAULT_ENGINE
from nlp.relations import RelationExtractor, load_extractor
from nlp.tagging import Tagger, load_tagger

TEXTS_AT_ONCE = 256
"""Texts that a tagger gets together; memory stays flat however many there are."""


def tag(text: str, *, lang: str | None = None, tagger: str = "cascade", relations: str = "rules") -> Annotation:
    """All that a build says of one text: entities in context, and relations. The first call loads the models.

    `lang` is ISO 639-1, detected when left out; `tagger` and `relations` as of `nlp.tagging.load_tagger` and
    `nlp.relations.load_extractor`; `relations` may be ``none``. Raises ValueError for an unknown name, ImportError with
    the install command where a package is missing.
    """
    (annotation,) = tag_texts([text], lang=lang, tagger=tagger, relations=relations)
    return annotation


def tag_texts(
    texts: Iterable[str], *, lang: str | None = None, tagger: str = "cascade", relations: str = "rules"
) -> Iterator[Annotation]:
    """`tag` for many texts, in their order, some hundreds at a time."""
    model = _tagger(tagger)
    extractor = None if relations == "none" else _extractor(relations)
    waiting = iter(texts)
    while batch := list(islice(waiting, TEXTS_AT_ONCE)):
        for text, tagged in zip(batch, model.tag(batch), strict=True):
            yield annotate(text, tagged, extractor, lang or detect(text))


def redact(
    text: str, policy: Policy = "thorough", *, lang: str | None = None, engine: str = DEFAULT_ENGINE
) -> Redaction:
    """A text without identifiers, as a build redacts a document of one section: a name that it gives away anywhere goes
    everywhere.

    `policy` is ``thorough``, or ``precise``, which leaves authors and dates of publication alone; `lang` is ISO 639-1,
    detected when left out; `engine` as of `nlp.phi.load_finder`. The sections of one document go together through
    `nlp.phi.redact_sections`. Raises ValueError for an unknown engine.
    """
    return redact_sections([text], lang or detect(text), policy, engine)[0]


@cache
def _tagger(name: str) -> Tagger:
    return load_tagger(name)


@cache
def _extractor(name: str) -> RelationExtractor:
    return load_extractor(name)
