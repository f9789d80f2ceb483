"""Chinese tables as hospitals print them, drawn by the benchmark of all sixty; here the first ten pages of another seed."""

from __future__ import annotations

import importlib.util
import sys
from itertools import islice
from pathlib import Path

FILE = Path(__file__).parents[2] / "benchmarks" / "chinese_tables.py"
SPECIFICATION = importlib.util.spec_from_file_location("chinese_tables", FILE)
assert SPECIFICATION is not None and SPECIFICATION.loader is not None
chinese_tables = importlib.util.module_from_spec(SPECIFICATION)
sys.modules[SPECIFICATION.name] = chinese_tables
SPECIFICATION.loader.exec_module(chinese_tables)


def test_cells_stand_in_their_rows_and_columns(tmp_path: Path) -> None:
    fields = [
        field for sheet in islice(chinese_tables.sheets(seed=7), 10) for field in chinese_tables.score(sheet, tmp_path)
    ]
    wrong = [cell.text for cell, right in fields if not right]
    assert len(fields) > 250 and len(wrong) <= 0.05 * len(fields), wrong
