"""Instruction files to the datasets `instructions/stage=N/` and `instructions_dropped/`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
from cyclopts import Parameter

from corpus.dedup.config import DedupConfig
from corpus.dedup.exact import content_hash
from corpus.instruct import contamination, duplicates
from corpus.instruct.containers import SUFFIXES, read_rows
from corpus.instruct.conversation import clean, fault, suggest_stage
from corpus.instruct.formats import Messages, conversation
from corpus.takedown import failure, removed
from medpress.command import Location, UserError, progress, resolved
from medpress.location import check_reachable, location
from medpress.lock import exclusive
from medpress.run.engine import open_executor
from medpress.run.runner import Runner
from medpress.run.task import Limits, Mark, Outcome, Stage, Task, make_task
from medpress.schema import DOC_ID_DIGITS, INSTRUCTION, named
from medpress.store import (
    dataset,
    file_sha256,
    identity,
    make_folder,
    read_json,
    read_table,
    stored,
    write_json,
    write_manifest,
    write_tables,
)
from medpress.tokenising import count_tokens, load_tokenizer
from nlp import phi
from nlp.language import detect

VERSION = "3"
APART = ("workers", "data", "decontaminate", "dedup")
"""Settings that change nothing about a single conversation."""
ROWS_AT_ONCE = 50_000
"""Conversations in memory together while the datasets are written."""
ROWS_TAKEN_AT_ONCE = 5_000
"""Rows of a file in memory together while they are taken in."""
FILE_NAME = "given.parquet"
"""What was given, beside what `train synthesize` makes."""

DROPPED_INSTRUCTION = pa.schema(
    [
        *INSTRUCTION,
        pa.field("reason", pa.string(), metadata={"description": "why it was dropped"}),
        pa.field("duplicate_of", pa.string(), metadata={"description": "the kept conversation it repeats"}),
        pa.field("jaccard", pa.float64(), metadata={"description": "how similar the two are; null for the same words"}),
    ]
)
"""A conversation that is not trained on."""
PART = pa.schema([*DROPPED_INSTRUCTION, pa.field("content_hash", pa.string())])
"""What one file gives: `reason` null for those that may be kept."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class InstructConfig:
    """How instruction data is taken in."""

    stage: Literal[1, 2, 3] | None = None
    """Training stage of these files; without it suggested for each conversation by how demanding it is."""
    source: str | None = None
    """Name of the collection; without it the file's name."""
    license: str = ""
    """Licence of these files."""
    phi: Literal["precise", "thorough", "off"] = "precise"
    """How identities are removed."""
    dedup: DedupConfig = field(default_factory=DedupConfig)
    """From when on a conversation nearly repeats another."""
    tokenizer: str = "deepseek"
    """Tokenizer that counts tokens."""
    decontaminate: tuple[Path, ...] = ()
    """Benchmark files (JSONL, JSON, CSV, Parquet) whose questions must not be in the instructions, these and those that were
    taken in before."""
    workers: int = 0
    """Worker processes; 0 means one per core."""
    data: Location = Path("data")
    """The data folder."""


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
    """(file, message) of files that could not be read."""
    tasks: dict[str, int] = field(default_factory=dict)


def instruct(paths: Sequence[str], config: InstructConfig) -> InstructResult:
    """Take files into the data folder, beside those taken in before.

    Of conversations that say the same or nearly so, the one of the latest stage is kept. Raises `UserError`.
    """
    files = list(_files(paths))
    if not files:
        raise UserError(f"no {', '.join(SUFFIXES)} file below {', '.join(paths)}.")
    with exclusive(config.data):
        work = config.data / "work" / "instruct"
        settings = {k: v for k, v in resolved(config).items() if k not in APART}
        gone = removed(config.data)
        doc_ids = {path: file_sha256(path)[:DOC_ID_DIGITS] for path in files}
        tasks = {path: _task(path, doc_ids[path], settings, work) for path in files if doc_ids[path] not in gone}
        executor = open_executor("local", workers=config.workers, limits=Limits(step_seconds=600))
        try:
            runner = Runner(executor, config.data / "log" / "instruct.jsonl")
            with progress("instructions", len(tasks), "files") as tick:
                outcomes = runner.run(take_in, list(tasks.values()), tick=tick)
            result = InstructResult()
            known = _known(work / "catalogue.json", outcomes, result)
            parts = sorted(set(known.values()))
            hits = _contamination(runner, parts, config.decontaminate, work)
            decisions = duplicates.find(runner, parts, hits, config.dedup, work) if parts else None
            result.tasks = dict(runner.counts)
        finally:
            executor.close()
        for path, doc_id in doc_ids.items():
            if doc_id in gone:
                result.failures.append((str(path), failure(gone[doc_id])["message"]))
        _publish(parts, hits, decisions, config, result)
        return result


def _known(catalogue: Path, outcomes: Sequence[Outcome], result: InstructResult) -> dict[str, str]:
    """Path to part of every file that was ever taken in; failures go into the result."""
    known: dict[str, str] = read_json(catalogue) if catalogue.exists() else {}
    known = {path: file for path, file in known.items() if location(file).exists()}  # without what was taken down
    for outcome in outcomes:
        if outcome.failure:
            result.failures.append((outcome.task.arguments["path"], outcome.failure.message))
        else:
            known[outcome.task.arguments["path"]] = outcome.task.output
    write_json(catalogue, known)
    return known


