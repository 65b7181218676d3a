"""`picode command`: any slash command, on files or on standard input."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from picode.cli import completion
from picode.cli.terminal import confirm, print_error, print_json, print_text

if TYPE_CHECKING:
    from picode.assistant.chat.command_request import CommandRequest, Selection
    from picode.bootstrap import Assistant
    from picode.cli.answering import Shown
    from picode.cli.file_range import FileRange
    from picode.core.edits import Proposal, Refused

Text = Annotated[str, typer.Argument(metavar="COMMAND", help="A slash command as in an editor, or a question.")]
Place = Annotated[
    str,
    typer.Argument(metavar="[FILE[:FIRST[-LAST]]]", help="What it is about; - for standard input.", show_default=False),
]
Provider = Annotated[
    str, typer.Option("--provider", metavar="NAME", help="Ask this provider.", autocompletion=completion.providers)
]
Model = Annotated[str, typer.Option("--model", metavar="NAME", help="Ask this model.")]
Language = Annotated[
    str, typer.Option("--language", metavar="NAME", help="The language of standard input, such as python.")
]
Write = Annotated[bool, typer.Option("--write", help="Write an edit into the file. Without it, it is only shown.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def command(
    text: Text,
    place: Place = "",
    provider: Provider = "",
    model: Model = "",
    language: Language = "",
    write: Write = False,
    as_json: AsJson = False,
) -> None:
    """Run a slash command on a file, a stretch of one, or standard input. Edits are shown as a diff."""

    import asyncio

    from picode.core.errors import PiCodeError

    try:
        code = asyncio.run(_run(text, place, (provider, model), language, write=write, as_json=as_json))
    except PiCodeError as error:
        print_error(error)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    raise typer.Exit(code)


async def _run(text: str, place: str, asked: tuple[str, str], language: str, *, write: bool, as_json: bool) -> int:
    from picode.cli.answering import Shown, report_ending, show
    from picode.cli.file_range import read_file_range, selection_of
    from picode.cli.session import session
    from picode.core.errors import ConfigurationError

    file_range = read_file_range(place) if place not in ("", "-") else None
    selection = file_range.selection if file_range is not None else None
    attached = sys.stdin.read() if file_range is None and not sys.stdin.isatty() else ""
    if place == "-" or (attached and language):
        selection, attached = selection_of(attached, language=language), ""
    async with session() as assistant:
        request = _command_request(assistant, text, selection, *asked, attached)
        output = request.command.output
        if write and (file_range is None or output != "edit"):
            raise ConfigurationError("--write is for edits of a file.", "Name a file, and a command that edits: /help.")
        shown = await show(assistant.asker.ask(request), Shown(), quiet=as_json or output in ("edit", "message"))
        if output == "edit":
            return _settle(request, shown, file_range if write else None, as_json)
        if as_json:
            print_json(_as_json(request, shown, None))
        elif output == "message" and shown.text.strip():
            from picode.core.commit import commit_message

            print_text(commit_message(shown.text))
        return report_ending(shown)


def _settle(request: CommandRequest, shown: Shown, file: FileRange | None, as_json: bool) -> int:
    """Shows what became of an edit, and writes it into `file`, if there is one. Gives the exit code."""
    from picode.cli.file_range import write_file_range
    from picode.core.edits import Refused
    from picode.core.edits.refusal import UNCHANGED

    proposal = _proposal(shown)
    if isinstance(proposal, Refused) and shown.ended is not None and shown.ended.note:
        proposal = Refused(shown.ended.note)
    refused = isinstance(proposal, Refused)
    after = "" if refused else _edited(shown, proposal)
    if isinstance(proposal, Refused) and not as_json:
        print_text(f"Nothing was changed. {proposal.reason}", err=True)
        if proposal != UNCHANGED:
            print_text(shown.text)
    elif not as_json:
        _print_diff(shown, after)
    if file is not None and not refused:
        _confirm(file.path)
        write_file_range(file, after)
        if not as_json:
            print_text("Written.", err=True)
    if as_json:
        print_json(_as_json(request, shown, proposal))
    return 1 if refused and proposal != UNCHANGED else 0


def _command_request(
    assistant: Assistant, text: str, selection: Selection | None, provider: str, model: str, attached: str
) -> CommandRequest:
    from picode.assistant.chat.command_request import CommandRequest
    from picode.core.slash import named_files, parse

    command, args = parse(text, assistant.commands())
    return CommandRequest(
        command,
        args,
        selection,
        provider=provider,
        model=model,
        files=named_files(args),
        attached=attached,
        folder=os.getcwd(),
        origin="terminal",
        takes_text_back=False,
    )


def _proposal(shown: Shown) -> Proposal | Refused:
    from picode.assistant.chat.proposal import propose
    from picode.core.edits import Refused
    from picode.core.edits.refusal import PROTECTED
    from picode.core.messages import Finish
    from picode.core.privacy import is_protected

    at = shown.began.selection if shown.began is not None else None
    if at is None or shown.ended is None:
        return Refused("There is no code to edit.")
    if at.path and is_protected(os.path.realpath(at.path)):
        return PROTECTED
    return propose(at, shown.text, cut_off=shown.ended.finish is Finish.LENGTH)


def _confirm(path: Path) -> None:
    """Has the user confirm an edit of a file that other programs run by themselves. Raises `ConfigurationError` where they do
    not."""
    from picode.core.errors import ConfigurationError
    from picode.core.privacy import needs_confirmation

    real = os.path.realpath(path)
    if not (needs_confirmation(str(path)) or needs_confirmation(real)):
        return
    runs = f"{real} is run by other programs without a question."
    if not sys.stdin.isatty():
        raise ConfigurationError(f"{runs} Nothing was written.", "Run this in a terminal, to confirm the edit.")
    if not confirm(f"{runs} Write the edit into it?"):
        raise ConfigurationError("Nothing was written.")


def _edited(shown: Shown, proposal: Any) -> str:
    from picode.core.edits import apply

    assert shown.began is not None
    assert shown.began.selection is not None
    return "".join(apply(shown.began.selection.lines, proposal.hunks))


def _print_diff(shown: Shown, after: str) -> None:
    """A unified diff, which `git apply` and `patch` take."""
    diff = unified(shown, after)
    if sys.stdout.isatty():
        from rich.syntax import Syntax

        from picode.cli.console import Console

        Console().print(Syntax(diff, "diff", background_color="default"))
    else:
        sys.stdout.buffer.write(diff.encode("utf-8", "surrogateescape"))
        sys.stdout.buffer.flush()


def unified(shown: Shown, after: str) -> str:
    """The edit as a unified diff."""
    from picode.core.document import split_lines
    from picode.core.edits.unified import unified_diff

    assert shown.began is not None
    selection = shown.began.selection
    assert selection is not None
    name = os.path.relpath(selection.path) if selection.path else "standard input"
    return unified_diff(selection.lines, split_lines(after), name.replace(os.sep, "/"))


def _as_json(request: CommandRequest, shown: Shown, proposal: Proposal | Refused | None) -> dict[str, Any]:
    from picode.cli.answering import answer_as_json
    from picode.core.edits import Refused

    fields = answer_as_json(request.command.name, shown)
    if isinstance(proposal, Refused):
        fields["edit"] = {"refused": proposal.reason}
    elif proposal is not None:
        fields["edit"] = {"diff": unified(shown, _edited(shown, proposal))}
    return fields
