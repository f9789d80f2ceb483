"""What the tests of training share."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_corpus import CPT, run_train, write_shards


@pytest.fixture(scope="session")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shards(tmp_path_factory.mktemp("corpus") / "shards")


@pytest.fixture(scope="session")
def trained_run(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished `train cpt` of 60 steps with the bandit."""
    out = tmp_path_factory.mktemp("runs") / "cpt"
    done = run_train("cpt", "--shards", str(shards), "--out", str(out), *CPT)
    assert done.returncode == 0, done.stderr
    (out / "stdout.txt").write_text(done.stdout)
    return out
