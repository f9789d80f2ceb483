"""A build on a bad day: poison documents, a full disk, damaged files, another configuration.

Whatever happens, it ends in one sentence, or the next run gives the bytes of a build that nothing happened to.
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
import itertools
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from small_build import build, doc_id, rows, story, write_documents

import corpus.build
import medpress.store
from corpus.config import BuildConfig
from corpus.filters import FilterConfig
from medpress.command import UserError
from medpress.errors import STORAGE, CorruptError
from medpress.run.call import call, reference
from medpress.run.local import LocalExecutor
from medpress.run.task import Failure, Limits, Mark, Spent, Stage, Task
from medpress.schema import QUARANTINE
from medpress.store import check_manifest, read_dataset, read_json

PLAIN = {"tagger": "lexicon", "relations": "none", "filters": FilterConfig(use=())}


def texts(count: int) -> list[str]:
    """Different texts."""
    return [story(number) for number in range(count)]


def tree(data: Path) -> dict[str, str]:
    """Every file of the datasets that a build writes."""
    return {
        path.relative_to(data).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for kind in ("shards", "dropped", "quarantine", "boilerplate", "index")
        for path in sorted((data / kind).rglob("*"))
        if path.is_file()
    }


def unbuilt(data: Path) -> None:
    """Leave what `ingest` wrote."""
    for folder in ("work", "shards", "dropped", "boilerplate", "index"):
        shutil.rmtree(data / folder, ignore_errors=True)
    (data / "quarantine" / "data" / "build.parquet").unlink(missing_ok=True)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Documents that were ingested, and built once."""
    folder = tmp_path / "data"
    own = texts(24)
    write_documents(folder, {f"{n}.txt": text for n, text in enumerate([*own, own[0] + " Once more.", own[1].upper()])})
    build(folder)
    return folder


# ---------------------------------------------------------------------------------------------- poison documents


def poisoned(task: Task, mark: Mark) -> None:
    """Do the task, unless the poison document is in it; the stage behind it is the real one."""
    stage, poison = task.arguments["stage"], task.arguments["poison"]
    module, _, name = stage.partition(":")
    what = poison.get(name)
    if what is not None and _holds(task.arguments, what["doc_id"]):
        strike(what["how"], mark)
    getattr(import_module(module), name)(task, mark)


def _holds(arguments: dict[str, Any], poison: str) -> bool:
    only = arguments["only"]
    if "documents" in arguments:
        ids = pq.read_table(arguments["documents"], columns=["doc_id"])["doc_id"].to_pylist()
        return poison in ids and (only is None or poison in only)
    table = pq.read_table(arguments["candidates"], columns=["id", "doc_id"]).to_pylist()
    return any(row["doc_id"] == poison and (only is None or row["id"] in only) for row in table)


def strike(how: str, mark: Mark) -> None:
    """What a document can do to a worker."""
    if how == "raise":
        raise ValueError("secret text of the document")
    if how == "segfault":
        ctypes.string_at(0)
    if how == "hang":
        time.sleep(60)
    block = bytearray(1300 * 2**20)  # memory: more than the worker may have
    time.sleep(60 if block else 0)


class PoisonedExecutor(LocalExecutor):
    """Local workers whose stages meet poison."""

    def __init__(self, poison: dict[str, dict[str, str]], seconds: float) -> None:
        limits = Limits(step_seconds=seconds, memory_bytes=1200 * 2**20)
        super().__init__(workers=2, limits=limits, preload=corpus.build.PRELOAD)
        self.poison = poison

    def map(self, stage: Stage, tasks: Iterable[Task]) -> Iterator[tuple[Task, Failure | None, Spent]]:
        known = {task.id: task for task in tasks}
        extra = {"stage": reference(stage), "poison": self.poison}
        wrapped = [replace(task, arguments=task.arguments | extra) for task in known.values()]
        for task, failure, spent in super().map(poisoned, wrapped):
            yield known[task.id], failure, spent


