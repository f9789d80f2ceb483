"""Losses: equal to transformers' and TRL's, and to themselves in pieces."""

from __future__ import annotations

import types
from collections import defaultdict

import numpy as np
import pytest
import torch
from torch import Tensor

from medpress.tokenising import train_tokenizer
from training import losses
from training.attention import attend_within_pieces
from training.losses import causal_lm, cross_entropies, group_advantages, grpo
from training.model import TokenLoss, random_model
from training.packing import IGNORED, as_piece, assemble
from training.preference import NAMES, Name, Preference, preference, preference_of
from training.tokenizer import wrap


@pytest.fixture(scope="module")
def model():
    tokenizer = wrap(train_tokenizer(["a text of words and more words in it"] * 5, 300))
    return random_model(tokenizer, width=32, layers=2, heads=4, context=64, seed=0).eval()


def random_documents(count: int, vocabulary: int = 260) -> list[np.ndarray]:
    rng = np.random.default_rng(5)
    return [rng.integers(1, vocabulary, rng.integers(3, 20)) for _ in range(count)]


def tensors(*rows) -> tuple[Tensor, Tensor, Tensor]:
    return tuple(  # type: ignore[return-value]
        torch.from_numpy(np.stack([getattr(row, name) for row in rows]))
        for name in ("input_ids", "position_ids", "labels")
    )


@pytest.mark.parametrize("family", ["Qwen3", "Qwen2", "Llama", "Mistral"])
@pytest.mark.parametrize("attention", ["within pieces", "sdpa", "eager"])
def test_packed_equals_unpacked(family: str, attention: str) -> None:
    """Documents in several rows, some with padding, some alone in their row; Mistral sees back seven places only."""
    import transformers

    stock = attention if attention != "within pieces" else "sdpa"
    window = {"sliding_window": 7} if family == "Mistral" else {}
    config = getattr(transformers, f"{family}Config")(
        vocab_size=300,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=8,
        pad_token_id=0,
        attn_implementation=stock,
        **window,
    )
    torch.manual_seed(0)
    model = getattr(transformers, f"{family}ForCausalLM")(config).eval()
    documents = [as_piece(d) for d in random_documents(9)]
    apart = torch.cat([TokenLoss(model)(*tensors(assemble([d], len(d), padding=0)))[0] for d in documents])
    head = TokenLoss(model)
    if attention == "within pieces":
        assert attend_within_pieces(model)
    bins = (documents[:4], documents[4:8], documents[8:])
    length = max(sum(map(len, chosen)) for chosen in bins) + 2
    packed = head(*tensors(*(assemble(chosen, length, padding=0) for chosen in bins)))
    start = 0
    for row, chosen in zip(packed, bins, strict=True):
        places = sum(map(len, chosen))
        assert torch.allclose(row[:places], apart[start : start + places], atol=1e-5, rtol=0)
        assert (row[places:] == 0).all()
        start += places
    # and it is the borders that make them equal: as one long document they have other losses
    ids, _, labels = tensors(assemble(documents, sum(map(len, documents)), padding=0))
    assert not torch.allclose(head(ids, torch.arange(ids.shape[1])[None], labels)[0], apart, atol=1e-4, rtol=0)


def test_gradients_within_pieces_are_those_of_the_dense_mask(model) -> None:
    rows = [
        assemble([as_piece(d) for d in random_documents(8)[part]], 64, padding=0) for part in (slice(4), slice(4, 8))
    ]

    def gradients() -> list[Tensor]:
        model.zero_grad()
        TokenLoss(model)(*tensors(*rows)).sum().backward()
        return [weight.grad.clone() for weight in model.parameters()]

    dense = gradients()
    assert attend_within_pieces(model)
    for one, other in zip(dense, gradients(), strict=True):
        assert torch.allclose(one, other, atol=1e-5, rtol=1e-4)
    model.set_attn_implementation("sdpa")


