"""Near-duplicates on labelled real records: citations (ASySD, bibdedupe) and Chinese question pairs (cMedQQ).

    python benchmarks/dedup_truth.py                 # MEDPRESS_DATA, by default ../shared/data

Citations are told apart by fields that a corpus of texts does not have (authors, pages, DOI); here each record is its
title and abstract, as a text would be. Reported: precision and recall of the records
dropped, where the labelled original is the one preferred. Question pairs that mean the same in other words must stay two.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from corpus.duplicates import exact, passes
from corpus.duplicates.minhash import SCHEME

DATA = Path(os.environ.get("MEDPRESS_DATA", "../shared/data")) / "dup_truth"


def decide(texts: list[str], threshold: float, priority: list[int] | None = None) -> list[dict[str, object]]:
    """The rows of both passes for texts with ids 0, 1, …; of two, the one with the lower priority stays."""
    order = priority or [0] * len(texts)
    ids = [f"{i:06d}" for i in range(len(texts))]
    table = pa.table({"id": ids, "text": texts, "priority": order})
    copies = exact.decide_exact(pa.table({"id": ids, "content_hash": exact.content_hashes(texts), "priority": order}))
    gone = copies.filter(pc.is_valid(copies["duplicate_of"]))["id"].combine_chunks()
    signed = passes.signatures(table)
    signed = signed.filter(pc.and_(pc.greater(signed["n_shingles"], 0), pc.invert(pc.is_in(signed["id"], gone))))
    bands = [
        signed.select(["id", "numbers", passes.band_name(b)]).rename_columns(["id", "numbers", "key"])
        for b in range(SCHEME.bands)
    ]
    pairs = passes.merge_pairs([passes.candidates([band]) for band in bands])
    near = passes.decide(passes.verify(pairs, table, threshold), table.select(["id", "priority"]))
    rows: list[dict[str, object]] = passes.combine(copies, near).to_pylist()
    return rows


def asysd(threshold: float) -> None:
    """Records that the label calls a duplicate must go, those it calls unique (one of each group) must stay."""
    raw = gzip.decompress((DATA / "asysd_labelled_test_set.csv.gz").read_bytes()).decode("utf-8", errors="replace")
    records = [row for row in csv.DictReader(io.StringIO(raw)) if row["abstract"] not in ("", "NA")]
    texts = [f"{row['title']}\n\n{row['abstract']}" for row in records]
    duplicate = [row["source"] == "duplicate" for row in records]
    rows = decide(texts, threshold, [int(label) for label in duplicate])
    dropped = {int(str(row["id"])) for row in rows if row["duplicate_of"]}
    grouped = {int(str(row["id"])) for row in rows}
    right = sum(duplicate[i] for i in dropped)
    print(
        f"ASySD, J >= {threshold}: {len(texts)} records with an abstract, {sum(duplicate)} duplicates; dropped {len(dropped)}, "
        f"precision {right / max(1, len(dropped)):.4f}, recall {right / sum(duplicate):.4f}; recall "
        f"in clusters "
        f"{sum(duplicate[i] for i in grouped) / sum(duplicate):.4f}; saved by the guard {sum(bool(r['saved_by_guard']) for r in rows)}"
    )


def bibdedupe(threshold: float) -> None:
    cases = json.loads((DATA / "bibdedupe_test_cases.json").read_text(encoding="utf-8"))["cases"]
    met = {True: [0, 0], False: [0, 0]}
    for case in cases:
        texts = [
            " ".join(str(v) for k, v in sorted(case[side].items()) if k not in ("ID", "ENTRYTYPE"))
            for side in ("record_a", "record_b")
        ]
        same = any(row["dup_count"] != 1 for row in decide(texts, threshold))
        met[case["expected_duplicate"]][same] += 1
    hits, wrong = met[True][1], met[False][1]
    print(
        f"bibdedupe, J >= {threshold}: {sum(met[True])} duplicates, {hits} found; {sum(met[False])} others, {wrong} merged; "
        f"precision {hits / max(1, hits + wrong):.4f}, recall {hits / max(1, sum(met[True])):.4f}"
    )


def cmedqq(threshold: float) -> None:
    texts: list[str] = []
    for name in ("cmedqq_dev.txt", "cmedqq_test.txt"):
        for line in (DATA / name).read_text(encoding="utf-8").splitlines():
            texts += line.split("\t")[1:3]
    rows = decide(texts, threshold)
    dropped = [(texts[int(str(r["id"]))], texts[int(str(r["duplicate_of"]))]) for r in rows if r["duplicate_of"]]
    same = sum(exact.content_hash(a) == exact.content_hash(b) for a, b in dropped)
    print(
        f"cMedQQ, J >= {threshold}: {len(texts)} questions, {len(dropped)} dropped, {same} with the same characters; the others:"
    )
    for a, b in [pair for pair in dropped if exact.content_hash(pair[0]) != exact.content_hash(pair[1])][:20]:
        print(f"    {a}  |  {b}")


def main() -> None:
    for threshold in (0.5, 0.7, 0.8):
        asysd(threshold)
        bibdedupe(threshold)
    cmedqq(0.8)


if __name__ == "__main__":
    main()
