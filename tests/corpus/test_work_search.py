"""Who is one work with whom does not depend on how many ranges the search is cut into."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_build import build, rows, story, write_documents

SIZES = ("SHINGLES_PER_RANGE", "PAIRS_PER_RANGE", "KEYS_PER_RANGE", "HOLDERS_PER_RANGE")


def write(data: Path) -> None:
    """Three articles under one DOI each in two documents, two that share a title, and two that hold each other."""
    articles = ["\n\n".join(story(seed, 40) for seed in range(10 * n, 10 * n + 10)) for n in range(5)]
    texts, about = {}, {}
    for number, article in enumerate(articles):
        for form in ("jats", "pdf"):
            name = f"{number}.{form}"
            texts[name] = article if form == "jats" else f"Veins {number} of the Leg at Night\n\nAnn Veny\n\n{article}"
            about[name] = {"format": form}
            if number < 3:
                about[name] |= {"identifiers": {"doi": f"10.5555/{number}"}}
            elif number == 3:
                about[name] |= {"title": "Care of the lower leg in deep snow", "authors": ["Ann Veny"]}
            elif form == "jats":
                about[name] |= {"title": "Veins 4 of the leg at night", "authors": ["Veny AB"]}
    write_documents(data, texts, source_type="literature", about=about)


def test_ranges_decide_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "one")
    build(tmp_path / "one")
    for size in SIZES:
        monkeypatch.setattr(f"corpus.work_search.{size}", 2)
    write(tmp_path / "many")
    build(tmp_path / "many")
    for kind in ("shards", "dropped"):
        assert rows(tmp_path / "many", kind) == rows(tmp_path / "one", kind)
    works = {row["work_id"] for row in rows(tmp_path / "one", "shards") if row["work_id"]}
    assert len(works) == 5
    made = {
        step: len([*(tmp_path / "many/work/build" / step).glob("*.parquet")])
        for step in ("find_shared", "join_shared", "find_holders", "describe_works")
    }
    assert min(made.values()) > 1, made
