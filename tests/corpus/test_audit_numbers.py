"""Every number of the report is counted again from the rows of the datasets, in Python instead of SQL, and the funnel closes.

A figure without a count of its own here fails the test. The build has something for each: duplicates, short records, relations,
reviews, a takedown, a page that differs from its source, quarantined records, augmented text, an earlier audit.
"""

from __future__ import annotations

import csv
import hashlib
import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from small_build import build, doc_id, rows, story, write_documents

from corpus.audit.database import common_terms
from corpus.audit.run import audit
from corpus.card.composition import read_composition
from corpus.card.readme import readme
from corpus.filters import FilterConfig
from corpus.review.run import sample
from corpus.review.verdicts import take_in
from corpus.takedown import remove
from medpress.schema import BOILERPLATE, DOCUMENT, PAGE, QUARANTINE, RECORD, REMOVED, by_name
from medpress.store import (
    parts,
    publish_tables,
    read_dataset,
    read_json,
    read_manifest,
    read_table,
    table_of,
    write_manifest,
    write_rows,
)

Rows = list[dict[str, Any]]
DOCUMENTS = 210
REVIEWED = 200


def _relate(data: Path) -> None:
    """Relations, two topics and an augmented record, as a build with a model has them."""
    file = parts(data / "shards")[0]
    kept = read_dataset(data / "shards", RECORD).to_pylist()
    for number, row in enumerate(kept):
        places = [n for n, one in enumerate(row["entities"]) if one["label"] in ("drug", "disease")]
        if len(places) >= 2:
            polarity = "negative" if number % 7 == 0 else "positive"
            row["relations"] = [{"head": places[0], "tail": places[1], "label": "treats", "polarity": polarity, "score": 0.5,
                                 "evidence_start": 0, "evidence_end": 1, "rule": "test"}]  # fmt: skip
    kept[5] |= {"augmentation": "cloze", "parent_id": kept[6]["id"]}
    for other in parts(data / "shards"):
        other.unlink()
    write_rows(file, sorted(kept, key=lambda row: row["id"]), RECORD)
    config = read_manifest(data / "shards")["config"] | {"augment": {"max_share": 0.5}}
    write_manifest(data / "shards", kind="shards", config=config, versions={})


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("numbers")
    data = folder / "data"
    texts = {
        f"{n}.txt": f"{story(n, 4 + n % 3)}\n\nGive {n + 2} mg of metformin for diabetes." for n in range(DOCUMENTS)
    }
    write_documents(data, texts)
    write_documents(
        data, {"copy.txt": f"{texts['3.txt']}\n", "short.txt": "Too short.", "gone.txt": story(900)}, source="b"
    )
    write_documents(
        data, {"call.txt": f"Telephone 617-555-0142. {story(901)}"}, source="notes", source_type="note", license=""
    )
    write_documents(data, {"scan.txt": f"{story(902)}\f{story(903)}"}, source="b", confidence=0.9)
    build(data, filters=FilterConfig(use=("length",)))
    audit(data)  # the build that this one is held against
    remove(data, [doc_id(story(900))], "consent withdrawn", "the officer", ())
    _relate(data)
    pages = parts(data / "pages")[0]
    first = _of(pages, PAGE)
    first[0] |= {"coverage": 0.5, "inflation": 0.75, "numbers_new": ["8"], "numbers_lost": ["5", "6"]}
    write_rows(pages, first, PAGE)
    lost = [{"doc_id": doc_id(story(902)), "place": None, "page": 2, "record_id": None, "stage": "read", "kind": "timeout", "message": "slow"},
            {"doc_id": "d" * 24, "place": None, "page": None, "record_id": "r" * 24, "stage": "score", "kind": "crash", "message": "no"}]  # fmt: skip
    publish_tables(data / "quarantine", "quarantine.parquet", [table_of(lost, QUARANTINE)], QUARANTINE)
    write_manifest(data / "quarantine", kind="quarantine", config={}, versions={})
    form = folder / "sample.csv"
    assert sample(data, REVIEWED, "1", [], "csv", form) == REVIEWED
    with form.open(encoding="utf-8-sig", newline="") as lines:
        said = [row | {"verdict": "drop" if n % 20 == 0 else "keep"} for n, row in enumerate(csv.DictReader(lines))]
    with form.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, said[0])
        writer.writeheader()
        writer.writerows(said)
    assert take_in(data, form).verdicts == REVIEWED
    audit(data)
    return data


