"""Replies on disk, one JSON line each, so that no reply is ever asked for twice."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

from corpus.generation.request import Reply


class Journal:
    """An append-only file of replies by request key.

    A line is written and synced before its reply is used. A line torn by a kill is cut off when the file is opened.
    """

    def __init__(self, path: Path) -> None:
        """Open or create; reads the keys and replies that are there."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.replies: dict[str, Reply] = {}
        self._file = open(path, "a+b")  # noqa: SIM115 - lives as long as the journal
        self._file.seek(0)
        good = 0
        for line in self._file:
            try:
                row = json.loads(line)
                key = row.pop("key")
                reply = Reply(**row)
            except (ValueError, TypeError, KeyError, AttributeError):
                break
            if not line.endswith(b"\n"):
                break
            self.replies[key] = reply
            good += len(line)
        self._file.truncate(good)
        self._file.seek(good)

    def get(self, key: str) -> Reply | None:
        """The reply to a request, if it was ever given."""
        return self.replies.get(key)

    def put(self, key: str, reply: Reply) -> None:
        """Keep a reply for good."""
        line = json.dumps({"key": key, **asdict(reply)}, ensure_ascii=False).encode() + b"\n"
        self._file.write(line)
        self._file.flush()
        os.fsync(self._file.fileno())
        self.replies[key] = reply

    def close(self) -> None:
        """Close the file."""
        self._file.close()
