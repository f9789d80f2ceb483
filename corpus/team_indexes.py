"""Teams' indexes on Redis servers: a build is compared with them while it holds them, and leaves in them what it keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.duplicates.index import Index
from corpus.duplicates.minhash import Scheme
from corpus.duplicates.redis_index import Address, SharedIndex, connect, parse
from corpus.flow import Part
from corpus.steps.annotated import ANNOTATED, KEPT
from medpress.store import dataset, identity

KEPT_COLUMNS = ["id", "content_hash", "text"]
"""What such an index holds of a record."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A team's index that this build was compared with."""

    index: SharedIndex
    build: str
    state: str
    """Of the index, then."""
    added: bool
    """Whether an earlier run has added what this build keeps."""


class TeamIndexes:
    """The indexes of some addresses."""

    def __init__(self, addresses: Sequence[str], scheme: Scheme, settings: Mapping[str, Any], work: Path) -> None:
        """Connects to each once, so that a wrong address is told at once. `settings` are those of the search."""
        # Everybody holds them in this order, so that no two wait for each other.
        self.addresses = sorted(map(parse, addresses), key=str)
        self.scheme, self.settings, self.work = scheme, settings, work
        self.comparisons: list[Comparison] = []
        for address in self.addresses:
            with connect(address, scheme):
                pass

    @contextmanager
    def held(self, screened: Sequence[Part], indexes: Sequence[Index]) -> Iterator[list[Index]]:
        """Hold all of them, and take from each what meets the candidates; `indexes` are compared with as well."""
        with ExitStack() as holding:
            found: list[Index] = []
            for address in self.addresses:
                found.append(holding.enter_context(self._held(address, screened, [*indexes, *found])))
            yield found

    @contextmanager
    def _held(self, address: Address, screened: Sequence[Part], indexes: Sequence[Index]) -> Iterator[Index]:
        """Hold a team's index, and take from it what meets the candidates."""
        names = [Path(part.screened).name for part in screened]
        build = identity(names, self.settings, [known.digest for known in indexes])
        candidates = list(dict.fromkeys(part.candidates for part in screened))
        with connect(address, self.scheme) as shared, shared.held():
            earlier = shared.compared(build)
            state = shared.state if earlier is None else earlier
            folder = self.work / "known" / identity(str(address), build, state)
            if not (folder / "manifest.json").exists():
                shared.take(dataset(candidates).to_batches(columns=["content_hash", "text"]), folder)
            self.comparisons.append(Comparison(shared, build, state, earlier is not None))
            yield Index(folder.absolute())

    def add(self, resolved: Sequence[Part]) -> None:
        """Add what is kept so far to the indexes that it was compared with, before anybody else looks there."""
        for comparison in self.comparisons:
            if not comparison.added:
                kept = dataset([part.resolved for part in resolved]).to_table(["id"], filter=KEPT)
                candidates = list(dict.fromkeys(part.candidates for part in resolved))
                rows = dataset(candidates).to_batches(columns=KEPT_COLUMNS)
                comparison.index.keep(rows, kept["id"].to_pylist(), comparison.build, comparison.state)

    def share(self, annotated: Sequence[Part]) -> None:
        """Leave in the teams' indexes what is really kept, now that the last record was decided on."""
        for address, comparison in zip(self.addresses, self.comparisons, strict=True):
            kept = dataset([part.annotated for part in annotated], schema=ANNOTATED)
            ids = kept.to_table(["id"], filter=KEPT)["id"].to_pylist()
            with connect(address, self.scheme) as shared, shared.held():
                rows = kept.to_batches(columns=KEPT_COLUMNS, filter=KEPT)
                shared.keep(rows, ids, comparison.build, comparison.state)
