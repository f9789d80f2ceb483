"""Arrays on disk in the safetensors format, read and written with numpy alone; no code can hide in such a file.

Format: eight bytes of header length (little endian), a JSON header (name -> dtype, shape, byte range), the bytes.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_DTYPES = {"I8": np.int8, "I32": np.int32, "F16": np.float16, "F32": np.float32}
_NAMES = {np.dtype(dtype): name for name, dtype in _DTYPES.items()}
_MOST_HEADER = 1 << 20


def write_tensors(path: Path, tensors: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays (int8, int32, float16, float32) in the order of their names."""
    header: dict[str, Any] = {}
    body = b""
    for name in sorted(tensors):
        data = np.ascontiguousarray(tensors[name]).tobytes()
        header[name] = {
            "dtype": _NAMES[tensors[name].dtype],
            "shape": list(tensors[name].shape),
            "data_offsets": [len(body), len(body) + len(data)],
        }
        body += data
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)


def read_tensors(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of a file; raises ValueError if it is not a whole safetensors file."""
    raw = path.read_bytes()
    length = struct.unpack("<Q", raw[:8])[0] if len(raw) >= 8 else _MOST_HEADER + 1
    if length > min(_MOST_HEADER, len(raw) - 8):
        raise ValueError(f"{path} is not a safetensors file, or it is cut off")
    body = raw[8 + length :]
    tensors = {}
    for name, entry in json.loads(raw[8 : 8 + length]).items():
        if name == "__metadata__":
            continue
        start, end = entry["data_offsets"]
        array = np.frombuffer(body[start:end], dtype=_DTYPES[entry["dtype"]])
        if not 0 <= start <= end <= len(body) or array.size != int(np.prod(entry["shape"])):
            raise ValueError(f"{path} is cut off: the array {name} is not whole")
        tensors[name] = array.reshape(entry["shape"])
    return tensors
