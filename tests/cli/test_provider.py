"""`picode provider` and `picode models`, each run as a user runs it: as a process."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import sys
import tomllib
from pathlib import Path
from typing import Any

import pexpect
import pytest

from picode.io.folders import state_folder
from picode.io.usage_store import UsageStore
from picode.providers.catalog import CATALOG
from providers.servers import JsonServer
from support.llamacpp import llamacpp

TIMEOUT = 120
NOWHERE = {name: {"baseUrl": "http://127.0.0.1:9/v1"} for name in ("llamacpp", "ollama", "lmstudio", "vllm")}


class Done:
    def __init__(self, code: int, out: bytes, err: bytes) -> None:
        self.code, self.out, self.err = code, out.decode(), err.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.out)


async def picode(*arguments: str, **environ: str) -> Done:
    """Runs `picode`. Settings are those of the test's own home."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "picode",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PICODE_PROVIDERS": json.dumps(NOWHERE), **environ},
    )
    out, err = await asyncio.wait_for(process.communicate(), TIMEOUT)
    return Done(process.returncode or 0, out, err)


@pytest.fixture
def settings_file() -> Path:
    return Path(os.environ["XDG_CONFIG_HOME"]) / "picode" / "config.toml"


async def test_list_names_every_provider_and_says_how_it_stands() -> None:
    done = await picode("provider", "list", OPENAI_API_KEY="sk-canary-0123456789")
    assert done.code == 0, done.err
    lines = {line.strip("* ").split()[0]: line for line in done.out.splitlines()[1:]}
    assert list(lines) == list(CATALOG)
    assert lines["embedded"].startswith("*")
    assert "environment (OPENAI_API_KEY)" in lines["openai"]
    assert "not running" in lines["ollama"]
    assert "none, and none needed" in lines["ollama"]
    assert re.search("none, optional +no address", lines["openai-compatible"])
    assert max(map(len, lines.values())) < 120
    assert "canary" not in done.out + done.err
    assert "\x1b" not in done.out


async def test_list_as_json_tells_what_runs_on_this_machine() -> None:
    async with JsonServer({"GET /v1/models": {"data": [{"id": "qwen2.5-coder-7b"}]}}) as server:
        rows = {**NOWHERE, "vllm": {"baseUrl": f"{server.root}/v1"}}
        done = await picode("provider", "list", "--json", PICODE_PROVIDERS=json.dumps(rows))
    found = {row["name"]: row for row in done.json}
    assert (found["vllm"]["running"], found["vllm"]["models"]) == (True, ["qwen2.5-coder-7b"])
    assert (found["ollama"]["running"], found["openai"]["running"]) == (False, None)
    assert "OPENAI_API_KEY" in found["openai"]["missing"]


async def test_show_tells_all_that_is_known() -> None:
    done = await picode("provider", "show", "deepseek", "--json")
    assert done.code == 0, done.err
    facts = done.json
    assert facts["baseUrl"] == "https://api.deepseek.com"
    assert facts["keyVariables"] == ["DEEPSEEK_API_KEY"]
    assert facts["price"]["source"].startswith("https://api-docs.deepseek.com/")
    plain = await picode("provider", "show", "deepseek")
    assert "https://api-docs.deepseek.com/guides/fim_completion" in plain.out


@pytest.mark.parametrize("command", [("show",), ("test",)])
async def test_an_unknown_provider_is_told_with_those_there_are(command: tuple[str, ...]) -> None:
    done = await picode("provider", *command, "opnai")
    assert (done.code, done.out) == (1, "")
    assert "opnai" in done.err
    assert "openai" in done.err
    assert "Traceback" not in done.err


async def test_a_provider_is_added_used_and_removed(settings_file: Path) -> None:
    settings_file.parent.mkdir()
    settings_file.write_text("# mine\n[log]\nlevel = 'info'\n")
    add = ("provider", "add", "team", "--base-url", "https://models.example/v1", "--key-env", "TEAM_KEY")
    done = await picode(*add, "--model", "qwen2.5-coder-7b", "--dialect", "openai_chat")
    assert done.code == 0, done.err
    assert tomllib.loads(settings_file.read_text())["providers"]["team"] == {
        "baseUrl": "https://models.example/v1",
        "dialect": "openai_chat",
        "keyEnv": "TEAM_KEY",
        "model": "qwen2.5-coder-7b",
    }
    shown = await picode("provider", "show", "team", "--json", TEAM_KEY="team-canary-1")
    assert (shown.json["inlineModel"], shown.json["key"]) == ("qwen2.5-coder-7b", "environment (TEAM_KEY)")
    again = await picode(*add)
    assert again.code == 1
    assert "already" in again.err
    removed = await picode("provider", "remove", "team")
    assert removed.code == 0, removed.err
    assert settings_file.read_text().startswith("# mine\n")
    assert "team" not in settings_file.read_text()
    assert (await picode("provider", "remove", "team")).code == 1


