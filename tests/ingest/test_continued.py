"""Tables that go on overleaf."""

from __future__ import annotations

from pathlib import Path

import pymupdf

from ingest.assembly.assemble import assemble
from ingest.document import Block, Page, Probe, ReadOptions
from ingest.markdown import to_markdown
from ingest.readers.pdf import PdfReader

HEAD = "| Drug | Dose |\n| --- | --- |\n"


def table(rows: str, head: str = HEAD) -> Block:
    return Block("table", head + rows, bbox=(50, 300, 400, 700), size=9.0)


def caption(text: str) -> Block:
    return Block("caption", text, bbox=(50, 280, 400, 292), size=9.0)


def markdown(*blocks: list[Block]) -> str:
    pages = [Page(i + 1, "native", "text layer", 600, 800, tuple(page)) for i, page in enumerate(blocks)]
    read = assemble(pages, Probe(len(pages)))[0]
    return to_markdown(
        {"kind": block.kind, "text": block.text, "level": block.level, "join": block.join}
        for page in read
        for block in page.blocks
    )


def test_a_table_over_three_pages_is_one_with_one_head() -> None:
    found = markdown(
        [caption("Table 2. Doses of drugs in adults"), table("| Aspirin | 100 mg |")],
        [caption("Table 2 (continued)"), table("| Digoxin | 0.25 mg |")],
        [table("| Heparin | 5,000 IU |")],
    )
    assert HEAD + "| Aspirin | 100 mg |\n| Digoxin | 0.25 mg |\n| Heparin | 5,000 IU |\n" in found
    assert found.count("Drug") == 1


def test_another_head_another_label_or_a_text_between_begins_another_table() -> None:
    first = [caption("Table 2. Doses"), table("| Aspirin | 100 mg |")]
    other = "| Drug | Price |\n| --- | --- |\n"
    assert markdown(first, [table("| Aspirin | 3 |", other)]).count("| Drug |") == 2
    assert markdown(first, [caption("Table 3. Others"), table("| Digoxin | 0.25 mg |")]).count("| Drug |") == 2
    text = Block("paragraph", "The doses of children are lower.", bbox=(50, 100, 400, 120), size=10.0)
    assert markdown(first, [text, table("| Digoxin | 0.25 mg |")]).count("| Drug |") == 2


def ruled_pages(path: Path, heads: tuple[str, ...], rows: list[tuple[str, ...]], split: int) -> Path:
    """A PDF with one table over two pages, with a head on the first alone; drawn word by word and rule by rule."""
    document = pymupdf.open()
    for number, part in enumerate((rows[:split], rows[split:])):
        page = document.new_page(width=595, height=842)
        y = 80.0
        if number == 0:
            page.insert_text((60, 60), "Table 1. Invented doses", fontsize=10)
        for row in [heads, *part] if number == 0 else part:
            for x, cell in zip((60, 200, 340), row, strict=True):
                page.insert_text((x, y), cell, fontsize=10)
            page.draw_line((55, y + 5), (460, y + 5), width=0.5)
            y += 18
        page.draw_line((55, 67), (460, 67), width=0.5)
    document.save(path)
    return path


def read_whole(path: Path) -> str:
    reader, options = PdfReader(), ReadOptions(ocr="never")
    probe = reader.probe(path, options)
    pages = list(reader.read(path, 1, probe.n_pages, options, lambda _: None))
    return to_markdown(
        {"kind": block.kind, "text": block.text, "level": block.level, "join": block.join}
        for page in assemble(pages, probe)[0]
        for block in page.blocks
    )


def test_a_table_without_a_head_goes_on_from_the_page_before(tmp_path: Path) -> None:
    rows = [(f"Drug {i}", f"{i} mg", f"{2 * i} mg") for i in range(1, 51)]
    found = read_whole(ruled_pages(tmp_path / "doses.pdf", ("Drug", "Child", "Adult"), rows, 30))
    assert found.count("\n| --- ") == 1
    lines = [line for line in found.splitlines() if line.startswith("| Drug ")]
    assert lines == ["| Drug | Child | Adult |", *("| " + " | ".join(row) + " |" for row in rows)]


def test_a_table_of_words_without_a_head_is_left_alone(tmp_path: Path) -> None:
    rows = [(f"Drug {'x' * (i % 7)}", "by mouth", "in the morning") for i in range(20)]
    found = read_whole(ruled_pages(tmp_path / "ways.pdf", ("Drug", "Route", "Time"), rows, 12))
    assert found.count("\n| --- ") == 2


def test_another_table_with_a_head_of_its_own_is_another_table() -> None:
    first = [caption("Table 2. Doses"), table("| Aspirin | 100 mg |\n| Digoxin | 0.25 mg |")]
    assert markdown(first, [table("| Heparin | 5,000 IU |", "| Salt | Price |\n| --- | --- |\n")]).count("---") == 4


def test_the_whole_caption_may_be_set_again() -> None:
    found = markdown(
        [caption("Table 2. Doses of drugs in adults with failing kidneys"), table("| Aspirin | 100 mg |")],
        [caption("Table 2 (cont'd). Doses of drugs in adults with failing kidneys"), table("| Digoxin | 0.25 mg |")],
    )
    assert HEAD + "| Aspirin | 100 mg |\n| Digoxin | 0.25 mg |\n" in found


def test_a_note_below_the_first_part_parts_no_table() -> None:
    note = Block("footnote", "a With food.", bbox=(50, 710, 400, 720), size=8.0)
    found = markdown(
        [caption("Table 2. Doses of drugs in adults"), table("| Aspirin a | 100 mg |"), note],
        [caption("Table 2 (continued)"), table("| Digoxin | 0.25 mg |")],
    )
    assert HEAD + "| Aspirin a | 100 mg |\n| Digoxin | 0.25 mg |\n" in found
    assert "With food." in found
