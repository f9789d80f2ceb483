"""Run events as the specification of OpenLineage 2-0-2 asks for them."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from medpress.lineage import FILE, told
from medpress.store import file_sha256, write_manifest, write_table


def events(data: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (data / "log" / FILE).read_text().splitlines()]


def publish(data: Path, kind: str, rows: int) -> None:
    write_table(data / kind / "data" / "part.parquet", pa.table({"id": ["x"] * rows}))
    write_manifest(data / kind, kind=kind, config={}, versions={})


def test_a_run_tells_that_it_starts_and_what_it_made_of_what(tmp_path: Path) -> None:
    data = tmp_path / "data"
    publish(data, "documents", 3)
    with told(data, "corpus build", [data / "documents"], [data / "shards"]):
        publish(data, "shards", 2)
    start, end = events(data)
    for event in (start, end):  # what the specification requires of a run event, a job, a run, a dataset and a facet
        assert {"eventTime", "producer", "schemaURL", "run", "job"} <= event.keys()
        assert datetime.fromisoformat(event["eventTime"]).tzinfo is not None
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", event["run"]["runId"])
        assert event["job"] == {"namespace": "medpress", "name": "corpus build"}
        for dataset in (*event["inputs"], *event["outputs"]):
            assert dataset["namespace"] and dataset["name"]
            facets = {**dataset["facets"], **dataset.get("outputFacets", {})}
            assert all(
                facet["_producer"] and facet["_schemaURL"].startswith("https://openlineage.io/spec/facets/")
                for facet in facets.values()
            )
    assert [event["eventType"] for event in (start, end)] == ["START", "COMPLETE"]
    assert start["run"] == end["run"] and start["outputs"] == []
    (read,), (made,) = end["inputs"], end["outputs"]
    assert read["facets"]["version"]["datasetVersion"] == file_sha256(data / "documents" / "manifest.json")[:24]
    assert made["facets"]["version"]["datasetVersion"] == file_sha256(data / "shards" / "manifest.json")[:24]
    assert (
        made["outputFacets"]["outputStatistics"]["rowCount"],
        made["outputFacets"]["outputStatistics"]["fileCount"],
    ) == (2, 1)


@pytest.mark.parametrize(("error", "event"), [(ValueError("Mary Ellis"), "FAIL"), (KeyboardInterrupt(), "ABORT")])
def test_a_run_that_breaks_says_so_and_quotes_nothing(tmp_path: Path, error: BaseException, event: str) -> None:
    with pytest.raises(type(error)), told(tmp_path, "ingest", [], [tmp_path / "documents"]):
        raise error
    last = events(tmp_path)[-1]
    assert last["eventType"] == event and last["run"]["facets"]["errorMessage"]["message"] == type(error).__name__
    assert "Ellis" not in json.dumps(last) and str(tmp_path) not in json.dumps(last)
