"""Documents of one work: an article as XML and as PDF, a book from two shops.

    documents ── keys ──> KEYS                         what tells that they are one work: DOI, PMID, PMCID, ISBN, title
    texts ── sketches ──> SKETCHES
    SKETCHES of some shingles ── shared ──> SHARED     who shares them
    SHARED of some documents ── contained ──> pairs of which one holds the other ── keys_of_contained ──> KEYS
    KEYS of one range of digests ── holders ──> HOLDERS   who shares a key; no title over years, no notice with its article
    HOLDERS of some documents ── works ──> WORKS

Keys only say who is compared. What goes is decided by the text alone (`corpus/duplicates/repeated.py`), so that a wrong key
costs nothing. No pass holds more than one range.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import combinations, groupby
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from corpus.duplicates.shingles import shingles, tokens
from medpress.schema import by_name
from medpress.writing_systems import HAN

NOTICES = Path(__file__).with_name("notices")
"""How titles of errata, retractions and comments begin, a file a language; a sign follows, as in `Erratum: …`."""
_KINDS_OF_NOTICE = frozenset(
    [
        "addendum",
        "article-commentary",
        "correction",
        "expression-of-concern",
        "partial-retraction",
        "reply",
        "retraction",
    ]
)
"""Values of JATS' `article-type` for a text about another article."""
_MARKUP = ("jats", "medline", "bioc", "docbook", "cnxml")
_PAGES = ("pdf", "image")
TITLE = "title:"
"""Begins a key that is a title."""
CONTAINED = "contained:"
"""Begins a key that two documents share since most of the shorter one stands in the other."""
_ALONE = "document:"
"""Begins a key that only one document has; with it stands what else tells of it."""
SKETCHED = 512
"""Of so many shingles one is compared over all documents: some ten of an article."""
MOST_HOLDERS = 8
"""Documents that hold a shingle from which on it is a phrase of many works, a licence's for example."""
FEWEST_SHARED = 3
"""Sketched shingles that two documents must share."""
SHORTEST_TITLE = 4
"""Words or Chinese characters; a shorter title (`Amoxicillin`) is that of many works."""
CONFIRMED = 0.5
"""Share of the shorter text, in tokens, that two documents must have in common to be one work.

Chosen on 52 articles as PDF and XML (least 0.81) against all pairs of two articles (most 0.04).
"""

KEYS = pa.schema(
    [
        pa.field("digest", pa.uint64()),
        pa.field("key", pa.string()),
        pa.field("doc_id", pa.string()),
        pa.field("year", pa.string()),
        pa.field("form", pa.int8()),
        pa.field("authors", pa.list_(pa.string())),
        pa.field("title", pa.string()),
    ]
)
"""A key of a document and the hash by which keys are laid into ranges; `year` when its edition appeared, `form` as in
`form_of`, authors' names folded."""
KEYS_ORDER = [("digest", "ascending"), ("doc_id", "ascending"), ("key", "ascending")]

WORKS = pa.schema(
    [
        pa.field("work", pa.string()),
        pa.field("doc_id", pa.string()),
        pa.field("year", pa.string()),
        pa.field("form", pa.int8()),
        pa.field("keys", pa.list_(pa.string())),
        pa.field("authors", pa.list_(pa.string())),
        pa.field("title", pa.string()),
    ]
)
"""A document that may be one work with others; `work` is the least doc_id of them. Sorted by work and document."""


@cache
def _notice() -> re.Pattern[str]:
    words = [line for path in sorted(NOTICES.glob("*.txt")) for line in path.read_text("utf-8").split("\n") if line]
    longest_first = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    return re.compile(rf"[\W\d_]*(?:{longest_first})(?: (?:to|for|of|on|in))?\s*(?:$|[^\w\s])", re.IGNORECASE)


def is_notice(title: str, kind: str) -> bool:
    """Whether a document speaks about another one: an erratum, a retraction, a comment; `kind` is JATS' article-type."""
    return kind in _KINDS_OF_NOTICE or _notice().match(title) is not None


def form_of(format: str, ocr_pages: int) -> int:
    """How true to the work a document is: 0 markup made for it, 1 other markup and plain text, 2 pages, 3 pages by OCR."""
    return 3 if ocr_pages else 0 if format in _MARKUP else 2 if format in _PAGES else 1


