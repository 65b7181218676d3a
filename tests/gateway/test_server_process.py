"""`picode server` as a process: starting, stopping, several workers, and a port that is taken (row 58 of the matrix of
faults)."""

from __future__ import annotations

import asyncio
import socket
import stat
from pathlib import Path

import httpx2
from prometheus_client.parser import text_string_to_metric_families

from picode.core.origins import is_loopback
from support.faulty import Behaviour, FaultyServer, Peer, answers, stalls
from support.process import ServerProcess
from support.server import ServerRun, asking

PROMPT = {"model": "default", "prompt": "x = "}


def says_in_two_parts(go_on: asyncio.Event) -> Behaviour:
    async def behave(peer: Peer) -> None:
        await peer.head()
        await peer.say("first ")
        await go_on.wait()
        await peer.say("second")
        await peer.say("", finish_reason="stop")
        await peer.send(b"data: [DONE]\n\n")
        peer.end()

    return behave


async def test_sigterm_lets_an_answer_come_to_its_end_and_takes_no_more(tmp_path: Path) -> None:
    go_on = asyncio.Event()
    async with FaultyServer(says_in_two_parts(go_on)) as upstream:
        run = ServerRun(tmp_path, asking(upstream.base_url), "--port", "0")
        async with run as server:
            async with server.client.stream("POST", "/v1/completions", json={**PROMPT, "stream": True}) as response:
                lines = response.aiter_lines()
                said = await anext(lines)
                server.terminate()
                async with asyncio.timeout(10):
                    while True:
                        try:
                            async with server.new_client() as late:
                                await late.get("/healthz")
                        except httpx2.ConnectError:
                            break
                        await asyncio.sleep(0.05)
                go_on.set()
                said += "".join([line async for line in lines])
            assert await server.exited() == 0
    assert "first " in said
    assert "second" in said
    assert said.endswith("[DONE]")


async def test_what_does_not_come_to_its_end_is_not_waited_for_longer_than_the_user_says(tmp_path: Path) -> None:
    settings = asking("", gateway={"drainSeconds": 1})
    async with FaultyServer(stalls) as upstream:
        settings["providers"]["upstream"]["baseUrl"] = upstream.base_url
        async with ServerRun(tmp_path, settings, "--port", "0") as server:
            request = asyncio.create_task(server.post("/v1/completions", PROMPT))
            await upstream.asked()
            server.terminate()
            await server.exited(within=15)
            await upstream.gone()
            await asyncio.gather(request, return_exceptions=True)


