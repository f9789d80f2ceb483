"""The training loop that all stages share. What differs between them is where batches come from and what the loss is.

Read top to bottom: open the run's folder, put model and optimizer on their device, take up the last checkpoint, then step
by step: draw the global batch, forward and backward over this process's slices of it, clip, update, tell the mixer, log,
now and then measure the held-out loss and write a checkpoint; at the end export the model.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.distributed.fsdp import FSDPModule

from medpress import lineage
from medpress.store import read_json, write_json
from training import checkpoint
from training.adapter import RATE, adapted, add_adapter, save_adapter
from training.ahead import Ahead, BatchBuilder
from training.attention import attend_within_pieces
from training.batch import Batch
from training.card import write_card
from training.config import InputError, TrainingConfig, plain
from training.distributed import World, shard
from training.guard import Guard
from training.layers import compile_each, recompute
from training.log import RunLog
from training.mixing import Feedback
from training.model import TokenLoss, model_hash, model_place, parameters, prepare_generation
from training.schedule import rate
from training.seen import SeenLog
from training.tokenizer import check as check_tokenizer
from training.tokenizer import save as save_tokenizer

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

_MAY_CHANGE = {"out", "checkpoint_every", "keep"}
"""Settings that may differ when a run is carried on: they do not change its result."""


class Objective(Protocol):
    """The loss of a stage."""

    def __call__(self, losses: Tensor, part: Batch, whole: Batch) -> tuple[Tensor, Mapping[str, Tensor]]:
        """Token losses [rows, length] of `part` -> its part of the loss of `whole`, and sums over units for the log."""


class Ticker(Protocol):
    """Told about each step."""

    def __call__(self, steps: int = 1, note: str = "") -> None: ...


@dataclass(kw_only=True)
class Totals:
    """What a run has seen; travels in its checkpoints."""

    tokens: dict[str, int] = field(default_factory=dict)
    """Tokens predicted, by source."""
    first_loss: float | None = None
    """Loss of the first step."""
    last_loss: float | None = None
    """Loss of the last step."""
    first_by_source: dict[str, float] = field(default_factory=dict)
    """Loss of the first step that had the source."""
    last_by_source: dict[str, float] = field(default_factory=dict)
    """Loss of the last step that had the source."""
    held_out_start: dict[str, Any] = field(default_factory=dict)
    """Held-out measurement before the first step."""
    held_out: dict[str, Any] = field(default_factory=dict)
    """Latest held-out measurement."""


@contextmanager
def telling(config: TrainingConfig, job: str, data: Path, world: World) -> Iterator[None]:
    """Tell in the run folder's lineage what `job` makes of what lies in `data`, and of the model that it starts from."""
    if not world.first:
        yield
        return
    model = [Path(config.model)] if config.model and Path(config.model).is_dir() else []
    made = config.out / "model"
    with lineage.told(config.out, job, [data, *model], [made]) as versions:
        yield
        versions[made] = read_json(config.out / "result.json")["weights"]


