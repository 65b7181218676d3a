"""Whether the providers that the user has chosen answer: sends one real request to each of them, and to no other."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from picode.assistant.routing.provider_test import Step
from picode.cli.doctor.finding import Circumstances, Finding, note, problem, well
from picode.core.errors import ConfigurationError, NetworkFailure, PiCodeError, ProviderError, ProviderNotFound
from picode.core.origins import is_loopback_url
from picode.io.proxies import Proxy, proxy_for
from picode.settings.model import Settings

_SECONDS = 45.0
"""For one provider. A model that has to be loaded first takes its time."""


def chosen(settings: Settings) -> list[str]:
    """The names of the providers that the settings speak of, each once."""
    named = [settings.inline.provider, settings.chat.provider, *settings.inline.fallback, *settings.chat.fallback]
    names = [name.partition("/")[0] for name in named if name]
    return list(dict.fromkeys([*names, *settings.providers]))


async def check(circumstances: Circumstances) -> list[Finding]:
    """One finding for each provider; all are asked at once."""
    names = chosen(circumstances.assistant.settings())
    return list(await asyncio.gather(*(_check(name, circumstances) for name in names)))


async def _check(name: str, circumstances: Circumstances) -> Finding:
    assistant = circumstances.assistant
    try:
        row = assistant.row(name)
        if name == "embedded" and not await asyncio.to_thread(assistant.at_hand, name):
            standing = next(each for each in await assistant.providers() if each.provider.name == name)
            if standing.missing:
                return problem(name, "The package that runs the model is not installed.", standing.missing)
            return note(name, "The model's file is fetched when it is first needed (about 100 MB).")
        async with asyncio.timeout(_SECONDS):
            steps = [step async for step in assistant.provider_test(name)]
    except TimeoutError:
        return problem(
            name, f"no answer within {_SECONDS:g} s.", "Choose a faster model, or see what its server is doing."
        )
    except ProviderNotFound as error:
        return problem(name, error.problem, error.remedy)
    except PiCodeError as error:
        return problem(name, _words_of(error), _fix(error, name, "", circumstances))
    failed = next((step for step in steps if step.error is not None and step.name != "list"), None)
    if failed is not None and failed.error is not None:
        return problem(name, _words_of(failed.error), _fix(failed.error, name, row.base_url, circumstances))
    return well(name, _words(steps))


def _words_of(error: PiCodeError) -> str:
    """What is wrong, without the provider's name, which stands in front of it."""
    return error.problem.removeprefix(f"{error.provider}: ") if isinstance(error, ProviderError) else error.problem


def _fix(error: PiCodeError, name: str, base_url: str, circumstances: Circumstances) -> str:
    remedy = error.remedy or f"Run `picode provider show {name}` to see its settings."
    if isinstance(error, NetworkFailure) and base_url and not is_loopback_url(base_url):
        proxy = _proxy(base_url, circumstances)
        if proxy:
            return f"{remedy} All goes through the proxy {proxy.shown} ({proxy.origin}): is that right?"
        return f"{remedy} If there is no way but through a proxy, set picode.network.proxy or HTTPS_PROXY."
    return remedy


def _proxy(base_url: str, circumstances: Circumstances) -> Proxy | None:
    try:
        return proxy_for(base_url, circumstances.assistant.settings().network.proxy, circumstances.environ)
    except ConfigurationError:  # the network's own finding
        return None


def _words(steps: Sequence[Step]) -> str:
    told = []
    for step in steps:
        if step.name == "list" or step.skipped:
            continue
        told.append(f"{step.name} {step.seconds * 1000:,.0f} ms ({step.model})")
    return ", ".join(told) or "answers"
