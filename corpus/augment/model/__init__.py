"""Augmentation by a language model: prompts made of the passages of a record, texts read from the replies.

A method says what it asks of a record (`ask`) and what a reply gives (`read`). Both depend on the record and the reply
only, so the texts of a build follow from the journal of replies. A reply that cannot be used still gives a text, with the
fault that it is dropped for; the checks that all augmented texts go through stand in `corpus.augment.checks`.

A new method is one file here, one line in `MODEL_METHODS`, and its name in `corpus/augment/config.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from corpus.augment.model import entity_graph, questions, rephrase
from corpus.augment.model.prompt import Prompt
from corpus.augment.parent import Parent
from corpus.augment.text import Augmented
from medpress.generation.request import Reply, Request

TEXTS_PER_REPLY = 64
"""Most texts of one reply; the ordinal of a text is that of its call times this, so that a reply that comes late renames
no other text."""

Sound = Callable[[Augmented], bool]
"""Whether a text keeps to its source, by the checks of all augmented texts."""


@dataclass(frozen=True)
class ModelMethod:
    """A way to have texts made by a model."""

    ask: Callable[[Parent], Iterator[Prompt]]
    """The calls that a record is worth, the best first; none for a language without a prompt."""
    read: Callable[[Parent, Prompt, Reply, Sound], Iterator[Augmented]]
    """The texts of a reply, at least one."""


MODEL_METHODS: dict[str, ModelMethod] = {
    "rephrase": ModelMethod(rephrase.ask, rephrase.read),
    "questions": ModelMethod(questions.ask, questions.read),
    "entity_graph": ModelMethod(entity_graph.ask, entity_graph.read),
}
"""Name, which stands in a record's `augmentation`, to method."""


def requests(parent: Parent, methods: Sequence[str], most: int) -> Iterator[tuple[str, int, Request]]:
    """(method, ordinal of the call, request) of the first `most` calls of each method."""
    for method in methods:
        for number, prompt in enumerate(islice(MODEL_METHODS[method].ask(parent), most)):
            yield method, number, prompt.request


def read(
    parent: Parent, methods: Sequence[str], most: int, replies: Mapping[tuple[str, int], Reply], sound: Sound
) -> Iterator[tuple[str, int, Augmented]]:
    """(method, ordinal k, text) of what the calls gave; `replies` by (method, ordinal of the call), not all need be there."""
    for method in methods:
        for number, prompt in enumerate(islice(MODEL_METHODS[method].ask(parent), most)):
            if reply := replies.get((method, number)):
                texts = islice(MODEL_METHODS[method].read(parent, prompt, reply, sound), TEXTS_PER_REPLY)
                for place, augmented in enumerate(texts):
                    yield method, number * TEXTS_PER_REPLY + place, augmented
