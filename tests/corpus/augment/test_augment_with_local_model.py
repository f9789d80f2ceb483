"""`corpus build` with a transformers model in its own process: its replies are checked, and asked for once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from small_build import write_documents
from test_augment_with_model import TEXTS, augment, files, made

from corpus.steps.ask_model import Asked

METHODS = {"model_methods": ("rephrase", "questions"), "per_record": 1}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Folder of a tiny model with random weights: it goes all the way to its token limit, and says nothing true."""
    pytest.importorskip("torch", reason="the train extra is not installed")
    sys.path.insert(0, str(Path(__file__).parents[2] / "training"))
    from tiny_model import tiny_model

    folder = tmp_path_factory.mktemp("model")
    for part in tiny_model():
        part.save_pretrained(folder)
    return str(folder)


def documents(data: Path) -> Path:
    write_documents(data, TEXTS, source="books", source_type="textbook")
    return data


def ask(data: Path, model: str) -> Asked:
    """A time limit that each call exceeds: it is meant for endpoints."""
    asked = augment(data, "", model, generation={"concurrency": 1, "seconds": 0.01}, **METHODS).asked
    assert asked
    return asked


PROGRAM = """
import sys
from pathlib import Path
sys.path[:0] = {paths!r}
from test_augment_with_local_model import ask
ask(Path({data!r}), {model!r})
"""


def test_killed_while_it_generates_it_generates_only_what_was_not_done(model: str, tmp_path: Path) -> None:
    data = documents(tmp_path / "data")
    journal = data / "journal/augmentation.jsonl"
    program = PROGRAM.format(paths=[str(Path(__file__).parent), *sys.path], data=str(data), model=model)
    process = subprocess.Popen([sys.executable, "-c", program], env={**os.environ}, start_new_session=True)
    deadline = time.monotonic() + 240
    while not journal.exists() or journal.read_bytes().count(b"\n") < 2:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    done = journal.read_bytes().count(b"\n")
    assert 2 <= done < 6 and not (data / "shards").exists()

    asked = ask(data, model)
    assert (asked.calls, asked.replies, asked.spent["journaled"], asked.spent["calls"]) == (6, 6, done, 6 - done)
    assert len(made(data)) >= 6 and all(row["stage"] == "augmentation" and row["reason"] for row in made(data))

    whole = documents(tmp_path / "whole")
    assert ask(whole, model).spent["calls"] == 6
    assert files(data) == files(whole)
