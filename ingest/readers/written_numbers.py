"""Numbers of lists and notes as they are written: letters, Roman and Chinese numerals, circles, words.

The formats have the names of Office Open XML (ECMA-376 part 1, 17.18.59), which cover those of HTML and JATS.
"""

from __future__ import annotations

from collections.abc import Callable

_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip
_UNITS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_ORDINALS = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth", "twelve": "twelfth"}  # fmt: skip
_CHINESE = ("〇一二三四五六七八九", "十百千", "万")
_LEGAL = {"chineseLegalSimplified": ("零壹贰叁肆伍陆柒捌玖", "拾佰仟", "万"),
          "ideographLegalTraditional": ("零壹貳參肆伍陸柒捌玖", "拾佰仟", "萬"),
          "japaneseLegal": ("〇壱弐参四伍六七八九", "拾百阡", "萬")}  # fmt: skip
_SEQUENCES = {
    "ideographTraditional": "甲乙丙丁戊己庚辛壬癸",
    "ideographZodiac": "子丑寅卯辰巳午未申酉戌亥",
    "decimalEnclosedCircle": "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳",
    "decimalEnclosedCircleChinese": "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳",
    "decimalEnclosedFullstop": "⒈⒉⒊⒋⒌⒍⒎⒏⒐⒑⒒⒓⒔⒕⒖⒗⒘⒙⒚⒛",
    "decimalEnclosedParen": "⑴⑵⑶⑷⑸⑹⑺⑻⑼⑽⑾⑿⒀⒁⒂⒃⒄⒅⒆⒇",
    "ideographEnclosedCircle": "㊀㊁㊂㊃㊄㊅㊆㊇㊈㊉",
    "aiueo": "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン",
    "aiueoFullWidth": "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン",
    "iroha": "イロハニホヘトチリヌルヲワカヨタレソツネナラムウヰノオクヤマケフコエテアサキユメミシヱヒモセスン",
    "irohaFullWidth": "イロハニホヘトチリヌルヲワカヨタレソツネナラムウヰノオクヤマケフコエテアサキユメミシヱヒモセスン",
    "ganada": "가나다라마바사아자차카타파하",
    "chosung": "ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎ",
    "russianLower": "абвгдежзиклмнопрстуфхцчшщыэюя",
    "russianUpper": "АБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЫЭЮЯ",
}
_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


def written_number(count: int, format: str) -> str:
    """A number as one of Word's formats writes it; decimal where a format does not reach, or is not known."""
    writer = _WRITERS.get(format)
    text = writer(count) if writer is not None and count > 0 else ""
    if not text and count > 0 and format in _SEQUENCES and count <= len(_SEQUENCES[format]):
        text = _SEQUENCES[format][count - 1]
    return text or str(count)


def _roman(count: int) -> str:
    text = ""
    for size, sign in _ROMAN:
        text += sign * (count // size) if count < 5000 else ""
        count %= size
    return text


def _letters(count: int) -> str:
    """a … z, aa, bb … zz, aaa: Word repeats the letter."""
    return chr(ord("a") + (count - 1) % 26) * ((count - 1) // 26 + 1) if count <= 26 * 30 else ""


def _cardinal(count: int) -> str:
    if count < 20:
        return _UNITS[count]
    if count < 100:
        return _TENS[count // 10] + (f"-{_UNITS[count % 10]}" if count % 10 else "")
    if count < 1000:
        return f"{_UNITS[count // 100]} hundred" + (f" {_cardinal(count % 100)}" if count % 100 else "")
    return ""


def _ordinal_words(count: int) -> str:
    text = _cardinal(count)
    start, hyphen, last = text.rpartition("-") if "-" in text.rpartition(" ")[2] else text.rpartition(" ")
    ending = _ORDINALS.get(last) or (f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th")
    return f"{start}{hyphen}{ending}" if text else ""


def _ordinal(count: int) -> str:
    ending = "th" if count % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(count % 10, "th")
    return f"{count}{ending}"


def _chinese(count: int, signs: tuple[str, str, str] = _CHINESE, zero: str = "零", short: bool = True) -> str:
    """Chinese numerals up to 99,999,999; 10 to 19 without the leading one when `short`."""
    digits, places, wan = signs
    if count >= 10**8:
        return ""
    if count >= 10_000:
        rest = count % 10_000
        gap = zero if 0 < rest < 1000 else ""
        return (
            _chinese(count // 10_000, signs, zero, short)
            + wan
            + gap
            + (_chinese(rest, signs, zero, False) if rest else "")
        )
    text = ""
    pending = False
    for power in (3, 2, 1, 0):
        digit = count // 10**power % 10
        if not digit:
            pending = bool(text)
            continue
        text += (zero if pending else "") + digits[digit] + (places[power - 1] if power else "")
        pending = False
    return text[1:] if short and text.startswith(digits[1] + places[0]) else text


def _digits(signs: str) -> Callable[[int], str]:
    return lambda count: "".join(signs[int(digit)] for digit in str(count))


def _legal(format: str) -> Callable[[int], str]:
    signs = _LEGAL[format]
    return lambda count: _chinese(count, signs, signs[0][0], False)


_WRITERS: dict[str, Callable[[int], str]] = {
    "decimalZero": lambda count: f"{count:02d}",
    "upperRoman": lambda count: _roman(count).upper(),
    "lowerRoman": _roman,
    "upperLetter": lambda count: _letters(count).upper(),
    "lowerLetter": _letters,
    "ordinal": _ordinal,
    "cardinalText": lambda count: _cardinal(count).capitalize(),
    "ordinalText": lambda count: _ordinal_words(count).capitalize(),
    "decimalFullWidth": lambda count: str(count).translate(_FULL_WIDTH),
    "decimalFullWidth2": lambda count: str(count).translate(_FULL_WIDTH),
    "chineseCounting": _chinese,
    "chineseCountingThousand": _chinese,
    "taiwaneseCounting": _chinese,
    "taiwaneseCountingThousand": _chinese,
    "japaneseCounting": _chinese,
    "koreanCounting": lambda count: _chinese(count, ("영일이삼사오육칠팔구", "십백천", "만"), ""),
    "ideographDigital": _digits("〇一二三四五六七八九"),
    "japaneseDigitalTenThousand": _digits("〇一二三四五六七八九"),
    "taiwaneseDigital": _digits("○一二三四五六七八九"),
    "koreanDigital": _digits("영일이삼사오육칠팔구"),
    "numberInDash": lambda count: f"- {count} -",
    "hex": lambda count: f"{count:X}",
    **{name: _legal(name) for name in _LEGAL},
}
