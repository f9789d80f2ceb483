"""The page of an audit in a browser: it runs without an error or a request, does what is clicked, and everybody can read it.

Needs Chromium, as `chromium` or `google-chrome` in the PATH or as Playwright installs it, and the extra `browser`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from small_build import build, story, write_documents

from corpus.audit.run import audit
from corpus.filters import FilterConfig

playwright = pytest.importorskip("playwright.sync_api", reason="needs the extra `browser`")

LEAFLET = story(3, 40)
TEXTS = {f"{n}.txt": f"{story(n, 9 + n % 5)}\n\nGive {n + 2} mg of metformin for diabetes." for n in range(24)}
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script> \u202egpj.exe"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a report with something of everything: a near-duplicate, filtered records, hostile text, a rough page."""
    data = tmp_path_factory.mktemp("browser") / "data"
    write_documents(data, TEXTS)
    write_documents(data, {"leaflet.txt": LEAFLET, "copy.txt": f"{LEAFLET} The heart also."}, source="leaflets")
    write_documents(
        data, {"short.txt": "Too short.", "hostile.txt": f"{HOSTILE} {story(90)}"}, source="<b>x</b>", license=""
    )
    build(data, filters=FilterConfig(use=("length",)))
    audit(data)
    return (data / "audit.html").as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
        own = started.chromium.executable_path
        if not found and not Path(own).exists():
            pytest.skip("there is no Chromium: `playwright install chromium` brings one")
        opened = started.chromium.launch(executable_path=found or own, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Any, report: str) -> Iterator[Any]:
    """The report, opened; whatever it complains of or asks for fails the test."""
    context = browser.new_context(viewport={"width": 1000, "height": 900})
    opened = context.new_page()
    told: list[str] = []
    opened.on("console", lambda message: told.append(message.text))
    opened.on("pageerror", lambda error: told.append(str(error)))
    opened.on("dialog", lambda dialog: (told.append(dialog.message), dialog.dismiss()))
    opened.on("request", lambda request: told.append(request.url) if request.url.partition("#")[0] != report else None)
    opened.goto(report)
    yield opened
    context.close()
    assert told == []


def column(table: Any, number: int) -> list[float]:
    values: list[float] = table.locator(f"tbody tr td:nth-child({number})").evaluate_all(
        "all => all.map(one => +one.dataset.value)"
    )
    return values


def test_a_table_is_sorted_by_what_is_clicked(page: Any) -> None:
    table = page.locator('table[aria-label="What came out"]')
    names = table.locator("th").all_inner_texts()
    place = next(number for number, name in enumerate(names, 1) if name.startswith("tokens"))
    before = column(table, place)
    assert len(set(before)) > 1
    button = table.locator("th button").nth(place - 1)
    button.click()
    assert column(table, place) == sorted(before, reverse=True)
    button.press("Enter")
    assert column(table, place) == sorted(before)
    assert table.locator("th").nth(place - 1).get_attribute("aria-sort") == "ascending"


def test_a_table_is_filtered_by_what_is_typed(page: Any) -> None:
    rows = page.locator('table[aria-label="Documents by licence"] tbody tr')
    whole = rows.count()
    box = page.locator('input[aria-label="Filter rows: Documents by licence"]')
    box.fill("leaflets")
    assert page.locator('table[aria-label="Documents by licence"] tbody tr:visible').count() == 2 < whole
    box.fill("")
    assert page.locator('table[aria-label="Documents by licence"] tbody tr:visible').count() == whole


def test_a_step_of_the_funnel_opens_what_it_took(page: Any) -> None:
    funnel = page.locator('table[aria-label="From documents to records"]')
    sample = page.locator('details[id^="engineer-dropped_samples-"]', has_text="Too short.")
    assert not sample.locator("td", has_text="Too short.").first.is_visible()
    funnel.locator("a", has_text="out: filter").click()
    assert sample.locator("td", has_text="Too short.").first.is_visible()


def test_a_cluster_shows_both_texts_and_what_differs(page: Any) -> None:
    pair = page.locator("details.pair", has_text="near duplicates").first
    if pair.get_attribute("open") is None:
        pair.locator("summary").click()
    assert pair.locator(".side").count() == 2
    assert "The heart also." in "".join(pair.locator("mark.alone").all_inner_texts())


def test_a_sample_opens_and_tells_where_it_comes_from(page: Any) -> None:
    page.locator("nav a", has_text="Samples").click()
    article = page.locator("article").first
    assert article.locator("mark").first.is_visible()
    story = article.locator("details.trace li")
    assert not story.first.is_visible()
    article.locator("summary", has_text="Trace").click()
    lines = story.all_inner_texts()
    assert any("pages by text: plain text" in line for line in lines) and any(
        line.startswith("kept: ") for line in lines
    )
    assert any("corpus trace --html" in line for line in lines)


_OVERLAPS = """() => {
    const found = [], seen = (one) => one.getClientRects().length && getComputedStyle(one).display !== "contents";
    if (document.documentElement.scrollWidth > innerWidth) found.push("the page is wider than its window");
    for (const parent of document.querySelectorAll("body, header, main, nav ul, details, article, .sides, .plots, .pictures, tr, dl")) {
        const boxes = [...parent.children].filter(seen).filter((one) => !["fixed", "sticky", "absolute"].includes(getComputedStyle(one).position));
        const places = boxes.map((one) => one.getBoundingClientRect());
        for (let a = 0; a < boxes.length; a++) for (let b = a + 1; b < Math.min(boxes.length, a + 8); b++) {
            const one = places[a], other = places[b];
            const wide = Math.min(one.right, other.right) - Math.max(one.left, other.left);
            const high = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
            if (wide > 1 && high > 1) found.push(`${parent.tagName}: ${boxes[a].textContent.slice(0, 30)} and ${boxes[b].textContent.slice(0, 30)}`);
        }
    }
    for (const cell of document.querySelectorAll("td, th"))
        if (seen(cell) && cell.scrollWidth > cell.clientWidth + 1) found.push(`a cell runs over: ${cell.textContent.slice(0, 40)}`);
    return found;
}"""


@pytest.mark.parametrize("width", [400, 1000, 1400])
def test_nothing_overlaps(page: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert page.evaluate(_OVERLAPS) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nobody_fails_to_read_it(page: Any, theme: str) -> None:
    """The rules of axe for WCAG 2.1 A and AA, contrast among them."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs the extra `browser`")
    page.emulate_media(color_scheme=theme)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    asked = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "resultTypes": ["violations", "passes"]}
    told = axe.Axe().run(page, options=asked).response
    assert [(one["id"], [node["html"][:200] for node in one["nodes"][:3]]) for one in told["violations"]] == []
    assert "color-contrast" in {one["id"] for one in told["passes"]}
