"""Bytes to text when the declaration is missing, or wrong.

The order of trust: a byte order mark; bytes that are valid UTF-8 (text in another encoding practically never
is); the declared encoding, if what it gives looks like writing; then the encoding whose decoding looks most like
writing. "Looks like writing" is measured by characters that are common in the language an encoding is made for:
with the wrong encoding Chinese turns into rare characters, Cyrillic into capitals in the middle of words, French
into symbols. Labels follow the WHATWG Encoding Standard (https://encoding.spec.whatwg.org): `gb2312` means GB18030,
`iso-8859-1` means windows-1252, and so on.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

import ftfy

SAMPLE_BYTES = 200_000
"""How much of a file the decision looks at."""
UNMARKED = "Its first line holds zero bytes, as UTF-16 without a byte order mark does; save it as UTF-8."
"""What is said of a table that cannot be decoded."""

_SUPERSETS = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "cp950": "big5hkscs",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "tis-620": "cp874",
    "iso8859-11": "cp874",
    "iso8859-8": "cp1255",
}
"""Python codec name -> the codec that browsers use for its label."""
_LABELS = {
    "x-gbk": "gbk",
    "x-sjis": "shift_jis",
    "x-x-big5": "big5",
    "big5-hkscs": "big5hkscs",
    "unicode": "utf-8",
    "x-cp1251": "cp1251",
    "x-cp1252": "cp1252",
    "ks_c_5601-1987": "euc_kr",
    "ansi": "cp1252",
}
"""Labels seen in the wild that Python does not know."""

_COMMON_SIMPLIFIED = (
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还"
    "进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制"
    "身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做"
    "接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术"
    "医病患者药疗症诊血疾疗临床剂脉汤热寒虚阴阳肾肝脾胃肺"
)
_COMMON_TRADITIONAL = (
    "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡用道行所然家種事成方多經麼去法學如都同現當沒動面起看定天分還"
    "進好小部其些主樣理心她本前開但因只從想實日軍者意無力它與長把機十民第公此已工使情明性知全三又關點正業外將兩高間由問很最重並物手應戰向頭文體政美相見被利什二等產或新己制"
    "身果加西斯月話合回特代內信表化老給世位次度門任常先海通教兒原東聲提立及比員解水名真論處走義各入幾口認條平系氣題活爾更別打女變四神總何電數安少報才結反受目太量再感建務做"
    "接必場件計管期市直德資命山金指克許統區保至隊形社便空決治展馬科司五基眼書非則聽白卻界達光放強即像難且權思王象完設式色路記南品住告類求據程北邊死張該交規萬取拉格望覺術"
    "醫病患者藥療症診血疾臨床劑脈湯熱寒虛陰陽腎肝脾胃肺"
)
_CJK_PUNCTUATION = "。，、；：？！“”‘’《》（）「」『』【】〔〕—…·　"
_KANA = "".join(chr(c) for c in [*range(0x3041, 0x3094), *range(0x30A1, 0x30FB), 0x30FC])
_KANJI = "日本人年大会中学生者医病院療薬私時前後出来事分見行気今上下間何思言自目手国的性化体用方法場合必要関対応"
_HANGUL = (
    "이다는을의에고하가지로서은기사대한도를자인나과그리시으해어아정일수있들것보전제장면만부스상주라원성동여구게위경되"
    "연니공문무내용세신조소적방안할생까미했비국치유오병의환약증료"
)

_MULTIBYTE: dict[str, frozenset[str]] = {
    "gb18030": frozenset(_COMMON_SIMPLIFIED + _CJK_PUNCTUATION),
    "big5hkscs": frozenset(_COMMON_TRADITIONAL + _CJK_PUNCTUATION),
    "cp932": frozenset(_KANA + _KANJI + _CJK_PUNCTUATION),
    "euc_jp": frozenset(_KANA + _KANJI + _CJK_PUNCTUATION),
    "cp949": frozenset(_HANGUL + _CJK_PUNCTUATION),
}
"""Codec -> the characters that are common in the writing it is used for."""

_TYPOGRAPHY = frozenset("“”‘’«»–—…•·©®™°±µ×²³½¼¾€£§\u00a0№„")
_LATIN_CODECS: dict[str, tuple[str, ...]] = {
    "cp1252": ("éèàâêîôûçëïùœæ", "äöüß", "ñáíóúü¿¡", "ãõáâàçéêíóôú", "åäöæøé", "éëïóü", "àèéìòù"),
    "cp1250": ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áéíóöőúüű", "ăâîșțşţ", "čšžćđ"),
    "cp1254": ("çğıöşüâî",),
    "cp1257": ("ąčęėįšųūž", "āčēģīķļņšūž", "äöõüšž"),
    "cp1258": ("ăâđêôơưáàéèóòúùí\u0300\u0301\u0303\u0309\u0323",),
}
"""Codec -> for each language it serves, the non-ASCII letters of that language (lower case)."""
_CYRILLIC = ("оеаинтсрвлкмдпу", "яыьгзбчйхжшюцщэфъёіїєґљњћџђј")
_OTHER_CODECS: dict[str, tuple[str, str]] = {
    "cp1251": _CYRILLIC,
    "koi8-r": _CYRILLIC,
    "cp866": _CYRILLIC,
    "cp1253": ("αοιετσνηρπυ", "κμλςόάγδζθξφχψωβέήίύώϊϋΐΰ"),
    "cp1255": ("יוהלאמתרבשח", "נדפעקםטגצסכזןךףץ"),
    "cp1256": ("االيملنترعبدوسةقف", "كهحجشصخطضءئزثغذظىإأآؤپچگ،؟؛"),
    "cp874": ("านรอกเงมยลวดทสตะปบคห่้ัี", "".join(chr(c) for c in range(0xE01, 0xE5B))),
}
"""Codec of a writing without Latin letters -> its common letters, its other letters (lower case)."""

_META = re.compile(rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:\-]{2,40})", re.IGNORECASE)
_XML_DECLARATION = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9_\-:.]{2,40})[\"']", re.I)
_ISO2022 = re.compile(rb"\x1b[$(]")
_SINGLE_BYTE_WEIGHT = 0.75
"""A single-byte reading is never as sure as a multibyte one, in which every pair of bytes has to fit."""
_ENCODED_TWICE = re.compile("[ÂÃ][\u0080-\u00bf]|â[\u0080€][\u0080-\u00bf“”˜™šœžŸ¢¦]")
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
         (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text and how it was got."""

    text: str
    """The text; undecodable bytes are U+FFFD."""
    encoding: str
    """Python codec that was used."""
    declared: str
    """Python codec that was declared, or empty."""
    replaced: int
    """How many characters had to be replaced by U+FFFD."""
    repaired: bool = False
    """The text had been encoded twice (`â€™` for `’`), which was undone."""


