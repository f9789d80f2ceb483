"""What a pasted sentence is found by: a filter for each row group of the shards and of the dropped records."""

from __future__ import annotations

from medpress.run.step import Step
from medpress.run.task import Mark, Task
from medpress.sentence_index import write_filters


def filter_sentences(task: Task, mark: Mark) -> None:
    """The filters of one published file. Arguments: `texts` (file), `sha256` (its checksum)."""
    write_filters(task.arguments["texts"], task.arguments["sha256"], task.output, mark)


FILTER_SENTENCES = Step(filter_sentences, settings=("sha256",), aside=("texts",), per="shard")
