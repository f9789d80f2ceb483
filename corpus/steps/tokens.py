"""Write the shards in tokens, for the trainer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from tokenizers import Tokenizer

from corpus.steps.tokenizers import load, tokenizer_identity
from medpress.run.step import Step
from medpress.run.task import Mark, Task
from medpress.schema import TOKENS
from medpress.store import open_parquet, write_row_groups
from medpress.tokenising import encode

TEXTS_AT_ONCE = 64
"""Texts encoded together."""
_KEPT = ["id", "doc_id", "parent_id", "source", "license"]


def tokenise_shard(task: Task, mark: Mark) -> None:
    """The token shard of one shard: the same rows in the same row groups. Arguments: `shard` (file), `sha256` (its
    checksum), `tokenizer`."""
    tokenizer = load(task.arguments["tokenizer"])

    def groups() -> Iterator[pa.Table]:
        with open_parquet(task.arguments["shard"]) as file:
            for number in range(file.num_row_groups):
                mark(f"row group {number}")
                table = file.read_row_group(number, columns=[*_KEPT, "text"])
                ids = _ids(tokenizer, table["text"])
                columns = {name: table[name] for name in _KEPT}
                yield pa.table({**columns, "input_ids": ids, "n_tokens": ids.value_lengths()}, schema=TOKENS)

    write_row_groups(task.output, TOKENS, groups())


TOKENISE_SHARD = Step(
    tokenise_shard, settings=("sha256",), models={"tokenizer": tokenizer_identity}, aside=("shard",), per="shard"
)


def _ids(tokenizer: Tokenizer, texts: pa.ChunkedArray) -> pa.ListArray:
    """Tokens of the texts; a few texts at a time, since tokens are large while they are Python numbers."""
    documents: list[np.ndarray] = []
    for start in range(0, len(texts), TEXTS_AT_ONCE):
        few = texts.slice(start, TEXTS_AT_ONCE).to_pylist()
        documents += [np.array(ids, dtype=np.int32) for ids in encode(tokenizer, few)]
    borders = np.cumsum([0, *map(len, documents)], dtype=np.int32)
    return pa.ListArray.from_arrays(borders, np.concatenate([np.empty(0, np.int32), *documents]))
