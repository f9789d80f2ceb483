"""A collection of OpenStax (CollXML, namespace cnx.rice.edu/collxml) with its modules, put together to the book that it is.

The collection's file names the parts of the book and, by their folders, the modules in them; the modules lie beside it. The book
is one file: the collection's own elements, and in each `module` the module's document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from ingest.containers.archives import Member
from ingest.containers.compression import MAX_TEXT_BYTES, read_bounded, unpacked_head
from ingest.document import UnreadableError
from ingest.safe_xml import children, local_name, parse_xml, root_of

NAMESPACE = "http://cnx.rice.edu/collxml"
MAX_MODULES = 20_000
"""Modules of a book."""
_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")
_SLUG = re.compile(r"[^A-Za-z0-9_-]+")


def is_collection(head: bytes) -> bool:
    """Whether a file with these first bytes names the modules of a book."""
    head = unpacked_head(head)
    return root_of(head)[0] == "collection" and NAMESPACE.encode() in head


def modules_of(path: Path) -> list[Path]:
    """The files of the modules that a collection names, as far as they lie beside it, in their order; none for what is no collection."""
    try:
        root = parse_xml(read_bounded(path))
    except (UnreadableError, OSError):
        return []
    found = (_file_of(module, path) for module in root.iter(f"{{{NAMESPACE}}}module"))
    return [file for file in found if file is not None][:MAX_MODULES]


def read_collection(path: Path) -> Iterator[Member]:
    """The book, then an error for each module that is missing. Raises `UnreadableError` when none is there, or they are too many."""
    root = parse_xml(read_bounded(path))
    modules = list(root.iter(f"{{{NAMESPACE}}}module"))
    if len(modules) > MAX_MODULES:
        raise UnreadableError("too-large", f"The collection has more than {MAX_MODULES} modules.")
    missing: list[str] = []
    size = held = 0
    for module in modules:
        file = _file_of(module, path)
        try:
            if file is None:
                raise UnreadableError("truncated", "A module that the collection names does not lie beside it.")
            raw = read_bounded(file)
            document = parse_xml(raw)
        except UnreadableError:
            missing.append(module.get("document", ""))
            continue
        size, held = size + len(raw), held + 1
        if size > MAX_TEXT_BYTES:
            raise UnreadableError("too-large", f"The modules have more than {MAX_TEXT_BYTES} bytes together.")
        module.append(document)
    if not held:
        raise UnreadableError("truncated", "None of the modules that the collection names lies beside it.")
    slug = _slug(root) or "book"
    book = etree.Element(f"{{{NAMESPACE}}}book", nsmap={None: NAMESPACE})
    book.extend(list(children(root)))
    yield Member(f"{slug}.xml", etree.tostring(book, encoding="utf-8"))
    for name in missing:
        error = UnreadableError("truncated", "A module that the collection names is not beside it, or is no XML.")
        yield Member(f"{_SLUG.sub('-', name)[:100] or 'unnamed'}.cnxml", b"", error)


def _slug(root: etree._Element) -> str:
    found = next((each for each in root.iter() if local_name(each) == "slug"), None)
    return _SLUG.sub("-", (found.text or "").strip())[:100] if found is not None else ""


def _file_of(module: etree._Element, collection: Path) -> Path | None:
    """Where a module lies: in the folder `modules` beside that of the collections, or beside the collection itself."""
    name = module.get("document", "")
    if not _NAME.fullmatch(name):
        return None
    folder = collection.parent
    places = (
        folder.parent / "modules" / name / "index.cnxml",
        folder / "modules" / name / "index.cnxml",
        folder / name / "index.cnxml",
        folder / f"{name}.cnxml",
    )
    above = folder.parent.resolve()
    return next((place for place in places if place.is_file() and place.resolve().is_relative_to(above)), None)
