"""`picode try`: one suggestion, through the real server over standard streams, shown in its place.

It is the demonstration, and the smoke test: what it shows took the same way as what an editor shows.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.client import LanguageClient
from rich.status import Status
from rich.syntax import Syntax
from rich.text import Text

from picode import __version__
from picode.cli.console import Console
from picode.cli.place import Place, Unusable, locate

_SAMPLE = '''\
def factorial(n):
    """The product of the numbers from 1 to n."""
    return 1 if n == 0 else n * factorial(n - 1)


def fibonacci(n):
    """The n-th Fibonacci number."""
    if n < 2:
        return n
    return'''

_START = 30.0
_ANSWER = 600.0
"""Seconds: the first suggestion may have to wait for the model's file to be fetched."""

_LOG = 2000
"""Characters of the server's log that are shown when it fails."""

_CONTEXT = 12
"""Lines shown around the cursor."""


def run(place: str | None) -> int:
    """Gives the exit code: 0 with a suggestion, 1 without one, 2 for a place that does not exist."""
    console = Console()
    try:
        where = locate(place) if place else _sample()
    except Unusable as error:
        console.print(str(error), style="red")
        return 2
    return asyncio.run(_try(where, console))


def _sample() -> Place:
    lines = _SAMPLE.split("\n")
    return Place("sample.py", _SAMPLE + "\n", len(lines) - 1, len(lines[-1]), "untitled:sample.py")


async def _try(place: Place, console: Console) -> int:
    client = LanguageClient("picode-try", __version__)
    with console.status("Starting the language server…") as spinner:
        told = _listen(client, spinner)
        await client.start_io(sys.executable, "-m", "picode", "lsp")
        log = asyncio.create_task(_keep_log(client))
        try:
            async with asyncio.timeout(_START):
                await _open(client, place)
            spinner.update("Asking for a suggestion…")
            async with asyncio.timeout(_ANSWER):
                await _ask(client, place)  # the first one loads the model; people type on a warm one
                _reopen(client, place)  # so that the model is asked again, and the time is its time
                started = time.perf_counter()
                items = await _ask(client, place)
            milliseconds = (time.perf_counter() - started) * 1000
            await client.shutdown_async(None)
            client.exit(None)
        except (TimeoutError, RuntimeError) as error:
            _end(client)
            console.print(Text(f"The language server does not answer: {error or 'it took too long'}.", style="red"))
            console.print(Text((await log)[-_LOG:], style="dim"))
            return 1
        await client.stop()
    if not items:
        console.print(Text(told.get("message") or "The model suggests nothing here.", style="yellow"))
        return 1
    _show(place, str(items[0].insert_text), console)
    console.print(Text(f"{told.get('model')} ({told.get('provider')}), {milliseconds:.0f} ms", style="dim"))
    return 0


async def _keep_log(client: LanguageClient) -> str:
    """Reads what the server writes to its log, so that it never waits for us to."""
    process = client._server
    if process is None or process.stderr is None:
        return ""
    return (await process.stderr.read()).decode("utf-8", "replace")


def _end(client: LanguageClient) -> None:
    if client._server is not None and client._server.returncode is None:
        client._server.kill()


def _listen(client: LanguageClient, spinner: Status) -> dict[str, Any]:
    """Shows what the server tells meanwhile. The mapping that is returned holds its last status."""
    told: dict[str, Any] = {}

    @client.feature("picode/status")
    def on_status(params: Any) -> None:
        told.update({name: getattr(params, name, "") for name in ("kind", "message", "provider", "model")})

    @client.feature(types.WINDOW_WORK_DONE_PROGRESS_CREATE)
    def on_create(params: types.WorkDoneProgressCreateParams) -> None:
        return None

    @client.feature(types.PROGRESS)
    def on_progress(params: types.ProgressParams) -> None:
        value = params.value if isinstance(params.value, dict) else {}
        if message := value.get("message"):
            share = value.get("percentage")
            spinner.update(f"{message}" + (f" {share} %" if share is not None else ""))

    return told


async def _open(client: LanguageClient, place: Place) -> None:
    capabilities = types.ClientCapabilities(
        window=types.WindowClientCapabilities(work_done_progress=True),
        general=types.GeneralClientCapabilities(position_encodings=[types.PositionEncodingKind.Utf32]),
        experimental={"picode": {"status": True}},
    )
    folder = Path.cwd().as_uri()
    await client.initialize_async(
        types.InitializeParams(
            capabilities,
            process_id=os.getpid(),
            workspace_folders=[types.WorkspaceFolder(uri=folder, name=Path.cwd().name)],
        )
    )
    client.initialized(types.InitializedParams())
    _show_document(client, place)


def _reopen(client: LanguageClient, place: Place) -> None:
    identifier = types.TextDocumentIdentifier(place.uri)
    client.text_document_did_close(types.DidCloseTextDocumentParams(identifier))
    _show_document(client, place)


def _show_document(client: LanguageClient, place: Place) -> None:
    client.text_document_did_open(
        types.DidOpenTextDocumentParams(types.TextDocumentItem(place.uri, place.language, 1, place.text))
    )


async def _ask(client: LanguageClient, place: Place) -> list[types.InlineCompletionItem]:
    answer = await client.text_document_inline_completion_async(
        types.InlineCompletionParams(
            types.InlineCompletionContext(types.InlineCompletionTriggerKind.Automatic),
            types.TextDocumentIdentifier(place.uri),
            types.Position(place.line, place.column),
        )
    )
    return list(answer.items if isinstance(answer, types.InlineCompletionList) else answer or [])


def _show(place: Place, inserted: str, console: Console) -> None:
    """The lines around the cursor, with the ghost text in its place and in another colour."""
    lines = place.text.split("\n")
    head, tail = lines[place.line][: place.column], lines[place.line][place.column :]
    ghost = inserted[len(head) :] if inserted.startswith(head) else inserted
    first, last = max(0, place.line - _CONTEXT), min(len(lines), place.line + _CONTEXT)
    syntax = Syntax("", Syntax.guess_lexer(place.name), theme="ansi_dark")
    shown = Text()
    shown.append_text(_highlight(syntax, "\n".join([*lines[first : place.line], head])))
    shown.append(ghost, style="italic bright_black" if console.color_system else "")
    shown.append_text(_highlight(syntax, "\n".join([tail, *lines[place.line + 1 : last]])))
    console.print(Text(place.name, style="bold"))
    console.print(shown)


def _highlight(syntax: Syntax, code: str) -> Text:
    """Rich ends every text with a line end and drops the ones before it."""
    text = syntax.highlight(code)
    text.rstrip()
    body = Text("\n" * (len(code) - len(code.lstrip("\n")))) if not text.plain.startswith("\n") else Text()
    body.append_text(text)
    body.append(code[len(code.rstrip()) :])
    return body
