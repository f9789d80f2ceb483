"""Rules for names in English: after a label or a title, before a degree or an age, and where a sentence speaks of a person."""

from __future__ import annotations

from nlp.phi.english import PARTICLE, SEPARATOR, TOKEN, UPPER, WORD, rule
from nlp.phi.gazetteer import COMMON_WORD_SURNAMES, GIVEN_NAMES, NOT_NAMES
from nlp.phi.rule import Rule

SHOUTED = rf"(?:[{UPPER}]['’])?[{UPPER}]{{2,}}(?:-[{UPPER}]{{2,}})*"
INITIAL = rf"[{UPPER}](?:\.(?:[{UPPER}]\.)*|(?![\w.'’]))"
SUFFIX = r"(?:,? (?:Jr|Sr)\.?|,? I{2,3}\b)?"
# A name as it stands in running text: capitalised words, initials and particles.
NAME = rf"{WORD}(?: (?:{PARTICLE} ){{0,2}}(?:{INITIAL}|{WORD})){{0,3}}{SUFFIX}"
INITIAL_NAME = rf"(?:{INITIAL} ?){{1,3}}(?:{PARTICLE} ){{0,2}}{WORD}"
# A name in a form field: also in capitals, and "Surname, Given".
FIELD_NAME = (
    rf"(?:{SHOUTED}|{WORD}|{INITIAL})(?:(?:, ?| )(?:{PARTICLE} ){{0,2}}(?:{SHOUTED}|{WORD}|{INITIAL})){{0,3}}{SUFFIX}"
)
_TITLE = r"(?:(?i:mr|mrs|ms|miss|mx|dr|prof|professor|doctor|nurse|rev|sir|madam)\.?[ \t]+)?"


def _is_other_word(token: str) -> bool:
    word = token.strip(".'’").lower()
    return len(word) > 1 and word in NOT_NAMES


def keep_name(value: str) -> int:
    """Length of the name at the start of a form field's value; words that are no names end it."""
    end = 0
    for token in TOKEN.finditer(value):
        if _is_other_word(token.group()):
            break
        end = token.end()
    return end if any(len(token) > 1 for token in TOKEN.findall(value[:end])) else 0


def keep_name_in_prose(value: str) -> int:
    """As `keep_name`, for words that precede many other things than names: one lone word must be a known name."""
    end = keep_name(value)
    kept = TOKEN.findall(value[:end])
    if len(kept) == 1:
        word = kept[0].strip(".").lower()
        return end if word in GIVEN_NAMES and word not in COMMON_WORD_SURNAMES else 0
    return end


def keep_known_given_name(value: str) -> int:
    """Two or more words of which the first is a usual given name and none is another word."""
    words = [word.strip(".'’").lower() for word in TOKEN.findall(value)]
    if len(words) < 2 or words[0] not in GIVEN_NAMES or any(map(_is_other_word, words)):
        return 0
    return len(value)


def keep_subject(value: str) -> int:
    """A surname as the subject of a sentence: no other word, and not the plural or adjective of one."""
    words = TOKEN.findall(value)
    if any(
        _is_other_word(word) or word.endswith(("ing", "tion", "ed", "ly", "al", "ous", "ics", "ogy")) for word in words
    ):
        return 0
    return len(value) if all(word.lower() not in COMMON_WORD_SURNAMES for word in words) and len(words[0]) > 3 else 0


def keep_relative_name(value: str) -> int:
    """After "his wife", "her daughter": a capitalised word that is not the start of something else."""
    return keep_name(value)


_PERSON_FIELDS = (
    "attending|attending physician|physician|provider|referring provider|referring physician|primary care provider|pcp|"
    "surgeon|assistant surgeon|anesthesiologist|nurse|rn|radiologist|pathologist|therapist|consultant|gp|"
    "dictated by|signed by|electronically signed by|e-signed by|reviewed by|verified by|prepared by|transcribed by|"
    "next of kin|nok|emergency contact|contact|contact person|mother|father|spouse|wife|husband|son|daughter|guardian|"
    "caregiver|caretaker|sister|brother|partner|parent|informant|patient|pt|client|subject|resident|cc|re|"
    "ordering physician|ordering provider|admitting physician|discharging physician|seen by|author|signature|"
    "witness|employer contact|account holder|policy holder|subscriber|guarantor|responsible party|"
    "case manager|social worker|scribe|interpreter|translator|surgeon of record|fellow|intern|pharmacist|dietitian|technologist|technician|midwife|dentist|psychiatrist|cardiologist|oncologist|neurologist"
)
_NAME_FIELDS = (
    "patient name|patient's name|patient’s name|name of patient|name of the patient|full name|legal name|pt name|"
    "preferred name|maiden name|mother's maiden name|surname|last name|first name|given name|family name|"
    "middle name|member name|subscriber name|client name|name of next of kin|patient full name|name (last, first)"
)
_RELATIVES = "wife|husband|mother|father|son|daughter|brother|sister|partner|spouse|aunt|uncle|grandmother|grandfather|grandson|granddaughter|niece|nephew|cousin|neighbor|neighbour|friend|fiance|fiancee|fiancé|fiancée|roommate|caregiver|guardian|carer|stepfather|stepmother|boyfriend|girlfriend|mum|mom|dad|son-in-law|daughter-in-law"