def _contamination(runner: Runner, parts: Sequence[str], benchmarks: Sequence[Path], work: Path) -> list[Path]:
    """Files of hits of benchmark questions in the parts; none when no benchmark is named."""
    for path in benchmarks:
        if not path.is_file():
            raise UserError(f"the benchmark file {path} does not exist.")
    if not benchmarks:
        return []
    files = [str(path.absolute()) for path in benchmarks]
    key = [file_sha256(path) for path in benchmarks]

    def outputs(label: str, stage: Stage, extra: dict[str, Any]) -> list[str]:
        tasks = [
            make_task(
                label,
                contamination.VERSION,
                work / "contamination",
                label,
                {"part": part, "benchmarks": files, **extra},
                key=[Path(part).name, key, [Path(file).name for file in extra.get("counts", ())]],
            )
            for part in parts
        ]
        done = runner.run(stage, tasks)
        for outcome in done:
            if outcome.failure:
                raise UserError(f"the search for benchmark questions failed: {outcome.failure.message}", exit_code=1)
        return [outcome.task.output for outcome in done]

    counts = outputs("common", contamination.count_common, {})
    return [location(file) for file in outputs("hits", contamination.find_hits, {"counts": counts})]


def _files(paths: Sequence[str]) -> Iterator[Path]:
    for text in paths:
        path = location(text)
        check_reachable(path)
        if not path.exists():
            raise UserError(f"{text} does not exist.")
        if path.is_file():
            yield path.absolute()
        else:
            yield from sorted(p.absolute() for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())


def _task(path: Path, doc_id: str, settings: dict[str, Any], work: Path) -> Task:
    arguments = {"path": str(path), "doc_id": doc_id, **settings}
    key = [doc_id, path.name, settings]
    return make_task("instruct", VERSION, work / "parts", path.name, arguments, key=key)


def take_in(task: Task, mark: Mark) -> None:
    """Read, clean and redact one file. Arguments: `path` and the settings. Writes `PART` rows."""
    tokenizer = load_tokenizer(task.arguments["tokenizer"])
    given = enumerate(read_rows(location(task.arguments["path"])))

    def tables() -> Iterator[pa.Table]:
        while some := list(islice(given, ROWS_TAKEN_AT_ONCE)):
            mark(f"row {some[0][0]}")
            rows = [_taken(identity(task.id, number), place, row, task.arguments) for number, (place, row) in some]
            counts = count_tokens(tokenizer, ["\n".join(m["content"] for m in row["messages"]) for row in rows])
            rows = [stored(row | {"n_tokens": n}, PART) for row, n in zip(rows, counts, strict=True)]
            yield pa.Table.from_pylist(rows, schema=PART)

    write_tables(task.output, tables(), PART)


def _taken(id: str, place: str, row: dict[str, Any], a: dict[str, Any]) -> dict[str, Any]:
    path = location(a["path"])
    found = conversation(row)
    if found is None:
        return _row(id, [], place, path, a, "", "no known shape")
    name, messages = found
    lang = detect("\n\n".join(m["content"] for m in messages))
    messages = _redact(clean(messages, lang), lang, a["phi"])
    return _row(id, messages, place, path, a, name, fault(messages)) | {"lang": lang}


def _row(
    id: str, messages: Messages, place: str, path: Path, a: dict[str, Any], form: str, reason: str | None
) -> dict[str, Any]:
    said = "\n".join(f"{m['role']}: {m['content']}" for m in messages)
    return {
        "id": id,
        "messages": messages,
        "stage": a["stage"] or (suggest_stage(messages) if reason is None else 1),
        "lang": "und",
        "source": a["source"] or path.name.split(".")[0],
        "license": a["license"],
        "topics": {},
        "provenance": {"file": path.name, "doc_id": a["doc_id"], "place": place, "format": form},
        "reason": reason,
        "content_hash": content_hash(said),
    }


def _redact(messages: Messages, lang: str, policy: phi.Policy | Literal["off"]) -> Messages:
    if policy == "off":
        return messages
    redacted = phi.redact_sections([m["content"] for m in messages], lang=lang, policy=policy)
    return [{"role": m["role"], "content": r.text} for m, r in zip(messages, redacted, strict=True)]


def _publish(
    parts: Sequence[str], hits: Sequence[Path], decisions: Path | None, config: InstructConfig, result: InstructResult
) -> None:
    decided = _decide(parts, hits, decisions)
    items = contamination.items(hits)
    folder = config.data / "instructions"
    wanted = set()
    for stage in sorted(pc.unique(decided.filter(pc.is_null(decided["reason"]))["stage"]).to_pylist()):
        of_stage = decided.filter((pc.field("stage") == stage) & pc.field("reason").is_null())
        target = folder / f"stage={stage}" / FILE_NAME
        wanted.add(target)
        write_tables(target, _conversations(parts, of_stage, items, INSTRUCTION), INSTRUCTION)
        result.kept[stage] = of_stage.num_rows
    # Other files of the dataset (synthesised conversations) are not this command's.
    for old in set(folder.glob(f"stage=*/{FILE_NAME}")) - wanted:
        old.unlink()
    dropped = decided.filter(pc.field("reason").is_valid())
    target = config.data / "instructions_dropped" / FILE_NAME
    write_tables(target, _conversations(parts, dropped, items, DROPPED_INSTRUCTION), DROPPED_INSTRUCTION)
    make_folder(folder)
    settings = {
        "tokenizer": config.tokenizer,
        "decontaminate": [path.name for path in config.decontaminate],
        "dedup": asdict(config.dedup),
    }
    versions = {"instruct": VERSION, "contamination": contamination.VERSION, "duplicates": duplicates.VERSION}
    write_manifest(folder, kind="instructions", config=settings, versions=versions)
    result.rows = decided.num_rows
    result.dropped.update(dropped["reason"].to_pylist())
    assert result.rows == result.kept.total() + result.dropped.total()


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
