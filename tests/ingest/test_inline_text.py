"""Superscripts and formulas keep their meaning as plain text."""

from __future__ import annotations

import pytest
from lxml import etree

from ingest.readers.html_shown import settle
from ingest.readers.inline_text import clean_line, formula_of, write_marks
from ingest.readers.web import parse_html


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("10<sup>6</sup> cells", "10^6 cells"),
        ("10<sup>−3</sup> M", "10^-3 M"),
        ("30 kg/m<sup>2</sup>", "30 kg/m^2"),
        ("Ca<sup>2+</sup>", "Ca^2+"),
        ("1<sup>st</sup> line", "1st line"),
        ("<math><mfrac><mn>1</mn><mn>2</mn></mfrac><annotation>\\frac12</annotation></math> mg", r"$\frac{1}{2}$ mg"),
        ("the risk<sup>3</sup> of", "the risk[3] of"),
        ("the risk.<sup>1,2</sup> Then", "the risk.[1,2] Then"),
        ("5 mg<sup><a href='#r4'>4</a></sup>", "5 mg[4]"),
        ("5 mg<a href='#r4'><sup>4</sup></a>", "5 mg[4]"),
    ],
)
def test_superscripts_in_html(source: str, text: str) -> None:
    tree = parse_html(f"<body><p>{source}</p></body>")
    settle(tree, [])
    assert tree.find(".//p").text_content() == text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ('pH to 7.2<xref ref-type="bibr"><sup>5,6</sup></xref>;', "pH to 7.2[5,6];"),
        ('in 30<sup><xref ref-type="bibr">8</xref></sup> patients', "in 30[8] patients"),
        ('in 45<xref ref-type="bibr">9</xref> controls', "in 45[9] controls"),
        ('as shown [<xref ref-type="bibr">9</xref>] before', "as shown [9] before"),
        (
            'as shown<xref ref-type="bibr"><sup>1</sup></xref><sup>,</sup><xref ref-type="bibr"><sup>2</sup></xref>',
            "as shown[1,2]",
        ),
        ("of <italic>R</italic><sup>2</sup> = 0.4", "of R^2 = 0.4"),
        ("HCO<sub>3</sub><sup>−</sup> and CO<sub>2</sub>", "HCO3− and CO2"),
        ("2<sup>1</sup>/<sub>2</sub> tablets", "2 1/2 tablets"),
        ("37<sup>o</sup>C", "37°C"),
        ('<table-wrap><table><td>10<xref ref-type="table-fn"><sup>2</sup></xref></td></table></table-wrap>', "10[2]"),
        (
            "<table-wrap><table><td>25<sup>3</sup></td></table><table-wrap-foot><fn><label>1</label></fn></table-wrap-foot></table-wrap>",
            "25[3]1",
        ),
        ('<table-wrap><table><td>9<xref ref-type="table-fn">*</xref></td></table></table-wrap>', "9*"),
        ("<table-wrap><table><td>2×10<sup>3</sup></td></table></table-wrap>", "2×10^3"),
    ],
)
def test_marks_in_an_article(source: str, text: str) -> None:
    tree = etree.fromstring(f"<p>{source}</p>")
    write_marks(tree)
    assert "".join(tree.itertext()) == text


@pytest.mark.parametrize(
    ("mathml", "text"),
    [
        ("<math><mfrac><mi>a</mi><mrow><mi>b</mi><mo>+</mo><mn>1</mn></mrow></mfrac></math>", r"$\frac{a}{b+1}$"),
        ("<math><msup><mi>x</mi><mn>2</mn></msup><mo>≤</mo><msqrt><mn>2</mn></msqrt></math>", r"$x^2\leq\sqrt{2}$"),
        ("<math><msub><mi>t</mi><mrow><mn>1</mn><mo>/</mo><mn>2</mn></mrow></msub></math>", "$t_{1/2}$"),
        ("<math><semantics><mi>k</mi><annotation>\\alpha</annotation></semantics></math>", "k"),
    ],
)
def test_mathml(mathml: str, text: str) -> None:
    assert formula_of(etree.fromstring(mathml)) == text


def test_clean_line() -> None:
    assert clean_line(" a ( b ) ,\n c [ 1 ] .") == "a (b), c [1]."
