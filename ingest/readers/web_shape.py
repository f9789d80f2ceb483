"""What kind of page it is, and which extractor's blocks are its content.

The article extractor (trafilatura) is precise and drops what is not prose; the region extractor keeps all that is not
furniture. On an article the second only adds what stands before and after the text: teasers, comments, an imprint. On
a page of cards, posts or product lines the first has holes: blocks that the second finds *between* its blocks. So the
holes decide, measured as a share of the article text. A home page, which is nothing but teasers, is always read as a
region; a page that declares itself an article is read with trafilatura's precise setting, since the holes will tell
when that cuts too much. For the same reason trafilatura's own second opinions (readability, jusText), which take
nearly half of its time, are asked for only on forums.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from urllib.parse import urlsplit

from lxml import etree

from ingest.document import Block
from ingest.readers.html_blocks import found_in, letters, windows
from ingest.readers.html_bounds import MANY_ELEMENTS, has_many_elements
from ingest.readers.web_article import article_blocks
from ingest.readers.web_region import region_blocks

HOLES = 0.22
"""The region is read when the holes in the article text are at least this share of it."""

SMALL_ARTICLE = 0.25
"""Article text that is a smaller share of the region's text is a line that happened to look like prose."""
HOME_CHARACTERS = 400
"""A home page with less text than this in its region is read like any other page."""

_HOME = re.compile(r"^/?(?:[a-z]{2}(?:[-_][a-zA-Z]{2})?/?){0,2}(?:index\.\w+|home)?/?$")
_ARTICLE_TYPE = re.compile(
    r'"@type"\s*:\s*\[?\s*"(?:\w*Article|BlogPosting|Report|MedicalWebPage|MedicalScholarlyArticle)"'
)
_FORUM_TYPE = re.compile(
    r'"@type"\s*:\s*\[?\s*"(?:DiscussionForumPosting|QAPage)"|schema\.org/(?:DiscussionForum|QAPage)'
)
_FORUM_SOFTWARE = re.compile(
    r"discourse|phpbb|vbulletin|xenforo|mybb|flarum|invision|simple machines|smf|vanilla|nodebb|discuz|phpwind", re.I
)
_FORUM_ADDRESS = re.compile(
    r"//(?:forums?|bbs|community|answers)\.|/(?:forums?|bbs|threads?|topics?|viewtopic|showthread)\b"
)


@dataclass(frozen=True, slots=True)
class Shape:
    """What a page says of its own kind."""

    home: bool
    """It is the front page of a site or of one of its languages."""
    article: bool
    """It declares itself an article (Open Graph or schema.org)."""
    forum: bool
    """It is a thread of posts."""


def page_shape(tree: etree._Element, address: str) -> Shape:
    """Read a page's kind from its head, its structured data and its address (may be empty)."""
    kind = generator = ""
    for meta in tree.iter("meta"):
        name = (meta.get("property") or meta.get("name") or "").lower()
        content = (meta.get("content") or "").strip()
        if name == "og:type":
            kind = content.lower()
        elif name == "og:url" and not address:
            address = content
        elif name == "generator":
            generator = f"{generator} {content}"
    for link in tree.iter("link"):
        if (link.get("rel") or "").lower() == "canonical" and link.get("href"):
            address = link.get("href") or address
            break
    data = " ".join(
        (script.text or "")[:200_000] for script in tree.iter("script") if script.get("type") == "application/ld+json"
    )
    parts = urlsplit(address) if address.isprintable() and address.startswith(("http://", "https://")) else None
    forum = bool(
        _FORUM_TYPE.search(data)
        or _FORUM_SOFTWARE.search(generator)
        or (parts and _FORUM_ADDRESS.search(address.lower()))
    )
    return Shape(
        home=bool(parts and parts.hostname and not parts.query and _HOME.match(parts.path)),
        article=kind == "article" or bool(_ARTICLE_TYPE.search(data)),
        forum=forum,
    )


def content_blocks(tree: etree._Element, address: str) -> tuple[list[Block], str]:
    """The content of a parsed HTML page in reading order, and in words which extractor found it.

    The tree is not changed; `address` (may be empty) helps to tell the kind of page. No blocks when there is no text.
    """
    shape = page_shape(tree, address)
    region = region_blocks(tree, forum=shape.forum)
    if has_many_elements(tree):
        return region, f"main region: the page has more than {MANY_ELEMENTS:,} elements"
    if shape.home and _length(region) >= HOME_CHARACTERS:
        return region, "main region: a home page"
    article = article_blocks(tree, precise=shape.article and not shape.forum, thorough=shape.forum)
    return choose(article, region)


def choose(article: Sequence[Block], region: Sequence[Block]) -> tuple[list[Block], str]:
    """The blocks that are the page's content, and why these."""
    if not region:
        return list(article), "article text"
    if _length(article) < SMALL_ARTICLE * _length(region):
        return list(region), "main region: hardly any article text"
    if len(article) == 1 < len(region) and abs(_length(article) - _length(region)) < 0.1 * _length(article):
        return list(region), "main region: the article text has no structure"
    first, last, holes = _holes(article, region)
    if holes >= HOLES:
        return list(region[first : last + 1]), f"main region: the article text leaves out {holes:.0%} between its lines"
    return list(article), "article text"


def _length(blocks: Sequence[Block]) -> int:
    return sum(len(block.text) for block in blocks)


def _holes(article: Sequence[Block], region: Sequence[Block]) -> tuple[int, int, float]:
    """First and last region block that the article text also has, and the length of what it lacks between them,
    as a share of its own."""
    text = "".join(letters(block.text) for block in article)
    own = [letters(block.text) for block in region]
    samples = [windows(text) for text in own]
    known = found_in(text, chain.from_iterable(samples))
    found = [sum(sample in known for sample in each) / len(each) for each in samples]
    lengths = [len(text) for text in own]
    common = [index for index, share in enumerate(found) if share > 0.5 and lengths[index] >= 16]
    if not common:
        return 0, len(region) - 1, 0.0
    first, last = common[0], common[-1]
    missing = sum(lengths[index] for index in range(first, last + 1) if found[index] <= 0.5)
    return first, last, missing / max(1, len(text))
