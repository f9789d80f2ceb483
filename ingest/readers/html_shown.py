"""What a page of HTML shows, written into its tree, so that every extractor after it sees the same.

Hidden and struck-out text goes and is told, as far as no control of the page opens it; formulas become LaTeX, raised marks
their written form, definition lists `term: meaning`, lists and small tables within a cell text; what only `noscript` has stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from lxml import etree

from ingest.formula.latex import characters
from ingest.left_out import HIDDEN, READING_AID, STRUCK_OUT, LeftOut, drop, drop_all, texts
from ingest.readers.html_blocks import BLOCK_TAGS, is_data_table, item_labels, spaced_text
from ingest.readers.inline_text import formula_of, tex_formula, write_marks
from ingest.readers.shown_text import DESCRIPTION, Markup, text_within

CONTROL = "control of the page"
"""Buttons and fields, with what they say."""
INSTEAD = "shown where something else cannot be"
"""What a page holds for browsers that run no scripts or play no films."""
DRAWN = "formula as it is drawn"
"""A formula again, in pieces, beside the markup that says what it is."""
CELL_CHARACTERS = 1_500
"""A cell with more text than this lays out a page."""
MOST_UNSEEN = 20
"""Inputs, scripts and styles between a control and what it opens."""
INNER_CHARACTERS = 400
"""A table within a cell with more text than this is no part of it."""

_DRAWN = ("katex-html", "MathJax_Preview", "MathJax_SVG", "MathJax_CHTML")
"""Names of elements that hold a formula once more, as it is drawn."""
_NOT_SHOWN = re.compile(r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)", re.IGNORECASE)
_LINE_THROUGH = re.compile(r"text-decoration(?:-line)?\s*:[^;]*line-through", re.IGNORECASE)
_NEVER_SHOWN = frozenset(
    {"html", "body", "head", "title", "meta", "link", "script", "style", "input", "template", "noscript"}
)
_STRUCK_TAGS = frozenset({"s", "strike", "del"})
_OPENED = frozenset({"tab", "tabs", "tabpanel", "panel", "pane", "accordion", "collapse", "collapsible", "faq", "toggle", "answer", "spoiler", "expand", "expandable", "more"})  # fmt: skip
"""Words in the names of elements that are hidden only until a reader opens them."""
_NAME_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_TARGETS = ("aria-controls", "data-target", "data-bs-target", "data-toggle-target", "data-tab", "for")
"""Attributes with which a control names what it opens."""
_CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_DISPLAY_SOME = re.compile(r"display\s*:\s*(?!none|\s)", re.IGNORECASE)
_DISPLAY_NONE = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_AT_RULE = re.compile(r"@[^{};]{1,300}\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")
_SIMPLE_SELECTOR = re.compile(r"\s*(?:[a-z][a-z0-9]*)?([.#])([A-Za-z_][\w-]*)\s*", re.IGNORECASE)
_ABOUT_THE_BROWSER = re.compile(r"java\s?script|cookie|browser|浏览器|iframe|tracking|googletagmanager", re.IGNORECASE)
_ENDS_A_TERM = re.compile(r"[:：?？.。]$")


_BESIDE = (
    dict.fromkeys(("button", "select", "datalist", "textarea", "progress", "meter"), CONTROL)
    | dict.fromkeys(
        ("audio", "video", "object", "iframe", "canvas", "embed", "applet", "noframes", "noscript"), INSTEAD
    )
    | dict.fromkeys(("svg", "map"), DESCRIPTION)
)
"""Elements that are no text of the page, to the reason; the extractors pass over them."""
HTML = Markup(
    inline=frozenset({"a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "dfn", "em", "font", "i", "ins", "kbd", "mark",
                      "q", "rb", "ruby", "s", "samp", "small", "span", "strong", "strike", "del", "time", "tt", "u", "var", "wbr"}),
    silent=frozenset({"annotation", "annotation-xml", "head", "script", "style", "template", "title"}),
)  # fmt: skip
"""HTML as books have it: all of it is content."""
PAGE = replace(
    HTML,
    stretches=BLOCK_TAGS | frozenset(_BESIDE),
    is_whole={"table": is_data_table},
)
"""HTML as the web has it: an extractor of main text has been over it."""


def settle(tree: etree._Element, made: list[str]) -> LeftOut:
    """Write what a page shows into its tree, in place. Returns what was left out, by reason.

    What is written that is no text of the page, the numbers of items in cells, is put into `made`.

    Tags are in lower case and without a namespace. Formulas between dollars, `10^6`, `risk[3]`; `display` formulas are
    paragraphs of their own.
    """
    left_out: LeftOut = {}
    drop_all(list(tree.iter("template")))  # what scripts make elements from
    _formulas(tree, left_out, made)
    _take_out(list(tree.iter("rt", "rp", "rtc")), READING_AID, left_out)
    _strike(tree, left_out)
    _hide(tree, left_out)
    write_marks(tree)
    _keep_noscript(tree)
    for table in list(tree.iter("table")):
        _plain_cells(table, made)
    for definitions in list(tree.iter("dl")):
        _definitions(definitions)
    return left_out


# --- formulas --------------------------------------------------------------------------------------------------------


def _formulas(tree: etree._Element, left_out: LeftOut, made: list[str]) -> None:
    _take_out([each for each in tree.iter("span", "div") if _has_name(each, *_DRAWN)], DRAWN, left_out)
    for script in [each for each in tree.iter("script") if (each.get("type") or "").startswith("math/tex")]:
        display = "mode=display" in (script.get("type") or "")
        previous = script.getprevious()
        if previous is not None and _has_name(previous, "MathJax", "MathJax_Display"):
            _take_out([previous], DRAWN, left_out)
        formula = tex_formula(script.text or "", display=display)
        made.append(characters(formula))
        _as_text(script, formula, display)
    for element in list(tree.iter("math")):
        display = element.get("display") == "block" or element.get("mode") == "display"
        for ancestor in _near(element):  # MediaWiki hides the formula behind its picture
            ancestor.attrib.pop("style", None)
        _as_text(element, formula_of(element, display=display), display)


def _as_text(element: etree._Element, text: str, display: bool) -> None:
    for child in list(element):
        element.remove(child)
    element.attrib.clear()
    element.text = text
    parent = element.getparent()
    own_block = display and parent is not None and parent.tag in ("div", "body", "section", "article", "td", "li")
    element.tag = "p" if own_block else "span"


def _near(element: etree._Element) -> list[etree._Element]:
    found: list[etree._Element] = []
    parent = element.getparent()
    while parent is not None and parent.tag == "span" and len(found) < 3:
        found.append(parent)
        parent = parent.getparent()
    return found


def _has_name(element: etree._Element, *names: str) -> bool:
    return not set(names).isdisjoint((element.get("class") or "").split())


# --- hidden, struck out ----------------------------------------------------------------------------------------------


def _strike(tree: etree._Element, left_out: LeftOut) -> None:
    struck = tree.xpath(".//s | .//strike | .//del | .//*[contains(@style, 'line-through')]")
    _leave_out(struck, _is_struck, STRUCK_OUT, left_out)


def _is_struck(element: etree._Element) -> bool:
    return element.tag in _STRUCK_TAGS or _LINE_THROUGH.search(element.get("style") or "") is not None


def _hide(tree: etree._Element, left_out: LeftOut) -> None:
    """Take out what no reader sees; what a control opens is content, and is shown."""
    by_rule = _hidden_names(tree)
    opened: set[str] | None = None
    controls: dict[tuple[etree._Element, bool], bool] = {}

    def is_hidden(element: etree._Element) -> bool:
        nonlocal opened
        if element.tag in _NEVER_SHOWN:
            return False
        style = element.get("style")
        own = element.get("hidden") is not None or (style is not None and _NOT_SHOWN.search(style) is not None)
        if not own and (not by_rule or by_rule.isdisjoint(_selectors(element))):
            return False
        if opened is None:
            opened = _opened_names(tree)
        if not _is_opened(element, opened) and not follows_control(element, not own):
            return True
        element.attrib.pop("hidden", None)
        element.attrib.pop("style", None)
        return False

    def follows_control(element: etree._Element, by_heading: bool) -> bool:
        before = _shown_before(element)
        if before is None:
            return False
        known = controls.get((before, by_heading))
        if known is None:
            known = controls[before, by_heading] = _is_control(before, by_heading)
        return known

    named = " or @class or @id" if by_rule else ""
    _leave_out(tree.xpath(f".//*[@hidden or @style{named}]"), is_hidden, HIDDEN, left_out)


def _take_out(elements: Iterable[etree._Element], reason: str, left_out: LeftOut) -> None:
    """Take elements out of the page, each before the next one is asked for; their texts are kept, cut into words as a page is."""

    def kept() -> Iterator[etree._Element]:
        for element in elements:
            left_out.setdefault(reason, []).append(text_within(element, HTML))
            yield element

    drop_all(kept())


def _leave_out(
    elements: Iterable[etree._Element], goes: Callable[[etree._Element], bool], reason: str, left_out: LeftOut
) -> None:
    """Leave out those of some elements, in the order of the page, that go, each with all that is in it."""
    gone: set[etree._Element] = set()

    def going() -> Iterator[etree._Element]:
        for element in elements:
            if (not gone or gone.isdisjoint(element.iterancestors())) and goes(element):
                gone.add(element)
                yield element

    _take_out(going(), reason, left_out)


def _hidden_names(tree: etree._Element) -> set[str]:
    """`.class` and `#id` that the page's own style sheets do not show, by rules that name one of them and hold everywhere."""
    hidden: set[str] = set()
    shown: set[str] = set()
    for sheet in tree.iter("style"):
        text = (sheet.text or "")[:200_000]
        if not _named_before(text, _DISPLAY_NONE):
            continue
        text = _CSS_COMMENT.sub("", text)
        hidden |= _named_before(_AT_RULE.sub("", text), _DISPLAY_NONE)
        shown |= _named_before(" ".join(_AT_RULE.findall(text)), _DISPLAY_SOME)  # on some screens, or in print
    return hidden - shown


