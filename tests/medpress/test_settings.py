"""The TOML file: every default is written out, what is written out is read back, and a mistake is named."""

from __future__ import annotations

import dataclasses
import re
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
from ingest.config import IngestConfig
from medpress.errors import UserError
from medpress.settings import default_settings, read_settings
from nlp.cli import TagConfig
from nlp.config import CrfConfig
from training.config import CptConfig


def settings(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "medpress.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("room", "command", "owner"),
    [
        ("corpus.cli", "build", BuildConfig()), ("ingest.cli", "pdf", IngestConfig()), ("training.cli", "cpt", CptConfig()),
        ("nlp.cli", "train ner", CrfConfig()), ("nlp.cli", "tag", TagConfig()),
    ],
)  # fmt: skip
def test_the_defaults_that_are_written_out_are_the_defaults(tmp_path, monkeypatch, room, command, owner):
    """Written out, read back and parsed, they give the configuration that no file gives; groups of commands too."""
    app = import_module(room).app
    path = settings(tmp_path, default_settings(app))
    values = read_settings(path, app)
    assert values == tomllib.loads(path.read_text())[app.name[0]]
    monkeypatch.setattr(app, "config", Dict(values, source=str(path)))
    given = {"pdf": ["file.pdf"], "tag": ["file.txt"], "train ner": ["--data", "file", "--out", "model"]}
    _, bound, _ = app.parse_args([*command.split(), *given.get(command, [])], exit_on_error=False)
    assert bound.arguments["config"] == owner


@pytest.mark.parametrize("room", ["ingest", "nlp", "corpus", "training"])
def test_every_command_with_an_option_has_a_table(room):
    """Held against the frozen list of options, which no code of the settings writes."""
    app = import_module(f"{room}.cli").app
    frozen = Path(__file__).with_name("options.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.partition(" --")[0].split() for line in frozen if " --" in line and line.startswith(f"{app.name[0]} ")]
    tables = {".".join(words) for words in rows}
    written = {line[1:-1] for line in default_settings(app).splitlines() if line.startswith("[")}
    assert tables <= written


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


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[nlp.tag]\ntager = 'crf'", r"\[nlp.tag\] has no setting tager; did you mean tagger\?"),
        ("[nlp.train.ner]\nfolds = 'five'", r"\[nlp.train.ner\] folds is \"five\", but must be a whole number\."),
        ("[train.ner]\ncaught = 2.0", r"\[train.ner\] caught is 2.0, but must be from 0 to 1\."),
        ("[nlp.train.nerr]\nfolds = 5", r"nlp.train.nerr is no command of nlp train; did you mean ner\?"),
        ("[nlp.train]\nner = 5", r"nlp.train.ner is a command, to be written as the table \[nlp.train.ner\]\."),
        ("nlp = 3", r"nlp is no table; write \[nlp.COMMAND\]\."),
    ],
)
def test_a_mistake_in_a_group_of_commands_is_named_too(tmp_path, text, complaint):
    done = subprocess.run(
        [Path(sys.executable).parent / "nlp", "--config", settings(tmp_path, text), "tag", __file__],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2 and re.search(complaint, done.stderr), done.stderr
    assert len(done.stderr.splitlines()) == 1


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
