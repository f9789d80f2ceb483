"""One label scheme for Chinese and English, and how each training set's own labels map onto it.

Spans are the longest noun phrase that names the thing, with the modifiers that make it another concept
("acute renal failure", 2型糖尿病, "left ventricular hypertrophy") and without articles, severity words
("severe", 重度) and numbers of measurement. A finding that a patient can feel or an examiner can see is a
symptom; a diagnosis is a disease. Sets that do not separate the two (BC5CDR, NCBI-disease) map both to
disease, and are scored with symptoms counted as diseases (`COARSE`).
"""

from __future__ import annotations

from typing import Final

ENTITY_LABELS: Final[dict[str, str]] = {
    "disease": "a diagnosis, injury, infection or syndrome: type 2 diabetes, 肺炎",
    "symptom": "a symptom or sign: chest pain, fever, 头晕, 肝大",
    "drug": "a drug, drug class, vaccine, toxin or other chemical: aspirin, beta-blockers, 二甲双胍",
    "procedure": "an operation, treatment or intervention that is not a drug: appendectomy, 化疗",
    "test": "an examination, laboratory test, scale or measured quantity: CT, HbA1c, 血常规",
    "anatomy": "an organ, tissue, cell type or region of the body: left ventricle, 胆囊",
    "gene": "a gene or protein: BRCA1, TNF-α, 表皮生长因子受体",
    "dose": "an amount with a unit that a patient gets, without frequency or route: 500 mg, 10 mg/kg/d, 2片",
}

RELATION_LABELS: Final[dict[str, str]] = {
    "treats": "drug or procedure -> disease or symptom",
    "causes": "drug or disease -> disease or symptom that it brings about",
    "interacts": "drug -> drug (in order of mention)",
    "has_dose": "drug -> dose",
    "has_symptom": "disease -> symptom",
    "diagnoses": "test -> disease",
    "located_in": "disease or symptom -> anatomy",
    "contraindicated": "drug or procedure -> disease or symptom in which it must not be used",
}

# None: the set marks something that this scheme does not promise (people, departments, times).
DATASET_LABELS: Final[dict[str, dict[str, str | None]]] = {
    "bc5cdr": {"Chemical": "drug", "Disease": "disease"},
    "ncbi-disease": {
        "SpecificDisease": "disease",
        "DiseaseClass": "disease",
        "Modifier": "disease",
        "CompositeMention": "disease",
        "Disease": "disease",
    },
    "cmedqaner": {
        "disease": "disease",
        "symptom": "symptom",
        "body": "anatomy",
        "drug": "drug",
        "treatment": "procedure",
        "test": "test",
        "crowd": None,
        "physiology": None,
        "feature": None,
        "time": None,
        "department": None,
    },
    "cehrner": {
        "疾病和诊断": "disease",
        "症状": "symptom",
        "解剖部位": "anatomy",
        "药物": "drug",
        "手术": "procedure",
        "影像检查": "test",
        "实验室检验": "test",
    },
}

# Sets whose "disease" covers symptoms too are scored on the coarse label.
COARSE: Final[dict[str, str]] = {"symptom": "disease"}


def map_label(label: str) -> str | None:
    """The scheme's label for a training set's label; None if the scheme leaves it out.

    A label of the scheme maps to itself; a label that no known set uses raises ValueError.
    """
    if label in ENTITY_LABELS:
        return label
    for mapping in DATASET_LABELS.values():
        if label in mapping:
            return mapping[label]
    raise ValueError(f"unknown entity label {label!r}: add it to nlp.labels.DATASET_LABELS")
