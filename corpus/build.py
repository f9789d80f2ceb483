"""`corpus build`: from documents and pages to shards, with every decision recorded.

The method, step by step (each is declared in `corpus/steps/`):

    SECTIONS             a part of a segment   documents are cleaned and cut along their headings
    REDACT               a part                patients' identities go
    …BOILERPLATE         ranges of paragraphs  what a source repeats is counted, decided, and cut out
    SCORE, SCREEN        a part                language, lexicon and scores; the filters decide; signatures
    FIND_COPIES          ranges of hashes      exact duplicates
    FIND_PAIRS … VERIFY  ranges, then slices   near-duplicates: candidate pairs, compared unless an earlier build has
    DECIDE, RESOLVE      slices, then parts    who stays for whom
    …COMMON, FIND_HITS   a part                questions of benchmarks
    ANNOTATE             a part                entities, relations, classes, tokens of what is kept
    AUGMENT              a part                texts made from kept records go through all of the above
    WRITE_SHARD          a shard               or, when little changed, only the rows that differ
    INDEX_SHARD, TOKENS  a shard               what later builds compare with; the shards in tokens

A step's task is done once for the same input: an unchanged part costs a look at its name. What needs all records works
on columns of keys, never on their texts, and its results reach a part only where they change something in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus import augment as methods
from corpus.augment import model as by_model
from corpus.build_state import BuildState, read_state, write_state
from corpus.card import write_card
from corpus.config import BuildConfig
from corpus.dedup.index import Index, finish, open_index
from corpus.dedup.passes import hex_ranges, key_ranges
from corpus.dedup.redis_index import Address, SharedIndex, connect, is_address, parse
from corpus.steps import merge, shards
from corpus.steps.annotate import ANNOTATE
from corpus.steps.annotated import ANNOTATED, KEPT
from corpus.steps.ask_model import Asked, ask_model
from corpus.steps.augment import AUGMENT
from corpus.steps.boilerplate import COUNT_PARAGRAPHS, FIND_BOILERPLATE, STRIP_BOILERPLATE
from corpus.steps.cap import CAP_SHARE
from corpus.steps.clusters import DECIDE_CLUSTERS, RECORDS_PER_SLICE
from corpus.steps.components import ROUTE_PAIRS, SLICE_COMPONENTS, SPAN_FOREST, count_slices, grouped
from corpus.steps.contamination import COUNT_COMMON, FIND_COMMON, FIND_HITS
from corpus.steps.exact import FIND_COPIES, RECORDS_PER_RANGE
from corpus.steps.extractors import extractor
from corpus.steps.index import INDEX_SHARD
from corpus.steps.pairs import FIND_PAIRS, JOIN_PAIRS, KEYS_PER_RANGE, PAIRS_PER_RANGE
from corpus.steps.redaction import REDACT
from corpus.steps.resolve import RESOLVE
from corpus.steps.scores import SCORE
from corpus.steps.screen import SCREEN
from corpus.steps.sections import SECTIONS
from corpus.steps.shards import COMPARE_PARTS, GATHER, LEAVE_OUT, WRITE_ADDED, WRITE_SHARD
from corpus.steps.signatures import GATHER_BANDS, GATHER_PASSED
from corpus.steps.taggers import tagger
from corpus.steps.tokenizers import load as load_tokenizer
from corpus.steps.tokens import TOKENISE_SHARD
from corpus.steps.verify import GATHER_TEXTS, KEEP_VERIFIED, SHINGLES_PER_SLICE, VERIFY_PAIRS
from corpus.takedown import refuse_unfinished
from medpress.command import progress, resolved
from medpress.errors import CorruptError, UserError
from medpress.generation.client import model_name
from medpress.location import check_reachable, is_remote, location
from medpress.lock import exclusive
from medpress.memory import release
from medpress.quarantine import write_quarantine
from medpress.run.engine import open_executor
from medpress.run.identity import code_of, model_digests
from medpress.run.runner import Runner, rows_of
from medpress.run.step import Step, identities, write_list
from medpress.run.task import Failure, Limits, Outcome, Task
from medpress.schema import BOILERPLATE, SCHEMAS
from medpress.segments import Part as SegmentPart
from medpress.segments import read_segments
from medpress.store import (
    DATA,
    check_manifest,
    dataset,
    file_sha256,
    identity,
    is_whole,
    parts,
    place_file,
    read_dataset,
    read_manifest,
    read_table,
    refuse_older_layout,
    write_json,
    write_manifest,
    write_table,
    write_text,
)
from medpress.tokenising import DEFAULT_TOKENIZER, TOKENIZER_FILE, fingerprint
from medpress.training_index import is_of, write_training_index
from nlp import phi, relations, tagging

STEPS = (
    SECTIONS, REDACT, COUNT_PARAGRAPHS, FIND_BOILERPLATE, STRIP_BOILERPLATE, SCORE, SCREEN, GATHER_PASSED, FIND_COPIES,
    GATHER_BANDS, FIND_PAIRS, JOIN_PAIRS, SPAN_FOREST, SLICE_COMPONENTS, ROUTE_PAIRS, GATHER_TEXTS, VERIFY_PAIRS,
    KEEP_VERIFIED, DECIDE_CLUSTERS, RESOLVE, COUNT_COMMON, FIND_COMMON, FIND_HITS, ANNOTATE, AUGMENT, CAP_SHARE, GATHER,
    WRITE_SHARD, COMPARE_PARTS, WRITE_ADDED, LEAVE_OUT, INDEX_SHARD, TOKENISE_SHARD,
)  # fmt: skip
"""All steps, in the order in which they are first run. A new one is a file in `corpus/steps/` and its place here."""

PAGES_PER_PART = 1024
"""Pages of documents of one segment that are cut together, about; fixed, so that parts do not depend on the machine."""
PARTS_PER_GROUP = 64
"""Parts whose columns are gathered together."""
OCCURRENCES_PER_RANGE = 4_000_000
"""Paragraphs, each counted once a part, whose boilerplate is decided together, about."""
KEPT_COLUMNS = ["id", "content_hash", "text"]
"""What a team's index holds of a record."""
PRELOAD = ("corpus.steps.preload",)
"""Imported once, before the workers are forked."""
LARGEST_CHANGE = 0.2
"""Share of the records from which on a build writes all shards anew instead of what changed in them."""
MOST_ADDED_FILES = 64
"""Added files of both datasets together from which on a build writes all shards anew: a reader opens each."""


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
    refuse_older_layout(config.data)
    if not (config.data / "documents" / "manifest.json").exists():
        raise UserError(f"there are no documents in {config.data}; run `ingest` first.")
    _check_names(config)
    with exclusive(config.data):
        limits = Limits(step_seconds=config.task_seconds, memory_bytes=int(config.worker_gib * 2**30))
        preload = (*PRELOAD, "corpus.steps.preload_tagger") if config.tagger == BuildConfig().tagger else PRELOAD
        executor = open_executor(
            config.engine, workers=config.workers, limits=limits, preload=preload, address=config.address
        )
        try:
            return _Build(config, Runner(executor, config.data / "log" / "build.jsonl")).run()
        finally:
            executor.close()


