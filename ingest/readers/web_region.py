"""The second web extractor: everything in a page's main region that is not furniture.

trafilatura looks for an article: runs of paragraphs. Forums, listings, product and service pages have their content in
cards, short lines and lists, which it drops. Here the opposite is assumed: after the furniture (navigation, footers,
cookie banners, share buttons, related links) is pruned by tag, role, and the words of class and id, all that is left
in the main region is content.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache

from lxml import etree

from ingest.document import Block
from ingest.readers.html_blocks import BlockWalk, LinkedBlock, merged_lists, text_lengths, words_of

_DROPPED_TAGS = frozenset({"nav", "footer", "dialog", "menu"})
_DROPPED_ROLES = words_of(
    "navigation banner contentinfo search dialog alertdialog menu menubar toolbar complementary form tooltip "
    "progressbar slider"
)

_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_ALWAYS_FURNITURE = words_of(
    "cookie cookies consent gdpr ccpa onetrust cookiebot optanon truste breadcrumb breadcrumbs crumbs navbar navigation "
    "megamenu topnav subnav sidenav submenu colophon masthead addthis sharethis sharedaddy addtoany taboola outbrain "
    "recirc newsletter mailchimp adsbygoogle dfp advertisement pagination skiplink lightbox offcanvas snackbar"
)
"""Words that say wherever they stand in a class or id: this is not content."""
_EDGE_FURNITURE = words_of(
    "nav navi menu menus footer foot share sharing shares social socials sidebar related recommended recommendations "
    "subscribe subscription signup optin login signin register popup modal overlay drawer flyout tooltip toast advert "
    "adverts ad ads sponsor sponsored promo pager paging skip sr searchform searchbox searchbar toolbar copyright "
    "print readmore"
)
"""Words that say so when a class or id begins or ends with them (`main-nav`, `nav-list`, not `and-w-sidebar`)."""
_MODIFIERS = words_of("has have with w no not and is row layout hide show js without page body lm")
"""First words of names that describe what an element contains or how it looks, not what it is."""
_FURNITURE_PAIRS = words_of(
    "site header|top bar|bottom bar|utility bar|action bar|sign up|sign in|log in|back to top|search form|search box|"
    "you may also|also like|more from|read next|next article|up next|see also|related posts|similar posts|"
    "popular posts|recent posts|latest posts|author bio|about author|author box|post meta|entry meta|"
    "article meta|tag list|tag cloud|post tags|screen reader|visually hidden|email capture|lead form|contact form|"
    "comment form|global header|app banner|alert banner|announcement bar|country selector|language selector|"
    "lang switcher|sr only|sr text|filter panel|sort by|quick view|add to cart|mini cart|cart drawer",
    separator="|",
)
_COMMENTS = words_of("comment comments disqus commentlist livefyre respond")
_FORUM_FURNITURE = words_of(
    "signature sig avatar poster userinfo userdetails userprofile postprofile quickreply karma badges postcontrols "
    "keyinfo likes reactions moderatorbar"
)
_CHROME_LINE = re.compile(
    r"^(?:skip to (?:main |primary )?(?:content|navigation)|read more|learn more|see more|show more|view more|load more|"
    r"view all|see all|shop now|buy now|sign up|sign in|log in|share|tweet|print|menu|close|search|subscribe|"
    r"back to top|previous|next|advertisement|add to (?:cart|bag|basket|wishlist)|follow us|cookie settings|"
    r"accept all|reply|report|quote|like|分享|登录|注册|上一篇|下一篇|返回顶部|打印|关闭|广告|更多|展开全文)\W*$",
    re.IGNORECASE,
)
_TEASER = re.compile(
    r"^(?:related (?:articles?|posts?|stories|content|news|links|topics|products|categories)|you (?:may|might) (?:also )?"
    r"(?:like|enjoy)|recommended (?:for you|reading|stories)|recently viewed|read next|more (?:from|stories)|"
    r"most (?:read|popular|viewed)|popular posts|latest (?:news|posts|stories)|from the blog|customers also|"
    r"相关(?:阅读|新闻|文章|推荐|链接|专题)|推荐阅读|热门(?:新闻|文章|推荐|排行)|猜你喜欢|你可能|更多精彩|延伸阅读|"
    r"最新文章|大家都在看|今日热点|精彩推荐)",
    re.IGNORECASE,
)
"""What stands over links to other pages."""
_LEGAL = re.compile(r"^(?:©|\(c\)|copyright\b).{0,160}$|all rights reserved\.?$", re.IGNORECASE)


def region_blocks(tree: etree._Element, *, forum: bool = False) -> list[Block]:
    """The content blocks of a parsed HTML page (the tree is not changed).

    `forum`: keep what is called a comment, for it is the content, and drop what surrounds posts.
    """
    body = tree.find(".//body") if tree.tag != "body" else tree
    if body is None:
        body = tree
    lengths = text_lengths(body)
    found = _RegionWalk(forum, lengths, lengths[body]).walk(_main_region(body, lengths))
    kept = _without_teasers(list(_without_link_runs(found)))
    return merged_lists(_without_labels([each.block for each in kept]))


def _main_region(body: etree._Element, lengths: Mapping[etree._Element, int]) -> etree._Element:
    """`<main>` or its like, if it holds two fifths of the text; the whole body otherwise."""
    for candidate in body.iter("main", "div", "section", "article"):
        if candidate.tag != "main" and candidate.get("role") != "main":
            continue
        if lengths[candidate] >= 0.4 * lengths[body]:
            return candidate
    return body


class _RegionWalk(BlockWalk):
    """Leaves out furniture."""

    def __init__(self, forum: bool, lengths: Mapping[etree._Element, int], page_length: int) -> None:
        super().__init__()
        self.forum = forum
        self.lengths = lengths
        self.page_length = page_length

    def leaves_out_line(self, text: str) -> bool:
        return bool(_CHROME_LINE.match(text) or _LEGAL.match(text))

    def leaves_out(self, element: etree._Element) -> bool:
        get = element.get
        tag = element.tag
        if tag in _DROPPED_TAGS:
            return True
        names = f"{get('class') or ''} {get('id') or ''}"
        role = get("role")
        if role in _DROPPED_ROLES or tag == "aside" or tag == "header":
            return not self._is_content(element)
        if len(names) < 3 or tag in ("html", "body", "main", "article"):
            return False
        return _named_like_furniture(names, self.forum) and not self._is_content(element)

    def _is_content(self, element: etree._Element) -> bool:
        """Whether an element that looks like furniture holds the page's content: its name is about something else."""
        if not len(element):
            return False
        if next(element.iterdescendants("h1", "main"), None) is not None:
            return True
        return self._is_large(element)

    def _is_large(self, element: etree._Element, share: float = 0.4) -> bool:
        """Holding much of the page's text: a wrapper whose name is about something that it also holds."""
        return len(element) > 0 and self.lengths[element] > share * self.page_length


