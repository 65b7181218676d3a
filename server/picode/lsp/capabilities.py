"""What a client supports, by its declared capabilities."""

from __future__ import annotations

from typing import Any

from lsprotocol import types

OWN = "picode"


def _own(capabilities: types.ClientCapabilities, name: str) -> bool:
    """Whether the client declares `experimental.picode.<name>`."""
    experimental: Any = capabilities.experimental
    declared = experimental.get(OWN) if isinstance(experimental, dict) else getattr(experimental, OWN, None)
    value = declared.get(name) if isinstance(declared, dict) else getattr(declared, name, None)
    return value is True


def shows_answers(capabilities: types.ClientCapabilities) -> bool:
    """Whether it shows answers by itself, from `picode/answer`."""
    return _own(capabilities, "answers")


def shows_status(capabilities: types.ClientCapabilities) -> bool:
    """Whether it shows the status, from `picode/status`. Other clients report a notification that they don't know."""
    return _own(capabilities, "status")


def asks_for_words(capabilities: types.ClientCapabilities) -> bool:
    """Whether it has the user type the words that a command needs, before it runs a code action's `picode.slash`."""
    return _own(capabilities, "input")


def enters_keys(capabilities: types.ClientCapabilities) -> bool:
    """Whether the user can enter a provider's key there: it has the command `picode.enterKey`."""
    return _own(capabilities, "keys")


def manages_trust(capabilities: types.ClientCapabilities) -> bool:
    """Whether the user can trust a folder there: it has the command `picode.trust`."""
    return _own(capabilities, "trust")


def shows_alerts(capabilities: types.ClientCapabilities) -> bool:
    """Whether it shows alerts with a button that helps, from `picode/alert`."""
    return _own(capabilities, "alerts")


def offers_models(capabilities: types.ClientCapabilities) -> bool:
    """Whether it offers PiCode's models to other programs of the editor: `picode.languageModels` and what is asked of them."""
    return _own(capabilities, "languageModels")


def asks_for_choices(capabilities: types.ClientCapabilities) -> bool:
    """Whether it lets the user choose an action of a message (`window/showMessageRequest`). Others leave it unanswered."""
    return bool(capabilities.window and capabilities.window.show_message)


def shows_live_edits(capabilities: types.ClientCapabilities) -> bool:
    """Whether it shows edits while they are written, from `picode/edit`."""
    return _own(capabilities, "liveEdits")


def shows_documents(capabilities: types.ClientCapabilities) -> bool:
    """Whether it opens a document on request (`window/showDocument`)."""
    window = capabilities.window
    return bool(window and window.show_document and window.show_document.support)


def shows_virtual_documents(capabilities: types.ClientCapabilities) -> bool:
    """Whether it requests the text of virtual documents from the server (`workspace/textDocumentContent`)."""
    return bool(capabilities.workspace and capabilities.workspace.text_document_content)


def applies_edits(capabilities: types.ClientCapabilities) -> bool | None:
    """Whether it applies edits on request (`workspace/applyEdit`); None if it does not say."""
    return capabilities.workspace.apply_edit if capabilities.workspace else None


def honours_annotations(capabilities: types.ClientCapabilities) -> bool:
    """Whether it asks the user before it applies a change whose annotation needs confirmation."""
    edit = capabilities.workspace.workspace_edit if capabilities.workspace else None
    action = capabilities.text_document.code_action if capabilities.text_document else None
    return bool(
        edit and edit.change_annotation_support and (action is None or action.honors_change_annotations is not False)
    )


def takes_versions(capabilities: types.ClientCapabilities) -> bool:
    """Whether it applies an edit only to the version that the edit is for."""
    edit = capabilities.workspace.workspace_edit if capabilities.workspace else None
    return bool(edit and edit.document_changes)


def reads_markdown_of_completions(capabilities: types.ClientCapabilities) -> bool:
    """Whether it renders Markdown beside its list of completions; others show it as it is written."""
    document = capabilities.text_document
    item = document.completion.completion_item if document and document.completion else None
    return bool(item and types.MarkupKind.Markdown in (item.documentation_format or ()))


def ends_prompts_with_commands(client_name: str) -> bool:
    """Whether a response to `workspace/executeCommand` takes away what the client asks its user at that moment: Emacs waits for
    the response within the command, and leaves all prompts that were opened meanwhile. Eglot before 1.13 has no name."""
    return client_name.lower() in ("", "emacs", "eglot")
