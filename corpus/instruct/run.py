"""Instruction files to the datasets `instructions/data/stage-N/` and `instructions_dropped/`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from corpus.instruct import contamination, duplicates
from corpus.instruct.config import InstructConfig
from corpus.instruct.containers import SUFFIXES
from corpus.instruct.take_in import DROPPED_INSTRUCTION, PART, TAKE_IN, given_as
from corpus.steps.tokenizers import tokenizer_identity
from medpress.command import UserError, progress, resolved
from medpress.errors import check_sum
from medpress.location import check_reachable, location
from medpress.lock import exclusive
from medpress.lookup import GIVEN
from medpress.removed import failure, removed
from medpress.run.engine import open_executor
from medpress.run.runner import Runner
from medpress.run.step import Step, identities, write_list
from medpress.run.task import Limits, Outcome
from medpress.schema import DOC_ID_DIGITS, INSTRUCTION, named
from medpress.store import (
    DATA,
    MANIFEST,
    dataset,
    file_sha256,
    parts,
    publish_tables,
    read_json,
    read_table,
    refuse_older_layout,
    write_json,
    write_manifest,
)
from nlp.phi import collection_name
from nlp.phi.places import told_by

STEPS = [
    TAKE_IN,
    contamination.COUNT_COMMON,
    contamination.FIND_HITS,
    duplicates.SIGN,
    duplicates.EXACT_COPIES,
    duplicates.BAND_PAIRS,
    duplicates.VERIFY,
    duplicates.DECIDE,
]
"""What a run does, in order."""
APART = ("workers", "data", "decontaminate", "dedup")
"""Settings that change nothing about a single conversation."""
ROWS_AT_ONCE = 50_000
"""Conversations in memory together while the datasets are written."""
FILE_NAME = "given.parquet"
"""What was given, beside what `train synthesize` makes."""


@dataclass(slots=True)
class InstructResult:
    """What came of it."""

    rows: int = 0
    """Rows of all files that were ever given to this data folder."""
    kept: Counter[int] = field(default_factory=Counter)
    """Conversations by stage."""
    dropped: Counter[str] = field(default_factory=Counter)
    """Dropped rows by reason."""
    failures: list[tuple[str, str]] = field(default_factory=list)
    """(first digits of its sha256, message) of files that could not be read."""
    tasks: dict[str, int] = field(default_factory=dict)


def instruct(paths: Sequence[str], config: InstructConfig) -> InstructResult:
    """Take files into the data folder, beside those taken in before.

    A path is a file, a dataset folder (what `train synthesize` made), or a folder of files. Of conversations that say the same or nearly so, the one of the latest stage is kept. Raises `UserError`.
    """
    files = list(_files(paths))
    if not files and not any(_is_dataset(location(text)) for text in paths):
        raise UserError(f"no {', '.join(SUFFIXES)} file below {', '.join(paths)}.")
    with exclusive(config.data):
        refuse_older_layout(config.data)
        work = config.data / "work" / "instruct"
        settings = {k: v for k, v in resolved(config).items() if k not in APART}
        gone = removed(config.data)
        doc_ids = {path: file_sha256(path)[:DOC_ID_DIGITS] for path in files}
        tasks = [
            TAKE_IN.task(
                work,
                path=str(path),
                doc_id=doc_ids[path],
                told=_told(path, config),
                **settings | {"source": _source(path, config)},
            )
            for path in files
            if doc_ids[path] not in gone
        ]
        executor = open_executor("local", workers=config.workers, limits=Limits(step_seconds=600))
        try:
            runner = Runner(executor, config.data / "log" / "instruct.jsonl")
            with progress("instructions", len(tasks), "files") as tick:
                # A file that cannot be read has no smaller pieces, and the others go on without it.
                outcomes = runner.run(TAKE_IN, tasks, split=lambda task, failure: (), tick=tick)
            result = InstructResult()
            parts = _parts(config.data / GIVEN, outcomes, result)
            hits = _contamination(runner, parts, config.decontaminate, work)
            decisions = duplicates.find(runner, parts, hits, config.dedup, work) if parts else None
            result.tasks = dict(runner.counts)
        finally:
            executor.close()
        for doc_id in doc_ids.values():
            if doc_id in gone:
                result.failures.append((doc_id, failure(gone[doc_id])["message"]))
        _publish(parts, hits, decisions, config, result)
        return result


def _source(path: Path, config: InstructConfig) -> str:
    """The name of a file's collection: a file may be named after a person, whom no record tells."""
    return config.source or collection_name(path.name.split(".")[0]) or "instructions"


def _told(path: Path, config: InstructConfig) -> list[list[str]]:
    """What a file's name tells of a person, which is then taken out of its rows."""
    found = [] if config.phi == "off" else told_by([path.name], [], [], config.phi, is_note=False)
    return [list(each) for each in found]


def _parts(catalogue: Path, outcomes: Sequence[Outcome], result: InstructResult) -> list[str]:
    """The part of every file that was ever taken in; failures go into the result.

    The catalogue says of each path what was given and the part that it gave: a file that is given again, from wherever,
    as it was before has one part, the last one.
    """
    known: dict[str, list[str]] = read_json(catalogue) if catalogue.exists() else {}
    known = {path: entry for path, entry in known.items() if location(entry[1]).exists()}  # without what was taken down
    fresh: dict[str, str] = {}
    for outcome in outcomes:
        path = outcome.task.arguments["path"]
        if outcome.failure:
            result.failures.append((outcome.task.arguments["doc_id"], outcome.failure.message))
        else:
            given = given_as(outcome.task.arguments)
            known[path] = [given, outcome.task.output]
            fresh[given] = outcome.task.output
    known = {path: [given, fresh.get(given, part)] for path, (given, part) in known.items()}
    write_json(catalogue, known)
    return sorted({part for _, part in known.values()})


