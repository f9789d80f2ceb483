"""Replies on disk, one JSON line each, so that no reply is ever asked for twice."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from medpress.generation.request import Reply
from medpress.modes import make_file, make_folder


class Journal:
    """An append-only file of replies by request key.

    A line is written and synced before its reply is used. A line torn by a kill is cut off when the file is opened; one
    that cannot be read is left where it is, its reply is asked for again, and those after it still count. Only the lines'
    places are kept in memory.
    """

    def __init__(self, path: Path) -> None:
        """Open or create."""
        make_folder(path.parent)
        make_file(path)
        self._places: dict[str, tuple[int, int]] = {}
        self._file = open(path, "a+b")  # noqa: SIM115 - lives as long as the journal
        self._file.seek(0)
        self._end = 0
        for line in self._file:
            if not line.endswith(b"\n"):
                break
            with suppress(ValueError, TypeError, KeyError, AttributeError):
                self._places[_read(line)[0]] = (self._end, len(line))
            self._end += len(line)
        self._file.truncate(self._end)

    def get(self, key: str) -> Reply | None:
        """The reply to a request, if it was ever given."""
        if key not in self._places:
            return None
        place, size = self._places[key]
        self._file.seek(place)
        return _read(self._file.read(size))[1]

    def put(self, key: str, reply: Reply, subject: str = "") -> None:
        """Keep a reply for good, with the id of what it is about."""
        about = {"subject": subject} if subject else {}
        line = json.dumps({"key": key, **about, **asdict(reply)}, ensure_ascii=False).encode() + b"\n"
        self._file.write(line)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._places[key] = (self._end, len(line))
        self._end += len(line)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _read(line: bytes) -> tuple[str, Reply]:
    row = json.loads(line)
    row.pop("subject", None)
    return row.pop("key"), Reply(**row)