@pytest.mark.parametrize(
    ("hows", "seconds"), [(("raise", "segfault", "hang"), 12.0), (("memory", "raise", "segfault"), 60.0)]
)
def test_a_poison_document_is_quarantined_and_no_other(tmp_path: Path, hows: tuple[str, ...], seconds: float) -> None:
    own = texts(4)
    folder = tmp_path / "data"
    write_documents(folder, {f"{n}.txt": text for n, text in enumerate(own)})
    struck = dict(zip(("sections", "screen", "annotate"), (doc_id(text) for text in own[:3]), strict=True))
    poison = {name: {"doc_id": it, "how": how} for (name, it), how in zip(struck.items(), hows, strict=True)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(corpus.build, "open_executor", lambda *_, **__: PoisonedExecutor(poison, seconds))
        corpus.build.build(BuildConfig(data=folder, **PLAIN))
    quarantined = {row["doc_id"]: row for row in read_dataset(folder / "quarantine", QUARANTINE).to_pylist()}
    kinds = {"raise": "error", "segfault": "crash", "hang": "stalled", "memory": "memory"}
    expected = {struck[name]: kinds[what["how"]] for name, what in poison.items()}
    assert {name: row["kind"] for name, row in quarantined.items()} == expected
    assert "secret" not in str(quarantined)
    clean = tmp_path / "clean"
    write_documents(clean, {f"{n}.txt": text for n, text in enumerate(own) if doc_id(text) not in quarantined})
    build(clean)
    assert sorted(rows(folder, "shards"), key=str) == sorted(rows(clean, "shards"), key=str)


def test_where_every_document_is_poison_the_build_says_so(tmp_path: Path) -> None:
    (text,) = texts(1)
    write_documents(tmp_path, {"0.txt": text})
    poison = {"sections": {"doc_id": doc_id(text), "how": "raise"}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(corpus.build, "open_executor", lambda *_, **__: PoisonedExecutor(poison, 60.0))
        with pytest.raises(UserError, match="none of the 1 documents could be processed"):
            corpus.build.build(BuildConfig(data=tmp_path, **PLAIN))
    assert [row["doc_id"] for row in read_dataset(tmp_path / "quarantine", QUARANTINE).to_pylist()] == [doc_id(text)]


# ---------------------------------------------------------------------------------------------- the disk


class Called:
    """An executor without workers that tells failures as workers do."""

    limits = Limits()

    def map(self, stage: Stage, tasks: Iterable[Task]) -> Iterator[tuple[Task, Failure | None, Spent]]:
        for task in tasks:
            yield task, call(reference(stage), asdict(task), lambda word: None), Spent()

    def close(self) -> None:
        """Nothing to let go."""


def called_build(data: Path, **settings: Any) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(corpus.build, "open_executor", lambda *_, **__: Called())
        corpus.build.build(BuildConfig(data=data, **PLAIN | settings))


def test_a_full_or_read_only_disk_at_every_stage_is_one_sentence_and_the_next_run_carries_on(data: Path) -> None:
    """Each run fails where none has failed before; the one after the last gives the bytes of a build without faults."""
    expected = tree(data)
    stages = [path.relative_to(data) for path in sorted((data / "work/build").iterdir()) if path.is_dir()]
    assert len(stages) >= 12
    write = medpress.store.write_atomic
    sound = [*stages, *map(Path, ("shards", "dropped", "quarantine", "boilerplate", "index"))]
    faults = itertools.cycle((errno.ENOSPC, errno.EROFS))
    unbuilt(data)
    while sound:
        fault = next(faults)

        def full(path: Any, fill: Any, fault: int = fault) -> None:
            for place in sound:
                if Path(path).is_relative_to(data / place):
                    sound.remove(place)
                    raise OSError(fault, os.strerror(fault), str(path))
            write(path, fill)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(medpress.store, "write_atomic", full)
            with pytest.raises((UserError, OSError)) as caught:  # the command makes a sentence of either
                called_build(data)
        error = caught.value
        assert os.strerror(fault) in str(error) if isinstance(error, UserError) else error.errno in STORAGE, sound
        assert not list((data / "work").rglob("*.failed.json"))
    called_build(data)
    assert tree(data) == expected


def test_the_command_says_so_in_one_sentence(data: Path) -> None:
    expected = tree(data)
    unbuilt(data)
    command = [
        Path(sys.executable).parent / "corpus",
        "build",
        "--data",
        data,
        "--tagger",
        "lexicon",
        "--relations",
        "none",
    ]
    command += ["--filters.use", "length"]
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))  # noqa: E731
    uncompiled = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}  # Python would leave half of what it compiles
    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=limit, timeout=300, env=uncompiled)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert [line for line in done.stderr.splitlines() if "File too large" in line]
    assert tree(data) != expected


