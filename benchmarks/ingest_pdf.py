"""Speed and quality of native PDF extraction on articles whose JATS XML is the truth.

    python benchmarks/ingest_pdf.py ARTICLES OUT [--tool FILE]

Reads ARTICLES/*/fulltext.pdf, writes OUT/<article>.md and prints pages per CPU-second (reading and assembling).
With `--tool`, runs `FILE ARTICLES OUT`, which scores the Markdown, and shows what it prints.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

from ingest.assembly.assemble import assemble
from ingest.document import ReadOptions
from ingest.markdown import to_markdown
from ingest.readers.pdf import PdfReader


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("articles", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--tool", type=Path, help="a program that scores OUT against ARTICLES")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    reader = PdfReader()
    options = ReadOptions()
    n_pages = 0
    seconds = 0.0
    for path in sorted(arguments.articles.glob("*/fulltext.pdf")):
        start = time.process_time()
        probe = reader.probe(path, options)
        pages, _ = assemble(list(reader.read(path, 1, probe.n_pages, options, lambda _: None)), probe)
        seconds += time.process_time() - start
        n_pages += len(pages)
        text = to_markdown(asdict(block) for page in pages for block in page.blocks)
        (arguments.out / f"{path.parent.name}.md").write_text(text, encoding="utf-8")
    print(f"{n_pages} pages, {seconds:.2f} CPU-seconds, {n_pages / seconds:.1f} pages per CPU-second", flush=True)
    if arguments.tool is not None:
        subprocess.run([sys.executable, str(arguments.tool), str(arguments.articles), str(arguments.out)], check=True)


if __name__ == "__main__":
    main()
