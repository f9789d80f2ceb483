"""What the training commands of `nlp` can be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from medpress.ranges import Amount, Count, Share, between


@dataclass(frozen=True, kw_only=True)
class CrfConfig:
    """Settings of a CRF."""

    lang: str = "en"
    """en: tokens are words; zh: tokens are characters."""
    c1: Amount = 0.1
    """L1 regularisation; makes the model small."""
    c2: Amount = 0.1
    """L2 regularisation."""
    iterations: Count = 120
    """L-BFGS iterations at most."""
    min_count: Count = 1
    """Features seen less often are left out."""
    folds: Count = 5
    """Each document is looked up in the mentions of the other folds."""
    lexicon: bool = True
    """False trains the plain baseline without dictionaries."""
    caught: Share = 0.55
    """Share of the words that the dictionaries read wrongly for which the gate of the cascade must open."""
    without_sources: tuple[str, ...] = ()
    """Sources of the built-in vocabulary that the model must not see (sets it is trained or measured on)."""


@dataclass(frozen=True, kw_only=True)
class PhiTrainingConfig:
    """Settings of the learned finder of identifiers."""

    notes: Count = 3600
    """Notes that are made in English; in Chinese there are more by a half."""
    seed: Annotated[int, between(0, 2**32 - 1)] = 1
    """Seed of the notes: the same seed and data make the same model."""


@dataclass(frozen=True, kw_only=True)
class RelationConfig:
    """Settings of the linear relation classifier."""

    strength: Amount = 0.05
    """Inverse regularisation C of the logistic regression."""
    bits: Annotated[int, between(4, 30)] = 18
    """Features are hashed into 2**bits columns."""
    folds: Count = 5
    """Parts of the training set over which the threshold is chosen."""


@dataclass(frozen=True, kw_only=True)
class ClassifierConfig:
    """Settings of a classifier."""

    shortest: Count = 1
    """Shortest character n-gram."""
    longest: Count = 4
    """Longest character n-gram."""
    bits: Annotated[int, between(4, 30)] = 16
    """2 ** bits hashed features."""
    longest_text: Count = 8000
    """Of a longer text its head, middle and end are used."""
    penalty: Amount = 1.0
    """C of the linear support vector machine: smaller is smoother."""
    balanced: bool = True
    """Weigh classes by the inverse of their size."""
