"""The report of a run: complete, in itself, and no text in it is markup."""

from __future__ import annotations

import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

from medpress.store import read_json, write_json
from training.config import InputError
from training.history import history
from training.log import read_metrics
from training.report.line_chart import POINTS, chart
from training.report.page import page, write_report


class Read(HTMLParser):
    """What a browser would find: the tags with their attributes, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_run_in_pictures(trained_run: Path) -> None:
    file = write_report(trained_run)
    text = file.read_text(encoding="utf-8")
    found = Read(text)
    assert found.open == []
    titles = ["Loss by source", "Held-out loss", "Mixture", "Throughput", "Memory", "Waiting for data"]
    for title in [*titles, "handbook", "trials", "指南"]:
        assert title in found.text
    steps = [line for line in read_metrics(trained_run) if "loss" in line]
    for name, value in steps[-1]["loss_by_source"].items():
        last = [line["loss_by_source"][name] for line in steps if name in line["loss_by_source"]][-1]
        assert f"{name}: " in found.text and f"→ {last:,.4g}" in found.text and value
    assert read_json(trained_run / "result.json")["weights"] in found.text
    file.unlink()


def test_it_asks_for_nothing(trained_run: Path) -> None:
    text = page(history(trained_run))
    found = Read(text)
    assert not {tag for tag, _ in found.tags} & {"script", "link", "img", "iframe", "object", "image", "use"}
    assert not re.search(r"https?:|url\(|@import|\bon\w+=|\bstyle=", text)
    (policy,) = [has["content"] or "" for tag, has in found.tags if has.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")


def test_hostile_names_stay_text(trained_run: Path, tmp_path: Path) -> None:
    hostile = "<script>alert(1)</script>\"'><svg onload=x>{{ 7*7 }}\u202e"
    begun = read_json(trained_run / "run.json")
    begun["config"]["shards"] = hostile
    write_json(tmp_path / "run.json", begun)
    lines = (
        (trained_run / "metrics.jsonl")
        .read_text(encoding="utf-8")
        .replace('"handbook"', '"' + hostile.replace('"', '\\"') + '"')
    )
    (tmp_path / "metrics.jsonl").write_text(lines, encoding="utf-8")
    found = Read(page(history(tmp_path)))
    assert not [tag for tag, attributes in found.tags if tag == "script" or "onload" in attributes]
    assert "<script>alert(1)</script>" in found.text and "{{ 7*7 }}" in found.text and "\u202e" not in found.text
    assert "not finished" in found.text


def test_a_run_that_has_just_begun_or_is_none(trained_run: Path, tmp_path: Path) -> None:
    shutil.copy(trained_run / "run.json", tmp_path / "run.json")
    assert "no step yet" in page(history(tmp_path))
    with pytest.raises(InputError, match=r"no run\.json"):
        write_report(tmp_path / "nothing")


def test_a_line_keeps_its_ends_its_mean_and_its_bounds() -> None:
    points = [(float(step), float(step % 7)) for step in range(1, 100_001)]
    found = chart("t", "u", {"a": points, "b": [(5.0, float("nan"))]})
    assert found is not None and [line.name for line in found.lines] == ["a"]
    drawn = [tuple(map(float, each.split(","))) for each in found.lines[0].points.split()]
    assert len(drawn) <= POINTS and all(0 <= x <= 640 and 0 <= y <= 240 for x, y in drawn)
    assert chart("t", "u", {"b": [(5.0, float("inf"))]}) is None
    one = chart("t", "u", {"a": [(3.0, 2.0)]})
    assert one is not None and one.lines[0].points.count(",") == 1
