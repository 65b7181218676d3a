"""`picode.slash`: every slash command, from the palette, a code action or a chat."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypedDict, cast

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from picode.core.document import Position
from picode.core.slash import About, Command, Output
from picode.lsp.capabilities import asks_for_choices, asks_for_words
from picode.lsp.documents import position_in

if TYPE_CHECKING:
    from picode.assistant.chat.command_request import CommandRequest, Problem, Selection
    from picode.bootstrap import Assistant
    from picode.lsp.answers import SlashResult
    from picode.lsp.arguments import SlashArguments
    from picode.lsp.documents import Document
    from picode.lsp.session import Session

_PROBLEMS = 100


async def slash(session: Session, *arguments: Any) -> SlashResult | None:
    """`picode.slash`: runs a slash command (docs/protocol.md)."""
    from picode.lsp.answers import CommandAnswer, slash_result
    from picode.lsp.arguments import SlashArguments, read
    from picode.lsp.execution import run_command

    wanted = read(SlashArguments, "picode.slash", arguments)
    assistant = await session.assistant()
    request = command_request(session, assistant, wanted)
    capabilities, command = session.client_capabilities, request.command
    if command.choices and not request.args and asks_for_choices(capabilities) and not asks_for_words(capabilities):
        request = replace(request, args=await _chosen(session, command))
        if not request.args:
            return slash_result(CommandAnswer(request, command.title.rstrip("…"), state="stopped"), "")
    return await run_command(session, assistant, request, wanted.work_done_token)


async def _chosen(session: Session, command: Command) -> str:
    """The words for `command` that the user chooses, for a client with no place to type them; empty for none."""
    actions = [types.MessageActionItem(choice) for choice in command.choices]
    question = types.ShowMessageRequestParams(types.MessageType.Info, f"PiCode: {command.title}", actions)
    chosen = await session.send_request_async(types.WINDOW_SHOW_MESSAGE_REQUEST, question)
    return chosen.title if chosen is not None and chosen.title in command.choices else ""


class SlashCommand(TypedDict):
    """A slash command. `words` is what may be typed behind its name, or, if `mustSay`, has to be. `source` is the file of a
    user's own command; empty for the others."""

    name: str
    title: str
    help: str
    words: str
    mustSay: bool
    output: Output
    about: About
    example: str
    source: str


async def commands(session: Session, *arguments: Any) -> list[SlashCommand]:
    """`picode.commands`: the slash commands, with the user-defined ones."""
    return [cast("SlashCommand", command.row()) for command in (await session.assistant()).commands().values()]


def command_request(session: Session, assistant: Assistant, wanted: SlashArguments) -> CommandRequest:
    """The request that the client's arguments mean. Raises `JsonRpcInvalidParams` for an unknown command, and for a document
    that is not open."""
    from picode.assistant.chat.command_request import CommandRequest
    from picode.core.content import Image
    from picode.core.slash import UnknownCommand, named_files, parse

    try:
        command, args = parse(wanted.text, assistant.commands())
    except UnknownCommand as error:
        raise JsonRpcInvalidParams(f"picode.slash: text: {error}") from None
    selection = selection_of(session, wanted)
    folder = wanted.folder or _folder(session, selection)
    return CommandRequest(
        command=command,
        args=args,
        selection=selection,
        visible=_visible(session, wanted),
        attached=wanted.attached,
        images=tuple(Image(each.media_type, each.data) for each in wanted.images),
        conversation=wanted.conversation,
        keep=wanted.keep,
        provider=wanted.provider,
        model=wanted.model,
        files=tuple(dict.fromkeys((*wanted.files, *named_files(args)))),
        folder=folder,
    )


def _visible(session: Session, wanted: SlashArguments) -> Selection | None:
    """Whole lines of what the user looks at; None where that is not told, or not open."""
    document = None if wanted.visible is None else session.documents.get(wanted.visible.uri)
    if wanted.visible is None or document is None:
        return None
    first, last = wanted.visible.range.start.line, wanted.visible.range.end.line
    return _selection_in(session, document, types.Range(types.Position(first, 0), types.Position(last, 2**30)), ())


def selection_of(session: Session, wanted: SlashArguments, command: str = "picode.slash") -> Selection | None:
    """The selection that the arguments of `command` name; None if they name none. Raises `JsonRpcInvalidParams` for a document
    that is not open."""
    if wanted.uri is None:
        return None
    document = session.documents.get(wanted.uri)
    if document is None:
        raise JsonRpcInvalidParams(f"{command}: uri: {wanted.uri} is not open in the editor.")
    problems = [session.structure(each, types.Diagnostic) for each in wanted.diagnostics[:_PROBLEMS]]
    if wanted.range is None:
        last = len(document.lines) - 1
        span = types.Range(types.Position(0, 0), types.Position(last, 2**30))
        return _selection_in(session, document, span, problems, wanted.unit)
    span = types.Range(
        types.Position(wanted.range.start.line, wanted.range.start.character),
        types.Position(wanted.range.end.line, wanted.range.end.character),
    )
    return _selection_in(session, document, span, problems, wanted.unit)


def _selection_in(
    session: Session, document: Document, span: types.Range, diagnostics: Iterable[types.Diagnostic], unit: str = ""
) -> Selection:
    """A range of a document at its current version."""
    from picode.assistant.chat.command_request import Selection

    lines, encoding = tuple(document.lines), session.documents.encoding
    start, end = position_in(lines, span.start, encoding), position_in(lines, span.end, encoding)
    return Selection(
        document.uri,
        document.path,
        document.language,
        lines,
        min(start, end),
        max(start, end),
        document.version,
        unit,
        tuple(_problems(session, lines, diagnostics)),
    )


_SEVERITIES = {
    types.DiagnosticSeverity.Warning: "warning",
    types.DiagnosticSeverity.Information: "information",
    types.DiagnosticSeverity.Hint: "hint",
}


def _problems(session: Session, lines: Sequence[str], diagnostics: Iterable[types.Diagnostic]) -> Iterable[Problem]:
    from picode.assistant.chat.command_request import Problem

    for each in diagnostics:
        start: Position = position_in(lines, each.range.start, session.documents.encoding)
        end = position_in(lines, each.range.end, session.documents.encoding)
        severity: Any = _SEVERITIES.get(each.severity, "error") if each.severity else "error"
        message = each.message if isinstance(each.message, str) else each.message.value
        yield Problem(start, end, message, severity, each.source or "")


def _folder(session: Session, selection: Selection | None) -> str:
    """The workspace's folder that contains the selection's file, else the first one; empty without folders."""
    folders = session.folders
    path = selection.path if selection is not None else None
    inside = [
        folder
        for folder in folders
        if path and path.startswith(folder.rstrip("/\\") + ("\\" if "\\" in folder else "/"))
    ]
    return max(inside, key=len) if inside else folders[0] if folders else ""
