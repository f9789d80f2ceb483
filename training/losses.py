"""Losses. Each is a sum over the rows given, divided by a count over the whole batch of all processes.

So the gradient of a step is the sum of the micro-batches' and the processes' gradients, and neither the size of a
micro-batch nor the number of processes changes the result.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.checkpoint import checkpoint

CHUNK_BYTES = {"cpu": 2**27, "cuda": 2**30}
"""Logits kept at once, in fp32, by the kind of device. A chunk of many rows is what keeps a GPU busy."""


def cross_entropies(rows: Tensor, weight: Tensor, targets: Tensor, bias: Tensor | None = None) -> Tensor:
    """Negative log-likelihood of each target, in nats.

    rows [N, D] of hidden states, weight [V, D], targets [N] -> [N] in fp32 (fp64 for fp64 input). Logits are made for a
    chunk of rows at a time and made again for the gradient, so that they are never all in memory; few enough rows are
    done at once and kept.
    """
    size = max(1, CHUNK_BYTES.get(rows.device.type, CHUNK_BYTES["cpu"]) // (4 * weight.shape[0]))
    if len(rows) <= size:
        return _cross_entropy(rows, weight, bias, targets)
    return torch.cat(
        [
            checkpoint(_cross_entropy, part, weight, bias, target, use_reentrant=False)
            for part, target in zip(rows.split(size), targets.split(size), strict=True)
        ]
    )


def _cross_entropy(rows: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor) -> Tensor:
    logits = F.linear(rows, weight, bias)
    if logits.dtype != torch.float64:
        logits = logits.float()
    return F.cross_entropy(logits, targets, reduction="none")


def causal_lm(losses: Tensor, *, tokens: int) -> Tensor:
    """Mean loss a token: these rows' part of it. losses [B, L]; `tokens` counts the labels of the whole batch."""
    return losses.sum() / tokens


def group_advantages(rewards: Tensor) -> Tensor:
    """Rewards [groups, answers] -> how much better each answer is than its group, in standard deviations (n - 1) of the
    group; 0 where all earn the same. GRPO (Shao et al., arXiv 2402.03300), with TRL's 1e-4 in the divisor."""
    return (rewards - rewards.mean(dim=1, keepdim=True)) / (rewards.std(dim=1, keepdim=True) + 1e-4)


def grpo(
    losses: Tensor,
    predicted: Tensor,
    advantages: Tensor,
    *,
    rows: int,
    epsilon: float,
    kl: float,
    previous: Tensor | None = None,
    reference: Tensor | None = None,
) -> tuple[Tensor, Mapping[str, Tensor]]:
    """Group relative policy optimisation (Shao et al., arXiv 2402.03300, equation 3).

        ratio   = p(token) / p_previous(token)
        token   = -min(ratio * A, clip(ratio, 1 - epsilon, 1 + epsilon) * A)  +  kl * (p_ref / p - log(p_ref / p) - 1)
        L       = mean over answers of the mean over an answer's tokens

    losses [R, L]: token losses; predicted [R, L]: where a token of the answer is predicted; advantages [R]; `rows` counts
    the whole batch. `previous` and `reference` are token losses of the model that the answers were sampled from (None: the
    model as it is) and of the one that the divergence is measured from (needed when kl > 0). Returns these rows' part of the
    loss, and for logging sums over the rows given: share of clipped tokens, divergence.
    """
    mask = predicted.to(losses.dtype)
    tokens = mask.sum(dim=1).clamp(min=1.0)
    ratio = torch.exp((losses.detach() if previous is None else previous) - losses)
    gain = advantages.to(losses.dtype)[:, None]
    clipped = ratio.clamp(1 - epsilon, 1 + epsilon)
    each = -torch.min(ratio * gain, clipped * gain)
    divergence = torch.zeros_like(losses)
    if kl:
        if reference is None:
            raise ValueError("the divergence needs the losses of a reference model.")
        apart = losses - reference
        divergence = torch.exp(apart) - apart - 1
        each = each + kl * divergence
    cut = ((ratio < 1 - epsilon) & (gain < 0)) | ((ratio > 1 + epsilon) & (gain > 0))
    logged = {
        "clipped": ((cut * mask).sum(dim=1) / tokens).detach().sum(),
        "divergence": ((divergence * mask).sum(dim=1) / tokens).detach().sum(),
    }
    return ((each * mask).sum(dim=1) / tokens).sum() / rows, logged
