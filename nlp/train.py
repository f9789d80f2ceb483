"""Training: annotated text in, a model folder out. The shipped models are made by exactly these functions."""

from __future__ import annotations

import csv
import hashlib
import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pycrfsuite

from nlp.classify.tensors import write_tensors
from nlp.config import CrfConfig, RelationConfig
from nlp.evaluate import score_entities
from nlp.formats import AnnotatedText
from nlp.relations.linear import FEATURES_VERSION as RELATION_FEATURES_VERSION
from nlp.relations.linear import candidate_pairs, hash_features
from nlp.tagging.crf import FEATURES_VERSION, CrfTagger, Featurizer, dictionaries, joined_readings, overlaps, to_tags
from nlp.tagging.folding import fold
from nlp.tagging.gate import Example, train_gate
from nlp.tagging.lexicon import LexiconTagger
from nlp.vocabulary import Term
from nlp.vocabulary.build import mention_terms


def train_crf(
    documents: Sequence[AnnotatedText], out: Path, config: CrfConfig, data: Sequence[str] = ()
) -> dict[str, float]:
    """Trains a CRF on `documents` and writes it to `out`; returns figures of the training.

    `data` names the sets for the model's configuration file.
    """
    documents = [document for document in documents if document.text.strip()]
    if not any(document.entities for document in documents):
        raise ValueError("no annotated entity in the training data: check the format and the labels")
    if config.lang not in {"en", "zh"}:
        raise ValueError(f"lang is en (words) or zh (characters), not {config.lang!r}")
    started = time.process_time()
    terms = mention_terms(documents)
    labels = sorted({entity.label for document in documents for entity in document.entities})
    base = dictionaries(config.without_sources, (), config.lexicon)[:1]
    featurizer = Featurizer(config.lang, base, labels)
    trainer = pycrfsuite.Trainer(verbose=False)
    n_sequences = 0
    examples: list[list[Example]] = []
    seen: Counter[str] = Counter()
    annotated: Counter[str] = Counter()
    for part in range(config.folds if config.lexicon else 1):
        held = documents[part :: config.folds] if config.lexicon else documents
        lookup = list(base)
        if config.lexicon:
            others = [document for i, document in enumerate(documents) if i % config.folds != part]
            lookup.append(LexiconTagger(mention_terms(others), doses=False))
        examples.append([])
        for document in held:
            readings = featurizer.read(document.text, lookup)
            answer = featurizer.answer(readings)
            for entity in featurizer.answer(readings[:1]):
                name = fold(document.text[entity.start : entity.end])
                seen[name] += 1
                annotated[name] += overlaps(entity, document.entities)
            for tokens, rows in featurizer.sentences(document.text, readings):
                if tokens:
                    tags = to_tags(tokens, document.entities)
                    trainer.append(featurizer.features(tokens, rows), tags)
                    n_sequences += 1
                    wrong = [a != b for a, b in zip(tags, to_tags(tokens, answer), strict=True)]
                    examples[-1].append(Example([token.text for token in tokens], joined_readings(rows), wrong))
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
    stoplist = sorted(name for name, count in seen.items() if annotated[name] * 2 < count)
    (out / "stoplist.txt").write_text("".join(f"{name}\n" for name in stoplist), encoding="utf-8")
    gate = train_gate(examples, out / "gate.tsv", config.caught) if config.lexicon else {"cutoff": 0.0, "opened": 1.0}
    version = hashlib.sha256((out / "model.crfsuite").read_bytes()).hexdigest()[:12]
    description = {
        **asdict(config),
        "features": FEATURES_VERSION,
        "labels": labels,
        "gate_cutoff": gate["cutoff"],
        "version": version,
        "data": list(data),
        "documents": len(documents),
        "mentions": sum(len(document.entities) for document in documents),
    }
    (out / "config.json").write_text(json.dumps(description, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return {
        "documents": len(documents),
        "sequences": n_sequences,
        "opened": gate["opened"],
        "cpu_seconds": time.process_time() - started,
        "megabytes": (out / "model.crfsuite").stat().st_size / 1e6,
    }


def cross_validate(documents: Sequence[AnnotatedText], out: Path, config: CrfConfig, folds: int) -> float:
    """Mean strict micro-F1 of a CRF over `folds` parts of the training documents (work files go to `out`)."""
    figures = []
    for part in range(folds):
        train = [document for i, document in enumerate(documents) if i % folds != part]
        held = documents[part::folds]
        train_crf(train, out / f"fold-{part}", config)
        tagger = CrfTagger(out / f"fold-{part}")
        predicted = tagger.tag([document.text for document in held])
        figures.append(score_entities(held, predicted)["micro"].f1)
    return sum(figures) / len(figures)


_REPEATS = 3
"""Ways to cut the documents into parts over which the F1 of relations is averaged."""


def train_relations(
    documents: Sequence[AnnotatedText], out: Path, config: RelationConfig, data: Sequence[str] = ()
) -> dict[str, float]:
    """Trains the linear classifier on documents with relations between concepts and writes it to `out`.

    The threshold is the one with the best F1 over repeatedly cross-validated predictions of the training set.
    """
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    started = time.process_time()
    indptr, columns, wanted, numbers = [0], [], [], []
    n_gold = 0
    for number, document in enumerate(documents):
        gold = {(head, tail) for head, tail, label in document.concept_relations if label == "causes"}
        n_gold += len(gold)
        for (head, tail), (features, _) in candidate_pairs(document.text, document.entities).items():
            row = hash_features(features, config.bits)
            columns.append(row)
            indptr.append(indptr[-1] + len(row))
            wanted.append(any((h, t) in gold for h in head.split("|") for t in tail.split("|")))
            numbers.append(number)
    if not any(wanted):
        raise ValueError("no relation between concepts in the training data: PubTator files with CID lines have them")
    matrix = csr_matrix(
        (np.ones(indptr[-1], np.float32), np.concatenate(columns).astype(np.int64), np.array(indptr)),
        shape=(len(indptr) - 1, 1 << config.bits),
    )
    answers, owners = np.array(wanted), np.array(numbers)

    def fitted(rows: np.ndarray) -> LogisticRegression:
        return LogisticRegression(C=config.strength, solver="liblinear", max_iter=200).fit(matrix[rows], answers[rows])

    # F1 is flat and jagged around its top, so its curve is averaged over several ways to cut the documents into parts.
    thresholds = np.arange(0.05, 0.95, 0.01)
    curves = []
    for repeat in range(_REPEATS):
        order = np.random.default_rng(repeat).permutation(len(documents)) if repeat else np.arange(len(documents))
        parts = order[owners] % config.folds
        held = np.zeros(len(answers))
        for part in range(config.folds):
            held[parts == part] = fitted(parts != part).predict_proba(matrix[parts == part])[:, 1]
        curves.append([2 * (answers & (held >= t)).sum() / ((held >= t).sum() + n_gold) for t in thresholds])
    figures = np.mean(curves, axis=0)
    best, threshold = float(figures.max()), float(thresholds[figures.argmax()])
    model = fitted(np.ones(len(answers), bool))
    out.mkdir(parents=True, exist_ok=True)
    weights = model.coef_[0].astype(np.float16)
    write_tensors(out / "model.safetensors", {"weights": weights, "bias": model.intercept_.astype(np.float32)})
    description = {
        **asdict(config),
        "features": RELATION_FEATURES_VERSION,
        "threshold": round(threshold, 2),
        "version": hashlib.sha256((out / "model.safetensors").read_bytes()).hexdigest()[:12],
        "data": list(data),
        "documents": len(documents),
        "relations": n_gold,
    }
    (out / "config.json").write_text(json.dumps(description, indent=1) + "\n", encoding="utf-8")
    return {
        "pairs": len(answers),
        "cross_validated_f1": best,
        "threshold": threshold,
        "cpu_seconds": time.process_time() - started,
    }


def _write_terms(path: Path, terms: Sequence[Term]) -> None:
    with path.open("w", encoding="utf-8", newline="") as lines:
        rows = csv.writer(lines, delimiter="\t", lineterminator="\n")
        rows.writerow(["term", "label", "concept_id", "exact"])
        for term in terms:
            rows.writerow([term.text, term.label, term.concept_id or "", "1" if term.exact else ""])


def label_counts(documents: Sequence[AnnotatedText]) -> Counter[str]:
    """How many mentions of each label a set has."""
    return Counter(entity.label for document in documents for entity in document.entities)
