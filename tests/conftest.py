"""Paths that tests share."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(Path(__file__).parent / "corpus"))
settings.register_profile("shared machine", deadline=None)  # wall time says nothing beside other processes
settings.load_profile("shared machine")

# Hundreds of processes are started: each would compile the project anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


@pytest.fixture(scope="session")
def sample_docs() -> Path:
    """The project's own documents."""
    return ROOT / "sample_docs"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Real documents, named by MEDPRESS_DATA; skips where there are none."""
    folder = Path(os.environ.get("MEDPRESS_DATA", ROOT / "../shared/data"))
    if not folder.is_dir():
        pytest.skip("no real data: MEDPRESS_DATA names no folder")
    return folder