ENGLISH_NAMES = (
    rule(
        "NAME",
        _NAME_FIELDS,
        rf"§(?:{SEPARATOR}|[ \t]+(?i:is|was)[ \t]+){_TITLE}(?P<v>{FIELD_NAME})",
        precise=True,
        keep=keep_name,
    ),
    rule("NAME", "name", rf"(?i:name){SEPARATOR}{_TITLE}(?P<v>{FIELD_NAME})", keep=keep_name),
    rule(
        "NAME",
        _PERSON_FIELDS,
        rf"§(?:[ \t]+(?i:name))?(?:[ \t]*\([^()\n]{{1,24}}\))?{SEPARATOR}{_TITLE}(?P<v>{FIELD_NAME})",
        keep=keep_name,
    ),
    rule(
        "NAME",
        "mr|mrs|ms|mx|dr|drs|prof|messrs|sr|hr",
        rf"(?:[Mm][Rr][Ss]?|M[sSx]|[Dd][Rr]s?|[Pp]rof|Messrs|Sr|Hr)\b(?:\.[ \t]*|[ \t]+)(?P<v>{FIELD_NAME}|{INITIAL_NAME})",
        keep=keep_name,
    ),
    rule(
        "NAME",
        "miss|professor|doctor|nurse|sir|madam|señora|herr|frau|monsieur|madame|sister|pastor|chaplain|rabbi|officer|detective|"
        "sergeant|paramedic|judge|attorney|coach|reverend",
        rf"§[ \t]+(?P<v>{WORD}(?: (?:{INITIAL}|{PARTICLE}|{WORD})){{0,2}}|{INITIAL_NAME})",
        keep=keep_name,
    ),
    rule(
        "NAME",
        "rn|lpn|np|pa|emt|cna|lcsw|crna",
        rf"(?:RN|LPN|NP|PA|EMT|CNA|LCSW|CRNA)[ \t]+(?P<v>{WORD}(?: {WORD})?)(?![ ]?[-/])",
        keep=keep_name,
    ),
    rule(
        "NAME",
        "patient|pt|client|veteran|infant|baby",
        rf"(?i:patient|pt|client|veteran|infant|baby)(?i: (?:girl|boy))?(?:\.?,?[ \t]+)(?P<v>{NAME}|{INITIAL_NAME}|{SHOUTED} {SHOUTED})",
        keep=keep_name_in_prose,
    ),
    rule(
        "NAME",
        _RELATIVES,
        rf"§(?:,?[ \t]+|[ \t]*\()(?P<v>{NAME})",
        keep=keep_relative_name,
    ),
    rule(
        "NAME",
        "seen by|examined by|evaluated by|discussed with|spoke with|spoke to|accompanied by|lives with|signed by|dictated by|"
        "referred by|brought in by|reviewed by|performed by|assisted by|interpreted by|signed|named|under the care of|followed by|"
        "operated on by|met with|on behalf of|written by|cared for by|discussed case with|paged|attn|reported by|translated by|"
        "visited by|handed over to|handoff to|sign-out to|entered by|co-signed by|cosigned by|countersigned by|attested by|"
        "supervised by|witnessed by|e-signed by|esigned by|electronically signed by|authenticated by|verified by|approved by|prepared by|"
        "for referring|pleasure of seeing|pleasure to see|pleasure of meeting|summary for|opportunity to see|asked to see|consulted on|"
        "for seeing|i saw|we saw|next of kin is|contact is|proxy is|surrogate is|guardian is|provider is|physician is|surgeon is|pcp is|"
        "therapist|interpreter|translator|scribe|caregiver|social worker|case manager|dietitian|pharmacist|resident|intern|fellow|attending|"
        "technician|technologist|medical student|care coordinator|counselor|psychologist|surgeon|nurse practitioner|home health aide|aide|"
        "roommate|landlord|teacher|boss|attorney|lawyer|coworker|colleague|donor|witness|driver|tenant|caller|driven by|admitted by|assessed by|care of|presented by|presented by dr",
        rf"§:?[ \t]+{_TITLE}(?P<v>{NAME}|{INITIAL_NAME}|{SHOUTED}(?:, ?| ){SHOUTED})",
        keep=keep_name_in_prose,
    ),
    # After these words a capitalised phrase is a name only if it begins like one.
    rule(
        "NAME",
        "by|per|called|informed|notified|contacted|obtained from|attention|noted by|with|from|for|told|asked",
        rf"§:?[ \t]+(?P<v>{NAME})",
        keep=keep_known_given_name,
    ),
    rule("NAME", "dear|hello|hi", rf"§[ \t]+{_TITLE}(?P<v>{NAME})", keep=keep_name),
    rule(
        "NAME",
        "sincerely|regards|respectfully|yours truly|yours faithfully|thank you|best wishes",
        rf"§,?\s{{1,4}}{_TITLE}(?P<v>{NAME}|{INITIAL_NAME})",
        keep=keep_name_in_prose,
    ),
    rule(
        "NAME",
        "my name is|goes by|is called|also known as|aka|a.k.a.|known as|née|nee|alias",
        rf"§[ \t]+[\"“']?(?P<v>{NAME})",
        keep=keep_name,
    ),
    # "John Smith, MD", "Smith RN": the degree stands behind the name.
    Rule(
        kind="NAME",
        triggers=(
            ", md",
            ", m.d.",
            ", do",
            ", rn",
            ", np",
            ", pa-c",
            ", phd",
            ", ph.d.",
            ", dds",
            ", mbbs",
            ", frcs",
            ", lcsw",
            ", lpn",
            ", pharmd",
            " md",
            " rn",
            " m.d.",
            ", aprn",
            ", crna",
            ", dnp",
            ", mph",
        ),
        pattern=r"(?![a-z])",
        behind=rf"(?<![\w.])(?P<v>{NAME}|{INITIAL_NAME}|{SHOUTED}(?:, ?| ){SHOUTED})\Z",
        keep=keep_name_in_prose,
    ),
    # "John Smith (DOB ...", "Smith, John, MRN ...".
    Rule(
        kind="NAME",
        triggers=(
            " (dob",
            " (mrn",
            ", dob",
            ", mrn",
            " dob",
            " mrn",
            " (d.o.b",
            "; mrn",
            "; dob",
            " (medical record",
            ", medical record",
            " (born",
            " (date of birth",
            " (id",
            " (ssn",
            ", ssn",
        ),
        pattern=r"(?![a-z])",
        behind=rf"(?<![\w.])(?P<v>{NAME}|{INITIAL_NAME}|{SHOUTED}(?:, ?| ){SHOUTED}|{WORD}, {WORD}(?: {INITIAL})?)\Z",
        keep=keep_name_in_prose,
    ),
    # "John Smith is a 45-year-old man", "Maria Lopez, a 61 y/o".
    Rule(
        kind="NAME",
        triggers=(" is a", " is an", ", a ", ", an ", " was a", ", age", " (age", " aged", ", aged", ", "),
        pattern=r"(?:n?[ \t]+|d?[ \t]+)?\d{1,3}[- ]?(?:year|yr|y/?o|yo\b|month|week|[MF]\b)",
        behind=rf"(?<![\w.])(?P<v>{NAME}|{INITIAL_NAME}|{SHOUTED},? {SHOUTED})\Z",
        keep=keep_name_in_prose,
    ),
    # "Okafor denies pain.": whom a note speaks of by the surname alone.
    Rule(
        kind="NAME",
        triggers=(
            " denies",
            " tolerated",
            " endorses",
            " complains of",
            " underwent",
            " was readmitted",
            " was intubated",
            " was extubated",
        ),
        pattern=r"(?![A-Za-z])",
        behind=rf"(?:(?<=[.!?:]\s)|(?<=\n)|\A)(?P<v>{WORD}(?: {WORD})?)\Z",
        keep=keep_subject,
    ),
    # A usual given name and a surname, without any context.
    Rule(
        kind="NAME",
        triggers=tuple(sorted(name + " " for name in GIVEN_NAMES if len(name) > 2)),
        pattern=rf"(?P<v>{WORD}(?: {INITIAL})?(?: {PARTICLE}){{0,2}} (?:Mc)?{WORD})",
        keep=keep_known_given_name,
    ),
)
