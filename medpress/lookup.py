"""What a user means: an id or its first digits, a path, a file name, a web address, or a sentence pasted from anywhere.

Every command that takes a document or a record takes any of these. Names are looked for in `documents/`, ids there and in
the shards and the dropped records, a sentence in these by their index (`medpress.sentence_index`), and in the pages of
documents that no build has seen.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, islice
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, unquote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from medpress.command import progress
from medpress.errors import UserError, to_run
from medpress.location import check_reachable, location
from medpress.pseudonym import Pseudonyms
from medpress.removed import removed
from medpress.schema import DOC_ID_DIGITS, DOCUMENT
from medpress.segments import Segment, read_segments
from medpress.sentence_index import GRAM, KINDS, LEAST, RowGroup, folded, marks, row_groups, stretch_of
from medpress.store import among, file_sha256, open_parquet, parts, read_json, read_table, refuse_older_layout, strings

FEWEST_DIGITS = 6
"""Digits of an id that are asked for at least."""
MOST_PLACES = 20
"""Records that a sentence is looked for in; a sentence that stands in more is no sentence of a document."""
MOST_LIKELY = 64
"""Row groups in which records are looked for that hold a sentence nearly."""
MOST_NAMED = 10
"""Documents that a complaint names."""
GIVEN = Path("work/instruct/catalogue.json")
"""What `corpus instruct` took in: of each path of a file what was given and the part that it gave."""
_OF_RECORD = ["id", "doc_id", "spans"]
_ID = re.compile(rf"[0-9a-f]{{{FEWEST_DIGITS},{DOC_ID_DIGITS}}}")
_SHORT_ID = re.compile(rf"(?=.*\d)[0-9a-f]{{1,{FEWEST_DIGITS - 1}}}")
_SEVERAL_WORDS = re.compile(r"\S\s+\S+\s+\S|[^\x00-\u02ff]{4}")
"""What may be a sentence: a name that is nobody's is answered at once, without a look at the records."""
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A document, or a place in it."""

    doc_id: str
    """The document."""
    uris: tuple[str, ...] = ()
    """Its names; none of a document that is known by its records alone."""
    pseudonyms: tuple[str, ...] = ()
    """What its places are called where no name of it is kept: it was taken down."""
    segment: Segment | None = None
    """Where its rows are; None when it is not in the store."""
    record: str | None = None
    """Id of the record that was meant or that holds the sentence."""
    kept: bool = False
    """Whether that record is in the shards; else it was dropped."""
    part: Path | None = None
    """The Parquet file that the record stands in."""
    blocks: tuple[tuple[int, int], ...] = ()
    """Page (from 1) and block (from 0) of the record, or of the sentence."""
    share: float = 1.0
    """How much of the sentence stands there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a query stands for."""

    by: Literal["id", "name", "sentence"]
    """What the query is."""
    places: tuple[Place, ...]
    """One or more."""

    @property
    def documents(self) -> dict[str, tuple[str, ...]]:
        """Names by document, in the order in which they were found."""
        return {place.doc_id: place.uris for place in self.places}


def look_up(data: Path, query: str) -> Found:
    """All places in a data folder that a query stands for. Raises `UserError` when there is none."""
    check_reachable(data)
    refuse_older_layout(data)
    store = _Store(data)
    query = query.strip()
    digits = query.lower()
    ways: list[tuple[Literal["id", "name", "sentence"], Callable[[], list[Place]]]] = [
        ("id", lambda: store.by_id(digits)),
        ("name", lambda: store.by_name(query)),
        ("sentence", lambda: store.by_sentence(query)),
    ]
    for by, way in ways:
        if query and (places := way()):
            return Found(by=by, places=tuple(places))
    shown = query if len(query) <= 60 else f"{query[:57]}…"
    short = f" (an id takes {FEWEST_DIGITS} digits at least)" if _SHORT_ID.fullmatch(digits) else ""
    lists = to_run("ingest list", data)
    raise UserError(
        f'"{shown}" is no id, name, address or sentence of anything in {data}{short}; {lists} lists the documents.'
    )


def one_document(data: Path, query: str) -> Place:
    """The one document that a query stands for, with all blocks that it names. Raises `UserError` for none or several."""
    found = look_up(data, query)
    refuse_several(found, query)
    blocks = sorted({block for place in found.places for block in place.blocks})
    return replace(found.places[0], blocks=tuple(blocks))


def refuse_several(found: Found, query: str) -> None:
    """Raise `UserError`, with the candidates, when a query stands for several documents."""
    documents = found.documents
    if len(documents) == 1:
        return
    named = [f"{doc_id[:12]} ({', '.join(uris)})" if uris else doc_id[:12] for doc_id, uris in documents.items()]
    more = f" and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
    shown = query if len(query) <= 60 else f"{query[:57]}…"
    raise UserError(
        f'"{shown}" stands for {len(named)} documents: {"; ".join(named[:MOST_NAMED])}{more}; name one by its id.'
    )


def records(
    data: Path,
    column: str,
    values: Sequence[str],
    columns: list[str] | None = None,
    *,
    prefix: bool = False,
    within: Collection[Path] | None = None,
) -> Iterator[tuple[Path, pa.Table]]:
    """Rows of the shards and of the dropped records that have one of these values in a column, with their Parquet file.

    With `prefix` the value begins with the one that is given; `within` are the files that are known to hold them. Row groups whose statistics rule the values out are not read,
    of the others only the column, and all `columns` of those that hold such a row.
    """
    least, greatest = min(values), max(values)
    wanted = strings(values)
    for path in [path for kind in KINDS for path in parts(data / kind)] if within is None else sorted(within):
        with open_parquet(path) as file:
            for number in _may_hold(file, column, least, greatest):
                held = file.read_row_group(number, columns=[column], use_threads=False)[column]
                chosen = pc.starts_with(held, least) if prefix else pc.is_in(held, value_set=wanted)
                if pc.any(chosen).as_py():
                    yield path, file.read_row_group(number, columns=columns).filter(chosen)


def _may_hold(file: pq.ParquetFile, column: str, least: str, greatest: str) -> Iterator[int]:
    """Numbers of the row groups whose least and greatest value of a column do not rule these out, or what begins so."""
    leaf = next(number for number in range(len(file.schema)) if file.schema.column(number).path == column)
    for number in range(file.num_row_groups):
        known = file.metadata.row_group(number).column(leaf).statistics
        if known is None or not known.has_min_max or (known.max >= least and known.min[: len(greatest)] <= greatest):
            yield number


class _Store:
    """A data folder that is looked through."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.segments = read_segments(data)

    # Ids.

    def by_id(self, query: str) -> list[Place]:
        """Documents, else records, whose id begins so."""
        if not _ID.fullmatch(query):
            return []
        documents = self.documents(lambda ids: pc.starts_with(ids, query))
        given = self.instructions(lambda ids: pc.starts_with(ids, query))
        gone = [_of_removed(row) for id, row in removed(self.data).items() if id.startswith(query)]
        others = {place.doc_id: place for place in (*given, *gone)}
        if documents or others:
            return [*documents, *(place for id, place in others.items() if id not in {p.doc_id for p in documents})]
        found = records(self.data, "id", [query], _OF_RECORD, prefix=True)
        return self._named(
            _of_record(self.data, part, row, 0, None) for part, table in found for row in table.to_pylist()
        )

    def documents(self, wanted: Callable[[pa.ChunkedArray], pa.ChunkedArray]) -> list[Place]:
        """The documents whose id a test lets through."""
        found = []
        for segment, ids in self._columns("doc_id"):
            if pc.any(chosen := wanted(ids)).as_py():
                rows = read_table(segment.files(self.data)[0], ["doc_id", "uris"]).filter(chosen)
                found += [_of_document(row, segment) for row in rows.to_pylist()]
        return sorted(found, key=lambda place: place.doc_id)

    def _columns(self, name: str) -> Iterator[tuple[Segment, pa.ChunkedArray]]:
        """One column of the documents of each segment."""
        for segment in self.segments:
            schema = pa.schema([DOCUMENT.field(name)])
            yield segment, read_table(segment.files(self.data)[0], [name], schema)[name]

    def instructions(self, wanted: Callable[[pa.Array], pa.Array]) -> list[Place]:
        """The files of instructions whose id a test lets through."""
        names = self._given()
        ids: set[str] = set()
        for path in [*parts(self.data / "instructions"), *parts(self.data / "instructions_dropped")]:
            ids.update(_doc_ids(read_table(path, ["provenance"])["provenance"].combine_chunks()).to_pylist())
        known = strings(sorted(ids))
        return [Place(doc_id=id, uris=tuple(names.get(id, ()))) for id in known.filter(wanted(known)).to_pylist()]

    def _given(self) -> dict[str, list[str]]:
        """Names of the files that were given to `corpus instruct`, by id; the rows themselves hold none."""
        names: dict[str, list[str]] = {}
        if (catalogue := self.data / GIVEN).exists():
            for path, (_, part) in sorted(read_json(catalogue).items()):
                if (file := location(part)).exists():  # what was taken down has none
                    with open_parquet(file) as opened:
                        for first in islice(opened.iter_batches(1, columns=["provenance"]), 1):
                            for doc_id in _doc_ids(first["provenance"]).to_pylist():
                                names.setdefault(doc_id, []).append(location(path).name)
        return names

    # Names.

    def by_name(self, query: str) -> list[Place]:
        """Documents of this name: the whole of it, or its end, or the end of the path that is given.

        Of several the one that has the bytes of the file at that path.
        """
        ranked: list[tuple[int, Place]] = []
        tail = _plain(query).rpartition("/")[2]
        if not tail or "\n" in query:
            return []
        spelt = {tail, unquote(tail), quote(tail), quote(unquote(tail))}
        written = "|".join(re.escape(each) for each in sorted(spelt))
        address = "://" in query or query.lower().startswith(("10.", "doi:"))
        for segment in self.segments:
            file = segment.files(self.data)[0]
            schema = pa.schema([DOCUMENT.field(name) for name in ("uris", *(["identifiers"] if address else []))])
            names = read_table(file, schema.names, schema)
            hit = _any_like(pc.list_flatten(names["uris"]), written)
            if address and not hit:
                values = pc.struct_field(pc.list_flatten(names["identifiers"]), "value")
                hit = _any_like(values, written)
            if hit:
                for row in read_table(file, ["doc_id", "uris", "identifiers"]).to_pylist():
                    known = [*row["uris"], *(pair["value"] for pair in row["identifiers"] or () if address)]
                    ranked.append((max(_rank(uri, query) for uri in known), _of_document(row, segment)))
        there = {place.doc_id for _, place in ranked}
        for doc_id, given in self._given().items():
            ranked.append((max(_rank(name, query) for name in given), Place(doc_id=doc_id, uris=tuple(given))))
        gone = [row for row in removed(self.data).values() if row["doc_id"] not in there]
        called = Pseudonyms(self.data) if gone else None
        for row in gone:
            # Names are not kept, so each that the query may end with is called as it would be.
            met = (name for name in _endings(query) if called and called(name) in row["places"])
            ranked.append((max((_rank(name, query) for name in met), default=0), _of_removed(row)))
        best = max((rank for rank, _ in ranked), default=0)
        places = [place for rank, place in ranked if rank == best > 0]
        if len(places) != 1 and not address and os.path.isfile(query):  # which no sentence is, however long
            doc_id = file_sha256(query)[:DOC_ID_DIGITS]
            places = (
                self.documents(lambda ids: among(ids, doc_id))
                or self.instructions(lambda ids: among(ids, doc_id))
                or places
            )
        return places

    # Sentences.

    def by_sentence(self, query: str) -> list[Place]:
        """Records that hold a sentence; or pages of documents that no build has seen; or the records that hold most of it.

        What no record holds, as it was redacted, may stand in the pages: it says which of several records is meant.
        """
        sentence = folded(query)
        if len(sentence) < GRAM or not _SEVERAL_WORDS.search(query):
            return []
        groups = row_groups(self.data, sentence)
        whole: list[Place] = []
        sure = [group for group in groups if group.share == 1]
        with progress("looking through the records", len(sure), "row groups") as tick:
            for group in sure:
                whole += self._holding(group, lambda text: _whole(text, sentence))
                tick()
                if len(whole) >= MOST_PLACES:
                    break
        if whole or (unseen := list(self._unseen(sentence))):
            return self._named(whole) or unseen
        likely = groups[:MOST_LIKELY]
        grams = [sentence[at : at + GRAM] for at in range(len(sentence) - GRAM + 1)]
        near = [
            place for group in likely for place in self._holding(group, lambda text: _nearly(text, sentence, grams))
        ]
        best = max((place.share for place in near), default=0.0)
        named = self._named(place for place in near if place.share == best)[:MOST_PLACES]
        if not named:
            return self._in_pages(sentence, None)
        meant = {place.doc_id for place in self._in_pages(sentence, {place.doc_id for place in named})}
        return [place for place in named if place.doc_id in meant] or named

    def _in_pages(self, sentence: bytes, among_these: set[str] | None) -> list[Place]:
        """Pages with a sentence whose names the records do not hold: of some documents, or of all."""
        wanted = None if among_these is None else strings(sorted(among_these))
        chosen = []
        for segment, ids in self._columns("doc_id"):
            its = (
                ids.combine_chunks() if wanted is None else ids.filter(pc.is_in(ids, value_set=wanted)).combine_chunks()
            )
            if len(its):
                chosen.append((segment, its))
        return list(self._pages_with(sentence, chosen, "looking through all pages"))

    def _holding(self, group: RowGroup, meets: Callable[[str], _Stretch | None]) -> Iterator[Place]:
        """The place in each record of a row group whose text meets the sentence."""
        table = open_parquet(group.file).read_row_group(group.number, columns=[*_OF_RECORD, "text"])
        for number, text in enumerate(table["text"].to_pylist()):
            if stretch := meets(text):
                (row,) = table.slice(number, 1).to_pylist()
                yield replace(_of_record(self.data, group.file, row, stretch.start, stretch.end), share=stretch.share)

    def _unseen(self, sentence: bytes) -> Iterator[Place]:
        """Pages with a sentence, of documents that are newer than the build."""
        tables = [open_parquet(path).read(columns=["doc_id"]) for kind in KINDS for path in parts(self.data / kind)]
        parts_of = [part for table in tables for part in table["doc_id"].chunks]
        seen = pa.chunked_array(parts_of, pa.string()).combine_chunks()
        stored = list(self._columns("doc_id"))
        ids = pa.chunked_array([part for _, column in stored for part in column.chunks], pa.string())
        unknown = pc.invert(pc.is_in(ids, value_set=seen))
        new, start = [], 0
        for segment, column in stored:
            here = unknown.slice(start, len(column))
            start += len(column)
            if pc.any(here).as_py():
                new.append((segment, column.filter(here).combine_chunks()))
        yield from self._pages_with(sentence, new, "looking through the pages that no build has seen")

    def _pages_with(self, sentence: bytes, chosen: Sequence[tuple[Segment, pa.Array]], doing: str) -> Iterator[Place]:
        """Pages of some documents of each segment over whose blocks a sentence stands."""
        with progress(doing, len(chosen), "segments") as tick:
            for segment, doc_ids in chosen:
                table = read_table(segment.files(self.data)[1], ["doc_id", "page", "blocks"])
                table = table.filter(pc.is_in(table["doc_id"], value_set=doc_ids))
                texts = iter(pc.struct_field(pc.list_flatten(table["blocks"]), "text").to_pylist())
                of_pages = (table["doc_id"], table["page"], pc.fill_null(pc.list_value_length(table["blocks"]), 0))
                for doc_id, page, count in zip(*(column.to_pylist() for column in of_pages), strict=True):
                    if blocks := _blocks_with(list(islice(texts, count)), sentence):
                        (place,) = self.documents(lambda ids, id=doc_id: among(ids, id))  # type: ignore[misc]
                        places = tuple((page, block) for block in blocks)
                        yield Place(doc_id=place.doc_id, uris=place.uris, segment=segment, blocks=places)
                tick()

    def _named(self, places: Iterable[Place]) -> list[Place]:
        """Places of records with the names of their documents."""
        places = list(places)
        wanted = {place.doc_id for place in places}
        known = {place.doc_id: place for place in self.documents(lambda ids: among(ids, *wanted))} if wanted else {}
        return [
            replace(place, uris=known[place.doc_id].uris, segment=known[place.doc_id].segment)
            if place.doc_id in known
            else place
            for place in places
        ]