def _named_before(text: str, declaration: re.Pattern[str]) -> set[str]:
    """The classes and ids that the rules of a style sheet with such a declaration are for."""
    found: set[str] = set()
    for match in declaration.finditer(text):
        opening = text.rfind("{", 0, match.start())
        start = max(text.rfind(sign, 0, max(opening, 0)) for sign in "{};") + 1
        for selector in text[start : max(opening, 0)].split(","):
            if simple := _SIMPLE_SELECTOR.fullmatch(selector):
                found.add(simple.group(1) + simple.group(2))
    return found


def _selectors(element: etree._Element) -> set[str]:
    names = {f".{name}" for name in (element.get("class") or "").split()}
    return names | {f"#{element.get('id')}"} if element.get("id") else names


def _opened_names(tree: etree._Element) -> set[str]:
    """The ids that controls of the page name."""
    targets = tree.xpath(" | ".join(f"//@{name}" for name in _TARGETS))
    targets += [target for target in tree.xpath("//@href") if target.startswith("#")]
    return {name for target in targets for name in target.replace("#", " ").split()}


def _is_opened(element: etree._Element, opened: set[str]) -> bool:
    if element.get("role") == "tabpanel" or element.get("id") in opened:
        return True
    names = f"{element.get('class') or ''} {element.get('id') or ''}"
    return not _OPENED.isdisjoint(part.lower() for part in _NAME_PARTS.findall(names))


