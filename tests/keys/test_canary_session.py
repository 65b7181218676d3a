"""A planted key after a whole session, in the editor and in the terminal: in no file, no message, no log at any level."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import re
import subprocess
import sys
import urllib.parse
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from picode.io.usage_store import UsageStore
from support.process import ServerProcess
from support.upstream import completion_stream

CANARY = "Zq7/canary+Zq7=0123456789"  # in no shape that a pattern of ours knows, and other when escaped
PASSPHRASE = "Zq7 canary's passphrase"
FORMS = {
    "as it is": CANARY.encode(),
    "in JSON": json.dumps(CANARY)[1:-1].encode(),
    "quoted for an URL": urllib.parse.quote(CANARY, safe="").encode(),
    "in hexadecimal": CANARY.encode().hex().encode(),
    "passphrase": PASSPHRASE.encode(),
    **{f"base64 at {at}": base64.b64encode(b"x" * at + CANARY.encode())[4:-4] for at in range(3)},
}


class QuotingProvider:
    """A model server that wants the key, and quotes it in its complaints when it is cross."""

    def __init__(self) -> None:
        self.cross = ""
        self.keys: list[str] = []

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
            await reader.readexactly(int(fields.get("content-length", 0)))
            key = fields.get("authorization", "").removeprefix("Bearer ")
            self.keys.append(key)
            listing = {"object": "list", "data": [{"id": "m"}]}
            complaint = {"error": {"message": f"Incorrect API key provided: {key}.", "type": "auth", "key": key}}
            quoting = f"x-your-key: {key}\r\n"
            if self.cross == "401":
                self._reply(writer, "401 No", "application/json", json.dumps(complaint).encode(), quoting)
            elif lines[0].startswith("GET"):
                self._reply(writer, "200 OK", "application/json", json.dumps(listing).encode(), quoting)
            elif self.cross == "500":
                self._reply(writer, f"500 {key}", "text/html", f"<h1>{key}</h1>".encode(), quoting)
            elif self.cross == "mid-stream":
                body = b"".join(completion_stream("12")[:1]) + f"data: {json.dumps(complaint)}\n\n".encode()
                self._reply(writer, "200 OK", "text/event-stream", body, quoting)
            else:
                self._reply(writer, "200 OK", "text/event-stream", b"".join(completion_stream("12 + 3")), quoting)
            await writer.drain()
        writer.close()

    def _reply(self, writer: asyncio.StreamWriter, status: str, kind: str, body: bytes, more: str) -> None:
        length = f"content-length: {len(body)}\r\nconnection: close\r\n"
        writer.write(f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\n{length}{more}\r\n".encode() + body)


@pytest.fixture
def places(tmp_path: Path) -> dict[str, str]:
    """An environment in which all of PiCode's files lie below one folder."""
    names = ("CONFIG", "DATA", "STATE", "CACHE", "LISTS", "ANSWERS", "RUNTIME")
    return {f"PICODE_{name}_DIR": str(tmp_path / "home" / name.lower()) for name in names}


def look_for_the_key(*seen: bytes, below: Path) -> set[str]:
    """The files that there are; fails if the key is in one of them, in its name, or in what was seen."""
    files = [file for file in below.rglob("*") if file.is_file()]
    texts = {str(file): str(file).encode() + file.read_bytes() for file in files}
    texts |= {f"output {number}": text for number, text in enumerate(seen)}
    for place, text in texts.items():
        for form, canary in FORMS.items():
            assert canary not in text, f"the key is in {place}, {form}"
    return {re.sub(r"[0-9a-f]{16}|\d{4}-\d\d-\d\d", "*", str(file.relative_to(below))) for file in files}


async def test_after_a_session_in_an_editor(tmp_path: Path, places: dict[str, str]) -> None:
    provider = QuotingProvider()
    log = tmp_path / "home" / "log"
    log.parent.mkdir()
    async with provider.running() as url:
        options: dict[str, Any] = {
            "log": {"level": "debug"},
            "inline": {"provider": "quoting", "debounceMs": 0},
            "advanced": {"inline": {"retries": 0}},
            "providers": {"quoting": {"baseUrl": url, "fill": "openai_completions", "keyEnv": "CANARY_API_KEY"}},
        }
        environment = {**places, "CANARY_API_KEY": CANARY, "PYTHONASYNCIODEBUG": "1"}
        async with ServerProcess(log=log, **environment) as server:
            told = [await server.initialize(options)]
            for number, mood in enumerate(("", "500", "mid-stream", "401")):
                provider.cross = mood
                uri = server.open(tmp_path / f"{number}.py", f"{number} + \n")  # or the disk would answer
                told.append(await server.suggest(uri, 0, 4, explicit=True))
                for name in ("picode.models", "picode.status"):
                    command = {"command": name, "arguments": []}
                    told += [await server.request("workspace/executeCommand", command)]
            assert told[1]["result"]["items"], told[1]
            await server.request("shutdown")
            server.notify("exit", None)
            await server.exited(within=10)
        seen = json.dumps([told, server.notifications]).encode()
    assert set(provider.keys) == {CANARY}
    assert b"Incorrect API key provided" in seen  # the complaint came through, without the key
    assert b"Incorrect API key provided" in log.read_bytes()
    files = look_for_the_key(seen, below=tmp_path / "home")
    assert files >= {"log", "lists/quoting-*.json", "answers/cache.db", "state/statistics.db"}
    assert UsageStore(lambda: tmp_path / "home" / "state").sent()


async def test_after_a_session_in_a_terminal(tmp_path: Path, places: dict[str, str]) -> None:
    provider = QuotingProvider()
    async with provider.running() as url:
        places |= {"PICODE_VAULT_PASSPHRASE": PASSPHRASE}
        config = tmp_path / "home" / "config"
        config.mkdir(parents=True)
        (config / "config.toml").write_text(
            f'[providers.quoting]\nbaseUrl = "{url}"\nfill = "openai_completions"\nmodel = "m"\n'
        )

        async def run(*arguments: str, given: str = "") -> bytes:
            done = await asyncio.to_thread(
                subprocess.run,
                [sys.executable, "-m", "picode", *arguments],
                input=given.encode(),
                capture_output=True,
                env={**os.environ, **places},
                timeout=60,
                check=False,
            )
            return done.stdout + done.stderr

        outputs = [await run("provider", "key", "set", "quoting", "--vault", given=CANARY + "\n")]
        outputs += [await run("provider", *command) for command in (["list"], ["show", "quoting"], ["key", "status"])]
        for mood in ("", "500", "mid-stream", "401"):
            provider.cross = mood
            outputs.append(await run("provider", "test", "quoting"))
        outputs.append(await run("models", "--provider", "quoting", "--refresh"))
    assert CANARY in provider.keys
    assert b"Incorrect API key provided" in outputs[-2]
    files = look_for_the_key(*outputs, below=tmp_path / "home")
    assert files >= {"config/config.toml", "data/vault.json", "lists/quoting-*.json"}
