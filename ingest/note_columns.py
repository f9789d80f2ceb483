"""What can be said of the columns of a table of notes."""

from __future__ import annotations

from dataclasses import dataclass

from cyclopts import Parameter


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class NoteColumns:
    """Which columns of the table hold what; those not named are found by their names, the text also by its length."""

    text_column: str | None = None
    """Column with the note."""
    id_column: str | None = None
    """Column with the note's own number, kept among the identifiers of the (raw) document."""
    date_column: str | None = None
    """Column with its date."""
    title_column: str | None = None
    """Column with its title or kind."""
