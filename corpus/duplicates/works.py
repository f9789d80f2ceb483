"""Documents of one work: an article as XML and as PDF, a book from two shops.

    documents ── keys ──> KEYS           what tells that documents are one work: DOI, PMID, PMCID, ISBN, title
    KEYS of all documents ── works ──> WORKS           who shares a key; no title over years, no notice with its article
    texts of one work ── compare ──> what each of its documents repeats of better ones

Keys only say who is compared. What goes is decided by the text alone: a sentence goes when a better document of the work
has it (`compare`), so that a wrong key costs nothing, and what only one document holds stays.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations, groupby
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from corpus.duplicates.graph import components
from corpus.duplicates.shingles import SHINGLE_TOKENS, shingles, tokens
from medpress.schema import by_name
from nlp.normalise import HAN

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
_TITLE = "title:"
"""Begins a key that is a title."""
_CONTAINED = "contained:"
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
HELD = 0.5
"""Share of a sentence's tokens from which on a better document has it, where an identifier says that both are one work:
between the two stand the marks, ligatures and formulas that a PDF loses. Chosen on the same articles: at 0.3 and 0.5 the
same sentences go but for a fifteenth."""
FEWEST_TOKENS = 8
"""Tokens of a stretch that can be told to stand elsewhere, or not to; a shorter one goes with what is around it."""
_OPENING = 6_000
"""Characters at the beginning of a document in which its title stands, behind an address of the journal or an abstract."""
_TOLD_AUTHORS = 3
"""Authors who must be named in the text of a document that lists none."""

KEYS = pa.schema(
    [
        pa.field("key", pa.string()),
        pa.field("doc_id", pa.string()),
        pa.field("year", pa.string()),
        pa.field("form", pa.int8()),
        pa.field("authors", pa.list_(pa.string())),
        pa.field("title", pa.string()),
    ]
)
"""A key of a document; `year` when its edition appeared, `form` as in `form_of`, authors' names folded."""

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
        title = _words(document["title"])
        if len(title) >= SHORTEST_TITLE:
            found.append(_TITLE + " ".join(title))
        about = {
            "doc_id": document["doc_id"],
            "year": _year(document),
            "form": form_of(document["format"], document["n_ocr_pages"]),
            "title": " ".join(title),
            "authors": sorted({name for author in document["authors"] if (name := _name(author))}),
        }
        rows += [{"key": key, **about} for key in found]
    return rows


SKETCHES = pa.schema([pa.field("shingle", pa.uint64()), pa.field("doc_id", pa.string())])
"""A shingle of a document that is compared over all documents."""


def sketches(doc_ids: Sequence[str], texts: Sequence[str]) -> pa.Table:
    """`SKETCHES` of records, each row once."""
    hashes, bounds = shingles(tokens(texts))
    chosen = hashes % np.uint64(SKETCHED) == 0
    owners = np.repeat(np.arange(len(texts)), np.diff(bounds))[chosen]
    ids = pa.array(doc_ids, pa.string()).take(pa.array(owners))
    return pa.table([pa.array(hashes[chosen]), ids], schema=SKETCHES).group_by(SKETCHES.names).aggregate([])


def contained(table: pa.Table) -> list[tuple[str, str]]:
    """Pairs of documents of which one holds most of the other, by the `SKETCHES` of all.

    `doc_id` may be a dictionary of one for all chunks: ids are numbers here, since there may be many millions of rows.
    """
    ids = table["doc_id"].combine_chunks()
    ids = ids if pa.types.is_dictionary(ids.type) else ids.dictionary_encode()
    owner, shingle = ids.indices.to_numpy(), table["shingle"].to_numpy()
    sizes = np.bincount(owner, minlength=len(ids.dictionary))
    order = np.argsort(shingle, kind="stable")
    owner, shingle = owner[order], shingle[order]
    starts = np.flatnonzero(np.diff(shingle, prepend=shingle[:1] ^ np.uint64(1)))
    counts = np.diff(starts, append=len(shingle))
    held = (counts > 1) & (counts <= MOST_HOLDERS)
    holders = (owner[start : start + count].tolist() for start, count in zip(starts[held], counts[held], strict=True))
    pairs = Counter(pair for some in holders for pair in combinations(sorted(some), 2))
    named = ids.dictionary
    return sorted(
        (min(names), max(names))
        for (one, other), count in pairs.items()
        if count >= max(FEWEST_SHARED, CONFIRMED * min(sizes[one], sizes[other]))
        for names in [(named[one].as_py(), named[other].as_py())]
    )


