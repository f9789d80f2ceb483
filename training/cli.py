"""The `train` command: shards to a model, in the recipe's stages, and what the model can do."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from medpress.command import ONCE, UserError, build_app, first_process, in_words, print_table, progress, run, say
from medpress.ranges import Count
from training.config import CptConfig, EvalConfig, InputError, RlConfig, SftConfig
from training.run import train as run_stage
from training.sampling.config import SamplingConfig
from training.synthesis.config import SynthesisConfig
from training.tasks.config import TasksConfig

app = build_app("train", "Train a language model on shards, instructions and preferences, and measure it.")


@contextmanager
def one_sentence() -> Iterator[None]:
    """Turn what the user can put right into one sentence on the terminal."""
    warnings.filterwarnings("ignore", category=FutureWarning)
    try:
        yield
    except (InputError, FloatingPointError) as error:
        raise UserError(str(error)) from error


@app.command
def cpt(
    *,
    config: Annotated[CptConfig | None, Parameter(name="*")] = None,
    dry_run: Annotated[bool, ONCE, Parameter(help="Say what the run would be and need, and stop.")] = False,
) -> int:
    """Train on shards: continue with a model, or start a small one from random weights.

    Example: `train cpt --shards data/shards --mix odm`

    On many GPUs: `torchrun --nproc-per-node 8 -m training.cli cpt --shards data/shards --model ./base`
    """
    config = config or CptConfig()
    if dry_run:
        with one_sentence():
            _look_ahead(config)
        return 0
    with one_sentence():
        result = run_stage(config)
    if first_process():
        _cpt_summary(result)
    return 0


@app.command
def sft(*, config: Annotated[SftConfig | None, Parameter(name="*")] = None) -> int:
    """Tune on conversations, one of three stages; each starts from the stage before.

    Example: `train sft --stage 1 --data data/instructions`
    """
    config = config or SftConfig()
    with one_sentence():
        result = run_stage(config)
    if first_process():
        _sft_summary(result)
    return 0


@app.command
def rl(*, config: Annotated[RlConfig | None, Parameter(name="*")] = None) -> int:
    """Tune on pairs of a better and a worse answer, by CPO-SimPO; or on answers sampled and verified as it goes, by GRPO.

    Example: `train rl --pairs data/pairs`, `train rl --online data/tasks/train.jsonl`
    """
    config = config or RlConfig()
    with one_sentence():
        result = run_stage(config)
    if first_process():
        _rl_summary(result)
    return 0


@app.command
def synthesize(
    questions: Annotated[list[Path], Parameter(help="Files of multiple-choice questions with their answers.")],
    /,
    *,
    config: Annotated[SynthesisConfig | None, Parameter(name="*")] = None,
) -> int:
    """Make reasoning conversations for stage 3 of questions, by a reasoning and a reflection expert or by search.

    Example: `train synthesize questions.jsonl --endpoint http://localhost:8000/v1 --model qwen`
    """
    config = config or SynthesisConfig()
    with one_sentence():
        from training.synthesis.run import synthesize

        result = synthesize(questions, config)
    _counted(f"{result.questions:,} questions", {"accepted": result.accepted}, result.rejected, "rejected: ")
    if config.paths and result.first_tokens:
        gain = f"{result.accepted / result.first_path:.1f} times as many" if result.first_path else "none"
        say(
            f"On the first path {result.first_path:,} were accepted; with up to {config.paths} paths {gain}, with"
            f" {result.tokens / result.first_tokens:.1f} times the tokens."
        )
    _spending(result)
    say(f"Conversations: {result.out}")
    return 0


@app.command(name="sample")
def draw(
    questions: Annotated[list[Path], Parameter(help="Files of multiple-choice questions with their answers.")],
    /,
    *,
    config: Annotated[SamplingConfig | None, Parameter(name="*")] = None,
) -> int:
    """Sample a model's answers to questions and make preference pairs of them.

    Example: `train sample questions.jsonl --model runs/sft3`
    """
    config = config or SamplingConfig()
    with one_sentence():
        from training.sampling.run import sample

        result = sample(questions, config)
    _counted(
        f"{result.samples:,} answers", {"right": result.right, "wrong": result.wrong}, result.errors, "not usable: "
    )
    paired = {"pairs": result.pairs, "questions with a pair": result.paired}
    _counted(f"{result.questions:,} questions", paired, result.reasons, "without a pair: ")
    _spending(result)
    say(f"Pairs: {result.out}")
    return 0


def _counted(title: str, good: Mapping[str, int], bad: Counter[str], prefix: str) -> None:
    print_table(title, ["outcome", "number"], [*good.items(), *((prefix + name, n) for name, n in bad.most_common())])


def _spending(result: Any) -> None:
    names = ["calls", "retries", "journaled", "prompt_tokens", "completion_tokens"]
    rows = [[model, *(counts[name] for name in names)] for model, counts in result.spent.items()]
    print_table("Asked in this run", ["model", "calls", "retries", "journaled", "tokens in", "tokens out"], rows)
    for reason, count in result.left_out.items():
        say(f"Left out: {count:,} ({reason}).")


@app.command
def tasks(*, config: Annotated[TasksConfig | None, Parameter(name="*")] = None) -> int:
    """Make questions by rule, English and Chinese, each checked by a second rule, to train on and to test with.

    Example: `train tasks --out data/tasks`
    """
    config = config or TasksConfig()
    with one_sentence():
        from training.tasks.run import make_tasks

        counts = make_tasks(config)
    rows = [[name, counts["train"][name], counts["test"][name]] for name in sorted(counts["train"] | counts["test"])]
    print_table("Tasks", ["family", "to train on", "in the test"], rows)
    say(f"Tasks: {config.out}")
    return 0


@app.command(name="eval")
def evaluate(
    questions: Annotated[list[Path], Parameter(help="Files or folders of multiple-choice questions.")],
    /,
    *,
    config: Annotated[EvalConfig | None, Parameter(name="*")] = None,
) -> int:
    """Ask multiple-choice questions and give the accuracy with its 95 % interval.

    Example: `train eval questions.jsonl --model runs/sft3 --method both`
    """
    config = config or EvalConfig()
    with one_sentence():
        from training.evaluation.run import evaluate

        summaries = evaluate(questions, config, progress)
    print_table(
        f"Accuracy of {config.policy.model}, with 95 % intervals (Wilson)",
        [
            "questions",
            "method",
            "asked",
            "accuracy",
            "interval",
            "chance",
            "one letter",
            "unclear",
            "in form",
            "left out",
        ],
        [
            [
                summary["name"],
                summary["method"],
                summary["questions"],
                summary["accuracy"],
                f"{summary['low']:.3f}-{summary['high']:.3f}",
                summary["chance"],
                summary["one_letter"],
                summary["unanswered"],
                summary.get("in_form", "-"),
                sum(summary["left_out"].values()),
            ]
            for summary in summaries
        ],
    )
    for summary in summaries:
        for reason, count in summary["left_out"].items():
            say(f"{summary['name']}: left out: {count:,} ({reason}).")
        for status, part in summary.get("contamination", {}).items():
            say(
                f"{summary['name']} by {summary['method']}: {part['accuracy']:.3f} ({part['low']:.3f}-{part['high']:.3f}) of"
                f" {part['questions']:,} questions that are {status} in the corpus."
            )
    say(f"Every answer is in {config.out}.")
    return 0


def _look_ahead(config: CptConfig) -> None:
    from training.dry_run import dry_run, verdict

    found = dry_run(config)
    print_table(
        f"{found.parameters / 1e6:,.1f} M parameters, {found.steps:,} steps, {found.tokens:,} places",
        ["source", "tokens", "share at the start", "tokens of the run", "epochs"],
        [[name, *numbers] for name, numbers in found.sources.items()],
    )
    rows = [[name, size / 2**20] for name, size in found.memory.items()]
    print_table("Memory of a process", ["part", "MB"], rows)
    say(f"{in_words(found.seconds).capitalize()} on this machine, roughly.")
    say(verdict(found))


def _cpt_summary(result: Mapping[str, Any]) -> None:
    _opening(result)
    held_out = result["held_out"].get("held_out_by_source", {})
    entropies = result.get("unigram_entropy_by_source", {})
    print_table(
        f"{result['steps']:,} steps, {result['epochs']:.1f} epochs, {result['parameters'] / 1e6:.1f} M parameters,"
        f" vocabulary {result['vocabulary']:,}, mix {result['mix']}; losses in nats a token",
        ["source", "tokens seen", "first loss", "last loss", "held-out loss", "unigram entropy", "held-out tokens"],
        [
            [
                name,
                tokens,
                result["first_by_source"].get(name, "-"),
                result["last_by_source"].get(name, "-"),
                held_out.get(name, "-"),
                entropies.get(name, "-"),
                result.get("held_out_tokens_by_source", {}).get(name, 0),
            ]
            for name, tokens in result["tokens"].items()
        ],
    )
    if held_out:
        loss, entropy = result["held_out"]["held_out"], result["unigram_entropy"]
        verdict = "below" if loss < entropy else "NOT below"
        say(
            f"Held-out text: {result['held_out_start']['held_out']:.4f} before, {loss:.4f} after;"
            f" {verdict} its unigram entropy of {entropy:.4f}."
        )
    _closing(result)


def _sft_summary(result: Mapping[str, Any]) -> None:
    _opening(result)
    after = result["held_out"].get("held_out_by_source", {})
    before = result["held_out_start"].get("held_out_by_source", {})
    print_table(
        f"Stage {result['stage']}: {result['records']:,} conversations, {result['epochs']:.1f} epochs,"
        f" {result['steps']:,} steps; losses on the assistant's tokens, in nats",
        ["source", "tokens learned", "first loss", "last loss", "held-out before", "held-out after"],
        [
            [
                name,
                tokens,
                result["first_by_source"].get(name, "-"),
                result["last_by_source"].get(name, "-"),
                before.get(name, "-"),
                after.get(name, "-"),
            ]
            for name, tokens in result["tokens"].items()
        ],
    )
    _closing(result)


def _rl_summary(result: Mapping[str, Any]) -> None:
    _opening(result)
    if "first_reward" in result:
        say(
            f"{result['questions']:,} questions, {result['steps']:,} steps, {result['answers']:,} answers; mean reward"
            f" {result['first_reward']:.3f} in the first tenth, {result['last_reward']:.3f} in the last."
        )
    before, after = result["held_out_start"], result["held_out"]
    names = [
        "objective",
        "margin",
        "accuracy",
        "reward_chosen",
        "reward_rejected",
        "nll_chosen",
        "length_chosen",
        "length_rejected",
    ]
    if after:
        print_table(
            f"{result['pairs']:,} pairs, {result['epochs']:.1f} epochs, {result['steps']:,} steps; held-out pairs",
            ["measure", "before", "after"],
            [[name.replace("_", " "), before[f"held_out_{name}"], after[f"held_out_{name}"]] for name in names],
        )
    _closing(result)


def _opening(result: Mapping[str, Any]) -> None:
    if result.get("already_done"):
        say("Nothing to do: this run is finished; this is what it gave.")


def _closing(result: Mapping[str, Any]) -> None:
    say(f"Loss: {result['first_loss']:.4f} at the first step, {result['last_loss']:.4f} at the last.")
    for reason, count in result.get("left_out", {}).items():
        say(f"Left out: {count:,} ({reason}).")
    say(f"Model: {result['model']}")


@app.command
def compare(runs: list[Path], /, *, evaluations: Path | None = None, page: Path | None = None) -> int:
    """Show what each run of a recipe changed, in one table.

    Example: `train compare runs/cpt runs/sft1 runs/sft2 runs/sft3 runs/rl --evaluations runs/eval`

    Parameters
    ----------
    runs:
        Folders of finished runs, in order.
    evaluations:
        Folder with what `train eval` wrote for each run, below the run's name; several files of a method are pooled.
    page:
        File that gets the tables too, in Markdown.
    """
    with one_sentence():
        from training.compare import CHANGES, HEADER, changes, write_page
        from training.compare import compare as rows_of

        tables: dict[str, tuple[Sequence[str], Sequence[Sequence[Any]]]] = {
            "Runs": (HEADER, rows_of(runs, evaluations))
        }
        if evaluations and (rows := changes(runs, evaluations)):
            tables["From run to run, on the same questions (McNemar's exact test)"] = (CHANGES, rows)
        for title, (header, found) in tables.items():
            print_table(title, header, found)
        if page:
            write_page(page, tables)
            say(f"Page: {page}")
    return 0


@app.command
def export(
    run: Path,
    /,
    *,
    checkpoint: Literal["best", "last"] = "best",
    merge: Annotated[bool, ONCE] = False,
    gguf: Annotated[bool, ONCE] = False,
    out: Annotated[Path, Parameter(name="--out")],
) -> int:
    """Write the model of a checkpoint as a folder that transformers loads.

    Example: `train export runs/cpt --out models/cpt-best`

    Parameters
    ----------
    run:
        Folder of a finished run.
    checkpoint:
        The one with the least held-out loss, or the last.
    merge:
        Of a run with --lora: write the whole weights instead of the adapter.
    gguf:
        Write the whole weights as one file for llama.cpp.
    out:
        Folder of the model; it must not be there.
    """
    with one_sentence():
        from training.export import export as write_model

        step = write_model(run, checkpoint, out, merge=merge, gguf=gguf)
    say(f"Model of step {step:,}: {out}")
    return 0


@app.command
def report(run: Path, /) -> int:
    """Write what a run did as one HTML file into its folder: losses by source, held-out loss, mixture, throughput, memory.

    Example: `train report runs/cpt`

    Parameters
    ----------
    run:
        Folder of the run, finished or not.
    """
    with one_sentence():
        from training.report.page import write_report

        say(f"Report: {write_report(run)}")
    return 0


@app.command
def trace(run: Path, /, *, step: Count | None = None, document: str | None = None) -> int:
    """Say what a step of `train cpt` was trained on, or which steps met a document.

    Example: `train trace runs/cpt --step 120`

    Parameters
    ----------
    run:
        Folder of the run.
    step:
        A step, from 1.
    document:
        The first digits of a document's id.
    """
    with one_sentence():
        from training.trace import trace as trained_on

        found = list(trained_on(run, step=step, document=document))
    rows = [[each.step, each.source, each.id, each.doc_id, each.start, each.tokens] for each in found]
    print_table(
        f"{len(found):,} stretches of {len({each.id for each in found}):,} records, as the hash of the step says",
        ["step", "source", "record", "document", "from token", "tokens"],
        rows,
    )
    return 0


def main() -> None:
    """Entry point of the console script."""
    run(app)


if __name__ == "__main__":
    main()