async def test_the_command_of_the_documentation_does_what_its_four_lines_do(settings_file: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "providers.md").read_text("utf-8")
    (recipe,) = re.findall(r"<!-- recipe -->\n```toml\n(.*?)```", page, re.DOTALL)
    (command,) = re.findall(r"with the same result, `picode (provider add .*?)`", page)
    done = await picode(*shlex.split(command))
    assert done.code == 0, done.err
    assert tomllib.loads(settings_file.read_text()) == tomllib.loads(recipe)


async def test_one_that_is_added_is_said_how_to_choose(settings_file: Path) -> None:
    done = await picode("provider", "add", "team", "--base-url", "https://models.example/v1")
    assert "If it wants one: picode provider key set team" in done.out
    assert "picode config set inline.provider team" in done.out
    assert "picode config set chat.provider team" in done.out
    assert "picode chat --model team" in done.out
    assert set(tomllib.loads(settings_file.read_text())) == {"providers"}


async def test_use_chooses_it_and_the_model_of_the_one_before_goes(settings_file: Path) -> None:
    settings_file.parent.mkdir()
    settings_file.write_text('[inline]\nprovider = "ollama"\nmodel = "qwen"\n[chat]\nmodel = "llama"\n')
    set_by_hand = await picode("config", "set", "inline.provider", "openai")
    assert "inline.model is qwen: if openai has no such model, picode config unset inline.model" in set_by_hand.err
    done = await picode("provider", "add", "team", "--base-url", "https://models.example/v1", "--use")
    assert done.code == 0, done.err
    written = tomllib.loads(settings_file.read_text())
    assert (written["inline"], written["chat"]) == ({"provider": "team"}, {"provider": "team"})


async def test_a_known_one_at_another_address_is_told_whose_key_it_is_not_sent() -> None:
    done = await picode("provider", "add", "openai", "--base-url", "https://models.example/v1")
    assert "No key is sent to models.example: OPENAI_API_KEY is for api.openai.com." in done.out
    assert "picode config set providers.openai.keyEnv VARIABLE" in done.out
    listed = await picode("provider", "list", OPENAI_API_KEY="sk-canary-0123456789")
    (line,) = (line for line in listed.out.splitlines() if " openai " in f" {line} ")
    assert line.endswith("none for this address"), "and what models it has is not known"
    shown = await picode("provider", "key", "status", "openai", OPENAI_API_KEY="sk-canary-0123456789")
    assert "none for this address; OPENAI_API_KEY is for api.openai.com" in shown.out


def test_on_a_terminal_the_key_and_the_choice_are_offered(
    settings_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keys.backends.FileKeyring")
    monkeypatch.setenv("TEST_KEYRING", str(tmp_path / "keyring.json"))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    command = ["-m", "picode", "provider", "add", "team", "--base-url", "https://models.example/v1"]
    child = pexpect.spawn(sys.executable, command, timeout=TIMEOUT, encoding="utf-8", dimensions=(30, 120))
    child.expect(r"Does models\.example want a key")
    child.send("y\r")
    child.expect("Key for team at https://models.example:")
    child.send("team-canary-1\r")
    child.expect("Ask team from now on")
    child.send("y\r")
    child.expect("picode provider test team")
    child.expect(pexpect.EOF)
    assert json.loads((tmp_path / "keyring.json").read_text()) == {"team@https://models.example": "team-canary-1"}
    assert tomllib.loads(settings_file.read_text())["chat"] == {"provider": "team"}


async def test_both_usual_models_of_a_provider_have_their_prices() -> None:
    plain = (await picode("provider", "show", "openai")).out
    assert plain.count("for a million tokens of gpt-4.1") == 2
    assert plain.count("for a million tokens of gpt-4.1-mini") == 1


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("team", "--base-url", "models.example/v1"), "http://"),
        (("team", "--base-url", "https://user:pass@models.example/v1"), "user name"),
        (("team", "--base-url", "https://models.example/v1", "--dialect", "opnai"), "openai_chat"),
        (("team", "--base-url", "https://models.example/v1", "--key-env", "sk-1234"), "environment variable"),
        (("a/b", "--base-url", "https://models.example/v1"), "no good name"),
    ],
)
async def test_what_could_not_be_used_is_not_added(
    settings_file: Path, arguments: tuple[str, ...], problem: str
) -> None:
    done = await picode("provider", "add", *arguments)
    assert done.code == 1
    assert problem in done.err
    assert not settings_file.exists()


