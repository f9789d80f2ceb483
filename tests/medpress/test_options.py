"""What the commands can be told is frozen: a new option needs a line in `options.txt`, and so a reason for it.

python tests/medpress/test_options.py > tests/medpress/options.txt
"""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from cyclopts import App, CycloptsError, MissingArgumentError

ROOT = Path(__file__).parents[2]
SCRIPTS = {"ingest": "ingest.cli", "nlp": "nlp.cli", "corpus": "corpus.cli", "train": "training.cli"}
FROZEN = Path(__file__).with_name("options.txt")


def app_of(script: str) -> App:
    """The commands of a console script."""
    return import_module(SCRIPTS[script]).app


def commands(app: App, name: str) -> Iterator[tuple[str, App]]:
    """Name and app of each command that does something, sub-commands included."""
    for word in app:
        if not word.startswith("-"):
            inner = app[word]
            yield from commands(inner, f"{name} {word}")
            if inner.default_command:
                yield f"{name} {word}", inner


def options(name: str, app: App) -> list[str]:
    """What the command `name` takes: the names of its options, `NAME` for what stands without one."""
    found = []
    default = app_of(name.partition(" ")[0]).default_parameter
    for argument in app.assemble_argument_collection(default_parameter=default, parse_docstring=True):
        if argument.parse and not argument.children:
            found.append(" ".join(name for name in argument.names if name.startswith("-")) or argument.name)
    return found


def all_options() -> list[str]:
    """A line an option."""
    return [
        f"{name} {option}"
        for script in SCRIPTS
        for name, app in commands(app_of(script), script)
        for option in options(name, app)
    ]


def test_no_option_is_new_or_gone() -> None:
    now, frozen = all_options(), FROZEN.read_text(encoding="utf-8").splitlines()
    assert sorted(set(now) - set(frozen)) == [], "new: add it to options.txt, with the reason in the commit"
    assert sorted(set(frozen) - set(now)) == [], "gone: take it out of options.txt"


def test_no_option_is_a_leftover_of_the_parser() -> None:
    assert [line for line in all_options() if "empty-" in line] == []
    once = ("dry-run", "undo", "html", "quarantined", "json")
    assert [line for line in all_options() for word in once if f"no-{word}" in line] == []


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_option_says_what_it_is_for(script: str) -> None:
    for name, app in commands(app_of(script), script):
        for argument in app.assemble_argument_collection(parse_docstring=True):
            if argument.parse and not argument.children and argument.parameter.show is not False:
                assert argument.parameter.help, f"{name} {argument.name}"


# What messages and descriptions tell to run.

_COMMAND = re.compile(r"`((?:ingest|nlp|corpus|train)(?: [^`]*)?)`")


def told() -> Iterator[tuple[str, str]]:
    """Place and words of each command that a string of the packages names, what a message fills in as a word."""
    for package in ("medpress", "ingest", "nlp", "corpus", "training"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "to_run":
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", f"{_text(node.args[0])} --data word"
                text = _text(node)
                for words in _COMMAND.findall(" ".join(text.split())):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", words


def _text(node: ast.AST) -> str:
    """A string as it is written, `word` for what is filled in; empty for what is none."""
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(value) or "word" for value in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def test_every_command_that_is_named_exists() -> None:
    """As it is named, it is parsed; what it acts on may be left out."""
    found = list(told())
    assert len(found) > 100
    wrong = []
    for place, words in found:
        for single in re.split(r" (?:&&|\|) ", words):
            script, *tokens = shlex.split(single)
            if script in SCRIPTS and "--config" not in tokens:
                try:
                    app_of(script).parse_args(tokens, print_error=False, exit_on_error=False)
                except MissingArgumentError:
                    pass
                except CycloptsError as error:
                    wrong.append(f"{place}: {single}: {error}")
    assert wrong == []


def test_every_example_is_accepted() -> None:
    examples = [
        (name, words)
        for script in SCRIPTS
        for name, app in commands(app_of(script), script)
        for line in re.findall(r"Example: (.*?)(?:\n\s*\n|$)", app.help or "", re.DOTALL)
        for words in _COMMAND.findall(" ".join(line.split()))
    ]
    assert len(examples) > 25
    for name, words in examples:
        for single in re.split(r" (?:&&|\|) ", words):
            script, *tokens = shlex.split(single)
            if script in SCRIPTS and "--config" not in tokens:
                try:
                    app_of(script).parse_args(tokens, print_error=False, exit_on_error=False)
                except CycloptsError as error:
                    pytest.fail(f"the example of {name}, {single}: {error}")


def test_every_command_has_an_example() -> None:
    without = [
        name
        for script in SCRIPTS
        for name, app in commands(app_of(script), script)
        if not name.endswith(" config") and "Example" not in (app.help or "")
    ]
    assert without == []


if __name__ == "__main__":
    print("\n".join(all_options()))
