"""`train export`: the model of a checkpoint, as a folder that transformers loads."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from torch import Tensor

from medpress.store import read_json, write_text
from training import checkpoint
from training.adapter import add_adapter, is_adapter
from training.card import card
from training.config import InputError
from training.gguf_file import write_gguf
from training.history import history
from training.model import TokenLoss, open_model
from training.tokenizer import open_tokenizer
from training.trainer import write_model


def export(run: Path, which: Literal["best", "last"], out: Path, *, merge: bool = False, gguf: bool = False) -> int:
    """Write the weights of a run's best or last checkpoint to the folder `out`, with tokenizer and card; returns its step.

    The best is by held-out loss. Of a run with an adapter that is the adapter, or with `merge` the weights it belongs to with
    its product added; `gguf` writes whole weights as a file for llama.cpp. Raises `InputError` for a run that is not finished,
    without such a checkpoint, and for a folder that is there.
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
    adapter = is_adapter(run / "model")
    base = str(told.settings["model"])
    model, tokenizer = open_model(base if adapter else str(run / "model"))
    if adapter:
        tokenizer = open_tokenizer(str(run / "model"))
        add_adapter(model, int(told.settings["lora"]), seed=0)
    checkpoint.load(chosen, TokenLoss(model))
    partial = out.with_name(f".{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    if adapter and (merge or gguf):
        write_model(model, tokenizer, partial, base, dict(_trained(model)))
        model, _ = open_model(str(partial))
        shutil.rmtree(partial)
    if gguf:
        partial.mkdir(parents=True)
        write_gguf(model, tokenizer, partial / "model.gguf")
    else:
        write_model(model, tokenizer, partial, base, dict(_trained(model)))
    loss = state.get("held_out")
    measured = "" if loss is None else f", where the held-out loss was {loss:.4f}"
    note = f"These are the weights of step {state['step']:,}{measured}. What is said below is of the whole run and its last step."
    write_text(partial / "README.md", card(told, note))
    partial.rename(out)
    return int(state["step"])


def _trained(model: Any) -> Iterator[tuple[str, Tensor]]:
    return ((name, weight.detach()) for name, weight in checkpoint.trained(model))
