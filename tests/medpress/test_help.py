"""The help of every command says all that it takes, in plain lines, the important options first."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent
FROZEN = Path(__file__).with_name("options.txt").read_text(encoding="utf-8").splitlines()
MOST_IN_ONE_LIST = 16
"""Options that a person looks through at once; a command that takes more has them in groups."""


def shown(*words: str, columns: int = 80) -> str:
    """What a command prints in a pipe."""
    done = subprocess.run(
        [BIN / words[0], *words[1:], "--help"], capture_output=True, text=True, timeout=120,
        env=os.environ | {"COLUMNS": str(columns)},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def takes(command: str) -> list[str]:
    """The options of a command, from the frozen list."""
    rows = [line.removeprefix(f"{command} ") for line in FROZEN if line.startswith(f"{command} ")]
    return [row for row in rows if row.startswith("--") or " " not in row]


COMMANDS = ["corpus build", "corpus remove", "ingest web", "ingest show", "nlp train ner", "nlp tag", "train cpt", "train sample"]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_shows_every_option_once_and_says_what_it_is_for(command: str) -> None:
    text = shown(*command.split(), columns=110)
    for option in takes(command):
        rows = re.findall(rf"^  {re.escape(option)}(?:[ .].*|)\n(?:   .*\n)*", text, re.MULTILINE)
        assert len(rows) == 1, f"{option}: {rows}"
        assert len(rows[0].removeprefix(f"  {option}").split()) > 2, rows[0]
    assert text.count("  --config PATH ") == 1


@pytest.mark.parametrize("columns", [60, 80, 110])
@pytest.mark.parametrize("command", COMMANDS)
def test_no_line_is_wider_than_the_terminal(command: str, columns: int) -> None:
    """A name, an address or a value that is longer by itself is not cut."""
    for line in shown(*command.split(), columns=columns).splitlines():
        assert len(line) <= columns or len(max(line.split(), key=len)) > columns - 32, line
        assert "`" not in line and line == line.rstrip()


@pytest.mark.parametrize("command", COMMANDS)
def test_many_options_stand_in_groups_the_main_ones_first(command: str) -> None:
    lists = re.split(r"\n\n(?=\S.*\n  -)", shown(*command.split()))[1:]
    assert lists[0].startswith("Options\n")
    counts = {each.partition("\n")[0]: len(re.findall(r"^  -", each, re.MULTILINE)) for each in lists}
    counts.pop("Quality filters", None)  # a threshold a score, under names that say so
    assert all(count <= MOST_IN_ONE_LIST for count in counts.values()), counts
    assert "This machine" not in list(counts)[:-1]


@pytest.mark.parametrize("script", ["ingest", "nlp", "corpus", "train"])
def test_a_script_lists_its_commands(script: str) -> None:
    text = shown(script)
    listed = re.findall(r"^  ([a-z-]+)  ", text.partition("\nCommands\n")[2].partition("\n\n")[0], re.MULTILINE)
    assert {line.split()[1] for line in FROZEN if line.startswith(f"{script} ")} <= set(listed)
    assert all(option in text for option in ("--config PATH", "--version", "--help -h"))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("corpus bulid", 'corpus: Unknown command "bulid". Did you mean "build"?'),
        ("corpus build --shards four", 'corpus: Invalid value for --shards: unable to convert "four" into int.'),
        ("ingest pdf a.pdf --nothing", "ingest: Unknown option: --nothing."),
        ("train sft --stage 9", 'train: Invalid value "9" for --stage. Choose from: 1, 2, 3.'),
        ("nlp train ner --out model", 'nlp: Command "train ner" parameter --data requires an argument.'),
    ],
)
def test_what_cannot_be_parsed_is_one_sentence(words: str, sentence: str) -> None:
    script, *arguments = words.split()
    done = subprocess.run([BIN / script, *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == 2 and done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith(sentence)
