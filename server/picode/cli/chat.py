"""`picode chat`: a conversation in a terminal, or one question."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from picode.cli import completion
from picode.cli.terminal import line, print_error, print_json, print_text

if TYPE_CHECKING:
    from picode.assistant.chat.command_request import CommandRequest
    from picode.bootstrap import Assistant
    from picode.cli.answering import Shown
    from picode.cli.typeahead import TypeAhead

Message = Annotated[
    list[str] | None,
    typer.Argument(metavar="[MESSAGE]", help="One question; without it, and without a pipe, a conversation."),
]
Provider = Annotated[
    str, typer.Option("--provider", metavar="NAME", help="Ask this provider.", autocompletion=completion.providers)
]
Model = Annotated[
    str, typer.Option("--model", metavar="NAME", help="Ask this model: provider/model, or a model's name.")
]
Resume = Annotated[
    str,
    typer.Option("--resume", metavar="ID", help="Go on with this conversation: its id, its first letters, or `last`."),
]
System = Annotated[
    str, typer.Option("--system", metavar="TEXT", help="What the model shall heed, beside PiCode's own instructions.")
]
NoStream = Annotated[bool, typer.Option("--no-stream", help="Show the answer when it is whole, not while it arrives.")]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON object: the answer, who gave it, and what it cost.")
]

_GREETING = (
    "Alt-Enter begins a new line, Ctrl-C stops an answer, Ctrl-D ends. /help shows the commands, #path shows a file."
)


def chat(
    message: Message = None,
    provider: Provider = "",
    model: Model = "",
    resume: Resume = "",
    system: System = "",
    no_stream: NoStream = False,
    as_json: AsJson = False,
) -> None:
    """Talk with a model, or ask it one question.

    Slash commands work, and so does a pipe: git diff | picode chat "review this".
    """
    import asyncio

    from picode.core.errors import PiCodeError

    options = _Options(provider, model, system, whole=no_stream, as_json=as_json)
    try:
        code = asyncio.run(_run(" ".join(message or ()), resume, options))
    except PiCodeError as error:
        print_error(error)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    raise typer.Exit(code)


@dataclass(frozen=True, slots=True)
class _Options:
    """How questions are asked and answers shown. `whole`: when they have ended."""

    provider: str = ""
    model: str = ""
    system: str = ""
    whole: bool = False
    as_json: bool = False


async def _run(question: str, resume: str, options: _Options) -> int:
    from picode.cli.session import session
    from picode.io import logs

    attached = "" if sys.stdin.isatty() else sys.stdin.read()
    if not question:
        question, attached = attached.strip(), ""
    converses = not question and sys.stdin.isatty() and sys.stdout.isatty() and not options.as_json
    if not question and not converses:
        print_text('There is nothing to say. Pipe something in, or write picode chat "MESSAGE".', err=True)
        return 2
    logs.keep_off_standard_error()  # what goes wrong is said where the answer is; these lines would stand in the middle of it
    async with session() as assistant:
        talk = _Talk(assistant, options, await _resumed(assistant, resume))
        if converses:
            return await _converse(talk)
        code = await talk.say(question, attached)
        if talk.conversation and sys.stdout.isatty() and not options.as_json:
            print_text(f"To go on: picode chat --resume {talk.conversation}", err=True)
        return code


async def _resumed(assistant: Assistant, resume: str) -> str:
    """The id of the conversation to go on with, which a terminal shows; empty for a new one."""
    if not resume:
        return ""
    from picode.cli.conversations import resolve

    name = await resolve(assistant.conversations, resume)
    found = await assistant.conversations.read(name)
    if found is not None and sys.stderr.isatty():
        print_text(f"Going on with {name}: {line(found.summary.title)}", err=True)
        for turn in found.turns[-2:]:
            who = "You" if turn.role == "user" else turn.model or "The model"
            print_text(f"{who}: {_shortened(turn.text)}", err=True, dim=True)
    return name


def _shortened(text: str, most: int = 300) -> str:
    """`text` on one line, of at most `most` characters."""
    shown = line(text)
    return shown if len(shown) <= most else f"{shown[:most].rpartition(' ')[0] or shown[:most]} …"


class _Talk:
    """One conversation."""

    def __init__(self, assistant: Assistant, options: _Options, conversation: str) -> None:
        self.assistant = assistant
        self.conversation = conversation
        self.chosen = (options.provider, options.model)
        """The provider and model of the command line, until `/model` names others."""
        self._options = options

    async def say(self, text: str, attached: str = "") -> int:
        """Asks, and shows the answer. Gives the exit code; where it is not 0, standard error says why."""
        from picode.cli.answering import EMPTY, Shown, answer_as_json, report_ending, show
        from picode.core.errors import PiCodeError

        shown, options = Shown(), self._options
        try:
            request = self._command_request(text, attached)
            await show(self.assistant.asker.ask(request), shown, quiet=options.as_json, whole=options.whole)
        except PiCodeError as error:
            print_error(error)
            return EMPTY
        finally:
            if shown.began is not None and shown.began.conversation:
                self.conversation = shown.began.conversation
        if request.command.name == "model" and request.args:
            self.chosen = ("", "")
        if options.as_json:
            print_json(answer_as_json(request.command.name, shown))
        else:
            self._sign(shown)
        return report_ending(shown)

    def _command_request(self, text: str, attached: str) -> CommandRequest:
        from picode.assistant.chat.command_request import CommandRequest
        from picode.core.slash import COMMANDS, named_files, parse

        command, args = parse(text, self.assistant.commands())
        if command.name == "ask":
            command = COMMANDS["chat"]
        provider, model = self.chosen
        return CommandRequest(
            command,
            args,
            conversation=self.conversation,
            provider=provider,
            model=model,
            files=named_files(args),
            attached=attached,
            system=self._options.system,
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


async def _converse(talk: _Talk) -> int:
    """Says what the user types until they have had enough."""
    from picode.cli.prompt import prompt_for
    from picode.cli.typeahead import TypeAhead

    print_text(_GREETING, err=True)
    ask, typed = prompt_for(talk.assistant.commands), TypeAhead()
    while True:
        try:
            text = (await ask(*typed.take())).strip()
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
            await _until_stopped(talk, text, typed)
    if talk.conversation:
        print_text(f"To go on: picode chat --resume {talk.conversation}", err=True)
    return 0


async def _until_stopped(talk: _Talk, text: str, typed: TypeAhead) -> None:
    """Asks, and reads what is typed meanwhile; Ctrl-C hangs up on the model, and not on us."""
    import asyncio
    import signal

    loop = asyncio.get_running_loop()
    answering = asyncio.ensure_future(talk.say(text))
    try:
        loop.add_signal_handler(signal.SIGINT, answering.cancel)
    except NotImplementedError:  # Windows: Ctrl-C ends the program there
        await answering
        return
    try:
        async with typed.reading():
            await asyncio.wait({answering})
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if answering.cancelled():
        print_text("Stopped. What had arrived is kept.", err=True)
    else:
        answering.result()
