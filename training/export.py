"""`train export`: the model of a checkpoint, as a folder that transformers loads."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Literal

from medpress.store import read_json, write_text
from training import checkpoint
from training.card import card
from training.config import InputError
from training.history import history
from training.model import TokenLoss, open_model, prepare_generation
from training.tokenizer import save as save_tokenizer


def export(run: Path, which: Literal["best", "last"], out: Path) -> int:
    """Write the weights of a run's best or last checkpoint to the folder `out`, with tokenizer and card; returns its step.

    The best is by held-out loss. Raises `InputError` for a run that is not finished, without such a checkpoint, and for a
    folder that is there.
    """
    told = history(run)
    if not told.result:
        raise InputError(f"{run} holds no finished run: there is no result.json in it.")
    if out.exists():
        raise InputError(f"{out} is there already: name another --out.")
    place = run / "checkpoints"
    chosen = checkpoint.best(place) if which == "best" else checkpoint.latest(place)
    if chosen is None:
        raise InputError(f"{run} has no checkpoint{' that was measured on held-out text' if which == 'best' else ''}.")
    state = read_json(chosen / "state.json")
    model, tokenizer = open_model(str(run / "model"))
    checkpoint.load(chosen, TokenLoss(model))
    prepare_generation(model, tokenizer)
    partial = out.with_name(f".{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    with checkpoint.storing(partial):
        model.save_pretrained(partial)
    save_tokenizer(tokenizer, partial)
    loss = state.get("held_out")
    measured = "" if loss is None else f", where the held-out loss was {loss:.4f}"
    note = f"These are the weights of step {state['step']:,}{measured}. What is said below is of the whole run and its last step."
    write_text(partial / "README.md", card(told, note))
    partial.rename(out)
    return int(state["step"])
