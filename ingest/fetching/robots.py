"""robots.txt as RFC 9309 has it: the group for our name, the longest matching rule, `*` and `$` in paths."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

MAX_ROBOTS_BYTES = 500 * 1024
"""RFC 9309 asks crawlers to read at least 500 KiB of the file; we read no more."""


@dataclass(frozen=True, slots=True)
class Robots:
    """What a host allows us."""

    rules: tuple[tuple[str, bool], ...] = ()
    """(path pattern, allowed) of the group that holds for us."""
    delay: float = 0.0
    """Seconds between requests that the host asks for; 0 when it does not say."""
    sitemaps: tuple[str, ...] = ()
    """Addresses of sitemaps."""

    def allows(self, address: str) -> bool:
        """Whether a page may be fetched: the most specific rule decides, and allowing wins a tie."""
        parts = urlsplit(address)
        path = _normal(parts.path or "/") + (f"?{_normal(parts.query)}" if parts.query else "")
        if path == "/robots.txt":
            return True
        best = (-1, True)
        for pattern, allowed in self.rules:
            if len(pattern) >= best[0] and _matches(pattern, path):
                best = max(best, (len(pattern), allowed))
        return best[1]


ALLOW_ALL = Robots()
"""For a host without the file (any 4xx answer)."""


def parse_robots(text: str, agent: str) -> Robots:
    """Read a robots.txt for a crawler whose product token is `agent` (`medpress`)."""
    groups: dict[str, list[tuple[str, bool]]] = {}
    delays: dict[str, float] = {}
    sitemaps: list[str] = []
    names: list[str] = []
    in_rules = False
    for line in text.splitlines():
        key, separator, value = line.partition("#")[0].partition(":")
        key, value = key.strip().lower(), value.strip()
        if not separator:
            continue
        if key == "user-agent":
            if in_rules:
                names, in_rules = [], False
            names.append(value.lower())
            groups.setdefault(value.lower(), [])
        elif key in ("allow", "disallow"):
            in_rules = True
            if value:
                for name in names:
                    groups[name].append((_normal(value), key == "allow"))
        elif key == "crawl-delay":
            in_rules = True
            if re.fullmatch(r"\d{1,6}(\.\d{1,6})?", value):
                delays.update(dict.fromkeys(names, float(value)))
        elif key == "sitemap" and value:
            sitemaps.append(value)
    name = agent.lower() if agent.lower() in groups else "*"
    return Robots(tuple(groups.get(name, ())), delays.get(name, 0.0), tuple(sitemaps))


def _normal(path: str) -> str:
    """Paths are compared with the same characters percent-encoded on both sides."""
    return quote(unquote(path), safe="/*$?=&;,:@!~+'()-._")


def _matches(pattern: str, path: str) -> bool:
    """Whether a pattern with `*` and a final `$` matches the beginning of a path.

    The pieces between the stars are looked for from left to right, so no pattern can take exponential time.
    """
    anchored = pattern.endswith("$")
    pieces = (pattern[:-1] if anchored else pattern).split("*")
    if not path.startswith(pieces[0]):
        return False
    position = len(pieces[0])
    for piece in pieces[1:-1]:
        found = path.find(piece, position)
        if found < 0:
            return False
        position = found + len(piece)
    if len(pieces) == 1:
        return not anchored or position == len(path)
    if anchored:
        return path.endswith(pieces[-1]) and len(path) - len(pieces[-1]) >= position
    return path.find(pieces[-1], position) >= 0
