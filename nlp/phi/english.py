"""Rules for English: addresses, dates in words, and labelled identifiers. Names are in `names_english`."""

from __future__ import annotations

import re

from nlp.phi.checks import is_registered_study
from nlp.phi.gazetteer import NOT_NAMES
from nlp.phi.rule import Rule

UPPER = "A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĘĚĞĢĪİĶĹĻĽŁŃŅŇŐŒŔŘŚŞŠŢŤŪŮŰŹŻŽ"
LOWER = "a-zß-öø-ÿāăąćčďđēęěğģīıķĺļľłńņňőœŕřśşšţťūůűźżž"
CAPITALISED = rf"[{UPPER}](?:[{LOWER}]|['’](?!s\b)(?=[{UPPER}{LOWER}])|(?<=[{LOWER}'’])[{UPPER}](?=[{LOWER}]))+"
WORD = rf"(?:{CAPITALISED}(?:-{CAPITALISED})*|[OD]['’]{CAPITALISED})"
PARTICLE = r"(?:de|la|del|der|den|van|von|vom|bin|binti|ibn|al|el|da|dos|do|di|du|le|ter|ten|y)\b"

MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "jan",
    "feb",
    "mar",
    "apr",
    "jun",
    "jul",
    "aug",
    "sep",
    "sept",
    "oct",
    "nov",
    "dec",
]
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_YEAR = r"(?:1[89]|20)\d\d"
NUMERIC_DATE = rf"(?:{_YEAR}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{1,2}}[-/.]\d{{1,2}}[-/.](?:{_YEAR}|\d\d)|{_YEAR}[01]\d[0-3]\d)(?![\w/-])"
WORD_DATE = (
    rf"(?:{_DAY}(?:st|nd|rd|th)?[ -](?:of )?{MONTH}\b\.?(?:,?[ -](?:{_YEAR}|'?\d\d(?![\d:])))?"
    rf"|{MONTH}\b\.?[ -]{_DAY}(?:st|nd|rd|th)?\b(?!%|[ ]?(?:mg|ml|patients|cases))(?:,?[ -]{_YEAR})?|{MONTH}\b\.?,?[ -](?:of )?{_YEAR})"
)
ANY_DATE = rf"(?:{NUMERIC_DATE}|(?i:{WORD_DATE}))"

TOKEN = re.compile(r"[^\s,]+")


def keep_place(value: str) -> int:
    """A place, unless it is a building of a hospital or a time."""
    first = TOKEN.findall(value)[0].strip(".,").lower()
    return 0 if first in NOT_NAMES - {"north", "south", "east", "west", "new", "black", "white", "long"} else len(value)


def rule(kind: str, triggers: str, pattern: str, **options: object) -> Rule:
    """A rule whose pattern says § where any of its triggers stands, as a whole word."""
    literals = tuple(triggers.split("|"))
    any_trigger = "|".join(re.escape(literal) for literal in sorted(literals, key=len, reverse=True))
    written = pattern.replace("§", rf"(?i:{any_trigger})(?![A-Za-z])")
    return Rule(kind=kind, triggers=literals, pattern=written, **options)  # type: ignore[arg-type]


SEPARATOR = r"(?:[ \t.…_]|\*\*){0,60}[:：=|][ \t|]*(?:\*\*)?[ \t]*"

