"""A web server on loopback with one file, whose faults a test can script."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class FileServer:
    """What the server does, and the Range header of each request."""

    content: bytes
    cuts: list[int] = field(default_factory=list)
    """After how many bytes the connection breaks, one for each of the next transfers."""
    ranges: bool = True
    length: int | None = None
    """What it says the length is, where that is a lie."""
    says_length: bool = True
    stall: bool = False
    """Says nothing more behind a cut, and leaves the connection open."""
    status: int = 200
    redirect: str = ""
    requests: list[str] = field(default_factory=list)
    root: str = ""

    @property
    def url(self) -> str:
        return f"{self.root}/files/coder-1.5b.gguf?download=true"


@contextmanager
def serve(content: bytes) -> Iterator[FileServer]:
    script = FileServer(content)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range", "")
            script.requests.append(wanted)
            total = len(script.content)
            start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and script.ranges else 0
            if script.redirect:
                self.send_response(302)
                self.send_header("Location", script.redirect)
            elif script.status != 200:
                self.send_response(script.status)
            elif start and start >= total:
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{total}")
            else:
                self._send(start, total)
                return
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _send(self, start: int, total: int) -> None:
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
            rest = script.content[start:]
            if script.says_length:
                self.send_header("Content-Length", str(len(rest) if script.length is None else script.length))
            self.end_headers()
            self.wfile.write(rest[: script.cuts.pop(0)] if script.cuts else rest)
            while script.stall:
                time.sleep(0.02)
            self.close_connection = True

        def log_message(self, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *args: object) -> None:
            """A client that hangs up is no news."""

    server = Server(("127.0.0.1", 0), Handler)
    script.root = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
