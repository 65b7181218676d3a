"""The requests of clients that were written for GitHub Copilot's language server, so that they work with PiCode in its place.

There is no account: each client is told that it is signed in. `getCompletions` and its kin are of the time before
`textDocument/inlineCompletion`. Shapes: the sources of copilot.vim, copilot.lua and copilot.el.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NotRequired, TypedDict

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from picode import __version__
from picode.core.document import Position, from_column, text_between
from picode.lsp import extensions
from picode.lsp.documents import position_in
from picode.lsp.extensions import InlineCompletionParams, VersionedDocument
from picode.lsp.features import feedback, inline_completion
from picode.lsp.notifications import copilot_status, former_copilot_status

if TYPE_CHECKING:
    from picode.lsp.session import Session

USER: Final = "PiCode"
"""Who clients are told is signed in."""

_NAMES: Final = ("editorInfo", "editorPluginInfo")


class Completion(TypedDict):
    """An element of the result of `getCompletions`. `displayText` is what of `text` stands behind the cursor."""

    uuid: str
    text: str
    displayText: str
    range: Any
    position: Any
    docVersion: int


class Completions(TypedDict):
    """The result of `getCompletions` and `getCompletionsCycling`."""

    completions: list[Completion]


class Account(TypedDict):
    """The result of the requests about signing in."""

    status: str
    user: NotRequired[str]


def introduces_itself(options: Any) -> bool:
    """Whether `initializationOptions` are those of a client of Copilot's server, which requires them to name the editor."""
    return isinstance(options, dict) and any(name in options for name in _NAMES)


def without_introduction(options: dict[str, Any]) -> dict[str, Any]:
    """`initializationOptions` without what is no setting of PiCode's but an introduction to Copilot's server."""
    return {name: value for name, value in options.items() if name not in (*_NAMES, *_INTRODUCTIONS)}


_INTRODUCTIONS: Final = (
    "copilotCapabilities",
    "copilotIntegrationId",
    "editorConfiguration",
    "networkProxy",
    "authProvider",
)


async def set_editor_info(session: Session, params: Any) -> str:
    """`setEditorInfo`: the introduction of former clients, after `initialize`."""
    session.speaks_copilot = True
    status = (await session.assistant()).status.current
    session.notify(extensions.DID_CHANGE_STATUS, copilot_status(status))
    session.notify(extensions.STATUS_NOTIFICATION, former_copilot_status(status))
    return "OK"


async def check_status(session: Session, params: Any) -> Account:
    """`checkStatus` and `signInConfirm`."""
    return {"status": "OK", "user": USER}


async def sign_in(session: Session, params: Any) -> Account:
    """`signIn` and `signInInitiate`."""
    return {"status": "AlreadySignedIn", "user": USER}


async def sign_out(session: Session, params: Any) -> Account:
    """`signOut`."""
    return {"status": "NotSignedIn"}


async def version(session: Session, params: Any) -> dict[str, str]:
    """`getVersion`."""
    return {"version": __version__, "buildType": "prod", "runtimeVersion": ""}


async def completions(session: Session, params: Any) -> Completions:
    """`getCompletions`: what would be shown while one types."""
    return {"completions": await _completions(session, params, types.InlineCompletionTriggerKind.Automatic)}


async def all_completions(session: Session, params: Any) -> Completions:
    """`getCompletionsCycling`: all candidates."""
    return {"completions": await _completions(session, params, types.InlineCompletionTriggerKind.Invoked)}


async def panel(session: Session, params: Any) -> dict[str, int]:
    """`getPanelCompletions`: all candidates, as a notification each."""
    identifier = _fields(params).get("panelId")
    found = await _completions(session, params, types.InlineCompletionTriggerKind.Invoked)
    for completion in found:
        solution = {
            "panelId": identifier,
            "solutionId": completion["uuid"],
            "score": 0,
            "displayText": completion["displayText"],
            "completionText": completion["text"],
            "range": completion["range"],
            "docVersion": completion["docVersion"],
        }
        session.notify("PanelSolution", solution)
    session.notify("PanelSolutionsDone", {"panelId": identifier, "status": "OK"})
    return {"solutionCountTarget": len(found)}


async def panel_items(session: Session, params: Any) -> types.InlineCompletionList:
    """`textDocument/copilotPanelCompletion`: all candidates, as inline completions."""
    params = _fields(params)
    asked = _inline_params(session, params, params.get("textDocument"), params.get("position"))
    return await inline_completion.suggest(session, asked) or types.InlineCompletionList(items=[])


async def inline_edits(session: Session, params: Any) -> dict[str, list[Any]]:
    """`textDocument/copilotInlineEdit`: PiCode suggests edits at the cursor only, as inline completions."""
    return {"edits": []}


