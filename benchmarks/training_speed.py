"""What a step costs in CPU-seconds, beside `transformers.Trainer`, and what the loader costs.

    python benchmarks/training_speed.py step OUT
    python benchmarks/training_speed.py loader OUT

`step`: the same model trains on the same documents once, one thread, in one process, in turns: our packed rows with documents
kept apart; Trainer with padding, with padding by length, and with text packed beforehand, where documents see each other.
Useful tokens are labels. `loader`: batches are drawn, decoded and thrown away, once as on one process (8 × 1,024), once as on
one of 64 (256 × 4,096).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from cyclopts import App
from torch.utils.data import Dataset

from medpress.store import write_manifest, write_table
from medpress.tokenising import train_tokenizer
from training.ahead import Ahead
from training.config import CptConfig
from training.cpt import language_modelling
from training.data import Encoder, MixedBatches, Shards
from training.distributed import World
from training.mixing import arms_of, mixture
from training.model import TokenLoss, random_model
from training.packing import IGNORED
from training.tokenizer import wrap
from training.trainer import Run, attend_within_pieces, build_optimizer, clip

app = App(help=__doc__)
ALONE = World(rank=0, size=1, device=torch.device("cpu"))


class Rows(Dataset):
    """Rows for Trainer."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return self._rows[index]


