"""What the use-cases need from outside, as protocols. `picode.io` implements them, `picode.bootstrap` connects them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from picode.core.document import Snapshot
from picode.core.messages import Snippet
from picode.providers.catalog import Provider


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long a call may take, in seconds: to connect, between two pieces of the answer, and as a whole."""

    connect: float = 10.0
    idle: float = 30.0
    total: float = 600.0


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A whole HTTP request. `headers` may hold a key: they never reach a log."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


class HttpResponse(Protocol):
    """A response whose body is still arriving. Header names are in lower case."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    def pieces(self) -> AsyncIterator[bytes]:
        """The body as it arrives, decompressed."""
        ...


class Transport(Protocol):
    """Sends HTTP requests. Leaving the context closes the connection at once if the body was not read to its end.

    Raises `NetworkFailure` and `ProviderTimeout`, which name `provider`.
    """

    def send(
        self, request: HttpRequest, provider: str, deadlines: Deadlines
    ) -> AbstractAsyncContextManager[HttpResponse]: ...


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a provider is reached, and with what. The key is left out of `repr`, so that no log shows it."""

    base_url: str
    key: str | None = None

    def __repr__(self) -> str:
        return f"Endpoint({self.base_url!r}, key={'set' if self.key else 'none'})"


class Endpoints(Protocol):
    """Finds where a provider is reached now; for the embedded model, starts it first.

    Raises `ConfigurationError` or `ProviderError` with the remedy.
    """

    async def locate(self, provider: Provider) -> Endpoint: ...

    def missing(self, provider: Provider) -> str | None:
        """What the user would have to supply before `provider` can be reached; None if nothing. Asks nobody."""
        ...


class Excluder(Protocol):
    """Says why a file must not be shown to a model; None if it may be."""

    def reason(self, path: str) -> str | None: ...


class Clock(Protocol):
    """Monotonic seconds, and sleeping."""

    def now(self) -> float: ...
    async def sleep(self, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Used:
    """What a provider has been used today: tokens in and out, and US dollars."""

    tokens: int = 0
    cost: float = 0.0


class Ledger(Protocol):
    """Adds up what each provider is used in a day, over all of the user's servers."""

    def add(self, provider: str, tokens: int, cost: float) -> None:
        """Writes it down, without waiting for the disk."""
        ...

    async def used(self, provider: str) -> Used:
        """What has been written down since midnight."""
        ...


@dataclass(frozen=True, slots=True)
class Gathered:
    """What of other places helps to fill in a cursor's place, and why it was chosen."""

    snippets: tuple[Snippet, ...] = ()
    why: tuple[Mapping[str, Any], ...] = ()


Gather = Callable[[Snapshot, str | None, int, str], Awaitable[Gathered]]
"""Gathers up to so many tokens for a document and the file behind it, as a model of that family counts them."""


class AnswerStore(Protocol):
    """Keeps finished answers beyond this session. Neither ever fails, or makes anybody wait for the disk."""

    async def find(self, key: str) -> str | None: ...
    def keep(self, key: str, answer: str, path: str) -> None:
        """`path` is the file that it was made for; empty where there is none."""
        ...
