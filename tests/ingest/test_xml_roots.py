"""Each XML format of medicine by its root element: what it says of itself, what stands in it, and nothing to the web's reader."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from ingest.document import Page, Probe, ReadOptions, UnreadableError
from ingest.readers import READERS, load_reader
from ingest.recognition import HEAD_BYTES, recognise


def read(path: Path) -> tuple[str | None, Probe, list[Page]]:
    format_ = recognise(path.read_bytes()[:HEAD_BYTES], path.name, list(READERS))
    assert format_ is not None
    reader = load_reader(format_)
    probe = reader.probe(path, ReadOptions())
    return format_, probe, list(reader.read(path, 1, probe.n_pages, ReadOptions(), lambda place: None))


def text_of(pages: list[Page]) -> str:
    return "\n".join(
        f"{'#' * block.level} {block.text}" if block.level else block.text for page in pages for block in page.blocks
    )


def put(tmp_path: Path, source: str, name: str = "a.xml", encoding: str = "utf-8") -> Path:
    path = tmp_path / name
    raw = source.encode(encoding)
    path.write_bytes(gzip.compress(raw, mtime=0) if name.endswith(".gz") else raw)
    return path


CDA = """<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:sdtc="urn:hl7-org:sdtc">
<id root="2.16.840" extension="77"/><code code="34133-9" codeSystem="2.16.840.1.113883.6.1"/><title>Summary of an episode</title>
<effectiveTime value="20250304103000"/><languageCode code="en-US"/>
<recordTarget><patientRole><patient><name><given>Zebulon</given><family>Quagmire</family></name></patient></patientRole></recordTarget>
<component><structuredBody>
<component><section><code code="48765-2" codeSystem="2.16.840.1.113883.6.1"/><title>Allergies to drugs</title><text>
<table><thead><tr><th>Substance</th><th>Reaction</th></tr></thead><tbody><tr><td>Fenolamide</td><td><content ID="r1">Rash</content></td></tr>
<tr><td>Tebrazole</td><td>Fall of 20 mmHg</td></tr></tbody></table></text><entry><observation><value displayName="hives 999"/></observation></entry></section></component>
<component><section><code code="10160-0" codeSystem="2.16.840.1.113883.6.1"/><text><list listType="ordered"><item>Fenolamide 5 mg</item>
<item>Tebrazole <content revised="delete">9</content> 7 mg</item></list><paragraph>eGFR 3 x 10<sup>2</sup>.</paragraph></text></section></component>
<component><section><title>Course</title><text>Stable on day 3.</text><component><section><title>Plan</title><text><paragraph>Review in 6 weeks.</paragraph></text></section></component></section></component>
</structuredBody></component></ClinicalDocument>"""

SPL = """<?xml version="1.0" encoding="UTF-8"?><?xml-stylesheet href="spl.xsl"?>
<!-- <html> a label --><document xmlns="urn:hl7-org:v3"><id root="a"/><code code="34391-3" displayName="HUMAN PRESCRIPTION DRUG LABEL"/>
<title>FENOLAMIDE tablets<br/>for oral use</title><effectiveTime value="20240115"/><setId root="b-1"/><versionNumber value="7"/>
<author><assignedEntity><representedOrganization><name>Invented Pharma</name></representedOrganization></assignedEntity></author>
<component><structuredBody><component><section><code code="48780-1"/><subject><manufacturedProduct><name>Fenolamide 444</name></manufacturedProduct></subject></section></component>
<component><section><code code="34066-1" codeSystem="2.16.840.1.113883.6.1" displayName="BOXED WARNING SECTION"/><text><paragraph><content styleCode="bold">WARNING:</content> never above 80 mg.</paragraph></text></section></component>
<component><section><code code="34068-7" codeSystem="2.16.840.1.113883.6.1"/><title>2 DOSAGE AND ADMINISTRATION</title><text/><excerpt><highlight><text><paragraph>Start at 5 mg. (<linkHtml href="#s">2.1</linkHtml>)</paragraph></text></highlight></excerpt>
<component><section><code code="42229-5"/><title>2.1 Adults</title><text><paragraph>5 mg once daily<footnote>With food.</footnote> for ten days.</paragraph><table><caption>Table 1. Doses</caption><tbody><tr><td>eGFR</td><td>Dose</td></tr><tr><td>below 30</td><td>2.5 mg</td></tr></tbody></table></text></section></component></section></component>
</structuredBody></component></document>"""

TEI = """<?xml version="1.0"?><TEI xmlns="http://www.tei-c.org/ns/1.0" xml:lang="en"><teiHeader><fileDesc><titleStmt><title level="a" type="main">A trial of fenolamide</title></titleStmt>
<publicationStmt><publisher>P</publisher><availability><licence target="https://creativecommons.org/licenses/by/4.0/">CC BY</licence></availability><date when="2021-04-05">2021</date></publicationStmt>
<sourceDesc><biblStruct><analytic><author><persName><surname>Doe</surname><forename type="first">Ann</forename></persName><affiliation>Invented University</affiliation></author><idno type="DOI">10.1234/tei.1</idno></analytic></biblStruct></sourceDesc></fileDesc>
<profileDesc><abstract><div><p>We gave 5 mg.</p></div></abstract></profileDesc></teiHeader>
<text><body><div><head n="1">Methods</head><p>Forty patients<note place="foot">Two withdrew.</note> took 10<hi rend="superscript">3</hi> units <ref type="bibr" target="#b0">[1]</ref>.</p>
<div><head>Doses</head><list type="ordered"><item>5 mg</item><item>9 mg</item></list><list type="gloss"><label>eGFR</label><item>filtration rate</item></list>
<table><head>Table 1. Arms</head><row><cell>Arm</cell><cell>n</cell></row><row><cell>A</cell><cell>20</cell></row></table></div></div>
<figure xml:id="f1"><head>Figure 1</head><label>1</label><figDesc>Survival at 30 days.</figDesc><graphic url="x"/></figure></body>
<back><div type="references"><listBibl><biblStruct xml:id="b0"><analytic><title level="a">Early dose</title><author><persName><forename>B</forename><surname>Roe</surname></persName></author></analytic>
<monogr><title level="j">Inv J</title><imprint><biblScope unit="volume">12</biblScope><biblScope unit="page" from="4" to="9"/><date when="2001"/></imprint></monogr></biblStruct></listBibl></div></back></text></TEI>"""

FB2 = """<?xml version="1.0" encoding="windows-1251"?><FictionBook xmlns="http://www.gribuser.ru/xml/fictionbook/2.0" xmlns:l="http://www.w3.org/1999/xlink"><description><title-info><author><first-name>Анна</first-name><last-name>Доу</last-name></author>
<book-title>Кардиология</book-title><lang>ru</lang></title-info><publish-info><publisher>Дом</publisher><year>2019</year><isbn>978-5-00000-000-2</isbn></publish-info></description>
<body><section><title><p>Глава 1</p><p>Дозы</p></title><p>Принимать 5 мг<a l:href="#n1" type="note">[1]</a>.</p><section><title><p>Дети</p></title><p>Принимать 2,5 мг <strikethrough>9 мг</strikethrough>.</p></section></section></body>
<body name="notes"><section id="n1"><title><p>1</p></title><p>После еды.</p></section></body><binary id="c">AAAA1234</binary></FictionBook>"""


def test_a_clinical_document_has_its_sections_named_and_its_patient_nowhere(tmp_path: Path) -> None:
    format_, probe, pages = read(put(tmp_path, CDA))
    assert format_ == "hl7" and probe.source_type == "note" and probe.date == "2025-03-04"
    assert text_of(pages) == (
        "# Summary of an episode\n## Allergies to drugs\n| Substance | Reaction |\n| --- | --- |\n| Fenolamide | Rash |\n"
        "| Tebrazole | Fall of 20 mmHg |\n## Medications\n1. Fenolamide 5 mg\n2. Tebrazole 7 mg\neGFR 3 x 10^2.\n"
        "## Course\nStable on day 3.\n### Plan\nReview in 6 weeks."
    )
    assert "Quagmire" not in f"{probe}{text_of(pages)}"
    check(pages)


def test_a_label_has_the_names_of_loinc_where_it_has_no_titles(tmp_path: Path) -> None:
    format_, probe, pages = read(put(tmp_path, SPL))
    assert format_ == "hl7" and probe.title == "FENOLAMIDE tablets for oral use" and probe.version == "7"
    assert probe.identifiers == {"spl_set_id": "b-1", "publisher": "Invented Pharma"} and probe.date == "2024-01-15"
    assert text_of(pages) == (
        "# FENOLAMIDE tablets for oral use\n## Boxed warning\nWARNING: never above 80 mg.\n## 2 DOSAGE AND ADMINISTRATION\n"
        "Start at 5 mg. (2.1)\n### 2.1 Adults\n5 mg once daily for ten days.\nTable 1. Doses\n| eGFR | Dose |\n| --- | --- |\n"
        "| below 30 | 2.5 mg |\nWith food."
    )
    check(pages)


def test_a_text_of_tei(tmp_path: Path) -> None:
    format_, probe, pages = read(put(tmp_path, TEI))
    assert format_ == "tei" and probe.title == "A trial of fenolamide" and probe.authors == ("Ann Doe",)
    assert probe.identifiers == {"doi": "10.1234/tei.1"} and probe.date == "2021-04-05" and probe.lang == "en"
    assert probe.license == "https://creativecommons.org/licenses/by/4.0/"
    assert text_of(pages) == (
        "# A trial of fenolamide\n## Abstract\nWe gave 5 mg.\n## Methods\nForty patients took 10^3 units [1].\nTwo withdrew.\n### Doses\n"
        "1. 5 mg\n2. 9 mg\n- eGFR: filtration rate\nTable 1. Arms\n| Arm | n |\n| --- | --- |\n| A | 20 |\nFigure 1 Survival at 30 days.\n"
        "### References\nB Roe. Early dose. Inv J. 12. 4–9. 2001."
    )
    check(pages)


def test_a_fiction_book(tmp_path: Path) -> None:
    format_, probe, pages = read(put(tmp_path, FB2, "a.fb2", "windows-1251"))
    assert format_ == "fb2" and probe.title == "Кардиология" and probe.authors == ("Анна Доу",)
    assert (probe.date, probe.lang, probe.identifiers) == ("2019", "ru", {"isbn": "9785000000002", "publisher": "Дом"})
    assert text_of(pages) == "## Глава 1 Дозы\nПринимать 5 мг[1].\n### Дети\nПринимать 2,5 мг.\n1 После еды."
    assert [block.kind for block in pages[0].blocks][-1] == "footnote"
    check(pages)


def check(pages: list[Page]) -> None:
    for page in pages:
        assert page.conservation is not None
        assert (page.conservation.broken, page.conservation.lost, page.conservation.numbers_lost) == ("", 0, ())


HOLDING_A_PAGE = "<head><title>x</title></head><body><p>Give 5 mg of fenolamide once daily with food.</p></body>"


@pytest.mark.parametrize("name", ["a.xml", "a.html", "a.htm", "a"])
@pytest.mark.parametrize(
    "source",
    [
        f"<?xml version='1.0'?><article>{HOLDING_A_PAGE}</article>",
        f"<?xml version='1.0'?><section>{HOLDING_A_PAGE}</section>",
        f"<?xml version='1.0'?><rss><channel>{HOLDING_A_PAGE}</channel></rss>",
        f"<message xmlns='urn:invented'>{HOLDING_A_PAGE}</message>",
        f"<?xml version='1.0'?><!-- <html> --><!DOCTYPE note [<!ELEMENT html (#PCDATA)>]><note>{HOLDING_A_PAGE}</note>",
        f"<div xmlns='urn:invented'>{HOLDING_A_PAGE}</div>",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_is_not_html_never_goes_to_the_web_reader(source: str, name: str, encoding: str) -> None:
    assert recognise(source.encode(encoding), name, list(READERS)) != "web"


@pytest.mark.parametrize(
    "source",
    [
        f"<?xml version='1.0'?><!DOCTYPE html PUBLIC '-//W3C//DTD XHTML 1.0 Strict//EN' 'x.dtd'><html xmlns='http://www.w3.org/1999/xhtml'>{HOLDING_A_PAGE}</html>",
        f"<!-- saved --><HTML>{HOLDING_A_PAGE}</HTML>",
        f"<!DOCTYPE html>{HOLDING_A_PAGE}",
        "<div><p>Give 5 mg of fenolamide once daily.</p></div>",
        f"<!DOCTYPE html><html><body><article xmlns='urn:x'>{HOLDING_A_PAGE}</article></body></html>",
    ],
)
def test_what_is_html_still_does(source: str) -> None:
    assert recognise(source.encode(), "a.html", list(READERS)) == "web"


BOMB = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'>" + "".join(
    f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(9)
) + "]>"  # fmt: skip


@pytest.mark.parametrize(
    ("name", "source"),
    [("hl7", CDA), ("hl7", SPL), ("tei", TEI), ("fb2", FB2.replace(' encoding="windows-1251"', ""))],
    ids=["CDA", "SPL", "TEI", "FictionBook"],
)
def test_damaged_and_hostile_files_are_read_or_say_why(tmp_path: Path, name: str, source: str) -> None:
    reader = load_reader(name)
    start = source.index("?>") + 2
    deep = source.replace("5 mg", "<q>" * 4_000 + "5 mg" + "</q>" * 4_000)
    hostile = [source[: int(len(source) * cut)] for cut in (0.2, 0.4, 0.6, 0.8, 0.95)]
    hostile += [source[:start] + BOMB + source[start:].replace("5 mg", "&j;"), deep, source[:start] + "<html/>"]
    hostile += [source.replace("5 mg", "5 mg" + "<br/>" * 20_000)]
    for text in hostile:
        path = put(tmp_path, text)
        try:
            probe = reader.probe(path, ReadOptions())
            pages = list(reader.read(path, 1, probe.n_pages, ReadOptions(), lambda place: None))
            assert sum(len(block.text) for page in pages for block in page.blocks) < 100_000
        except UnreadableError:
            pass


def test_a_book_of_bits_has_what_stands_before_and_behind_its_chapters(tmp_path: Path) -> None:
    chapter = "<book-part><book-part-meta><title-group><title>{0}</title></title-group></book-part-meta><body><p>{1}</p></body></book-part>".format
    format_, probe, pages = read(
        put(
            tmp_path,
            '<?xml version="1.0"?><book dtd-version="2.0"><book-meta><book-title-group><book-title>Handbook</book-title></book-title-group></book-meta>'
            "<front-matter><preface><book-part-meta><title-group><title>Preface</title></title-group></book-part-meta><named-book-part-body><p>For 5 readers.</p></named-book-part-body></preface></front-matter>"
            f"<book-body>{chapter('One', 'Give 5 mg.')}{chapter('Two', 'Give 9 mg.')}</book-body>"
            "<book-back><ref-list><title>References</title><ref><mixed-citation>Doe A. Dose. 2001.</mixed-citation></ref></ref-list></book-back></book>",
        )
    )
    assert (format_, probe.title, probe.n_pages) == ("jats", "Handbook", 4)
    assert [text_of([page]) for page in pages] == [
        "# Preface\nFor 5 readers.", "# One\nGive 5 mg.", "# Two\nGive 9 mg.", "# References\nDoe A. Dose. 2001.",
    ]  # fmt: skip
    check(pages)
