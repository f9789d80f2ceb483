"""Benchmark questions planted in real text: how many are found, whole and lightly edited, and what is found that is none.

    python benchmarks/decontamination.py --data $MEDPRESS_DATA [--planted 600] [--seed 1]

All items of qa/citrus, qa/cmmlu and qa/xmedbench are indexed. Some of the Citrus sets' are planted, each between two
passages of the textbook and jats collections: the whole item (question, options, answer), the question with its answer, and
the question alone; verbatim, and edited lightly: lower case, no punctuation, one word in ten (of Chinese one character in
ten) another one. Then the collections themselves are searched: whatever is found there is a false hit.
"""

from __future__ import annotations

import argparse
import random
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from corpus.decontaminate import Item, build_index, find, load_items
from medpress.writing_systems import HAN

MADE_UP = ("dpo_data", "sft_data")
"""Files of the Citrus repository that are training samples, not benchmarks."""
WORD = re.compile(rf"[{HAN}]|[^\W_]+")


def hosts(data: Path) -> Iterator[str]:
    """Text of the textbook and jats collections."""
    for path in sorted(data.glob("textbook/*/*.cnxml")) + sorted((data / "jats").rglob("*xml")):
        if path.is_file():
            yield re.sub(r"<[^>]+>", " ", path.read_text(encoding="utf-8"))
    for path in sorted(data.glob("textbook/*/*.txt")):
        yield path.read_bytes().decode("gb18030", errors="ignore")


def whole(item: Item) -> str:
    """The item as a test prints it."""
    options = "\n".join(
        f"{letter}. {option}" for letter, option in zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", item.options, strict=False)
    )
    return f"{item.text}\n{options}\nAnswer: {item.answer}"


FORMS: dict[str, Callable[[Item], str]] = {
    "whole item": whole,
    "question and answer": lambda item: f"{item.text} {item.answer}",
    "question alone": lambda item: item.text,
}


def edited(text: str, words: list[str], rng: random.Random) -> str:
    """Lower case, no punctuation, one word in ten another one."""
    found = WORD.findall(text.lower())
    for place in range(rng.randrange(10), len(found), 10):
        found[place] = rng.choice(words)
    return re.sub(rf"(?<=[{HAN}]) (?=[{HAN}])", "", " ".join(found))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--planted", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    files = {name: sorted((arguments.data / "qa" / name).glob("*.*")) for name in ("citrus", "cmmlu", "xmedbench")}
    items = [
        item for paths in files.values() for path in paths if path.stem not in MADE_UP for item in load_items(path)
    ]
    index = build_index(items)
    citrus = {path.stem for path in files["citrus"]}
    known = [item for item in dict.fromkeys(index.items) if item.part == "question" and item.benchmark in citrus]
    planted = rng.sample(known, min(arguments.planted, len(known)))
    texts = list(hosts(arguments.data))
    words = WORD.findall(" ".join(rng.sample(texts, min(20, len(texts)))).lower())
    print(f"{len(items)} items indexed, {len(planted)} of {len(known)} planted")
    print(f"| planted | all | {len([i for i in planted if _long(i)])} of 8 words or 16 characters and more |")
    for name, form in FORMS.items():
        for edit in (False, True):
            pieces = [edited(form(item), words, rng) if edit else form(item) for item in planted]
            around = [f"{_passage(texts, rng)}\n\n{piece}\n\n{_passage(texts, rng)}" for piece in pieces]
            met = [
                any(hit.item == item for hit in held) for item, held in zip(planted, find(around, index), strict=True)
            ]
            long = [found for item, found in zip(planted, met, strict=True) if _long(item)]
            print(
                f"| {name}, {'edited' if edit else 'verbatim'} | {sum(met) / len(met):.4f} | {sum(long) / len(long):.4f} |"
            )
            missed = [item for item, found in zip(planted, met, strict=True) if not found]
            for item in missed[:3]:
                print(
                    f"    missed: {item.benchmark} {item.id}: {item.text[:90]!r}, {len(item.options)} options, answer {item.answer[:30]!r}"
                )
    started = time.process_time()
    false = [hit for held in find(texts, index) for hit in held]
    spent = time.process_time() - started
    print(
        f"false hits in {len(texts)} texts: {len(false)}; {sum(map(len, texts)) / spent / 1e6:.1f} M characters per CPU-second"
    )
    for hit in false[:10]:
        print(
            f"    {hit.item.benchmark} {hit.item.id} ({hit.item.part}), coverage {hit.coverage:.2f}: {hit.item.text[:80]!r}"
        )


def _long(item: Item) -> bool:
    found = WORD.findall(item.text)
    return len(found) >= (16 if re.search(f"[{HAN}]", item.text) else 8)


def _passage(texts: list[str], rng: random.Random) -> str:
    text = rng.choice(texts)
    start = rng.randrange(max(1, len(text) - 2000))
    return text[start : start + 2000]


if __name__ == "__main__":
    main()
