"""What the four console scripts share: errors in a sentence, a TOML file, progress and summaries."""

from __future__ import annotations

import dataclasses
import os
import re
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Annotated, Any, NoReturn, Protocol

import cyclopts
from cyclopts import App, Group, Parameter
from rich.console import Console
from rich.markup import escape

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


ONCE = Parameter(negative="")
"""Of a flag that asks for something now: nobody writes it into a file, so there is no `--no-…` to take it back."""
MACHINE = Parameter(group=Group("This machine", sort_key=90))
"""Of an option that decides how a run goes and not what it writes."""
HELP = frozenset({"--help", "-h"})
"""What asks for a help; it is shown before anything is parsed."""
SECONDS_UNTOLD = 1.0
"""A command that says nothing for so long says that it works."""


def group(title: str, order: int) -> Parameter:
    """Options that stand together in the help, behind the main ones (0 to 89, by `order`)."""
    return Parameter(group=Group(title, sort_key=order))


_QUIET: dict[str, Any] = {"result_action": "return_value", "print_error": False, "exit_on_error": False}
"""How the parser is called: what it finds wrong is said like any other mistake."""


class Script(App):
    """A console script or a command of one; its help is `medpress.help_page`."""

    def help_print(
        self,
        tokens: Annotated[str | Iterable[str] | None, Parameter(show=False)] = None,
        *,
        console: Annotated[Any, Parameter(parse=False)] = None,
    ) -> None:
        """Print the help of the command in `tokens`."""
        from medpress.help_page import print_help

        words = sys.argv[1:] if tokens is None else tokens.split() if isinstance(tokens, str) else tokens
        print_help(self, words, console or self.console)


def build_app(name: str, help: str) -> App:
    """An empty console script to register commands on. Lists have no `--empty-…`: whoever wants none leaves them out."""
    app = Script(
        name=name,
        help=help,
        version=lambda: version("medpress"),
        default_parameter=Parameter(negative_iterable=()),
        group_parameters=Group("Options", sort_key=0),
        suppress_keyboard_interrupt=False,
    )

    @app.command(name="config")
    def write_defaults() -> None:
        """Print a TOML file with every setting and its default, for `--config`."""
        sys.stdout.write(default_settings(app))

    @app.meta.default
    def main(
        *arguments: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
        config: Annotated[
            Path | None, Parameter(name="--config", help="TOML file for everything a flag can say; flags win.")
        ] = None,
    ) -> Any:
        if config is not None:
            app.config = cyclopts.config.Dict(read_settings(config, app), source=str(config))
        return app(arguments, **_QUIET)

    app.meta.suppress_keyboard_interrupt = False
    return app


def run(app: App, tokens: Sequence[str] | None = None, mistakes: tuple[type[Exception], ...] = ()) -> NoReturn:
    """Run a console script and leave the process as `ending` has it.

    It takes `--config FILE`: a TOML file with a table per command (`[pdf]`, `[build]`, or `[ingest.pdf]` when one file
    serves all scripts); flags win over it.
    """
    words = sys.argv[1:] if tokens is None else list(tokens)
    with ending(app.name[0], words, mistakes) as end:
        if HELP & set(words):
            app.help_print(words)
        else:
            try:
                code = app.meta(words, **_QUIET)
            except cyclopts.UnusedCliTokensError as error:
                more = " ".join(error.unused_tokens or ())
                raise UserError(f"nothing can be done with `{more}`; --help says what the command takes.") from error
            except cyclopts.CycloptsError as error:
                raise UserError(" ".join(str(error).split())) from error
            end.code = code if isinstance(code, int) else 0
    sys.exit(end.code)


@dataclasses.dataclass
class End:
    """How a command ends."""

    code: int = 0
    """Exit code."""


