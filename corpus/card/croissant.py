"""Croissant metadata (MLCommons Croissant 1.0, https://docs.mlcommons.org/croissant/docs/croissant-spec.html): files with
their checksums, and a record set a source type with every field of the schema.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from corpus.card.composition import Composition
from corpus.card.readme import TITLE
from medpress.schema import RECORD, SCHEMA_VERSION
from medpress.store import DATA

SPECIFICATION = "http://mlcommons.org/croissant/1.0"
_PARQUET = "application/x-parquet"
_OWN = [
    "citeAs",
    "column",
    "equivalentProperty",
    "extract",
    "field",
    "fileProperty",
    "fileObject",
    "fileSet",
    "format",
    "includes",
    "isLiveDataset",
    "jsonPath",
    "key",
    "md5",
    "parentField",
    "path",
    "recordSet",
    "references",
    "regex",
    "repeated",
    "replace",
    "samplingRate",
    "separator",
    "source",
    "subField",
    "transform",
]
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
} | {name: f"cr:{name}" for name in _OWN}
"""The context of the specification."""


def croissant(composition: Composition) -> dict[str, Any]:
    """The JSON-LD document. It has no `datePublished`, which the specification recommends: nothing here tells the time."""
    files = composition.manifest["files"]
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": SPECIFICATION,
        "name": "medpress-shards",
        "alternateName": TITLE,
        "description": f"{composition.manifest['rows']:,} medical training texts of {composition.manifest['tokens']:,} tokens,"
        f" cut from {composition.documents:,} documents, without patients' identities and near-duplicates.",
        "license": [values[0] or "unknown" for values, _, _ in composition.by("license")] or ["unknown"],
        "inLanguage": [values[0] for values, _, _ in composition.by("lang")],
        "version": f"{SCHEMA_VERSION}.0.0",
        "isLiveDataset": False,
        "distribution": [
            *(
                {
                    "@type": "cr:FileObject",
                    "@id": entry["path"],
                    "name": entry["path"],
                    "contentUrl": entry["path"],
                    "contentSize": f"{entry['bytes']} B",
                    "encodingFormat": _PARQUET,
                    "sha256": entry["sha256"],
                }
                for entry in files
            ),
            *(
                {
                    "@type": "cr:FileSet",
                    "@id": _files(source_type),
                    "name": _files(source_type),
                    "description": f"All shards of the source type {source_type}.",
                    "encodingFormat": _PARQUET,
                    "includes": f"{DATA}/{source_type}/*.parquet",
                }
                for source_type in composition.source_types
            ),
        ],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": source_type,
                "name": source_type,
                "description": f"Texts of the source type {source_type}, one a row.",
                "key": {"@id": f"{source_type}/id"},
                "field": [_field(source_type, field) for field in RECORD],
            }
            for source_type in composition.source_types
        ],
    }


def _files(source_type: str) -> str:
    return f"{source_type}-files"


def _field(source_type: str, field: pa.Field) -> dict[str, Any]:
    """A column: a value, a list of values, or a list of structures."""
    repeated = pa.types.is_list(field.type)
    kind = field.type.value_type if repeated else field.type
    source = {"fileSet": {"@id": _files(source_type)}, "extract": {"column": field.name}}
    described = (
        _head(f"{source_type}/{field.name}", field) | {"source": source} | ({"repeated": True} if repeated else {})
    )
    if not pa.types.is_struct(kind):
        return described | {"dataType": _data_type(kind)}
    return described | {"subField": list(_sub_fields(f"{source_type}/{field.name}", kind, source))}


def _sub_fields(id: str, kind: pa.StructType, source: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for inner in kind:
        path = {"transform": {"jsonPath": inner.name}}
        yield _head(f"{id}/{inner.name}", inner) | {"dataType": _data_type(inner.type), "source": source | path}


def _head(id: str, field: pa.Field) -> dict[str, Any]:
    description = (field.metadata or {}).get(b"description", b"").decode() or field.name
    return {"@type": "cr:Field", "@id": id, "name": field.name, "description": description}


def _data_type(kind: pa.DataType) -> str:
    if pa.types.is_boolean(kind):
        return "sc:Boolean"
    if pa.types.is_integer(kind):
        return "sc:Integer"
    return "sc:Float" if pa.types.is_floating(kind) else "sc:Text"
