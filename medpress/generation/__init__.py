"""Ask language models: one async client for OpenAI-compatible endpoints and local models, journaled and resumable."""
