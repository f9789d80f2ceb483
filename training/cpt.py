"""`train cpt`: shards to a base model."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor

from medpress.errors import to_run
from medpress.location import location
from medpress.tokenising import load_tokenizer, train_tokenizer, understands
from training.batch import Batch, check_divisible
from training.card import corpus_of
from training.config import CptConfig, InputError
from training.data import Encoder, MixedBatches, Shards
from training.distributed import World, join_world
from training.losses import causal_lm
from training.mixing import Mixture, arms_of, mixture
from training.model import model_folder, open_model, random_model
from training.packing import IGNORED
from training.tokenizer import begin_of_document, end_of_document, open_tokenizer, save, wrap
from training.trainer import Ticker, begin, telling, train

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

RANDOM_START_TOKENS = 500_000
"""Tokens that a random start trains on at least, by repeating a small corpus."""
TOKENIZER_CHARACTERS = 20_000_000
"""Text that a tokenizer is trained on, at most."""


def language_modelling(losses: Tensor, part: Batch, whole: Batch) -> tuple[Tensor, Mapping[str, Tensor]]:
    """The objective of pre-training and of instruction tuning: mean loss over the labels of the whole batch."""
    return causal_lm(losses, tokens=whole.tokens), {}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a run will do, worked out before it starts."""

    steps: int
    """Optimizer steps."""
    epochs: float
    """Passes over the training text that these are, sources counted together."""
    tokens: int
    """Tokens of the whole run, as the manifest counts them."""


def run_cpt(config: CptConfig, progress: Any) -> dict[str, Any]:
    """Train on shards; `progress(label, total, unit)` is a context manager that gives a ticker.

    Returns the result of `train`, with `unigram_entropy` of the held-out labels (nats a token, over all sources and by
    source) beside the held-out loss: a model that has learned anything beyond word frequencies is below it.
    """
    with join_world() as world:
        check_divisible(config.batch_size, world.size)
        if not world.first:
            world.barrier()  # until the first process has written the index of the shards, where they have none
        shards = Shards(location(config.shards), config.held_out, config.held_out_tokens)
        if world.first:
            world.barrier()
        if finished := begin(config, shards.hash, world):
            return finished
        model, tokenizer = _start(config, shards, world)
        encoder = encoder_of(tokenizer)
        arms = arms_of({source.name: source.tokens for source in shards.sources}, config)
        plan = make_plan(config, shards, encoder)
        batches = batches_of(
            config, shards, encoder, mixture(arms, config, plan.steps, plan.tokens), world, int(tokenizer.pad_token_id)
        )  # type: ignore[arg-type]
        watched = progress("train cpt", plan.steps, "steps") if world.first else silent()
        with watched as tick, telling(config, "train cpt", shards.folder, world):
            return train(
                config,
                model=model,
                tokenizer=tokenizer,
                batches=batches,
                objective=language_modelling,
                steps=plan.steps,
                learning_rate=config.learning_rate or (2e-5 if config.model else 3e-3),
                world=world,
                tick=tick,
                details={
                    "epochs": plan.epochs,
                    "mix": config.mix,
                    "vocabulary": len(tokenizer),
                    "corpus": corpus_of(shards.folder),
                    **unigram_entropies(batches),
                },
            )


def encoder_of(tokenizer: PreTrainedTokenizerFast) -> Encoder:
    """How texts become documents of this tokenizer."""
    return Encoder(tokenizer.backend_tokenizer, end_of_document(tokenizer), begin_of_document(tokenizer))


def batches_of(
    config: CptConfig, shards: Shards, encoder: Encoder, mixer: Mixture, world: World, padding: int = 0
) -> MixedBatches:
    """The batches of a run, for this process."""
    return MixedBatches(
        shards,
        encoder,
        mixer,
        batch_size=config.batch_size,
        sequence_length=sequence_length(config),
        padding=padding,
        seed=config.seed,
        held_out_tokens=config.held_out_tokens,
        rank=world.rank,
        world=world.size,
    )


def sequence_length(config: CptConfig) -> int:
    """Tokens in a sequence, as the configuration says or leaves to us."""
    return config.sequence_length or (1024 if config.model else 128)


def _start(config: CptConfig, shards: Shards, world: World) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """The model named, or a small one from a random start with the tokenizer of its folder, made on the first run."""
    if config.model:
        model, tokenizer = open_model(config.model)
        _check_tokens(shards, tokenizer.backend_tokenizer, model_folder(config.model))
        return model, tokenizer
    if world.first and not (config.out / "tokenizer").exists():
        tokenizer_of(config, shards, config.out)
    world.barrier()
    tokenizer = open_tokenizer(str(config.out / "tokenizer"))
    model = random_model(
        tokenizer,
        width=config.width,
        layers=config.layers,
        heads=config.heads,
        context=sequence_length(config),
        seed=config.seed,
    )
    return model, tokenizer


