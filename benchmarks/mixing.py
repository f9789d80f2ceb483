"""Mixtures against one another: the held-out loss of medical text after the same tokens, seed by seed.

    python benchmarks/mixing.py /work/data OUT --seeds 5

Sources are articles and textbook chapters of the data folder (the target), LaTeX of its formulas, Python's own library, and
characters drawn at random (noise). Three settings: `use` has sources of different use for the target, `noise` one of noise,
`tiny` one that is a hundredth of the others. The proxies are far smaller than any model that is used: they rank mixtures
badly, and their size is said. What is printed is the loss above the best fixed shares of the same seed, in percent, with
a 95 % interval over seeds; the share of noise; and the tokens after which a policy is at the last loss of `stratified`.
"""

from __future__ import annotations

import json
import random
import re
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch
from cyclopts import App
from scipy import stats

from medpress.store import write_manifest, write_table
from medpress.tokenising import encode, train_tokenizer
from training.config import CptConfig
from training.cpt import run_cpt
from training.log import read_metrics

app = App(help=__doc__)
TARGET = ("articles", "textbook")
SETTINGS: dict[str, dict[str, int]] = {
    "use": {"articles": 60, "textbook": 60, "headers": 120, "code": 240},
    "noise": {"articles": 180, "textbook": 180, "noise": 50},
    "tiny": {"articles": 240, "code": 240, "textbook": 5},
}
"""Thousand tokens of each source."""
FIXED = {
    "size": {"mix": "static"},
    "root of size": {"mix": "static", "size_power": 0.5},
    "stratified": {"mix": "stratified"},
}
LEARNING = {"odm": {"mix": "odm"}, "ado": {"mix": "ado"}, "excess": {"mix": "excess"}}
VOCABULARY, RECORD = 1024, 1_500
"""Entries of the tokenizer; characters of a record."""


@app.default
def run(
    data: Path,
    out: Path,
    *,
    seeds: int = 5,
    steps: int = 150,
    width: int = 48,
    measurements: int = 15,
    settings: tuple[str, ...] = tuple(SETTINGS),
    mixtures: tuple[str, ...] = (*FIXED, *LEARNING),
) -> None:
    """Train every mixture of every setting with each seed, and print what came of it."""
    torch.set_num_threads(1)
    texts = {name: list(_records(source)) for name, source in _sources(data)}
    tokenizer = train_tokenizer([t for name in TARGET for t in texts[name]] + texts["code"][:300], VOCABULARY)
    results: dict[tuple[str, str], list[list[float]]] = {}
    noise: dict[str, list[float]] = {}
    for setting in settings:
        folder = out / "shards" / setting
        if not folder.exists():
            _write(folder, tokenizer, {name: (texts[name], size * 1000) for name, size in SETTINGS[setting].items()})

    def trained(setting: str, name: str, seed: int) -> CptConfig:
        options = {**FIXED, **LEARNING}[name]
        if name == "excess":  # its reference has the sources by size, and a seed of its own
            options = {**options, "reference": trained(setting, "size", 0).out}
        config = CptConfig(
            shards=out / "shards" / setting, out=out / f"{setting}-{name}-{width}-{steps}-{seed}", steps=steps,
            width=width, layers=2, heads=4, sequence_length=128, batch_size=8, seed=seed, held_out_tokens=4_000,
            evaluate_every=max(1, steps // measurements), checkpoint_every=steps, **options,
        )  # fmt: skip
        run_cpt(config, lambda *_: nullcontext(lambda *_, **__: None))
        return config

    for seed in range(1, seeds + 1):
        for setting in settings:
            for name in mixtures:
                lines = read_metrics(trained(setting, name, seed).out)
                curve = [_target(line["held_out_by_source"]) for line in lines if "held_out_by_source" in line]
                results.setdefault((setting, name), []).append(curve)
                if setting == "noise" and name in LEARNING:
                    share = float(np.mean([line["probabilities"]["noise"] for line in lines if "loss" in line]))
                    noise.setdefault(name, []).append(share)
                print(seed, setting, name, round(curve[-1], 4), flush=True)
    for setting in settings:
        _report(setting, {name: np.array(results[setting, name]) for name in mixtures})
    for name, shares in noise.items():
        share = SETTINGS["noise"]["noise"] / sum(SETTINGS["noise"].values())
        print(f"noise: {np.mean(shares):.3f} of the tokens of {name}, {share:.3f} by size")


def _target(losses: Mapping[str, float]) -> float:
    return float(np.mean([losses[name] for name in TARGET]))


def _report(setting: str, curves: Mapping[str, np.ndarray]) -> None:
    """curves[name] is [seeds, measurements]."""
    chosen = min((name for name in FIXED if name in curves), key=lambda name: curves[name][:, -1].mean())
    print(f"{setting}: best fixed shares are {chosen}, {curves[chosen][:, -1].mean():.4f} nats a token")
    for name, values in curves.items():
        above = 100 * (values[:, -1] / curves[chosen][:, -1] - 1)
        low, high = (
            stats.t.interval(0.95, len(above) - 1, above.mean(), stats.sem(above)) if above.std() else (0.0, 0.0)
        )
        reached = [
            np.argmax(v <= s[-1]) / (len(v) - 1) if (v <= s[-1]).any() else np.nan
            for v, s in zip(values, curves.get("stratified", values), strict=True)
        ]
        print(
            f"  {name}: {above.mean():+.2f} % ({low:+.2f} to {high:+.2f}); at stratified's last loss after {np.mean(reached):.2f} of its tokens"
        )


def _sources(data: Path) -> Iterator[tuple[str, str]]:
    yield "articles", "\n".join(_plain(path) for path in sorted((data / "jats").rglob("*.xml")))
    yield "textbook", "\n".join(_plain(path) for path in sorted((data / "textbook").rglob("*.*ml")))
    yield (
        "headers",
        "\n".join(p.read_text(errors="replace") for p in sorted(Path(sysconfig.get_path("include")).rglob("*.h"))),
    )
    yield (
        "code",
        "\n".join(p.read_text(errors="replace") for p in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))),
    )
    rng = random.Random(0)
    yield "noise", "".join(rng.choices("abcdefghijklmnopqrstuvwxyz .,0123456789", k=400_000))


def _plain(path: Path) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", path.read_text(errors="replace")))


def _records(text: str) -> Iterator[str]:
    return (text[at : at + RECORD] for at in range(0, len(text), RECORD))


def _write(folder: Path, tokenizer, sources: Mapping[str, tuple[list[str], int]]) -> None:
    rows = []
    for name, (texts, wanted) in sources.items():
        for number, ids in enumerate(encode(tokenizer, texts)):
            if wanted <= 0:
                break
            wanted -= len(ids)
            rows.append(
                {"id": f"{name}-{number}", "doc_id": name, "source": name, "input_ids": ids, "n_tokens": len(ids)}
            )
        print(json.dumps({"setting": folder.name, "source": name, "short of thousand tokens": max(0, wanted // 1000)}))
    table = pa.Table.from_pylist(rows)
    table = table.set_column(3, "input_ids", table["input_ids"].cast(pa.list_(pa.int32())))
    write_table(folder / "data" / "part-00000.parquet", table)
    tokenizer.save(str(folder / "tokenizer.json"))
    write_manifest(folder, kind="tokens", config={}, versions={})


if __name__ == "__main__":
    app()
