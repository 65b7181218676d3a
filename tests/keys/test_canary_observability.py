"""A planted key after sessions that are watched as closely as can be: in no log of either kind, metric, statistic or trace."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from picode.lsp.server import PiCodeServer, build_assistant
from support.collector import Collector, attributes
from support.editor import FakeEditor
from support.figures import Exposed
from support.process import ServerProcess

from .test_canary_session import CANARY, FORMS, QuotingProvider, look_for_the_key

MOODS = ("", "500", "mid-stream", "401")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """One in which all of PiCode's files lie below one folder, and everything is written to the log that can be."""
    names = ("CONFIG", "DATA", "STATE", "CACHE", "LISTS", "ANSWERS", "RUNTIME")
    folders = {f"PICODE_{name}_DIR": str(tmp_path / "home" / name.lower()) for name in names}
    # Whatever somebody may ask for, bodies and headers stay out of the log.
    levels = "debug,httpx2=debug,httpcore2=debug,pygls=debug,asyncio=debug,opentelemetry=debug"
    return {**folders, "CANARY_API_KEY": CANARY, "PICODE_LOG": levels, "PYTHONASYNCIODEBUG": "1"}


def settings(url: str, collector: Collector, **log: Any) -> dict[str, Any]:
    return {
        "log": {"file": "picode.jsonl", **log},
        "tracing": {"endpoint": collector.address},
        "inline": {"provider": "quoting", "debounceMs": 0, "prefetch": False},
        "advanced": {"inline": {"retries": 0}},
        "providers": {"quoting": {"baseUrl": url, "fill": "openai_completions", "keyEnv": "CANARY_API_KEY"}},
    }


async def work(server: ServerProcess, provider: QuotingProvider, folder: Path) -> list[Any]:
    """A suggestion in each mood of the provider, and whatever else a client may ask for."""
    told: list[Any] = []
    for number, mood in enumerate(MOODS):
        provider.cross = mood
        uri = server.open(folder / f"{number}.py", f"{number} + \n")  # or the disk would answer
        told.append(await server.suggest(uri, 0, 4, explicit=True))
        for name in ("picode.models", "picode.status", "picode.explainSuggestion"):
            command = {"command": name, "arguments": []}
            told += [await server.request("workspace/executeCommand", command)]
    await server.request("shutdown")
    server.notify("exit", None)
    await server.exited(within=10)
    return told


@pytest.mark.parametrize("style", ["human", "json"])
async def test_in_no_log_statistic_or_trace(tmp_path: Path, environment: dict[str, str], style: str) -> None:
    provider, home = QuotingProvider(), tmp_path / "home"
    home.mkdir()
    async with provider.running() as url, Collector() as collector:
        own = settings(url, collector, format=style)
        environment["PICODE_ADVANCED__LOG__FORMAT"] = style  # from the first line on
        async with ServerProcess(log=home / "stderr", **environment) as server:
            told = [await server.initialize(own), *await work(server, provider, tmp_path)]
        await collector.got(2 * len(MOODS))
        (home / "config").mkdir(exist_ok=True)
        (home / "config" / "config.json").write_text(json.dumps({**own, "log": {"format": style}}))

        async def run(*arguments: str) -> bytes:
            command = [sys.executable, "-m", "picode", *arguments]
            done = await asyncio.to_thread(
                subprocess.run, command, capture_output=True, env={**os.environ, **environment}, timeout=60, check=False
            )
            return done.stdout + done.stderr

        commands = (
            ["stats"],
            ["stats", "--json"],
            ["stats", "--html", str(home / "stats.html")],
            ["doctor"],
            ["doctor", "--json"],
        )
        outputs = [await run(*command) for command in commands]
    assert set(provider.keys) == {CANARY}
    stderr = (home / "stderr").read_bytes()
    entries = [json.loads(line) for line in (home / "state" / "picode.jsonl").read_text().splitlines()]
    # The complaint that quotes the key went through all of these.
    assert b"Incorrect API key provided" in stderr
    assert any("Incorrect API key provided" in each["message"] for each in entries)
    assert any(each["level"] == "debug" and each.get("request") for each in entries)
    assert {line.startswith(b"{") for line in stderr.splitlines()} == {style == "json"}
    assert {attributes(span).get("error.type") for span in collector.spans} >= {"AuthenticationError", "ServerFailure"}
    assert b"refused the key" in outputs[3]
    assert b"quoting" in outputs[0]
    files = look_for_the_key(json.dumps(told).encode(), *outputs, *collector.bodies, below=home)
    assert files >= {"stderr", "state/picode.jsonl", "state/statistics.db", "stats.html"}


async def test_in_no_metric(tmp_path: Path, environment: dict[str, str]) -> None:
    provider = QuotingProvider()
    async with provider.running() as url, Collector() as collector:
        environ = {"CANARY_API_KEY": CANARY}
        editor = FakeEditor(PiCodeServer(lambda ls: build_assistant(ls, environ=environ)))
        own = settings(url, collector)
        # A key that somebody has pasted where the model's name belongs.
        own["inline"] |= {"model": "sk-proj-canary0123456789", "fallback": ["quoting"]}
        await editor.start(own)
        for number, mood in enumerate(MOODS):
            provider.cross = mood
            editor.open(f"{number}.py", f"{number} + <cursor>\n")
            await editor.ghost(explicit=True)
        text = (await editor.server.assistant()).metrics.render()
        await editor.stop()
    found = Exposed(text)
    assert found.of("picode_requests_total") >= len(MOODS)
    assert found.of("picode_errors_total", error="AuthenticationError") >= 1
    assert b"sk-proj-canary" not in text + b"".join(collector.bodies)
    for form, canary in FORMS.items():
        assert canary not in text, f"the key is in the metrics, {form}"
