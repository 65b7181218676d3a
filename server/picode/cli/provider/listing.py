"""`picode provider list` and `show`: the providers, and how they stand."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from picode.cli import completion
from picode.cli.terminal import print_json, print_text

if TYPE_CHECKING:
    from picode.assistant.routing.provider_status import ProviderStatus
    from picode.providers.catalog import Provider
    from picode.settings.model import Settings

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Name = Annotated[
    str,
    typer.Argument(metavar="NAME", help="The provider's name, such as openai.", autocompletion=completion.providers),
]


def list_(as_json: AsJson = False) -> None:
    """List all providers: where their keys are, and which servers run on this machine. The one in use has a star."""

    import asyncio

    rows = asyncio.run(_survey())
    if as_json:
        print_json(rows)
        return
    from picode.cli.session import columns

    heads = ("", "name", "key", "server", "model")
    print_text(columns([heads, *(_cells(row) for row in rows)]))


def show(name: Name, as_json: AsJson = False) -> None:
    """Show what PiCode knows of a provider."""

    import asyncio

    from picode.core.errors import PiCodeError

    try:
        facts = asyncio.run(_facts(name))
    except PiCodeError as error:
        print_text(str(error), err=True)
        raise typer.Exit(1) from None
    if as_json:
        print_json(facts)
        return
    from picode.cli.session import columns

    print_text(columns([(key, _plain(value)) for key, value in facts.items() if value not in ("", None, [], {})]))


async def _survey() -> list[dict[str, Any]]:
    import asyncio

    from picode.cli.provider.key_status import find
    from picode.cli.session import session

    async with session() as assistant:
        standings, report = await asyncio.gather(assistant.providers(), find(assistant.rows(), os.environ))
        current = assistant.settings().inline.provider
    keys = {state.provider: state.words(brief=True) for state in report.states if state.used}
    for trouble in report.troubles:
        print_text(trouble, err=True)
    return [_row(standing, keys.get(standing.provider.name, ""), current) for standing in standings]


def _row(standing: ProviderStatus, key: str, current: str) -> dict[str, Any]:
    provider = standing.provider
    return {
        "name": provider.name,
        "title": provider.title,
        "current": provider.name == current,
        "key": key,
        "local": provider.local,
        "running": standing.running,
        "models": list(standing.models),
        "model": "" if provider.presumes_models else provider.inline_model or provider.model,
        "baseUrl": provider.base_url,
        "missing": standing.missing,
        "flaw": provider.flaw,
    }


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    star = "*" if row["current"] else ""
    return star, row["name"], row["key"], _server(row), row["model"]


def _server(row: dict[str, Any]) -> str:
    if row["flaw"]:
        return "settings are wrong"
    if row["missing"] and not row["baseUrl"]:
        return "no address" if row["name"] != "embedded" else "not installed"
    if row["name"] == "embedded":
        return "starts when needed"
    if row["running"] is None:
        return ""
    count = len(row["models"])
    return f"running, {count} {'model' if count == 1 else 'models'}" if row["running"] else "not running"


async def _facts(name: str) -> dict[str, Any]:
    from picode.cli.provider.key_status import find
    from picode.cli.session import session

    async with session() as assistant:
        provider = assistant.row(name)
        report = await find([provider], os.environ)
        return _described(provider, report.states[0].words(), assistant.settings())


def _described(provider: Provider, key: str, settings: Settings) -> dict[str, Any]:
    model = provider.inline_model or provider.model
    return {
        "name": provider.name,
        "title": provider.title,
        "inUse": settings.inline.provider == provider.name,
        "baseUrl": provider.base_url,
        "chat": provider.chat,
        "fill": provider.fill,
        "betterFill": provider.better_fill,
        "key": key,
        "keyVariables": list(provider.key_names),
        "keyHeader": provider.key_header.partition(":")[0],
        "headers": dict(provider.headers),
        "chatModel": provider.model,
        "inlineModel": model,
        "price": _price(provider, model),
        "chatPrice": _price(provider, provider.model) if provider.model != model else None,
        "local": provider.local,
        "documentation": provider.documentation,
        "listing": provider.listing.documentation,
    }


def _price(provider: Provider, model: str) -> dict[str, Any] | None:
    """The published price of a model; None where none is known, as at another server than the provider's own."""
    from picode.providers.prices import price_of

    price = None if provider.home else price_of(provider.name, model)
    return (
        None
        if price is None
        else {
            "model": model,
            "input": price.input,
            "output": price.output,
            "cached": price.cached,
            "asOf": price.as_of.isoformat(),
            "source": price.source,
        }
    )


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if not isinstance(value, dict):
        return str(value)
    if "asOf" in value:
        return (
            f"${value['input']:g} in, ${value['output']:g} out for a million tokens of {value['model']}, "
            f"as of {value['asOf']} ({value['source']})"
        )
    return ", ".join(f"{key}: {each}" for key, each in value.items())