@app.command
def step(
    out: Path, *, tokens: int = 100_000, width: int = 192, layers: int = 3, length: int = 1024, rounds: int = 3
) -> None:
    """Useful tokens per CPU-second of a whole step, ours and Trainer's ways, by turns."""
    torch.set_num_threads(1)
    tokenizer = wrap(train_tokenizer(["a text of words and more words in it"] * 5, 300))
    documents = _documents(tokens, len(tokenizer) - 1, length)
    folder = _write(out / "documents", documents, tokenizer.backend_tokenizer)
    beside = max(1, round(8 * length / np.mean([len(d) for d in documents])))
    whole = np.concatenate(documents)
    packed = [{"input_ids": row, "labels": row} for row in whole[: len(whole) // length * length].reshape(-1, length)]
    apart = [{"input_ids": d, "labels": d, "length": len(d)} for d in documents]
    model = lambda: random_model(tokenizer, width=width, layers=layers, heads=4, context=length, seed=0)  # noqa: E731
    ways: dict[str, Callable[[], tuple[float, int]]] = {
        "ours": lambda: _ours(model(), tokenizer, folder, length, out),
        "padded": lambda: _trainer(model(), apart, beside, out, "random"),
        "padded by length": lambda: _trainer(model(), apart, beside, out, "group_by_length"),
        "packed beforehand": lambda: _trainer(model(), packed, 8, out, "random"),
    }
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            seconds, useful = way()
            found[name].append(useful / seconds)
            print(f"{name}: {useful:,} useful tokens, {useful / seconds:,.0f} per CPU-second", flush=True)
    best = {name: max(values) for name, values in found.items()}
    for name, value in best.items():
        print(f"ours is {best['ours'] / value:.2f} of {name}")


def _ours(model: Any, tokenizer: Any, folder: Path, length: int, out: Path) -> tuple[float, int]:
    config = CptConfig(batch_size=8, sequence_length=length, out=out)
    batches = _batches(folder, tokenizer, config, length)
    attend_within_pieces(model)
    head = TokenLoss(model).train()
    optimizer = build_optimizer(head, config, 1e-3, ALONE)
    run, ahead = Run(config, head, language_modelling, ALONE, batches.sources), Ahead(batches)
    total = int(Shards(folder, 0.0).sources[0].tokens)
    useful, began = 0, time.process_time()
    while useful < 0.9 * total:
        useful += int(run.step(ahead.next()).tokens.sum())
        clip(head, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    seconds = time.process_time() - began
    ahead.close()
    return seconds, useful


def _trainer(model: Any, rows: list[dict[str, Any]], beside: int, out: Path, sampling: str) -> tuple[float, int]:
    from transformers import Trainer, TrainingArguments

    def collate(chosen: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
        longest = max(len(row["input_ids"]) for row in chosen)
        ids = torch.zeros(len(chosen), longest, dtype=torch.long)
        mask, labels = torch.zeros_like(ids), torch.full_like(ids, IGNORED)
        for number, row in enumerate(chosen):
            size = len(row["input_ids"])
            ids[number, :size] = labels[number, :size] = torch.from_numpy(row["input_ids"])
            mask[number, :size] = 1
        return {"input_ids": ids, "labels": labels, **({} if mask.all() else {"attention_mask": mask})}

    arguments = TrainingArguments(
        output_dir=str(out / "trainer"), per_device_train_batch_size=beside, num_train_epochs=1, learning_rate=1e-3,
        use_cpu=True, report_to=[], save_strategy="no", logging_strategy="no", disable_tqdm=True,
        remove_unused_columns=False, train_sampling_strategy=sampling, length_column_name="length",
    )  # fmt: skip
    trainer = Trainer(model=model, args=arguments, train_dataset=Rows(rows), data_collator=collate)
    began = time.process_time()
    trainer.train()
    return time.process_time() - began, sum(len(row["input_ids"]) - 1 for row in rows)


@app.command
def loader(out: Path, *, batches: int = 30) -> None:
    """CPU-milliseconds of a batch, for one process and for one of 64."""
    tokenizer = wrap(train_tokenizer(["a text of words and more words in it"] * 5, 300))
    folder = _write(
        out / "many", _documents(12_000_000, len(tokenizer) - 1, 8192, mean=500), tokenizer.backend_tokenizer
    )
    for size, length, world in ((8, 1024, 1), (256, 4096, 64)):
        config = CptConfig(batch_size=size, sequence_length=length)
        builder = _batches(folder, tokenizer, config, length, world // 2, world)
        for _ in range(3):
            builder.make(builder.draw())
        count = batches if world == 1 else 8
        began = time.process_time()
        for _ in range(count):
            builder.make(builder.draw())
        spent = 1000 * (time.process_time() - began) / count
        print(f"{size} × {length:,} on one of {world}: {spent:.2f} CPU-ms a batch", flush=True)


def _batches(
    folder: Path, tokenizer: Any, config: CptConfig, length: int, rank: int = 0, world: int = 1
) -> MixedBatches:
    shards = Shards(folder, 0.0)
    arms = arms_of({source.name: source.tokens for source in shards.sources}, config)
    return MixedBatches(
        shards,
        Encoder(tokenizer.backend_tokenizer, tokenizer.eos_token_id),
        mixture(arms, config, 100, 1),
        batch_size=config.batch_size,
        sequence_length=length,
        padding=0,
        seed=0,
        held_out_tokens=0,
        rank=rank,
        world=world,
    )


def _documents(tokens: int, vocabulary: int, longest: int, mean: float = 250) -> list[np.ndarray]:
    """Documents of lengths as records have them: a log-normal, cut at `longest`."""
    rng = np.random.default_rng(0)
    lengths = np.minimum(np.maximum(rng.lognormal(np.log(mean), 0.7, 2 * round(tokens / mean)), 8), longest - 2)
    lengths = lengths[: np.searchsorted(np.cumsum(lengths), tokens)].astype(np.int64)
    return [rng.integers(1, vocabulary, n) for n in lengths]


def _write(folder: Path, documents: list[np.ndarray], tokenizer: Any) -> Path:
    if not (folder / "manifest.json").exists():
        ids = pa.array([d.astype(np.int32) for d in documents], type=pa.list_(pa.int32()))
        names = [f"d{number}" for number in range(len(documents))]
        columns = {"id": names, "source": [f"s{n % 4}" if len(names) > 2000 else "s" for n in range(len(names))]}
        table = pa.table({**columns, "input_ids": ids, "n_tokens": pa.array([len(d) for d in documents], pa.int32())})
        write_table(folder / "data" / "part-00000.parquet", table)
        tokenizer.save(str(folder / "tokenizer.json"))
        write_manifest(folder, kind="tokens", config={}, versions={})
    return folder


if __name__ == "__main__":
    app()
