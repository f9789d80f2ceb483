"""What a place is called outside the raw part of a data folder: a word that tells nothing without a key that lies in it.

A file, an archive's member, an address may be named after a patient. What was read of it goes by its document's id, which
says no more than its bytes do. What has no id — a file that cannot be read, an address that does not answer — goes by
HMAC-SHA-256 of its uri (RFC 2104) under a random key of the data folder: the same place is called the same in all runs on
that folder, and nobody without the key can try names.
"""

from __future__ import annotations

import hmac
import secrets
from pathlib import Path

from medpress.store import read_head, write_text

KEY = "names.key"
"""The file with the key, in the folder of the work files."""
_DIGITS = 16


class Pseudonyms:
    """Calls the places of one data folder by their pseudonyms."""

    def __init__(self, data: Path) -> None:
        """Read the key, or make one. The data folder must be held (`medpress.lock.exclusive`) when it may have none."""
        place = data / "work" / KEY
        if not place.exists():
            write_text(place, secrets.token_hex(32))
        self._key = read_head(place, 64)

    def __call__(self, uri: str) -> str:
        """16 hex digits that stand for a place."""
        return hmac.digest(self._key, uri.encode("utf-8", "surrogatepass"), "sha256").hex()[:_DIGITS]
