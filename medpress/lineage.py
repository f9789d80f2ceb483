"""What run made which dataset from which: run events of OpenLineage (specification 2-0-2), a line each in `log/lineage.jsonl`.

A dataset goes by the name of its folder and of the one that this stands in, so no event tells a place or a person; its version is
the digest of its manifest, and of a model that of its weights, by which shards, models and reports know each other too. Whoever runs a collector of OpenLineage posts the lines.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from medpress.errors import CorruptError
from medpress.store import MANIFEST, LineFile, file_sha256, read_manifest

FILE = "lineage.jsonl"
"""In the folder `log` of a data folder, or of a run that trains."""
NAMESPACE = "medpress"
"""Of jobs and of datasets."""
DIGITS = 24
"""Of the digest of a manifest, as everywhere."""
_SPECIFICATION = "https://openlineage.io/spec"
_RUN_EVENT = f"{_SPECIFICATION}/2-0-2/OpenLineage.json#/$defs/RunEvent"
_FACETS = {
    "version": "1-0-1/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet",
    "outputStatistics": "1-0-2/OutputStatisticsOutputDatasetFacet.json#/$defs/OutputStatisticsOutputDatasetFacet",
    "errorMessage": "1-0-1/ErrorMessageRunFacet.json#/$defs/ErrorMessageRunFacet",
}


@contextmanager
def told(folder: Path, job: str, inputs: Sequence[Path], outputs: Sequence[Path]) -> Iterator[dict[Path, str]]:
    """Tell, in a folder's log, of a run that reads and writes datasets: that it starts, and how it ends.

    What is given can be filled with the versions of outputs that have no manifest.
    """
    log, run = LineFile(folder / "log" / FILE), str(uuid.uuid4())
    read = [_dataset(place) for place in inputs]
    versions: dict[Path, str] = {}
    _note(log, "START", job, {"runId": run}, read, [])
    try:
        yield versions
    except BaseException as error:
        # Only what kind of error: its words may quote a document.
        message = {"message": type(error).__name__, "programmingLanguage": "python"}
        failed = {"runId": run, "facets": {"errorMessage": _facet("errorMessage", message)}}
        _note(log, "FAIL" if isinstance(error, Exception) else "ABORT", job, failed, read, [])
        raise
    _note(log, "COMPLETE", job, {"runId": run}, read, [_written(place, versions.get(place)) for place in outputs])


def _note(
    log: LineFile, event: str, job: str, run: Mapping[str, Any], inputs: Sequence[Any], outputs: Sequence[Any]
) -> None:
    values = {
        "eventType": event,
        "eventTime": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "run": run,
        "job": {"namespace": NAMESPACE, "name": job},
        "inputs": inputs,
        "outputs": outputs,
        "producer": _producer(),
        "schemaURL": _RUN_EVENT,
    }
    log.append(json.dumps(values, ensure_ascii=False))
    log.flush()


def _producer() -> str:
    return f"https://pypi.org/project/medpress/{version('medpress')}"


def _facet(name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {"_producer": _producer(), "_schemaURL": f"{_SPECIFICATION}/facets/{_FACETS[name]}", **values}


def _dataset(place: Path, version: str | None = None) -> dict[str, Any]:
    """A dataset with its version, where that is known."""
    told: dict[str, Any] = {
        "namespace": NAMESPACE,
        "name": f"{place.parent.name}/{place.name}".lstrip("/"),
        "facets": {},
    }
    manifest = place / MANIFEST
    if version is None and manifest.exists():
        version = file_sha256(manifest)[:DIGITS]
    if version is not None:
        told["facets"]["version"] = _facet("version", {"datasetVersion": version})
    return told


def _written(place: Path, version: str | None) -> dict[str, Any]:
    """The same with what is in it now."""
    told = _dataset(place, version)
    try:
        manifest = read_manifest(place)
    except (OSError, CorruptError):
        return told
    counts = {"rowCount": manifest["rows"], "fileCount": len(manifest["files"])}
    size = sum(file.get("bytes", 0) for file in manifest["files"])
    told["outputFacets"] = {"outputStatistics": _facet("outputStatistics", counts | {"size": size})}
    return told
