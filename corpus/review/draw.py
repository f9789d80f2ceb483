"""Draw records for people to read: the same seed draws the same ones of the same shards, on any machine.

A record's place in the draw is the MD5 of seed and id. Strata get their part by the largest remainder of their records, at
least one each while there are records to draw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from corpus.audit.database import Database

STRATA = ("source", "source_type", "lang", "license", "specialty", "kind")
"""What a sample can be drawn by."""
BOUNDS = pa.schema([("score", pa.string()), ("least", pa.bool_()), ("bound", pa.float64())])
"""A threshold of the filters: the score must be at least, or at most, that."""


def draw(db: Database, size: int, seed: str, by: Sequence[str] = ()) -> list[dict[str, Any]]:
    """At most `size` records, as id and `stratum`, in the order of the draw. `by` are names of `STRATA`; augmented texts are drawn too."""
    columns = ", ".join(f"coalesce({name}, '')" for name in by)
    stratum = f"concat_ws(' · ', {columns})" if by else "''"
    ranked = db.ask(
        f"""
        select id, stratum, place, records from (
            select id, stratum, row_number() over (partition by stratum order by md5($seed || id), id) as place,
                count(*) over (partition by stratum) as records
            from (select id, {stratum} as stratum from records)
        ) where place <= $size order by md5($seed || id), id
        """,
        {"seed": seed, "size": size},
    ).to_pylist()
    parts_of = allot({row["stratum"]: row["records"] for row in ranked}, size)
    return [{"id": row["id"], "stratum": row["stratum"]} for row in ranked if row["place"] <= parts_of[row["stratum"]]]


def allot(records: Mapping[str, int], size: int) -> dict[str, int]:
    """How many of `size` each stratum gets, given its records: in proportion, by the largest remainder, at least one each as
    long as there are enough, and never more than it has."""
    size = min(size, sum(records.values()))
    parts = dict.fromkeys(records, 0)
    for name in sorted(records, key=lambda name: (-records[name], name))[:size]:
        parts[name] = 1
    left, whole = size - sum(parts.values()), sum(records.values())
    fair = {name: size * records[name] / whole for name in records}
    while left:
        name = max(records, key=lambda name: (parts[name] < records[name], fair[name] - parts[name], name))
        parts[name] += 1
        left -= 1
    return parts


def borderline(db: Database, manifest: Mapping[str, Any], size: int) -> list[dict[str, Any]]:
    """The kept records that came nearest to a threshold of the filters: id, score, value, bound; the nearest first."""
    bounds = bounds_of(manifest)
    db.add("thresholds", pa.Table.from_pylist(bounds, schema=BOUNDS))
    # The nearest of a record's scores are all that counts, and it has at most one for each threshold.
    return db.ask(
        """
        with near as (
            select id, score, one.value as value, bound, abs(one.value - bound) / abs(bound) as distance
            from (select id, unnest(quality) as one from shards)
            join thresholds on one.name = thresholds.score where bound <> 0
            order by distance, id, score limit $most
        )
        select id, score, value, bound from near
        qualify row_number() over (partition by id order by distance, score) = 1
        order by distance, id limit $size
        """,
        {"size": size, "most": size * max(1, len(bounds))},
    ).to_pylist()


def bounds_of(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The thresholds that a build was told, as rows of `BOUNDS`."""
    filters = manifest["config"].get("filters", {})
    return [
        {"score": name[4:], "least": name.startswith("min_"), "bound": float(value)}
        for name, value in sorted(filters.items())
        if name[:4] in ("min_", "max_") and isinstance(value, int | float)
    ]


_RECORD = """
select id, doc_id, title, section, source, source_type, lang, license, page_start, page_end, n_tokens, content_hash, text, entities,
    relations, phi_actions, parent_id, augmentation, spans, quality, left_out, witnesses, dup_cluster, dup_count
from shards where id in ({ids})
"""


def read(db: Database, ids: Sequence[str]) -> list[dict[str, Any]]:
    """These records of the shards, in this order."""
    # Named one by one the ids reach the reader of the files, which then decodes nothing else of other rows.
    named = ", ".join(f"'{id}'" for id in ids if id.isalnum())
    found = {row["id"]: row for row in db.ask(_RECORD.format(ids=named or "''")).to_pylist()}
    return [found[id] for id in ids if id in found]
