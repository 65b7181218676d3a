"""A model on this machine that answers in the words of the test: the OpenAI chat API over HTTP, streamed piece by piece."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Answer:
    """What is said, piece by piece: words, or another delta of the API. After piece number `hold` it waits until it may go on.
    `status` is another than 200 for a failure, whose body is the first piece. `finish` is the reason for its end."""

    pieces: Sequence[str | dict[str, Any]]
    hold: int | None = None
    status: int = 200
    retry_after: int | None = None
    finish: str = "stop"


class ScriptedModel:
    """Answers in order; the last answer stays for all that follow. `models` are those that it lists."""

    def __init__(self, *models: str) -> None:
        self.models = models or ("scripted-model",)
        self.questions: list[dict[str, Any]] = []
        self.hung_up = threading.Event()
        self._answers: list[Answer] = []
        self._go_on = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def will_say(self, *texts: str, hold: int | None = None) -> None:
        """One answer for each text, in pieces of a few characters."""
        self._script([Answer([text[at : at + 7] for at in range(0, len(text), 7)], hold) for text in texts])

    def will_end(self, text: str, finish: str) -> None:
        """An answer that ends for another reason than that it is whole."""
        self._script([Answer([text] if text else [], finish=finish)])

    def will_call(self, name: str, arguments: dict[str, Any], then: str) -> None:
        """It has a tool called, and answers when it has the result."""
        text = json.dumps(arguments)
        begun = {"index": 0, "id": "call-1", "type": "function", "function": {"name": name, "arguments": text[:4]}}
        call = [{"tool_calls": [begun]}, {"tool_calls": [{"index": 0, "function": {"arguments": text[4:]}}]}]
        self._script([Answer(call, finish="tool_calls"), Answer([then])])

    def will_fail(self, status: int, message: str) -> None:
        self._script([Answer([json.dumps({"error": {"message": message}})], status=status)])

    def will_wait(self, seconds: int, then: str) -> None:
        """It limits requests, says for how long, and answers the next one."""
        limited = Answer(['{"error": {"message": "slow down"}}'], status=429, retry_after=seconds)
        self._script([limited, Answer([then])])

    def go_on(self) -> None:
        """The answer that holds goes on to its end."""
        self._go_on.set()

    @property
    def last_words(self) -> str:
        """What the user said, as the model was told it."""
        return str(self.questions[-1]["messages"][-1]["content"])

    def close(self) -> None:
        self._go_on.set()
        self._server.shutdown()
        self._server.server_close()

    def _script(self, answers: list[Answer]) -> None:
        self._answers = answers
        self._go_on.clear()
        self.hung_up.clear()
        self.questions.clear()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        model = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._begin(200, "application/json")
                self.wfile.write(json.dumps({"data": [{"id": name} for name in model.models]}).encode())

            def do_POST(self) -> None:
                model.questions.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                answer = model._answers.pop(0) if len(model._answers) > 1 else model._answers[0]
                kind = "text/event-stream" if answer.status == 200 else "application/json"
                self._begin(answer.status, kind, answer.retry_after)
                try:
                    self._say(answer)
                except OSError:
                    model.hung_up.set()

            def _say(self, answer: Answer) -> None:
                if answer.status != 200:
                    self.wfile.write(str(answer.pieces[0]).encode())
                    return
                for number, piece in enumerate(answer.pieces):
                    if number == answer.hold:
                        self._wait()
                    delta = piece if isinstance(piece, dict) else {"content": piece}
                    self._event({"choices": [{"index": 0, "delta": delta}]})
                usage = {"prompt_tokens": 120, "completion_tokens": len(answer.pieces)}
                self._event({"choices": [{"index": 0, "delta": {}, "finish_reason": answer.finish}], "usage": usage})
                self.wfile.write(b"data: [DONE]\n\n")

            def _wait(self) -> None:
                # Whoever hangs up is noticed when something is sent: comments are no events.
                while not model._go_on.wait(0.05):
                    self.wfile.write(b": still thinking\n\n")

            def _event(self, event: dict[str, Any]) -> None:
                self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())

            def _begin(self, status: int, kind: str, retry_after: int | None = None) -> None:
                self.send_response(status)
                if retry_after is not None:
                    self.send_header("Retry-After", str(retry_after))
                self.send_header("Content-Type", kind)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        return Handler
