"""Documents and data in an object store: the same commands, the same bytes, the same promises."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pyarrow as pa
import pytest

import medpress.lock
from corpus.audit.run import audit
from corpus.build import build
from corpus.config import BuildConfig
from corpus.takedown import remove
from corpus.trace import trace
from ingest.note_tables import NoteColumns
from ingest.notes import ingest_notes
from ingest.readers import FORMATS
from ingest.run import IngestConfig, ingest
from medpress.errors import UserError
from medpress.location import TooLargeError, is_remote, local_copy, location, scratch
from medpress.lock import exclusive
from medpress.pseudonym import Pseudonyms
from medpress.schema import QUARANTINE
from medpress.store import parquet_files, place_file, read_dataset, read_table, write_atomic, write_table, write_text
from training.data import Shards

server = pytest.importorskip("moto.server", reason="moto is not installed")
pytest.importorskip("s3fs", reason="s3fs is not installed")
boto3 = pytest.importorskip("boto3")

HERE = Path(__file__).parent.parent
SAMPLES = ("notes/discharge_summary_en.txt", "guideline/sepsis_2024.pdf", "monographs")
SECRET = "a-secret-access-key-of-nobody"
SETTINGS = {"tagger": "lexicon", "workers": 1, "shards": 1}


@pytest.fixture(scope="module")
def store():
    """A real S3-compatible server on this machine, and the environment that leads to it."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    moto = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    environment = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "somebody",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        client = boto3.client("s3")
        client.create_bucket(Bucket="books")
        yield client
    moto.stop()


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    folder = tmp_path_factory.mktemp("samples") / "books"
    for name in SAMPLES:
        source = HERE / "sample_docs" / name
        if source.is_dir():
            shutil.copytree(source, folder / name)
        else:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, folder / name)
    return folder


@pytest.fixture(scope="module")
def local(samples, tmp_path_factory):
    data = tmp_path_factory.mktemp("local")
    ingest([str(samples)], FORMATS["auto"], IngestConfig(data=data, workers=1, license="Apache-2.0"))
    build(BuildConfig(data=data, **SETTINGS))
    return data


@pytest.fixture(scope="module")
def remote(store, samples):
    for path in samples.rglob("*"):
        if path.is_file():
            store.upload_file(str(path), "books", f"books/{path.relative_to(samples)}")
    data = location("s3://books/run1")
    ingest(["s3://books/books"], FORMATS["auto"], IngestConfig(data=data, workers=1, license="Apache-2.0"))
    build(BuildConfig(data=data, **SETTINGS))
    return data


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in parquet_files(folder)}


@pytest.mark.parametrize("kind", ["documents", "pages", "shards", "dropped", "quarantine"])
def test_the_bytes_are_those_of_a_local_run(local, remote, kind):
    assert contents(remote / kind) == contents(local / kind)
    if kind != "quarantine":
        assert (remote / kind / "manifest.json").read_bytes() == (local / kind / "manifest.json").read_bytes()


def test_audit_trace_and_training_read_from_the_store(local, remote):
    assert not any(verdict.fails for verdict in audit(remote).values())
    assert (remote / "audit.html").exists()
    (shard,) = contents(remote / "shards").keys() & {"data/note/00000.parquet"}
    record = read_table(remote / "shards" / shard, ["id"])["id"][0].as_py()
    assert trace(remote, record) == trace(local, record)
    over_there, here = (Shards(data / "shards", held_out=0.1) for data in (remote, local))
    assert over_there.hash == here.hash
    source = over_there.sources[0]
    group, rows = source.group(0)
    assert over_there.texts(group, rows) == here.texts(group, rows)


def test_a_second_run_has_nothing_to_do(remote):
    again = build(BuildConfig(data=remote, **SETTINGS))
    assert again.tasks["done"] == 0 and again.kept > 0


def test_an_unchanged_run_asks_the_store_for_little(store, samples, monkeypatch):
    """One listing of the files and a few files of its own: no request a document; the documents are not read again."""
    import s3fs

    for number in range(300):
        store.put_object(Bucket="books", Key=f"many/{number:04d}.txt", Body=f"Note {number} of the ward.".encode())
    data = location("s3://books/run-many")
    first = ingest(["s3://books/many"], FORMATS["text"], IngestConfig(data=data, workers=1))
    assert (first.documents, first.read) == (300, 300)
    asked: list[str] = []
    real = s3fs.S3FileSystem._call_s3

    def counted(self, method, *arguments, **keywords):
        asked.append(method)
        return real(self, method, *arguments, **keywords)

    monkeypatch.setattr(s3fs.S3FileSystem, "_call_s3", counted)
    again = ingest(["s3://books/many"], FORMATS["text"], IngestConfig(data=data, workers=1))
    assert (again.documents, again.read) == (300, 0)
    assert len(asked) <= 40, "as many for a million documents, but for the pages of the listing"
    left = [entry["Key"] for entry in store.list_objects_v2(Bucket="books", Prefix="run-many/work/")["Contents"]]
    assert len(left) <= 4, left


