"""What the quality filters keep of question banks, and of documents that ought to be kept.

    python benchmarks/filters.py banks DATA/qa WORK        the sets of questions in four layouts, read by `ingest`
    python benchmarks/filters.py sections DATA             the sections of a data folder that `ingest` wrote

Prints, a set each, the share of the characters that pass, and what the others are dropped for. Reference lists do not count.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import subprocess
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds

from corpus.filters import FilterConfig, decide, score
from corpus.filters.worth import add_worth
from corpus.sections import cut
from nlp.language import detect
from nlp.normalise import normalise
from nlp.tagging.density import medical_density
from nlp.tagging.lexicon import built_in_lexicon

QUESTIONS = 200
"""Questions of a set, at most."""
Question = tuple[str, list[str], str]
"""Stem, options, letter of the right one."""


def questions(qa: Path) -> Iterator[tuple[str, list[Question]]]:
    """(set, its questions) of the sets with options."""
    for path in sorted((qa / "citrus").iterdir()):
        if path.suffix not in (".json", ".jsonl") or "pubmedqa" in path.name or path.name.startswith(("dpo", "sft")):
            continue
        found = [q for row in _rows(path) if (q := _question(row)) is not None]
        if found:
            yield path.stem, found[:QUESTIONS]
    for path in sorted((qa / "cmmlu").glob("*.csv")):
        with path.open(encoding="utf-8") as file:
            yield path.stem, [(r["Question"], [r[x] for x in "ABCD"], r["Answer"]) for r in csv.DictReader(file)]
    for path in sorted((qa / "xmedbench").glob("*.json")):
        rows = json.loads(path.read_text(encoding="utf-8"))
        split = [(r["question"], [o[4:] for o in r["options"].split("\n")], r["answer"][1:2]) for r in rows]
        yield path.stem, split[:QUESTIONS]


def _rows(path: Path) -> list[dict[str, Any]]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in text.split("\n") if line.strip()]
    value = json.loads(text)
    if isinstance(value, list):
        return value
    names = list(value)
    return [{name: value[name].get(key) for name in names} for key in value[names[0]]]


def _question(row: dict[str, Any]) -> Question | None:
    stem = row.get("question") or row.get("Q") or ""
    options = row.get("options") or row.get("OP") or [row[n] for n in ("op1", "op2", "op3", "op4", "op5") if row.get(n)]
    if not options:
        options = [row[n] for n in ("opa", "opb", "opc", "opd", "ope") if row.get(n)]
    if isinstance(options, dict):
        options = list(options.values())
    if options and isinstance(options[0], dict):
        options = [str(next(reversed(option.values()))) for option in options]
    answer = row.get("answer_idx") or row.get("answer") or row.get("A") or row.get("cop") or "A"
    letter = answer if isinstance(answer, str) and len(answer) == 1 else "A"
    return (stem, [str(option) for option in options], letter) if stem and options else None


def lines(number: int, stem: str, options: list[str], answer: str, chinese: bool) -> list[str]:
    """An option a line."""
    letters = [f"{letter}. {option}" for letter, option in zip("ABCDEFGHIJ", options, strict=False)]
    return [f"{number}. {stem}", *letters, f"【答案】{answer}" if chinese else f"Answer: {answer}", ""]


def inline(number: int, stem: str, options: list[str], answer: str, chinese: bool) -> list[str]:
    """All options in one line."""
    row = "  ".join(f"({letter}) {option}" for letter, option in zip("ABCDEFGHIJ", options, strict=False))
    return [f"{number}、{stem}", row, f"答案：{answer}" if chinese else f"Key: {answer}", ""]


def bracket(number: int, stem: str, options: list[str], answer: str, chinese: bool) -> list[str]:
    """A paragraph each, the answer in brackets, no number."""
    return [f"{stem} ({answer})", "", *(f"{x}) {o}" for x, o in zip("abcdefghij", options, strict=False)), "", ""]


def table(number: int, stem: str, options: list[str], answer: str, chinese: bool) -> list[str]:
    """A row of a table each."""
    cells = [str(number), stem, *options, answer]
    return ["| " + " | ".join(cell.replace("\n", " ").replace("|", "/") for cell in cells) + " |"]


LAYOUTS = (lines, inline, bracket, table)


def banks(qa: Path, work: Path) -> None:
    """Write the banks, read them, and tell what is kept of each set."""
    shutil.rmtree(work, ignore_errors=True)
    for name, found in questions(qa):
        chinese = detect(" ".join(stem for stem, *_ in found[:20])) == "zh"
        for layout in LAYOUTS:
            out = [line for n, q in enumerate(found, start=1) for line in layout(n, *q, chinese)]
            if layout is table:
                width = out[0].count("|") - 1
                out = ["|" + " x |" * width, "|" + " --- |" * width, *out]
            file = work / "in" / f"{name}-{layout.__name__}.{'md' if layout is table else 'txt'}"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("\n".join(out), encoding="utf-8")
    command = ["ingest", "auto", str(work / "in"), "--data", str(work / "data"), "--source-type", "textbook"]
    subprocess.run(command, check=True, capture_output=True)
    sections(work / "data")


def sections(data: Path) -> None:
    """What is kept of each document of a data folder, grouped by the name of its file up to a hyphen."""
    config, lexicon = FilterConfig(), built_in_lexicon()
    documents = _table(data / "documents", ["doc_id", "uris", "title", "lang", "source_type"])
    pages = defaultdict(list)
    for row in _table(data / "pages", ["doc_id", "page", "blocks"]):
        pages[row["doc_id"]].append(row)
    total: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    spent, count = 0.0, 0
    for document in documents:
        name = Path(document["uris"][0]).name.rpartition("-")[0]
        for page in (its := sorted(pages[document["doc_id"]], key=lambda page: page["page"])):
            for block in page["blocks"]:
                block["text"] = normalise(block["text"], document["lang"])
        begun = time.process_time()
        rows, scores = [], []
        for section in cut(its, document["title"]):
            if section.kind == "reference":
                continue
            mentions = lexicon.tag([section.text])[0]
            row = {
                "source_type": document["source_type"],
                "doc_id": document["doc_id"],
                "text": section.text,
                "lang": detect(section.text),
                "augmentation": None,
            }
            rows.append(row)
            found = score(row | {"mentions": [(entity.start, entity.end) for entity in mentions]})
            scores.append(found | {"medical_density": medical_density(section.text, mentions)})
        add_worth(rows, scores)
        verdicts = [decide(found, row["lang"], config) for row, found in zip(rows, scores, strict=True)]
        spent, count = spent + time.process_time() - begun, count + len(rows)
        for row, verdict in zip(rows, verdicts, strict=True):
            total[name] += len(row["text"])
            if verdict is None:
                kept[name] += len(row["text"])
            else:
                reasons[f"{verdict.reason} {document['uris'][0]}"] += len(row["text"])
    if len(total) < 40:
        for name in sorted(total):
            print(f"{name:44}{100 * kept[name] / total[name]:6.1f} %")
    print(f"{count} sections: {100 * kept.total() / max(1, total.total()):.2f} % of the characters kept;", end=" ")
    print(f"{1e6 * spent / max(1, count):.0f} µs a section")
    for reason, characters in reasons.most_common(20):
        print(f"  {characters:7} characters: {reason}")


def _table(folder: Path, columns: list[str]) -> list[dict[str, Any]]:
    return ds.dataset(sorted(map(str, folder.glob("data/*.parquet")))).to_table(columns=columns).to_pylist()


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    of_banks = commands.add_parser("banks", help="sets of questions in four layouts")
    of_banks.add_argument("qa", type=Path)
    of_banks.add_argument("work", type=Path)
    commands.add_parser("sections", help="the sections of a data folder").add_argument("data", type=Path)
    arguments = parser.parse_args()
    if arguments.command == "banks":
        banks(arguments.qa, arguments.work)
    else:
        sections(arguments.data)


if __name__ == "__main__":
    main()
