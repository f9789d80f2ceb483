"""What the four console scripts share: errors in a sentence, a TOML file, progress and summaries."""

from __future__ import annotations

import dataclasses
import os
import re
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, NoReturn, Protocol

import cyclopts
from cyclopts import App, Parameter
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from medpress.errors import UserError as UserError
from medpress.location import location, place_of, storage_fault
from medpress.settings import default_settings, read_settings


def _of_flag(type_: Any, tokens: Sequence[Any]) -> Path:
    text: str = tokens[0].value
    if not text.isprintable() and any("\ud800" <= character <= "\udfff" for character in text):
        raise UserError(f"{place_of(text)} is no name in UTF-8, which the tables below it need; choose another folder.")
    return location(text)


Location = Annotated[Path, Parameter(converter=_of_flag)]
"""A `Path` in a command or a configuration that may also be an address (`s3://bucket/run1`)."""

console = Console(highlight=False, soft_wrap=True)
"""Standard output; tables and summaries."""
stderr = Console(stderr=True, highlight=False, soft_wrap=True)
"""Standard error; progress and complaints."""


def build_app(name: str, help: str) -> App:
    """An empty console script to register commands on."""
    app = App(name=name, help=help, version=lambda: version("medpress"), help_format="markdown")

    @app.command(name="config")
    def write_defaults() -> None:
        """Print a TOML file with every setting and its default, for `--config`."""
        sys.stdout.write(default_settings(app))

    return app


def run(app: App, tokens: Sequence[str] | None = None) -> NoReturn:
    """Run a console script and leave the process.

    Adds `--config FILE`: a TOML file with a table per command (`[pdf]`, `[build]`, or `[ingest.pdf]` when one file
    serves all scripts); flags win over it. `UserError` becomes one sentence and its exit code, a closed pipe ends
    quietly, Ctrl-C ends with 130. Any other error is a fault of ours and keeps its traceback.
    """

    @app.meta.default
    def main(
        *arguments: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
        config: Annotated[
            Path | None, Parameter(name="--config", help="TOML file for everything a flag can say; flags win.")
        ] = None,
    ) -> Any:
        if config is not None:
            app.config = cyclopts.config.Dict(read_settings(config, app), source=str(config))
        return app(arguments, result_action="return_value")

    try:
        code = app.meta(tokens, result_action="return_value")
    except UserError as error:
        stderr.print(f"{app.name[0]}: {printable(str(error))}", style="red", markup=False)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except KeyboardInterrupt:
        stderr.print(f"{app.name[0]}: stopped; run the same command again to carry on.", style="red")
        sys.exit(130)
    except Exception as error:
        fault = storage_fault(error)
        if fault is None:
            raise
        where = f" ({printable(str(error.filename))})" if isinstance(error, OSError) and error.filename else ""
        stderr.print(f"{app.name[0]}: the storage refuses: {fault}{where}.", style="red", markup=False)
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


def resolved(config: Any) -> dict[str, Any]:
    """A configuration dataclass as plain values, for manifests and identities."""
    return {f.name: _plain(getattr(config, f.name)) for f in dataclasses.fields(config)}


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return resolved(value)
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(v) for v in value]
    return str(value) if hasattr(value, "as_posix") else value


class Ticker(Protocol):
    """Told about each step of some work."""

    def __call__(self, steps: int = 1, note: str = "") -> None: ...


@contextmanager
def progress(label: str, total: int | None, unit: str = "") -> Iterator[Ticker]:
    """Show how far some work is: a bar with rate and time left on a terminal, a line every 10 seconds elsewhere."""
    if stderr.is_terminal:
        columns = (
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(), TimeRemainingColumn(), TextColumn("{task.fields[note]}"),
        )  # fmt: skip
        started = time.monotonic()
        with Progress(*columns, console=stderr, transient=True) as bar:
            task = bar.add_task(label, total=total, rate="", note="")
            done = 0

            def tick(steps: int = 1, note: str = "") -> None:
                nonlocal done
                done += steps
                rate = done / max(1e-9, time.monotonic() - started)
                bar.update(task, advance=steps, rate=f"{rate:,.1f} {unit}/s", note=escape(printable(note)))

            yield tick
        return
    yield _LineTicker(label, total, unit)


class _LineTicker:
    """Progress as plain lines, for logs."""

    def __init__(self, label: str, total: int | None, unit: str, every: float = 10.0) -> None:
        self.label, self.total, self.unit, self.every = label, total, unit, every
        self.done = 0
        self.started = self.printed = time.monotonic()

    def __call__(self, steps: int = 1, note: str = "") -> None:
        self.done += steps
        now = time.monotonic()
        if now - self.printed < self.every:
            return
        self.printed = now
        rate = self.done / max(1e-9, now - self.started)
        left = f", {(self.total - self.done) / rate:.0f} s left" if self.total and rate else ""
        of = f"/{self.total}" if self.total else ""
        stderr.print(
            f"{self.label}: {self.done}{of} {self.unit}, {rate:,.1f}/s{left} {printable(note)}".rstrip(), markup=False
        )


def print_table(title: str, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print a table; numbers are right-aligned and grouped."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for index, name in enumerate(header):
        numeric = bool(rows) and all(isinstance(row[index], int | float) for row in rows)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    console.print(table)


def _cell(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return printable(str(value))
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"


def say(message: str) -> None:
    """Print one plain line on standard output."""
    console.print(printable(message), markup=False)


def printable(text: str) -> str:
    """A text in which nothing speaks to the terminal: control characters, those that turn the direction of writing or are
    not seen, and halves of surrogate pairs are written out (`\\x1b`). Names of files may hold all of them."""
    return _SPEAKING.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


_SPEAKING = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
