"""What a set-up asks on a terminal."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches

from picode.assistant.routing.provider_status import ProviderStatus
from picode.cli.init.setup import Setup, Wishes, complete_address
from picode.cli.terminal import ask, confirm, print_text
from picode.core.errors import ConfigurationError
from picode.core.origins import is_loopback_url
from picode.providers.catalog import CATALOG
from picode.providers.profiles import profile_of

_USUAL = ("openai", "anthropic", "mistral", "gemini", "openrouter", "azure")
"""Companies that are named in the list; the others are a word away."""

_SHOWN = 12
"""Models of the longest list."""


def set_up(wishes: Wishes, found: Sequence[ProviderStatus]) -> Setup:
    """What the user wishes, with questions for what the command line leaves open. `found` is how all providers stand.

    Raises `ConfigurationError` where something is missing that can't be asked for.
    """
    asks = not wishes.yes
    name = wishes.provider or (_choose(found) if asks else _usual(found))
    status = next((each for each in found if each.provider.name == name), None)
    base_url = wishes.base_url or _address(name, status, asks)
    setup = Setup(
        name,
        complete_address(name, base_url),
        wishes.model or _model(name, status, asks),
        wishes.suggestions,
        wishes.fallback,
        wishes.proxy,
        _absolute(wishes.ca_file),
        wishes.key_env,
    )
    return _others(setup, wishes) if asks and not wishes.provider else setup


def _usual(found: Sequence[ProviderStatus]) -> str:
    """The first server that runs on this machine, else the embedded model."""
    return next((each.provider.name for each in found if each.running), "embedded")


def _choose(found: Sequence[ProviderStatus]) -> str:
    rows: list[tuple[str, str]] = []
    for each in found:
        if each.running:
            count = f"{len(each.models)} model{'' if len(each.models) == 1 else 's'}"
            rows.append((each.provider.name, f"{each.provider.title}: runs on this machine, {count}"))
    rows += [(each.provider.name, f"{each.provider.title}: its key is there") for each in found if _has_key(each)]
    rows.append(("embedded", "A small model that PiCode brings: no key, no account"))
    rows += [(name, CATALOG[name].title) for name in _USUAL if all(name != row[0] for row in rows)]
    print_text("Which provider shall answer?", err=True)
    for at, (_, title) in enumerate(rows, start=1):
        print_text(f"  {at}. {title}", err=True)
    print_text(
        "Or the name of another one (picode provider list), or a name of your own for a server of yours.", err=True
    )
    answer = ask("Number or name", "1")
    return rows[int(answer) - 1][0] if answer.isdigit() and 1 <= int(answer) <= len(rows) else answer


def _has_key(status: ProviderStatus) -> bool:
    provider = status.provider
    return not status.missing and provider.key_required and bool(provider.base_url)


def _address(name: str, status: ProviderStatus | None, asks: bool) -> str:
    if status is not None and (status.provider.base_url or name == "embedded"):
        return ""
    example = "https://RESOURCE.openai.azure.com" if name.startswith("azure") else "https://models.example/v1"
    if not asks:
        near = get_close_matches(name, CATALOG, n=1)
        guess = f"Did you mean {near[0]}? For a server of your own, name it" if near else "Name it"
        raise ConfigurationError(f"The address of {name} is not known.", f"{guess}: --base-url {example}")
    return ask(f"Address of {name}, such as {example}")


def _model(name: str, status: ProviderStatus | None, asks: bool) -> str:
    provider = status.provider if status is not None else CATALOG["openai-compatible"]
    if status is not None and status.models:
        return _from_list(status.models, asks)
    if provider.model or name == "embedded" or provider.local:
        return ""
    if provider.listing.path and not asks:
        return ""  # the first that it lists
    kind = "Deployment" if name.startswith("azure") else "Model (Enter for the first that the server lists)"
    if not asks:
        raise ConfigurationError(f"{provider.title} does not list its models.", "Name one: --model DEPLOYMENT")
    return ask(kind, "")


def _from_list(models: Sequence[str], asks: bool) -> str:
    usual = next((each for each in models if profile_of(each).fim), models[0])
    if not asks or len(models) == 1:
        return usual
    for each in models[:_SHOWN]:
        print_text(f"  {each}", err=True)
    if len(models) > _SHOWN:
        print_text(f"  … and {len(models) - _SHOWN} more", err=True)
    return ask("Model", usual)


def _others(setup: Setup, wishes: Wishes) -> Setup:
    """What a set-up may have besides. Enter leaves each as it is."""
    far = setup.base_url and not is_loopback_url(setup.base_url)
    if far and setup.provider not in CATALOG and not setup.key_env:
        setup = replace(setup, key_env=ask("Environment variable that holds its key (Enter for none)"))
    if (
        far
        and not (wishes.proxy or wishes.ca_file)
        and confirm("Is there a proxy, or a certificate authority of your own?")
    ):
        proxy = ask("Proxy, such as http://proxy.example:8080 (Enter for none)")
        ca_file = ask("File with the certificates of the authority, PEM (Enter for none)")
        setup = replace(setup, proxy=proxy, ca_file=_absolute(ca_file))
    if not setup.suggestions:
        other = ask("Who makes suggestions as you type: provider, or provider/model", setup.provider)
        setup = replace(setup, suggestions="" if other == setup.provider else other)
    if not setup.fallback and (other := ask("Who answers when the first fails: provider/model (Enter for nobody)")):
        setup = replace(setup, fallback=tuple(each.strip() for each in other.split(",") if each.strip()))
    return setup


def _absolute(file: str) -> str:
    """`file` as it is found from every folder, such as those that editors start in."""
    return file if file.startswith("~") or not file else os.path.abspath(file)
