"""Documents to shards: clean, deduplicate, annotate, audit. Also what every room shares: records, store, runner."""
