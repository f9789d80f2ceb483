"""What earlier builds of a data folder were made of, as their audits counted it: for the trend, and for what has moved since.

`audit.history.json` has an entry a build, the oldest first. It holds names and counts, no text and no document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from medpress.errors import CorruptError
from medpress.store import MANIFEST, file_sha256, read_json, write_json

FILE = "audit.history.json"
"""Where it stands in a data folder."""
BUILDS = 200
"""Builds that are remembered."""
DIMENSIONS = {
    "source type": "source_type",
    "source": "source",
    "language": "lang",
    "licence": "license",
    "specialty": "coalesce(specialty, '')",
    "kind": "coalesce(kind, '')",
    "augmentation": "coalesce(augmentation, '')",
    "length": "case when tokens < 1 then '0' else 'from ' || (2 ** floor(log2(tokens)))::bigint || ' tokens' end",
}
"""What a corpus is described by, each as SQL over `records`."""
_BUILD = pa.schema([("what", pa.string()), ("name", pa.string()), ("tokens", pa.int64())])


def build_of(data: Path) -> str:
    """The identity of a build: digits of the checksum of its manifest. Raises `OSError` when there is none."""
    return file_sha256(data / "shards" / MANIFEST)[:24]


def read_history(data: Path) -> list[dict[str, Any]]:
    """The entries, the oldest first; none where there are none, or where they cannot be read."""
    try:
        told = read_json(data / FILE)
    except (OSError, ValueError, CorruptError):
        return []
    return [one for one in told if isinstance(one, dict) and _is_entry(one)] if isinstance(told, list) else []


def _is_entry(one: Mapping[str, Any]) -> bool:
    shares = one.get("composition")
    return (
        isinstance(one.get("build"), str)
        and isinstance(shares, dict)
        and all(isinstance(v, dict) and all(isinstance(n, int) for n in v.values()) for v in shares.values())
    )


def last_build(data: Path) -> pa.Table:
    """The composition of the build that was audited last before this one: what, name, tokens; empty without one."""
    try:
        own = build_of(data)
    except OSError:
        own = ""
    others = [one for one in read_history(data) if one["build"] != own]
    rows = [
        {"what": what, "name": name, "tokens": tokens}
        for what, named in (others[-1]["composition"] if others else {}).items()
        for name, tokens in named.items()
    ]
    return pa.Table.from_pylist(rows, schema=_BUILD)


def remember(data: Path, entry: Mapping[str, Any], composition: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Add this build, with rows of `composition`, to the entries; one that was audited before is told anew. Returns them."""
    told: dict[str, dict[str, int]] = {}
    for row in sorted(composition, key=lambda row: (row["what"], row["name"])):
        told.setdefault(row["what"], {})[row["name"]] = row["tokens"]
    before = [one for one in read_history(data) if one["build"] != entry["build"]]
    entries = [*before, {**entry, "composition": told}][-BUILDS:]
    write_json(data / FILE, entries)
    return entries
