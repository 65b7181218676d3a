"""The commands by which an editor gives the server a provider's key. Neither their arguments nor their results are logged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict

from pygls.exceptions import JsonRpcInvalidParams

from picode.core.terminal import notice

if TYPE_CHECKING:
    from picode.lsp.session import Session


class KeyDescription(TypedDict):
    """A provider's key: `page` is the web page where the user gets one (empty if it is not known), `known` whether there is
    one."""

    provider: str
    title: str
    page: str
    known: bool


class KeyEntered(TypedDict):
    """What became of a key that was entered. `place` is empty if the provider refuses it, which `problem` says then; `session`:
    the client has to keep it under the name `entry`, and give it to each session. `note` says why it could not be tried."""

    entry: str
    place: Literal["keyring", "session", ""]
    problem: str
    note: str


async def describe(session: Session, *arguments: Any) -> KeyDescription:
    """`picode.key`: what is to be known to enter a provider's key."""
    from picode.core.errors import ProviderNotFound
    from picode.lsp.arguments import KeyArguments, read

    wanted = read(KeyArguments, "picode.key", arguments)
    assistant = await session.assistant()
    try:
        row = assistant.row(wanted.provider)
    except ProviderNotFound as error:
        raise JsonRpcInvalidParams(f"picode.key: provider: {error}") from None
    known = assistant.routing.keychain.expects(row)
    return {"provider": row.name, "title": notice(row.title), "page": row.key_page, "known": known}


async def enter(session: Session, *arguments: Any) -> KeyEntered:
    """`picode.key.enter`: tries a key and keeps it unless the provider refuses it."""
    from picode.core.errors import ProviderNotFound
    from picode.lsp.arguments import EnterKeyArguments, read

    wanted = read(EnterKeyArguments, "picode.key.enter", arguments)
    try:
        entered = await (await session.assistant()).enter_key(wanted.provider, wanted.key, wanted.model)
    except ProviderNotFound as error:
        raise JsonRpcInvalidParams(f"picode.key.enter: provider: {error}") from None
    problem, note = notice(entered.problem), notice(entered.note)
    return {"entry": entered.entry, "place": entered.place, "problem": problem, "note": note}


async def give(session: Session, *arguments: Any) -> None:
    """`picode.key.give`: the keys that the client keeps, for this session."""
    from picode.lsp.arguments import GiveKeysArguments, read

    wanted = read(GiveKeysArguments, "picode.key.give", arguments)
    (await session.assistant()).give_keys(wanted.keys)
