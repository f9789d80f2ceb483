"""Augmentation: new training texts made from kept records, each traced to the stretches of its parent.

A method takes a `Parent` (a kept record with its entities and relations) and yields `Augmented` texts, best first. The
methods here need no model: they mine reading-comprehension exercises from what the text itself says, after Cheng et al.
2023 (arXiv 2309.09530). Unlike there, the exercises stand apart from the raw text: the parent is in the shards already,
so a copy of it before its exercises would be a near-duplicate, and would spend the augmented share on text that the model
reads anyway.

A new method is one file in `methods/`, one line in `METHODS` there, and its name in `config.py`.
"""
