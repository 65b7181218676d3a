"""What `docs/gateway.md` tells people to run is run, against a gateway of the test's own."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from markdown_it import MarkdownIt

from picode.gateway.app import openapi
from picode.settings.environment import environment_layer
from picode.settings.layers import Layer, merge
from support.faulty import FaultyServer, Peer
from support.server import ServerRun, asking
from support.upstream import as_chat, completion_stream

PAGE = Path(__file__).parent.parent.parent / "docs" / "gateway.md"
TEXT = PAGE.read_text("utf-8")
SAID = "Hello, Ada!"


def blocks(language: str) -> list[str]:
    return [token.content for token in MarkdownIt().parse(TEXT) if token.type == "fence" and token.info == language]


async def says_hello(peer: Peer) -> None:
    events = completion_stream(SAID)
    await peer.head()
    await peer.send(b"".join(map(as_chat, events) if b"/chat/completions" in peer.request else events))
    peer.end()


async def test_its_commands_and_its_program_work(tmp_path: Path) -> None:
    async with (
        FaultyServer(says_hello) as upstream,
        ServerRun(tmp_path, asking(upstream.base_url), "--port", "0") as server,
    ):
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environment = {**server.environment, "PATH": path, "PICODE_TOKEN": server.token}
        environment = {name: value for name, value in environment.items() if "proxy" not in name.lower()}

        async def run(*command: str) -> str:
            process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=-1, stderr=-1)
            out, error = await asyncio.wait_for(process.communicate(), 60)
            assert process.returncode == 0, error.decode()
            return out.decode()

        asked = [block for block in blocks("sh") if "curl" in block]
        assert len(asked) == 2
        for block in asked:
            script = block.replace("http://127.0.0.1:7426", server.url)
            answers = [json.loads(line) for line in (await run("bash", "-ec", separated(script))).splitlines() if line]
            assert len(answers) == 2
            assert all("error" not in answer for answer in answers), answers
            assert SAID in json.dumps(answers)
        (program,) = blocks("python")
        assert await run(sys.executable, "-c", program.replace("http://127.0.0.1:7426", server.url)) == f"{SAID}\n" * 2


def separated(script: str) -> str:
    """One command a line, and a line end behind each answer."""
    lines = script.replace("\\\n", " ").splitlines()
    return "\n".join(f"{line}; echo" if line.startswith("curl") else line for line in lines)


def test_its_settings_are_settings() -> None:
    for block in blocks("toml"):
        assert merge([Layer("user", "config.toml", tomllib.loads(block))]).problems == ()
    for name in re.findall(r"`gateway\.(\w+)`", TEXT):
        assert name in merge([]).settings.gateway.model_dump(by_alias=True)


def test_its_compose_file_is_one_and_sets_what_can_be_set() -> None:
    page = PAGE.with_name("container.md").read_text("utf-8")
    (text,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    gateway = yaml.safe_load(text)["services"]["picode"]
    variables = {name: re.sub(r"\$\{\w+:\?[^}]*\}", "x" * 20, value) for name, value in gateway["environment"].items()}
    layer = environment_layer(variables)
    assert layer.problems == ()
    assert merge([layer]).problems == ()
    assert gateway["ports"] == ["127.0.0.1:7426:7426"]


@pytest.mark.parametrize("path", openapi()["paths"])
def test_it_names_every_endpoint(path: str) -> None:
    assert f"{path}`" in TEXT
