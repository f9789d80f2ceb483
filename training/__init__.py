"""Shards to model: continued pre-training, instruction tuning in three stages, preference tuning, evaluation."""
