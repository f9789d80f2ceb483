"""Whether anything outside the raw part of a data folder tells who somebody is.

Everything is read: each string column of each dataset, cards, manifests, reports, logs, journals, names of files. Three
things are looked for: identifiers that no text needs, by the detector, run once more; the persons whom the documents' own
places, titles and authors tell (`nlp.phi.places`); and names of the files themselves. What is found is counted and never
quoted.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as kinds

from corpus.tables import row_groups
from medpress.schema import DOCUMENT
from medpress.store import open_parquet, parquet_files, parts, read_table
from medpress.tokenising import TOKENIZER_FILE
from nlp import phi
from nlp.phi.places import Finder, finder_of

RAW = ("documents", "pages", "work")
"""Folders of a data folder that hold raw text and names; all else holds none."""
RECORDS = ("shards", "dropped")
"""Datasets of records."""
NEVER_IN_A_TEXT = frozenset(("ID_CARD", "SSN", "PHONE", "RECORD", "BANK_CARD", "PASSPORT"))
"""Identifiers that no text needs; found after redaction, they fail the build."""
FEWEST_DIGITS = 8
"""A shorter number of somebody else's is a coincidence in a text; in a document's own records any that it told counts."""
TEXTS_AT_ONCE = 32
"""Texts that are looked at together."""
LINES_AT_ONCE = 1_000
"""Of a file that is no dataset; looked at in pieces of whole lines."""

_NUMBER = re.compile(r"\d[\d .-]{4,}\d")
_DOUBTFUL = re.compile(r"\d(?:[^\d\n]{0,9}\d){3}")
"""Four digits that stand near each other: the rules of `NEVER_IN_A_TEXT` want as many of the shortest record number."""
_NOTHING = Counter[str]()
_DIGEST = re.compile(r"\b(?=[0-9a-f-]*[a-f])[0-9a-f]{8,}(?:-[0-9a-f]+)*\b")
_APART = re.compile(r"[\s_,.-]+")
_TEXTS = ("text", "title", "section", "license", "source", "left_out")
"""Columns of a record that may speak of its own document's person."""


@dataclass(slots=True)
class Persons:
    """Whom the documents' surroundings tell."""

    of_document: dict[str, list[phi.Told]] = field(default_factory=dict)
    """By document; only those that tell somebody."""
    names: set[str] = field(default_factory=set)
    """Whole names, in small letters: words in their order and in the reverse, and Chinese names."""
    numbers: set[str] = field(default_factory=set)
    """Long numbers, digits only."""
    files: set[str] = field(default_factory=set)
    """Names of files, with their endings, that are not made of words that are nobody's."""
    _matcher: Any = None

    def add(self, row: dict[str, Any]) -> None:
        """A row of documents."""
        told = phi.told_of(row)
        if told:
            self.of_document[row["doc_id"]] = told
        for kind, value in told:
            words = value.lower().split()
            if kind == "NAME" and (
                len(words) > 1 or (len(value) > 2 and not value.isascii() and not value[0].isupper())
            ):
                self.names |= {" ".join(words), " ".join(reversed(words))}
            elif kind != "NAME" and len(value) >= FEWEST_DIGITS:
                self.numbers.add(value)
        for uri in row["uris"]:
            name = PurePosixPath(uri.partition("#")[0].rpartition("!")[2]).name
            if "." in name and phi.collection_name(PurePosixPath(name).stem) is None:
                self.files.add(name.lower())

    def in_text(self, text: str) -> Counter[str]:
        """Whole names and long numbers of anybody in a text."""
        found = Counter[str]()
        if self.names:
            # The separators of names of files and of sentences are one here; so a name is found in either.
            flat = _APART.sub(" ", text.lower())
            matches = self._automaton().find_matches_as_indexes(flat)
            found["NAME"] = sum(_stands_alone(flat, start, end) for _, start, end in matches)
        return found + self.numbers_in(text)

    def doubtful(self, texts: Sequence[str], rows: Sequence[int], whole: bool) -> Iterator[int]:
        """Those of some texts in which somebody may be named (where `whole`), or a long number stands.

        Texts are looked at many at a time, since in most there is nothing.
        """
        for start in range(0, len(rows), TEXTS_AT_ONCE):
            some = rows[start : start + TEXTS_AT_ONCE]
            joined = "\0".join(texts[row] for row in some)
            if (self.numbers_in(joined) if not whole else self.in_text(joined)).total():
                yield from some

    def numbers_in(self, text: str) -> Counter[str]:
        """Long numbers of anybody in a text."""
        hits = 0
        if self.numbers:
            for run in _NUMBER.findall(text):
                groups = re.findall(r"\d+", run)
                hits += "".join(groups) in self.numbers or any(group in self.numbers for group in groups)
        return Counter({"NUMBER": hits}) if hits else Counter()

    def files_in(self, text: str) -> Counter[str]:
        """Names of files in a text, whole."""
        words = re.findall(r"[^\s\"'<>/\\!,;|()\[\]]+\.[A-Za-z0-9]{2,5}", text.lower()) if self.files else []
        hits = sum(word in self.files for word in words)
        return Counter({"FILE NAME": hits}) if hits else Counter()

    def _automaton(self) -> Any:
        if self._matcher is None:
            from ahocorasick_rs import AhoCorasick, Implementation

            self._matcher = AhoCorasick(sorted(self.names), implementation=Implementation.ContiguousNFA)
        return self._matcher