@contextmanager
def ending(script: str, tokens: Sequence[str], mistakes: tuple[type[Exception], ...] = ()) -> Iterator[End]:
    """Let a command end in words: what goes wrong in one sentence, and what took a while with a line that says how long.

    `UserError`, the other errors that are the user's `mistakes`, a missing package of an extra and what a store refuses
    become one sentence and an exit code; a closed pipe ends quietly, Ctrl-C with 130. Any other error is a fault of ours
    and keeps its traceback. A command that says nothing at first says that it works.
    """
    words = " ".join([script, *tokens[:1]]) if tokens and not tokens[0].startswith("-") else script
    end, started = End(), time.monotonic()
    at_work = not {*HELP, "--version"} & set(tokens)
    if at_work:
        _opening.begin(words)
    try:
        yield end
    except UserError as error:
        _leave(script, str(error), error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except KeyboardInterrupt:
        _leave(script, "stopped; run the same command again to carry on.", 130)
    except ModuleNotFoundError as error:
        extra = _extra_with(error.name or "")
        if extra is None:
            if isinstance(error, mistakes):
                _leave(script, str(error), 2)
            raise
        _leave(script, f'this needs {error.name}, which is not installed: pip install "medpress[{extra}]".', 2)
    except mistakes as error:
        _leave(script, str(error), 2)
    except Exception as error:
        fault = storage_fault(error)
        if fault is None:
            raise
        where = f" ({error.filename})" if isinstance(error, OSError) and error.filename else ""
        _leave(script, f"the storage refuses: {fault}{where}.", 1)
    finally:
        _opening.end()
    if at_work and (seconds := time.monotonic() - started) >= SECONDS_UNTOLD and first_process():
        outcome = f"ended with exit code {end.code}" if end.code else "done"
        stderr.print(f"{words}: {outcome} in {in_words(seconds)}.", markup=False)


def _leave(script: str, sentence: str, code: int) -> NoReturn:
    _opening.end()
    stderr.print(f"{script}: {printable(sentence)}", style="red", markup=False)
    sys.exit(code)


def first_process() -> bool:
    """Whether this is the process that speaks, of those that `torchrun` started."""
    return int(os.environ.get("RANK", "0")) == 0


def _extra_with(module: str) -> str | None:
    """The extra of this distribution that installs a module; None where it is no extra's."""
    try:
        wanted = requires("medpress") or []
    except PackageNotFoundError:
        return None
    name = module.partition(".")[0].replace("_", "-").lower()
    for requirement in wanted:
        found = re.match(r"[A-Za-z0-9._-]+", requirement)
        extra = re.search(r"extra == ['\"]([^'\"]+)", requirement)
        if found and extra and found[0].replace("_", "-").lower() == name:
            return extra[1]
    return None


class _Opening:
    """Says that a command works when it has said nothing for `SECONDS_UNTOLD`."""

    def __init__(self) -> None:
        self._timer: threading.Timer | None = None

    def begin(self, words: str) -> None:
        """Start to wait."""
        self.end()
        if first_process():
            left = max(0.0, SECONDS_UNTOLD * 0.8 - time.process_time())  # importing the room took some of it
            self._timer = threading.Timer(left, stderr.print, [f"{words}: working …"], {"markup": False})
            self._timer.daemon = True
            self._timer.start()

    def end(self) -> None:
        """Something has been said."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


_opening = _Opening()


def in_words(seconds: float) -> str:
    """A time as people say it: `4 seconds`, `about 30 seconds`, `about 5 minutes`, `about 2.5 hours`."""
    if seconds < 9.5:
        return f"{max(1, round(seconds))} second{'s' if round(seconds) > 1 else ''}"
    if seconds < 87.5:
        return f"about {5 * round(seconds / 5)} seconds"
    if seconds < 5_400:
        return f"about {max(2, round(seconds / 60))} minutes"
    return f"about {round(seconds / 1_800) / 2:g} hours"


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
    _opening.end()
    if stderr.is_terminal:
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )  # fmt: skip

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
    ticker = _LineTicker(label, total, unit)
    yield ticker
    ticker.close()


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
        left = f", {in_words((self.total - self.done) / rate)} left" if self.total and rate else ""
        of = f"/{self.total}" if self.total else ""
        stderr.print(
            f"{self.label}: {self.done}{of} {self.unit}, {rate:,.1f}/s{left} {printable(note)}".rstrip(), markup=False
        )

    def close(self) -> None:
        """Say how long it took, if it took a while."""
        if (seconds := time.monotonic() - self.started) >= SECONDS_UNTOLD:
            stderr.print(f"{self.label}: {self.done} {self.unit} in {in_words(seconds)}", markup=False)


def print_table(title: str, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print a table; numbers are right-aligned and grouped."""
    from rich.table import Table

    _opening.end()
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
    _opening.end()
    console.print(printable(message), markup=False)


def printable(text: str) -> str:
    """A text in which nothing speaks to the terminal: control characters, those that turn the direction of writing or are
    not seen, and halves of surrogate pairs are written out (`\\x1b`). Names of files may hold all of them."""
    return _SPEAKING.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


_SPEAKING = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