def test_loss_of_unpacked_data_equals_transformers(model) -> None:
    """Instruction data: prompt tokens ignored; ours is shifted, transformers' shifts inside."""
    rng = np.random.default_rng(1)
    documents = random_documents(4)
    predict = [np.arange(len(d)) >= rng.integers(1, len(d)) for d in documents]
    length = max(map(len, documents))
    ids = torch.zeros(4, length, dtype=torch.long)
    mask, labels = torch.zeros_like(ids), torch.full_like(ids, IGNORED)
    for row, (tokens, wanted) in enumerate(zip(documents, predict, strict=True)):
        ids[row, : len(tokens)] = torch.from_numpy(tokens)
        mask[row, : len(tokens)] = 1
        labels[row, : len(tokens)] = torch.from_numpy(np.where(wanted, tokens, IGNORED))
    reference = model(input_ids=ids, attention_mask=mask, labels=labels).loss
    reference = reference.detach()
    rows = [assemble([as_piece(d, w)], length, padding=0) for d, w in zip(documents, predict, strict=True)]
    batch = tensors(*rows)
    ours = causal_lm(TokenLoss(model)(*batch), tokens=int((batch[2] != IGNORED).sum()))
    assert ours.item() == pytest.approx(reference.item(), abs=1e-6)


def test_chunks_change_neither_loss_nor_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    rows = torch.randn(33, 8, dtype=torch.float64)
    weight = torch.randn(50, 8, dtype=torch.float64)
    targets = torch.randint(0, 50, (33,))

    def run() -> tuple[Tensor, Tensor, Tensor]:
        r, w = rows.clone().requires_grad_(), weight.clone().requires_grad_()
        found = cross_entropies(r, w, targets)
        (found**2).sum().backward()
        return found.detach(), r.grad, w.grad  # type: ignore[return-value]

    whole = run()
    monkeypatch.setattr(losses, "CHUNK_BYTES", {"cpu": 4 * 50 * 4})
    for one, other in zip(whole, run(), strict=True):
        assert torch.allclose(one, other, atol=1e-12, rtol=0)


@pytest.mark.parametrize("packed", [True, False])
def test_nothing_to_predict_is_zero_with_a_gradient(model, packed: bool) -> None:
    model.zero_grad()
    if packed:
        assert attend_within_pieces(model)
    ids = np.arange(8).reshape(2, 4)
    found = TokenLoss(model)(ids, np.tile(np.arange(4), (2, 1)), np.full((2, 4), IGNORED))
    found.sum().backward()
    assert found.shape == (2, 4) and not found.any()
    assert all(weight.grad is not None and not weight.grad.any() for weight in model.parameters())
    model.set_attn_implementation("sdpa")


def _pairs_batch(pairs: int = 4, length: int = 9) -> tuple[Tensor, Tensor]:
    """Logits and labels of ragged answers, chosen and rejected in adjacent rows, in fp64."""
    rng = torch.Generator().manual_seed(3)
    logits = torch.randn(2 * pairs, length, 30, dtype=torch.float64, generator=rng)
    labels = torch.randint(0, 30, (2 * pairs, length), generator=rng)
    for row in range(2 * pairs):
        labels[row, : 1 + row % 3] = IGNORED
        labels[row, length - row % 4 :] = IGNORED
    return logits, labels


def _log_probabilities(logits: Tensor, labels: Tensor, mean: bool) -> tuple[Tensor, Tensor]:
    """What TRL makes of logits and labels, of the chosen answers and of the rejected ones."""
    trainer_module = pytest.importorskip("trl.experimental.cpo.cpo_trainer")
    found = trainer_module.CPOTrainer.get_batch_logps(
        torch.cat([logits, logits[:, :1]], dim=1),
        torch.cat([torch.full((len(labels), 1), IGNORED), labels], dim=1),
        average_log_prob=mean,
        is_encoder_decoder=False,
    )
    return found[::2], found[1::2]


