"""Files of questions, as benchmarks are published, read into one form.

No layout is known by name. A column is told by what it is called (`COLUMNS`), and what it holds by laws that every layout
keeps: options are lettered, numbered or listed; an answer is letters, a number or an option's text; a number counts from 0
or 1 as the options and the whole column say; answers that are given twice agree; options that the question repeats at its
end are not part of it. What breaks a law is said of the entry (`problem`) and never guessed at.

Read are JSON Lines, JSON (a list, rows by id, columns of rows, or either further inside), CSV and TSV with or without a
head, Parquet, and the first sheet of an Excel workbook.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from string import ascii_uppercase as LETTERS
from typing import Any

import pyarrow as pa

from medpress.spreadsheet import sheet_rows
from medpress.store import identity, open_parquet

Row = Mapping[str, Any]

COLUMNS: dict[str, tuple[str, ...]] = {
    "question": (
        "question", "q", "query", "stem", "problem", "final_question", "qtext", "prompt", "input", "instruction", "sent1",
        "题目", "问题", "题干",
    ),
    "context": ("context", "contexts", "passage", "abstract", "background", "support", "材料"),
    "options": ("options", "option", "op", "choices", "candidates", "endings", "final_options", "answers", "选项"),
    "answer": (
        "answer", "a", "answer_idx", "answer_index", "cop", "label", "correct", "correct_option", "correct_answer",
        "final_correct_answer", "ra", "gold", "target", "output", "final_decision", "答案",
    ),
    "id": ("id", "unique_id", "qid", "question_id", "pmid", "pubid", "uid", "record_id", "diagid", "idx"),
}  # fmt: skip
"""What a column may be called, by what it holds; in lower case, `_` for every other sign."""
MAX_BYTES = 2 << 30
"""Larger files are refused."""

_TURNS = ("messages", "conversations", "chosen")
_OPTION_COLUMN = re.compile(r"(?:op|option|choice|opt|ending)_?([a-j]|\d{1,2})|([a-j])")
_WRONG_COLUMN = re.compile(r"(?:incorrect_answer|wrong_answer|distractor)_?\d{1,2}")
_OPTION_KEYS = (("key", "op_idx", "letter", "label", "aid"), ("value", "op_value", "content", "text", "atext"))
_AFTER_LETTER = r"[)）.、．:：\s]"
_BETWEEN_LETTERS = re.compile(r"[\s\[\]()（）'\".,，、;；/|&和]+")
_DECISIONS = ("yes", "no", "maybe")
"""The answers of PubMedQA, which has no column of options."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One row of a file of questions."""

    id: str
    """The row's own id, with its number where others have the same; the number where it has none."""
    question: str
    """The question, without its options; empty where the row has only a context."""
    contexts: tuple[str, ...] = ()
    """Texts that the question is about, such as an abstract's parts."""
    options: Mapping[str, str] = field(default_factory=dict)
    """Letter to text, from A on without a gap; empty where the question is open."""
    answer: str = ""
    """Letters of the right options in the alphabet's order, as `A` or `ACD`; empty where they are not known."""
    answer_text: str = ""
    """Text of the right options, or the answer to an open question; empty where it is not known."""
    problem: str = ""
    """Why it cannot be asked as a choice between options; empty when it can."""


def read_entries(path: Path, fields: Mapping[str, str] | None = None, options: Path | None = None) -> list[Entry]:
    """The rows of a file, also those without a question.

    `fields` names the column of question, context, options, answer or id where it is not guessed right; `options` is a
    file that holds the options of the questions, joined by id where it has the same question. Raises `ValueError` in one
    sentence when a file cannot be read, has no question, or when `options` holds none.
    """
    rows = [_opened(row) for row in _rows_of(path)]
    if not rows:
        raise ValueError(f"{path} holds no questions.")
    bases = _bases(rows, fields or {})
    found = [(row, _entry(number, row, fields or {}, bases)) for number, row in enumerate(rows)]
    if not any(entry.question for _, entry in found):
        raise ValueError(f"{path} has no column that holds questions; name it.")
    times = Counter(entry.id for _, entry in found)
    found = [
        (row, entry if times[entry.id] == 1 else replace(entry, id=f"{entry.id}:{number}"))
        for number, (row, entry) in enumerate(found)
    ]
    if options is None:
        return [entry for _, entry in found]
    there = {entry.id: entry for entry in read_entries(options) if entry.options}
    if not there:
        raise ValueError(f"{options} holds no options.")
    return [_joined(entry, _answers(row, fields or {}, {}), bases, there) for row, entry in found]


# ---------------------------------------------------------------------------------------------------------------- rows


