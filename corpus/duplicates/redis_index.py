"""A team's shared index on a Redis (or Valkey) server: what several people keep, so that nobody keeps it twice.

Band lookups go through `datasketch.MinHashLSH` with its Redis storage, byte keys, no pickle; our signatures are those of
datasketch's own scheme. What exact verification and the medical guard need stands beside it. All keys begin with PREFIX:

    PREFIX:scheme               JSON: all that signatures depend on; a build with another scheme is refused
    PREFIX:lsh_…                datasketch's tables; a record is CORPUS 0x1F ID
    PREFIX:record:CORPUS␟ID     hash: content_hash, text (zlib)
    PREFIX:hash:CONTENT_HASH    set of records
    PREFIX:corpus:CORPUS        set of ids: what this corpus has in the index
    PREFIX:state, PREFIX:builds a counter of changes, and with which state of the index a corpus was last compared
    PREFIX:lock                 held by the build that is being compared

Comparing and adding happen under one lock, so two builds at once cannot both keep the same text: the second one waits,
then sees what the first one added. The lock ends by itself 60 s after its holder died. What a build takes from the index is
written down as a small index on disk (`Index`), so a re-run after a kill decides by the same records.
"""

from __future__ import annotations

import json
import threading
import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus.duplicates.index import ENTRIES, Index, check, describe, entries, finish
from corpus.duplicates.minhash import U32, Scheme
from corpus.duplicates.minhash import signatures as minima_of
from corpus.duplicates.shingles import shingles, tokens
from medpress.command import stderr
from medpress.errors import UserError
from medpress.store import DATA, write_table

if TYPE_CHECKING:
    from datasketch import MinHashLSH

SCHEMES = ("redis://", "rediss://")
BATCH = 1_000
"""Records looked up or written together."""
LOCK_SECONDS = 60
"""The lock of a build that died ends after so long."""
LONGEST_TEXT = 16 * 2**20
"""Bytes of a stored text that are unpacked at most."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a team's index is, and which of its corpora this is."""

    parameters: dict[str, Any]
    """What `redis.Redis` is opened with; holds the password."""
    prefix: str
    corpus: str

    def __str__(self) -> str:
        return f"redis://{self.parameters['host']}:{self.parameters['port']}/{self.prefix}?corpus={self.corpus}"


def is_address(text: str) -> bool:
    """Whether this names a Redis server and not a folder."""
    return text.startswith(SCHEMES)


def parse(text: str) -> Address:
    """`redis[s]://[USER:PASSWORD@]HOST[:PORT]/[DB/]PREFIX?corpus=NAME`. Raises `UserError`."""
    url = urlsplit(text)
    segments = [unquote(part) for part in url.path.split("/") if part]
    database = int(segments.pop(0)) if len(segments) > 1 and segments[0].isdecimal() else 0
    corpus = parse_qs(url.query).get("corpus", [""])[0]
    if not url.hostname or len(segments) != 1 or not corpus or "\x1f" in corpus:
        raise UserError("a team's index is named redis://HOST:PORT/PREFIX?corpus=NAME, with the name of this corpus.")
    parameters = {"host": url.hostname, "port": url.port or 6379, "db": database, "ssl": url.scheme == "rediss"}
    if url.username:
        parameters["username"] = unquote(url.username)
    if url.password:
        parameters["password"] = unquote(url.password)
    return Address(parameters, segments[0], corpus)


@contextmanager
def connect(address: Address, scheme: Scheme) -> Iterator[SharedIndex]:
    """The shared index, made when it is not there yet.

    Raises `UserError` when the `redis` package is missing, when no server answers, when the index there is of another
    scheme, and when the server fails later on.
    """
    try:
        import redis
    except ImportError as error:
        raise UserError('the Redis client is not installed: pip install "medpress[redis]".') from error
    client = redis.Redis(**address.parameters)
    try:
        yield SharedIndex(client, address, scheme)
    except redis.RedisError as error:
        where = f"{address.parameters['host']}:{address.parameters['port']}"
        raise UserError(f"the Redis server at {where} fails: {error}", exit_code=1) from error
    finally:
        client.close()


