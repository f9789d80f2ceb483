"""The stream of rows: each once an epoch, the same from Parquet and JSON Lines, an exact place to return to."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from medpress.store import write_table
from training.config import InputError
from training.examples import Cycle, Examples
from training.sft import conversations_of

ROWS = [{"id": f"row{i}", "source": "ab"[i % 2], "value": i} for i in range(57)]


@pytest.fixture
def parquet(tmp_path: Path) -> Path:
    folder = tmp_path / "rows"
    folder.mkdir()
    pq.write_table(pa.Table.from_pylist(ROWS[:30]), folder / "a.parquet", row_group_size=7)
    pq.write_table(pa.Table.from_pylist(ROWS[30:]), folder / "b.parquet", row_group_size=10)
    return folder


def cycle(path: Path, seed: int = 0, held_out: float = 0.1) -> tuple[Examples, Cycle]:
    examples = Examples(path, ["value"], held_out, "rows")
    return examples, Cycle(examples, lambda rows: [row["value"] for row in rows], seed)


def test_each_epoch_has_every_training_row_once(parquet: Path) -> None:
    examples, stream = cycle(parquet)
    held_out = {row["value"] for row in examples.held_out()}
    assert 0 < len(held_out) < 20 and examples.count == 57 - len(held_out)
    epochs = [stream.take(examples.count) for _ in range(3)]
    assert all(sorted([*epoch, *held_out]) == list(range(57)) for epoch in epochs)
    assert epochs[0] != epochs[1] and stream.epoch == 3
    assert cycle(parquet, seed=1)[1].take(examples.count) != epochs[0]


def test_json_lines_hold_out_the_same_rows(parquet: Path, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    one, other = cycle(parquet)[0], cycle(file)[0]
    assert [r["value"] for r in one.held_out()] == [r["value"] for r in other.held_out()]
    assert other.sources == ["a", "b"]


@pytest.mark.parametrize("batch", [1, 2, 3, 8, 19, 20, 21, 64])
@pytest.mark.parametrize("group_size", [3, 7, 20])
def test_no_batch_and_no_group_loses_an_example(tmp_path: Path, batch: int, group_size: int) -> None:
    pq.write_table(pa.Table.from_pylist(ROWS[:20]), tmp_path / "a.parquet", row_group_size=group_size)
    _, stream = cycle(tmp_path / "a.parquet", held_out=0)
    drawn: Counter[int] = Counter()
    while drawn.total() < 20 * 10:
        drawn.update(stream.take(batch))
        least = drawn.total() // 20
        assert {drawn[value] for value in range(20)} <= {least, least + 1}
        assert stream.epoch == least


def test_json_lines_end_at_line_feeds_alone(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    rows = [{"id": f"r{i}", "value": f"{i}\u2028\x85\u2029", "pad": "药" * (i % 7)} for i in range(2_500)]
    text = "\n\n".join(json.dumps(row, ensure_ascii=False) + "\r" * (row["id"][-1] == "3") for row in rows)
    file.write_bytes(b"\xef\xbb\xbf" + text.encode())
    examples, stream = cycle(file, held_out=0.01)
    held_out = [row["value"] for row in examples.held_out()]
    assert held_out and sorted([*stream.take(examples.count), *held_out]) == sorted(row["value"] for row in rows)


def test_an_epoch_reads_json_lines_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in ROWS * 100))
    _, stream = cycle(file, held_out=0)
    parsed = 0
    loads = json.loads

    def counted(text: bytes) -> object:
        nonlocal parsed
        parsed += 1
        return loads(text)

    monkeypatch.setattr(json, "loads", counted)
    stream.take(57 * 100)
    assert parsed == 57 * 100


@pytest.mark.parametrize("before", [0, 1, 6, 50, 51, 130])
def test_state_resumes_the_same_items(parquet: Path, before: int) -> None:
    _, one = cycle(parquet)
    one.take(before)
    _, two = cycle(parquet)
    two.restore(json.loads(json.dumps(one.state())))
    assert [one.take(n) for n in (1, 13, 4, 60)] == [two.take(n) for n in (1, 13, 4, 60)]


def test_mistakes_are_one_sentence(tmp_path: Path) -> None:
    def told(text: str) -> None:
        (tmp_path / "x.jsonl").write_text(text)
        Examples(tmp_path / "x.jsonl", ["messages"], 0.1, "conversations")

    with pytest.raises(InputError, match="there is no"):
        Examples(tmp_path / "nowhere", ["messages"], 0.1, "conversations")
    with pytest.raises(InputError, match=r"holds no conversations: no \.parquet"):
        Examples(tmp_path, ["messages"], 0.1, "conversations")
    with pytest.raises(InputError, match="line 2, is not JSON"):
        told('{"messages": []}\n{"mess')
    with pytest.raises(InputError, match="no column 'messages'"):
        told('{"text": "x"}\n')
    with pytest.raises(InputError, match="holds no conversations"):
        told("\n")


def test_of_a_dataset_folder_the_rows_are_in_data_and_of_instructions_those_of_the_stage(tmp_path: Path) -> None:
    def held(place: Path) -> list[str]:
        return sorted(file.relative_to(tmp_path).as_posix() for file in Examples(place, ["id"], 0, "rows").files)

    folder = tmp_path / "instructions"
    for name in ("stage-1/given", "stage-3/given", "stage-3/made"):
        write_table(folder / f"data/{name}.parquet", pa.Table.from_pylist(ROWS))
    write_table(folder / "other.parquet", pa.Table.from_pylist(ROWS))
    assert held(conversations_of(folder, 1)) == ["instructions/data/stage-1/given.parquet"]
    assert len(held(conversations_of(folder, 3))) == 2 and len(held(folder)) == 3
    with pytest.raises(InputError, match=r"there is no .*/stage-2: name the rows with a file or folder"):
        held(conversations_of(folder, 2))
    for place in (folder / "data/stage-3", folder / "other.parquet"):
        assert conversations_of(place, 1) == place
