"""Documents to shards: clean, deduplicate, annotate, audit."""
