"""The commands about conversations: list, show, rename, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
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
    """A conversation. `text` is sanitized Markdown, or an object of the shape of `core.export.as_json`."""

    id: str
    title: str
    text: str | dict[str, Any]


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
    text = as_json(found) if wanted.format == "json" else sanitize(as_markdown(found))
    return {"id": found.summary.id, "title": found.summary.title, "text": text}


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