_STREET = (
    r"(?:Street|St|Avenue|Ave|Av|Road|Rd|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Way|Place|Pl|Terrace|Ter|Circle|Cir|"
    r"Highway|Hwy|Parkway|Pkwy|Square|Sq|Close|Crescent|Cres|Grove|Gardens|Row|Trail|Trl|Loop|Alley|Mews|Walk|Turnpike|Pike|Path|Hill|Run|Ridge|Yard|Wharf|Quay)\b\.?"
)
_PLACE = rf"(?:(?:St|Ft|Mt)\. )?{WORD}(?:[ -](?:{WORD}|{PARTICLE}|upon|on)){{0,3}}"
_STATE = r"(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY])"
_POSTAL = r"(?:\d{5}(?:-\d{4})?|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d)\b"
_UNIT = r"(?i:(?:apt|apartment|suite|ste|unit|flat|floor|fl|room|rm|no|#)\.?[ ]?#?[ ]?[\dA-Z][\w-]{0,5}\b|#[ ]?\w{1,6})"
_TOWN = rf"(?:[,\n][ \t]*{_PLACE})?(?:, ?(?:Co\.?|County) {WORD})?(?:,?[ \t]+{_STATE}\b)?(?:,?[ \t]+{_POSTAL}|(?<=[a-z]) \d{{4}}\b(?![/-]))?"
STREET_ADDRESS = re.compile(
    rf"(?:(?i:\b(?:unit|flat|shop|lot) ?\d{{1,4}}[A-Za-z]?[/,] ?)\d{{1,5}}|\d(?<![\w.,:/-]\d)\d{{0,4}})[A-Za-z]?(?:[ ]|,[ ])(?:(?:N|S|E|W|NE|NW|SE|SW|North|South|East|West)\.? )?(?:(?:{WORD}(?:['’]s)?|\d{{1,3}}(?:st|nd|rd|th)|St\.) ){{1,3}}"
    rf"{_STREET}(?: (?:N|S|E|W|NE|NW|SE|SW)\b)?(?:,?[ ]{_UNIT})?{_TOWN}"
)
STATE_AND_POSTAL = re.compile(rf"(?P<v>{_PLACE}, ?{_STATE},? \d{{5}}(?:-\d{{4}})?\b)")

ADDRESS_RULES = (
    rule(
        "ADDRESS",
        "home address|address|mailing address|street address|residential address|patient address|addr|residence",
        rf"(?<!mail )(?<!(?:IP|ip|AC|ac|eb) )§{SEPARATOR}(?P<v>(?=[^\n]{{0,60}}\d|{WORD})[^\n|;@]{{5,110}}?)(?=[ \t]*(?:[\n|;]|$|(?i:phone|tel|mobile|e-?mail|dob|date|fax|cell)\b|(?<=[A-Za-z\d])\. ))",
    ),
    rule(
        "ADDRESS", "home address|patient address|residential address",
        rf"§{SEPARATOR}(?P<v>(?=[^\n]{{0,60}}\d)[^\n|;]{{5,110}}?)(?=[ \t]*(?:[\n|;]|$|(?i:phone|tel|mobile|e-?mail|dob|date|fax|cell)\b|(?<=[A-Za-z\d])\. ))",
        precise=True,
    ),
    rule("ADDRESS", "po box|p.o. box|p. o. box|post office box", rf"(?i:p\.? ?o\.?|post office) (?i:box) (?P<v>\d{{1,6}}{_TOWN})"),
    rule(
        "ADDRESS",
        "lives in|lives at|living in|living at|resides in|resides at|residing in|residing at|resident of|moved to|moved from|moved here from|moved back to|just moved from|came from|hails from|raised in|settled in|home in|"
        "relocated to|relocated from|born in|grew up in|native of|hometown|returned from|travelled from|traveled from|staying in|lived in|commutes from|"
        "flew in from|transferred from|originally from|is from|comes from|works in|visiting from|drove from",
        rf"§[:]?[ \t]+(?P<v>{_PLACE}(?:, (?:{_PLACE}|{_STATE}\b)){{0,2}}(?: {_POSTAL})?)",
        keep=keep_place,
    ),
    rule("ADDRESS", "from|in|near|to|at|of", rf"§[ \t]+(?P<v>{_PLACE}, {_STATE}\b(?: {_POSTAL})?)"),
    rule("ADDRESS", "zip|zip code|postal code|postcode|zipcode", rf"(?i:zip|postal|postcode|zipcode)(?: ?(?i:code))?[ \t]*[:#]?[ \t]*(?:(?i:is)[ ])?(?P<v>{_POSTAL})"),
)  # fmt: skip