def _shown_before(element: etree._Element) -> etree._Element | None:
    """The sibling right before an element, but for a few that show nothing."""
    before = element.getprevious()
    for _ in range(MOST_UNSEEN):
        if before is None or before.tag not in ("style", "script", "input"):
            return before
        before = before.getprevious()
    return None


def _is_control(before: etree._Element, by_heading: bool) -> bool:
    """Whether an element opens what stands right behind it: a button, or, where a style sheet alone hides that, a title."""
    if not isinstance(before.tag, str):
        return False
    for each in (before, *before.iterdescendants()):
        if each.tag in ("button", "summary") or (by_heading and each.tag in ("h1", "h2", "h3", "h4", "h5", "h6")):
            return True
        if isinstance(each.tag, str) and (
            each.get("aria-expanded") or each.get("role") in ("button", "tab") or each.get("onclick")
        ):
            return True
    return False


def count_beside(tree: etree._Element, left_out: LeftOut) -> None:
    """Put the texts of buttons, pictures and the like, which stay where they are, under their reasons."""
    for element in tree.iter(*_BESIDE):
        if not any(above.tag in _BESIDE for above in element.iterancestors()):
            left_out.setdefault(_BESIDE[element.tag], []).append(text_within(element, HTML))


def _keep_noscript(tree: etree._Element) -> None:
    """What stands in `noscript` is what the page's scripts would have put there; what speaks of the browser is not."""
    for element in list(tree.iter("noscript")):
        text = " ".join("".join(texts(element)).split())
        inside = element.getparent() is not None and element.getparent().tag != "head"
        if inside and len(text) >= 40 and not _ABOUT_THE_BROWSER.search(text):
            element.tag = "div"


