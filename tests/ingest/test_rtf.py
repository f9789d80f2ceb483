"""Rich Text Format, also where it calls itself .doc."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.document import ReadOptions, UnreadableError
from ingest.readers import READERS
from ingest.readers.rtf import RtfReader
from ingest.recognition import recognise

HEAD = (
    r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fnil Times;}{\f1\fnil\fcharset134 SimSun;}{\f2\fnil\fcharset2 Symbol;}}"
    r"{\colortbl;\red0\green0\blue0;}{\stylesheet{\s0 Normal;}{\s1 heading 1;}{\s2\sbasedon1 heading 2;}}{\info{\title T}{\author Ann}}"
)


def blocks(tmp_path: Path, body: str) -> list[tuple[str, int, str]]:
    path = tmp_path / "a.doc"
    path.write_bytes((HEAD + body + "}").encode("latin-1"))
    assert recognise(path.read_bytes()[:8192], path.name, list(READERS)) == "rtf"
    (page,) = RtfReader().read(path, 1, 1, ReadOptions(), lambda place: None)
    return [(block.kind, block.level, block.text) for block in page.blocks]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (r"\pard Give 5 mg.\par Then wait.\par", ["Give 5 mg.", "Then wait."]),
        (r"\pard caf\'e9 5 \'b5g\par", ["café 5 µg"]),
        (r"\pard\f1 \'b7\'bd\'d6\'d0\'bb\'c6\'dc\'ce15\'bf\'cb\par", ["方中黄芪15克"]),
        (r"\pard \u8805? 140 and \u-3988?x\par", ["≥ 140 and \ufffdx"]),
        (r"{\uc2\u8805 xx 140}\par", ["≥ 140"]),
        (r"\pard 5 {\f2 m}g and {\f2\'b3} 3\par", ["5 μg and ≥ 3"]),
        (r"\pard 10{\super 9}/L and CO{\sub 2}\par", ["10^9/L and CO2"]),
        (r"\pard 10{\up6 9}/L\par", ["10^9/L"]),
        (r"\pard Give {\strike 50} 5 mg{\v secret}{\deleted old}.\par", ["Give 5 mg."]),
        (r"\pard a\tab b\line c\~d\_e\-f\par", ["a b c d-ef"]),
        (r"\pard see {\field{\*\fldinst REF x}{\fldrslt Table 3}}\par", ["see Table 3"]),
        (r"\pard {\*\unknown hidden text}shown{\pict\pngblip 89504e47}\par", ["shown"]),
        (r"\pard \{braces\} and \\\par", ["{braces} and \\"]),
        (r"{\header Hospital}{\footer 3}\pard text\par", ["text"]),
        (r"\pard dash \endash  \emdash  \lquote x\rquote  \bullet\par", ["dash – — ‘x’ •"]),
        (r"\pard no end of paragraph", ["no end of paragraph"]),
    ],
)
def test_text(tmp_path: Path, body: str, text: list[str]) -> None:
    assert [found for _, _, found in blocks(tmp_path, body)] == text


def test_headings_lists_tables_and_notes(tmp_path: Path) -> None:
    body = (
        r"\pard\s1 Dosing\par\pard\s2 Children\par\pard\s0 Daily.{\footnote With food.}\par"
        r"\pard{\listtext 3.\tab}Third step.\par{\pntext\f0 (b)\tab}Second case.\par{\listtext\'b7\tab}A point.\par"
        r"\pard\trowd\cellx1000\cellx2000\intbl Drug\cell Dose\cell\row\trowd\clvmgf\cellx1000\cellx2000\intbl A\cell 5 mg\cell\row"
        r"\trowd\clvmrg\cellx1000\cellx2000\intbl\cell 9 mg\cell\row\pard After.\par"
    )
    assert blocks(tmp_path, body) == [
        ("heading", 1, "Dosing"),
        ("heading", 2, "Children"),
        ("paragraph", 0, "Daily."),
        ("list", 0, "3. Third step.\n(b) Second case.\n- A point."),
        ("table", 0, "| Drug | Dose |\n| --- | --- |\n| A | 5 mg |\n| A | 9 mg |"),
        ("paragraph", 0, "After."),
        ("footnote", 0, "With food."),
    ]


def test_what_it_says_of_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.rtf"
    path.write_bytes((HEAD + r"\pard x\par}").encode())
    probe = RtfReader().probe(path, ReadOptions())
    assert (probe.title, probe.authors) == ("T", ("Ann",))


@pytest.mark.parametrize(
    "content",
    [b"{\\rtf1" + b"{" * 100_000, b"{\\rtf1}", b"{\\rtf1 \\bin999999999 x}", b"{\\rtf1 \\u99999999? \\'zz }}}}"],
)
def test_hostile_files_end(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.rtf"
    path.write_bytes(content)
    try:
        list(RtfReader().read(path, 1, 1, ReadOptions(), lambda place: None))
    except UnreadableError as error:
        assert error.kind in ("no-text", "decode")
