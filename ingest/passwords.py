"""Passwords that a user gives for locked files: a file with one a line. They are read where they are tried, and written nowhere."""

from __future__ import annotations

from pathlib import Path

from ingest.document import UnreadableError

MAX_BYTES = 1024 * 1024
"""A larger file is no list of passwords."""


def passwords_in(file: str) -> tuple[str, ...]:
    """The passwords of a file, in its order; none when no file is named. Raises `UnreadableError` when it cannot be read."""
    if not file:
        return ()
    path = Path(file)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UnreadableError("too-large", "The file of passwords has more than a megabyte.")
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeError) as error:
        raise UnreadableError(
            "unsupported", "The file of passwords cannot be read; it has to be text in UTF-8."
        ) from error
    return tuple(dict.fromkeys(line.removesuffix("\r") for line in lines if line.strip()))
