"""The `corpus` command: build shards, audit and compare them, trace where a text came from, take documents down."""

from __future__ import annotations

import shlex
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from corpus.config import BuildConfig, WhatIfConfig
from corpus.instruct.config import InstructConfig
from medpress.command import ONCE, Location, build_app, print_table, run, say
from medpress.errors import to_run
from medpress.ranges import between

if TYPE_CHECKING:
    from corpus.accounts import BuildResult
    from corpus.steps.ask_model import Asked

app = build_app("corpus", "Turn ingested documents into audited training shards.")

Models = Annotated[
    tuple[Path, ...],
    Parameter(
        name="--models", help="Training runs, or folders of them: those are named whose models were trained on it."
    ),
]
Data = Annotated[Location, Parameter(name="--data", help="The data folder.")]


@app.command
def build(*, explain: str | None = None, config: BuildConfig | None = None) -> int:
    """Clean, cut, deduplicate, annotate and write shards.

    Example: `corpus build --config corpus.toml`

    Parameters
    ----------
    explain:
        Build nothing, and say why a record or document of the last build is in or out, with each score and threshold: first
        digits of an id, a path or file name, an address, or a sentence in it.
    """
    config = config or BuildConfig()
    if explain is not None:
        return _explain(config.data, explain)
    from corpus.build import build as run_build

    result = run_build(config)
    _summary(result, config.data)
    return 1 if config.strict and result.quarantined else 0


def _explain(data: Path, query: str) -> int:
    from corpus.explain import explain
    from corpus.trace import decision

    for each in explain(data, query):
        say(f"record {each.row['id']} of document {each.row['doc_id']}, {each.row['lang']}")
        say(decision(each.row))
        rows = [
            (
                held.family,
                held.score,
                f"{held.value:.4g}",
                f"{'at least' if held.is_minimum else 'at most'} {held.bound:.4g}",
                ("breaks it" if held.decides else "would break it, does not decide") if held.breaks else "passes",
            )
            for held in each.held
        ]
        print_table("Scores", ["family", "score", "value", "threshold", "verdict"], rows)
    return 0


@app.command(name="what-if")
def what_if(*, config: WhatIfConfig | None = None) -> int:
    """Say which records other thresholds of the filters would take or give back, without building.

    A record that would pass the filters may still be dropped behind them, as a duplicate for example.

    Example: `corpus what-if --filters.min-medical-density 0.02`
    """
    from corpus.explain import what_if as ask

    config = config or WhatIfConfig()
    found = ask(config.data, config.filters)
    for name, (before, after) in found.changed.items():
        say(f"{name}: {before} in the build, {after} now.")
    dropped = sum(found.taken.values())
    share = f" ({dropped / found.kept:.1%})" if found.kept else ""
    say(f"Of {found.kept:,} kept records {dropped:,}{share} would be dropped, {found.tokens.total():,} tokens.")
    say(f"Of the dropped records {found.given_back.total():,} would pass the filters.")
    columns = ["source", "reason", "records", "for example"]
    for title, counts in (("Would be dropped", found.taken), ("Would pass", found.given_back)):
        if counts:
            rows = [(*key, count, found.examples[key]) for key, count in counts.most_common()]
            print_table(title, columns, rows)
    return 0


def _summary(result: BuildResult, data: Path) -> None:
    if not result.tasks["done"] and not result.tasks["failed"]:
        say(f"Nothing to do: the shards in {data} are those of these documents and this configuration.")
    say(
        f"{result.documents} documents, {result.sections} sections cut = {result.kept} kept"
        f" + {result.dropped.total()} dropped + {result.quarantined} quarantined."
    )
    if result.asked:
        _asked(result.asked)
    if result.augmented:
        say(
            f"{result.augmented} texts augmented from them = {result.methods.total()} kept"
            f" + {result.refused.total()} dropped."
        )
    if result.dropped:
        reasons = [(stage, reason, count) for (stage, reason), count in result.dropped.most_common()]
        print_table("Dropped", ["stage", "reason", "records"], reasons)
    if result.boilerplate:
        say(
            f"{result.boilerplate} paragraphs that their source repeats were taken out; they stand in {data / 'boilerplate'}."
        )
    if result.refused:
        reasons = [(stage, reason, count) for (stage, reason), count in result.refused.most_common()]
        print_table("Dropped, of the augmented", ["stage", "reason", "records"], reasons)
    if result.methods:
        print_table("Augmented", ["method", "records"], result.methods.most_common())
    sources = [(source, result.records[source], tokens) for source, tokens in sorted(result.tokens.items())]
    print_table("Shards", ["source", "records", "tokens"], sources)
    say(f"Shards are in {data / 'shards'}; {to_run('corpus audit', data)} checks them.")


