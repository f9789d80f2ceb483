"""Croissant metadata with its fields for responsible AI (https://docs.mlcommons.org/croissant/docs/croissant-rai-spec.html)."""

from __future__ import annotations

from typing import Any

from corpus.card.composition import Composition
from corpus.card.croissant import SPECIFICATION, croissant
from corpus.report.facts import Facts

RAI = "http://mlcommons.org/croissant/RAI/1.0"
_OPEN = "to be provided by the provider"


def croissant_rai(composition: Composition, facts: Facts) -> dict[str, Any]:
    """The JSON-LD document of the shards with the fields of the vocabulary RAI 1.0."""
    held = facts.reading.held
    people = "; ".join(f"{one.sample}: {one.kept} of {one.reviewed} records to keep" for one in facts.reviews)
    filters = ", ".join(facts.manifest["config"].get("filters", {}).get("use", ()))
    missing = facts.manifest["config"]
    told: dict[str, Any] = {
        "rai:dataCollection": f"{facts.documents:,} documents of {len(facts.sources)} sources, read page by page; every text leads back to its page.",
        "rai:dataCollectionType": [
            "Document analysis",
            *(["Web Scraping"] if facts.domains else []),
            *(["Software Collection"] if facts.methods else []),
        ],
        "rai:dataCollectionMissingData": "Pages and records that could not be processed stand in the quarantine with the reason.",
        "rai:dataCollectionRawData": "PDF, web pages, office documents, e-books and tables; they are not part of the dataset.",
        "rai:dataCollectionTimeframe": _OPEN,
        "rai:dataImputationProtocol": "No value is imputed.",
        "rai:dataPreprocessingProtocol": [
            "Text was repaired and cut along headings.",
            f"Filters: {filters or 'none'}.",
            "Exact duplicates and near-duplicates were dropped where a kept text has all of their clinical facts.",
        ],
        "rai:dataManipulationProtocol": f"Augmented text: {', '.join(facts.methods) or 'none'}.",
        "rai:dataAnnotationProtocol": f"Entities, relations, topics and scores are made by models. Read by people: {people or 'nothing yet'}.",
        "rai:machineAnnotationTools": [f"tagger {missing.get('tagger')}", f"relations {missing.get('relations')}"],
        "rai:dataUseCases": ["Pre-training and continued pre-training of language models for medicine."],
        "rai:dataLimitations": [
            "Recognised text holds errors of recognition.",
            "Medicine changes: documents may be outdated, and texts are no advice.",
        ],
        "rai:dataBiases": f"Languages by tokens: {', '.join(f'{lang} {count:,}' for lang, count in facts.languages.items())}. Other biases: {_OPEN}.",
        "rai:dataSocialImpact": _OPEN,
        "rai:personalSensitiveInformation": [
            f"Health information without identities: {sum(facts.placeholders.values()):,} were replaced by placeholders.",
            f"A second reading of {facts.reading.records:,} records found something like an identity in {held.share:.2%} (95 % interval {held.low:.2%} to {held.high:.2%}).",
        ],
        "rai:dataReleaseMaintenancePlan": f"Takedown by document: {facts.takedowns:,} so far. Releases: {_OPEN}.",
    }
    return croissant(composition) | {"conformsTo": [SPECIFICATION, RAI]} | told
