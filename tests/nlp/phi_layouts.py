"""Reads the notes of tests/nlp/data/phi_{dev,test,fresh,forms,papers}.{en,zh}.txt: wording of people's layouts, every person invented.

They were written before the learned finder, its templates and its word lists, and no template is taken from them. A
note begins with a line `=== kind of document`; `[[KIND|value]]` marks an identifier. `OPTIONAL` marks what may be taken or
left (hospitals, parts of numbers). Of `dev` errors may be read; of the others only the totals. `forms`, in the layouts of public forms,
messages and tables, was written by another hand than the first three.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from tests.nlp.phi_notes import Note

DATA = Path(__file__).parent / "data"
_MARKED = re.compile(r"\[\[([A-Z_]+)\|(.*?)\]\]")


def layout_notes(half: Literal["dev", "test", "fresh", "forms", "papers"], lang: str) -> list[Note]:
    """The labelled notes of one half and language."""
    whole = (DATA / f"phi_{half}.{lang}.txt").read_text(encoding="utf-8")
    return [_note(part.partition("\n")[2], lang) for part in re.split(r"^=== ", whole, flags=re.M)[1:]]


def _note(marked: str, lang: str) -> Note:
    text, spans, position = "", [], 0
    for match in _MARKED.finditer(marked):
        text += marked[position : match.start()]
        spans.append((len(text), len(text) + len(match[2]), match[1]))
        text += match[2]
        position = match.end()
    return Note(text=(text + marked[position:]).rstrip("\n"), lang=lang, spans=tuple(spans))
