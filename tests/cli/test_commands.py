"""The commands of `picode`, each run as a user runs it: as a process."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import pytest

from picode import __version__
from support.process import ServerProcess

TIMEOUT = 120


def picode(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "picode", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, cwd=cwd, check=False)


def test_the_version() -> None:
    done = picode("--version")
    assert (done.returncode, done.stdout) == (0, f"picode {__version__}\n")


@pytest.mark.embedded
@pytest.mark.usefixtures("model")
class TestTry:
    def test_it_shows_a_real_suggestion_with_the_model_and_the_time(self) -> None:
        done = picode("try")
        assert done.returncode == 0, done.stderr
        sample, last = done.stdout.strip().rsplit("\n", 1)
        assert re.fullmatch(r"SmolLM2-135M-Instruct \(embedded\), \d+ ms", last)
        assert "def fibonacci(n):" in sample
        assert re.search(r"\n        return n\n    return \S+", sample), (
            "the ghost text stands behind the sample's last word"
        )
        assert "\x1b" not in done.stdout, "no colours where there is no terminal"

    def test_it_takes_a_place_in_a_file(self, tmp_path: Path) -> None:
        file = tmp_path / "weekdays.py"
        file.write_text('DAYS = ["Monday", "Tuesday", "Wednesday", \nprint(DAYS)\n')
        done = picode("try", f"{file}:1:43")
        assert done.returncode == 0, done.stdout + done.stderr
        shown = next(line for line in done.stdout.splitlines() if line.startswith("DAYS"))
        assert shown.startswith('DAYS = ["Monday", "Tuesday", "Wednesday", "')
        assert file.read_text() == 'DAYS = ["Monday", "Tuesday", "Wednesday", \nprint(DAYS)\n'


@pytest.mark.parametrize(
    ("place", "problem"),
    [
        ("missing.py", "There is no file missing.py."),
        ("missing.py:1:1", "There is no file missing.py."),
        ("two.py:9:1", "two.py has 3 lines; there is no line 9."),
        ("two.py:0:1", "two.py has 3 lines; there is no line 0."),
        ("two.py:1:9", "Line 1 of two.py has 5 characters; there is no column 9."),
        ("binary.bin", "binary.bin can't be read as text"),
        (".", ". can't be read as text"),
    ],
)
def test_trying_a_place_that_is_none_says_why(tmp_path: Path, place: str, problem: str) -> None:
    (tmp_path / "two.py").write_text("a = 1\nb = 2\n")
    (tmp_path / "binary.bin").write_bytes(b"\xff\xfe\x00")
    done = picode("try", place, cwd=tmp_path)
    assert done.returncode == 2
    assert problem in done.stdout.replace("\n", " ")


def test_trusting_a_folder_and_taking_it_back(tmp_path: Path) -> None:
    assert "is not a folder" in picode("trust", str(tmp_path / "missing")).stderr
    assert picode("trust", str(tmp_path)).returncode == 0
    assert "not trusted" in picode("untrust", str(tmp_path)).stdout


@pytest.mark.parametrize("address", ["nowhere", "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:http"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    done = picode("lsp", "--tcp", address)
    assert done.returncode == 2
    assert "HOST:PORT" in done.stderr


async def test_the_server_listens_on_tcp_and_ends_with_its_client() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "picode", "lsp", "--tcp", "127.0.0.1:0", stderr=asyncio.subprocess.PIPE
    )
    try:
        line = (await asyncio.wait_for(process.stderr.readline(), 20)).decode()
        port = int(re.fullmatch(r"picode: listening on 127\.0\.0\.1:(\d+)\n", line)[1])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        body = b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"processId":null,"rootUri":null,"capabilities":{}}}'
        writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        header = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
        answer = await reader.readexactly(int(header.split(b":")[1]))
        assert b'"inlineCompletionProvider"' in answer
        writer.close()
        assert await asyncio.wait_for(process.wait(), 5) == 1
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.parametrize("arguments", [("lsp", "--stdio"), ("lsp", "--stdio", "--clientProcessId=1")])
async def test_the_flags_of_editors_are_taken(arguments: tuple[str, ...]) -> None:
    async with ServerProcess((sys.executable, "-m", "picode", *arguments)) as server:
        assert "capabilities" in (await server.initialize())["result"]