def _of(file: Path, schema: pa.Schema) -> Rows:
    told: Rows = read_table(file, schema=schema).to_pylist()
    return told


class Counted:
    """The datasets, and what each figure of the report must say."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.kept, self.dropped = rows(data, "shards"), rows(data, "dropped")
        self.documents = read_dataset(data / "documents", DOCUMENT).to_pylist()
        self.pages = read_dataset(data / "pages", PAGE).to_pylist()
        self.boilerplate = read_dataset(data / "boilerplate", BOILERPLATE).to_pylist()
        self.quarantine = read_dataset(data / "quarantine", QUARANTINE).to_pylist()
        self.history = read_json(data / "audit.history.json")
        self.filters = read_manifest(data / "shards")["config"]["filters"]
        self.tokens = sum(row["n_tokens"] for row in self.kept)

    # For the data engineer.

    def funnel(self) -> Rows:
        gone = defaultdict(list)
        for row in self.dropped:
            if row["augmentation"] is None:
                gone[f"out: {row['stage']}"].append(row["doc_id"])
        steps = sorted(gone.items(), key=lambda one: (-len(one[1]), one[0]))
        broken = [row["doc_id"] for row in self.quarantine if row["record_id"] and row["stage"] != "augment"]
        source = [row["doc_id"] for row in self.kept if row["augmentation"] is None]
        cut = left = len(source) + sum(len(ids) for _, ids in steps) + len(broken)
        told = [{"step": "cut from documents", "documents": len(self.documents), "records out": 0, "records left": cut}]
        for name, ids in [*steps, ("could not be processed", broken)]:
            left -= len(ids)
            told.append({"step": name, "documents": len(set(ids)), "records out": len(ids), "records left": left})
        assert left == len(source), "the funnel closes"
        told.append({"step": "in the shards", "documents": len(set(source)), "records out": 0, "records left": left})
        return [row | {"share": row["records left"] / cut} for row in told]

    def dropped_(self) -> Rows:
        return [
            {"stage": stage, "reason": reason, "records": len(some), "documents": _documents(some),
             "characters": sum(len(row["text"]) for row in some), "share": len(some) / len(self.dropped)}
            for (stage, reason), some in _groups(self.dropped, "stage", "reason")
        ]  # fmt: skip

    def dropped_samples(self) -> Rows:
        return [
            {"step": f"out: {stage}", "reason": reason, **{name: row[name] for name in ("id", "value", "threshold")}, "text": row["text"][:300]}
            for (stage, reason), some in _groups(self.dropped, "stage", "reason")
            for row in sorted(some, key=lambda row: hashlib.md5(row["id"].encode()).hexdigest())[:3]
        ]  # fmt: skip

    def thresholds(self) -> Rows:
        told = []
        for name, bound in self.filters.items():
            score, least = name[4:], name.startswith("min_")
            values = [
                by_name(row["quality"])[score]
                for row in (*self.kept, *self.dropped)
                if score in by_name(row["quality"])
            ]
            if name[:4] not in ("min_", "max_") or not isinstance(bound, int | float) or not bound or not values:
                continue
            counts = [sum(v < bound * f if least else v > bound * f for v in values) for f in (1, 0.5, 0.8, 1.25, 2)]
            named = ("refused", "at 0.5 times", "at 0.8 times", "at 1.25 times", "at 2 times")
            told.append({"score": score, "wanted": "at least" if least else "at most", "bound": bound, "records": len(values),
                         **dict(zip(named, counts, strict=True))})  # fmt: skip
        return told

    def duplicates(self) -> Rows:
        sources = {row["id"]: row["source"] for row in self.kept}
        return [
            {"kept": row["duplicate_of"], "dropped": row["id"], "stage": row["stage"], "alike": row["value"],
             "source_of_kept": sources.get(row["duplicate_of"]), "source_of_dropped": row["source"], "text": row["text"][:300]}
            for row in self.dropped if row["duplicate_of"]
        ]  # fmt: skip

    def reviews(self) -> Rows:
        size, hits = REVIEWED, REVIEWED - REVIEWED // 20
        # The ends are the shares that lie 1.96 standard errors from what was seen: the roots of Wilson's equation.
        z = statistics.NormalDist().inv_cdf(0.975)
        a, b, c = 1 + z * z / size, -(2 * hits / size + z * z / size), (hits / size) ** 2
        low, high = sorted((-b + sign * math.sqrt(b * b - 4 * a * c)) / (2 * a) for sign in (-1, 1))
        return [{"sample": f"{size} at random, seed 1", "reviewed": size, "kept": hits, "precision_share": hits / size,
                 "low_share": low, "high_share": high}]  # fmt: skip

    def _composition(self) -> dict[str, Counter[str]]:
        told: dict[str, Counter[str]] = defaultdict(Counter)
        for row in self.kept:
            topics = by_name(row["topics"])
            step = "0" if row["n_tokens"] < 1 else f"from {2 ** (row['n_tokens'].bit_length() - 1)} tokens"
            values = {"source type": row["source_type"], "source": row["source"], "language": row["lang"], "licence": row["license"].strip(),
                      "specialty": topics.get("specialty", ""), "kind": topics.get("kind", ""),
                      "augmentation": row["augmentation"] or "", "length": step}  # fmt: skip
            for what, name in values.items():
                told[what][name] += row["n_tokens"]
        return told

    def trend(self) -> Rows:
        before, now = (one["composition"] for one in self.history)
        assert now == self._composition()
        moved = max(
            0.5 * sum(abs(now[what].get(n, 0) / sum(now[what].values()) - before[what].get(n, 0) / sum(before[what].values()))
                      for n in {*now[what], *before[what]})
            for what in now
        )  # fmt: skip
        counts = {
            "documents": len(self.documents),
            "records": len(self.kept),
            "tokens": self.tokens,
            "dropped": len(self.dropped),
        }
        assert self.history[1].items() >= counts.items()
        named = ("build", "audited", "documents", "records", "tokens", "dropped", "gates failed")
        return [
            {name: one[name] for name in named} | {"moved_share": share}
            for one, share in zip(self.history, (None, moved), strict=True)
        ]

    def moved(self) -> Rows:
        before, now = (one["composition"] for one in self.history)
        return [
            {"what": what, "name": name, "tokens_before": old, "tokens_now": new,
             "before_share": old / sum(before[what].values()), "now_share": new / sum(now[what].values())}
            for what in now for name in {*now[what], *before[what]}
            for old, new in [(before[what].get(name, 0), now[what].get(name, 0))] if old != new
        ]  # fmt: skip

    def inputs(self) -> Rows:
        return [
            {"source": source, "source_type": kind, "format": form, "documents": len(some), "pages": sum(row["n_pages"] for row in some),
             "pages_by_ocr": sum(row["n_ocr_pages"] for row in some)}
            for (source, kind, form), some in _groups(self.documents, "source", "source_type", "format")
        ]  # fmt: skip

    def outputs(self) -> Rows:
        return [
            {"source": source, "source_type": kind, "lang": lang, "records": len(some), "tokens": _tokens(some),
             "augmented": sum(row["augmentation"] is not None for row in some),
             "in_clusters": sum(row["dup_cluster"] is not None for row in some), "share": _tokens(some) / self.tokens}
            for (source, kind, lang), some in _groups(self.kept, "source", "source_type", "lang")
        ]  # fmt: skip

    def pages_(self) -> Rows:
        told = []
        for (route, reason), some in _groups(self.pages, "route", "reason"):
            sure = [row["confidence"] for row in some if row["confidence"] is not None]
            told.append({"route": route, "reason": reason, "pages": len(some), "share": len(some) / len(self.pages),
                         "mean_confidence": sum(sure) / len(sure) if sure else None})  # fmt: skip
        return told

    def worst_pages(self) -> Rows:
        return [
            {**{name: row[name] for name in ("doc_id", "page", "route", "coverage", "inflation")},
             "numbers_lost": len(row["numbers_lost"] or ()), "numbers_new": len(row["numbers_new"] or ())}
            for row in self.pages if row["coverage"] < 1 or row["inflation"] > row["coverage"] or row["numbers_new"]
        ]  # fmt: skip

    def boilerplate_(self) -> Rows:
        names = ("source", "documents", "of_documents", "action", "taken_out")
        return [{name: row[name] for name in names} | {"text": row["text"][:300]} for row in self.boilerplate]

    def quarantine_(self) -> Rows:
        return [
            {"what": row["record_id"] or row["doc_id"] or row["place"], **{n: row[n] for n in ("page", "stage", "kind", "message")}}
            for row in self.quarantine
        ]  # fmt: skip

    # For the clinician.

    def specialties(self) -> Rows:
        told: dict[tuple[str, ...], Rows] = defaultdict(list)
        for row in self.kept:
            topics = by_name(row["topics"])
            told[
                topics.get("specialty") or "none told",
                topics.get("kind") or "none told",
                row["lang"],
                row["source_type"],
            ].append(row)
        return [
            dict(zip(("specialty", "kind", "lang", "source_type"), key, strict=True))
            | {"records": len(some), "tokens": _tokens(some), "share": _tokens(some) / self.tokens}
            for key, some in told.items()
        ]

    def _mentions(self) -> dict[tuple[str, str], list[tuple[str, dict[str, Any]]]]:
        told = defaultdict(list)
        for row in self.kept:
            for one in row["entities"]:
                told[one["label"], row["text"][one["start"] : one["end"]].lower()].append((row["id"], one))
        return told

    def entities(self) -> Rows:
        told = []
        for (label, said), some in self._mentions().items():
            told.append({"label": label, "said": said, "mentions": len(some), "records": len({id for id, _ in some}),
                         "denied_share": sum(one["negated"] for _, one in some) / len(some)})  # fmt: skip
        told.sort(key=lambda row: (-row["mentions"], row["said"]))
        first: Counter[str] = Counter()
        return [row for row in told if (first.update([row["label"]]), first[row["label"]] <= 20)[1]]

    def missing(self) -> Rows:
        said = {said for _, said in self._mentions()}
        return [
            {"kind": row["kind"], "lang": row["lang"], "term": row["names"][0]}
            for row in common_terms().to_pylist()
            if row["lang"] in {one["lang"] for one in self.kept}
            and not any(name in one for name in row["names"] for one in said)
        ]

    def together(self) -> Rows:
        names: dict[str, Counter[str]] = defaultdict(Counter)
        labels = {}
        for (label, said), some in self._mentions().items():
            for _, one in some:
                if one["concept_id"]:
                    names[one["concept_id"]][said] += 1
                    labels[one["concept_id"]] = label
        pairs: Counter[tuple[str, str]] = Counter()
        for row in self.kept:
            held = {one["concept_id"] for one in row["entities"] if one["concept_id"]}
            pairs.update((a, b) for a in held for b in held if labels[a] == "disease" and labels[b] == "drug")
        return [
            {"disease": names[a].most_common(1)[0][0], "drug": names[b].most_common(1)[0][0], "records": n}
            for (a, b), n in pairs.items()
        ]

    def _facts(self) -> dict[tuple[str, str, str], list[tuple[dict[str, Any], str]]]:
        told = defaultdict(list)
        for row in self.kept:
            for fact in row["relations"]:
                ends = [row["entities"][fact[end]] for end in ("head", "tail")]
                key = [one["concept_id"] or row["text"][one["start"] : one["end"]].lower() for one in ends]
                told[key[0], fact["label"], key[1]].append((row, fact["polarity"]))
        return told

    def _named(self, some: Iterable[tuple[dict[str, Any], str]]) -> tuple[str, str]:
        ends: tuple[set[str], set[str]] = (set(), set())
        for row, _ in some:
            for names, end in zip(ends, ("head", "tail"), strict=True):
                one = row["entities"][row["relations"][0][end]]
                names.add(row["text"][one["start"] : one["end"]].lower())
        return min(ends[0]), min(ends[1])

    def relations(self) -> Rows:
        told = []
        for (_, label, _), some in self._facts().items():
            said = [(row, polarity) for row, polarity in some if polarity == "positive"]
            if said:
                head, tail = self._named(said)
                told.append(
                    {
                        "head": head,
                        "relation": label,
                        "tail": tail,
                        "times": len(said),
                        "documents": _documents([row for row, _ in said]),
                    }
                )
        return told

    def contradictions(self) -> Rows:
        told = []
        for (_, label, _), some in self._facts().items():
            said, denied = (
                [row["id"] for row, polarity in some if polarity == wanted] for wanted in ("positive", "negative")
            )
            if said and denied:
                head, tail = self._named(some)
                told.append({"head": head, "relation": label, "tail": tail, "said": len(said), "denied": len(denied), "said_in": min(said),
                             "denied_in": min(denied)})  # fmt: skip
        return told

    def relevance(self) -> Rows:
        told = []
        for (id,), some in _groups([row for row in self.kept if row["augmentation"] is None], "doc_id"):
            mean = {}
            for score in ("medical_density", "medical_cues"):
                have = [(by_name(row["quality"]).get(score), row["n_tokens"]) for row in some]
                told_of = [(value, size) for value, size in have if value is not None]
                mean[score] = sum(value * size for value, size in told_of) / _tokens(some) if told_of else None
            told.append(
                {"doc_id": id, "source": some[0]["source"], "lang": some[0]["lang"], "tokens": _tokens(some), **mean}
            )
        told.sort(key=lambda row: (row["medical_density"] is None, row["medical_density"], row["doc_id"]))
        return told[:30]

    # For the lawyer.

    def licences(self) -> Rows:
        named = {"CC0": "cc0-1.0", "": "unknown"}
        documents = Counter(named[row["license"]] for row in self.documents)
        records = Counter(named[row["license"]] for row in self.kept)
        tokens: Counter[str] = Counter()
        for row in self.kept:
            tokens[named[row["license"]]] += row["n_tokens"]
        return [
            {"licence": name, "documents": count, "records": records[name], "tokens": tokens[name], "share": tokens[name] / self.tokens}
            for name, count in documents.items()
        ]  # fmt: skip

    def documents_(self) -> Rows:
        of = defaultdict(list)
        for row in self.kept:
            of[row["doc_id"]].append(row)
        told = [
            {"doc_id": row["doc_id"], "licence": {"CC0": "cc0-1.0", "": "unknown"}[row["license"]], "licence as stated": row["license"],
             **{name: row[name] for name in ("source", "source_type", "date")}, "pages": row["n_pages"], "records": len(of[row["doc_id"]]),
             "tokens": _tokens(of[row["doc_id"]])}
            for row in self.documents
        ]  # fmt: skip
        return sorted(told, key=lambda row: (-row["tokens"], row["doc_id"]))[:300]

    def phi(self) -> Rows:
        told: dict[str, Rows] = defaultdict(list)
        for row in self.kept:
            for action in row["phi_actions"]:
                told[action["type"]].append(row)
        return [
            {"type": kind, "placeholders": len(some), "records": len({row["id"] for row in some}), "documents": _documents(some)}
            for kind, some in told.items()
        ]  # fmt: skip

    def takedowns(self) -> Rows:
        return [
            {**{name: row[name] for name in ("doc_id", "date", "requester", "reason", "source")}, "pages": row["n_pages"],
             "tokens": row["n_tokens"], "records": len(row["records"])}
            for row in read_dataset(self.data / "removed", REMOVED).to_pylist()
        ]  # fmt: skip

    # For the model engineer.

    def lengths(self) -> Rows:
        steps: dict[int, Rows] = defaultdict(list)
        for row in self.kept:
            steps[max(0, row["n_tokens"].bit_length() - 1)].append(row)
        return [
            {"from": 2**step, "to": 2 ** (step + 1) - 1, "records": len(some), "tokens": _tokens(some), "share": len(some) / len(self.kept)}
            for step, some in steps.items()
        ]  # fmt: skip

    def packing(self) -> Rows:
        told = []
        for length in (2048, 4096, 8192):
            longer = [row for row in self.kept if row["n_tokens"] > length]
            told.append({"length": length, "sequences": -(-self.tokens // length), "longer_records": len(longer),
                         "tokens_in_longer_share": _tokens(longer) / self.tokens})  # fmt: skip
        return told

    def mixture(self) -> Rows:
        groups = _groups(self.kept, "source")
        told = []
        for (source,), some in groups:
            row = {
                "source": source,
                "records": len(some),
                "tokens": _tokens(some),
                "share": _tokens(some) / self.tokens,
            }
            for name, budget in (("1 billion", 1e9), ("10 billion", 1e10)):
                row |= {
                    f"{name}, in proportion": budget / self.tokens,
                    f"{name}, in equal parts": budget / len(groups) / _tokens(some),
                }
            told.append(row)
        return told

    def augmentation(self) -> Rows:
        made = [row for row in self.kept if row["augmentation"]]
        return [
            {"method": method, "records": len(some), "tokens": _tokens(some),
             "dropped": sum(row["augmentation"] == method for row in self.dropped), "wording_share": len(some) / len(made)}
            for (method,), some in _groups(made, "augmentation")
        ]  # fmt: skip

    def scores(self) -> Rows:
        values: dict[str, list[float]] = defaultdict(list)
        for row in self.kept:
            for name, value in by_name(row["quality"]).items():
                values[name].append(value)
        shares = {"10 %": 0.1, "25 %": 0.25, "50 %": 0.5, "75 %": 0.75, "90 %": 0.9}
        return [
            {"score": name, "records": len(some), "least": min(some), "greatest": max(some),
             **{title: _quantile(sorted(some), share) for title, share in shares.items()}}
            for name, some in values.items()
        ]  # fmt: skip


def _groups(some: Iterable[dict[str, Any]], *names: str) -> list[tuple[tuple[Any, ...], Rows]]:
    found: dict[tuple[Any, ...], Rows] = defaultdict(list)
    for row in some:
        found[tuple(row[name] for name in names)].append(row)
    return list(found.items())


def _tokens(some: Rows) -> int:
    return sum(row["n_tokens"] for row in some)


def _documents(some: Rows) -> int:
    return len({row["doc_id"] for row in some})


def _quantile(values: list[float], share: float) -> float:
    """Between the two values that it lies between, in proportion."""
    place = share * (len(values) - 1)
    low = math.floor(place)
    return values[low] + (place - low) * (values[min(low + 1, len(values) - 1)] - values[low])


def _sorted(some: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Rows in an order of their own: by their texts, then by their numbers."""

    def order(row: Mapping[str, Any]) -> tuple[list[str], list[float]]:
        columns = sorted(row)
        numbers = [float(row[name]) for name in columns if isinstance(row[name], int | float)]
        return [str(row[name]) for name in columns if not isinstance(row[name], int | float)], numbers

    return sorted(some, key=order)


