"""What a report is made of: fields with a value, or with who has to provide it; and the page that shows them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """A field of a form."""

    section: str
    """The section of the form, with its number there."""
    field: str
    """What is asked."""
    value: str = ""
    """The answer, from the build; empty where only a person may give it."""
    by: str = ""
    """Who has to provide it, where the build cannot tell, or has to add to what it tells."""

    @property
    def text(self) -> str:
        """The answer as it is printed."""
        open_ = f"**to be provided by {self.by}**" if self.by else ""
        return " · ".join(filter(None, (self.value, open_)))


def markdown(title: str, sources: Sequence[str], unverified: Sequence[str], entries: Iterable[Entry]) -> str:
    """A report: a table a section, at the end what it rests on, and what of it was not held against that."""
    lines = [f"# {title}", ""]
    section = ""
    for entry in entries:
        if entry.section != section:
            section = entry.section
            lines += ["", f"## {section}", "", "| asked | answer |", "| --- | --- |"]
        lines.append(f"| {cell(entry.field)} | {cell(entry.text)} |")
    lines += ["", "## Sources", "", *(f"- {source}" for source in sources), ""]
    if unverified:
        lines += ["## Not verified against these texts", "", *(f"- {what}" for what in unverified), ""]
    return "\n".join(lines)


def cell(text: str) -> str:
    """A text that stays in its cell and is no markup of HTML."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
