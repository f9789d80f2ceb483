"""Scores of mentions: python benchmarks/nlp_scores.py [fit] [measure]

`fit` tags labelled sets with taggers that were not made from them (models of a part of a training set read the rest of it),
fits the weights of nlp/models/confidence and writes them. `measure` reads sets that neither the weights nor the taggers were
made from with the shipped cascade: the expected calibration error in ten bins of as many mentions each, and the precision of
the mentions with a score of 0.9 or more. A mention is right when span and label are the set's, symptoms counted as
diseases where the set does so; mentions of labels that a set does not annotate are left out. Sets under MEDPRESS_DATA (default ../shared/data).
"""

from __future__ import annotations

import json
import math
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from parts import run_parts

from nlp.formats import AnnotatedText, read_annotated
from nlp.labels import COARSE
from nlp.spans import Entity
from nlp.tagging.cascade import CascadeTagger
from nlp.tagging.confidence import WEIGHTS, Confidence, mention_features, place_features, sources_of
from nlp.tagging.crf import BilingualCrf, CrfTagger, load_crf
from nlp.tagging.lexicon import LexiconTagger
from nlp.train import CrfConfig, train_crf
from nlp.vocabulary import built_in_terms
from tests.nlp.labelled import labelled_sentences

SETS = Path(os.environ.get("MEDPRESS_DATA", "../shared/data")) / "ner_re"
WORK = Path(tempfile.gettempdir()) / "medpress-benchmarks"
STRENGTH = 0.3
"""Inverse L2 regularisation, by cross-validation over documents of the sets that are fitted."""
LEAST_COUNT = 4
"""Features seen on fewer mentions are left out."""


Row = tuple[str, int, list[str], float, bool]
"""Set, document, features, log-odds of the CRF, right."""


class _Watched(Confidence):
    """Takes down what the cascade knows of each mention instead of scoring it."""

    def __init__(self) -> None:
        super().__init__({})
        self.seen: list[tuple[list[str], float]] = []

    def scored(self, text, tagged, lexicon, model):  # type: ignore[no-untyped-def]
        for entity, (source, odds) in zip(tagged, sources_of(tagged, lexicon, model), strict=True):
            mention = text[entity.start : entity.end]
            lang = "zh" if any("\u3400" <= c <= "\u9fff" for c in mention) else "en"
            features = mention_features(mention, entity.label, entity.concept_id is not None)
            features += place_features(text, entity, source, lang)
            self.seen.append(([*features, f"odds {lang} {entity.label}"], odds))
        return list(tagged)


def read(name: str) -> list[AnnotatedText]:
    return list(read_annotated(SETS / name))


def rights(documents: list[AnnotatedText], tagged: list[list[Entity]], coarse: bool) -> Iterator[list[bool | None]]:
    """Whether each mention of each document is right; None where the set does not annotate its label."""
    merge = COARSE if coarse else {}
    labels = {merge.get(e.label, e.label) for document in documents for e in document.entities}
    for document, entities in zip(documents, tagged, strict=True):
        gold = {(e.start, e.end, merge.get(e.label, e.label)) for e in document.entities}
        named = [merge.get(e.label, e.label) for e in entities]
        yield [
            (e.start, e.end, label) in gold if label in labels else None
            for e, label in zip(entities, named, strict=True)
        ]


def model_of(name: str, documents: list[AnnotatedText], config: CrfConfig) -> CrfTagger:
    if not (WORK / name / "model.crfsuite").is_file():
        train_crf(documents, WORK / name, config)
    return CrfTagger(WORK / name)


def fitted_sets() -> Iterator[tuple[str, list[AnnotatedText], LexiconTagger, CrfTagger | BilingualCrf, bool]]:
    """(name, documents, lexicon, CRF, symptoms are diseases) of each set that is fitted."""
    sources = ("bc5cdr-train", "bc5cdr-devel")
    train = read("bc5cdr_pubtator/CDR_TrainingSet.PubTator.txt")
    model = model_of("scores-en", train, CrfConfig(without_sources=sources))
    lexicon = LexiconTagger(built_in_terms(("bc5cdr-devel",)))
    yield "bc5cdr", read("bc5cdr_pubtator/CDR_DevelopmentSet.PubTator.txt"), lexicon, model, True
    documents = read("chineseblue/cMedQANER_train.json")
    cut = len(documents) * 4 // 5
    chinese = CrfConfig(lang="zh", without_sources=("cmedqaner-train",))
    model = model_of("scores-zh", documents[:cut], chinese)
    yield "cmedqaner", documents[cut:], LexiconTagger(built_in_terms(("cmedqaner-train",))), model, False
    lexicon = LexiconTagger(built_in_terms(("ncbi-disease-train",)))
    yield "ncbi", read("ncbi_disease/NCBItrainset_corpus.txt"), lexicon, load_crf(None), True
    own = [*labelled_sentences("en", "sentences"), *labelled_sentences("zh", "sentences")]
    yield "own", own, LexiconTagger(built_in_terms()), load_crf(None), False


