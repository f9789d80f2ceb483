"""Text in, annotations out: language, sentences, entities, relations, classes and protected health information.

nlp.tag("Patient denies chest pain.").entities
nlp.redact("Seen by Dr. Smith.", policy="thorough").text
nlp.phi.find("Seen by Dr. Smith.", lang="en", policy="thorough")
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from medpress.door import door

if TYPE_CHECKING:
    from nlp import phi as phi
    from nlp.annotation import Annotation as Annotation
    from nlp.phi.redaction import Redaction as Redaction
    from nlp.pipeline import redact as redact
    from nlp.pipeline import tag as tag
    from nlp.pipeline import tag_texts as tag_texts
    from nlp.spans import Entity as Entity
    from nlp.spans import Relation as Relation
else:
    __getattr__, __dir__ = door(
        __name__,
        {
            "Annotation": "nlp.annotation",
            "Entity": "nlp.spans",
            "Redaction": "nlp.phi.redaction",
            "Relation": "nlp.spans",
            "phi": "nlp.phi",
            "redact": "nlp.pipeline",
            "tag": "nlp.pipeline",
            "tag_texts": "nlp.pipeline",
        },
    )

__all__ = ["Annotation", "Entity", "Redaction", "Relation", "phi", "redact", "tag", "tag_texts"]
