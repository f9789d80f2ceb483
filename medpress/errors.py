"""Errors that a user can put right."""

from __future__ import annotations

import errno
import shlex


def to_run(command: str, data: object) -> str:
    """A command for a data folder, as a message names it: it can be typed as it stands."""
    return f"`{command} --data {shlex.quote(str(data))}`"


STORAGE = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EACCES, errno.EPERM}
"""Errors of the disk, not of a document: they stop the run."""


class UserError(Exception):
    """Printed as one sentence; the process ends with `exit_code`."""

    def __init__(self, message: str, exit_code: int = 2) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class CorruptError(UserError):
    """A stored file does not say what its manifest says."""

    def __init__(self, message: str) -> None:
        super().__init__(message, exit_code=1)


class AccountError(Exception):
    """The counts of a run do not add up: a fault of the program, never of the input."""


def check_sum(what: str, whole: int, *parts: int) -> None:
    """Raise `AccountError` when parts are not the whole: something would have disappeared, or come twice."""
    if whole != sum(parts):
        raise AccountError(f"{whole} {what} but {' + '.join(str(part) for part in parts)} come out")