def _rows_of(path: Path) -> list[Row]:
    if path.stat().st_size > MAX_BYTES:
        raise ValueError(f"{path} is larger than {MAX_BYTES >> 30} GiB; split it.")
    try:
        return list(_rows(path))
    except RecursionError as error:
        raise ValueError(f"{path} is not readable: it is nested too deeply.") from error
    except (UnicodeDecodeError, csv.Error, pa.ArrowInvalid, ValueError) as error:
        raise ValueError(f"{path} is not readable as {path.suffix or 'JSON'}: {str(error).rstrip('.')}.") from error


def _rows(path: Path) -> Iterator[Row]:
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        yield from open_parquet(path).read().to_pylist()
        return
    raw = path.read_bytes()
    if suffix == ".xlsx":
        yield from sheet_rows(io.BytesIO(raw))
        return
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("gb18030")
    if suffix in (".csv", ".tsv"):
        yield from _table(text, "\t" if suffix == ".tsv" else ",")
        return
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        yield from (row for line in text.split("\n") if line.strip() and isinstance(row := json.loads(line), dict))
        return
    yield from _json_rows(value)


def _table(text: str, delimiter: str) -> Iterator[Row]:
    """Rows under their head, or without one: question, options, and the right one's letter (MMLU as first published)."""
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    head = next(lines, None)
    if head is None:
        return
    named = {_plain_name(name) for name in head} & {*COLUMNS["question"], *_TURNS}
    if not named and len(head) > 3 and re.fullmatch("[A-J]", head[-1].strip()):
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        head = ["question", *LETTERS[: len(head) - 2], "answer"]
    yield from (dict(zip(head, line, strict=False)) for line in lines if any(line))


def _json_rows(value: Any) -> Iterator[Row]:
    if isinstance(value, list):
        yield from (row for row in value if isinstance(row, dict))
    elif isinstance(value, dict):
        nested = [v for v in value.values() if isinstance(v, dict | list)]
        question = _find(value, "question", {})
        if isinstance(question, str) or any(isinstance(value.get(key), list) for key in _TURNS):
            yield value
        elif isinstance(question, dict):  # columns of rows, as pandas writes them: {"question": {"0": …}, …}
            for key in question:
                columns = {name: column.get(key) for name, column in value.items() if isinstance(column, dict)}
                yield {"id": key, **columns}
        elif nested and all(isinstance(v, dict) and _find(_opened(v), "question", {}) is not None for v in nested):
            yield from ({"id": key, **row} for key, row in value.items() if isinstance(row, dict))
        else:
            for inner in nested:
                yield from _json_rows(inner)


def _opened(row: Row) -> Row:
    """A row whose question stands one level further in, with what stands there."""
    if _find(row, "question", {}) is not None or any(row.get(key) for key in _TURNS):
        return row
    inner = [v for v in row.values() if isinstance(v, dict) and _find(v, "question", {}) is not None]
    return {**row, **inner[0]} if len(inner) == 1 else row


# ------------------------------------------------------------------------------------------------------------- columns


@cache
def _plain_name(name: Any) -> str:
    return re.sub(r"\W+", "_", str(name).strip().lower())


def _present(row: Row, role: str, fields: Mapping[str, str]) -> dict[str, Any]:
    """The columns of a role that hold something, in the order of `COLUMNS`."""
    if role in fields:
        return {fields[role]: row.get(fields[role])}
    plain = {_plain_name(key): value for key, value in row.items()}
    return {name: plain[name] for name in COLUMNS[role] if not _is_empty(plain.get(name))}


def _find(row: Row, role: str, fields: Mapping[str, str]) -> Any:
    return next(iter(_present(row, role, fields).values()), None)


def _is_empty(value: Any) -> bool:
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def _entry(number: int, row: Row, fields: Mapping[str, str], bases: Mapping[str, int]) -> Entry:
    name = _find(row, "id", fields)
    key = str(number if name is None else name)
    question = _find(row, "question", fields)
    said = _said(row) if question is None else []
    contexts = tuple(_texts(_find(row, "context", fields)))
    if said:
        return Entry(id=key, question=said[0], answer_text=said[1] if len(said) > 1 else "", problem="no options")
    if not isinstance(question, str) or not question.strip():
        return Entry(id=key, question="", contexts=contexts, problem="no question")
    texts, problem = _options(row, fields, f"{key} {question}")
    answer, text = "", ""
    if not problem:
        answer, problem = _answer(_answers(row, fields, texts), texts, bases)
        text = " ".join(texts[letter] for letter in answer)
    if not text:
        text = _open_answer(_find(row, "answer", fields))
    return Entry(
        id=key,
        question=_without_options(question.strip(), texts),
        contexts=contexts,
        options=texts,
        answer=answer,
        answer_text=text,
        problem=problem,
    )


