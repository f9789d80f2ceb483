from __future__ import annotations

import itertools
import random

import datasketch
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.duplicates import bands, passes
from corpus.duplicates.cluster import decide as decide_ranks
from corpus.duplicates.exact import content_hashes, decide_exact
from corpus.duplicates.minhash import SCHEME, Scheme, estimate, signatures
from corpus.duplicates.shingles import shingles, tokens
from corpus.duplicates.verify import batches, jaccard, shingle_sets

TEXT = st.text(alphabet="ab Zé5.糖尿病𠀀,\n", max_size=40)


def words_of(text: str) -> list[str]:
    batch = tokens([text])
    return [text[s : s + n] for s, n in zip(batch.starts, batch.lengths, strict=True)]


def test_tokens_of_mixed_text() -> None:
    assert words_of("Give 0.5mg of Aspirin, 糖尿病 type-2。") == [
        "Give", "0", "5mg", "of", "Aspirin", "糖", "尿", "病", "type", "2",
    ]  # fmt: skip


def test_case_and_width_are_folded() -> None:
    one, other = tokens(["ASPIRIN １２ ｍｇ"]), tokens(["aspirin 12 mg"])
    assert (one.hashes == other.hashes).all()


@settings(max_examples=200, deadline=None)
@given(TEXT)
def test_token_hashes_follow_their_definition(text: str) -> None:
    """Indexes on disk hold these values: a polynomial in an odd base, over SplitMix64 of the folded code points."""
    base, whole = 0x9E3779B97F4A7C15, 2**64

    def splitmix64(state: int) -> int:
        mixed = (state + base) % whole
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9 % whole
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB % whole
        return mixed ^ (mixed >> 31)

    expected = [
        sum(splitmix64(ord(character)) * base**place for place, character in enumerate(word.lower())) % whole
        for word in words_of(text)
    ]
    assert tokens([text]).hashes.tolist() == expected


def test_numbers_are_compared_as_multisets() -> None:
    texts = ["give 5 mg or 10 mg now", "now 10 mg or 5 mg give", "give 5 mg or 5 mg now", "", "no number here at all"]
    signed = passes.signatures(pa.table({"id": list("abcde"), "text": texts}))
    one, reordered, other, empty, none = signed["numbers"].to_pylist()
    assert one == reordered != other
    assert empty == none == 0


@settings(max_examples=200, deadline=None)
@given(st.lists(TEXT, max_size=6))
def test_a_batch_is_its_documents_one_by_one(texts: list[str]) -> None:
    hashes, bounds = shingles(tokens(texts))
    for index, text in enumerate(texts):
        alone, _ = shingles(tokens([text]))
        assert (alone == hashes[bounds[index] : bounds[index + 1]]).all()


@settings(max_examples=200, deadline=None)
@given(TEXT, TEXT)
def test_jaccard_is_that_of_python_sets(one: str, other: str) -> None:
    def grams(text: str) -> set[tuple[str, ...]]:
        found = [word.lower() for word in words_of(text)]
        return {tuple(found[i : i + 5]) for i in range(len(found) - 4)}

    a, b = grams(one), grams(other)
    first, second = shingle_sets([one, other])
    assert len(first) == len(a)
    assert jaccard(first, second) == pytest.approx(len(a & b) / len(a | b) if a and b else 0.0)


def test_signatures_equal_datasketch() -> None:
    rng = random.Random(3)
    texts = [
        " ".join(rng.choices(["heart", "lung", "糖尿病", "5", "mg", "dose", "x"], k=n))
        for n in (3, 5, 6, 40, 20_000, 200)
    ]
    hashes, bounds = shingles(tokens(texts))
    minima = signatures(hashes, bounds, SCHEME)
    for index in range(len(texts)):
        reference = datasketch.MinHash(num_perm=140, seed=1, scheme="affine32", hashfunc=lambda value: value)
        reference.update_batch([int(h) >> 32 for h in hashes[bounds[index] : bounds[index + 1]]])
        assert (reference.digest() == minima[index]).all()


def test_estimates_are_unbiased() -> None:
    rng = random.Random(5)
    errors = []
    for share in (0.01, 0.05, 0.2):
        for _ in range(40):
            first = [f"w{rng.randrange(5000)}" for _ in range(300)]
            second = [f"v{rng.randrange(5000)}" if rng.random() < share else word for word in first]
            texts = [" ".join(first), " ".join(second)]
            one, other = signatures(*shingles(tokens(texts)), SCHEME)
            errors.append(estimate(one, other) - jaccard(*shingle_sets(texts)))
    assert abs(float(np.mean(errors))) < 0.01
    assert float(np.std(errors)) < 0.05


def test_bands_follow_the_s_curve_and_datasketch() -> None:
    assert SCHEME.probability(0.8) > 0.99
    assert SCHEME.probability(0.5) < 0.16
    index = datasketch.MinHashLSH(num_perm=140, params=(SCHEME.bands, SCHEME.rows))
    assert (index.b, index.r) == (20, 7)