def persons(data: Path) -> Persons:
    """Everybody whom the documents of a data folder tell."""
    found = Persons()
    columns = ["doc_id", "uris", "title", "authors", "identifiers", "source_type"]
    for path in parts(data / "documents"):
        for row in read_table(path, columns, _schema(columns)).to_pylist():
            found.add(row)
    return found


@dataclass(frozen=True, slots=True)
class Left:
    """Identifiers of a kind that stand somewhere outside the raw part."""

    kind: str
    """`NAME`, `NUMBER`, `FILE NAME`, or a kind of `nlp.phi.kinds`."""
    place: str
    """The dataset and column, or the file."""
    count: int
    """How many there are."""
    record: str = ""
    """The record, where it is in one."""


def identifiers_left(data: Path) -> Iterator[Left]:
    """What stands outside the raw part and tells who somebody is; never the value."""
    known = persons(data)
    for kind in RECORDS:
        for record, place, counts in _in_records(data / kind, known):
            yield from _left(counts, f"{kind}, {place}", record)
    for path in _others(data):
        place = path.relative_to(data).as_posix()
        kind = place.partition("/")[0]
        if told := known.in_text(place) + known.files_in(place):
            yield from _left(told, f"the name of a file in {kind}")
        texts = _of_parquet(path) if path.suffix == ".parquet" else _of_file(path)
        # The index repeats the texts of the shards, which were held against their own documents.
        anybody = known.numbers_in if kind == "index" else known.in_text
        for column, text in texts:
            counts = _hard(text) + anybody(text) + known.files_in(text)
            yield from _left(counts, f"{kind}, {column}" if column else kind if told else place)


def _left(counts: Counter[str], place: str, record: str = "") -> Iterator[Left]:
    for kind, count in counts.items():
        if count:
            yield Left(kind, place, count, record)


def _in_records(folder: Path, known: Persons) -> Iterator[tuple[str, str, Counter[str]]]:
    """(record, column, what is found) of records: of anybody, and in those of a document whatever it told of its own person."""
    if not parts(folder):
        return
    names = open_parquet(parts(folder)[0]).schema_arrow.names
    columns = [name for name in _TEXTS if name in names]  # an older build left nothing out
    finder = lru_cache(maxsize=1_024)(lambda doc_id: finder_of(known.of_document.get(doc_id, ())))
    for table in row_groups(folder, names):
        thorough = [phi.policy_for(kind or "") == "thorough" for kind in table["source_type"].to_pylist()]
        ids, records = table["doc_id"].to_pylist(), table["id"].to_pylist()
        for column in columns:
            values = table[column].to_pylist()
            texts = [value if isinstance(value, str) else "\n".join(map(_text_of, value or ())) for value in values]
            # An author of a book may be called like a patient; a number is nobody else's.
            for careful in (True, False):
                whole = careful or column == "source"
                for row in known.doubtful(
                    texts, [number for number, one in enumerate(thorough) if one == careful], whole
                ):
                    yield records[row], column, known.in_text(texts[row]) if whole else known.numbers_in(texts[row])
            for row, text in enumerate(texts):
                if not text:
                    continue
                if ids[row] in known.of_document:
                    yield records[row], column, _of_own(finder(ids[row]), text)
                if hard := _hard(text):
                    yield records[row], column, hard
        for column, text in _strings(table.drop_columns(columns)):
            yield "", column, _hard(text) + known.in_text(text)


