"""The input line of `picode chat`: history, completion, several lines."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion, PathCompleter
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

if TYPE_CHECKING:
    from picode.core.slash import Command

_OWN = {"/new": "Begin a new conversation.", "/exit": "End."}


class _Slashes(Completer):
    """Completes slash commands at the beginning of the line, and files behind a number sign."""

    def __init__(self, commands: Callable[[], Mapping[str, Command]]) -> None:
        self._commands = commands
        self._paths = PathCompleter(expanduser=False)

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        before = document.text_before_cursor
        if before.startswith("/") and " " not in before:
            known = {each.slash: each.help for each in self._commands().values()} | _OWN
            for slash, help_text in known.items():
                if slash.startswith(before):
                    yield Completion(slash, start_position=-len(before), display_meta=help_text)
        word = before.rpartition(" ")[2].rpartition("\n")[2]
        if word.startswith("#"):
            yield from self._paths.get_completions(Document(word[1:]), complete_event)


def prompt_for(commands: Callable[[], Mapping[str, Command]]) -> Callable[[str, bool], Awaitable[str]]:
    """Asks for what the user says next. It begins with the text that is given, and with `True` is that text, shown as if it
    were typed. Raises `KeyboardInterrupt` for Ctrl-C and `EOFError` for Ctrl-D."""
    keys = KeyBindings()

    @keys.add("escape", "enter")
    def _new_line(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    session: PromptSession[str] = PromptSession(
        history=_history(),
        completer=_Slashes(commands),
        complete_while_typing=True,
        key_bindings=keys,
        prompt_continuation=lambda width, number, wrapped: "… ".rjust(width),
        enable_open_in_editor=True,
        mouse_support=False,
    )

    async def ask(typed: str, complete: bool) -> str:
        return await session.prompt_async("> ", default=typed, accept_default=complete)

    return ask


def _history() -> History:
    """What was typed before, in the user's private folder; for this session only, where there is none."""
    from picode.core.errors import ConfigurationError
    from picode.io.folders import state_folder

    try:
        file = state_folder() / "chat-history"
        file.touch(mode=0o600)
    except (ConfigurationError, OSError):
        return InMemoryHistory()
    return FileHistory(str(file))
