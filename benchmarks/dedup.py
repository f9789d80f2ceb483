"""Near-duplicates on 100,000 documents with known truth: recall by similarity, precision, the medical guard, and speed.

    python benchmarks/dedup.py generate --out /tmp/dedup            # 100,000 documents, 70 % en, 30 % zh, and the truth
    python benchmarks/dedup.py medpress --out /tmp/dedup
    python benchmarks/dedup.py datasketch --out /tmp/dedup
    python benchmarks/dedup.py rensa --out /tmp/dedup                # in an environment with rensa
    python benchmarks/dedup.py datatrove --out /tmp/dedup            # in an environment with datatrove, spacy and jieba

Truth: a share of the documents has a planted near-duplicate whose exact Jaccard similarity (five words or characters) is
spread evenly over 0.5 to 1; others are monographs on one template that differ in drug, dose, unit or one "not". All times
are CPU seconds of one process. Peers get the same texts; datasketch and rensa the same shingles, as strings.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

BANDS, ROWS, THRESHOLD = 20, 7, 0.8
WORDS = 200
TOKEN = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff_]+")


def shingles_of(text: str) -> list[str]:
    """The shingles of the definition, as strings: the slow way that the peers' users write."""
    words = TOKEN.findall(text.lower())
    return [" ".join(words[i : i + 5]) for i in range(len(words) - 4)]


def exact_jaccard(one: str, other: str) -> float:
    a, b = set(shingles_of(one)), set(shingles_of(other))
    return len(a & b) / len(a | b) if a | b else 0.0


# ------------------------------------------------------------------------------------------------ documents

EN_ONSETS = ["b", "c", "d", "f", "g", "h", "l", "m", "n", "p", "r", "s", "t", "v", "st", "tr", "pl", "br"]
EN_VOWELS = ["a", "e", "i", "o", "u", "ea", "ou"]
DRUGS = ["ol", "ax", "in", "ide", "one", "ate", "yl", "um"]
UNITS = ("mg", "g", "µg", "ml", "IU")


def vocabulary(rng: random.Random, size: int) -> list[str]:
    made: set[str] = set()
    while len(made) < size:
        made.add("".join(rng.choice(EN_ONSETS) + rng.choice(EN_VOWELS) for _ in range(rng.randint(1, 4))))
    return sorted(made, key=lambda _: rng.random())


class Prose:
    """Random sentences with Zipf-distributed words, or Chinese characters."""

    def __init__(self, rng: random.Random, chinese: bool) -> None:
        self.rng, self.chinese = rng, chinese
        self.words = [chr(0x4E00 + i) for i in rng.sample(range(5000), 3000)] if chinese else vocabulary(rng, 20_000)
        self.cumulative = []
        total = 0.0
        for position in range(len(self.words)):
            total += 1 / (position + 10)
            self.cumulative.append(total)

    def draw(self, count: int) -> list[str]:
        return self.rng.choices(self.words, cum_weights=self.cumulative, k=count)

    def join(self, words: list[str]) -> str:
        if self.chinese:
            return "".join(w + ("。" if i % 23 == 22 else "") for i, w in enumerate(words))
        return " ".join(w + ("." if i % 17 == 16 else "") for i, w in enumerate(words))


def planted(prose: Prose, words: list[str], target: float) -> list[str]:
    """The words with single ones replaced, until about (1 - J) / (1 + J) of the shingles are others."""
    rng = prose.rng
    changed = list(words)
    wanted = (1 - target) / (1 + target) * len(words)
    touched: set[int] = set()
    while len(touched) < wanted:
        place = rng.randrange(len(words))
        changed[place] = prose.draw(1)[0]
        touched.update(range(max(0, place - 4), place + 1))
    return changed


def monograph(rng: random.Random, chinese: bool, shared: str, facts: tuple[str, float, str, bool, int]) -> str:
    drug, dose, unit, advised, edition = facts
    if chinese:
        return (
            f"{drug}用于治疗高血压。成人一次{dose:g}{unit}，每日一次，口服。孕妇{'可' if advised else '不宜'}使用{drug}。{shared}"
            f"更新于{2000 + edition}年，见第{edition}页。"
        )
    return (
        f"{drug} is indicated for hypertension in adults. The usual dose of {drug} is {dose:g} {unit} once daily. It is "
        f"{'' if advised else 'not '}recommended in pregnancy. {shared} Revised in {2000 + edition}, page {edition}."
    )


