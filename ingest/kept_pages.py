"""Pages written down as they are read, so that those before one that fails need not be read again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa

from ingest.assembly.page_rows import WORK_PAGE, from_tables, to_table
from ingest.document import Page
from medpress.location import is_remote, location
from medpress.modes import make_file, make_folder


def part_of(output: str) -> str:
    """Where a task keeps the pages that it has read so far."""
    return f"{output}.part"


def keep(pages: Iterable[Page], doc_id: str, output: str) -> Iterator[Page]:
    """Hand pages on, each written down before the next one is read. In an object store, where no file grows, none is."""
    path = location(part_of(output))
    if is_remote(path):
        yield from pages
        return
    make_folder(path.parent)
    make_file(path)
    with open(path, "wb") as file, pa.ipc.new_stream(file, WORK_PAGE) as writer:
        for page in pages:
            writer.write_table(to_table(doc_id, [page], WORK_PAGE))
            file.flush()
            yield page


def kept(part: str | None, doc_id: str) -> dict[int, Page]:
    """The pages of a document that a task which failed has left, by number; of one that was cut off, those that are whole."""
    if part is None or is_remote(location(part)) or not Path(part).exists():
        return {}
    batches: list[pa.RecordBatch] = []
    try:
        with open(part, "rb") as file, pa.ipc.open_stream(file) as reader:
            batches.extend(reader)
    except (pa.ArrowInvalid, OSError):  # it ends in the middle of a page
        pass
    pages = from_tables([pa.Table.from_batches(batches, WORK_PAGE)]) if batches else []
    its = {batch["doc_id"][0].as_py() for batch in batches}
    return {page.page: page for page in pages} if its == {doc_id} else {}
