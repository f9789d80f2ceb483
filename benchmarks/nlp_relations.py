"""Relations: python benchmarks/nlp_relations.py [own] [cdr] [predicted]

own: precision and recall of the rules on our labelled sentences; cdr: chemical-induced-disease relations of BC5CDR,
document level, gold entities, trained on the training set only; predicted: the same with entities that we tag and link.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from parts import run_parts

from nlp.evaluate import concept_pairs, score_concept_relations
from nlp.formats import AnnotatedText, read_annotated
from nlp.labels import RELATION_LABELS
from nlp.linking import Linker
from nlp.relations import load_extractor
from nlp.relations.linear import LinearExtractor
from nlp.spans import Relation
from nlp.tagging.crf import CrfTagger
from nlp.train import CrfConfig, RelationConfig, train_crf, train_relations
from nlp.vocabulary import built_in_terms
from nlp.vocabulary.build import mention_terms
from tests.nlp.labelled import labelled_sentences

SETS = Path(os.environ.get("MEDPRESS_DATA", "../shared/data")) / "ner_re" / "bc5cdr_pubtator"
WORK = Path(tempfile.gettempdir()) / "medpress-benchmarks"
BC5CDR_SOURCES = ("bc5cdr-train", "bc5cdr-devel")


def read(name: str) -> list[AnnotatedText]:
    return list(read_annotated(SETS / f"CDR_{name}Set.PubTator.txt"))


def own() -> None:
    """Our own labelled sentences: the first set (the rules were mended after it) and the held-out one."""
    rules = load_extractor("rules")

    def key(relation: Relation) -> tuple[int, int, str, bool]:
        return relation.head, relation.tail, relation.label, relation.polarity == "negative"

    for part in ("sentences", "held_out"):
        for lang in ("en", "zh"):
            right: Counter[str] = Counter()
            given: Counter[str] = Counter()
            wanted: Counter[str] = Counter()
            for sentence in labelled_sentences(lang, part):
                gold = {key(relation) for relation in sentence.relations}
                wanted.update(k[2] for k in gold)
                for relation in rules.extract(sentence.text, sentence.entities):
                    given[relation.label] += 1
                    right[relation.label] += key(relation) in gold
            for label in RELATION_LABELS:
                print(
                    f"{part} {lang}, rules  {label:16} P {right[label] / max(1, given[label]):.3f}  "
                    f"R {right[label] / max(1, wanted[label]):.3f}  n {wanted[label]}"
                )


def linear() -> LinearExtractor:
    if not (WORK / "causes" / "model.safetensors").is_file():
        figures = train_relations(read("Training"), WORK / "causes", RelationConfig())
        print("linear classifier:", {name: round(value, 4) for name, value in figures.items()})
    return LinearExtractor(WORK / "causes")


def cdr() -> None:
    development = read("Development")
    gold = [{(head, tail) for head, tail, _ in document.concept_relations} for document in development]
    for name, extractor in (("rules", load_extractor("rules")), ("linear", linear())):
        predicted = [
            concept_pairs(d.text, d.entities, extractor.extract(d.text, d.entities), "causes") for d in development
        ]
        score = score_concept_relations(gold, predicted)
        print(f"CDR dev, gold entities, {name:7} P {score.precision:.4f}  R {score.recall:.4f}  F1 {score.f1:.4f}")


def predicted() -> None:
    train, development = read("Training"), read("Development")
    if not (WORK / "bc5cdr" / "model.crfsuite").is_file():
        train_crf(train, WORK / "bc5cdr", CrfConfig(without_sources=BC5CDR_SOURCES))
    tagger = CrfTagger(WORK / "bc5cdr")
    linker = Linker([*mention_terms(train), *built_in_terms(BC5CDR_SOURCES)])
    found = [
        linker.link(d.text, entities)
        for d, entities in zip(development, tagger.tag([d.text for d in development]), strict=True)
    ]
    gold = [{(head, tail) for head, tail, _ in document.concept_relations} for document in development]
    for name, extractor in (("rules", load_extractor("rules")), ("linear", linear())):
        pairs = [
            concept_pairs(d.text, entities, extractor.extract(d.text, entities), "causes")
            for d, entities in zip(development, found, strict=True)
        ]
        score = score_concept_relations(gold, pairs)
        print(f"CDR dev, predicted entities, {name:7} P {score.precision:.4f}  R {score.recall:.4f}  F1 {score.f1:.4f}")


if __name__ == "__main__":
    PARTS = {"own": own, "cdr": cdr, "predicted": predicted}
    run_parts(PARTS, __doc__)
