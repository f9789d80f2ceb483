"""What a finished build leaves for the next one: which parts it was made of, and which pairs it has compared.

Nothing rests on it: without it, or with another version of it, the next build makes everything anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from medpress.segments import Segment, read_segments
from medpress.store import read_json, write_json

VERSION_OF_STATE = 2
"""Of this file; another one is as good as none."""


READ_SEGMENTS = "build.documents.json"
"""In a data folder: the segments that its shards were made of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildState:
    """Of one data folder. Files are places in its work folder."""

    parts: dict[str, list[str]] = field(default_factory=dict)
    """Origin of each part to the annotated files whose rows are in the shards."""
    annotation: str = ""
    """What those were annotated by."""
    screened: list[str] = field(default_factory=list)
    """Names of the screened files whose records were compared."""
    verified: list[str] = field(default_factory=list)
    """Files of the pairs that were compared."""
    given: dict[str, list[str]] = field(default_factory=lambda: {"verified": [], "changed": []})
    """Files of pairs that an earlier build had compared, and of the records whose texts may have changed since, as the last
    build found them: an unchanged build asks for the same."""
    verification: str = ""
    """What they were compared by."""
    manifests: dict[str, str] = field(default_factory=dict)
    """Checksums of the manifests of the shards and the dropped records."""
    asked: str | None = None
    """All that decided the last finished build; None where another run may give something else."""
    result: dict[str, Any] = field(default_factory=dict)
    """What it came to, as `BuildResult` has it."""
    written: dict[str, dict[str, str]] = field(default_factory=dict)
    """By dataset: name of a published file to the id of the task that made it."""


def read_state(work: Path) -> BuildState:
    """The state in a work folder; an empty one when there is none that can be used."""
    try:
        stored = json.loads((work / "state.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return BuildState()
    if not isinstance(stored, dict) or stored.pop("version", None) != VERSION_OF_STATE:
        return BuildState()
    if stored.keys() != set(BuildState.__dataclass_fields__):
        return BuildState()
    here = f"{work}/"
    return BuildState(**stored | {name: _mapped(stored[name], lambda file: here + file) for name in _OF_FILES})


def write_state(work: Path, state: BuildState) -> None:
    """Put a state in place of the last one. Files stand there relative to the work folder, which may be moved."""
    values, here = asdict(state), f"{work}/"
    values |= {name: _mapped(values[name], lambda file: file.removeprefix(here)) for name in _OF_FILES}
    write_json(work / "state.json", {"version": VERSION_OF_STATE, **values})


def write_read_segments(data: Path, segments: Iterable[Segment]) -> None:
    """Say which segments of documents a build has read, beside its configuration."""
    write_json(data / READ_SEGMENTS, {"segments": sorted(segment.name for segment in segments)})


def newer_documents(data: Path) -> list[Path]:
    """Files of documents that no build has read, as they were ingested since; none where no build has said."""
    try:
        read = set(read_json(data / READ_SEGMENTS)["segments"])
    except FileNotFoundError:
        return []
    return [segment.files(data)[0] for segment in read_segments(data) if segment.name not in read]


_OF_FILES = ("parts", "verified", "given")
"""Fields that hold places in the work folder."""
_NOT_FILES = ("verified", "changed")
"""Keys of `given`."""


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    """Every place in a value changed, keys included."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_mapped(each, change) for each in value]
    return {key if key in _NOT_FILES else change(key): _mapped(each, change) for key, each in value.items()}
