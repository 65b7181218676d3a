"""What a set-up asks on a terminal."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from picode.assistant.routing.model_names import parse_model
from picode.assistant.routing.provider_status import ProviderStatus
from picode.cli.init.setup import Setup, Wishes, is_elsewhere
from picode.cli.provider.editing import require_good_name
from picode.cli.terminal import ask, confirm, print_text
from picode.core.errors import ConfigurationError
from picode.core.origins import is_loopback_url
from picode.providers.base_url import read_base_url, with_scheme
from picode.providers.catalog import CATALOG
from picode.providers.profiles import profile_of
from picode.settings.layers import Layer, merge

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
    given = read_base_url(name, with_scheme(wishes.base_url or _address(name, status, asks)))
    setup = Setup(
        name,
        given.url,
        given.query,
        wishes.model or given.model or _model(name, status, given.url, asks),
        wishes.suggestions,
        wishes.fallback,
        wishes.proxy,
        _absolute(wishes.ca_file),
        wishes.key_env,
    )
    known = {*(each.provider.name for each in found), name}
    return _others(setup, wishes, known) if asks and not wishes.provider else setup


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
    answer = _asked("Number or name", lambda text: _no_choice(text, len(rows)), "1")
    if answer.isdecimal():
        return rows[int(answer) - 1][0]
    names = [each.provider.name for each in found]
    near = [] if answer in names else get_close_matches(answer, names, n=1, cutoff=0.75)
    return near[0] if near and confirm(f"PiCode knows no {answer}. Do you mean {near[0]}?") else answer


def _asked(question: str, problem: Callable[[str], str], default: str = "") -> str:
    """What the user types. It is asked for again while `problem` says what is wrong with it (empty: nothing is)."""
    while wrong := problem(answer := ask(question, default)):
        print_text(wrong, err=True)
    return answer


def _no_choice(text: str, most: int) -> str:
    if text.isdecimal():
        return "" if 1 <= int(text) <= most else f"There are 1 to {most}."
    return _complaint(lambda: require_good_name(text))


def _no_address(name: str, text: str) -> str:
    given = read_base_url(name, with_scheme(text)).url
    return _no_value(("providers", name, "baseUrl"), given) if given else "Type the address of the server."


def _no_value(path: tuple[str, ...], text: str) -> str:
    """What is wrong with `text` for the setting at `path`."""
    values: Any = text
    for key in reversed(path):
        values = {key: values}
    problems = merge([Layer("command line", "the command line", values)]).problems if text else ()
    return f"It {problems[0].complaint}." if problems else ""


def _no_file(text: str) -> str:
    return "" if not text or os.path.isfile(os.path.expanduser(text)) else f"There is no file {text}."


def _no_provider(text: str, known: Collection[str]) -> str:
    """What is wrong with names of providers, and of models behind them, between commas."""
    return next((wrong for each in text.split(",") if each.strip() and (wrong := _unknown(each, known))), "")


def _unknown(text: str, known: Collection[str]) -> str:
    return _complaint(lambda: parse_model(text, known))


def _complaint(check: Callable[[], object]) -> str:
    try:
        check()
    except ConfigurationError as error:
        return str(error)
    return ""


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
    return _asked(f"Address of {name}, such as {example}", lambda text: _no_address(name, text))


def _model(name: str, status: ProviderStatus | None, base_url: str, asks: bool) -> str:
    provider = status.provider if status is not None else CATALOG["openai-compatible"]
    if is_elsewhere(name, base_url) or provider.presumes_models:
        return ask("Model (Enter for the usual one, or the first that the server lists)", "") if asks else ""
    if status is not None and status.models and not base_url:
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


def _others(setup: Setup, wishes: Wishes, known: Collection[str]) -> Setup:
    """What a set-up may have besides. Enter leaves each as it is. `known` are the names of providers."""
    far = setup.base_url and not is_loopback_url(setup.base_url)
    elsewhere = setup.provider not in CATALOG or is_elsewhere(setup.provider, setup.base_url)
    if far and elsewhere and not setup.key_env:
        question = "Environment variable that holds its key (Enter for none)"
        path = ("providers", setup.provider, "keyEnv")
        setup = replace(setup, key_env=_asked(question, lambda text: _no_value(path, text)))
    if (
        far
        and not (wishes.proxy or wishes.ca_file)
        and confirm("Is there a proxy, or a certificate authority of your own?")
    ):
        proxy = _asked(
            "Proxy, such as http://proxy.example:8080 (Enter for none)",
            lambda text: _no_value(("network", "proxy"), text),
        )
        ca_file = _asked("File with the certificates of the authority, PEM (Enter for none)", _no_file)
        setup = replace(setup, proxy=proxy, ca_file=_absolute(ca_file))
    if not setup.suggestions:
        question = "Who makes suggestions as you type: provider, or provider/model"
        other = _asked(question, lambda text: _no_provider(text, known), setup.provider)
        setup = replace(setup, suggestions="" if other == setup.provider else other)
    if not setup.fallback:
        question = "Who answers when the first fails: provider/model (Enter for nobody)"
        other = _asked(question, lambda text: _no_provider(text, known))
        setup = replace(setup, fallback=tuple(each.strip() for each in other.split(",") if each.strip()))
    return setup


def _absolute(file: str) -> str:
    """`file` as it is found from every folder, such as those that editors start in."""
    return file if file.startswith("~") or not file else os.path.abspath(file)
