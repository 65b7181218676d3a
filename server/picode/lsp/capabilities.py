"""What a client can show, by what it declares."""

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
    """Whether it shows answers itself, from `picode/answer`."""
    return _own(capabilities, "answers")


def shows_live_edits(capabilities: types.ClientCapabilities) -> bool:
    """Whether it shows edits while they are written, from `picode/edit`."""
    return _own(capabilities, "liveEdits")


def shows_documents(capabilities: types.ClientCapabilities) -> bool:
    """Whether it opens a document when it is asked to (`window/showDocument`)."""
    window = capabilities.window
    return bool(window and window.show_document and window.show_document.support)


def shows_virtual_documents(capabilities: types.ClientCapabilities) -> bool:
    """Whether it asks us for documents that are on no disk (`workspace/textDocumentContent`)."""
    return bool(capabilities.workspace and capabilities.workspace.text_document_content)


def honours_annotations(capabilities: types.ClientCapabilities) -> bool:
    """Whether it asks the user before it applies a change that wants to be confirmed."""
    edit = capabilities.workspace.workspace_edit if capabilities.workspace else None
    action = capabilities.text_document.code_action if capabilities.text_document else None
    return bool(
        edit and edit.change_annotation_support and (action is None or action.honors_change_annotations is not False)
    )


def takes_versions(capabilities: types.ClientCapabilities) -> bool:
    """Whether it checks that an edit is for the version that it has."""
    edit = capabilities.workspace.workspace_edit if capabilities.workspace else None
    return bool(edit and edit.document_changes)
