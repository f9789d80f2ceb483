"""The dataset card: YAML for the hub, Markdown for people.

Follows the card of https://huggingface.co/docs/hub/datasets-cards; with its `configs`, `datasets.load_dataset(folder)`
loads all shards and `load_dataset(folder, "textbook")` one source type.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import Any

from corpus.card.composition import Composition
from corpus.card.license import hub_license
from medpress.schema import RECORD, describe
from medpress.store import DATA

_SIZES = (
    (1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"), (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"), (1_000_000_000, "100M<n<1B"), (10_000_000_000, "1B<n<10B"), (10**11, "10B<n<100B"),
)  # fmt: skip

TITLE = "Medical training corpus"


def readme(composition: Composition) -> str:
    """The text of the card."""
    return f"---\n{_front_matter(composition)}---\n\n{_body(composition)}"


def _front_matter(composition: Composition) -> str:
    licenses = sorted({hub_license(values[0]) for values, _, _ in composition.by("license")})
    languages = [values[0] for values, _, _ in composition.by("lang") if len(values[0]) == 2]
    fields: dict[str, Any] = {
        "pretty_name": TITLE,
        "license": licenses[0] if len(licenses) == 1 else licenses or "unknown",
        "language": languages,
        "task_categories": ["text-generation"],
        "size_categories": [next((name for least, name in _SIZES if _records(composition) < least), "n>1T")],
        "tags": ["medical", "pretraining", "croissant"],
    }
    lines = [f"{name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in fields.items()]
    if composition.records:
        paths = {"all": f"{DATA}/*/*.parquet"}
        paths |= {name: f"{DATA}/{name}/*.parquet" for name in composition.source_types}
        lines.append("configs:\n")
        for name, path in paths.items():
            lines += [f"- config_name: {name}\n", "  default: true\n" if name == "all" else ""]
            lines += ["  data_files:\n", "  - split: train\n", f'    path: "{path}"\n']
    return "".join(lines)


def _records(composition: Composition) -> int:
    return sum(composition.records.values())


def _body(composition: Composition) -> str:
    sections = {
        TITLE: _summary(composition),
        "What is in it": _contents(composition),
        "What was done": _steps(composition),
        "What was dropped": _dropped(composition),
        **({"What people said of it": _reviews(composition)} if composition.reviews else {}),
        "Fields": _table(("field", "type", "meaning"), describe(RECORD)),
        "Limits": _limits(composition),
    }
    return "\n\n".join(f"{'#' if name == TITLE else '##'} {name}\n\n{text}" for name, text in sections.items()) + "\n"


def _summary(composition: Composition) -> str:
    tokens = sum(composition.tokens.values())
    tokenizer = PurePath(str(composition.manifest["config"].get("tokenizer", ""))).name
    return (
        f"{_records(composition):,} texts of {tokens:,} tokens (by the tokenizer {_code(tokenizer)}), made from "
        f"{composition.documents:,} documents with medpress {_code('corpus build')}. Every text leads back to the pages that it "
        "stands on.\n\n```python\nfrom datasets import load_dataset\n\n"
        'everything = load_dataset("path/to/shards", split="train")\n'
        'textbooks = load_dataset("path/to/shards", "textbook", split="train")\n```'
    )


def _contents(composition: Composition) -> str:
    def rows(*names: str) -> list[tuple[Any, ...]]:
        return [(*values, records, tokens) for values, records, tokens in composition.by(*names)]

    collections = _table(("source type", "source", "texts", "tokens"), rows("source_type", "source"))
    languages = _table(("language", "texts", "tokens"), rows("lang"))
    stated = [(license or "not stated", records, tokens) for license, records, tokens in rows("license")]
    augmented = [row for row in rows("augmentation") if row[0]]
    text = f"{collections}\n\n{languages}\n\nLicences, as given or as the documents state them:\n\n"
    text += _table(("licence", "texts", "tokens"), stated)
    if augmented:
        text += "\n\nOf these, texts that were made from other texts (`augmentation`, `parent_id`):\n\n"
        text += _table(("method", "texts", "tokens"), augmented)
    return text


def _steps(composition: Composition) -> str:
    config = composition.manifest["config"]
    phi = config.get("phi", {})
    policies = ", ".join(f"{name} {phi[name]}" for name in composition.source_types if name in phi)
    redacted = (
        ", ".join(f"{count:,} {kind}" for kind, count in composition.redactions.most_common()) or "nothing was found"
    )
    benchmarks = ", ".join(_code(PurePath(str(path)).name) for path in config.get("decontaminate", ()))
    dedup = config.get("dedup", {})
    steps = [
        "Text was repaired (Unicode, encoding, hyphenation, ligatures) and cut along its headings; reference lists were set "
        "apart.",
        f"Paragraphs that a source repeats were taken out of all but one document: {composition.paragraphs:,}.",
        f"Patients' identities were replaced by placeholders ({policies or 'no policy'}): {redacted}.",
        "Quality filters: " + (", ".join(config.get("filters", {}).get("use", ())) or "none") + ".",
        f"Exact duplicates of normalised text, and near-duplicates (MinHash, {dedup.get('bands')} bands of "
        f"{dedup.get('rows')}, exact Jaccard from {dedup.get('threshold')}) were dropped; a near-duplicate only where a kept "
        "text has all of its clinical facts.",
        f"Benchmark questions of {benchmarks} were searched for, and texts that hold one were dropped."
        if benchmarks
        else "No benchmark was named, so none was searched for.",
        f"Entities by the tagger {_code(PurePath(str(config.get('tagger'))).name)}, relations by "
        f"{_code(PurePath(str(config.get('relations'))).name)}.",
    ]
    if model := config.get("augment", {}).get("model"):
        calls = composition.manifest.get("model_calls", {})
        steps.append(
            f"The model {_code(PurePath(model).name)} was asked for texts about the kept ones: {calls.get('calls', 0):,} calls, "
            f"{calls.get('replies', 0):,} replies. Numbers, drugs and names that a text's source does not have dropped it."
        )
    listing = "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1))
    return f"{listing}\n\nAll settings, versions of stages and models, and checksums stand in `manifest.json`."


def _dropped(composition: Composition) -> str:
    if not composition.dropped:
        return "Nothing."
    rows = [(*key, count) for key, count in sorted(composition.dropped.items(), key=lambda item: (-item[1], item[0]))]
    return f"{composition.dropped.total():,} texts.\n\n{_table(('stage', 'reason', 'texts'), rows)}"


def _reviews(composition: Composition) -> str:
    rows = [
        (
            one.sample,
            one.reviewed,
            one.kept,
            f"{one.interval.share:.1%}",
            f"{one.interval.low:.1%} to {one.interval.high:.1%}",
        )
        for one in composition.reviews
    ]
    header = ("sample", "texts read", "worth keeping", "share", "95 % interval")
    return (
        f"Texts that were drawn and read by people; what they refused is in no later build.\n\n{_table(header, rows)}"
    )


def _limits(composition: Composition) -> str:
    limits = [
        "Redaction works by patterns and context. It misses identities that no pattern describes, and is no substitute for a "
        "legal assessment.",
        "Licences are those given or stated; whoever redistributes must check them, source by source.",
        "Text that went through OCR holds its errors; `quality` has the confidence.",
        "Entities, relations, topics and scores are made by models, and are wrong in part.",
        "Medicine changes: documents may be outdated, and texts are training data, not advice.",
    ]
    if any(group.augmentation for group in composition.records):
        limits.append(
            "Texts with an `augmentation` were made from others; checks of numbers and names do not prove them true."
        )
    return "\n".join(f"- {limit}" for limit in limits)


def _table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(_cell(value) for value in line) + " |" for line in lines)


def _cell(value: Any) -> str:
    return (
        f"{value:,}"
        if isinstance(value, int)
        else " ".join(str(value).split()).replace("|", "\\|").replace("<", "&lt;")
    )


def _code(text: str) -> str:
    return f"`{text.replace('`', '')}`"
