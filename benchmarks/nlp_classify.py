"""Text classification: cMedTC, and the shipped classifiers on collections that they were not trained on.

    python benchmarks/nlp_classify.py cmedtc        # train on its training set, measure on its development set
    python benchmarks/nlp_classify.py kind          # document kind on unseen collections
    python benchmarks/nlp_classify.py specialty
    python benchmarks/nlp_classify.py speed         # all classifiers, characters a CPU-second

Data: MEDPRESS_DATA (default ../shared/data). Collections for measuring: OpenStax chapters (textbook), a CDC guideline,
PLOS articles, saved web pages of WCXB and gne (their text is used for nothing but measuring): kinds of web pages are
WCXB's own types (forum; product, service and collection as advertisement) and, where WCXB says only "article", the
hand-made list below, settled from the address before any model was run. Texts are pieces of about 1,500 characters, at
most twelve from a document.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import sys
import time
import zipfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from nlp.classify import classify, load_classifier
from nlp.classify.material import chunks, xml_paragraphs
from nlp.classify.phrases import LabelledText
from nlp.classify.training import (
    ClassifierConfig,
    ClassifierScore,
    read_labelled,
    score_classifier,
    score_labels,
    train_classifier,
)

DATA = Path(os.environ.get("MEDPRESS_DATA", Path(__file__).parents[1] / "../shared/data"))
MOST_PIECES = 12
PATIENT_INFORMATION = ("nccih.nih.gov", "niddk.nih.gov", "healthline.com", "nutritionsource", "southcarolinablues", "hrsa.gov/oral",
                       "universityhealth.com", "kneibdentistry", "westbelldentalcare", "eufic.org", "fda.gov/drugs")  # fmt: skip
NEWS = (
    "gumc.georgetown.edu/news",
    "npr.org",
    "hsph.harvard.edu/news",
    "nationalgeographic",
    "theguardian.com",
    "wired.com",
)
ARTICLES = ("pmc.ncbi.nlm.nih.gov", "mhealth.jmir.org")


def pieces(text: str, label: str) -> list[LabelledText]:
    """A document as labelled pieces."""
    return [LabelledText(piece, label) for piece in islice(chunks(text), MOST_PIECES)]


def wcxb() -> Iterator[tuple[str, str, str]]:
    """(address, page type, gold main text) of the WCXB pages."""
    for path in sorted((DATA / "html/wcxb").glob("*.json")):
        page = json.loads(path.read_text(encoding="utf-8"))
        yield page["url"], page["_internal"]["page_type"]["primary"], page["ground_truth"]["main_content"] or ""


def chinese_news() -> Iterator[str]:
    """Main text of the saved Chinese news pages."""
    import trafilatura

    for path in sorted((DATA / "html/gne_zh").glob("*.html.gz")):
        text = trafilatura.extract(gzip.decompress(path.read_bytes()))
        if text and len(text) > 200:
            yield text


def guideline_pdf() -> str:
    """Text of the CDC guideline."""
    import pymupdf

    with pymupdf.open(DATA / "pdf_native/cdc_outpatient_infection_prevention.pdf") as document:
        return "\n".join(" ".join(page.get_text().split()) for page in document)


def kind_documents() -> list[list[LabelledText]]:
    """Unseen documents with their kind, each as its pieces."""
    documents = [
        pieces(xml_paragraphs(path.read_bytes()), "textbook") for path in sorted(DATA.glob("textbook/*/*.cnxml"))
    ]
    for path in sorted((DATA / "jats/plos_xml").glob("*.xml")):
        documents.append(pieces(xml_paragraphs(path.read_bytes()), "article"))
    documents.append([LabelledText(piece, "guideline") for piece in chunks(guideline_pdf())])
    for url, page_type, text in wcxb():
        kind = {
            "forum": "forum",
            "product": "advertisement",
            "service": "advertisement",
            "collection": "advertisement",
        }.get(page_type)
        for names, other in ((PATIENT_INFORMATION, "patient_information"), (NEWS, "news"), (ARTICLES, "article")):
            if page_type == "article" and any(name in url for name in names):
                kind = other
        if kind:
            documents.append(pieces(text, kind))
    documents += [pieces(text, "news") for text in chinese_news()]
    return documents


def specialty_texts() -> list[LabelledText]:
    """MedQuAD answers of two institutes that belong to one specialty each."""
    texts = []
    with zipfile.ZipFile(DATA / "qa/medquad_sample.zip") as archive:
        for name in sorted(archive.namelist()):
            for institute, specialty in (("1_CancerGov", "oncology"), ("6_NINDS", "neurology")):
                if name.startswith(institute) and name.endswith(".xml"):
                    text = xml_paragraphs(archive.read(name), ("Question", "Answer"))
                    texts.append(LabelledText(text[:3000], specialty))
    return texts


def show(name: str, result: ClassifierScore) -> None:
    """Prints a score."""
    print(
        f"{name}: accuracy {result.accuracy:.4f}, macro-F1 {result.macro_f1:.4f}, {result.characters_per_second:,.0f} characters/CPU-s"
    )
    if len(result.by_label) <= 20:
        for label, (precision, recall, f1, n) in result.by_label.items():
            print(f"    {label:24} P {precision:.3f} R {recall:.3f} F1 {f1:.3f}  {n} texts")
        print("    taken for:", ", ".join(f"{a} -> {b} {n}" for a, b, n in result.confusions[:8]))


def run_cmedtc() -> None:
    """Trains and measures on cMedTC's own split."""
    train, dev = (read_labelled(DATA / f"ner_re/chineseblue/cMedTC_{part}.txt") for part in ("train", "dev"))
    began = time.process_time()
    model = train_classifier(train, "cMedTC", ClassifierConfig(longest=3, bits=15, balanced=False))
    print(f"trained on {len(train)} texts in {time.process_time() - began:.1f} CPU-s")
    show("cMedTC development set, 44 classes", score_classifier(model, dev))


def run_kind(model: str) -> None:
    """The kind of each piece by itself, and as the build settles it: one for all pieces of a document."""
    documents = kind_documents()
    texts = [text for document in documents for text in document]
    show("kind, unseen collections, each piece by itself", score_classifier(load_classifier(model or "kind"), texts))
    if not model:
        names = [str(number) for number, document in enumerate(documents) for _ in document]
        began = time.process_time()
        given = [classes.kind for classes in classify([text.text for text in texts], names)]
        show("kind, unseen collections, by document", score_labels(texts, given, time.process_time() - began))


def run_speed() -> None:
    """All shipped classifiers over the unseen documents."""
    texts = [text.text for document in kind_documents() for text in document] * 5
    classify(texts[:1])
    began = time.process_time()
    classify(texts)
    print(
        f"all classifiers: {sum(map(len, texts)) / (time.process_time() - began):,.0f} characters/CPU-s on {len(texts)} texts"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["cmedtc", "kind", "specialty", "speed"])
    parser.add_argument("--model", default="", help="a model folder instead of the shipped one")
    given = parser.parse_args()
    if given.what == "cmedtc":
        run_cmedtc()
    elif given.what == "speed":
        run_speed()
    elif given.what == "kind":
        run_kind(given.model)
    else:
        model = load_classifier(given.model or "specialty")
        show("specialty, unseen collections", score_classifier(model, specialty_texts()))


if __name__ == "__main__":
    main()
