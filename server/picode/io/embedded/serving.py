"""llama.cpp's HTTP server, inside the model's process. The only module that imports it."""

from __future__ import annotations

import faulthandler
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

LOAD_SECONDS = 120.0
"""A load that takes longer ends the process, see `start_server`."""

_BLOCK = 1 << 22


def read_ahead(model: Path, on_bytes: Callable[[int, int], None]) -> None:
    """Reads the file once, so that it is in the system's page cache when llama.cpp maps it.

    llama.cpp loads under Python's global lock, in which this process is deaf. Waiting for the disk here instead keeps
    that time short, and shows how far it is: `on_bytes(done, total)`.
    """
    buffer = memoryview(bytearray(_BLOCK))
    with model.open("rb", buffering=0) as file:
        total = os.fstat(file.fileno()).st_size
        done = 0
        while count := file.readinto(buffer):
            done += count
            on_bytes(done, total)


def start_server(model: Path, *, context: int, threads: int, key: str) -> tuple[Any, str]:
    """Loads `model` and serves it on a free loopback port; the server and its base URL.

    The server lives as long as the value. Raises `RuntimeError` if the model can't be loaded (its log says why) and
    `ImportError` if llama.cpp can't. As the load holds the global lock, only `faulthandler` can end one that hangs.
    """
    # Its threads would spin while they wait for each other, which on a busy machine keeps the awaited one off the core:
    # with two other busy processes on two cores, the slowest of eight lines took 16 s; now 2 s. Idle cores lose a fifth.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    faulthandler.dump_traceback_later(LOAD_SECONDS, exit=True)
    try:
        import xllamacpp

        server = xllamacpp.Server(_parameters(xllamacpp, model, context, threads, key))
    finally:
        faulthandler.cancel_dump_traceback_later()
    return server, f"{server.listening_address}/v1"


def _parameters(xllamacpp: Any, model: Path, context: int, threads: int, key: str) -> Any:
    """Measured with a 135M model on two cores; where nothing is said, the default was as good as anything else.

    `n_parallel` 1: what was read for one request helps the next one only within a slot. With two slots, text typed
    while a request runs is read from its beginning in the other slot: 2.1 s where it takes 0.4 s in a queue.

    `cache_ram_mib`: other files' prompts are kept aside, and back in use at once (50 ms, not 1.2 s). The default of
    8 GiB is no size for a guest in an editor; 256 MiB are some 25 prompts of 450 tokens.

    `n_cache_reuse` stays off: it seldom found anything when the prompt's beginning moved. Keep the beginning still.

    `n_batch`: an abandoned request is noticed between batches only; 128 reads as fast as 2048 does.

    `n_threads_http`: each connection that is kept alive occupies one, idle or not; so does one that has sent half a request,
    for `timeout_read` seconds after each byte. Its default is an hour.
    """
    p = xllamacpp.CommonParams()
    p.model.path = str(model)
    p.model_alias = {model.stem}
    p.hostnames = ["127.0.0.1"]
    p.port = 0
    p.api_keys = [key]
    p.n_ctx = context
    p.n_parallel = 1
    p.n_batch = p.n_ubatch = 128
    p.cache_ram_mib = 256
    p.cpuparams.n_threads = p.cpuparams_batch.n_threads = threads
    p.n_threads_http = 32
    p.timeout_read = 5
    p.timeout_write = 60
    p.verbosity = 2  # warnings and errors; prompts are in neither
    p.ui = False
    p.endpoint_slots = False
    p.cors_origins = ""  # no web page has business here
    return p
