"""No method of augmentation has more than its share of the tokens, and no more goes than has to."""

import hashlib

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.steps.candidate import CANDIDATE
from corpus.steps.cap import balanced, cap_share, mark_capped
from medpress.run.task import Task
from medpress.store import read_table, write_table

TOKENS = st.dictionaries(
    st.sampled_from(["cloze", "heading", "order", "table", "relation"]),
    st.lists(st.integers(1, 40), min_size=1, max_size=8),
    min_size=1,
)


def kept_under(limit: int, tokens: dict[str, list[int]]) -> dict[str, int]:
    """Tokens by method when each keeps its first texts up to a limit, counted one by one."""
    kept = {}
    for method, counts in tokens.items():
        kept[method] = 0
        for count in counts:
            if kept[method] + count > limit:
                break
            kept[method] += count
    return kept


def holds(kept: dict[str, int], most: float) -> bool:
    return max(kept.values()) <= most * sum(kept.values()) + 1e-9


@settings(max_examples=120, deadline=None)
@given(TOKENS, st.sampled_from([0.35, 0.5, 0.8]))
def test_the_limit_is_the_largest_that_holds(tokens: dict[str, list[int]], most: float) -> None:
    limit = balanced({method: np.cumsum(counts) for method, counts in tokens.items()}, most)
    every = max(map(sum, tokens.values()))
    right = [
        n for n in range(1, every + 1) if any(kept_under(n, tokens).values()) and holds(kept_under(n, tokens), most)
    ]
    if holds(kept_under(every, tokens), most) or not right:
        assert limit is None  # nothing has to go, or nothing helps: one or two methods share everything
    else:
        assert limit is not None and kept_under(limit, tokens) == kept_under(max(right), tokens)


def name(method: str, number: int) -> str:
    """Ids are hashes, so that an order by id is a fair one."""
    return hashlib.sha256(f"{method} {number}".encode()).hexdigest()


def corpus_of(tmp_path, made: dict[str, list[tuple[str, int]]]) -> dict[str, str]:
    """Files of one source text of 9,000 tokens a source and of augmented texts (source, tokens) by method."""
    files = {name: str(tmp_path / f"{name}.parquet") for name in ("annotated", "candidates", "resolved")}
    texts = [
        {"id": name(method, n), "source": source, "augmentation": method, "n_tokens": tokens}
        for method, of in made.items()
        for n, (source, tokens) in enumerate(of)
    ]
    rows = [{**dict.fromkeys(CANDIDATE.names), **text} for text in texts]
    write_table(tmp_path / "candidates.parquet", pa.Table.from_pylist(rows, schema=CANDIDATE))
    decided = pa.table({"id": [text["id"] for text in texts], "stage": pa.array([None] * len(texts), pa.string())})
    write_table(tmp_path / "resolved.parquet", decided)
    own = {"source": ["a", "b"], "n_tokens": [9000, 9000], "stage": pa.array([None, None], pa.string())}
    write_table(tmp_path / "annotated.parquet", pa.table(own))
    return files


@pytest.mark.parametrize(("max_share", "max_method_share"), [(1.0, 0.35), (0.1, 0.35), (0.1, 1.0)])
def test_both_caps_hold_and_say_why(tmp_path, max_share: float, max_method_share: float) -> None:
    made = {
        "cloze": [("a", 20)] * 300 + [("b", 20)] * 300,
        "heading": [("a", 30)] * 120,
        "order": [("b", 25)] * 90,
        "table": [("a", 15)] * 60,
    }
    files = {name: [file] for name, file in corpus_of(tmp_path, made).items()}
    arguments = {**files, "max_share": max_share, "max_method_share": max_method_share}
    task = Task(id="t", label="cap", arguments=arguments, output=str(tmp_path / "borders.parquet"))
    cap_share(task, lambda _: None)
    rows = [
        {"id": name(method, n), "source": source, "augmentation": method, "tokens": tokens, "stage": None}
        for method, of in made.items()
        for n, (source, tokens) in enumerate(of)
    ]
    mark_capped(rows, read_table(tmp_path / "borders.parquet").to_pylist())
    kept = [row for row in rows if row["stage"] is None]
    by_method = {method: sum(row["tokens"] for row in kept if row["augmentation"] == method) for method in made}
    assert min(by_method.values()) > 0
    assert holds(by_method, max_method_share)
    for source in "ab":
        own = sum(row["tokens"] for row in kept if row["source"] == source)
        assert own <= max_share * (9000 + own) + 1e-9
    why = {row["reason"] for row in rows if row["stage"]}
    assert why <= {
        "over the share of augmented text in its source",
        "over the share of one method in the augmented text",
    }
    assert ("over the share of one method in the augmented text" in why) == (max_method_share < 1)
