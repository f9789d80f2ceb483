"""A small corpus in shards, written for these tests: three sources in two languages; and the command as a process."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from tokenizers import Tokenizer

from corpus.steps.tokens import tokenise_shard
from medpress.run.task import Task
from medpress.store import parts, write_manifest
from training.log import read_metrics

CPT = ("--steps", "60", "--mix", "odm", "--width", "32", "--layers", "2", "--heads", "2")
CPT += ("--sequence-length", "48", "--batch-size", "4", "--size-power", "0", "--most-epochs", "0")
"""Arguments of the run that most tests look at."""

DRUGS = ["metformin", "ramipril", "amoxicillin", "warfarin", "salbutamol", "levothyroxine", "furosemide", "heparin"]
DISEASES = ["diabetes", "hypertension", "pneumonia", "atrial fibrillation", "asthma", "hypothyroidism", "heart failure"]
药物 = ["二甲双胍", "雷米普利", "阿莫西林", "华法林", "沙丁胺醇", "左甲状腺素", "呋塞米", "肝素"]
疾病 = ["糖尿病", "高血压", "肺炎", "心房颤动", "哮喘", "甲状腺功能减退", "心力衰竭"]


def english(rng: random.Random) -> str:
    drug, disease = rng.choice(DRUGS), rng.choice(DISEASES)
    return rng.choice(
        [
            f"In patients with {disease}, {drug} is given at a dose of {rng.randint(1, 40) * 25} mg daily.",
            f"Treatment of {disease} with {drug} should be reviewed after {rng.randint(2, 12)} weeks.",
            f"{drug.capitalize()} is contraindicated when renal function is severely impaired.",
        ]
    )


def chinese(rng: random.Random) -> str:
    return f"{rng.choice(疾病)}患者可使用{rng.choice(药物)}，每日{rng.randint(1, 40) * 25}毫克，分{rng.randint(1, 3)}次服用。"


def write_shards(folder: Path, per_source: int = 40) -> Path:
    rng = random.Random(7)
    kinds = {"handbook": ("textbook", english), "trials": ("literature", english), "指南": ("guideline", chinese)}
    for source, (source_type, sentence) in kinds.items():
        rows = []
        for number in range(per_source):
            text = " ".join(sentence(rng) for _ in range(rng.randint(2, 12)))
            rows.append(
                {
                    "id": hashlib.sha256(f"{source}{number}".encode()).hexdigest()[:24],
                    "doc_id": hashlib.sha256(source.encode()).hexdigest()[:24],
                    "text": text,
                    "source": source,
                    "source_type": source_type,
                    "lang": "zh" if source == "指南" else "en",
                    "license": {"handbook": "CC-BY-4.0", "trials": "CC0-1.0"}.get(source, ""),
                    "n_tokens": max(1, len(text) // 4),
                }
            )
        rows.sort(key=lambda row: str(row["id"]))
        (folder / "data" / source_type).mkdir(parents=True, exist_ok=True)
        for part in range(2):
            table = pa.Table.from_pylist(rows[part::2])
            table = table.append_column("parent_id", pa.nulls(table.num_rows, pa.string()))
            pq.write_table(table, folder / "data" / source_type / f"part-{part:05d}.parquet", row_group_size=8)
    return folder


def write_token_shards(shards: Path, folder: Path, tokenizer: Tokenizer) -> Path:
    """The same in tokens, by the build's own stage."""
    folder.mkdir()
    tokenizer.save(str(folder / "tokenizer.json"))
    for path in parts(shards):
        output = folder / path.relative_to(shards)
        arguments = {"shard": str(path), "tokenizer": str(folder)}
        tokenise_shard(Task("", "", arguments, str(output)), lambda mark: None)
    write_manifest(folder, kind="tokens", config={}, versions={})
    return folder


def environment() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", "HF_HUB_OFFLINE": "1"}


def train_command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "training.cli", *arguments]


def run_train(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        train_command(*arguments), capture_output=True, text=True, env=environment(), timeout=300, **options
    )  # type: ignore[call-overload]


def losses(folder: Path) -> list[tuple[int, float]]:
    return [(line["step"], line["loss"]) for line in read_metrics(folder) if "loss" in line]


def wait_for_steps(out: Path, steps: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if (out / "metrics.jsonl").exists() and len(losses(out)) >= steps:
            return
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.01)
    raise AssertionError("it made no progress")
