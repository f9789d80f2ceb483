"""Entities and context: python benchmarks/nlp_entities.py [bc5cdr] [ncbi] [cmedqaner] [own] [cascade]

Reads the public sets under MEDPRESS_DATA (default ../shared/data) and the labelled sentences of tests/nlp/data.
Each model is trained here, on the training set only; the vocabulary leaves out the mentions of the set measured.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from nlp_speed import side_by_side
from parts import run_parts

from nlp.context import annotate
from nlp.evaluate import Score, score_entities
from nlp.formats import AnnotatedText, read_annotated
from nlp.labels import COARSE
from nlp.tagging import load_tagger
from nlp.tagging.cascade import CascadeTagger
from nlp.tagging.crf import CrfTagger
from nlp.tagging.lexicon import LexiconTagger
from nlp.train import CrfConfig, train_crf
from nlp.vocabulary import built_in_terms
from tests.nlp.labelled import labelled_sentences

SETS = Path(os.environ.get("MEDPRESS_DATA", "../shared/data")) / "ner_re"
WORK = Path(tempfile.gettempdir()) / "medpress-benchmarks"
BC5CDR_SOURCES = ("bc5cdr-train", "bc5cdr-devel")


def read(name: str) -> list[AnnotatedText]:
    return list(read_annotated(SETS / name))


def show(name: str, scores: dict[str, Score]) -> None:
    for label, score in scores.items():
        print(f"{name:34}{label:10} P {score.precision:.4f}  R {score.recall:.4f}  F1 {score.f1:.4f}  n {score.wanted}")


def trained(name: str, documents: list[AnnotatedText], config: CrfConfig) -> CrfTagger:
    figures = train_crf(documents, WORK / name, config)
    print(f"{name}: trained in {figures['cpu_seconds']:.0f} CPU-s, {figures['megabytes']:.1f} MB")
    return CrfTagger(WORK / name)


def bc5cdr_model() -> CrfTagger:
    train = read("bc5cdr_pubtator/CDR_TrainingSet.PubTator.txt")
    return trained("bc5cdr", train, CrfConfig(without_sources=BC5CDR_SOURCES))


def bc5cdr() -> None:
    development = read("bc5cdr_pubtator/CDR_DevelopmentSet.PubTator.txt")
    texts = [document.text for document in development]
    lexicon = LexiconTagger(built_in_terms(BC5CDR_SOURCES))
    show("BC5CDR dev, lexicon", score_entities(development, lexicon.tag(texts), COARSE))
    show("BC5CDR dev, CRF of train", score_entities(development, bc5cdr_model().tag(texts), COARSE))


def ncbi() -> None:
    train = read("ncbi_disease/NCBItrainset_corpus.txt")
    development = read("ncbi_disease/NCBIdevelopset_corpus.txt")
    texts = [document.text for document in development]
    for name, lexicon in (("plain", False), ("lexicon", True)):
        config = CrfConfig(without_sources=("ncbi-disease-train",), lexicon=lexicon)
        model = trained(f"ncbi-{name}", train, config)
        show(f"NCBI disease dev, {name} CRF", score_entities(development, model.tag(texts), COARSE))


def cmedqaner() -> None:
    train = read("chineseblue/cMedQANER_train.json")
    for name, lexicon in (("plain", False), ("lexicon", True)):
        config = CrfConfig(lang="zh", without_sources=("cmedqaner-train",), lexicon=lexicon)
        model = trained(f"cmedqaner-{name}", train, config)
        for measured in ("cMedQANER", "cEHRNER"):
            documents = read(f"chineseblue/{measured}_dev.json")
            predicted = model.tag([document.text for document in documents])
            show(f"{measured} dev, {name} CRF", score_entities(documents, predicted))


def own() -> None:
    """Our own labelled sentences: the first set (the rules were mended after it) and the held-out one."""
    taggers = [(name, load_tagger(name)) for name in ("lexicon", "cascade")]
    for part in ("sentences", "held_out"):
        for lang in ("en", "zh"):
            sentences = labelled_sentences(lang, part)
            for name, tagger in taggers:
                predicted = tagger.tag([sentence.text for sentence in sentences])
                show(f"{part} {lang}, {name}", score_entities(sentences, predicted))
            show(f"{part} {lang}, context", context_scores(sentences))


def context_scores(sentences: list[AnnotatedText]) -> dict[str, Score]:
    """Scores of each flag on the gold mentions."""
    flags = ("negated", "uncertain", "history", "family")
    right: Counter[str] = Counter()
    given: Counter[str] = Counter()
    wanted: Counter[str] = Counter()
    for sentence in sentences:
        plain = [replace(e, negated=False, uncertain=False, history=False, family=False) for e in sentence.entities]
        for found, gold in zip(annotate(sentence.text, plain), sentence.entities, strict=True):
            for flag in flags:
                right[flag] += getattr(found, flag) and getattr(gold, flag)
                given[flag] += getattr(found, flag)
                wanted[flag] += getattr(gold, flag)
    return {flag: Score(right[flag], given[flag], wanted[flag]) for flag in flags}


def cascade() -> None:
    """F1 of the cascade against its own CRF on every sentence, and both speeds: they take turns on small batches."""
    sets = (
        ("BC5CDR dev", "bc5cdr", "bc5cdr_pubtator/CDR_DevelopmentSet.PubTator.txt", BC5CDR_SOURCES, COARSE),
        ("cMedQANER dev", "cmedqaner-lexicon", "chineseblue/cMedQANER_dev.json", ("cmedqaner-train",), None),
    )
    for name, folder, path, sources, merge in sets:
        if not (WORK / folder / "gate.tsv").is_file():
            (bc5cdr_model if folder == "bc5cdr" else cmedqaner)()
        model = CrfTagger(WORK / folder)
        development = read(path)
        texts = [document.text for document in development]
        tagger = CascadeTagger(LexiconTagger(built_in_terms(sources)), model)
        f1 = {}
        for kind, measured in (("CRF everywhere", model), ("cascade", tagger)):
            scores = score_entities(development, measured.tag(texts), merge)
            f1[kind] = scores["micro"].f1
            show(f"{name}, {kind}", {"micro": scores["micro"]})
        everywhere, cascaded = side_by_side(model.tag, tagger.tag, texts)
        print(
            f"{name}: the cascade keeps {f1['cascade'] / f1['CRF everywhere']:.4f} of the F1 at "
            f"{everywhere / cascaded:.2f} times the speed"
        )


if __name__ == "__main__":
    PARTS = {"bc5cdr": bc5cdr, "ncbi": ncbi, "cmedqaner": cmedqaner, "own": own, "cascade": cascade}
    run_parts(PARTS, __doc__)
