"""Licences as the dataset hub names them."""

from __future__ import annotations

import re

_KNOWN = frozenset(
    [
        "apache-2.0",
        "mit",
        "bsd-2-clause",
        "bsd-3-clause",
        "isc",
        "cc0-1.0",
        "pddl",
        "odbl",
        "odc-by",
        "gfdl",
        "gpl-2.0",
        "gpl-3.0",
        "agpl-3.0",
        "lgpl-3.0",
        "mpl-2.0",
        "unlicense",
        "wtfpl",
        "unknown",
        "other",
    ]
)
_CREATIVE_COMMONS = re.compile(r"\bcc[ -]?(by(?:[ -](?:nc|sa|nd)){0,2})[ -]?v?(\d\.\d)", re.IGNORECASE)
_ADDRESS = re.compile(r"creativecommons\.org/(licenses|publicdomain)/([a-z-]+)/(\d\.\d)", re.IGNORECASE)


def hub_license(text: str) -> str:
    """The hub's identifier of a licence as a document states it; `unknown` when it states none, else `other`."""
    stated = text.strip()
    if not stated:
        return "unknown"
    if match := _ADDRESS.search(stated):
        kind, version = match[2].lower(), match[3]
        return "cc0-1.0" if kind == "zero" else "other" if match[1] == "publicdomain" else f"cc-{kind}-{version}"
    if match := _CREATIVE_COMMONS.search(stated):
        return f"cc-{match[1].lower().replace(' ', '-')}-{match[2]}"
    if stated.lower() in ("cc0", "cc-zero"):
        return "cc0-1.0"
    name = stated.lower().replace(" ", "-")
    return name if name in _KNOWN else "other"