def fit() -> None:
    """Fit and write the weights; prints cross-validated figures."""
    rows: list[Row] = []
    for name, documents, lexicon, model, coarse in fitted_sets():
        tagged, seen = [], []
        for document in documents:
            watched = _Watched()
            tagged += CascadeTagger(lexicon, model, watched).tag([document.text])
            seen.append(watched.seen)
        rows += [
            (name, number, features, odds, right)
            for number, (known, answers) in enumerate(zip(seen, rights(documents, tagged, coarse), strict=True))
            for (features, odds), right in zip(known, answers, strict=True)
            if right is not None
        ]
        print(f"{name}: {sum(row[0] == name for row in rows)} mentions")
    weights = fitted(rows, report=True)
    WEIGHTS.parent.mkdir(exist_ok=True)
    WEIGHTS.write_text(json.dumps(weights, ensure_ascii=False, indent=0, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{len(weights)} weights -> {WEIGHTS}")


def fitted(rows: list[Row], report: bool = False) -> dict[str, float]:
    """The weights of a regression on rows of (set, document, features, log-odds of the CRF, right)."""
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    counts = Counter(feature for row in rows for feature in row[2])
    index = {feature: i for i, (feature, n) in enumerate(sorted(counts.items())) if n >= LEAST_COUNT}
    index = {feature: i for i, feature in enumerate(index)}
    odds_at = index.setdefault("odds", len(index))
    data, columns, pointers = [], [], [0]
    for _, _, features, odds, _ in rows:
        for feature in features:
            at = index.get(feature)
            if at is not None:
                columns.append(at)
                data.append(odds if feature.startswith("odds ") else 1.0)
        columns.append(odds_at)
        data.append(odds)
        pointers.append(len(columns))
    matrix = csr_matrix((data, columns, pointers), shape=(len(rows), len(index)))
    right = np.array([row[4] for row in rows])
    folds = np.array([row[1] % 5 for row in rows])
    if report:
        for strength in (0.03, 0.1, 0.3, 1.0):
            probabilities = np.zeros(len(rows))
            for fold in range(5):
                model = LogisticRegression(C=strength, max_iter=400, fit_intercept=False)
                model.fit(matrix[folds != fold], right[folds != fold])
                probabilities[folds == fold] = model.predict_proba(matrix[folds == fold])[:, 1]
            loss = -np.mean(np.where(right, np.log(probabilities), np.log(1 - probabilities)))
            print(f"C {strength}: log loss {loss:.4f}, {reliability(probabilities, right)}")
    model = LogisticRegression(C=STRENGTH, max_iter=400, fit_intercept=False).fit(matrix, right)
    return {f: round(float(model.coef_[0][i]), 3) for f, i in index.items() if abs(model.coef_[0][i]) >= 0.02}


def reliability(scores: Iterable[float], right: Iterable[bool]) -> str:
    """Expected calibration error in ten bins of as many mentions each, precision and share above 0.9, and of all."""
    p, r = np.array(list(scores)), np.array(list(right), dtype=float)
    order = np.argsort(p)
    error = sum(abs(p[bin_].mean() - r[bin_].mean()) * len(bin_) for bin_ in np.array_split(order, 10)) / len(p)
    sure = p >= 0.9
    low, high = _interval(int(r[sure].sum()), int(sure.sum()))
    return (
        f"calibration error {error:.3f}, precision of all {r.mean():.3f} ({len(p)}), "
        f"from 0.9 on {r[sure].mean():.3f} [{low:.3f}, {high:.3f}] ({sure.sum()})"
    )


def _interval(right: int, count: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    if not count:
        return 0.0, 1.0
    share, z = right / count, 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return middle - half, middle + half


def measure() -> None:
    """The shipped scores on sets that nothing was made from."""
    tagger = CascadeTagger(LexiconTagger(built_in_terms()), load_crf(None))
    own = [*labelled_sentences("en", "held_out"), *labelled_sentences("zh", "held_out")]
    for name, documents, coarse in (
        ("NCBI dev", read("ncbi_disease/NCBIdevelopset_corpus.txt"), True),
        ("cMedQANER dev", read("chineseblue/cMedQANER_dev.json"), False),
        ("cEHRNER dev", read("chineseblue/cEHRNER_dev.json"), False),
        ("own, held out", own, False),
    ):
        tagged = tagger.tag([document.text for document in documents])
        pairs = [
            (entity.score, right)
            for entities, answers in zip(tagged, rights(documents, tagged, coarse), strict=True)
            for entity, right in zip(entities, answers, strict=True)
            if right is not None
        ]
        print(f"{name}: {reliability(*zip(*pairs, strict=True))}")


if __name__ == "__main__":
    run_parts({"fit": fit, "measure": measure}, __doc__)