def _contamination(runner: Runner, parts: Sequence[str], benchmarks: Sequence[Path], work: Path) -> list[str]:
    """Files of hits of benchmark questions in the parts; none when no benchmark is named."""
    for path in benchmarks:
        if not path.is_file():
            raise UserError(f"the benchmark file {path} does not exist.")
    if not benchmarks:
        return []
    files = [str(path.absolute()) for path in benchmarks]

    def outputs(step: Step, **more: str) -> list[str]:
        outcomes = runner.run(step, [step.task(work, part=part, benchmarks=files, **more) for part in parts])
        return [outcome.task.output for outcome in outcomes]

    return outputs(contamination.FIND_HITS, counts=write_list(work, outputs(contamination.COUNT_COMMON)))


def _files(paths: Sequence[str]) -> Iterator[Path]:
    for text in paths:
        path = location(text)
        check_reachable(path)
        if not path.exists():
            raise UserError(f"{text} does not exist.")
        if path.is_file():
            yield path.absolute()
        elif _is_dataset(path):
            yield from (file.absolute() for file in parts(path))
        else:
            yield from sorted(p.absolute() for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())


def _publish(
    parts: Sequence[str], hits: Sequence[str], decisions: Path | None, config: InstructConfig, result: InstructResult
) -> None:
    places = [location(file) for file in hits]
    decided = _decide(parts, places, decisions)
    items = contamination.items(places)
    folder = config.data / "instructions"
    kept = decided.filter(pc.is_null(decided["reason"]))
    for stage in pc.unique(kept["stage"]).sort().to_pylist():
        result.kept[stage] = pc.sum(pc.equal(kept["stage"], stage)).as_py()
    # Other files of the dataset (synthesised conversations) are not this command's.
    stages = {path.parent.name for path in (folder / DATA).glob(f"stage-*/{FILE_NAME}")}
    for name in sorted(stages | {f"stage-{stage}" for stage in result.kept}):
        of_stage = kept.filter(pc.equal(kept["stage"], int(name.removeprefix("stage-"))))
        conversations = _conversations(parts, of_stage, items, INSTRUCTION)
        publish_tables(folder, f"{name}/{FILE_NAME}", conversations, INSTRUCTION)
    dropped = decided.filter(pc.is_valid(decided["reason"]))
    conversations = _conversations(parts, dropped, items, DROPPED_INSTRUCTION)
    publish_tables(config.data / "instructions_dropped", FILE_NAME, conversations, DROPPED_INSTRUCTION)
    settings = {
        "tokenizer": config.tokenizer,
        "decontaminate": [path.name for path in config.decontaminate],
        "dedup": asdict(config.dedup),
    }
    versions = identities(STEPS)
    versions["models"][config.tokenizer] = tokenizer_identity(config.tokenizer)
    for name in ("instructions", "instructions_dropped"):
        write_manifest(config.data / name, kind=name, config=settings, versions=versions)
    result.rows = decided.num_rows
    result.dropped.update(dropped["reason"].to_pylist())
    check_sum("conversations were read", result.rows, result.kept.total(), result.dropped.total())


def _is_dataset(folder: Path) -> bool:
    return (folder / MANIFEST).exists()


DECIDED = ["id", "stage", "reason", "duplicate_of", "jaccard"]
"""What is decided of a row."""


def _decide(parts: Sequence[str], hits: Sequence[Path], decisions: Path | None) -> pa.Table:
    """id, stage, reason, duplicate_of and jaccard of every row, by id; `reason` null for those that are kept."""
    columns = ["id", "stage", "reason"]
    rows = dataset(parts, schema=PART).to_table(columns) if parts else PART.empty_table().select(columns)
    held = contamination.questions(hits)
    copies = read_table(decisions, ["id", "duplicate_of", "jaccard"]) if decisions else PART.empty_table()
    copies = copies.filter(pc.is_valid(copies["duplicate_of"]))
    copy = pc.index_in(rows["id"], copies["id"].combine_chunks())
    original, jaccard = (copies[name].take(copy) for name in ("duplicate_of", "jaccard"))
    repeats = pc.if_else(pc.is_valid(jaccard), "nearly the same conversation", "same conversation")
    reason = pc.coalesce(
        rows["reason"],
        pa.array(list(held.values()), pa.string()).take(pc.index_in(rows["id"], pa.array(list(held), pa.string()))),
        pc.if_else(pc.is_valid(original), repeats, pa.scalar(None, pa.string())),
    )
    return pa.table([rows["id"], rows["stage"], reason, original, jaccard], DECIDED).sort_by("id")


def _conversations(
    parts: Sequence[str], decided: pa.Table, items: Mapping[str, Mapping[str, tuple[str, str]]], schema: pa.Schema
) -> Iterator[pa.Table]:
    """The whole rows of what was decided, in its order; `provenance` names the benchmark items that a row holds."""
    for start in range(0, decided.num_rows, ROWS_AT_ONCE):
        some = decided.slice(start, ROWS_AT_ONCE)
        chosen = pc.field("id").isin(some["id"].combine_chunks())
        table = dataset(parts, schema=PART).to_table(filter=chosen).sort_by("id")
        for name in DECIDED[2:]:
            table = table.set_column(table.column_names.index(name), name, some[name])
        if items.keys() & set(some["id"].to_pylist()):
            rows = table.to_pylist()
            for row in rows:
                held = items.get(row["id"], {})
                row["provenance"] += named({f"benchmark_{part}": " ".join(item) for part, item in held.items()})
            table = pa.Table.from_pylist(rows, PART)
        yield table.select(schema.names).cast(schema)
