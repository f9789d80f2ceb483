"""Tables that go on overleaf."""

from __future__ import annotations

from ingest.assembly.assemble import assemble
from ingest.document import Block, Page, Probe
from ingest.markdown import to_markdown

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
