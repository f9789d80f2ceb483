"""Call a stage function by name and turn what goes wrong into a `Failure`."""

from __future__ import annotations

import traceback
from importlib import import_module
from typing import Any

from medpress.errors import CorruptError
from medpress.location import storage_fault
from medpress.run.task import Failure, Mark, Stage, Task


def reference(stage: Stage) -> str:
    """`module:name` of a module-level function."""
    return f"{stage.__module__}:{stage.__name__}"


def call(stage: str, task: dict[str, Any], mark: Mark) -> Failure | None:
    """Import and call a stage. An error that names its `kind` is taken at its word.

    Of any other error only the class and the place in the code are told: its words may quote the document.
    """
    module, _, name = stage.partition(":")
    try:
        getattr(import_module(module), name)(Task(**task), mark)
    except MemoryError:
        return Failure("memory", "It needed more memory than there is.")
    except CorruptError as error:
        return Failure("corrupt", str(error))
    except Exception as error:
        kind = getattr(error, "kind", None)
        if isinstance(kind, str):
            return Failure(kind, str(error))
        if fault := storage_fault(error):
            return Failure("storage", f"{fault}.")
        frame = traceback.extract_tb(error.__traceback__)[-1]
        place = "/".join(frame.filename.replace("\\", "/").split("/")[-2:])
        return Failure("error", f"{type(error).__name__} at {place}:{frame.lineno}.")
    return None
