"""Text files become headings, lists, tables and whole paragraphs."""

from __future__ import annotations

import gzip
import os
import re
from pathlib import Path

import pytest

from ingest.document import ReadOptions, UnreadableError
from ingest.readers.text import PAGE_CHARACTERS, TextReader, blocks_of

DATA = Path(os.environ.get("MEDPRESS_DATA", "../shared/data"))
READER = TextReader()
CLASSICS = DATA / "textbook/tcm_classics"


def short(text: str) -> list[tuple[str, int, str]]:
    return [(block.kind, block.level, block.text) for block in blocks_of(text)]


def test_markdown() -> None:
    text = """# Title

Some text.

## Section ##
- one
- two
  continued
1. first
2) second

| a | b |
| --- | --- |
| 1 | 2 |

Setext
------
```
x = 1

y = 2
```
***
"""
    assert short(text) == [
        ("heading", 1, "Title"),
        ("paragraph", 0, "Some text."),
        ("heading", 2, "Section"),
        ("list", 0, "- one\n- two continued\n1. first\n2) second"),
        ("table", 0, "| a | b |\n| --- | --- |\n| 1 | 2 |"),
        ("heading", 2, "Setext"),
        ("paragraph", 0, "x = 1\n\ny = 2"),
    ]


def test_a_formula_begins_a_paragraph_of_a_classic() -> None:
    text = (
        "上药共研匀。放阳城罐内。微火煨干后。如前法降三炷香。候冷取药不可被生人鸡犬冲破。此丹凡肿毒。\n"
        "用醋调点患处头上。看毒大小。如桐子大起。毒即消。若已成不肯穿者。亦用此丸。将膏药贴头上穿透。\n"
        "小白降 水银 火硝 生矾（各五分） 食盐（二分） 上共研末。入倾银罐内。放炭火上。文火煎滚。滚至\n"
        "焦黄为度。冷透取出。加朱砂 雄黄（各三分）。用一厘许。以津唾调点毒顶上。以膏药盖之。次日毒根。\n"
        "甘草（一钱） 白芷（一钱）共末敷之。\n"
    )
    first, second = blocks_of(text)
    assert (
        first.text.endswith("穿透。") and second.text.startswith("小白降 水银") and second.text.endswith("共末敷之。")
    )


def test_lines_broken_at_a_width_are_joined() -> None:
    text = (
        "The patient was admitted with a cough of three weeks and a fever that had\n"
        "started two days before. On examination there were crackles over the lo-\n"
        "wer left lobe, and the respiratory rate was raised to twenty-six a minute\n"
        "at rest. A film was taken.\n"
        "It showed consolidation of the left lower lobe, for which treatment with a\n"
        "penicillin was begun, and the fever settled within two days of its start.\n"
    )
    first, second = blocks_of(text)
    assert "over the lower left lobe, and the respiratory rate was raised to twenty-six a minute at rest." in first.text
    assert second.text.startswith("It showed consolidation")


def test_chinese_lines_are_joined_without_a_space() -> None:
    line = "患者因发热咳嗽三天入院查体双肺可闻及湿罗音心率一百次每分给予抗感染治疗后体温逐渐"
    text = f"{line}\n{line}\n{line}\n下降。"
    assert [block.text for block in blocks_of(text)] == [line * 3 + "下降。"]


def test_one_line_paragraphs_stay_apart() -> None:
    text = "A first paragraph that is one long line and stands for itself, as editors save them without breaks.\nA second.\n"
    assert len(blocks_of(text * 2 + "Third one is here, and it is a rather long line too, to be sure of it all.")) >= 3


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("第三章 循环系统", 2),
        ("第二节　心脏", 3),
        ("卷上", 1),
        ("卷之三", 1),
        ("第一卷", 1),
        ("第十二回 论治", 2),
        ("Chapter 3 The heart", 2),
        ("PART II", 1),
        ("Appendix B: Doses", 2),
        ("<目录>卷二", 1),
        ("<篇名>桂枝汤", 2),
    ],
)
def test_chapter_headings(line: str, level: int) -> None:
    (heading, paragraph) = blocks_of(f"{line}\n\n正文在此，說明其義。")
    assert (heading.kind, heading.level) == ("heading", level)
    assert paragraph.kind == "paragraph"