def _text_of(entry: str | Mapping[str, Any]) -> str:
    """A heading, or a stretch that was left out."""
    return entry if isinstance(entry, str) else entry["text"]


def _of_own(finder: Finder | None, text: str) -> Counter[str]:
    return Counter(span.type for span in finder.find(text)) if finder else Counter()


def _hard(text: str) -> Counter[str]:
    """Identifiers that no text needs; in a text without `_DOUBTFUL` there is none."""
    if not _DOUBTFUL.search(text) or not phi.may_hold(text, NEVER_IN_A_TEXT, "precise"):
        return _NOTHING
    return Counter(span.type for span in phi.find(text, policy="precise") if span.type in NEVER_IN_A_TEXT)


def _others(data: Path) -> Iterator[Path]:
    """All files outside the raw part, but for the records themselves and for tokenizers."""
    for place in sorted(data.iterdir()):
        if place.is_dir() and place.name not in RAW:
            records = set(parquet_files(place)) if place.name in RECORDS else set()
            for path in sorted(place.rglob("*")):
                if path.is_file() and path not in records and path.name != TOKENIZER_FILE:
                    yield path
        elif place.is_file():
            yield place


def _of_parquet(path: Path) -> Iterator[tuple[str, str]]:
    file = open_parquet(path)
    for number in range(file.num_row_groups):
        yield from _strings(file.read_row_group(number))


def _strings(table: pa.Table) -> Iterator[tuple[str, str]]:
    """(column, text) of all different strings of a table, however deep, but for digests."""
    for name in table.column_names:
        for leaf in _leaves(pa.concat_arrays(table[name].chunks) if table[name].num_chunks else table[name]):
            values = pc.unique(leaf).drop_null()
            values = values.filter(pc.invert(pc.match_substring_regex(values, r"^[0-9a-f]{16,}$")))
            for text in values.to_pylist():
                yield name, text


def _leaves(array: pa.Array) -> Iterator[pa.Array]:
    if kinds.is_string(array.type) or kinds.is_large_string(array.type):
        yield array
    elif kinds.is_dictionary(array.type):
        yield from _leaves(array.dictionary)
    elif kinds.is_list(array.type) or kinds.is_large_list(array.type):
        yield from _leaves(array.flatten())
    elif kinds.is_struct(array.type):
        for inner in array.flatten():
            yield from _leaves(inner)


def _of_file(path: Path) -> Iterator[tuple[str, str]]:
    """("", text) of a file that is no dataset, in pieces, without digests; of JSON only its strings."""
    as_json = path.suffix in (".json", ".jsonl")
    with path.open("rb") as file:
        if path.suffix == ".json":
            pieces: Iterable[str] = [file.read().decode("utf-8", "replace")]
        else:
            pieces = (
                b"".join(lines).decode("utf-8", "replace")
                for lines in iter(lambda: list(islice(file, LINES_AT_ONCE)), [])
            )
        for piece in pieces:
            text = "\n".join(_of_json(piece)) if as_json else piece
            yield "", _DIGEST.sub(" ", text)


def _of_json(text: str) -> Iterator[str]:
    """Strings and keys of one value, or of one value a line; a line that is no JSON as it is."""
    try:
        yield from _inside(json.loads(text))
        return
    except (ValueError, RecursionError):
        pass
    for line in text.splitlines():
        try:
            yield from _inside(json.loads(line))
        except (ValueError, RecursionError):
            yield line


def _inside(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            yield from one
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether a name of letters is no part of a longer word; Chinese has none."""
    if not text[start].isascii():
        return True
    return not (start and text[start - 1].isalpha()) and not (end < len(text) and text[end].isalpha())


def _schema(columns: Iterable[str]) -> pa.Schema:
    return pa.schema([DOCUMENT.field(name) for name in columns])
