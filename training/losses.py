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


def cpo_simpo(
    losses: Tensor,
    lengths: Tensor,
    *,
    beta: float,
    gamma: float,
    alpha: float,
    pairs: int,
    chosen_tokens: int,
) -> tuple[Tensor, Mapping[str, Tensor]]:
    """CPO-SimPO (Meng et al., arXiv 2405.14734, with the likelihood term of Xu et al., arXiv 2401.08417).

        r(x, y) = beta / |y| * log p(y | x)
        L       = mean over pairs of -log sigmoid(r(x, chosen) - r(x, rejected) - gamma)  +  alpha * NLL(chosen | x)

    losses [2 P, L]: token losses of the answers, chosen and rejected of a pair in adjacent rows; lengths [2 P]: labels in
    each row. `pairs` and `chosen_tokens` count the whole batch. The NLL is the mean over the chosen answers' tokens.
    Returns these rows' part of the loss, and for logging sums over the pairs given: rewards, margins, accuracy, lengths.
    """
    likelihood = -losses.sum(dim=1)
    chosen, rejected = (beta * likelihood / lengths).view(-1, 2).unbind(dim=1)
    margins = chosen - rejected
    preference = -F.logsigmoid(margins - gamma).sum() / pairs
    nll = -likelihood.view(-1, 2)[:, 0].sum() / chosen_tokens
    logged = {
        "reward_chosen": chosen.detach().sum(),
        "reward_rejected": rejected.detach().sum(),
        "margin": margins.detach().sum(),
        "accuracy": (margins.detach() > 0).sum(),
        "length_chosen": lengths.view(-1, 2)[:, 0].sum(),
        "length_rejected": lengths.view(-1, 2)[:, 1].sum(),
    }
    return preference + alpha * nll, logged
