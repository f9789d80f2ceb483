"""Every numeric setting of every command has a range, and what lies outside of it is one sentence, from a flag or a file."""

from __future__ import annotations

import importlib
import io
import math
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from cyclopts import App
from cyclopts.argument import Argument

from medpress.errors import UserError
from medpress.settings import range_of, read_settings

SCRIPTS = {"ingest": "ingest.cli", "nlp": "nlp.cli", "corpus": "corpus.cli", "train": "training.cli"}


def commands(app: App) -> list[tuple[list[str], App]]:
    """All commands of a script, those of groups of commands too, with the words that name them."""
    found = []
    for name in app:
        if name.startswith("-") or name == "config":
            continue
        inner = commands(app[name]) if app[name].default_command is None else []
        found += [([name, *words], one) for words, one in inner] or [([name], app[name])]
    return found


def settings() -> list[tuple[str, list[str], Argument]]:
    found = []
    for script, module in SCRIPTS.items():
        for words, command in commands(importlib.import_module(module).app):
            for argument in command.assemble_argument_collection(parse_docstring=True):
                kinds = str(argument.hint)
                if (
                    argument.parse
                    and not argument.children
                    and any(word in kinds for word in ("int'", "float", "int "))
                ):
                    found.append((script, words, argument))
    return found


def test_every_number_has_a_range() -> None:
    without = [f"{script} {' '.join(words)} {one.name}" for script, words, one in settings() if range_of(one) is None]
    assert not without
    assert len(settings()) > 100


def test_every_default_is_in_its_range() -> None:
    for script, words, one in settings():
        default = one.field_info.default
        if isinstance(default, int | float):
            assert range_of(one).holds(default), (script, words, one.name, default)  # type: ignore[union-attr]


@pytest.mark.parametrize("value", ["-1", "nan", "inf", "-inf", "1e400", "99999999999999999999999"])
def test_a_flag_out_of_range_is_one_sentence(value: str) -> None:
    tried = set()
    for script, words, one in settings():
        if (one.name, str(one.hint)) in tried or not one.name.startswith("--") or "dict" in str(one.hint):
            continue
        tried.add((one.name, str(one.hint)))
        app = importlib.import_module(SCRIPTS[script]).app
        said = io.StringIO()
        with redirect_stdout(said), redirect_stderr(said), pytest.raises(SystemExit) as end:
            app([*words, "x", "y", f"{one.name}={value}"], result_action="return_value", error_console=_console(said))
        assert end.value.code not in (0, None), (script, words, one.name)
        text = said.getvalue()
        assert "Traceback" not in text and (one.name in text or "requires an argument" in text), text


def _console(file: io.StringIO) -> Any:
    from rich.console import Console

    return Console(file=file, width=200)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[corpus.build]\nshards = 0", "shards is 0, but must be from 1 to"),
        ("[corpus.build]\nworkers = -1", "workers is -1, but must be from 0 to"),
        ("[corpus.build]\ntask_seconds = nan", "task_seconds is NaN, but must be from"),
        ("[corpus.build]\nworker_gib = inf", "worker_gib is Infinity, but must be from"),
        ("[corpus.build.dedup]\nthreshold = 1.5", "threshold is 1.5, but must be from 0 to 1"),
        ("[corpus.build]\nshards = 1" + "0" * 5_000, "is not valid TOML"),
        ("a = " + "[" * 100_000, "is not valid TOML"),
        ("a = " + "{b = " * 50_000, "is not valid TOML"),
        ("[" + "a." * 50_000 + "a]\nb = 1", ""),
        ("a" * 2_000_000, "is no file of at most"),
        ("\0", "is not valid TOML"),
    ],
)
def test_a_file_out_of_range_is_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "medpress.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError) as refused:
        read_settings(path, importlib.import_module("corpus.cli").app)
    assert said in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize("place", ["/dev/zero", "/", "/nowhere/at/all"])
def test_what_is_no_file_is_one_sentence(place: str) -> None:
    with pytest.raises(UserError):
        read_settings(Path(place), importlib.import_module("corpus.cli").app)


def test_ranges_are_finite() -> None:
    for _, _, one in settings():
        allowed = range_of(one)
        assert allowed is not None and math.isfinite(allowed.least) and math.isfinite(allowed.most)
