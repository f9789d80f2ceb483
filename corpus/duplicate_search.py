"""The search for duplicates: passes over keys, and over the texts of those pairs only that nobody has compared yet.

    screened ── GATHER_PASSED ── FIND_COPIES ─────────────────────────────┐ exact duplicates
    screened ── GATHER_BANDS ── FIND_PAIRS ── JOIN_PAIRS                  │
                                                 ├ compared before ───────┤
                                                 └ new ── SPAN_FOREST ── SLICE ── GATHER_TEXTS ── VERIFY_PAIRS
                                                                          │ near-duplicates
                                     SPAN_FOREST ── SLICE ── DECIDE_CLUSTERS   who stays for whom

Every pass is done in ranges or slices that the data sizes. A candidate's text is read once where it is gathered, and once
where it is compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from corpus.build_state import BuildState
from corpus.duplicates.index import Index
from corpus.duplicates.passes import hex_ranges, key_ranges
from corpus.flow import Flow, Part, count, groups, is_there
from corpus.forests import forest_of
from corpus.steps.clusters import DECIDE_CLUSTERS, RECORDS_PER_SLICE
from corpus.steps.components import ROUTE_PAIRS, SLICE_COMPONENTS, count_slices
from corpus.steps.exact import FIND_COPIES, RECORDS_PER_RANGE
from corpus.steps.pairs import FIND_PAIRS, JOIN_PAIRS, KEYS_PER_RANGE, PAIRS_PER_RANGE
from corpus.steps.signatures import GATHER_BANDS, GATHER_KNOWN, GATHER_PASSED
from corpus.steps.verify import GATHER_TEXTS, KEEP_VERIFIED, SHINGLES_PER_SLICE, VERIFY_PAIRS
from medpress.store import identity, read_manifest


class DuplicateSearch:
    """One search among candidates, and with the records of some indexes."""

    def __init__(self, flow: Flow, threshold: float, indexes: Sequence[Index], state: BuildState | None) -> None:
        """`state` is what an earlier build left, whose comparisons are taken over; None takes over nothing."""
        self.flow, self.threshold, self.indexes, self.state = flow, threshold, indexes, state
        self.verified: list[str] = []
        """Files of pairs that are compared now, for the next build."""
        self.given: dict[str, list[str]] = {"verified": [], "changed": []}
        """What was taken over: files of compared pairs, and of records that may have changed since."""

    def clusters(self, screened: Sequence[Part]) -> list[str]:
        """Files that say who stays for whom; none when no record has a duplicate."""
        files = [part.screened for part in screened]
        tasks = [GATHER_PASSED.task(self.flow.work, screened=group) for group in groups(files)]
        passed = self.flow.outputs("gather", GATHER_PASSED, tasks)
        records = count(passed)
        folders = [str(known.folder) for known in self.indexes]
        tasks = [
            FIND_COPIES.task(self.flow.work, passed=passed, low=low, high=high, indexes=folders)
            for low, high in hex_ranges(-(-records // RECORDS_PER_RANGE))
        ]
        exact = self.flow.outputs("exact duplicates", FIND_COPIES, tasks)
        tasks = [GATHER_BANDS.task(self.flow.work, screened=group, exact=exact) for group in groups(files)]
        bands = self.flow.outputs("gather bands", GATHER_BANDS, tasks)
        known = self._known()
        tasks = [
            FIND_PAIRS.task(self.flow.work, bands=bands, known=known, low=str(low), high=str(high))
            for low, high in key_ranges(-(-count(bands) // KEYS_PER_RANGE))
        ]
        pairs = self.flow.outputs("pairs", FIND_PAIRS, tasks)
        edges = self._verify(screened, passed, pairs)
        forest = forest_of(self.flow, [(exact, "copies"), (edges, "duplicates")])
        if not forest:
            return []
        slices = self._slices(forest, [], RECORDS_PER_SLICE)
        duplicates = self._route(edges, "duplicates", slices)
        shared: dict[str, Any] = {"duplicates": duplicates, "exact": exact, "passed": passed, "slices": slices}
        tasks = [DECIDE_CLUSTERS.task(self.flow.work, slice=n, **shared) for n in range(count_slices(slices))]
        return self.flow.outputs("clusters", DECIDE_CLUSTERS, tasks)

    def _verify(self, screened: Sequence[Part], passed: list[str], pairs: list[str]) -> list[str]:
        """Files of all pairs, compared by this build or an earlier one."""
        earlier, changed = self._earlier(screened)
        self.given = {"verified": earlier, "changed": changed}
        tasks = [
            JOIN_PAIRS.task(self.flow.work, pairs=pairs, verified=earlier, changed=changed, low=low, high=high)
            for low, high in hex_ranges(-(-count(pairs) // PAIRS_PER_RANGE))
        ]
        joined = self.flow.outputs("join pairs", JOIN_PAIRS, tasks)
        tasks = [KEEP_VERIFIED.task(self.flow.work, joined=file) for file in joined] if earlier else []
        edges = self.flow.outputs("known pairs", KEEP_VERIFIED, tasks)
        forest = forest_of(self.flow, [(joined, "unverified")])
        if forest:
            slices = self._slices(forest, passed, SHINGLES_PER_SLICE)
            routed = self._route(joined, "unverified", slices)
            candidates = [part.candidates for part in screened]
            tasks = [
                GATHER_TEXTS.task(self.flow.work, candidates=group, slices=slices)
                for group in groups(list(dict.fromkeys(candidates)))
            ]
            texts = self.flow.outputs("gather texts", GATHER_TEXTS, tasks)
            shared: dict[str, Any] = {"pairs": routed, "texts": texts, "threshold": self.threshold}
            shared["indexes"] = [str(known.folder) for known in self.indexes]
            tasks = [VERIFY_PAIRS.task(self.flow.work, slice=n, **shared) for n in range(count_slices(slices))]
            edges += self.flow.outputs("compare pairs", VERIFY_PAIRS, tasks)
        self.verified = edges
        return edges

    def _known(self) -> list[str]:
        """Files with the band keys of what the indexes know, sorted."""
        tasks = [
            GATHER_KNOWN.task(self.flow.work, entries=str(index.folder / entry["path"]), sha256=entry["sha256"])
            for index in self.indexes
            for entry in read_manifest(index.folder)["files"]
        ]
        return self.flow.outputs("gather known", GATHER_KNOWN, tasks)

    def verification(self) -> str:
        """What decides the comparison of a pair, but for the two texts."""
        digests = [known.digest for known in self.indexes]
        return identity(VERIFY_PAIRS.code.digest, self.threshold, digests)

    def _earlier(self, screened: Sequence[Part]) -> tuple[list[str], list[str]]:
        """Files of pairs that an earlier build compared, and of the records whose texts may have changed since."""
        if self.state is None or self.state.verification != self.verification():
            return [], []
        now = {Path(part.screened).name for part in screened}
        if now == set(self.state.screened):  # nothing is new: what the last build did is done
            given = self.state.given
            return (given["verified"], given["changed"]) if all(map(is_there, given["verified"])) else ([], [])
        known = self.state.verified
        if not all(map(is_there, known)):
            return [], []
        then = set(self.state.screened)
        return known, [part.screened for part in screened if Path(part.screened).name not in then]

    def _slices(self, forest: str, passed: list[str], limit: int) -> str:
        task = SLICE_COMPONENTS.task(self.flow.work, forest=forest, passed=passed, limit=limit)
        return self.flow.outputs("slices", SLICE_COMPONENTS, [task])[0]

    def _route(self, files: Sequence[str], wanted: str, slices: str) -> list[str]:
        tasks = [ROUTE_PAIRS.task(self.flow.work, pairs=file, wanted=wanted, slices=slices) for file in files]
        return self.flow.outputs("route pairs", ROUTE_PAIRS, tasks)
