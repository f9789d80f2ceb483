"""XML of publishers and libraries: each file goes to the reader of its root element, and nothing in it is lost or doubled."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.document import Page, ReadOptions, UnreadableError
from ingest.readers import READERS, load_reader
from ingest.recognition import recognise

DOCTYPE = (
    '<?xml version="1.0"?><!DOCTYPE article PUBLIC "-//NLM//DTD JATS (Z39.96) Journal Archiving and Interchange DTD v1.2 '
    '20190208//EN" "JATS-archivearticle1.dtd">'
)
NAMES = 'xmlns:mml="http://www.w3.org/1998/Math/MathML" xmlns:xlink="http://www.w3.org/1999/xlink"'


def article(body: str) -> str:
    return (
        f'{DOCTYPE}<article {NAMES} article-type="research-article"><front><article-meta><title-group><article-title>T'
        f"</article-title></title-group></article-meta></front><body>{body}</body></article>"
    )


def read(tmp_path: Path, source: str, name: str = "a.xml") -> tuple[str, list[Page]]:
    """The format, and the pages."""
    path = tmp_path / name
    path.write_text(source, encoding="utf-8")
    format_ = recognise(path.read_bytes()[:8192], name, list(READERS))
    assert format_ is not None
    reader = load_reader(format_)
    probe = reader.probe(path, ReadOptions())
    return format_, list(reader.read(path, 1, probe.n_pages, ReadOptions(), lambda place: None))


def text_of(pages: list[Page]) -> str:
    return "\n".join(
        f"{'#' * block.level} {block.text}" if block.level else block.text for page in pages for block in page.blocks
    )


def cells(*rows: str) -> str:
    inner = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row.split("|")) + "</tr>" for row in rows)
    return f"<table-wrap><table>{inner}</table></table-wrap>"


def grid(*rows: str) -> str:
    head, *rest = rows
    return "\n".join([head, "| " + " | ".join("---" for _ in range(head.count("|") - 1)) + " |", *rest])


@pytest.mark.parametrize(
    ("body", "text"),
    [
        pytest.param(
            "<p>fell to 12%<xref ref-type='bibr' rid='r'><sup>4</sup></xref> and pH to 7.2<xref ref-type='bibr' rid='r'><sup>5,6</sup></xref></p>",
            "fell to 12%[4] and pH to 7.2[5,6]",
            id="raised citations",
        ),
        pytest.param("<p>Dose <strike>50</strike> 5 mg.</p>", "Dose 5 mg.", id="struck out"),
        pytest.param("<p><ruby><rb>黄芪</rb><rt>huangqi</rt></ruby> 15 g.</p>", "黄芪 15 g.", id="ruby"),
        pytest.param(
            "<list list-type='bullet'><list-item><p>One.</p><table-wrap><table><tr><td>K</td><td>3.5</td></tr><tr><td>Na</td><td>140</td></tr></table></table-wrap></list-item>"
            "<list-item><p>Two.</p><boxed-text><p>Stop if K exceeds 6.</p></boxed-text></list-item></list>",
            "- One.\n" + grid("| K | 3.5 |", "| Na | 140 |") + "\n- Two.\nStop if K exceeds 6.",
            id="floats in a list",
        ),
        pytest.param(
            "<list list-type='order'><list-item><p>a</p><disp-formula><mml:math><mml:mfrac><mml:mi>x</mml:mi><mml:mn>2</mml:mn></mml:mfrac></mml:math></disp-formula></list-item><list-item><p>b</p></list-item></list>",
            "1. a\n$$\\frac{x}{2}$$\n2. b",
            id="a list goes on after a formula",
        ),
        pytest.param(
            "<list list-type='alpha-lower'><list-item><p>a</p></list-item><list-item><p>b</p></list-item></list>", "a. a\nb. b", id="letters"
        ),
        pytest.param(
            "<list list-type='roman-upper'><list-item><p>a</p></list-item><list-item><p>b</p></list-item></list>", "I. a\nII. b", id="roman"
        ),
        pytest.param(
            "<list list-type='order' id='l1'><list-item><p>a</p></list-item></list><p>x</p><list list-type='order' continued-from='l1'><list-item><p>b</p></list-item></list>",
            "1. a\nx\n2. b",
            id="a list that goes on",
        ),
        pytest.param(
            cells("Drug|Advice", "Q|<list list-type='bullet'><list-item><p>Halve to 1 mg.</p></list-item><list-item><p>Check INR.</p></list-item></list>"),
            grid("| Drug | Advice |", "| Q | • Halve to 1 mg. • Check INR. |"),
            id="a list in a cell",
        ),
        pytest.param(
            cells("A|B", "1|<table><tr><td>Hb</td><td>120</td></tr><tr><td>Na</td><td>140</td></tr></table>"),
            grid("| A | B |", "| 1 | Hb: 120; Na: 140 |"),
            id="a table in a cell",
        ),
        pytest.param(
            cells("A|B", "1|<boxed-text><p>Never with X.</p></boxed-text>"), grid("| A | B |", "| 1 | Never with X. |"), id="a box in a cell"
        ),
        pytest.param(
            "<question-wrap><question><label>1.</label><p>Which dose?</p></question><answer><p>Above 80 mg.</p></answer></question-wrap>",
            "1. Which dose?\nAnswer: Above 80 mg.",
            id="question",
        ),
        pytest.param(
            "<question-wrap><question><p>Which?</p><option><label>A</label><p>5 mg</p></option><option><label>B</label><p>9 mg</p></option></question>"
            "<explanation><p>As 9 is toxic.</p></explanation></question-wrap>",
            "Which?\nA 5 mg\nB 9 mg\nAs 9 is toxic.",
            id="question with options",
        ),
        pytest.param("<unheard-of><p>Give 5 mg.</p></unheard-of>", "Give 5 mg.", id="an unknown block"),
        pytest.param("<unheard-of>Give 5 mg.</unheard-of>", "Give 5 mg.", id="an unknown block of text"),
        pytest.param(
            "<disp-formula><label>(1)</label><mml:math><mml:mfrac><mml:mn>140</mml:mn><mml:mn>72</mml:mn></mml:mfrac></mml:math></disp-formula>",
            "$$\\frac{140}{72}$$ (1)",
            id="display formula",
        ),
        pytest.param(
            "<p>With <inline-formula><mml:math><mml:mroot><mml:mi>V</mml:mi><mml:mn>3</mml:mn></mml:mroot></mml:math></inline-formula>, see.</p>",
            "With $\\sqrt[3]{V}$, see.",
            id="inline formula",
        ),
        pytest.param(
            "<p>of <inline-formula><alternatives><tex-math>\\documentclass{minimal}\\usepackage{amsmath}\\begin{document}$$\\chi ^2$$\\end{document}</tex-math>"
            "<mml:math><mml:msup><mml:mi>χ</mml:mi><mml:mn>2</mml:mn></mml:msup></mml:math></alternatives></inline-formula> here</p>",
            "of $\\chi ^2$ here",
            id="TeX goes before MathML",
        ),
        pytest.param(
            "<p><inline-formula><mml:math><mml:msup><mml:mn>10</mml:mn><mml:mrow><mml:mo>-</mml:mo><mml:mn>3</mml:mn></mml:mrow></mml:msup></mml:math></inline-formula> mol</p>",
            "10^-3 mol",
            id="a power is text",
        ),
        pytest.param("<disp-formula>C = D / V</disp-formula>", "C = D / V", id="a formula in characters"),
        pytest.param("<sec><title>S</title><p>a</p><sec><title>T</title><p>b</p></sec></sec>", "## S\na\n### T\nb", id="sections"),
    ],
)  # fmt: skip
def test_jats(tmp_path: Path, body: str, text: str) -> None:
    format_, pages = read(tmp_path, article(body))
    assert format_ == "jats"
    assert text_of(pages) == f"# T\n{text}"


def test_notes_of_a_table_are_no_exponents(tmp_path: Path) -> None:
    source = article(
        "<table-wrap><table><tr><td>Arm</td><td>Dose<xref ref-type='table-fn' rid='f1'><sup>1</sup></xref></td></tr>"
        "<tr><td>A</td><td>10<xref ref-type='table-fn' rid='f2'><sup>2</sup></xref></td></tr>"
        "<tr><td>B</td><td>25<sup>3</sup></td></tr></table><table-wrap-foot><fn id='f1'><label>1</label><p>Daily.</p></fn>"
        "<fn id='f2'><label>2</label><p>With food.</p></fn></table-wrap-foot></table-wrap>"
    )
    assert grid("| Arm | Dose[1] |", "| A | 10[2] |", "| B | 25[3] |") in text_of(read(tmp_path, source)[1])


def test_what_is_struck_out_is_counted(tmp_path: Path) -> None:
    (page,) = read(tmp_path, article("<p>Dose <strike>50</strike> 5 <ruby><rb>黄</rb><rt>huang</rt></ruby></p>"))[1]
    assert page.reason == "JATS XML; 5 characters left out: reading aid; 2 characters left out: struck out"


INNER = "<front><article-meta><title-group><article-title>Case</article-title></title-group></article-meta></front><body><p>He took 5 mg.</p></body>"
BITS = (
    '<?xml version="1.0"?><!DOCTYPE book-part-wrapper PUBLIC "-//NLM//DTD BITS Book Interchange DTD v2.0 20151225//EN" "BITS-book2.dtd">'
    '<book-part-wrapper content-type="chapter"><book-meta><book-title-group><book-title>Handbook</book-title></book-title-group></book-meta>'
    '<book-part book-part-type="chapter"><book-part-meta><title-group><title>Gout</title></title-group></book-part-meta>'
    "<body><sec><title>Treatment</title><p>Give 0.5 mg.</p></sec></body></book-part></book-part-wrapper>"
)


@pytest.mark.parametrize(
    ("source", "format_", "text"),
    [
        pytest.param(f"<article article-type='x'>{INNER}</article>", "jats", "# Case\nHe took 5 mg.", id="article"),
        pytest.param(
            f"<OAI-PMH xmlns='http://www.openarchives.org/OAI/2.0/'><GetRecord><record><metadata><article xmlns='https://jats.nlm.nih.gov/ns/archiving/1.3/' article-type='case-report'>{INNER}</article></metadata></record></GetRecord></OAI-PMH>",
            "jats", "# Case\nHe took 5 mg.", id="OAI"),
        pytest.param(f"<pmc-articleset><article article-type='x'>{INNER}</article><article article-type='x'>{INNER}</article></pmc-articleset>",
                     "jats", "# Case\nHe took 5 mg.\n# Case\nHe took 5 mg.", id="a set"),
        pytest.param(f"<response><result><article article-type='x' dtd-version='1.2'>{INNER}</article></result></response>", "jats", "# Case\nHe took 5 mg.", id="any wrapping"),
        pytest.param(BITS, "jats", "# Gout\n## Treatment\nGive 0.5 mg.", id="a chapter"),
        pytest.param(
            '<book dtd-version="2.0"><book-meta><book-title-group><book-title>Handbook</book-title></book-title-group></book-meta><book-body>'
            "<book-part><book-part-meta><title-group><title>One</title></title-group></book-part-meta><body><p>a</p></body></book-part>"
            "<book-part><book-part-meta><title-group><title>Two</title></title-group></book-part-meta><body><p>b</p><book-part><book-part-meta><title-group><title>Inner</title></title-group></book-part-meta><body><p>c</p></body></book-part></body></book-part>"
            "</book-body></book>",
            "jats", "# One\na\n# Two\nb\n## Inner\nc", id="a book of the library"),
        pytest.param(
            "<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>99</PMID><Article><ArticleTitle>A trial</ArticleTitle><Abstract>"
            "<AbstractText Label='METHODS'>We gave 5 mg.</AbstractText><AbstractText Label='RESULTS'>Twelve of 10<sup>3</sup> improved.</AbstractText></Abstract></Article>"
            "</MedlineCitation></PubmedArticle></PubmedArticleSet>",
            "medline", "# A trial\n## Methods\nWe gave 5 mg.\n## Results\nTwelve of 10^3 improved.", id="PubMed"),
        pytest.param(
            "<PubmedArticle><MedlineCitation><Article><ArticleTitle>T</ArticleTitle><Abstract><AbstractText>We gave 5 mg.</AbstractText></Abstract></Article></MedlineCitation></PubmedArticle>",
            "medline", "# T\nWe gave 5 mg.", id="one record of PubMed"),
        pytest.param(
            "<collection><source>PMC</source><document><id>1</id><passage><infon key='section_type'>TITLE</infon><text>A trial</text></passage>"
            "<passage><infon key='section_type'>METHODS</infon><infon key='type'>title_1</infon><text>Methods</text></passage>"
            "<passage><infon key='section_type'>METHODS</infon><infon key='type'>paragraph</infon><text>We gave 5 mg.</text></passage></document></collection>",
            "bioc", "# A trial\n## Methods\nWe gave 5 mg.", id="BioC"),
        pytest.param("<collection><document><passage><infon key='type'>title</infon><text>T</text></passage><passage><sentence><text>One.</text></sentence><sentence><text>Two.</text></sentence></passage></document></collection>",
                     "bioc", "# T\nOne. Two.", id="BioC in sentences"),
        pytest.param("<book xmlns='http://docbook.org/ns/docbook'><chapter><title>Gout</title><para>Give 0.5 mg.</para></chapter></book>",
                     "docbook", "# Gout\nGive 0.5 mg.", id="DocBook"),
        pytest.param(
            "<!DOCTYPE article PUBLIC '-//OASIS//DTD DocBook XML V4.5//EN' 'docbookx.dtd'><article><title>T</title><section><title>Dose</title><para>Give:</para>"
            "<orderedlist numeration='loweralpha'><listitem><para>5 mg</para></listitem><listitem><para>9 mg</para></listitem></orderedlist>"
            "<variablelist><varlistentry><term>Half-life</term><listitem><para>11 h</para></listitem></varlistentry></variablelist>"
            "<informaltable><tgroup cols='2'><tbody><row><entry>K</entry><entry>3.5</entry></row><row><entry>Na</entry><entry>140</entry></row></tbody></tgroup></informaltable>"
            "<warning><para>Never with X.</para></warning></section></article>",
            "docbook", "# T\n## Dose\nGive:\na. 5 mg\nb. 9 mg\n- Half-life: 11 h\n" + grid("| K | 3.5 |", "| Na | 140 |") + "\nNever with X.", id="DocBook 4"),
        pytest.param("<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><head><title>T</title></head><body><h1>T</h1><p>Give 5 mg once daily with food.</p></body></html>",
                     "web", "# T\nGive 5 mg once daily with food.", id="XHTML"),
    ],
)  # fmt: skip
def test_the_root_element_decides(tmp_path: Path, source: str, format_: str, text: str) -> None:
    found, pages = read(tmp_path, source)
    assert (found, text_of(pages)) == (format_, text)


@pytest.mark.parametrize("name", ["a.xml", "a.html", "a"])
@pytest.mark.parametrize(
    "source",
    [
        "<?xml version='1.0'?><rss><channel><title>x</title><body>y</body></channel></rss>",
        "<svg xmlns='http://www.w3.org/2000/svg'><head/><text>x</text></svg>",
    ],
)
def test_other_xml_never_goes_to_the_web_reader(source: str, name: str) -> None:
    assert recognise(source.encode(), name, list(READERS)) is None


@pytest.mark.parametrize("cut", [0.5, 0.8])
@pytest.mark.parametrize(
    "source",
    ["<PubmedArticleSet><PubmedArticle><MedlineCitation><Article><ArticleTitle>A trial</ArticleTitle></Article></MedlineCitation></PubmedArticle></PubmedArticleSet>",
     "<collection><document><passage><text>We gave 5 mg to forty patients.</text></passage></document></collection>",
     "<book xmlns='http://docbook.org/ns/docbook'><chapter><title>Gout</title><para>Give 0.5 mg.</para></chapter></book>", BITS],
)  # fmt: skip
def test_cut_files_are_read_or_say_why(tmp_path: Path, source: str, cut: float) -> None:
    path = tmp_path / "a.xml"
    path.write_text(source[: int(len(source) * cut)], encoding="utf-8")
    for name in ("medline", "bioc", "docbook", "jats"):
        reader = load_reader(name)
        if reader.sniff(path.read_bytes(), path.name):
            try:
                probe = reader.probe(path, ReadOptions())
                list(reader.read(path, 1, probe.n_pages, ReadOptions(), lambda place: None))
            except UnreadableError:
                pass
