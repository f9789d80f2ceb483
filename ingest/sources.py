"""What a document's collection is called, and as what its folder has it read.

The name of a collection stands in every record, in the card and on the console, so it is never a person's: it is what the
user calls it, or the folder's name where all words of it are known to be nobody's (`nlp.phi.places`), else the source type.
Clinical notes are a source of their own.
"""

from __future__ import annotations

from medpress.schema import SOURCE_TYPES
from nlp.phi import collection_name

OF_NOTES = frozenset("note notes patient patients 病历 病案 病人 患者 病例".split())  # noqa: SIM905 - a word list
"""Folders of these names hold clinical notes, whatever the folders in them are called."""


def source_type_of(folder: str) -> str | None:
    """The source type that a folder is named for."""
    word = folder.lower()
    if word in OF_NOTES:
        return "note"
    return next((known for known in SOURCE_TYPES if word in (known, known + "s")), None)


def is_named(folder: str) -> bool:
    """Whether a folder gives its documents a source, or the kind of them."""
    return source_type_of(folder) is not None or collection_name(folder) is not None


def source_of(folder: str, source_type: str, given: str | None, only_notes: bool) -> str:
    """The name of the collection of a document.

    `given` is the user's word (None: none), `only_notes` whether he gave it to notes alone.
    """
    if given is not None:
        return given if source_type != "note" or only_notes else f"{given} notes"
    return source_type if source_type == "note" else collection_name(folder) or source_type
