"""The words of the report in another language than English.

The report is written in English where its figures are made; `words/<language>.toml` says each of its phrases in another language.
A finding has figures in it: there a phrase has `{}` for each, and its translation `{0}`, `{1}`, … What a file does not say stays
English, and so does what comes from the corpus itself.
"""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from importlib.resources import files

LANGUAGES = ("en", "zh")
"""Languages that the report is written in."""


class Wording:
    """The phrases of one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._phrases, self._findings = _read(language)

    def say(self, phrase: object) -> str:
        """A phrase."""
        return self._phrases.get(str(phrase), str(phrase))

    def told(self, finding: object) -> str:
        """A sentence with figures in it, or several of them after one another."""
        text = str(finding)
        if text in self._phrases:
            return self._phrases[text]
        for pattern, said in self._findings:
            if found := pattern.fullmatch(text):
                return said.format(*(self.say(value) for value in found.groups()))
        return text


@lru_cache
def _read(language: str) -> tuple[dict[str, str], list[tuple[re.Pattern[str], str]]]:
    if language == "en":
        return {}, []
    told = tomllib.loads(files("corpus.audit").joinpath(f"words/{language}.toml").read_text(encoding="utf-8"))
    findings = [
        (re.compile(re.escape(phrase).replace(r"\{\}", "(.+?)"), re.DOTALL), said)
        for phrase, said in told["findings"].items()
    ]
    return told["phrases"], findings
