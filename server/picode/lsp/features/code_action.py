"""`textDocument/codeAction`: what may be asked about a stretch of code. The offer is made from tables alone: no model is asked.

An action carries all that is needed to carry it out, so the server remembers nothing between the offer and the choice. Where
the client can take edits that come late (`codeAction/resolve`) and does not show them live, choosing an edit resolves it;
everything else is `picode.slash`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from picode.core.comments import comment_at
from picode.core.document import Position, body
from picode.core.slash import Command
from picode.lsp.capabilities import shows_live_edits
from picode.lsp.documents import position_in

if TYPE_CHECKING:
    from picode.bootstrap import Assistant
    from picode.lsp.documents import Document
    from picode.lsp.server import PiCodeServer

KINDS = (types.CodeActionKind.QuickFix, types.CodeActionKind.Refactor, types.CodeActionKind.RefactorRewrite)
OPTIONS = types.CodeActionOptions(code_action_kinds=KINDS, resolve_provider=True)

_PREFIX = "PiCode: "
_ASKING = frozenset({"chat", "edit"})
"""Not offered: they are for the palette, where something can be typed."""


async def offer(ls: PiCodeServer, params: types.CodeActionParams) -> list[types.CodeAction]:
    """The actions for a stretch of code."""
    document = ls.documents.get(params.text_document.uri)
    if document is None:
        return []
    assistant = await ls.assistant()
    settings = assistant.settings()
    if not settings.enabled:
        return []
    automatic = params.context.trigger_kind == types.CodeActionTriggerKind.Automatic
    reason = assistant.exclusion(document.path or document.uri)
    lines, encoding = document.lines, ls.documents.encoding
    start, end = position_in(lines, params.range.start, encoding), position_in(lines, params.range.end, encoding)
    place = _Place(ls, document, params, min(start, end), max(start, end))
    actions: list[types.CodeAction] = []
    for command in assistant.commands().values():
        if not command.kind or command.name in _ASKING or not _wanted(command.kind, params.context.only):
            continue
        why_not = place.why_not(command, automatic=automatic)
        if why_not is None:
            continue
        actions.append(place.action(command, reason or why_not, assistant))
    return actions


class _Place:
    """Where actions are offered."""

    def __init__(
        self, ls: PiCodeServer, document: Document, params: types.CodeActionParams, start: Position, end: Position
    ) -> None:
        self._ls = ls
        self._document = document
        self._params = params
        self._start, self._end = start, end
        self._problems = [each for each in params.context.diagnostics if each.severity != types.DiagnosticSeverity.Hint]

    def why_not(self, command: Command, *, automatic: bool) -> str | None:
        """Why a command can't be carried out here; empty where it can, None where it is not even worth mentioning."""
        lines = self._document.lines
        selected = self._start != self._end
        if command.name == "do":
            asks = comment_at(lines, self._start.line, self._document.language) is not None
            return "" if asks else None
        if command.name == "fix":
            if self._problems:
                return ""
            return None if automatic or not selected else ""
        if not selected and automatic and command.kind == types.CodeActionKind.QuickFix:
            return None
        if not any(body(line).strip() for line in lines):
            return "There is no code here." if selected or not automatic else None
        if selected and not self._text().strip():
            return "Only blanks are selected."
        return ""

    def action(self, command: Command, disabled: str, assistant: Assistant) -> types.CodeAction:
        title = _PREFIX + command.title
        problems = self._problems if command.name == "fix" else []
        action = types.CodeAction(title=title, kind=command.kind)
        if problems:
            action.diagnostics = problems
        if _tags_models(self._ls.client_capabilities):
            action.tags = [types.CodeActionTag.LlmGenerated]
        if disabled:
            action.disabled = types.CodeActionDisabled(reason=disabled)
            return action
        arguments = self._arguments(command)
        if (
            command.output == "edit"
            and resolves_edits(self._ls.client_capabilities)
            and not _is_live(self._ls, assistant)
        ):
            action.data = arguments
        else:
            action.command = types.Command(title, "picode.slash", arguments=[arguments])
        return action

    def _arguments(self, command: Command) -> dict[str, Any]:
        params = self._params
        unstructure = self._ls.protocol.unstructure
        return {
            "text": command.slash,
            "uri": params.text_document.uri,
            "range": unstructure(params.range),
            "version": self._document.version,
            "diagnostics": [unstructure(each) for each in params.context.diagnostics[:20]],
        }

    def _text(self) -> str:
        lines, start, end = self._document.lines, self._start, self._end
        if start.line == end.line:
            return lines[start.line][start.column : end.column]
        return "".join(
            [lines[start.line][start.column :], *lines[start.line + 1 : end.line], lines[end.line][: end.column]]
        )


async def resolve(ls: PiCodeServer, action: types.CodeAction) -> types.CodeAction:
    """`codeAction/resolve`: the user has chosen an edit, and waits for it. An action that needs no edit comes back as it is."""
    if not isinstance(action.data, dict) or action.edit is not None:
        return action
    from picode.lsp.arguments import Slash, read
    from picode.lsp.asking import edit_for
    from picode.lsp.features.slash import inquiry_of

    assistant = await ls.assistant()
    wanted = read(Slash, "picode.slash", [action.data])
    action.edit = await edit_for(ls, assistant, inquiry_of(ls, assistant, wanted))
    return action


def resolves_edits(capabilities: types.ClientCapabilities) -> bool:
    """Whether the client takes an edit when an action has been chosen."""
    declared = capabilities.text_document.code_action if capabilities.text_document else None
    resolving = declared.resolve_support if declared else None
    return bool(declared and declared.data_support and resolving and "edit" in resolving.properties)


def _is_live(ls: PiCodeServer, assistant: Assistant) -> bool:
    return shows_live_edits(ls.client_capabilities) and assistant.settings().edits.show == "live"


def _tags_models(capabilities: types.ClientCapabilities) -> bool:
    declared = capabilities.text_document.code_action if capabilities.text_document else None
    tags = declared.tag_support if declared else None
    return bool(tags and types.CodeActionTag.LlmGenerated in tags.value_set)


def _wanted(kind: str, only: Sequence[types.CodeActionKind | str] | None) -> bool:
    """Whether a client that asks for some kinds `only` wants this one: a kind has all that begin with it and a dot."""
    if not only:
        return True
    return any(kind == each or kind.startswith(f"{each}.") or not str(each) for each in _names(only))


def _names(kinds: Iterable[types.CodeActionKind | str]) -> Iterable[str]:
    return (kind.value if isinstance(kind, types.CodeActionKind) else kind for kind in kinds)
