"""Clean the text of one block, and the canonical form under which two texts are the same.

`normalise` repairs what extraction and encodings broke and nothing else: no number, unit, dose, negation or line of a
table changes. `canonical` throws away what does not distinguish two printings of one text (case, spaces, punctuation)
and keeps what does (digits, decimal points, signs, units, every word).
"""

from __future__ import annotations

import html
import re
import unicodedata

import ftfy
import ftfy.badness

from medpress.writing_systems import HAN

_LIGATURES = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
# Adobe's Symbol font as Word and PDF writers put it into the private use area (U+F000 + code). Only the codes that
# Wingdings does not use for bullets: a lost "µ" turns micrograms into grams.
_SYMBOL_FONT = dict(zip(
    "\uf061\uf062\uf063\uf064\uf065\uf067\uf06b\uf06d\uf070\uf073\uf044\uf0b7\uf0b1\uf0b3\uf0a3\uf0b0\uf0b4\uf0ae\uf0ad\uf0af\uf02d\uf03c\uf03e\uf02b\uf03d",
    "αβχδεγκμπσΔ•±≥≤°×→↑↓−<>+=", strict=True))  # fmt: skip
# Full-width forms that belong to numbers, units and Latin words. Chinese punctuation (，。：；！？（）) stays.
_FULL_WIDTH = {chr(0xFF00 + code - 0x20): chr(code) for code in map(ord, "0123456789%+-/<=>&#@_*^~")}
_FULL_WIDTH |= {chr(0xFF00 + code - 0x20): chr(code) for code in (*range(0x41, 0x5B), *range(0x61, 0x7B))}
_SPACES = dict.fromkeys(
    "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "
)
# Radicals that fonts of PDFs map their characters to: they look the same and match no word. The first block has a
# compatibility decomposition; of the second those that stand for one character of today (Unicode, EquivalentUnifiedIdeograph).
_RADICALS = {chr(code): unicodedata.normalize("NFKC", chr(code)) for code in range(0x2F00, 0x2FD6)}
_RADICALS |= dict(zip(
    "\u2e9f\u2ea0\u2ec1\u2ec4\u2ec5\u2ec6\u2ec9\u2ecb\u2ed1\u2ed3\u2ed4\u2ed8\u2ed9\u2eda\u2edb\u2edc\u2ee2\u2ee3\u2ee4\u2ee5\u2ee6\u2ee8\u2ee9\u2eec\u2eee\u2ef0\u2ef3",
    "母民虎西见角贝车長长门青韦页风飞马骨鬼鱼鸟麦黄齐齿龙龟", strict=True))  # fmt: skip
# Units in one character, but for powers and quotients, whose parts are written otherwise here.
_SQUARED = {
    chr(code): unit
    for code in (*range(0x3380, 0x339F), *range(0x33A9, 0x33AE), *range(0x33B0, 0x33C2), 0x33C4, 0x33C8, 0x33C9, 0x33D6, 0x33DC)
    if (unit := unicodedata.normalize("NFKC", chr(code)))
}  # fmt: skip
_LINE_ENDS = dict.fromkeys("\x0b\x0c\x85\u2028\u2029", "\n")
_INVISIBLE = dict.fromkeys(
    "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufeff\ufff9\ufffa\ufffb"
)
_TRANSLATION = str.maketrans(
    _LIGATURES | _SYMBOL_FONT | _FULL_WIDTH | _RADICALS | _SQUARED | _SPACES | _LINE_ENDS | _INVISIBLE
)

_TRANSLATED = re.compile("[" + "".join(map(re.escape, map(chr, _TRANSLATION))) + "]")
# UTF-8 read as another encoding: a lead byte as a letter, then a continuation byte as anything that is not ASCII.
_MAYBE_MOJIBAKE = re.compile("[\u00c2-\u00f4\u0410-\u044f\u221a\u00ac\u201a][^\\x00-\\x7f]")

