"""What a task that runs has used, and which limit it is over: one answer, wherever it runs."""

from __future__ import annotations

from dataclasses import dataclass, field

from medpress.run.task import Failure, Limits, Spent, Task

LEAST_PROGRESS = 0.02
"""CPU-seconds; a worker that uses less between two looks and waits for nothing but itself stands still."""


@dataclass(slots=True)
class Watch:
    """One task at work. All CPU-seconds are those of its process, which may have done other tasks before."""

    task: Task
    used: float
    """CPU-seconds when it was last seen to move."""
    moved: float
    """When that was, in seconds of the clock."""
    mark: str = ""
    """The step it is at."""
    started: float = field(init=False)
    """Seconds of the clock when it was given its task."""
    given: float = field(init=False)
    """CPU-seconds when it was given its task."""
    begun: float = field(init=False)
    """CPU-seconds when its step began."""
    opened: float = field(init=False)
    """CPU-seconds when the document began that it is at, with the first step; of several the mark's first word tells which."""

    def __post_init__(self) -> None:
        self.started = self.moved
        self.given = self.begun = self.opened = self.used

    def step(self, mark: str, begun: float, now: float) -> None:
        """It is at another step, which has all the time again; at another document of several, that one has, too.

        What its process did before the first step was to load what its readers need, which is no document's.
        """
        if not self.mark or (self.task.several and mark.partition(" ")[0] != self.mark.partition(" ")[0]):
            self.opened = begun
        self.mark, self.begun, self.moved = mark, begun, now

    def excess(self, limits: Limits, used: float, now: float, *, runs: bool) -> Failure | None:
        """The limit that it is over, if any, when its process has used `used` and is, or is not, ready to run."""
        if used - self.begun > limits.step_seconds:
            return Failure("timeout", f"It took more than {limits.step_seconds:g} CPU-seconds.", self.mark)
        most = self.task.cpu_seconds
        if self.mark and most is not None and used - self.opened > most:
            return Failure("budget", f"It took more than {most:g} CPU-seconds.", self.mark)
        if used - self.used > LEAST_PROGRESS or runs:
            self.used, self.moved = used, now  # one that waits for a processor is no less alive
        elif now - self.moved > limits.step_seconds:
            return Failure("stalled", f"It stood still for {limits.step_seconds:g} seconds.", self.mark)
        return None

    def spent(self, used: float, now: float) -> Spent:
        """What it has taken by now."""
        return Spent(now - self.started, used - self.given, used - self.opened)
