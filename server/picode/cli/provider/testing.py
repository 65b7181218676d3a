"""`picode provider test`: a real round trip."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from picode.cli import completion
from picode.cli.terminal import print_error, print_json, print_text

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
    model: Annotated[str, typer.Option(help="The model to ask, if not those that the settings name.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: each step, and what came of it.")] = False,
) -> None:
    """List a provider's models, ask it one small question and have it fill in one line; say how long each took.

    Exits with 1 if anything fails. Two requests of a few tokens are made, which a provider may charge for.
    """

    import asyncio

    from picode.core.errors import PiCodeError

    try:
        well = asyncio.run(_run(name, model, as_json=as_json))
    except PiCodeError as error:
        print_error(error)
        raise typer.Exit(1) from None
    if not well:
        raise typer.Exit(1)


async def _run(name: str, model: str, *, as_json: bool) -> bool:
    from picode.cli.session import session

    steps = []
    async with session() as assistant:
        async for step in assistant.provider_test(name, model):
            steps.append(step)
            if not as_json:
                print_text(step_line(step), err=step.error is not None)
    if as_json:
        print_json([_as_json(step) for step in steps])
    return all(step.error is None for step in steps)


def _as_json(step: Step) -> dict[str, Any]:
    return {
        "name": step.name,
        "ok": step.error is None,
        "model": step.model,
        "seconds": round(step.seconds, 3),
        "firstWord": None if step.first_word is None else round(step.first_word, 3),
        "result": step.result,
        "skipped": step.skipped,
        "error": str(step.error or ""),
    }


def step_line(step: Step) -> str:
    """A step of a test, on one line."""
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
