"""The formats. A new one is a file here and a line in `READERS`."""

from __future__ import annotations

from importlib import import_module

from ingest.document import Reader

READERS: dict[str, str] = {
    "pdf": "ingest.readers.pdf:PdfReader",
    "image": "ingest.readers.image:ImageReader",
    "jats": "ingest.readers.jats:JatsReader",
    "cnxml": "ingest.readers.cnxml:CnxmlReader",
    "epub": "ingest.readers.epub:EpubReader",
    "docx": "ingest.readers.docx:DocxReader",
    "web": "ingest.readers.web:WebReader",
    "text": "ingest.readers.text:TextReader",
}
"""Reader name to `module:class`, in the order in which they are asked to sniff: the most particular first."""


def load_reader(name: str) -> Reader:
    """The reader of a format; its libraries are imported now."""
    module, _, attribute = READERS[name].partition(":")
    reader: Reader = getattr(import_module(module), attribute)()
    return reader
