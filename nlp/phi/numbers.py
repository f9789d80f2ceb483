"""Identifiers that show by their own shape: e-mail, web and network addresses, numbers with a check digit, dates."""

from __future__ import annotations

import re
from collections.abc import Iterator

from medpress.writing_systems import HAN
from nlp.phi.checks import (  # fmt: skip
    has_luhn_digit,
    is_date,
    is_identity_card,
    is_internet_address,
    is_old_identity_card,
    is_social_security_number,
)
from nlp.phi.chinese import CHINESE_DATE
from nlp.phi.english import DAY_MONTH_DATE, STREET_ADDRESS
from nlp.phi.kinds import PhiSpan, Policy
from nlp.phi.national import FEWEST_DIGITS, find_national_numbers

_EDGE = r"(?![A-Za-z\d])"
# Only runs with at least six digits are worth a look.
_RUN = re.compile(r"[\d(+（](?<![A-Za-z\d][\d(+（])[\d\-./ ()（）–‑]{5,40}[Xx]?")
_IDENTITY = re.compile(
    r"(?<!\d)(?:\d{17}[\dXxＸｘ]|\d{6}[ -](?:19|20)\d{6}[ -]\d{3}[\dXxＸｘ]|\d{6} \d{4} \d{4} \d{3}[\dXx])(?![\dA-Za-z])"
)
_OLD_IDENTITY = re.compile(r"(?<![\d.])\d{15}(?![\d.])")
_MOBILE = re.compile(
    r"(?<![\d.\-])(?:(?:\+|00)?86[- ]?)?1[3-9]\d(?:\d{8}|[- ]\d{4}[- ]\d{4}|[- ]?\d{3}[- ]\d{5})(?![\d.]\d|\d)"
)
_LANDLINE = re.compile(r"(?<![\d.\-/])(?:[(（]0\d{2,3}[)）][ ]?|0\d{2,3}[- ])[2-8]\d{6,7}(?:-\d{1,5})?(?!\d|\.\d)")
_TOLL_FREE_ZH = re.compile(r"(?<![\d.-])[48]00[- ]?\d{3}[- ]?\d{4}(?!\d)")
_NORTH_AMERICAN = re.compile(
    r"(?<![\d.\-/(])(?:\+?1[-. ])?(?:\([2-9]\d\d\)[ ]?|[2-9]\d\d[-.])\d{3}[-. ]\d{4}(?![\d/]|-\d|\.\d)"
)
_SPACED_NORTH_AMERICAN = re.compile(r"(?<![\d.\-/(])[2-9]\d\d [2-9]\d\d \d{4}(?![\d/]|-\d|\.\d|[ ]\d)")
_INTERNATIONAL = re.compile(r"\+(?:[1-9]\d{0,2})(?:[ .-]?\(?\d{1,4}\)?){2,6}(?!\d)")
_SOCIAL_SECURITY = re.compile(r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])")
_CARD = re.compile(
    r"(?<![\d.])(?:\d{4}[ -]\d{4}[ -]\d{4}[ -]\d{4}(?:[ -]\d{1,3})?|\d{15,19}|3[47]\d{2}[ -]\d{6}[ -]\d{5})(?![\d.]\d|\d)"
)
_INTERNET = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d]|\.\d)")
_DATE = re.compile(
    r"(?<![\d./-])(?:(?P<y>(?:1[89]|20)\d\d)(?P<s>[-/.])(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})"
    r"|(?P<a>\d{1,2})(?P<t>[-/.])(?P<b>\d{1,2})(?P=t)(?P<c>(?:1[89]|20)\d\d|\d\d))(?![\d]|[-/]\d|\.\d)"
)
_MONTH_YEAR = re.compile(
    r"(?<![\d./-])(?:0?[1-9]|1[0-2])/(?:19|20)\d\d(?![\d/])|(?<![\d./-])(?:19|20)\d\d[/.-](?:0[1-9]|1[0-2])(?![\d./-])"
)
_HARDWARE = re.compile(
    r"[\dA-Fa-f](?<![\dA-Za-z:][\dA-Fa-f])[\dA-Fa-f](?:([:-])[\dA-Fa-f]{2})(?:\1[\dA-Fa-f]{2}){4}(?![\dA-Za-z:])"
)
_SEPARATORS_OF_HARDWARE = 5
_DIGIT = re.compile(r"\d")
_AGE = re.compile(
    r"9(?<![\d.]9)\d(?=[- ]?(?:years?|yrs?)(?:[- ]old|[- ]of[- ]age)|[- ]?y/?\.?o\b|[- ]?(?:周|足)?岁|[- ]?(?:yo|y\.o\.)\b|[ ]?[yYMF]\b|[ ]?/[ ]?[MF]\b)"
    r"|1(?<![\d.]1)[01]\d(?=[- ]?(?:years?|yrs?)(?:[- ]old|[- ]of[- ]age)|[- ]?y/?\.?o\b|[- ]?(?:周|足)?岁)"
    r"|九(?<![一二三四五六七八九百千]九)十[一二三四五六七八九]?(?=周?岁)|一百[零〇一二三四五六七八九十]*(?=周?岁)"
)
_AGE_LABEL = re.compile(
    r"(?i:\b(?:age|aged|turned|turns)|年龄)(?:[:：=]?[ ]?)(?P<v>9\d|1[01]\d)(?!\d|\.\d|[%-]|[ ]?(?:%|mm|mg|kg|cm|bpm))"
)
_MAIL_BEFORE = re.compile(r"[A-Za-z\d](?<![A-Za-z\d][A-Za-z\d])[A-Za-z\d._%+'-]{0,63}\Z|[A-Za-z\d._%+-]{1,64}\Z")
_MAIL_AFTER = re.compile(r"[ ]?[A-Za-z\d](?:[A-Za-z\d-]{0,62})(?:\.[A-Za-z\d][A-Za-z\d-]{0,62}){1,5}")
_MAIL_IN_WORDS = re.compile(
    r"(?P<v>[A-Za-z\d][\w.+-]{1,40}[ ]?[\[(]at[\])][ ]?[A-Za-z\d-]+(?:(?:[ ]?[\[(]dot[\])][ ]?|\.)[A-Za-z\d-]+)+)",
    re.IGNORECASE,
)
_WEB = re.compile(rf"(?:https?://|www\.)[^\s<>\"'“”‘’（）()，。；、\]\[{{}}|{HAN}]{{3,2000}}", re.IGNORECASE)
_PERSONAL_KEY = re.compile(
    r"(?:[?&;#/](?:patient|mrn|ssn|dob|birth|email|phone|mobile|idcard|chart|token|openid|medrec|nhs|patient[-_]?(?:id|no|name)|zyh|mzh|sfz)(?:[\w-]{0,12}=|s?(?:[-_][\w-]{1,12})?/)[\w%@.+-]*\w"
    r"|/(?:patients?|mrn|charts?|records?|encounters?|members?|portal/users?|visits?|emr|ehr|his)/[\w-]*\d[\w-]*)",
    re.IGNORECASE,
)  # fmt: skip
_PROFILE_KEY = re.compile(
    r"(?:[?&](?:uid|user|userid|user_id|username|account|acct|member|memberid|pid|sid|session|sessionid|visit|record|name|case)=[\w%@.+-]*\w"
    r"|(?:facebook|instagram|twitter|tiktok|x|t|weibo|linkedin|vk|douyin)\.(?:com|me|cn)/(?:in/|u/|user/|profile\.php\?id=|@)?[\w.%-]{3,}"
    r"|/(?:users?|profiles?|accounts?|u|people|~)/?[\w.-]*\w|/~\w+)",
    re.IGNORECASE,
)  # fmt: skip
_LETTERED = re.compile(r"[A-Z](?<![A-Za-z\d][A-Z])[A-Z9]{0,4}[- ]?\d{6}")
_AROUND = 10
"""Characters around a run of digits that can belong to a number of letters and digits."""
_PHONE_NEARBY = re.compile(
    r"(?i:tel|phone|mobile|cell|fax|call|contact|pager|whatsapp|reach|home|work|office|number)|\b[TPMCHFW][:.] ?\Z|电话|手机|联系|致电|传真"
)
_FAX_NEARBY = re.compile(r"(?i:fax|facsimile)[^\d\n]{0,12}\Z|\bF[:.] ?[+(]*\Z|传真[^\d\n]{0,8}\Z")
_IP_NEARBY = re.compile(r"(?i:\bip\b|address|host|server|login|logged)|登录|地址|服务器")
_CARD_NEARBY = re.compile(r"(?i:card|visa|account|payment|paid|amex)|卡|账|帐")
_TOLL_FREE = re.compile(r"(?:\+?1[-. ])?\(?8(?:00|33|44|55|66|77|88)\)?")