def test_empty_and_short_documents_stay_out_of_banding() -> None:
    table = pa.table({"id": ["a", "b", "c", "d"], "text": ["", "", "one two three four", "one two three four"]})
    signed = passes.signatures(table)
    assert signed["n_shingles"].to_pylist() == [0, 0, 0, 0]
    assert passes.candidates([passes.band_rows(signed)]).num_rows == 0


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 30)), max_size=60), st.integers(2, 6))
def test_small_buckets_give_all_pairs(rows: list[tuple[int, int]], limit: int) -> None:
    rows = sorted(set(rows))
    key = np.array([k for k, _ in rows], dtype=np.uint64)
    rank = np.array([r for _, r in rows], dtype=np.int64)
    found = {
        tuple(p)
        for p in bands.pairs(key, rank, np.zeros(len(rows), dtype=np.uint64), limit=limit, neighbours=1).tolist()
    }
    for bucket in set(key.tolist()):
        members = sorted(r for k, r in rows if k == bucket)
        every = set(itertools.combinations(members, 2))
        if len(members) <= limit:
            assert every <= found
        else:
            assert {(members[0], other) for other in members[1:]} <= found
    together = {frozenset((a, b)) for k, a in rows for j, b in rows if k == j and a != b}
    assert {frozenset(pair) for pair in found} <= together


def test_huge_bucket_stays_linear() -> None:
    count = 20_000
    found = bands.pairs(np.zeros(count, dtype=np.uint64), np.arange(count), np.arange(count, dtype=np.uint64) // 3)
    assert len(found) < 12 * count


SENTENCES = [
    "The patient was admitted with chest pain and shortness of breath after a long flight.",
    "Electrocardiography showed sinus rhythm and the chest radiograph was unremarkable.",
    "She was treated with oxygen and observed overnight on the medical ward.",
    "Follow up in the outpatient clinic was arranged with her family doctor.",
    "糖尿病患者应当长期坚持合理饮食和适量运动，并定期监测血糖水平。",
    "医生应当向患者说明治疗方案的目的和可能出现的问题。",
]


def corpus(seed: int) -> pa.Table:
    rng = random.Random(seed)
    rows = []
    for index in range(30):
        base = [rng.choice(SENTENCES) + f" Case note label{rng.randrange(10**6)} here" for _ in range(8)]
        rows.append((f"{index:03d}a", " ".join(base)))
        if index % 3 == 0:
            rows.append((f"{index:03d}b", " ".join(base).replace("overnight", "that night").upper()))
        if index % 5 == 0:
            rows.append((f"{index:03d}c", " ".join(base) + " Give aspirin 300 mg."))
    return pa.table(
        {
            "id": [i for i, _ in rows],
            "text": [t for _, t in rows],
            "quality": [rng.random() for _ in rows],
            "priority": [rng.randrange(3) for _ in rows],
        }
    )


def run_all(table: pa.Table, parts: int, split: int) -> pa.Table:
    tables = [table.slice(start, split) for start in range(0, table.num_rows, split)]
    folders: dict[int, list[pa.Table]] = {}
    for part in tables:
        rows = passes.band_rows(passes.signatures(part))
        for number, (low, high) in enumerate(passes.key_ranges(parts)):
            in_range = (pc.field("key") >= pa.scalar(low, pa.uint64())) & (
                pc.field("key") <= pa.scalar(high, pa.uint64())
            )
            folders.setdefault(number, []).append(rows.filter(in_range))
    pairs = passes.merge_pairs([passes.candidates(folder) for folder in folders.values()])
    return passes.decide(passes.verify(pairs, table, 0.8), table)


@pytest.mark.parametrize("seed", range(3))
def test_result_does_not_depend_on_order_or_partitions(seed: int) -> None:
    table = corpus(seed)
    expected = run_all(table, 1, 1000)
    assert expected.num_rows > 10
    order = np.random.RandomState(seed).permutation(table.num_rows)
    assert run_all(table.take(pa.array(order)), 7, 5).equals(expected)


def test_guard_keeps_what_adds_a_dose_and_best_record_stays() -> None:
    table = corpus(0)
    decisions = {row["id"]: row for row in run_all(table, 1, 1000).to_pylist()}
    quality = dict(zip(table["id"].to_pylist(), table["quality"].to_pylist(), strict=True))
    dropped = {i: row["duplicate_of"] for i, row in decisions.items() if row["duplicate_of"]}
    assert dropped
    for record, keeper in dropped.items():
        assert keeper not in dropped
        assert not (record.endswith("c") and not keeper.endswith("c"))
        assert quality[keeper] >= quality[record]
    saved = [row for row in decisions.values() if row["saved_by_guard"]]
    assert saved and all(row["dup_count"] > 1 and row["duplicate_of"] is None for row in saved)


def test_a_chain_drops_nothing_that_has_no_direct_edge() -> None:
    # 0 ~ 1 ~ 2, but not 0 ~ 2: 1 goes, 2 stays.
    yes = np.array([True, True])
    decisions = decide_ranks(3, np.array([0, 1]), np.array([1, 2]), np.array([0.9, 0.9]), yes, yes)
    assert decisions.kept_by.tolist() == [-1, 0, -1]
    assert decisions.size.tolist() == [3, 3, 3]
    assert decisions.saved.tolist() == [False, False, False]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.booleans(), st.booleans()), max_size=25), st.randoms()
)
def test_decisions_keep_their_promises(edges: list[tuple[int, int, bool, bool]], rng: random.Random) -> None:
    unique = {frozenset((a, b)): (a, b, f, g) for a, b, f, g in edges if a != b}
    rows = list(unique.values())
    rng.shuffle(rows)

    def run(rows: list[tuple[int, int, bool, bool]]) -> list[list[int]]:
        a, b, f, g = (np.array([r[i] for r in rows], dtype=t) for i, t in enumerate((np.int64, np.int64, bool, bool)))
        d = decide_ranks(10, a, b, np.full(len(rows), 0.9), f, g)
        return [d.kept_by.tolist(), d.cluster.tolist(), d.size.tolist(), d.saved.tolist()]

    kept_by, cluster, size, _ = run(rows)
    assert run(rows[::-1]) == [kept_by, cluster, size, run(rows)[3]]
    for record, keeper in enumerate(kept_by):
        assert size[record] == cluster.count(cluster[record])
        if keeper >= 0:
            a, _, f, g = unique[frozenset((record, keeper))]
            assert kept_by[keeper] == -1 and keeper < record
            assert f if a == keeper else g


