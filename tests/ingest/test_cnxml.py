"""OpenStax modules keep sections, numbered figures and tables, exercises with answers, and the glossary."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import pytest

from ingest.document import ReadOptions, UnreadableError
from ingest.readers.cnxml import CnxmlReader

DATA = Path(os.environ.get("MEDPRESS_DATA", "../shared/data")) / "textbook"
READER = CnxmlReader()

MODULE = """<document xmlns="http://cnx.rice.edu/cnxml" xmlns:md="http://cnx.rice.edu/mdml"><title>The Heart</title>
<metadata><md:content-id>m1</md:content-id><md:license url="http://creativecommons.org/licenses/by/4.0/"/>
<md:actors><md:person><md:fullname>Amy Ng</md:fullname></md:person></md:actors>
<md:abstract><para>You will be able to:</para><list><item>Name the chambers</item></list></md:abstract></metadata>
<content><para id="p1">The <term>heart</term> beats 10<sup>5</sup> times a day,
see <link target-id="f2"/>.<footnote>Ng 2001.</footnote>
<figure id="f2"><title>Chambers</title><media alt="drawing"><image src="a.jpg"/></media>
<caption>Four of them</caption></figure></para>
<section id="s1"><title>Valves</title>
<table id="t1"><tgroup cols="2"><thead><row><entry namest="a" nameend="b">Valves of the heart</entry></row>
<row><entry>Valve</entry><entry>Cusps</entry></row></thead><tbody><row><entry>Mitral</entry><entry>2</entry></row></tbody>
<colspec colname="a"/><colspec colname="b"/></tgroup></table>
<note class="anatomy career"><title>Nurse</title><para>Helps.</para></note>
<exercise id="e1"><problem><para>Which has two cusps?</para>
<list list-type="enumerated" number-style="upper-alpha"><item>mitral</item><item>aortic</item></list></problem>
<solution><para>A</para></solution></exercise></section></content>
<glossary><definition><term>valve</term><meaning>a door for blood</meaning></definition></glossary></document>"""


def test_module(tmp_path: Path) -> None:
    path = tmp_path / "m1.cnxml"
    path.write_text(MODULE.replace('<colspec colname="a"/><colspec colname="b"/>', "").replace(
        '<tgroup cols="2">', '<tgroup cols="2"><colspec colname="a"/><colspec colname="b"/>'), encoding="utf-8")  # fmt: skip
    assert READER.sniff(path.read_bytes(), path.name)
    probe = READER.probe(path, ReadOptions())
    assert (probe.title, probe.authors, probe.source_type) == ("The Heart", ("Amy Ng",), "textbook")
    assert probe.license == "http://creativecommons.org/licenses/by/4.0/"
    assert probe.identifiers == {"cnxml": "m1"}
    (page,) = READER.read(path, 1, 1, ReadOptions(), lambda place: None)
    assert [(block.kind, block.level, block.text) for block in page.blocks] == [
        ("heading", 1, "The Heart"),
        ("heading", 2, "Learning objectives"),
        ("paragraph", 0, "You will be able to:"),
        ("list", 0, "- Name the chambers"),
        ("paragraph", 0, "The heart beats 10^5 times a day, see Figure 1."),
        ("footnote", 0, "Ng 2001."),
        ("caption", 0, "Figure 1. Chambers. Four of them."),
        ("heading", 2, "Valves"),
        ("caption", 0, "Valves of the heart"),
        ("table", 0, "| Valve | Cusps |\n| --- | --- |\n| Mitral | 2 |"),
        ("heading", 3, "Nurse"),
        ("paragraph", 0, "Helps."),
        ("paragraph", 0, "Which has two cusps?"),
        ("list", 0, "A. mitral\nB. aortic"),
        ("paragraph", 0, "Answer: A"),
        ("heading", 2, "Glossary"),
        ("list", 0, "- valve: a door for blood"),
    ]


def test_other_documents_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.cnxml"
    path.write_text("<document><title>not CNXML</title></document>", encoding="utf-8")
    assert not READER.sniff(path.read_bytes(), path.name)
    path.write_text("<article/>", encoding="utf-8")
    with pytest.raises(UnreadableError) as error:
        READER.probe(path, ReadOptions())
    assert error.value.kind == "unsupported"


@pytest.mark.skipif(not (DATA / "anatomy-physiology").is_dir(), reason=f"no OpenStax modules under {DATA}")
def test_real_modules_lose_no_paragraph() -> None:
    from lxml import etree

    files = sorted(DATA.glob("*/*.cnxml"))
    assert files
    for file in files:
        (page,) = READER.read(file, 1, 1, ReadOptions(), lambda place: None)
        text = "".join("".join(block.text.split()) for block in page.blocks)
        root = etree.parse(str(file)).getroot()
        for paragraph in root.iter("{http://cnx.rice.edu/cnxml}para"):
            first = "".join((paragraph.text or "").split())[:60]
            assert first in text, (file.name, first)
        levels = [block.level for block in page.blocks if block.kind == "heading"]
        assert levels[0] == 1 and all(b - a <= 1 for a, b in pairwise(levels)), file.name
