"""`corpus build`: from documents and pages to shards, with every decision recorded.

The method, step by step (each is declared in `corpus/steps/`):

    SECTIONS             a part of a segment   documents are cleaned and cut along their headings
    REDACT               a part                patients' identities go
    …BOILERPLATE         ranges of paragraphs  what a source repeats is counted, decided, and cut out
    …WORKS               slices of works       what a better document of the same work says goes
    APPARATUS            a part                citations, back matter, prompts and empty brackets are left out
    SCORE, SCREEN        a part                language, lexicon and scores; the filters decide; signatures
    FIND_COPIES          ranges of hashes      exact duplicates
    FIND_PAIRS … VERIFY  ranges, then slices   near-duplicates: candidate pairs, compared unless an earlier build has
    DECIDE, RESOLVE      slices, then parts    who stays for whom
    …COMMON, FIND_HITS   a part                questions of benchmarks
    ANNOTATE             a part                entities, relations, classes, tokens of what is kept
    AUGMENT              a part                texts made from kept records go through all of the above
    WRITE_SHARD          a shard               or, when little changed, only the rows that differ
    INDEX_SHARD, TOKENS  a shard               what later builds compare with; the shards in tokens
    FILTER_SENTENCES     a shard               what a pasted sentence is found by

A step's task is done once for the same input: an unchanged part costs a look at its name. What needs all records works
on columns of keys, never on their texts, and its results reach a part only where they change something in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc

from corpus.accounts import Account, BuildResult, account_for, as_result, as_values
from corpus.augment import methods
from corpus.augment import model as by_model
from corpus.build_state import BuildState, read_state, write_read_segments, write_state
from corpus.card import write_card
from corpus.config import BuildConfig
from corpus.duplicate_search import DuplicateSearch
from corpus.duplicates.index import Index, open_index
from corpus.duplicates.passes import key_ranges
from corpus.duplicates.redis_index import is_address
from corpus.flow import Flow, Part, count, groups, is_there
from corpus.publishing import About, Publisher
from corpus.review.verdicts import verdicts
from corpus.steps.annotate import ANNOTATE
from corpus.steps.apparatus import LEAVE_OUT_APPARATUS
from corpus.steps.ask_model import Asked, ask_model
from corpus.steps.augment import AUGMENT
from corpus.steps.boilerplate import COUNT_PARAGRAPHS, FIND_BOILERPLATE, STRIP_BOILERPLATE
from corpus.steps.cap import CAP_SHARE
from corpus.steps.clusters import DECIDE_CLUSTERS
from corpus.steps.components import ROUTE_PAIRS, SLICE_COMPONENTS, SPAN_FOREST
from corpus.steps.contamination import COUNT_COMMON, FIND_COMMON, FIND_HITS
from corpus.steps.exact import FIND_COPIES
from corpus.steps.extractors import extractor
from corpus.steps.index import INDEX_SHARD
from corpus.steps.pairs import FIND_PAIRS, JOIN_PAIRS
from corpus.steps.redaction import OURS, REDACT
from corpus.steps.repeated import COMPARE_WORKS, GATHER_WORKS, TELL_WORKS
from corpus.steps.resolve import RESOLVE
from corpus.steps.scores import SCORE
from corpus.steps.screen import SCREEN
from corpus.steps.sections import SECTIONS
from corpus.steps.sentences import FILTER_SENTENCES
from corpus.steps.shards import COMPARE_PARTS, GATHER, LEAVE_OUT, WRITE_ADDED, WRITE_SHARD
from corpus.steps.signatures import GATHER_BANDS, GATHER_KNOWN, GATHER_PASSED
from corpus.steps.taggers import tagger
from corpus.steps.tokenizers import load as load_tokenizer
from corpus.steps.tokens import TOKENISE_SHARD
from corpus.steps.verify import GATHER_TEXTS, KEEP_VERIFIED, VERIFY_PAIRS
from corpus.steps.works import DESCRIBE_WORKS, FIND_HOLDERS, FIND_KEYS, FIND_SHARED, JOIN_SHARED, SKETCH
from corpus.takedown import refuse_unfinished
from corpus.team_indexes import TeamIndexes
from corpus.work_search import told_of_works
from medpress import lineage, sentence_index
from medpress.command import progress, resolved
from medpress.errors import CorruptError, UserError, to_run
from medpress.generation.client import model_name
from medpress.location import check_reachable, is_remote, location
from medpress.lock import exclusive
from medpress.memory import release
from medpress.quarantine import write_quarantine
from medpress.run.engine import open_executor
from medpress.run.identity import code_of, model_digests
from medpress.run.runner import Runner
from medpress.run.step import Step, identities, write_list
from medpress.run.task import Limits, Task
from medpress.segments import Part as SegmentPart
from medpress.segments import read_segments
from medpress.store import (
    check_manifest,
    file_sha256,
    holds_rows,
    identity,
    read_table,
    refuse_older_layout,
    remove_leftovers,
    write_json,
)
from medpress.tokenising import DEFAULT_TOKENIZER
from nlp import relations, tagging

STEPS = (
    SECTIONS, REDACT, COUNT_PARAGRAPHS, FIND_BOILERPLATE, STRIP_BOILERPLATE, FIND_KEYS, SKETCH,
    FIND_SHARED, JOIN_SHARED, FIND_HOLDERS, DESCRIBE_WORKS, GATHER_WORKS, COMPARE_WORKS, TELL_WORKS, LEAVE_OUT_APPARATUS, SCORE, SCREEN, GATHER_PASSED, FIND_COPIES, GATHER_BANDS, GATHER_KNOWN, FIND_PAIRS, JOIN_PAIRS, SPAN_FOREST, SLICE_COMPONENTS, ROUTE_PAIRS, GATHER_TEXTS, VERIFY_PAIRS,
    KEEP_VERIFIED, DECIDE_CLUSTERS, RESOLVE, COUNT_COMMON, FIND_COMMON, FIND_HITS, ANNOTATE, AUGMENT, CAP_SHARE, GATHER,
    WRITE_SHARD, COMPARE_PARTS, WRITE_ADDED, LEAVE_OUT, INDEX_SHARD, FILTER_SENTENCES, TOKENISE_SHARD,
)  # fmt: skip
"""All steps, in the order in which they are first run. A new one is a file in `corpus/steps/` and its place here."""

PAGES_PER_PART = 1024
"""Pages of documents of one segment that are cut together, about; fixed, so that parts do not depend on the machine."""
OCCURRENCES_PER_RANGE = 4_000_000
"""Paragraphs, each counted once a part, whose boilerplate is decided together, about."""
READ, WRITTEN = ("documents", "pages", "reviews", "removed"), ("shards", "dropped", "boilerplate", "quarantine")
"""Datasets that a build reads, and that it writes."""
PRELOAD = ("corpus.steps.preload",)
"""Imported once, before the workers are forked."""


def build(config: BuildConfig) -> BuildResult:
    """Build shards from the documents of `config.data`.

    Raises `UserError` when nothing was ingested there, and `AccountError` when the equations do not hold.
    """
    check_reachable(config.data)
    refuse_older_layout(config.data)
    if not (config.data / "documents" / "manifest.json").exists():
        raise UserError(
            f"there are no documents in {config.data}; run {to_run('ingest auto PATH', config.data)} first."
        )
    _check_names(config)
    read, written = ([config.data / kind for kind in kinds] for kinds in (READ, WRITTEN))
    with exclusive(config.data), lineage.told(config.data, "corpus build", read, written):
        remove_leftovers(config.data / "work")
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
    unknown_to_model = [name for name in config.augment.model_methods if name not in by_model.MODEL_METHODS]
    if unknown_to_model:
        known = ", ".join(by_model.MODEL_METHODS)
        raise UserError(f"there is no augmentation method {unknown_to_model[0]} for a model: choose from {known}.")
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
    if not 0 < config.augment.max_method_share <= 1:
        raise UserError("the share of one method, --augment.max-method-share, is above 0 and at most 1.")
    defaults = BuildConfig()
    try:
        if config.phi.engine not in OURS:
            from nlp.phi import load_finder  # compiles patterns for a second, which only workers need

            load_finder(config.phi.engine)
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


class _Build:
    """One build; each step is a pass of tasks whose inputs are the files of the passes before it."""

    def __init__(self, config: BuildConfig, runner: Runner) -> None:
        work = config.data / "work" / "build"
        self.config = config
        self.flow = Flow(runner, work)
        self.augmentation_quarantine: list[dict[str, Any]] = []
        """What fails while texts are augmented: their parents are in the shards all the same."""
        self.augmenting = False
        self.state = read_state(work)
        """What the last finished build left for this one."""
        self.values = resolved(config)
        self.segments = read_segments(config.data)
        """What there is to read."""
        addresses = [path for path in config.against if is_address(path)]
        folders = [path for path in config.against if not is_address(path)]
        self.teams = TeamIndexes(addresses, config.dedup.scheme, self.values["dedup"], work)
        self.indexes = [self._open_index(path) for path in folders]
        """What the candidates are compared with."""
        self.values["against"] = [*map(str, self.teams.addresses), *folders]  # without passwords
        self.documents = 0
        self.sources = Counter[str]()
        """Documents of each source."""
        self.found: list[str] = []
        """Files of boilerplate."""
        self.counts: list[str] = []
        """In how many records each n-gram of the benchmarks stands."""
        generation = config.augment.generation
        self.model = model_name(generation) if generation.model else ""
        self.asked: Asked | None = None
        """What the model was asked, when there is one."""

    def _open_index(self, path: str) -> Index:
        opened = open_index(path, self.config.dedup.scheme)
        if opened.folder == (self.config.data / "index").absolute():
            raise UserError(f"the index in {path} is that of this data folder: every record would repeat itself.")
        return opened

    def run(self) -> BuildResult:
        decides = self._all_that_decides()
        if decides is not None and decides == self.state.asked and self._is_whole():
            return as_result(self.state.result)
        result = self._build()
        # Written only now that everything is in its place, the accounts included.
        self.state = replace(self.state, asked=self._all_that_decides(), result=as_values(result))
        write_state(self.flow.work, self.state)
        return result

    def _all_that_decides(self) -> str | None:
        """Changes whenever a build may give something else; None where it rests on what is not here."""
        if self.teams.addresses or self.model or self.config.compact:
            return None
        folders = [self.config.data / kind for kind in ("documents", "pages", "removed", "reviews")]
        given = [file_sha256(file) for folder in folders if (file := folder / "manifest.json").exists()]
        benchmarks = [file_sha256(path) for path in self.config.decontaminate if path.is_file()]
        return identity(given, benchmarks, self._identity_config(), self._versions(), self.config.tokenize)

    def _is_whole(self) -> bool:
        """Whether all that the last build wrote is there as it was written."""
        others = ["index", sentence_index.FOLDER, "boilerplate", *(["tokens"] if self.config.tokenize else [])]
        if not Publisher(self.flow, self.config, self.state, self._about()).as_published():
            return False
        if not all((self.config.data / kind / "manifest.json").exists() for kind in others):
            return False
        return is_remote(self.config.data) or not any(check_manifest(self.config.data / kind) for kind in others)

    def _build(self) -> BuildResult:
        data = self.config.data
        cut = self._cut()
        kept = self._annotate(self._decide(self._text_alone(self._one_work(self._strip(self._redact(cut))))))
        self.teams.share(kept)
        self.publisher = Publisher(self.flow, self.config, self.state, self._about())
        made: list[Part] = []
        augmented: list[Part] = []
        quarantine = self.flow.quarantine
        if self.config.augment.max_share:
            made = self._augment(kept)
            augmented = self._decide_augmented(kept, made)
        self.publisher.about = self._about()  # a model has been asked since
        self._publish(kept, augmented)
        write_quarantine(data, "build", [*quarantine, *self.augmentation_quarantine])
        write_json(data / "build.config.json", self.values)
        write_read_segments(data, self.segments)
        write_card(data)
        self.publisher.write_tokens()
        self.publisher.write_training_indexes()
        account = Account(
            documents=self.documents,
            cut=[part.sections for part in cut],
            made=[part.sections for part in made],
            quarantine=quarantine,
            augmentation_quarantine=self.augmentation_quarantine,
        )
        return replace(account_for(data, account), asked=self.asked, tasks=dict(self.flow.runner.counts))

    # From documents to decisions.

    def _cut(self) -> list[Part]:
        """Sections of all documents; of those that were cut before, only the names are looked at."""
        tasks = []
        for segment in self.segments:
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
                    self.flow.work,
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
        files = self.flow.documents("cut", SECTIONS, tasks)
        if not files:
            self._refuse_nothing()
        return [Part(origin=file, sections=file) for file in files]

    def _redact(self, cut: Sequence[Part]) -> list[Part]:
        settings = {name: value for name, value in self.values["phi"].items() if name != "engine"}
        arguments = {"phi": settings, "engine": self.config.phi.engine}
        return self.flow.each("redact", REDACT, cut, "sections", "sections", lambda part: arguments)

    def _strip(self, redacted: Sequence[Part]) -> list[Part]:
        """The sections without what their source repeats: a part that holds nothing of it is used as it is."""
        settings = self.values["boilerplate"]
        least = self.config.boilerplate.min_documents
        documents = {source: count for source, count in sorted(self.sources.items()) if least and count >= least}
        if not documents:
            return list(redacted)
        files = [part.sections for part in redacted]
        tasks = [COUNT_PARAGRAPHS.task(self.flow.work, sections=group) for group in groups(files)]
        counts = self.flow.outputs("count paragraphs", COUNT_PARAGRAPHS, tasks)
        shared = {"counts": write_list(self.flow.work, counts), "documents": documents, "boilerplate": settings}
        shared["folder"] = str(self.flow.work / REDACT.name)
        ranges = key_ranges(-(-count(counts) // OCCURRENCES_PER_RANGE))
        tasks = [FIND_BOILERPLATE.task(self.flow.work, low=low, high=high, **shared) for low, high in ranges]
        self.found = self.flow.outputs("boilerplate", FIND_BOILERPLATE, tasks)
        paragraphs: dict[str, list[int]] = {}
        keepers: dict[str, dict[int, str]] = {}
        columns = ["paragraph", "keeper", "keeper_part", "parts", "taken_out"]
        for file in self.found:
            for row in read_table(file, columns).to_pylist():
                if row["taken_out"]:
                    for name in row["parts"]:
                        paragraphs.setdefault(name, []).append(row["paragraph"])
                    keepers.setdefault(row["keeper_part"], {})[row["paragraph"]] = row["keeper"]

        def arguments(part: Part) -> dict[str, Any]:
            name = Path(part.sections).name
            kept_here = {str(key): keeper for key, keeper in sorted(keepers.get(name, {}).items())}
            return {"paragraphs": sorted(paragraphs[name]), "keepers": kept_here}

        return self._some("strip boilerplate", STRIP_BOILERPLATE, redacted, set(paragraphs), arguments)

    def _one_work(self, sections: Sequence[Part]) -> list[Part]:
        """The sections without what a better document of the same work says: a part that holds nothing of it is used as it
        is."""
        documents = [str(segment.files(self.config.data)[0]) for segment in self.segments]
        told = told_of_works(self.flow, documents, [part.sections for part in sections])
        return self._some("one work", TELL_WORKS, sections, set(told), lambda part: told[Path(part.sections).name])

    def _text_alone(self, sections: Sequence[Part]) -> list[Part]:
        """The sections without what serves the printed page."""
        return self.flow.each("apparatus", LEAVE_OUT_APPARATUS, sections, "sections", "sections", lambda part: {})

    def _some(
        self,
        label: str,
        step: Step,
        given: Sequence[Part],
        names: set[str],
        arguments: Callable[[Part], dict[str, Any]],
    ) -> list[Part]:
        """Run a step on the sections of those parts whose files have these names; the others are used as they are."""
        holding = [part for part in given if Path(part.sections).name in names]
        made: dict[str, list[Part]] = {}
        for part in self.flow.each(label, step, holding, "sections", "sections", arguments):
            made.setdefault(part.origin, []).append(part)
        held = {part.sections for part in holding}
        found: list[Part] = []
        for part in given:
            found += made.pop(part.origin, []) if part.sections in held else [part]
        return found

    def _decide(self, sections: Sequence[Part]) -> list[Part]:
        """What the filters and the duplicate search say of candidates, cut from documents or made from records."""
        scored = self.flow.each("score", SCORE, sections, "sections", "candidates", lambda part: {})
        settings = {name: self.values[name] for name in ("filters", "dedup", "source_priority")}
        said = verdicts(self.config.data)

        def arguments(part: Part) -> dict[str, Any]:
            return {"reviewed": _of_part(said, part.candidates), **settings}

        screened = self.flow.each("screen", SCREEN, scored, "candidates", "screened", arguments)
        if not screened:
            self._refuse_nothing()
        threshold = self.config.dedup.threshold
        with ExitStack() as holding:
            if not self.augmenting:
                self.indexes += holding.enter_context(self.teams.held(screened, self.indexes))
            search = DuplicateSearch(self.flow, threshold, self.indexes, None if self.augmenting else self.state)
            shared = {"clusters": search.clusters(screened), "threshold": threshold}
            parts = self.flow.each("resolve", RESOLVE, screened, "screened", "resolved", lambda part: shared)
            if not self.augmenting:
                self.search = search
                self.teams.add(parts)
        return parts

    # Decontamination and annotation.

    def _contamination(self, parts: Sequence[Part]) -> dict[str, str]:
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
                step.task(self.flow.work, candidates=part.candidates, resolved=part.resolved, **shared)
                for part in parts
            ]

        tasks = tasks_of(COUNT_COMMON)
        self.counts += self.flow.outputs("common n-grams", COUNT_COMMON, tasks)
        counts = write_list(self.flow.work, self.counts)
        task = FIND_COMMON.task(self.flow.work, counts=counts, benchmarks=benchmarks)
        (common,) = self.flow.outputs("common n-grams", FIND_COMMON, [task])
        outcomes = self.flow.run("benchmark questions", FIND_HITS, tasks_of(FIND_HITS, common=common))
        return {outcome.task.arguments["resolved"]: outcome.task.output for outcome in outcomes}

    def _annotation(self) -> str:
        """What decides the annotation of a text, but for the text."""
        names = ("tagger", "relations", "tokenizer")
        values = {name: tell(self.values[name]) for name, tell in ANNOTATE.models.items()}
        return identity(ANNOTATE.code.digest, [values[name] for name in names])

    def _annotate(self, parts: Sequence[Part], borders: str | None = None) -> list[Part]:
        hits = self._contamination(parts)
        settings = {name: self.values[name] for name in ("tagger", "relations", "tokenizer", "shards")}
        before = self.state.parts if self.state.annotation == self._annotation() and not self.augmenting else {}

        def arguments(part: Part) -> dict[str, Any]:
            (previous,) = earlier if len(earlier := before.get(part.origin, [])) == 1 else (None,)
            if previous and not is_there(previous):
                previous = None
            files = {"resolved": part.resolved, "hits": hits.get(part.resolved), "borders": borders}
            return {**files, "previous": previous, **settings}

        return self.flow.each("annotate", ANNOTATE, parts, "candidates", "annotated", arguments)

    # Augmentation.

    # Augmentation.

    def _augment(self, kept: Sequence[Part]) -> list[Part]:
        """Sections made from the kept records."""
        self.flow = Flow(self.flow.runner, self.flow.work, self.augmentation_quarantine)
        self.augmenting = True
        settings = {name: self.values[name] for name in ("tagger", "tokenizer")}
        caps = ("max_share", "max_method_share")
        settings |= {name: value for name, value in self._augmentation().items() if name not in caps}
        settings["tagger"] = "lexicon" if settings["tagger"] == "none" else settings["tagger"]
        replies = self._ask([part.annotated for part in kept]) if self.model else {}

        def arguments(part: Part) -> dict[str, Any]:
            return {"replies": replies.get(part.annotated), **settings}

        made = self.flow.each("augment", AUGMENT, kept, "annotated", "sections", arguments)
        made = [part for part in made if holds_rows(part.sections)]
        return [Part(origin=part.sections, sections=part.sections) for part in made]

    def _decide_augmented(self, kept: Sequence[Part], made: Sequence[Part]) -> list[Part]:
        """What was made from the kept records goes through the steps that those went through, and is compared with them."""
        if not made:
            return []
        self.publisher.write_index(self.publisher.whole(kept, "shards"))
        against = self.indexes
        self.indexes = [*against, Index((self.config.data / "index").absolute())]
        parts = self._decide(self._redact(made))
        self.indexes = against
        return self._annotate(parts, self._cap(kept, parts))

    def _ask(self, annotated: Sequence[str]) -> dict[str, str]:
        """Annotated file to the file of a model's replies on its records, written anew from the journal by every build."""
        outputs = [self.flow.work / "replies" / Path(file).name for file in annotated]
        journal = self.config.data / "journal" / "augmentation.jsonl"
        with progress("ask the model", len(annotated), "parts") as tick:
            self.asked = ask_model(annotated, self.config.augment, journal, outputs, tick)
        return {file: str(output) for file, output in zip(annotated, outputs, strict=True)}

    def _augmentation(self) -> dict[str, Any]:
        """The configuration of augmentation: which model is asked, not where it is and how patiently."""
        values = {name: value for name, value in self.values["augment"].items() if name != "generation"}
        return values | {"model": self.model} | ({} if self.model else {"model_methods": []})

    def _cap(self, kept: Sequence[Part], made: Sequence[Part]) -> str | None:
        """File of the ids beyond which augmented records are over a cap; none without caps."""
        augment = self.config.augment
        if augment.max_share == augment.max_method_share == 1:
            return None
        files: dict[str, Any] = {
            "candidates": [part.candidates for part in made],
            "resolved": [part.resolved for part in made],
        }
        caps: dict[str, Any] = {"max_share": augment.max_share, "max_method_share": augment.max_method_share}
        task = CAP_SHARE.task(self.flow.work, annotated=[part.annotated for part in kept], **caps, **files)
        return self.flow.outputs("share of augmented text", CAP_SHARE, [task])[0]

    # What is left, and what is said of it.

    def _publish(self, kept: Sequence[Part], augmented: Sequence[Part]) -> None:
        files: dict[str, list[str]] = {}
        for part in (*kept, *augmented):
            files.setdefault(part.origin, []).append(part.annotated)
        whole = self.config.compact or bool(augmented)
        if whole or not self.publisher.write_changes(files):
            self.publisher.write_whole([*kept, *augmented])
        if not augmented:  # else it was written before them, to compare them with
            self.publisher.write_index(self.publisher.entries("shards"))
        self.publisher.write_sentences()
        self.publisher.write_boilerplate(self.found)
        self.state = BuildState(
            parts=files,
            annotation=self._annotation(),
            screened=sorted({Path(part.screened).name for part in kept}),
            verified=self.search.verified,
            given=self.search.given,
            verification=self.search.verification(),
            manifests=self.publisher.manifests(),
            written=self.publisher.written,
        )
        write_state(self.flow.work, self.state)

    def _about(self) -> About:
        """What the manifests say beside their files."""
        asked = {"calls": self.asked.calls, "replies": self.asked.replies} if self.asked else None
        extra = {"model_calls": asked} if asked else {}
        return About(config=self._identity_config(), versions=self._versions(), extra=extra)

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

    def _refuse_nothing(self) -> None:
        """End the run when no document is left."""
        write_quarantine(self.config.data, "build", [*self.flow.quarantine, *self.augmentation_quarantine])
        where = self.config.data / "quarantine"
        raise UserError(f"none of the {self.documents} documents could be processed; {where} says why.", exit_code=1)


def _of_part(said: Mapping[str, tuple[str, str]], candidates: str) -> dict[str, list[str]]:
    """What was said of the records of a part: another part's verdicts are none of its business."""
    if not said:
        return {}
    return {id: list(said[id]) for id in read_table(candidates, ["id"])["id"].to_pylist() if id in said}


def _check_bytes(path: Path, described: SegmentPart) -> None:
    """Raises `CorruptError` when an ingested file is not what the manifest describes."""
    if not path.exists() or file_sha256(path) != described.sha256:
        raise CorruptError(f"{path} is not the file that its manifest describes; run the same `ingest` command again.")
