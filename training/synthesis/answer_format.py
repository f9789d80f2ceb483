"""What a reasoning answer must look like to be trained on: its two parts, language, scripts, tags and length."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from medpress.tokenising import ANSWER, END_ANSWER, END_THINK, THINK
from medpress.writing_systems import count_han

MAX_CHARACTERS = 8192
"""A longer answer is not trained on."""
CHINESE_SHARE = 0.7
"""Least share of Chinese characters among the letters of an answer to a Chinese question."""

_PARTS = re.compile(
    rf"\A\s*(?:(?:{THINK})?(?P<think>.*?){END_THINK}\s*)?{ANSWER}(?P<answer>.*?){END_ANSWER}\s*\Z", re.DOTALL
)
_MARKUP = (THINK, END_THINK, ANSWER, END_ANSWER)
# What templates leave behind: control tokens between bars, instruction brackets, XML-like tags (never a comparison such
# as "p<0.05" or "a < b > c"), unfilled placeholders, and lines that name a speaker.
_TAGS = re.compile(
    r"<[|｜][^<>|｜]{1,40}[|｜]>"
    r"|\[/?(?:INST|SYS|SYSTEM|USER|ASSISTANT)\]|<</?SYS>>"
    r"|</?[A-Za-z][\w:.-]*(?:\s+[\w:-]+\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s<>\"']+))*\s*/?>"
    r"|\{\{[^{}]*\}\}|\{[A-Za-z_]\w*\}|\$\{?[A-Za-z_]\w{2,}\}?"
    r"|^\s*(?:#{1,6}\s*)?(?:Human|User|Assistant|System|Instruction|Response|Input|Output)\s*:\s*$",
    re.MULTILINE,
)
_LETTER = re.compile(r"\W*[A-Z]\W*")
_TYPOGRAPHY = re.compile(r"</?(?:sub|sup)>")
_SCRIPTS = {"LATIN", "GREEK", "CJK", "FULLWIDTH", "MICRO", "SCRIPT", "KELVIN", "ANGSTROM", "OHM", "DOUBLE-STRUCK"}
_SCRIPTS |= {"FEMININE", "MASCULINE", "SUPERSCRIPT", "SUBSCRIPT", "MODIFIER", "IDEOGRAPHIC", "N-ARY", "ALEF"}


@dataclass(frozen=True, slots=True)
class Parts:
    """The two parts of a reasoning answer, stripped."""

    think: str
    answer: str

    @property
    def text(self) -> str:
        """Both parts in the form that is trained on; reasoning that is missing leaves no tags."""
        think = f"{THINK}{self.think}{END_THINK}" if self.think else ""
        return f"{think}{ANSWER}{self.answer}{END_ANSWER}"


def parts_of(text: str) -> Parts | None:
    """Reasoning and answer of a completion, or None unless it is one of each, in this order, and nothing around them.

    The reasoning may be missing (it is empty then), and so may its opening tag, which some chat templates give away.
    """
    match = _PARTS.match(text)
    if match is None:
        return None
    think, answer = (match["think"] or "").strip(), match["answer"].strip()
    if not answer or any(tag in part for part in (think, answer) for tag in _MARKUP):
        return None
    return Parts(think, answer)


def misfit(parts: Parts, lang: str, least_think: int = 1) -> str | None:
    """Why an answer in a language (en or zh) cannot be trained on, or None. `least_think` is in characters."""
    whole = f"{parts.think}\n{parts.answer}"
    if len(parts.think) < least_think:
        return "reasoning too short"
    if len(parts.text) > MAX_CHARACTERS:
        return "too long"
    if _TAGS.search(_TYPOGRAPHY.sub("", whole)):
        return "template tags"
    if stray_script(whole):
        return "stray script"
    if not in_language(parts.think if _LETTER.fullmatch(parts.answer) else whole, lang):
        return "wrong language"
    return None


def in_language(text: str, lang: str) -> bool:
    """zh: at least 70 % of the letters are Chinese characters; en: none is."""
    letters = [character for character in text if character.isalpha()]
    chinese = count_han("".join(letters))
    return chinese >= CHINESE_SHARE * len(letters) if lang == "zh" else chinese == 0


def stray_script(text: str) -> str | None:
    """The first letter that belongs neither to English nor to Chinese medical text (Greek letters do), or None."""
    for character in dict.fromkeys(text):
        if character == "\ufffd" or unicodedata.category(character) in ("Co", "Cs", "Cn"):
            return character
        if ord(character) > 0x24F and character.isalpha():
            name = unicodedata.name(character, "?")
            if name.split()[0] not in _SCRIPTS and "MATHEMATICAL" not in name:
                return character
    return None
