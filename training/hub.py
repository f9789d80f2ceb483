"""Whether Hugging Face can be asked, found out once and at once: its own client tries for half a minute first."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from training.config import InputError

SECONDS = 5.0
"""How long an answer may take."""


def options_for(name: str) -> dict[str, Any]:
    """What `from_pretrained` has to be told of a name: nothing of a folder; of an id, that it must lie in the cache when
    nobody can be asked."""
    return {} if Path(name).exists() or reachable() else {"local_files_only": True}


def not_found(what: str, name: str, error: Exception) -> InputError:
    """One sentence for what could not be loaded."""
    if Path(name).exists() or reachable():
        return InputError(f"cannot load the {what} {name}: {(str(error).splitlines() or ['?'])[0]}")
    return InputError(
        f"there is no {what} {name} here: it is no folder, it is not in the cache of Hugging Face, and no network leads there."
    )


@cache
def reachable() -> bool:
    """Whether Hugging Face, or what HF_ENDPOINT names, answers at all."""
    import httpx
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return False
    try:
        httpx.head(constants.ENDPOINT, timeout=SECONDS)
    except (httpx.TransportError, httpx.InvalidURL):
        return False
    return True
