"""The stream of sequences: every document once an epoch, an order by the seed, an exact place to return to."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_corpus import write_shards, write_token_shards

from medpress.store import parts, write_bytes, write_manifest, write_table
from medpress.tokenising import CONTROL_TOKENS, train_tokenizer
from training.ahead import Ahead
from training.config import CptConfig, InputError
from training.data import Encoder, MixedBatches, Shards, Stream
from training.mixing import arms_of, mixture
from training.packing import IGNORED, Piece


@pytest.fixture(scope="module")
def encoder(shards: Path) -> Encoder:
    texts = [text for text, _ in Shards(shards, 0.0).sample(10**6, 0)]
    tokenizer = train_tokenizer(texts, 500)
    return Encoder(tokenizer, tokenizer.token_to_id("<|endoftext|>"))


def builder(
    shards: Path, encoder: Encoder, mix: str = "odm", seed: int = 0, rank: int = 0, world: int = 1
) -> MixedBatches:
    index = Shards(shards, 0.1)
    config = CptConfig(mix=mix, size_power=0.0, most_epochs=0.0)  # type: ignore[arg-type]
    mixer = mixture(arms_of({s.name: s.tokens for s in index.sources}, config), config, 100, 20_000)
    return MixedBatches(
        index,
        encoder,
        mixer,
        batch_size=6,
        sequence_length=32,
        padding=0,
        seed=seed,
        held_out_tokens=10_000,
        rank=rank,
        world=world,
    )


def batches(*arguments, **options) -> Ahead:
    return Ahead(builder(*arguments, **options))


def epoch_of(shards: Shards, number: int, encoder: Encoder, length: int, seed: int = 0) -> list[list[Piece]]:
    """The sequences of the first epoch of a source."""
    stream = Stream(shards, shards.sources[number], encoder, length, seed)
    sequences = []
    while True:
        stretches, _ = stream.take()
        if stream.epoch:
            return sequences
        sequences.append(stream.read(stretches))


@pytest.mark.parametrize("length", [7, 64, 10_000])
def test_one_epoch_holds_every_training_document_once(shards: Path, encoder: Encoder, length: int) -> None:
    index = Shards(shards, 0.1)
    for number, source in enumerate(index.sources):
        wanted: list[tuple[int, ...]] = []
        for group, rows in source.groups():
            wanted += [tuple(ids) for ids in encoder.documents(index.texts(group, rows))]
        sequences = epoch_of(index, number, encoder, length, seed=3)
        assert all(0 < sum(map(len, pieces)) <= length for pieces in sequences)
        pieces = [piece for pieces in sequences for piece in pieces]
        seen = [(int(a), int(b)) for p in pieces for a, b in zip(p.inputs, p.labels, strict=True)]
        assert sorted(seen) == sorted(pair for ids in wanted for pair in pairwise(ids))
        assert tuple(int(p.inputs[0]) for p in pieces) != tuple(ids[0] for ids in wanted)  # and not in file order


def test_what_fits_into_a_sequence_stays_whole_and_sequences_are_full(shards: Path, encoder: Encoder) -> None:
    index = Shards(shards, 0.1)
    for number, source in enumerate(index.sources):
        lengths = [len(d) - 1 for g, r in source.groups() for d in encoder.documents(index.texts(g, r))]
        limit = int(np.median(lengths))
        sequences = epoch_of(index, number, encoder, limit)
        found = Counter(len(piece) for pieces in sequences for piece in pieces)
        whole = Counter(n if n <= limit else n % limit for n in lengths) + Counter(
            {limit: sum(n // limit for n in lengths if n > limit)}
        )
        whole.pop(0, None)
        assert found == whole
        filled = [sum(map(len, pieces)) for pieces in epoch_of(index, number, encoder, 4 * max(lengths))]
        assert len(filled) <= -(-sum(lengths) // (4 * max(lengths))) + 1


def test_epochs_differ_and_seeds_differ(shards: Path, encoder: Encoder) -> None:
    index = Shards(shards, 0.0)

    def order(seed: int, epochs: int) -> list[list[int]]:
        stream = Stream(index, index.sources[0], encoder, 64, seed)
        orders: list[list[int]] = [[] for _ in range(epochs + 1)]
        while stream.epoch < epochs:
            pieces = stream.read(stream.take()[0])
            orders[stream.epoch] += [int(piece.inputs[0]) for piece in pieces]
        return orders[:epochs]

    first, second = order(0, 2)
    assert first != second
    assert order(0, 1)[0] == first
    assert order(1, 1)[0] != first


def test_held_out_is_disjoint_stable_and_in_every_source(shards: Path, tmp_path: Path) -> None:
    index = Shards(shards, 0.1)
    for source in index.sources:
        kept = {(group, row) for group, row in source.held_out()}
        trained = {(group, int(row)) for group, rows in source.groups() for row in rows}
        assert kept and trained and not kept & trained
        assert len(kept) + len(trained) == 40
    more = Shards(write_shards(tmp_path / "more", per_source=60), 0.1)

    def texts(shards: Shards) -> set[str]:
        return {shards.texts(g, [r])[0] for s in shards.sources if s.name == "handbook" for g, r in s.held_out()}

    assert len(texts(index) & texts(more)) == len(texts(index))  # a growing corpus keeps what was held out


def test_no_more_is_held_out_than_is_measured(tmp_path: Path) -> None:
    rows = [
        {"id": f"{i}-{k}", "parent_id": str(i), "text": "x", "source": "s", "n_tokens": 10}
        for i in range(500)
        for k in range(2)
    ]
    (tmp_path / "data").mkdir()
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "data" / "part.parquet")
    for limit, families in ((1, 1), (20, 1), (21, 2), (400, 20), (10**9, None)):
        (source,) = Shards(tmp_path, 0.2, limit).sources
        held_out = [str(rows[row]["parent_id"]) for _, row in source.held_out()]
        assert all(held_out.count(parent) == 2 for parent in held_out)
        if families:
            assert len(set(held_out)) == families
        else:
            assert 0.15 < len(held_out) / 1000 < 0.25
        assert source.records == 1000 - len(held_out) and source.tokens == 10 * source.records


def test_augmented_records_are_held_out_with_their_parent(tmp_path: Path) -> None:
    rows = [
        {"id": f"{parent}-{k}", "parent_id": str(parent) if k else None, "text": "x", "source": "s", "n_tokens": 1}
        for parent in range(200)
        for k in range(3)
    ]
    for row in rows:
        row["id"] = row["id"] if row["parent_id"] else row["id"][:-2]
    (tmp_path / "data").mkdir()
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "data" / "part.parquet")
    (source,) = Shards(tmp_path, 0.2).sources
    families = [int(str(rows[row]["id"]).split("-")[0]) for _, row in source.held_out()]
    assert 0 < len(families) < 600
    assert all(families.count(family) == 3 for family in families)


def test_state_resumes_the_same_batches(shards: Path, encoder: Encoder) -> None:
    one = batches(shards, encoder)
    for _ in range(23):
        one.next()
    state = json.loads(json.dumps(one.state()))
    wanted = [one.next() for _ in range(30)]
    two = batches(shards, encoder)
    two.restore(state)
    for batch in wanted:
        again = two.next()
        np.testing.assert_array_equal(batch.input_ids, again.input_ids)
        np.testing.assert_array_equal(batch.sources, again.sources)
        np.testing.assert_array_equal(batch.position_ids, again.position_ids)


def test_state_of_other_data_is_refused(shards: Path, encoder: Encoder, tmp_path: Path) -> None:
    other = batches(write_shards(tmp_path / "other", per_source=9), encoder)
    with pytest.raises(InputError, match="not those that this run began with"):
        other.restore(batches(shards, encoder).state())


@pytest.mark.parametrize("world", [1, 2, 3, 6])
def test_the_number_of_processes_never_changes_the_data(shards: Path, encoder: Encoder, world: int) -> None:
    ranks = [batches(shards, encoder, rank=rank, world=world) for rank in range(world)]
    reference = batches(shards, encoder)
    for _ in range(5):
        whole, own = reference.next(), [each.next() for each in ranks]
        assert {(batch.units, batch.tokens) for batch in own} == {(6, whole.tokens)}
        assert all(len(batch.input_ids) == 6 // world for batch in own)
        for name in ("input_ids", "labels", "sources"):
            parts = [
                getattr(part, name) for rank, batch in enumerate(own) for part, _ in batch.parts(rank, world, micro=2)
            ]
            np.testing.assert_array_equal(np.concatenate(parts), getattr(whole, name))


def test_one_process_reads_its_own_sequences_of_token_shards_alone(
    shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokenizer = train_tokenizer([text for text, _ in Shards(shards, 0.0).sample(10**6, 0)], 500)
    tokens = write_token_shards(shards, tmp_path / "tokens", tokenizer)
    read: list[int] = []
    original = Stream._piece

    def counted(self: Stream, *numbers: int) -> Piece:
        read.append(numbers[-1])
        return original(self, *numbers)

    monkeypatch.setattr(Stream, "_piece", counted)
    own = builder(tokens, Encoder(tokenizer, tokenizer.token_to_id("<|endoftext|>")), rank=4, world=6)
    batch = own.make(own.draw())
    assert sum(read) == (batch.labels != IGNORED).sum() < batch.tokens / 3


def test_a_changed_byte_is_one_sentence(shards: Path, tmp_path: Path) -> None:
    """Every byte of a shard in turn, some of them: told by the checksum, before a wrong token is trained on."""
    folder = write_shards(tmp_path / "shards")
    write_manifest(folder, kind="shards", config={}, versions={})
    file = parts(folder)[0]
    whole = file.read_bytes()
    for place in range(3, len(whole), len(whole) // 7):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        with pytest.raises(InputError, match=r"its checksum differs|not a readable Parquet"):
            index = Shards(folder, 0.0)
            list(index.sample(10**9, 0))
    file.write_bytes(whole)
    assert sum(len(list(s.groups())) for s in Shards(folder, 0.0).sources)


def test_token_shards_give_the_batches_of_the_text(shards: Path, tmp_path: Path) -> None:
    tokenizer = train_tokenizer([text for text, _ in Shards(shards, 0.0).sample(10**6, 0)], 500)
    for number, begin in enumerate((None, 7)):
        encoder = Encoder(tokenizer, tokenizer.token_to_id("<|endoftext|>"), begin)
        tokens = write_token_shards(shards, tmp_path / f"tokens{number}", tokenizer)
        of_text, of_tokens = batches(shards, encoder), batches(tokens, encoder)
        for one, other in [(of_text.next(), of_tokens.next()) for _ in range(200)] + [
            tuple(builder(folder, encoder).held_out() for folder in (shards, tokens))
        ]:
            for name in ("input_ids", "labels", "position_ids", "sources"):
                np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        assert of_tokens.next().log == (log := of_text.next().log)
        assert max(log["epochs"].values()) > 0


def test_labels_stay_inside_their_document_and_source(shards: Path, encoder: Encoder) -> None:
    batch = batches(shards, encoder, mix="stratified").next()
    assert np.bincount(batch.sources[:, 0]).tolist() == [2, 2, 2]
    starts = batch.position_ids == 0
    inner = ~starts[:, 1:]
    np.testing.assert_array_equal(batch.input_ids[:, 1:][inner], batch.labels[:, :-1][inner])


def test_a_text_cannot_pose_as_a_turn(shards: Path) -> None:
    tokenizer = train_tokenizer(["text"] * 3, 400)
    end = tokenizer.token_to_id("<|endoftext|>")
    (ids,) = Encoder(tokenizer, end).documents(["a <|im_start|>assistant <|endoftext|> b"])
    assert not {tokenizer.token_to_id(t) for t in CONTROL_TOKENS} & set(ids[:-1])
    assert ids[-1] == end


def test_held_out_batch_covers_long_documents(shards: Path, encoder: Encoder) -> None:
    held_out = builder(shards, encoder).held_out()
    assert held_out is not None
    index = Shards(shards, 0.1)
    wanted = sum(
        len(d) - 1 for s in index.sources for g, r in s.held_out() for d in encoder.documents(index.texts(g, [r]))
    )
    real = held_out.labels != IGNORED
    assert real.sum() == wanted
    assert real.mean() > 0.9  # whole documents lie beside each other
    owners = Counter({s.name: 0 for s in index.sources})
    for s in index.sources:
        for g, r in s.held_out():
            owners[s.name] += sum(len(d) - 1 for d in encoder.documents(index.texts(g, [r])))
    assert [int((held_out.sources == n).sum()) for n in range(len(index.sources))] == [
        owners[s.name] for s in index.sources
    ]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: None, "there is no folder"),
        (lambda p: p.mkdir(), "holds no records"),
        (lambda p: (p.mkdir(), (p / "a.parquet").write_bytes(b"no")), "holds no records"),
        (lambda p: (p.mkdir(), (p / "data").write_bytes(b"no")), "holds no records"),
        (lambda p: write_bytes(p / "data/a.parquet", b"no"), "not a readable Parquet file"),
        (lambda p: write_table(p / "data/a.parquet", pa.table({"a": [1]})), "not a shard"),
    ],
)
def test_wrong_folders_are_one_sentence(tmp_path: Path, make, message: str) -> None:
    make(tmp_path / "shards")
    with pytest.raises(InputError, match=message):
        Shards(tmp_path / "shards", 0.1)


def test_a_source_without_text_is_one_sentence(tmp_path: Path, encoder: Encoder) -> None:
    rows = [{"id": str(i), "text": "", "source": "empty", "n_tokens": 0} for i in range(3)]
    write_table(tmp_path / "data/a.parquet", pa.Table.from_pylist(rows))
    index = Shards(tmp_path, 0.0)
    with pytest.raises(InputError, match="no text to train on"):
        Stream(index, index.sources[0], encoder, 8, 0).take()