def _theirs(name: str, logits: Tensor, labels: Tensor, first: Tensor, settings: Preference) -> tuple[Tensor, Tensor]:
    """The comparison of TRL's trainer, and its reward of the chosen answers."""
    chosen, rejected = _log_probabilities(logits, labels, settings.mean)
    accelerator = types.SimpleNamespace(device="cpu")
    if name == "orpo":
        module = pytest.importorskip("trl.experimental.orpo.orpo_trainer")
        reference = object.__new__(module.ORPOTrainer)
        reference.beta, reference.accelerator = settings.weight, accelerator
        compared, rewards, *_ = reference.odds_ratio_loss(chosen, rejected)
        return -compared.mean(), rewards / settings.weight
    if (
        name == "dpo"
    ):  # TRL's DPO trainer has no function of its own for this: its sigmoid loss is CPO's of the differences
        before = _log_probabilities(first, labels, mean=False)
        chosen, rejected = chosen - before[0], rejected - before[1]
    module = pytest.importorskip("trl.experimental.cpo.cpo_trainer")
    reference = object.__new__(module.CPOTrainer)
    reference.loss_type = "simpo" if settings.mean else "sigmoid"
    reference.beta, reference.simpo_gamma = settings.beta, settings.gamma
    reference.label_smoothing, reference.alpha, reference.accelerator = 0.0, 0.0, accelerator
    compared, rewards, _ = reference.cpo_loss(chosen, rejected)
    return compared.mean(), rewards