def tokenizer_of(config: CptConfig, shards: Shards, folder: Path) -> PreTrainedTokenizerFast:
    """The tokenizer of a run: that of the model named, or the one of a random start, which is made in `folder`."""
    if config.model:
        path = Path(model_folder(config.model))
        if path.suffix == ".gguf":
            tokenizer = open_tokenizer(str(path.parent), gguf_file=path.name)
        else:
            tokenizer = open_tokenizer(str(path))
        _check_tokens(shards, tokenizer.backend_tokenizer, str(path))
        return tokenizer
    _make_tokenizer(config, shards, folder / "tokenizer")
    return open_tokenizer(str(folder / "tokenizer"))


def _check_tokens(shards: Shards, tokenizer: Tokenizer, name: str) -> None:
    """Raise `InputError` when token shards are not in the tokens of this tokenizer."""
    if shards.tokenized and not understands(tokenizer, shards.tokenizer()):
        raise InputError(
            f"{shards.folder} holds tokens of another tokenizer than that of {name}: write them anew with "
            f"{to_run(f'corpus build --tokenize --tokenizer {name}', shards.folder.parent)}, or train on the shards in text."
        )


def _make_tokenizer(config: CptConfig, shards: Shards, folder: Path) -> None:
    if config.tokenizer:
        try:
            chosen = load_tokenizer(config.tokenizer)
        except FileNotFoundError as error:
            raise InputError(str(error)) from error
        _check_tokens(shards, chosen, config.tokenizer)
        tokenizer = wrap(chosen)
    elif shards.tokenized:
        if config.vocabulary:
            raise InputError(f"--vocabulary is for shards in text: {shards.folder} is in tokens already.")
        tokenizer = wrap(shards.tokenizer())
    else:
        texts = (text for text, _ in shards.sample(TOKENIZER_CHARACTERS, config.seed))
        try:
            tokenizer = wrap(train_tokenizer(texts, config.vocabulary or vocabulary_for(shards)))
        except ValueError as error:
            raise InputError(f"--vocabulary: {error}") from error
    partial = folder.with_name(".tokenizer.partial")
    shutil.rmtree(partial, ignore_errors=True)
    save(tokenizer, partial)
    partial.rename(folder)


def vocabulary_for(shards: Shards) -> int:
    """Entries that suit a corpus: growing with the square root of its tokens, 1,024 to 32,768, in steps of 256."""
    tokens = sum(source.tokens for source in shards.sources)
    return int(min(32_768, max(1_024, round(3.0 * tokens**0.5 / 256) * 256)))


def make_plan(config: CptConfig, shards: Shards, encoder: Encoder) -> Plan:
    """How many steps make the epochs wanted."""
    available = _predictions(config, shards, encoder)
    if available < 1:
        raise InputError(f"{shards.folder} holds no text to train on.")
    per_step = config.batch_size * sequence_length(config)
    least = 0 if config.model or config.epochs else RANDOM_START_TOKENS
    wanted = max(least, (config.epochs or 1.0) * available)
    steps = config.steps or max(1, round(wanted / per_step))
    epochs = steps * per_step / available
    counted = sum(source.tokens for source in shards.sources)
    return Plan(steps=steps, epochs=epochs, tokens=round(epochs * counted))


def _predictions(config: CptConfig, shards: Shards, encoder: Encoder) -> float:
    """Labels in the training rows: counted for token shards; for text estimated, since the shards count tokens by the
    tokenizer of their manifest and only a sample tells how many of this model's those are.
    """
    counted = sum(source.tokens for source in shards.sources)
    if shards.tokenized:
        return counted + sum(source.records for source in shards.sources) * (len(encoder.enclosed([])) - 1)
    sample = list(shards.sample(300_000, config.seed + 1))
    own = sum(len(document) - 1 for document in encoder.documents(text for text, _ in sample))
    return counted * own / max(1, sum(tokens for _, tokens in sample))


def unigram_entropies(batches: MixedBatches) -> dict[str, Any]:
    """Entropy of the distribution of the held-out labels, in nats a token: over all sources, and of each source."""
    batch = batches.held_out()
    if batch is None:
        return {}
    real = batch.labels != IGNORED
    labels, owners = batch.labels[real], batch.sources[real]
    return {
        "unigram_entropy": entropy(labels),
        "unigram_entropy_by_source": {
            name: entropy(labels[owners == number])
            for number, name in enumerate(batches.sources)
            if (owners == number).any()
        },
        "held_out_tokens_by_source": {
            name: int((owners == number).sum()) for number, name in enumerate(batches.sources)
        },
    }


def entropy(labels: np.ndarray) -> float:
    """Entropy of the empirical distribution of some labels, in nats."""
    _, counts = np.unique(labels, return_counts=True)
    shares = counts / counts.sum()
    return float(-(shares * np.log(shares)).sum())


@contextmanager
def silent() -> Iterator[Ticker]:
    """A ticker that shows nothing: for processes other than the first."""
    yield lambda steps=1, note="": None
