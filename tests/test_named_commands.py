"""What a message tells to run does what the message says, typed as it stands: in another folder than ./data, whose name
holds a space.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent
NAMED = re.compile(r"`((?:ingest|corpus|nlp|train) [^`]+)`")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, sample_docs: Path) -> Path:
    """A folder with documents to read and no data folder yet."""
    folder = tmp_path_factory.mktemp("place")
    documents = folder / "PATH"
    documents.mkdir()
    for file in sorted((sample_docs / "monographs").iterdir())[:4]:
        (documents / file.name).write_bytes(file.read_bytes())
    (documents / "broken.pdf").write_bytes(b"%PDF-1.4 nothing")
    return folder


def said(place: Path, line: str) -> tuple[int, str]:
    """Exit code and words of a command, as a shell runs it."""
    script, *words = shlex.split(line)
    done = subprocess.run([BIN / script, *words], cwd=place, capture_output=True, text=True, timeout=300)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


def named(text: str) -> str:
    """The one command that a message names."""
    (line,) = NAMED.findall(" ".join(text.split()))
    return str(line)


def test_each_remedy_leads_to_the_next_step(place: Path) -> None:
    """From an empty folder to shards, a trace and a list of what failed, typing nothing but what was told."""
    code, text = said(place, 'ingest list --data "my data"')
    assert code == 2
    code, text = said(place, named(text))
    assert code == 0 and "4 documents" in text
    code, failed = said(place, named(text))
    assert code == 0 and "broken.pdf" in failed
    code, text = said(place, 'corpus audit --data "my data"')
    assert code == 2
    code, text = said(place, named(text))
    assert code == 0 and "Shards are in my data/shards" in text
    code, text = said(place, named(text))
    assert code in (0, 1) and "checksums" in text
    code, text = said(place, 'corpus trace nowhere.pdf --data "my data"')
    assert code == 2
    code, text = said(place, named(text))
    assert code == 0
    first = text.splitlines()[1].split("\t")[0]
    code, text = said(place, f'corpus trace {first} --data "my data"')
    assert code == 0 and f"document {first}" in text


@pytest.mark.parametrize(
    ("line", "remedy"),
    [
        ("corpus build --data 'no data'", "ingest auto PATH --data 'no data'"),
        ("corpus diff 'no data' 'no data'", "corpus build --data 'no data'"),
        ("ingest status --data 'no data'", "ingest auto PATH --data 'no data'"),
        ("ingest export --data 'no data'", "ingest auto PATH --data 'no data'"),
        ("train cpt --shards 'no data/shards'", "corpus build --data 'no data'"),
    ],
)
def test_a_remedy_names_the_folder_that_was_named(place: Path, line: str, remedy: str) -> None:
    code, text = said(place, line)
    assert code == 2 and named(text) == remedy
