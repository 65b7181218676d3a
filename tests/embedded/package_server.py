"""A package index on loopback with one small wheel, whose faults a test can script."""

from __future__ import annotations

import hashlib
import io
import json
import ssl
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from picode.io.embedded.model_file import PackagedModel

MODEL = b"GGUF" + bytes(range(256)) * 8192
"""Two megabytes, so that a transfer has several pieces."""


def make_wheel(model: bytes = MODEL) -> bytes:
    """The same bytes in every process: the entries have no time of their own."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("tiny_model/__init__.py"), "raise RuntimeError('must not be imported')")
        archive.writestr(zipfile.ZipInfo("tiny_model/tiny.gguf"), model)
    return buffer.getvalue()


WHEEL = make_wheel()

PACKAGED = PackagedModel(
    project="Tiny_Model",
    version="1.0",
    wheel="tiny_model-1.0-py3-none-any.whl",
    wheel_size=len(WHEEL),
    wheel_sha256=hashlib.sha256(WHEEL).hexdigest(),
    member="tiny_model/tiny.gguf",
    size=len(MODEL),
    sha256=hashlib.sha256(MODEL).hexdigest(),
)


@dataclass
class PackageServer:
    """What the server does, and what it was asked. A test changes the fields while it runs."""

    wheel: bytes = WHEEL
    html: bool = False
    page: bytes | None = None
    page_status: int = 200
    wheel_status: int = 200
    wheel_url: str = "/files/tiny_model-1.0-py3-none-any.whl"
    redirect_page_to: str = ""
    cuts: list[int] = field(default_factory=list)
    """After how many bytes the connection breaks, one for each of the next transfers."""
    ranges: bool = True
    before_second_half: Callable[[], object] = lambda: None
    requests: list[tuple[str, str]] = field(default_factory=list)
    """Paths, each with its Range header."""
    authorizations: list[str] = field(default_factory=list)
    url: str = ""

    @property
    def index(self) -> str:
        return f"{self.url}/simple"

    @property
    def transfers(self) -> list[str]:
        """The Range header of each request for the wheel."""
        return [wanted for path, wanted in self.requests if path.startswith("/files/")]


@contextmanager
def serve(certificate: Path | None = None) -> Iterator[PackageServer]:
    script = PackageServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            script.requests.append((self.path, self.headers.get("Range", "")))
            script.authorizations.append(self.headers.get("Authorization", ""))
            if self.path == "/simple/tiny-model/":
                self._send_page()
            elif self.path.startswith("/files/"):
                self._send_wheel()
            else:
                self.send_error(404)

        def _send_page(self) -> None:
            if script.redirect_page_to:
                self.send_response(302)
                self.send_header("Location", script.redirect_page_to)
                self.end_headers()
                return
            if script.html:
                link = f'<!DOCTYPE html><html><a href="../..{script.wheel_url}#sha256=00">tiny</a></html>'
                body, kind = link.encode(), "text/html"
            else:
                listing = {"files": [{"filename": PACKAGED.wheel, "url": script.wheel_url, "hashes": {}}]}
                body, kind = json.dumps(listing).encode(), "application/vnd.pypi.simple.v1+json"
            body = body if script.page is None else script.page
            self.send_response(script.page_status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _send_wheel(self) -> None:
            if script.wheel_status != 200:
                self.send_error(script.wheel_status)
                return
            start = 0
            if script.ranges and (wanted := self.headers.get("Range")):
                start = int(wanted.removeprefix("bytes=").removesuffix("-"))
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {start}-{len(script.wheel) - 1}/{len(script.wheel)}")
            else:
                self.send_response(200)
            rest = script.wheel[start:]
            self.send_header("Content-Length", str(len(rest)))
            self.end_headers()
            if script.cuts:
                self.wfile.write(rest[: script.cuts.pop(0)])
                self.close_connection = True
                return
            half = len(rest) // 2
            self.wfile.write(rest[:half])
            self.wfile.flush()
            script.before_second_half()
            self.wfile.write(rest[half:])

        def log_message(self, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *args: object) -> None:
            """A client that was killed is no news."""

    server = Server(("127.0.0.1", 0), Handler)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    script.url = f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