def codec_of(label: str) -> str:
    """Python codec for a declared encoding label, widened as browsers do; empty when there is none."""
    label = label.strip().strip("\"'").lower()
    try:
        found = codecs.lookup(_LABELS.get(label, label))
        "".encode(found.name)  # base64 and the like are codecs, but not of text
    except (LookupError, ValueError):
        return ""
    name = found.name
    if name.startswith(("utf-16", "utf-32")):
        return "utf-8"  # a label that could be read in ASCII is not UTF-16
    if name in ("idna", "punycode", "raw_unicode_escape", "unicode_escape", "utf-7"):
        return ""
    return _SUPERSETS.get(name, name)


def declared_in_markup(raw: bytes) -> str:
    """The encoding label that an HTML or XML file declares in its first bytes; empty when none does."""
    head = raw[:8192]
    found = _XML_DECLARATION.search(head) or _META.search(_COMMENT.sub(b"", head))
    return found.group(1).decode("ascii") if found else ""


def decode(raw: bytes, declared: str = "") -> Decoded:
    """Decode bytes whose encoding is declared as `declared` (a label, may be wrong or empty).

    Never raises: what cannot be decoded becomes U+FFFD and is counted.
    """
    codec = codec_of(declared) if declared else ""
    for bom, name in _BOMS:
        if raw.startswith(bom):
            return _decoded(raw[len(bom) :], name, codec)
    wide = _utf16_without_mark(raw)
    if wide:
        return _decoded(raw, wide, codec)
    try:
        return _repaired(Decoded(raw.decode("utf-8"), "utf-8", codec, 0))
    except UnicodeDecodeError:
        pass
    if _nearly_utf8(raw):
        return _decoded(raw, "utf-8", codec)
    if _ISO2022.search(raw[:SAMPLE_BYTES]) and codec.startswith("iso2022"):
        return _decoded(raw, codec, codec)
    return _decoded(raw, _most_like_writing(_sample(raw), codec), codec)


def decode_markup(raw: bytes, declared: str = "") -> Decoded:
    """Decode HTML or XML: `declared` (from the HTTP header) goes before the declaration inside the file."""
    return decode(raw, declared or declared_in_markup(raw))


def _decoded(raw: bytes, codec: str, declared: str) -> Decoded:
    text = raw.decode(codec, "replace")
    return Decoded(text, codec, declared, text.count("\ufffd"))


