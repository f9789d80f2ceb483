"""The build from end to end: tasks, their order, and the check that nothing disappeared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from corpus import augment as methods
from corpus.augment import model as by_model
from corpus.card import write_card
from corpus.config import BuildConfig
from corpus.dedup.index import Index, band_file, finish, open_index
from corpus.dedup.passes import hex_ranges, key_ranges
from corpus.dedup.redis_index import Address, SharedIndex, connect, is_address, parse
from corpus.steps import (
    annotate,
    augment,
    boilerplate,
    candidate,
    cap,
    contamination,
    cut,
    duplicates,
    index,
    merge,
    models,
    screen,
    shards,
    tokenise,
)
from corpus.steps.duplicates import RECORDS_PER_PARTITION, SHINGLES_PER_SLICE
from corpus.steps.replies import Asked, ask_model
from corpus.takedown import refuse_unfinished
from medpress.command import UserError, progress, resolved
from medpress.errors import CorruptError
from medpress.generation.client import model_name
from medpress.location import check_reachable, is_remote, location
from medpress.lock import exclusive
from medpress.run.engine import open_executor
from medpress.run.runner import Runner
from medpress.run.task import Failure, Limits, Outcome, Stage, Task, make_task
from medpress.schema import BOILERPLATE, QUARANTINE, SCHEMAS
from medpress.store import (
    dataset,
    file_sha256,
    identity,
    parts,
    read_dataset,
    read_manifest,
    read_table,
    write_json,
    write_manifest,
    write_rows,
    write_table,
    write_text,
)
from medpress.tokenising import DEFAULT_TOKENIZER, TOKENIZER_FILE, fingerprint
from nlp import phi

PAGES_PER_PART = 1024
"""Pages of documents cut together, about; fixed, so that parts do not depend on the number of workers."""
HASH_PARTITIONS = 16
"""Partitions of the exact pass, by the first hex digit of the content hash."""
PARTS_PER_COUNT = 64
"""Part files whose paragraphs are counted together."""
KEPT_COLUMNS = ["id", "content_hash", "text"]
"""What a team's index holds of a record."""
PRELOAD = ("corpus.steps.preload",)
"""Imported once, before the workers are forked."""


@dataclass(slots=True)
class BuildResult:
    """What a build did, for the summary and the audit."""

    documents: int = 0
    """Documents in."""
    sections: int = 0
    """Records cut from them."""
    kept: int = 0
    """Records in the shards that are not augmented."""
    dropped: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Records dropped, by (stage, reason)."""
    boilerplate: int = 0
    """Paragraphs that were taken out, since their source repeats them."""
    quarantined: int = 0
    """Records or documents that could not be processed."""
    asked: Asked | None = None
    """What a model was asked for augmentation; None without one."""
    augmented: int = 0
    """Augmented texts made."""
    methods: Counter[str] = field(default_factory=Counter)
    """Augmented records in the shards, by method."""
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Augmented records dropped, by (stage, reason)."""
    tokens: Counter[str] = field(default_factory=Counter)
    """Tokens in the shards, by source."""
    records: Counter[str] = field(default_factory=Counter)
    """Records in the shards, by source."""
    tasks: dict[str, int] = field(default_factory=dict)
    """Tasks done, skipped and failed."""


def build(config: BuildConfig) -> BuildResult:
    """Build shards from the documents of `config.data`.

    Raises `UserError` when nothing was ingested there, and `AccountError` when the equations do not hold.
    """
    check_reachable(config.data)
    if not (config.data / "documents" / "manifest.json").exists():
        raise UserError(f"there are no documents in {config.data}; run `ingest` first.")
    versions = _check_names(config)
    with exclusive(config.data):
        limits = Limits(step_seconds=config.task_seconds, memory_bytes=int(config.worker_gib * 2**30))
        preload = (*PRELOAD, "corpus.steps.preload_tagger") if config.tagger == BuildConfig().tagger else PRELOAD
        executor = open_executor(
            config.engine, workers=config.workers, limits=limits, preload=preload, address=config.address
        )
        try:
            return _Build(config, Runner(executor, config.data / "log" / "build.jsonl"), versions).run()
        finally:
            executor.close()


def _check_names(config: BuildConfig) -> dict[str, str]:
    """Load what the configuration names, so that a wrong name is told at once and not by every worker.

    Returns the models' versions; the models themselves are let go.
    """
    unknown = [name for name in config.augment.methods if name not in methods.METHODS]
    if unknown:
        raise UserError(f"there is no augmentation method {unknown[0]}: choose from {', '.join(methods.METHODS)}.")
    unknown = [name for name in config.augment.model_methods if name not in by_model.MODEL_METHODS]
    if unknown:
        known = ", ".join(by_model.MODEL_METHODS)
        raise UserError(f"there is no augmentation method {unknown[0]} for a model: choose from {known}.")
    if config.augment.generation.model and not config.augment.max_share:
        raise UserError(
            "a model is named but nothing is to be augmented: give --augment.max-share too, 0.2 for example."
        )
    if config.augment.generation.model and is_remote(config.data):
        raise UserError(
            "replies of a model are kept in a journal, which cannot grow in an object store: use a local --data."
        )
    if not 0 <= config.augment.max_share <= 1:
        raise UserError("the share of augmented text, --augment.max-share, is between 0 and 1.")
    try:
        phi.load_finder(config.phi.engine)
        versions = _versions_of_models(config)
        if config.tokenizer != DEFAULT_TOKENIZER:
            models.tokenizer(config.tokenizer)
    except (ValueError, ImportError, OSError) as error:
        raise UserError(str(error)) from error
    models.forget()
    return versions


