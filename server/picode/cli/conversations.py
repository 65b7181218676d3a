"""`picode conversations`: what was asked and answered, in editors and in terminals."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from picode.cli.groups import App
from picode.cli.terminal import Yes, age, examples, json_text, line, print_json, print_text, require_yes
from picode.core.terminal import safe

if TYPE_CHECKING:
    from picode.assistant.ports import ConversationStore
    from picode.core.conversation import Conversation, Summary

T = TypeVar("T")

LAST = "last"
"""Stands for the conversation changed last. It is no id: these have no vowels."""

app = App(help="What you asked and what was answered, in editors and in terminals.", no_args_is_help=True)

Id = Annotated[
    str, typer.Argument(metavar="ID", help="The conversation's id, or its first letters, or `last` for the latest.")
]
Folder = Annotated[str, typer.Option("--folder", metavar="FOLDER", help="Only those held in this workspace's folder.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=100_000, help="The most that are shown.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class Format(StrEnum):
    """What a conversation can be written as."""

    MARKDOWN = "markdown"
    JSON = "json"


@app.command("list", epilog=examples("picode conversations list", "picode conversations list --folder . --json"))
def list_(folder: Folder = "", limit: Limit = 20, as_json: AsJson = False) -> None:
    """List conversations, the one changed last first."""
    found = _with_store(lambda store: store.list(folder=_real(folder), limit=limit))
    if as_json:
        _print_summaries(found)
    elif not found:
        print_text("There are no conversations yet. Ask something in your editor, or with picode chat.", err=True)
    else:
        print_text(_table(found))


@app.command(
    epilog=examples('picode conversations search "binary search"', "picode conversations search tokenizer --json")
)
def search(
    words: Annotated[
        list[str], typer.Argument(metavar="WORDS", help="All of them have to be in it; parts of words will do.")
    ],
    folder: Folder = "",
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """Find conversations by their words, and show where the first of them is said."""

    async def find(store: ConversationStore) -> list[tuple[Summary, str]]:
        found = await store.list(search=" ".join(words), folder=_real(folder), limit=limit)
        return [(each, "" if as_json else _place(await store.read(each.id), words)) for each in found]

    found = _with_store(find)
    if as_json:
        _print_summaries([summary for summary, _ in found])
    else:
        for row, (_, place) in zip(_table([each for each, _ in found]).splitlines(), found, strict=False):
            print_text(row + (f"\n    {place}" if place else ""))
    if not found:
        print_text(f"No conversation has {' '.join(words)!r} in it.", err=True)
        raise typer.Exit(1)


@app.command(epilog=examples("picode conversations show last", "picode conversations show bcdf --json"))
def show(conversation: Id, as_json: AsJson = False) -> None:
    """Show a conversation: formatted in a terminal, as Markdown elsewhere."""
    from picode.core.export import as_json as exported
    from picode.core.export import as_markdown

    found = _with_store(lambda store: _one(store, conversation))
    if as_json:
        print_json(exported(found))
        return
    if not sys.stdout.isatty():
        print_text(as_markdown(found), end="")
        return
    from rich.markdown import Markdown

    from picode.cli.console import Console
    from picode.core.markdown import sanitize

    turns = tuple(replace(turn, text=sanitize(turn.text)) for turn in found.turns)
    Console().print(Markdown(as_markdown(replace(found, turns=turns)), hyperlinks=False))


@app.command(epilog=examples('picode conversations rename last "How the parser works"'))
def rename(conversation: Id, title: Annotated[str, typer.Argument(metavar="TITLE", help="Its new title.")]) -> None:
    """Give a conversation another title."""

    async def change(store: ConversationStore) -> str:
        name = await resolve(store, conversation)
        await store.rename(name, title)
        return name

    print_text(f"{_with_store(change)} is now {line(title)!r}.")


@app.command(
    epilog=examples(
        "picode conversations delete last",
        "picode conversations delete --older-than 30",
        "picode conversations delete --all --yes",
    )
)
def delete(
    conversations: Annotated[
        list[str] | None, typer.Argument(metavar="ID", help="Ids, or their first letters.")
    ] = None,
    older_than: Annotated[
        float | None,
        typer.Option("--older-than", metavar="DAYS", min=0, help="All that have not changed for so many days."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    yes: Yes = False,
) -> None:
    """Delete conversations. No word of them is left on the disk."""
    if (bool(conversations) + (older_than is not None) + everything) != 1:
        raise typer.BadParameter("Name conversations, or --older-than DAYS, or --all.")
    if not conversations:
        which = "all conversations"
        if not everything:
            which += f" that have not changed for {older_than:g} days"
        require_yes(which, yes=yes, named=False)

    async def remove(store: ConversationStore) -> int:
        if not conversations:
            return await store.delete_older(older_than or 0)
        names = dict.fromkeys([await resolve(store, each) for each in conversations])
        titles = [f"{name} ({summary.title})" for name, summary in (await _summaries(store, names)).items()]
        require_yes(", ".join(titles), yes=yes)
        return sum([await store.delete(name) for name in names])

    count = _with_store(remove)
    print_text(f"Deleted {count} conversation{'' if count == 1 else 's'}.")


@app.command(
    epilog=examples(
        "picode conversations export last --output notes.md",
        "picode conversations export bcdf --format json",
        "picode conversations export --all --format json --output backup",
    )
)
def export(
    conversations: Annotated[
        list[str] | None, typer.Argument(metavar="ID", help="Ids, or their first letters.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them, into a folder.")] = False,
    form: Annotated[Format, typer.Option("--format", help="What to write.")] = Format.MARKDOWN,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="PATH", help="The file to write, or the folder for several.")
    ] = "",
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
) -> None:
    """Write conversations as Markdown or JSON, to standard output or into files."""
    if bool(conversations) == everything:
        raise typer.BadParameter("Name conversations, or --all.")
    if everything and not output:
        raise typer.BadParameter("Name a folder for them: --output FOLDER.")

    async def read(store: ConversationStore) -> list[Conversation]:
        if everything:
            found = [await store.read(each.id) for each in await store.list(limit=1_000_000)]
            return [each for each in found if each is not None]
        return [await _one(store, each) for each in conversations or []]

    found = _with_store(read)
    texts = [(each.summary.id, _written(each, form)) for each in found]
    if not output:
        print_text("\n".join(text for _, text in texts), end="")
        return
    ending = "md" if form is Format.MARKDOWN else "json"
    several = everything or len(texts) > 1 or os.path.isdir(output)
    files = [(Path(output, f"{name}.{ending}") if several else Path(output), text) for name, text in texts]
    _write_files(files, force)
    print_text(f"Wrote {len(files)} conversation{'' if len(files) == 1 else 's'} to {output}.")


def _with_store(work: Callable[[ConversationStore], Awaitable[T]]) -> T:
    """Runs `work`, and ends the program where it can't go on: what is missing, and what is wrong with the store, is said on
    standard error."""

    import asyncio

    from picode.cli.session import resolved_here
    from picode.core.errors import PiCodeError
    from picode.io.conversations.store import SqliteConversations
    from picode.io.folders import data_folder

    settings = resolved_here().settings
    store = SqliteConversations(data_folder, lambda: settings.conversations, lambda alert: print_text(alert, err=True))

    async def run() -> T:
        try:
            found = await work(store)
            if store.in_trouble:
                raise typer.Exit(1)  # it has said so itself
            return found
        finally:
            store.close()

    try:
        return asyncio.run(run())
    except PiCodeError as error:
        print_text(str(error), err=True)
        raise typer.Exit(1) from None


async def resolve(store: ConversationStore, beginning: str) -> str:
    """The id that `beginning` stands for. Raises `ConfigurationError` where there is none, or several."""
    from picode.core.errors import ConfigurationError

    found = await store.match("" if beginning == LAST else beginning)
    if beginning == LAST and found:
        return found[0]
    if len(found) != 1:
        problem = f"{len(found)} conversations begin with" if found and beginning else "There is no conversation"
        raise ConfigurationError(f"{problem} {line(beginning)!r}.", "See picode conversations list.")
    return found[0]


async def _summaries(store: ConversationStore, names: Iterable[str]) -> dict[str, Summary]:
    found = [(name, await store.read(name)) for name in names]
    return {name: each.summary for name, each in found if each is not None}


async def _one(store: ConversationStore, beginning: str) -> Conversation:
    from picode.core.errors import ConfigurationError

    name = await resolve(store, beginning)
    found = await store.read(name)
    if found is None:
        raise ConfigurationError(f"{name} was deleted just now.")
    return found


def _table(found: Sequence[Summary]) -> str:
    from picode.cli.session import columns

    here = os.path.expanduser("~")
    return (
        columns(
            [
                (
                    each.id,
                    age(each.changed),
                    f"{each.turns} turn{'' if each.turns == 1 else 's'}",
                    "" if each.cost is None else f"${each.cost:.2f}",
                    line(each.title) or "(no title)",
                    line(each.folder.replace(here, "~", 1) if each.folder.startswith(here) else each.folder),
                )
                for each in found
            ]
        )
        if found
        else ""
    )


def _place(conversation: Conversation | None, words: Sequence[str]) -> str:
    """The line in which the first of `words` is said, shortened around it."""
    parts = " ".join(words).lower().split()
    for turn in conversation.turns if conversation else ():
        for text in turn.text.splitlines():
            at = text.lower().find(parts[0]) if parts else -1
            if at >= 0:
                begin = max(0, at - 30)
                return ("…" if begin else "") + line(text[begin : begin + 100])
    return ""


def _print_summaries(found: Sequence[Summary]) -> None:
    from picode.core.export import summary_as_json

    print_json([summary_as_json(each) for each in found])


def _written(conversation: Conversation, form: Format) -> str:
    from picode.core.export import as_json, as_markdown

    if form is Format.MARKDOWN:
        return safe(as_markdown(conversation))  # `cat` shows the file in a terminal too
    return json_text(as_json(conversation)) + "\n"


def _write_files(files: Sequence[tuple[Path, str]], force: bool) -> None:
    kind: Any = "w" if force else "x"
    for file, text in files:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open(kind, encoding="utf-8", newline="\n") as opened:
                opened.write(text)
        except FileExistsError:
            print_text(f"{file} is there already. Say --force to replace it.", err=True)
            raise typer.Exit(1) from None
        except OSError as error:
            print_text(f"{file} can't be written: {error.strerror or error}.", err=True)
            raise typer.Exit(1) from None


def _real(folder: str) -> str:
    return os.path.abspath(folder) if folder else ""
