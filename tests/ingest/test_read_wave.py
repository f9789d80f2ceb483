"""What a wave of files is told apart by."""

from __future__ import annotations

import pyarrow as pa

from ingest.read_wave import true_rows


def test_a_column_without_chunks_has_no_true_row():
    assert true_rows(pa.chunked_array([], pa.bool_())) == []
    assert true_rows(pa.chunked_array([[True, None], [], [False, True]])) == [0, 3]
