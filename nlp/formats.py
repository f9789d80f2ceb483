"""Reading annotated text: CoNLL columns, PubTator, brat folders, and the Chinese JSON lines of ChineseBLUE."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from medpress.writing_systems import has_han
from nlp.labels import map_label
from nlp.spans import Entity, Relation


@dataclass(frozen=True, slots=True)
class AnnotatedText:
    """A text with its gold annotation."""

    identifier: str
    """Name of the document in its set."""
    text: str
    """The text that the offsets refer to."""
    entities: tuple[Entity, ...]
    """Gold entities, sorted, not overlapping (of two that overlap the longer one is kept)."""
    relations: tuple[Relation, ...] = ()
    """Gold relations between mentions (brat)."""
    concept_relations: frozenset[tuple[str, str, str]] = frozenset()
    """Gold relations between concepts of the document: (head concept, tail concept, label) (PubTator)."""


def read_annotated(path: str | Path) -> Iterator[AnnotatedText]:
    """The documents of an annotated set, in the labels of `nlp.labels`.

    A folder is read as brat, ``.json``/``.jsonl`` as Chinese JSON lines (or the brat-like JSON lines that
    ``nlp tag`` writes), a file whose first line looks like ``123|t|…`` as PubTator, everything else as CoNLL.
    Raises FileNotFoundError, or ValueError naming the file and line that cannot be read.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"no annotated text at {path}")
    return FORMATS[detect_format(path)](path)


def detect_format(path: Path) -> str:
    """The name of the format of a file or folder, a key of `FORMATS`."""
    if path.is_dir():
        return "brat"
    if path.suffix in {".json", ".jsonl"}:
        return "jsonl"
    with path.open(encoding="utf-8") as lines:
        first = next((line for line in lines if line.strip()), "")
    return "pubtator" if re.match(r"^\S+\|[ta]\|", first) else "conll"


def read_pubtator(path: Path) -> Iterator[AnnotatedText]:
    """PubTator: ``id|t|title``, ``id|a|abstract``, tab-separated mentions and relations, blank line between."""
    with path.open(encoding="utf-8") as lines:
        title = abstract = identifier = ""
        rows: list[list[str]] = []
        for number, line in enumerate([*lines, "\n"], 1):
            line = line.rstrip("\n")
            if not line.strip():
                if identifier:
                    yield _pubtator_document(path, identifier, f"{title} {abstract}", rows)
                title = abstract = identifier = ""
                rows = []
                continue
            head = re.match(r"^([^|\t]+)\|([ta])\|(.*)$", line)
            if head:
                identifier = head[1]
                if head[2] == "t":
                    title = head[3]
                else:
                    abstract = head[3]
            elif "\t" in line:
                rows.append(line.split("\t"))
            else:
                raise ValueError(f"{path}, line {number}: not a line of PubTator: {line[:60]!r}")


def _pubtator_document(path: Path, identifier: str, text: str, rows: list[list[str]]) -> AnnotatedText:
    entities = []
    relations = set()
    for row in rows:
        if len(row) >= 5 and row[1].isdecimal():
            start, end = int(row[1]), int(row[2])
            found = text[start:end]
            if "".join(found.split()) != "".join(row[3].split()):
                raise ValueError(f"{path}, document {identifier}: {row[3]!r} is not at {start}:{end}")
            start, end = start + len(found) - len(found.lstrip()), end - len(found) + len(found.rstrip())
            label = map_label(row[4])
            concept = row[5].strip() if len(row) > 5 else ""
            if label:
                entities.append(Entity(start, end, label, _mesh(concept)))
        elif len(row) == 4 and row[1] == "CID":
            relations.add((f"MESH:{row[2]}", f"MESH:{row[3]}", "causes"))
    return AnnotatedText(identifier, text, _flat(entities), (), frozenset(relations))


def _mesh(concept: str) -> str | None:
    first = re.split(r"[|+]", concept)[0].strip()
    if re.fullmatch(r"[CD]\d+", first):
        # Several concepts of one mention stay together, as in the set.
        return "|".join(f"MESH:{part.strip()}" for part in re.split(r"[|+]", concept) if part.strip())
    return first or None if ":" in first else None


def read_conll(path: Path) -> Iterator[AnnotatedText]:
    """CoNLL columns: token first, IOB tag last, a blank line after each sentence.

    Latin tokens are joined by a space, Chinese characters by nothing.
    """
    with path.open(encoding="utf-8") as lines:
        tokens: list[str] = []
        tags: list[str] = []
        count = 0
        for number, line in enumerate([*lines, "\n"], 1):
            columns = line.split()
            if columns and not line.startswith("-DOCSTART-"):
                if len(columns) < 2:
                    raise ValueError(f"{path}, line {number}: a token without a tag: {line[:60]!r}")
                tokens.append(columns[0])
                tags.append(columns[-1])
            elif tokens:
                count += 1
                yield _from_tags(f"{path.name}:{count}", tokens, tags)
                tokens, tags = [], []


