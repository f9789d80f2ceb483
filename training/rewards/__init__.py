"""Rewards that a rule can verify: form, exact answer with its unit, and reasoning that rests on the question."""
