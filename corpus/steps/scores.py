"""What follows from the text of a candidate: language, content hash, the lexicon's entities, and the filters' scores."""

from __future__ import annotations

from operator import attrgetter

import pyarrow as pa
import pyarrow.compute as pc

from corpus import filters
from corpus.duplicates.exact import content_hash
from corpus.filters.worth import add_worth
from corpus.steps.candidate import CANDIDATE, with_column
from medpress.run.step import Halve, Step
from medpress.run.task import Mark, Task
from medpress.schema import named
from medpress.store import read_table, write_table
from nlp.language import detect
from nlp.spans import Entity
from nlp.tagging.density import medical_density
from nlp.tagging.lexicon import built_in_lexicon

_ENTITY = tuple(Entity.__dataclass_fields__)
_values_of = attrgetter(*_ENTITY)


def score(task: Task, mark: Mark) -> None:
    """Arguments: `sections` (file, redacted), `only` (ids, or null). Writes `CANDIDATE` rows, sorted by id.

    The sections of a document stand in one file, so that its score follows from all of them.
    """
    table = read_table(task.arguments["sections"])
    if task.arguments["only"] is not None:
        table = table.filter(pc.field("id").isin(task.arguments["only"]))
    table = table.sort_by("id").combine_chunks()
    texts = table["text"].to_pylist()
    columns = ["doc_id", "text", "augmentation", "phi_actions", "confidence", "source_type"]
    rows = table.select(columns).to_pylist()
    mark("languages")
    for row, lang in zip(rows, map(detect, texts), strict=True):
        row["lang"] = lang
    mark("lexicon")
    tagged = built_in_lexicon().tag(texts)
    quality, found = [], []
    for row, entities in zip(rows, tagged, strict=True):
        mark("scores")
        row["mentions"] = [(entity.start, entity.end) for entity in entities]
        scores = filters.score(row) | {"medical_density": medical_density(row["text"], entities)}
        if row["confidence"] is not None:
            scores["ocr_confidence"] = row["confidence"]
        quality.append(scores)
        found.append([dict(zip(_ENTITY, _values_of(entity), strict=True)) for entity in entities])
    mark("worth")
    add_worth(rows, quality)
    made = {
        "lang": [row["lang"] for row in rows],
        "content_hash": list(map(content_hash, texts)),
        "entities": found,
        "quality": list(map(named, quality)),
    }
    for name, values in made.items():
        table = with_column(table, name, pa.array(values, CANDIDATE.field(name).type))
    write_table(task.output, table.cast(CANDIDATE))


SCORE = Step(score, inputs=("sections",), on_failure=Halve("sections"))
