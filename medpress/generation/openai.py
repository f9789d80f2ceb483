"""Any endpoint that speaks the OpenAI chat completions protocol: vLLM, SGLang, llama.cpp, hosted ones."""

from __future__ import annotations

import httpx

from medpress.generation.request import GenerationError, Reply, Request

TRANSIENT = {408, 409, 425, 429, 500, 502, 503, 504, 529}
"""HTTP statuses that are worth another try."""
MAX_REPLY_BYTES = 4 * 2**20
"""A reply larger than this is broken."""


class OpenAIEndpoint:
    """`POST {base_url}/chat/completions`, one reply a request."""

    def __init__(self, base_url: str, model: str, *, api_key: str = "", seconds: float = 120.0) -> None:
        """`base_url` ends in `/v1` as a rule; `api_key` goes into the Authorization header and nowhere else."""
        self.model = model
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._url = base_url.rstrip("/") + "/chat/completions"
        self._http = httpx.AsyncClient(headers=headers, timeout=seconds, limits=httpx.Limits(max_connections=None))

    async def complete(self, request: Request) -> Reply:
        """One reply. Raises `GenerationError`; its message never quotes what was asked or answered."""
        body = {
            "model": self.model,
            "messages": [{"role": role, "content": content} for role, content in request.messages],
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "top_p": request.top_p,
            "seed": request.sample,
        }
        try:
            response = await self._http.post(self._url, json=body)
        except httpx.TimeoutException as error:
            raise GenerationError("timeout", "The endpoint did not answer in time.", transient=True) from error
        except httpx.HTTPError as error:
            message = f"The endpoint could not be reached ({type(error).__name__})."
            raise GenerationError("connection", message, transient=True) from error
        if response.status_code != 200:
            raise _refusal(response)
        return _reply(response)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()


def _refusal(response: httpx.Response) -> GenerationError:
    status = response.status_code
    kind = "rate-limit" if status == 429 else "server" if status >= 500 else "refused"
    after = response.headers.get("retry-after", "")
    seconds = float(after) if after.replace(".", "", 1).isdecimal() else None
    message = f"The endpoint answered with status {status}."
    return GenerationError(kind, message, retry_after=seconds, transient=status in TRANSIENT)


def _reply(response: httpx.Response) -> Reply:
    if len(response.content) > MAX_REPLY_BYTES:
        raise GenerationError("broken", "The reply is larger than any sensible one.")
    try:
        value = response.json()
        choice = value["choices"][0]
        text = choice["message"]["content"]
        usage = value.get("usage") or {}
        prompt_tokens, completion_tokens = int(usage.get("prompt_tokens", 0)), int(usage.get("completion_tokens", 0))
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise GenerationError("broken", "The reply is not a chat completion.", transient=True) from error
    if not isinstance(text, str) or not text.strip():
        raise GenerationError("empty", "The reply is empty.", transient=True)
    return Reply(text, str(choice.get("finish_reason") or "stop"), prompt_tokens, completion_tokens)