def _of_document(row: Mapping[str, Any], segment: Segment) -> Place:
    return Place(doc_id=row["doc_id"], uris=tuple(row["uris"]), segment=segment)


def _of_removed(row: Mapping[str, Any]) -> Place:
    return Place(doc_id=row["doc_id"], pseudonyms=tuple(row["places"]))


def _doc_ids(provenance: pa.Array) -> pa.Array:
    """The documents that rows of instructions name, each once."""
    pairs = provenance.flatten()
    return pc.struct_field(pairs, "value").filter(among(pc.struct_field(pairs, "name"), "doc_id")).unique()


def _of_record(data: Path, part: Path, row: Mapping[str, Any], start: int, end: int | None) -> Place:
    """The place of a stretch of a record's text; of all of it without an end."""
    spans = [s for s in row["spans"] if s["end"] > start and (end is None or s["start"] < end)]
    blocks = sorted({(span["page"], span["block"]) for span in spans})
    kept = part.relative_to(data).parts[0] == "shards"
    return Place(doc_id=row["doc_id"], record=row["id"], kept=kept, part=part, blocks=tuple(blocks))


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Where a text holds a sentence, in characters, and what share of it."""

    start: int
    end: int
    share: float


def _whole(text: str, sentence: bytes) -> _Stretch | None:
    """Where a text holds a folded sentence."""
    start = folded(text).find(sentence)
    return _Stretch(*stretch_of(text, start, start + len(sentence)), 1.0) if start >= 0 else None


_NO_MARKS = marks(b"")


def _nearly(text: str, sentence: bytes, grams: Sequence[bytes]) -> _Stretch | None:
    """Where a text holds the greater part of a folded sentence, whose stretches of `GRAM` bytes are given."""
    within = folded(text)
    found = sorted(at for gram in grams if (at := within.find(gram)) >= 0)
    wanted = marks(sentence) if found else _NO_MARKS
    share = float(np.isin(wanted, marks(within)).mean()) if len(wanted) else 0.0
    if share < LEAST:
        return None
    near = [at for at in found if abs(at - found[len(found) // 2]) <= len(sentence)]
    return _Stretch(*stretch_of(text, near[0], near[-1] + GRAM), share)


def _blocks_with(blocks: Sequence[str], sentence: bytes) -> list[int]:
    """The blocks of a page over which a folded sentence stands, by their texts."""
    if folded("".join(blocks)).find(sentence) < 0:
        return []
    texts = [folded(text) for text in blocks]
    start = b"".join(texts).find(sentence)
    found, at = [], 0
    for number, text in enumerate(texts):
        if start >= 0 and text and at < start + len(sentence) and at + len(text) > start:
            found.append(number)
        at += len(text)
    return found


def _endings(name: str) -> list[str]:
    """A name, and what is left of it without its first folders."""
    parts = _SCHEME.sub("", name).rstrip("/").split("/")
    return list(dict.fromkeys([name, *("/".join(parts[start:]) for start in range(len(parts)))]))


def _any_like(names: pa.ChunkedArray, written: str) -> bool:
    """Whether a pattern is met in a name, whatever the capitals."""
    return bool(pc.any(pc.match_substring_regex(names, written, ignore_case=True)).as_py())


def _plain(name: str) -> str:
    """A name without a scheme and without what means nothing at its end; what is in an archive lies in it as in a folder."""
    bare = name[4:] if name[:4].lower() == "doi:" else name
    return _SCHEME.sub("", bare.partition("#")[0]).rstrip("/").replace("!", "/")


def _rank(uri: str, query: str) -> int:
    """How well a name is met: 0 not at all; the whole name counts more than the path's end, that more than the name's.

    Letter by letter counts more than with other capitals or signs spelt as in addresses, and a file more than the archive
    that it is in.
    """
    if uri == query:  # a row of a table is named by what stands behind its #
        return 40_000_000
    name, asked = _plain(uri), _plain(query)
    if rank := _met(name, asked):
        return 20_000_000 + rank
    name, asked = unquote(name).casefold(), unquote(asked).casefold()
    if rank := _met(name, asked):
        return 10_000_000 + rank
    archives = accumulate(uri.split("!")[:-1], "{}!{}".format)
    return max((_met(unquote(_plain(archive)).casefold(), asked) for archive in archives), default=0)


def _met(name: str, asked: str) -> int:
    if not name or not asked:
        return 0
    if name == asked:
        return 1_000_000
    if asked.endswith(f"/{name}"):
        return 1_000 + min(name.count("/"), 1_000)
    return 1 if name.endswith(f"/{asked}") else 0
