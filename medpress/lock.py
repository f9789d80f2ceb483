"""One writer a data folder: a file lock on a disk, a lock object in an object store."""

from __future__ import annotations

import fcntl
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from medpress.command import stderr
from medpress.errors import UserError
from medpress.location import check_reachable, filesystem, is_remote, key
from medpress.modes import make_file, private, seal

BEAT_SECONDS = 10.0
"""How often a run renews its lock object."""
WATCH_SECONDS = 35.0
"""A lock object that stays the same for so long is of a run that was killed, whatever anybody's clock says."""


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold a data folder for this process; a second run on it is refused in one sentence instead of mixing files.

    A local folder is made, and all in it becomes its owner's alone, whatever was there before. An object store has no lock that ends with its holder: the run keeps a
    lock object and renews it, and one that nobody renews is taken over after `WATCH_SECONDS`. Should a run stand still
    for that long and wake up again, it ends with an error; both wrote the same bytes under the same names unless their
    configurations differ, and `corpus audit` checks every file against its manifest.
    """
    if is_remote(folder):
        check_reachable(folder)
        lock = _LockObject(folder)
        lock.take()
        try:
            yield
        finally:
            lock.release()
        return
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    seal(folder)
    make_file(folder / ".lock")
    with open(folder / ".lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(_refusal(folder)) from error
        with private():  # also what libraries make
            yield


def _refusal(folder: Path) -> str:
    return f"another run is writing to {folder}; wait for it or name another folder with --data."


class _LockObject:
    """An object that is made only where there is none, and that is renewed while its maker lives."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files, self.key = filesystem(folder), key(folder / ".lock")
        self.token = uuid.uuid4().hex
        self.released = threading.Event()
        self.lost = False
        self.renewer = threading.Thread(target=self._renew, daemon=True)

    def take(self) -> None:
        """Raises `UserError` when another run holds it and is alive."""
        if not self._make():
            self._outwait(self._read())
            if not self._make():
                raise UserError(_refusal(self.folder))
        self.renewer.start()

    def _outwait(self, seen: bytes | None) -> None:
        """Remove the lock object of a run that does not renew it."""
        stderr.print(f"{self.folder} is locked; watching for {WATCH_SECONDS:g} s whether that run is alive.")
        until = time.monotonic() + WATCH_SECONDS
        while seen is not None and time.monotonic() < until:
            time.sleep(WATCH_SECONDS / 35)
            now = self._read()
            if now is not None and now != seen:
                raise UserError(_refusal(self.folder))
            seen = now
        if seen is not None:
            self.files.rm_file(self.key)

    def release(self) -> None:
        """Let it go. Raises `UserError` when it was lost in between."""
        self.released.set()
        self.renewer.join(BEAT_SECONDS)  # it may be at renewing, which would put the object back
        if self.lost:
            raise UserError(
                f"another run took {self.folder} over while this one stood still; run the same command again.",
                exit_code=1,
            )
        with suppress(Exception):  # a store that does not answer any more has said so already
            self.files.rm_file(self.key)

    def _make(self) -> bool:
        try:
            self.files.pipe_file(self.key, self.token.encode(), mode="create")
        except FileExistsError:
            return False
        return self._read() == self.token.encode()

    def _read(self) -> bytes | None:
        try:
            content: bytes = self.files.cat_file(self.key)
        except FileNotFoundError:
            return None
        return content

    def _renew(self) -> None:
        beat = 0
        while not self.released.wait(BEAT_SECONDS):
            try:
                content = self._read()
                if content is None or not content.startswith(self.token.encode()):
                    self.lost = True
                    return
                beat += 1
                self.files.pipe_file(self.key, f"{self.token} {beat}".encode())
            except Exception:  # of whatever library: the store may answer the next time
                continue
