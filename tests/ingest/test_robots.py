"""robots.txt, by the rules and examples of RFC 9309."""

from __future__ import annotations

import pytest

from ingest.fetching.robots import ALLOW_ALL, Robots, parse_robots

SITE = "https://example.org"


@pytest.mark.parametrize(
    ("rules", "path", "allowed"),
    [
        ("Disallow: /private", "/private/a", False),
        ("Disallow: /private", "/public", True),
        ("Disallow: /\nAllow: /open", "/open/a", True),
        ("Disallow: /a\nAllow: /a", "/a", True),
        ("Allow: /p\nDisallow: /", "/page", True),
        ("Disallow: /*.pdf$", "/x/a.pdf", False),
        ("Disallow: /*.pdf$", "/x/a.pdf?x", True),
        ("Disallow: /*/print", "/a/b/print/c", False),
        ("Disallow: /page$", "/pages", True),
        ("Disallow:", "/anything", True),
        ("Disallow: /?q=", "/?q=1", False),
        ("Disallow: /%7Ejoe", "/~joe/a", False),
        ("Disallow: /健康", "/%E5%81%A5%E5%BA%B7/1", False),
        ("Disallow: /", "/robots.txt", True),
    ],
)
def test_rules(rules: str, path: str, allowed: bool) -> None:
    assert parse_robots(f"User-agent: *\n{rules}\n", "medpress").allows(SITE + path) is allowed


def test_our_own_group_comes_first() -> None:
    text = "User-agent: *\nDisallow: /\nUser-agent: other\nUser-Agent: MedPress # us\nDisallow: /x\nCrawl-delay: 2.5\nSitemap: https://e.org/s.xml"
    robots = parse_robots(text, "medpress")
    assert robots == Robots((("/x", False),), 2.5, ("https://e.org/s.xml",))
    assert not parse_robots(text, "unknown").allows(f"{SITE}/a")


def test_defaults() -> None:
    assert ALLOW_ALL.allows(f"{SITE}/a")
    assert parse_robots("<html>not a robots file</html>", "medpress").allows(f"{SITE}/a")


def test_no_pattern_takes_long() -> None:
    robots = parse_robots("User-agent: *\nDisallow: /" + "*a" * 2000 + "$", "medpress")
    assert robots.allows(f"{SITE}/" + "a" * 1990 + "b")
