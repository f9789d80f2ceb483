"""A hundred faults planted in what readers of markup give: the check finds 99 of them at least, and none where there is none."""

from __future__ import annotations

import random
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

import ingest.readers.rtf as rtf_reader
from ingest.conservation import Conservation, compare
from ingest.document import Block, Page, ReadOptions
from ingest.left_out import LeftOut
from ingest.readers import load_reader
from ingest.readers.shown_text import Shown

FAULTS = 100
DRUGS = ("amoxicillin", "furosemide", "digoxin", "warfarin", "metformin", "enoxaparin", "vancomycin", "leflunomide")
UNITS = ("mg", "μg", "mL", "mmol", "IU", "kg")


def values(rng: random.Random) -> list[str]:
    """Sentences of a page that no other page has, a number and a unit in each."""
    return [
        f"{drug} is given at {rng.randint(2, 97)}.{rng.randint(1, 9)} {rng.choice(UNITS)} within {rng.randint(101, 999)} minutes of arrival, "
        f"and the {rng.choice(('renal', 'hepatic', 'cardiac'))} function is measured on day {rng.randint(11, 99)}"
        for drug in rng.sample(DRUGS, 6)
    ]


def body(rng: random.Random, p: str, list_: str, item: str, table: str, row: str, cell: str, sup: str) -> str:
    """A page as markup: paragraphs, powers, a list and a table; the names are those of the format's elements."""

    def put(name: str, text: str) -> str:
        return f"<{name}>{text}</{name.split()[0]}>"

    own = values(rng)
    power = f"Counts fell to {rng.randint(2, 9)} × 10{put(sup, f'−{rng.randint(2, 9)}')} of {rng.randint(20, 99)} m{put(sup, '2')}, CI −{rng.randint(3, 9)}.5 to ≥ {rng.randint(11, 19)}."
    rows = [put(row, put(cell, drug) + put(cell, f"{rng.randint(2, 99)} {rng.choice(UNITS)}")) for drug in DRUGS[:4]]
    items = put(list_, "".join(put(item, text) for text in own[4:]))
    return "".join(put(p, f"{text}.") for text in own[:4]) + put(p, power) + items + put(table, "".join(rows))


def jats(path: Path, rng: random.Random) -> None:
    inner = body(rng, "p", "list list-type='order'", "list-item", "table", "tr", "td", "sup")
    inner = inner.replace("<list-item>", "<list-item><p>").replace("</list-item>", "</p></list-item>")
    front = "<front><article-meta><article-id>77</article-id><title-group><article-title>A page</article-title></title-group></article-meta></front>"
    path.write_text(f'<article dtd-version="1.2">{front}<body>{inner}</body></article>', encoding="utf-8")


def cnxml(path: Path, rng: random.Random) -> None:
    inner = body(rng, "para", "list list-type='enumerated'", "item", "tgroup", "row", "entry", "sup")
    inner = inner.replace("<tgroup>", "<table><tgroup>").replace("</tgroup>", "</tgroup></table>")
    path.write_text(
        f'<document xmlns="http://cnx.rice.edu/cnxml"><title>A page</title><content>{inner}</content></document>',
        encoding="utf-8",
    )


def docbook(path: Path, rng: random.Random) -> None:
    inner = body(rng, "para", "orderedlist", "listitem", "informaltable", "tr", "td", "superscript")
    inner = inner.replace("superscript", "phrase")  # what is raised has no mark there
    inner = re.sub(r"10<phrase>", "10 <phrase>", inner)
    path.write_text(
        f'<chapter xmlns="http://docbook.org/ns/docbook"><title>A page</title>{inner}</chapter>', encoding="utf-8"
    )


def web(path: Path, rng: random.Random) -> None:
    inner = body(rng, "p", "ol", "li", "table", "tr", "td", "sup")
    menu = "<nav><ul><li><a href='/a'>Home</a></li><li><a href='/b'>Search 5 mg</a></li></ul></nav>"
    path.write_text(
        f"<html><body>{menu}<article><h1>A page of doses</h1>{inner}</article><footer>© 2021</footer></body></html>",
        encoding="utf-8",
    )


def epub(path: Path, rng: random.Random) -> None:
    inner = body(rng, "p", "ol", "li", "table", "tr", "td", "sup")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr(
            "META-INF/container.xml", '<container><rootfiles><rootfile full-path="b.opf"/></rootfiles></container>'
        )
        archive.writestr("b.opf", '<package><metadata/><manifest><item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest>'
                                  '<spine><itemref idref="a"/></spine></package>')  # fmt: skip
        archive.writestr("a.xhtml", f"<html><body><h1>A page</h1>{inner}</body></html>")


def rtf(path: Path, rng: random.Random) -> None:
    def escaped(text: str) -> str:
        return "".join(character if character.isascii() else f"\\u{ord(character)}?" for character in text)

    power = f"Counts fell to 10{{\\super {escaped('−')}{rng.randint(2, 9)}}} of {rng.randint(20, 99)} m{{\\super 2}}, CI {escaped('−')}{rng.randint(3, 9)}.5."
    rows = "".join(
        f"\\trowd\\cellx1\\cellx2\\intbl {drug}\\cell {rng.randint(2, 99)} mg\\cell\\row" for drug in DRUGS[:4]
    )
    paragraphs = "".join(f"\\pard {escaped(text)}.\\par" for text in values(rng))
    path.write_text(f"{{\\rtf1 {paragraphs}\\pard {power}\\par{rows}\\pard End.\\par}}", encoding="ascii")


