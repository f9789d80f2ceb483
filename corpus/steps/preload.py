"""Imported by the fork server only: loads what every build uses."""

from __future__ import annotations

import gc

from corpus.config import BuildConfig
from corpus.steps import (
    annotate,
    boilerplate,
    clusters,
    index,
    pairs,
    redaction,
    scores,
    screen,
    sections,
    shards,
    tokenizers,
    verify,
)
from nlp import phi
from nlp.classify import classify
from nlp.language import detect_blocks
from nlp.tagging.lexicon import built_in_lexicon

STEPS = (sections, redaction, boilerplate, scores, screen, pairs, verify, clusters, annotate, shards, index)
"""Imported here, so that no worker compiles their patterns again."""

# One call of each makes what is made on first use.
built_in_lexicon().tag(["The patient had a fever."])
tokenizers.load(BuildConfig().tokenizer)
detect_blocks(["Der Patient hatte gestern hohes Fieber."])
classify(["The patient had a fever."])
phi.find("Seen by Dr. Smith.")
gc.freeze()  # a worker's garbage collector would touch every page of them, and what is touched is no longer shared
