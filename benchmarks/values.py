"""Values, signs, units and exponents through every producer: `python benchmarks/values.py [PRODUCER…] [--wrong]`.

Writes the values of tests/ingest/values/cases.py in each way of tests/ingest/values/producers.py, reads the files and
says of each value whether it reads back right, is marked as unreadable (U+FFFD), was changed without a word, or is lost.
`--wrong` prints the values that do not read back. `--every N` takes every Nth value, for a look. `--peer` reads the PDFs
with pymupdf4llm too, in the same run, and ends with 1 where it reads more values right than we do.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.ingest.values.cases import Value, judged, values
from tests.ingest.values.producers import PRODUCERS, Files
from tests.ingest.values.reading import text_of


def pymupdf4llm_text(files: Files) -> str:
    """The text that pymupdf4llm gives of some PDFs."""
    import pymupdf
    import pymupdf4llm

    parts = []
    for _, raw in files:
        with pymupdf.open("pdf", raw) as document:
            parts.append(pymupdf4llm.to_markdown(document, use_ocr=False, header=False, footer=False))
    return _plain_marks("\n".join(parts))


def _plain_marks(text: str) -> str:
    """Its raised marks in our written form, its emphasis out."""
    text = re.sub(r"<sup>\s*(.*?)\s*</sup>", lambda match: "^" + match.group(1), text)
    return re.sub(r"[*`\\]|<sub>\s*|\s*</sub>|(?<!\w)_|_(?!\w)", "", text)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, print a line a producer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("producers", nargs="*", default=list(PRODUCERS))
    parser.add_argument("--wrong", action="store_true")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--peer", action="store_true")
    given = parser.parse_args(arguments)
    wanted: list[Value] = values()[:: given.every]
    behind = []
    total: Counter[str] = Counter()
    print(f"{len(wanted)} values")
    for name in given.producers:
        try:
            files = PRODUCERS[name](wanted)
        except ImportError as error:
            print(f"{name:18} not run: {error}")
            continue
        with tempfile.TemporaryDirectory() as folder:
            start = time.process_time()
            text = text_of(files, Path(folder))
            spent = time.process_time() - start
        outcomes = judged(text, wanted)
        counts = Counter(outcomes.values())
        total += counts
        print(
            f"{name:18} right {counts['right']:4} marked {counts['marked']:3} changed {counts['changed']:3} lost {counts['lost']:3}  {spent:.1f} CPU-s"
        )
        if given.peer and all(file.endswith(".pdf") for file, _ in files):
            peer = Counter(judged(pymupdf4llm_text(files), wanted).values())
            print(
                f"    pymupdf4llm    right {peer['right']:4} marked {peer['marked']:3} changed {peer['changed']:3} lost {peer['lost']:3}"
            )
            if peer["right"] > counts["right"]:
                behind.append(name)
        if given.wrong:
            for value in wanted:
                if outcomes[value.key] != "right":
                    place = re.search(rf"{value.key}\s?gives(.{{0,60}})", text.replace("\n", " "))
                    print(f"    {value.key} {value.kind:10} {value.text!r} reads {place.group(1) if place else None!r}")
    print(f"all producers: right {100 * total['right'] / max(1, total.total()):.1f} of 100")
    if behind:
        sys.exit(f"behind pymupdf4llm: {', '.join(behind)}")


if __name__ == "__main__":
    main()