def works(table: pa.Table, pairs: Sequence[tuple[str, str]]) -> pa.Table:
    """`WORKS` of all documents that share a key, from the `KEYS` of all of them and the pairs that `contained` finds."""
    ids = pa.array(sorted({doc_id for pair in pairs for doc_id in pair}), pa.string())
    counts = pc.value_counts(table["key"])
    several = counts.field("values").filter(pc.greater(counts.field("counts"), 1))
    shared = table.filter(pc.or_(pc.is_in(table["key"], several), pc.is_in(table["doc_id"], ids)))
    rows = shared.sort_by([("key", "ascending"), ("doc_id", "ascending")]).to_pylist()
    row_of = {row["doc_id"]: row for row in rows}
    for one, other in pairs:
        if one in row_of and other in row_of:  # neither is a notice
            rows += [{**row_of[doc_id], "key": f"{_CONTAINED}{one} {other}"} for doc_id in (one, other)]
    edges: list[tuple[str, str]] = []
    about: dict[str, dict[str, Any]] = {}
    for _, group in groupby(rows, key=lambda row: row["key"]):
        for its in _of_one_year(list(group)):
            for row in its if len(its) > 1 else ():
                edges.append((its[0]["doc_id"], row["doc_id"]))
                known = about.setdefault(row["doc_id"], {**row, "keys": []})
                known["keys"].append(row["key"])
    documents = sorted(about)
    number = {doc_id: place for place, doc_id in enumerate(documents)}
    ends = np.array([[number[one], number[other]] for one, other in edges], dtype=np.int64).reshape(-1, 2)
    labels = components(len(documents), ends[:, 0], ends[:, 1])
    least: dict[int, str] = {}
    for doc_id, label in zip(documents, labels.tolist(), strict=True):
        least.setdefault(label, doc_id)
    found = [{**about[doc_id], "work": least[label]} for doc_id, label in zip(documents, labels.tolist(), strict=True)]
    return pa.Table.from_pylist(found, schema=WORKS).sort_by([("work", "ascending"), ("doc_id", "ascending")])


@dataclass(frozen=True, slots=True)
class Text:
    """A record of a document."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Source:
    """A document of a work, with its records."""

    doc_id: str
    form: int
    """As in `form_of`."""
    year: str
    """When its edition appeared; empty when unknown."""
    keys: frozenset[str]
    authors: tuple[str, ...]
    """Names, folded."""
    title: str
    """Its words, folded."""
    texts: Sequence[Text]
    """All of its records, in order."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """A record that repeats, in part or whole, what a better document of its work says."""

    id: str
    doc_id: str
    stretches: tuple[tuple[int, int], ...]
    """What it repeats, in order; none when nothing else is in it."""
    share: float
    """Of its tokens that stand in better documents."""
    of: str
    """The record that has most of it."""
    of_document: str
    """The document of that one."""


def compare(sources: Sequence[Source]) -> list[Repeated]:
    """What the documents of one work repeat of better ones.

    Better is the truer form, then the longer text, then the lesser id. A document that shares an identifier with a better
    one repeats it if half of the shorter text stands in the other. One that shares only a title must be by the same authors
    too. Unless it has another form and is of the same year, it may be another edition, which differs in a word: then a
    sentence goes only when it stands in a better one to the letter.
    """
    sizes = {source.doc_id: sum(len(text.text) for text in source.texts) for source in sources}
    order = sorted(sources, key=lambda source: (source.form, -sizes[source.doc_id], source.doc_id))
    texts = [(text, source) for source in order for text in source.texts]
    batch = tokens([text.text for text, _ in texts])
    hashes, bounds = shingles(batch)
    record = np.repeat(np.arange(len(texts)), np.diff(bounds))
    _, first, place = np.unique(hashes, return_index=True, return_inverse=True)
    best = record[first[place]]
    """Of each shingle the record of the best document that has it."""
    found: list[Repeated] = []
    ends = np.cumsum([len(source.texts) for source in order])
    for number, source in enumerate(order):
        held = _least_share(source, order[:number])
        if held is None:
            continue
        its = range(ends[number] - len(source.texts), ends[number])
        covered = [_covered(best[bounds[n] : bounds[n + 1]] < its.start) for n in its]
        size = int(batch.bounds[its.stop] - batch.bounds[its.start])
        if sum(int(each.sum()) for each in covered) < CONFIRMED * min(size, int(batch.bounds[its.start])):
            continue
        for n, known_tokens in zip(its, covered, strict=True):
            stretches, rest = _stretches(texts[n][0].text, known_tokens, held) if known_tokens.any() else ((), 0)
            if not stretches:
                continue
            holders = best[bounds[n] : bounds[n + 1]]
            text, of = texts[n][0], int(np.bincount(holders[holders < its.start]).argmax())
            whole = rest < FEWEST_TOKENS
            share = float(known_tokens.mean())
            found.append(
                Repeated(
                    text.id, source.doc_id, () if whole else stretches, share, texts[of][0].id, texts[of][1].doc_id
                )
            )
    return found


def _least_share(source: Source, better: Sequence[Source]) -> float | None:
    """From which share of its tokens on a sentence of a document is held by better ones; None: it is another work."""
    if any(not key.startswith((_TITLE, _CONTAINED)) for other in better for key in source.keys & other.keys):
        return HELD
    alike = [other for other in better if source.keys & other.keys and _same_authors(source, other)]
    if any(source.form != other.form and _is_same_edition(source, other) for other in alike):
        return HELD
    return 1.0 if any(key.startswith(_TITLE) for other in alike for key in source.keys & other.keys) else None


def _is_same_edition(one: Source, other: Source) -> bool:
    """Whether two documents by the same authors have one title, which may stand in the text of one only, and no two years:
    what is printed at the turn of one bears both."""
    if one.year and other.year and abs(int(one.year) - int(other.year)) > 1:
        return False
    return one.title == other.title or _begins_with(one, other.title) or _begins_with(other, one.title)


def _begins_with(source: Source, title: str) -> bool:
    """Whether a title stands near the beginning of a document."""
    opening = " ".join(_words("\n".join(text.text for text in source.texts)[:_OPENING]))
    return title.count(" ") + 1 >= SHORTEST_TITLE and f" {title} " in f" {opening} "


def _same_authors(one: Source, other: Source) -> bool:
    """Whether two documents name the same authors, one of them perhaps only in its text."""
    mine, others = {*one.authors}, {*other.authors}
    if mine and others:
        return 2 * len(mine & others) >= min(len(mine), len(others))
    names, unnamed = (mine, other) if mine else (others, one)
    found = names & _names_in(" ".join(text.text for text in unnamed.texts))
    return bool(names) and len(found) >= min(_TOLD_AUTHORS, len(names))


def _covered(hit: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which tokens of a text stand in a shingle that is known, given which shingles are."""
    if not len(hit):
        return np.zeros(0, dtype=np.bool_)
    steps = np.zeros(len(hit) + SHINGLE_TOKENS, dtype=np.int64)
    steps[:-SHINGLE_TOKENS] += hit
    steps[SHINGLE_TOKENS:] -= hit
    return np.cumsum(steps)[:-1] > 0


