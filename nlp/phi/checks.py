"""Check digits and validity of the numbers that carry one."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

_IDENTITY_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_IDENTITY_CHECK = "10X98765432"
# Administrative regions of GB/T 2260: the first two digits.
_PROVINCE_CODES = frozenset(
    str(code)
    for codes in ((11, 16), (21, 24), (31, 38), (41, 47), (50, 55), (61, 66), (71, 72), (81, 84))
    for code in range(*codes)
)
_NOT_DIGIT = re.compile(r"\D")


def digits_of(text: str) -> str:
    """The decimal digits of a text as ASCII, full-width ones included."""
    bare = _NOT_DIGIT.sub("", text)
    return bare if bare.isascii() else "".join(str(unicodedata.digit(c)) for c in bare)


def is_registered_study(text: str) -> bool:
    """Whether a number has the form that a register of clinical studies or reviews gives, which names nobody.

    The primary registers of the WHO's platform, ClinicalTrials.gov and PROSPERO.
    """
    return _STUDY.fullmatch(text) is not None


_STUDY = re.compile(
    r"NCT\d{8}|CRD ?\d{8,14}|ISRCTN\d{8}|ACTRN\d{14}|(?:ChiCTR|CTRI|PACTR|IRCT|RPCEC|SLCTR|TCTR|UMIN|DRKS|KCT|NTR|NL|jRCTs?|JPRN)[-/A-Za-z]{0,8}\d{4,14}(?:[-/]\d+)*"
    r"|\d{4}-\d{6}-\d{2}(?:-\d{2})?",
    re.IGNORECASE,
)


def is_identity_card(text: str) -> bool:
    """Chinese identity number: 18 places with the check character of ISO 7064 MOD 11-2 (GB 11643-1999)."""
    body = digits_of(text)
    if text[-1:] in "xXｘＸ":
        body += "X"
    if len(body) != 18 or body[:2] not in _PROVINCE_CODES or not is_date(body[6:10], body[10:12], body[12:14]):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(body, _IDENTITY_WEIGHTS, strict=False))
    return _IDENTITY_CHECK[total % 11] == body[17]


def is_old_identity_card(text: str) -> bool:
    """The 15-place identity number issued until 1999; it has a province and a date but no check digit."""
    body = digits_of(text)
    return len(body) == 15 and body[:2] in _PROVINCE_CODES and is_date("19" + body[6:8], body[8:10], body[10:12])


def has_luhn_digit(text: str) -> bool:
    """Whether the last digit is the Luhn check digit (ISO/IEC 7812-1) of 13 to 19 digits."""
    body = digits_of(text)
    return 13 <= len(body) <= 19 and len(set(body)) > 2 and passes_luhn(body)


def passes_luhn(digits: str) -> bool:
    """Whether the last of some digits is the Luhn check digit of the others."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + position % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def is_date(year: str, month: str, day: str) -> bool:
    """Whether the three are a day between 1850 and 2100."""
    try:
        return 1850 <= date(int(year), int(month), int(day)).year <= 2100
    except ValueError:
        return False


def is_social_security_number(text: str) -> bool:
    """Whether nine digits can be a United States social security number."""
    body = digits_of(text)
    return (
        len(body) == 9
        and body[:3] not in ("000", "666")
        and body[0] != "9"
        and body[3:5] != "00"
        and body[5:] != "0000"
    )


def is_internet_address(text: str) -> bool:
    """Whether four numbers between dots can be an IPv4 address."""
    return all(part.isdecimal() and int(part) <= 255 for part in text.split("."))
