"""`picode init`: five set-ups, each in one go, in a real terminal or by a script, against providers at their real addresses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pexpect
import pytest

from support.companies import Companies

from .test_chat import PICODE, plain

TIMEOUT = 120
NOWHERE = {name: {"baseUrl": "http://127.0.0.1:9/v1"} for name in ("llamacpp", "ollama", "lmstudio", "vllm")}


OWN = ("--base-url", "https://models.example/v1", "--model", "m", "--key-env", "CORP_KEY")


@pytest.fixture
def companies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Companies]:
    companies = Companies(tmp_path / "companies")
    monkeypatch.setenv("PICODE_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("PICODE_PROVIDERS", json.dumps(NOWHERE))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keys.backends.FileKeyring")
    monkeypatch.setenv("TEST_KEYRING", str(tmp_path / "keyring.json"))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    yield companies
    companies.close()


@pytest.fixture
def behind_proxy(companies: Companies, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", companies.address)
    monkeypatch.setenv("SSL_CERT_FILE", str(companies.certificate))


def script(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PICODE, *arguments], input=stdin, capture_output=True, text=True, timeout=TIMEOUT, check=False
    )


def window(*arguments: str) -> pexpect.spawn[str]:
    environ = {**os.environ, "TERM": "xterm-256color"}
    return pexpect.spawn(
        sys.executable,
        ["-m", "picode", *arguments],
        env=environ,
        timeout=TIMEOUT,
        encoding="utf-8",
        dimensions=(40, 120),
    )


def talk(child: pexpect.spawn[str], *answers: tuple[str, str]) -> str:
    """Answers questions, and gives what was shown. It ends well."""
    shown = ""
    for question, answer in answers:
        child.expect(question)
        shown += (child.before or "") + (child.after or "")
        child.send(f"{answer}\r")
    child.expect(pexpect.EOF)
    shown += child.before or ""
    child.close()
    assert child.exitstatus == 0, plain(shown)
    return plain(shown)


def written() -> dict[str, Any]:
    return tomllib.loads((Path(os.environ["PICODE_CONFIG_DIR"]) / "config.toml").read_text())


def chat_works(companies: Companies, host: str) -> None:
    companies.asked.clear()
    done = script("chat", "hello")
    assert (done.returncode, done.stdout) == (0, "ready\n"), done.stderr
    assert companies.hosts() == [host]


def test_ollama_is_found_and_set_up(companies: Companies, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {**NOWHERE, "ollama": {"baseUrl": f"{companies.address}/v1"}}
    monkeypatch.setenv("PICODE_PROVIDERS", json.dumps(rows))
    shown = talk(
        window("init"),
        (r"1\. Ollama: runs on this machine, 2 models[\s\S]*Number or name", ""),
        ("Model", ""),
        ("Who makes suggestions", ""),
        ("Who answers when the first fails", ""),
    )
    assert "chat" in shown
    model = "qwen2.5-coder:1.5b-base"
    assert written() == {
        "inline": {"provider": "ollama", "model": model},
        "chat": {"provider": "ollama", "model": model},
    }
    chat_works(companies, "")


@pytest.mark.usefixtures("behind_proxy")
def test_openai_with_a_key_that_is_typed(companies: Companies) -> None:
    companies.keys["api.openai.com"] = "sk-canary-openai-1234"
    shown = talk(window("init", "openai"), (r"Key for OpenAI:", "sk-canary-openai-1234"))
    assert "canary" not in shown
    assert "in the system keyring" in shown
    assert written() == {"inline": {"provider": "openai"}, "chat": {"provider": "openai"}}
    chat_works(companies, "api.openai.com")


@pytest.mark.usefixtures("behind_proxy")
def test_anthropic_with_codestral_for_suggestions_and_a_fallback(companies: Companies) -> None:
    companies.keys = {"api.anthropic.com": "sk-ant-1234567890", "codestral.mistral.ai": "code-1234567890"}
    done = script(
        *("init", "anthropic", "--suggestions", "codestral", "--fallback", "codestral/codestral-latest", "--yes"),
        stdin="sk-ant-1234567890\ncode-1234567890\n",
    )
    assert done.returncode == 0, done.stderr
    assert written() == {
        "inline": {"provider": "codestral"},
        "chat": {"provider": "anthropic", "fallback": ["codestral/codestral-latest"]},
    }
    chat_works(companies, "api.anthropic.com")
    companies.refuses.add("api.anthropic.com")
    done = script("chat", "hello")
    assert (done.returncode, done.stdout) == (0, "ready\n")
    assert "answered by" in done.stderr


def test_a_company_s_gateway_behind_its_proxy_with_its_own_authority(companies: Companies) -> None:
    companies.keys["models.corp.example"] = "corp-key-1234567890"
    done = script(
        *("init", "corp", "--base-url", "https://models.corp.example/v1", "--model", "qwen2.5-coder-32b", "--yes"),
        *("--proxy", companies.address, "--ca-file", os.path.relpath(companies.certificate)),
        stdin="corp-key-1234567890\n",
    )
    assert done.returncode == 0, done.stderr
    assert written()["network"] == {"proxy": companies.address, "caFile": str(companies.certificate)}
    assert written()["providers"]["corp"] == {"baseUrl": "https://models.corp.example/v1", "model": "qwen2.5-coder-32b"}
    chat_works(companies, "models.corp.example")


@pytest.mark.usefixtures("behind_proxy")
def test_azure_by_the_address_that_its_portal_shows(companies: Companies) -> None:
    companies.keys["acme.openai.azure.com"] = "azure-key-1234567890"
    shown = talk(
        window("init", "azure"),
        ("Address of azure", "acme.openai.azure.com"),
        ("Deployment", "our-gpt"),
        ("Key for Azure OpenAI", "azure-key-1234567890"),
    )
    assert "canary" not in shown
    assert written()["providers"]["azure"] == {"baseUrl": "https://acme.openai.azure.com/openai/v1", "model": "our-gpt"}
    assert {each.path for each in companies.asked} == {"/openai/v1/chat/completions"}
    chat_works(companies, "acme.openai.azure.com")
    assert json.loads(script("models", "--provider", "azure", "--json").stdout)[0]["model"] == "our-gpt"


@pytest.mark.usefixtures("behind_proxy")
def test_azure_with_its_deployment_where_a_model_is_usually_named(companies: Companies, tmp_path: Path) -> None:
    """As a user writes it by hand: chat, `provider test`, `doctor` and `models` agree on what is asked."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.toml").write_text(
        '[providers.azure]\nbaseUrl = "https://acme.openai.azure.com/openai/v1"\n'
        '[inline]\nprovider = "azure"\nmodel = "our-small"\n[chat]\nmodel = "our-gpt"\n'
    )
    os.environ["AZURE_OPENAI_API_KEY"] = "azure-key-1234567890"
    try:
        chat_works(companies, "acme.openai.azure.com")
        steps = json.loads(script("provider", "test", "azure", "--json").stdout)
        listed = json.loads(script("models", "--provider", "azure", "--json").stdout)
        found = json.loads(script("doctor", "--json").stdout)["findings"]
    finally:
        del os.environ["AZURE_OPENAI_API_KEY"]
    assert [(each["name"], each["ok"], each["model"]) for each in steps[1:]] == [
        ("chat", True, "our-gpt"),
        ("fill", True, "our-small"),
    ]
    assert {each["model"] for each in listed if each["available"]} == {"our-gpt", "our-small"}
    assert next(each for each in found if each["name"] == "azure")["state"] == "well"


