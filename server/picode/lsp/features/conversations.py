"""The commands about conversations: list, show, rename, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from picode.lsp.server import PiCodeServer


async def listed(ls: PiCodeServer, *arguments: Any) -> list[dict[str, Any]]:
    """`picode.conversations`: the latest first."""
    from picode.lsp.arguments import ListConversations, read

    wanted = read(ListConversations, "picode.conversations", arguments)
    store = (await ls.assistant()).conversations
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


async def shown(ls: PiCodeServer, *arguments: Any) -> dict[str, Any] | None:
    """`picode.conversation`: one conversation as Markdown or JSON; null where it is gone."""
    from picode.core.export import as_json, as_markdown
    from picode.core.markdown import sanitize
    from picode.lsp.arguments import ShowConversation, read

    wanted = read(ShowConversation, "picode.conversation", arguments)
    found = await (await ls.assistant()).conversations.read(wanted.id)
    if found is None:
        return None
    text = as_json(found) if wanted.format == "json" else sanitize(as_markdown(found))
    return {"id": found.summary.id, "title": found.summary.title, "text": text}


async def renamed(ls: PiCodeServer, *arguments: Any) -> bool:
    """`picode.conversation.rename`."""
    from picode.lsp.arguments import RenameConversation, read

    wanted = read(RenameConversation, "picode.conversation.rename", arguments)
    return await (await ls.assistant()).conversations.rename(wanted.id, wanted.title)


async def deleted(ls: PiCodeServer, *arguments: Any) -> bool:
    """`picode.conversation.delete`."""
    from picode.lsp.arguments import NamedConversation, read

    wanted = read(NamedConversation, "picode.conversation.delete", arguments)
    return await (await ls.assistant()).conversations.delete(wanted.id)