def _repaired(decoded: Decoded) -> Decoded:
    """Undo what a program did that took UTF-8 for windows-1252 and encoded it again."""
    begun = any(sign in decoded.text for sign in "ÂÃâ")  # seldom: the pattern need not look
    if not begun or len(_ENCODED_TWICE.findall(decoded.text)) < 3:
        return decoded
    text = ftfy.fix_encoding(decoded.text)
    return Decoded(text, decoded.encoding, decoded.declared, text.count("\ufffd"), text != decoded.text)


def _utf16_without_mark(raw: bytes) -> str:
    """UTF-16 of mostly Latin text has a zero in every other byte."""
    head = raw[:4000]
    if len(head) < 8:
        return ""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if odd > 0.4 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.4 * half and odd < 0.05 * half:
        return "utf-16-be"
    return ""


def _nearly_utf8(raw: bytes) -> bool:
    """UTF-8 that was cut or damaged in places."""
    text = raw.decode("utf-8", "replace")
    damaged = text.count("\ufffd")
    ascii_only = len(raw.translate(None, bytes(range(0x80, 0x100))))
    good = len(text) - ascii_only - damaged
    return good >= 4 and damaged <= 0.04 * good


def _sample(raw: bytes) -> bytes:
    """The lines that hold non-ASCII bytes, up to a limit: markup and English say nothing."""
    lines, size = [], 0
    for line in raw.splitlines():
        if not line.isascii():
            lines.append(line[:20_000])
            size += len(lines[-1])
            if size >= SAMPLE_BYTES:
                break
    return b"\n".join(lines)


def _most_like_writing(sample: bytes, declared: str) -> str:
    scores = {codec: _score_multibyte(sample, codec) for codec in _MULTIBYTE}
    scores |= {codec: _score_latin(sample, codec) for codec in _LATIN_CODECS}
    scores |= {codec: _score_other(sample, codec) for codec in _OTHER_CODECS}
    if declared and declared not in scores and declared != "utf-8":
        # No table for this encoding: believe the declaration unless something else clearly reads better.
        try:
            sample.decode(declared)
            scores[declared] = 0.4
        except (UnicodeDecodeError, LookupError):
            pass
    elif declared in scores:
        scores[declared] += 0.15
    scores["cp1252"] += 0.02  # too little evidence: the web's default
    return max(scores, key=lambda codec: scores[codec])


def _score_multibyte(sample: bytes, codec: str) -> float:
    """Share of common characters among the non-ASCII ones, less what cannot be in honest text."""
    text = sample.decode(codec, "replace")
    common = _MULTIBYTE[codec]
    total = expected = wrong = 0
    for character in text:
        if character <= "\x7f":
            continue
        total += 1
        if character in common:
            expected += 1
        elif character == "\ufffd" or "\ue000" <= character <= "\uf8ff" or "\uff61" <= character <= "\uff9f":
            wrong += 1
    return (expected - 4 * wrong) / total if total >= 2 else 0.0


def _score_latin(sample: bytes, codec: str) -> float:
    """Share of the letters of the best fitting language among the non-ASCII characters, less oddities."""
    counts: dict[str, int] = {}
    total = wrong = 0
    before = " "
    for character in sample.decode(codec, "replace"):
        if character > "\x7f":
            total += 1
            lower = character.lower()
            if character == "\ufffd" or "\x80" <= character <= "\x9f":
                wrong += 2
            elif before.isalpha() and (
                (character.isupper() and before.islower())  # a capital inside a word
                or not (character.isalpha() or character in _TYPOGRAPHY)
            ):
                wrong += 1
            else:
                counts[lower] = counts.get(lower, 0) + 1
        before = character
    if not total:
        return 0.0
    known = max(sum(counts.get(letter, 0) for letter in language) for language in _LATIN_CODECS[codec])
    known += sum(counts.get(sign, 0) for sign in _TYPOGRAPHY)
    return _SINGLE_BYTE_WEIGHT * (known - 2 * wrong) / total


def _score_other(sample: bytes, codec: str) -> float:
    """The same for writings without Latin letters: words are whole, and common letters are common."""
    common, rare = (frozenset(letters) for letters in _OTHER_CODECS[codec])
    total = known = wrong = 0.0
    before = " "
    for character in sample.decode(codec, "replace"):
        if character > "\x7f":
            total += 1
            lower = character.lower()
            if lower in common or lower in rare:
                if (character != lower and before.islower()) or (before.isascii() and before.isalpha()):
                    wrong += 1
                else:
                    known += (1.2 if lower in common else 0.3) - (0.4 if character != lower else 0.0)
            elif character in _TYPOGRAPHY:
                known += 0.5
            else:
                wrong += 1
        elif character.isalpha() and not before.isascii() and before.isalpha():
            wrong += 1
        before = character
    return _SINGLE_BYTE_WEIGHT * (known - 2 * wrong) / total if total else 0.0
