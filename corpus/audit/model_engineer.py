"""For the model engineer: lengths, packing, mixture, epochs, augmentation and quality."""

from __future__ import annotations

import pyarrow as pa

from corpus.audit.database import Database
from corpus.audit.figure import Figure, Plot, Section

LENGTHS = (2048, 4096, 8192)
"""Tokens a sequence."""
BUDGETS = {"1 billion": 10**9, "10 billion": 10**10}
"""Tokens of a training run, by what they are called."""


def model_engineer(db: Database) -> Section:
    """The section."""
    return Section(
        name="model",
        title="Model engineer",
        question="What will a model see?",
        figures=[
            Figure.of("lengths", "Tokens a record", db.ask(_LENGTHS), bars="records"),
            Figure.of(
                "packing",
                "Sequences when records are packed one after the other",
                _packing(db),
                "Records that are longer than a sequence are cut; the last sequence may be short.",
            ),
            Figure.of(
                "mixture",
                "The mixture, and epochs of each source in a run of so many tokens",
                _mixture(db),
                bars="share",
            ),
            Figure.of("augmentation", "Augmented text", db.ask(_AUGMENTATION)),
            Figure.of("scores", "Deciles of the scores", _scores(db)),
        ],
        plots=_plots(db),
    )


_LENGTHS = """
with steps as (
    select case when tokens = 0 then 0 else floor(log2(tokens))::int end as step, tokens from records
)
select (2 ** step)::bigint as "from", (2 ** (step + 1) - 1)::bigint as "to", count(*) as records, sum(tokens) as tokens,
    count(*) / sum(count(*)) over () as share
from steps group by step order by step
"""


def _packing(db: Database) -> pa.Table:
    tables = [
        db.ask(
            """
            select $length::bigint as length, ceil(sum(tokens) / $length)::bigint as sequences,
                sum((tokens > $length)::int) as longer_records,
                coalesce(sum(tokens) filter (tokens > $length), 0) / sum(tokens) as tokens_in_longer_share
            from records
            """,
            {"length": length},
        )
        for length in LENGTHS
    ]
    return pa.concat_tables(tables)


def _mixture(db: Database) -> pa.Table:
    epochs = ", ".join(
        f'{budget} / sum(sum(tokens)) over () as "{name}, in proportion",'
        f' {budget} / count(*) over () / sum(tokens) as "{name}, in equal parts"'
        for name, budget in BUDGETS.items()
    )
    return db.ask(f"""
        select source, count(*) as records, sum(tokens) as tokens, sum(tokens) / sum(sum(tokens)) over () as share, {epochs}
        from records group by source order by tokens desc, source
    """)


_AUGMENTATION = """
with made as (
    select augmentation as method, tokens, 'kept' as fate, id from records where augmentation is not null
    union all
    select augmentation, 0, 'dropped', id from dropped where augmentation is not null
), worded as (
    select augmentation as method, map_from_entries(topics)['template'] as wording, count(*) as times
    from shards where augmentation is not null group by all
)
select method, sum((fate = 'kept')::int) as records, sum(tokens) as tokens, sum((fate = 'dropped')::int) as dropped,
    coalesce((select max(times) from worded where worded.method = made.method), 0)
        / greatest(1, (select count(*) from records where augmentation is not null)) as wording_share
from made group by method order by method
"""
_SCORES = """
select name as score, count(*) as records, min(value) as least,
    quantile_cont(value, 0.1) as "10 %", quantile_cont(value, 0.25) as "25 %", quantile_cont(value, 0.5) as "50 %",
    quantile_cont(value, 0.75) as "75 %", quantile_cont(value, 0.9) as "90 %", max(value) as greatest
from scores where name = $name group by name
"""


def _scores(db: Database) -> pa.Table:
    """The deciles, a score after the other: a quantile holds all of its values."""
    names = db.ask("select distinct name from scores where name is not null order by name")["name"].to_pylist()
    return pa.concat_tables(
        [db.ask(_SCORES + "limit 0", {"name": ""}), *(db.ask(_SCORES, {"name": name}) for name in names)]
    )


STEPS = 24
"""Columns of a histogram."""


def _plots(db: Database) -> list[Plot]:
    """How each score that is not the same for all is spread."""
    counted = db.ask(
        """
        with ends as (select name, min(value) as least, max(value) as most from scores group by name having min(value) < max(value))
        select name, least, most, least($steps - 1, floor($steps * (value - least) / (most - least)))::int as step, count(*) as records
        from scores join ends using (name) group by all order by name, step
        """,
        {"steps": STEPS},
    ).to_pylist()
    plots: dict[str, Plot] = {}
    for row in counted:
        made = plots.setdefault(
            row["name"], Plot(title=row["name"], counts=[0] * STEPS, least=row["least"], most=row["most"])
        )
        made.counts[row["step"]] = row["records"]  # type: ignore[index]
    return list(plots.values())
