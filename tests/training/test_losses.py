"""Losses: equal to transformers' and TRL's, and to themselves in pieces."""

from __future__ import annotations

import types

import numpy as np
import pytest
import torch
from torch import Tensor

from medpress.tokenising import train_tokenizer
from training import losses
from training.attention import attend_within_pieces
from training.losses import causal_lm, cpo_simpo, cross_entropies
from training.model import TokenLoss, random_model
from training.packing import IGNORED, as_piece, assemble
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


def test_cpo_simpo_equals_trl() -> None:
    """TRL's experimental CPO trainer with loss_type simpo and cpo_alpha, in fp64, on ragged answers."""
    trainer_module = pytest.importorskip("trl.experimental.cpo.cpo_trainer")
    beta, gamma, alpha, pairs, length = 10.0, 5.4, 0.05, 4, 9
    rng = torch.Generator().manual_seed(3)
    logits = torch.randn(2 * pairs, length, 30, dtype=torch.float64, generator=rng)
    labels = torch.randint(0, 30, (2 * pairs, length), generator=rng)
    for row in range(2 * pairs):
        labels[row, : 1 + row % 3] = IGNORED
        labels[row, length - row % 4 :] = IGNORED

    reference = object.__new__(trainer_module.CPOTrainer)
    reference.loss_type, reference.beta, reference.simpo_gamma = "simpo", beta, gamma
    reference.cpo_alpha, reference.label_smoothing, reference.alpha = alpha, 0.0, 0.0
    reference.accelerator = types.SimpleNamespace(device="cpu")
    interleaved = torch.stack([torch.arange(0, 2 * pairs, 2), torch.arange(1, 2 * pairs, 2)]).flatten()
    theirs_logits, theirs_labels = logits[interleaved], labels[interleaved]  # chosen first, then rejected
    logps = reference.get_batch_logps(
        torch.cat([theirs_logits, theirs_logits[:, :1]], dim=1),
        torch.cat([torch.full((2 * pairs, 1), IGNORED), theirs_labels], dim=1),
        average_log_prob=True,
        is_encoder_decoder=False,
    )
    preference, chosen_rewards, rejected_rewards = reference.cpo_loss(logps[:pairs], logps[pairs:])
    nll = torch.nn.functional.cross_entropy(theirs_logits[:pairs].flatten(0, 1), theirs_labels[:pairs].flatten())
    wanted = preference.mean() + alpha * nll

    flat = torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none")
    counts = (labels != IGNORED).sum(1)
    ours, logged = cpo_simpo(
        flat.view(2 * pairs, length),
        counts,
        beta=beta,
        gamma=gamma,
        alpha=alpha,
        pairs=pairs,
        chosen_tokens=int(counts[::2].sum()),
    )
    assert float(ours) == pytest.approx(float(wanted), abs=1e-10)
    assert float(logged["reward_chosen"]) == pytest.approx(float(chosen_rewards.sum()), abs=1e-10)
    assert float(logged["reward_rejected"]) == pytest.approx(float(rejected_rewards.sum()), abs=1e-10)


def test_cpo_simpo_in_parts_is_the_whole() -> None:
    flat = torch.rand(8, 6, dtype=torch.float64)
    lengths = torch.tensor([6, 5, 4, 6, 3, 6, 6, 2])
    settings = {"beta": 10.0, "gamma": 5.4, "alpha": 0.05, "pairs": 4, "chosen_tokens": int(lengths[::2].sum())}
    whole, _ = cpo_simpo(flat, lengths, **settings)
    parts = [cpo_simpo(flat[i : i + 2], lengths[i : i + 2], **settings)[0] for i in range(0, 8, 2)]
    assert float(sum(parts)) == pytest.approx(float(whole), abs=1e-12)
