"""What is measured, for a Markdown text and its truth: one file a kind of truth, no reader and no files in it."""
