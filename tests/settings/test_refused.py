"""Settings that fail closed: of a wrong value nothing else counts, neither a weaker layer nor the default."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from picode.assistant.routing.route import provider_named, providers
from picode.core.errors import ConfigurationError
from picode.io.config_files import ConfigFiles
from picode.settings.environment import environment_layer
from picode.settings.layers import Layer, merge
from picode.settings.refused import Refused

PROXY = ("network", "proxy")
URL = ("providers", "openai", "baseUrl")


def user(values: Any) -> Layer:
    return Layer("user", "config.toml", values)


def editor(values: Any) -> Layer:
    return Layer("editor", "the editor", values)


def network(proxy: Any) -> dict[str, Any]:
    return {"network": {"proxy": proxy}}


def openai(**values: Any) -> dict[str, Any]:
    return {"providers": {"openai": values}}


@pytest.mark.parametrize(
    ("values", "path"),
    [
        (network("ftp://proxy.example:8080"), PROXY),
        (network("proxy.example:8080"), PROXY),
        (network("http://"), PROXY),
        (network("http://proxy.example:port"), PROXY),
        (network("http://proxy.example:99999"), PROXY),
        (network("http://[::1"), PROXY),
        (network("http://ada:correct-horse@proxy.example:8080"), PROXY),
        (network("http://proxy.example/proxy.pac"), PROXY),
        (network("none"), PROXY),
        (network(8080), PROXY),
        (network("\ud800"), PROXY),
        ({"network": "http://proxy.example:8080"}, PROXY),
        ({"network": {"prxy": "http://proxy.example:8080"}}, PROXY),
        ({"proxy": "http://proxy.example:8080"}, PROXY),
        ({"picode.network.proxy": "http://proxy.example:8080"}, PROXY),
        (openai(baseUrl="models.example/v1"), URL),
        (openai(baseUrl="https://ada:pw@models.example/v1"), URL),
        (openai(baseUrl="https://models.example/v1?key=1"), URL),
        (openai(baseUrl=5), URL),
        (openai(base_url="https://models.example/v1"), URL),
        (openai(baseURL="https://models.example/v1"), URL),
        (openai(url="https://models.example/v1"), URL),
        ({"providers": {"openai": "https://models.example/v1"}}, URL),
        (openai(keyEnv="sk-proj-0123456789"), ("providers", "openai", "keyEnv")),
        (openai(keyEnv=5), ("providers", "openai", "keyEnv")),
        (openai(dailyTokens="many"), ("providers", "openai", "dailyTokens")),
        (openai(dailyCost=-1), ("providers", "openai", "dailyCost")),
    ],
)
def test_a_wrong_value_stays_as_one_that_can_t_be_used(values: Any, path: tuple[str, ...]) -> None:
    resolved = merge([user(values)])
    assert path in resolved.refused
    (problem,) = resolved.problems
    assert "until it is corrected" in str(problem)
    assert "correct-horse" not in str(problem)
    assert resolved.origin(path).origin == "config.toml"


@pytest.mark.parametrize(
    "values",
    [
        network(""),
        network(None),
        network("http://proxy.example"),
        network("socks5h://127.0.0.1:1080/"),
        openai(baseUrl="https://models.example/v1", headers={"a b": "c"}),
        openai(model=5),
        openai(modle="m"),
        {"inline": {"model": 5}},
        {"network": {"caFile": 5}},
        {"zzz": 5},
    ],
)
def test_what_is_right_and_what_is_wrong_elsewhere_refuses_nothing(values: Any) -> None:
    assert merge([user(values)]).refused == {}


ADDRESS = "http://right.example:1"
RIGHT, WRONG = network(ADDRESS), network("wrong:")


@pytest.mark.parametrize(
    ("layers", "in_force"),
    [
        ([user(WRONG), editor(RIGHT)], ADDRESS),
        ([user(WRONG), editor(network(""))], ""),
        ([user(RIGHT), editor(WRONG)], None),
        ([user(WRONG), editor({"inline": {"model": "m"}})], None),
        ([user(RIGHT), Layer("workspace", "/w/.picode.toml", WRONG, trusted=False)], ADDRESS),
        ([user(RIGHT), Layer("workspace", "/w/.picode.toml", WRONG)], None),
        ([user(RIGHT), environment_layer({"PICODE_NETWORK__PROXY": "proxy"})], None),
        ([user(RIGHT), environment_layer({"PICODE_NETWORK": "{"})], None),
        ([user(RIGHT), environment_layer({"PICODE_PROVIDERS": "{"})], None),
        ([user(RIGHT), environment_layer({"PICODE_CACHE": "{"})], ADDRESS),
    ],
)
def test_the_strongest_layer_that_speaks_of_it_decides(layers: list[Layer], in_force: str | None) -> None:
    proxy = merge(layers).settings.network.proxy
    assert isinstance(proxy, Refused) if in_force is None else proxy == in_force


@pytest.mark.parametrize("content", ["[network", "[network]\nproxy = 'http://proxy.example:8080'\nproxy = 1", "\x00"])
def test_of_a_file_that_can_t_be_read_the_proxy_is_not_known(tmp_path: Path, content: str) -> None:
    (tmp_path / "config.toml").write_text(content)
    (tmp_path / "clone").mkdir()
    (tmp_path / "clone" / ".picode.toml").write_text(content)
    files = ConfigFiles(tmp_path)
    resolved = merge(files.user_layers())
    proxy = resolved.settings.network.proxy
    assert isinstance(proxy, Refused)
    assert str(tmp_path / "config.toml") in str(proxy.error())
    assert "No request leaves this machine until it is corrected." in str(proxy.error())
    assert merge(files.workspace_layers([tmp_path / "clone"], trusted=False)).refused == {}, (
        "a clone can't stop the user"
    )
    assert merge([*files.user_layers(), editor(RIGHT)]).refused == {}


def test_a_refused_value_equals_no_usable_one() -> None:
    wrong = merge([user(WRONG)]).settings
    assert wrong == merge([user(WRONG)]).settings
    assert wrong.network != merge([user(network(""))]).settings.network
    assert wrong != merge([user(network(7))]).settings


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        (openai(baseUrl="models.example/v1"), "config.toml: providers.openai.baseUrl should be an address"),
        (openai(base_url="https://models.example/v1"), "did you mean baseUrl?"),
        (openai(keyEnv="work-key"), "providers.openai.keyEnv should be the name of an environment variable"),
        (openai(dailyCost="five"), "providers.openai.dailyCost should be a number"),
    ],
)
def test_a_provider_that_is_refused_is_not_asked_anywhere(values: Any, complaint: str) -> None:
    settings = merge([user(values)]).settings
    with pytest.raises(ConfigurationError) as raised:
        provider_named("openai", settings)
    assert complaint in str(raised.value)
    assert "Nothing is sent to openai until it is corrected." in str(raised.value)
    assert complaint in providers(settings)["openai"].flaw
    assert provider_named("anthropic", settings).base_url == "https://api.anthropic.com/v1"
