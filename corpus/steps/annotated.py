"""Annotated records: everything a build says of a text, and where it goes."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from medpress.schema import DROPPED

ANNOTATED = pa.schema(
    [
        *DROPPED,
        pa.field("ordinal", pa.int32(), metadata={"description": "position of its section in the document"}),
        pa.field("place", pa.string(), metadata={"description": "shards/<source type>/<shard>/<id>, or dropped/…"}),
    ]
)
"""A record with its decision, and where it goes; `stage` null: into the shards."""

KEPT = pc.field("stage").is_null()
"""Of such rows, those that go into the shards."""


def shard_of(id: str, shards: int) -> int:
    """The number of the shard that a record belongs to."""
    return int(id[:8], 16) % shards
