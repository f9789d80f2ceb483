"""Superscripts and formulas keep their meaning as plain text."""

from __future__ import annotations

import pytest
from lxml import etree

from ingest.readers.inline_text import append_superscript, clean_line, math_text
from ingest.readers.web import parse_html


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("10<sup>6</sup> cells", "10^6 cells"),
        ("10<sup>−3</sup> M", "10^−3 M"),
        ("30 kg/m<sup>2</sup>", "30 kg/m²"),
        ("Ca<sup>2+</sup>", "Ca2+"),
        ("1<sup>st</sup> line", "1st line"),
        ("<math><mfrac><mn>1</mn><mn>2</mn></mfrac><annotation>\\frac12</annotation></math> mg", "1/2 mg"),
        ("the risk<sup>3</sup> of", "the risk[3] of"),
        ("the risk.<sup>1,2</sup> Then", "the risk.[1,2] Then"),
        ("5 mg<sup><a href='#r4'>4</a></sup>", "5 mg[4]"),
        ("5 mg<a href='#r4'><sup>4</sup></a>", "5 mg[4]"),
    ],
)
def test_superscripts_in_html(source: str, text: str) -> None:
    assert parse_html(f"<body><p>{source}</p></body>").find(".//p").text_content() == text


def test_a_citation_that_the_markup_names() -> None:
    assert append_superscript("HbA1c", "7", citation=True) == "HbA1c[7]"
    assert append_superscript("HbA1c", "", citation=True) == "HbA1c"


@pytest.mark.parametrize(
    ("mathml", "text"),
    [
        ("<math><mfrac><mi>a</mi><mrow><mi>b</mi><mo>+</mo><mn>1</mn></mrow></mfrac></math>", "a/(b + 1)"),
        ("<math><msup><mi>x</mi><mn>2</mn></msup><mo>≤</mo><msqrt><mn>2</mn></msqrt></math>", "x^2 ≤ √(2)"),
        ("<math><msub><mi>t</mi><mrow><mn>1</mn><mo>/</mo><mn>2</mn></mrow></msub></math>", "t_1/2"),
        ("<math><semantics><mi>k</mi><annotation>\\alpha</annotation></semantics></math>", "k"),
    ],
)
def test_mathml(mathml: str, text: str) -> None:
    assert math_text(etree.fromstring(mathml)) == text


def test_clean_line() -> None:
    assert clean_line(" a ( b ) ,\n c [ 1 ] .") == "a (b), c [1]."
