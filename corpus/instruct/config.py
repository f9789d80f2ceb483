"""What taking in instruction data can be told."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from corpus.duplicates.config import DedupConfig
from medpress.command import Location
from medpress.ranges import between


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class InstructConfig:
    """How instruction data is taken in."""

    stage: Literal[1, 2, 3] | None = None
    """Training stage of these files; without it suggested for each conversation by how demanding it is."""
    source: str | None = None
    """Name of the collection; without it the file's name, where that is sure to be nobody's."""
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
    workers: Annotated[int, between(0, 4096)] = 0
    """Worker processes; 0 means one per core."""
    data: Location = Path("data")
    """The data folder."""
