"""`picode cache`: the answers that are kept on this machine."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from picode.cli.groups import App
from picode.cli.terminal import Yes, examples, print_json, print_text, require_yes

if TYPE_CHECKING:
    from picode.io.answer_cache import AnswerCache

T = TypeVar("T")

app = App(help="The answers of models that are kept on this machine.", no_args_is_help=True)


@app.command(epilog=examples("picode cache info", "picode cache info --json"))
def info(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Tell where they are, how many there are, and how much space they take."""
    from dataclasses import asdict

    found = _with_answers(lambda answers: answers.info())
    if as_json:
        print_json(asdict(found))
    else:
        print_text(f"{found.folder}: {_counted(found.entries)}, {found.bytes / 1e6:.1f} MB")


@app.command(epilog=examples("picode cache clear", "picode cache clear --workspace ."))
def clear(
    workspace: Annotated[
        str, typer.Option("--workspace", metavar="FOLDER", help="Only those made for files of this folder.")
    ] = "",
    yes: Yes = False,
) -> None:
    """Forget them."""
    require_yes(f"the answers that are kept for {workspace}" if workspace else "all answers that are kept", yes=yes)
    print_text(f"Forgot {_counted(_with_answers(lambda answers: answers.clear(workspace)))}.")


def _with_answers(work: Callable[[AnswerCache], Awaitable[T]]) -> T:
    """Runs `work` with the cache of this user."""
    import asyncio

    from picode.cli.session import here, resolved_here
    from picode.io.answer_cache import AnswerCache
    from picode.io.folders import cache_folder

    settings = resolved_here().settings
    answers = AnswerCache(cache_folder("answers"), lambda: settings.cache, here)

    async def run() -> T:
        try:
            return await work(answers)
        finally:
            await asyncio.to_thread(answers.close)

    return asyncio.run(run())


def _counted(answers: int) -> str:
    return f"{answers} answer{'' if answers == 1 else 's'}"
