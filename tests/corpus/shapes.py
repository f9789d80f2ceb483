"""The sheet of shapes: texts with the verdict that the filters ought to give, in our own wording.

Three files in `data/`: `shapes.txt` (texts as they stand), `languages.txt` (a paragraph of medicine in some twenty languages)
and `questions.txt` (question | options | key | explanation). The last two are laid out here, each in several ways. Half of the
sheet, chosen by the hash of its name, was looked at while the filters were made; of the other half only totals were.
"""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

DATA = Path(__file__).with_name("data")


class Shape(NamedTuple):
    """A text and what ought to become of it."""

    name: str
    keep: bool
    text: str

    @property
    def genre(self) -> str:
        """The first word of the name."""
        return self.name.split()[0]

    @property
    def looked_at(self) -> bool:
        """Whether the filters were made with this shape in sight."""
        return zlib.crc32(self.name.encode()) % 2 == 0


def shapes() -> list[Shape]:
    """The whole sheet."""
    return [*_written(), *_languages(), *_banks(), *_damaged(), *_joined()]


def _entries(name: str) -> Iterator[tuple[str, str]]:
    """(what stands after the `===`, the text under it)."""
    for entry in re.split(r"^=== ", (DATA / name).read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        head, _, body = entry.partition("\n")
        yield head, body.strip("\n")


def _written() -> Iterator[Shape]:
    for number, (head, body) in enumerate(_entries("shapes.txt")):
        verdict, genre, lang = head.split()
        yield Shape(f"{genre} {lang} {number}", verdict == "keep", body)


def _sentences(text: str) -> list[str]:
    marks = text.replace("。", "。\n").replace(". ", ".\n").replace("। ", "।\n")
    return [line.strip() for line in marks.split("\n") if line.strip()]


def _languages() -> Iterator[Shape]:
    for lang, text in _entries("languages.txt"):
        sentences = _sentences(text)
        yield Shape(f"language {lang} prose", True, text)
        yield Shape(f"language {lang} lines", True, "\n\n".join(sentences))
        yield Shape(f"language {lang} list", True, "# 1\n\n" + "\n".join(f"- {s.rstrip('.。।')}" for s in sentences))


def _banks() -> Iterator[Shape]:
    for kind, body in _entries("questions.txt"):
        chinese = kind.startswith("zh")
        questions = [[field.strip() for field in line.split("|")] for line in body.split("\n")]
        for explained in (False, True):
            for layout in (_lines, _inline, _table, _brackets, _paragraphs, _key_at_end):
                text = layout(questions, chinese, explained)
                told = "explained" if explained else "plain"
                yield Shape(f"bank {kind} {layout.__name__[1:]} {told}", True, text)


def _answer(key: str, why: str, chinese: bool, explained: bool) -> list[str]:
    answer = f"【答案】{key}" if chinese else f"Answer: {key}"
    return [answer, f"【解析】{why}" if chinese else f"Explanation: {why}"] if explained else [answer]


def _lines(questions: list[list[str]], chinese: bool, explained: bool) -> str:
    """An option a line."""
    out = []
    for number, (stem, *options, key, why) in enumerate(questions, start=1):
        out += [f"{number}. {stem}", *(f"{letter}. {o}" for letter, o in zip("ABCDE", options, strict=False))]
        out += [*_answer(key, why, chinese, explained), ""]
    return "\n".join(out)


def _inline(questions: list[list[str]], chinese: bool, explained: bool) -> str:
    """All options in one line."""
    out = []
    for number, (stem, *options, key, why) in enumerate(questions, start=1):
        row = " ".join(f"{letter}．{o}" for letter, o in zip("ABCDE", options, strict=False))
        out += [f"{number}．{stem}", row, *_answer(key, why, chinese, explained)]
    return "\n".join(out)


def _table(questions: list[list[str]], chinese: bool, explained: bool) -> str:
    """A row of a table each."""
    head = ["", "题目", "A", "B", "C", "D", "答案"] if chinese else ["", "Question", "A", "B", "C", "D", "Answer"]
    rows = [head, ["---"] * len(head)]
    for number, (stem, *options, key, why) in enumerate(questions, start=1):
        rows.append([str(number), stem, *options, f"{key}. {why}" if explained else key])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _brackets(questions: list[list[str]], chinese: bool, explained: bool) -> str:
    """The key in the brackets of the stem, the options' letters in brackets."""
    out = []
    for number, (stem, *options, key, why) in enumerate(questions, start=1):
        out += [f"({number}) {stem} ( {key} )", *(f"({x}) {o}" for x, o in zip("ABCDE", options, strict=False))]
        out += [why] if explained else []
    return "\n\n".join(out)


def _paragraphs(questions: list[list[str]], chinese: bool, explained: bool) -> str:
    """A paragraph each, nothing but blanks between its parts."""
    out = []
    for number, (stem, *options, key, why) in enumerate(questions, start=1):
        row = " ".join(f"{letter} {o}" for letter, o in zip("ABCDE", options, strict=False))
        out.append(f"{number} {stem} {row} " + " ".join(_answer(key, why, chinese, explained)))
    return "\n\n".join(out)


def _key_at_end(questions: list[list[str]], chinese: bool, explained: bool) -> str:
    """The keys after all questions."""
    out = []
    for number, (stem, *options, _, _) in enumerate(questions, start=1):
        out += [f"{number}、{stem}", *(f"{letter}、{o}" for letter, o in zip("ABCDE", options, strict=False)), ""]
    keys = [f"{n}.{key} {why if explained else ''}".strip() for n, (*_, key, why) in enumerate(questions, start=1)]
    return "\n".join([*out, "答案" if chinese else "Answers", *keys])


_CONFUSED = {"e": "c", "a": "o", "m": "rn", "l": "1", "h": "b", "i": "|", "t": "f", "s": "5", "o": "0", "u": "v"}


def _damaged() -> Iterator[Shape]:
    """Rubbish of OCR: letters lost, split, confused, and specks between them."""
    for lang, text in _entries("languages.txt"):
        if not text.isascii() and lang not in ("fr", "es", "de"):
            continue
        for seed in range(4):
            rng = random.Random(f"{lang} {seed}")
            out = []
            for letter in text:
                draw = rng.random()
                if draw < 0.2:
                    out.append(_CONFUSED.get(letter, letter))
                elif draw < 0.3:
                    out.append(rng.choice("~|.,;:'^_*\\/!") + rng.choice(["", " "]))
                elif draw < 0.36:
                    out.append(" ")
                elif draw < 0.42:
                    out.append(letter.upper())
                else:
                    out.append(letter)
            yield Shape(f"rubbish {lang} {seed}", False, "".join(out))


def _joined() -> Iterator[Shape]:
    """Longer texts of shapes of one genre: what holds for each holds for all together."""
    for keep in (True, False):
        by_genre: dict[str, list[str]] = {}
        for shape in _written():
            if shape.keep == keep and shape.genre not in ("stub", "loop", "lorem", "damage"):
                by_genre.setdefault(shape.name.rsplit(" ", 1)[0], []).append(shape.text)
        for name, texts in by_genre.items():
            for number in range(len(texts) - 1):
                yield Shape(f"{name} pair {number}", keep, texts[number] + "\n\n" + texts[number + 1])
            if len(texts) > 2:
                yield Shape(f"{name} all", keep, "\n\n".join(texts))
