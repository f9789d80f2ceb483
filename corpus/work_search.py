"""The search for documents of one work: passes over what tells of each, then over the texts of those that share it.

    documents ── FIND_KEYS ──────────────────────────┐
    sections ── SKETCH ── FIND_SHARED ── JOIN_SHARED ┴ FIND_HOLDERS ── SPAN_FOREST ── DESCRIBE_WORKS
                                                                          │
                                                       sections ── GATHER_WORKS ── COMPARE_WORKS

Every pass is done in ranges or slices that the data sizes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from corpus.duplicates.passes import hex_ranges, key_ranges
from corpus.flow import Flow, count, groups
from corpus.forests import forest_of
from corpus.steps.repeated import COMPARE_WORKS, GATHER_WORKS, slices
from corpus.steps.works import (
    DESCRIBE_WORKS,
    FIND_HOLDERS,
    FIND_KEYS,
    FIND_SHARED,
    HOLDERS_PER_RANGE,
    JOIN_SHARED,
    KEYS_PER_RANGE,
    PAIRS_PER_RANGE,
    SHINGLES_PER_RANGE,
    SKETCH,
)
from medpress.store import read_table


def told_of_works(flow: Flow, documents: Sequence[str], sections: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What `TELL_WORKS` is told of each part that it changes, by the name of the part's file.

    `documents` and `sections` are the files of all documents and of all sections.
    """
    parts = groups(sections)
    holders = _holders(flow, documents, parts)
    forest = forest_of(flow, [(holders, "all")])
    if not forest:
        return {}
    shared: dict[str, Any] = {"holders": holders, "forest": forest}
    tasks = [
        DESCRIBE_WORKS.task(flow.work, low=low, high=high, **shared)
        for low, high in hex_ranges(-(-count(holders) // HOLDERS_PER_RANGE))
    ]
    works = flow.outputs("works", DESCRIBE_WORKS, tasks)
    tasks = [GATHER_WORKS.task(flow.work, sections=group, forest=forest) for group in parts]
    texts = flow.outputs("gather works", GATHER_WORKS, tasks)
    tasks = [
        COMPARE_WORKS.task(flow.work, texts=texts, works=works, first=first, last=last) for first, last in slices(texts)
    ]
    return _by_part(flow.outputs("compare works", COMPARE_WORKS, tasks))


def _holders(flow: Flow, documents: Sequence[str], parts: Sequence[list[str]]) -> list[str]:
    """Files that say which documents share a key, or hold each other."""
    tasks = [FIND_KEYS.task(flow.work, documents=file) for file in documents]
    keys = flow.outputs("keys of works", FIND_KEYS, tasks)
    tasks = [SKETCH.task(flow.work, sections=group) for group in parts]
    sketches = flow.outputs("sketches", SKETCH, tasks)
    tasks = [
        FIND_SHARED.task(flow.work, sketches=sketches, low=str(low), high=str(high))
        for low, high in key_ranges(-(-count(sketches) // SHINGLES_PER_RANGE))
    ]
    shared = flow.outputs("shared shingles", FIND_SHARED, tasks)
    tasks = [
        JOIN_SHARED.task(flow.work, shared=shared, keys=keys, low=low, high=high)
        for low, high in hex_ranges(-(-count(shared) // PAIRS_PER_RANGE))
    ]
    keys = [*keys, *flow.outputs("contained documents", JOIN_SHARED, tasks)]
    tasks = [
        FIND_HOLDERS.task(flow.work, keys=keys, low=str(low), high=str(high))
        for low, high in key_ranges(-(-count(keys) // KEYS_PER_RANGE))
    ]
    return flow.outputs("shared keys", FIND_HOLDERS, tasks)


def _by_part(compared: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Of each part which of its records repeat others, and of which works its documents are, given `REPEATED` files."""
    repeated: dict[str, dict[str, Any]] = {}
    works: dict[str, dict[str, dict[str, Any]]] = {}
    for file in compared:
        for row in read_table(file).to_pylist():
            repeated.setdefault(row["part"], {})[row["id"]] = [row["stretches"], row["share"], row["of"]]
            for part, doc_id in ((row["part"], row["doc_id"]), (row["of_part"], row["of_document"])):
                about = {"work_id": row["work"], "witnesses": []}
                works.setdefault(part, {}).setdefault(doc_id, about)
            witnesses = works[row["of_part"]][row["of_document"]]["witnesses"]
            if row["doc_id"] not in witnesses:
                witnesses.append(row["doc_id"])
    for its in works.values():
        for about in its.values():
            about["witnesses"].sort()
    return {
        part: {"repeated": dict(sorted(repeated.get(part, {}).items())), "works": dict(sorted(its.items()))}
        for part, its in works.items()
    }