# ---------------------------------------------------------------------------------------------- damaged files


def test_a_damaged_shard_is_made_anew_and_nothing_else(data: Path) -> None:
    expected = tree(data)
    victims = [next((data / "shards").rglob("*.parquet")), next((data / "index").rglob("*.parquet"))]
    for victim in victims:
        damaged = bytearray(victim.read_bytes())
        damaged[len(damaged) // 2] ^= 0xFF
        with open(victim, "r+b") as file:  # in place: the work file is the same file
            file.write(damaged)
        with open(data / "log/build.jsonl", "w"):
            pass
        build(data)
        assert tree(data) == expected
        assert len((data / "log/build.jsonl").read_text().splitlines()) == 1
    assert all(check_manifest(data / kind) == [] for kind in ("shards", "dropped", "index"))


def test_work_files_without_their_end_are_made_anew(data: Path) -> None:
    expected = tree(data)
    folders = [path for path in sorted((data / "work/build").iterdir()) if list(path.glob("*.parquet"))]
    victims = [next(folder.glob("*.parquet")) for folder in folders]
    for victim in victims:
        with open(victim, "r+b") as file:
            file.truncate(victim.stat().st_size // 2)
    build(data, compact=True)  # without it nothing would be asked of them
    assert tree(data) == expected
    assert len((data / "log/build.jsonl").read_text().splitlines()) >= len(victims)


def test_damage_inside_a_work_file_is_told_and_quarantines_nobody(data: Path) -> None:
    victim = max((data / "work/build/score").glob("*.parquet"), key=lambda path: path.stat().st_size)
    damaged = bytearray(victim.read_bytes())
    damaged[200:2000] = bytes(1800)
    victim.write_bytes(damaged)
    shutil.rmtree(data / "work/build/screen")
    with pytest.raises(CorruptError, match="remove it and run the command that wrote it again"):
        called_build(data, compact=True)
    victim.unlink()
    expected = tree(data)
    called_build(data, compact=True)
    assert tree(data) == expected


@pytest.mark.parametrize("kind", ["documents", "pages"])
def test_damaged_input_is_told_before_anything_is_done(data: Path, kind: str) -> None:
    unbuilt(data)
    victim = next((data / kind).rglob("*.parquet"))
    victim.write_bytes(victim.read_bytes()[:-10] + b"0123456789")
    with pytest.raises(
        CorruptError, match=f"{victim.name} is not (the file that its manifest|a readable Parquet file)"
    ):
        build(data)


# ---------------------------------------------------------------------------------------------- another configuration


def test_another_configuration_rebuilds_what_it_changes_and_leaves_nothing_stale(data: Path, tmp_path: Path) -> None:
    before = set((data / "work/build/sections").iterdir())
    fewer = {"shards": 2, "filters": FilterConfig(use=("length",), min_words=60)}
    build(data, **fewer)
    assert set((data / "work/build/sections").iterdir()) == before
    fresh = tmp_path / "fresh"
    for kind in ("documents", "pages", "quarantine"):
        shutil.copytree(data / kind, fresh / kind)
    build(fresh, **fewer)
    assert tree(data) == tree(fresh)
    assert read_json(data / "shards/manifest.json")["config"]["shards"] == 2
    assert not list((data / "shards").rglob("0000[2-9].parquet"))
