"""`textDocument/codeAction`: the slash commands for a range of code. The offer needs no model.

An action holds all of its arguments, so the server keeps no state between the offer and the choice. If the client supports
`codeAction/resolve` and does not show edits live, choosing an edit resolves it; every other action runs `picode.slash`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from picode.core.comments import comment_at
from picode.core.conflicts import conflicts_at
from picode.core.document import Position, body, text_between
from picode.core.slash import Command
from picode.lsp.capabilities import asks_for_choices, asks_for_words, shows_live_edits
from picode.lsp.documents import position_in

if TYPE_CHECKING:
    from picode.bootstrap import Assistant
    from picode.lsp.documents import Document
    from picode.lsp.session import Session

KINDS = (types.CodeActionKind.QuickFix, types.CodeActionKind.Refactor, types.CodeActionKind.RefactorRewrite)
OPTIONS = types.CodeActionOptions(code_action_kinds=KINDS, resolve_provider=True)

_PREFIX = "PiCode: "
_NEVER_OFFERED = frozenset({"chat"})


async def offer(session: Session, params: types.CodeActionParams) -> list[types.CodeAction]:
    """The actions for a range of code."""
    document = session.documents.get(params.text_document.uri)
    if document is None:
        return []
    assistant = await session.assistant()
    if not assistant.settings().enabled:
        return []
    exclusion = await assistant.exclusion(document.path or document.uri)
    lines, encoding = document.lines, session.documents.encoding
    start, end = position_in(lines, params.range.start, encoding), position_in(lines, params.range.end, encoding)
    target = _Target(session, document, params, min(start, end), max(start, end))
    capabilities = session.client_capabilities
    types_words, chooses = asks_for_words(capabilities), asks_for_choices(capabilities)
    shows_disabled = _shows_disabled(capabilities)
    actions: list[types.CodeAction] = []
    for command in assistant.commands().values():
        if not command.kind or command.name in _NEVER_OFFERED or not _is_wanted(command.kind, params.context.only):
            continue
        if command.args_required and not types_words and not (command.choices and chooses):
            continue  # a code action by itself has no place to type
        obstacle = target.obstacle(command)
        if obstacle is not None and (shows_disabled or not (exclusion or obstacle)):
            actions.append(target.action(command, exclusion or obstacle, assistant))
    return actions


class _Target:
    """The range of a document for which actions are offered."""

    def __init__(
        self, session: Session, document: Document, params: types.CodeActionParams, start: Position, end: Position
    ) -> None:
        self._session = session
        self._document = document
        self._params = params
        has_code = start.line == end.line and bool(body(document.lines[start.line]).strip())
        if has_code and not text_between(document.lines, start, end).strip():
            end = start  # ALE has no cursor: it sends the character at it, which can be a blank
        self._start, self._end = start, end
        self._problems = [each for each in params.context.diagnostics if each.severity != types.DiagnosticSeverity.Hint]

    def obstacle(self, command: Command) -> str | None:
        """Why the action is shown as disabled; empty if it is enabled, None if it is not shown at all."""
        lines = self._document.lines
        selected = self._start != self._end
        automatic = self._params.context.trigger_kind == types.CodeActionTriggerKind.Automatic
        if command.name == "do":
            return None if comment_at(lines, self._start.line, self._document.language) is None else ""
        if command.name == "resolve":
            return "" if conflicts_at(lines, self._start.line, self._end.line) else None
        if command.output == "names":
            from picode.syntax.scope import name_at

            return "" if name_at(lines, self._start, self._end, self._document.language) else None
        if command.name == "fix":
            return "" if self._problems or (selected and not automatic) else None
        if not selected and automatic and command.kind == types.CodeActionKind.QuickFix:
            return None
        if not any(body(line).strip() for line in lines):
            return "There is no code here." if selected or not automatic else None
        if selected and not text_between(lines, self._start, self._end).strip():
            return "Only blanks are selected."
        return ""

    def action(self, command: Command, disabled: str, assistant: Assistant) -> types.CodeAction:
        """The action of `command`; `disabled` is the reason why it can't be chosen, or empty."""
        title, capabilities = _PREFIX + command.title, self._session.client_capabilities
        action = types.CodeAction(title=title, kind=command.kind)
        if command.name == "fix" and self._problems:
            action.diagnostics = self._problems
        if _tags_models(capabilities):
            action.tags = [types.CodeActionTag.LlmGenerated]
        live = shows_live_edits(capabilities) and assistant.settings().edits.show == "live"
        if disabled:
            action.disabled = types.CodeActionDisabled(reason=disabled)
        elif command.output == "edit" and resolves_edits(capabilities) and not live:
            action.data = self._arguments(command)
        else:
            action.command = types.Command(title, "picode.slash", arguments=[self._arguments(command)])
        return action

    def _arguments(self, command: Command) -> dict[str, Any]:
        """The argument of `picode.slash` (`lsp.arguments.SlashArguments`), as JSON."""
        params, unstructure, cursor = self._params, self._session.unstructure, self._start == self._end
        return {
            "text": command.slash,
            "uri": params.text_document.uri,
            "range": unstructure(types.Range(params.range.start, params.range.start) if cursor else params.range),
            "version": self._document.version,
            "diagnostics": [unstructure(each) for each in params.context.diagnostics[:20]],
        }


async def resolve(session: Session, action: types.CodeAction) -> types.CodeAction:
    """`codeAction/resolve`: makes the edit that the user has chosen. An action without one is returned unchanged."""
    if not isinstance(action.data, dict) or action.edit is not None:
        return action
    from picode.lsp.arguments import SlashArguments, read
    from picode.lsp.execution import edit_for_action
    from picode.lsp.features.slash import command_request

    assistant = await session.assistant()
    wanted = read(SlashArguments, "picode.slash", [action.data])
    action.edit = await edit_for_action(session, assistant, command_request(session, assistant, wanted))
    return action


def resolves_edits(capabilities: types.ClientCapabilities) -> bool:
    """Whether the client supports actions whose edit is made when they are chosen."""
    declared = capabilities.text_document.code_action if capabilities.text_document else None
    resolving = declared.resolve_support if declared else None
    return bool(declared and declared.data_support and resolving and "edit" in resolving.properties)


def _shows_disabled(capabilities: types.ClientCapabilities) -> bool:
    """Whether the client shows why an action can't be chosen; others offer it as if it could."""
    declared = capabilities.text_document.code_action if capabilities.text_document else None
    return bool(declared and declared.disabled_support)


def _tags_models(capabilities: types.ClientCapabilities) -> bool:
    declared = capabilities.text_document.code_action if capabilities.text_document else None
    tags = declared.tag_support if declared else None
    return bool(tags and types.CodeActionTag.LlmGenerated in tags.value_set)


def _is_wanted(kind: str, only: Sequence[types.CodeActionKind | str] | None) -> bool:
    """Whether `kind` is one of the kinds that the client asks for: each includes those that begin with it and a dot."""
    if not only:
        return True
    kinds = [each.value if isinstance(each, types.CodeActionKind) else each for each in only]
    return any(not each or kind == each or kind.startswith(f"{each}.") for each in kinds)
