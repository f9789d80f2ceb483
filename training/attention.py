"""Attention inside documents alone: rows of packed pieces become one sequence, and each piece sees itself and nothing else.

No mask of length × length is made. On a GPU the lengths go to the variable-length flash kernel; elsewhere, and for what that
kernel does not take, pieces of about the same length are laid side by side as a batch. Such a batch is padded at the end,
where a causal model never looks from a real place, so that it needs no mask either.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from training.config import InputError
from training.packing import IGNORED

PACKED = "within_pieces"
"""Name of this attention among those of transformers."""
BESIDE = 1.25
"""Pieces are laid side by side when the longest is no more than so many times the shortest."""
_UNKNOWN = ("softcap", "s_aux", "position_bias")
"""What some models want of their attention and this one does not do."""


@dataclass(frozen=True, slots=True)
class Flat:
    """Rows of pieces as one sequence of T places. Pieces that predict nothing are left out: padding is one of them."""

    input_ids: np.ndarray
    """Token ids (int64 [T])."""
    position_ids: np.ndarray
    """Position within the piece (int64 [T])."""
    lengths: np.ndarray
    """Of each piece (int64), in order; they add up to T."""
    wanted: np.ndarray
    """Places of the T that have a label (int64 [N])."""
    targets: np.ndarray
    """Their labels (int64 [N])."""
    places: np.ndarray
    """Where their losses belong among all places of the rows (int64 [N])."""


def flatten(input_ids: np.ndarray, position_ids: np.ndarray, labels: np.ndarray) -> Flat:
    """int64 [rows, length] each; a piece begins where a row does and where positions do not go on."""
    begins = np.ones(position_ids.shape, dtype=bool)
    begins[:, 1:] = position_ids[:, 1:] != position_ids[:, :-1] + 1
    piece = np.cumsum(begins.ravel()) - 1
    flat = labels.ravel()
    predicts = np.zeros(piece[-1] + 1, dtype=bool)
    predicts[piece[flat != IGNORED]] = True
    if not predicts.any():
        predicts[0] = True
    kept = np.flatnonzero(predicts[piece])
    targets = flat[kept]
    wanted = np.flatnonzero(targets != IGNORED)
    return Flat(
        input_ids=input_ids.ravel()[kept],
        position_ids=position_ids.ravel()[kept],
        lengths=np.bincount(piece[kept], minlength=len(predicts))[predicts],
        wanted=wanted,
        targets=targets[wanted],
        places=kept[wanted],
    )


@dataclass(frozen=True, slots=True)
class Pieces:
    """The borders of the pieces of one sequence, as the two ways of attending want them."""

    longest: int
    """Length of the longest piece."""
    borders: Tensor
    """Where pieces begin, and where the last one ends (int32)."""
    batches: Sequence[tuple[Tensor, Tensor | None]]
    """For each batch of pieces side by side: places in the sequence [pieces, length], and which of its own places are real
    (flat; None: all)."""
    back: Tensor | None
    """Where each place of the sequence stands among the real places of all batches; None when it is one batch of one."""


def pieces(lengths: np.ndarray, device: torch.device, *, low_precision: bool) -> Pieces:
    """Prepare the attention over pieces of these lengths. Where a GPU's kernel takes them (`low_precision`: its queries are in
    bf16 or fp16), nothing is laid side by side."""
    ends = np.cumsum(lengths)
    borders = torch.from_numpy(np.append(0, ends).astype(np.int32)).to(device, non_blocking=True)
    if len(lengths) == 1 or (device.type == "cuda" and low_precision):
        return Pieces(int(lengths.max()), borders, (), None)
    batches, order = [], []
    for chosen in _side_by_side(lengths):
        size, offsets = int(lengths[chosen].max()), np.arange(lengths[chosen].max())
        real = offsets < lengths[chosen][:, None]
        places = np.where(real, (ends - lengths)[chosen][:, None] + offsets, (ends - 1)[chosen][:, None])
        order.append(places[real])
        inner = None if real.all() else torch.from_numpy(np.flatnonzero(real)).to(device, non_blocking=True)
        batches.append((torch.from_numpy(places.reshape(-1, size)).to(device, non_blocking=True), inner))
    back = np.empty(int(ends[-1]), dtype=np.int64)
    back[np.concatenate(order)] = np.arange(len(back))
    return Pieces(int(lengths.max()), borders, batches, torch.from_numpy(back).to(device, non_blocking=True))


def _side_by_side(lengths: np.ndarray) -> Iterator[np.ndarray]:
    """Numbers of pieces of about the same length, the longest first."""
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        stop = int(np.searchsorted(-lengths[order], -lengths[order[start]] / BESIDE, side="right"))
        yield order[start:stop]
        start = stop


def attend(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    pieces: Pieces,
    scaling: float | None = None,
    dropout: float = 0.0,
    sliding_window: int | None = None,
    **others: Any,
) -> tuple[Tensor, None]:
    """What transformers calls in each layer: query [1, heads, T, size], keys and values with as many or fewer heads.

    Returns [1, T, heads, size].
    """
    if unknown := [name for name in _UNKNOWN if others.get(name) is not None]:
        raise InputError(f"this model wants {unknown[0]} of its attention, which the trainer does not do.")
    window = sliding_window if sliding_window and sliding_window < pieces.longest else None
    if query.is_cuda and query.dtype in (torch.bfloat16, torch.float16) and not dropout:
        return _variable_length(query, key, value, pieces, scaling, window), None
    options = {"scale": scaling, "dropout_p": dropout, "enable_gqa": key.shape[1] != query.shape[1]}
    if pieces.back is None:
        return _causal(query, key, value, window, options).transpose(1, 2), None
    q, k, v = (tensor[0].transpose(0, 1) for tensor in (query, key, value))
    found = []
    for places, real in pieces.batches:
        some_q, some_k, some_v = (tensor[places].transpose(1, 2) for tensor in (q, k, v))
        seen = _causal(some_q, some_k, some_v, window, options).transpose(1, 2).flatten(0, 1)
        found.append(seen if real is None else seen.index_select(0, real))
    return torch.cat(found).index_select(0, pieces.back)[None], None


def _causal(query: Tensor, key: Tensor, value: Tensor, window: int | None, options: dict[str, Any]) -> Tensor:
    if window is None or query.shape[2] <= window:
        return F.scaled_dot_product_attention(query, key, value, is_causal=True, **options)
    places = torch.arange(query.shape[2], device=query.device)
    back = places[:, None] - places[None, :]
    return F.scaled_dot_product_attention(query, key, value, attn_mask=(back >= 0) & (back < window), **options)


def _variable_length(
    query: Tensor, key: Tensor, value: Tensor, pieces: Pieces, scaling: float | None, window: int | None
) -> Any:
    """Flash attention over cumulative lengths, as torch has it from 2.10 on."""
    from torch.nn.attention.varlen import varlen_attn

    q, k, v = (tensor[0].transpose(0, 1) for tensor in (query, key, value))
    groups = q.shape[1] // k.shape[1]
    if groups > 1:
        k, v = (tensor.repeat_interleave(groups, dim=1) for tensor in (k, v))
    borders, longest = pieces.borders, pieces.longest
    reach = (-1 if window is None else window - 1, 0)
    found: Any = varlen_attn(q, k, v, borders, borders, longest, longest, scale=scaling, window_size=reach)
    return found[None]


def attend_within_pieces(model: Any) -> bool:
    """Give a model of transformers this attention; False, and nothing is changed, when it cannot take one from outside."""
    from transformers import AttentionInterface

    if not getattr(model, "_supports_attention_backend", False) or getattr(
        model.config, "attn_logit_softcapping", None
    ):
        return False
    AttentionInterface.register(PACKED, attend)
    model.set_attn_implementation(PACKED)
    return True


def attends_within_pieces(model: Any) -> bool:
    """Whether a model has this attention."""
    return bool(model.config._attn_implementation == PACKED)
