"""Documents to shards: clean, deduplicate, annotate, audit.

corpus.dedup(["Take 5 mg daily.", "Take 5 mg daily!"]).dropped
corpus.open("data").shards.to_table(["id", "text"])
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from medpress.door import door

if TYPE_CHECKING:
    from corpus.duplicates.config import DedupConfig as DedupConfig
    from corpus.tables import Corpus as Corpus
    from corpus.tables import open as open
    from corpus.text_duplicates import Deduplicated as Deduplicated
    from corpus.text_duplicates import DroppedText as DroppedText
    from corpus.text_duplicates import dedup as dedup
else:
    __getattr__, __dir__ = door(
        __name__,
        {
            "Corpus": "corpus.tables",
            "DedupConfig": "corpus.duplicates.config",
            "Deduplicated": "corpus.text_duplicates",
            "DroppedText": "corpus.text_duplicates",
            "dedup": "corpus.text_duplicates",
            "open": "corpus.tables",
        },
        needs=("nlp",),
    )

__all__ = ["Corpus", "DedupConfig", "Deduplicated", "DroppedText", "dedup", "open"]