def _from_tags(identifier: str, tokens: list[str], tags: list[str]) -> AnnotatedText:
    spaced = not any(has_han(token) for token in tokens)
    pieces: list[str] = []
    spans: list[tuple[int, int]] = []
    position = 0
    for token in tokens:
        if spaced and pieces:
            pieces.append(" ")
            position += 1
        spans.append((position, position + len(token)))
        pieces.append(token)
        position += len(token)
    entities: list[Entity] = []
    start, kind = -1, ""
    for i, tag in enumerate([*tags, "O"]):
        prefix, _, label = tag.replace("_", "-", 1).partition("-")
        if start >= 0 and (prefix in {"O", "B", "S", "U"} or label != kind):
            mapped = map_label(kind)
            if mapped:
                entities.append(Entity(spans[start][0], spans[i - 1][1], mapped))
            start = -1
        if prefix != "O" and start < 0:
            start, kind = i, label
    return AnnotatedText(identifier, "".join(pieces), _flat(entities))


def read_brat(path: Path) -> Iterator[AnnotatedText]:
    """brat: ``NAME.txt`` with ``NAME.ann`` beside it; attributes Negation, Uncertain, History, Family are kept."""
    texts = sorted(path.glob("*.txt"))
    if not texts:
        raise ValueError(f"{path}: a brat folder holds NAME.txt and NAME.ann files, this one holds none")
    for file in texts:
        text = file.read_bytes().decode("utf-8")
        annotation = file.with_suffix(".ann")
        mentions: dict[str, dict[str, Any]] = {}
        arcs: list[tuple[str, str, str]] = []
        for number, line in enumerate(annotation.read_text(encoding="utf-8").splitlines(), 1):
            columns = line.split("\t")
            if line.startswith("T") and len(columns) >= 2:
                label, _, offsets = columns[1].partition(" ")
                numbers = [int(n) for n in re.findall(r"\d+", offsets)]
                mapped = map_label(label)
                if mapped and len(numbers) >= 2:
                    mentions[columns[0]] = {"start": numbers[0], "end": numbers[-1], "label": mapped}
            elif line.startswith("R") and len(columns) >= 2:
                match = re.match(r"(\S+) Arg1:(\S+) Arg2:(\S+)", columns[1])
                if not match:
                    raise ValueError(f"{annotation}, line {number}: not a relation: {line!r}")
                arcs.append((match[1], match[2], match[3]))
            elif line[:1] in {"A", "M"} and len(columns) >= 2:
                name, _, target = columns[1].partition(" ")
                field = _BRAT_ATTRIBUTES.get(name.lower())
                if field and target.split()[0] in mentions:
                    mentions[target.split()[0]][field] = True
            elif line.startswith("N") and len(columns) >= 2:
                parts = columns[1].split()
                if len(parts) == 3 and parts[1] in mentions:
                    mentions[parts[1]]["concept_id"] = parts[2]
        kept = {name: Entity(**fields) for name, fields in mentions.items()}
        entities = _flat(list(kept.values()))
        index = {entity: i for i, entity in enumerate(entities)}
        relations = tuple(
            Relation(index[kept[head]], index[kept[tail]], label)
            for label, head, tail in arcs
            if head in kept and tail in kept and kept[head] in index and kept[tail] in index
        )
        yield AnnotatedText(file.stem, text, entities, relations)


_BRAT_ATTRIBUTES: Final[dict[str, str]] = {
    "negation": "negated", "negated": "negated", "uncertain": "uncertain", "speculation": "uncertain",
    "history": "history", "family": "family",
}  # fmt: skip


def read_json_lines(path: Path) -> Iterator[AnnotatedText]:
    """JSON lines: ChineseBLUE (``text`` and ``mention_data``) or our own (``text``, ``entities``, ``relations``)."""
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                text = row["text"]
                if "mention_data" in row:
                    entities = _chinese_blue(text, row["mention_data"])
                    relations: tuple[Relation, ...] = ()
                else:
                    entities = tuple(Entity(**entity) for entity in row["entities"])
                    relations = tuple(Relation(**relation) for relation in row.get("relations", ()))
            except (KeyError, TypeError, json.JSONDecodeError) as error:
                raise ValueError(f"{path}, line {number}: not a record with text and mentions ({error})") from error
            yield AnnotatedText(str(row.get("id", f"{path.stem}:{number}")), text, entities, relations)


def _chinese_blue(text: str, mentions: list[dict[str, str]]) -> tuple[Entity, ...]:
    entities = []
    for mention in mentions:
        label = map_label(mention.get("type") or mention["label"])
        start = int(mention["offset"])
        end = start + len(mention["mention"])
        # A few mentions of the set do not stand where it says; they are left out rather than guessed.
        if label and text[start:end].lower() == mention["mention"].lower():
            entities.append(Entity(start, end, label))
    return _flat(entities)


def _flat(entities: list[Entity]) -> tuple[Entity, ...]:
    """Sorted, without overlaps: of two that overlap, the longer one."""
    kept: list[Entity] = []
    for entity in sorted(entities, key=lambda e: (e.start, -e.end)):
        if kept and entity.start < kept[-1].end:
            if entity.end - entity.start > kept[-1].end - kept[-1].start:
                kept[-1] = entity
            continue
        if entity.end > entity.start:
            kept.append(entity)
    return tuple(kept)


FORMATS: Final[dict[str, Callable[[Path], Iterator[AnnotatedText]]]] = {
    "brat": read_brat,
    "conll": read_conll,
    "jsonl": read_json_lines,
    "pubtator": read_pubtator,
}
