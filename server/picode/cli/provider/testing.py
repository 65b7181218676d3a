"""`picode provider test`: a real round trip."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from picode.cli import completion
from picode.cli.terminal import print_text

if TYPE_CHECKING:
    from picode.assistant.routing.provider_test import Step

_SHOWN = 60
"""Characters of an answer."""


def try_out(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="The provider's name, such as openai.", autocompletion=completion.providers
        ),
    ],
    model: Annotated[str, typer.Option(help="The model to ask, if not the provider's usual ones.")] = "",
) -> None:
    """List a provider's models, ask it one small question and have it fill in one line; say how long each took.

    Exits with 1 if anything fails. Two requests of a few tokens are made, which a provider may charge for.
    """

    import asyncio

    from picode.core.errors import PiCodeError

    try:
        well = asyncio.run(_run(name, model))
    except PiCodeError as error:
        print_text(str(error), err=True)
        raise typer.Exit(1) from None
    if not well:
        raise typer.Exit(1)


async def _run(name: str, model: str) -> bool:
    from picode.cli.session import session

    well = True
    async with session() as assistant:
        async for step in assistant.provider_test(name, model):
            well = well and step.error is None
            print_text(_line(step), err=step.error is not None)
    return well


def _line(step: Step) -> str:
    if step.skipped:
        return f"{step.name}  skipped: {step.skipped}"
    took = f"{step.seconds * 1000:,.0f} ms"
    if step.first_word is not None:
        took += f" (first word {step.first_word * 1000:,.0f} ms)"
    if step.error is not None:
        return f"{step.name}  failed after {took}: {step.error}"
    model = f"{step.model}: " if step.model else ""
    shown = step.result if len(step.result) <= _SHOWN else step.result[: _SHOWN - 1] + "…"
    return f"{step.name}  {took}  {model}{shown}"
