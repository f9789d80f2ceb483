"""The doors of the rooms: what a package offers Python, imported when it is first asked for.

A room is light to import — `import nlp` loads neither numpy nor a model — and still typed: its `__init__` imports the
same names under `TYPE_CHECKING`. Every room's `__init__` calls `door`, which is also how `ours` tells a room from a
package of the same name that another distribution has installed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_SIGNATURE = b"medpress.door"
"""Stands in the `__init__` of each room."""


def door(
    package: str, names: Mapping[str, str], needs: tuple[str, ...] = ()
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` (PEP 562) of a package that offers `names`: name to the module that has it.

    A module that bears the package's name before its own is offered whole. `needs` are the other rooms that it stands on.
    Raises `ImportError` in one sentence when one of these is another distribution's.
    """
    for room in needs:
        if sentence := foreign(room):
            raise ImportError(sentence)

    def get(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module = import_module(names[name])
        return module if names[name] == f"{package}.{name}" else getattr(module, name)

    return get, lambda: sorted(names)


def foreign(room: str) -> str | None:
    """One sentence that says whose package of this name Python finds and what to do; None when it is ours."""
    try:
        spec = find_spec(room)
    except ValueError:  # put into `sys.modules` by hand
        spec = None
    if spec is None:
        return f"the package {room} of medpress is missing; install medpress again."
    origin = Path(spec.origin) if spec.has_location and spec.origin else None
    if origin is not None and _SIGNATURE in origin.read_bytes():
        return None
    where = origin or next(iter(spec.submodule_search_locations or ()), "no file")
    return (
        f"the package {room} that Python finds ({where}) is not that of medpress: uninstall the distribution it belongs to"
        f" or take its folder off PYTHONPATH, then run `pip install --force-reinstall --no-deps medpress`."
    )
