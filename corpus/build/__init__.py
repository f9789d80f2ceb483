"""`corpus build`: from documents and pages to shards, with every decision recorded.

The order: cut into sections and redact PHI (`cut`), score and decide (`screen`), exact and near duplicates
(`duplicates`), annotate and decontaminate what is left (`annotate`), write shards and dropped records (`publish`).
"""
