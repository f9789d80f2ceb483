"""What a language model answered on the kept records of a part."""

from __future__ import annotations

import pyarrow as pa

from medpress.generation.request import Reply

REPLIES = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field("method", pa.string()),
        pa.field("number", pa.int32()),
        pa.field("text", pa.string()),
        pa.field("finish_reason", pa.string()),
        pa.field("prompt_tokens", pa.int32()),
        pa.field("completion_tokens", pa.int32()),
    ]
)
"""One row a reply: to which record, method and call. A call without a reply has no row."""


def replies_by_record(table: pa.Table) -> dict[str, dict[tuple[str, int], Reply]]:
    """Rows of `REPLIES` by record, then by method and ordinal."""
    found: dict[str, dict[tuple[str, int], Reply]] = {}
    for row in table.to_pylist():
        reply = Reply(row["text"], row["finish_reason"], row["prompt_tokens"], row["completion_tokens"])
        found.setdefault(row["id"], {})[row["method"], row["number"]] = reply
    return found