_DATE_FIELDS_PRECISE = (
    "dob|d.o.b.|d.o.b|date of birth|birth date|birthdate|birthday|date of admission|admission date|date of discharge|discharge date|"
    "date of death|admit date|date admitted|date discharged"
)
DATE_RULES = (
    rule("DATE", _DATE_FIELDS_PRECISE, rf"§(?:{SEPARATOR}|[ \t]+(?:(?i:is|was)[ \t]+)?)(?P<v>{ANY_DATE})", precise=True),
    rule(
        "DATE", "patient was|she was|he was|pt was|woman was|man was",
        rf"(?i:patient|she|he|pt|woman|man) (?i:was) (?i:admitted|discharged|born|transferred|hospitali[sz]ed)(?: (?i:to|from|in|at|into) [\w ]{{3,50}}?)? (?i:on) (?:the )?(?P<v>{ANY_DATE})(?i:(?<=\d\d\d\d)|(?<=\d))",
        precise=True,
    ),
    rule("DATE", "|".join(MONTHS), rf"(?P<v>(?i:{MONTH}\b\.?[ -]{_DAY}(?:st|nd|rd|th)?\b(?!%|[ ]?(?:mg|ml|mcg|patients|cases|times|weeks|days|years))(?:,?[ -]{_YEAR}\b)?|{MONTH}\b\.?,?[ -](?:of )?{_YEAR}\b))", keep=lambda value: len(value) if value[0].isupper() or not value[:4].lower().startswith(("may ", "mar ")) else 0),
    rule("DATE", "|".join(MONTHS), "", behind=r"(?P<v>(?<![\d.,/])\d{1,2}(?:st|nd|rd|th)?) ?(?:and|to|or|&|-|–|,) ?\d{1,2}(?:st|nd|rd|th)? (?:of )?\Z"),
    rule(
        "DATE", "on|since|from|until|till|by|dated|through|thru|of|before|after|last seen|seen|visit|to|between|and|around|date|due|lmp",
        r"§[ \t]*:?[ \t]+(?P<v>(?:0?[1-9]|1[0-2])/(?:0?[1-9]|[12]\d|3[01]))(?![\d/%]|[.]\d|-\d|[ ]?(?:mg|points?|mm|strength|power|of|patients))",
        keep=lambda value: len(value) if value not in ("1/2", "1/3", "2/3", "1/4", "3/4", "5/5", "4/5", "3/5", "2/5", "1/5", "1/6", "2/6", "3/6", "4/6", "5/6", "6/6", "10/10") else 0,
    ),
)  # fmt: skip
DAY_MONTH_DATE = re.compile(
    rf"\d(?<![\w./]\d)(?:(?<=0)[1-9]|(?<=[12])\d|(?<=3)[01]|(?<=[1-9]))(?:st|nd|rd|th)?[ -](?:of )?(?i:{MONTH})\b\.?(?:,?[ -](?:{_YEAR}|'?\d\d(?![\d:%/])))?"
)

_ID = r"(?P<v>[A-Za-z]{0,5}[-#.]?\d[\dA-Za-z]*(?:[-/.][\dA-Za-z]*\d[\dA-Za-z]*|[ ](?=\d{2,}(?:\b|_))\d{2,})*)"
_ANY_ID = r"(?P<v>(?=[A-Za-z-]{0,9}\d)[A-Za-z\d]+(?:[-/.][A-Za-z\d]+)*|\d[\d -]{3,}\d)"
_LABEL_END = (
    r"(?:[ \t]*(?i:no|nos|number|num|nr|id|identifier|code|file|name|filename|file name))?(?:[ \t]*\([^()\n]{1,16}\))?(?:[ \t.…_]|\*\*){0,60}"
    r"(?:[:：=#|№]+[ \t|#]*(?:\*\*)?[ \t]*|(?<=[A-Za-z#.)])[ \t]+(?:(?i:is|was)[ \t]+)?)(?:(?i:no|number)\.?[ \t]*)?#?"
)


def _at_least(n: int):  # type: ignore[no-untyped-def]
    def keep(value: str) -> int:
        counts = sum(c.isdigit() for c in value) >= n and not is_registered_study(value)
        return len(value) if counts else 0

    return keep


def _code(value: str) -> int:
    digits = sum(c.isdigit() for c in value)
    dated = value.count("/") == 2 and digits == len(value) - 2
    return len(value) if digits > 3 and not dated and not is_registered_study(value) else 0


