"""What run made which dataset from which: run events of OpenLineage (specification 2-0-2), a line each in `log/lineage.jsonl`.

A dataset goes by the name of its data folder and its kind, so no event tells a place or a person; its version is the digest of
its manifest, by which shards, models and reports know each other too. Whoever runs a collector of OpenLineage posts the lines.
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
"""In the folder `log` of a data folder."""
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
def told(data: Path, job: str, inputs: Sequence[str], outputs: Sequence[str]) -> Iterator[None]:
    """Tell of a run that reads and writes datasets of a data folder, given by kind: that it starts, and how it ends."""
    log, run = LineFile(data / "log" / FILE), str(uuid.uuid4())
    read = [_dataset(data, kind) for kind in inputs]
    _note(log, "START", job, {"runId": run}, read, [])
    try:
        yield
    except BaseException as error:
        # Only what kind of error: its words may quote a document.
        message = {"message": type(error).__name__, "programmingLanguage": "python"}
        failed = {"runId": run, "facets": {"errorMessage": _facet("errorMessage", message)}}
        _note(log, "FAIL" if isinstance(error, Exception) else "ABORT", job, failed, read, [])
        raise
    _note(log, "COMPLETE", job, {"runId": run}, read, [_written(data, kind) for kind in outputs])


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


def _dataset(data: Path, kind: str) -> dict[str, Any]:
    """A dataset with its version, where it has a manifest."""
    told: dict[str, Any] = {"namespace": NAMESPACE, "name": f"{data.name}/{kind}", "facets": {}}
    manifest = data / kind / MANIFEST
    if manifest.exists():
        digest = file_sha256(manifest)[:DIGITS]
        told["facets"]["version"] = _facet("version", {"datasetVersion": digest})
    return told


def _written(data: Path, kind: str) -> dict[str, Any]:
    """The same with what is in it now."""
    told = _dataset(data, kind)
    try:
        manifest = read_manifest(data / kind)
    except (OSError, CorruptError):
        return told
    counts = {"rowCount": manifest["rows"], "fileCount": len(manifest["files"])}
    size = sum(file.get("bytes", 0) for file in manifest["files"])
    told["outputFacets"] = {"outputStatistics": _facet("outputStatistics", counts | {"size": size})}
    return told
