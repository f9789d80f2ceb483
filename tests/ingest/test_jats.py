"""Journal articles keep their sections, tables, references and identity."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from ingest.document import Block, Page, ReadOptions, UnreadableError
from ingest.readers.jats import JatsReader

DATA = Path(os.environ.get("MEDPRESS_DATA", "../shared/data"))
READER = JatsReader()

ARTICLE = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE article PUBLIC "-//NLM//DTD JATS (Z39.96) Journal Archiving v1.1//EN" "JATS-archivearticle1.dtd">
<article xmlns:xlink="http://www.w3.org/1999/xlink" article-type="research-article" xml:lang="en">
<front><journal-meta><journal-title-group><journal-title>Journal of Tests</journal-title></journal-title-group>
<issn>1234-5678</issn></journal-meta>
<article-meta><article-id pub-id-type="pmid">12345</article-id><article-id pub-id-type="pmc">99</article-id>
<article-id pub-id-type="doi">10.1000/1</article-id>
<title-group><article-title>Effects of <italic>Aspirin</italic> on CO<sub>2</sub></article-title></title-group>
<contrib-group><contrib contrib-type="author"><name><surname>Ng</surname><given-names>Amy B</given-names></name></contrib>
<contrib contrib-type="editor"><name><surname>Not</surname><given-names>Me</given-names></name></contrib></contrib-group>
<pub-date pub-type="ppub"><year>2015</year></pub-date>
<pub-date pub-type="epub"><day>4</day><month>3</month><year>2015</year></pub-date>
<permissions><license xlink:href="https://creativecommons.org/licenses/by/4.0/"><license-p>Free.</license-p></license></permissions>
<abstract><sec><title>Aim</title><p>To test.</p></sec></abstract>
<kwd-group><kwd>aspirin</kwd><kwd>gas</kwd></kwd-group></article-meta></front>
<body><sec><label>1</label><title>Methods</title>
<p>We gave 10<sup>6</sup> units per m<sup>2</sup><sup><xref ref-type="bibr" rid="r1">1,2</xref></sup> daily:
<list list-type="order"><list-item><p>first <list><list-item><p>inner</p></list-item></list></p></list-item>
<list-item><p>second</p></list-item></list> and stopped&nbsp;then.</p>
<p>See <xref ref-type="table" rid="t1">Table 1</xref>.<table-wrap id="t1"><label>Table 1</label><caption><p>Doses</p></caption>
<table><thead><tr><th>Drug</th><th colspan="2">Dose</th></tr></thead>
<tbody><tr><td rowspan="2">A|B</td><td>1 mg</td><td>2 mg</td></tr><tr><td>3 mg</td><td>4 mg</td></tr></tbody></table>
<table-wrap-foot><fn><label>a</label><p>per day</p></fn></table-wrap-foot></table-wrap></p>
<sec><title>Statistics</title><p>We used a test.</p>
<disp-formula><label>(1)</label><mml:math xmlns:mml="http://www.w3.org/1998/Math/MathML"><mml:mi>x</mml:mi><mml:mo>=</mml:mo>
<mml:mfrac><mml:mrow><mml:mi>a</mml:mi><mml:mo>+</mml:mo><mml:mi>b</mml:mi></mml:mrow><mml:mn>2</mml:mn></mml:mfrac></mml:math>
</disp-formula></sec></sec></body>
<back><ack><p>Thanks.</p></ack><ref-list><title>References</title>
<ref id="r1"><label>1</label><mixed-citation>Ng A, Wu B. A title. J Test. 2001;1:2-3.</mixed-citation></ref>
<ref id="r2"><label>2.</label><element-citation>
<person-group><name><surname>Li</surname><given-names>C</given-names></name></person-group>
<article-title>Other title</article-title><source>J Test</source>
<year>2002</year><volume>7</volume><fpage>8</fpage><lpage>9</lpage>
<pub-id pub-id-type="pmid">77</pub-id></element-citation></ref></ref-list></back></article>"""


def read(path: Path) -> list[Page]:
    n_pages = READER.probe(path, ReadOptions()).n_pages
    return list(READER.read(path, 1, n_pages, ReadOptions(), lambda place: None))


@pytest.fixture
def article(tmp_path: Path) -> Path:
    path = tmp_path / "article.xml"
    path.write_text(ARTICLE, encoding="utf-8")
    return path


def test_probe_knows_what_the_article_says_of_itself(article: Path) -> None:
    probe = READER.probe(article, ReadOptions())
    assert probe.title == "Effects of Aspirin on CO2"
    assert probe.authors == ("Amy B Ng",)
    assert probe.date == "2015-03-04"
    assert probe.lang == "en"
    assert probe.license == "https://creativecommons.org/licenses/by/4.0/"
    assert probe.source_type == "literature"
    assert {k: probe.identifiers[k] for k in ("doi", "pmid", "pmcid")} == {
        "doi": "10.1000/1",
        "pmid": "12345",
        "pmcid": "PMC99",
    }
    assert probe.identifiers["journal"] == "Journal of Tests"


