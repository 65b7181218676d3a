"""The model's process, without a model: when it ends, and whom it lets in."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import pytest

from embedded.model_process import gone
from picode.io.embedded import control
from picode.io.embedded.control import Registration, read_registration
from picode.io.embedded.lease import LoadFailed, take_lease
from picode.io.embedded.process import Parameters


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    running = subprocess.Popen(
        [sys.executable, "-P", "-m", "picode.io.embedded.process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    yield running
    running.kill()
    running.wait(10)
    for pipe in (running.stdin, running.stdout, running.stderr):
        assert pipe
        pipe.close()


def tell(process: subprocess.Popen[bytes], folder: Path) -> Registration:
    """Gives the process its parameters, and reads where it registered."""
    registry = folder / "embedded.json"
    parameters = Parameters(model=str(folder / "none"), context=1, threads=1, registry=str(registry), key="secret")
    assert process.stdin
    assert process.stdout
    process.stdin.write(json.dumps(asdict(parameters)).encode() + b"\n")
    process.stdin.flush()
    assert process.stdout.readline().strip() == b"listening"
    registration = read_registration(registry)
    assert registration
    return registration


async def test_it_ends_at_once_if_its_starter_dies_before_it_says_what_to_load(
    process: subprocess.Popen[bytes],
) -> None:
    assert process.stdin
    process.stdin.close()
    assert await gone(process.pid) < 5


async def test_it_ends_soon_if_its_starter_dies_before_it_takes_a_lease(
    process: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    tell(process, tmp_path)
    assert process.stdin
    process.stdin.close()
    assert await gone(process.pid) < 5
    assert list(tmp_path.iterdir()) == []


async def test_it_ends_after_ten_seconds_if_nobody_comes(process: subprocess.Popen[bytes], tmp_path: Path) -> None:
    began = time.monotonic()
    tell(process, tmp_path)
    await gone(process.pid, within=15)
    assert 9 < time.monotonic() - began < 14
    assert list(tmp_path.iterdir()) == []


async def test_whoever_does_not_know_the_key_is_shown_out_and_does_not_keep_it_running(
    process: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    port = tell(process, tmp_path).port
    for words in (
        [b"GET / HTTP/1.1\r\n\r\n"],
        [b"[]\n"],
        [b"{}\n"],
        [b"\xff\n"],
        [b"x" * 100_000],
        [control.encode(nonce="00"), control.encode(proof="00", idle=600)],
        [control.encode(nonce="00"), control.encode(proof=control.prove("secret", "process", "00"), idle=600)],
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for word in words:
            writer.write(word)
        async with asyncio.timeout(8):
            heard = b""
            with suppress(ConnectionError):
                heard = await reader.read()
        assert b"secret" not in heard
        assert b"state" not in heard
        writer.close()
    assert process.poll() is None
    await gone(process.pid, within=15)


async def test_a_model_that_can_t_be_read_is_told_to_the_holder(
    process: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    lease = await take_lease(tell(process, tmp_path), idle_seconds=60)
    with pytest.raises(LoadFailed, match="No such file"):
        await lease.until_ready(lambda done, total: None)
    lease.close()
    assert await asyncio.to_thread(process.wait, 5) == 1