@lru_cache(maxsize=4096)  # the pages of a site, and its elements, have the same names
def _named_like_furniture(names: str, forum: bool) -> bool:
    return any(_is_furniture_name(name, forum) for name in names.split())


def _is_furniture_name(name: str, forum: bool) -> bool:
    words = [word.lower() for word in _WORDS.findall(name)]
    if not words or (words[0] in _MODIFIERS and len(words) > 1):
        return False
    if not _ALWAYS_FURNITURE.isdisjoint(words) or words[0] in _EDGE_FURNITURE or words[-1] in _EDGE_FURNITURE:
        return True
    together = " ".join(words)
    if len(words) > 1 and any(pair in together for pair in _FURNITURE_PAIRS):
        return True
    extra = _FORUM_FURNITURE if forum else _COMMENTS
    return words[0] in extra or words[-1] in extra


def _without_link_runs(found: list[LinkedBlock]) -> Iterator[LinkedBlock]:
    """Leave out runs of three or more short blocks that are only links: navigation that nothing else gave away."""
    index = 0
    while index < len(found):
        end = index
        while end < len(found) and _is_link_line(found[end]):
            end += 1
        if end - index >= 3:
            index = end
            continue
        if end > index:
            yield from found[index:end]
            index = end
        else:
            yield found[index]
            index += 1


def _without_teasers(found: list[LinkedBlock]) -> list[LinkedBlock]:
    """Leave out `You may also like` and the titles under it, up to the next running text."""
    kept: list[LinkedBlock] = []
    teasing = False
    for each in found:
        text = each.block.text
        if len(text) < 60 and _TEASER.match(text.strip("- ")):
            teasing = True
        elif teasing and len(text) - each.linked > 120:
            teasing = False
        if not teasing:
            kept.append(each)
    return kept


def _without_labels(blocks: list[Block]) -> list[Block]:
    """Leave out what recurs: labels of a page's machinery (`Select your size`) and copies of whole blocks (carousels).

    A label is a short line without a digit that stands five times or more; `Dose:` and what follows it are not labels.
    """
    times = Counter(block.text for block in blocks if block.kind in ("paragraph", "list") and len(block.text) <= 28)
    labels = {text for text, count in times.items() if count >= 5 and not re.search(r"\d|: |[:：]$", text)}
    seen: set[str] = set()
    kept: list[Block] = []
    before = ""
    for block in blocks:
        text = block.text
        copy = text in seen
        if len(text) > 80:
            seen.add(text)
        if not copy and (text not in labels or before.endswith((":", "："))):
            kept.append(block)
        before = text
    return kept


def _is_link_line(line: LinkedBlock) -> bool:
    length = len(line.block.text)
    return line.block.kind in ("list", "paragraph") and length < 80 and line.linked >= 0.8 * (length - 2)