def find_numbers(text: str, lowered: str, policy: Policy) -> Iterator[PhiSpan]:
    """Identifiers in runs of digits, each judged by its shape, its check digit and the words before it.

    `lowered` is the text in lower case, of the same length.
    """
    thorough = policy == "thorough"
    if thorough and (text.count(":") >= _SEPARATORS_OF_HARDWARE or text.count("-") >= _SEPARATORS_OF_HARDWARE):
        for match in _HARDWARE.finditer(text):
            yield PhiSpan(match.start(), match.end(), "DEVICE")
    if thorough and "月" in text:
        for match in CHINESE_DATE.finditer(text):
            yield PhiSpan(match.start(), match.end(), "DATE")
    if not _DIGIT.search(text):
        return
    for run in _RUN.finditer(text):
        start, end = run.span()
        n_digits = sum(map(str.isdigit, run.group()))
        if thorough and n_digits >= 4:
            yield from _dates(text, start, end)
        if thorough and n_digits >= FEWEST_DIGITS:
            yield from find_national_numbers(text, max(0, start - _AROUND), end + _AROUND)
        if n_digits < 6:
            continue
        before = text[max(0, start - 24) : start]
        if n_digits >= 15:
            yield from _long_numbers(text, start, end + 1, before, thorough)
        if n_digits >= 10 or (thorough and n_digits >= 9):
            yield from _telephones(text, start, end, before, thorough)
        for match in _INTERNET.finditer(text, start, end):
            if is_internet_address(match.group()) and (
                _IP_NEARBY.search(before) or (thorough and any(int(part) > 31 for part in match.group().split(".")))
            ):
                yield PhiSpan(match.start(), match.end(), "IP")
    if thorough:
        for match in _LETTERED.finditer(text):
            yield from find_national_numbers(text, match.start(), match.end() + _AROUND)
        for match in _AGE.finditer(text):
            yield PhiSpan(match.start(), match.end(), "AGE")
        if "age" in lowered or "turn" in lowered or "年龄" in text:
            for match in _AGE_LABEL.finditer(text):
                yield PhiSpan(*match.span("v"), "AGE")
        for match in STREET_ADDRESS.finditer(text):
            yield PhiSpan(match.start(), match.end(), "ADDRESS")
        for match in DAY_MONTH_DATE.finditer(text):
            yield PhiSpan(match.start(), match.end(), "DATE")


