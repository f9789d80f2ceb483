"""Who may open what: a data folder holds patients' names, so it is its owner's alone, whatever was there before.

One law does it under any umask: nothing that is made is open to anybody who may not open the folder it is made in. A data
folder is sealed when a run takes it, so all that any process makes below it stays private; outside of data folders the
user's own folders and umask decide as they do everywhere.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

OTHERS = 0o077
"""The bits of group and others."""


def make_folder(folder: Path) -> None:
    """Make a local folder and those above it, each as open as the one that it is made in."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(mode=_mode(folder.parent), exist_ok=True)


def make_file(path: Path) -> None:
    """Make an empty local file, as open as its folder, for a library to fill; one that is there stays."""
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, _mode(path.parent) & 0o666))


def _mode(folder: Path) -> int:
    return stat.S_IMODE(folder.stat().st_mode) & 0o777


def seal(folder: Path) -> None:
    """Take what group and others may do from a local folder and from all below it. What belongs to another user stays."""
    for path in _open_to_others(folder):
        with suppress(PermissionError):
            os.chmod(path, stat.S_IMODE(os.stat(path).st_mode) & ~OTHERS)


def open_to_others(folder: Path) -> list[str]:
    """What of a local folder, itself included, group or others may open, as paths relative to it, sorted."""
    return sorted(os.path.relpath(path, folder) for path in _open_to_others(folder))


def _open_to_others(folder: Path) -> Iterator[str]:
    if os.stat(folder).st_mode & OTHERS:
        yield str(folder)
    waiting = [str(folder)]
    while waiting:
        above = waiting.pop()
        with os.scandir(above) as entries:
            for entry in entries:
                # A dataset may lie on another disk, behind a link of the data folder; deeper links are nobody's of ours.
                with suppress(FileNotFoundError):
                    linked = entry.is_symlink()
                    if linked and above != str(folder):
                        continue
                    if entry.stat().st_mode & OTHERS:
                        yield entry.path
                    if entry.is_dir():
                        waiting.append(entry.path)


@contextmanager
def private() -> Iterator[None]:
    """What this process makes meanwhile is its owner's alone, wherever it lies: for raw text that leaves the data folder."""
    before = os.umask(OTHERS)
    try:
        yield
    finally:
        os.umask(before)
