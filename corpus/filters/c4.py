"""What C4 removed (Raffel et al. 2020, arXiv 1910.10683, section 2.2), as scores: code, placeholders, notices."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from medpress.ranges import Amount, Share

if TYPE_CHECKING:
    from corpus.filters.view import View


@dataclass(frozen=True, kw_only=True)
class C4Thresholds:
    """C4 drops a page for one brace; formulas have them too, so density decides here."""

    max_braces: Amount = 20.0
    """Curly braces in 1,000 characters, formulas between dollar signs aside."""
    max_lorem_ipsum: Amount = 0.0
    """Times that the placeholder text begins."""
    max_notice_share: Share = 0.5
    """Share of lines about scripts, cookies, privacy, terms of use, logging in (C4 removes such lines)."""
    min_terminal_share: Share = 0.0
    """Share of prose lines that end in a full stop, question or exclamation mark or a quote (C4: all; off by default)."""


_FORMULA = re.compile(r"\$[^$\n]{1,400}\$")
_NOTICE = re.compile(
    r"javascript|cookies?\b|privacy policy|terms (?:of (?:use|service)|and conditions)|log ?in\b|sign (?:in|up)\b|subscribe|"
    r"all rights reserved|©|newsletter|版权所有|隐私政策|免责声明|登录|注册|关注我们|点击(?:这里|查看|下载)|"
    r"上一[篇页]|下一[篇页]|扫一扫|分享到",
    re.IGNORECASE,
)
_TERMINAL = (".", "!", "?", '"', "”", "。", "！", "？", "」", "』")
_LEAST_LINES = 4
_LONG_LINE = 200
"""A longer line is a paragraph that mentions cookies, not a notice."""


def score(view: View) -> dict[str, float]:
    """Scores of the text; those by line only from four lines on."""
    text = view.text
    scores = {"lorem_ipsum": float(text.lower().count("lorem ipsum")) if "psum" in text else 0.0}
    braces = 0
    if "{" in text or "}" in text:
        plain = _FORMULA.sub("", text)
        braces = plain.count("{") + plain.count("}")
    scores["braces"] = 1000 * braces / max(1, len(text))
    if len(view.running) >= _LEAST_LINES:
        notices = sum(len(line) < _LONG_LINE and _NOTICE.search(line) is not None for line in view.running)
        scores["notice_share"] = notices / len(view.running)
    if len(view.prose) >= _LEAST_LINES:
        scores["terminal_share"] = sum(line.endswith(_TERMINAL) for line in view.prose) / len(view.prose)
    return scores
