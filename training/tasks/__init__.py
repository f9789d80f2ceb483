"""Questions that a rule makes and another rule answers: a small world on which each stage of training can show a gain."""
