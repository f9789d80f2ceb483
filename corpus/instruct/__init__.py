"""`corpus instruct`: instruction data of any common shape into one schema, cleaned, deduplicated, with reasons kept."""