# --- tables and definitions ------------------------------------------------------------------------------------------


def _plain_cells(table: etree._Element, made: list[str]) -> None:
    """Lists and small tables within the cells of a data table as text, with signs that keep items and rows apart."""
    if table.get("role") == "presentation" or next(table.iterdescendants("h1", "h2", "form"), None) is not None:
        return
    rows = [row for row in table.iter("tr") if next(row.iterancestors("table"), None) is table]
    if len(rows) < 2 or not any(sum(1 for _ in row.iterchildren("td", "th")) >= 2 for row in rows):
        return
    for row in rows:
        for cell in row.iterchildren("td", "th"):
            if not len(cell):
                continue
            if sum(map(len, texts(cell))) > CELL_CHARACTERS:
                continue
            for inner in list(cell.iterdescendants("table")):
                if (
                    next(inner.iterdescendants("table"), None) is None
                    and sum(map(len, texts(inner))) <= INNER_CHARACTERS
                ):
                    _replaced(inner, _rows_as_text(inner))
            for items in list(cell.iterdescendants("ul", "ol", "dl")):
                if (
                    items.getparent() is not None
                    and next(items.iterancestors("ul", "ol", "dl", "td", "th"), None) is cell
                ):
                    _replaced(items, _items_as_text(items, made))


def _replaced(element: etree._Element, text: str) -> None:
    for child in list(element):
        element.remove(child)
    element.attrib.clear()
    element.text = f" {text} "
    element.tag = "span"


def _items_as_text(items: etree._Element, made: list[str]) -> str:
    if items.tag == "dl":
        return "; ".join(f"{term}{meaning}" for term, meaning in _pairs(items))
    parts = []
    for item, label in zip(list(items.iterchildren("li")), item_labels(items), strict=True):
        sign = label or "•"
        made += [label] if label else []
        inner = " ".join(_items_as_text(each, made) for each in item.iterchildren("ul", "ol"))
        for each in list(item.iterchildren("ul", "ol")):
            drop(each)
        parts.append(_line(f"{sign} {spaced_text(item)} {inner}"))
    return " ".join(parts)


def _rows_as_text(table: etree._Element) -> str:
    rows = [[_line(spaced_text(cell)) for cell in row.iterchildren("td", "th")] for row in table.iter("tr")]
    filled = [[cell for cell in row if cell] for row in rows]
    return "; ".join(f"{row[0]}: {', '.join(row[1:])}" if len(row) > 1 else row[0] for row in filled if row)


def _line(text: str) -> str:
    return " ".join(text.split())


def _pairs(definitions: etree._Element) -> list[tuple[str, str]]:
    """Terms, ended with a colon, and their meanings."""
    pairs: list[tuple[str, str]] = []
    terms: list[str] = []
    meanings: list[str] = []

    def close() -> None:
        if terms or meanings:
            term = ", ".join(terms)
            end = " " if not term or _ENDS_A_TERM.search(term) else ": "
            pairs.append((f"{term}{end}".lstrip(), " ".join(meanings)))

    for child in definitions.iter("dt", "dd"):
        if child.tag == "dt":
            if meanings:
                close()
                terms, meanings = [], []
            terms.append(_line(spaced_text(child)))
        else:
            meanings.append(_line(spaced_text(child)))
    close()
    return pairs


def _definitions(definitions: etree._Element) -> None:
    """A definition list whose meanings are lines as a list of `term: meaning`; one that lays out blocks stays."""
    if any(next(meaning.iterdescendants(*BLOCK_TAGS), None) is not None for meaning in definitions.iter("dt", "dd")):
        return
    pairs = _pairs(definitions)
    if not any(term for term, _ in pairs):
        return
    tail = definitions.tail
    for child in list(definitions):
        definitions.remove(child)
    definitions.text = None
    definitions.tag = "ul"
    for term, meaning in pairs:
        etree.SubElement(definitions, "li").text = f"{term}{meaning}"
    definitions.tail = tail
