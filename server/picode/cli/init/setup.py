"""What a set-up comes to: which settings it writes. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from picode.assistant.routing.model_names import split_model
from picode.providers.catalog import CATALOG, host_of

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
    query: str = ""
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
        own = _without_empty({"baseUrl": self.base_url, "query": self.query, "keyEnv": self.key_env})
        chat: Values = {"provider": self.provider}
        inline: Values = {"provider": inline_provider, **_without_empty({"model": inline_model})}
        unknown = row is None or not row.model or is_elsewhere(self.provider, self.base_url)
        if self.model and unknown and not (row and row.local):
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


def is_elsewhere(provider: str, base_url: str) -> bool:
    """Whether `base_url` is another server than the one that PiCode knows the provider at."""
    known = CATALOG[provider].base_url if provider in CATALOG else ""
    try:
        return bool(base_url and known) and host_of(base_url) != host_of(known)
    except ValueError:  # no address, which is said when the settings are checked
        return True


def leaves(values: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value of tables in tables, by path."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield from leaves(value, (*above, key))
        else:
            yield (*above, key), value


def _without_empty(values: Values) -> Values:
    return {key: value for key, value in values.items() if value}
