"""What sections, labels and captions of articles, books and guidelines are called, in English and Chinese; pure patterns."""

from __future__ import annotations

import re

_SECTIONS = """
(?:structured |graphical |author |plain language )?(?:abstract|summary|synopsis)
introduction|background|objectives?|aims?|purpose|rationale
(?:patients?|subjects?|materials?|participants?|experimental)?(?: and |/| & )?(?:methods?|methodology)(?: and materials?)?
experimental (?:procedures?|section)
study design|design|setting|participants|interventions?|main outcome measures?|outcomes?|measurements?|trial registration
methodology/principal findings|methods/design|conclusions/significance|methods/principal findings
results?(?: and discussions?)?|findings?|discussions?(?: and conclusions?)?|limitations?|strengths and limitations
(?:concluding remarks|conclusions?)(?: and .{3,40})?
interpretation|implications|recommendations?|case (?:report|presentation|description)|literature review
acknowledge?ments?|funding(?: information| sources?)?|financial support|authors?['’]? contributions?|contributors
conflicts? of interests?(?: statement)?|competing (?:financial )?interests?|declarations?(?: of .{3,40})?|disclosures?
ethic(?:s|al) (?:statement|approval|considerations?)(?: and .{3,50})?|consent(?: for publication)?
(?:data )?availability(?: of .{3,40})?|data accessibility|abbreviations?(?: used)?
supplementa(?:ry|l) (?:materials?|information|data)|supporting information|additional files?|appendi(?:x|ces)
references?(?: cited)?|bibliography|literature cited|works cited|key ?words?|key points|highlights|further reading
authors?['’]? (?:details|information|summary)|publisher['’]s note|orcid
contents|table of contents|preface|foreword|glossary|index
摘\\s*要|关键词|引\\s*言|前\\s*言|绪\\s*论|背\\s*景|方\\s*法|材料与方法|资料与方法|对象与方法
结\\s*果|讨\\s*论|结\\s*论|参考文献|致\\s*谢|附\\s*录|目\\s*录
"""
_REFERENCES = "references?(?: cited| and notes)?|bibliography|literature(?: cited)?|works cited|参考文献"
_METADATA = """
edited by|reviewed by|correspondence(?: to)?|\\*?corresponding authors?|authors? for correspondence|specialty section
received|accepted|revised|(?:first |last )?published(?: online)?|citation|cite this article(?: as)?|how to cite(?: this article)?
to cite this article|subject (?:category|categories|areas?)|academic editors?|(?:handling |associate |external )?editors?
copyright|doi|article (?:history|info|information)|open access|check for updates|e-?mail|issn|original research
present address|funding information|funding statement|license
"""


def _any(alternatives: str) -> str:
    return "(?:" + "|".join(alternatives.strip().splitlines()) + ")"


NUMBERING = re.compile(
    r"^(?:(?P<arabic>\d{1,2}(?:\.\d{1,2}){0,4})(?P<dot>[.)]?)|(?P<roman>[IVX]{1,5})\.|(?P<letter>[A-H])\.|"
    r"(?P<chinese>第[一二三四五六七八九十百\d]{1,4}[章节篇部分条]|[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十]{1,3}[)）])"
    r"|(?:Chapter|CHAPTER|Section|Appendix|APPENDIX|Part|PART)\s+[\dA-Z]{1,4}[.:]?)\s*\|?\s*(?=\S)"
)
"""Numbering at the start of a heading."""
CAPTION = re.compile(
    r"^(?:(?:Supplement(?:ary|al)\s+|Supporting\s+|Additional\s+|Appendix\s+|Extended\s+Data\s+)?"
    r"(?:Fig(?:ure|s)?|FIG(?:URE)?|Table|TABLE|Tab|Scheme|SCHEME|Box|BOX|Chart|Plate|Exhibit|Algorithm|Abb|Tabelle|Figura|Tabla|Tableau)"
    r"\.?\s*(?P<number>[A-Z]?\d{1,3}(?:[.\-–]\d{1,2})?[A-Za-z]?|[IVX]{1,5})(?P<after>\s*[.:|–—]|\)|$|\s)"
    r"|[图表]\s*\d{1,3}(?:[.\-–]\d{1,2})?)"
)
"""How a caption begins."""
SECTIONS = re.compile(rf"^{_any(_SECTIONS)}\s*:?$", re.IGNORECASE)
"""Headings that an article or book has; with these words even a plain line alone is one."""
REFERENCES = re.compile(rf"^(?:\d{{1,2}}\.?\s*\|?\s*)?{_any(_REFERENCES)}\s*:?$", re.IGNORECASE)
"""The heading of the list of references."""
METADATA_LABEL = re.compile(rf"^\W*{_any(_METADATA)}\W*$", re.IGNORECASE)
"""Labels of the facts about an article that stand beside its title: set like headings, but none."""
FIGURE_CAPTION = re.compile(
    r"^(?:Supplement\w*\s+|Extended Data\s+)?(?:Fig(?:ure|ura)?s?\b\.?|Abb(?:ildung|\.)|图)\s*[S\d]", re.IGNORECASE
)
"""How the caption of a figure begins."""


def strip_number(text: str) -> str:
    """A heading without its number."""
    match = NUMBERING.match(text)
    return text[match.end() :] if match else text
