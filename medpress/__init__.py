"""The floor that every room stands on: records, files, settings, commands, model endpoints, and the runner."""
