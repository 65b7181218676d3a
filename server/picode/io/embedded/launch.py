"""Joins the model's process if it runs, else starts it: once, however many servers try at the same time."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from picode.assistant.ports import Endpoint
from picode.core.errors import ModelUnavailable, PiCodeError, ProviderTimeout
from picode.io.embedded.control import read_registration, registry_path
from picode.io.embedded.lease import Lease, LoadFailed, try_lease
from picode.io.embedded.options import PROVIDER, EmbeddedOptions
from picode.io.embedded.process import Parameters
from picode.io.extras import require
from picode.io.folders import runtime_folder, state_folder
from picode.io.lock import locked

ANNOUNCE_SECONDS = 20.0
_TAIL_BYTES = 4000
_TAIL_LINES = 6


class Launched:
    """A started process. `ended` is its exit status, once there is one (negative: the signal)."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self, parameters: Parameters) -> None:
        """Returns when servers can find the process. Raises `ModelUnavailable` or `ProviderTimeout`."""
        announced: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        threading.Thread(target=self._attend, args=(parameters, announced), name="picode-embedded", daemon=True).start()
        try:
            async with asyncio.timeout(ANNOUNCE_SECONDS):
                if await announced:
                    return
        except TimeoutError:
            self.kill()
            raise ProviderTimeout(PROVIDER, "its process does not come up.", f"See {self.log}.") from None
        except OSError as error:
            problem = f"its process can't be started: {error.strerror or error}."
            raise ModelUnavailable(PROVIDER, problem, f"The log goes to {self.log}.") from error
        code = await self.ended
        raise ModelUnavailable(PROVIDER, f"its process ended at once (status {code}). {tail_of(self.log)}")

    def _attend(self, parameters: Parameters, announced: asyncio.Future[bool]) -> None:
        """In a thread, since starting may block, and so that the ended process does not stay as a zombie.

        asyncio's own subprocesses are of no use here: they are killed when the loop closes.
        """
        try:
            with open_log(self.log) as log:
                process = self._process = subprocess.Popen(
                    [sys.executable, "-P", "-m", "picode.io.embedded.process"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    cwd=self.log.parent,  # never the workspace's: Python must not import from there
                    **_detached(),
                )
        except Exception as error:
            _settle(announced, error)
            return
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(OSError):
            process.stdin.write(json.dumps(asdict(parameters)).encode() + b"\n")
            process.stdin.flush()  # and left open: its end tells the process that its starter is gone
        with process.stdout:
            _settle(announced, process.stdout.readline().strip() == b"listening")
        _settle(self.ended, process.wait())
        with suppress(OSError):
            process.stdin.close()

    def kill(self) -> None:
        """Ends it the hard way, if it still runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()


def _settle(future: asyncio.Future[Any], value: object) -> None:
    """Sets the result of `future`, or its exception, from another thread than its loop's."""

    def set_once() -> None:
        if future.done():
            return
        if isinstance(value, Exception):
            future.set_exception(value)
        else:
            future.set_result(value)

    with suppress(RuntimeError):  # the loop is closed
        future.get_loop().call_soon_threadsafe(set_once)


def tail_of(log: Path) -> str:
    """The last lines of a log, for an error message; empty if there are none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
            lines = file.read().decode("utf-8", "replace").split("\n")
    except OSError:
        return ""
    printable = ["".join(char for char in line if char.isprintable()).strip() for line in lines]
    return "\n".join([line for line in printable if line][-_TAIL_LINES:])


def make_key() -> str:
    return secrets.token_urlsafe(32)


def require_runtime() -> None:
    """Raises `ConfigurationError` with the command to run if llama.cpp is not installed."""
    require("embedded", "The embedded model needs llama.cpp, which is not installed.")


def open_log(path: Path) -> Any:
    """Opens the log, emptied, for appending: the process may empty it again while it writes."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
    return os.fdopen(os.open(path, flags, 0o600), "ab")


def _detached() -> dict[str, Any]:
    """A session of its own: Ctrl-C in the editor's terminal, or closing it, must not end what others use."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


_JOINS = 3


async def start_or_join(
    model: Path, options: EmbeddedOptions, threads: int, on_loading: Callable[[int, int], None]
) -> tuple[Lease, Endpoint]:
    """A lease on the process, and where it serves. `on_loading(done, total)` gets the bytes of the model read so far.

    Raises `ConfigurationError` if its folders can't be used, `ModelUnavailable` and `ProviderTimeout` if it does not
    come up.
    """
    log = await asyncio.to_thread(state_folder) / "embedded.log"
    folder = await asyncio.to_thread(runtime_folder)
    registry = await asyncio.to_thread(registry_path, folder, model, options.context, threads)
    for _ in range(_JOINS):
        launched: Launched | None = None
        async with locked(registry.with_suffix(".lock")):
            lease = await try_lease(read_registration(registry), options.idle_seconds)
            if lease is None:
                launched = Launched(log)
                await launched.start(Parameters(str(model), options.context, threads, str(registry), make_key()))
                lease = await try_lease(read_registration(registry), options.idle_seconds)
        if lease is None:
            raise ModelUnavailable(PROVIDER, "its process went away while it started.", f"See {log}.")
        try:
            return lease, await lease.until_ready(on_loading)
        except (ConnectionError, LoadFailed, TimeoutError) as error:
            lease.close()
            if launched is not None or not isinstance(error, ConnectionError):
                raise await _failed(error, launched, model, _remedy(options, log), log) from error
            # A process that was joined was about to end. The next round finds or starts another one.
        except BaseException:
            lease.close()
            raise
    raise ModelUnavailable(PROVIDER, "its process ends whenever it is joined.", f"See {log}.")


async def _failed(error: Exception, launched: Launched | None, model: Path, remedy: str, log: Path) -> PiCodeError:
    """Why the model did not load, as an error for the user. A process that hangs is ended if it was `launched` here."""
    if isinstance(error, LoadFailed):
        if str(error).startswith("ImportError"):  # the wheel wants a library of the system, such as libgomp
            problem, remedy = f"llama.cpp can't be started: {error}.", "Install the library that it names."
        else:
            problem = f"the model {model.name} can't be loaded. {tail_of(log) or error}"
        return ModelUnavailable(PROVIDER, problem, remedy)
    if isinstance(error, TimeoutError):
        if launched is not None:
            launched.kill()
        return ProviderTimeout(PROVIDER, f"the model {model.name} does not load.", remedy)
    account = await _account_of_death(launched) if launched is not None else ""
    return ModelUnavailable(PROVIDER, account, remedy)


async def _account_of_death(launched: Launched) -> str:
    try:
        async with asyncio.timeout(5.0):
            code = await launched.ended
    except TimeoutError:
        return "its process let go while it loaded the model."
    how = f"signal {-code}" if code < 0 else f"status {code}"
    return f"its process died while it loaded the model ({how}). {tail_of(launched.log)}".strip()


def _remedy(options: EmbeddedOptions, log: Path) -> str:
    own = "Check the file, or clear `embedded.modelPath` to use PiCode's own model. " if options.model_path else ""
    return f"{own}The log is {log}."
