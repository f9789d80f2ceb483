"""A web page is read as a reader sees it: what is hidden or struck out is not there, what a control opens is."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.document import Page, ReadOptions
from ingest.readers.web import WebReader

PROSE = (
    "Fenolamide is an invented bronchodilator that stands on this page only. It is taken with water after meals, and the dose "
    "depends on the weight of the body and on the function of the kidneys, as the table after this paragraph shows. "
)


def read(tmp_path: Path, inner: str, head: str = "") -> Page:
    path = tmp_path / "page.html"
    path.write_text(
        f"<!doctype html><html lang=en><head><meta charset=utf-8><title>Fenolamide</title>{head}</head><body><main><article>"
        f"<h1>Fenolamide</h1><p>{PROSE}</p>{inner}<p>{PROSE * 2}</p></article></main></body></html>",
        encoding="utf-8",
    )
    (page,) = WebReader().read(path, 1, 1, ReadOptions(), lambda place: None)
    return page


def text_of(page: Page) -> str:
    return "\n".join(block.text for block in page.blocks)


def table(*rows: str) -> str:
    return (
        "<table>"
        + "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row.split("|")) + "</tr>" for row in rows)
        + "</table>"
    )


CHILDREN = "Children aged 6 to 12 years take 15 mg once daily for five days, and never more than 20 mg."
VOID = "INTERNAL DRAFT: the dose of 500 mg is not for the readers of this page and must not be printed."


@pytest.mark.parametrize(
    "inner",
    [
        pytest.param(f"<div role=tablist><button role=tab>Adults</button></div><div role=tabpanel hidden style='display:none'><p>{CHILDREN}</p></div>", id="tab panel"),
        pytest.param(f"<button aria-controls=kids>Children</button><div id=kids style='display: none'><p>{CHILDREN}</p></div>", id="named by a control"),
        pytest.param(f"<ul class=nav-tabs><li><a href='#kids'>Children</a></li></ul><div id=kids hidden><p>{CHILDREN}</p></div>", id="named by a link"),
        pytest.param(f"<a data-bs-toggle=collapse data-bs-target='#kids'>Children</a><div id=kids style='display:none;'><p>{CHILDREN}</p></div>", id="named by data"),
        pytest.param(f"<div class='accordion-body' style='display:none'><p>{CHILDREN}</p></div>", id="accordion"),
        pytest.param(f"<div class='tab-pane' hidden><p>{CHILDREN}</p></div>", id="tab pane"),
        pytest.param(f"<details><summary>Children</summary><p>{CHILDREN}</p></details>", id="details"),
        pytest.param(f"<div class=lazy><noscript><p>{CHILDREN}</p></noscript></div>", id="noscript"),
    ],
)  # fmt: skip
def test_what_a_control_opens_is_content(tmp_path: Path, inner: str) -> None:
    assert text_of(read(tmp_path, inner)).count(CHILDREN) == 1


@pytest.mark.parametrize(
    ("inner", "head"),
    [
        pytest.param(f"<p style='display:none'>{VOID}</p>", "", id="style"),
        pytest.param(f"<p style='DISPLAY : NONE !important'>{VOID}</p>", "", id="style in capitals"),
        pytest.param(f"<div style='visibility:hidden'><p>{VOID}</p></div>", "", id="not visible"),
        pytest.param(f"<p hidden>{VOID}</p>", "", id="hidden"),
        pytest.param(f"<section hidden=''><h2>Draft</h2><p>{VOID}</p></section>", "", id="hidden section"),
        pytest.param(f"<p class='editor note'>{VOID}</p>", "<style>p.x{color:red} .note { display:none; }</style>", id="style sheet"),
        pytest.param(f"<p id=draft>{VOID}</p>", "<style>#draft,.z{display:none}</style>", id="style sheet by id"),
        pytest.param(f"<noscript><p>Please enable JavaScript to see {VOID}</p></noscript>", "", id="about the browser"),
        pytest.param(f"<template><p>{VOID}</p></template>", "", id="template"),
    ],
)  # fmt: skip
def test_what_nobody_sees_is_left_out(tmp_path: Path, inner: str, head: str) -> None:
    assert "500 mg" not in text_of(read(tmp_path, inner, head))


def test_a_rule_for_print_hides_nothing(tmp_path: Path) -> None:
    page = read(
        tmp_path,
        f"<div class=leaflet><p>{CHILDREN}</p></div>",
        "<style>@media print { .leaflet { display:none } }</style>",
    )
    assert CHILDREN in text_of(page)


@pytest.mark.parametrize(
    "mark",
    [
        "<s>50 mg</s>",
        "<strike>50 mg</strike>",
        "<del>50 mg</del>",
        "<span style='text-decoration: line-through'>50 mg</span>",
    ],
)
def test_struck_out_text_is_left_out_and_counted(tmp_path: Path, mark: str) -> None:
    page = read(
        tmp_path,
        f"<p>The usual dose is {mark} <ins>5 mg</ins> twice daily, <del>with</del> without food, as the editor of the page corrected.</p>",
    )
    assert "The usual dose is 5 mg twice daily, without food" in text_of(page)
    assert "8 characters left out: struck out" in page.reason


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        pytest.param(
            table("Drug|Advice", "Q|<ul><li>Halve the dose to 1 mg.</li><li>Check INR after 3 days.</li></ul>", "T|<ul><li>Contraindicated.</li></ul>"),
            "| Q | • Halve the dose to 1 mg. • Check INR after 3 days. |\n| T | • Contraindicated. |",
            id="bullets in a cell",
        ),
        pytest.param(table("Step|What", "A|<ol><li>Stop.</li><li>Give 1 mg.</li></ol>"), "| A | 1. Stop. 2. Give 1 mg. |", id="numbers in a cell"),
        pytest.param(
            table("Group|Labs", "A|<table><tr><td>Hb</td><td>120</td></tr><tr><td>Na</td><td>140</td></tr></table>"), "| A | Hb: 120; Na: 140 |", id="a table in a cell"
        ),
        pytest.param(table("Group|Doses", "A|5 mg<br>9 mg"), "| A | 5 mg 9 mg |", id="lines in a cell"),
        pytest.param(
            "<table><tr><th>Arm</th><th>Drug</th><th>Dose</th></tr><tr><td rowspan=2>A</td><td>X</td><td>5 mg</td></tr><tr><td>Y</td><td>9 mg</td></tr></table>",
            "| A | X | 5 mg |\n| A | Y | 9 mg |",
            id="a cell over two rows",
        ),
        pytest.param("<dl><dt>Half-life</dt><dd>11 hours</dd><dt>Excretion</dt><dd>Renal, 70%</dd></dl>", "- Half-life: 11 hours\n- Excretion: Renal, 70%", id="definitions"),
        pytest.param("<dl><dt>Max</dt><dt>Limit</dt><dd>5 mg</dd><dd>9 mg</dd></dl>", "- Max, Limit: 5 mg 9 mg", id="definitions with several terms"),
        pytest.param("<ol start=5><li>Fifth step of the infusion.</li><li>Sixth step of the infusion.</li></ol>", "5. Fifth step of the infusion.\n6. Sixth", id="start"),
        pytest.param("<ol type=a><li>First case of the patients.</li><li>Second case of the patients.</li></ol>", "a. First case of the patients.\nb. Second", id="letters"),
        pytest.param("<ol type=I><li>First case of the patients.</li><li>Second case of the patients.</li></ol>", "I. First case of the patients.\nII. Second", id="roman"),
        pytest.param("<ol><li value=7>Seventh case of the patients.</li><li>Next case of the patients.</li></ol>", "7. Seventh case of the patients.\n8. Next", id="value"),
        pytest.param("<ol reversed><li>Last of the two.</li><li>First of the two.</li></ol>", "2. Last of the two.\n1. First", id="reversed"),
        pytest.param(
            "<p>Use <sup>1</sup>&frasl;<sub>2</sub> tablet, or 2<sup>1</sup>/<sub>2</sub> tablets in adults over the age of 65 years.</p>", "2 1/2 tablets", id="fraction"
        ),
        pytest.param("<p>方中<ruby>黄<rp>(</rp><rt>huang</rt><rp>)</rp></ruby>芪15克，水煎服，每日一剂，早晚各一次，饭后服用。</p>", "方中黄芪15克", id="ruby"),
        pytest.param(
            "<p>Clearance is <math><mfrac><mi>D</mi><mi>V</mi></mfrac></math> in the steady state of the drug.</p>", "is $\\frac{D}{V}$ in", id="MathML"
        ),
        pytest.param("<p>It is given by the formula below.</p><math display=block><mfrac><mi>D</mi><mi>V</mi></mfrac></math>", "\n$$\\frac{D}{V}$$\n", id="display MathML"),
        pytest.param(
            "<p>Dose is <span class=katex><span class=katex-mathml><math><semantics><mrow><mfrac><mi>D</mi><mi>V</mi></mfrac></mrow><annotation encoding='application/x-tex'>\\frac{D}{V}"
            "</annotation></semantics></math></span><span class=katex-html aria-hidden=true><span>D</span><span>V</span></span></span> in the steady state.</p>",
            "Dose is $\\frac{D}{V}$ in",
            id="KaTeX",
        ),
        pytest.param(
            "<p>Dose is <span class=MathJax_Preview>D V</span><span class=MathJax><span>DV</span></span><script type='math/tex'>\\frac{D}{V}</script> in the steady state.</p>",
            "Dose is $\\frac{D}{V}$ in",
            id="MathJax",
        ),
    ],
)  # fmt: skip
def test_what_stands_there_is_kept(tmp_path: Path, inner: str, text: str) -> None:
    assert text in text_of(read(tmp_path, inner))


@pytest.mark.parametrize("kind", ["MedicalWebPage", "NewsArticle", "BlogPosting"])
def test_text_that_only_structured_data_have(tmp_path: Path, kind: str) -> None:
    body = "Zorvastin is started at 10 mg nightly and raised to 40 mg after four weeks if LDL stays above 2.6 mmol/L."
    head = f'<script type="application/ld+json">{{"@type":"{kind}","articleBody":"{body}"}}</script>'
    assert text_of(read(tmp_path, "", head)).count(body) == 1
    assert text_of(read(tmp_path, f"<p>{body}</p>", head)).count(body) == 1


def test_a_tick_in_the_way_of_a_list_of_links_is_no_definition(tmp_path: Path) -> None:
    page = read(
        tmp_path, "<dl><dt>Dose</dt><dd><p>Take one tablet in the morning.</p><ul><li>with water</li></ul></dd></dl>"
    )
    assert "Take one tablet in the morning." in text_of(page) and "- with water" in text_of(page)


@pytest.mark.parametrize("span", ["²³", "-5", "1e9", "٣", "", "99999999999"])
def test_a_span_that_is_no_number_costs_no_document(tmp_path, span):
    cells = f"<tr><td colspan='{span}'>dose</td><td rowspan='{span}'>5 mg</td></tr><tr><td>route</td><td>oral</td></tr>"
    text = "\n".join(block.text for block in read(tmp_path, f"<table>{cells}</table>").blocks)
    assert "Fenolamide" in text and "5 mg" in text


RANKED = "Many readers have said that they take it in the morning, some before breakfast and others after it."


@pytest.mark.parametrize(
    "item",
    [
        pytest.param("<li><a href=/a><div><span>{rank}</span></div></a><div><a href=/a>{text}</a><span>Doses {count}</span></div></li>", id="rank in a block"),
        pytest.param("<li><a href=/a><div>{rank}</div></a><span>{text} Doses {count}</span></li>", id="rank in a linked block"),
        pytest.param("<li><div>{rank}<div>{text}</div>Doses {count}</div></li>", id="text behind a block"),
        pytest.param("<li><b>{rank}</b> {text} Doses <i>{count}</i></li>", id="in a line"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("around", ["{}", "<li><h4>Most read</h4><div>{}</div></li>", "<li>See also<ul>{}</ul></li>"])
def test_numbers_of_two_blocks_stay_two(tmp_path: Path, item: str, around: str) -> None:
    items = "".join(item.format(rank=rank, text=RANKED, count=rank + 40) for rank in range(1, 6))
    page = read(tmp_path, f"<ul>{around.format(items)}</ul>")
    for rank in range(2, 6):
        assert f"{rank + 39}{rank}" not in text_of(page)
    assert page.conservation is not None and page.conservation.numbers_new == ()
