"""What whoever asks a language model can be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from medpress.ranges import Seconds, between


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class GenerationConfig:
    """Which model is asked, and how patiently."""

    endpoint: str = ""
    """Base URL of an OpenAI-compatible endpoint, `http://localhost:8000/v1`; without it `model` is loaded here."""
    model: str = ""
    """Name of the endpoint's model, or a local model folder or Hugging Face id."""
    gguf_file: str | None = None
    """File name inside the model folder when the weights are GGUF."""
    api_key_env: str = "OPENAI_API_KEY"
    """Environment variable that holds the endpoint's key."""
    concurrency: Annotated[int, between(1, 4096)] = 16
    """Calls in flight at the same time."""
    seconds: Seconds = 120.0
    """Time limit of one call to an endpoint. A local model takes the time that its tokens take."""
    tries: Annotated[int, between(1, 100)] = 5
    """Tries of one call, with growing pauses between them."""
    token_budget: Annotated[int | None, between(1, 10**12)] = None
    """Stop asking after so many tokens, prompts and replies together."""
