"""Which way a PDF page is read: its own text layer, or OCR; a pure function of what is known of the page.

The text layer is used unless it is missing or cannot be trusted. It cannot be trusted when fonts map their glyphs to
wrong characters (a stripped or scrambled ToUnicode map gives fluent garbage, often without a single U+FFFD), or when
it is the invisible layer of an earlier, poor OCR. Garbage is recognised by what it is not: a substitution of letters
leaves no function words and turns letter frequencies over; a shuffled map leaves several scripts in one word.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from medpress.writing_systems import HAN_CHARACTER, HANGUL, KANA

SPARSE = 40
"""With fewer characters than this on a page that an image covers, the text is a stamp or a page number."""
COVERED = 0.85
"""Share of the page that images cover when it is a scan; slides with a picture stay below."""
PICTURE = 0.08
"""Share of a page without any text that images must cover: less is a logo on an empty page, and is said to be there."""
ENOUGH_LETTERS = 150
"""Letters that the statistics of a font's text need."""
GARBLED_SHARE = 0.15
"""Share of a page's letters that may be garbled before the whole page goes to OCR."""

_LETTER_RUN = re.compile(r"[^\W\d_]+")
_BAD = re.compile(r"[\ufffd\ue000-\uf8ff\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_ALLOWED_PRIVATE = re.compile(r"[\uf020-\uf0ff]")
_ASCII_LETTER = re.compile(r"[A-Za-z]")
_ASCII_RUN = re.compile(r"[\x00-\x7f]+")
_SCRIPTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("latin", re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")),
    ("greek", re.compile(r"[\u0370-\u03ff\u1f00-\u1fff]")),
    ("cyrillic", re.compile(r"[\u0400-\u052f]")),
    ("hebrew", re.compile(r"[\u0590-\u05ff]")),
    ("arabic", re.compile(r"[\u0600-\u06ff\u0750-\u077f]")),
    ("indic", re.compile(r"[\u0900-\u0dff]")),
    ("thai", re.compile(r"[\u0e00-\u0eff]")),
    ("georgian", re.compile(r"[\u10a0-\u10ff\u1200-\u139f]")),
    ("kana", re.compile(f"[{KANA}]")),
    ("hangul", re.compile(f"[{HANGUL}]")),
    ("han", HAN_CHARACTER),
)

# Relative letter frequencies (percent, a to z, accents folded away) of running text; standard published tables.
_FREQUENCIES: dict[str, tuple[float, ...]] = {
    "en": (
        8.2, 1.5, 2.8, 4.3, 12.7, 2.2, 2.0, 6.1, 7.0, 0.15, 0.77, 4.0, 2.4,
        6.7, 7.5, 1.9, 0.1, 6.0, 6.3, 9.1, 2.8, 0.98, 2.4, 0.15, 2.0, 0.07,
    ),
    "de": (
        6.5, 1.9, 3.1, 5.1, 17.4, 1.7, 3.0, 4.8, 7.6, 0.3, 1.2, 3.4, 2.5,
        9.8, 2.5, 0.8, 0.02, 7.0, 7.3, 6.2, 4.4, 0.7, 1.9, 0.03, 0.04, 1.1,
    ),
    "fr": (
        8.1, 0.9, 3.3, 3.7, 17.3, 1.1, 0.9, 0.7, 7.6, 0.5, 0.05, 5.5, 3.0,
        7.1, 5.4, 3.0, 1.4, 6.6, 7.9, 7.2, 6.3, 1.6, 0.11, 0.4, 0.3, 0.13,
    ),
    "es": (
        12.0, 1.4, 4.7, 5.9, 13.7, 0.7, 1.0, 0.7, 6.9, 0.4, 0.01, 5.0, 3.2,
        7.0, 9.5, 2.5, 0.9, 6.9, 8.0, 4.6, 4.1, 0.9, 0.02, 0.2, 0.9, 0.5,
    ),
    "it": (
        11.7, 0.9, 4.5, 3.7, 11.8, 1.2, 1.6, 0.6, 10.1, 0.01, 0.01, 6.5, 2.5,
        6.9, 9.8, 3.1, 0.5, 6.4, 5.0, 5.6, 3.0, 2.1, 0.03, 0.01, 0.02, 1.2,
    ),
    "pl": (
        9.9, 1.5, 4.0, 3.3, 8.8, 0.3, 1.4, 1.1, 8.2, 2.3, 3.5, 3.9, 2.8,
        5.7, 8.6, 3.1, 0.1, 4.6, 5.0, 4.0, 2.5, 0.04, 4.7, 0.02, 3.8, 6.4,
    ),
    "tr": (
        11.9, 2.8, 2.1, 4.7, 9.0, 0.5, 2.2, 1.2, 13.7, 0.03, 4.7, 5.9, 3.8,
        7.5, 3.3, 0.9, 0.01, 6.7, 4.8, 3.3, 5.2, 1.0, 0.01, 0.01, 3.3, 1.5,
    ),
    "fi": (
        15.8, 0.3, 0.3, 1.0, 8.0, 0.2, 0.4, 1.9, 10.8, 2.0, 5.0, 5.8, 3.2,
        8.8, 6.1, 1.8, 0.01, 2.9, 7.9, 8.8, 5.0, 2.3, 0.1, 0.03, 1.7, 0.05,
    ),
    "id": (
        20.4, 2.6, 0.8, 4.3, 8.3, 0.3, 3.7, 2.7, 7.9, 0.9, 5.1, 3.3, 4.2,
        9.3, 1.3, 2.6, 0.0, 4.6, 4.2, 5.6, 5.0, 0.2, 0.5, 0.0, 1.5, 0.0,
    ),
}  # fmt: skip
_FUNCTION_WORDS: tuple[frozenset[str], ...] = tuple(
    frozenset(words.split())
    for words in (
        "the of and to in is that for was with as by on at from are be this or an were which not have it been has their we",
        "der die das und in den von zu mit des ein eine ist im dem nicht auf für sich als auch werden bei oder aus nach",
        "le la les de des et en un une du dans est que pour qui par sur au pas avec ou sont ce",
        "el los las del que en un una por con para es se su al lo como más la de",
        "il di che la per un una con del della sono da non le si dei nel in",
        "os as do da em um uma para com não se na no por mais dos de que",
        "na do nie się jest że oraz od po dla",
        "ve bir bu için ile olarak da de",
        "dan yang di dengan untuk pada dari dalam ini adalah",
        "en het een van de op te dat zijn voor met niet in is",
        "och att det som en på är av för med den till ett",
    )
)
"""Function words of some languages; running text in any of them has several different ones."""
_COMMON_HAN = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运病症疗药患者检查血细胞组织疾诊断床剂量"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class PageFacts:
    """What routing knows of a page."""

    text: str
    """Its text layer."""
    by_font: Mapping[str, str] = field(default_factory=dict)
    """Visible text of each font."""
    unmapped_fonts: frozenset[str] = frozenset()
    """Fonts whose character codes are glyph numbers and that have no ToUnicode map."""
    characters: int = 0
    """Characters that are not white space."""
    invisible: int = 0
    """Those of them that are not painted."""
    image_share: float = 0.0
    """Share of the page that images cover."""
    n_shapes: int = 0
    """Paths drawn on the page: text that was turned into outlines shows as very many."""


@dataclass(frozen=True, slots=True)
class Route:
    """The way and why."""

    name: str
    """native or ocr."""
    reason: str
    """In words."""


def route(facts: PageFacts) -> Route:
    """Decide how a page is read."""
    share = f"{100 * facts.image_share:.0f} %"
    if facts.characters == 0:
        if facts.image_share >= PICTURE:
            return Route("ocr", f"no text layer, images cover {share} of the page")
        if facts.n_shapes >= 300:
            return Route("ocr", f"no text layer, {facts.n_shapes} drawn shapes")
        return Route("native", f"empty page but for images on {share} of it" if facts.image_share else "empty page")
    if facts.characters < SPARSE and facts.image_share >= COVERED:
        return Route("ocr", f"only {facts.characters} characters, images cover {share} of the page")
    doubt = _doubt(facts)
    if doubt:
        return Route("ocr", doubt)
    if facts.invisible > 0.5 * facts.characters and facts.image_share >= 0.5:
        words = word_share(facts.text)
        if words < 0.75:
            return Route(
                "ocr", f"invisible text layer of an earlier OCR, {100 * words:.0f} % of its words look like words"
            )
        return Route("native", "invisible text layer of an earlier OCR, reads well")
    return Route("native", "text layer")


def _doubt(facts: PageFacts) -> str:
    """Why the text layer is not to be trusted; empty when it is."""
    text = facts.text
    bad = len(_BAD.findall(text)) - len(_ALLOWED_PRIVATE.findall(text))
    if bad > max(20, 0.05 * facts.characters):
        return f"garbled text layer: {100 * bad / facts.characters:.0f} % of the characters are unknown"
    total = 0
    garbled: dict[str, int] = {}
    for font, sample in facts.by_font.items():
        letters = len(sample) - sample.count(" ")
        total += letters
        if is_garbled(sample, unmapped=font in facts.unmapped_fonts):
            garbled[font] = letters
    if total and sum(garbled.values()) > GARBLED_SHARE * total:
        names = ", ".join(sorted(garbled)[:3])
        return f"garbled fonts: the text of {names} is in no language"
    if not garbled and is_garbled(text):
        return "garbled text layer: its words are in no language"
    return ""


def is_garbled(text: str, *, unmapped: bool = False) -> bool:
    """Whether a text is in no language: wrong scripts within words, or letters that no language uses like this.

    `unmapped` says that there is a reason to expect it; then less evidence is enough.
    """
    counts = scripts(text)
    letters = sum(counts.values())
    if letters < (40 if unmapped else ENOUGH_LETTERS):
        return False
    if counts["latin"] < 0.95 * letters and _mixed_words(text) > (0.1 if unmapped else 0.2):
        return True
    foreign = [name for name, count in counts.items() if count > 0.02 * letters]
    if len(foreign) >= (4 if unmapped else 5):
        return True
    if counts["han"] > 0.5 * letters:
        return counts["han"] >= 80 and _common_han(text) < (0.06 if unmapped else 0.03)
    if counts["latin"] < 0.5 * letters:
        return False
    return _latin_garbled(text, unmapped)


def scripts(text: str) -> Counter[str]:
    """Letters per script."""
    counts: Counter[str] = Counter(latin=len(_ASCII_LETTER.findall(text)))
    if text.isascii():
        return counts
    rest = _ASCII_RUN.sub("", text)  # mostly empty: the patterns of all scripts see only what may be theirs
    for name, pattern in _SCRIPTS:
        count = len(pattern.findall(rest))
        if count:
            counts[name] += count
    return counts


def _mixed_words(text: str) -> float:
    """Share of the words with letters outside ASCII that mix scripts; Greek beside Latin is science, not damage."""
    odd = mixed = 0
    for word in _LETTER_RUN.findall(text[:20_000]):
        if word.isascii():
            odd += len(word) > 2
            continue
        odd += 1
        names = {name for name, pattern in _SCRIPTS if pattern.search(word)}
        mixed += len(names - {"greek"}) > 1 and not names <= {"han", "kana", "latin"}
    return mixed / odd if odd >= 10 else 0.0


def _common_han(text: str) -> float:
    han = _SCRIPTS[-1][1].findall(text)
    return sum(character in _COMMON_HAN for character in han) / max(1, len(han))


def _fold(text: str) -> str:
    import unicodedata

    return "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))


def letter_similarity(text: str) -> float:
    """Cosine between a text's letter frequencies and those of the language that is nearest to it."""
    lowered = text.lower() if text.isascii() else _fold(text)
    counts = [lowered.count(letter) for letter in "abcdefghijklmnopqrstuvwxyz"]
    norm = math.sqrt(sum(count * count for count in counts))
    if not norm:
        return 0.0
    best = 0.0
    for table in _FREQUENCIES.values():
        length = math.sqrt(sum(value * value for value in table))
        best = max(best, sum(a * b for a, b in zip(counts, table, strict=True)) / (norm * length))
    return best


def _latin_garbled(text: str, unmapped: bool) -> bool:
    words = [word.lower() for word in _LETTER_RUN.findall(text)]
    if len(words) < 8:
        return False
    function = _function_share(words)
    if function > (0.12 if unmapped else 0.08):
        return False
    long = [word for word in words if len(word) >= 3]
    if len(set(long)) < (10 if unmapped else 25):
        return False  # a name or a code over and over
    if len(long) < 0.3 * len(words):
        return False  # a table of numbers and symbols, formulas
    similarity = letter_similarity(" ".join(set(words)))  # a word counts once: lists of codes repeat theirs
    vowels = sum(any(c in "aeiouyáéíóúàèìòùäöüâêîôûåæøœãõıąęė" for c in word) for word in long) / max(1, len(long))
    if similarity < 0.62:
        return True
    # names, tables and bibliographies of real documents stay above 0.82, shifted or shuffled letters below 0.75
    if similarity < (0.85 if unmapped else 0.78) and function < 0.03:
        return True
    return vowels < 0.5 and similarity < 0.85 and function < 0.03


def _function_share(words: list[str]) -> float:
    """Share of the function words of the language that has most; of fewer than three different ones, none."""
    counts = Counter(words)
    best = 0
    for language in _FUNCTION_WORDS:
        hits = [counts[word] for word in language if word in counts]
        if len(hits) >= 3:
            best = max(best, sum(hits))
    return best / len(words)


def word_share(text: str) -> float:
    """Share of the tokens of a text that look like words, numbers or marks rather than OCR noise."""
    tokens = text.split()
    if not tokens:
        return 0.0
    return sum(_looks_sound(token) for token in tokens) / len(tokens)


_SOUND = re.compile(
    r"^[(\[{“‘\"'«]*(?:[^\W\d_]*[aeiouyAEIOUYà-ÿÀ-ß\u0370-\ud7af][^\W\d_]*(?:['’\-–/][^\W\d_]+)*|[A-Z]{1,6}s?|[\d.,:/%°+±<>=\-–—$€£]+|[a-zA-Z]|[&•*–—-])[)\]}.,;:!?”’\"'»%]*$"
)


def _looks_sound(token: str) -> bool:
    if not _SOUND.match(token):
        return False
    return re.search(r"[b-df-hj-np-tv-xz]{6}|(.)\1\1", token) is None or token.replace(".", "") == ""
