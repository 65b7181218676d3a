"""A provider on this machine that says what the test wants: the OpenAI completions API over HTTP, streamed."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from e2e.nvim.neovim import eventually


class ScriptedUpstream:
    """Completes a prompt towards the text that the test has in mind, as a model would that knows it."""

    def __init__(self) -> None:
        self.prompts: list[str] = []
        self._texts: tuple[str, ...] = ()
        self._open = threading.Event()
        self._open.set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def will_write(self, *texts: str) -> None:
        """What the model has in mind: for each candidate a text, the start of which may have been typed already."""
        self._texts = texts
        self.prompts.clear()
        self._open.set()

    def hold(self) -> None:
        """Answers wait until `release`."""
        self._open.clear()

    def release(self) -> None:
        self._open.set()

    def wait_for_prompt(self, end: str) -> None:
        """Until the model was asked to go on from `end`."""
        eventually(lambda: any(prompt.endswith(end) for prompt in self.prompts), 10.0, lambda: repr(self.prompts))

    def close(self) -> None:
        self._open.set()
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, body: dict[str, Any]) -> str:
        prompt = body["prompt"]
        self.prompts.append(prompt)
        self._open.wait(10)
        number = body.get("seed") or 0
        if number >= len(self._texts):
            return ""
        text = self._texts[number]
        typed = next((size for size in range(len(text), 0, -1) if prompt.endswith(text[:size])), 0)
        return text[typed:]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        upstream = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._send("application/json", json.dumps({"data": [{"id": "scripted-model"}]}))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if not body:
                    return  # the question was withdrawn before it was asked
                text = upstream._answer(json.loads(body))
                events = [{"choices": [{"index": 0, "text": text[at : at + 3]}]} for at in range(0, len(text), 3)]
                events.append({"choices": [{"index": 0, "text": "", "finish_reason": "stop"}]})
                lines = [f"data: {json.dumps(event)}\n\n" for event in events]
                self._send("text/event-stream", "".join([*lines, "data: [DONE]\n\n"]))

            def _send(self, kind: str, text: str) -> None:
                try:
                    self.send_response(200)
                    self.send_header("Content-Type", kind)
                    self.send_header("Content-Length", str(len(text.encode())))
                    self.end_headers()
                    self.wfile.write(text.encode())
                except OSError:
                    pass  # the question was withdrawn

            def log_message(self, *args: Any) -> None:
                pass

        return Handler


@dataclass
class GatewayReply:
    """An answer of the chat: with `held`, what comes behind the mark `|` waits for `release`."""

    text: str
    status: int = 200
    held: bool = False


class ScriptedChat:
    """A model that people talk with: the OpenAI chat API, streamed, with an answer after the other; the last stays."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.hung_up = threading.Event()
        self._replies: list[GatewayReply] = []
        self._release = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def will_say(self, *texts: str, held: bool = False) -> None:
        self._start([GatewayReply(text, held=held) for text in texts])

    def will_fail(self, status: int, message: str) -> None:
        self._start([GatewayReply(json.dumps({"error": {"message": message}}), status)])

    def _start(self, replies: list[GatewayReply]) -> None:
        self._replies = replies
        self.bodies.clear()
        self.hung_up.clear()
        self._release.clear()

    def release(self) -> None:
        self._release.set()

    @property
    def said(self) -> list[list[str]]:
        """What was said in each request, the system's words left out."""
        return [[each["content"] for each in body["messages"] if each["role"] != "system"] for body in self.bodies]

    def close(self) -> None:
        self._release.set()
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        chat = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._head(200, "application/json")
                self.wfile.write(json.dumps({"data": [{"id": "scripted-model"}]}).encode())

            def do_POST(self) -> None:
                chat.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                reply = chat._replies.pop(0) if len(chat._replies) > 1 else chat._replies[0]
                try:
                    if reply.status != 200:
                        self._head(reply.status, "application/json")
                        self.wfile.write(reply.text.encode())
                        return
                    self._head(200, "text/event-stream")
                    before, _, after = reply.text.partition("|") if reply.held else (reply.text, "", "")
                    self._say(before)
                    if reply.held:
                        self._wait()
                        self._say(after)
                    self.wfile.write(
                        b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
                    )
                except OSError:
                    chat.hung_up.set()

            def _say(self, text: str) -> None:
                for at in range(0, len(text), 4):
                    event = {"choices": [{"index": 0, "delta": {"content": text[at : at + 4]}}]}
                    self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())

            def _wait(self) -> None:
                """Until the test goes on, or nobody listens any more."""
                self.connection.settimeout(0.02)
                while not chat._release.is_set():
                    try:
                        if not self.connection.recv(1):
                            raise ConnectionResetError
                    except TimeoutError:
                        continue
                self.connection.settimeout(None)

            def _head(self, status: int, kind: str) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Connection", "close")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        return Handler