def _labelled(kind: str, labels: str, digits: int = 4, precise: bool = True, value: str = _ID) -> tuple[Rule, ...]:
    alternatives = "|".join(re.escape(label) for label in sorted(labels.split("|"), key=len, reverse=True))
    keep = _at_least(digits)
    rules = [rule(kind, labels, rf"(?i:{alternatives})(?![a-z]){_LABEL_END}{value}", keep=keep)]
    if precise:
        strict = rf"(?i:{alternatives})(?![a-z])(?:[ \t]*(?i:no|number|num|id))?\.?[ \t]*(?:\*\*)?[ \t]*[:：=#|№]+[ \t|#]*(?:\*\*)?[ \t]*{value}"
        rules.append(rule(kind, labels, strict, keep=_at_least(max(digits, 5)), precise=True))
    return tuple(rules)


IDENTIFIER_RULES = (
    *_labelled("RECORD", "mrn|medical record|medical record number|med rec|patient id|patient number|patient no|hospital number|hospital no|unit number|unit no|unit #|mr number|record #|chart #|hospital #|patient #|case #|chart|chart number|chart no|mr#|mr #|mr no|record number|encounter|encounter number|visit number|visit id|csn|fin|har|nhs number|nhs no|chi number|case number|case no|episode number|admission number|admission no|registration number|pt id|hospital id|record no|file number|folder number|uhid|urn|hn|nhi|opd no|op no|ip no", 4),
    *_labelled("INSURANCE", "member|member id|member number|member no|subscriber id|subscriber number|policy|policy number|policy no|policy id|group number|group no|group id|health plan|health plan id|health plan number|beneficiary|beneficiary number|beneficiary id|medicare|medicare number|medicare id|medicaid|medicaid id|medicaid number|insurance id|insurance number|insurance no|insurance policy|hicn|mbi|health card|health card number|ohip|plan id|claim number|claim no|payer id", 4),
    *_labelled("ACCOUNT", "account|account number|account no|acct|acct no|acct number|iban|bank account|routing number|billing number|invoice number|guarantor number|billing account|sort code", 4, value=r"(?P<v>[A-Z]{2}\d{2}(?:[ ]?[A-Z\d]{4}){3,7}(?:[ ]?[A-Z\d]{1,3})?|(?=[A-Za-z-]{0,9}\d)[A-Za-z\d]+(?:[-/ ](?=[A-Za-z]*\d)[A-Za-z\d]+)*)"),
    # In print a bare licence or certificate is that of a project, of animals, of a work.
    *_labelled("LICENSE", "license|license number|license no|licence|licence number|licence no|certificate number|certificate no|license #", 4, precise=False, value=_ANY_ID),
    *_labelled("LICENSE", "driver's license|driver’s license|drivers license|driver license|driving licence|driver's licence|dl|dl no|dea|dea number|npi|npi number|medical license|medical licence|driver's license number|driving licence number|medical license number|state license|gmc number|gmc no|nmc pin|birth certificate", 4, value=_ANY_ID),
    *_labelled("VEHICLE", "vin|vehicle identification number|license plate|licence plate|plate|plate number|registration plate|number plate|plate no|vehicle registration|vehicle plate|car plate|tag number|vehicle", 1, precise=False, value=r"(?P<v>[A-HJ-NPR-Z\d]{17}\b|(?=[A-Z\d -]{0,7}\d)[A-Z\d]{1,4}(?:[- ·]?[A-Z\d]{2,5}){0,2}\b)"),
    # A word that says number, and one with digits and letters, or of five digits, behind it.
    rule("OTHER_ID", "no|no.|number|nr|id|ref|#", r"(?i:no|number|nr|id|ref|#)\.?[ \t]?[:#]?[ \t]*(?P<v>(?=[A-Z\d./-]*[A-Z./-]|\d{5})[A-Z]{0,4}[-./]?\d[A-Z\d]*(?:[-/.][A-Z\d]+)*)(?![A-Za-z\d%]|[ ]?(?:mg|ml|mm|cm|kg|mcg)\b)", keep=_code),
    *_labelled("DEVICE", "serial number|serial no|serial|s/n|sn|device id|device identifier|device serial|device serial number|imei|udi|pacemaker serial|implant serial|lot/serial|pump serial|device no|mac address|model/serial|serial #|device number", 3, precise=False, value=_ANY_ID),
    *_labelled("PASSPORT", "passport|passport number|passport no|travel document", 5, value=r"(?P<v>[A-Z]{0,3}\d{5,9}[A-Z]?\b)"),
    *_labelled("SSN", "ssn|social security|social security number|social security no|ss#|ss #|soc sec", 4, value=r"(?P<v>\d{3}[- .]?\d{2}[- .]?\d{4}\b|(?:[xX*]{3}[- ]?[xX*]{2}[- ]?)\d{4}\b)"),
    *_labelled("BIOMETRIC", "fingerprint|fingerprint id|fingerprint template|voiceprint|voice print|voiceprint id|iris scan|iris template|iris id|retinal scan|retina scan|biometric|biometric id|facial recognition id|face id|palm scan|palm vein|biometric template|iris code|faceprint|dna profile", 3, precise=False, value=_ANY_ID),
    *_labelled("OTHER_ID", "accession|accession number|accession no|accession #|specimen|specimen id|specimen number|specimen no|sample id|sample number|study id|subject id|subject number|participant id|participant number|employee id|employee number|badge|badge number|student id|military id|service number|tax id|national id|national id number|national insurance number|ni number|aadhaar|prescription number|rx number|rx #|order number|order no|donor id|barcode|research id|volunteer id|staff id|randomization number|case report id|tracking number|confirmation number|ticket number|reference number|requisition number|requisition|pin|inmate number|school id|study number", 4, precise=False, value=r"(?P<v>[A-Z]{2} ?\d\d ?\d\d ?\d\d ?[A-D]\b|(?=[A-Za-z-]{0,9}\d)[A-Za-z\d]{2,}(?:[-/.:][A-Za-z\d]+)*|\d{4} \d{4} \d{4}\b)"),
    *_labelled("SOCIAL", "wechat|wechat id|qq|whatsapp|telegram|skype|skype id|twitter|instagram|facebook|snapchat|line id|facetime|tiktok|weixin|discord|signal|x handle|twitter handle", 0, precise=False, value=r"(?P<v>@[\w.]{3,30}|(?=[\w.-]{0,29}[\d_.])[A-Za-z\d][\w.-]{4,29}(?<![.]))"),
    *_labelled("PHOTO", "photo|photograph|image|picture|facial photo|face photo|photo file|img|full-face photo|portrait|headshot|selfie|photo id|clinical photo", 0, precise=False, value=r"(?P<v>[\w-]{2,60}\.(?i:jpe?g|png|heic|tiff?|bmp|webp))"),
    *_labelled("FAX", "fax|facsimile|fax number|fax no|f", 7, precise=False, value=r"(?P<v>\+?[\d(][\d\-. ()/]{5,18}\d)"),
    *_labelled("PHONE", "phone|telephone|tel|mobile|cell|cell phone|home phone|work phone|mobile phone|phone number|telephone number|contact number|contact no|pager|beeper|ph|callback|call back|callback number|reach|reached at|call|call at|reachable at|contact|emergency contact number|whatsapp|landline|at|extension|ext|hotline", 7, precise=False, value=r"(?P<v>(?:\+|00)?[\d(][\d\-. ()/]{5,18}\d(?:[ ]?(?:x|ext\.?)[ ]?\d{1,5})?)(?![\d-]|[ ]?(?:mg|ml|g\b|%|/))"),
    *_labelled("BANK_CARD", "credit card|debit card|card number|card no|visa|mastercard|bank card|card ending|card", 12, precise=False, value=r"(?P<v>\d[\d -]{11,21}\d)"),
    *_labelled("IP", "ip|ip address|client ip|source ip", 4, value=r"(?P<v>\d{1,3}(?:\.\d{1,3}){3}\b)"),
)  # fmt: skip

ENGLISH_RULES = (*ADDRESS_RULES, *DATE_RULES, *IDENTIFIER_RULES)
