"""What one GPU makes of a step, in at most eight minutes; on a CPU the same with tiny sizes, to see that all of it runs.

    python benchmarks/gpu_train.py OUT
    python benchmarks/gpu_train.py OUT --tiny

Model FLOPs utilisation (Chowdhery et al., arXiv 2204.02311, appendix B), of useful tokens alone:

    MFU = (6 N tokens + 6 layers width sum of squared lengths of pieces) / (seconds * peak)

N are the weights without the input embedding where it is not the head too; the second term is attention, of which a causal model
needs half. With frozen weights 6 becomes 4 for them: their gradient is not computed. The peak is what the maker says of dense
bf16 (`PEAK`), or on a CPU what a matrix product reached here. A section that does not fit the memory says so; one for which
there is no time left is said to be left out. Documents have lengths as records have them.
"""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from cyclopts import App

from medpress.store import write_manifest, write_table
from medpress.tokenising import train_tokenizer
from training import checkpoint, losses
from training.ahead import Ahead
from training.config import CptConfig, InputError
from training.cpt import language_modelling
from training.data import Encoder, MixedBatches, Shards
from training.distributed import World
from training.dry_run import DryRun, memory_of, speed_of, verdict
from training.mixing import arms_of, mixture
from training.model import TokenLoss, parameters
from training.packing import IGNORED
from training.tokenizer import wrap
from training.trainer import Run, build_optimizer, clip, prepare

app = App(help=__doc__)
PEAK = {"H100": 989e12, "H200": 989e12, "A100": 312e12}
"""Operations a second in bf16 without sparsity, by the maker's data sheets."""
LIMIT = 8 * 60.0
"""Seconds that all may take."""


@dataclass(frozen=True, kw_only=True)
class Size:
    """A Qwen2.5 by its shape."""

    width: int
    """Hidden size."""
    inner: int
    """Size between the two halves of a layer."""
    layers: int
    """Layers."""
    heads: int
    """Attention heads."""
    pairs: int
    """Heads of keys and values."""
    vocabulary: int
    """Entries."""
    tied: bool
    """Whether the head is the embedding."""


