"""The conservation check over all documents of a folder: what reading lost, doubled and changed, by format.

    python benchmarks/conservation.py [--data ../shared/data] [--formats jats,cnxml,web,…] [--first 40]

Every document that a reader knows is read and put together as in a run, without OCR. Files that `CHECK.txt` names are added up apart, as totals only.
The bars are those that a corpus is held to: at most 0.5 % of the characters lost without a reason, 0.1 % too many, and no new
number on 99.5 % of the pages. `--worst` names the pages that break the law, never those of `CHECK.txt`.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ingest.assembly.assemble import assemble
from ingest.conservation import Conservation
from ingest.document import ReadOptions, UnreadableError
from ingest.readers import READERS, load_reader
from ingest.recognition import recognise

MOST_LOST, MOST_DOUBLED, LEAST_UNCHANGED = 0.005, 0.001, 0.995


@dataclass(slots=True)
class Total:
    """Sums over pages."""

    documents: int = 0
    pages: int = 0
    characters: int = 0
    lost: int = 0
    new: int = 0
    left_out: int = 0
    changed: int = 0
    """Pages with a number that their source does not have."""
    unchecked: int = 0
    """Pages without a text to compare with."""
    seconds: float = 0.0
    """CPU-seconds of reading and putting together."""

    def add(self, found: Conservation | None) -> None:
        """Add a page."""
        if found is None:
            self.unchecked += 1
            return
        self.pages += 1
        self.characters += found.characters
        self.lost += found.lost
        self.new += found.new
        self.left_out += sum(count for _, count in found.left_out)
        self.changed += bool(found.numbers_new)

    def line(self, name: str) -> str:
        """The sums as a line of the table."""
        size, pages = max(1, self.characters), max(1, self.pages)
        shares = (self.lost / size, self.new / size, self.changed / pages)
        kept = shares[0] <= MOST_LOST and shares[1] <= MOST_DOUBLED and 1 - shares[2] >= LEAST_UNCHANGED
        return (
            f"{name:18} {self.documents:5} {self.pages:6} {self.unchecked:5} {self.characters:12,} {shares[0]:8.3%} {shares[1]:8.3%}"
            f" {self.changed:5} {1 - shares[2]:8.2%} {self.left_out / size:8.2%} {self.seconds:8.1f}  {'yes' if kept else 'NO'}"
        )


def documents(data: Path, formats: frozenset[str]) -> Iterator[tuple[str, Path]]:
    """(format, file) of all files below a folder that a reader knows, in the order of their names."""
    for path in sorted(path for path in data.rglob("*") if path.is_file()):
        with open(path, "rb") as file:
            found = recognise(file.read(8192), path.name, list(READERS))
        if found in formats:
            yield found, path


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("MEDPRESS_DATA", "../shared/data")))
    parser.add_argument("--formats", default=",".join(name for name in READERS if name != "image"))
    parser.add_argument("--first", type=int, default=0, help="so many pages of a document at most; 0 for all")
    parser.add_argument("--worst", type=int, default=0, help="name so many pages that break the law")
    options = parser.parse_args()
    check = options.data / "CHECK.txt"
    held_out = {line.strip() for line in check.read_text().splitlines() if line.strip()} if check.exists() else set()
    totals: dict[str, Total] = {}
    worst: list[tuple[int, str]] = []
    for format_, path in documents(options.data, frozenset(options.formats.split(","))):
        place = path.relative_to(options.data).as_posix()
        apart = any(place.startswith((f"{name}/", f"{name}.")) for name in held_out)
        total = totals.setdefault(f"{format_} (CHECK)" if apart else format_, Total())
        reader, plain, begun = load_reader(format_), ReadOptions(ocr="never"), time.process_time()
        try:
            probe = reader.probe(path, plain)
            last = min(probe.n_pages, options.first or probe.n_pages)
            pages, _ = assemble(list(reader.read(path, 1, last, plain, lambda place: None)), probe)
        except UnreadableError:
            continue
        total.seconds += time.process_time() - begun
        total.documents += 1
        for page in pages:
            total.add(page.conservation)
            if page.conservation is not None and page.conservation.broken and not apart:
                found = page.conservation
                worst.append(
                    (found.lost + found.new + 100 * len(found.numbers_new), f"{place} page {page.page}: {found.broken}")
                )
    print(f"{'format':18} {'docs':>5} {'pages':>6} {'none':>5} {'characters':>12} {'lost':>8} {'too many':>8} {'new n':>5} {'no new n':>8} {'left out':>8} {'CPU-s':>8}  bars")  # fmt: skip
    for name in sorted(totals):
        print(totals[name].line(name))
    for _, text in sorted(worst, reverse=True)[: options.worst]:
        print(text)


if __name__ == "__main__":
    main()