_PLAIN = re.compile(r"[ -~\n]*\Z")
_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|#\d{2,6}|#x[0-9a-fA-F]{2,5});")
_CONTROL_IN_NUMBER = re.compile(r"(?<=\d)[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]+(?=\d)")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
_SOFT_HYPHEN_IN_NUMBER = re.compile(r"(?<=\d)[ ]?\u00ad\s?(?=\d)")
_SOFT_HYPHEN = re.compile(r"\u00ad(?:[ ]?\n[ ]?|[ ](?=[a-z]))?")
_HYPHENATED = re.compile(r"([^\W\d_]+)[-\u2010]\n[ ]?([a-z\u00df-\u00f6\u00f8-\u00ff]{2,})")
# First halves that keep their hyphen when a line ends there: "beta-\nblocker", "non-\nsmall".
_HYPHEN_HEADS = """
all anti alpha beta gamma delta cross double dose drug end evidence follow half health high ill intra inter long low
mid multi near non once one two three four five six over placebo post pre re right left self semi short single skin
small state sub third under upper lower well whole x year month week day first second time age risk white blood
"""
_KEEPS_HYPHEN = frozenset(_HYPHEN_HEADS.split())
_SPACED_HAN = re.compile(rf"(?<![{HAN}] )(?<![{HAN}])(?:[{HAN}] ){{3,}}[{HAN}](?![{HAN}])(?! [{HAN}])")
_SPACE_AT_HAN_PUNCTUATION = re.compile(
    rf"(?<=[{HAN}]) +(?=[，。、；：！？）》」』】])|(?<=[，。、；：！？（《「『【]) +(?=[{HAN}])"
)
_FULL_WIDTH_POINT = re.compile(r"(?<=\d)．(?=\d)")
# What web pages and removed reference marks leave behind. Brackets with a dash or a plus are results: HBsAg (-).
_RESIDUE = re.compile(
    r" ?(?:\[[ ]*[,;][ ,;]*\]|\([ ]*[,;][ ,;]*\)|\[(?:edit|citation needed|编辑|来源请求|需要引用)\])", re.IGNORECASE
)
_INNER_SPACES = re.compile(r"(?<=[^\s])[ \t]{2,}|\t")
_TRAILING_SPACES = re.compile(r"[ \t]+$", re.MULTILINE)
_BLANK_LINES = re.compile(r"\n{3,}")
_PLAIN_DAMAGE = ("  ", " \n", "-\n", "\n\n\n", "&", "[")
_EMPTY_BRACKETS = re.compile(r"\( *[,;]")

_MOST_ROUNDS = 6


def normalise(text: str, lang: str) -> str:
    """The text of one block with its damage repaired; idempotent.

    NFC; mojibake undone (ftfy, only where its detector sees some); ligatures, Symbol-font letters, radicals of Chinese
    characters, units in one character, full-width Latin letters and digits as plain ones; zero-width and control characters out (a control character between two digits
    becomes a space, so that no number grows); HTML entities decoded; words split by a hyphen at a line end re-joined;
    runs of spaces collapsed, line breaks kept. In Chinese (`lang` "zh…") spaced-out characters are closed up.
    """
    if _PLAIN.match(text) and not any(damage in text for damage in _PLAIN_DAMAGE) and not _EMPTY_BRACKETS.search(text):
        return text.strip()
    # Each repair may uncover work for an earlier one (an entity that spells a ligature); texts settle after one or two.
    for _ in range(_MOST_ROUNDS):
        cleaned = _once(text, lang)
        if cleaned == text:
            break
        text = cleaned
    return text