@pytest.mark.usefixtures("behind_proxy")
class TestAnotherAddress:
    """A known provider at a server of the company's: its key is another, and so may be its models."""

    def test_its_key_is_asked_for_and_stored_for_it(
        self, companies: Companies, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-openai-1234")
        companies.keys["models.corp.example"] = "corp-key-1234567890"
        shown = talk(
            window("init", "openai", "--base-url", "models.corp.example/v1/chat/completions"),
            ("Model", ""),
            (r"Key for OpenAI at models\.corp\.example \(Enter for none\)", "corp-key-1234567890"),
        )
        assert "OPENAI_API_KEY is for api.openai.com, and is not sent to models.corp.example" in " ".join(shown.split())
        assert written()["providers"]["openai"] == {"baseUrl": "https://models.corp.example/v1"}
        assert "canary" not in str([each.headers for each in companies.asked])
        chat_works(companies, "models.corp.example")
        assert companies.asked[-1].body["model"] in companies.models, "one that the server has"

    def test_without_a_key_the_refusal_says_why_none_was_sent(self, companies: Companies) -> None:
        companies.keys["models.corp.example"] = "corp-key-1234567890"
        done = script("init", "mistral", "--base-url", "https://models.corp.example/v1", "--model", "own", "--yes")
        said = " ".join(done.stderr.split())
        assert done.returncode == 1
        assert "No key was sent to models.corp.example, because MISTRAL_API_KEY is for api.mistral.ai" in said
        assert {each.body["model"] for each in companies.asked if each.body} == {"own"}, "for suggestions too"

    def test_a_variable_that_is_named_is_used(self, companies: Companies, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OPENAI_API_KEY", "corp-key-1234567890")
        companies.keys["models.corp.example"] = "corp-key-1234567890"
        address = "https://models.corp.example/v1"
        done = script("init", "openai", "--base-url", address, "--key-env", "OPENAI_API_KEY", "--model", "m", "--yes")
        assert done.returncode == 0, done.stderr
        assert written()["providers"]["openai"] == {"baseUrl": address, "keyEnv": "OPENAI_API_KEY", "model": "m"}
        assert {each.headers["authorization"] for each in companies.asked} == {"Bearer corp-key-1234567890"}


@pytest.mark.usefixtures("behind_proxy")
def test_azure_by_the_target_uri_that_its_portal_shows(companies: Companies) -> None:
    uri = "https://acme.openai.azure.com/openai/deployments/our-gpt/chat/completions?api-version=2024-10-21"
    done = script("init", "azure", "--base-url", uri, "--yes", stdin="azure-key-1234567890\n")
    assert done.returncode == 0, done.stderr
    assert written()["providers"]["azure"] == {"baseUrl": "https://acme.openai.azure.com/openai/v1", "model": "our-gpt"}
    assert {each.path for each in companies.asked} == {"/openai/v1/chat/completions"}


class TestKeysThatAreNotKept:
    """What was answered is not asked again, whatever becomes of the key."""

    @pytest.mark.usefixtures("behind_proxy")
    def test_a_key_that_is_refused_can_be_typed_again(self, companies: Companies) -> None:
        companies.keys["api.openai.com"] = "sk-right-1234567890"
        shown = talk(
            window("init", "openai"),
            (r"Key for OpenAI:", "sk-wrong-1234567890"),
            (r"bad key[\s\S]*Another key for OpenAI", "sk-right-1234567890"),
        )
        assert "It is the one that you have entered." in " ".join(shown.split())
        assert "1234567890" not in shown
        chat_works(companies, "api.openai.com")

    @pytest.mark.usefixtures("behind_proxy")
    def test_a_keyring_that_keeps_nothing_is_followed_by_the_vault(
        self, companies: Companies, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keys.backends.ForgetfulKeyring")
        companies.keys["api.openai.com"] = "sk-canary-openai-1234"
        shown = talk(
            window("init", "openai"),
            (r"Key for OpenAI:", "sk-canary-openai-1234"),
            ("has not kept the key[\\s\\S]*New passphrase for the vault", "correct horse"),
            ("The same again", "correct horse"),
        )
        assert "in the vault" in shown
        assert written() == {"inline": {"provider": "openai"}, "chat": {"provider": "openai"}}

    @pytest.mark.usefixtures("behind_proxy")
    def test_settings_are_written_where_the_key_can_t_be_stored(
        self, companies: Companies, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keys.backends.ForgetfulKeyring")
        done = script("init", "openai", "--yes", stdin="sk-canary-openai-1234\n")
        assert done.returncode == 1
        assert "is not stored" in done.stderr
        assert "picode provider key set openai --vault" in " ".join(done.stderr.split())
        assert written() == {"inline": {"provider": "openai"}, "chat": {"provider": "openai"}}


@pytest.mark.usefixtures("behind_proxy")
def test_an_answer_that_is_none_is_asked_for_again(companies: Companies, tmp_path: Path) -> None:
    shown = talk(
        window("init"),
        ("Number or name", "99"),
        (r"There are 1 to \d+\.[\s\S]*Number or name", "my corp"),
        ("no good name[\\s\\S]*Number or name", "corp"),
        ("Address of corp", "https://ada:pw@models.corp.example"),
        ("without user name[\\s\\S]*Address of corp", "models.corp.example/v1"),
        ("Model", "m"),
        ("Environment variable that holds its key", "sk-1234"),
        ("the name, not the key itself[\\s\\S]*Environment variable", ""),
        ("Is there a proxy", "y"),
        ("Proxy, such as", "ftp://proxy.example"),
        ("should be an address such as[\\s\\S]*Proxy, such as", companies.address),
        ("File with the certificates", str(tmp_path / "none.pem")),
        ("There is no file[\\s\\S]*File with the certificates", str(companies.certificate)),
        ("Who makes suggestions", "opnai"),
        (r"Did you mean openai\?[\s\S]*Who makes suggestions", ""),
        ("Who answers when the first fails", "corp/other, nobody"),
        ("There is no provider named 'nobody'[\\s\\S]*Who answers", ""),
        ("Key for corp", ""),
    )
    assert "Traceback" not in shown
    assert written()["providers"] == {"corp": {"baseUrl": "https://models.corp.example/v1", "model": "m"}}
    assert written()["network"] == {"proxy": companies.address, "caFile": str(companies.certificate)}
    chat_works(companies, "models.corp.example")


class TestNothingIsWritten:
    def refused(self, done: subprocess.CompletedProcess[str], says: str) -> None:
        assert done.returncode != 0
        assert says in " ".join(done.stderr.split())
        assert "Traceback" not in done.stderr
        assert not (Path(os.environ["PICODE_CONFIG_DIR"]) / "config.toml").exists()
        assert not Path(os.environ["TEST_KEYRING"]).exists()

    @pytest.mark.usefixtures("behind_proxy")
    def test_where_the_key_is_wrong(self, companies: Companies) -> None:
        companies.keys["api.openai.com"] = "another"
        self.refused(script("init", "openai", "--yes", stdin="sk-wrong-1234567890\n"), "bad key")

    @pytest.mark.usefixtures("companies")
    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (("init",), "no terminal to ask in"),
            (("init", "mistral"), "picode init mistral … --yes"),
            (("init", "opnai", "--yes"), "Did you mean openai? For a server of your own, name it: --base-url"),
            (("init", "corp", "--yes", *OWN), "Set CORP_KEY, or pipe the key into this command."),
            (("init", "azure", "--yes", "--base-url", "acme.openai.azure.com"), "--model"),
            (("init", "ollama", "--yes"), "Start the server"),
            (("init", "openai", "--yes"), "needs a key"),
            (("init", "openai", "--yes", "--suggestions", "opnai"), "Did you mean openai?"),
            (("init", "team", "--yes", "--base-url", "http://models.example/v1", "--model", "m"), "not encrypted"),
        ],
    )
    def test_where_something_is_missing(self, arguments: tuple[str, ...], says: str) -> None:
        self.refused(script(*arguments), says)

    def test_where_the_proxy_is_dead_it_is_named(self, companies: Companies, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
        done = script("init", "openai", "--yes", stdin="sk-1234567890-abc\n")
        self.refused(done, "no connection to the proxy http://127.0.0.1:9, which HTTPS_PROXY names")


@pytest.mark.usefixtures("behind_proxy")
def test_without_a_keyring_the_vault_asks_for_its_passphrase_before_the_key(
    companies: Companies, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Switched off is the same as missing, but that the library takes keys and keeps none.
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    companies.keys["api.openai.com"] = "sk-canary-openai-1234"
    shown = talk(
        window("init", "openai"),
        ("New passphrase for the vault", "correct horse"),
        ("The same again", "correct hose"),
        ("The two passphrases differ[\\s\\S]*New passphrase for the vault", "correct horse"),
        ("The same again", "correct horse"),
        ("Key for OpenAI", "sk-canary-openai-1234"),
    )
    assert "in the vault" in shown
    child = window("chat", "hello")
    child.expect("Passphrase of the vault")
    child.send("correct horse\r")
    child.expect("ready")
    child.expect(pexpect.EOF)
    piped = script("init", "mistral", "--yes", "--vault", stdin="key-1234567890\n")
    assert "PICODE_VAULT_PASSPHRASE" in piped.stderr
