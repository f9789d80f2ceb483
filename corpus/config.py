"""What a build can be told."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from corpus.augment.config import AugmentConfig
from corpus.duplicates.config import BoilerplateConfig, DedupConfig
from corpus.filters import FilterConfig
from corpus.phi_policy import PhiConfig
from corpus.section_size import SectionConfig
from medpress.command import MACHINE, Location, group
from medpress.ranges import Gibibytes, Seconds, between


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class BuildConfig:
    """A whole build. Tables of the TOML file are the nested parts: `[build.filters]`, `[build.dedup]`, …"""

    data: Location = Path("data")
    """The data folder: `documents/` and `pages/` are read, `shards/`, `dropped/` and `quarantine/` are written."""
    shards: Annotated[int, between(1, 4096)] = 8
    """Files a source type; a record's is chosen by the hash of its id."""
    tagger: str = "cascade"
    """Tagger of the kept records: lexicon, crf, cascade (CRF where a passage is medical), spacy:NAME,
    transformers:PATH or none."""
    relations: str = "rules"
    """Relation extractor: rules, linear, transformers:PATH or none."""
    tokenizer: str = "deepseek"
    """Tokenizer that counts tokens: the one that ships with medpress, a folder, or a Hugging Face id."""
    tokenize: bool = False
    """Also write `tokens/`: the shards in tokens of that tokenizer, which `train cpt --shards` takes as they are."""
    source_priority: tuple[str, ...] = ("guideline", "textbook", "literature", "note", "web", "other")
    """Of equally good duplicates the one whose source type comes first is kept."""
    section: Annotated[SectionConfig, group("Cutting into records", 10)] = field(default_factory=SectionConfig)
    """How documents are cut."""
    phi: Annotated[PhiConfig, group("Identities of patients", 20)] = field(default_factory=PhiConfig)
    """How patients' identities are removed."""
    filters: Annotated[FilterConfig, group("Quality filters", 30)] = field(default_factory=FilterConfig)
    """Thresholds of the quality filters."""
    boilerplate: Annotated[BoilerplateConfig, group("Boilerplate", 40)] = field(default_factory=BoilerplateConfig)
    """Paragraphs that a source repeats."""
    dedup: Annotated[DedupConfig, group("Near-duplicates", 50)] = field(default_factory=DedupConfig)
    """Near-duplicate search."""
    against: tuple[str, ...] = ()
    """Existing corpora (their data folders, or the `index` in them) whose records count as kept already: what repeats one
    of them is dropped. A team's index on a Redis server, redis://HOST:PORT/PREFIX?corpus=NAME, is added to as well.
    May be given several times."""
    decontaminate: tuple[Location, ...] = ()
    """Benchmark files (JSONL, JSON, CSV, Parquet) whose questions must not be in the corpus."""
    augment: Annotated[AugmentConfig, group("Augmentation", 60)] = field(default_factory=AugmentConfig)
    """New texts made from the kept ones."""
    compact: bool = False
    """Write all shards anew, in their fixed number: what earlier builds appended becomes part of them."""
    workers: Annotated[int, between(0, 4096), MACHINE] = 0
    """Worker processes; 0 means one per core."""
    task_seconds: Annotated[Seconds, MACHINE] = 300.0
    """CPU-seconds that one document may take in a step."""
    worker_gib: Annotated[Gibibytes, MACHINE] = 2.0
    """Memory limit of one worker, resident, in GiB."""
    engine: Annotated[Literal["local", "ray"], MACHINE] = "local"
    """Where tasks run: processes of this machine, or a Ray cluster."""
    address: Annotated[str | None, MACHINE] = None
    """Address of the Ray cluster; without it a local one is started."""
    strict: bool = False
    """End with exit code 1 when anything was quarantined."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class WhatIfConfig:
    """Which thresholds are tried on what was built."""

    data: Location = Path("data")
    """The data folder with `shards/` and `dropped/`."""
    filters: Annotated[FilterConfig, group("Quality filters", 30)] = field(default_factory=FilterConfig)
    """Thresholds to try; those that are not given are as in the last build."""
