"""What reading the files of a producer gives."""

from __future__ import annotations

from pathlib import Path

from ingest.document import ReadOptions
from ingest.readers import load_reader
from tests.ingest.values.producers import Files

FORMATS = {".pdf": "pdf", ".docx": "docx", ".html": "web", ".epub": "epub", ".xml": "jats", ".cnxml": "cnxml"}


def text_of(files: Files, folder: Path) -> str:
    """The text that reading some files gives."""
    parts = []
    for name, raw in files:
        path = folder / name
        path.write_bytes(raw)
        reader = load_reader(FORMATS[path.suffix])
        options = ReadOptions()
        probe = reader.probe(path, options)
        for page in reader.read(path, 1, probe.n_pages, options, lambda _: None):
            parts.extend(block.text for block in page.blocks)
    return "\n".join(parts)
