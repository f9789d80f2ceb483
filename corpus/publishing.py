"""Put what a build decided where it is found: shards and dropped records, whole or only what differs; index and tokens.

Every file is named in the manifest of its dataset. What earlier builds published is known by the task that wrote it
(`BuildState.written`), so that a file which is as it was is neither written nor read again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from corpus.build_state import BuildState
from corpus.config import BuildConfig
from corpus.duplicates.index import finish
from corpus.flow import Flow, Part, count, groups, is_there
from corpus.steps import merge, shards
from corpus.steps.index import INDEX_SHARD
from corpus.steps.sentences import FILTER_SENTENCES
from corpus.steps.shards import COMPARE_PARTS, GATHER, LEAVE_OUT, WRITE_ADDED, WRITE_SHARD
from corpus.steps.tokenizers import load as load_tokenizer
from corpus.steps.tokens import TOKENISE_SHARD
from medpress import sentence_index
from medpress.command import resolved
from medpress.errors import CorruptError
from medpress.location import is_remote, location
from medpress.run.step import Step, identities
from medpress.run.task import Task
from medpress.schema import BOILERPLATE
from medpress.store import (
    DATA,
    check_manifest,
    file_sha256,
    parts,
    publish_file,
    publish_files,
    publish_tables,
    read_manifest,
    read_table,
    remove_folder,
    write_manifest,
    write_text,
)
from medpress.tokenising import TOKENIZER_FILE, fingerprint
from medpress.training_index import is_of, write_training_index

LARGEST_CHANGE = 0.2
"""Share of the records from which on a build writes all shards anew instead of what changed in them."""
MOST_ADDED_FILES = 64
"""Added files of both datasets together from which on a build writes all shards anew: a reader opens each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What the manifests of a build say beside their files."""

    config: Mapping[str, Any]
    """The configuration, without what cannot change a row."""
    versions: Mapping[str, Any]
    """Steps, models and libraries with their identities."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """What only some builds have to say."""


class Publisher:
    """Writes the datasets of one data folder."""

    def __init__(self, flow: Flow, config: BuildConfig, state: BuildState, about: About) -> None:
        self.flow, self.config, self.state, self.about = flow, config, state, about
        self.data = config.data
        self.written = {kind: dict(names) for kind, names in state.written.items()}
        """By dataset: name of a published file to the id of the task that made it."""

    def manifests(self) -> dict[str, str]:
        """Checksums of the manifests of shards and dropped records."""
        return {kind: file_sha256(self.data / kind / "manifest.json") for kind in shards.SCHEMA_OF}

    def write_whole(self, annotated: Sequence[Part]) -> None:
        """Write all shards and dropped records, in their fixed number of files."""
        for kind in shards.SCHEMA_OF:
            self._place(kind, self.whole(annotated, kind, publish=True))

    def whole(self, annotated: Sequence[Part], kind: str, publish: bool = False) -> dict[str, Task]:
        """The tasks that wrote all files of a dataset, by name."""
        gathered = self._gather([part.annotated for part in annotated])
        tasks = {}
        for place in _places(gathered):
            if place.startswith(f"{kind}/"):
                task = WRITE_SHARD.task(self.flow.work, annotated=gathered, place=place)
                tasks[place[len(kind) + 1 : -1] + ".parquet"] = task
        if publish:
            _forget_damaged(tasks, self.data / kind)
        self.flow.run(kind, WRITE_SHARD, list(tasks.values()))
        return tasks

    def _gather(self, annotated: Sequence[str]) -> list[str]:
        """The annotated files, merged until few enough are left for one task to read."""
        files = list(annotated)
        while len(files) > merge.FAN_IN:
            tasks = [GATHER.task(self.flow.work, annotated=group) for group in groups(files, merge.FAN_IN)]
            files = self.flow.outputs("merge", GATHER, tasks)
        return files

    def write_changes(self, files: Mapping[str, list[str]]) -> bool:
        """Write only what differs from what is published; false when all has to be written anew."""
        then = self.state.parts
        if not self.as_published():
            return False
        changed = sorted(
            origin for origin in files.keys() | then.keys() if files.get(origin, []) != then.get(origin, [])
        )
        if any(not is_there(file) for origin in changed for file in then.get(origin, [])):
            return False
        tasks = [
            COMPARE_PARTS.task(self.flow.work, annotated=files.get(origin, []), before=then.get(origin, []))
            for origin in changed
        ]
        differences = self.flow.outputs("what changed", COMPARE_PARTS, tasks)
        published = sum(read_manifest(self.data / kind)["rows"] for kind in shards.SCHEMA_OF)
        added = sum(_is_added(path) for kind in shards.SCHEMA_OF for path in parts(self.data / kind))
        if count(differences) > LARGEST_CHANGE * published or (differences and added >= MOST_ADDED_FILES):
            return False
        for kind in shards.SCHEMA_OF:
            self._place(kind, self._changed(kind, differences), whole=False)
        return True

    def as_published(self) -> bool:
        """Whether the shards are those that the last build left."""
        if not self.state.parts:
            return False
        try:
            now = self.manifests()
            config = read_manifest(self.data / "shards")["config"]
        except FileNotFoundError:
            return False
        if now != self.state.manifests or config["shards"] != self.config.shards:
            return False
        if is_remote(self.data):
            return True
        return not any(check_manifest(self.data / kind) for kind in shards.SCHEMA_OF)

    def _changed(self, kind: str, differences: Sequence[str]) -> dict[str, Task]:
        """The tasks that write what is different in a dataset, by name of the published file."""
        data = self.data / kind
        gone: dict[str, list[str]] = {}
        new: set[str] = set()
        for file in differences:
            rows = read_table(file, ["place", "gone"])
            for place, is_gone in zip(rows["place"].to_pylist(), rows["gone"].to_pylist(), strict=True):
                dataset_kind, source_type, shard, id = place.split("/")
                if dataset_kind == kind and is_gone:
                    gone.setdefault(f"{source_type}/{shard}.parquet", []).append(id)
                elif dataset_kind == kind:
                    new.add(source_type)
        tasks: dict[str, Task] = {}
        for source_type in sorted(new):
            task = WRITE_ADDED.task(self.flow.work, differences=list(differences), place=f"{kind}/{source_type}/")
            tasks[f"{source_type}/{_ADDED}{task.id}.parquet"] = task
        self.flow.run("added", WRITE_ADDED, list(tasks.values()))
        checksums = {entry["path"]: entry["sha256"] for entry in read_manifest(data)["files"]}
        shorter: dict[str, Task] = {}
        for name, ids in sorted(_holders(data, gone).items()):
            path = f"{DATA}/{name}"
            arguments = {"sha256": checksums[path], "gone": sorted(ids), "shard": str(data / path)}
            shorter[name] = LEAVE_OUT.task(self.flow.work, **arguments)
        self.flow.run("left out", LEAVE_OUT, list(shorter.values()))
        return tasks | shorter

    def _place(self, kind: str, tasks: Mapping[str, Task], whole: bool = True) -> None:
        """Put what tasks wrote in its place in a dataset and describe it; without `whole` other files stay as they are."""
        folder = self.data / kind
        before = self.written.get(kind, {})
        after = {name: task.id for name, task in tasks.items()}
        if whole:
            publish_files(folder, {name: task.output for name, task in tasks.items()})
        else:
            after = before | after
            for name, task in tasks.items():
                publish_file(folder, name, task.output)
        same = {f"{DATA}/{name}" for name, id in after.items() if before.get(name) == id}
        write_manifest(
            folder,
            kind=kind,
            config=self.about.config,
            versions=self.about.versions,
            extra=self.about.extra,
            unchanged=_entries_of(folder, same),
        )
        self.written[kind] = after

    def entries(self, kind: str) -> dict[str, dict[str, Any]]:
        """What the manifest of a dataset says of each file, by name."""
        return {entry["path"].removeprefix(f"{DATA}/"): entry for entry in read_manifest(self.data / kind)["files"]}

    def write_index(self, of: Mapping[str, Any]) -> None:
        """The index of the kept records, a file for each of the shards: published ones, or tasks that wrote them."""
        scheme = resolved(self.config.dedup.scheme)
        folder = self.data / "index"
        tasks = {}
        for name, shard in of.items():
            path = shard.output if isinstance(shard, Task) else str(self.data / "shards" / DATA / name)
            sha256 = shard.id if isinstance(shard, Task) else shard["sha256"]
            tasks[name] = INDEX_SHARD.task(self.flow.work, shard=path, sha256=sha256, scheme=scheme)
        finish(folder, self.config.dedup.scheme, self._put(folder, "index", INDEX_SHARD, tasks))

    def write_sentences(self) -> None:
        """What a pasted sentence is found by, a file for each file of the shards and of the dropped records."""
        folder = self.data / sentence_index.FOLDER
        tasks = {}
        for kind in sentence_index.KINDS:
            for name, entry in self.entries(kind).items():
                texts = str(self.data / kind / DATA / name)
                tasks[f"{kind}/{name}"] = FILTER_SENTENCES.task(self.flow.work, texts=texts, sha256=entry["sha256"])
        unchanged = self._put(folder, "sentences", FILTER_SENTENCES, tasks)
        versions = identities([FILTER_SENTENCES])
        write_manifest(folder, kind=folder.name, config={}, versions=versions, unchanged=unchanged)

    def _put(self, folder: Path, label: str, step: Step, tasks: Mapping[str, Task]) -> dict[str, dict[str, Any]]:
        """Make a dataset hold what these tasks write, by relative name; returns what its manifest says of files that stay."""
        _forget_damaged(tasks, folder)
        self.flow.run(label, step, list(tasks.values()))
        before = self.written.get(folder.name, {})
        after = {name: task.id for name, task in tasks.items()}
        unchanged = _entries_of(folder, {f"{DATA}/{name}" for name, id in after.items() if before.get(name) == id})
        publish_files(folder, {name: task.output for name, task in tasks.items()})
        self.written[folder.name] = after
        return unchanged

    def write_boilerplate(self, found: Sequence[str]) -> None:
        """Publish what its sources repeat, of the files that tell."""
        tables = [read_table(file, BOILERPLATE.names) for file in found]
        order = [("source", "ascending"), ("documents", "descending"), ("id", "ascending")]
        table = pa.concat_tables([BOILERPLATE.empty_table(), *tables]).sort_by(order)
        folder = self.data / "boilerplate"
        publish_tables(folder, "boilerplate.parquet", [table], BOILERPLATE)
        write_manifest(folder, kind="boilerplate", config=self.about.config, versions=self.about.versions)

    def write_tokens(self) -> None:
        """The shards in tokens, when they are wanted."""
        folder = self.data / "tokens"
        if not self.config.tokenize:
            self.written.pop("tokens", None)
            return _withdraw(folder)
        tokenizer = load_tokenizer(self.config.tokenizer)
        tasks = {
            name: TOKENISE_SHARD.task(
                self.flow.work,
                shard=str(self.data / "shards" / DATA / name),
                sha256=entry["sha256"],
                tokenizer=self.config.tokenizer,
            )
            for name, entry in self.entries("shards").items()
        }
        _forget_damaged(tasks, folder)
        self.flow.run("tokenise", TOKENISE_SHARD, list(tasks.values()))
        publish_files(folder, {name: task.output for name, task in tasks.items()})
        write_text(folder / TOKENIZER_FILE, tokenizer.to_str(pretty=True) + "\n")
        config = {"tokenizer": Path(self.config.tokenizer).name, "fingerprint": fingerprint(tokenizer)}
        write_manifest(folder, kind="tokens", config=config, versions=identities([TOKENISE_SHARD]))

    def write_training_indexes(self) -> None:
        """Where the rows of each source stand, for whoever trains on the shards; as it is when they are as they were."""
        for kind in ("shards", "tokens"):
            folder = self.data / kind
            if (folder / "manifest.json").exists() and not is_remote(folder) and not is_of(folder):
                write_training_index(folder)


_ADDED = "added-"
"""Begins the name of a file with the rows that a build added."""


def _is_added(path: Path) -> bool:
    return path.name.startswith(_ADDED)


def _holders(folder: Path, gone: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Published file to the ids in it that go, given those ids by the shard that they belong to."""
    held: dict[str, list[str]] = {}
    by_type: dict[str, list[tuple[str, str]]] = {}
    for name, ids in gone.items():
        by_type.setdefault(name.partition("/")[0], []).extend((id, name) for id in ids)
    for source_type, wanted in by_type.items():
        shard_of = dict(wanted)
        ids = pa.array(sorted(shard_of), pa.string())
        for path in sorted((folder / DATA / source_type).glob(f"{_ADDED}*.parquet")):
            column = read_table(path, ["id"])["id"]
            for id in column.filter(pc.is_in(column, ids)).to_pylist():
                held.setdefault(f"{source_type}/{path.name}", []).append(id)
                del shard_of[id]
        for id, name in shard_of.items():
            held.setdefault(name, []).append(id)
    return held


