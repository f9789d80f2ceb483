"""Where the people, places and words of invented notes come from: openly licensed lists, read from installed packages.

Faker (MIT) holds given names, surnames and addresses of some sixty countries; jieba (MIT) holds a dictionary of Chinese in
which names of persons are marked. Both are needed for training alone (`pip install 'medpress[phi]'`), and nothing of them is
run: Faker's lists are read as they stand in its modules, jieba's as a table.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from medpress.writing_systems import HAN
from nlp.phi.gazetteer import COMPOUND_SURNAMES, GIVEN_CHARACTERS, NOT_CHINESE_NAMES, SURNAMES

_LATIN: Final = re.compile(r"[A-Za-zÀ-ɏḀ-ỿ][A-Za-zÀ-ɏḀ-ỿ' -]+")
_HAN: Final = re.compile(f"[{HAN}]+")
_OF_PERSONS: Final = frozenset(["nr", "nrt", "nrfg"])
"""jieba's marks of names of persons; `nrt` are names in transcription."""
_FOREIGN: Final = frozenset(["nz", "x", "eng"])
"""Marks of brands, works and foreign words: neither names of persons nor words of notes."""


def package_folder(name: str) -> Path:
    """The folder of an installed package.

    Raises: SystemExit, with the command that installs it.
    """
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise SystemExit(f"training the model of identifiers needs {name}: pip install 'medpress[phi]'")
    return Path(spec.origin).parent


def people(chance: random.Random, count: int) -> list[tuple[str, str]]:
    """(given name, surname) in Latin letters, both of one country."""
    package_folder("faker")
    names = importlib.import_module("faker.providers.person")
    countries = []
    for module in sorted(pkgutil.iter_modules(names.__path__), key=lambda m: m.name):
        provider = importlib.import_module(f"faker.providers.person.{module.name}").Provider
        given, surnames = (_listed(provider, attribute) for attribute in ("first_name", "last_name"))
        if len(given) > 20 and len(surnames) > 20:
            countries.append((given, surnames))
    picked = []
    for _ in range(count):
        given, surnames = chance.choice(countries)
        picked.append((chance.choice(given), chance.choice(surnames)))
    return picked


def _listed(provider: Any, attribute: str) -> list[str]:
    found: set[str] = set()
    for name in dir(provider):
        values = getattr(provider, name)
        if name.startswith(attribute) and isinstance(values, (list, tuple, dict)):
            found.update(value for value in values if isinstance(value, str) and _LATIN.fullmatch(value))
    return sorted(found)


def streets(chance: random.Random, count: int) -> list[tuple[str, str, str]]:
    """(street and number, town, postal code) of countries that write Latin letters."""
    package_folder("faker")
    faker = importlib.import_module("faker")
    makers = [faker.Faker(country) for country in _COUNTRIES]
    for number, maker in enumerate(makers):
        maker.seed_instance(chance.randrange(1 << 30) + number)
    picked = []
    for _ in range(count):
        maker = chance.choice(makers)
        picked.append((" ".join(maker.street_address().split()), maker.city(), maker.postcode()))
    return picked


_COUNTRIES: Final = [
    "en_US",
    "en_US",
    "en_GB",
    "en_AU",
    "en_CA",
    "en_IE",
    "en_IN",
    "de_DE",
    "fr_FR",
    "es_ES",
    "it_IT",
    "nl_NL",
    "pl_PL",
    "pt_BR",
    "sv_SE",
    "da_DK",
    "cs_CZ",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class ChineseWords:
    """What a dictionary of Chinese knows."""

    names: tuple[str, ...]
    """Names of persons: a surname and one or two characters."""
    transcribed: tuple[str, ...]
    """Names of persons in transcription."""
    words: tuple[str, ...]
    """Words of two to four characters that name nobody, the most frequent first."""
    places: tuple[str, ...]
    """Names of places, with and without the last character of their level."""
    frequencies: Counter[str]
    """Character -> how often it stands in words that name nobody."""


def chinese_words() -> ChineseWords:
    """The dictionary of jieba, split into names and words."""
    names, transcribed, places, words, frequencies = [], [], [], [], Counter[str]()
    for word, count, mark in _dictionary():
        if not _HAN.fullmatch(word):
            continue
        if mark == "nrt" and 2 <= len(word) <= 5:
            transcribed.append(word)
        elif mark == "nr" and 2 <= len(word) <= 4 and word not in NOT_CHINESE_NAMES:
            rest = word[2:] if word[:2] in COMPOUND_SURNAMES else word[1:] if word[0] in SURNAMES else ""
            if rest and GIVEN_CHARACTERS.issuperset(rest) and not rest.endswith(_TITLES):
                names.append(word)
        elif mark == "ns" and 2 <= len(word) <= 5:
            places.append(word)
        elif mark not in _OF_PERSONS:
            frequencies.update(dict.fromkeys(word, count))
            if 2 <= len(word) <= 4 and mark not in _FOREIGN:
                words.append((count, word))
    usual = {character for character, _ in Counter("".join(transcribed)).most_common(_OF_TRANSCRIPTION)}
    transcribed = [name for name in transcribed if usual.issuperset(name)]
    ordered = tuple(word for _, word in sorted(words, key=lambda pair: (-pair[0], pair[1])))
    return ChineseWords(
        names=tuple(names),
        transcribed=tuple(transcribed),
        words=ordered,
        places=tuple(places),
        frequencies=frequencies,
    )


_OF_TRANSCRIPTION: Final = 300
"""Characters that transcriptions are made of; what holds another is a word that the dictionary marks wrongly."""
_TITLES: Final = ("医生", "先生", "女士", "老师", "氏", "某", "姓", "家", "爷", "公", "姐", "哥", "老", "总")


def _dictionary() -> Iterator[tuple[str, int, str]]:
    for line in (package_folder("jieba") / "dict.txt").read_text(encoding="utf-8").splitlines():
        word, count, mark = line.split(" ")
        yield word, int(count), mark
