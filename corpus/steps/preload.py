"""Imported by the fork server only: loads what every build uses."""

from __future__ import annotations

import gc

from corpus.config import BuildConfig
from corpus.steps import annotate, boilerplate, cut, duplicates, index, models, screen, shards
from nlp.classify import classify
from nlp.language import detect_blocks

STAGES = (cut, boilerplate, screen, duplicates, annotate, shards, index)
"""Imported here, so that no worker compiles their patterns again."""

# One call of each makes what is made on first use.
models.tagger("lexicon").tag(["The patient had a fever."])
models.tokenizer(BuildConfig().tokenizer)
detect_blocks(["Der Patient hatte gestern hohes Fieber."])
classify(["The patient had a fever."])
gc.freeze()  # a worker's garbage collector would touch every page of them, and what is touched is no longer shared