def _said(row: Row) -> list[str]:
    """The first two turns of a conversation."""
    for key in _TURNS:
        if isinstance(row.get(key), list):
            turns = [turn for turn in row[key] if isinstance(turn, dict)]
            said = [str(turn.get("content") or turn.get("value") or "").strip() for turn in turns[:2]]
            return said if said and said[0] else []
    return []


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = value.get("contexts")
    for text in value if isinstance(value, list) else [value]:
        if isinstance(text, str) and text.strip():
            yield text.strip()


# ------------------------------------------------------------------------------------------------------------- options


def _options(row: Row, fields: Mapping[str, str], seed: str) -> tuple[dict[str, str], str]:
    """Options by letter, and what is wrong with them."""
    named: dict[str, str] | None = None
    for found in _present(row, "options", fields).values():
        named = _named(found)
        if named:
            break
    if not named and (columns := _option_columns(row)):
        named = _lettered([text for _, text in columns])
    if not named and (correct := _plain(row, "correct_answer")):
        wrong = [str(v).strip() for k, v in row.items() if _WRONG_COLUMN.fullmatch(_plain_name(k)) and not _is_empty(v)]
        # published right one first: mixed by their hash, the same way each time
        named = _lettered(sorted([correct, *wrong], key=lambda text: identity(seed, text))) if wrong else None
    if not named and str(_plain(row, "final_decision")).lower() in _DECISIONS:
        named = _lettered(_DECISIONS)
    while named and not next(reversed(named.values())):
        named.popitem()  # fewer options than the widest row has
    if not named or len(named) < 2:
        return {}, "no options"
    if len(named) > len(LETTERS):
        return {}, "more options than letters"
    if list(named) != list(LETTERS[: len(named)]):
        return {}, "options that are not lettered A, B, C"
    return named, ""


def _plain(row: Row, name: str) -> str:
    value = next((v for k, v in row.items() if _plain_name(k) == name), None)
    return "" if _is_empty(value) else str(value).strip()


def _named(found: Any) -> dict[str, str]:
    """Options by letter, from any of the forms in which one column holds them, in the order of the letters."""
    if isinstance(found, str) and found.lstrip()[:1] in ("{", "["):
        with suppress(json.JSONDecodeError):
            found = json.loads(found)
    if isinstance(found, dict):
        inner = _find(found, "options", {})
        if isinstance(inner, dict | list):
            return _named(inner)
        texts = {str(key).strip().upper(): str(value).strip() for key, value in found.items() if not _is_empty(value)}
        return dict(sorted(texts.items()))
    if isinstance(found, list):
        keys = [next((o[name] for name in _OPTION_KEYS[0] if name in o), None) for o in found if isinstance(o, dict)]
        texts_of = [
            next((o[name] for name in _OPTION_KEYS[1] if name in o), "") if isinstance(o, dict) else o for o in found
        ]
        if keys and all(isinstance(key, str) and re.fullmatch("[A-Za-z]", key) for key in keys):
            return _named(dict(zip(keys, texts_of, strict=False)))
        return _lettered([str(text).strip() for text in texts_of])
    return _in_lines(found) if isinstance(found, str) else {}


def _lettered(texts: Sequence[str]) -> dict[str, str]:
    names = [*LETTERS, *map(str, range(len(LETTERS), len(texts)))]
    return dict(zip(names, texts, strict=False))


def _in_lines(text: str) -> dict[str, str]:
    """Options that follow each other in one text, each behind its letter at the beginning of a line."""
    starts: list[tuple[int, int]] = []
    for letter in LETTERS:
        match = re.compile(rf"(?:\A|\n)\s*[(（]?{letter}{_AFTER_LETTER}").search(text, starts[-1][1] if starts else 0)
        if not match:
            break
        starts.append(match.span())
    ends = [start for start, _ in starts[1:]] + [len(text)]
    found = [text[start:end].strip() for (_, start), end in zip(starts, ends, strict=True)]
    if found and all(option.endswith(".") for option in found):  # the full stop is the list's, not the options'
        found = [option[:-1] for option in found]
    return _lettered(found)


def _option_columns(row: Row) -> list[tuple[str, str]]:
    """Number or letter, and text, of the options that have a column each; those at the end may be empty."""
    found = [
        (match[1] or match[2], str(value).strip())
        for key, value in row.items()
        if (match := _OPTION_COLUMN.fullmatch(_plain_name(key)))
        and not _is_empty(value)
        and not isinstance(value, list)
    ]
    return sorted(found, key=lambda pair: (len(pair[0]), pair[0])) if len(found) > 1 else []


def _without_options(question: str, options: Mapping[str, str]) -> str:
    """A question without the list of its options at its end."""
    if not options or [*options.values()][-1] not in question:
        return question
    listed = r"\s*".join(rf"[(（]?{a}{_AFTER_LETTER}\s*{re.escape(text)}\W*?" for a, text in options.items())
    match = re.search(rf"\s(?:[^\n.?？。:：]{{1,24}}[:：])?\s*{listed}\s*\Z", question)
    return question[: match.start()].rstrip() if match and question[: match.start()].strip() else question


