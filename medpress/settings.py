"""The TOML file of the console scripts: checked before it is used, and written out with every default.

A file has a table for each command, `[pdf]` or, when it serves several scripts, `[ingest.pdf]`; tables inside it are the
nested parts of that command's configuration (`[corpus.build.filters]`).
"""

from __future__ import annotations

import difflib
import json
import textwrap
import tomllib
import types
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from cyclopts import App
from cyclopts.argument import Argument

from medpress.errors import UserError
from medpress.ranges import Range

SCRIPTS = ("ingest", "nlp", "corpus", "train")
"""The console scripts that one file may serve."""
MAX_BYTES = 2**20
"""A configuration is a page or two."""


def read_settings(path: Path, app: App) -> dict[str, Any]:
    """The part of a TOML file that is `app`'s: command to settings, group of commands to these.

    Raises `UserError` in one sentence that names the key: the file is not there or no TOML, a table is of no command, a
    key is of no setting (the nearest one is told), a value is of another type.
    """
    try:
        if path.exists() and (not path.is_file() or path.stat().st_size > MAX_BYTES):
            raise UserError(f"the configuration {path} is no file of at most {MAX_BYTES} bytes.")
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"cannot read the configuration {path}: {error.strerror}.") from error
    except RecursionError as error:
        raise UserError(f"{path} is not valid TOML for a configuration: its brackets are too deep.") from error
    except ValueError as error:  # also of bytes that are no UTF-8, and of numbers with thousands of digits
        raise UserError(f"{path} is not valid TOML: {error}.") from error
    script = app.name[0]
    prefix = ""
    if values.keys() & set(SCRIPTS) - set(_commands(app)) or script in values:
        _known(path, values, SCRIPTS, "", "script")
        values, prefix = values.get(script, {}), f"{script}."
        if not isinstance(values, dict):
            raise UserError(f"{path}: {script} is no table; write [{script}.COMMAND].")
    _check_commands(path, values, app, prefix, script)
    return values


def _check_commands(path: Path, values: Mapping[str, Any], app: App, prefix: str, name: str) -> None:
    _known(path, values, _commands(app), prefix, f"command of {name}")
    for command, settings in values.items():
        table = f"{prefix}{command}"
        if not isinstance(settings, dict):
            raise UserError(f"{path}: {table} is a command, to be written as the table [{table}].")
        if app[command].default_command is None:
            _check_commands(path, settings, app[command], f"{table}.", f"{name} {command}")
        else:
            _check(path, settings, _arguments(app[command]), table)


def _known(path: Path, values: Mapping[str, Any], names: Sequence[str], prefix: str, what: str) -> None:
    for name in values:
        if name not in names:
            raise UserError(f"{path}: {prefix}{name} is no {what}{_nearest(name, names)}")


