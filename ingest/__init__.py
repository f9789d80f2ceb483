"""Raw files to documents: PDF, scans, web pages, EPUB, DOCX, JATS and text, page by page.

ingest.read("guideline.pdf").markdown
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from medpress.door import door

if TYPE_CHECKING:
    from ingest.document import Block as Block
    from ingest.document import Page as Page
    from ingest.document import ReadOptions as ReadOptions
    from ingest.document import UnreadableError as UnreadableError
    from ingest.one_file import Document as Document
    from ingest.one_file import read as read
else:
    __getattr__, __dir__ = door(
        __name__,
        {
            "Block": "ingest.document",
            "Document": "ingest.one_file",
            "Page": "ingest.document",
            "ReadOptions": "ingest.document",
            "UnreadableError": "ingest.document",
            "read": "ingest.one_file",
        },
        needs=("nlp",),
    )

__all__ = ["Block", "Document", "Page", "ReadOptions", "UnreadableError", "read"]