MAKERS: dict[str, tuple[str, Callable[[Path, random.Random], None]]] = {
    "jats": ("a.xml", jats), "cnxml": ("a.cnxml", cnxml), "docbook": ("a.dbk", docbook), "web": ("a.html", web), "epub": ("a.epub", epub),
    "rtf": ("a.rtf", rtf),
}  # fmt: skip


# --- faults


def _numbered(blocks: Sequence[Block]) -> list[int]:
    return [index for index, block in enumerate(blocks) if re.search(r"\d", block.text)]


def _with(blocks: Sequence[Block], index: int, text: str) -> list[Block]:
    return [*blocks[:index], replace(blocks[index], text=text), *blocks[index + 1 :]]


def merged(blocks: Sequence[Block], rng: random.Random) -> list[Block]:
    """Two numbers that stand side by side have become one."""
    index = rng.choice(_numbered(blocks))
    text = blocks[index].text
    one, other = re.findall(r"\d+", text)[-1], str(rng.randint(2, 9))
    return _with(blocks, index, text[::-1].replace(one[::-1], (one + other)[::-1], 1)[::-1])


def dropped(blocks: Sequence[Block], rng: random.Random) -> list[Block]:
    """A value is gone from a block."""
    index = rng.choice(_numbered(blocks))
    return _with(blocks, index, re.sub(r"\d+(?!.*\d)", "", blocks[index].text, count=1, flags=re.DOTALL))


def doubled(blocks: Sequence[Block], rng: random.Random) -> list[Block]:
    """A block stands twice."""
    index = rng.choice(_numbered(blocks))
    return [*blocks, replace(blocks[index], made=(), repeated=())]


def changed(blocks: Sequence[Block], rng: random.Random) -> list[Block]:
    """A digit is another."""
    index = rng.choice(_numbered(blocks))
    text = blocks[index].text
    place = rng.choice([found.start() for found in re.finditer(r"\d", text)])
    return _with(
        blocks, index, text[:place] + rng.choice([d for d in "123456789" if d != text[place]]) + text[place + 1 :]
    )


def another_unit(blocks: Sequence[Block], rng: random.Random) -> list[Block]:
    """A unit is another."""
    places = [(i, m) for i, b in enumerate(blocks) for m in re.finditer(r"(?<=\d )(?:mg|μg|mL|mmol|IU|kg)\b", b.text)]
    index, found = rng.choice(places)
    text = blocks[index].text
    return _with(
        blocks,
        index,
        text[: found.start()] + rng.choice([u for u in UNITS if u != found.group()]) + text[found.end() :],
    )


def lost_power(blocks: Sequence[Block], rng: random.Random) -> list[Block]:
    """A power has become part of its number, or lost its sign."""
    places = [(i, m) for i, b in enumerate(blocks) for m in re.finditer(r"\^-?(?=\d)", b.text)]
    if not places:
        return changed(blocks, rng)
    index, found = rng.choice([each for each in places if each[1].group() == "^-"] or places)
    text = blocks[index].text
    return _with(blocks, index, text[: found.start()] + rng.choice(("", "^")) + text[found.end() :])


PLANTS = (merged, dropped, doubled, changed, another_unit, lost_power)


def clean(found: Conservation | None) -> bool:
    return found is not None and not (found.lost or found.new or found.numbers_lost or found.numbers_new)


Check = Callable[[Sequence[Block]], Conservation]


def checked(monkeypatch: pytest.MonkeyPatch, name: str, path: Path) -> tuple[Page, Check]:
    """A page as it is read, and the check of other blocks against the source that it was compared with."""
    seen: list[Check] = []
    if name == "rtf":

        def spy(source: str, texts: Sequence[str], left_out: LeftOut, made: Sequence[str]) -> Conservation:
            own = list(made)
            seen.append(lambda blocks: compare(source, [block.text for block in blocks], left_out, own))
            return compare(source, texts, left_out, own)

        monkeypatch.setattr(rtf_reader, "compare", spy)
    else:
        whole = Shown.compared

        def spied(self: Shown, blocks: Sequence[Block], left_out: LeftOut, made: Sequence[str] = ()) -> Conservation:
            seen.append(lambda blocks: whole(self, blocks, left_out, made))
            return whole(self, blocks, left_out, made)

        monkeypatch.setattr(Shown, "compared", spied)
    (page,) = load_reader(name).read(path, 1, 1, ReadOptions(ocr="never"), lambda place: None)
    monkeypatch.undo()
    return page, seen[0]


@pytest.mark.parametrize("name", MAKERS)
def test_planted_faults_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    file, make = MAKERS[name]
    rng = random.Random(name)
    missed = []
    for number in range(FAULTS):
        if number % 10 == 0:
            make(tmp_path / file, rng)
            page, check = checked(monkeypatch, name, tmp_path / file)
            assert clean(page.conservation) and clean(check(page.blocks)), page.conservation
        plant = PLANTS[number % len(PLANTS)]
        if clean(check(plant(page.blocks, rng))):
            missed.append(plant.__name__)
    assert len(missed) <= FAULTS // 100, missed
