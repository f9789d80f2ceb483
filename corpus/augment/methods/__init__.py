"""The methods that need no model: one line in `METHODS` each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from corpus.augment.methods import abbreviation, cloze, definition, heading, order, relation, table
from corpus.augment.parent import Parent
from corpus.augment.text import Augmented

LANGUAGES = ("en", "zh")
"""Languages that every method has wordings in; records in others are left alone."""

Method = Callable[[Parent], Iterator[Augmented]]
"""Yields the texts that it makes of a record in one of `LANGUAGES`, best first; nothing for a record that gives none.
Depends on the record only."""

METHODS: dict[str, Method] = {
    "heading": heading.augment,
    "definition": definition.augment,
    "abbreviation": abbreviation.augment,
    "cloze": cloze.augment,
    "relation": relation.augment,
    "table": table.augment,
    "order": order.augment,
}
"""Name, which stands in a record's `augmentation`, to method."""


def augment(parent: Parent, methods: tuple[str, ...], most: int) -> Iterator[tuple[str, int, Augmented]]:
    """(method, ordinal k, text) of the first `most` texts of each method."""
    if parent.lang not in LANGUAGES:
        return
    for method in methods:
        for k, augmented in enumerate(islice(METHODS[method](parent), most)):
            yield method, k, augmented
