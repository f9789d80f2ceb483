"""The model card: YAML for the hub, Markdown for people, written beside the weights when a stage ends.

Follows https://huggingface.co/docs/hub/model-cards. All of it is read from the run's folder, and from those of the runs before
it; of paths only the last part is told.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath
from typing import Any

from medpress.store import MANIFEST, file_sha256, read_manifest, write_text
from training.adapter import is_adapter
from training.history import History, drawn, history, licences, lineage, stretches

STRETCHES = 5
"""Parts of a run whose mixtures are told."""
_SHOWN_ELSEWHERE = {"model", "out", "shards", "data", "pairs", "online"}


def corpus_of(folder: Path) -> dict[str, Any]:
    """What identifies a dataset: its name, the digest of its manifest, its rows and tokens; the name alone without one."""
    if not (folder / MANIFEST).exists():
        return {"name": folder.name}
    manifest = read_manifest(folder)
    return {
        "name": folder.name,
        "manifest": file_sha256(folder / MANIFEST),
        "rows": manifest.get("rows"),
        "tokens": manifest.get("tokens"),
    }


def write_card(run: Path) -> None:
    """Write the card of a finished run beside its model."""
    write_text(run / "model" / "README.md", card(history(run)))


def card(run: History, note: str = "") -> str:
    """The text of the card; a note stands below its title."""
    chain = lineage(run)
    title = f"{run.folder.name}: a medical language model"
    sections = {
        title: "\n\n".join(filter(None, (note, _summary(run, chain)))),
        "What it was trained on": "\n\n".join(_data(one) for one in chain),
        "Licences": "\n\n".join(_licences(one) for one in chain),
        "Mixture": "\n\n".join(text for one in chain if (text := _mixture(one))) or "No stage mixed its sources.",
        "Stages and settings": "\n\n".join(_settings(one) for one in chain),
        "Held-out loss": "\n\n".join(_held_out(one) for one in chain),
        "What is not known": _unknown(run, chain),
    }
    body = "\n\n".join(f"{'#' if name == title else '##'} {name}\n\n{text}" for name, text in sections.items())
    return f"---\n{_front_matter(chain)}---\n\n{body}\n"


def _front_matter(chain: Sequence[History]) -> str:
    library = "peft" if is_adapter(chain[-1].folder / "model") else "transformers"
    fields: dict[str, Any] = {"library_name": library, "pipeline_tag": "text-generation"}
    if base := _base(chain):
        fields["base_model"] = base
    stated = {name for one in chain for name in licences(one.folder)}
    fields["license"] = "other" if stated - {""} else "unknown"
    fields["tags"] = ["medical"]
    return "".join(f"{name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in fields.items())


def _base(chain: Sequence[History]) -> str:
    """The model that the first known stage began with: an id as it is, of a folder its name; empty for a random start."""
    name = str(chain[0].settings.get("model") or "")
    return PurePath(name).name if Path(name).exists() or name.startswith(("/", ".", "~")) else name


def _summary(run: History, chain: Sequence[History]) -> str:
    base = _base(chain)
    began = f"the model {_code(base)}" if base else "random weights"
    return (
        f"{run.result['parameters']:,} parameters; known stages: {len(chain)}, from {began}; made with medpress. Weights: "
        f"{_code(run.result['weights'])}.\n\nFor research on medical text. It is no medical device, and what it says is no advice."
    )


def _data(run: History) -> str:
    corpus = run.result.get("corpus", {})
    rows = [
        ("name", corpus.get("name", "not recorded")),
        ("sha256 of its manifest", corpus.get("manifest", "it has none")),
        ("identity of its files", run.begun["data"]),
        ("rows", corpus.get("rows", "not recorded")),
        ("tokens, as its manifest counts them", corpus.get("tokens") or "not recorded"),
        *((f"tokens learned from {name}", count) for name, count in run.result["tokens"].items()),
    ]
    return f"{_title(run)}\n\n{_table(('corpus', ''), rows)}"


def _licences(run: History) -> str:
    found = licences(run.folder)
    if not found:
        return f"{_title(run)}\n\nThe run has no record of the texts that it learned."
    by_tokens = all(tokens is not None for _, tokens in found.values())
    sizes = {name: (tokens if by_tokens and tokens is not None else texts) for name, (texts, tokens) in found.items()}
    whole = sum(sizes.values()) or 1
    rows = [(name or "not stated", found[name][0], f"{sizes[name] / whole:.1%}") for name in sorted(found)]
    share = "share of the tokens learned" if by_tokens else "share of the texts"
    return f"{_title(run)}\n\n{_table(('licence, as the data state it', 'texts', share), rows)}"


def _mixture(run: History) -> str:
    steps = [line for line in run.steps if "drawn" in line]
    if not steps:
        return ""
    sources = list(run.result["tokens"])
    rows = []
    for some in stretches(steps, STRETCHES):
        shares = drawn(some)
        rows.append((f"{some[0]['step']} to {some[-1]['step']}", *(f"{shares.get(name, 0.0):.1%}" for name in sources)))
    how = run.result.get("mix", "")
    return f"{_title(run)}, mixed by {_code(how)}; share of the sequences drawn\n\n{_table(('steps', *sources), rows)}"


def _settings(run: History) -> str:
    chosen = {
        name: value
        for name, value in run.settings.items()
        if name not in _SHOWN_ELSEWHERE and value not in (None, "", {}, [])
    }
    told = {"steps": run.result["steps"], "learning_rate": run.result["learning_rate"]}
    if "epochs" in run.result:
        told["epochs"] = round(run.result["epochs"], 2)
    rows = [(name, json.dumps(value, ensure_ascii=False)) for name, value in sorted((chosen | told).items())]
    return f"{_title(run)}\n\n{_table(('setting', 'value'), rows)}"


def _held_out(run: History) -> str:
    before, after = run.result["held_out_start"], run.result["held_out"]
    if not after:
        return f"{_title(run)}\n\nNothing was held out."
    start, end = before.get("held_out_by_source", {}), after.get("held_out_by_source", {})
    rows: list[tuple[Any, ...]] = [(name, _loss(start.get(name)), _loss(loss)) for name, loss in end.items()]
    rows.append(("all", _loss(before.get("held_out")), _loss(after["held_out"])))
    text = f"{_title(run)}, in nats a token\n\n{_table(('source', 'before', 'after'), rows)}"
    if "unigram_entropy" in run.result:
        text += f"\n\nThe entropy of the held-out tokens' frequencies is {run.result['unigram_entropy']:.4f}."
    return text


def _unknown(run: History, chain: Sequence[History]) -> str:
    told = [
        "How it answers patients or professionals was not tried: held-out loss is no measure of medical truth. `train eval` asks "
        "it questions.",
        "Held-out texts are of the same collections as the training texts, so they say little of other texts.",
        "Texts that were held out were measured on and not learned; which they were is not written down.",
        "Licences are those that the data state; whoever passes the model on must check them.",
        "Identities were taken out of the corpus by patterns and models that miss some.",
    ]
    if base := _base(chain):
        told.insert(0, f"What {_code(base)} was trained on before, and under which licences, is not recorded here.")
    if any(tokens is None for one in chain for _, tokens in licences(one.folder).values()):
        told.append("Of tuning it is known which groups of rows were learned, not the tokens of each row.")
    if run.settings.get("online"):
        told.append("It learned from answers of its own, rewarded by rule; these are not kept.")
    return "\n".join(f"- {line}" for line in told)


def _title(run: History) -> str:
    return f"**{_plain(run.folder.name)}** ({run.stage})"


def _loss(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines: list[Sequence[Any]] = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(_plain(value) for value in line) + " |" for line in lines)


def _plain(value: object) -> str:
    """A value as one line of Markdown in which nothing is markup."""
    if isinstance(value, int):
        return f"{value:,}"
    return " ".join(str(value).split()).replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|")


def _code(text: object) -> str:
    return f"`{' '.join(str(text).replace('`', '').split())}`"
