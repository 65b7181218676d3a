"""The embedded model for real: its own process, llama.cpp, and several servers that share it."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import socket
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from embedded.model_process import Holder, complete, embedded, gone
from picode.core.errors import ConfigurationError, ModelUnavailable
from picode.io.embedded.control import Registration, read_registration, registry_path, write_registration
from picode.io.embedded.options import EmbeddedOptions, Progress
from picode.io.embedded.shared import EmbeddedModel
from picode.io.folders import runtime_folder, state_folder

pytestmark = pytest.mark.embedded

KILL = getattr(signal, "SIGKILL", signal.SIGTERM)


def registered() -> list[Path]:
    return list(runtime_folder().glob("embedded-*.json"))


def model_processes() -> list[int]:
    """Those of this test: they are the ones that its registry folder names."""
    found = (read_registration(path) for path in registered())
    return [each.pid for each in found if each is not None and psutil.pid_exists(each.pid)]


async def test_it_completes_code_for_whoever_has_the_key(model: Path) -> None:
    async with embedded(model) as subject:
        endpoint = await subject.endpoint()
        answer = await complete(endpoint, "import os\n\n\ndef read_file(path):\n    with open(")
        assert answer.status_code == 200
        assert answer.json()["choices"][0]["text"].startswith("path")
        assert answer.json()["model"] == model.stem  # and not where it lies
        refused = await complete(endpoint, "import os", key="guessed")
        assert refused.status_code == 401
        assert str(endpoint.key) not in repr(endpoint)


async def test_it_speaks_from_the_loopback_address_alone_and_shows_its_key_to_nobody(model: Path) -> None:
    async with embedded(model) as subject:
        key = (await subject.endpoint()).key
        assert key
        process = psutil.Process(subject.pid)
        listening = [each.laddr.ip for each in process.net_connections() if each.status == psutil.CONN_LISTEN]
        assert listening == ["127.0.0.1", "127.0.0.1"]  # the API, and the leases
        assert key not in " ".join(process.cmdline())
        assert key not in (state_folder() / "embedded.log").read_text()
        assert process.cwd() == str(state_folder())  # not a workspace, from which Python could import


async def test_callers_at_the_same_time_share_one_start(model: Path) -> None:
    seen: list[Progress] = []
    async with embedded(model, seen) as subject:
        first, *others = await asyncio.gather(*(subject.endpoint() for _ in range(5)))
        assert all(other == first for other in others)
        assert len(model_processes()) == 1
        assert [each.finished for each in seen].count(True) == 1
        assert seen[-1].finished
        assert "Loading" in " ".join(each.message for each in seen)
        shown = len(seen)
        await subject.endpoint()
        assert len(seen) == shown


async def test_a_caller_that_leaves_does_not_stop_the_start(model: Path) -> None:
    async with embedded(model) as subject:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(subject.endpoint(), 0.05)
        await subject.endpoint()
        assert len(model_processes()) == 1


async def test_two_servers_that_start_at_once_share_one_process_and_either_may_leave_first(model: Path) -> None:
    with Holder(model) as one, Holder(model) as other:
        one.request()
        other.request()
        first, second = await asyncio.to_thread(lambda: (one.answer(), other.answer()))
        assert first == second
        one.end()
        assert other.ask()["pid"] == second["pid"]
        other.end()
        assert await gone(second["pid"]) < 5
    assert registered() == []


async def test_when_its_servers_are_killed_no_process_is_left_after_five_seconds(model: Path) -> None:
    with Holder(model) as one, Holder(model) as other:
        pid = one.ask()["pid"]
        assert other.ask()["pid"] == pid
        one.process.send_signal(KILL)
        other.process.send_signal(KILL)
        assert await gone(pid) < 5


async def test_a_server_killed_while_the_model_starts_leaves_no_process(model: Path) -> None:
    with Holder(model) as holder:
        holder.request()
        process = psutil.Process(holder.process.pid)
        deadline = time.monotonic() + 20
        while not (children := process.children()):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.005)
        holder.process.send_signal(KILL)
        assert await gone(children[0].pid) < 5


async def test_a_killed_process_is_replaced_at_the_next_request(model: Path) -> None:
    async with embedded(model) as subject:
        await subject.endpoint()
        first = subject.pid
        assert first
        os.kill(first, KILL)
        endpoint = await subject.endpoint()
        assert subject.pid != first
        assert (await complete(endpoint, "def add(a, b):")).status_code == 200


async def test_a_process_that_dies_again_and_again_is_not_restarted_at_every_request(model: Path) -> None:
    async with embedded(model) as subject:
        for _ in range(2):
            await subject.endpoint()
            assert subject.pid
            os.kill(subject.pid, KILL)
            await gone(subject.pid)
        with pytest.raises(ModelUnavailable, match="again and again"):
            await subject.endpoint()
        assert model_processes() == []
        subject.reset()
        assert (await complete(await subject.endpoint(), "x = ")).status_code == 200


async def test_sigterm_ends_it_at_once(model: Path) -> None:
    async with embedded(model) as subject:
        await subject.endpoint()
        assert subject.pid
        os.kill(subject.pid, signal.SIGTERM)
        assert await gone(subject.pid) < 2


async def test_it_ends_when_nobody_asks_and_comes_back_when_somebody_does(model: Path) -> None:
    async with embedded(model, idle_seconds=0.5) as subject:
        await subject.endpoint()
        first = subject.pid
        assert first
        await gone(first)
        assert registered() == []
        assert (await complete(await subject.endpoint(), "x = ")).status_code == 200
        assert subject.pid != first


async def test_requests_keep_it_running(model: Path) -> None:
    async with embedded(model, idle_seconds=1.0) as subject:
        endpoint = await subject.endpoint()
        first = subject.pid
        until = time.monotonic() + 2.5
        while time.monotonic() < until:
            assert await subject.endpoint() == endpoint
            await asyncio.sleep(0.2)
        assert subject.pid == first


async def test_an_answer_that_takes_longer_than_the_idle_time_is_finished(model: Path) -> None:
    async with embedded(model, idle_seconds=0.5) as subject:
        answer = await complete(
            await subject.endpoint(), "Once upon a time", max_tokens=300, stop=[], ignore_eos=True, temperature=0.8
        )
        assert answer.json()["usage"]["completion_tokens"] == 300


async def test_the_longest_idle_time_counts(model: Path) -> None:
    async with embedded(model, idle_seconds=0.3) as hasty, embedded(model, idle_seconds=30) as patient:
        endpoint = await patient.endpoint()
        assert await hasty.endpoint() == endpoint
        assert patient.pid is not None
        with pytest.raises(psutil.TimeoutExpired):
            await gone(patient.pid, within=1.5)


async def test_changed_settings_count_at_the_next_request(model: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.gguf"
    copy.symlink_to(model)
    options = EmbeddedOptions(model_path=str(model))
    subject = EmbeddedModel(lambda: options, lambda progress: None)
    await subject.endpoint()
    first = subject.pid
    assert first
    options = replace(options, idle_seconds=300)
    await subject.endpoint()
    assert subject.pid == first  # another idle time needs no other process
    options = replace(options, model_path=str(copy))
    assert (await complete(await subject.endpoint(), "x = ")).json()["model"] == "copy"
    second = subject.pid
    assert second
    await gone(first)
    await subject.close()
    await gone(second)


async def test_after_closing_nothing_is_started_any_more(model: Path) -> None:
    subject = EmbeddedModel(lambda: EmbeddedOptions(str(model)), lambda progress: None)
    waiting = asyncio.create_task(subject.endpoint())
    await asyncio.sleep(0)
    await subject.close()
    with pytest.raises(ModelUnavailable, match="shutting down"):
        await waiting
    with pytest.raises(ModelUnavailable, match="shutting down"):
        await subject.endpoint()


# Registry files that lie


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}', "\x00" * 100, '{"pid": 1, "port": 0, "key": "k"}'])
async def test_a_corrupt_registry_is_replaced(model: Path, content: str) -> None:
    async with embedded(model, threads=1) as subject:
        path = registry_path(runtime_folder(), model, context=2048, threads=1)
        path.write_text(content)
        path.chmod(0o600)
        await subject.endpoint()
        assert read_registration(path) is not None


async def test_a_registry_of_a_dead_process_is_replaced(model: Path) -> None:
    async with embedded(model, threads=1) as subject:
        path = registry_path(runtime_folder(), model, context=2048, threads=1)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        write_registration(path, Registration(os.getpid(), port, "old"))
        await subject.endpoint()
        assert subject.pid != os.getpid()


async def test_an_impostor_on_a_dead_process_s_port_learns_nothing_and_is_not_believed(model: Path) -> None:
    heard: list[bytes] = []

    async def pretend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readline())
        writer.write(b'{"proof": "00", "nonce": "00", "pid": 1}\n{"state": "ready", "url": "http://127.0.0.1:1/v1"}\n')
        heard.append(await reader.read())
        writer.close()

    async with await asyncio.start_server(pretend, "127.0.0.1", 0) as impostor, embedded(model, threads=1) as subject:
        path = registry_path(runtime_folder(), model, context=2048, threads=1)
        port = impostor.sockets[0].getsockname()[1]
        write_registration(path, Registration(os.getpid(), port, "the-old-key"))
        endpoint = await subject.endpoint()
        assert subject.pid != os.getpid()
        assert (await complete(endpoint, "x = ")).status_code == 200
    assert len(heard) == 2
    assert b"the-old-key" not in heard[0]
    assert heard[1] == b""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
async def test_a_key_that_others_could_read_is_not_used(model: Path) -> None:
    async with embedded(model, threads=1) as one, embedded(model, threads=1) as other:
        first = await one.endpoint()
        registered()[0].chmod(0o644)
        second = await other.endpoint()
        assert second.key != first.key
        assert one.pid != other.pid


# Starts that fail


@pytest.mark.parametrize("size", [4, 5000, 1_000_000])
async def test_a_broken_model_gives_an_error_with_the_log_and_no_storm_of_restarts(
    model: Path, tmp_path: Path, size: int
) -> None:
    broken = tmp_path / "broken.gguf"
    with model.open("rb") as source:
        broken.write_bytes(source.read(size))
    seen: list[Progress] = []
    async with embedded(broken, seen) as subject:
        with pytest.raises(ModelUnavailable, match="failed to load model") as caught:
            await subject.endpoint()
        assert "broken.gguf" in caught.value.problem
        assert "`embedded.modelPath`" in caught.value.remedy
        assert str(state_folder() / "embedded.log") in caught.value.remedy
        assert seen[-1].finished
        starts = [each.message for each in seen].count(seen[0].message)
        for _ in range(20):
            with pytest.raises(ModelUnavailable):
                await subject.endpoint()
        assert [each.message for each in seen].count(seen[0].message) == starts
    assert registered() == []


async def test_a_process_that_crashes_while_it_loads_gives_an_error_with_its_signal(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crash = "import os, signal\nos.write(2, b'GGML_ASSERT failed\\n')\nos.kill(os.getpid(), signal.SIGTERM)\n"
    (tmp_path / "xllamacpp.py").write_text(crash)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    async with embedded(model) as subject:
        with pytest.raises(ModelUnavailable) as caught:
            await subject.endpoint()
    assert "GGML_ASSERT failed" in caught.value.problem
    assert sys.platform == "win32" or "signal 15" in caught.value.problem


async def test_a_bad_path_is_a_configuration_error_and_a_good_one_mends_it(model: Path, tmp_path: Path) -> None:
    options = EmbeddedOptions(model_path=str(tmp_path / "missing.gguf"))
    subject = EmbeddedModel(lambda: options, lambda progress: None)
    with pytest.raises(ConfigurationError):
        await subject.endpoint()
    options = EmbeddedOptions(model_path=str(model))
    await subject.endpoint()  # at once: other settings are another matter
    pid = subject.pid
    assert pid
    await subject.close()
    await gone(pid)


# Speed


async def test_typing_on_reads_only_what_was_typed(model: Path) -> None:
    """What that is worth in time, `tests/benchmarks/typing_on.py` prints."""
    source = Path(str(argparse.__file__)).read_text()
    async with embedded(model) as subject:
        endpoint = await subject.endpoint()

        async def tokens_read(prompt: str) -> int:
            answer = await complete(endpoint, prompt, timings_per_token=True)
            return int(answer.json()["timings"]["prompt_n"])

        cold = [await tokens_read(source[at : at + 800]) for at in (5_000, 25_000, 45_000)]
        warm = [await tokens_read(source[60_000 : 60_800 + typed]) for typed in range(0, 33, 3)][1:]
        assert max(warm) * 4 < min(cold), (warm, cold)


async def test_a_file_returned_to_is_still_warm(model: Path) -> None:
    source = Path(str(argparse.__file__)).read_text()
    async with embedded(model) as subject:
        endpoint = await subject.endpoint()
        prompts = [source[at : at + 800] for at in (5_000, 25_000, 45_000)]
        counts = []
        for prompt in [*prompts, *prompts]:
            answer = await complete(endpoint, prompt, timings_per_token=True)
            counts.append(answer.json()["timings"]["prompt_n"])
        assert min(counts[:3]) > 100
        assert max(counts[3:]) < 10