def _entries_of(folder: Path, names: set[str]) -> dict[str, dict[str, Any]]:
    """What the manifest of a dataset says now of some of its files."""
    try:
        return {entry["path"]: entry for entry in read_manifest(folder)["files"] if entry["path"] in names}
    except FileNotFoundError:
        return {}


def _places(annotated: Sequence[str]) -> list[str]:
    """Where rows go: `shards/<source type>/<shard>/` and `dropped/…`, sorted."""
    return sorted(set[str]().union(*(merge.folders(file, "place") for file in annotated)))


def _withdraw(folder: Path) -> None:
    """Remove a dataset that this build does not write, so that nobody takes that of an earlier build for its own."""
    if folder.exists():
        remove_folder(folder)


def _forget_damaged(tasks: Mapping[str, Task], folder: Path) -> None:
    """Remove the work file of a published one whose bytes are no longer those of the manifest, so that it is made anew.

    `tasks` are by relative name. Both are one file with two names, so that damage to one is damage to the other.
    """
    try:
        described = {
            entry["path"].removeprefix(f"{DATA}/"): entry["sha256"] for entry in read_manifest(folder)["files"]
        }
    except (OSError, CorruptError):  # nothing was published, or nobody knows what
        return
    for name, task in tasks.items():
        published, source = folder / DATA / name, location(task.output)
        if is_remote(source) or name not in described or not (published.exists() and source.exists()):
            continue
        if published.samefile(source) and file_sha256(source) != described[name]:
            source.unlink()
