"""What the console scripts share."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from medpress.schema import DOCUMENT
from medpress.store import read_dataset

BIN = Path(sys.executable).parent


@pytest.mark.parametrize("blocks", [0, 2, 8])
def test_a_full_disk_is_one_sentence_and_a_rerun_carries_on(tmp_path, sample_docs, blocks):
    """A limit on file sizes stands for the full disk: it hits the supervisor's files and the workers'."""
    words = [BIN / "ingest", "text", sample_docs / "monographs", "--data", tmp_path / "data"]
    line = f'ulimit -f {blocks}; exec "$@"'
    done = subprocess.run(["bash", "-c", line, "bash", *map(str, words)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.strip().splitlines()[-1].startswith("ingest: ")
    again = subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=300)
    assert again.returncode == 0, again.stderr
    assert read_dataset(tmp_path / "data/documents", DOCUMENT).num_rows == 11
