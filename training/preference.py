"""Objectives on pairs of a chosen and a rejected answer: one loss, and what each objective sets in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor

Name = Literal["cpo-simpo", "simpo", "cpo", "dpo", "orpo"]
"""The objectives, as `--objective` has them."""
NAMES: tuple[Name, ...] = get_args(Name)


@dataclass(frozen=True, kw_only=True)
class Preference:
    """An objective: how an answer is scored, and how scores and likelihood weigh.

        s(y)   = log p(y | x), summed over an answer's tokens or their mean, less that of a reference model where there is one
        z      = beta * (s(chosen) - s(rejected)) - gamma         or the difference of the log odds of the means
        L      = mean over pairs of -weight * log sigmoid(z)  +  alpha * NLL(chosen | x)

    The NLL is the mean over the tokens of the chosen answers.
    """

    beta: float
    """Scale of the scores."""
    gamma: float = 0.0
    """Margin by which the chosen score should exceed the rejected one."""
    alpha: float = 0.0
    """Weight of the chosen answers' negative log-likelihood."""
    weight: float = 1.0
    """Weight of the comparison."""
    mean: bool = False
    """An answer's score is the mean over its tokens; otherwise their sum."""
    odds: bool = False
    """Log odds are compared: z is their difference, without beta and gamma."""
    reference: bool = False
    """Scores are measured from those of the model that the run starts from."""


def preference_of(name: Name, *, beta: float | None, gamma: float | None, alpha: float | None) -> Preference:
    """An objective by its name; what is None is as published.

    cpo-simpo, simpo: Meng et al., arXiv 2405.14734; cpo: Xu et al., arXiv 2401.08417; dpo: Rafailov et al., arXiv 2305.18290;
    orpo: Hong et al., arXiv 2403.07691, where beta (its lambda) weighs the comparison.
    """
    usual = {
        "cpo-simpo": (10.0, 5.4, 0.05),
        "simpo": (10.0, 5.4, 0.0),
        "cpo": (0.1, 0.0, 1.0),
        "dpo": (0.1, 0.0, 0.0),
        "orpo": (0.1, 0.0, 1.0),
    }[name]
    scale, margin, likelihood = (
        u if given is None else given for u, given in zip(usual, (beta, gamma, alpha), strict=True)
    )
    if name == "orpo":
        return Preference(beta=1.0, weight=scale, alpha=likelihood, mean=True, odds=True)
    return Preference(
        beta=scale, gamma=margin, alpha=likelihood, mean=name in ("cpo-simpo", "simpo"), reference=name == "dpo"
    )


def preference(
    losses: Tensor,
    lengths: Tensor,
    objective: Preference,
    *,
    pairs: int,
    chosen_tokens: int,
    reference: Tensor | None = None,
) -> tuple[Tensor, Mapping[str, Tensor]]:
    """The loss of an objective, and for logging sums over the pairs given: rewards, margins, accuracy, lengths, NLL.

    losses [2 P, L]: token losses of the answers, chosen and rejected of a pair in adjacent rows; lengths [2 P]: labels in
    each row; reference [2 P, L]: token losses of the reference model, needed where the objective has one. `pairs` and
    `chosen_tokens` count the whole batch, of which this may be a part.
    """
    likelihood = -losses.sum(dim=1)
    score = likelihood / lengths if objective.mean else likelihood
    if objective.reference:
        if reference is None:
            raise ValueError("this objective needs the losses of a reference model.")
        score = score + reference.sum(dim=1)
    chosen, rejected = (objective.beta * score).view(-1, 2).unbind(dim=1)
    margins = chosen - rejected
    if objective.odds:
        margins = margins - (_log_of_rest(chosen) - _log_of_rest(rejected))
    compared = -objective.weight * F.logsigmoid(margins - objective.gamma).sum() / pairs
    nll = -likelihood.view(-1, 2)[:, 0].sum()
    logged = {
        "reward_chosen": chosen.detach().sum(),
        "reward_rejected": rejected.detach().sum(),
        "margin": margins.detach().sum(),
        "accuracy": (margins.detach() > 0).sum(),
        "length_chosen": lengths.view(-1, 2)[:, 0].sum(),
        "length_rejected": lengths.view(-1, 2)[:, 1].sum(),
        "nll_chosen": nll.detach() / chosen_tokens * pairs,
    }
    return compared + objective.alpha * nll / chosen_tokens, logged


def _log_of_rest(log_p: Tensor) -> Tensor:
    """log(1 - p), exact for p near 0 and near 1 (Mächler 2012)."""
    return torch.where(log_p < -0.6931471805599453, torch.log1p(-torch.exp(log_p)), torch.log(-torch.expm1(log_p)))
