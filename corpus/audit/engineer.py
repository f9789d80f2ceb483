"""For the data engineer: where documents and records went, what each filter takes, what was repeated, what broke."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from corpus.audit.clusters import pairs
from corpus.audit.database import Database
from corpus.audit.figure import ROWS_KEPT, Figure, Section
from corpus.audit.pictures import pictures
from corpus.review.draw import BOUNDS, bounds_of
from corpus.review.verdicts import precision

EXCERPT = 300
"""Characters shown of a text."""
FACTORS = (0.5, 0.8, 1.25, 2.0)
"""What a threshold is multiplied by, to see what it would take then."""


def engineer(db: Database, manifest: Mapping[str, Any], history: Sequence[Mapping[str, Any]]) -> Section:
    """The section. `manifest` is that of the shards, `history` has an entry for each build that was audited, this one the last."""
    return Section(
        name="engineer",
        title="Data engineer",
        question="Where did everything go?",
        figures=[
            Figure.of(
                "funnel",
                "From documents to records",
                _funnel(db),
                "Each line takes from the one above it; its name leads to samples of what it took.",
                "share",
                leads=("step", "dropped_samples"),
            ),
            Figure.of("dropped", "Dropped, and why", db.ask(_DROPPED), bars="records"),
            Figure.of(
                "dropped_samples", "Samples of what was dropped", db.ask(_SAMPLES, {"size": EXCERPT}), apart="step"
            ),
            Figure.of(
                "thresholds",
                "What a filter would take at another threshold",
                _thresholds(db, manifest),
                "Records that the bound alone refuses, of those that have the score: as it is, and at other bounds.",
            ),
            _long(db, "duplicates", "Records of which another one was kept", _DUPLICATES, {"size": EXCERPT}),
            Figure.of(
                "reviews",
                "What people said of samples",
                _reviews(db),
                "Share of records worth keeping, with its 95 % interval; of a sample with strata only a rough one.",
            ),
            Figure.of(
                "trend",
                "Builds of this folder that were audited",
                _trend(history),
                "What moved is the share of the tokens that another source, language, specialty or the like has now, whichever moved most.",
            ),
            Figure.of("moved", "What moved since the last build", db.ask(_MOVED), "Tokens by what they were and are."),
            Figure.of("inputs", "What went in", db.ask(_INPUTS), bars="documents"),
            Figure.of("outputs", "What came out", db.ask(_OUTPUTS), bars="tokens"),
            Figure.of("pages", "Pages by the way they were read", db.ask(_PAGES), bars="pages"),
            _long(db, "worst_pages", "Pages that differ most from their source", _WORST),
            _long(db, "boilerplate", "Paragraphs that a source repeats", _BOILERPLATE, {"size": EXCERPT}),
            _long(db, "quarantine", "Could not be processed", _QUARANTINE),
        ],
        pairs=pairs(db),
        pictures=pictures(db),
    )


def _long(db: Database, name: str, title: str, question: str, values: Mapping[str, Any] | None = None) -> Figure:
    """A figure of an answer that grows with the corpus."""
    table, total, _ = db.first(question, ROWS_KEPT, values)
    return Figure.of(name, title, table, total=total)


def _funnel(db: Database) -> pa.Table:
    """Documents, then records: cut, less what each stage dropped and what is in quarantine, are those in the shards."""
    steps = db.ask(_STAGES).to_pylist()
    cut = sum(row["records"] for row in steps)
    rows, left = [], cut
    for place, row in enumerate([{"stage": "cut from documents", "records": 0, "documents": 0}, *steps]):
        if row["stage"] == "in the shards":
            continue
        left -= row["records"]
        if place == 0:
            documents = int(db.number("select count(*) from documents"))
            rows.append({"step": "cut from documents", "documents": documents, "records out": 0, "records left": cut})
        else:
            rows.append(
                {
                    "step": row["stage"],
                    "documents": row["documents"],
                    "records out": row["records"],
                    "records left": left,
                }
            )
    kept = next((row for row in steps if row["stage"] == "in the shards"), {"records": 0, "documents": 0})
    rows.append({"step": "in the shards", "documents": kept["documents"], "records out": 0, "records left": left})
    return pa.Table.from_pylist([row | {"share": row["records left"] / cut if cut else 0.0} for row in rows])


_STAGES = """
select stage, count(*) as records, count(distinct doc_id) as documents from (
    select 'out: ' || stage as stage, doc_id, 1 as place from dropped where augmentation is null
    union all
    select 'could not be processed', doc_id, 2 from quarantine where record_id is not null and stage <> 'augment'
    union all
    select 'in the shards', doc_id, 3 from records where augmentation is null
) group by stage order by min(place), records desc, stage
"""
_DROPPED = """
select stage, reason, count(*) as records, count(distinct doc_id) as documents, sum(length(text)) as characters,
    count(*) / sum(count(*)) over () as share
from dropped group by stage, reason order by records desc, stage, reason
"""
_SAMPLES = """
select 'out: ' || stage as step, reason, id, value, threshold, text[:$size] as text
from (select *, row_number() over (partition by stage, reason order by md5(id)) as place from dropped)
where place <= 3 order by step, reason, place
"""
_DUPLICATES = """
select dropped.duplicate_of as kept, dropped.id as dropped, dropped.stage, dropped.value as alike,
    records.source as source_of_kept, dropped.source as source_of_dropped, dropped.text[:$size] as text