class SharedIndex:
    """What a build does with a team's index: hold it, compare with it, and say what it keeps."""

    def __init__(self, client: Any, address: Address, scheme: Scheme) -> None:
        self.client = client
        self.address, self.scheme = address, scheme
        self.corpus = address.corpus.encode()
        stored = json.dumps(describe(scheme), sort_keys=True)
        there = self.client.set(self._key("scheme"), stored, nx=True, get=True)
        check(describe(scheme), json.loads(there or stored), str(address))
        self.lsh = self._open_lsh()

    def _open_lsh(self) -> MinHashLSH:
        from datasketch import MinHashLSH

        storage = {"type": "redis", "basename": self._key("lsh"), "redis": self.address.parameters}
        return MinHashLSH(
            num_perm=self.scheme.permutations,
            params=(self.scheme.bands, self.scheme.rows),
            storage_config=storage,
            prepickle=False,
        )

    def _key(self, *parts: str | bytes) -> bytes:
        return b":".join(part.encode() if isinstance(part, str) else part for part in (self.address.prefix, *parts))

    def _record(self, id: str) -> bytes:
        return self.corpus + b"\x1f" + id.encode()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other builds waiting. Raises `UserError` when the hold was lost meanwhile."""
        lock = self.client.lock(self._key("lock"), timeout=LOCK_SECONDS, thread_local=False)
        if not lock.acquire(blocking=False):
            stderr.print(f"waiting for another build that is being compared with {self.address}", markup=False)
            lock.acquire()
        over = threading.Event()

        def renew() -> None:
            import redis

            while not over.wait(LOCK_SECONDS / 3):
                try:
                    lock.reacquire()
                except redis.RedisError:
                    return

        thread = threading.Thread(target=renew, daemon=True)
        thread.start()
        try:
            yield
            if not lock.owned():
                raise UserError(f"the hold on {self.address} was lost; run the same command again.", exit_code=1)
        finally:
            over.set()
            thread.join()
            if lock.owned():
                lock.release()

    # Comparing.

    def compared(self, build: str) -> str | None:
        """With which state of the index a build was compared whose records are in it already; None for any other.

        `build` identifies its records.
        """
        last = json.loads(self.client.hget(self._key("builds"), self.corpus) or "{}")
        return last["state"] if last.get("build") == build else None

    @property
    def state(self) -> str:
        """Changes whenever somebody adds or removes records."""
        return (self.client.get(self._key("state")) or b"0").decode()

    def take(self, records: Iterable[pa.RecordBatch], folder: Path) -> Index:
        """Write down as an index what other corpora hold that meets these records (content_hash, text)."""
        known: set[bytes] = set()
        for batch in records:
            for start in range(0, batch.num_rows, BATCH):
                known |= self._meeting(batch.slice(start, BATCH))
        # A record that two corpora hold counts once.
        by_id = {key.split(b"\x1f")[1].decode(): key for key in sorted(known, reverse=True)}
        tables = [ENTRIES.empty_table()]
        for ids in _batches(by_id):
            tables.append(entries(self._fetch(ids, [by_id[id] for id in ids]), self.scheme))
        if known:
            write_table(folder / DATA / "known.parquet", pa.concat_tables(tables))
        finish(folder, self.scheme)
        return Index(folder.absolute())

    def _meeting(self, batch: pa.RecordBatch) -> set[bytes]:
        """Records of other corpora with the content hash or a band of one of these."""
        pipe = self.client.pipeline(transaction=False)
        for content_hash in batch["content_hash"].to_pylist():
            pipe.smembers(self._key("hash", content_hash))
        found = set(chain.from_iterable(pipe.execute()))
        minima = _minima(batch["text"].to_pylist(), self.scheme)
        for (start, end), table in zip(self.lsh.hashranges, self.lsh.hashtables, strict=True):
            buckets = {row[start:end].byteswap().tobytes() for row in minima if row is not None}
            found.update(chain.from_iterable(table.getmany(*sorted(buckets))))
        return {key for key in found if not key.startswith(self.corpus + b"\x1f")}

    def _fetch(self, ids: Sequence[str], keys: Sequence[bytes]) -> pa.Table:
        pipe = self.client.pipeline(transaction=False)
        for key in keys:
            pipe.hmget(self._key("record", key), "content_hash", "text")
        rows = [
            {"id": id, "content_hash": content_hash.decode(), "text": _unpack(packed)}
            for id, (content_hash, packed) in zip(ids, pipe.execute(), strict=True)
            if packed is not None  # its build died while it was adding or removing it
        ]
        schema = pa.schema([("id", pa.string()), ("content_hash", pa.string()), ("text", pa.string())])
        return pa.Table.from_pylist(rows, schema=schema)

    # Adding.

    def keep(self, records: Iterable[pa.RecordBatch], ids: Collection[str], build: str, state: str) -> None:
        """Make this corpus's part of the index exactly `ids`; `records` (id, content_hash, text) holds at least these.

        Killed and called again, it finishes. `build` was compared with `state` of the index.
        """
        wanted = set(ids)
        mine = {id.decode() for id in self.client.smembers(self._key("corpus", self.corpus))}
        self.remove(mine - wanted)
        changed = bool(mine - wanted)
        for batch in records:
            batch = batch.filter(pc.is_in(batch["id"], pa.array(sorted(wanted), pa.string())))
            for start in range(0, batch.num_rows, BATCH):
                changed |= self._add(batch.slice(start, BATCH).to_pylist())
        pipe = self.client.pipeline()
        if changed:
            pipe.incr(self._key("state"))
        pipe.hset(self._key("builds"), self.corpus, json.dumps({"build": build, "state": state}))
        pipe.execute()

    def _add(self, rows: Sequence[dict[str, Any]]) -> bool:
        from datasketch import MinHash

        pipe = self.client.pipeline(transaction=False)
        for row in rows:
            pipe.hget(self._key("record", self._record(row["id"])), "content_hash")
        stored = pipe.execute()
        fresh = [row for row, hash in zip(rows, stored, strict=True) if hash != row["content_hash"].encode()]
        if not fresh:
            return False
        self.remove([row["id"] for row in fresh])  # what a killed run or another text left there
        scheme = {"num_perm": self.scheme.permutations, "seed": self.scheme.seed, "scheme": "affine32"}
        with self.lsh.insertion_session() as session:
            for row, minima in zip(fresh, _minima([row["text"] for row in fresh], self.scheme), strict=True):
                if minima is not None:
                    minhash = MinHash(hashvalues=minima, **scheme)
                    session.insert(self._record(row["id"]), minhash, check_duplication=False)
        pipe = self.client.pipeline()
        for row in fresh:
            key = self._record(row["id"])
            values = {
                "content_hash": row["content_hash"],
                "text": zlib.compress(row["text"].encode("utf-8", "surrogatepass")),
            }
            pipe.sadd(self._key("hash", row["content_hash"]), key)
            pipe.sadd(self._key("corpus", self.corpus), row["id"])
            pipe.hset(self._key("record", key), mapping=values)
        pipe.execute()
        return True

    def remove(self, ids: Iterable[str]) -> None:
        """Take records of this corpus out of the index; those that are not there cost nothing."""
        for some in _batches(ids):
            keys = [self._record(id) for id in some]
            pipe = self.client.pipeline(transaction=False)
            for key in keys:
                pipe.hget(self._key("record", key), "content_hash")
            hashes = pipe.execute()
            for key in keys:
                if key in self.lsh:
                    self.lsh.remove(key)
            pipe = self.client.pipeline()
            for id, key, content_hash in zip(some, keys, hashes, strict=True):
                if content_hash:
                    pipe.srem(self._key("hash", content_hash), key)
                pipe.delete(self._key("record", key))
                pipe.srem(self._key("corpus", self.corpus), id)
            pipe.execute()


def _minima(texts: Sequence[str], scheme: Scheme) -> list[U32 | None]:
    """The signature of each text, None for one that is too short for a shingle."""
    hashes, bounds = shingles(tokens(texts))
    return [
        row if length else None for row, length in zip(minima_of(hashes, bounds, scheme), np.diff(bounds), strict=True)
    ]


def _unpack(packed: bytes) -> str:
    unpacker = zlib.decompressobj()
    return unpacker.decompress(packed, LONGEST_TEXT).decode("utf-8", "surrogatepass")


def _batches(ids: Iterable[str]) -> Iterator[list[str]]:
    """The ids in order, `BATCH` at a time."""
    ordered = sorted(ids)
    for start in range(0, len(ordered), BATCH):
        yield ordered[start : start + BATCH]
