"""Numbers of persons that nations give, each with a check digit or a date inside, so that shape and arithmetic tell them.

Each entry says the form, the check, and whose number it is. A run of digits passes a check by chance one time in ten or
eleven, so bare digits without signs between them count only where the check is stronger, or where a date is inside.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from nlp.phi.checks import is_date, passes_luhn
from nlp.phi.kinds import PhiSpan


@dataclass(frozen=True, slots=True)
class NationalNumber:
    """One kind of number."""

    kind: str
    """Kind of finding, one of `kinds.KINDS`."""
    form: re.Pattern[str]
    """How it is written; not beside a letter or digit."""
    is_valid: Callable[[str], bool]
    """Whether its check digit is right; given its letters and digits alone, in capitals."""
    where: str
    """Whose it is, and where its arithmetic is written."""


def _weighted(digits: str, weights: tuple[int, ...]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))


def _is_nhs(number: str) -> bool:
    check = 11 - _weighted(number, (10, 9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return check != 10 and check % 11 == int(number[9])


# Verhoeff 1969: the multiplication of the dihedral group of ten, and the permutation of each place.
_TIMES = [[(a + b) % 5 + 5 * (b > 4) if a < 5 else (a - b) % 5 + 5 * (b < 5) for b in range(10)] for a in range(10)]
_MOVED = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def _is_aadhaar(number: str) -> bool:
    check = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit)
        for _ in range(place % 8):
            value = _MOVED[value]
        check = _TIMES[check][value]
    return check == 0 and number[0] not in "01"


def _is_hong_kong(number: str) -> bool:
    letters, digits, check = number[:-7], number[-7:-1], number[-1]
    first, second = (36, ord(letters) - 55) if len(letters) == 1 else (ord(letters[0]) - 55, ord(letters[1]) - 55)
    total = first * 9 + second * 8 + _weighted(digits, (7, 6, 5, 4, 3, 2))
    return (total + (10 if check == "A" else int(check))) % 11 == 0


_REGIONS = "ABCDEFGHJKLMNPQRSTUVXYWZIO"  # 10 to 35


def _is_taiwan(number: str) -> bool:
    tens, ones = divmod(10 + _REGIONS.index(number[0]), 10)
    return (tens + ones * 9 + _weighted(number[1:], (8, 7, 6, 5, 4, 3, 2, 1, 1))) % 10 == 0


def _is_singapore(number: str) -> bool:
    total = _weighted(number[1:8], (2, 7, 6, 5, 4, 3, 2)) + (4 if number[0] in "TG" else 0)
    return ("JZIHGFEDCBA" if number[0] in "ST" else "XWUTRQPNMLK")[total % 11] == number[8]


def _is_brazil(number: str) -> bool:
    if len(set(number)) == 1:
        return False
    first = _weighted(number, (10, 9, 8, 7, 6, 5, 4, 3, 2)) * 10 % 11 % 10
    second = _weighted(number, (11, 10, 9, 8, 7, 6, 5, 4, 3, 2)) * 10 % 11 % 10
    return number[9:] == f"{first}{second}"


def _begins_with_day(number: str) -> bool:
    return any(is_date(century + number[4:6], number[2:4], number[:2]) for century in ("19", "20"))


def _is_norway(number: str) -> bool:
    first = -_weighted(number, (3, 7, 6, 1, 8, 9, 4, 5, 2)) % 11
    second = -_weighted(number, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return _begins_with_day(number) and number[9:] == f"{first}{second}"


def _is_sweden(number: str) -> bool:
    return passes_luhn(number[-10:]) and any(
        is_date(c + number[-10:-8], number[-8:-6], number[-6:-4]) for c in ("19", "20")
    )


def _is_finland(number: str) -> bool:
    return (
        _begins_with_day(number)
        and "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(number[:6] + number[-4:-1]) % 31] == number[-1]
    )


def _is_spain(number: str) -> bool:
    digits = number[:-1].translate(str.maketrans("XYZ", "012"))
    return "TRWAGMYFPDXBNJZSQVHLCKE"[int(digits) % 23] == number[-1]


def _is_france(number: str) -> bool:
    digits = number.replace("2A", "19").replace("2B", "18")  # the two departments of Corsica
    return 1 <= int(digits[3:5]) % 20 <= 12 and 97 - int(digits[:13]) % 97 == int(digits[13:])


def _is_bank_account(number: str) -> bool:
    return int("".join(str(int(c, 36)) for c in number[4:] + number[:4])) % 97 == 1


def _is_driver(number: str) -> bool:
    """Surname, then decade, month (50 more for women), day and year of birth."""
    return is_date(f"200{number[10]}", f"{int(number[6:8]) % 50:02}", number[8:10])


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z\d.-])(?<!\d ){pattern}(?![A-Za-z\d]|[.-]\d| \d{{3}})")


NATIONAL_NUMBERS = (
    NationalNumber("RECORD", _form(r"\d{3} \d{3} \d{4}"), _is_nhs, "England, NHS number; NHS Data Dictionary"),
    NationalNumber("ID_CARD", _form(r"\d{4} \d{4} \d{4}"), _is_aadhaar, "India, Aadhaar; Verhoeff"),
    NationalNumber("ID_CARD", _form(r"[A-Z]{1,2}\d{6}[ ]?\([\dA]\)"), _is_hong_kong, "Hong Kong, identity card"),
    NationalNumber("ID_CARD", _form(r"[A-Z][1289]\d{8}"), _is_taiwan, "Taiwan, identity card and residence"),
    NationalNumber("ID_CARD", _form(r"[STFG]\d{7}[A-Z]"), _is_singapore, "Singapore, NRIC and FIN"),
    NationalNumber("ID_CARD", _form(r"\d{3}\.\d{3}\.\d{3}-\d{2}"), _is_brazil, "Brazil, CPF"),
    NationalNumber("ID_CARD", _form(r"\d{6}[ ]?\d{5}"), _is_norway, "Norway, fødselsnummer"),
    NationalNumber("ID_CARD", _form(r"(?:19|20)?\d{6}[-+]\d{4}"), _is_sweden, "Sweden, personnummer; Luhn"),
    NationalNumber("ID_CARD", _form(r"\d{6}[-+A]\d{3}[\dA-Y]"), _is_finland, "Finland, henkilötunnus"),
    NationalNumber("ID_CARD", _form(r"(?:\d{8}|[XYZ]-?\d{7})-?[A-Z]"), _is_spain, "Spain, DNI and NIE"),
    NationalNumber("SSN", _form(r"[12] ?\d\d ?\d\d ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d"), _is_france, "France, NIR"),
    NationalNumber("LICENSE", _form(r"[A-Z][A-Z9]{4} ?\d{6} ?[A-Z9]{2}\d[A-Z]{2}"), _is_driver, "United Kingdom, driver's number"),
    NationalNumber("ACCOUNT", _form(r"[A-Z]{2}\d{2}(?: ?[A-Z\d]{4}){3,7}(?: ?[A-Z\d]{1,3})?"), _is_bank_account, "IBAN; ISO 13616"),
)  # fmt: skip
_ALONE = re.compile(r"[^A-Z\d]")


FEWEST_DIGITS = 7
"""Digits that stand together, but for signs and blanks, in the shortest of the numbers."""


def find_national_numbers(text: str, start: int = 0, end: int = sys.maxsize) -> Iterator[PhiSpan]:
    """The numbers in a stretch of a text whose check digits are right."""
    for number in NATIONAL_NUMBERS:
        for match in number.form.finditer(text, start, end):
            bare = _ALONE.sub("", match.group().upper())
            if number.is_valid(bare):
                yield PhiSpan(match.start(), match.end(), number.kind)