from dropped left join records on records.id = dropped.duplicate_of
where dropped.duplicate_of is not null order by alike nulls last, dropped
"""
_INPUTS = """
select source, source_type, format, count(*) as documents, sum(n_pages) as pages, sum(n_ocr_pages) as pages_by_ocr
from documents group by source, source_type, format order by source, source_type, format
"""
_OUTPUTS = """
select source, source_type, lang, count(*) as records, sum(tokens) as tokens, sum((augmentation is not null)::int) as augmented,
    sum((dup_cluster is not null)::int) as in_clusters, sum(tokens) / sum(sum(tokens)) over () as share
from records group by source, source_type, lang order by tokens desc, source, lang
"""
_PAGES = """
select route, reason, count(*) as pages, avg(confidence) as mean_confidence, count(*) / sum(count(*)) over () as share
from pages group by route, reason order by pages desc, route, reason
"""
_WORST = """
select doc_id, page, route, coverage, inflation, len(numbers_lost) as numbers_lost, len(numbers_new) as numbers_new
from pages where coverage < 1 or inflation > coverage or len(numbers_new) > 0
order by len(numbers_new) desc, (1 - coverage) * source_characters desc, doc_id, page
"""
_BOILERPLATE = """
select source, documents, of_documents, action, taken_out, text[:$size] as text from boilerplate
order by documents desc, id
"""
_QUARANTINE = """
select coalesce(record_id, doc_id, place) as what, page, stage, kind, message from quarantine
order by stage, what, page
"""


_MOVED = """
with shares as (
    select what, name, before, now, before / sum(before) over (partition by what) as share_before,
        now / sum(now) over (partition by what) as now_share
    from (
        select what, name, coalesce(last_build.tokens, 0) as before, coalesce(composition.tokens, 0) as now
        from composition full join last_build using (what, name)
    )
)
select what, name, before as tokens_before, now as tokens_now, share_before as before_share, now_share
from shares where (select count(*) from last_build) > 0 and before <> now
order by abs(now_share - share_before) desc, what, name
"""
_TREND = pa.schema(
    [
        ("build", pa.string()), ("audited", pa.string()), ("documents", pa.int64()), ("records", pa.int64()), ("tokens", pa.int64()),
        ("dropped", pa.int64()), ("gates failed", pa.int64()), ("moved_share", pa.float64()),
    ]
)  # fmt: skip


def _trend(history: Sequence[Mapping[str, Any]]) -> pa.Table:
    rows, before = [], None
    for entry in history:
        rows.append(
            {name: entry.get(name) for name in _TREND.names}
            | {"moved_share": None if before is None else moved(before["composition"], entry["composition"])}
        )
        before = entry
    return pa.Table.from_pylist(rows, schema=_TREND)


def moved(before: Mapping[str, Mapping[str, int]], now: Mapping[str, Mapping[str, int]]) -> float:
    """The greatest share of the tokens that would have to be something else for one build to be made of what the other is
    (total variation distance), over all that both are described by."""
    return max((_distance(before[what], now[what]) for what in before.keys() & now.keys()), default=0.0)


def _distance(before: Mapping[str, int], now: Mapping[str, int]) -> float:
    sizes = sum(before.values()), sum(now.values())
    if not all(sizes):
        return 0.0
    return sum(max(0.0, now.get(name, 0) / sizes[1] - before.get(name, 0) / sizes[0]) for name in before.keys() | now)


_REVIEWS = pa.schema(
    [
        ("sample", pa.string()), ("reviewed", pa.int64()), ("kept", pa.int64()), ("precision_share", pa.float64()),
        ("low_share", pa.float64()), ("high_share", pa.float64()),
    ]
)  # fmt: skip


def _reviews(db: Database) -> pa.Table:
    rows = [
        {
            "sample": one.sample, "reviewed": one.reviewed, "kept": one.kept, "precision_share": one.interval.share,
            "low_share": one.interval.low, "high_share": one.interval.high,
        }
        for one in precision(db.data)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=_REVIEWS)


def _thresholds(db: Database, manifest: Mapping[str, Any]) -> pa.Table:
    """What each bound of the filters refuses, and would refuse were it multiplied by `FACTORS`."""
    bounds = pa.Table.from_pylist(bounds_of(manifest), schema=BOUNDS)
    db.add("bounds", bounds)
    columns = ", ".join(
        f'sum((case when least then value < bound * {factor} else value > bound * {factor} end)::int) as "at {factor:g} times"'
        for factor in FACTORS
    )
    return db.ask(f"""
        select bounds.score, case when least then 'at least' else 'at most' end as wanted, bound, count(*) as records,
            sum((case when least then value < bound else value > bound end)::int) as refused, {columns}
        from bounds join (
            select name, value from scores union all
            select score.name, score.value from (select unnest(quality) as score from dropped)
        ) as scores on scores.name = bounds.score
        where bound <> 0 group by all order by refused desc, bounds.score, wanted
    """)