def keys(documents: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """`KEYS` rows of documents (doc_id, format, title, authors, date, version, identifiers, n_ocr_pages)."""
    rows = []
    for document in documents:
        named = by_name(document["identifiers"])
        if is_notice(document["title"], named.get("article_type", "")):
            continue
        found = [_ALONE + document["doc_id"], *_identifiers(named, _edition(document))]
        title = words(document["title"])
        if len(title) >= SHORTEST_TITLE:
            found.append(TITLE + " ".join(title))
        about = {
            "doc_id": document["doc_id"],
            "year": _year(document),
            "form": form_of(document["format"], document["n_ocr_pages"]),
            "title": " ".join(title),
            "authors": sorted({name for author in document["authors"] if (name := _name(author))}),
        }
        rows += [_keyed(key) | about for key in found]
    return rows


def _keyed(key: str) -> dict[str, Any]:
    return {"digest": xxhash.xxh3_64_intdigest(key.encode("utf-8", "surrogatepass")), "key": key}


SKETCHES = pa.schema(
    [
        pa.field("shingle", pa.uint64()),
        pa.field("doc_id", pa.string()),
        pa.field("size", pa.int32()),
    ]
)
"""A shingle of a document that is compared over all documents, and how many of these the document has."""


def sketches(doc_ids: Sequence[str], texts: Sequence[str]) -> pa.Table:
    """`SKETCHES` of the records of whole documents, each row once."""
    hashes, bounds = shingles(tokens(texts))
    chosen = hashes % np.uint64(SKETCHED) == 0
    owners = np.repeat(np.arange(len(texts)), np.diff(bounds))[chosen]
    ids = pa.array(doc_ids, pa.string()).take(pa.array(owners))
    once = pa.table([pa.array(hashes[chosen]), ids], SKETCHES.names[:2]).group_by(SKETCHES.names[:2]).aggregate([])
    sizes = pc.value_counts(once["doc_id"])
    size = sizes.field("counts").take(pc.index_in(once["doc_id"], sizes.field("values")))
    return once.append_column("size", size).cast(SKETCHES)


SHARED = pa.schema(
    [
        pa.field("a", pa.string()),
        pa.field("b", pa.string()),
        pa.field("shingles", pa.int64()),
        pa.field("least", pa.int32()),
    ]
)
"""Two documents, a < b, that share so many shingles; `least` is the size of the smaller sketch."""


def shared(sketches: pa.Table) -> pa.Table:
    """`SHARED` rows of all pairs that share a shingle of a range, from all `SKETCHES` of it."""
    ids = pc.unique(sketches["doc_id"]).sort()
    owner = pc.index_in(sketches["doc_id"], ids).to_numpy().astype(np.int64)
    shingle = sketches["shingle"].to_numpy()
    sizes = np.zeros(len(ids), dtype=np.int32)
    sizes[owner] = sketches["size"].to_numpy()
    order = np.lexsort((owner, shingle))
    owner, shingle = owner[order], shingle[order]
    starts = np.flatnonzero(np.diff(shingle, prepend=shingle[:1] ^ np.uint64(1)))
    counts = np.diff(starts, append=len(shingle))
    pairs = [np.empty(0, dtype=np.int64)]
    for held in range(2, MOST_HOLDERS + 1):
        holders = owner[starts[counts == held][:, None] + np.arange(held)]
        pairs += [holders[:, one] * len(ids) + holders[:, other] for one, other in combinations(range(held), 2)]
    found, times = np.unique(np.concatenate(pairs), return_counts=True)
    one, other = np.divmod(found, max(1, len(ids)))
    least = np.minimum(sizes[one], sizes[other])
    table = pa.table([ids.take(pa.array(one)), ids.take(pa.array(other)), times, least], schema=SHARED)
    return table.filter(pc.not_equal(table["a"], table["b"]))


def contained(shared: pa.Table) -> pa.Table:
    """The pairs (a, b) of which one document holds most of the other, from all `SHARED` rows of a range of documents."""
    pairs = shared.group_by(["a", "b"]).aggregate([("shingles", "sum"), ("least", "min")])
    wanted = pc.max_element_wise(pc.multiply(pairs["least_min"], CONFIRMED), float(FEWEST_SHARED))
    return (
        pairs.filter(pc.greater_equal(pairs["shingles_sum"], wanted))
        .select(["a", "b"])
        .sort_by([("a", "ascending"), ("b", "ascending")])
    )


def keys_of_contained(pairs: pa.Table, keys: pa.Table) -> pa.Table:
    """A key for each pair that `contained` finds, as `KEYS` rows of both, given `KEYS` of (at least) all of their documents.

    A document without keys is a notice, and no work with what it quotes.
    """
    about = {row["doc_id"]: row for row in keys.to_pylist()}
    rows = [
        about[doc_id] | _keyed(f"{CONTAINED}{pair['a']} {pair['b']}")
        for pair in pairs.to_pylist()
        if pair["a"] in about and pair["b"] in about
        for doc_id in (pair["a"], pair["b"])
    ]
    return pa.Table.from_pylist(rows, schema=KEYS).sort_by(KEYS_ORDER)


HOLDERS = pa.schema(
    [
        pa.field("a", pa.string()),
        pa.field("b", pa.string()),
        *(field for field in KEYS if field.name not in ("digest", "doc_id")),
    ]
)
"""A document `b` that shares a key with others, of which `a` has the least doc_id, and what is known of `b`."""


def holders(keys: pa.Table) -> pa.Table:
    """`HOLDERS` of the keys of a range, from all `KEYS` of it, the pairs' included."""
    counts = pc.value_counts(keys["key"])
    several = counts.field("values").filter(pc.greater(counts.field("counts"), 1))
    rows = keys.filter(pc.is_in(keys["key"], several)).sort_by([("key", "ascending"), ("doc_id", "ascending")])
    found = [
        {**row, "a": its[0]["doc_id"], "b": row["doc_id"]}
        for _, group in groupby(rows.to_pylist(), key=lambda row: row["key"])
        for its in _of_one_year(list(group))
        if len(its) > 1
        for row in its
    ]
    return pa.Table.from_pylist(found, schema=HOLDERS).sort_by([("b", "ascending"), ("key", "ascending")])


def works(holders: pa.Table, forest: pa.Table) -> pa.Table:
    """`WORKS` of the documents of a range, from all `HOLDERS` of it; `forest` says of each (a) the least of its work (b)."""
    rows = holders.sort_by([("b", "ascending"), ("key", "ascending")])
    work = forest["b"].take(pc.index_in(rows["b"], forest["a"].combine_chunks()))
    found: list[dict[str, Any]] = []
    for row, least in zip(rows.to_pylist(), work.to_pylist(), strict=True):
        if not found or found[-1]["doc_id"] != row["b"]:
            found.append({**row, "work": least, "doc_id": row["b"], "keys": []})
        found[-1]["keys"].append(row["key"])
    return pa.Table.from_pylist(found, schema=WORKS).sort_by([("work", "ascending"), ("doc_id", "ascending")])


def _of_one_year(rows: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Rows of one title by year; one without a year belongs to the others if these are of one year. An identifier is that
    of one edition, whatever dates its documents give."""
    if not rows[0]["key"].startswith(TITLE):
        return [rows]
    years = sorted({row["year"] for row in rows if row["year"]})
    if len(years) < 2:
        return [rows]
    return [[row for row in rows if row["year"] == year] for year in years]


_DIGITS = re.compile(r"\d+")
_DOI = re.compile(r"10\.\d{4,9}/\S+")


def _identifiers(named: Mapping[str, str], edition: str) -> Iterator[str]:
    if doi := _DOI.search(named.get("doi", "").lower()):
        yield f"doi:{doi[0].rstrip('.,;')}"
    for kind in ("pmid", "pmcid"):
        if number := _DIGITS.search(named.get(kind, "")):
            yield f"{kind}:{number[0]}"
    digits = re.sub(r"[^0-9X]", "", named.get("isbn", "").upper())
    if len(digits) in (10, 13):
        yield f"isbn:{digits[:-1][-9:]}|{edition}"  # ISBN-10 and ISBN-13 differ in what stands before and in the check digit


def _edition(document: Mapping[str, Any]) -> str:
    """The number or year of an edition, as stated."""
    found = _DIGITS.search(document["version"])
    return found[0] if found else ""


_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


def _year(document: Mapping[str, Any]) -> str:
    """When an edition appeared: a year in its title or edition, else that of its date; empty when unknown."""
    stated = _YEAR.search(f"{document['title']} {document['version']}") or _YEAR.match(document["date"])
    return stated[0] if stated else ""


_WORD = re.compile(rf"[{HAN}]|[^\W_{HAN}]+")


def words(text: str) -> list[str]:
    """Words of a text without accents and capitals; Chinese characters each for itself."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return _WORD.findall("".join(c for c in plain if not unicodedata.combining(c)))


def _name(author: str) -> str:
    """By what an author is looked for: the longest word of the name, or a Chinese name's characters in one order."""
    its = words(author)
    if len("".join(its)) == len(its):
        return "".join(sorted(its))
    return max(reversed(its), key=len, default="")


def names_in(text: str) -> set[str]:
    """All that may be a name in a text, as `_name` has it."""
    its = words(text)
    runs = ("".join(sorted(its[n : n + size])) for size in (2, 3, 4) for n in range(len(its)))
    return {*its, *runs}
