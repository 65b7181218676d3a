"""`picode chat`: a conversation in a terminal, or one question with what is piped into it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from picode.cli import completion
from picode.cli.terminal import print_text

if TYPE_CHECKING:
    from picode.assistant.chat.command_request import CommandRequest
    from picode.bootstrap import Assistant
    from picode.cli.answering import Shown

Message = Annotated[
    list[str] | None,
    typer.Argument(metavar="[MESSAGE]", help="What to say first. With input from a pipe, all there is to say."),
]
Provider = Annotated[
    str, typer.Option("--provider", metavar="NAME", help="Ask this provider.", autocompletion=completion.providers)
]
Model = Annotated[str, typer.Option("--model", metavar="NAME", help="Ask this model.")]
Resume = Annotated[
    str,
    typer.Option("--resume", metavar="ID", help="Go on with this conversation: its id, its first letters, or `last`."),
]

_GREETING = (
    "Alt-Enter begins a new line, Ctrl-C stops an answer, Ctrl-D ends. /help shows the commands, #path shows a file."
)


def chat(message: Message = None, provider: Provider = "", model: Model = "", resume: Resume = "") -> None:
    """Talk with a model. Slash commands work, and so does a pipe: git diff | picode chat "review this"."""
    from picode.core.errors import PiCodeError

    first = " ".join(message or ())
    try:
        code = asyncio.run(_run(first, provider, model, resume))
    except PiCodeError as error:
        print_text(str(error), err=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    raise typer.Exit(code)


async def _run(first: str, provider: str, model: str, resume: str) -> int:
    from picode.cli.session import session

    interactive = sys.stdin.isatty() and sys.stdout.isatty()
    attached = "" if sys.stdin.isatty() else sys.stdin.read()
    if not interactive and not first and not attached.strip():
        print_text('There is nothing to say. Pipe something in, or write picode chat "MESSAGE".', err=True)
        return 2
    async with session() as assistant:
        talk = _Talk(assistant, provider, model, await _resumed(assistant, resume))
        if not interactive:
            if not first:
                first, attached = attached.strip(), ""
            return await talk.say(first, attached)
        return await _converse(talk, first)


async def _resumed(assistant: Assistant, resume: str) -> str:
    """The id of the conversation to go on with; empty for a new one."""
    if not resume:
        return ""
    from picode.cli.conversations import resolve

    return await resolve(assistant.conversations, resume)


class _Talk:
    """One conversation."""

    def __init__(self, assistant: Assistant, provider: str, model: str, conversation: str) -> None:
        self.assistant = assistant
        self.conversation = conversation
        self._provider, self._model = provider, model

    async def say(self, text: str, attached: str = "") -> int:
        """Asks, and shows the answer. Gives the exit code; where it is not 0, standard error says why."""
        from picode.cli.answering import EMPTY, Shown, report_ending, show
        from picode.core.errors import PiCodeError

        shown = Shown()
        try:
            await show(self.assistant.asker.ask(self._command_request(text, attached)), shown)
        except PiCodeError as error:
            print_text(str(error), err=True)
            return EMPTY
        finally:
            if shown.began is not None and shown.began.conversation:
                self.conversation = shown.began.conversation
        self._sign(shown)
        return report_ending(shown)

    def _command_request(self, text: str, attached: str) -> CommandRequest:
        from picode.assistant.chat.command_request import CommandRequest
        from picode.core.slash import COMMANDS, named_files, parse

        command, args = parse(text, self.assistant.commands())
        if command.name == "ask":
            command = COMMANDS["chat"]
        return CommandRequest(
            command,
            args,
            conversation=self.conversation,
            provider=self._provider,
            model=self._model,
            files=named_files(args),
            attached=attached,
            folder=os.getcwd(),
            origin="terminal",
            takes_text_back=False,
        )

    def _sign(self, shown: Shown) -> None:
        """Prints which model has answered; only in a terminal."""
        began, ended = shown.began, shown.ended
        if began is None or ended is None or not began.model or not sys.stdout.isatty():
            return
        from picode.cli.console import Console

        parts = [f"{began.provider}/{began.model}"]
        if ended.usage.output_tokens:
            parts.append(f"{ended.usage.input_tokens} + {ended.usage.output_tokens} tokens")
        if ended.cost:
            parts.append(f"${ended.cost:.4f}")
        Console(stderr=True).print(" · ".join(parts), style="dim", markup=False)


async def _converse(talk: _Talk, first: str) -> int:
    """Says what the user types until they have had enough."""
    from picode.cli.prompt import prompt_for

    print_text(_GREETING, err=True)
    ask = prompt_for(talk.assistant.commands)
    text = first
    while True:
        if not text:
            try:
                text = (await ask()).strip()
            except KeyboardInterrupt:
                continue
            except EOFError:
                break
        if text in ("/exit", "/quit"):
            break
        if text == "/new":
            talk.conversation = ""
            print_text("A new conversation.", err=True)
        elif text:
            await _until_stopped(talk, text)
        text = ""
    if talk.conversation:
        print_text(f"To go on: picode chat --resume {talk.conversation}", err=True)
    return 0


async def _until_stopped(talk: _Talk, text: str) -> None:
    """Asks; Ctrl-C hangs up on the model, and not on us."""
    loop = asyncio.get_running_loop()
    answering = asyncio.ensure_future(talk.say(text))
    try:
        loop.add_signal_handler(signal.SIGINT, answering.cancel)
    except NotImplementedError:  # Windows: Ctrl-C ends the program there
        await answering
        return
    try:
        await asyncio.wait({answering})
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if answering.cancelled():
        print_text("Stopped. What had arrived is kept.", err=True)
    else:
        answering.result()