def _long_numbers(text: str, start: int, end: int, before: str, thorough: bool) -> Iterator[PhiSpan]:
    taken = -1
    for match in _IDENTITY.finditer(text, start, end):
        if is_identity_card(match.group()):
            taken = match.end()
            yield PhiSpan(match.start(), match.end(), "ID_CARD")
    for match in _OLD_IDENTITY.finditer(text, start, end):
        if is_old_identity_card(match.group()) and "证" in before:
            taken = match.end()
            yield PhiSpan(match.start(), match.end(), "ID_CARD")
    for match in _CARD.finditer(text, start, end):
        if match.start() < taken or not has_luhn_digit(match.group()):
            continue
        if match.group()[0] in "3456" and (_CARD_NEARBY.search(before) or thorough):
            yield PhiSpan(match.start(), match.end(), "BANK_CARD")


def _telephones(text: str, start: int, end: int, before: str, thorough: bool) -> Iterator[PhiSpan]:
    near = _PHONE_NEARBY.search(before) is not None
    kind = "FAX" if _FAX_NEARBY.search(before) else "PHONE"
    for match in _MOBILE.finditer(text, start, end):
        # In print, eleven bare digits may be anything: the precise policy wants the country code or a word.
        if thorough or near or match.group()[0] in "+0":
            yield PhiSpan(match.start(), match.end(), kind)
    for pattern in (_LANDLINE, _INTERNATIONAL, _NORTH_AMERICAN, _SPACED_NORTH_AMERICAN):
        if (pattern is _INTERNATIONAL and "+" not in text[start:end]) or (
            pattern is _SPACED_NORTH_AMERICAN and not near
        ):
            continue
        for match in pattern.finditer(text, start, end):
            digits = sum(c.isdigit() for c in match.group())
            if 8 <= digits <= 15 and (thorough or (near and not _TOLL_FREE.match(match.group()))):
                yield PhiSpan(match.start(), match.end(), kind)
    if thorough:
        for match in _SOCIAL_SECURITY.finditer(text, start, end):
            if is_social_security_number(match.group()):
                yield PhiSpan(match.start(), match.end(), "SSN")
        for match in _TOLL_FREE_ZH.finditer(text, start, end):
            if near:
                yield PhiSpan(match.start(), match.end(), kind)


