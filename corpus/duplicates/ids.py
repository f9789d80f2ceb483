"""Ids of records in half their size: the twelve bytes behind twenty-four hex digits."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

KNOWN = "~"
"""Before the id of a record that an index knows; sorts behind all hex digits."""
PACKED_ID = pa.binary(12)
"""An id as bytes."""
_DIGITS = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
_VALUES = np.zeros(256, dtype=np.uint8)
_VALUES[_DIGITS] = np.arange(16, dtype=np.uint8)


def pack(ids: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Ids of 24 hex digits as `PACKED_ID`. Raises `ValueError` for any other text."""
    ids = _one(ids)
    digits = _bytes_of(ids)
    if len(digits) != 24 * len(ids):
        raise ValueError("an id does not have 24 digits")
    values = _VALUES[digits]
    packed = (values[0::2] << 4) | values[1::2]
    return pa.FixedSizeBinaryArray.from_buffers(PACKED_ID, len(ids), [None, pa.py_buffer(packed.tobytes())])


def unpack(packed: pa.Array | pa.ChunkedArray) -> pa.Array:
    """`PACKED_ID` as ids of 24 hex digits."""
    packed = _one(packed)
    data = packed.buffers()[1]
    values = (
        np.frombuffer(data, dtype=np.uint8)[12 * packed.offset : 12 * (packed.offset + len(packed))] if data else _NONE
    )
    digits = np.empty(2 * len(values), dtype=np.uint8)
    digits[0::2], digits[1::2] = _DIGITS[values >> 4], _DIGITS[values & 15]
    offsets = np.arange(len(packed) + 1, dtype=np.int32) * 24
    return pa.StringArray.from_buffers(len(packed), pa.py_buffer(offsets.tobytes()), pa.py_buffer(digits.tobytes()))


_NONE: NDArray[np.uint8] = np.empty(0, dtype=np.uint8)


def _one(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _bytes_of(ids: pa.StringArray) -> NDArray[np.uint8]:
    """The characters of all ids, one after the other."""
    if len(ids) == 0:
        return _NONE
    offsets = np.frombuffer(ids.buffers()[1], dtype=np.int32)[ids.offset : ids.offset + len(ids) + 1]
    return np.frombuffer(ids.buffers()[2], dtype=np.uint8)[offsets[0] : offsets[-1]]
