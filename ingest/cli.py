"""The `ingest` command: read documents into a data folder, and see what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from ingest.config import IngestConfig
from ingest.document import ReadOptions
from ingest.fetching.config import FetchConfig
from ingest.note_columns import NoteColumns
from ingest.readers import FORMATS
from medpress.command import ONCE, Location, Script, UserError, build_app, group, print_table, run, say
from medpress.errors import to_run
from medpress.ranges import between

if TYPE_CHECKING:
    from ingest.run import IngestResult

app = build_app("ingest", "Read PDF, scans, web pages, EPUB, DOCX, JATS and text into documents and pages.")
train = Script(name="train", help="Train a model.")
app.command(train)

FAILURES_SHOWN = 10
"""Quarantined files and pages that the summary names."""

Paths = Annotated[list[str], Parameter(help="Files or folders; in a folder the files of this format are taken.")]


def _run(paths: Sequence[str], command: str, config: IngestConfig | None, fetching: FetchConfig | None = None) -> int:
    from ingest.run import ingest

    config = config or IngestConfig()
    result = ingest(paths, FORMATS[command], config, fetching)
    _summary(result, config)
    nothing_read = result.documents == 0
    return 1 if nothing_read or (config.strict and result.reasons) else 0


def _summary(result: IngestResult, config: IngestConfig) -> None:
    data = config.data
    if not result.read:
        say(f"Nothing to do: all {result.files} files were read before (into {data}).")
    ways = ", ".join(f"{count} {route}" for route, count in result.routes.most_common()) or "none"
    say(
        f"{result.files} files = {result.documents} documents + {result.copies} copies of them"
        f" + {result.quarantined_files} quarantined. Pages by route: {ways}."
    )
    if result.routes["ocr"]:
        say(f"OCR by {config.read.ocr_backend} on {config.read.ocr_device}.")
    if result.reasons:
        why = ", ".join(f"{count} {kind}" for kind, count in result.reasons.most_common())
        say(f"Quarantined: {result.quarantined_files} files and {result.quarantined_pages} pages ({why}).")
        for called, page, message in result.failures[:FAILURES_SHOWN]:
            say(f"  {called}{f', page {page}' if page else ''}: {message}")
        if len(result.failures) > FAILURES_SHOWN:
            say(f"  … and {len(result.failures) - FAILURES_SHOWN} more.")
        say(f"File names may tell persons: {to_run('ingest list --quarantined', data)} says which files these are.")
    if result.unnamed:
        say(
            f"{result.unnamed} folders may be named after persons, so their documents' source is called after their type;"
            " --source gives it a name."
        )
    if result.ignored:
        others = ", ".join(f"{count} {ending}" for ending, count in result.ignored.most_common(8))
        say(f"Left alone, as they are of another kind: {others}.")


@app.command
def pdf(paths: Paths, /, *, config: IngestConfig | None = None) -> int:
    """Read PDF files, page images, XPS and OFD, each page by its text layer or by OCR.

    Example: `ingest pdf ./books --source-type textbook --license CC-BY-4.0`
    """
    return _run(paths, "pdf", config)


@app.command
def web(
    paths: Annotated[
        list[str], Parameter(help="Files, folders, WARC archives, web addresses, addresses of sitemaps.")
    ] = [],  # noqa: B006
    /,
    *,
    url_list: Path | None = None,
    config: IngestConfig | None = None,
    fetching: Annotated[FetchConfig | None, group("Fetching", 5)] = None,
) -> int:
    """Read web pages: the main text without navigation, banners and advertisements.

    Pages are fetched politely (robots.txt, one request a second and host) and never from private addresses.

    Example: `ingest web ./saved_pages crawl.warc.gz https://example.org/sitemap.xml`

    Parameters
    ----------
    url_list:
        A file with one web address a line.
    """
    urls = _url_list(url_list) if url_list else []
    if not paths and not urls:
        raise UserError("name files, folders or addresses, or a --url-list.")
    return _run([*paths, *urls], "web", config, fetching)


def _url_list(path: Path) -> list[str]:
    from ingest.fetching.fetch import read_url_list

    try:
        return read_url_list(path.read_text(encoding="utf-8", errors="replace"))
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}.") from error


@app.command
def epub(paths: Paths, /, *, config: IngestConfig | None = None) -> int:
    """Read books: EPUB, Mobipocket and FictionBook.

    Example: `ingest epub ./books`
    """
    return _run(paths, "epub", config)


@app.command
def docx(paths: Paths, /, *, config: IngestConfig | None = None) -> int:
    """Read documents of Word, PowerPoint, Excel and OpenDocument, and Rich Text Format; old ones where LibreOffice is.

    Example: `ingest docx ./guidelines --source-type guideline`
    """
    return _run(paths, "docx", config)


@app.command
def jats(paths: Paths, /, *, config: IngestConfig | None = None) -> int:
    """Read articles, books and documents in XML: JATS and BITS, records of PubMed, BioC, TEI, DocBook, labels of drugs, CDA.

    Example: `ingest jats ./pmc`
    """
    return _run(paths, "jats", config)


@app.command
def text(paths: Paths, /, *, config: IngestConfig | None = None) -> int:
    """Read plain text and Markdown in any encoding, and books of OpenStax.

    Example: `ingest text ./classics --lang zh`
    """
    return _run(paths, "text", config)


@app.command
def notes(
    paths: Annotated[list[str], Parameter(help="Tables (CSV, TSV, JSON Lines, Parquet), or folders of them.")],
    /,
    *,
    columns: NoteColumns | None = None,
    config: IngestConfig | None = None,
) -> int:
    """Read tables with one note a row; each row becomes a document of the source type `note`.

    Example: `ingest notes discharge.csv --text-column text --id-column note_id --date-column charttime`
    """
    from ingest.notes import ingest_notes

    config = config or IngestConfig()
    result = ingest_notes(paths, columns or NoteColumns(), config)
    for table in result.tables:
        if table.failure:
            say(f"  {table.called}: {table.failure['message']}")
        if not table.layout:
            continue
        how = "guessed; --text-column names another" if table.layout["guessed"] else "as named"
        # A table without a header has a patient there.
        place = {column: number for number, column in enumerate(table.layout["header"], start=1)}
        held = ", ".join(f"{what} from column {place[column]}" for what, column in table.layout["columns"].items())
        say(f"{table.called}: {held} (the text column {how}).")
    copies = result.rows - result.broken - result.notes
    say(f"{result.rows} rows = {result.notes} notes + {copies} copies of them + {result.broken} quarantined.")
    failed = any(table.failure for table in result.tables)
    return 1 if not result.notes or (config.strict and (failed or result.broken)) else 0


@app.command
def auto(paths: Paths, /, *, config: IngestConfig | None = None) -> int:
    """Read every file of a known format.

    Example: `ingest auto ./library`
    """
    return _run(paths, "auto", config)


Data = Annotated[Location, Parameter(name="--data", help="The data folder.")]


@app.command
def status(*, data: Data = Path("data")) -> int:
    """Say what was read, by which route, and what was quarantined and why.

    Example: `ingest status --data data`
    """
    from ingest.status import overview

    report = overview(data)
    print_table("Documents", ["source", "format", "documents", "pages", "by OCR"], report.documents)
    print_table("Pages", ["route", "reason", "pages"], report.routes)
    if report.worst:
        columns = ["document", "page", "characters lost", "too many", "numbers lost", "numbers new"]
        print_table("Pages that differ most from their source", columns, report.worst)
    if report.quarantine:
        print_table("Quarantine", ["file", "page", "kind", "message"], report.quarantine)
    else:
        say("Nothing is quarantined.")
    return 0


@app.command
def plan(paths: Paths, /, *, read: Annotated[ReadOptions | None, Parameter(name="*")] = None) -> int:
    """Say what reading these paths would take: files, pages, share to OCR, hours, disk. Writes nothing.

    Example: `ingest plan ./library`
    """
    import os

    from ingest.plan import plan as forecast

    result = forecast(paths, FORMATS["auto"], read or ReadOptions())
    cores = len(os.sched_getaffinity(0))
    hours = result.cpu_seconds / 3600
    say(f"{result.files} files, {result.pages:,} pages, about {result.ocr_pages:,.0f} of them by OCR.")
    say(f"About {hours:.2g} CPU-hours, {hours / cores:.2g} hours on the {cores} cores of this machine.")
    say(f"About {result.disk_bytes / 2**20:,.0f} MiB of disk.")
    for message, count in result.unreadable.most_common():
        say(f"  {count} cannot be read: {message}")
    return 0


@app.command
def retry(*, data: Data = Path("data")) -> int:
    """Forget the failures, so that the next `ingest` of the same paths tries those files and pages again.

    Example: `ingest retry && ingest pdf ./books`
    """
    from ingest.status import forget_failures

    count = forget_failures(data)
    say(f"{count} failures forgotten; run the same `ingest` command again to retry them.")
    return 0


@app.command
def export(*, format: Literal["md", "jsonl"] = "md", out: Location = Path("export"), data: Data = Path("data")) -> int:
    """Write the documents as Markdown files or as one JSON Lines file.

    Example: `ingest export --format md --out ./markdown`

    Parameters
    ----------
    format:
        md: a file a document; jsonl: one file with a line a document.
    out:
        Folder to write to.
    """
    from ingest.export import export_documents

    count = export_documents(data, out, format)
    if not count:
        raise UserError(f"there are no documents in {data}; run {to_run('ingest auto PATH', data)} first.")
    say(f"{count} documents written to {out}.")
    return 0


@app.command(name="list")
def list_documents(
    *,
    source: str | None = None,
    type: Literal["textbook", "guideline", "literature", "web", "note", "other"] | None = None,
    lang: str | None = None,
    license: str | None = None,
    quarantined: Annotated[bool, ONCE] = False,
    data: Data = Path("data"),
) -> int:
    """List the documents, a line each: id, name, type, language, pages, licence.

    In a pipe the columns are divided by tabs. The first digits of an id, or a name, are what `ingest show` and
    `corpus trace` take.

    Example: `ingest list --type guideline --lang zh`

    Parameters
    ----------
    source:
        Only documents of this collection.
    type:
        Only documents of this kind.
    lang:
        Only documents in this language (ISO 639-1).
    license:
        Only documents of this licence; "" for those without one.
    quarantined:
        List instead the files and pages that could not be read, and why.
    """
    from ingest.listing import documents, failures, print_rows

    if quarantined:
        rows, header = failures(data), ["id", "name", "page", "kind", "message"]
    else:
        wanted = {"source": source, "source_type": type, "lang": lang, "license": license}
        rows, header = documents(data, wanted), ["id", "name", "type", "lang", "pages", "licence"]
    print_rows(header, rows)
    return 0


@app.command
def show(
    document: str,
    page: Annotated[int | None, between(1, 10**12)] = None,
    /,
    *,
    out: Location | None = None,
    data: Data = Path("data"),
) -> int:
    """Show a document as one HTML file: pictures of its pages with the boxes of the blocks, and what was read.

    Example: `ingest show 3f2a9c 12`, `ingest show guideline.pdf` or `ingest show "Metformin is the first choice in adults"`

    Parameters
    ----------
    document:
        A document or record: the first digits of its id, a path or file name, an address, or a sentence that stands in
        it. Of a record or a sentence only its pages are shown.
    page:
        Show only this page, counted from 1.
    out:
        File to write; without it below `DATA/work/show`. It holds raw text.
    """
    from ingest.show import show as write

    say(f"{write(data, document, page, out)}")
    return 0


@train.command(name="layout")
def train_layout(
    folders: Annotated[list[Path], Parameter(help="Folders with articles (PDF and JATS XML side by side) and texts.")],
    /,
    *,
    out: Path,
    hold_out: list[str] | None = None,
) -> int:
    """Train the model of block labels on articles whose PDF and JATS XML lie side by side.

    Each XML, and each Chinese classic with <篇名> before its chapters (.txt), is set anew in several styles as well.

    Example: `ingest train layout articles books --out models/layout --hold-out Hindawi`

    Parameters
    ----------
    out:
        Folder to write the model to.
    hold_out:
        First words of the names of publishers that are kept out of the training; how their articles are labelled is told.
    """
    from ingest.layout_training import train as make

    for folder in folders:
        if not folder.is_dir():
            raise UserError(f"there is no folder {folder}.")
    made = make(folders, out, [word.lower() for word in hold_out or ()])
    say(
        f"{made.texts} texts, {made.paragraphs:,} paragraphs, {made.held_out} articles held out. The model is in {out}."
    )
    for shares, what in ((made.shares, "its text layer"), (made.recognised, "its lines as OCR gives them")):
        rows = [
            [name, f"{recall:.3f}", f"{precision:.3f}", count] for name, (recall, precision, count) in shares.items()
        ]
        if rows:
            print_table(f"Labels of what was held out, by {what}", ["label", "recall", "precision", "paragraphs"], rows)
    return 0


def main() -> None:
    """Entry point of the console script."""
    run(app)


if __name__ == "__main__":
    main()