def test_blocks_in_order(article: Path) -> None:
    (page,) = read(article)
    assert page.route == "jats"
    assert [(block.kind, block.level, block.text) for block in page.blocks] == [
        ("heading", 1, "Effects of Aspirin on CO2"),
        ("heading", 2, "Abstract"),
        ("heading", 3, "Aim"),
        ("paragraph", 0, "To test."),
        ("paragraph", 0, "Keywords: aspirin; gas"),
        ("heading", 2, "1 Methods"),
        ("paragraph", 0, "We gave 10^6 units per m^2[1,2] daily:"),
        ("list", 0, "1. first\n  - inner\n2. second"),
        ("paragraph", 0, "and stopped then."),
        ("paragraph", 0, "See Table 1."),
        ("caption", 0, "Table 1. Doses"),
        ("table", 0, "| Drug | Dose | Dose |\n| --- | --- | --- |\n| A\\|B | 1 mg | 2 mg |\n| A\\|B | 3 mg | 4 mg |"),
        ("footnote", 0, "a per day"),
        ("heading", 3, "Statistics"),
        ("paragraph", 0, "We used a test."),
        ("formula", 0, r"$$x=\frac{a+b}{2}$$ (1)"),
        ("heading", 2, "Acknowledgements"),
        ("paragraph", 0, "Thanks."),
        ("heading", 2, "References"),
        ("reference", 0, "1. Ng A, Wu B. A title. J Test. 2001;1:2-3."),
        ("reference", 0, "2. Li C. Other title. J Test. 2002;7:8–9. pmid:77."),
    ]


def test_compressed_and_in_another_encoding(article: Path, tmp_path: Path) -> None:
    packed = tmp_path / "article.xml.gz"
    packed.write_bytes(gzip.compress(ARTICLE.encode("utf-16")))
    assert read(packed) == read(article)
    assert READER.sniff(packed.read_bytes()[:8192], packed.name) is False  # UTF-16 is not recognised, only read
    packed.write_bytes(gzip.compress(ARTICLE.encode()))
    assert READER.sniff(packed.read_bytes()[:8192], packed.name)


def test_sets_of_articles_are_pages(tmp_path: Path) -> None:
    inner = ARTICLE[ARTICLE.index("<article ") :]
    path = tmp_path / "set.xml"
    path.write_text(f"<pmc-articleset>{inner}{inner}</pmc-articleset>", encoding="utf-8")
    assert READER.sniff(path.read_bytes()[:8192], path.name)
    pages = read(path)
    assert [page.page for page in pages] == [1, 2]
    assert pages[0].blocks == pages[1].blocks


def test_external_entities_are_never_opened(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("TOPSECRET", encoding="utf-8")
    path = tmp_path / "evil.xml"
    path.write_text(
        f'<!DOCTYPE article [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
        '<article article-type="a"><body><p>Before &x; after.</p></body></article>',
        encoding="utf-8",
    )
    (page,) = read(path)
    assert page.blocks == (Block("paragraph", "Before after."),)


def test_entities_that_multiply_are_not_expanded(tmp_path: Path) -> None:
    entities = '<!ENTITY a0 "lol">' + "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 12))
    path = tmp_path / "bomb.xml"
    path.write_text(
        f'<!DOCTYPE article [{entities}]><article article-type="a"><body><p>Text &a11;</p></body></article>',
        encoding="utf-8",
    )
    (page,) = read(path)
    assert page.blocks == (Block("paragraph", "Text"),)


def test_deep_nesting_does_not_overflow(tmp_path: Path) -> None:
    path = tmp_path / "deep.xml"
    path.write_text(
        f'<article article-type="a"><body><p>Shallow.</p>{"<sec><p>x</p>" * 100_000}</body></article>', encoding="utf-8"
    )
    (page,) = read(path)
    assert page.blocks[0].text == "Shallow."


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "empty"),
        (b"\x00\x01\x02", "decode"),
        (b"<rss><channel/></rss>", "unsupported"),
        (b"<article><front/></article>", "no-text"),
    ],
)
def test_what_cannot_be_read_says_why(tmp_path: Path, content: bytes, kind: str) -> None:
    path = tmp_path / "bad.xml"
    path.write_bytes(content)
    with pytest.raises(UnreadableError) as error:
        read(path)
    assert error.value.kind == kind


def test_a_cut_file_is_read_as_far_as_it_goes_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "cut.xml"
    path.write_text(ARTICLE[: ARTICLE.index("We used a")], encoding="utf-8")
    assert "breaks off" in READER.probe(path, ReadOptions()).warnings[0]
    assert any(block.text == "1 Methods" for block in read(path)[0].blocks)


@pytest.mark.parametrize(
    "head", [b"<html><body>", b"<document xmlns='http://cnx.rice.edu/cnxml'>", b"<article><title>docbook</title>"]
)
def test_other_markup_is_not_taken_for_jats(head: bytes) -> None:
    assert not READER.sniff(head, "a.xml")


@pytest.mark.skipif(not (DATA / "jats").is_dir(), reason=f"no JATS articles under {DATA}")
def test_real_articles_have_identity_sections_and_references() -> None:
    files = sorted((DATA / "jats").glob("*/*.xml"))
    assert files
    for file in files:
        assert READER.sniff(file.read_bytes()[:8192], file.name), file
        probe = READER.probe(file, ReadOptions())
        assert probe.title and probe.license and probe.date and probe.identifiers["doi"].startswith("10."), file
        (page,) = read(file)
        kinds = {block.kind for block in page.blocks}
        assert {"heading", "paragraph"} <= kinds
        assert all(block.text == block.text.strip() and "<" not in block.text[:1] for block in page.blocks), file