def _same(one: Any, other: Any) -> bool:
    """Whether two values are equal, measurements to six digits."""
    if isinstance(one, float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=1e-6)
    return bool(one == other)


def test_every_figure_is_what_its_rows_say(data: Path) -> None:
    counted, told = Counted(data), read_json(data / "audit.json")["sections"]
    figures = {name: figure for section in told.values() for name, figure in section.items()}
    checks: dict[str, Callable[[], Rows]] = {
        name: getattr(counted, name if callable(getattr(counted, name, None)) else f"{name}_") for name in figures
    }
    empty = set()
    for name, check in checks.items():
        shown, expected = _sorted(figures[name]["rows"]), _sorted(check())
        assert len(shown) == len(expected), name
        for one, other in zip(shown, expected, strict=True):
            assert one.keys() == other.keys(), name
            assert all(_same(one[column], other[column]) for column in one), (name, one, other)
        empty |= {name} if not figures[name]["rows"] else set()
    assert empty <= {"boilerplate"}, "what has no row is not proven"


def test_two_hundred_reviews_give_an_interval_in_the_card_too(data: Path) -> None:
    (row,) = Counted(data).reviews()
    card = readme(read_composition(data))
    assert (
        f"| {row['reviewed']:,} | {row['kept']:,} | {row['precision_share']:.1%} | {row['low_share']:.1%} to {row['high_share']:.1%} |"
        in card
    )
