"""Whatever became of a file that an earlier run left, a command makes it anew or says in one sentence what to do."""

from __future__ import annotations

import importlib
import itertools
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from medpress.command import run
from medpress.run.call import call, reference
from medpress.run.task import Failure, Limits, Spent, Stage, Task
from medpress.schema import DOCUMENT, RECORD
from medpress.store import read_dataset

TEXTS = {
    f"note{n}.txt": f"The patient, seen on visit {n}, was treated with {drug} {10 * n + 5} mg daily for {illness}.\n\n"
    * 2
    for n, (drug, illness) in enumerate(
        [("aspirin", "angina"), ("metformin", "diabetes"), ("amoxicillin", "pneumonia")]
    )
}
STATE = {
    "documents manifest": "documents/manifest.json",
    "documents": "documents/data/*.parquet",
    "pages manifest": "pages/manifest.json",
    "pages": "pages/data/*.parquet",
    "ledger": "work/ingest/ledger/*.parquet",
    "seal": "work/ingest/reconciled.json",
    "build state": "work/build/state.json",
    "work file": "work/build/*/*.parquet",
    "index manifest": "index/manifest.json",
    "index": "index/data/**/*.parquet",
    "quarantine": "quarantine/data/*.parquet",
    "quarantine manifest": "quarantine/manifest.json",
    "delete list": "removed/data/*.parquet",
    "shards manifest": "shards/manifest.json",
    "shards": "shards/data/**/*.parquet",
    "dropped manifest": "dropped/manifest.json",
    "tokens manifest": "tokens/manifest.json",
    "build configuration": "build.config.json",
    "audit": "audit.json",
    "log": "log/build.jsonl",
}
"""What a data folder remembers, as patterns of places."""


class InProcess:
    """Workers' work done here: an error of a stage becomes a failure as it does in a worker."""

    limits = Limits()

    def map(self, stage: Stage, tasks: Iterable[Task]) -> Iterator[tuple[Task, Failure | None, Spent]]:
        for task in tasks:
            yield task, call(reference(stage), asdict(task), lambda word: None), Spent()

    def close(self) -> None:
        """Nothing to let go."""


def call_script(words: list[str]) -> None:
    """What the console script does with these words; it may be called more than once in this process."""
    app = importlib.import_module(
        {"ingest": "ingest.cli", "corpus": "corpus.cli", "train": "training.cli"}[words[0]]
    ).app
    run(app, words[1:])


def command(words: list[str], capture: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Run a console script here; whatever is raised but its exit is a traceback that a user would see."""
    capture.readouterr()
    with pytest.raises(SystemExit) as end:
        call_script(words)
    out, err = capture.readouterr()
    assert "Traceback" not in out + err
    assert end.value.code in (0, 1, 2), (end.value.code, out, err)
    return int(end.value.code or 0), err + out


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("ingest.session", "corpus.build"):
        monkeypatch.setattr(f"{module}.open_executor", lambda *_, **__: InProcess())


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of texts and the data folder made of them, with a takedown, an audit and token shards."""
    folder = tmp_path_factory.mktemp("whole")
    for name, text in TEXTS.items():
        (folder / "texts").mkdir(exist_ok=True)
        (folder / "texts" / name).write_text(text, encoding="utf-8")
    (folder / "texts" / "gone.txt").write_text("This one is to be taken down, as its author wishes.\n" * 3)
    (folder / "texts" / "empty.txt").write_text("")
    with pytest.MonkeyPatch.context() as patch:
        for module in ("ingest.session", "corpus.build"):
            patch.setattr(f"{module}.open_executor", lambda *_, **__: InProcess())
        for words in ("ingest text texts", BUILD, "corpus remove gone.txt --reason wish", BUILD, "corpus audit"):
            patch.chdir(folder)
            with pytest.raises(SystemExit):
                call_script(words.split())
    assert not [name for name, pattern in STATE.items() if not places(folder / "data", pattern)]
    return folder


BUILD = "corpus build --tagger lexicon --relations none --tokenize --filters.use none"
COMMANDS = {
    "ingest": "ingest text texts",
    "ingest status": "ingest status",
    "ingest export": "ingest export",
    "build": BUILD,
    "audit": "corpus audit",
    "trace": "corpus trace {document}",
    "diff": "corpus diff data other",
    "remove": "corpus remove {document}",
    "retry": "ingest retry",
    "train": "train cpt --shards data/shards --dry-run",
}


def places(data: Path, pattern: str) -> list[Path]:
    return sorted(data.glob(pattern))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def garbled(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 4 : len(raw) // 2] = bytes(255 - byte for byte in raw[len(raw) // 4 : len(raw) // 2])
    path.write_bytes(raw)


def of_another_type(path: Path) -> None:
    if path.suffix == ".parquet":
        pq.write_table(pa.table({"other": [1, 2, 3]}), path)
    else:
        path.write_text("[1, 2, 3]\n")


def of_other_content(path: Path) -> None:
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        pq.write_table(table.set_column(0, table.column_names[0], pa.array([[1]] * table.num_rows)), path)
    else:
        path.write_text('{"files": [{"path": 3}], "version": {}, "rows": "x"}\n')


def gone(path: Path) -> None:
    path.unlink()


DAMAGES: list[Callable[[Path], None]] = [gone, cut, emptied, garbled, of_another_type, of_other_content]
PAIRS = list(itertools.product(STATE, COMMANDS))
CASES = [
    (state, name, DAMAGES[(number + number // len(DAMAGES)) % len(DAMAGES)])
    for number, (state, name) in enumerate(PAIRS)
]


def ids(data: Path, kind: str) -> set[str]:
    key, schema = {"documents": ("doc_id", DOCUMENT), "shards": ("id", RECORD)}[kind]
    return set(read_dataset(data / kind, schema, [key])[key].to_pylist())


@pytest.mark.parametrize(("state", "name", "damage"), CASES, ids=[f"{s}-{n}-{d.__name__}" for s, n, d in CASES])
def test_damaged_state_is_made_anew_or_told(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    state: str, name: str, damage: Callable[[Path], None],
) -> None:  # fmt: skip
    for folder in ("texts", "data"):
        shutil.copytree(whole / folder, tmp_path / folder)
    if name == "diff":
        shutil.copytree(whole / "data", tmp_path / "other")
    documents, records = ids(whole / "data", "documents"), ids(whole / "data", "shards")
    for path in places(tmp_path / "data", STATE[state])[:3]:
        damage(path)
    monkeypatch.chdir(tmp_path)
    words = COMMANDS[name].format(document=sorted(documents)[0]).split()
    code, output = command(words, capsys)
    if code:
        assert output.strip() and len(output) < 6_000, output
    elif name == "ingest":
        assert ids(tmp_path / "data", "documents") == documents, output
    elif name == "build":
        assert ids(tmp_path / "data", "shards") == records, output
