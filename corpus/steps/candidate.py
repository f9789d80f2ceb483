"""Candidate records: a text before any decision. Each step fills in more of the same columns."""

from __future__ import annotations

import pyarrow as pa

from medpress.schema import RECORD

CANDIDATE = pa.schema(
    [
        *RECORD,
        pa.field("ordinal", pa.int32(), metadata={"description": "position of its section in the document, from 0"}),
        pa.field(
            "fault", pa.string(), metadata={"description": "why it must be dropped, whatever its scores; or null"}
        ),
        pa.field("fault_value", pa.float64(), metadata={"description": "the value behind the fault"}),
        pa.field("fault_threshold", pa.float64(), metadata={"description": "what it was held against"}),
        pa.field(
            "copy_of", pa.string(), metadata={"description": "the record that says the same, when that is its fault"}
        ),
        pa.field("confidence", pa.float64(), metadata={"description": "mean OCR confidence; null for native text"}),
        pa.field(
            "told",
            pa.list_(pa.struct([pa.field("kind", pa.string()), pa.field("value", pa.string())])),
            metadata={
                "description": "what the document's places, title and authors tell of a person; null once redacted"
            },
        ),
        pa.field("paragraphs", pa.list_(pa.uint64()), metadata={"description": "hashes of its paragraphs"}),
    ]
)
"""A record before the decisions. `lang` is that of the document until the text is scored."""


def with_column(table: pa.Table, name: str, column: pa.Array | pa.ChunkedArray) -> pa.Table:
    """The table with a column added, or another in its place."""
    number = table.schema.get_field_index(name)
    return table.append_column(name, column) if number < 0 else table.set_column(number, name, column)
