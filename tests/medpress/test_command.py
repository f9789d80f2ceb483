"""What the console scripts share."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from medpress.command import in_words
from medpress.schema import DOCUMENT
from medpress.store import read_dataset

BIN = Path(sys.executable).parent


@pytest.mark.parametrize("blocks", [0, 2, 8])
def test_a_full_disk_is_one_sentence_and_a_rerun_carries_on(tmp_path, sample_docs, blocks):
    """A limit on file sizes stands for the full disk: it hits the supervisor's files and the workers'."""
    words = [BIN / "ingest", "text", sample_docs / "monographs", "--data", tmp_path / "data"]
    line = f'export PYTHONDONTWRITEBYTECODE=1; ulimit -f {blocks}; exec "$@"'  # else Python leaves half of what it compiles
    done = subprocess.run(["bash", "-c", line, "bash", *map(str, words)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.strip().splitlines()[-1].startswith("ingest: ")
    again = subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=300)
    assert again.returncode == 0, again.stderr
    assert read_dataset(tmp_path / "data/documents", DOCUMENT).num_rows == 11


def ended(*words: object, **more: object) -> subprocess.CompletedProcess[str]:
    """A finished command."""
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=300, **more)


@pytest.mark.parametrize("seconds", [0.5, 3, 8])
def test_ctrl_c_is_one_sentence(tmp_path, sample_docs, seconds):
    """Sent to the whole group of processes, as a terminal does, while modules are imported and while workers work."""
    command = [BIN / "ingest", "auto", sample_docs, "--data", tmp_path / "data"]
    process = subprocess.Popen(
        [str(word) for word in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    started = time.monotonic()
    while not (tmp_path / "data").exists() or time.monotonic() - started < seconds:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    said, complained = process.communicate(timeout=120)
    if process.returncode != 0:  # else it was done before
        assert (process.returncode, said) == (130, "")
        assert complained.splitlines()[-1] == "ingest: stopped; run the same command again to carry on."
        assert "Traceback" not in complained


@pytest.mark.parametrize("words", [["train", "cpt"], ["train", "sft", "--stage", "1"]])
def test_a_missing_extra_is_one_sentence_with_its_command(tmp_path, words):
    (tmp_path / "torch.py").write_text("raise ModuleNotFoundError(\"No module named 'torch'\", name='torch')\n")
    done = ended(BIN / words[0], *words[1:], cwd=tmp_path, env=os.environ | {"PYTHONPATH": paths(tmp_path)})
    assert done.returncode == 2 and "Traceback" not in done.stderr
    (sentence,) = [line for line in done.stderr.splitlines() if line.startswith("train: ")]
    assert sentence == 'train: this needs torch, which is not installed: pip install "medpress[train]".'


def paths(first):
    """PYTHONPATH with a folder before all others."""
    return os.pathsep.join([str(first), *filter(None, [os.environ.get("PYTHONPATH")])])


def test_a_command_in_a_pipe_says_that_it_works_and_how_long_it_took(tmp_path, sample_docs):
    done = ended(BIN / "ingest", "text", sample_docs / "monographs", "--data", tmp_path / "data")
    assert done.returncode == 0
    assert re.fullmatch(r"ingest text: done in (about )?\d+ (second|minute)s?\.", done.stderr.splitlines()[-1])
    assert done.stdout.splitlines()[-1]
    quiet = ended(BIN / "ingest", "text", "--help")
    assert quiet.stderr == ""


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "1 second"), (3.4, "3 seconds"), (32, "about 30 seconds"), (86, "about 85 seconds"), (88, "about 2 minutes"),
        (300, "about 5 minutes"), (5_400, "about 1.5 hours"), (7_300, "about 2 hours"),
    ],
)  # fmt: skip
def test_times_are_told_as_people_say_them(seconds, words):
    assert in_words(seconds) == words


def test_a_list_in_a_pipe_is_plain_lines(tmp_path, sample_docs):
    data = tmp_path / "data"
    ended(BIN / "ingest", "auto", sample_docs / "guideline", sample_docs / "monographs", "--data", data)
    rows = [line.split("\t") for line in ended(BIN / "ingest", "list", "--data", data).stdout.splitlines()]
    assert rows[0] == ["id", "name", "type", "lang", "pages", "licence"]
    assert len(rows) - 1 == read_dataset(data / "documents", DOCUMENT).num_rows
    assert all(len(row) == 6 and re.fullmatch("[0-9a-f]{12}", row[0]) for row in rows[1:])
    found = ended(BIN / "ingest", "list", "--type", "guideline", "--lang", "zh", "--data", data).stdout.splitlines()[1:]
    assert sorted(found) == sorted("\t".join(row) for row in rows[1:] if row[2:4] == ["guideline", "zh"]) != []
    (data / "bad.pdf").write_bytes(b"%PDF-1.4 nothing")
    ended(BIN / "ingest", "pdf", data / "bad.pdf", "--data", data)
    failed = ended(BIN / "ingest", "list", "--quarantined", "--data", data).stdout.splitlines()
    assert len(failed) == 2 and failed[1].split("\t")[1] == "bad.pdf"


@pytest.fixture(scope="module")
def small(tmp_path_factory, sample_docs):
    """A data folder with shards, and a text."""
    folder = tmp_path_factory.mktemp("small")
    words = ("--data", folder / "data", "--license", "Apache-2.0")
    assert ended(BIN / "ingest", "text", sample_docs / "monographs", *words).returncode == 0
    assert ended(BIN / "corpus", "build", "--tagger", "lexicon", "--data", folder / "data").returncode == 0
    (folder / "notes.txt").write_text("Patient denies chest pain. Metformin was given for type 2 diabetes.\n" * 400)
    return folder


@pytest.mark.parametrize(
    "words",
    [
        "ingest text notes.txt", "nlp tag notes.txt --tagger crf --out out.jsonl", "corpus audit",
        "train cpt --shards data/shards --steps 2 --sequence-length 32",
    ],
)  # fmt: skip
def test_every_script_in_a_pipe_begins_and_ends_with_a_line(small, words):
    """What takes more than a second says within it that it works, and at its end how long it took."""
    script, command, *more = words.split()
    with subprocess.Popen(
        [BIN / script, command, *more], cwd=small, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        _, said = process.communicate(timeout=300)
    lines = said.splitlines()
    took = [
        line for line in lines if re.fullmatch(rf"{script} {command}: done in (about )?\d+ (second|minute)s?\.", line)
    ]
    assert process.returncode == 0 and "Traceback" not in said, said
    assert took == lines[-1:] and len(lines) > 1, said
    assert lines[0] == f"{script} {command}: working …" or re.match(r"[a-z ]+: \d", lines[0]), said
