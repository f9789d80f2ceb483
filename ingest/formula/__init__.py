"""Formulas, whatever markup they come in: read into one tree, written as LaTeX."""
