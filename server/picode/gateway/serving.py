"""Runs the gateway in one process or several. When it is stopped, in-flight responses are finished."""

from __future__ import annotations

import errno
import multiprocessing
import os
import shutil
import signal
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors.multiprocess import Multiprocess, Process

from picode.core.errors import ConfigurationError
from picode.gateway.app import create
from picode.gateway.connections import BoundedConnection
from picode.gateway.gate import Gate
from picode.io import metrics
from picode.io.folders import runtime_folder

_BACKLOG = 2048
_KEEP_ALIVE_SECONDS = 75
"""Longer than the usual 60 s of proxies, which else send a request on a connection that is being closed."""


_WORKER_SECONDS = 60
"""For which a worker may leave its supervisor's question open before it is killed. On a busy machine a start alone takes more
than uvicorn's 5 s, and one that is killed for it starts again, for ever."""


@dataclass(frozen=True, slots=True)
class Serving:
    """How the gateway runs. `drain_seconds` is the time for in-flight responses. `command_line` are the settings that were
    given there."""

    host: str
    port: int
    workers: int
    drain_seconds: float
    command_line: Mapping[str, Any]


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens at `host` and `port`. Raises `ConfigurationError` if that is not possible."""
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listening = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:  # UnicodeError: a name that is none, as `a..b`
        raise ConfigurationError(f"{host!r} is no address of this machine.", "Choose another host.") from error
    try:
        if os.name == "posix":  # on Windows it would let two servers listen at the same port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise _cannot_listen(error, host, port) from error
    listening.set_inheritable(True)
    return listening


def _cannot_listen(error: OSError, host: str, port: int) -> ConfigurationError:
    if error.errno == errno.EADDRINUSE:
        return ConfigurationError(
            f"Something listens at {host}:{port} already, perhaps another gateway.",
            "Stop it, or choose another port with --port.",
        )
    if error.errno == errno.EACCES:
        return ConfigurationError(f"The port {port} needs administrator rights.", "Choose one above 1023 with --port.")
    return ConfigurationError(
        f"Nothing can listen at {host}:{port} ({error.strerror}).", "Choose another host or port."
    )


def configure(app: Any, drain_seconds: float, *, factory: bool = False, workers: int = 1) -> uvicorn.Config:
    """uvicorn's configuration for a gateway; `app` is the ASGI application, or a `factory` of it."""
    return uvicorn.Config(
        app,
        factory=factory,
        workers=workers,
        http=BoundedConnection,
        lifespan="on",
        ws="none",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=_BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=max(1, round(drain_seconds)),
        timeout_worker_healthcheck=_WORKER_SECONDS,
    )


def _create(listens: str, command_line: Mapping[str, Any]) -> Gate:
    """The application in the process that serves it. A worker ends with the process that started it, however that one ends."""
    if (parent := multiprocessing.parent_process()) is not None:

        def follow() -> None:
            parent.join()
            os.kill(os.getpid(), signal.SIGTERM)

        threading.Thread(target=follow, name="picode-parent", daemon=True).start()
    return create(listens, command_line)


def serve(serving: Serving, listening: socket.socket) -> int:
    """Serves until SIGTERM or SIGINT. Returns the process's exit code."""
    make = partial(_create, serving.host, dict(serving.command_line))
    config = configure(make, serving.drain_seconds, factory=True, workers=serving.workers)
    # At its end, uvicorn raises the signal again that stopped it; the exit code shall be 0.
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: None)
    if serving.workers == 1:
        server = uvicorn.Server(config)
        server.run([listening])
        return 0 if server.started else 1
    folder = runtime_folder() / f"gateway-{os.getpid()}"
    os.environ.update(metrics.share(folder))
    try:
        _Workers(config, listening, folder).run()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


class _Worker(Process):
    """A worker process, which is asked whether it is well without waiting for the answer.

    uvicorn waits: while one worker is slow to answer, another that has died is not replaced, and of one that dies after the
    question was sent no end is ever read.
    """

    asked = 0.0
    """When the question was sent that has no answer yet, by the monotonic clock; 0 if none is open."""

    def is_alive(self, timeout: float = _WORKER_SECONDS) -> bool:
        """False where it has ended, or has left a question open for `timeout` seconds."""
        if not self.process.is_alive():
            return False
        try:
            while self.parent_conn.poll(0):
                self.parent_conn.recv()
                self.asked = 0.0
            if not self.asked:
                self.parent_conn.send(b"ping")
                self.asked = time.monotonic()
        except (OSError, EOFError):
            return False
        return time.monotonic() - self.asked < timeout


class _Workers(Multiprocess):
    """The worker processes; one that dies is replaced. Their metrics are in files in `folder`."""

    def __init__(self, config: uvicorn.Config, listening: socket.socket, folder: Path) -> None:
        super().__init__(config, [listening])
        self._folder = folder

    def init_processes(self) -> None:
        self.processes = [self._started() for _ in range(self.processes_num)]

    def keep_subprocess_alive(self) -> None:
        for at, worker in enumerate(self.processes):
            if self.should_exit.is_set():
                return
            if worker.is_alive(timeout=self.config.timeout_worker_healthcheck):
                continue
            worker.kill()
            worker.join()
            if worker.pid is not None:
                metrics.process_ended(self._folder, worker.pid)
            if worker.exitcode == STARTUP_FAILURE:  # the next one would fail in the same way
                self.should_exit.set()
                return
            self.processes[at] = self._started()

    def _started(self) -> Process:
        worker = _Worker(self.config, self.sockets)
        worker.start()
        return worker
