"""Which questions stand in a corpus that a model may have been trained on: asked of the corpus's index of sentences."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from medpress.sentence_index import LEAST, SHORTEST, filters_of, folded, marks, shares_held
from medpress.store import MANIFEST, open_parquet
from training.config import InputError
from training.evaluation.questions import Question

Status = Literal["whole", "in part", "not found", "too short"]


def contamination(questions: Sequence[Question], data: Path) -> list[Status]:
    """Whether the shards of a data folder hold each question.

    `whole`: its letters and digits stand in one record; `in part`: `LEAST` of its stretches do, which an edited question
    and another one on the same template have in common; `too short`: below `SHORTEST` bytes, not looked for. Each row
    group that may hold a question is read once for all. Raises `InputError` for a folder without shards.
    """
    if not (data / "shards" / MANIFEST).exists():
        raise InputError(f"there are no shards in {data}: name the data folder that a corpus was built in.")
    texts = [folded(question.question) for question in questions]
    wanted = [marks(text) for text in texts]
    found: list[Status] = ["not found" if len(text) >= SHORTEST else "too short" for text in texts]
    for file, numbers, filters in filters_of(data, ("shards",)):
        looked = [i for i, status in enumerate(found) if status in ("not found", "in part")]
        shares = {i: shares_held(filters, wanted[i]) if filters is not None else [1.0] * len(numbers) for i in looked}
        for place, number in enumerate(numbers):
            likely = [i for i in looked if shares[i][place] >= LEAST and found[i] != "whole"]
            if likely:
                records = open_parquet(file).read_row_group(number, columns=["text"])["text"].to_pylist()
                _look(likely, [folded(text) for text in records], texts, wanted, found)
    return found


def _look(
    likely: Sequence[int],
    records: Sequence[bytes],
    texts: Sequence[bytes],
    wanted: Sequence[np.ndarray],
    found: list[Status],
) -> None:
    held = [marks(record) for record in records]
    for i in likely:
        if any(texts[i] in record for record in records):
            found[i] = "whole"
        elif any(np.isin(wanted[i], marks_of).mean() >= LEAST for marks_of in held):
            found[i] = "in part"
