"""A benchmark of several parts, which are named on the command line or all run."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping


def run_parts(parts: Mapping[str, Callable[[], object]], description: str | None) -> None:
    """Run the parts that the command line names, or all of them. Ends with one sentence when there is no such part."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"{', '.join(parts)}; without one all")
    chosen = parser.parse_args().parts
    if unknown := set(chosen) - parts.keys():
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    for part in chosen or parts:
        parts[part]()