def _asked(asked: Asked) -> None:
    spent = asked.spent["prompt_tokens"] + asked.spent["completion_tokens"]
    say(
        f"{asked.calls:,} calls to {asked.model}: {asked.replies:,} have a reply ({asked.spent['journaled']:,} from earlier"
        f" runs), {asked.calls - asked.replies:,} have none; {spent:,} tokens spent in this run."
    )
    if asked.failures:
        print_table("Without a reply", ["failure", "calls"], asked.failures.most_common())


@app.command
def retry(*, data: Data = Path("data")) -> int:
    """Forget the failures of earlier builds, so that the next `corpus build` tries those records again.

    Example: `corpus retry && corpus build`
    """
    from medpress.run.runner import forget_failures
    from medpress.store import refuse_older_layout

    refuse_older_layout(data)
    count = forget_failures(data / "work" / "build")
    say(f"{count} failures forgotten; run the same `corpus build` command again to retry them.")
    return 0


@app.command
def audit(*, gates: Path | None = None, junit: Path | None = None, data: Data = Path("data")) -> int:
    """Check the build and write audit.html and audit.json; exit code 1 when a gate fails.

    Example: `corpus audit --data data` or `corpus audit --gates strict.toml --junit audit.xml`

    Parameters
    ----------
    gates:
        TOML file with gates of your own, or with other thresholds, severities and owners for those that ship.
    junit:
        Also write the verdicts as JUnit XML.
    """
    from corpus.audit.run import audit as run_audit

    verdicts = run_audit(data, gates, junit)
    rows = [(name, verdict.outcome, verdict.owner, verdict.finding) for name, verdict in verdicts.items()]
    print_table("Gates", ["gate", "verdict", "owner", "finding"], rows)
    say(f"The report is {data / 'audit.html'}.")
    return 1 if any(verdict.fails for verdict in verdicts.values()) else 0


@app.command
def sample(
    *,
    n: Annotated[int, between(1, 100_000)] = 200,
    by: Annotated[tuple[Literal["source", "source_type", "lang", "license", "specialty", "kind"], ...], ONCE] = (),
    seed: Annotated[str, Parameter(allow_leading_hyphen=True)] = "1",
    form: Annotated[Literal["html", "csv", "label-studio"], Parameter(name="--for")] = "html",
    out: Path | None = None,
    data: Data = Path("data"),
) -> int:
    """Draw records for people to read, and write them as a form; `corpus review` takes it back.

    Example: `corpus sample --n 200 --by source --for csv`

    Parameters
    ----------
    n:
        Records to draw.
    by:
        Draw from each of these in proportion, at least one record. May be given several times.
    seed:
        The same seed draws the same records of the same shards.
    form:
        A page, a table, or tasks for Label Studio.
    out:
        File to write; sample.html, sample.csv or sample.json.
    """
    from corpus.review.run import sample as run_sample

    endings = {"html": "html", "csv": "csv", "label-studio": "json"}
    out = out or Path(f"sample.{endings[form]}")
    drawn = run_sample(data, n, seed, by, form, out)
    say(
        f"{drawn} records are in {out}; {to_run(f'corpus review {shlex.quote(str(out))}', data)} takes the verdicts back."
    )
    return 0


