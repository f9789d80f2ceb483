"""Token shards: the text of every record, in its place, until a build that does not ask for them."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
from small_build import build, rows, write_documents

from corpus.audit.checks import token_shards
from medpress.schema import TOKENS
from medpress.store import check_manifest, parts, read_dataset, read_manifest, read_table
from medpress.tokenising import load_tokenizer, train_tokenizer

TEXTS = {
    f"{number}.txt": f"Metformin {number}00 mg is given twice daily.\n\nIt is stopped when the eGFR falls below {number}."
    for number in range(1, 30)
} | {
    "zh.txt": "二甲双胍每次0.5克，一日两次。",
    "marks.txt": "A text that says <|endoftext|> and <｜end▁of▁sentence｜> itself.",
}


def test_every_record_is_there_in_its_place(tmp_path: Path) -> None:
    write_documents(tmp_path, TEXTS)
    build(tmp_path, tokenize=True, shards=2)
    tokenizer = load_tokenizer(str(tmp_path / "tokens"))
    assert check_manifest(tmp_path / "tokens") == []
    assert read_manifest(tmp_path / "tokens")["tokens"] == read_manifest(tmp_path / "shards")["tokens"]
    for path in parts(tmp_path / "shards"):
        twin = tmp_path / "tokens" / path.relative_to(tmp_path / "shards")
        assert pq.ParquetFile(twin).num_row_groups == pq.ParquetFile(path).num_row_groups
        assert pq.read_schema(twin).equals(TOKENS)
        for record, row in zip(read_table(path).to_pylist(), read_table(twin).to_pylist(), strict=True):
            assert {
                name: row[name] for name in ("id", "doc_id", "parent_id", "source", "n_tokens")
            }.items() <= record.items()
            assert tokenizer.decode(row["input_ids"], skip_special_tokens=False) == record["text"]
            assert len(row["input_ids"]) == record["n_tokens"]
    assert token_shards(tmp_path).passed


def test_the_audit_sees_a_missing_token_shard_and_the_build_mends_it(tmp_path: Path) -> None:
    write_documents(tmp_path, TEXTS)
    build(tmp_path, tokenize=True)
    before = {path: path.read_bytes() for path in (tmp_path / "tokens").rglob("*") if path.is_file()}
    parts(tmp_path / "tokens")[0].unlink()
    assert not token_shards(tmp_path).passed
    build(tmp_path, tokenize=True)
    assert {path: path.read_bytes() for path in (tmp_path / "tokens").rglob("*") if path.is_file()} == before


def test_another_tokenizer_gives_other_tokens_and_none_leaves_none(tmp_path: Path) -> None:
    data = tmp_path / "data"
    write_documents(data, TEXTS)
    build(data, tokenize=True)
    shards = read_manifest(data / "shards")
    first = read_dataset(data / "tokens", TOKENS)
    own = tmp_path / "own"
    own.mkdir()
    train_tokenizer(TEXTS.values(), 400).save(str(own / "tokenizer.json"))
    build(data, tokenize=True, tokenizer=str(own))
    assert read_dataset(data / "tokens", TOKENS)["input_ids"] != first["input_ids"]
    build(data)
    assert not (data / "tokens").exists()
    assert read_manifest(data / "shards") == shards
    assert len(rows(data, "shards")) == len(TEXTS)