async def test_row_58_where_the_port_is_taken_it_says_so_and_the_language_server_works(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = ServerRun(tmp_path, {}, "--port", str(port))
        process = await asyncio.create_subprocess_exec(
            *run._command, env=run.environment, stderr=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        out, said = await asyncio.wait_for(process.communicate(), 30)
        assert process.returncode == 1
        assert out == b""
        assert f"listens at 127.0.0.1:{port} already" in said.decode()
        assert "--port" in said.decode()
        assert "Traceback" not in said.decode()
        async with ServerProcess(PICODE_GATEWAY__PORT=str(port)) as server:
            assert "capabilities" in (await server.initialize())["result"]


async def test_other_machines_are_let_in_only_by_whoever_says_so(tmp_path: Path) -> None:
    run = ServerRun(tmp_path, {}, "--port", "0", "--host", "0.0.0.0")
    process = await asyncio.create_subprocess_exec(*run._command, env=run.environment, stderr=asyncio.subprocess.PIPE)
    _, said = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 2
    assert "--expose" in said.decode()
    assert [
        is_loopback(host) for host in ("127.0.0.1", "::1", "[::1]", "localhost", "0.0.0.0", "::", "team.example")
    ] == [
        *[True] * 4,
        *[False] * 3,
    ]


async def test_the_first_start_makes_a_token_and_the_commands_show_and_replace_it(tmp_path: Path) -> None:
    async with FaultyServer(answers("2")) as upstream:
        async with ServerRun(tmp_path, asking(upstream.base_url), "--port", "0") as server:
            file = tmp_path / "data" / "gateway-tokens.json"
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
            assert server.token not in "".join(server.log)
            assert (await command(server, "token")).strip() == server.token
            assert (await server.post("/v1/completions", PROMPT)).status_code == 200
            new = (await command(server, "token", "--rotate")).strip()
            assert new not in ("", server.token)
            async with asyncio.timeout(10):
                while (await server.post("/v1/completions", PROMPT)).status_code != 401:
                    await asyncio.sleep(0.1)
            server.token = new
            assert (await server.post("/v1/completions", PROMPT)).status_code == 200
            port = server.url.rpartition(":")[2]
            assert (await command(server, "health", "--port", port)).strip() == "ok"
        assert "No answer at" in await command(server, "health", "--port", port, code=1)


async def command(server: ServerRun, *arguments: str, code: int = 0) -> str:
    process = await asyncio.create_subprocess_exec(
        *server._command[:4], *arguments, env=server.environment, stdout=-1, stderr=asyncio.subprocess.STDOUT
    )
    out, _ = await process.communicate()
    assert process.returncode == code, out.decode()
    return out.decode()


async def test_workers_end_with_a_supervisor_that_was_killed(tmp_path: Path) -> None:
    async with ServerRun(tmp_path, {}, "--port", "0", "--workers", "2") as server:
        workers = server.workers()
        assert len(workers) == 2
        server.process.kill()
        async with asyncio.timeout(20):
            while any(worker.is_running() and worker.status() != "zombie" for worker in workers):
                await asyncio.sleep(0.1)


async def test_a_worker_that_is_slow_is_not_taken_for_dead(tmp_path: Path) -> None:
    async with ServerRun(tmp_path, {}, "--port", "0", "--workers", "2") as server:
        before = server.workers()
        before[0].suspend()  # as a machine with other work does
        await asyncio.sleep(8)  # uvicorn waits for 5 s
        before[0].resume()
        await asyncio.sleep(1)
        assert [worker.pid for worker in server.workers()] == [worker.pid for worker in before]


async def test_a_worker_that_dies_is_replaced_while_another_is_slow(tmp_path: Path) -> None:
    async with ServerRun(tmp_path, {}, "--port", "0", "--workers", "2") as server:
        slow, dead = server.workers()
        slow.suspend()
        await asyncio.sleep(2)  # its supervisor has asked it by now
        dead.kill()
        async with asyncio.timeout(40):
            while len(alive := server.workers()) < 2 or dead in alive:
                await asyncio.sleep(0.1)
        assert slow in alive
        slow.resume()


async def test_several_workers_serve_one_that_dies_is_replaced_and_all_are_counted(tmp_path: Path) -> None:
    async with FaultyServer(answers("2")) as upstream:
        settings, runtime = asking(upstream.base_url), str(tmp_path / "run")
        async with ServerRun(tmp_path, settings, "--port", "0", "--workers", "2", PICODE_RUNTIME_DIR=runtime) as server:
            before = server.workers()
            assert len(before) == 2
            for _ in range(12):
                assert (await server.post("/v1/completions", PROMPT)).json()["choices"][0]["text"] == "2"
            counts = text_string_to_metric_families((await server.client.get("/metrics")).text)
            asked = [
                sample.value
                for family in counts
                for sample in family.samples
                if sample.name == "picode_completions_total" and sample.labels["feature"] == "gateway"
            ]
            assert sum(asked) == 12, "of both workers together"
            assert len(list(tmp_path.glob("run/gateway-[0-9]*"))) == 1
            before[0].kill()
            async with asyncio.timeout(20):
                while len(alive := server.workers()) < 2 or before[0] in alive:
                    await asyncio.sleep(0.1)
            for _ in range(6):
                async with asyncio.timeout(20):
                    assert (await server.post("/v1/completions", PROMPT)).status_code == 200
            workers = server.workers()
            server.terminate()
            assert await server.exited() == 0
            assert not any(worker.is_running() for worker in workers)
            assert list(tmp_path.glob("run/gateway-*")) == [], "what they counted into is gone with them"