def _nearest(name: str, names: Collection[str]) -> str:
    near = difflib.get_close_matches(name, list(names), n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else f": there are {', '.join(sorted(names)[:20])}."


def _commands(app: App) -> list[str]:
    return [name for name in app if not name.startswith("-") and name != "config"]


def _arguments(command: App) -> dict[str, Argument]:
    """Key in the TOML file (`filters.min_words`) to argument, of all that a flag can say."""
    found = {}
    for argument in command.assemble_argument_collection(parse_docstring=True):
        if argument.name.startswith("--") and argument.parse and not argument.children:
            found[argument.name[2:].replace("-", "_")] = argument
    return found


def _check(path: Path, settings: Mapping[str, Any], arguments: Mapping[str, Argument], table: str) -> None:
    for key, value in _leaves(settings):
        argument = arguments.get(key.replace("-", "_"))
        where, _, name = f"{table}.{key}".rpartition(".")
        if argument is None:
            open_tables = [known for known, a in arguments.items() if _is_mapping(a.hint) and key.startswith(known)]
            if open_tables:
                continue
            raise UserError(f"{path}: [{where}] has no setting {name}{_nearest(key.replace('-', '_'), arguments)}")
        if not _fits(value, argument.hint):
            raise UserError(
                f"{path}: [{where}] {name} is {json.dumps(value, default=str)}, but must be {_in_words(argument.hint)}."
            )
        if (allowed := range_of(argument)) is not None and not allowed.holds(value):
            raise UserError(f"{path}: [{where}] {name} is {json.dumps(value)}, but must be {allowed}.")


def range_of(argument: Argument) -> Range | None:
    """The range that a setting's field declares (`medpress.ranges`); flags are held to it as they are parsed."""
    validators = argument.parameter.validator
    declared = validators if isinstance(validators, tuple | list) else (validators,)
    return next((each for each in declared if isinstance(each, Range)), None)


def _leaves(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in settings.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _is_mapping(hint: Any) -> bool:
    return any(get_origin(kind) in (dict, Mapping) or kind is dict for kind in alternatives(hint))


def alternatives(hint: Any) -> list[Any]:
    """The types of a union, annotations taken off; a type that is none is its own only one."""
    if hasattr(hint, "__metadata__"):
        return alternatives(get_args(hint)[0])
    if get_origin(hint) in (Union, types.UnionType):
        return [kind for each in get_args(hint) for kind in alternatives(each)]
    return [hint]


def _fits(value: Any, hint: Any) -> bool:
    return any(_is_of(value, kind) for kind in alternatives(hint))


def _is_of(value: Any, kind: Any) -> bool:
    if get_origin(kind) is Literal:
        return value in get_args(kind)
    if get_origin(kind) in (tuple, list, set, frozenset):
        inner = [each for each in get_args(kind) if each is not Ellipsis]
        return isinstance(value, list) and all(_fits(item, inner[0]) for item in value)
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if kind in (bool, str):
        return isinstance(value, kind)
    return isinstance(value, str) if kind is not type(None) else False


def _in_words(hint: Any) -> str:
    words = []
    for kind in alternatives(hint):
        if get_origin(kind) is Literal:
            words += [str(choice) for choice in get_args(kind)]
        elif get_origin(kind) in (tuple, list, set, frozenset):
            words.append("a list")
        elif kind is not type(None):
            words.append({bool: "true or false", int: "a whole number", float: "a number"}.get(kind, "text in quotes"))
    return " or ".join(dict.fromkeys(words))


def _runnable(app: App, path: str) -> Iterator[tuple[str, App]]:
    """Table and app of each command below an app, those in groups included."""
    for name in _commands(app):
        command = app[name]
        if command.default_command is None:
            yield from _runnable(command, f"{path}.{name}")
        else:
            yield f"{path}.{name}", command


def default_settings(app: App) -> str:
    """A TOML file with every setting of every command of `app`: what it is for, and its default.

    What has no default stands there as a comment.
    """
    lines = []
    for path, command in _runnable(app, app.name[0]):
        table = ""
        for key, argument in sorted(_arguments(command).items(), key=lambda pair: "." in pair[0]):
            inner, _, name = key.rpartition(".")
            if (here := f"{path}.{inner}".rstrip(".")) != table:
                table = here
                lines += ["", f"[{table}]"]
            text = " ".join((argument.parameter.help or "").split())
            lines += [f"# {line}" for line in textwrap.wrap(text, 116)]
            default = argument.field_info.default
            value = _toml(default)
            lines.append(f"{name} = {value}" if value is not None else f"# {name} =")
    return "\n".join(lines).lstrip() + "\n"


def _toml(value: Any) -> str | None:
    """A value in TOML; None for what TOML has no word for."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list | tuple):
        inner = [_toml(each) for each in value]
        return None if None in inner else f"[{', '.join(each for each in inner if each is not None)}]"
    if isinstance(value, str) or hasattr(value, "as_posix"):
        escaped = str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{escaped}"'
    return None