_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+|(?<=[。！？；])\s*|\n+")


def _stretches(text: str, covered: NDArray[np.bool_], held: float) -> tuple[tuple[tuple[int, int], ...], int]:
    """The stretches of a text that go, and how many tokens are left; `covered` tells of each token whether it is known."""
    begins = tokens([text]).begins
    cuts = [0, *(match.end() for match in _SENTENCE_END.finditer(text)), len(text)]
    edges = np.searchsorted(begins, cuts)
    sentences: list[list[Any]] = []  # [start, end, tokens, goes]
    for number in range(len(cuts) - 1):
        first, last = int(edges[number]), int(edges[number + 1])
        if cuts[number] == cuts[number + 1]:
            continue
        goes = first < last and float(covered[first:last].mean()) >= held
        if sentences and (first == last or sentences[-1][3] == goes):
            sentences[-1][1], sentences[-1][2] = cuts[number + 1], sentences[-1][2] + last - first
        else:
            sentences.append([cuts[number], cuts[number + 1], last - first, goes])
    # What is too short to tell goes with what is around it: first what seems to be held, then what does not.
    for judged in (True, False):
        for run in sentences:
            if run[3] is judged and run[2] < FEWEST_TOKENS and len(sentences) > 1 and (judged or held < 1):
                run[3] = not judged
        sentences = _joined(sentences)
    going = tuple((start, end) for start, end, _, goes in sentences if goes)
    return going, sum(count for _, _, count, goes in sentences if not goes)


def _joined(runs: Sequence[list[Any]]) -> list[list[Any]]:
    joined: list[list[Any]] = []
    for start, end, count, goes in runs:
        if joined and joined[-1][3] == goes:
            joined[-1][1], joined[-1][2] = end, joined[-1][2] + count
        else:
            joined.append([start, end, count, goes])
    return joined


def _of_one_year(rows: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Rows of one title by year; one without a year belongs to the others if these are of one year. An identifier is that
    of one edition, whatever dates its documents give."""
    if not rows[0]["key"].startswith(_TITLE):
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


def _words(text: str) -> list[str]:
    """Words of a text without accents and capitals; Chinese characters each for itself."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return _WORD.findall("".join(c for c in plain if not unicodedata.combining(c)))


def _name(author: str) -> str:
    """By what an author is looked for: the longest word of the name, or a Chinese name's characters in one order."""
    words = _words(author)
    if len("".join(words)) == len(words):
        return "".join(sorted(words))
    return max(reversed(words), key=len, default="")


def _names_in(text: str) -> set[str]:
    """All that may be a name in a text, as `_name` has it."""
    words = _words(text)
    runs = ("".join(sorted(words[n : n + size])) for size in (2, 3, 4) for n in range(len(words)))
    return {*words, *runs}
