"""The commands about conversations: list, show, rename, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NotRequired, TypedDict

if TYPE_CHECKING:
    from picode.core.export import KeptConversation
    from picode.lsp.session import Session


class ConversationRow(TypedDict):
    """A conversation in the list. `changed` is in Unix seconds, `cost` in US dollars (None if no price is known)."""

    id: str
    title: str
    folder: str
    changed: float
    turns: int
    cost: float | None


class ConversationDocument(TypedDict):
    """A conversation: `text` is sanitized Markdown, or `conversation` is all that is stored, as it was written."""

    id: str
    title: str
    text: NotRequired[str]
    conversation: NotRequired[KeptConversation]


async def listed(session: Session, *arguments: Any) -> list[ConversationRow]:
    """`picode.conversations`: the latest first."""
    from picode.lsp.arguments import ListArguments, read

    wanted = read(ListArguments, "picode.conversations", arguments)
    store = (await session.assistant()).conversations
    found = await store.list(search=wanted.search, folder=wanted.folder, limit=wanted.limit)
    return [
        {
            "id": each.id,
            "title": each.title,
            "folder": each.folder,
            "changed": each.changed,
            "turns": each.turns,
            "cost": each.cost,
        }
        for each in found
    ]


async def shown(session: Session, *arguments: Any) -> ConversationDocument | None:
    """`picode.conversation`: one conversation as Markdown or JSON; None if it does not exist."""
    from picode.core.export import as_json, as_markdown
    from picode.core.markdown import sanitize
    from picode.lsp.arguments import ShowArguments, read

    wanted = read(ShowArguments, "picode.conversation", arguments)
    found = await (await session.assistant()).conversations.read(wanted.id)
    if found is None:
        return None
    shown: ConversationDocument = {"id": found.summary.id, "title": found.summary.title}
    if wanted.format == "json":
        shown["conversation"] = as_json(found)
    else:
        shown["text"] = sanitize(as_markdown(found))
    return shown


async def renamed(session: Session, *arguments: Any) -> bool:
    """`picode.conversation.rename`: whether the conversation existed."""
    from picode.lsp.arguments import RenameArguments, read

    wanted = read(RenameArguments, "picode.conversation.rename", arguments)
    return await (await session.assistant()).conversations.rename(wanted.id, wanted.title)


async def deleted(session: Session, *arguments: Any) -> bool:
    """`picode.conversation.delete`: whether the conversation existed."""
    from picode.lsp.arguments import ConversationArguments, read

    wanted = read(ConversationArguments, "picode.conversation.delete", arguments)
    return await (await session.assistant()).conversations.delete(wanted.id)