async def models(session: Session, params: Any) -> list[dict[str, Any]]:
    """`copilot/models`: the models to choose from. Copilot's clients choose one for completions by its id."""
    return [
        {
            "id": f"{each.provider}/{each.model}",
            "modelName": each.model,
            "scopes": ["completion"],
            "preview": False,
            "default": each.current,
        }
        for each in await (await session.assistant()).models()
        if each.available
    ]


async def notify_shown(session: Session, params: Any) -> str:
    """`notifyShown`."""
    if isinstance(identifier := _fields(params).get("uuid"), str):
        (await session.assistant()).statistics.shown(identifier)
    return "OK"


async def notify_accepted(session: Session, params: Any) -> str:
    """`notifyAccepted`: all of a completion was taken, or its first `acceptedLength` UTF-16 units."""
    params = _fields(params)
    if isinstance(identifier := params.get("uuid"), str):
        length, assistant = params.get("acceptedLength"), await session.assistant()
        whole = len(assistant.suggester.text_of(identifier).encode("utf-16-le")) // 2
        if isinstance(length, int) and length < whole:
            assistant.statistics.partly_accepted(identifier, length)
        else:
            await feedback.accepted(session, identifier)
    return "OK"


async def notify_rejected(session: Session, params: Any) -> str:
    """`notifyRejected`: nothing is counted, since what was shown and not taken is known by itself."""
    return "OK"


async def _completions(session: Session, params: Any, trigger: types.InlineCompletionTriggerKind) -> list[Completion]:
    doc = _fields(params).get("doc")
    if not isinstance(doc, dict):
        raise JsonRpcInvalidParams("The document is not named: `doc`.")
    _open_unless_open(session, doc)
    asked = _inline_params(session, doc, doc, doc.get("position"), trigger)
    found = await inline_completion.suggest(session, asked)
    document = session.documents.get(asked.text_document.uri)
    if found is None or document is None:
        return []
    lines, encoding = document.lines, session.documents.encoding
    cursor = position_in(lines, asked.position, encoding)
    made: list[Completion] = []
    for item in found.items:
        assert item.range is not None
        assert item.command is not None
        start = position_in(lines, item.range.start, encoding)
        # These clients show only what begins at the beginning of the line.
        text = text_between(lines, Position(start.line, 0), start) + str(item.insert_text)
        last = position_in(lines, item.range.end, encoding)
        span = types.Range(
            types.Position(start.line, 0),
            types.Position(last.line, from_column(lines[last.line], last.column, encoding)),
        )
        made.append(
            {
                "uuid": str((item.command.arguments or [""])[0]),
                "text": text,
                "displayText": text[cursor.column :],
                "range": session.unstructure(span),
                "position": session.unstructure(asked.position),
                "docVersion": document.version,
            }
        )
    return made


def _open_unless_open(session: Session, doc: dict[str, Any]) -> None:
    """The first clients sent the text with the request, and no `textDocument/didOpen`."""
    uri, source = doc.get("uri"), doc.get("source")
    if isinstance(uri, str) and isinstance(source, str):
        language, number = doc.get("languageId"), doc.get("version")
        session.documents.open(
            types.TextDocumentItem(
                uri,
                language if isinstance(language, str) else "",
                number if isinstance(number, int) else 0,
                source,
            )
        )


def _inline_params(
    session: Session,
    options: dict[str, Any],
    document: Any,
    position: Any,
    trigger: types.InlineCompletionTriggerKind = types.InlineCompletionTriggerKind.Invoked,
) -> InlineCompletionParams:
    """The request as `textDocument/inlineCompletion` has it. Raises `JsonRpcInvalidParams`."""
    if not isinstance(document, dict) or not isinstance(document.get("uri"), str):
        raise JsonRpcInvalidParams("The document has no `uri`.")
    number, size = document.get("version"), options.get("tabSize")
    spaces = options.get("insertSpaces")
    formatting = (
        types.FormattingOptions(tab_size=size, insert_spaces=spaces)
        if isinstance(size, int) and isinstance(spaces, bool)
        else None
    )
    return InlineCompletionParams(
        context=types.InlineCompletionContext(trigger_kind=trigger),
        text_document=VersionedDocument(document["uri"], number if isinstance(number, int) else None),
        position=session.structure(position, types.Position),
        formatting_options=formatting,
    )


def _fields(params: Any) -> dict[str, Any]:
    return params if isinstance(params, dict) else {}


REQUESTS: Final = {
    "setEditorInfo": set_editor_info,
    "checkStatus": check_status,
    "signIn": sign_in,
    "signInInitiate": sign_in,
    "signInConfirm": check_status,
    "signOut": sign_out,
    "getVersion": version,
    "getCompletions": completions,
    "getCompletionsCycling": all_completions,
    "getPanelCompletions": panel,
    "notifyShown": notify_shown,
    "notifyAccepted": notify_accepted,
    "notifyRejected": notify_rejected,
    "textDocument/copilotPanelCompletion": panel_items,
    "textDocument/copilotInlineEdit": inline_edits,
    "copilot/models": models,
}
