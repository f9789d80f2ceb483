"""The card of a build: others can load it, and it gives nothing away."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from small_build import build, rows, write_documents

from corpus.card.license import hub_license
from medpress.schema import RECORD
from medpress.store import read_manifest

ENGLISH = {
    f"{n}.txt": f"Ramipril {n} mg is given once daily to adults.\n\nPatient name: Harriet Quillfeather, phone (555) 010-8888, dose {n}."
    for n in range(1, 12)
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("card") / "data"
    questions = folder.parent / "questions of a benchmark.jsonl"
    item = {
        "id": "1",
        "question": "Which nerve runs through the carpal tunnel?",
        "options": {"A": "Median"},
        "answer": "A",
    }
    questions.write_text(json.dumps(item) + "\n")
    write_documents(folder, {**ENGLISH, "zh.txt": "雷米普利每次5毫克，一日一次，用于高血压。"}, source="hand|book")
    build(folder, decontaminate=(questions,))
    return folder


def test_the_folder_loads_by_its_card(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets")
    for config in ("all", "web"):
        cache = str(data.parent / "cache" / config)
        loaded = datasets.load_dataset(str(data / "shards"), config, split="train", cache_dir=cache)
        assert sorted(loaded["id"]) == sorted(row["id"] for row in rows(data, "shards"))
    card = (data / "shards/README.md").read_text()
    yaml = pytest.importorskip("yaml")
    fields = yaml.safe_load(card.split("---\n")[1])
    assert fields["license"] == "cc0-1.0"
    assert fields["language"] == ["en", "zh"]
    assert fields["size_categories"] == ["n<1K"]


def test_croissant_is_valid_and_reads_every_field_of_every_record(data: Path) -> None:
    mlcroissant = pytest.importorskip("mlcroissant")
    dataset = mlcroissant.Dataset(str(data / "shards/croissant.json"))
    issues = dataset.metadata.ctx.issues
    assert not issues.errors
    assert [w for w in issues.warnings if "datePublished" not in w and "citeAs" not in w] == []
    read = list(dataset.records("web"))
    wanted = {row["id"]: row for row in rows(data, "shards")}
    assert len(read) == len(wanted)
    for found in read:
        row = wanted[found["web/id"].decode()]
        assert found["web/text"].decode() == row["text"]
        assert found["web/n_tokens"] == row["n_tokens"]
        assert [span["web/spans/end"] for span in found["web/spans"]] == [span["end"] for span in row["spans"]]
    sets = json.loads((data / "shards/croissant.json").read_text())
    assert [f["name"] for f in sets["recordSet"][0]["field"]] == RECORD.names
    sums = {f["contentUrl"]: f["sha256"] for f in sets["distribution"] if "sha256" in f}
    assert sums == {f["path"]: f["sha256"] for f in read_manifest(data / "shards")["files"]}


def test_the_card_says_what_was_done_and_gives_nothing_away(data: Path) -> None:
    card = (data / "shards/README.md").read_text()
    both = card + (data / "shards/croissant.json").read_text()
    assert "Quillfeather" not in both and "010-8888" not in both
    assert str(data) not in both and str(data.parent) not in both
    assert "`questions of a benchmark.jsonl`" in card
    assert "| web | hand\\|book |" in card
    assert f"{sum(row['n_tokens'] for row in rows(data, 'shards')):,} tokens" in card
    assert "NAME" in card


def test_it_is_the_same_for_the_same_shards(data: Path) -> None:
    before = [(data / "shards" / name).read_bytes() for name in ("README.md", "croissant.json")]
    build(data, decontaminate=(data.parent / "questions of a benchmark.jsonl",))
    assert [(data / "shards" / name).read_bytes() for name in ("README.md", "croissant.json")] == before


@pytest.mark.parametrize(
    ("stated", "hub"),
    [
        ("", "unknown"),
        ("Apache-2.0", "apache-2.0"),
        ("CC BY 4.0", "cc-by-4.0"),
        ("https://creativecommons.org/licenses/by-nc-sa/3.0/deed.en", "cc-by-nc-sa-3.0"),
        ("http://creativecommons.org/publicdomain/zero/1.0/", "cc0-1.0"),
        ("CC0", "cc0-1.0"),
        ("All rights reserved.", "other"),
    ],
)
def test_licences_get_the_names_of_the_hub(stated: str, hub: str) -> None:
    assert hub_license(stated) == hub