def train(
    config: TrainingConfig,
    *,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    batches: BatchBuilder,
    objective: Objective,
    steps: int,
    learning_rate: float,
    world: World,
    tick: Ticker,
    details: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Train `model` for `steps` steps, or carry on where the folder's last checkpoint stands.

    Returns the result that also goes to `result.json`: steps, tokens by source, first and last loss, held-out loss, the
    folder of the model, and `details`.
    """
    out = config.out
    if config.lora and not config.learning_rate:
        learning_rate *= RATE
    loss_head = prepare(model, config, world)
    optimizer = build_optimizer(loss_head, config, learning_rate, world)
    writer = checkpoint.Writer(world)
    step, totals, ahead, guard = 0, Totals(), Ahead(batches), Guard()
    newest = checkpoint.latest(out / "checkpoints")
    if newest is not None:
        state = checkpoint.restore(newest, loss_head, optimizer, world)
        check_state(state, newest)
        ahead.restore(state["batches"])
        step, totals = int(state["step"]), Totals(**state["totals"])
        guard.restore(state["guard"])
    log = RunLog(out, step) if world.first else None
    seen_log = SeenLog(out, step) if world.first else None
    tick(step)

    run = Run(config, loss_head, objective, world, batches.sources)
    held_out = batches.held_out()
    evaluate_every = config.evaluate_every or max(1, steps // 10)
    checkpoint_every = config.checkpoint_every or max(1, min(500, steps // 10))
    if step == 0 and held_out is not None:
        totals.held_out = totals.held_out_start = run.evaluate(held_out)
        if log:
            log.write(0, totals.held_out)

    while step < steps:
        step += 1
        started = time.perf_counter()
        batch = ahead.next()
        waited = time.perf_counter() - started
        for group in optimizer.param_groups:
            group["lr"] = learning_rate * rate(
                config.schedule, step, steps, warm_up=config.warm_up, final=config.final_rate
            )
        seen = run.step(batch)
        norm = clip(loss_head, config.clip)
        verdict = guard.judge(seen.loss, norm)
        taken = verdict == "take"
        if taken:
            optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if verdict in ("go back", "give up"):
            writer.wait()
            newest = checkpoint.latest(out / "checkpoints")
            if newest is None or verdict == "give up":
                raise FloatingPointError(
                    f"the loss became {seen.loss} at step {step}, its gradient {norm}: a lower --learning-rate may help; "
                    f"{'the last checkpoint in' if newest else 'there is no checkpoint yet in'} {out}"
                    f"{' is whole' if newest else ''}."
                )
            checkpoint.restore(newest, loss_head, optimizer, world)

        by_source = seen.by_source(batches.sources)
        if taken:
            if seen_log:
                seen_log.add(step, batch.taken)
            batches.observe(feedback(step, batch, seen, batches.sources))
            _count(totals, seen, by_source, batches.sources)
        else:
            batches.observe(nothing_shown(step, len(batches.sources)))
        if log:
            log.write(
                step,
                {
                    "loss": seen.loss,
                    "loss_by_source": by_source,
                    **({} if taken else {"not_taken": verdict}),
                    **seen.metrics,
                    **batch.log,
                    "learning_rate": optimizer.param_groups[0]["lr"],
                    "gradient_norm": norm,
                    "tokens": int(seen.tokens.sum()),
                    "seconds": round(time.perf_counter() - started, 4),
                    "waited": round(waited, 4),
                    "memory_mb": round(most_memory(world.device) / 2**20, 1),
                },
            )
        measured = held_out is not None and (step % evaluate_every == 0 or step == steps)
        if held_out is not None and measured:
            totals.held_out = run.evaluate(held_out)
            if log:
                log.write(step, totals.held_out)
        if step % checkpoint_every == 0 or step == steps:
            if seen_log:
                seen_log.write(step, ahead)
            state = {
                "batches": ahead.state(),
                "totals": vars(totals),
                "guard": guard.state(),
                "held_out": goal(totals.held_out) if measured else None,
            }
            writer.save(out / "checkpoints", step, loss_head, optimizer, state, config.keep)
        tick(1, f"loss {seen.loss:.3f}")

    writer.close()
    ahead.close()
    if log:
        log.close()
    if totals.last_loss is None:
        raise FloatingPointError("no step had a loss that is a number: a lower --learning-rate may help.")
    export(loss_head, tokenizer, out / "model", world, config.model)
    result = {
        "steps": steps,
        "parameters": parameters(loss_head),
        "trained_parameters": parameters(loss_head, trained=True),
        "learning_rate": learning_rate,
        **vars(totals),
        "model": str(out / "model"),
        "weights": model_hash(str(out / "model")) if world.first else "",
        **(details or {}),
    }
    if world.first:
        write_json(out / "result.json", result)
        write_card(out)
    world.barrier()
    return result


def prepare(model: PreTrainedModel, config: TrainingConfig, world: World) -> TokenLoss:
    """A plain model as it is trained: adapter, attention, layers and processes, in this order, on its device."""
    if config.lora:
        add_adapter(model, config.lora, config.seed)
    attend_within_pieces(model)
    layers = model.get_decoder().layers
    recompute(layers, config.recompute)
    if config.compile:
        compile_each(layers)
    loss_head = TokenLoss(model)
    bf16 = in_bf16(config, world)
    if config.lora and bf16 and world.size == 1:  # of frozen weights nothing below bf16 matters; FSDP casts by itself
        for weight in model.parameters():
            weight.data = weight.data if weight.requires_grad else weight.data.bfloat16()
    loss_head.to(world.device).train()
    if world.size > 1:
        shard(loss_head, layers, world, bf16=bf16)
    return loss_head


def check_state(state: Mapping[str, Any], place: Path) -> None:
    """Raise `InputError` when a checkpoint was written by code that remembers other things of a run than this does."""
    wanted = {
        "batches": {"place", "drawn", "learned"},
        "totals": {each.name for each in fields(Totals)},
        "guard": set(Guard().state()),
    }
    if any(not isinstance(state.get(name), Mapping) or set(state[name]) != keys for name, keys in wanted.items()):
        raise InputError(
            f"{place} was written by another version of medpress: finish that run with it, or choose another --out."
        )


def begin(config: TrainingConfig, data_hash: str, world: World) -> dict[str, Any] | None:
    """Make the run's folder this configuration's, or check that it is; returns the result when the run is finished.

    Raises `InputError` naming what differs from the run that began there: a setting, the data, or the starting model.
    """
    if config.lora and not config.model:
        raise InputError("--lora trains beside the weights of a model: name one with --model.")
    path = config.out / "run.json"
    settings = {name: value for name, value in plain(config).items() if name not in _MAY_CHANGE}
    identities = {"data": data_hash, "model": model_hash(config.model)}
    if path.exists():
        before = read_json(path)
        # an option that is newer than the run had the effect of its default
        earlier = plain(type(config)()) | before["config"]
        changed = [
            f"{name} was {earlier[name]!r} and is {value!r}"
            for name, value in settings.items()
            if earlier[name] != value
        ]
        changed += [f"the {name} is another" for name, value in identities.items() if before[name] != value]
        if changed:
            raise InputError(
                f"{config.out} holds another run ({'; '.join(changed)}): choose another --out, or delete it."
            )
    world.barrier()
    if world.first and not path.exists():
        write_json(path, {"config": settings, **identities})
    world.barrier()
    result = config.out / "result.json"
    return read_json(result) | {"already_done": True} if result.exists() else None


def build_optimizer(model: nn.Module, config: TrainingConfig, learning_rate: float, world: World) -> torch.optim.AdamW:
    """AdamW (Loshchilov and Hutter, arXiv 1711.05101); matrices decay, vectors do not."""
    trained = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in trained if p.dim() >= 2], "weight_decay": config.weight_decay},
        {"params": [p for p in trained if p.dim() < 2], "weight_decay": 0.0},
    ]
    fused = world.size == 1 or world.device.type == "cuda"
    return torch.optim.AdamW(groups, lr=learning_rate, betas=(config.beta1, config.beta2), fused=fused)


def clip(model: nn.Module, limit: float) -> float:
    """Scale the gradient down to a norm of `limit` (0: leave it); returns the norm before."""
    norm: Any = torch.nn.utils.clip_grad_norm_(model.parameters(), limit or float("inf"))
    return float(norm.full_tensor() if hasattr(norm, "full_tensor") else norm)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What one pass over a global batch showed, the same on every process."""

    loss: float
    """The objective."""
    losses: np.ndarray
    """Summed token losses by source (float64)."""
    tokens: np.ndarray
    """Tokens by source (int64)."""
    metrics: dict[str, float]
    """Means over the units of what the objective reports."""

    def by_source(self, names: list[str]) -> dict[str, float]:
        """Mean loss of each source that was there, in nats a token."""
        return {
            name: float(total / count)
            for name, total, count in zip(names, self.losses, self.tokens, strict=True)
            if count
        }


def in_bf16(config: TrainingConfig, world: World) -> bool:
    """Whether forward and backward are in bf16."""
    return config.precision == "bf16" or (
        config.precision == "auto" and world.device.type == "cuda" and torch.cuda.is_bf16_supported()
    )


class Run:
    """Forward and backward over batches."""

    def __init__(
        self, config: TrainingConfig, loss_head: TokenLoss, objective: Objective, world: World, sources: list[str]
    ) -> None:
        self._loss_head, self._objective, self._world, self._sources = loss_head, objective, world, sources
        self._micro = config.micro_batch or max(1, config.batch_size // world.size)
        self._bf16 = in_bf16(config, world)

    def step(self, batch: Batch) -> Seen:
        """Add the gradient of a batch to the model's."""
        # FSDP averages gradients over the processes; times their number, the average becomes the sum that we want
        scale = float(self._world.size)
        return self._pass(batch, lambda loss: (loss * scale).backward())

    @torch.no_grad()
    def evaluate(self, batch: Batch) -> dict[str, Any]:
        """The objective and the losses by source on held-out data."""
        self._loss_head.eval()
        seen = self._pass(batch, lambda loss: None)
        self._loss_head.train()
        if isinstance(self._loss_head, FSDPModule):
            self._loss_head.reshard()  # after a forward without a backward the root would stay whole
        return {
            "held_out": float(seen.losses.sum() / seen.tokens.sum()),
            "held_out_by_source": seen.by_source(self._sources),
            **({"held_out_objective": seen.loss} if seen.metrics else {}),
            **{f"held_out_{name}": value for name, value in seen.metrics.items()},
        }

    def _pass(self, batch: Batch, backward: Callable[[Tensor], None]) -> Seen:
        """Every part once. Nothing is read back from the device before the last is done."""
        device, count = self._world.device, len(self._sources)
        loss = torch.zeros((), dtype=torch.float64, device=device)
        losses = torch.zeros(count, dtype=torch.float64, device=device)
        tokens = np.zeros(count)
        metrics: dict[str, Tensor] = {}
        parts = list(batch.parts(self._world.rank, self._world.size, self._micro))
        for number, (part, counts) in enumerate(parts):
            if isinstance(self._loss_head, FSDPModule):  # gradients meet once a step, not once a part
                self._loss_head.set_requires_gradient_sync(number == len(parts) - 1)
            with torch.autocast(device.type, torch.bfloat16, enabled=self._bf16):
                token_losses = self._loss_head(part.input_ids, part.position_ids, part.labels)
            part_loss, part_metrics = self._objective(token_losses, part, batch)
            backward(part_loss)
            for name in part_metrics:
                metrics.setdefault(name, torch.zeros((), dtype=torch.float64, device=device))
            if not counts:
                continue
            known = np.flatnonzero(part.sources.ravel() >= 0)
            owners = part.sources.ravel()[known]
            loss += part_loss.detach()
            found = token_losses.detach().view(-1)[torch.from_numpy(known).to(device)].double()
            losses.index_add_(0, torch.from_numpy(owners).to(device), found)
            tokens += np.bincount(owners, minlength=count)
            for name, value in part_metrics.items():
                metrics[name] += value
        counted = torch.from_numpy(tokens).to(device)
        summed = self._world.total(torch.cat([loss[None], losses, counted, *(m[None] for m in metrics.values())])).cpu()
        return Seen(
            loss=float(summed[0]),
            losses=summed[1 : 1 + count].numpy(),
            tokens=summed[1 + count : 1 + 2 * count].numpy().astype(np.int64),
            metrics={n: float(v) / batch.units for n, v in zip(metrics, summed[1 + 2 * count :], strict=True)},
        )


def feedback(step: int, batch: Batch, seen: Seen, sources: list[str]) -> Feedback:
    """A step as the mixer sees it."""
    with np.errstate(invalid="ignore"):
        losses = np.where(seen.tokens > 0, seen.losses / np.maximum(seen.tokens, 1), np.nan)
    return Feedback(
        step=step,
        sequences=batch.drawn if batch.drawn is not None else np.zeros(len(sources), dtype=np.int64),
        tokens=seen.tokens,
        losses=losses,
        chances=batch.chances if batch.chances is not None else np.ones(len(sources)),
    )


def goal(held_out: Mapping[str, Any]) -> float:
    """What a held-out measurement is judged by: the stage's objective."""
    return float(held_out.get("held_out_objective", held_out["held_out"]))


def nothing_shown(step: int, sources: int) -> Feedback:
    """A step that was not taken, as the mixer sees it: nothing was drawn."""
    none = np.zeros(sources, dtype=np.int64)
    return Feedback(step=step, sequences=none, tokens=none, losses=np.full(sources, np.nan), chances=np.ones(sources))


def most_memory(device: torch.device) -> int:
    """Bytes that this process has held at most: of the device's memory, or of the machine's where there is no other."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def _count(totals: Totals, seen: Seen, by_source: Mapping[str, float], sources: list[str]) -> None:
    totals.first_loss = seen.loss if totals.first_loss is None else totals.first_loss
    totals.last_loss = seen.loss
    for name, count in zip(sources, seen.tokens, strict=True):
        totals.tokens[name] = totals.tokens.get(name, 0) + int(count)
    totals.first_by_source = {**by_source, **totals.first_by_source}
    totals.last_by_source = {**totals.last_by_source, **by_source}


def export(loss_head: TokenLoss, tokenizer: PreTrainedTokenizerFast, folder: Path, world: World, base: str) -> None:
    """Write model and tokenizer so that `AutoModelForCausalLM.from_pretrained(folder)` loads them; of a model with an adapter
    that alone, which belongs to `base`.

    Weights are gathered one at a time and written by the first process.
    """
    from transformers.utils import logging

    weights = dict(_gathered(loss_head, world))
    if world.first:
        logging.disable_progress_bar()
        write_model(loss_head.causal_lm, tokenizer, folder, base, weights)
        check_tokenizer(tokenizer, folder)
    world.barrier()


def write_model(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    folder: Path,
    base: str,
    weights: Mapping[str, Tensor],
) -> None:
    """Write the trained weights of a model, or of its adapter, with the tokenizer."""
    with checkpoint.storing(folder):
        if adapted(model):
            save_adapter(model, weights, folder, model_place(base))
        else:
            prepare_generation(model, tokenizer)
            model.save_pretrained(folder, state_dict=dict(weights))
    save_tokenizer(tokenizer, folder)


def _gathered(loss_head: TokenLoss, world: World) -> Any:
    prefix = "causal_lm."
    for name, tensor in checkpoint.full_tensors(loss_head):
        if world.first:
            yield name.removeprefix(prefix), tensor