@app.command
def review(form: Path, /, *, data: Data = Path("data")) -> int:
    """Take back what people said of a sample; the next `corpus build` honours it, audit and card tell the precision.

    Example: `corpus review sample.csv`

    Parameters
    ----------
    form:
        A filled form of `corpus sample`: CSV, or JSON as Label Studio exports it.
    """
    from corpus.review.verdicts import precision, take_in

    taken = take_in(data, form)
    say(f"{taken.verdicts} verdicts taken in, {taken.empty} records have none.")
    if taken.unknown:
        say(f"{taken.unknown} verdicts are on records that are in the shards no more, or have another text by now.")
    for one in precision(data):
        at = one.interval
        say(
            f"{one.sample}: {one.kept} of {one.reviewed} to keep, {at.share:.1%} (95 %: {at.low:.1%} to {at.high:.1%})."
        )
    say(f"{to_run('corpus build', data)} honours them.")
    return 0


@app.command
def report(
    *,
    form: Annotated[Literal["eu-art53", "tc260", "hipaa", "croissant-rai"], Parameter(name="--for")],
    data: Data = Path("data"),
) -> int:
    """Write a report that a regulator asks for, filled from the build; what only a person may say is named as open.

    Example: `corpus report --for eu-art53`

    Parameters
    ----------
    form:
        Public summary of training content (EU), assessment of training data (China), de-identification (US), or Croissant
        metadata for responsible AI.
    """
    from corpus.report.run import report as run_report

    place, left = run_report(data, form)
    say(f"The report is {place}; {left} fields have to be provided by somebody.")
    return 0


@app.command
def trace(
    text: str,
    /,
    *,
    html: Annotated[bool, ONCE] = False,
    models: Models = (Path("runs"),),
    data: Data = Path("data"),
) -> int:
    """Say where a text came from, everything that happened to it, and which models were trained on its document.

    Example: `corpus trace 3f2a9c`, `corpus trace guideline.pdf` or `corpus trace "Metformin is the first choice"`

    Parameters
    ----------
    text:
        A record or document: the first digits of its id, a path or file name, an address, or a sentence that stands in
        it.
    html:
        Also write the pages that it comes from, with its blocks marked, below `DATA/work/show`. They hold raw text.
    """
    from corpus.models import runs_in, sights
    from corpus.trace import trace as run_trace

    runs = runs_in(models)
    found = run_trace(data, text, html)
    for line in [*found.lines, *sights(runs, found.documents).lines(), *map(str, found.pages)]:
        say(line)
    return 0


@app.command
def diff(before: Location, after: Location, /, *, json: Annotated[bool, ONCE] = False) -> int:
    """Say what changed between two builds: records, decisions, annotations, tokens, configuration, versions.

    Example: `corpus diff ./data-october ./data` or `corpus diff ./data-october ./data --json | jq .decisions`

    Parameters
    ----------
    before:
        Data folder of the older build.
    after:
        Data folder of the newer build.
    json:
        Print JSON, with ids of examples to look at with `corpus trace`.
    """
    from corpus.diff import diff as compare

    result = compare(before, after)
    if json:
        print(dumps(result.as_json(), indent=1, ensure_ascii=False))
        return 0
    counts = result.records
    changed = ", ".join(f"{counts[kind]} in {kind}" for kind in ("text", "decision", "annotations", "provenance"))
    say(
        f"Records: {counts['added']} added, {counts['removed']} removed, {counts['unchanged']} unchanged; changed: {changed}."
    )
    say(f"Documents: {result.documents['added']} added, {result.documents['removed']} removed.")
    old, new = result.tokens
    say(f"Tokens in the shards: {old:,} before, {new:,} after ({new - old:+,}).")
    columns = ["added", "removed", "text", "decision", "annotations", "tokens before", "tokens after"]
    sources = [(name, *(counts[c] for c in columns)) for name, counts in sorted(result.sources.items())]
    print_table("By source", ["source", *columns], [row for row in sources if any(row[1:-2]) or row[-2] != row[-1]])
    if result.decisions:
        print_table("Decisions", ["before", "after", "records"], [(*k, n) for k, n in result.decisions.most_common()])
    for title, differing in (("Configuration", result.configuration), ("Versions", result.versions)):
        if differing:
            print_table(title, ["name", "before", "after"], [(name, *both) for name, both in differing.items()])
    return 0


