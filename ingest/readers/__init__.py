"""The formats. A new one is a file here and a line in `READERS`."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from ingest.document import Reader


@dataclass(frozen=True, slots=True)
class Format:
    """What is known of a format before its reader is loaded, libraries and all."""

    module: str
    """Where the reader is."""
    reader: str
    """The name of its class."""
    endings: tuple[str, ...]
    """File name endings, with the dot, lower case."""


READERS: dict[str, Format] = {
    "pdf": Format("ingest.readers.pdf", "PdfReader", (".pdf",)),
    "image": Format("ingest.readers.image", "ImageReader", (".png", ".jpg", ".jpeg", ".tif", ".tiff")),
    "jats": Format("ingest.readers.jats", "JatsReader", (".xml", ".nxml")),
    "medline": Format("ingest.readers.medline", "MedlineReader", (".xml",)),
    "bioc": Format("ingest.readers.bioc", "BiocReader", (".xml",)),
    "hl7": Format("ingest.readers.hl7", "Hl7Reader", (".xml",)),
    "tei": Format("ingest.readers.tei", "TeiReader", (".xml", ".tei")),
    "fb2": Format("ingest.readers.fb2", "Fb2Reader", (".fb2",)),
    "docbook": Format("ingest.readers.docbook", "DocbookReader", (".xml", ".dbk")),
    "cnxml": Format("ingest.readers.cnxml", "CnxmlReader", (".cnxml",)),
    "epub": Format("ingest.readers.epub", "EpubReader", (".epub",)),
    "docx": Format("ingest.readers.docx", "DocxReader", (".docx", ".docm", ".dotx", ".dotm")),
    "pptx": Format("ingest.readers.pptx", "PptxReader", (".pptx", ".pptm", ".ppsx", ".ppsm", ".potx", ".potm")),
    "xlsx": Format("ingest.readers.xlsx", "XlsxReader", (".xlsx", ".xlsm", ".xltx", ".xltm")),
    "odf": Format(
        "ingest.readers.odf", "OdfReader", (".odt", ".ott", ".odp", ".otp", ".ods", ".ots", ".fodt", ".fodp", ".fods")
    ),
    "office97": Format(
        "ingest.readers.office97",
        "Office97Reader",
        (".doc", ".dot", ".wps", ".ppt", ".pps", ".pot", ".dps", ".xls", ".xlt", ".et"),
    ),
    "ofd": Format("ingest.readers.ofd", "OfdReader", (".ofd",)),
    "xps": Format("ingest.readers.xps", "XpsReader", (".xps", ".oxps")),
    "mobi": Format("ingest.readers.mobi", "MobiReader", (".mobi", ".prc", ".azw", ".azw3")),
    "rtf": Format("ingest.readers.rtf", "RtfReader", (".rtf",)),
    "web": Format("ingest.readers.web", "WebReader", (".html", ".htm", ".xhtml", ".shtml")),
    "text": Format("ingest.readers.text", "TextReader", (".txt", ".text", ".md", ".markdown")),
}
"""Reader name to format, in the order in which they are asked to sniff: the most particular first."""


FORMATS: dict[str, list[str]] = {
    "pdf": ["pdf", "image", "xps", "ofd"],
    "web": ["web"],
    "epub": ["epub", "fb2", "mobi"],
    "docx": ["docx", "pptx", "xlsx", "odf", "office97", "rtf"],
    "jats": ["jats", "medline", "bioc", "hl7", "tei", "docbook"],
    "text": ["text", "cnxml"],
    "auto": list(READERS),
}
"""Command of `ingest` to the formats that it reads."""


def load_reader(name: str) -> Reader:
    """The reader of a format; its libraries are imported now."""
    reader: Reader = getattr(import_module(READERS[name].module), READERS[name].reader)()
    return reader
