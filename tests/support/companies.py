"""Providers of models at their real addresses, on this machine: a proxy that is every host behind it.

A program that is told of the proxy (`HTTPS_PROXY`) and of its certificate (`SSL_CERT_FILE`) talks with api.openai.com as it
would from a company's network, and no packet leaves the machine. What a host is asked, with which headers, is written down.
"""

from __future__ import annotations

import json
import ssl
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from support.certificates import signed_for

HOSTS = (
    "api.openai.com",
    "api.anthropic.com",
    "codestral.mistral.ai",
    "api.mistral.ai",
    "openrouter.ai",
    "acme.openai.azure.com",
    "models.corp.example",
    "one.example",
    "two.example",
)
QWEN = "{{- if .Suffix }}<|fim_prefix|>{{ .Prompt }}<|fim_suffix|>{{ .Suffix }}<|fim_middle|>{{- end }}"


@dataclass
class Asked:
    """One request: to which host, at which path, with which headers (small letters) and body."""

    host: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any] = field(default_factory=dict)


class Companies:
    """The proxy and the hosts. `keys` are the keys that hosts ask for, by host; `refuses` are hosts that answer with 500."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._context, self.certificate = signed_for(folder, HOSTS)
        self.asked: list[Asked] = []
        self.keys: dict[str, str] = {}
        self.refuses: set[str] = set()
        self.models = ["qwen2.5-coder:1.5b-base", "llama3.2"]
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"

    def hosts(self) -> list[str]:
        """The hosts that were asked to generate something, in order, each once in a row."""
        return list(dict.fromkeys(each.host for each in self.asked if each.body))

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def encrypted(self, connection: Any) -> ssl.SSLSocket:
        return self._context.wrap_socket(connection, server_side=True)


def _handler(companies: Companies) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        host = ""

        def do_CONNECT(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.host = self.path.partition(":")[0]
            self.connection = companies.encrypted(self.connection)
            self.rfile = self.connection.makefile("rb")
            self.wfile = self.connection.makefile("wb", buffering=0)

        def do_GET(self) -> None:
            self._note({})
            if self._refused():
                return
            if self.path == "/api/tags":
                self._json({"models": [{"name": name, "model": name} for name in companies.models]})
            elif self.path.partition("?")[0].endswith("/models"):
                self._json({"data": [{"id": name} for name in companies.models]})
            else:
                self._json({"error": {"message": "not found"}}, 404)

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            self._note(body)
            if self._refused():
                return
            path = self.path.partition("?")[0]
            if path == "/api/show":
                self._json({"template": QWEN, "capabilities": ["completion", "insert"], "model_info": {}})
            elif path == "/api/chat":
                pieces = [
                    {"message": {"role": "assistant", "content": "ready"}},
                    {"message": {"content": ""}, "done": True},
                ]
                self._stream("application/x-ndjson", [json.dumps(each) for each in pieces], "\n")
            elif path == "/api/generate":
                self._stream(
                    "application/x-ndjson", [json.dumps({"response": "a + b"}), json.dumps({"done": True})], "\n"
                )
            elif path.endswith("/messages"):
                self._stream("text/event-stream", _anthropic("ready"), "\n\n")
            elif path.endswith("/chat/completions"):
                self._stream("text/event-stream", _openai({"delta": {"content": "ready"}}), "\n\n")
            elif path.endswith("/fim/completions"):
                self._stream("text/event-stream", _openai({"delta": {"content": "a + b"}}), "\n\n")
            elif path.endswith("/completions"):
                self._stream("text/event-stream", _openai({"text": "a + b"}), "\n\n")
            else:
                self._json({"error": {"message": "not found"}}, 404)

        def _note(self, body: dict[str, Any]) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            companies.asked.append(Asked(self.host, self.path, headers, body))

        def _refused(self) -> bool:
            given = " ".join(self.headers.get(name, "") for name in ("authorization", "x-api-key", "api-key"))
            if self.host in companies.refuses:
                self._json({"error": {"message": "out of order"}}, 500)
            elif companies.keys.get(self.host, "") not in given:
                self._json({"error": {"message": "bad key"}}, 401)
            else:
                return False
            return True

        def _json(self, value: Any, status: int = 200) -> None:
            content = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _stream(self, kind: str, events: list[str], end: str) -> None:
            content = "".join(f"{event}{end}" for event in events).encode()
            self.send_response(200)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def _openai(choice: dict[str, Any]) -> list[str]:
    ends = {"delta": {}, "text": "", "finish_reason": "stop"}
    chunks = [json.dumps({"choices": [{"index": 0, **each}]}) for each in (choice, ends)]
    return [*(f"data: {chunk}" for chunk in chunks), "data: [DONE]"]


def _anthropic(text: str) -> list[str]:
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {"usage": {"input_tokens": 1, "output_tokens": 1}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
        {"type": "message_stop"},
    ]
    return [f"event: {event['type']}\ndata: {json.dumps(event)}" for event in events]
