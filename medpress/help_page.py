"""The help of a command, from what its parser knows: the options are gathered once and set as plain text.

The parser's own page gathers them six times, reads them as Markdown and draws boxes, which together takes longer than all
else that a help needs.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, cast, get_args, get_origin

from cyclopts import App, Group, Parameter
from cyclopts.argument import Argument
from rich.console import Console
from rich.text import Text

from medpress.settings import alternatives

WIDEST = 110
"""Columns of a line of text at most; longer ones are hard to read."""
NAMES = 30
"""Columns of the names of options; what is longer stands in a line of its own."""
_LISTS = (tuple, list, set, frozenset)


def print_help(app: App, tokens: Iterable[str], console: Console) -> None:
    """Print what the command in `tokens` does and takes, or which commands there are."""
    words, path, _ = app.parse_commands([token for token in tokens if not token.startswith("-")])
    command = path[-1]
    arguments = [each for owner in (app.meta, command) for each in _arguments(owner, app.default_parameter)]
    positional = [argument for argument in arguments if argument.index is not None]
    named = sorted({name for name in command if not name.startswith("-") and command[name].show})
    page = Text()
    width = min(console.width, WIDEST)
    usage = [app.name[0], *words, *(["COMMAND"] if named else []), *map(_usage, positional)]
    required = [f"{argument.name} {_value(argument)}".strip() for argument in arguments if _is_asked(argument)]
    page.append(" ".join(["Usage:", *usage, *required, "[OPTIONS]"]) + "\n", "bold")
    for paragraph in paragraphs(command.help):
        page.append("\n" + textwrap.fill(paragraph, width, **_WHOLE_WORDS) + "\n")
    _append(page, "Commands", [(name, next(paragraphs(command[name].help), "")) for name in named], width)
    _append(page, "Arguments", [(_label(argument), _told(argument)) for argument in positional], width)
    for title, options in _groups(arguments):
        rows = [(_names(option), _told(option)) for option in options]
        of_script = _OF_SCRIPT if command is app and title == "Options" else []
        _append(page, title, [*rows, *of_script], width)
    console.print(page, end="", soft_wrap=True)


_OF_SCRIPT = [("--version", "Say which version this is."), ("--help -h", "Say what a command does and takes.")]
"""Options of the script itself."""
_WHOLE_WORDS: dict[str, Any] = {"break_long_words": False, "break_on_hyphens": False}


def _arguments(owner: App, default: Parameter | None) -> list[Argument]:
    if owner.default_command is None:
        return []
    gathered = owner.assemble_argument_collection(default_parameter=default, parse_docstring=True)
    return [each for each in gathered if each.parse and not each.children and each.parameter.show is not False]


def paragraphs(help: str | None) -> Iterator[str]:
    """The paragraphs of a docstring, each in a line, without its section of parameters and the signs of code."""
    text = inspect.cleandoc(help or "").partition("\nParameters\n---")[0]
    return (" ".join(paragraph.replace("`", "").split()) for paragraph in text.split("\n\n") if paragraph.strip())


def _append(page: Text, title: str, rows: Sequence[tuple[str, str]], width: int) -> None:
    if not rows:
        return
    page.append(f"\n{title}\n", "bold")
    column = max((len(name) for name, _ in rows if len(name) <= NAMES), default=NAMES)
    between = "\n" + " " * (column + 4)
    for name, told in rows:
        lines = textwrap.wrap(told, max(20, width - column - 4), **_WHOLE_WORDS)
        page.append(f"  {name}", "cyan").append("  " + " " * (column - len(name)) if len(name) <= column else between)
        page.append(between.join(lines) + "\n")


def _groups(arguments: Sequence[Argument]) -> Iterator[tuple[str, list[Argument]]]:
    """The options under their groups' titles, in the order of these."""
    found: dict[str, tuple[int, list[Argument]]] = {}
    for argument in arguments:
        if argument.index is None:
            (group, *_) = cast("tuple[Group, ...]", argument.parameter.group)
            order = group.sort_key if isinstance(group.sort_key, int) else 0
            found.setdefault(group.name, (order, []))[1].append(argument)
    for title, (_, options) in sorted(found.items(), key=lambda pair: pair[1][0]):
        yield title, options


def _is_asked(argument: Argument) -> bool:
    return argument.required and argument.index is None


def _usage(argument: Argument) -> str:
    return _label(argument) if argument.required else f"[{_label(argument)}]"


def _label(argument: Argument) -> str:
    many = "..." if _many(argument) else ""
    return argument.name.lstrip("-").upper() + many


def _many(argument: Argument) -> bool:
    variable = argument.field_info.kind is inspect.Parameter.VAR_POSITIONAL
    return variable or any(get_origin(kind) in _LISTS for kind in alternatives(argument.hint))


def _names(argument: Argument) -> str:
    negative = set(argument.negatives)
    positive = [name for name in argument.names if name not in negative]
    return " ".join([" ".join([*positive, *sorted(negative & set(argument.names))]), _value(argument)]).strip()


def _value(argument: Argument) -> str:
    """What stands behind the name of an option: the kind of value; nothing behind a flag."""
    kinds, many = _kinds(argument), "..." if _many(argument) else ""
    if bool in kinds:
        return ""
    if any(get_origin(kind) is Literal for kind in kinds):
        return "CHOICE" + many
    words = {int: "INT", float: "FLOAT", str: "TEXT"}
    is_path = [isinstance(kind, type) and issubclass(kind, Path) for kind in kinds]
    return ("PATH" if any(is_path) else next((words[kind] for kind in kinds if kind in words), "KEY=VALUE")) + many


def _kinds(argument: Argument) -> list[Any]:
    """The types that a value, or each of several, may have."""
    kinds = [kind for kind in alternatives(argument.hint) if kind is not type(None)]
    inner = [each for kind in kinds if get_origin(kind) in _LISTS for each in get_args(kind) if each is not Ellipsis]
    return [each for kind in inner for each in alternatives(kind)] or kinds


def _told(argument: Argument) -> str:
    """What an option is for, the choices it has, and its default, where it has one that says something."""
    text = " ".join((argument.parameter.help or "").replace("`", "").split())
    choices = [str(choice) for kind in _kinds(argument) if get_origin(kind) is Literal for choice in get_args(kind)]
    facts = [", ".join(choices)] if choices else []
    default = argument.field_info.default
    if argument.required:
        facts.append("required")
    elif default is True:
        facts.append("default: yes")
    elif isinstance(default, _LISTS):
        facts += [f"default: {', '.join(map(str, default))}"] if default else []
    elif default not in (None, "", argument.field_info.empty) and default is not False:
        facts.append(f"default: {default}")
    return f"{text} [{'; '.join(facts)}]".strip() if facts else text
