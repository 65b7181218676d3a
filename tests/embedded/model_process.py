"""What the tests need to see of processes: whether they live, and how the model answers."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import psutil

from picode.assistant.ports import Endpoint
from picode.io.embedded.options import EmbeddedOptions, Progress
from picode.io.embedded.shared import EmbeddedModel


@asynccontextmanager
async def embedded(model: Path, progress: list[Progress] | None = None, **options: Any) -> AsyncIterator[EmbeddedModel]:
    wishes = EmbeddedOptions(model_path=str(model), **options)
    subject = EmbeddedModel(lambda: wishes, (progress if progress is not None else []).append)
    try:
        yield subject
    finally:
        pid = subject.pid
        await subject.close()
        if pid is not None and psutil.pid_exists(pid):
            psutil.Process(pid).kill()  # it would end by itself, two seconds later
            await gone(pid)


async def gone(pid: int, within: float = 5.0) -> float:
    """Waits until the process is gone, and gives the seconds that took."""
    began = time.monotonic()
    try:
        process = psutil.Process(pid)
    except psutil.NoSuchProcess:
        return 0.0
    await asyncio.to_thread(process.wait, within)
    return time.monotonic() - began


class Holder:
    """A server in a process of its own."""

    def __init__(self, model: Path, **options: Any) -> None:
        script = Path(__file__).with_name("holder.py")
        wishes = {"model_path": str(model), **options}
        self.process = subprocess.Popen(
            [sys.executable, str(script), json.dumps(wishes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self) -> dict[str, Any]:
        """Has it ask for the endpoint; `answer` waits for what it got."""
        self.request()
        return self.answer()

    def request(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("endpoint\n")
        self.process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the holder died"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def end(self) -> None:
        self.process.communicate(timeout=10)

    def __enter__(self) -> Holder:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate(timeout=10)


async def complete(endpoint: Endpoint, prompt: str, key: str | None = None, **fields: Any) -> httpx2.Response:
    """A raw completion, as the dialect asks for it."""
    body = {"prompt": prompt, "max_tokens": 16, "temperature": 0, "stop": ["\n"], "cache_prompt": True} | fields
    headers = {"Authorization": f"Bearer {key or endpoint.key}", "Connection": "close"}
    async with httpx2.AsyncClient(timeout=60) as client:
        return await client.post(f"{endpoint.base_url}/completions", json=body, headers=headers)
