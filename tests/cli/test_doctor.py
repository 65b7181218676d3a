"""`picode doctor` as a process, on a machine with one thing wrong at a time: it names the fix."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from picode import __version__
from picode.cli.doctor import programs
from support.upstream import as_chat, completion_stream

NOWHERE = "https://api.example.invalid/v1"
"""An address that leads nowhere by definition (RFC 6761). It is only asked for through a proxy on this machine, or where there
is no network at all."""


class ModelServer:
    """A model server, or a proxy: it wants a key, and remembers who came."""

    def __init__(self, status: str = "200 OK") -> None:
        self.status = status
        self.address = ""
        self.asked: list[str] = []

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            header = (await reader.readuntil(b"\r\n\r\n")).decode()
            fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in header.split("\r\n"))}
            await reader.readexactly(int(fields.get("content-length", 0)))
            self.asked.append(header.split("\r\n")[0])
            body, kind = b"", "application/json"
            if not self.status.startswith("200"):
                body = b'{"error": {"message": "Incorrect API key provided."}}'
            elif "/models" in header:
                body = b'{"object": "list", "data": [{"id": "m"}]}'
            else:
                pieces = completion_stream("ready")
                body = b"".join(map(as_chat, pieces) if "/chat/" in header else pieces)
                kind = "text/event-stream"
            length = f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
            writer.write(f"HTTP/1.1 {self.status}\r\ncontent-type: {kind}\r\n{length}".encode() + body)
            await writer.drain()
        writer.close()


@dataclass
class Machine:
    """A machine where all is well, in a folder; tests break one thing."""

    folder: Path
    environ: dict[str, str] = field(default_factory=dict)
    wrapper: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("bin", "home", "work", "config", "data", "state", "cache", "runtime"):
            (self.folder / name).mkdir()
        folders = {f"PICODE_{name}_DIR": "" for name in ("CONFIG", "DATA", "STATE", "CACHE", "RUNTIME")}
        self.environ = {
            **{name: str(self.folder / name.split("_")[1].lower()) for name in folders},
            "PATH": str(self.folder / "bin"),
            "HOME": str(self.folder / "home"),
            "PYTHONPATH": str(Path(__file__).parent.parent),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        }
        self.program("picode", f"picode {__version__}")

    def program(self, name: str, said: str, code: int = 0) -> Path:
        """A program that says one thing, whatever it is asked."""
        file = self.folder / "bin" / name
        file.write_text(f"#!/bin/sh\n[ $# -gt 1 ] && exit 0\necho '{said}'\nexit {code}\n")
        file.chmod(0o755)
        return file

    def settings(self, **tables: Any) -> None:
        (self.folder / "config" / "config.json").write_text(json.dumps(tables))

    def provider(self, base_url: str, **row: Any) -> None:
        own = {"baseUrl": base_url, "fill": "openai_completions", "model": "m", **row}
        self.settings(inline={"provider": "own"}, providers={"own": own})

    async def examine(self, *options: str) -> tuple[int, str]:
        process = await asyncio.create_subprocess_exec(
            *self.wrapper,
            *(sys.executable, "-m", "picode", "doctor", *options),
            env=self.environ,
            cwd=self.folder / "work",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        told, _ = await asyncio.wait_for(process.communicate(), 90)
        assert process.returncode is not None
        return process.returncode, told.decode()

    async def problems(self) -> list[tuple[str, str]]:
        """What is told as a problem, and its fix."""
        code, told = await self.examine("--json")
        report = json.loads(told[told.index("{") :])
        found = [(each["text"], each["fix"]) for each in report["findings"] if each["state"] == "problem"]
        assert report["problems"] == len(found)
        assert code == (1 if found else 0)
        return found


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    folder = tmp_path / "machine"
    folder.mkdir()
    return Machine(folder)


@pytest.fixture
async def server() -> AsyncIterator[ModelServer]:
    server = ModelServer()
    async with server.running():
        yield server


def closed_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


Break = Callable[[Machine, ModelServer], None]


def no_key(machine: Machine, server: ModelServer) -> None:
    machine.provider(own(server), keyEnv="OWN_KEY")


def wrong_key(machine: Machine, server: ModelServer) -> None:
    machine.provider(own(server), keyEnv="OWN_KEY")
    machine.environ["OWN_KEY"] = "a-key-that-is-wrong"
    server.status = "401 Unauthorized"


def no_network(machine: Machine, server: ModelServer) -> None:
    machine.provider(NOWHERE)
    machine.wrapper = alone()


def wrong_proxy(machine: Machine, server: ModelServer) -> None:
    machine.provider(NOWHERE)
    machine.environ["HTTPS_PROXY"] = f"http://ada:secret-password@127.0.0.1:{closed_port()}"


def refusing_proxy(machine: Machine, server: ModelServer) -> None:
    server.status = "407 Proxy Authentication Required"
    row = {"baseUrl": NOWHERE, "fill": "openai_completions", "model": "m"}
    machine.settings(inline={"provider": "own"}, providers={"own": row}, network={"proxy": server.address})


def locked_keyring(machine: Machine, server: ModelServer) -> None:
    machine.environ["PYTHON_KEYRING_BACKEND"] = "keys.backends.LockedKeyring"


def broken_keyring(machine: Machine, server: ModelServer) -> None:
    machine.environ["PYTHON_KEYRING_BACKEND"] = "keys.backends.RaisingKeyring"


def missing_keyring_that_holds_keys(machine: Machine, server: ModelServer) -> None:
    machine.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
    (machine.folder / "data" / "keyring.json").write_text('{"format": 1, "entries": ["openai@https://api.openai.com"]}')


def cache_is_read_only(machine: Machine, server: ModelServer) -> None:
    machine.environ["PICODE_CACHE_DIR"] = "/proc/picode"  # where not even root can write


def cache_is_a_file(machine: Machine, server: ModelServer) -> None:
    (machine.folder / "cache").rmdir()
    (machine.folder / "cache").touch()


def old_vscode(machine: Machine, server: ModelServer) -> None:
    machine.program("code", "1.80.2\n2ccd690cbff1569e4a83d7c43d45101f817401dc\nx64")


def old_neovim_with_the_plugin(machine: Machine, server: ModelServer) -> None:
    machine.program("code", "1.105.0")
    machine.program("nvim", "NVIM v0.7.2\nBuild type: Release")
    (machine.folder / "home/.local/share/nvim/site/pack/p/start/picode/lua/picode").mkdir(parents=True)


def not_on_the_path(machine: Machine, server: ModelServer) -> None:
    (machine.folder / "bin" / "picode").unlink()


def another_version(machine: Machine, server: ModelServer) -> None:
    machine.program("picode", "picode 0.0.7")


def a_program_that_fails(machine: Machine, server: ModelServer) -> None:
    machine.program("picode", "no module named picode", code=1)


def a_setting_that_is_wrong(machine: Machine, server: ModelServer) -> None:
    machine.environ["PICODE_INLINE__DEBOUNCE_MS"] = "soon"


def an_unknown_provider(machine: Machine, server: ModelServer) -> None:
    machine.settings(inline={"provider": "own", "fallback": ["nobody"]}, providers={"own": row(server)})


def a_server_that_is_not_running(machine: Machine, server: ModelServer) -> None:
    machine.provider(f"http://127.0.0.1:{closed_port()}/v1")


def certificates_that_are_not_there(machine: Machine, server: ModelServer) -> None:
    settings = {"inline": {"provider": "own"}, "providers": {"own": row(server)}}
    machine.settings(**settings, network={"caFile": "/missing.pem"})


def own(server: ModelServer) -> str:
    return f"{server.address}/v1"


def row(server: ModelServer) -> dict[str, str]:
    return {"baseUrl": own(server), "fill": "openai_completions", "model": "m"}


def alone() -> tuple[str, ...]:
    """A command that runs another one without any network."""
    command = ("unshare", "--map-root-user", "--net")
    if shutil.which("unshare") is None or subprocess.run([*command, "true"], check=False, stderr=-3).returncode:
        pytest.skip("a machine without a network is made by `unshare --net`, which is missing or not allowed here")
    return (shutil.which("unshare") or "", *command[1:])


@pytest.mark.skipif(os.name == "nt", reason="the programs on the PATH are shell scripts")
@pytest.mark.parametrize(
    ("break_it", "problem", "fix"),
    [
        (no_key, "no key is known", "Set OWN_KEY, or run `picode provider key set own`"),
        (wrong_key, "refused the key", "Check the key, and that it may use this model"),
        (no_network, "no connection to api.example.invalid", "set picode.network.proxy or HTTPS_PROXY"),
        (wrong_proxy, "no answer at http://127.0.0.1:", "Correct HTTPS_PROXY, or take it away"),
        (refusing_proxy, "proxy", "Check picode.network.proxy"),
        (locked_keyring, "is locked", "Unlock it and try again, or store keys in an encrypted file"),
        (broken_keyring, "fails (RuntimeError)", "store keys in an encrypted file instead"),
        (missing_keyring_that_holds_keys, "should hold 1 key", "Start it, or store keys"),
        (cache_is_read_only, "can't be written to", "or set PICODE_CACHE_DIR to a folder of yours"),
        (cache_is_a_file, "can't be written to", "or set PICODE_CACHE_DIR to a folder of yours"),
        (old_vscode, "1.80.2 is too old", "Update VS Code to 1.91 or newer"),
        (old_neovim_with_the_plugin, "0.7.2 is too old", "Update Neovim to 0.11 or newer"),
        (not_on_the_path, "`picode` is not on the PATH", "to your PATH, or name"),
        (another_version, "is 0.0.7, and this is", "Update or remove the one that you don't want"),
        (a_program_that_fails, "does not run", "Install it again"),
        (a_setting_that_is_wrong, "PICODE_INLINE__DEBOUNCE_MS", "Correct it there"),
        (an_unknown_provider, "There is no provider named 'nobody'", "Choose one of"),
        (a_server_that_is_not_running, "no connection to 127.0.0.1", "Start the server there"),
        (certificates_that_are_not_there, "/missing.pem can't be read", "Set picode.network.caFile"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
async def test_it_names_the_fix(machine: Machine, server: ModelServer, break_it: Break, problem: str, fix: str) -> None:
    machine.provider(own(server))
    break_it(machine, server)
    found = await machine.problems()
    assert any(problem in text and fix in told for text, told in found), found
    assert "secret-password" not in str(found)
    assert len(found) <= 3, "a wrong proxy shows in two places, a folder for caches in three"


async def test_where_all_is_well_it_says_so_and_asks_nobody_else(machine: Machine, server: ModelServer) -> None:
    machine.provider(own(server))
    machine.program("code", "1.105.0")
    proxy = ModelServer()
    async with proxy.running():
        machine.environ |= {"HTTPS_PROXY": proxy.address, "OPENAI_API_KEY": "sk-canary-0123456789"}
        code, told = await machine.examine()
    assert code == 0, told
    assert told.rstrip().endswith("All is well.")
    assert "own: chat" in told
    assert "\x1b" not in told, "no colours where there is no terminal"
    assert proxy.asked == [], "nobody whom the settings don't name"
    assert {line.split()[1] for line in server.asked} == {"/v1/models", "/v1/chat/completions", "/v1/completions"}


async def test_a_provider_that_fails_is_named_once(machine: Machine, server: ModelServer) -> None:
    wrong_key(machine, server)
    _, told = await machine.examine()
    (line,) = (line for line in told.splitlines() if "refused the key" in line)
    assert line.count("own") == 1, line
    assert "It is the one in the environment variable OWN_KEY." in told


async def test_a_proxy_of_the_settings_that_is_none_is_a_problem(machine: Machine, server: ModelServer) -> None:
    row = {"baseUrl": NOWHERE, "fill": "openai_completions", "model": "m"}
    machine.settings(inline={"provider": "own"}, providers={"own": row}, network={"proxy": "proxy.example:8080"})
    found = await machine.problems()
    assert all("network.proxy should be an address" in text for text, _ in found), found
    assert any("No request leaves this machine until it is corrected." in text + fix for text, fix in found)


async def test_an_old_editor_beside_a_good_one_is_no_problem(machine: Machine, server: ModelServer) -> None:
    machine.provider(own(server))
    machine.program("code", "1.105.0")
    machine.program("nvim", "NVIM v0.7.2")
    assert await machine.problems() == []
    _, told = await machine.examine()
    assert "Update Neovim to 0.11 or newer." in told


async def test_an_editor_that_hangs_is_waited_for_no_longer_than_seconds(
    machine: Machine,
) -> None:
    (machine.folder / "bin" / "nvim").write_text("#!/bin/sh\nexec sleep 60\n")
    (machine.folder / "bin" / "nvim").chmod(0o755)
    environ = {**os.environ, "PATH": f"{machine.folder / 'bin'}:{os.environ['PATH']}"}
    assert await programs.output_of("nvim", "--version", environ=environ, seconds=0.2) == ""