def _dates(text: str, start: int, end: int) -> Iterator[PhiSpan]:
    for match in _DATE.finditer(text, start, end):
        if match["y"]:
            valid = is_date(match["y"], match["m"], match["d"])
        else:
            year = match["c"]
            if len(year) == 2:
                # "12-10-22" and "1.2.22" may be anything; "3/14/22" and "04.03.22" are dates.
                valid = (match["t"] == "/" or (match["t"] == "." and len(match.group()) == 8)) and (
                    is_date("20" + year, match["a"], match["b"]) or is_date("20" + year, match["b"], match["a"])
                )
            else:
                valid = is_date(year, match["a"], match["b"]) or is_date(year, match["b"], match["a"])
        if valid:
            yield PhiSpan(match.start(), match.end(), "DATE")
    for match in _MONTH_YEAR.finditer(text, start, end):
        yield PhiSpan(match.start(), match.end(), "DATE")


def find_addresses_of_the_net(text: str, lowered: str, policy: Policy) -> Iterator[PhiSpan]:
    """E-mail addresses, and web addresses that carry an identifier of a person; `lowered` as above."""
    position = text.find("@")
    while position >= 0:
        after = _MAIL_AFTER.match(text, position + 1)
        if after and not after.group().startswith(" "):
            before = _MAIL_BEFORE.search(text, max(0, position - 64), position)
            if before:
                start = before.start()
                while text[start] in "._%+'-" and start < position - 1:
                    start += 1
                yield PhiSpan(start, after.end(), "EMAIL")
        position = text.find("@", position + 1)
    if policy == "thorough" and "at]" in lowered:
        for match in _MAIL_IN_WORDS.finditer(text):
            yield PhiSpan(match.start(), match.end(), "EMAIL")
    if "http" not in lowered and "www." not in lowered:
        return
    for match in _WEB.finditer(text):
        address = match.group().rstrip(".,;:!?")
        personal = _PERSONAL_KEY.search(address) or "@" in address
        if personal or (policy == "thorough" and _PROFILE_KEY.search(address)):
            yield PhiSpan(match.start(), match.start() + len(address), "URL")
