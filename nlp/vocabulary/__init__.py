"""The built-in vocabulary: terms with their label, concept and source, as one small Parquet file.

`vocabulary.parquet` is written by ``python -m nlp.vocabulary.build``; the column `source` says where each term
comes from, `SOURCES` under which licence.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import Final, NamedTuple

import pyarrow.parquet as parquet

from nlp.labels import ENTITY_LABELS

BUILT_IN: Final[Path] = Path(__file__).parent / "vocabulary.parquet"

SOURCES: Final[dict[str, str]] = {
    "medpress": "hand-written for this project (nlp/vocabulary/terms), Apache-2.0",
    "medpress-composed": "composed from hand-written parts (nlp/vocabulary/composition.py), Apache-2.0",
    "disease-ontology": "Human Disease Ontology, CC0 1.0",
    "thuocl": "THUOCL medical word list, MIT, (c) Tsinghua University",
    "bc5cdr-train": "mentions of the BioCreative V CDR training set, public domain (US government work)",
    "bc5cdr-devel": "mentions of the BioCreative V CDR development set, public domain (US government work)",
    "ncbi-disease-train": "mentions of the NCBI disease corpus training set, public domain (US government work)",
    "cmedqaner-train": "mentions of the cMedQANER training set (ChineseBLUE), Apache-2.0",
}

# Not labels of entities: `modifier` (acute) joins the disease or symptom behind it, `salt` (盐酸) the drug, `side` (left)
# the part of the body; `ignore` keeps a suffix rule or a short term from a common word.
AUXILIARY_LABELS: Final[frozenset[str]] = frozenset({"modifier", "salt", "side", "ignore"})


class Term(NamedTuple):
    """One entry of a vocabulary."""

    text: str
    """The term; a leading ``~`` makes it the ending of a word."""
    label: str
    """A label of `nlp.labels.ENTITY_LABELS` or of `AUXILIARY_LABELS`."""
    concept_id: str | None = None
    """For example ``DOID:9352``, ``MESH:D003000``, ``medpress:metformin``."""
    exact: bool = False
    """Whether letter case must agree (gene symbols, abbreviations)."""
    source: str = ""
    """A key of `SOURCES`, or the name of the user's table."""


@lru_cache(maxsize=4)
def built_in_terms(without: Sequence[str] = ()) -> tuple[Term, ...]:
    """The terms of the built-in vocabulary, the most trusted source first.

    `without` (a tuple) names sources to leave out: a model that is measured on a set must not know its terms.
    """
    if not without:
        return _read_parquet(BUILT_IN)
    return tuple(term for term in built_in_terms() if term.source not in without)


def read_terms(path: str | Path) -> tuple[Term, ...]:
    """The terms of a user's table: Parquet, TSV or CSV with the columns term, label and, optionally, concept_id
    and exact (``1`` or ``true``).

    Raises FileNotFoundError, or ValueError for a missing column or an unknown label.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no vocabulary at {path}: give a .parquet, .tsv or .csv table")
    if path.suffix == ".parquet":
        return _read_parquet(path)
    with path.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="," if path.suffix == ".csv" else "\t")
        if not {"term", "label"} <= set(rows.fieldnames or ()):
            raise ValueError(f"{path} needs a header line with the columns term and label")
        return tuple(
            _checked(
                Term(
                    row["term"],
                    row["label"],
                    row.get("concept_id") or None,
                    (row.get("exact") or "").lower() in {"1", "true"},
                    row.get("source") or path.name,
                ),
                path,
            )
            for row in rows
            if row["term"]
        )


def _read_parquet(path: Path) -> tuple[Term, ...]:
    table = parquet.read_table(path)
    names = set(table.column_names)
    if not {"term", "label"} <= names:
        raise ValueError(f"{path} needs the columns term and label")
    size = table.num_rows
    columns = [  # by way of numpy: a list of scalars takes ten times as long, and these are half a million
        table[name].to_numpy().tolist() if name in names else [default] * size
        for name, default in (
            ("term", ""),
            ("label", ""),
            ("concept_id", None),
            ("exact", False),
            ("source", path.name),
        )
    ]
    terms = tuple(filter(itemgetter(0), map(Term._make, zip(*columns, strict=True))))
    for term in {term.label: term for term in terms}.values():  # one of each label: there are a hundred thousand terms
        _checked(term, path)
    return terms


def _checked(term: Term, path: Path) -> Term:
    if term.label not in ENTITY_LABELS and term.label not in AUXILIARY_LABELS:
        raise ValueError(f"{path}: {term.text!r} has the unknown label {term.label!r}")
    return term
