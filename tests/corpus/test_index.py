"""A build against the index of an existing corpus."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from small_build import build, doc_id, rows, story, write_documents

from corpus.audit.checks import checksums, something_to_train_on
from corpus.duplicates.config import DedupConfig
from corpus.duplicates.ids import KNOWN
from corpus.duplicates.index import ROWS_AT_ONCE, Index, describe, entries, known_keys, open_index
from corpus.duplicates.minhash import SCHEME, Scheme
from medpress.errors import CorruptError, UserError
from medpress.store import check_manifest, read_json, write_table


def monograph(drug: str, dose: str) -> str:
    return f"{story(900)} The usual dose of {drug} is {dose} twice daily. {story(901)}"


OLD = {f"old/{n}.txt": story(n) for n in range(8)} | {"old/drug.txt": monograph("amoxicillin", "250 mg")}
NEW = {
    "new/own.txt": story(100),
    "new/same.txt": story(0).upper() + "!",
    "new/near.txt": story(1).replace("Heart", "The heart") + " Nothing else is known.",
    "new/copy.txt": story(2),
    "new/other_dose.txt": monograph("amoxicillin", "500 mg"),
    "new/same_dose.txt": "Note. " + monograph("amoxicillin", "250 mg"),
}


@pytest.fixture(scope="module")
def old(tmp_path_factory) -> Path:
    """The existing corpus."""
    data = tmp_path_factory.mktemp("old") / "data"
    write_documents(data, OLD, source="old")
    build(data)
    assert len(rows(data, "shards")) == len(OLD)
    return data


@pytest.fixture(scope="module")
def new(old, tmp_path_factory) -> Path:
    """New documents, built against it."""
    data = tmp_path_factory.mktemp("new") / "data"
    write_documents(data, NEW, source="new")
    build(data, against=(str(old),))
    return data


def decisions(data: Path, texts: dict[str, str]) -> dict[str, tuple[str, str | None]]:
    """uri to (stage that dropped it or `kept`, the record it duplicates)."""
    uri_of = {doc_id(text): uri for uri, text in texts.items()}
    found = {uri_of[row["doc_id"]]: ("kept", None) for row in rows(data, "shards")}
    return found | {uri_of[row["doc_id"]]: (row["stage"], row["duplicate_of"]) for row in rows(data, "dropped")}


def record_of(data: Path, text: str) -> str:
    (id,) = [row["id"] for row in rows(data, "shards") if row["doc_id"] == doc_id(text)]
    return id


def test_what_repeats_a_known_record_is_dropped_and_names_it(old, new):
    assert decisions(new, NEW) == {
        "new/own.txt": ("kept", None),
        "new/same.txt": ("exact duplicates", record_of(old, OLD["old/0.txt"])),
        "new/near.txt": ("near duplicates", record_of(old, OLD["old/1.txt"])),
        "new/copy.txt": ("exact duplicates", record_of(old, OLD["old/2.txt"])),
        "new/other_dose.txt": ("kept", None),
        "new/same_dose.txt": ("near duplicates", record_of(old, OLD["old/drug.txt"])),
    }
    (near,) = [row for row in rows(new, "dropped") if row["doc_id"] == doc_id(NEW["new/near.txt"])]
    assert near["value"] >= near["threshold"] and "index" in near["reason"]
    (saved,) = [row for row in rows(new, "shards") if row["doc_id"] == doc_id(NEW["new/other_dose.txt"])]
    assert (saved["dup_cluster"], saved["dup_count"]) == (record_of(old, OLD["old/drug.txt"]), 3)


def test_the_same_decisions_as_one_build_of_everything_with_the_old_documents_first(old, new, tmp_path):
    data = tmp_path / "all"
    write_documents(data, {uri: text for uri, text in (OLD | NEW).items() if uri != "new/copy.txt"})  # one document
    build(data)
    kept = {row["doc_id"] for row in rows(data, "shards")}
    apart = {row["doc_id"] for row in [*rows(old, "shards"), *rows(new, "shards")]}
    replaced = {row["doc_id"] for row in rows(new, "dropped")}
    assert len(kept) == len(apart)
    assert kept - apart <= replaced  # of two the better one stays when both are new; against an index the known one


def test_indexes_are_chained_and_hold_what_is_kept(old, new, tmp_path):
    third = tmp_path / "third"
    texts = {"third/old.txt": story(3), "third/new.txt": story(100), "third/own.txt": story(200)}
    write_documents(third, texts)
    build(third, against=(str(old / "index"), str(new)))
    assert decisions(third, texts) == {
        "third/old.txt": ("exact duplicates", record_of(old, story(3))),
        "third/new.txt": ("exact duplicates", record_of(new, story(100))),
        "third/own.txt": ("kept", None),
    }
    for data in (old, new, third):
        ids = {row["id"] for row in rows(data, "shards")}
        texts_of = open_index(str(data), SCHEME).texts(pa.array([KNOWN + id for id in sorted(ids)]))
        assert dict(zip(*texts_of.to_pydict().values(), strict=True)) == {
            KNOWN + row["id"]: row["text"] for row in rows(data, "shards")
        }
        assert check_manifest(data / "index") == [] and checksums(data).passed


def test_a_source_that_is_all_known_is_not_lost(old, tmp_path):
    copy = story(0)
    own = next(text for text in map(story, range(300, 400)) if doc_id(text)[0] != doc_id(copy)[0])  # in another file
    write_documents(tmp_path, {"a.txt": copy}, source="copies")
    write_documents(tmp_path, {"b.txt": own}, source="own")
    build(tmp_path, against=(str(old),))
    assert [row["source"] for row in rows(tmp_path, "dropped")] == ["copies"]
    assert something_to_train_on(tmp_path).passed


def test_the_order_of_the_indexes_and_of_the_documents_changes_no_byte(old, new, tmp_path):
    texts = {f"x/{n}.txt": story(n) for n in (0, 5, 100, 300)}
    trees = []
    for name, order, against in (("a", texts, (old, new)), ("b", dict(reversed(texts.items())), (old, new))):
        data = tmp_path / name
        write_documents(data, order)
        build(data, against=tuple(map(str, against)))
        trees.append({p.relative_to(data): p.read_bytes() for p in (data / "index").rglob("*") if p.is_file()})
        trees[-1] |= {p.relative_to(data): p.read_bytes() for p in (data / "dropped").rglob("*") if p.is_file()}
    assert trees[0] == trees[1]


def test_a_changed_index_changes_the_decision_and_an_unchanged_one_nothing(old, tmp_path):
    known, data = tmp_path / "known", tmp_path / "data"
    shutil.copytree(old, known)
    texts = {"x/a.txt": story(300), "x/b.txt": story(0)}
    write_documents(data, texts)
    assert build(data, against=(str(known),)).kept == 1
    again = build(data, against=(str(known),))
    assert not again.tasks["done"] and again.kept == 1
    write_documents(known, OLD | {"old/more.txt": story(300)})
    build(known)
    assert build(data, against=(str(known),)).kept == 0
    assert build(data).kept == 2


@pytest.mark.parametrize(
    ("setting", "sentence"), [({"bands": 14}, "bands 20 \\(here 14\\)"), ({"seed": 2}, "seed 1 \\(here 2\\)")]
)
def test_an_index_of_another_scheme_is_refused(old, tmp_path, setting, sentence):
    write_documents(tmp_path, {"a.txt": story(1)})
    with pytest.raises(UserError, match=sentence):
        build(tmp_path, against=(str(old),), dedup=DedupConfig(**setting))


def test_no_index_an_own_index_and_a_damaged_one_are_one_sentence(old, tmp_path):
    with pytest.raises(UserError, match="there is no index in"):
        build(old, against=(str(tmp_path),))
    with pytest.raises(UserError, match="that of this data folder"):
        build(old, against=(str(old),))
    broken = tmp_path / "broken"
    shutil.copytree(old / "index", broken)
    (broken / "data/web/00003.parquet").write_bytes(b"PAR1 and then nothing")
    with pytest.raises(CorruptError, match="00003"):
        Index(broken).hashes(pa.array(["1"]))
    (broken / "manifest.json").write_text("{")
    with pytest.raises(CorruptError, match="damaged"):
        open_index(str(broken), SCHEME)


def test_the_manifest_says_what_the_signatures_depend_on(old):
    config = read_json(old / "index/manifest.json")["config"]
    assert config == json.loads(json.dumps(describe(Scheme())))
    assert {"scheme", "seed", "permutations", "bands", "rows", "hash", "content_hash", "format"} <= config.keys()


def test_a_record_is_found_by_hash_by_key_and_by_id_wherever_it_stands(tmp_path):
    count = ROWS_AT_ONCE + 500
    texts = [f"heart {n} lung {n} kidney {n} liver {n} bone {n} nerve" for n in range(count)]
    ids = [f"{n:024x}" for n in range(count)]
    table = entries(pa.table({"id": ids, "content_hash": [f"{n:032x}" for n in range(count)], "text": texts}), SCHEME)
    write_table(tmp_path / "data/web/0.parquet", table.slice(0, 20))
    write_table(tmp_path / "data/web/1.parquet", table.slice(20))
    index = Index(tmp_path)
    for place in (0, 25, count - 1):
        keys = table["keys"][place].as_py()
        found = known_keys(table)
        mine = found.filter(pc.equal(found["id"], KNOWN + ids[place]))
        assert sorted(mine["key"].to_pylist()) == sorted(keys) and len(keys) == SCHEME.bands
        assert index.hashes(pa.array([f"{place:032x}"]))["id"].to_pylist() == [KNOWN + ids[place]]
        assert index.texts(pa.array([KNOWN + ids[place]]))["text"].to_pylist() == [texts[place]]
