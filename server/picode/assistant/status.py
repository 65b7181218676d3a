"""What the user is told about how PiCode fares: a state that is always shown, and alerts that are shown once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from picode.core.errors import (
    AllProvidersFailed,
    AuthenticationError,
    ConfigurationError,
    ModelUnavailable,
    NoChatModel,
    PiCodeError,
    Untrusted,
)

Kind = Literal["normal", "busy", "warning", "error", "inactive"]


@dataclass(frozen=True, slots=True)
class Action:
    """A command, of the server or of every client, that helps."""

    title: str
    command: str
    arguments: tuple[str, ...] = ()


OPEN_SETTINGS = Action("Open settings", "picode.openSettings")
SELECT_MODEL = Action("Select model", "picode.selectModel")
CHOOSE_CHAT_MODEL = Action("Choose a model", "picode.selectModel", ("chat",))
RESUME = Action("Resume suggestions", "picode.resume")
ENTER_KEY = "picode.enterKey"
"""The command of clients in which a key can be entered. Its argument is the provider's name."""
TRUST = Action("Trust this folder", "picode.trust")
"""The command of clients in which a folder is trusted."""
RETRY = Action("Try again", "picode.retry")


@dataclass(frozen=True, slots=True)
class Status:
    """One state. `message` is a sentence for the user, empty when all is as usual."""

    kind: Kind = "normal"
    message: str = ""
    provider: str = ""
    model: str = ""
    action: Action | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that only the user can mend."""

    message: str
    action: Action | None = None


class StatusBoard:
    """Holds the current state, publishes it when it changes, and raises each alert once until things went well again."""

    def __init__(self, publish: Callable[[Status], None], alert: Callable[[Alert], None]) -> None:
        self._publish, self._alert = publish, alert
        self._working = 0
        self._busy_with = ""
        self._inactive = ""
        self._inactive_action: Action | None = None
        self._trouble: Status | None = None
        self._obstacle: Status | None = None
        self._alerted: set[str] = set()
        self._served = self._source = ("", "")
        self._answered: tuple[str, str, str] | None = None
        self._shown: Status | None = None

    @property
    def current(self) -> Status:
        """The state that the user sees now. What is wrong outweighs what is going on."""
        provider, model = self._source
        if self._inactive:
            return Status("inactive", self._inactive, provider, model, self._inactive_action)
        if self._trouble is not None:
            return self._trouble
        if self._obstacle is not None:
            return self._obstacle
        if self._working or self._busy_with:
            return Status("busy", self._busy_with, provider, model)
        if self._answered is not None:
            provider, model, note = self._answered
            return Status("normal", note, provider, model)
        return Status("normal", "", provider, model)

    @contextmanager
    def working(self, provider: str, model: str) -> Iterator[None]:
        """For as long as a model is being asked."""
        self._source = (provider, model)
        self._working += 1
        self._show()
        try:
            yield
        finally:
            self._working -= 1
            self._show()

    def busy_with(self, message: str) -> None:
        """Something that takes long enough to be named, such as a download. Empty: it is over."""
        self._busy_with = message
        self._show()

    def serves(self, provider: str, model: str) -> None:
        """Who will be asked. Another one than before has not failed yet."""
        if (provider, model) != self._served:
            self._served = self._source = (provider, model)
            self._trouble = self._answered = None

    def inactive(self, reason: str, action: Action | None = None) -> None:
        """No suggestions here, on purpose; `action` ends that. Empty: there are."""
        self._inactive, self._inactive_action = reason, action
        self._show()

    def obstructed(self, error: PiCodeError | None, provider: str, model: str) -> None:
        """Why no model can be asked for suggestions, before one is; None if one can be."""
        self._obstacle = None if error is None else Status("error", str(error), provider, model, remedy_for(error))
        self._show()

    def answered(self, provider: str, model: str, note: str) -> None:
        """Who has begun to answer. `note` says why it took longer than usual; empty where it did not."""
        self._answered = (provider, model, note)
        self._show()

    def succeeded(self) -> None:
        """A model has answered: whatever was wrong is over."""
        self._trouble = None
        self._alerted.clear()
        self._show()

    def failed(self, error: PiCodeError, provider: str, model: str) -> None:
        """A model has not answered."""
        action = remedy_for(error)
        must_act = needs_user(error)
        self._source = (provider, model)
        self._trouble = Status("error" if must_act else "warning", str(error), provider, model, action)
        self._show()
        if must_act:
            self.alert(str(error), action)

    def alert(self, message: str, action: Action | None = None) -> None:
        """Shows a message, once until a model has answered."""
        if message not in self._alerted:
            self._alerted.add(message)
            self._alert(Alert(message, action))

    def _show(self) -> None:
        if (current := self.current) != self._shown:
            self._shown = current
            self._publish(current)


def needs_user(error: PiCodeError) -> bool:
    """Whether nothing but the user can mend this: then asking again by ourselves is useless, and silence would be rude."""
    if isinstance(error, AllProvidersFailed):
        return all(map(needs_user, error.causes))
    return isinstance(error, ConfigurationError | AuthenticationError | ModelUnavailable)


def remedy_for(error: PiCodeError) -> Action:
    """What the user can do about `error`."""
    if isinstance(error, AllProvidersFailed):
        keyless = next((cause for cause in error.causes if isinstance(cause, AuthenticationError)), None)
        return remedy_for(keyless) if keyless else OPEN_SETTINGS if needs_user(error) else RETRY
    if isinstance(error, Untrusted):
        return TRUST
    if isinstance(error, NoChatModel):
        return CHOOSE_CHAT_MODEL
    if isinstance(error, AuthenticationError) and error.name:
        return Action("Enter key", ENTER_KEY, (error.name,))
    if isinstance(error, ModelUnavailable):
        return SELECT_MODEL
    if isinstance(error, ConfigurationError | AuthenticationError):
        return OPEN_SETTINGS
    return RETRY


def remedy_for_question(error: PiCodeError) -> Action:
    """What the user can do about `error` of a question or an edit: these have a model of their own."""
    remedy = remedy_for(error)
    return CHOOSE_CHAT_MODEL if remedy == SELECT_MODEL else remedy
