"""The `train` command: shards to a model, in the recipe's stages, and what the model can do."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any

from cyclopts import Parameter

from corpus.command import UserError, build_app, print_table, progress, run, say
from training.config import CptConfig, InputError

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
def cpt(*, config: Annotated[CptConfig | None, Parameter(name="*")] = None) -> int:
    """Train on shards: continue with a model, or start a small one from random weights.

    Example: `train cpt --shards data/shards --mix odm`

    On many GPUs: `torchrun --nproc-per-node 8 -m training.cli cpt --shards data/shards --model ./base`
    """
    config = config or CptConfig()
    with one_sentence():
        from training.cpt import run_cpt

        result = run_cpt(config, progress)
    if _first_process():
        _cpt_summary(result)
    return 0


def _first_process() -> bool:
    return int(os.environ.get("RANK", "0")) == 0


def _cpt_summary(result: Mapping[str, Any]) -> None:
    if result.get("already_done"):
        say("Nothing to do: this run is finished; this is what it gave.")
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
    say(f"Loss: {result['first_loss']:.4f} at the first step, {result['last_loss']:.4f} at the last.")
    if held_out:
        loss, entropy = result["held_out"]["held_out"], result["unigram_entropy"]
        verdict = "below" if loss < entropy else "NOT below"
        say(
            f"Held-out text: {result['held_out_start']['held_out']:.4f} before, {loss:.4f} after;"
            f" {verdict} its unigram entropy of {entropy:.4f}."
        )
    say(f"Model: {result['model']}")


def main() -> None:
    """Entry point of the console script."""
    run(app)


if __name__ == "__main__":
    main()