def test_no_credential_is_written_down(store, remote):
    for entry in store.list_objects_v2(Bucket="books", Prefix="run1/")["Contents"]:
        assert SECRET.encode() not in store.get_object(Bucket="books", Key=entry["Key"])["Body"].read()


def copied(store, name: str, *kinds: str) -> Path:
    """Another data folder with the same documents, and whatever else is named."""
    for entry in store.list_objects_v2(Bucket="books", Prefix="run1/")["Contents"]:
        if entry["Key"].split("/")[1] in ("documents", "pages", *kinds):
            target = entry["Key"].replace("run1", name)
            store.copy_object(Bucket="books", Key=target, CopySource={"Bucket": "books", "Key": entry["Key"]})
    return location(f"s3://books/{name}")


def test_ray_workers_open_the_same_addresses(store, remote):
    pytest.importorskip("ray", reason="the ray extra is not installed")
    data = copied(store, "run3")
    build(BuildConfig(data=data, engine="ray", **SETTINGS))
    for kind in ("shards", "dropped"):
        assert contents(data / kind) == contents(remote / kind)


def test_a_killed_build_is_carried_on(store, remote, monkeypatch):
    """The run that is killed leaves its work and its lock object behind; the next one needs neither help nor luck."""
    data = copied(store, "run2")
    flags = ["build", "--data", str(data), "--tagger", "lexicon", "--workers", "1", "--shards", "1"]
    process = subprocess.Popen([sys.executable, "-m", "corpus.cli", *flags], cwd=HERE, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not (data / "work" / "build" / "screen").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert (data / ".lock").exists() and not (data / "shards" / "manifest.json").exists()
    monkeypatch.setattr(medpress.lock, "WATCH_SECONDS", 3.0)
    result = build(BuildConfig(data=data, **SETTINGS))
    assert result.tasks["skipped"] > 0
    for kind in ("shards", "dropped"):
        assert contents(data / kind) == contents(remote / kind)
    assert not (data / ".lock").exists()


def test_a_takedown_reaches_into_the_store(store, remote):
    data = copied(store, "run4", "shards", "dropped", "index", "work")
    (document,) = (
        read_table(data / "shards" / "data" / "note" / "00000.parquet", ["doc_id"])["doc_id"].unique().to_pylist()
    )
    remove(data, [document], "asked for")
    assert "data/note/00000.parquet" not in contents(data / "shards")
    records = {
        name: content
        for name, content in contents(data).items()
        if not name.startswith(("removed", "quarantine", "work/ingest/ledger"))
    }
    assert records and not [name for name, content in records.items() if document.encode() in content]


def test_one_writer_at_a_time(store, monkeypatch):
    monkeypatch.setattr(medpress.lock, "BEAT_SECONDS", 0.1)
    monkeypatch.setattr(medpress.lock, "WATCH_SECONDS", 5.0)
    folder = location("s3://books/locked")
    refused = pytest.raises(UserError, match="another run is writing to s3://books/locked")
    with exclusive(folder), refused, exclusive(folder):
        pass
    with exclusive(folder):
        pass


def test_a_lock_that_is_being_renewed_is_let_go_for_good(store, monkeypatch):
    monkeypatch.setattr(medpress.lock, "BEAT_SECONDS", 0.1)
    folder = location("s3://books/renewed")
    lock = medpress.lock._LockObject(folder)
    lock.take()
    begun, write = threading.Event(), lock.files.pipe_file

    def slowly(*arguments: object, **options: object) -> None:
        begun.set()
        time.sleep(0.05)
        write(*arguments, **options)

    monkeypatch.setattr(lock.files, "pipe_file", slowly)
    assert begun.wait(5)
    lock.release()
    time.sleep(0.3)
    assert not (folder / ".lock").exists()


def test_a_run_that_lost_its_lock_says_so(store, monkeypatch):
    monkeypatch.setattr(medpress.lock, "BEAT_SECONDS", 0.1)
    folder = location("s3://books/lost")
    with pytest.raises(UserError, match="took s3://books/lost over"), exclusive(folder):
        store.put_object(Bucket="books", Key="lost/.lock", Body=b"another")
        time.sleep(1)


def test_an_object_is_replaced_whole_or_not_at_all(store):
    target = location("s3://books/atomic/a.txt")
    write_text(target, "old")

    def fail(path: Path) -> None:
        path.write_text("half")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_atomic(target, fail)
    assert target.read_text() == "old"
    assert [path.name for path in target.parent.iterdir()] == ["a.txt"]


@pytest.mark.filterwarnings("ignore:UPath")
def test_any_scheme_of_fsspec_will_do(tmp_path):
    """`memory://` and a file system with folders of its own, known to fsspec under another name."""
    import fsspec
    from fsspec.implementations.local import LocalFileSystem

    class Mounted(LocalFileSystem):
        protocol = "mounted"

    fsspec.register_implementation("mounted", Mounted, clobber=True)
    table = pa.table({"id": ["a", "b"]})
    for folder in (location("memory://somewhere/deep"), location(f"mounted://{tmp_path}/deep")):
        write_table(folder / "one.parquet", table)
        place_file(folder / "one.parquet", folder / "other" / "two.parquet")
        assert [path.relative_to(folder).as_posix() for path in parquet_files(folder)] == [
            "one.parquet",
            "other/two.parquet",
        ]
        assert read_table(str(folder / "other" / "two.parquet")) == table
    assert [path.name for path in tmp_path.rglob("*.tmp")] == []


def test_what_cannot_be_used_is_one_sentence(store, monkeypatch):
    with pytest.raises(UserError, match=r"^cannot use s3://nowhere/run: there is no bucket nowhere\.$"):
        build(BuildConfig(data=location("s3://nowhere/run")))
    for address, complaint in {
        "ftp://me:hunter2@host/run": "address must not hold a password",
        "gopher://host/run": "is not a scheme that fsspec knows",
        "https://host/run": "`ingest web` fetches pages",
        "s3://": "is not an address",
    }.items():
        with pytest.raises(UserError, match=complaint) as refused:
            location(address)
        assert "hunter2" not in str(refused.value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    command = [sys.executable, "-m", "corpus.cli", "audit", "--data", "s3://books/unreachable"]
    said = subprocess.run(command, cwd=HERE, capture_output=True, text=True)
    assert said.returncode == 1 and len(said.stderr.splitlines()) == 2  # that it works, and what is wrong
    assert "Could not connect to the endpoint" in said.stderr and SECRET not in said.stderr


def test_objects_whose_name_cannot_stand_in_an_address_are_quarantined(store):
    for name in ("a::b.txt", "c.txt", "n::1.csv", "n2.csv"):
        body = "text\n" + "The pulse is regular and the patient is well and goes home today.\n" * 3
        store.put_object(Bucket="books", Key=f"odd/{name}", Body=body.encode())
    data = location("s3://books/run-odd")
    result = ingest(["s3://books/odd"], FORMATS["text"], IngestConfig(data=data, workers=1))
    assert (result.documents, result.quarantined_files, result.ignored) == (1, 1, {".csv": 2})
    notes = ingest_notes(["s3://books/odd"], NoteColumns(), IngestConfig(data=data, workers=1))
    called = Pseudonyms(data)
    assert [table.called for table in notes.tables if table.failure] == [called("n::1.csv")]
    quarantined = read_dataset(data / "quarantine", QUARANTINE, ["place", "message"]).to_pylist()
    assert {row["place"] for row in quarantined} == {called("a::b.txt"), called("n::1.csv")}
    assert all("rename" in row["message"] for row in quarantined)


def test_wrong_credentials_are_one_sentence(store, monkeypatch):
    import urllib.request

    endpoint = os.environ["AWS_ENDPOINT_URL"]
    for allowed in (b"0", b"1000000"):
        headers = {"Content-Type": "text/plain"}
        urllib.request.urlopen(urllib.request.Request(f"{endpoint}/moto-api/reset-auth", allowed, headers)).read()
        if allowed == b"0":
            monkeypatch.setenv("AWS_ACCESS_KEY_ID", "an-impostor")
            location("s3://books/x").fs.clear_instance_cache()  # type: ignore[attr-defined]
            with pytest.raises(UserError, match=r"cannot use s3://books/run9: .*(Key|credentials|Forbidden|denied)"):
                ingest(["s3://books/run9"], FORMATS["auto"], IngestConfig())
    monkeypatch.undo()
    location("s3://books/x").fs.clear_instance_cache()  # type: ignore[attr-defined]


def test_an_address_does_not_survive_as_a_path():
    assert is_remote(location("memory://a/b")) and not is_remote(location("file:///tmp/x"))
    with pytest.raises(ValueError, match="was an address"):
        location(Path("s3://books/run1"))
    with pytest.raises(UserError, match="not an address"):
        location("s3://books/a::file:///etc/passwd")


def test_local_copies_are_bounded_and_leave_nothing(store, monkeypatch):
    store.put_object(Bucket="books", Key="copy/a.pdf", Body=b"%PDF")
    first = local_copy(location("s3://books/copy/a.pdf"))
    assert first.name == "a.pdf" and first.read_bytes() == b"%PDF"
    store.put_object(Bucket="books", Key="copy/a.pdf", Body=b"%PDF-2")
    second = local_copy(location("s3://books/copy/a.pdf"))
    assert second.read_bytes() == b"%PDF-2" and not first.exists()
    monkeypatch.setattr("medpress.location.MAX_COPY_BYTES", 3)
    with pytest.raises(TooLargeError, match="more than 3 bytes"):
        local_copy(location("s3://books/copy/a.pdf"))
    killed = subprocess.run(
        [sys.executable, "-c", "import os; from medpress.location import scratch; print(scratch()); os.kill(os.getpid(), 9)"],
        cwd=HERE, capture_output=True, text=True,
    )  # fmt: skip
    left = scratch().parent
    subprocess.run([sys.executable, "-c", "from medpress.location import scratch; scratch()"], cwd=HERE, check=True)
    assert killed.returncode == -signal.SIGKILL
    names = {path.name for path in left.iterdir()}
    assert scratch().name in names and Path(killed.stdout.strip()).name not in names
