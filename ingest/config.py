"""What `ingest` can be told."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from ingest.document import ReadOptions
from medpress.command import MACHINE, Location, group
from medpress.ranges import Gibibytes, Seconds, between


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class IngestConfig:
    """What to read, as what, and with how much of the machine."""

    source_type: Literal["textbook", "guideline", "literature", "web", "note", "other"] | None = None
    """Kind of the documents; without it the folder's name or the format decides."""
    source: str | None = None
    """Name of the collection, an arm of the bandit; without it the first folder below the path."""
    license: str | None = None
    """Licence of the documents; without it what each file states."""
    lang: str | None = None
    """Language (ISO 639-1); without it detected."""
    read: Annotated[ReadOptions, Parameter(name="*"), group("Reading pages", 10)] = field(default_factory=ReadOptions)
    """How pages are read."""
    keep_pages_read_by_older_versions: bool = False
    """Leave documents as they are that would be read otherwise now, as OCR is dear; the manifest says how many."""
    workers: Annotated[int, between(0, 4096), MACHINE] = 0
    """Worker processes; 0 means one per core."""
    page_seconds: Annotated[Seconds, MACHINE] = 60.0
    """Time limit of one page, in CPU-seconds."""
    document_seconds: Annotated[Seconds, MACHINE] = 36_000.0
    """CPU-seconds that one run may spend on the pages of one document; those that are left then are quarantined."""
    run_seconds: Annotated[Seconds | None, MACHINE] = None
    """CPU-seconds after which a run begins to read nothing more; the same command goes on. Without it there is no end."""
    worker_gib: Annotated[Gibibytes, MACHINE] = 2.0
    """Memory limit of one worker, resident, in GiB."""
    engine: Annotated[Literal["local", "ray"], MACHINE] = "local"
    """Where tasks run: processes of this machine, or a Ray cluster."""
    address: Annotated[str | None, MACHINE] = None
    """Address of the Ray cluster; without it a local one is started."""
    data: Location = Path("data")
    """The data folder."""
    strict: bool = False
    """End with exit code 1 when anything was quarantined."""

    @property
    def memory_bytes(self) -> int:
        """Memory limit of one worker, in bytes."""
        return int(self.worker_gib * 2**30)
