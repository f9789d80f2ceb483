"""A kept record as the methods see it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final, Literal, NamedTuple

from nlp.sentences import split
from nlp.spans import Entity, Relation

SURE: Final = 0.9
"""Probability of being right that a mention needs to be augmented with: nine of ten, as `nlp.tagging.confidence` gives it."""


class Block(NamedTuple):
    """`text[start:end]` of a record: a heading without its mark, a paragraph, list item or table."""

    start: int
    end: int
    kind: Literal["heading", "paragraph", "list", "table"]
    level: int
    """Level of a heading from 1, else 0."""


@dataclass(frozen=True)
class Parent:
    """A record of the shards, read once for all methods."""

    id: str
    lang: str
    title: str
    """Title of the document."""
    section: tuple[str, ...]
    """Headings above the text, outermost first."""
    text: str
    """The redacted text; all offsets are into it."""
    entities: tuple[Entity, ...]
    """Mentions with label, concept and context (negated, uncertain, history, family), sorted by start."""
    relations: tuple[Relation, ...]
    """Relations between entities, by index, with polarity and evidence."""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Parent:
        """From a row of the record schema; what is likely to be no mention is left out, with the relations that name it."""
        listed = [Entity(**entity) for entity in row["entities"] or ()]
        sure = [number for number, entity in enumerate(listed) if entity.score >= SURE]
        place = {number: at for at, number in enumerate(sure)}
        relations = [Relation(**relation) for relation in row["relations"] or ()]
        return cls(
            id=row["id"],
            lang=row["lang"],
            title=row["title"] or "",
            section=tuple(row["section"] or ()),
            text=row["text"],
            entities=tuple(listed[number] for number in sure),
            relations=tuple(
                replace(relation, head=place[relation.head], tail=place[relation.tail])
                for relation in relations
                if relation.head in place and relation.tail in place
            ),
        )

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """The blocks of the Markdown, in order."""
        blocks = []
        for match in _BLOCK.finditer(self.text):
            heading = match["mark"]
            kind: Literal["heading", "paragraph", "list", "table"] = (
                "heading" if heading else "table" if match["table"] else "list" if match["item"] else "paragraph"
            )
            start, end = match.span("title") if heading else match.span()
            blocks.append(Block(start, end, kind, len(heading or "")))
        return tuple(blocks)

    @cached_property
    def sentences(self) -> tuple[tuple[int, int], ...]:
        """Offsets of the sentences of the paragraphs and lists, in order."""
        found = []
        for block in self.blocks:
            if block.kind in ("paragraph", "list"):
                inside = split(self.text[block.start : block.end])
                found += [(block.start + start, block.start + end) for start, end in inside]
        return tuple(found)

    def entities_in(self, start: int, end: int) -> list[Entity]:
        """The entities that lie inside a stretch."""
        return [entity for entity in self.entities if start <= entity.start and entity.end <= end]

    def source(self) -> str:
        """All that an augmented text may know: the text with the headings above it and the title."""
        return "\n".join([self.title, *self.section, self.text])


_ITEM = r"(?:[-*•◦●·][ \t]|\(?\d{1,3}[.)、）][ \t]?(?=\S)|[（(]?[一二三四五六七八九十]{1,3}[)）、])"
_BLOCK = re.compile(
    rf"""
      ^(?P<mark>\#{{1,6}})[ \t]+(?P<title>\S.*?)[ \t]*$
    | ^(?P<table>\|.*(?:\n\|.*)*)
    | ^[ \t]*(?P<item>{_ITEM})\S?.*(?:\n(?![ \t]*(?:\n|\#|\||{_ITEM})).+)*
    | ^[ \t]*(?P<text>\S.*(?:\n(?![ \t]*(?:\n|\#{{1,6}}[ \t]|\||{_ITEM})).+)*)
    """,
    re.VERBOSE | re.MULTILINE,
)
