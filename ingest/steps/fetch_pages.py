"""Fetch web pages in a process of its own, so that no answer takes more of this machine than a document may.

No declared step: a host may answer otherwise every time, so its own index says what need not be asked for again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from ingest.document import Mark
from ingest.fetching.fetch import MAX_RETRY_SECONDS, Client, FetchConfig, Fetched, FetchError, fetch, sitemap_urls
from medpress.command import progress
from medpress.location import location
from medpress.run.local import LocalExecutor
from medpress.run.task import Failure, Limits, Task
from medpress.store import identity, read_json, write_json

ADDRESSES_PER_TASK = 32
"""Fetched together; what is fetched is kept, also of a task that fails."""
_SITEMAP_ENDINGS = (".xml", ".xml.gz")


def list_sitemap(task: Task, mark: Mark) -> None:
    """Arguments: `urls` (one), `fetching`. Writes JSON: the `urls` of the sitemap, and what `failed`."""
    (url,) = task.arguments["urls"]
    try:
        found: dict[str, Any] = {"urls": sitemap_urls(url, _client(task, mark)), "failed": []}
    except FetchError as error:
        found = {"urls": [], "failed": [_failed(url, error.kind, error.message)]}
    write_json(task.output, found)


def fetch_pages(task: Task, mark: Mark) -> None:
    """Arguments: `urls`, `folder`, `fetching`. Writes JSON: a list of `Fetched`."""
    outcomes = fetch(task.arguments["urls"], location(task.arguments["folder"]), _client(task, mark))
    write_json(task.output, [asdict(outcome) for outcome in outcomes])


def _client(task: Task, mark: Mark) -> Client:
    """The client of this process, which knows what hosts have said to earlier tasks."""
    client = _kept(FetchConfig(**task.arguments["fetching"]))
    client.asking = lambda: mark("request")
    return client


@cache
def _kept(config: FetchConfig) -> Client:

    return Client(config)


def fetch_supervised(urls: Sequence[str], folder: Path, config: FetchConfig, memory_bytes: int) -> Iterator[Fetched]:
    """Fetch addresses and what sitemaps among them name, at most `memory_bytes` resident; each address once.

    What ends the process that fetches, or does not come to an end, is told as the failure of its address.
    """
    limits = Limits(step_seconds=config.fetch_seconds + 2 * MAX_RETRY_SECONDS, memory_bytes=memory_bytes)
    executor = LocalExecutor(workers=1, limits=limits, preload=("ingest.steps.fetch_pages",))
    values = asdict(config)

    def task(some: Sequence[str]) -> Task:
        output = str(folder / "outcomes" / f"{identity(list(some))}.json")
        return Task(
            identity(list(some)),
            f"{len(some)} addresses",
            {"urls": list(some), "folder": str(folder), "fetching": values},
            output,
        )

    try:
        maps = [url for url in urls if url.lower().split("?")[0].endswith(_SITEMAP_ENDINGS)]
        pages = [url for url in urls if url not in maps]
        for done, failure, _ in executor.map(list_sitemap, [task([url]) for url in maps]):
            found = _output(done, failure)
            pages += found["urls"] if failure is None else []
            yield from (Fetched(**each) for each in (found["failed"] if failure is None else found))
        pages = list(dict.fromkeys(page.strip() for page in pages))
        with progress("fetch", len(pages), "pages") as tick:
            waiting = [task(pages[n : n + ADDRESSES_PER_TASK]) for n in range(0, len(pages), ADDRESSES_PER_TASK)]
            while waiting:
                broken: list[Sequence[str]] = []
                for done, failure, _ in executor.map(fetch_pages, waiting):
                    some = done.arguments["urls"]
                    if failure is not None and len(some) > 1:
                        broken += [some[: len(some) // 2], some[len(some) // 2 :]]
                        continue
                    tick(len(some))
                    yield from (Fetched(**each) for each in _output(done, failure))
                waiting = [task(some) for some in broken]
    finally:
        executor.close()


def _output(task: Task, failure: Failure | None) -> Any:
    """What a task has written; of one that failed the failure of its addresses."""
    if failure is not None:
        return [_failed(url, failure.kind, failure.message) for url in task.arguments["urls"]]
    written = read_json(task.output)
    location(task.output).unlink()
    return written


def _failed(url: str, kind: str, message: str) -> dict[str, str]:
    return {"url": url, "outcome": "failed", "kind": kind, "message": message}
