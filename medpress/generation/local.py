"""A transformers model in this process, behind the same interface as an endpoint."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import Any

from medpress.generation.request import GenerationError, Reply, Request
from medpress.store import identity

MAX_BATCH = 64
"""Requests generated together at most."""
_BLOCK = 2**16
_BLOCKS = 32


class LocalEndpoint:
    """Generates with a local model folder or Hugging Face id; requests that wait together become one batch."""

    def __init__(self, model: str, *, gguf_file: str | None = None, device: str | None = None) -> None:
        """Loads the weights now. Raises what transformers raises for a folder that holds no model."""
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer
        from transformers.utils import logging

        logging.disable_progress_bar()
        self.model = model_identity(model)
        self._device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        extra = {"gguf_file": gguf_file} if gguf_file else {}
        dtype = torch.bfloat16 if self._device == "cuda" else torch.float32
        self._tokenizer: Any = AutoTokenizer.from_pretrained(model, padding_side="left", **extra)
        load: Any = AutoModelForCausalLM.from_pretrained
        self._weights = load(model, dtype=dtype, **extra).to(self._device).eval()
        if self._tokenizer.pad_token_id is None:
            self._tokenizer.pad_token = self._tokenizer.eos_token
        self._context = int(getattr(self._weights.config, "max_position_embeddings", 0) or 2**31)
        self._waiting: list[tuple[Request, asyncio.Future[Reply]]] = []
        self._worker: asyncio.Task[None] | None = None

    async def complete(self, request: Request) -> Reply:
        """One reply, generated with those that wait at the same time."""
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, future))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        return await future

    async def close(self) -> None:
        """Nothing to let go before the process ends."""

    async def _work(self) -> None:
        await asyncio.sleep(0)  # let those who ask in the same turn join the batch
        while self._waiting:
            self._waiting = [pair for pair in self._waiting if not pair[1].done()] or self._waiting[:1]
            first = self._waiting[0][0]
            alike = [pair for pair in self._waiting if _together(pair[0], first)][:MAX_BATCH]
            self._waiting = [pair for pair in self._waiting if pair not in alike]
            try:
                replies = await asyncio.to_thread(self._generate, [request for request, _ in alike])
            except Exception as error:  # whatever a model or its template raises costs this batch and no other
                failure = GenerationError("broken", f"The local model failed ({type(error).__name__}).")
                replies = [failure] * len(alike)
            for (_, future), reply in zip(alike, replies, strict=True):
                if future.done():  # whoever asked has stopped waiting
                    continue
                if isinstance(reply, GenerationError):
                    future.set_exception(reply)
                elif reply.text.strip():
                    future.set_result(reply)
                else:
                    future.set_exception(GenerationError("empty", "The reply is empty."))

    def _generate(self, requests: list[Request]) -> list[Reply | GenerationError]:
        prompts = [self._prompt(request) for request in requests]
        sizes = [len(ids) for ids in self._tokenizer(prompts, add_special_tokens=False)["input_ids"]]
        replies: list[Reply | GenerationError] = [
            GenerationError("context", f"The prompt is longer than the model's context of {self._context} tokens.")
        ] * len(requests)
        fitting = [i for i, size in enumerate(sizes) if size < self._context]
        if fitting:
            found = self._complete([prompts[i] for i in fitting], [requests[i] for i in fitting])
            for i, reply in zip(fitting, found, strict=True):
                replies[i] = reply
        return replies

    def _complete(self, prompts: list[str], requests: list[Request]) -> list[Reply]:
        import torch

        inputs = self._tokenizer(prompts, return_tensors="pt", padding=True, add_special_tokens=False).to(self._device)
        width = inputs["input_ids"].shape[1]
        first = requests[0]
        limit = min(first.max_tokens, self._context - width)
        sampling: dict[str, Any] = {"do_sample": False}
        if first.temperature > 0:
            sampling = {"do_sample": True, "temperature": first.temperature, "top_p": first.top_p, "top_k": 0}
        torch.manual_seed(int(identity([request.key(self.model) for request in requests])[:15], 16))
        with torch.inference_mode():
            output = self._weights.generate(
                **inputs, max_new_tokens=limit, pad_token_id=self._tokenizer.pad_token_id, **sampling
            )
        return [
            self._reply(ids, mask, width, limit) for ids, mask in zip(output, inputs["attention_mask"], strict=True)
        ]

    def _prompt(self, request: Request) -> str:
        messages = [{"role": role, "content": content} for role, content in request.messages]
        text: str = self._tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        return text

    def _reply(self, ids: Any, mask: Any, width: int, limit: int) -> Reply:
        new = ids[width:]
        count = int((new != self._tokenizer.pad_token_id).sum())
        text = self._tokenizer.decode(new, skip_special_tokens=True)
        return Reply(text, "length" if count >= limit else "stop", int(mask.sum()), count)


def _together(a: Request, b: Request) -> bool:
    return (a.max_tokens, a.temperature, a.top_p) == (b.max_tokens, b.temperature, b.top_p)


def model_identity(model: str) -> str:
    """Name of a model for the journal: for a folder its name and a hash of what is in it, so that a model that was
    trained again under the same name is asked again. Of a large file, blocks from its whole length are read.
    """
    folder = Path(model)
    if not folder.is_dir():
        return folder.name
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.iterdir() if p.suffix in {".safetensors", ".bin", ".gguf", ".json", ".jinja"}):
        size = path.stat().st_size
        digest.update(f"{path.name}\0{size}\0".encode())
        with open(path, "rb") as file:
            for start in range(0, size, max(_BLOCK, size // _BLOCKS)):
                file.seek(start)
                digest.update(file.read(_BLOCK))
    return f"{folder.name}@{digest.hexdigest()[:12]}"
