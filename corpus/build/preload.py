"""Imported by the fork server only: loads what nearly every build uses."""

from __future__ import annotations

import gc

from corpus.build import models
from corpus.build.config import BuildConfig

_DEFAULTS = BuildConfig()
models.tagger("lexicon")
models.tagger(_DEFAULTS.tagger).tag(["The patient had a fever.", "患者发热。"])  # what is made on first use
models.extractor(_DEFAULTS.relations)
models.tokenizer(_DEFAULTS.tokenizer)
gc.freeze()  # a worker's garbage collector would touch every page of them, and what is touched is no longer shared
