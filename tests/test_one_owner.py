"""Each piece of knowledge about text has one owner: nobody else writes it down again."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("medpress", "nlp", "ingest", "corpus", "training")
TOKENISERS = ("medpress/tokenising.py", "training/gguf_file.py")
"""These quote how published tokenisers cut a text, to the letter."""

OWNERS = {
    "the range of Chinese characters": (
        ROOMS,
        r"\\u(?:3400|4e00)-|-\\u(?:9fff|9fa5)|[\u3400\u4e00]-|-[\u9fa5\u9fff]|[<>]=? *\"\\?u?(?:3400|4e00|\u4e00)",
        ("medpress/writing_systems.py", *TOKENISERS),
    ),
    "the range of Japanese and Korean letters": (
        ROOMS,
        r"\\u3040-|\\uac00-|-\\ud7a",
        ("medpress/writing_systems.py", "ingest/page/routing.py", *TOKENISERS),
    ),
    "what the list of references is called": (("ingest",), r"bibliography\|", ("ingest/page/section_names.py",)),
    "what sections are called": (("ingest",), r"acknowledge?\?", ("ingest/page/section_names.py",)),
    "how a caption begins": (("ingest",), r"Fig\(\?:ure.*Tab|fig\(\?:ure.*table", ("ingest/page/section_names.py", "ingest/assembly/floats.py")),
}  # fmt: skip
"""Rooms that are looked through, what is looked for in their code, and who may say it."""


@cache
def code(path: Path) -> str:
    """The source of a module without what stands between triple quotes, its docstrings, and comments."""
    text = re.sub(r'^ *"""(?:[^"]|"(?!""))*"""', "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return re.sub(r"^ *#.*$", "", text, flags=re.MULTILINE)


@pytest.mark.parametrize("fact", OWNERS)
def test_a_fact_is_written_down_by_its_owner_alone(fact: str) -> None:
    rooms, pattern, owners = OWNERS[fact]
    holders = {
        path.relative_to(ROOT).as_posix()
        for room in rooms
        for path in sorted((ROOT / room).rglob("*.py"))
        if re.search(pattern, code(path))
    }
    assert holders <= set(owners)
    assert holders & set(owners)


def test_headings_are_told_from_paragraphs_in_one_place() -> None:
    """Whatever a page's lines were taken from: the model is asked by one module, and OCR knows nothing of kinds."""
    for path in sorted((ROOT / "ingest" / "ocr").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\bBlock\(|section_names|block_labels|block_kinds", text), path.name
    asking = [
        path.name
        for path in sorted((ROOT / "ingest").rglob("*.py"))
        if re.search(r"block_labels import .*\blabels\b", path.read_text(encoding="utf-8"))
    ]
    assert asking == ["block_kinds.py"]
