"""`picode complete`, run as a user runs it: as a process, with a model server on loopback."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from providers.servers import JsonServer

CODE = "def fibonacci(n):\r\n    if n < 2:\r\n        return n\r\n    return \r\n"


def saying(text: str) -> dict[str, Any]:
    return {"POST /v1/completions": {"choices": [{"text": text, "finish_reason": "stop"}]}}


async def complete(
    server: JsonServer, *arguments: str, cwd: Path, stdin: str = "", **environ: str
) -> tuple[int, str, str]:
    rows = {"mine": {"baseUrl": f"{server.root}/v1", "fill": "openai_completions", "model": "m"}}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "picode", "complete", *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=cwd,
        env={**os.environ, "PICODE_PROVIDERS": json.dumps(rows), "PICODE_INLINE__PROVIDER": "mine", **environ},
    )
    out, err = await asyncio.wait_for(process.communicate(stdin.encode()), 60)
    return process.returncode or 0, out.decode(), err.decode()


@pytest.fixture
def file(project: Path) -> Path:
    file = project / "series.py"
    file.write_bytes(CODE.encode())
    return file


async def test_the_text_for_the_cursor_and_nothing_else(file: Path) -> None:
    async with JsonServer(saying("fibonacci(n - 1)")) as server:
        code, out, err = await complete(server, "series.py:4:12", cwd=file.parent)
    assert (code, out, err) == (0, "fibonacci(n - 1)", "")
    ((_, _, body),) = [each for each in server.requests if each[0].startswith("POST")]
    assert body["prompt"].endswith("    return")
    assert file.read_bytes() == CODE.encode()


async def test_as_json_with_who_said_it(file: Path) -> None:
    async with JsonServer(saying("fibonacci(n - 1)")) as server:
        code, out, _ = await complete(server, "series.py:4", "--json", cwd=file.parent)
    found = json.loads(out)
    assert code == 0
    assert found.pop("milliseconds") >= 0
    assert found == {"text": "fibonacci(n - 1)", "replaces": 0, "provider": "mine", "model": "m", "problem": ""}


async def test_a_text_that_is_not_saved(project: Path) -> None:
    async with JsonServer(saying(" the draft")) as server:
        code, out, _ = await complete(server, "new.go:1:9", "--stdin", cwd=project, stdin="// It is\n")
        assert (code, out) == (0, " the draft")
        assert not (project / "new.go").exists()


async def test_nothing_to_suggest(file: Path) -> None:
    async with JsonServer(saying("")) as server:
        code, out, err = await complete(server, "series.py:4:12", cwd=file.parent)
    assert (code, out, err) == (1, "", "The model suggests nothing here.\n")


async def test_a_provider_that_fails_is_told_of_once(file: Path) -> None:
    async with JsonServer({"POST /v1/completions": 401}) as server:
        code, out, err = await complete(server, "series.py:4:12", cwd=file.parent)
        as_json = await complete(server, "series.py:4:12", "--json", cwd=file.parent)
    assert (code, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert "key" in err
    assert as_json[0] == 1
    assert "key" in json.loads(as_json[1])["problem"]


async def test_an_excluded_file_is_not_sent(project: Path) -> None:
    (project / ".env").write_text("A=1\nB=\n")
    async with JsonServer(saying("2")) as server:
        code, out, err = await complete(server, ".env:2:3", cwd=project)
        assert (code, out) == (1, "")
        assert "No suggestions here" in err
        assert server.requests == []


@pytest.mark.parametrize("place", ["missing.py:1:1", "series.py:9", "series.py:4:99"])
async def test_a_place_that_is_none(file: Path, place: str) -> None:
    async with JsonServer() as server:
        code, out, err = await complete(server, place, cwd=file.parent)
        assert (code, out) == (2, "")
        assert "There is no file" in err or "there is no" in err
        assert server.requests == []


@pytest.mark.embedded
@pytest.mark.usefixtures("model")
async def test_with_the_embedded_model(file: Path) -> None:
    async with JsonServer() as server:
        code, out, err = await complete(
            server, "series.py:4:12", "--json", cwd=file.parent, PICODE_INLINE__PROVIDER="embedded"
        )
    assert code == 0, err
    assert json.loads(out)["provider"] == "embedded"
    assert json.loads(out)["text"].strip()