def generate(out: Path, count: int, seed: int) -> None:
    """Write documents.jsonl (id, text, lang) and truth.json (pairs with similarity; monographs with facts)."""
    rng = random.Random(seed)
    documents: list[tuple[str, str]] = []
    pairs: list[tuple[int, int, float]] = []
    monographs: dict[int, tuple[str, list[Any]]] = {}
    for chinese, share in ((False, 0.7), (True, 0.3)):
        lang, prose = ("zh" if chinese else "en"), Prose(rng, chinese)
        end = len(documents) + int(count * share)
        templates = [prose.join(prose.draw(WORDS - 50)) for _ in range(20)]
        drugs = ["".join(rng.sample("阿贝西洛他普利沙坦地平克氟", 3)) + "啶" for _ in range(200)] if chinese else [
            word + rng.choice(DRUGS) for word in rng.sample(prose.words, 200)
        ]  # fmt: skip
        for _ in range(int(count * share * 0.06)):
            which = rng.randrange(len(templates))
            facts = (rng.choice(drugs), rng.choice((1, 2.5, 5, 10, 25, 50)), rng.choice(UNITS), rng.random() < 0.5)
            for edition in rng.sample(range(1, 24), rng.choice((1, 1, 2))):
                monographs[len(documents)] = (f"{lang}{which}", list(facts))
                documents.append((monograph(rng, chinese, templates[which], (*facts, edition)), lang))
        while len(documents) < end:
            words = prose.draw(rng.randint(WORDS // 2, WORDS * 3 // 2))
            documents.append((prose.join(words), lang))
            if rng.random() < 0.25 and len(documents) < end:
                other = prose.join(planted(prose, words, rng.uniform(0.5, 1.0)))
                pairs.append((len(documents) - 1, len(documents), exact_jaccard(documents[-1][0], other)))
                documents.append((other, lang))
    order = list(range(len(documents)))
    rng.shuffle(order)
    place = {old: new for new, old in enumerate(order)}
    out.mkdir(parents=True, exist_ok=True)
    with open(out / "documents.jsonl", "w", encoding="utf-8") as file:
        for new, old in enumerate(order):
            text, lang = documents[old]
            file.write(json.dumps({"id": f"{new:08d}", "text": text, "lang": lang}, ensure_ascii=False) + "\n")
    truth = {
        "pairs": [[place[a], place[b], j] for a, b, j in pairs],
        "monographs": {str(place[i]): value for i, value in monographs.items()},
    }
    (out / "truth.json").write_text(json.dumps(truth), encoding="utf-8")
    print(f"{len(documents)} documents, {len(pairs)} planted pairs, {len(monographs)} monographs")


def read(out: Path, limit: int | None = None) -> tuple[list[str], list[str], dict[str, Any]]:
    with open(out / "documents.jsonl", encoding="utf-8") as file:
        rows = [json.loads(line) for line, _ in zip(file, range(limit or 10**9), strict=False)]
    return (
        [r["text"] for r in rows],
        [r["lang"] for r in rows],
        json.loads((out / "truth.json").read_text(encoding="utf-8")),
    )


# ------------------------------------------------------------------------------------------------ reports


def clusters(count: int, edges: Iterator[tuple[int, int]] | list[tuple[int, int]]) -> list[int]:
    parent = list(range(count))

    def root(x: int) -> int:
        while parent[x] != x:
            parent[x] = parent[parent[x]]
            x = parent[x]
        return x

    for a, b in edges:
        parent[root(a)] = root(b)
    return [root(x) for x in range(count)]


def report(
    name: str, texts: list[str], langs: list[str], truth: dict[str, Any], label: list[int], seconds: dict[str, float]
) -> None:
    """Recall per bin of similarity: both documents of a planted pair in one cluster. Peak memory, documents per CPU-second."""
    met: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for a, b, j in truth["pairs"]:
        if max(a, b) >= len(texts):
            continue
        low = min(0.9, int(j * 10) / 10)
        for lang in (langs[a], "all"):
            met[lang, f"{low:.1f}-{low + 0.1:.1f}"].append(label[a] == label[b])
            if j >= THRESHOLD:
                met[lang, ">= 0.8"].append(label[a] == label[b])
    total = sum(seconds.values())
    print(f"\n{name}: {len(texts)} documents")
    for step, spent in seconds.items():
        print(f"  {step:12s} {spent:8.2f} CPU-s  {len(texts) / max(spent, 1e-9):10,.0f} documents per CPU-s")
    print(f"  {'all':12s} {total:8.2f} CPU-s  {len(texts) / total:10,.0f} documents per CPU-s")
    print(f"  peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")
    for lang in ("all", "en", "zh"):
        line = "  ".join(f"{b} {sum(v) / len(v):.4f} ({len(v)})" for (of, b), v in sorted(met.items()) if of == lang)
        print(f"  recall {lang}: {line}")


def cluster_precision(texts: list[str], label: list[int]) -> tuple[int, int]:
    """Of up to 20,000 pairs that share a cluster: how many have an exact similarity of at least 0.75, and how many there are."""
    members: dict[int, list[int]] = defaultdict(list)
    for index, name in enumerate(label):
        members[name].append(index)
    rng = random.Random(0)
    together = [pair for group in members.values() if len(group) > 1 for pair in list(combinations(group, 2))[:50]]
    chosen = rng.sample(together, min(20_000, len(together)))
    return sum(exact_jaccard(texts[a], texts[b]) >= 0.75 for a, b in chosen), len(chosen)


class Clock:
    """CPU seconds by step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.last = time.process_time()

    def __call__(self, step: str) -> None:
        now = time.process_time()
        self.seconds[step] = self.seconds.get(step, 0.0) + now - self.last
        self.last = now


def medpress(out: Path, limit: int | None) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    from corpus.duplicates import exact, passes
    from corpus.duplicates.shingles import tokens

    texts, langs, truth = read(out, limit)
    ids = [f"{i:08d}" for i in range(len(texts))]
    tokens(["tables are built once a process"])
    table = pa.table({"id": ids, "text": texts})
    clock = Clock()
    copies = exact.decide_exact(pa.table({"id": ids, "content_hash": exact.content_hashes(texts)}))
    clock("exact")
    signed = pa.concat_tables([passes.signatures(table.slice(start, 2000)) for start in range(0, len(texts), 2000)])
    clock("signatures")
    gone = copies.filter(pc.is_valid(copies["duplicate_of"]))["id"].combine_chunks()
    left = signed.filter(pc.and_(pc.greater(signed["n_shingles"], 0), pc.invert(pc.is_in(signed["id"], gone))))
    found = []
    for band in range(BANDS):
        rows = left.select(["id", "numbers", passes.band_name(band)]).rename_columns(["id", "numbers", "key"])
        found.append(passes.candidates([rows]))
    pairs = passes.merge_pairs(found)
    clock("candidates")
    edges = pa.concat_tables(
        [passes.verify(pairs.slice(s, 100_000), table, THRESHOLD) for s in range(0, pairs.num_rows, 100_000)]
    )
    clock("verify")
    decisions = passes.combine(copies, passes.decide(edges, table.select(["id"])))
    clock("decide")
    label = list(range(len(texts)))
    dropped: dict[int, int] = {}
    saved = 0
    for row in decisions.to_pylist():
        label[int(row["id"])] = int(row["dup_cluster"])
        saved += row["saved_by_guard"]
        if row["duplicate_of"]:
            dropped[int(row["id"])] = int(row["duplicate_of"])
    report("medpress", texts, langs, truth, label, clock.seconds)
    partner = [(a, b) for a, b, j in truth["pairs"] if j >= THRESHOLD and max(a, b) < len(texts)]
    apart = sum(a not in dropped and b not in dropped for a, b in partner)
    print(f"  candidates {pairs.num_rows}, edges {edges.num_rows}, dropped {len(dropped)}, saved by the guard {saved}")
    print(f"  planted pairs of J >= 0.8 of which both stay: {apart} of {len(partner)}")
    right = sum(exact_jaccard(texts[a], texts[b]) >= THRESHOLD for a, b in dropped.items())
    print(
        f"  pair precision (dropped record and the one that replaces it, J >= 0.8): {right / max(1, len(dropped)):.5f}"
    )
    known = truth["monographs"]
    wrong = [
        (a, b)
        for a, b in dropped.items()
        if (str(a) in known or str(b) in known) and known.get(str(a)) != known.get(str(b))
    ]
    same: dict[str, list[int]] = defaultdict(list)
    for i, value in known.items():
        if int(i) < len(texts):
            same[json.dumps(value)].append(int(i))
    spare = sum(len(v) - 1 for v in same.values())
    gone_monographs = sum(int(i) in dropped for i in known)
    print(
        f"  monographs dropped for one with other facts: {len(wrong)}; true copies dropped: {gone_monographs} of {spare}"
    )
    for a, b in wrong[:3]:
        print("   ", known.get(str(a)), "->", known.get(str(b)), file=sys.stderr)


def datasketch(out: Path, limit: int | None) -> None:
    import datasketch as library
    import xxhash

    texts, langs, truth = read(out, limit)
    clock = Clock()
    encoded = ([s.encode() for s in shingles_of(t)] for t in texts)
    signed = list(library.MinHash.generator(encoded, num_perm=BANDS * ROWS, hashfunc=xxhash.xxh32_intdigest))
    clock("signatures")
    index = library.MinHashLSH(num_perm=BANDS * ROWS, params=(BANDS, ROWS))
    edges: list[tuple[int, int]] = []
    for number, signature in enumerate(signed):
        edges += [(number, other) for other in index.query(signature) if signature.jaccard(signed[other]) >= THRESHOLD]
        index.insert(number, signature, check_duplication=False)
    clock("clustering")
    label = clusters(len(texts), edges)
    report("datasketch", texts, langs, truth, label, clock.seconds)
    right, of = cluster_precision(texts, label)
    print(f"  pairs in one cluster with J >= 0.75: {right / max(1, of):.5f} of {of}")


def rensa(out: Path, limit: int | None) -> None:
    import rensa as library

    texts, langs, truth = read(out, limit)
    clock = Clock()
    signed = []
    for text in texts:
        signature = library.RMinHash(num_perm=BANDS * ROWS, seed=1)
        signature.update(shingles_of(text))
        signed.append(signature)
    clock("signatures")
    index = library.RMinHashLSH(threshold=THRESHOLD, num_perm=BANDS * ROWS, num_bands=BANDS)
    edges: list[tuple[int, int]] = []
    for number, signature in enumerate(signed):
        edges += [(number, other) for other in index.query(signature) if signature.jaccard(signed[other]) >= THRESHOLD]
        index.insert(number, signature)
    clock("clustering")
    label = clusters(len(texts), edges)
    report("rensa", texts, langs, truth, label, clock.seconds)
    right, of = cluster_precision(texts, label)
    print(f"  pairs in one cluster with J >= 0.75: {right / max(1, of):.5f} of {of}")


def datatrove(out: Path, limit: int | None) -> None:
    from datatrove.data import Document
    from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupSignature
    from datatrove.utils.hashing import HashConfig
    from datatrove.utils.typeshelper import Languages

    texts, langs, _ = read(out, limit)
    chosen = {"en": Languages.english, "zh": Languages.mandarin_chinese}
    for lang, language in chosen.items():
        documents = [Document(text=t, id=str(i)) for i, t in enumerate(texts) if langs[i] == lang]
        config = MinhashConfig(
            n_grams=5, num_buckets=BANDS, hashes_per_bucket=ROWS, hash_config=HashConfig(hash_fc="sha1")
        )
        step = MinhashDedupSignature(output_folder=str(out / f"datatrove_{lang}"), config=config, language=language)
        step.run(iter(documents[:20]))  # loads the word tokenizer
        started = time.process_time()
        step.run(iter(documents))
        spent = time.process_time() - started
        print(
            f"datatrove {lang}: {len(documents)} documents, {len(documents) / spent:,.0f} documents per CPU-s (signatures)"
        )


ENGINES: dict[str, Callable[[Path, int | None], None]] = {
    "medpress": medpress,
    "datasketch": datasketch,
    "rensa": rensa,
    "datatrove": datatrove,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["generate", *ENGINES])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=100_000, help="documents to generate")
    parser.add_argument("--limit", type=int, help="use only the first documents")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if arguments.command == "generate":
        generate(arguments.out, arguments.count, arguments.seed)
    else:
        ENGINES[arguments.command](arguments.out, arguments.limit)


if __name__ == "__main__":
    main()