SMALL = Size(width=1536, inner=8960, layers=28, heads=12, pairs=2, vocabulary=151_936, tied=True)
LARGE = Size(width=3584, inner=18_944, layers=28, heads=28, pairs=4, vocabulary=152_064, tied=False)
TINY = Size(width=32, inner=64, layers=2, heads=2, pairs=1, vocabulary=512, tied=True)


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What all sections share."""

    folder: Path
    """Token shards."""
    tokenizer: Any
    """Theirs."""
    out: Path
    """Scratch."""
    world: World
    """The device."""
    peak: float
    """Operations a second."""
    small: Size
    """The model of most sections."""
    large: Size
    """The one that an adapter is trained beside."""
    length: int
    """Tokens of a sequence."""
    rows: int
    """Sequences of a forward pass."""
    steps: int
    """Steps that are timed, after two that are not."""


@app.default
def run(out: Path, *, tiny: bool = False, rows: int = 4, steps: int = 8) -> None:
    """Run all sections, one line of JSON each."""
    began = time.monotonic()
    cuda = torch.cuda.is_available()
    device = torch.device("cuda", 0) if cuda else torch.device("cpu")
    kind = torch.cuda.get_device_name(0) if cuda else "CPU"
    peak = next((value for name, value in PEAK.items() if name in kind), None) or speed_of(device.type)
    _say("device", {"device": kind, "peak_tflops": peak / 1e12, "torch": torch.__version__})
    tokenizer = wrap(train_tokenizer(["a text of words and more words in it"] * 5, 300))
    length = 128 if tiny else 4096
    bench = Bench(
        folder=_write(out / "tokens", 40_000 if tiny else 8_000_000, length, tokenizer), tokenizer=tokenizer, out=out,
        world=World(rank=0, size=1, device=device), peak=peak, small=TINY if tiny else SMALL,
        large=TINY if tiny else LARGE, length=length, rows=rows, steps=2 if tiny else steps,
    )  # fmt: skip
    sections: dict[str, Callable[[], dict[str, Any]]] = {
        "packed": lambda: _steps(bench),
        "packed, what is cheap made again": lambda: _steps(bench, recompute="cheap"),
        "padded": lambda: _steps(bench, padded=True),
        "full logits": lambda: _steps(bench, chunk=2**62),
        "without loader and mixer": lambda: _steps(bench, loader=False),
        "checkpoint": lambda: _checkpoint(bench),
        "large with an adapter": lambda: _steps(bench, size=bench.large, lora=16, recompute="cheap"),
        "large, all weights": lambda: _fits(bench),
        "packed, compiled": lambda: _steps(bench, compile=True),
    }
    for name, section in sections.items():
        if time.monotonic() - began > 0.85 * LIMIT:
            _say(name, {"left out": "no time"})
            continue
        try:
            _say(name, section())
        except (torch.cuda.OutOfMemoryError, InputError) as error:
            _say(name, {"refused": str(error).splitlines()[0]})
        gc.collect()
        if cuda:
            torch.cuda.empty_cache()
    _say("all", {"seconds": round(time.monotonic() - began, 1)})


def _steps(
    bench: Bench, *, size: Size | None = None, padded: bool = False, loader: bool = True, chunk: int = 0, **options: Any
) -> dict[str, Any]:
    """Time whole steps: the batch, forward, backward, clipping, the optimizer."""
    config = _config(bench, options)
    head, run, ahead = _begin(bench, config, size or bench.small)
    optimizer = build_optimizer(head, config, 1e-4, bench.world)
    cuda = bench.world.device.type == "cuda"
    if cuda:
        torch.cuda.reset_peak_memory_stats()
    shape: Any = head.causal_lm.config
    counted = parameters(head) - (0 if shape.tie_word_embeddings else shape.vocab_size * shape.hidden_size)
    trained = parameters(head, trained=True)
    each = 6 * counted if not config.lora else 4 * (counted - trained) + 6 * trained
    seconds, waited, useful, operations = 0.0, 0.0, 0, 0.0
    kept = None
    with _chunks(chunk):
        for number in range(2 + bench.steps):
            started = time.perf_counter()
            batch = kept if kept is not None and not loader else ahead.next()
            kept = batch
            got = time.perf_counter()
            squares = _squares(batch)
            if padded:
                batch = _padded(batch)
            run.step(batch)
            clip(head, 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            if cuda:
                torch.cuda.synchronize()
            if number < 2:
                continue
            seconds += time.perf_counter() - started
            waited += got - started
            useful += batch.tokens
            attended = 6 * shape.num_hidden_layers * shape.hidden_size * squares
            operations += each * batch.tokens + attended
    ahead.close()
    return {
        "parameters": parameters(head),
        "tokens_per_second": round(useful / seconds),
        "mfu": round(operations / seconds / bench.peak, 4),
        "milliseconds_a_step": round(1000 * seconds / bench.steps, 1),
        "waited_share": round(waited / seconds, 4),
        **({"memory_gb": round(torch.cuda.max_memory_allocated() / 2**30, 2)} if cuda else {}),
    }


def _checkpoint(bench: Bench) -> dict[str, Any]:
    """How long a checkpoint holds the training up: the first, which takes the memory of its copies, and the second."""
    config = _config(bench, {})
    head, run, ahead = _begin(bench, config, bench.small)
    optimizer = build_optimizer(head, config, 1e-4, bench.world)
    writer, stalls = checkpoint.Writer(bench.world), []
    whole = 0.0
    for number in (1, 2):
        run.step(ahead.next())
        optimizer.step()
        started = time.perf_counter()
        writer.save(bench.out / "checkpoints", number, head, optimizer, {})
        stalls.append(round(time.perf_counter() - started, 3))
        writer.wait()
        whole = time.perf_counter() - started
    writer.close()
    ahead.close()
    return {"stall_seconds": stalls, "written_after_seconds": round(whole, 2)}


def _fits(bench: Bench) -> dict[str, Any]:
    """What `--dry-run` says of tuning all weights of the large model here."""
    config = _config(bench, {"recompute": "all"})
    with torch.device("meta"):
        model = _model(bench.large, bench.length)
    cuda = bench.world.device.type == "cuda"
    available = torch.cuda.get_device_properties(0).total_memory if cuda else 2**34
    memory = memory_of(config, model, 1, bench.world.device.type)
    found = DryRun(
        parameters=parameters(model), steps=1, tokens=1, memory=memory, available=available, seconds=0.0, sources={}
    )
    return {"verdict": verdict(found), "gb": {name: round(size / 2**30, 2) for name, size in memory.items()}}


def _begin(bench: Bench, config: CptConfig, size: Size) -> tuple[TokenLoss, Run, Ahead]:
    with bench.world.device:
        model = _model(size, bench.length)
    head = prepare(model, config, bench.world)
    batches = _batches(bench, config)
    return head, Run(config, head, language_modelling, bench.world, batches.sources), Ahead(batches)


def _config(bench: Bench, options: dict[str, Any]) -> CptConfig:
    return CptConfig(
        batch_size=2 * bench.rows, micro_batch=bench.rows, sequence_length=bench.length, out=bench.out, model="shape",
        **options,
    )  # fmt: skip


def _model(size: Size, length: int) -> Any:
    from transformers import Qwen2Config, Qwen2ForCausalLM

    config = Qwen2Config(
        vocab_size=size.vocabulary, hidden_size=size.width, intermediate_size=size.inner, num_hidden_layers=size.layers,
        num_attention_heads=size.heads, num_key_value_heads=size.pairs, max_position_embeddings=length,
        tie_word_embeddings=size.tied,
    )  # fmt: skip
    return Qwen2ForCausalLM(config)


def _padded(batch: Any) -> Any:
    """The pieces of a batch a row each, padded to the longest: what a padding collator makes of the same documents."""
    begins = np.flatnonzero(batch.position_ids.ravel() == 0)
    ends = np.append(begins[1:], batch.position_ids.size)
    labels = batch.labels.ravel()
    pieces = [(a, b) for a, b in zip(begins, ends, strict=True) if (labels[a:b] != IGNORED).any()]
    longest = max(b - a for a, b in pieces)
    longest, rows = int(longest), len(pieces)
    made = {name: np.zeros((rows, longest), dtype=np.int64) for name in ("input_ids", "labels", "sources")}
    made["labels"][:], made["sources"][:] = IGNORED, -1
    for row, (a, b) in enumerate(pieces):
        for name, values in made.items():
            values[row, : b - a] = getattr(batch, name).ravel()[a:b]
    # positions go on over the padding, so that it belongs to the piece before it and is computed, as a collator has it
    positions = np.broadcast_to(np.arange(longest), (rows, longest)).copy()
    return replace(batch, position_ids=positions, whole=None, drawn=None, **made)


def _squares(batch: Any) -> float:
    begins = np.flatnonzero(batch.position_ids.ravel() == 0)
    return float((np.diff(np.append(begins, batch.position_ids.size)).astype(np.float64) ** 2).sum())


@contextmanager
def _chunks(size: int) -> Iterator[None]:
    """Logits of so many bytes at once; 0 leaves it."""
    before = dict(losses.CHUNK_BYTES)
    losses.CHUNK_BYTES.update({name: size or value for name, value in before.items()})
    yield
    losses.CHUNK_BYTES.update(before)


def _batches(bench: Bench, config: CptConfig) -> MixedBatches:
    shards = Shards(bench.folder, 0.0)
    arms = arms_of({source.name: source.tokens for source in shards.sources}, config)
    encoder = Encoder(bench.tokenizer.backend_tokenizer, bench.tokenizer.eos_token_id)
    return MixedBatches(
        shards, encoder, mixture(arms, config, 100, 1), batch_size=config.batch_size, sequence_length=bench.length,
        padding=0, seed=0, held_out_tokens=0,
    )  # fmt: skip


def _write(folder: Path, tokens: int, longest: int, tokenizer: Any) -> Path:
    """Documents of lengths as records have them (a log-normal), of four sources."""
    if (folder / "manifest.json").exists():
        return folder
    rng = np.random.default_rng(0)
    lengths = np.clip(rng.lognormal(np.log(longest / 8), 0.9, 16 * tokens // longest), 8, longest - 2).astype(np.int64)
    ids = pa.array([rng.integers(1, 300, n).astype(np.int32) for n in lengths], type=pa.list_(pa.int32()))
    columns = {"id": [f"d{n}" for n in range(len(lengths))], "source": [f"s{n % 4}" for n in range(len(lengths))]}
    table = pa.table({**columns, "input_ids": ids, "n_tokens": pa.array(lengths.astype(np.int32))})
    write_table(folder / "data" / "part-00000.parquet", table)
    tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"))
    write_manifest(folder, kind="tokens", config={}, versions={})
    return folder


def _say(section: str, found: dict[str, Any]) -> None:
    print(json.dumps({"section": section, **found}), flush=True)


if __name__ == "__main__":
    app()
