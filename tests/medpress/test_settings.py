"""The TOML file: every default is written out, what is written out is read back, and a mistake is named."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path
from typing import get_type_hints

import pytest
from cyclopts.config import Dict

from corpus.cli import app
from corpus.config import BuildConfig
from medpress.errors import UserError
from medpress.settings import default_settings, read_settings


def settings(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "medpress.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_defaults_that_are_written_out_are_the_defaults(tmp_path, monkeypatch):
    """Written out, read back and parsed, they give the configuration that no file gives."""
    path = settings(tmp_path, default_settings(app))
    values = read_settings(path, app)
    assert values == tomllib.loads(path.read_text())["corpus"]
    monkeypatch.setattr(app, "config", Dict(values, source=str(path)))
    _, bound, _ = app.parse_args(["build"], exit_on_error=False)
    assert bound.arguments["config"] == BuildConfig()


def test_every_setting_stands_in_it_with_what_it_is_for():
    lines = default_settings(app).splitlines()
    for field in dataclasses.fields(BuildConfig):
        key = field.name
        tables = [f"[corpus.build.{key}]"]
        (at,) = [n for n, line in enumerate(lines) if line in tables or line.startswith((f"{key} =", f"# {key} ="))][:1]
        assert lines[at] in tables or lines[at - 1].startswith("# ")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[corpus.build]\nshard = 4", r"\[corpus.build\] has no setting shard; did you mean shards\?"),
        (
            "[build.filters]\nmin_medikal_density = 0.1",
            r"\[build.filters\] has no setting min_medikal_density; did you",
        ),
        ('[corpus.build]\nshards = "four"', r'\[corpus.build\] shards is "four", but must be a whole number\.'),
        ("[corpus.build]\nstrict = 1", r"strict is 1, but must be true or false\."),
        ('[corpus.build]\nengine = "spark"', r'engine is "spark", but must be local or ray\.'),
        ("[corpus.build]\ndecontaminate = [1]", r"decontaminate is \[1\], but must be a list\."),
        ("[corpus.biuld]\nshards = 4", r"corpus.biuld is no command of corpus; did you mean build\?"),
        ("[corpsu.build]\nshards = 4\n[ingest.pdf]", r"corpsu is no script; did you mean corpus\?"),
        ("[corpus]\nbuild = 3", r"corpus.build is a command, to be written as the table \[corpus.build\]\."),
        ("[corpus", "is not valid TOML"),
    ],
)
def test_a_mistake_is_one_sentence_that_names_it(tmp_path, text, complaint):
    with pytest.raises(UserError, match=complaint) as refused:
        read_settings(settings(tmp_path, text), app)
    assert "\n" not in str(refused.value)


def test_one_file_serves_all_scripts_and_flags_win(tmp_path):
    path = settings(
        tmp_path, '[ingest.pdf]\nworkers = 1\n[corpus.audit]\ndata = "elsewhere"\n[nlp.tag]\ntagger = "lexicon"\n'
    )
    (tmp_path / "a.txt").write_text("Aspirin was given.")
    scripts = Path(sys.executable).parent

    def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [scripts / words[0], *words[1:], "--config", path], capture_output=True, text=True, cwd=tmp_path
        )

    assert "there are no shards in elsewhere;" in run("corpus", "audit").stderr
    assert "there are no shards in here;" in run("corpus", "audit", "--data", "here").stderr
    tagged = run("nlp", "tag", tmp_path / "a.txt")
    assert tagged.returncode == 0 and "aspirin" in tagged.stdout.lower()


@pytest.mark.parametrize("room", ["ingest", "nlp", "corpus", "training"])
def test_the_types_of_every_setting_are_known_where_they_are_asked_for(room):
    """A setting that a class inherits from another module is named by the words of that module."""

    def commands(app):
        for name in app:
            if not name.startswith("-"):
                yield app[name]
                yield from commands(app[name])

    seen = set()
    for command in commands(import_module(f"{room}.cli").app):
        for argument in command.assemble_argument_collection() if command.default_command else ():
            if dataclasses.is_dataclass(argument.hint) and argument.hint not in seen:
                seen.add(argument.hint)
                get_type_hints(argument.hint.__init__, include_extras=True)
    assert seen
