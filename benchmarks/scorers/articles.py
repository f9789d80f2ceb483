"""An article in Markdown against its JATS XML: words, their order, titles, numbers and signs of the running text.

The truth are the paragraphs of the body, without floats, formulas on lines of their own, and citations.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lxml import etree

_FLOATS = frozenset(
    {"fig", "fig-group", "table-wrap", "table-wrap-group", "boxed-text", "supplementary-material", "media", "disp-formula", "tex-math"}
)  # fmt: skip
_WORD = re.compile(r"[a-z]+")
_NUMBER = re.compile(r"[<>≤≥±=-]*\d[\d.,]*(?:\^[-+]?\d+)?")
_SIGNS = (frozenset("µμ"), frozenset("×"), frozenset("±"), frozenset("≤⩽"), frozenset("≥⩾"), frozenset("°º˚∘"),
          frozenset("α"), frozenset("β"), frozenset("γ"), frozenset("χ"), frozenset("Δ∆"))  # fmt: skip
_CITED = "\x03"
_CITATIONS = re.compile(rf"[\[(]?(?:{_CITED}[,;\s–-]*)+[\])]?|\[\d{{1,3}}(?:\s?[,–-]\s?\d{{1,3}})*\]")
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_ONE_SIGN = str.maketrans("μ−–‐‑∼⋅º˚", "µ----~·°°")
_GRAM, _FEW, _SAMPLE, _SHIFT = 5, 12, 30, 4
"""Words that are looked for at once; so few of them make no paragraph whose place is asked; so many tell its place, give or take so many words."""


@dataclass(frozen=True, slots=True)
class ArticleScore:
    """Shares, 0 to 1; 1 where there is nothing to find, 0 for noise."""

    words: float
    """Runs of five words of the running text that are there."""
    order: float
    """The longest run of paragraphs in the article's order, over the paragraphs found."""
    noise: float
    """Runs of three words of the Markdown that stand nowhere in the article."""
    titles: float
    """Titles of sections that are headings."""
    numbers: float
    """Numbers that are there with the five characters on either side, exponents raised."""
    signs: float
    """Signs of values and Greek letters that are there."""
    exponents: float
    """Exponents that are there, raised, of those whose digits are."""


def score(markdown: str, root: etree._Element) -> ArticleScore:
    """Compare the Markdown of an article with its tree."""
    body = root.find(".//{*}body")
    paragraphs = [] if body is None else list(_paragraphs(body))
    texts = ["".join(_text(paragraph)) for paragraph in paragraphs]
    words = _words(markdown)
    places: dict[tuple[str, ...], list[int]] = {}
    for place, gram in enumerate(_grams(words, _GRAM)):
        places.setdefault(gram, []).append(place)
    wanted = [_grams(_words(text), _GRAM) for text in texts]
    starts = []
    for grams in wanted:
        votes = Counter(
            (at - index) // _SHIFT for index, gram in enumerate(grams[:_SAMPLE]) for at in places.get(gram, ())
        )
        if len(grams) > _FEW - _GRAM and votes:
            starts.append(votes.most_common(1)[0][0])
    known = set(_grams(_words("".join(root.itertext())), 3)) | set(_grams(_words(" ".join(root.itertext())), 3))
    made = _grams(words, 3)
    titles = [" ".join(_words("".join(title.itertext()))) for title in _titles(body)] if body is not None else []
    headings = {" ".join(_words(line)) for line in markdown.splitlines() if line.startswith("#")}
    numbers, exponents = _numbers(paragraphs, _plain(markdown))
    running = "".join(texts)
    signs = [(sum(map(running.count, sign)), sum(map(markdown.count, sign))) for sign in _SIGNS]
    return ArticleScore(
        words=_share(sum(gram in places for grams in wanted for gram in grams), sum(map(len, wanted))),
        order=_share(_longest_run(starts), len(starts)),
        noise=1 - _share(sum(gram in known for gram in made), len(made)),
        titles=_share(sum(title in headings for title in titles), len(titles)),
        numbers=_share(*numbers),
        signs=_share(sum(min(pair) for pair in signs), sum(there for there, _ in signs)),
        exponents=_share(*exponents),
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _grams(words: Sequence[str], size: int) -> list[tuple[str, ...]]:
    return list(zip(*(words[start:] for start in range(size)), strict=False))


def _name(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _paragraphs(element: etree._Element) -> Iterator[etree._Element]:
    for child in element:
        name = _name(child)
        if name == "p":
            yield child
        elif name not in _FLOATS:
            yield from _paragraphs(child)


def _titles(body: etree._Element) -> Iterator[etree._Element]:
    for section in body.iter("{*}sec"):
        if not any(_name(above) in _FLOATS for above in section.iterancestors()):
            yield from section.iterchildren("{*}title")


def _text(element: etree._Element) -> Iterator[str]:
    """The running text of a paragraph."""
    yield element.text or ""
    for child in element:
        if _name(child) in _FLOATS:
            yield " "
        elif _name(child):
            yield from _text(child)
        yield child.tail or ""


def _written(element: etree._Element) -> Iterator[str]:
    """The same with `^` before what is raised, and a sign in the place of each citation; floats end a line."""
    name = _name(element)
    inside = "".join(element.itertext())
    if name in _FLOATS | {"table"} or not name:
        yield "\n"
    elif name == "xref" and re.fullmatch(r"[\[\]\d,\s–-]*", inside):
        yield _CITED
    elif name == "sup":
        cited = any(_name(child) == "xref" for child in element)
        yield _CITED if cited else ("^" if re.search(r"\d", inside) else "") + inside
    else:
        yield element.text or ""
        for child in element:
            yield from _written(child)
            yield child.tail or ""
        yield "\n" if name in ("p", "title") else ""


def _plain(text: str) -> str:
    """A text with one form of each sign, `^` before what is raised, without citations, spaces and emphasis."""
    text = re.sub("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]+", lambda found: "^" + found[0].translate(_RAISED), text)
    text = re.sub(r"<sup>(.*?)</sup>", r"^\1", text)
    text = unicodedata.normalize("NFKC", re.sub(r"</?sub>", "", text)).translate(_ONE_SIGN)
    text = _CITATIONS.sub("", re.sub(r"\^[({](.*?)[)}]", r"^\1", text))
    return re.sub(r"[\s*_]", "", text)


def _numbers(paragraphs: Sequence[etree._Element], there: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """(right, all) of the numbers and of the exponents."""
    flat = there.replace("^", "")
    right = count = raised = powers = 0
    for paragraph in paragraphs:
        for line in map(_plain, "".join(_written(paragraph)).split("\n")):
            for found in _NUMBER.finditer(line):
                count += 1
                right += line[max(0, found.start() - 5) : found.end() + 5] in there
                if "^" in found[0] and found[0].replace("^", "") in flat:
                    powers += 1
                    raised += found[0] in there
    return (right, count), (raised, powers)


def _longest_run(places: Sequence[int]) -> int:
    """The length of the longest part of a sequence that rises."""
    ends: list[int] = []
    for place in places:
        at = bisect_left(ends, place)
        ends[at : at + 1] = [place]
    return len(ends)
