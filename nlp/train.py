"""Training: annotated text in, a model folder out. The shipped models are made by exactly these functions."""

from __future__ import annotations

import csv
import hashlib
import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pycrfsuite

from nlp.evaluate import score_entities
from nlp.formats import AnnotatedText
from nlp.tagging.crf import FEATURES_VERSION, CrfTagger, Featurizer, dictionaries, to_tags
from nlp.tagging.lexicon import LexiconTagger
from nlp.vocabulary import Term
from nlp.vocabulary.build import mention_terms


@dataclass(frozen=True, kw_only=True)
class CrfConfig:
    """Settings of a CRF."""

    lang: str = "en"
    """en: tokens are words; zh: tokens are characters."""
    c1: float = 0.05
    """L1 regularisation; makes the model small."""
    c2: float = 0.3
    """L2 regularisation."""
    iterations: int = 120
    """L-BFGS iterations at most."""
    min_count: int = 1
    """Features seen less often are left out."""
    folds: int = 5
    """Each document is looked up in the mentions of the other folds."""
    lexicon: bool = True
    """False trains the plain baseline without dictionaries."""
    without_sources: tuple[str, ...] = ()
    """Sources of the built-in vocabulary that the model must not see (sets it is trained or measured on)."""


def train_crf(documents: Sequence[AnnotatedText], out: Path, config: CrfConfig, data: Sequence[str] = ()) -> dict[str, float]:
    """Trains a CRF on `documents` and writes it to `out`; returns figures of the training.

    `data` names the sets for the model's configuration file.
    """
    documents = [document for document in documents if document.text.strip()]
    if not any(document.entities for document in documents):
        raise ValueError("no annotated entity in the training data: check the format and the labels")
    started = time.process_time()
    terms = mention_terms(documents)
    base = dictionaries(config.without_sources, (), config.lexicon)[:1]
    featurizer = Featurizer(config.lang, base)
    trainer = pycrfsuite.Trainer(verbose=False)
    n_sequences = 0
    for fold in range(config.folds if config.lexicon else 1):
        held = documents[fold :: config.folds] if config.lexicon else documents
        lookup = list(base)
        if config.lexicon:
            others = [document for i, document in enumerate(documents) if i % config.folds != fold]
            lookup.append(LexiconTagger(mention_terms(others), doses=False))
        for document in held:
            for tokens, features in featurizer.sequences(document.text, lookup):
                if tokens:
                    trainer.append(features, to_tags(tokens, document.entities))
                    n_sequences += 1
    trainer.select("lbfgs")
    trainer.set_params(
        {
            "c1": config.c1,
            "c2": config.c2,
            "max_iterations": config.iterations,
            "feature.minfreq": config.min_count,
            "feature.possible_transitions": True,
        }
    )
    out.mkdir(parents=True, exist_ok=True)
    trainer.train(str(out / "model.crfsuite"))
    _write_terms(out / "terms.tsv", terms if config.lexicon else [])
    labels = sorted({entity.label for document in documents for entity in document.entities})
    version = hashlib.sha256((out / "model.crfsuite").read_bytes()).hexdigest()[:12]
    description = {
        **asdict(config),
        "features": FEATURES_VERSION,
        "labels": labels,
        "version": version,
        "data": list(data),
        "documents": len(documents),
        "mentions": sum(len(document.entities) for document in documents),
    }
    (out / "config.json").write_text(json.dumps(description, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return {
        "documents": len(documents),
        "sequences": n_sequences,
        "cpu_seconds": time.process_time() - started,
        "megabytes": (out / "model.crfsuite").stat().st_size / 1e6,
    }


def cross_validate(documents: Sequence[AnnotatedText], out: Path, config: CrfConfig, folds: int) -> float:
    """Mean strict micro-F1 of a CRF over `folds` parts of the training documents (work files go to `out`)."""
    figures = []
    for fold in range(folds):
        train = [document for i, document in enumerate(documents) if i % folds != fold]
        held = documents[fold::folds]
        train_crf(train, out / f"fold-{fold}", config)
        tagger = CrfTagger(out / f"fold-{fold}")
        predicted = tagger.tag([document.text for document in held])
        figures.append(score_entities(held, predicted)["micro"].f1)
    return sum(figures) / len(figures)


def _write_terms(path: Path, terms: Sequence[Term]) -> None:
    with path.open("w", encoding="utf-8", newline="") as lines:
        rows = csv.writer(lines, delimiter="\t", lineterminator="\n")
        rows.writerow(["term", "label", "concept_id", "exact"])
        for term in terms:
            rows.writerow([term.text, term.label, term.concept_id or "", "1" if term.exact else ""])


def label_counts(documents: Sequence[AnnotatedText]) -> Counter[str]:
    """How many mentions of each label a set has."""
    return Counter(entity.label for document in documents for entity in document.entities)
