"""Prompts: Markdown files in two languages, `$name` where a value goes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from string import Template

from medpress.store import identity

PROMPTS = Path(__file__).parent / "prompts"
"""The prompts of synthesis, and the one that asks for a repair."""


@cache
def _template(folder: Path, name: str, lang: str) -> Template:
    return Template((folder / f"{name}.{lang}.md").read_text(encoding="utf-8").strip())


def prompt(name: str, lang: str, folder: Path = PROMPTS, /, **values: str) -> str:
    """The prompt `name` in `lang` (en or zh) with its values. Raises `KeyError` when one is missing."""
    return _template(folder, name, lang).substitute(values)


def fingerprint(*folders: Path) -> str:
    """Names the wording of all prompts in these folders: a changed prompt makes new items."""
    files = [path for folder in folders for path in sorted(folder.glob("*.md"))]
    return identity([(path.name, path.read_text(encoding="utf-8")) for path in files])


def lettered(options: Mapping[str, str]) -> str:
    """Options as lines, each with its letter."""
    return "\n".join(f"{letter}. {text}" for letter, text in options.items())
