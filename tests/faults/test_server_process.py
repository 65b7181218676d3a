"""Faults of the language server as a process: broken streams, dead editors, clients that do not read."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from support.process import ServerProcess
from support.provider import Provider

LIMIT = 30.0
"""Seconds. A server ends in a twentieth of them, on a machine that has nothing else to do."""


def stub(provider: Provider) -> dict[str, object]:
    return {
        "inline": {"provider": "stub", "model": "m", "debounceMs": 0},
        "providers": {"stub": {"baseUrl": provider.base_url, "fill": "openai_completions"}},
    }


async def test_the_end_of_the_stream_ends_the_server() -> None:
    async with ServerProcess() as server:
        await server.initialize()
        server.process.stdin.close()
        assert await server.exited(LIMIT) == 1


async def test_an_orderly_exit_ends_with_zero() -> None:
    async with ServerProcess() as server:
        await server.initialize()
        await server.request("shutdown")
        server.notify("exit", None)
        assert await server.exited(LIMIT) == 0


async def test_an_editor_that_was_killed_takes_the_server_with_it_though_the_pipe_stays_open() -> None:
    editor = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    async with ServerProcess() as server:
        await server.initialize(process_id=editor.pid)
        await asyncio.sleep(1.5)  # long enough to be seen alive once
        editor.kill()
        editor.wait()
        assert await server.exited(LIMIT) == 1


async def test_an_editor_in_another_namespace_is_not_taken_for_dead() -> None:
    never = 2**22 + 1  # larger than any process id of Linux
    async with ServerProcess() as server:
        await server.initialize(process_id=never)
        with pytest.raises(TimeoutError):
            await server.exited(2.5)
        assert (await server.request("workspace/executeCommand", {"command": "picode.status"}))["result"]


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_the_server_cleanly(sent: signal.Signals) -> None:
    async with ServerProcess() as server:
        await server.initialize()
        os.kill(server.pid, sent)
        assert await server.exited(LIMIT) == 1


@pytest.mark.parametrize(
    "frame",
    [
        b"content-length:46\r\n\r\n",
        b"Content-Length:46\r\nX-More: yes\r\n\r\n",
        b"CONTENT-LENGTH: 46\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n",
    ],
)
async def test_headers_of_any_form_are_served(frame: bytes) -> None:
    async with ServerProcess() as server:
        await server.initialize()
        server.write(frame + b'{"jsonrpc":"2.0","id":"x","method":"shutdown"}')
        await asyncio.wait_for(shut_down(server), LIMIT)


async def shut_down(server: ServerProcess) -> None:
    """Returns when the server has understood `shutdown`: it refuses everything from then on."""
    while "error" not in await server.request("workspace/executeCommand", {"command": "picode.status"}):
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("length", [b"-1", b"10000000000000", b"five", b"5\r\nContent-Length: 6"])
async def test_a_length_that_is_none_ends_in_a_clean_exit(length: bytes) -> None:
    async with ServerProcess() as server:
        await server.initialize()
        before = server.memory()
        server.write(b"Content-Length: " + length + b"\r\n\r\n{}")
        assert before < 200
        assert await server.exited(LIMIT) == 1


async def test_a_client_that_stops_reading_stops_nobody(tmp_path: Path) -> None:
    """Answers of 10 MB wait, while edits are still taken; when the client reads again, every answer is there."""
    async with Provider() as provider, ServerProcess() as server:
        provider.says = "x" * 400
        await server.initialize({**stub(provider), "inline": {**stub(provider)["inline"], "candidates": 1}})
        uri = server.open(tmp_path / "a.py", "y = '" + "z" * 300)
        await server.suggest(uri, 0, 305, explicit=True)
        server._reading.cancel()  # the editor hangs
        answers = [server.ask("workspace/executeCommand", {"command": "picode.models"}) for _ in range(300)]
        await asyncio.sleep(1)
        server._reading = asyncio.create_task(server._read())
        done = await asyncio.wait_for(asyncio.gather(*answers), 60)
        assert len(done) == 300
        assert server.memory() < 200


async def test_a_huge_file_and_a_huge_line_are_served(tmp_path: Path) -> None:
    async with Provider() as provider, ServerProcess() as server:
        provider.says = "1"
        await server.initialize(stub(provider))
        many = server.open(tmp_path / "many.py", "value = 12345678\n" * 600_000 + "x = ")
        long = server.open(tmp_path / "long.py", "x = '" + "y" * 1_000_000 + "' + ")
        began = time.monotonic()
        assert (await server.suggest(many, 600_000, 4))["result"]["items"]
        answer = await server.suggest(long, 0, 1_000_009)
        assert answer["result"]["items"][0]["insertText"] == "1"
        warm = time.monotonic()
        server.change(many, 2, 600_000, 4, "2 + ")
        assert (await server.suggest(many, 600_000, 8))["result"]["items"]
        assert time.monotonic() - warm < time.monotonic() - began  # the second one opens nothing anew


@pytest.mark.embedded
async def test_killing_the_server_leaves_no_model_behind(tmp_path: Path, model: Path) -> None:
    async with ServerProcess() as server:
        await server.initialize({"embedded": {"modelPath": str(model)}})
        uri = server.open(tmp_path / "a.py", "def add(a, b):\n    return a")
        assert (await server.suggest(uri, 1, 12))["result"]["items"] is not None
        model = model_of(server)
        os.kill(server.pid, signal.SIGKILL)
        await asyncio.to_thread(model.wait, LIMIT)
        assert not model.is_running()


@pytest.mark.embedded
async def test_killing_the_model_costs_one_start(tmp_path: Path, model: Path) -> None:
    async with ServerProcess() as server:
        await server.initialize({"embedded": {"modelPath": str(model)}})
        uri = server.open(tmp_path / "a.py", "def add(a, b):\n    return a")
        first = await server.suggest(uri, 1, 12)
        model_of(server).kill()
        again = await server.suggest(uri, 1, 12)
        assert [item["insertText"] for item in again["result"]["items"]] == [
            item["insertText"] for item in first["result"]["items"]
        ]


def model_of(server: ServerProcess) -> psutil.Process:
    """The model's process. It has a session of its own, so it is looked for by what it runs and where it keeps its files."""
    runtime = os.environ["XDG_RUNTIME_DIR"]
    for process in psutil.process_iter():
        try:
            if (
                "picode.io.embedded.process" in " ".join(process.cmdline())
                and process.environ().get("XDG_RUNTIME_DIR") == runtime
            ):
                return process
        except psutil.Error:
            continue
    raise AssertionError("the model's process is not there")
