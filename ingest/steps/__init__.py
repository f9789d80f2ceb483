"""What a worker does for `ingest`: a step a file, each declared where its function stands."""