@pytest.mark.parametrize("alpha", [None, 0.05])
@pytest.mark.parametrize("name", NAMES)
def test_preference_equals_trl(name: Name, alpha: float | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loss and gradient of TRL's trainers, in fp64, on ragged answers; the likelihood term is that of the answers' tokens."""
    logits, labels = _pairs_batch()
    first = torch.randn(logits.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(4))
    settings = preference_of(name, beta=None, gamma=None, alpha=alpha)
    logits.requires_grad_()
    with monkeypatch.context() as patch:
        patch.setattr(Tensor, "float", lambda self: self)  # ORPO's trainer rounds to fp32
        compared, rewards = _theirs(name, logits, labels, first, settings)
    nll = torch.nn.functional.cross_entropy(logits[::2].flatten(0, 1), labels[::2].flatten())
    wanted = compared + settings.alpha * nll
    (gradient,) = torch.autograd.grad(wanted, logits)

    def losses_of(of: Tensor) -> Tensor:
        return torch.nn.functional.cross_entropy(of.flatten(0, 1), labels.flatten(), reduction="none").view(
            labels.shape
        )

    counts = (labels != IGNORED).sum(1)
    ours, logged = preference(
        losses_of(logits), counts, settings, pairs=4, chosen_tokens=int(counts[::2].sum()), reference=losses_of(first)
    )
    assert float(ours) == pytest.approx(float(wanted), abs=1e-10)
    assert torch.allclose(torch.autograd.grad(ours, logits)[0], gradient, atol=1e-10, rtol=0)
    assert float(logged["reward_chosen"]) == pytest.approx(float(rewards.sum()), abs=1e-10)
    assert float(logged["nll_chosen"]) / 4 == pytest.approx(float(nll), abs=1e-10)


@pytest.mark.parametrize("name", NAMES)
def test_preference_in_parts_is_the_whole(name: Name) -> None:
    flat, before = torch.rand(2, 8, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    lengths = torch.tensor([6, 5, 4, 6, 3, 6, 6, 2])
    settings = preference_of(name, beta=None, gamma=None, alpha=None)
    counts = {"pairs": 4, "chosen_tokens": int(lengths[::2].sum())}
    whole, _ = preference(flat, lengths, settings, reference=before, **counts)
    parts = [
        preference(flat[i : i + 2], lengths[i : i + 2], settings, reference=before[i : i + 2], **counts)[0]
        for i in range(0, 8, 2)
    ]
    assert float(sum(parts)) == pytest.approx(float(whole), abs=1e-12)


def _grpo_batch() -> tuple[Tensor, ...]:
    """Six answers of two groups, ragged, in fp64: token log-probabilities now, when sampled and of a reference; mask; rewards."""
    rng = torch.Generator().manual_seed(5)
    now, before, fixed = (-torch.rand(6, 7, dtype=torch.float64, generator=rng) * 3 for _ in range(3))
    before = now + 0.4 * (before - before.mean())  # some ratios leave the clipped range, some do not
    mask = torch.ones(6, 7, dtype=torch.long)
    for row in range(6):
        mask[row, 7 - row % 4 :] = 0
    rewards = torch.tensor([[1.0, 0.0, 0.0], [0.5, 1.0, 1.0]], dtype=torch.float64)
    return now, before, fixed, mask, rewards


@pytest.mark.parametrize("kl", [0.0, 0.04])
def test_grpo_equals_trl(kl: float) -> None:
    """The loss and its gradient of TRL's GRPO trainer with loss_type grpo, in fp64, clipped and not, with a divergence."""
    trainer_module = pytest.importorskip("trl.trainer.grpo_trainer")
    now, before, fixed, mask, rewards = _grpo_batch()
    advantages = group_advantages(rewards)
    std = rewards.std(dim=1, keepdim=True)
    assert torch.allclose(advantages, (rewards - rewards.mean(1, keepdim=True)) / (std + 1e-4), atol=1e-12)
    theirs = now.clone().requires_grad_()

    reference = object.__new__(trainer_module.GRPOTrainer)
    same = types.SimpleNamespace(gather=lambda x: x, gather_for_metrics=lambda x: x, reduce=lambda x, reduction: x)
    settings = {
        "aux_loss_enabled": False,
        "top_entropy_quantile": 1.0,
        "off_policy_mask_threshold": None,
        "importance_sampling_level": "token",
        "beta": kl,
        "args": types.SimpleNamespace(use_bias_correction_kl=False, delta=None),
        "loss_type": "grpo",
        "epsilon_low": 0.2,
        "epsilon_high": 0.2,
        "use_vllm": False,
        "model": torch.nn.Linear(1, 1).train(),
        "current_gradient_accumulation_steps": 1,
        "_entropy_bonus_enabled": False,
        "_metrics": {"train": defaultdict(list)},
        "accelerator": same,
        "_get_per_token_logps_and_entropies": lambda *_, **__: (theirs, torch.zeros_like(theirs), None),
    }
    for name, value in settings.items():
        setattr(reference, name, value)
    inputs = {
        "prompt_ids": torch.zeros(6, 2, dtype=torch.long),
        "prompt_mask": torch.ones(6, 2, dtype=torch.long),
        "completion_ids": torch.zeros(6, 7, dtype=torch.long),
        "completion_mask": mask,
        "advantages": advantages.flatten(),
        "old_per_token_logps": before,
        "ref_per_token_logps": fixed,
    }
    wanted = reference._compute_loss(None, inputs)
    wanted.backward()

    ours = (-now).clone().requires_grad_()
    found, logged = grpo(
        ours, mask.bool(), advantages.flatten(), rows=6, epsilon=0.2, kl=kl, previous=-before, reference=-fixed
    )
    found.backward()
    assert float(found.detach()) == pytest.approx(float(wanted.detach()), abs=1e-10)
    assert torch.allclose(-ours.grad, theirs.grad, atol=1e-10, rtol=0)  # type: ignore[operator]
    assert 0 < float(logged["clipped"]) < 6


def test_grpo_in_parts_is_the_whole_and_equal_rewards_teach_nothing() -> None:
    now, before, fixed, mask, rewards = _grpo_batch()
    gain = group_advantages(rewards).flatten()

    def loss(rows: slice) -> float:
        found, _ = grpo(
            -now[rows], mask[rows].bool(), gain[rows], rows=6, epsilon=0.2, kl=0.1, previous=-before[rows],
            reference=-fixed[rows],
        )  # fmt: skip
        return float(found)

    assert sum(loss(slice(i, i + 2)) for i in (0, 2, 4)) == pytest.approx(loss(slice(0, 6)), abs=1e-12)
    assert (group_advantages(torch.ones(2, 3)) == 0).all()
    with pytest.raises(ValueError, match="reference"):
        grpo(-now, mask.bool(), gain, rows=6, epsilon=0.2, kl=0.1)
