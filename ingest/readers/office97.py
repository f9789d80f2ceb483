"""Old files of Word, PowerPoint and Excel (DOC, PPT, XLS): LibreOffice, where it is installed, makes new ones of them, which are read.

It runs without macros, without links to elsewhere, in a folder of its own that is gone afterwards.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ingest.document import Mark, Page, Probe, Reader, ReadOptions, UnreadableError
from ingest.readers.docx import DocxReader
from ingest.readers.pptx import PptxReader
from ingest.readers.word_package import OLE
from ingest.readers.xlsx import XlsxReader

SECONDS = 120
"""LibreOffice is given so many, of processor and of clock, for a file."""
MAX_BYTES = 256 * 1024 * 1024
"""A larger file is refused."""
MAX_MADE_BYTES = 1024 * 1024 * 1024
"""No file that it writes is larger."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a file of one program becomes."""

    what: str
    ending: str
    stream: str
    """What its content is called in the compound file."""
    reader: type[Reader]


_KINDS = (
    _Kind("an old Word document", "docx", "WordDocument", DocxReader),
    _Kind("an old PowerPoint presentation", "pptx", "PowerPoint Document", PptxReader),
    _Kind("an old Excel workbook", "xlsx", "Workbook", XlsxReader),
    _Kind("an old Excel workbook", "xlsx", "Book", XlsxReader),
)
_ENDINGS = (".doc", ".dot", ".wps", ".ppt", ".pps", ".pot", ".dps", ".xls", ".xlt", ".et")
_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableActiveContent" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop></item>
</oor:items>"""


class Office97Reader:
    """Old files of Word, PowerPoint and Excel."""

    name = "office97"

    def sniff(self, head: bytes, path: str) -> bool:
        """A compound file that is named like one of them."""
        return head.startswith(OLE) and path.lower().endswith(_ENDINGS)

    def probe(self, path: Path, options: ReadOptions) -> Probe:
        """What the new file says of itself; raises `UnreadableError`."""
        with _made_new(path) as (made, kind):
            return kind.reader().probe(made, options)

    def read(self, path: Path, first: int, last: int, options: ReadOptions, mark: Mark) -> Iterator[Page]:
        """The pages of the new file."""
        mark(f"page {first}")
        with _made_new(path) as (made, kind):
            yield from kind.reader().read(made, first, last, options, mark)


def _kind_of(path: Path) -> _Kind:
    if path.stat().st_size > MAX_BYTES:
        raise UnreadableError("too-large", f"The file has more than {MAX_BYTES} bytes.")
    raw = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in raw:
        raise UnreadableError("encrypted", "The document is protected with a password.")
    kind = next((each for each in _KINDS if each.stream.encode("utf-16-le") + b"\0\0" in raw), None)
    if kind is None:
        raise UnreadableError("unsupported", "The compound file holds no document of Word, PowerPoint or Excel.")
    return kind


@contextmanager
def _made_new(path: Path) -> Iterator[tuple[Path, _Kind]]:
    """The file as a new one, which is gone afterwards. Raises `UnreadableError`."""
    kind = _kind_of(path)
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        raise UnreadableError(
            "unsupported",
            f"It is {kind.what}; install LibreOffice to have it read, or save it as {kind.ending.upper()}.",
        )
    with tempfile.TemporaryDirectory(prefix="medpress-") as folder:  # mode 0700
        work = Path(folder)
        (work / "profile" / "user").mkdir(parents=True)
        (work / "profile" / "user" / "registrymodifications.xcu").write_text(_SETTINGS, encoding="utf-8")
        shutil.copyfile(path, work / "document")
        _convert(program, work, kind.ending)
        made = work / "made" / f"document.{kind.ending}"
        if not made.is_file():
            raise UnreadableError("decode", f"LibreOffice could not read it; save it as {kind.ending.upper()}.")
        yield made, kind


def _convert(program: str, work: Path, ending: str) -> None:
    """Run LibreOffice on the file of the folder, and end it with all that it started when its time is over."""
    command = [
        program, "--headless", "--norestore", "--nologo", "--nolockcheck", f"-env:UserInstallation={(work / 'profile').as_uri()}",
        "--convert-to", ending, "--outdir", str(work / "made"), str(work / "document"),
    ]  # fmt: skip
    environment = {"HOME": str(work), "TMPDIR": str(work), "PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"}
    process = subprocess.Popen(
        command, cwd=work, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True, preexec_fn=_limit,
    )  # fmt: skip
    try:
        process.wait(SECONDS)
    except subprocess.TimeoutExpired:
        raise UnreadableError("too-large", f"LibreOffice did not end within {SECONDS} seconds.") from None
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_MADE_BYTES, MAX_MADE_BYTES))
