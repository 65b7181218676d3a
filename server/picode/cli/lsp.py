"""`picode lsp`: the language server."""

from __future__ import annotations

import gc


def serve(tcp: tuple[str, int] | None = None) -> int:
    """Serves one client, on standard streams or on the first TCP connection. Gives the process's exit code."""
    gc.disable()  # importing makes hundreds of thousands of objects, none of them garbage
    from picode.io import logs
    from picode.lsp import streams
    from picode.lsp.server import PiCodeServer

    logs.configure()
    server = PiCodeServer()
    gc.freeze()
    gc.enable()
    return streams.serve_tcp(server, *tcp) if tcp else streams.serve_stdio(server)
