"""Where the console scripts begin: they look whether the packages that they need are ours, then hand over to the room.

Nothing of a room is imported before that, so a package of the same name from elsewhere ends in a sentence.
"""

from __future__ import annotations

import sys
from importlib import import_module

from medpress.door import foreign


def _start(script: str, room: str, *needs: str) -> None:
    for name in (room, *needs):
        if sentence := foreign(name):
            print(f"{script}: {sentence}", file=sys.stderr)
            raise SystemExit(2)
    try:
        main = import_module(f"{room}.cli").main
    except KeyboardInterrupt:
        print(f"{script}: stopped before it began.", file=sys.stderr)
        raise SystemExit(130) from None
    main()


def ingest() -> None:
    """The console script `ingest`."""
    _start("ingest", "ingest", "nlp")


def nlp() -> None:
    """The console script `nlp`."""
    _start("nlp", "nlp")


def corpus() -> None:
    """The console script `corpus`."""
    _start("corpus", "corpus", "nlp")


def train() -> None:
    """The console script `train`."""
    _start("train", "training")
