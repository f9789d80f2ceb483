"""Choose where tasks run."""

from __future__ import annotations

from collections.abc import Sequence

from medpress.run.task import Executor, Limits


def open_executor(
    engine: str, *, workers: int, limits: Limits, preload: Sequence[str] = (), address: str | None = None
) -> Executor:
    """The executor of an engine: `local` or `ray`. `workers` 0 means one per core."""
    if engine == "local":
        from medpress.run.local import LocalExecutor

        return LocalExecutor(workers=workers, limits=limits, preload=preload)
    from medpress.run.ray import RayExecutor

    return RayExecutor(workers=workers, limits=limits, address=address)
