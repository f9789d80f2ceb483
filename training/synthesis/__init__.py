"""Dual-expert synthesis: questions with a known answer to long reasoning that was led, checked and verified."""