def _check_names(config: BuildConfig) -> None:
    """Look at what the configuration names, so that a wrong name is told at once and not by every worker."""
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
    defaults = BuildConfig()
    try:
        phi.load_finder(config.phi.engine)
        if config.tagger not in ("none", "lexicon", defaults.tagger):
            tagger(config.tagger)
        if config.relations not in ("none", defaults.relations):
            extractor(config.relations)
        if config.tokenizer != DEFAULT_TOKENIZER:
            load_tokenizer(config.tokenizer)
    except (ValueError, ImportError, OSError) as error:
        raise UserError(str(error)) from error
    for kept in (tagger, extractor):  # whoever only hands out tasks has no use for half a gigabyte of models
        kept.cache_clear()
    release()


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


@dataclass(frozen=True, slots=True)
class _Part:
    """The files of some records on their way; a step that halves a part makes two of it."""

    origin: str
    """What the part is called from build to build: where its sections, or its augmented texts, were first written."""
    sections: str
    candidates: str = ""
    screened: str = ""
    resolved: str = ""
    annotated: str = ""


class _Build:
    """One build; each step is a pass of tasks whose inputs are the files of the passes before it."""

    def __init__(self, config: BuildConfig, runner: Runner) -> None:
        self.config, self.runner = config, runner
        self.work = config.data / "work" / "build"
        self.state = read_state(self.work)
        """What the last finished build left for this one."""
        self.values = resolved(config)
        self.quarantine: list[dict[str, Any]] = []
        self.augmentation_quarantine: list[dict[str, Any]] = []
        """The same for what fails while texts are augmented: their parents are in the shards all the same."""
        self.augmenting = False
        self.documents = 0
        self.sources = Counter[str]()
        """Documents of each source."""
        self.verified: list[str] = []
        """Files of pairs that are compared now, for the next build."""
        self.given: dict[str, list[str]] = {"verified": [], "changed": []}
        """What this build took over from earlier ones: files of compared pairs, and of records that may have changed."""
        self.found: list[str] = []
        """Files of boilerplate."""
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
        asked = self._all_that_decides()
        if asked == self.state.asked and self._is_whole():
            return _as_result(self.state.result)
        result = self._build()
        # Written only now that everything is in its place, the accounts included.
        write_state(self.work, replace(self.state, asked=self._all_that_decides(), result=_as_values(result)))
        return result

    def _all_that_decides(self) -> str | None:
        """Changes whenever a build may give something else; None where it rests on what is not here."""
        if self.shared or self.model or self.config.compact:
            return None
        data = self.config.data
        folders = [data / kind for kind in ("documents", "pages", "removed")]
        given = [file_sha256(file) for folder in folders if (file := folder / "manifest.json").exists()]
        benchmarks = [file_sha256(path) for path in self.config.decontaminate if path.is_file()]
        return identity(given, benchmarks, self._identity_config(), self._versions(), self.config.tokenize)

    def _is_whole(self) -> bool:
        """Whether all that the last build wrote is there as it was written."""
        kinds = ["shards", "dropped", "index", "boilerplate", *(["tokens"] if self.config.tokenize else [])]
        if not self._as_published() or not all((self.config.data / k / "manifest.json").exists() for k in kinds):
            return False
        others = () if is_remote(self.config.data) else kinds[2:]  # the first two were looked at
        return not any(check_manifest(self.config.data / kind) for kind in others)

    def _build(self) -> BuildResult:
        cut = self._cut()
        kept = self._annotate(self._decide(self._strip(self._redact(cut))))
        self._share(kept)
        made: list[_Part] = []
        augmented: list[_Part] = []
        if self.config.augment.max_share:
            made = self._augment(kept)
            augmented = self._decide_augmented(kept, made)
        self._publish(kept, augmented)
        write_card(self.config.data)
        self._tokenise()
        self._index_for_training()
        return self._account([part.sections for part in cut], [part.sections for part in made])

    # From documents to decisions.

    def _cut(self) -> list[_Part]:
        """Sections of all documents; of those that were cut before, only the names are looked at."""
        tasks = []
        for segment in read_segments(self.config.data):
            documents, pages = segment.files(self.config.data)
            columns = ["doc_id", "source", "n_pages"]
            rows = read_table(documents, columns).sort_by("doc_id")
            ids = rows["doc_id"].to_pylist()
            refuse_unfinished(self.config.data, ids)
            self.documents += len(ids)
            for source in pc.value_counts(rows["source"]).to_pylist():
                self.sources[source["values"]] += source["counts"]
            part = (np.cumsum(np.maximum(rows["n_pages"].to_numpy(), 1)) - 1) // PAGES_PER_PART
            edges = [0, *(np.flatnonzero(np.diff(part)) + 1).tolist(), len(ids)]
            chosen = [None] if len(edges) == 2 else [ids[a:b] for a, b in pairwise(edges)]
            made = [
                SECTIONS.task(
                    self.work,
                    documents=str(documents),
                    pages=str(pages),
                    section=self.values["section"],
                    only=only,
                )
                for only in chosen
            ]
            if any(not location(task.output).exists() for task in made):
                _check_bytes(documents, segment.documents)
                _check_bytes(pages, segment.pages)
            tasks += made
        outcomes = self._run("cut", SECTIONS, tasks)
        for doc_id, _, failure in self._alone(SECTIONS, outcomes):
            self._quarantine(doc_id, None, "cut", failure)
        files = _in_order(tasks, outcomes)
        if not files:
            self._refuse_nothing()
        return [_Part(origin=file, sections=file) for file in files]

    def _redact(self, cut: Sequence[_Part]) -> list[_Part]:
        settings = {name: value for name, value in self.values["phi"].items() if name != "engine"}
        arguments = {"phi": settings, "engine": self.config.phi.engine}
        return self._each("redact", REDACT, cut, "sections", "sections", lambda part: arguments)

    def _strip(self, redacted: Sequence[_Part]) -> list[_Part]:
        """The sections without what their source repeats: a part that holds nothing of it is used as it is."""
        settings = self.values["boilerplate"]
        least = self.config.boilerplate.min_documents
        documents = {source: count for source, count in sorted(self.sources.items()) if least and count >= least}
        if not documents:
            return list(redacted)
        files = [part.sections for part in redacted]
        tasks = [COUNT_PARAGRAPHS.task(self.work, sections=group) for group in _groups(files)]
        counts = _in_order(tasks, self._run("count paragraphs", COUNT_PARAGRAPHS, tasks))
        shared = {"counts": write_list(self.work, counts), "documents": documents, "boilerplate": settings}
        shared["folder"] = str(self.work / REDACT.name)
        ranges = key_ranges(-(-_count(counts) // OCCURRENCES_PER_RANGE))
        tasks = [FIND_BOILERPLATE.task(self.work, low=low, high=high, **shared) for low, high in ranges]
        self.found = _in_order(tasks, self._run("boilerplate", FIND_BOILERPLATE, tasks))
        paragraphs: dict[str, list[int]] = {}
        keepers: dict[str, dict[int, str]] = {}
        columns = ["paragraph", "keeper", "keeper_part", "parts", "taken_out"]
        for file in self.found:
            for row in read_table(file, columns).to_pylist():
                if row["taken_out"]:
                    for name in row["parts"]:
                        paragraphs.setdefault(name, []).append(row["paragraph"])
                    keepers.setdefault(row["keeper_part"], {})[row["paragraph"]] = row["keeper"]

        def arguments(part: _Part) -> dict[str, Any]:
            name = Path(part.sections).name
            kept_here = {str(key): keeper for key, keeper in sorted(keepers.get(name, {}).items())}
            return {"paragraphs": sorted(paragraphs[name]), "keepers": kept_here}

        holding = [part for part in redacted if Path(part.sections).name in paragraphs]
        stripped = self._each("strip boilerplate", STRIP_BOILERPLATE, holding, "sections", "sections", arguments)
        made: dict[str, list[_Part]] = {}
        for part in stripped:
            made.setdefault(part.origin, []).append(part)
        held = {part.sections for part in holding}
        found: list[_Part] = []
        for part in redacted:
            found += made.pop(part.origin, []) if part.sections in held else [part]
        return found

    def _decide(self, sections: Sequence[_Part]) -> list[_Part]:
        """What the filters and the duplicate search say of candidates, cut from documents or made from records."""
        scored = self._each("score", SCORE, sections, "sections", "candidates", lambda part: {})
        settings = {name: self.values[name] for name in ("filters", "dedup", "source_priority")}
        screened = self._each("screen", SCREEN, scored, "candidates", "screened", lambda part: settings)
        if not screened:
            self._refuse_nothing()
        with ExitStack() as holding:
            if not self.augmenting:
                for address in self.shared:
                    holding.enter_context(self._compare(address, screened))
            clusters = self._clusters(screened)
            shared = {"clusters": clusters, "threshold": self.config.dedup.threshold}
            parts = self._each("resolve", RESOLVE, screened, "screened", "resolved", lambda part: shared)
            if not self.augmenting:
                self._add(parts)
        return parts

    # Duplicates: passes over keys; only pairs that nobody has compared yet need their texts.

    def _clusters(self, screened: Sequence[_Part]) -> list[str]:
        """Files that say who stays for whom; none when no record has a duplicate."""
        files = [part.screened for part in screened]
        tasks = [GATHER_PASSED.task(self.work, screened=group) for group in _groups(files)]
        passed = _in_order(tasks, self._run("gather", GATHER_PASSED, tasks))
        records = _count(passed)
        folders = [str(known.folder) for known in self.indexes]
        tasks = [
            FIND_COPIES.task(self.work, passed=passed, low=low, high=high, indexes=folders)
            for low, high in hex_ranges(-(-records // RECORDS_PER_RANGE))
        ]
        exact = _in_order(tasks, self._run("exact duplicates", FIND_COPIES, tasks))
        tasks = [GATHER_BANDS.task(self.work, screened=group, exact=exact) for group in _groups(files)]
        bands = _in_order(tasks, self._run("gather bands", GATHER_BANDS, tasks))
        tasks = [
            FIND_PAIRS.task(self.work, bands=bands, low=str(low), high=str(high), indexes=folders)
            for low, high in key_ranges(-(-_count(bands) // KEYS_PER_RANGE))
        ]
        pairs = _in_order(tasks, self._run("pairs", FIND_PAIRS, tasks))
        edges = self._verify(screened, passed, pairs)
        forest = self._forest([(exact, "copies"), (edges, "duplicates")])
        if not forest:
            return []
        slices = self._slices(forest, [], RECORDS_PER_SLICE)
        duplicates = self._route(edges, "duplicates", slices)
        shared: dict[str, Any] = {"duplicates": duplicates, "exact": exact, "passed": passed, "slices": slices}
        tasks = [DECIDE_CLUSTERS.task(self.work, slice=n, **shared) for n in range(count_slices(slices))]
        return _in_order(tasks, self._run("clusters", DECIDE_CLUSTERS, tasks))

    def _verify(self, screened: Sequence[_Part], passed: list[str], pairs: list[str]) -> list[str]:
        """Files of all pairs, compared by this build or an earlier one."""
        earlier, changed = self._earlier(screened)
        if not self.augmenting:
            self.given = {"verified": earlier, "changed": changed}
        tasks = [
            JOIN_PAIRS.task(self.work, pairs=pairs, verified=earlier, changed=changed, low=low, high=high)
            for low, high in hex_ranges(-(-_count(pairs) // PAIRS_PER_RANGE))
        ]
        joined = _in_order(tasks, self._run("join pairs", JOIN_PAIRS, tasks))
        tasks = [KEEP_VERIFIED.task(self.work, joined=file) for file in joined] if earlier else []
        edges = _in_order(tasks, self._run("known pairs", KEEP_VERIFIED, tasks))
        forest = self._forest([(joined, "unverified")])
        if forest:
            slices = self._slices(forest, passed, SHINGLES_PER_SLICE)
            routed = self._route(joined, "unverified", slices)
            candidates = [part.candidates for part in screened]
            tasks = [
                GATHER_TEXTS.task(self.work, candidates=group, slices=slices)
                for group in _groups(list(dict.fromkeys(candidates)))
            ]
            texts = _in_order(tasks, self._run("gather texts", GATHER_TEXTS, tasks))
            shared: dict[str, Any] = {"pairs": routed, "texts": texts, "threshold": self.config.dedup.threshold}
            shared["indexes"] = [str(known.folder) for known in self.indexes]
            tasks = [VERIFY_PAIRS.task(self.work, slice=n, **shared) for n in range(count_slices(slices))]
            edges += _in_order(tasks, self._run("compare pairs", VERIFY_PAIRS, tasks))
        if not self.augmenting:
            self.verified = edges
        return edges

    def _verification(self) -> str:
        """What decides the comparison of a pair, but for the two texts."""
        digests = [known.digest for known in self.indexes]
        return identity(VERIFY_PAIRS.code.digest, self.config.dedup.threshold, digests)

    def _earlier(self, screened: Sequence[_Part]) -> tuple[list[str], list[str]]:
        """Files of pairs that an earlier build compared, and of the records whose texts may have changed since."""
        if self.augmenting or self.state.verification != self._verification():
            return [], []
        now = {Path(part.screened).name for part in screened}
        if now == set(self.state.screened):  # nothing is new: what the last build did is done
            given = self.state.given
            return (given["verified"], given["changed"]) if all(map(_is_there, given["verified"])) else ([], [])
        known = self.state.verified
        if not all(map(_is_there, known)):
            return [], []
        then = set(self.state.screened)
        return known, [part.screened for part in screened if Path(part.screened).name not in then]

    def _forest(self, sources: Sequence[tuple[list[str], str]]) -> str | None:
        """The forest of the wanted rows of some files, merged round by round; None when there are no such rows."""
        tasks = [
            SPAN_FOREST.task(self.work, pairs=group, wanted=wanted)
            for files, wanted in sources
            for group in grouped(files, [_count([file]) for file in files])
        ]
        forests = _in_order(tasks, self._run("components", SPAN_FOREST, tasks))
        forests = [file for file in forests if shards.holds_rows(file)]
        while len(forests) > 1:
            groups = grouped(forests, [_count([file]) for file in forests])
            tasks = [SPAN_FOREST.task(self.work, pairs=group, wanted="all") for group in groups]
            forests = _in_order(tasks, self._run("components", SPAN_FOREST, tasks))
        return forests[0] if forests else None

    def _slices(self, forest: str, passed: list[str], limit: int) -> str:
        task = SLICE_COMPONENTS.task(self.work, forest=forest, passed=passed, limit=limit)
        return _in_order([task], self._run("slices", SLICE_COMPONENTS, [task]))[0]

    def _route(self, files: Sequence[str], wanted: str, slices: str) -> list[str]:
        tasks = [ROUTE_PAIRS.task(self.work, pairs=file, wanted=wanted, slices=slices) for file in files]
        return _in_order(tasks, self._run("route pairs", ROUTE_PAIRS, tasks))

    # A team's index.

    @contextmanager
    def _compare(self, address: Address, screened: Sequence[_Part]) -> Iterator[None]:
        """Hold a team's index, and take from it what meets the candidates."""
        names = [Path(part.screened).name for part in screened]
        build = identity(names, self.values["dedup"], [known.digest for known in self.indexes])
        candidates = list(dict.fromkeys(part.candidates for part in screened))
        with connect(address, self.config.dedup.scheme) as shared, shared.held():
            earlier = shared.compared(build)
            state = shared.state if earlier is None else earlier
            folder = self.work / "known" / identity(str(address), build, state)
            if not (folder / "manifest.json").exists():
                shared.take(dataset(candidates).to_batches(columns=["content_hash", "text"]), folder)
            self.indexes.append(Index(folder.absolute()))
            self.comparisons.append(Comparison(shared, build, state, earlier is not None))
            yield

    def _add(self, resolved: Sequence[_Part]) -> None:
        """Add what is kept so far to the indexes that it was compared with, before anybody else looks there."""
        for comparison in self.comparisons:
            if not comparison.added:
                kept = dataset([part.resolved for part in resolved]).to_table(["id"], filter=KEPT)
                candidates = list(dict.fromkeys(part.candidates for part in resolved))
                rows = dataset(candidates).to_batches(columns=KEPT_COLUMNS)
                comparison.index.keep(rows, kept["id"].to_pylist(), comparison.build, comparison.state)

    def _share(self, annotated: Sequence[_Part]) -> None:
        """Leave in the teams' indexes what is really kept, now that the last record was decided on."""
        for address, comparison in zip(self.shared, self.comparisons, strict=True):
            kept = dataset([part.annotated for part in annotated], schema=ANNOTATED)
            ids = kept.to_table(["id"], filter=KEPT)["id"].to_pylist()
            with connect(address, self.config.dedup.scheme) as shared, shared.held():
                rows = kept.to_batches(columns=KEPT_COLUMNS, filter=KEPT)
                shared.keep(rows, ids, comparison.build, comparison.state)

    # Decontamination and annotation.

    def _contamination(self, parts: Sequence[_Part]) -> dict[str, str]:
        """Resolved file to the hits of benchmark questions in it; empty when no benchmark is named."""
        if not self.config.decontaminate:
            return {}
        missing = [path for path in self.config.decontaminate if not path.is_file()]
        if missing:
            raise UserError(f"the benchmark file {missing[0]} does not exist.")
        benchmarks = [str(path.absolute()) for path in self.config.decontaminate]

        def tasks_of(step: Step, **more: Any) -> list[Task]:
            shared = {"benchmarks": benchmarks, **more}
            return [
                step.task(self.work, candidates=part.candidates, resolved=part.resolved, **shared) for part in parts
            ]

        tasks = tasks_of(COUNT_COMMON)
        self.counts += _in_order(tasks, self._run("common n-grams", COUNT_COMMON, tasks))
        counts = write_list(self.work, self.counts)
        task = FIND_COMMON.task(self.work, counts=counts, benchmarks=benchmarks)
        (common,) = _in_order([task], self._run("common n-grams", FIND_COMMON, [task]))
        outcomes = self._run("benchmark questions", FIND_HITS, tasks_of(FIND_HITS, common=common))
        return {outcome.task.arguments["resolved"]: outcome.task.output for outcome in outcomes}

    def _annotation(self) -> str:
        """What decides the annotation of a text, but for the text."""
        names = ("tagger", "relations", "tokenizer")
        values = {name: tell(self.values[name]) for name, tell in ANNOTATE.models.items()}
        return identity(ANNOTATE.code.digest, [values[name] for name in names])

    def _annotate(self, parts: Sequence[_Part], borders: str | None = None) -> list[_Part]:
        hits = self._contamination(parts)
        settings = {name: self.values[name] for name in ("tagger", "relations", "tokenizer", "shards")}
        before = self.state.parts if self.state.annotation == self._annotation() and not self.augmenting else {}

        def arguments(part: _Part) -> dict[str, Any]:
            (previous,) = earlier if len(earlier := before.get(part.origin, [])) == 1 else (None,)
            if previous and not _is_there(previous):
                previous = None
            files = {"resolved": part.resolved, "hits": hits.get(part.resolved), "borders": borders}
            return {**files, "previous": previous, **settings}

        return self._each("annotate", ANNOTATE, parts, "candidates", "annotated", arguments)

    # Augmentation.

    def _augment(self, kept: Sequence[_Part]) -> list[_Part]:
        """Sections made from the kept records."""
        self.augmenting = True
        settings = {name: self.values[name] for name in ("tagger", "tokenizer")}
        settings |= {name: value for name, value in self._augmentation().items() if name != "max_share"}
        settings["tagger"] = "lexicon" if settings["tagger"] == "none" else settings["tagger"]
        replies = self._ask([part.annotated for part in kept]) if self.model else {}

        def arguments(part: _Part) -> dict[str, Any]:
            return {"replies": replies.get(part.annotated), **settings}

        made = self._each("augment", AUGMENT, kept, "annotated", "sections", arguments)
        made = [part for part in made if shards.holds_rows(part.sections)]
        return [_Part(origin=part.sections, sections=part.sections) for part in made]

    def _decide_augmented(self, kept: Sequence[_Part], made: Sequence[_Part]) -> list[_Part]:
        """What was made from the kept records goes through the steps that those went through, and is compared with them."""
        if not made:
            return []
        self._write_index(self._whole(kept, "shards"))
        against = self.indexes
        self.indexes = [*against, Index((self.config.data / "index").absolute())]
        parts = self._decide(self._redact(made))
        self.indexes = against
        return self._annotate(parts, self._cap(kept, parts))

    def _ask(self, annotated: Sequence[str]) -> dict[str, str]:
        """Annotated file to the file of a model's replies on its records, written anew from the journal by every build."""
        outputs = [self.work / "replies" / Path(file).name for file in annotated]
        journal = self.config.data / "journal" / "augmentation.jsonl"
        with progress("ask the model", len(annotated), "parts") as tick:
            self.asked = ask_model(annotated, self.config.augment, journal, outputs, tick)
        return {file: str(output) for file, output in zip(annotated, outputs, strict=True)}

    def _augmentation(self) -> dict[str, Any]:
        """The configuration of augmentation: which model is asked, not where it is and how patiently."""
        values = {name: value for name, value in self.values["augment"].items() if name != "generation"}
        return values | {"model": self.model} | ({} if self.model else {"model_methods": []})

    def _cap(self, kept: Sequence[_Part], made: Sequence[_Part]) -> str | None:
        """File of the ids beyond which augmented records are over the cap; none without a cap."""
        max_share = self.config.augment.max_share
        if max_share == 1:
            return None
        files: dict[str, Any] = {
            "candidates": [part.candidates for part in made],
            "resolved": [part.resolved for part in made],
        }
        task = CAP_SHARE.task(self.work, annotated=[part.annotated for part in kept], max_share=max_share, **files)
        return _in_order([task], self._run("share of augmented text", CAP_SHARE, [task]))[0]

    # Shards, dropped records, index and tokens.

    def _publish(self, kept: Sequence[_Part], augmented: Sequence[_Part]) -> None:
        files = _by_origin([*kept, *augmented])
        if not self._publish_changes(files, augmented):
            self._publish_whole([*kept, *augmented])
        if not augmented:  # else it was written before them, to compare them with
            self._write_index(self._entries("shards"))
        self._write_boilerplate()
        self._write_quarantine()
        write_json(self.config.data / "build.config.json", self.values)
        manifests = {kind: file_sha256(self.config.data / kind / "manifest.json") for kind in shards.SCHEMA_OF}
        state = BuildState(
            parts=files,
            annotation=self._annotation(),
            screened=sorted({Path(part.screened).name for part in kept}),
            verified=self.verified,
            given=self.given,
            verification=self._verification(),
            manifests=manifests,
            written={kind: self._written.get(kind, {}) for kind in ("shards", "dropped", "index", "tokens")},
        )
        self.state = replace(state, written=state.written | {"tokens": self.state.written.get("tokens", {})})
        write_state(self.work, self.state)

    @property
    def _written(self) -> dict[str, dict[str, str]]:
        """By dataset: name of a published file to the id of the task that made it."""
        return self.state.written

    def _publish_whole(self, annotated: Sequence[_Part]) -> None:
        for kind in shards.SCHEMA_OF:
            self._place(kind, self._whole(annotated, kind, publish=True))

    def _whole(self, annotated: Sequence[_Part], kind: str, publish: bool = False) -> dict[str, Task]:
        """The tasks that wrote all files of a dataset, by name."""
        gathered = self._gather([part.annotated for part in annotated])
        tasks = {}
        for place in _places(gathered):
            if place.startswith(f"{kind}/"):
                task = WRITE_SHARD.task(self.work, annotated=gathered, place=place)
                tasks[place[len(kind) + 1 : -1] + ".parquet"] = task
        if publish:
            shards.forget_damaged(tasks, self.config.data / kind)
        self._run(kind, WRITE_SHARD, list(tasks.values()))
        return tasks

    def _gather(self, annotated: Sequence[str]) -> list[str]:
        """The annotated files, merged until few enough are left for one task to read."""
        files = list(annotated)
        while len(files) > merge.FAN_IN:
            tasks = [GATHER.task(self.work, annotated=group) for group in _groups(files, merge.FAN_IN)]
            files = _in_order(tasks, self._run("merge", GATHER, tasks))
        return files

    def _publish_changes(self, files: Mapping[str, list[str]], augmented: Sequence[_Part]) -> bool:
        """Write only what differs from what is published; false when all has to be written anew."""
        then = self.state.parts
        if self.config.compact or augmented or not self._as_published():
            return False
        changed = sorted(
            origin for origin in files.keys() | then.keys() if files.get(origin, []) != then.get(origin, [])
        )
        if any(not _is_there(file) for origin in changed for file in then.get(origin, [])):
            return False
        tasks = [
            COMPARE_PARTS.task(self.work, annotated=files.get(origin, []), before=then.get(origin, []))
            for origin in changed
        ]
        differences = _in_order(tasks, self._run("what changed", COMPARE_PARTS, tasks))
        published = sum(read_manifest(self.config.data / kind)["rows"] for kind in shards.SCHEMA_OF)
        added = sum(_is_added(path) for kind in shards.SCHEMA_OF for path in parts(self.config.data / kind))
        if _count(differences) > LARGEST_CHANGE * published or (differences and added >= MOST_ADDED_FILES):
            return False
        for kind in shards.SCHEMA_OF:
            self._place(kind, self._changed(kind, differences), whole=False)
        return True

    def _as_published(self) -> bool:
        """Whether the shards are those that the last build left."""
        if not self.state.parts:
            return False
        try:
            now = {kind: file_sha256(self.config.data / kind / "manifest.json") for kind in shards.SCHEMA_OF}
            config = read_manifest(self.config.data / "shards")["config"]
        except FileNotFoundError:
            return False
        if now != self.state.manifests or config["shards"] != self.config.shards:
            return False
        if is_remote(self.config.data):
            return True
        return not any(check_manifest(self.config.data / kind) for kind in shards.SCHEMA_OF)

    def _changed(self, kind: str, differences: Sequence[str]) -> dict[str, Task]:
        """The tasks that write what is different in a dataset, by name of the published file."""
        data = self.config.data / kind
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
            task = WRITE_ADDED.task(self.work, differences=list(differences), place=f"{kind}/{source_type}/")
            tasks[f"{source_type}/{_ADDED}{task.id}.parquet"] = task
        self._run("added", WRITE_ADDED, list(tasks.values()))
        checksums = {entry["path"]: entry["sha256"] for entry in read_manifest(data)["files"]}
        shorter: dict[str, Task] = {}
        for name, ids in sorted(_holders(data, gone).items()):
            path = f"{DATA}/{name}"
            arguments = {"sha256": checksums[path], "gone": sorted(ids), "shard": str(data / path)}
            shorter[name] = LEAVE_OUT.task(self.work, **arguments)
        self._run("left out", LEAVE_OUT, list(shorter.values()))
        return tasks | shorter

    def _place(self, kind: str, tasks: Mapping[str, Task], whole: bool = True) -> None:
        """Put what tasks wrote in its place in a dataset and describe it; without `whole` other files stay as they are."""
        folder = self.config.data / kind
        before = self._written.get(kind, {})
        after = {name: task.id for name, task in tasks.items()}
        if whole:
            shards.place({name: task.output for name, task in tasks.items()}, folder)
        else:
            after = before | after
            for name, task in tasks.items():
                target = folder / DATA / name
                if shards.holds_rows(task.output):
                    place_file(task.output, target)
                else:
                    target.unlink(missing_ok=True)
        same = {f"{DATA}/{name}" for name, id in after.items() if before.get(name) == id}
        asked = {"calls": self.asked.calls, "replies": self.asked.replies} if self.asked else None
        write_manifest(
            folder,
            kind=kind,
            config=self._identity_config(),
            versions=self._versions(),
            extra={"model_calls": asked} if asked else {},
            unchanged=_entries_of(folder, same),
        )
        self._written[kind] = after

    def _entries(self, kind: str) -> dict[str, dict[str, Any]]:
        """What the manifest of a dataset says of each file, by name."""
        return {
            entry["path"].removeprefix(f"{DATA}/"): entry for entry in read_manifest(self.config.data / kind)["files"]
        }

    def _write_index(self, of: Mapping[str, Any]) -> None:
        """The index of the kept records, a file for each of the shards: published ones, or tasks that wrote them."""
        scheme = resolved(self.config.dedup.scheme)
        folder = self.config.data / "index"
        tasks = {}
        for name, shard in of.items():
            path = shard.output if isinstance(shard, Task) else str(self.config.data / "shards" / DATA / name)
            sha256 = shard.id if isinstance(shard, Task) else shard["sha256"]
            tasks[name] = INDEX_SHARD.task(self.work, shard=path, sha256=sha256, scheme=scheme)
        shards.forget_damaged(tasks, folder)
        self._run("index", INDEX_SHARD, list(tasks.values()))
        before = self._written.get("index", {})
        after = {name: task.id for name, task in tasks.items()}
        same = {f"{DATA}/{name}" for name, id in after.items() if before.get(name) == id}
        unchanged = _entries_of(folder, same)
        shards.place({name: task.output for name, task in tasks.items()}, folder)
        finish(folder, self.config.dedup.scheme, unchanged)
        self._written["index"] = after

    def _write_boilerplate(self) -> None:
        tables = [read_table(file, BOILERPLATE.names) for file in self.found]
        order = [("source", "ascending"), ("documents", "descending"), ("id", "ascending")]
        table = pa.concat_tables([BOILERPLATE.empty_table(), *tables]).sort_by(order)
        folder = self.config.data / "boilerplate"
        if table.num_rows:
            write_table(folder / DATA / "boilerplate.parquet", table)
        else:
            shards.place({}, folder)
        write_manifest(folder, kind="boilerplate", config=self._identity_config(), versions=self._versions())

    def _write_quarantine(self) -> None:
        write_quarantine(self.config.data, "build", [*self.quarantine, *self.augmentation_quarantine])

    def _tokenise(self) -> None:
        folder = self.config.data / "tokens"
        if not self.config.tokenize:
            self._written.pop("tokens", None)
            return shards.withdraw(folder)
        tokenizer = load_tokenizer(self.config.tokenizer)
        tasks = {
            name: TOKENISE_SHARD.task(
                self.work,
                shard=str(self.config.data / "shards" / DATA / name),
                sha256=entry["sha256"],
                tokenizer=self.config.tokenizer,
            )
            for name, entry in self._entries("shards").items()
        }
        shards.forget_damaged(tasks, folder)
        self._run("tokenise", TOKENISE_SHARD, list(tasks.values()))
        shards.place({name: task.output for name, task in tasks.items()}, folder)
        write_text(folder / TOKENIZER_FILE, tokenizer.to_str(pretty=True) + "\n")
        config = {"tokenizer": Path(self.config.tokenizer).name, "fingerprint": fingerprint(tokenizer)}
        write_manifest(folder, kind="tokens", config=config, versions=identities([TOKENISE_SHARD]))

    def _index_for_training(self) -> None:
        """Where the rows of each source stand, for whoever trains on the shards; as it is when they are as they were."""
        for kind in ("shards", "tokens"):
            folder = self.config.data / kind
            if (folder / "manifest.json").exists() and not is_remote(folder) and not is_of(folder):
                write_training_index(folder)

    def _identity_config(self) -> dict[str, Any]:
        """The configuration without what cannot change a row."""
        apart = ("data", "against", "workers", "task_seconds", "worker_gib", "engine", "address", "strict", "tokenize")
        values = {name: value for name, value in self.values.items() if name not in (*apart, "compact")}
        return values | {"against": [known.digest for known in self.indexes], "augment": self._augmentation()}

    def _versions(self) -> dict[str, Any]:
        found = identities(STEPS)
        models = {name: tell(self.values[name]) for name, tell in ANNOTATE.models.items()}
        for module_of, name in ((tagging.module_of, self.config.tagger), (relations.module_of, self.config.relations)):
            if name != "none":
                for file in code_of(module_of(name)).files:
                    models |= model_digests(file)
        return found | {"models": dict(sorted((found["models"] | models).items()))}

    # The equations.

    def _account(self, cut: Sequence[str], made: Sequence[str]) -> BuildResult:
        result = BuildResult(documents=self.documents, tasks=dict(self.runner.counts))
        result.asked = self.asked
        result.sections, result.augmented = _count(cut), _count(made)
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
        taken_out = read_dataset(self.config.data / "boilerplate", SCHEMAS["boilerplate"], ["taken_out"])["taken_out"]
        result.boilerplate = pc.sum(taken_out).as_py() or 0
        result.quarantined = len(self.quarantine) + len(self.augmentation_quarantine)
        _check_sum("sections were cut", result.sections, result.kept, result.dropped, self.quarantine)
        of_texts = [row for row in self.augmentation_quarantine if row["stage"] != "augment"]
        _check_sum("texts were augmented", result.augmented, result.methods.total(), result.refused, of_texts)
        cut_documents = sum(pc.count_distinct(read_table(file, ["doc_id"])["doc_id"]).as_py() for file in cut)
        lost = self.documents - cut_documents - sum(row["stage"] == "cut" for row in self.quarantine)
        if lost:
            raise AccountError(f"{lost} documents were neither cut into sections nor quarantined")
        return result

    def _totals(self, kind: str, by: list[str], sums: list[tuple[str, str]]) -> Iterator[dict[str, Any]]:
        """Rows of a dataset counted by columns, and sums of others, file by file."""
        for file in parts(self.config.data / kind):
            table = read_table(file, [*by, *(name for name, _ in sums)])
            yield from table.group_by(by).aggregate([*sums, ([], "count_all")]).to_pylist()

    # Passes.

    def _run(self, label: str, step: Step, tasks: Sequence[Task]) -> list[Outcome]:
        if not tasks:
            return []
        with progress(label, len(tasks), f"{step.per}s") as tick:
            return self.runner.run(step, tasks, tick=tick)

    def _each(
        self,
        label: str,
        step: Step,
        given: Sequence[_Part],
        input: str,
        output: str,
        more: Callable[[_Part], Mapping[str, Any]],
    ) -> list[_Part]:
        """Run a step on each part: the file `input` of a part gives its file `output`. What fails is quarantined."""
        argument = {"sections": "sections", "annotated": "annotated"}.get(input, input)
        part_of: dict[str, _Part] = {}
        tasks = []
        for part in given:
            task = step.task(self.work, **{argument: getattr(part, input)}, **more(part))
            part_of[task.id] = part
            tasks.append(task)
        outcomes = self._run(label, step, tasks)
        owner = {_key(step, task, argument): part_of[task.id] for task in tasks}
        for doc_id, record_id, failure in self._alone(step, outcomes):
            self._quarantine(doc_id, record_id, label, failure)
        made: dict[_Part, list[_Part]] = {}
        for outcome in outcomes:
            if outcome.status in ("done", "skipped"):
                part = owner[_key(step, outcome.task, argument)]
                made.setdefault(part, []).append(replace(part, **{output: outcome.task.output}))
        return [new for part in given for new in sorted(made.pop(part, []), key=lambda p: getattr(p, output))]

    def _alone(self, step: Step, outcomes: Sequence[Outcome]) -> Iterator[tuple[str, str, Failure]]:
        """(document, record, failure) of each row that fails by itself."""
        if step.on_failure is None:
            return
        for outcome in outcomes:
            if outcome.status != "failed" or outcome.failure is None:
                continue
            keys = rows_of(step, outcome.task)
            if step is SECTIONS:
                yield from ((doc_id, "", outcome.failure) for doc_id in keys)
                continue
            a = outcome.task.arguments
            rows = read_table(a.get("candidates") or a.get("annotated") or a["sections"], ["id", "doc_id"])
            chosen = pc.is_in(rows[step.on_failure.key], pa.array(keys, pa.string()))
            for row in rows.filter(chosen).to_pylist():
                yield row["doc_id"], row["id"], outcome.failure

    def _quarantine(self, doc_id: str | None, record_id: str | None, stage: str, failure: Failure) -> None:
        row = {"uri": "", "doc_id": doc_id, "page": None, "record_id": record_id, "stage": stage}
        rows = self.augmentation_quarantine if self.augmenting else self.quarantine
        rows.append(row | {"kind": failure.kind, "message": failure.message})

    def _refuse_nothing(self) -> None:
        """End the run when no document is left."""
        self._write_quarantine()
        where = self.config.data / "quarantine"
        raise UserError(f"none of the {self.documents} documents could be processed; {where} says why.", exit_code=1)


def _as_values(result: BuildResult) -> dict[str, Any]:
    """A result as plain JSON values; what was asked of a model and the tasks are of its run only."""
    values = {
        name: getattr(result, name) for name in BuildResult.__dataclass_fields__ if name not in ("asked", "tasks")
    }
    return {
        name: [[*(key if isinstance(key, tuple) else (key,)), count] for key, count in value.items()]
        if isinstance(value, Counter)
        else value
        for name, value in values.items()
    }


def _as_result(values: Mapping[str, Any]) -> BuildResult:
    """The result of a build that had nothing to do."""
    result = BuildResult(tasks={"done": 0, "skipped": 0, "failed": 0})
    for name, value in values.items():
        if isinstance(value, list):
            value = Counter({tuple(key) if len(key) > 1 else key[0]: count for *key, count in value})
        setattr(result, name, value)
    return result


_ADDED = "added-"
"""Begins the name of a file with the rows that a build added."""


def _is_there(file: str) -> bool:
    return location(file).exists() and is_whole(file)


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


def _key(step: Step, task: Task, argument: str) -> str:
    """What tells the parts of one pass apart: the file, and for the same file in two parts what was decided of it."""
    return f"{task.arguments[argument]} {task.arguments.get('resolved', '')}"


def _by_origin(annotated: Sequence[_Part]) -> dict[str, list[str]]:
    files: dict[str, list[str]] = {}
    for part in annotated:
        files.setdefault(part.origin, []).append(part.annotated)
    return files


def _check_sum(what: str, count: int, kept: int, dropped: Counter[Any], quarantine: Sequence[dict[str, Any]]) -> None:
    """Every record comes out once. Raises `AccountError`."""
    quarantined = sum(row["record_id"] is not None for row in quarantine)
    if count != kept + dropped.total() + quarantined:
        raise AccountError(
            f"{count} {what} but {kept} kept + {dropped.total()} dropped + {quarantined} quarantined come out"
        )


def _check_bytes(path: Path, described: SegmentPart) -> None:
    """Raises `CorruptError` when an ingested file is not what the manifest describes."""
    if not path.exists() or file_sha256(path) != described.sha256:
        raise CorruptError(f"{path} is not the file that its manifest describes; run the same `ingest` command again.")


def _groups(files: Sequence[str], size: int = PARTS_PER_GROUP) -> list[list[str]]:
    """Consecutive files: one more at the end leaves all groups but the last as they are."""
    return [list(files[start : start + size]) for start in range(0, len(files), size)]


def _count(files: Sequence[str]) -> int:
    """Rows of some files."""
    return sum(dataset([file]).count_rows() for file in files)


def _in_order(tasks: Sequence[Task], outcomes: Sequence[Outcome]) -> list[str]:
    """Outputs of the tasks in their order; those of halves, which nobody foresaw, behind them."""
    done = {outcome.task.id: outcome.task.output for outcome in outcomes if outcome.status in ("done", "skipped")}
    first = [done.pop(task.id) for task in tasks if task.id in done]
    return [*first, *sorted(done.values())]


def _places(annotated: Sequence[str]) -> list[str]:
    """Where rows go: `shards/<source type>/<shard>/` and `dropped/…`, sorted."""
    return sorted(set[str]().union(*(merge.folders(file, "place") for file in annotated)))
