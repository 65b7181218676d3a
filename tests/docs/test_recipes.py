"""Every set-up of docs/recipes.md: the command writes the settings that the page shows, and with those the right host is asked,
with the right key and model."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.companies import Companies

PAGE = Path(__file__).parents[2] / "docs" / "recipes.md"
PROXY, AUTHORITY = "http://proxy.corp.example:8080", "/etc/ssl/corp.pem"
LOCAL = ("llamacpp", "ollama", "lmstudio", "vllm")
TIMEOUT = 120


@dataclass(frozen=True)
class Recipe:
    name: str
    command: str
    settings: str


@dataclass(frozen=True)
class Expected:
    """Which host `picode chat` asks (empty: this machine), for which model, with which key in which header; `keys` are those
    that `picode init` asks for, in order, and `environ` is set."""

    host: str
    model: str
    header: str = ""
    key: str = ""
    keys: tuple[str, ...] = ()
    environ: tuple[tuple[str, str], ...] = ()


EXPECTED = {
    "ollama": Expected("", "qwen2.5-coder:1.5b-base"),
    "lmstudio": Expected("", "qwen2.5-coder-7b"),
    "openai": Expected("api.openai.com", "gpt-4.1", "authorization", "Bearer sk-12345678", ("sk-12345678",)),
    "anthropic": Expected(
        "api.anthropic.com", "", "x-api-key", "sk-ant-12345678", ("sk-ant-12345678", "codestral-12345678")
    ),
    "azure": Expected("acme.openai.azure.com", "our-gpt", "api-key", "azure-12345678", ("azure-12345678",)),
    "openrouter": Expected(
        "openrouter.ai", "openai/gpt-4.1-mini", "authorization", "Bearer or-12345678", ("or-12345678",)
    ),
    "corp": Expected(
        *("models.corp.example", "qwen2.5-coder-32b", "authorization", "Bearer corp-12345678"),
        environ=(("CORP_KEY", "corp-12345678"),),
    ),
    "accounts": Expected(
        *("api.openai.com", "gpt-4.1", "authorization", "Bearer work-12345678"),
        environ=(("WORK_OPENAI_KEY", "work-12345678"), ("PRIVATE_OPENAI_KEY", "private-12345678")),
    ),
}


def recipes() -> Iterator[Recipe]:
    blocks = re.compile(r"<!-- recipe (\w+) -->\n(?:```sh\n(.*?)```\n\n)?```toml\n(.*?)```", re.DOTALL)
    for name, command, settings in blocks.findall(PAGE.read_text("utf-8")):
        yield Recipe(name, command.replace("\\\n", " ").strip(), settings)


RECIPES = {recipe.name: recipe for recipe in recipes()}


def test_every_recipe_is_expected_to_do_something() -> None:
    assert list(RECIPES) == list(EXPECTED)


@pytest.fixture
def companies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Companies]:
    companies = Companies(tmp_path / "companies")
    monkeypatch.setenv("PICODE_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("PICODE_PROVIDERS", json.dumps({name: {"baseUrl": f"{companies.address}/v1"} for name in LOCAL}))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keys.backends.FileKeyring")
    monkeypatch.setenv("TEST_KEYRING", str(tmp_path / "keyring.json"))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    yield companies
    companies.close()


@pytest.mark.parametrize("name", EXPECTED)
def test_a_recipe(name: str, companies: Companies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe, expected = RECIPES[name], EXPECTED[name]
    for variable, value in expected.environ:
        monkeypatch.setenv(variable, value)
    if name != "corp":  # there the settings name both
        monkeypatch.setenv("HTTPS_PROXY", companies.address)
        monkeypatch.setenv("SSL_CERT_FILE", str(companies.certificate))

    def here(text: str) -> str:
        return text.replace(PROXY, companies.address).replace(AUTHORITY, str(companies.certificate))

    def picode(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "picode", *arguments]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=TIMEOUT, check=False)

    config = tmp_path / "config" / "config.toml"
    if recipe.command:
        done = picode(
            *shlex.split(here(recipe.command))[1:], "--yes", stdin="".join(f"{key}\n" for key in expected.keys)
        )
        assert done.returncode == 0, done.stderr
        assert tomllib.loads(config.read_text()) == tomllib.loads(here(recipe.settings))
    else:
        config.parent.mkdir()
        config.write_text(here(recipe.settings))
    companies.asked.clear()
    done = picode("chat", "hello")
    assert (done.returncode, done.stdout) == (0, "ready\n"), done.stderr
    asked = [each for each in companies.asked if "messages" in each.body]
    assert [each.host for each in asked] == [expected.host]
    assert expected.model in asked[0].body["model"]
    assert asked[0].headers.get(expected.header, "") == expected.key
    if name == "accounts":
        picode("chat", "--model", "private/gpt-4.1-mini", "hello")
        assert companies.asked[-1].headers["authorization"] == "Bearer private-12345678"
        assert companies.asked[-1].body["model"] == "gpt-4.1-mini"
