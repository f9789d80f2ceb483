"""What the tests of training share."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_corpus import write_shards


@pytest.fixture(scope="session")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shards(tmp_path_factory.mktemp("corpus") / "shards")
