"""The data card of a build: a Hugging Face dataset card (`README.md`) and Croissant metadata (`croissant.json`) beside the
shards, so that others can load, judge and cite them.

Both are written from the datasets alone and hold no time, host or path: the same shards have the same card.
"""

from __future__ import annotations

from pathlib import Path

from corpus.card.composition import read_composition
from corpus.card.croissant import croissant
from corpus.card.readme import readme
from medpress.store import write_json, write_text

CARD_FILE = "README.md"
CROISSANT_FILE = "croissant.json"


def write_card(data: Path) -> None:
    """Describe the shards of a data folder; their manifest must be up to date."""
    composition = read_composition(data)
    write_text(data / "shards" / CARD_FILE, readme(composition))
    write_json(data / "shards" / CROISSANT_FILE, croissant(composition))
