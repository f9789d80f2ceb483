"""Imported by the fork server only, where the default tagger is used: it is as large as all other models together."""

from __future__ import annotations

import gc

from corpus.config import BuildConfig
from corpus.steps.extractors import extractor
from corpus.steps.taggers import tagger

DEFAULTS = BuildConfig()

tagger(DEFAULTS.tagger).tag(["The patient had a fever.", "患者发热。"])
extractor(DEFAULTS.relations)
gc.freeze()