@app.command
def remove(
    names: Annotated[
        list[str],
        Parameter(help="Documents: first digits of ids, paths or file names, addresses, or sentences in them."),
    ] = [],  # noqa: B006
    /,
    *,
    reason: str = "",
    requester: str = "",
    dry_run: Annotated[bool, ONCE] = False,
    undo: Annotated[bool, ONCE] = False,
    against: tuple[str, ...] = (),
    models: Models = (Path("runs"),),
    data: Data = Path("data"),
) -> int:
    """Take documents down: out of documents, pages, shards, dropped records, token shards, instructions, index and work.

    A row in `removed/` says so, and `ingest`, `corpus build` and `corpus instruct` refuse the same file from then on: it
    is quarantined as `removed`. The original is not touched. Without a document, an interrupted takedown is finished.

    Example: `corpus remove 3f2a9c letter_12.txt --reason "consent withdrawn" --requester "data protection officer"`

    Parameters
    ----------
    reason:
        Why; it is kept with the takedown.
    requester:
        Who asked for it; it is kept with the takedown, and so is the day.
    dry_run:
        Change nothing, and list what would go.
    undo:
        Forget the takedown instead, so that `ingest` reads the file again.
    against:
        Teams' indexes on Redis servers (redis://HOST:PORT/PREFIX?corpus=NAME) to take it out of as well.
    """
    from corpus.models import runs_in, sights
    from corpus.takedown import remove as run_remove
    from corpus.takedown import restore
    from medpress.store import refuse_older_layout

    refuse_older_layout(data)
    if undo:
        say(f"Forgotten: {', '.join(restore(data, names))}; run `ingest` on the files again.")
        return 0
    runs = runs_in(models)
    result = run_remove(data, names, reason, requester, against, dry_run)
    for row in result.documents:
        found = f"found in {len(row['places'])} places"
        say(f"{row['doc_id']} ({found}): {len(row['records'])} records, {row['n_tokens']:,} tokens")
    rows = ", ".join(f"{count} in {name}" for name, count in result.rows.items() if count) or "none"
    if dry_run:
        say(f"Nothing was changed. Rows that would go: {rows}. Work files that would go: {result.work_files}.")
    else:
        say(f"Rows left out: {rows}. Work files removed: {result.work_files}.")
    if result.alike:
        say(
            f"Nearly the same text stands in {', '.join(result.alike)}: remove them too if it is the text that must go."
        )
    if result.orphans:
        back = "would take them back" if dry_run else "takes them back"
        say(f"{result.orphans} records were dropped as duplicates of it; {to_run('corpus build', data)} {back}.")
    records = [record for row in result.documents for record in row["records"]]
    for line in sights(runs, [row["doc_id"] for row in result.documents], records).lines():
        say(line)
    return 0


@app.command
def instruct(
    paths: Annotated[list[str], Parameter(help="Files or folders of instruction data.")],
    /,
    *,
    config: InstructConfig | None = None,
) -> int:
    """Take in instruction data: Alpaca, ShareGPT, OpenAI messages, CSV dialogues, MedQuAD XML.

    A conversation that repeats another one, to the letter or nearly so, is dropped and names it.

    Example: `corpus instruct ./alpaca.json --stage 1 --license CC-BY-4.0`
    """
    from corpus.instruct.run import instruct as run_instruct

    config = config or InstructConfig()
    result = run_instruct(paths, config)
    if not result.tasks["done"] and not result.tasks["failed"]:
        say("Nothing to do: all of these files were taken in before.")
    stages = ", ".join(f"{count} in stage {stage}" for stage, count in sorted(result.kept.items())) or "none"
    say(f"{result.rows} conversations = {result.kept.total()} kept ({stages}) + {result.dropped.total()} dropped.")
    for reason, count in result.dropped.most_common():
        say(f"  dropped {count}: {reason}")
    for file, message in result.failures:
        say(f"  {file} could not be read: {message}")
    return 1 if result.failures and not result.kept else 0


def main() -> None:
    """Entry point of the console script."""
    run(app)


if __name__ == "__main__":
    main()
