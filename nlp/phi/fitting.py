"""Fits the network of the learned finder to labelled notes, with torch; use needs no torch.

Rows of the table that the notes meet fewer than `_FEWEST` times stay zero, so that a word that training has not seen adds
nothing instead of noise. The weights written are a running mean of those of the last steps.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlp.phi.network import DISTANCES, Network

_FEWEST = 4
_BATCH = 6000
"""Words of a step."""
_RATE = 3e-3
_DROPPED = 0.15
"""Share of the parts of a hidden state, and of the features of a word, that training leaves out."""
_OFTEN = 5
"""Every how many steps the running mean takes in the weights."""
_KEPT = 0.97
"""How much of itself the running mean keeps then."""


def fit(
    notes: Sequence[tuple[NDArray[np.int32], NDArray[np.int64]]],
    n_rows: int,
    n_labels: int,
    width: int,
    rounds: int,
    seed: int,
) -> Network:
    """A network for (features of each word, label of each word) of many notes.

    `n_rows` is how many rows the table has; row 0 stays zero. The notes are read `rounds` times in an order that `seed` gives.
    """
    import torch
    from torch import nn

    torch.manual_seed(seed)
    torch.set_num_threads(1)
    counts = np.zeros(n_rows, np.int64)
    for rows, _ in notes:
        counts += np.bincount(rows.ravel(), minlength=n_rows)
    known = (counts >= _FEWEST) & (np.arange(n_rows) > 0)
    notes = [(np.where(known[rows], rows, 0).astype(np.int32), labels) for rows, labels in notes]

    class Tagger(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = nn.Parameter(torch.randn(n_rows, width) * 0.1)
            self.convolutions = nn.ModuleList(nn.Linear(3 * width, width) for _ in DISTANCES)
            self.out = nn.Linear(width, n_labels)

        def forward(self, rows: Any, there: Any) -> Any:
            flat = (rows * (torch.rand(rows.shape) >= _DROPPED)).reshape(-1, rows.shape[-1])
            hidden = nn.functional.embedding_bag(flat, self.table, mode="sum", padding_idx=0)
            hidden = hidden.reshape(*rows.shape[:2], width) / (1 - _DROPPED)
            for layer, distance in zip(self.convolutions, DISTANCES, strict=True):
                hidden = hidden * there
                blank = hidden.new_zeros(hidden.shape[0], distance, width)
                wide = torch.cat([blank, hidden, blank], dim=1)
                size = hidden.shape[1]
                around = torch.cat([wide[:, i * distance : i * distance + size] for i in range(3)], dim=2)
                change = nn.functional.relu(layer(around))
                hidden = hidden + nn.functional.dropout(change, _DROPPED)
            return self.out(hidden)

    model = Tagger()
    optimizer = torch.optim.AdamW(model.parameters(), lr=_RATE, weight_decay=0.01, betas=(0.9, 0.98))
    chance = random.Random(seed)
    batches = [batch for _ in range(rounds) for batch in _batches([len(labels) for _, labels in notes], chance)]
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, total_steps=len(batches), pct_start=0.1)
    mean = {name: value.detach().clone() for name, value in model.named_parameters()}
    for step, batch in enumerate(batches):
        padded, labels = _padded([notes[i] for i in batch])
        there = torch.from_numpy(labels >= 0)[..., None].float()
        scores = model(torch.from_numpy(padded), there)
        loss = nn.functional.cross_entropy(
            scores.reshape(-1, n_labels), torch.from_numpy(labels).reshape(-1), ignore_index=-1
        )
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % _OFTEN == 0:
            kept = min(_KEPT, step / (step + 10 * _OFTEN))
            for name, value in model.named_parameters():
                mean[name].mul_(kept).add_(value.detach(), alpha=1 - kept)
        if step % 100 == 0:
            print(f"step {step} of {len(batches)}: loss {loss.item():.4f}", flush=True)

    def array(name: str) -> NDArray[np.float32]:
        return np.ascontiguousarray(mean[name].numpy().T if name != "table" else mean[name].numpy(), dtype=np.float32)

    return Network(
        table=array("table") * known[:, None].astype(np.float32),
        weights=[array(f"convolutions.{i}.weight") for i in range(len(DISTANCES))],
        biases=[array(f"convolutions.{i}.bias") for i in range(len(DISTANCES))],
        out_weight=array("out.weight"),
        out_bias=array("out.bias"),
    )


def _batches(lengths: Sequence[int], chance: random.Random) -> list[list[int]]:
    """Numbers of notes of about one length together, `_BATCH` words each, in random order."""
    order = sorted(range(len(lengths)), key=lambda i: lengths[i] * chance.uniform(0.8, 1.2))
    batches: list[list[int]] = [[]]
    longest = 0
    for i in order:
        longest = max(longest, lengths[i])
        if batches[-1] and longest * (len(batches[-1]) + 1) > _BATCH:
            batches.append([])
            longest = lengths[i]
        batches[-1].append(i)
    chance.shuffle(batches)
    return batches


def _padded(
    notes: Sequence[tuple[NDArray[np.int32], NDArray[np.int64]]],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and labels of notes as arrays, shapes (notes, words, features) and (notes, words), padded with 0 and -1."""
    size = max(len(labels) for _, labels in notes)
    rows = np.zeros((len(notes), size, notes[0][0].shape[1]), np.int64)
    labels = np.full((len(notes), size), -1, np.int64)
    for i, (its_rows, its_labels) in enumerate(notes):
        rows[i, : len(its_labels)] = its_rows
        labels[i, : len(its_labels)] = its_labels
    return rows, labels