def _versions_of_models(config: BuildConfig) -> dict[str, str]:
    """Version of each model that annotates; what is `none` does not."""
    versions = {"tagger lexicon": models.tagger("lexicon").version}
    if config.tagger != "none":
        versions[f"tagger {config.tagger}"] = models.tagger(config.tagger).version
    if config.relations != "none":
        versions[f"relations {config.relations}"] = models.extractor(config.relations).version
    return versions


@dataclass(frozen=True, slots=True)
class Comparison:
    """A team's index that this build was compared with."""

    index: SharedIndex
    build: str
    state: str
    """Of the index, then."""
    added: bool
    """Whether an earlier run has added what this build keeps."""


class AccountError(Exception):
    """The counts do not add up: a fault of the program, never of the input."""


class _Part(NamedTuple):
    """The files of some records on their way."""

    candidates: str
    screened: str
    settled: str


class _Build:
    """The steps of one build; each is a pass of tasks whose inputs are the files of the passes before it."""

    def __init__(self, config: BuildConfig, runner: Runner, versions: dict[str, str]) -> None:
        self.config, self.runner = config, runner
        self.models = versions
        """Versions of the models that annotate."""
        self.work = config.data / "work" / "build"
        self.values = resolved(config)
        self.quarantine: list[dict[str, Any]] = []
        self.augmentation_quarantine: list[dict[str, Any]] = []
        """The same for what fails while texts are augmented: their parents are in the shards all the same."""
        self.augmenting = False
        generation = config.augment.generation
        self.model = model_name(generation) if generation.model else ""
        self.asked: Asked | None = None
        """What the model was asked, when there is one."""
        self.values["against"] = []  # without passwords
        self.indexes: list[Index] = []
        """What the candidates are compared with."""
        self.shared: list[Address] = []
        """Teams' indexes: compared with, and added to."""
        self.comparisons: list[Comparison] = []
        for path in config.against:
            if is_address(path):
                self.shared.append(parse(path))
                with connect(self.shared[-1], config.dedup.scheme):
                    self.values["against"].append(str(self.shared[-1]))
            else:
                self.indexes.append(self._open_index(path))
                self.values["against"].append(path)
        self.shared.sort(key=str)  # everybody holds them in this order, so that no two wait for each other
        self.counts: list[str] = []
        """In how many records each n-gram of the benchmarks stands."""

    def _open_index(self, path: str) -> Index:
        opened = open_index(path, self.config.dedup.scheme)
        if opened.folder == (self.config.data / "index").absolute():
            raise UserError(f"the index in {path} is that of this data folder: every record would repeat itself.")
        return opened

    def run(self) -> BuildResult:
        cuts = self._cut()
        parts = self._decide(self._boilerplate(cuts))
        annotated = self._annotate(parts, self._contamination(parts), None)
        gathered = self._gather(annotated)
        self._write_index(gathered, self._sign(sorted(part.screened for part in parts)))
        made = self._augment(annotated) if self.config.augment.max_share else []
        if made:
            gathered = self._gather(sorted([*gathered, *self._augmented(annotated, made)]))
        self._publish(gathered)
        write_card(self.config.data)
        self._tokenise()
        return self._account(cuts, made)

    def _augmented(self, annotated: Sequence[str], made: Sequence[str]) -> list[str]:
        """What was made from the kept records goes through the passes that those went through, and is compared with them."""
        against = self.indexes
        self.indexes = [*against, Index((self.config.data / "index").absolute())]
        parts = self._decide(made)
        self.indexes = against
        return self._annotate(parts, self._contamination(parts), self._cap(annotated, parts))

    def _decide(self, candidates: Sequence[str]) -> list[_Part]:
        """What the filters and the duplicate search say of candidates, cut from documents or made from records."""
        screened = self._screen(candidates)
        if not screened:
            self._write_quarantine()
            where = self.config.data / "quarantine"
            raise UserError(
                f"none of the {self.documents} documents could be processed; {where} says why.", exit_code=1
            )
        signed = self._sign(sorted(screened))
        with ExitStack() as holding:
            if not self.augmenting:
                for address in self.shared:
                    holding.enter_context(self._compare(address, candidates, sorted(screened)))
            exact = self._exact(signed)
            parts = self._settle(screened, self._near(candidates, signed, exact))
            if not self.augmenting:
                self._add(parts)
        return parts

    # One task per range of documents.

    def _cut(self) -> list[str]:
        self.documents = 0
        self.sources = Counter[str]()
        tasks = []
        versions = [cut.VERSION, candidate.VERSION, self.models["tagger lexicon"]]
        versions.append(phi.finder_version(self.config.phi.engine))
        described = self._described()
        for documents, pages in self._buckets():
            bytes_in = [_checked(documents, described), _checked(pages, described)]
            rows = read_table(documents, ["doc_id", "source", "n_pages"]).sort_by("doc_id")
            refuse_unfinished(self.config.data, rows["doc_id"].to_pylist())
            self.documents += rows.num_rows
            for source in pc.value_counts(rows["source"]).to_pylist():
                self.sources[source["values"]] += source["counts"]
            for first, last in _ranges(rows["doc_id"], rows["n_pages"].to_numpy()):
                tasks.append(self._cut_task(documents, pages, first, last, bytes_in, versions))

        def smaller(task: Task, failure: Failure) -> list[Task]:
            a = task.arguments
            files = location(a["documents"]), location(a["pages"])
            chosen = (pc.field("doc_id") >= a["first"]) & (pc.field("doc_id") <= a["last"])
            ids = sorted(dataset([a["documents"]]).to_table(["doc_id"], filter=chosen)["doc_id"].to_pylist())
            return [self._cut_task(*files, half[0], half[-1], a["bytes_in"], versions) for half in _halves(ids)]

        outcomes = self._pass("cut", cut.cut_documents, tasks, split=smaller)
        for outcome in outcomes:
            if outcome.status == "failed" and outcome.failure:
                self._quarantine(outcome.task.arguments["first"], None, "cut", outcome.failure)
        return _outputs(outcomes)

    def _described(self) -> dict[Path, str]:
        """Checksums of the ingested files, as their manifests have them."""
        folders = [self.config.data / kind for kind in ("documents", "pages")]
        return {
            folder / entry["path"]: entry["sha256"] for folder in folders for entry in read_manifest(folder)["files"]
        }

    def _buckets(self) -> list[tuple[Path, Path]]:
        folder = self.config.data / "documents"
        return [
            (folder / entry["path"], self.config.data / "pages" / entry["path"].replace("documents-", "pages-"))
            for entry in read_manifest(folder)["files"]
        ]

    def _cut_task(
        self, documents: Path, pages: Path, first: str, last: str, bytes_in: list[str], versions: list[str]
    ) -> Task:
        arguments = {
            "documents": str(documents),
            "pages": str(pages),
            "first": first,
            "last": last,
            "bytes_in": bytes_in,
            "section": self.values["section"],
            "phi": self.values["phi"],
        }
        key = [bytes_in, first, last, arguments["section"], arguments["phi"]]
        label = f"documents {first} to {last}"
        return make_task("cut", "/".join(versions), self.work / "cut", label, arguments, key=key)

    # Paragraphs that a source repeats: counted in groups of parts, decided by key range, cut out part by part.

    def _boilerplate(self, cuts: Sequence[str]) -> list[str]:
        """The candidates' files without boilerplate: a part that holds none is used as it is."""
        settings = self.values["boilerplate"]
        least = self.config.boilerplate.min_documents
        documents = {source: count for source, count in sorted(self.sources.items()) if least and count >= least}
        self.found: list[str] = []
        if not documents:
            return list(cuts)
        tasks = [
            self._task("paragraphs", boilerplate.VERSION, {"candidates": group}, key=_names(group))
            for group in _groups(cuts, PARTS_PER_COUNT)
        ]
        counts = _outputs(self._pass("count paragraphs", boilerplate.count, tasks))
        partitions = max(1, min(256, len(counts) // 4))  # the paragraphs of some 16,000 documents each
        edges = [(2**64 * number) // partitions for number in range(partitions + 1)]
        shared = {"counts": counts, "folder": str(self.work / "cut"), "documents": dict(self.sources)}
        shared |= {"boilerplate": settings}
        version = "/".join([boilerplate.VERSION, candidate.VERSION, self.models["tagger lexicon"]])
        tasks = [
            self._task(
                "boilerplate",
                version,
                shared | {"low": low, "high": high - 1},
                key=[_names(counts), documents, settings, low, high],
            )
            for low, high in pairwise(edges)
        ]
        self.found = _outputs(self._pass("boilerplate", boilerplate.find, tasks))
        return self._strip(cuts, version)

    def _strip(self, cuts: Sequence[str], version: str) -> list[str]:
        paragraphs: dict[str, list[int]] = {}
        keepers: dict[str, dict[int, str]] = {}
        columns = ["paragraph", "keeper", "keeper_part", "parts", "taken_out"]
        for file in self.found:
            for row in read_table(file, columns).to_pylist():
                if row["taken_out"]:
                    for part in row["parts"]:
                        paragraphs.setdefault(part, []).append(row["paragraph"])
                    keepers.setdefault(row["keeper_part"], {})[row["paragraph"]] = row["keeper"]

        def task(file: str, only: list[str] | None) -> Task:
            part = _name(file)
            a = {"paragraphs": sorted(paragraphs[part]), "keepers": keepers.get(part, {})}
            return self._task("strip", version, {"candidates": file, "only": only, **a}, key=[part, only, a])

        tasks = [task(file, None) for file in cuts if _name(file) in paragraphs]
        stripped = _outputs(self._pass("strip boilerplate", boilerplate.strip, tasks, halve=task))
        return sorted([*(file for file in cuts if _name(file) not in paragraphs), *stripped])

    # One task per part; a part that fails is halved until the record that breaks it stands alone.

    def _screen(self, cuts: Sequence[str]) -> dict[str, str]:
        """Screened file to the candidates' file that it decides on."""
        settings = {name: self.values[name] for name in ("filters", "dedup", "source_priority")}

        def task(file: str, only: list[str] | None) -> Task:
            arguments = {"candidates": file, "only": only, **settings}
            return self._task("screen", screen.VERSION, arguments, key=[_name(file), only, settings])

        outcomes = self._pass("screen", screen.screen, [task(file, None) for file in cuts], halve=task)
        return {o.task.output: o.task.arguments["candidates"] for o in outcomes if o.status in ("done", "skipped")}

    def _sign(self, screened: Sequence[str]) -> list[str]:
        """What the duplicate search needs of the candidates that passed, in few files."""
        tasks = [
            self._task("sign", duplicates.VERSION, {"screened": group}, key=_names(group))
            for group in _groups(screened, PARTS_PER_COUNT)
        ]
        return _outputs(self._pass("gather signatures", duplicates.gather_signatures, tasks))

    def _exact(self, signed: Sequence[str]) -> list[str]:
        tasks = [
            self._task(
                "exact",
                duplicates.VERSION,
                {"signed": list(signed), "low": low, "high": high, "indexes": self._folders()},
                key=[_names(signed), low, high, self._digests()],
            )
            for low, high in hex_ranges(-(-_count(signed) // RECORDS_PER_PARTITION))
        ]
        return _outputs(self._pass("exact duplicates", duplicates.exact_partition, tasks))

    def _near(self, cuts: Sequence[str], signed: Sequence[str], exact: Sequence[str]) -> str:
        dedup = self.values["dedup"]
        threshold = self.config.dedup.threshold
        key = [_names(signed), _names(exact), dedup, self._digests()]
        folders = self._folders()
        tasks = [
            self._task(
                "band",
                duplicates.VERSION,
                {
                    "signed": list(signed),
                    "exact": list(exact),
                    "band": band,
                    "low": low,
                    "high": high,
                    "indexes": folders,
                },
                key=[key, band, low, high],
            )
            for band in range(self.config.dedup.bands)
            for low, high in key_ranges(-(-_count(signed) // RECORDS_PER_PARTITION))
        ]
        pairs = _outputs(self._pass("band keys", duplicates.band_candidates, tasks))
        shingles = sum(pc.sum(read_table(file, ["n_shingles"])["n_shingles"]).as_py() or 0 for file in signed)
        slices = 2 * _count(pairs) * shingles // max(1, _count(signed)) // SHINGLES_PER_SLICE
        tasks = [
            self._task(
                "verify",
                duplicates.VERSION,
                {"pairs": pairs, "low": low, "high": high, "candidates": list(cuts), "threshold": threshold}
                | {"indexes": folders},
                key=[_names(pairs), _names(cuts), low, high, threshold, self._digests()],
            )
            for low, high in hex_ranges(slices + 1)
        ]
        edges = _outputs(self._pass("verify pairs", duplicates.verify_pairs, tasks))
        arguments = {"edges": edges, "exact": list(exact), "signed": list(signed)}
        key = [_names(edges), _names(exact), _names(signed)]
        task = self._task("clusters", duplicates.VERSION, arguments, key=key)
        return _outputs(self._pass("clusters", duplicates.decide_clusters, [task]))[0]

    @contextmanager
    def _compare(self, address: Address, candidates: Sequence[str], screened: Sequence[str]) -> Iterator[None]:
        """Hold a team's index, and take from it what meets the candidates."""
        build = identity(_names(candidates), _names(screened), self.values["dedup"], self._digests())
        with connect(address, self.config.dedup.scheme) as shared, shared.held():
            earlier = shared.compared(build)
            state = shared.state if earlier is None else earlier
            folder = self.work / "known" / identity(str(address), build, state)
            if not (folder / "manifest.json").exists():
                shared.take(dataset(list(candidates)).to_batches(columns=["content_hash", "text"]), folder)
            self.indexes.append(Index(folder.absolute()))
            self.comparisons.append(Comparison(shared, build, state, earlier is not None))
            yield

    def _add(self, parts: Sequence[_Part]) -> None:
        """Add what is kept so far to the indexes that it was compared with, before anybody else looks there."""
        for comparison in self.comparisons:
            if not comparison.added:
                settled = dataset([part.settled for part in parts]).to_table(["id"], filter=annotate.KEPT)
                rows = dataset([part.candidates for part in parts]).to_batches(columns=KEPT_COLUMNS)
                comparison.index.keep(rows, settled["id"].to_pylist(), comparison.build, comparison.state)

    def _share(self, annotated: Sequence[str]) -> None:
        """Leave in the teams' indexes what is really kept, now that the last record was decided on."""
        for address, comparison in zip(self.shared, self.comparisons, strict=True):
            kept = dataset(list(annotated), schema=annotate.ANNOTATED)
            ids = kept.to_table(["id"], filter=annotate.KEPT)["id"].to_pylist()
            with connect(address, self.config.dedup.scheme) as shared, shared.held():
                rows = kept.to_batches(columns=KEPT_COLUMNS, filter=annotate.KEPT)
                shared.keep(rows, ids, comparison.build, comparison.state)

    def _folders(self) -> list[str]:
        return [str(known.folder) for known in self.indexes]

    def _digests(self) -> list[str]:
        return [known.digest for known in self.indexes]

    def _settle(self, screened: Mapping[str, str], clusters: str) -> list[_Part]:
        threshold = self.config.dedup.threshold
        tasks = [
            self._task(
                "settle",
                duplicates.VERSION,
                {"screened": file, "clusters": clusters, "threshold": threshold},
                key=[_name(file), _name(clusters), threshold],
            )
            for file in sorted(screened)
        ]
        outcomes = self._pass("settle", duplicates.settle, tasks)
        files = [(o.task.arguments["screened"], o.task.output) for o in outcomes]
        return sorted((_Part(screened[file], file, settled) for file, settled in files), key=lambda part: part.settled)

    def _contamination(self, parts: Sequence[_Part]) -> dict[str, str]:
        """Settled file to the hits of benchmark questions in it; empty when no benchmark is named."""
        if not self.config.decontaminate:
            return {}
        missing = [path for path in self.config.decontaminate if not path.is_file()]
        if missing:
            raise UserError(f"the benchmark file {missing[0]} does not exist.")
        benchmarks = [str(path.absolute()) for path in self.config.decontaminate]
        key = [file_sha256(path) for path in self.config.decontaminate]

        def task(stage: str, part: _Part, extra: dict[str, Any], key: Any) -> Task:
            arguments = {"candidates": part.candidates, "settled": part.settled, "benchmarks": benchmarks, **extra}
            return self._task(stage, contamination.VERSION, arguments, key=[_name(part.settled), key])

        counting = [task("count", part, {}, key) for part in parts]
        self.counts += _outputs(self._pass("common n-grams", contamination.count_common, counting))
        extra = {"counts": self.counts}
        finding = [task("contamination", part, extra, [key, _names(self.counts)]) for part in parts]
        outcomes = self._pass("benchmark questions", contamination.find_hits, finding)
        return {outcome.task.arguments["settled"]: outcome.task.output for outcome in outcomes}

    def _annotate(self, parts: Sequence[_Part], hits: Mapping[str, str], borders: str | None) -> list[str]:
        settings = {name: self.values[name] for name in ("tagger", "relations", "tokenizer", "shards")}
        versions = [annotate.VERSION, *self.models.values()]
        part_of = {part.settled: part for part in parts}

        def task(decisions: str, only: list[str] | None) -> Task:
            candidates = part_of[decisions].candidates
            # The decisions' content, not their history: a new part elsewhere changes nothing here.
            found = hits.get(decisions)
            content = [file_sha256(file) if file else None for file in (decisions, found, borders)]
            key = [_name(candidates), content, only, settings]
            files = {"candidates": candidates, "settled": decisions, "hits": found, "borders": borders}
            return self._task("annotate", "/".join(versions), {**files, "only": only, **settings}, key=key)

        tasks = [task(part.settled, None) for part in parts]
        return _outputs(self._pass("annotate", annotate.annotate, tasks, halve=task))

    def _augment(self, annotated: Sequence[str]) -> list[str]:
        """Files of candidates made from the kept records."""
        self.augmenting = True
        settings = {name: self.values[name] for name in ("phi", "tagger", "tokenizer")}
        settings |= {name: value for name, value in self._augmentation().items() if name != "max_share"}
        settings["tagger"] = "lexicon" if settings["tagger"] == "none" else settings["tagger"]
        versions = [augment.VERSION, methods.VERSION, by_model.VERSION, candidate.VERSION]
        versions += [phi.finder_version(self.config.phi.engine), *self.models.values()]
        version = "/".join(versions)
        replies = self._ask(annotated) if self.model else {}

        def task(file: str, only: list[str] | None) -> Task:
            answered = replies.get(file)
            arguments = {"annotated": file, "replies": answered, "only": only, **settings}
            content = file_sha256(answered) if answered else None
            return self._task("augment", version, arguments, key=[_name(file), content, only, settings])

        tasks = [task(file, None) for file in annotated]
        made = _outputs(self._pass("augment", augment.augment_records, tasks, halve=task))
        return [file for file in made if _count([file])]

    def _ask(self, annotated: Sequence[str]) -> dict[str, str]:
        """Annotated file to the file of a model's replies on its records, written anew from the journal by every build."""
        outputs = [self.work / "replies" / _name(file) for file in annotated]
        journal = self.config.data / "journal" / "augmentation.jsonl"
        with progress("ask the model", len(annotated), "parts") as tick:
            self.asked = ask_model(annotated, self.config.augment, journal, outputs, tick)
        return {file: str(output) for file, output in zip(annotated, outputs, strict=True)}

    def _augmentation(self) -> dict[str, Any]:
        """The configuration of augmentation: which model is asked, not where it is and how patiently."""
        values = {name: value for name, value in self.values["augment"].items() if name != "generation"}
        return values | {"model": self.model} | ({} if self.model else {"model_methods": []})

    def _cap(self, annotated: Sequence[str], parts: Sequence[_Part]) -> str | None:
        """File of the ids beyond which augmented records are over the cap; none without a cap."""
        max_share = self.config.augment.max_share
        if max_share == 1:
            return None
        settled = [part.settled for part in parts]
        candidates = [part.candidates for part in parts]
        arguments = {"annotated": list(annotated), "candidates": candidates, "settled": settled, "max_share": max_share}
        key = [_names(annotated), _names(settled), max_share]
        task = self._task("cap", cap.VERSION, arguments, key=key)
        return _outputs(self._pass("share of augmented text", cap.cap_share, [task]))[0]

    def _gather(self, annotated: Sequence[str]) -> list[str]:
        """The annotated files, merged until few enough are left for one task to read."""
        files = list(annotated)
        while len(files) > merge.FAN_IN:
            tasks = [
                self._task("gather", shards.VERSION, {"annotated": group}, key=_names(group))
                for group in _groups(files, merge.FAN_IN)
            ]
            files = _outputs(self._pass("merge", shards.gather, tasks))
        return files

    def _publish(self, annotated: Sequence[str]) -> None:
        data = self.config.data
        places = _places(annotated)
        for kind in ("shards", "dropped"):
            tasks = {}
            for place in places:
                if place.startswith(kind):
                    a = {"annotated": list(annotated), "place": place}
                    task = self._task("publish", shards.VERSION, a, key=[_names(annotated), place])
                    tasks[place[len(kind) + 1 : -1] + ".parquet"] = task
            shards.forget_damaged(tasks, data / kind)
            self._pass(kind, shards.write_shard, list(tasks.values()))
            shards.place({name: task.output for name, task in tasks.items()}, data / kind)
            extra = {"model_calls": {"calls": self.asked.calls, "replies": self.asked.replies}} if self.asked else {}
            write_manifest(
                data / kind, kind=kind, config=self._identity_config(), versions=self._versions(), extra=extra
            )
        tables = [read_table(file, BOILERPLATE.names) for file in self.found]
        order = [("source", "ascending"), ("documents", "descending"), ("id", "ascending")]
        table = pa.concat_tables([BOILERPLATE.empty_table(), *tables]).sort_by(order)
        write_table(data / "boilerplate" / "boilerplate.parquet", table)
        write_manifest(
            data / "boilerplate", kind="boilerplate", config=self._identity_config(), versions=self._versions()
        )
        self._write_quarantine()
        write_json(data / "build.config.json", self.values)

    def _write_quarantine(self) -> None:
        rows = [*self.quarantine, *self.augmentation_quarantine]
        rows.sort(key=lambda row: (row["doc_id"] or "", row["record_id"] or ""))
        write_rows(self.config.data / "quarantine" / "build.parquet", rows, QUARANTINE)

    def _write_index(self, annotated: Sequence[str], signed: Sequence[str]) -> None:
        files: dict[str, str] = {}

        def passes(stage: Stage, arguments: Mapping[str, dict[str, Any]]) -> None:
            key = [_names(annotated), _names(signed)]
            files_in = {"annotated": list(annotated)}
            tasks = {
                name: self._task("index", index.VERSION, a | files_in, key=[key, name, a.get("place")])
                for name, a in arguments.items()
            }
            shards.forget_damaged(tasks, self.config.data / "index")
            self._pass("index", stage, list(tasks.values()))
            files.update({name: task.output for name, task in tasks.items()})

        places = [place for place in _places(annotated) if place.startswith("shards/")] or ["shards/"]
        passes(index.write_hashes, {f"hashes/{n:03d}.parquet": {"place": place} for n, place in enumerate(places)})
        passes(index.write_records, {f"records/{n:03d}.parquet": {"place": place} for n, place in enumerate(places)})
        hashes = [file for name, file in files.items() if name.startswith("hashes/")]
        shared = {"kept": hashes, "signed": list(signed), "ranges": -(-_count(signed) // RECORDS_PER_PARTITION)}
        passes(index.write_band, {band_file(band): shared | {"band": band} for band in range(self.config.dedup.bands)})
        self._share(annotated)
        folder = self.config.data / "index"
        shards.place(files, folder)
        finish(folder, self.config.dedup.scheme)

    def _tokenise(self) -> None:
        written, folder = self.config.data / "shards", self.config.data / "tokens"
        if not self.config.tokenize:
            return shards.withdraw(folder)
        tokenizer = models.tokenizer(self.config.tokenizer)
        name = fingerprint(tokenizer)
        tasks = {}
        for entry in read_manifest(written)["files"]:
            arguments = {"shard": str(written / entry["path"]), "tokenizer": self.config.tokenizer}
            tasks[entry["path"]] = self._task(
                "tokenise", tokenise.VERSION, arguments, key=[entry["path"], entry["sha256"], name]
            )
        shards.forget_damaged(tasks, folder)
        self._pass("tokenise", tokenise.tokenise_shard, list(tasks.values()))
        shards.place({path: task.output for path, task in tasks.items()}, folder)
        write_text(folder / TOKENIZER_FILE, tokenizer.to_str(pretty=True) + "\n")
        config = {"tokenizer": Path(self.config.tokenizer).name, "fingerprint": name}
        write_manifest(folder, kind="tokens", config=config, versions={"tokenise": tokenise.VERSION})

    def _identity_config(self) -> dict[str, Any]:
        """The configuration without what cannot change a byte."""
        apart = ("data", "against", "workers", "task_seconds", "worker_gib", "engine", "address", "strict", "tokenize")
        values = {name: value for name, value in self.values.items() if name not in apart}
        return values | {"against": self._digests(), "augment": self._augmentation()}

    def _versions(self) -> dict[str, str]:
        modules = {
            "cut": cut, "candidate": candidate, "boilerplate": boilerplate, "screen": screen, "duplicates": duplicates,
            "contamination": contamination, "annotate": annotate, "augment": augment, "methods": methods,
            "methods by model": by_model, "cap": cap,
            "publish": shards, "index": index,
        }  # fmt: skip
        return {name: module.VERSION for name, module in modules.items()} | self.models

    # The equations.

    def _account(self, cuts: Sequence[str], made: Sequence[str]) -> BuildResult:
        result = BuildResult(documents=self.documents, tasks=dict(self.runner.counts))
        result.asked = self.asked
        result.sections, result.augmented = _count(cuts), _count(made)
        for row in self._totals("shards", ["source", "augmentation"], [("n_tokens", "sum")]):
            result.tokens[row["source"]] += row["n_tokens_sum"]
            result.records[row["source"]] += row["count_all"]
            if row["augmentation"] is None:
                result.kept += row["count_all"]
            else:
                result.methods[row["augmentation"]] += row["count_all"]
        for row in self._totals("dropped", ["stage", "reason", "augmentation"], []):
            counts = result.dropped if row["augmentation"] is None else result.refused
            counts[row["stage"], row["reason"]] += row["count_all"]
        result.boilerplate = pc.sum(self._read("boilerplate", ["taken_out"])["taken_out"]).as_py() or 0
        result.quarantined = len(self.quarantine) + len(self.augmentation_quarantine)
        _check_sum("sections were cut", result.sections, result.kept, result.dropped, self.quarantine)
        of_texts = [row for row in self.augmentation_quarantine if row["stage"] != "augment"]
        _check_sum("texts were augmented", result.augmented, result.methods.total(), result.refused, of_texts)
        lost = sum(map(self._lost, self._buckets()))
        if lost:
            raise AccountError(f"{lost} documents have no record, no dropped row and no quarantine row")
        return result

    def _totals(self, kind: str, by: list[str], sums: list[tuple[str, str]]) -> Iterator[dict[str, Any]]:
        """Rows of a dataset counted by columns, and sums of others, file by file."""
        for file in parts(self.config.data / kind):
            table = read_table(file, [*by, *(name for name, _ in sums)])
            yield from table.group_by(by).aggregate([*sums, ([], "count_all")]).to_pylist()

    def _lost(self, bucket: tuple[Path, Path]) -> int:
        """Documents of a bucket of which nothing came out."""
        ids = read_table(bucket[0], ["doc_id"])["doc_id"].combine_chunks()
        bounds = pc.min_max(ids).as_py()
        in_bucket = (pc.field("doc_id") >= bounds["min"]) & (pc.field("doc_id") <= bounds["max"])
        seen = [self._read(kind, ["doc_id"], in_bucket)["doc_id"] for kind in ("shards", "dropped")]
        chunks = [chunk for column in seen for chunk in column.chunks]
        told = pa.array([row["doc_id"] for row in self.quarantine], pa.string())
        return len(ids) - int(pc.sum(pc.is_in(ids, pc.unique(pa.chunked_array([*chunks, told])))).as_py() or 0)

    def _read(self, kind: str, columns: list[str], filter: pc.Expression | None = None) -> pa.Table:
        return read_dataset(self.config.data / kind, SCHEMAS[kind], columns, filter)

    # Small things.

    def _task(self, stage: str, version: str, arguments: dict[str, Any], *, key: Any) -> Task:
        return make_task(stage, version, self.work / stage, stage, arguments, key=key)

    def _pass(
        self,
        label: str,
        stage: Stage,
        tasks: Sequence[Task],
        *,
        split: Callable[[Task, Failure], Sequence[Task]] | None = None,
        halve: Callable[[str, list[str]], Task] | None = None,
    ) -> list[Outcome]:
        """Run one pass.

        `split` makes smaller tasks of one that failed; `halve` does so for a task on the records of a part, and a
        record that fails alone is quarantined. A pass with neither cannot go on without one of its tasks.
        """
        part = {"annotate": "settled", "augment": "annotated"}.get(label, "candidates")

        def ids_of(task: Task) -> list[str]:
            return task.arguments["only"] or sorted(read_table(task.arguments[part], ["id"])["id"].to_pylist())

        def by_records(task: Task, failure: Failure) -> list[Task]:
            assert halve is not None
            return [halve(task.arguments[part], half) for half in _halves(ids_of(task))]

        with progress(label, len(tasks), "parts") as tick:
            outcomes = self.runner.run(stage, tasks, split=by_records if halve else split, tick=tick)
        for outcome in outcomes:
            if outcome.status == "failed" and outcome.failure:
                if halve:
                    (record_id,) = ids_of(outcome.task)
                    a = outcome.task.arguments
                    rows = read_table(a.get("candidates") or a["annotated"], ["id", "doc_id"]).to_pylist()
                    (row,) = [row for row in rows if row["id"] == record_id]
                    self._quarantine(row["doc_id"], row["id"], label, outcome.failure)
                elif not split:
                    message = f"the step `{label}` failed ({outcome.failure.kind}): {outcome.failure.message}"
                    raise UserError(message, exit_code=1)
        return outcomes

    def _quarantine(self, doc_id: str | None, record_id: str | None, stage: str, failure: Failure) -> None:
        row = {"uri": "", "doc_id": doc_id, "page": None, "record_id": record_id, "stage": stage}
        rows = self.augmentation_quarantine if self.augmenting else self.quarantine
        rows.append(row | {"kind": failure.kind, "message": failure.message})


def _check_sum(what: str, count: int, kept: int, dropped: Counter[Any], quarantine: Sequence[dict[str, Any]]) -> None:
    """Every record comes out once. Raises `AccountError`."""
    quarantined = sum(row["record_id"] is not None for row in quarantine)
    if count != kept + dropped.total() + quarantined:
        raise AccountError(
            f"{count} {what} but {kept} kept + {dropped.total()} dropped + {quarantined} quarantined come out"
        )


def _checked(path: Path, described: Mapping[Path, str]) -> str:
    """Checksum of an ingested file. Raises `CorruptError` when it is not what the manifest describes."""
    digest = file_sha256(path) if path.exists() else ""
    if described.get(path) != digest:
        raise CorruptError(f"{path} is not the file that its manifest describes; run the same `ingest` command again.")
    return digest


def _halves(items: list[str]) -> list[list[str]]:
    """Two halves, or nothing when there is only one item."""
    middle = len(items) // 2
    return [items[:middle], items[middle:]] if middle else []


def _ranges(ids: pa.ChunkedArray, n_pages: NDArray[np.int32]) -> list[tuple[str, str]]:
    """(first, last) of consecutive documents that have about `PAGES_PER_PART` pages together."""
    part = (np.cumsum(np.maximum(n_pages, 1)) - 1) // PAGES_PER_PART
    firsts = np.flatnonzero(np.diff(part, prepend=-1))
    lasts = np.append(firsts, len(part))[1:] - 1
    return [
        (ids[first].as_py(), ids[last].as_py()) for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True)
    ]


def _groups(files: Sequence[str], size: int) -> list[list[str]]:
    return [list(files[start : start + size]) for start in range(0, len(files), size)]


def _count(files: Sequence[str]) -> int:
    """Rows of some files."""
    return sum(dataset([file]).count_rows() for file in files)


def _outputs(outcomes: Sequence[Outcome]) -> list[str]:
    return sorted(outcome.task.output for outcome in outcomes if outcome.status in ("done", "skipped"))


def _name(file: str) -> str:
    return Path(file).name


def _places(annotated: Sequence[str]) -> list[str]:
    """Where rows go: `shards/<source type>/<shard>/` and `dropped/…`, sorted."""
    return sorted(set[str]().union(*(merge.folders(file, "place") for file in annotated)))


def _names(files: Sequence[str]) -> list[str]:
    return [Path(file).name for file in files]
