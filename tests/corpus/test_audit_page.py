"""The page of an audit: nothing in it runs but its own script, nobody fails to read it, and its numbers are true."""

from __future__ import annotations

import itertools
import re
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pytest
from small_build import build, rows, story, write_documents

from corpus.audit.page import page
from corpus.audit.run import audit
from corpus.audit.verdict import Verdict
from corpus.audit.wording import Wording
from corpus.review.draw import allot
from corpus.review.marked import pieces
from medpress.store import read_json

HOSTILE = [
    "<script>alert(1)</script>", "</script><img src=x onerror=alert(1)>", "\"><svg onload=alert(1)>", "' onmouseover='alert(1)",
    "{{ 7 * 7 }}", "javascript:alert(1)", "</style><b>", "<!-- ", "]]>", "\u202egnp.exe", "a\x1b[31m", "&lt;b&gt;",
]  # fmt: skip


class Elements(HTMLParser):
    """Names of elements and attributes, and addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "action", "data", "poster")]


def elements(html: str) -> Elements:
    found = Elements()
    found.feed(html)
    return found


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page") / "data"
    texts = {f"{n}.txt": f"{story(n, 9 + n % 5)}\n\n{HOSTILE[n % len(HOSTILE)]} metformin {n} mg." for n in range(24)}
    write_documents(folder, texts)
    write_documents(
        folder, {"copy.txt": texts["3.txt"] + "\n", "zh.txt": "患者服用二甲双胍治疗糖尿病。" * 9}, license=""
    )
    write_documents(folder, {"other.txt": story(60)}, source="<b>books</b>", license="<i>CC BY 4.0</i>")
    build(folder)
    audit(folder)
    return folder


def test_no_text_becomes_an_element(data: Path) -> None:
    found = elements((data / "audit.html").read_text())
    assert found.tags.count("script") == 1 and found.tags.count("style") == 1
    assert not {"img", "b-", "iframe", "object", "form"} & set(found.tags)
    assert not {name for name in found.attributes if name.startswith("on")}
    assert all(address.startswith("#") for address in found.addresses)
    text = (data / "audit.html").read_text()
    assert "\u202e" not in text and "\x1b" not in text


def test_hostile_findings_and_names_stay_text() -> None:
    row = {"<b>": HOSTILE[0], "text": HOSTILE[1]}
    verdicts = {HOSTILE[2]: Verdict(False, HOSTILE[0], [row], HOSTILE[1], HOSTILE[3])}
    found = elements(page({HOSTILE[0]: HOSTILE[1]}, verdicts, [], {}))
    assert (found.tags.count("script"), found.tags.count("img"), found.tags.count("svg")) == (1, 0, 0)


def test_the_policy_lets_only_our_style_and_script_in(data: Path) -> None:
    html = (data / "audit.html").read_text()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)
    assert policy and "default-src &#39;none&#39;" in policy[1] and "unsafe" not in policy[1]


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2.2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_every_text_has_the_contrast_that_wcag_asks_for() -> None:
    style = files("corpus.audit").joinpath("page.css").read_text("utf-8")
    light, dark = (
        dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6})", block)) for block in re.findall(r":root \{(.*?)\}", style, re.S)
    )
    assert light.keys() == dark.keys()
    marks = ("disease", "drug", "anatomy", "symptom", "test", "procedure", "gene", "dose", "other", "phi")
    for theme in (light, dark):
        texts = itertools.product(("text", "quiet", "good", "warning", "bad", "link"), ("ground", "raised"))
        for text, ground in (*texts, *(("text", mark) for mark in marks)):
            assert contrast(theme[text], theme[ground]) >= 4.5, (text, ground)
        assert contrast(theme["bar"], theme["ground"]) >= 3


def test_figures_are_those_of_the_datasets(data: Path) -> None:
    """Each is counted again from the rows, without SQL."""
    told = read_json(data / "audit.json")["sections"]
    kept, dropped = rows(data, "shards"), rows(data, "dropped")

    def column(section: str, figure: str, name: str) -> list[float]:
        return [row[name] for row in told[section][figure]["rows"]]

    assert sum(column("engineer", "outputs", "records")) == len(kept)
    assert sum(column("engineer", "outputs", "tokens")) == sum(row["n_tokens"] for row in kept)
    assert sum(column("engineer", "dropped", "records")) == len(dropped) >= 1
    funnel = told["engineer"]["funnel"]["rows"]
    assert funnel[0]["records left"] == len(kept) + len(dropped) and funnel[-1]["records left"] == len(kept)
    assert funnel[0]["documents"] == 27
    assert sum(column("lawyer", "licences", "tokens")) == sum(row["n_tokens"] for row in kept)
    licences = {row["licence"]: row["records"] for row in told["lawyer"]["licences"]["rows"]}
    assert licences == {"cc0-1.0": 24, "cc-by-4.0": 1, "unknown": 1} and len(kept) == 26
    assert sum(column("model", "lengths", "records")) == len(kept)
    for row in told["model"]["packing"]["rows"]:
        assert row["sequences"] == -(-sum(one["n_tokens"] for one in kept) // row["length"])
        assert row["longer_records"] == sum(one["n_tokens"] > row["length"] for one in kept)
    scores: dict[str, list[float]] = {}
    for one in kept:
        for score in one["quality"]:
            scores.setdefault(score["name"], []).append(score["value"])
    for row in told["model"]["scores"]["rows"]:
        values = sorted(scores.pop(row["score"]))
        assert (row["records"], row["least"], row["greatest"]) == (len(values), values[0], values[-1])
    assert scores == {}
    mentions = {
        (entity["label"], one["text"][entity["start"] : entity["end"]].lower())
        for one in kept
        for entity in one["entities"]
    }
    shown = {(row["label"], row["said"]): row["mentions"] for row in told["clinician"]["entities"]["rows"]}
    assert shown.keys() <= mentions and shown["drug", "metformin"] == sum(
        one["text"].count("metformin") for one in kept
    )


def test_nothing_but_the_corpus_itself_stays_english_on_a_chinese_page(data: Path) -> None:
    """Every phrase of the templates and of `audit.json` has a translation, and the page is made of them."""
    wording = Wording("zh")
    template = files("corpus.audit").joinpath("page.html.jinja").read_text("utf-8")
    phrases = {*re.findall(r'"([^"]+)" \| say', template), "Drawn at random", "Nearest to a threshold"}
    told = read_json(data / "audit.json")
    for name, verdict in told["gates"].items():
        phrases |= {name, verdict["meaning"], verdict["owner"]}
    for figure in (figure for section in told["sections"].values() for figure in section.values()):
        phrases |= {figure["title"], figure["note"], *(name.replace("_", " ") for name in figure["columns"])}
    assert {phrase for phrase in phrases - {""} if wording.say(phrase) == phrase} == set()
    findings = {verdict["finding"] for verdict in told["gates"].values()}
    assert {finding for finding in findings if wording.told(finding) == finding} == set()
    before = (data / "audit.html").read_text()
    audit(data, language="zh")
    html = (data / "audit.html").read_text()
    audit(data)
    assert '<html lang="zh">' in html and "<h1>语料审计：" in html.replace(": ", "：") and "从文档到记录" in html
    assert elements(html).tags == elements(before).tags, "the two differ in their words alone"


def test_samples_are_the_same_each_time_and_whole(data: Path) -> None:
    before = read_json(data / "audit.json")["samples"]
    audit(data)
    assert read_json(data / "audit.json")["samples"] == before
    assert [len(ids) for ids in before.values()] == [20, 20]
    for row in rows(data, "shards"):
        assert "".join(piece.text for piece in pieces(row)) == row["text"]


def test_strata_get_their_part() -> None:
    assert allot({"a": 90, "b": 9, "c": 1}, 20) == {"a": 18, "b": 1, "c": 1}
    assert allot({"a": 1, "b": 1}, 20) == {"a": 1, "b": 1}
    assert sum(allot({str(n): n + 1 for n in range(50)}, 10).values()) == 10
