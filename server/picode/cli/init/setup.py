"""What a set-up comes to: which settings it writes. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from picode.assistant.routing.model_names import split_model
from picode.providers.catalog import CATALOG

_AZURE_PATHS = {"azure": "/openai/v1", "azure-deployments": "/openai"}
"""What follows the address of a resource, which is all that Azure's portal shows."""

_ENDPOINT = re.compile(r"(?:/chat/completions|/completions|/responses|/messages|/embeddings)?/?(?:\?[^/]*)?$")
"""What follows a base URL in the address of an endpoint, as examples of requests show it."""

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line names; empty where it names nothing. `yes`: nothing is asked."""

    provider: str = ""
    base_url: str = ""
    model: str = ""
    suggestions: str = ""
    fallback: tuple[str, ...] = ()
    proxy: str = ""
    ca_file: str = ""
    key_env: str = ""
    vault: bool = False
    yes: bool = False


@dataclass(frozen=True, slots=True)
class Setup:
    """What is set up. `suggestions` and `fallback` are `provider/model`, or a provider alone. An empty value is left to the
    provider's usual one."""

    provider: str
    base_url: str = ""
    model: str = ""
    suggestions: str = ""
    fallback: tuple[str, ...] = ()
    proxy: str = ""
    ca_file: str = ""
    key_env: str = ""

    @property
    def providers(self) -> dict[str, tuple[str, ...]]:
        """Every provider that is asked, once, with the steps of the round trip that it has to pass."""
        steps: dict[str, list[str]] = {self.provider: ["chat"]}
        steps.setdefault(split_model(self.suggestions or self.provider)[0], []).append("fill")
        for each in self.fallback:
            steps.setdefault(split_model(each)[0], []).append("chat")
        return {name: tuple(dict.fromkeys(found)) for name, found in steps.items()}

    def settings(self) -> Values:
        """The settings, as tables in tables."""
        row = CATALOG.get(self.provider)
        inline_provider, inline_model = split_model(self.suggestions or self.provider)
        own = _without_empty({"baseUrl": self.base_url, "keyEnv": self.key_env})
        chat: Values = {"provider": self.provider}
        inline: Values = {"provider": inline_provider, **_without_empty({"model": inline_model})}
        if self.model and (row is None or not row.model) and not (row and row.local):
            own["model"] = self.model  # the only one that is known of it
        elif self.model:
            chat["model"] = self.model
            if inline_provider == self.provider and not inline_model and not (row and row.inline_model):
                inline["model"] = self.model
        if self.fallback:
            chat["fallback"] = list(self.fallback)
        network = _without_empty({"proxy": self.proxy, "caFile": self.ca_file})
        tables = {"inline": inline, "chat": chat, "network": network}
        return {**{k: v for k, v in tables.items() if v}, **({"providers": {self.provider: own}} if own else {})}

    def stale(self) -> Iterator[tuple[str, str]]:
        """The paths of settings that belonged to the provider before, and have to go."""
        settings = self.settings()
        for table in ("inline", "chat"):
            if "model" not in settings[table]:
                yield table, "model"


def complete_address(provider: str, address: str) -> str:
    """`address` as it is asked: the base of an endpoint, with `https://` where it names no scheme, and what Azure's portal
    leaves out of it.

    >>> complete_address("azure", "https://acme.openai.azure.com/")
    'https://acme.openai.azure.com/openai/v1'
    >>> complete_address("azure", "acme.openai.azure.com/openai/deployments/gpt/chat/completions?api-version=2024-10-21")
    'https://acme.openai.azure.com/openai/v1'
    >>> complete_address("team", "models.example/v1/chat/completions")
    'https://models.example/v1'
    """
    whole = _ENDPOINT.sub("", address.strip())
    if whole and "://" not in whole:
        whole = f"https://{whole}"
    if provider in _AZURE_PATHS and re.fullmatch(r"/?(?:openai(?:/.*)?)?", urlsplit(whole).path):
        whole = urljoin(whole, _AZURE_PATHS[provider])
    return whole.rstrip("/")


def leaves(values: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value of tables in tables, by path."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield from leaves(value, (*above, key))
        else:
            yield (*above, key), value


def _without_empty(values: Values) -> Values:
    return {key: value for key, value in values.items() if value}