def _once(text: str, lang: str) -> str:
    # Each repair is behind a cheap test: most blocks need none.
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _MAYBE_MOJIBAKE.search(text) and ftfy.badness.is_bad(text):
        text = _undo_mojibake(text)
    if "&" in text:
        text = _ENTITY.sub(_decode_entity, text)
    if _CONTROL.search(text):
        text = _CONTROL.sub("", _CONTROL_IN_NUMBER.sub(" ", text))
    if not text.isascii():
        if _TRANSLATED.search(text):
            text = text.translate(_TRANSLATION)
        text = unicodedata.normalize("NFC", text)
        if "．" in text:
            text = _FULL_WIDTH_POINT.sub(".", text)
        if "\u00ad" in text:
            text = _SOFT_HYPHEN.sub("", _SOFT_HYPHEN_IN_NUMBER.sub("-", text))
    if "-\n" in text or "\u2010\n" in text:
        text = _HYPHENATED.sub(_rejoin, text)
    text = _RESIDUE.sub("", text)
    if "  " in text or "\t" in text:
        text = _INNER_SPACES.sub(" ", text)
    if " " in text and lang.startswith("zh"):
        text = _SPACED_HAN.sub(lambda match: match.group().replace(" ", ""), text)
        text = _SPACE_AT_HAN_PUNCTUATION.sub("", text)
    if " \n" in text:
        text = _TRAILING_SPACES.sub("", text)
    if "\n\n\n" in text:
        text = _BLANK_LINES.sub("\n\n", text)
    return text.strip()


def _undo_mojibake(text: str) -> str:
    repaired = ftfy.fix_encoding(text)
    # A repair that would touch a digit is a wrong guess: numbers outrank good looks.
    same_digits = re.findall(r"[0-9]", repaired) == re.findall(r"[0-9]", text)
    return repaired if same_digits else text


def _decode_entity(match: re.Match[str]) -> str:
    return html.unescape(match.group())


def _rejoin(match: re.Match[str]) -> str:
    head, tail = match.groups()
    if head.lower() in _KEEPS_HYPHEN or head.isupper() or len(head) == 1:
        return f"{head}-{tail}"
    return head + tail


_SUPERSCRIPTS = str.maketrans(
    {s: f"^{d}" for s, d in zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789", strict=True)} | {"⁻": "^-", "⁺": "^+"}
)
_VULGAR_FRACTION = re.compile(r"(?<=\d)(?=[¼½¾⅐-⅞])")
_MEGA_OR_MILLI = re.compile(r"(\d)\s?M(?=(?:U|IU|Bq|Pa|Hz|V|eV|g)\b)")
_MOLAR = re.compile(r"(\d)\s?([pnuµμm]?)M\b")
_MINUS = re.compile(r"[‐‑‒–—−﹣－]")
_POINT_OUTSIDE_NUMBER = re.compile(r"[.,](?:(?!\d)|(?<!\d.))")
_SIGN_WITHOUT_NUMBER = re.compile(r"-(?:(?<=[^\W\d]-)|(?!\d))")
_PUNCTUATION = re.compile(r"[^\w%‰<>=≤≥±+°/.,\-^]+|_+")
_ASCII_PUNCTUATION = str.maketrans(dict.fromkeys("!\"#$&'()*:;?@[\\]_`{|}~\x7f", " ") | dict.fromkeys(range(32), " "))
_SPACE_BESIDE_HAN = re.compile(rf"(?<=[{HAN}]) (?!-)| (?=[{HAN}])")


def canonical(text: str) -> str:
    """The form that exact duplicates share: NFKC, case-folded, no punctuation, single spaces (none beside Chinese).

    Kept: letters, digits, decimal points and commas inside numbers, ranges and minus signs of numbers, `%‰<>=≤≥±+°/`
    and exponents, so that "2.5 mg", "25 mg", "<5", "10⁹" and "109" stay apart. The result "(-)" becomes a
    word. The case of mega and molar units is written out (5 mM is not 5 mm) before case is folded.
    """
    if not text.isascii():
        text = _MINUS.sub("-", _VULGAR_FRACTION.sub(" ", text.translate(_SUPERSCRIPTS)))
    text = _MOLAR.sub(r"\1 \2molar", _MEGA_OR_MILLI.sub(r"\1 mega", text)) if "M" in text else text
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).replace("\u2044", "/")
    text = text.casefold().replace("(-)", " negative ")
    text = _POINT_OUTSIDE_NUMBER.sub(" ", text)
    text = _SIGN_WITHOUT_NUMBER.sub(" ", text)
    text = text.translate(_ASCII_PUNCTUATION)
    if text.isascii():
        return " ".join(text.split())
    text = " ".join(_PUNCTUATION.sub(" ", text).split())
    return _SPACE_BESIDE_HAN.sub("", text)