# ------------------------------------------------------------------------------------------------------------- answers


def _answers(row: Row, fields: Mapping[str, str], options: Mapping[str, str]) -> dict[str, Any]:
    """The columns that say the answer: those that hold an option are none."""
    columns = {a for a, _ in _option_columns(row)} if not _find(row, "options", fields) else set()
    return {name: value for name, value in _present(row, "answer", fields).items() if name not in columns}


def _bases(rows: Sequence[Row], fields: Mapping[str, str]) -> dict[str, int]:
    """From what each column of numbers counts the options.

    From 0 where a 0 stands in it, from 1 where as many as there are options; else as the options are numbered, or from 0.
    """
    bases: dict[str, int] = {}
    sure: set[str] = set()
    for row in rows:
        texts, _ = _options(row, fields, "")
        for name, value in _answers(row, fields, texts).items():
            number = _whole(value)
            if number is None or name in sure or not texts:
                continue
            if number in (0, len(texts)):
                bases[name] = int(number != 0)
                sure.add(name)
            elif name not in bases:
                bases[name] = _first_number(row, fields)
    return bases


def _first_number(row: Row, fields: Mapping[str, str]) -> int:
    numbers = [int(name) for name, _ in _option_columns(row) if name.isdigit()]
    listed = _find(row, "options", fields)
    if isinstance(listed, list):
        keys = [next((o[name] for name in _OPTION_KEYS[0] if name in o), None) for o in listed if isinstance(o, dict)]
        numbers += [key for key in keys if isinstance(key, int)]
    return min(numbers, default=0)


def _whole(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return int(value) if isinstance(value, str) and re.fullmatch(r"-?\d{1,2}", value.strip()) else None


def _answer(found: Mapping[str, Any], options: Mapping[str, str], bases: Mapping[str, int]) -> tuple[str, str]:
    """Letters of the right options and what is wrong with them."""
    said = {name: _letters(value, options, bases.get(name, 0)) for name, value in found.items()}
    letters = {letters for letters in said.values() if letters}
    if len(letters) > 1:
        return "", "answers that contradict each other"
    if letters:
        return letters.pop(), ""
    given = any(isinstance(value, str) or (_whole(value) or 0) > 0 for value in found.values())
    return "", "the answer is not among the options" if given else "no answer"


def _letters(value: Any, options: Mapping[str, str], base: int) -> str:
    if isinstance(value, list):
        parts = [_letters(part, options, base) for part in value]
        return "".join(sorted(set("".join(parts)))) if all(parts) else ""
    if not isinstance(value, str):
        number = _whole(value)
        place = -1 if number is None else number - base
        return LETTERS[place] if 0 <= place < len(options) else ""
    bare = _BETWEEN_LETTERS.sub("", value)
    if len(bare) == 1 and bare.upper() in options:
        return bare.upper()
    same = [letter for letter, text in options.items() if _folded(text) == _folded(value)]
    if len(same) == 1:
        return same[0]
    if bare and set(bare) <= options.keys() and len(set(bare)) == len(bare):
        return "".join(sorted(bare))
    return _letters(number, options, base) if (number := _whole(value)) is not None else ""


def _folded(text: str) -> str:
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text).casefold()).strip(" .。")


def _open_answer(value: Any) -> str:
    """What is said in answer to a question whose options are not known; a letter or number alone says nothing."""
    return value.strip() if isinstance(value, str) and len(value.strip(" ().")) > 1 else ""


# ------------------------------------------------------------------------------------------- options in another file


def _joined(entry: Entry, answers: Mapping[str, Any], bases: Mapping[str, int], there: Mapping[str, Entry]) -> Entry:
    """An entry with the options that stand in another file: with its id, or one that its id begins with, and a question
    that stands in its own or the other way round."""
    other = there.get(entry.id) or there.get(re.split(r"[-_/#]", entry.id)[0])
    if entry.options or other is None or not _same_question(entry.question, other.question):
        return entry
    answer, problem = _answer(answers, other.options, bases)
    if other.answer and answer not in ("", other.answer):
        answer, problem = "", "answers that contradict each other"
    elif not answer and other.answer:
        answer, problem = other.answer, other.problem
    text = " ".join(other.options[letter] for letter in answer)
    return replace(entry, options=other.options, answer=answer, answer_text=text, problem=problem)


def _same_question(one: str, other: str) -> bool:
    a, b = (re.sub(r"\W+", "", unicodedata.normalize("NFKC", text)).casefold() for text in (one, other))
    return bool(a) and bool(b) and (a in b or b in a)
