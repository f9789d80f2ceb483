"""The scorers give the figures that are worked out here by hand."""

import math
import re
import tomllib
from pathlib import Path

import pytest
from lxml import etree
from scorers import articles, formulas, tables

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (r"\mathrm{x} \leq \frac{ 1 }{ 2 }", r"x\le\frac12"),
        (r"\left( a \right)", "(a)"),
        (r"x_{i}^{2}", "x_i^2"),
        (r"a \rightarrow b,", r"a\to b"),
        (r"\begin{aligned} a &= b \\ c &= d \end{aligned}", "a=bc=d"),
    ],
)
def test_one_formula_in_two_ways_of_writing(one, other):
    assert formulas.normalised(one) == formulas.normalised(other)


@pytest.mark.parametrize(
    ("one", "other"), [("x^2", "x_2"), (r"\frac12", r"\frac21"), ("x^{10}", "x^10"), ("a-b", "a+b")]
)
def test_two_formulas_stay_two(one, other):
    assert formulas.normalised(one) != formulas.normalised(other)


def test_formulas_found_once_each():
    truth = [
        ("inline-formula", "x^2"),
        ("inline-formula", "x^2"),
        ("inline-formula", "n"),
        ("display-formula", r"\frac{a}{b}"),
    ]
    found = formulas.score(truth, r"We have $x^{2}$ and n, so" "\n\n$$\\frac{a}{b}$$\n\nbut p[2] is none.")
    assert (found.inline, found.inline_right, found.display, found.display_right, found.bracketed) == (3, 2, 1, 1, 1)


def test_a_table_as_latex_has_its_spans_filled():
    source = r"""\begin{tabular}{l|cc} \toprule
        \multirow{2}{*}{Drug} & \multicolumn{2}{c}{\textbf{Dose}} \\ \cmidrule(lr){2-3}
         & low & high \\ % a remark
        A\&B & 5 $\pm$ 1 & 10\% \\ \bottomrule
    \end{tabular}"""
    assert tables.from_latex(source) == [["drug", "dose", "dose"], ["drug", "low", "high"], ["a&b", "5±1", "10%"]]


def test_cells_and_neighbours_of_tables():
    truth = tables.from_latex(r"\begin{tabular}{ll} a & b \\ c & d \end{tabular}")
    assert tables.score([truth], "| a | b |\n| --- | --- |\n| c | d |") == [(1.0, 1.0)]
    ((cells, neighbours),) = tables.score([truth], "| a | b |\n| --- | --- |\n| c | x |")
    assert math.isclose(cells, 0.75) and math.isclose(neighbours, 0.5)
    assert tables.score([truth], "no table") == [(0.0, 0.0)]


BODY = [
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron with 5.5 mg",
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen at 10<sup>9</sup> of them",
    "red orange yellow green blue indigo violet black white grey brown pink cyan teal olive ≥ 7 days",
]


def article(paragraphs):
    inside = "".join(f"<p>{text}</p>" for text in paragraphs)
    return etree.fromstring(f"<article><body><sec><title>Methods</title>{inside}</sec></body></article>")


def test_an_article_read_as_it_is():
    text = "## Methods\n\n" + "\n\n".join(BODY).replace("<sup>9</sup>", "^9")
    found = articles.score(text, article(BODY))
    assert found == articles.ArticleScore(1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 1.0)


def test_an_article_in_another_order_without_a_paragraph_and_with_a_wrong_number():
    text = "\n\n".join([BODY[2].replace("≥ 7", "7"), BODY[0].replace("5.5", "55")])
    found = articles.score(text, article(BODY))
    assert found.order == 0.5 and found.titles == 0.0 and found.signs == 0.0
    assert found.numbers == 0.0 and 0.6 < found.words < 0.7


def test_every_claim_names_a_program_and_data_that_are_described():
    data = tomllib.loads((BENCHMARKS / "data.toml").read_text(encoding="utf-8"))
    claims = tomllib.loads((BENCHMARKS / "claims.toml").read_text(encoding="utf-8"))["claim"]
    for claim in claims:
        program = claim["command"].split()[0]
        assert (BENCHMARKS / program).is_file(), program
        assert re.compile(claim["value"]).groups == 1
        for name in re.findall(r"\{data\}/(\w+)", claim["command"]):
            assert name in data, name
    for name, part in data.items():
        assert part["files"] and all(set(source) == {"address", "licence", "files"} for source in part["source"]), name
        assert re.fullmatch(r"[0-9a-f]{64}", part["sha256"]), name
