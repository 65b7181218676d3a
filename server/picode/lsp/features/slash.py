"""`picode.slash`: every slash command, from the palette, a code action or a chat."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from picode.core.document import Position
from picode.lsp.documents import position_in

if TYPE_CHECKING:
    from picode.assistant.chat.command_request import CommandRequest, Problem, Selection
    from picode.bootstrap import Assistant
    from picode.lsp import arguments as args
    from picode.lsp.documents import Document
    from picode.lsp.server import PiCodeServer

_PROBLEMS = 100


async def slash(ls: PiCodeServer, *arguments: Any) -> dict[str, Any]:
    """See `docs/protocol.md`."""
    from picode.lsp.arguments import Slash, read

    wanted = read(Slash, "picode.slash", arguments)
    assistant = await ls.assistant()
    inquiry = inquiry_of(ls, assistant, wanted)
    from picode.lsp.asking import answer_inquiry

    return await answer_inquiry(ls, assistant, inquiry, wanted.work_done_token)


async def commands(ls: PiCodeServer, *arguments: Any) -> list[dict[str, Any]]:
    """The slash commands, the user's own among them."""
    return [command.row() for command in (await ls.assistant()).commands().values()]


def inquiry_of(ls: PiCodeServer, assistant: Assistant, wanted: args.Slash) -> CommandRequest:
    """What the client wants. Raises `JsonRpcInvalidParams` for a command that is not there, and a document that is not open."""
    from picode.assistant.chat.command_request import CommandRequest
    from picode.core.slash import UnknownCommand, named_files, parse

    try:
        command, words = parse(wanted.text, assistant.commands())
    except UnknownCommand as error:
        raise JsonRpcInvalidParams(f"picode.slash: text: {error}") from None
    selection = _selection(ls, wanted)
    folder = wanted.folder or _folder(ls, selection)
    return CommandRequest(
        command=command,
        words=words,
        selection=selection,
        conversation=wanted.conversation,
        provider=wanted.provider,
        model=wanted.model,
        files=tuple(dict.fromkeys((*wanted.files, *named_files(words)))),
        folder=folder,
    )


def _selection(ls: PiCodeServer, wanted: args.Slash) -> Selection | None:
    if wanted.uri is None:
        return None
    document = ls.documents.get(wanted.uri)
    if document is None:
        raise JsonRpcInvalidParams(f"picode.slash: uri: {wanted.uri} is not open in the editor.")
    problems = [ls.protocol.structure(each, types.Diagnostic) for each in wanted.diagnostics[:_PROBLEMS]]
    if wanted.range is None:
        return whole_document(ls, document, problems, wanted.unit)
    span = types.Range(
        types.Position(wanted.range.start.line, wanted.range.start.character),
        types.Position(wanted.range.end.line, wanted.range.end.character),
    )
    return selection_in(ls, document, span, problems, wanted.unit)


def selection_in(
    ls: PiCodeServer, document: Document, span: types.Range, diagnostics: Iterable[types.Diagnostic], unit: str = ""
) -> Selection:
    """A stretch of a document, now."""
    from picode.assistant.chat.command_request import Selection

    lines, encoding = tuple(document.lines), ls.documents.encoding
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
        tuple(_problems(ls, lines, diagnostics)),
    )


def whole_document(
    ls: PiCodeServer, document: Document, diagnostics: Iterable[types.Diagnostic] = (), unit: str = ""
) -> Selection:
    """All of a document."""
    last = len(document.lines) - 1
    span = types.Range(types.Position(0, 0), types.Position(last, 2**30))
    return selection_in(ls, document, span, diagnostics, unit)


_SEVERITIES = {
    types.DiagnosticSeverity.Warning: "warning",
    types.DiagnosticSeverity.Information: "information",
    types.DiagnosticSeverity.Hint: "hint",
}


def _problems(ls: PiCodeServer, lines: Sequence[str], diagnostics: Iterable[types.Diagnostic]) -> Iterable[Problem]:
    from picode.assistant.chat.command_request import Problem

    for each in diagnostics:
        start: Position = position_in(lines, each.range.start, ls.documents.encoding)
        end = position_in(lines, each.range.end, ls.documents.encoding)
        severity: Any = _SEVERITIES.get(each.severity, "error") if each.severity else "error"
        message = each.message if isinstance(each.message, str) else each.message.value
        yield Problem(start, end, message, severity, each.source or "")


def _folder(ls: PiCodeServer, selection: Selection | None) -> str:
    """The workspace's folder that this is about."""
    folders = ls.folders
    path = selection.path if selection is not None else None
    inside = [
        folder
        for folder in folders
        if path and path.startswith(folder.rstrip("/\\") + ("\\" if "\\" in folder else "/"))
    ]
    return max(inside, key=len) if inside else folders[0] if folders else ""
