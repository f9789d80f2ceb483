"""The kinds of protected health information, and where text may carry which of them.

The kinds follow the eighteen identifiers of the HIPAA safe-harbour rule (45 CFR 164.514(b)(2)) and the ones that
Chinese records add: identity card, medical and social insurance number, passport, inpatient and outpatient number,
mobile telephone, WeChat and QQ accounts, bank card. Full-face photographs are outside of text; what text can hold is
the name of such a file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

DEFAULT_ENGINE = "learned"
"""The engine that finds identifiers where nobody names another one; see `nlp.phi.finders.FINDERS`."""

Policy = Literal["precise", "thorough"]
"""precise: textbooks, guidelines, literature. Names of authors, affiliations and dates of publication stay; only what
is marked as a patient's, or cannot be anything but personal, is taken. thorough: notes, web pages and everything else;
names in context, all dates finer than a year, places smaller than a province or state, and ages over 89."""

POLICY_OF_SOURCE_TYPE: dict[str, Policy] = {"textbook": "precise", "guideline": "precise", "literature": "precise"}
"""Policy by `source_type`; every other source type is read with "thorough"."""

KINDS: dict[str, str] = {
    "NAME": "name of a person in the record: patient, relative, carer, staff (HIPAA A)",
    "ADDRESS": "place smaller than a state or province: street, city, postal code (B)",
    "DATE": "date finer than a year (C)",
    "AGE": "age over 89 (C)",
    "PHONE": "telephone number, Chinese mobile numbers included (D)",
    "FAX": "fax number (E)",
    "EMAIL": "e-mail address (F)",
    "SSN": "United States social security number (G)",
    "RECORD": "medical record number: MRN, inpatient, outpatient, case and visit number, 住院号, 门诊号, 病案号 (H)",
    "INSURANCE": "health plan or social insurance number: member and policy number, 医保号, 社保号 (I)",
    "ACCOUNT": "account number (J)",
    "BANK_CARD": "bank card number, with a valid Luhn digit or a label (J)",
    "LICENSE": "certificate or licence number: driving licence, DEA, NPI, 驾驶证, 执业证 (K)",
    "VEHICLE": "vehicle identification number or plate (L)",
    "DEVICE": "serial number or hardware address of a device (M)",
    "URL": "web address that carries an identifier of a person (N)",
    "IP": "internet protocol address (O)",
    "BIOMETRIC": "identifier of a fingerprint, voice print or iris template (P)",
    "PHOTO": "file name of a photograph of the patient (Q)",
    "ID_CARD": "Chinese identity card number, with a valid checksum or a label (R)",
    "PASSPORT": "passport number (R)",
    "SOCIAL": "account of a messenger or social network: WeChat, QQ (R)",
    "OTHER_ID": "any other identifying number: accession, specimen, study subject (R)",
}
"""Kind -> what it is; the kind is the word in the placeholder, as in [NAME-1]."""


@dataclass(frozen=True, slots=True, order=True)
class PhiSpan:
    """One finding: `text[start:end]` is protected health information of kind `type`."""

    start: int
    end: int
    type: str


Finder = Callable[[str, str, Policy, Iterable[str]], list[PhiSpan]]
"""(text, language, policy, names known from elsewhere in the document) -> spans in order, without overlaps."""


def policy_for(source_type: str) -> Policy:
    """The policy for a document's `source_type`."""
    return POLICY_OF_SOURCE_TYPE.get(source_type, "thorough")