async def test_a_test_of_a_provider_shows_what_fails_and_what_to_do() -> None:
    async with JsonServer({"GET /v1/models": {"data": [{"id": "m1"}]}, "POST /v1/chat/completions": 401}) as server:
        rows = {"mine": {"baseUrl": f"{server.root}/v1", "model": "m1", "fill": "", "keyEnv": "MINE_KEY"}}
        done = await picode("provider", "test", "mine", PICODE_PROVIDERS=json.dumps(rows), MINE_KEY="mine-canary-1")
    assert done.code == 1
    assert done.out.startswith("list ")
    assert "1 model" in done.out
    assert [line.split()[:2] for line in done.err.splitlines()] == [["chat", "failed"], ["fill", "failed"]]
    assert "Check the key" in done.err
    assert "It is the one in the environment variable MINE_KEY." in done.err
    assert "canary" not in done.err
    sent = UsageStore(state_folder).sent()
    assert [(entry.feature, entry.provider, entry.outcome) for entry in sent] == [
        ("test", "mine", "authentication error (401)")
    ] * 2


async def test_models_lists_those_of_a_provider_and_remembers_them(tmp_path: Path) -> None:
    answers = {"GET /v1/models": {"data": [{"id": "m1"}, {"id": "m2"}]}}
    async with JsonServer(answers) as server:
        rows = json.dumps({"mine": {"baseUrl": f"{server.root}/v1"}})
        done = await picode("models", "--provider", "mine", PICODE_PROVIDERS=rows)
        assert (done.code, [line.split() for line in done.out.splitlines()]) == (0, [["mine", "m1"], ["mine", "m2"]])
    offline = await picode("models", "list", "--provider", "mine", "--json", PICODE_PROVIDERS=rows)
    assert [row["model"] for row in offline.json] == ["m1", "m2"]
    assert len(server.requests) == 1
    refreshed = await picode("models", "--provider", "mine", "--refresh", PICODE_PROVIDERS=rows)
    assert refreshed.code == 0, "an old list is better than none"


async def test_models_of_an_unknown_provider() -> None:
    done = await picode("models", "--provider", "opnai")
    assert (done.code, done.out) == (1, "")
    assert "openai" in done.err


async def test_models_without_any_key_shows_the_embedded_one_first() -> None:
    done = await picode("models", "--json")
    assert done.code == 0, done.err
    assert (done.json[0]["provider"], done.json[0]["current"]) == ("embedded", True)
    assert all(not row["available"] for row in done.json[1:])


@pytest.mark.embedded
@pytest.mark.usefixtures("model")
async def test_a_test_of_the_embedded_model_works_without_any_key() -> None:
    done = await picode("provider", "test", "embedded")
    assert done.code == 0, done.out + done.err
    lines = done.out.splitlines()
    assert [line.split()[0] for line in lines] == ["list", "chat", "fill"]
    assert "1 model" in lines[0]
    assert all("SmolLM2-135M-Instruct: " in line and " ms (first word " in line for line in lines[1:])


@pytest.mark.embedded
async def test_everything_works_with_the_embedded_model_and_no_key(model: Path) -> None:
    listed = await picode("provider", "list", "--json")
    embedded = listed.json[0]
    assert (embedded["name"], embedded["current"], embedded["missing"]) == ("embedded", True, "")
    shown = await picode("provider", "show", "embedded")
    assert shown.code == 0, shown.err
    facts = dict(line.split(maxsplit=1) for line in shown.out.splitlines())
    assert (facts["name"], facts["key"], facts["local"]) == ("embedded", "none, and none needed", "yes")
    assert facts["inlineModel"] == "SmolLM2-135M-Instruct"

    with llamacpp(model) as address:
        added = await picode("provider", "add", "mine", "--base-url", f"{address}/v1")
        assert added.code == 0, added.err
        models = await picode("models", "--provider", "mine", "--json")
        assert [row["available"] for row in models.json] == [True]
        tested = await picode("provider", "test", "mine")
        assert tested.code == 0, tested.out + tested.err
        assert [line.split()[0] for line in tested.out.splitlines()] == ["list", "chat", "fill"]
        assert all(" ms (first word " in line for line in tested.out.splitlines()[1:])
        removed = await picode("provider", "remove", "mine")
        assert removed.code == 0, removed.err
        assert (await picode("provider", "show", "mine")).code == 1
