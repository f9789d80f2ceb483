"""Read a range of pages of a large document."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ingest.assembly.page_rows import WORK_PAGE, to_table
from ingest.document import Mark, Page, UnreadableError, options_of
from ingest.identity import options_identity, readers_identity
from ingest.kept_pages import keep, kept, part_of
from ingest.readers import load_reader
from medpress.location import local_copy, location
from medpress.run.step import Step
from medpress.run.task import Failure, Task
from medpress.store import write_table


def read_pages(task: Task, mark: Mark) -> None:
    """Read pages `first` to `last` of a file. Writes `WORK_PAGE`.

    Arguments: `path`, `doc_id`, `format`, `first`, `last`, `options`, `first_failure` (of a page that is tried by the
    other route; when that finds nothing, the first failure stands), `part` (pages that a task which failed has left),
    `passwords` (place, size and time of a file of them, or none).
    """
    a = task.arguments
    pages = list(keep(_pages(a, mark), a["doc_id"], task.output))
    if a["first_failure"] and not any(page.blocks for page in pages):
        raise UnreadableError(**a["first_failure"])
    write_table(task.output, to_table(a["doc_id"], pages, WORK_PAGE))
    location(part_of(task.output)).unlink(missing_ok=True)


def _pages(a: dict[str, Any], mark: Mark) -> Iterator[Page]:
    left = kept(a["part"], a["doc_id"])
    path: Path | None = None
    page = a["first"]
    while page <= a["last"]:
        if page in left:
            yield left[page]
            page += 1
            continue
        last = next((number - 1 for number in range(page, a["last"] + 1) if number in left), a["last"])
        path = path or local_copy(location(a["path"]))
        yield from load_reader(a["format"]).read(path, page, last, options_of(a["options"], a["passwords"]), mark)
        page = last + 1


READ_PAGES = Step(
    read_pages,
    settings=("doc_id", "first", "last", "first_failure"),
    models={"format": lambda format: readers_identity([format]), "options": options_identity},
    aside=("path", "part", "passwords"),
    per="page range",
)
"""A document is what its bytes are, wherever they lie."""


def charged(task: Task, mark: str) -> str | None:
    """The document that reading pages is charged to; pages that an earlier task has left cost nothing."""
    a = task.arguments
    left = kept(a["part"], a["doc_id"])
    return None if all(page in left for page in range(a["first"], a["last"] + 1)) else a["path"]


def smaller(task: Task, failure: Failure) -> list[Task]:
    """Single pages instead of a range; for a single page of a PDF the other route, once.

    Where there was no time for all pages, those that were read before and the rest.
    """
    a, work = task.arguments, location(task.output).parent.parent
    if failure.kind in ("budget", "postponed"):
        return _read_and_rest(task, work)
    if a["first"] < a["last"]:
        part = part_of(task.output)
        pages = range(a["first"], a["last"] + 1)
        return [pages_task(work, **(a | {"first": page, "last": page, "part": part})) for page in pages]
    if a["format"] != "pdf" or a["options"]["ocr"] != "auto":
        return []
    options = a["options"] | {"ocr": "never" if "ocr" in failure.mark else "always"}
    first_failure = {"kind": failure.kind, "message": failure.message}
    return [pages_task(work, **(a | {"options": options, "first_failure": first_failure, "part": None}))]


def _read_and_rest(task: Task, work: Path) -> list[Task]:
    a = task.arguments
    for part in (part_of(task.output), a["part"]):
        left = kept(part, a["doc_id"])
        rest = next((page for page in range(a["first"], a["last"] + 1) if page not in left), a["last"] + 1)
        if rest > a["first"]:
            ranges = [(a["first"], rest - 1, part), (rest, a["last"], None)]
            return [
                pages_task(work, **(a | {"first": first, "last": last, "part": its}))
                for first, last, its in ranges
                if first <= last
            ]
    return []


def pages_task(work: Path, **arguments: Any) -> Task:
    """The task that reads some pages; arguments as of `read_pages`."""
    first, last = arguments["first"], arguments["last"]
    pages = f"page {first}" if first == last else f"pages {first}-{last}"
    return READ_PAGES.task(work, f"{arguments['doc_id']}, {pages}", **arguments)