def test_known_records_are_compared_with_new_ones_only() -> None:
    text = SENTENCES[0] + SENTENCES[1]
    old = pa.table({"id": ["z1", "z2"], "text": [text, text + " ok"], "known": [True, True], "quality": [0.1, 0.1]})
    new = pa.table({"id": ["a1"], "text": [text + " well"], "known": [False], "quality": [0.9]})
    rows = [passes.band_rows(passes.signatures(t)) for t in (old, new)]
    pairs = passes.candidates(rows)
    assert ("z1", "z2") not in zip(*pairs.to_pydict().values(), strict=True)
    everything = pa.concat_tables([old, new])
    decisions = {row["id"]: row for row in passes.decide(passes.verify(pairs, everything, 0.5), everything).to_pylist()}
    assert decisions["a1"]["duplicate_of"] in ("z1", "z2")


def test_missing_texts_are_named() -> None:
    with pytest.raises(KeyError, match="1 records"):
        passes.verify(pa.table({"a": ["x"], "b": ["y"]}), pa.table({"id": ["x"], "text": ["t"]}))


def test_exact_duplicates() -> None:
    texts = ["Give 5 mg, daily.", "give 5 MG daily", "Give 5 mg daily", "Give 50 mg daily", "…", "!!"]
    table = pa.table(
        {"id": list("bacdef"), "content_hash": content_hashes(texts), "quality": [0.1, 0.2, 0.2, 1.0, 0.0, 0.0]}
    )
    result = decide_exact(table)
    assert {row["id"]: (row["duplicate_of"], row["dup_count"]) for row in result.to_pylist()} == {
        "a": (None, 3),
        "b": ("a", 3),
        "c": ("a", 3),
    }
    shuffled = decide_exact(table.take([3, 0, 5, 2, 1, 4])).sort_by("id")
    assert shuffled.equals(result.sort_by("id"))
    assert decide_exact(table.slice(0, 0)).num_rows == 0


def test_both_passes_together() -> None:
    exact = pa.table({"id": ["a", "a2", "s", "s2"], "duplicate_of": [None, "a", None, "s"], "dup_count": [2, 2, 2, 2]})
    near = pa.Table.from_pylist(
        [
            {"id": "k", "dup_cluster": "k", "dup_count": 2, "duplicate_of": None, "saved_by_guard": False},
            {"id": "a", "dup_cluster": "k", "dup_count": 2, "duplicate_of": "k", "saved_by_guard": False},
        ],
        schema=passes.DECISIONS,
    )
    rows = {
        r["id"]: (r["dup_cluster"], r["dup_count"], r["duplicate_of"]) for r in passes.combine(exact, near).to_pylist()
    }
    assert rows == {
        "k": ("k", 3, None),
        "a": ("k", 3, "k"),
        "a2": ("k", 3, "k"),
        "s": ("s", 2, None),
        "s2": ("s", 2, "s"),
    }


@settings(max_examples=100, deadline=None)
@given(st.lists(TEXT, max_size=12), st.integers(1, 50))
def test_batches_cover_all_texts_in_order(texts: list[str], characters: int) -> None:
    assert [t for part in batches(texts, characters) for t in texts[part]] == texts


def test_scheme_is_described_for_manifests() -> None:
    assert Scheme(bands=14, rows=8).describe()["bands"] == 14
