"""How many boxes of blocks on skewed scans meet the ink of their block, as marked by hand on the page's picture.

    python benchmarks/boxes.py ../shared/data/pdf_scanned

The truth, `boxes.tsv`, was marked on four of these scans through a grid of five points, in the page's points from its
upper left corner: the letters of each block and no stroke that crosses them, no rule, no grain. Prints for each scan how many
blocks have a box with intersection over union of at least 0.8, and the boxes that have not.
"""

from __future__ import annotations

import argparse
import csv
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from ingest.document import ReadOptions
from ingest.readers import load_reader

EDGES = ("left", "top", "right", "bottom")
MET = 0.8


def overlap(a: Sequence[float], b: Sequence[float]) -> float:
    """Intersection over union of two boxes."""
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    both = max(0.0, width) * max(0.0, height)
    return both / (sum((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)) - both)


def boxes(path: Path) -> list[tuple[float, float, float, float]]:
    """Boxes of the blocks of the first page, read by OCR."""
    reader = load_reader("pdf" if path.suffix == ".pdf" else "image")
    (page,) = reader.read(path, 1, 1, ReadOptions(ocr="always"), lambda word: None)
    return [block.bbox for block in page.blocks if block.bbox]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    truth = defaultdict(list)
    for row in csv.DictReader(Path(__file__).with_suffix(".tsv").open(), delimiter="\t"):
        truth[row["file"]].append((row["text"], [float(row[edge]) for edge in EDGES]))
    met = total = 0
    for file, blocks in truth.items():
        found = boxes(folder / file)
        best = {text: max(overlap(box, each) for each in found) for text, box in blocks}
        missed = {text: round(share, 3) for text, share in best.items() if share < MET}
        met, total = met + len(best) - len(missed), total + len(best)
        print(
            f"{file}: {len(best) - len(missed)} of {len(best)}",
            *(f"  {share} {text}" for text, share in missed.items()),
            sep="\n",
        )
    print(f"all: {met} of {total}")


if __name__ == "__main__":
    main()
