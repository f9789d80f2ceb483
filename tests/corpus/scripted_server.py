"""A real OpenAI-compatible HTTP server whose answers follow a script: good ones, errors, silence and garbage."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = str | int | tuple[int, dict[str, str]] | bytes | float
"""Text: a completion. Number: a status (with headers as a tuple). Bytes: this raw body. Float: seconds of silence."""


@contextmanager
def scripted_server(script: Callable[[list[dict[str, str]], int], Answer]):
    """Serve `script(messages, number of the call)` on loopback; yields (base_url, list of the bodies received)."""
    received: list[dict[str, Any]] = []
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                received.append(body)
                number = len(received)
            answer = script(body["messages"], number)
            if isinstance(answer, float):
                time.sleep(answer)
                return
            status, headers, raw = 200, {}, b""
            if isinstance(answer, tuple):
                status, headers = answer
            elif isinstance(answer, int):
                status = answer
            elif isinstance(answer, bytes):
                raw = answer
            else:
                choice = {"message": {"role": "assistant", "content": answer}, "finish_reason": "stop"}
                raw = json.dumps({"choices": [choice], "usage": {"prompt_tokens": 5, "completion_tokens": 3}}).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", received
    finally:
        server.shutdown()
        server.server_close()
