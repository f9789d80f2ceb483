"""Rejection sampling: several answers a question from the tuned model, sorted into pairs of a better and a worse one."""