@pytest.mark.parametrize(
    "line",
    [
        "第一次见到患者时，他已经昏迷。",
        "Part of the lung was resected.",
        "chapter and verse were quoted to us.",
        "卷曲霉素的用法是每日一次。",
    ],
)
def test_sentences_are_not_headings(line: str) -> None:
    assert [block.kind for block in blocks_of(line)] == ["paragraph"]


def test_digitised_classic(tmp_path: Path) -> None:
    path = tmp_path / "classic.txt"
    text = (
        "<篇名>测试医论\n书名：测试医论\n作者：王某\n朝代：明\n年份：公元1602年\n\n<目录>卷上\n\n"
        "<篇名>论脾\n属性：脾为后天之本。\\x按\\x 慎之。\n"
        "\n<目录>卷上\n\n<篇名>论肾\n属性：肾为先天之本。\n"
    )
    path.write_bytes(text.encode("gb18030"))
    probe = READER.probe(path, ReadOptions())
    assert (probe.title, probe.authors, probe.date) == ("测试医论", ("王某",), "公元1602年")
    (page,) = READER.read(path, 1, 1, ReadOptions(), lambda place: None)
    assert [(block.kind, block.level, block.text) for block in page.blocks] == [
        ("heading", 2, "测试医论"),
        ("heading", 1, "卷上"),
        ("heading", 2, "论脾"),
        ("paragraph", 0, "脾为后天之本。按 慎之。"),
        ("heading", 2, "论肾"),
        ("paragraph", 0, "肾为先天之本。"),
    ]


def test_long_files_are_cut_into_pages_without_losing_a_word(tmp_path: Path) -> None:
    text = "\n\n".join(f"Paragraph number {number} of a long book about medicine." for number in range(12_000))
    path = tmp_path / "long.txt.gz"
    path.write_bytes(gzip.compress(text.encode()))
    assert READER.sniff(path.read_bytes()[:8192], path.name)
    n_pages = READER.probe(path, ReadOptions()).n_pages
    assert n_pages > 1
    seen: list[str] = []
    pages = list(READER.read(path, 1, n_pages, ReadOptions(), seen.append))
    assert seen == [f"page {number}" for number in range(1, n_pages + 1)]
    assert all(sum(len(block.text) for block in page.blocks) <= PAGE_CHARACTERS for page in pages)
    assert " ".join(block.text for page in pages for block in page.blocks).split() == text.split()
    (second,) = READER.read(path, 2, 2, ReadOptions(), lambda place: None)
    assert second == pages[1]


@pytest.mark.parametrize(
    ("content", "kind"), [(b"", "empty"), (b" \n\t\n", "no-text"), (bytes(range(256)) * 40, "decode")]
)
def test_what_cannot_be_read_says_why(tmp_path: Path, content: bytes, kind: str) -> None:
    path = tmp_path / "bad.txt"
    path.write_bytes(content)
    with pytest.raises(UnreadableError) as error:
        READER.probe(path, ReadOptions())
    assert error.value.kind == kind


def test_binary_files_named_like_text_are_not_text() -> None:
    assert not READER.sniff(b"%PDF-1.7", "a.txt")
    assert not READER.sniff(b"hello", "a.html")
    assert READER.sniff(b"hello", "a.md")


@pytest.mark.skipif(not CLASSICS.is_dir(), reason=f"no Chinese classics under {DATA}")
def test_real_classics_keep_their_characters_and_get_headings() -> None:
    for path in sorted(CLASSICS.glob("*.txt")):
        probe = READER.probe(path, ReadOptions())
        pages = list(READER.read(path, 1, probe.n_pages, ReadOptions(), lambda place: None))
        blocks = [block for page in pages for block in page.blocks]
        assert sum(block.kind == "heading" for block in blocks) >= 10, path.name
        raw = path.read_text(encoding="gb18030")
        marks = re.compile(r"<篇名>|<目录>.*$|属性：|^(?:书名|作者|朝代|年份)：.*$", re.MULTILINE)
        wanted = sum("\u4e00" <= character <= "\u9fff" for character in marks.sub("", raw))
        got = sum("\u4e00" <= character <= "\u9fff" for block in blocks for character in block.text)
        assert got >= 0.98 * wanted, path.name
