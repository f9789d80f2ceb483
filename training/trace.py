"""What a run was trained on: any step again, from the shards, the run's settings and the numbers that its log has.

Where each source stands at a step follows from how many sequences were drawn of it before, so a step is found again without
training, and nothing is decoded on the way. The hash that the log and the checkpoints hold says whether it is the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from medpress.location import location
from medpress.store import read_json
from training.config import CptConfig, InputError
from training.cpt import batches_of, encoder_of, tokenizer_of
from training.data import Group, MixedBatches, Shards
from training.distributed import World
from training.log import read_metrics
from training.mixing import arms_of, mixture
from training.tokenizer import open_tokenizer


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A stretch of a record that a step was trained on."""

    step: int
    """The step, from 1."""
    source: str
    """The source of the record."""
    id: str
    """The record."""
    doc_id: str
    """Its document."""
    start: int
    """First token of the stretch in the record."""
    tokens: int
    """Tokens predicted in it."""


def trace(run: Path, *, step: int | None = None, document: str | None = None) -> Iterator[Trained]:
    """What one step of a `train cpt` run was trained on, or where a document (by the beginning of its id) was met.

    Raises `InputError` where the folder holds no such run or step, and where the shards or the log are not what the run
    was trained on and wrote.
    """
    if (step is None) == (document is None):
        raise InputError("name either a --step or a --document.")
    if not (run / "run.json").exists():
        raise InputError(f"{run} holds no run: there is no run.json in it.")
    stored = read_json(run / "run.json")
    if "shards" not in stored["config"]:
        raise InputError(f"{run} is no run of train cpt: only those can be traced.")
    config = CptConfig(**stored["config"], out=run)
    shards = Shards(location(config.shards), config.held_out, config.held_out_tokens)
    if shards.hash != stored["data"]:
        raise InputError(f"{config.shards} are not the shards that {run} was trained on.")
    lines = [line for line in read_metrics(run) if "drawn" in line]
    if step is not None and not 1 <= step <= len(lines):
        raise InputError(f"{run} has no step {step}: its log goes from 1 to {len(lines)}.")
    batches = _batches(config, shards, run)
    for line in lines[:step]:
        arms = np.repeat(np.arange(len(batches.sources)), [line["drawn"][name] for name in batches.sources])
        wanted = document is not None or line["step"] == step
        found = [part for arm, each, _ in batches.take(arms.tolist()) if wanted for part in _rows(batches, arm, each)]
        if batches.seen != line["seen"]:
            raise InputError(
                f"step {line['step']} was not trained on what its log says: the log was changed, or the code was."
            )
        if "not_taken" not in line:
            yield from _named(shards, line["step"], found, document)


def _batches(config: CptConfig, shards: Shards, run: Path) -> MixedBatches:
    folder = run / "tokenizer"
    encoder = encoder_of(open_tokenizer(str(folder)) if folder.exists() else tokenizer_of(config, shards, run))
    arms = arms_of({source.name: source.tokens for source in shards.sources}, config)
    alone = World(rank=0, size=1, device=torch.device("cpu"))
    return batches_of(config, shards, encoder, mixture(arms, replace(config, mix="static"), 1, 1), alone)


def _rows(batches: MixedBatches, arm: int, stretches: np.ndarray) -> Iterator[tuple[str, Any]]:
    return ((batches.sources[arm], row) for row in stretches.tolist())


def _named(shards: Shards, step: int, found: list[tuple[str, Any]], document: str | None) -> Iterator[Trained]:
    """The ids of rows, each group of a shard read once."""
    groups: dict[Group, list[int]] = {}
    for _, (file, row_group, row, _, _) in found:
        groups.setdefault(Group(file, row_group), []).append(row)
    names = {group: dict(zip(rows, shards.ids(group, rows), strict=True)) for group, rows in groups.items()}
    for source, (file, row_group, row, start, tokens) in found:
        record, of = names[Group(file, row_group)][row]
        if document is None or of.startswith(document):
            yield Trained(step=step, source=source, id=record, doc_id=of, start=start, tokens=tokens)
