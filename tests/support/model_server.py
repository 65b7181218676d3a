"""A model server in a thread, speaking OpenAI's chat completions: for programs that tests run as a user would."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Model:
    """A model server in a thread: it says `says` piece by piece, and then, if it `hangs`, nothing for ever."""

    def __init__(self) -> None:
        self.says: list[str] = ["ok"]
        self.fills: list[str] = [" + 1"]
        """The same for code to be filled in."""
        self.reasons: list[str] = []
        """Reasoning before an answer of the chat, in the field that is for it."""
        self.finish = "stop"
        self.hangs = False
        self.status = 200
        self.asked: list[str] = []
        self.conversations: list[list[dict[str, str]]] = []
        """The messages of each request of the chat."""
        self.left = threading.Event()
        self.may_end = threading.Event()
        """Until it is set, an answer stops before its last piece."""
        self.may_end.set()
        model = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_error(404)

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                chats = self.path.endswith("/chat/completions")
                if not chats and not self.path.endswith("/completions"):
                    self.send_error(404)
                    return
                if chats:
                    model.conversations.append(body["messages"])
                model.asked.append(body["messages"][-1]["content"] if chats else body["prompt"])
                self.send_response(model.status)
                self.send_header("content-type", "text/event-stream" if model.status == 200 else "application/json")
                self.end_headers()
                if model.status != 200:
                    self.wfile.write(b'{"error": {"message": "bad key"}}')
                    return
                for piece in model.reasons if chats else ():
                    self._tell({"delta": {"reasoning_content": piece}})
                pieces = model.says if chats else model.fills
                for at, piece in enumerate(pieces, start=1):
                    if at == len(pieces):
                        model.may_end.wait(60)
                    self._tell({"delta": {"content": piece}} if chats else {"text": piece})
                if model.hangs:
                    self.rfile.read()
                    model.left.set()
                    return
                self._tell({"delta": {}, "text": "", "finish_reason": model.finish})
                self.wfile.write(b"data: [DONE]\n\n")

            def _tell(self, choice: dict[str, object]) -> None:
                self.wfile.write(f"data: {json.dumps({'choices': [{'index': 0, **choice}]})}\n\n".encode())

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
