"""What the use-cases need from outside, as protocols. `picode.io` implements them, `picode.bootstrap` connects them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from picode.core.conversation import Conversation, Summary, Turn
from picode.core.document import Snapshot
from picode.core.errors import PiCodeError
from picode.core.messages import Snippet
from picode.providers.catalog import Provider


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long a call may take, in seconds: to connect, between two pieces of the answer, and as a whole. `setting` is the
    one that the user can raise where that was too short."""

    connect: float = 10.0
    idle: float = 30.0
    total: float = 600.0
    setting: str = "inline.timeoutSeconds"


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
    key_origin: str = ""
    """Which key that is, in words that follow "the key is"; empty where that is not known."""

    def __repr__(self) -> str:
        return f"Endpoint({self.base_url!r}, key={'set' if self.key else 'none'})"


class Endpoints(Protocol):
    """Finds where a provider is reached now; for the embedded model, starts it first.

    Raises `ConfigurationError` or `ProviderError` with the remedy.
    """

    async def locate(self, provider: Provider) -> Endpoint: ...

    def missing(self, provider: Provider) -> str | None:
        """What the user would have to supply before `provider` can be reached; None if nothing. Sends no request."""
        ...

    async def refusal(self, provider: Provider, model: str) -> PiCodeError | None:
        """Why a model of that name can't be asked there, as far as that is known without a request; None where it may be."""
        ...

    def at_hand(self, provider: Provider) -> bool:
        """Whether nothing has to be fetched from elsewhere first. May look at the disk."""
        ...


class Excluder(Protocol):
    """Says why a file must not be shown to a model; None if it may be."""

    def reason(self, path: str) -> str | None:
        """Reads from the disk: not for the event loop."""
        ...

    async def find_reason(self, path: str) -> str | None:
        """The same for the event loop. A file counts as private if the answer does not come in time."""
        ...


class Clock(Protocol):
    """Monotonic seconds, and sleeping."""

    def now(self) -> float: ...
    async def sleep(self, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Used:
    """How much a provider was used: tokens in and out, and US dollars."""

    tokens: int = 0
    cost: float = 0.0

    def plus(self, other: Used) -> Used:
        return Used(self.tokens + other.tokens, self.cost + other.cost)

    def less(self, other: Used) -> Used:
        return Used(self.tokens - other.tokens, self.cost - other.cost)


class Ledger(Protocol):
    """Knows how much each provider was used today, by all of the user's servers. What a call has used is in it as soon as its
    `CallEnded` is recorded."""

    async def used(self, provider: str) -> Used:
        """Tokens and dollars since midnight, by the user's clock."""
        ...


class BreakerBoard(Protocol):
    """Where several processes share which models fail. While it is out of reach, calls do not wait for it."""

    async def read(self, account: str, model: str) -> tuple[int, float] | None:
        """How often a model has failed in a row, and for how many seconds it gets no requests; None while that is unknown."""
        ...

    def write(self, account: str, model: str, failures: int, wait: float) -> None:
        """Tells the other processes the same. Does not wait."""
        ...


@dataclass(frozen=True, slots=True)
class Gathered:
    """Pieces of other files that help to complete the code at a cursor, and why each was chosen."""

    snippets: tuple[Snippet, ...] = ()
    why: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Context for a cursor: `room` is how many characters of context fit, `visible` the code that is shown anyway,
    `path` the file behind the document, and `problems` what the editor reports near the cursor."""

    snapshot: Snapshot
    path: str | None
    visible: str
    room: int
    problems: tuple[str, ...] = ()


Gather = Callable[[Wanted], Awaitable[Gathered]]
"""Gathers context. It never fails, and never takes longer than 20 ms: what is not known by then comes the next time."""


class OpenDocument(Protocol):
    """A document in the editor. `version` changes with its lines, which keep their line ends."""

    @property
    def uri(self) -> str: ...
    @property
    def path(self) -> str | None: ...
    @property
    def language(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def lines(self) -> Sequence[str]: ...


class OpenDocuments(Protocol):
    """The documents that are open in the editor, in no order."""

    def __iter__(self) -> Iterator[OpenDocument]: ...


class Sources(Protocol):
    """Source files on the disk. Whatever a user has excluded is not there."""

    def roots(self, path: str) -> Sequence[str]:
        """The folders that the code of the file `path` may come from: nothing outside of them is read."""
        ...

    def stamp(self, path: str) -> Hashable | None:
        """Changes when the file does; None where there is no file that may be read."""
        ...

    def read(self, path: str) -> str | None:
        """None where it may not be read, is no text, or is too large to have been written by hand."""
        ...

    def resolve(self, name: str, folder: str = "") -> Sequence[str]:
        """Where a file lies that a user calls `name`: an absolute path, a `file:` URI, or a path from `folder` or a folder of
        the workspace. Only real paths within the workspace's folders; none where it leads out of them. May take a while."""
        ...

    def siblings(self, folder: str) -> Sequence[str]:
        """The source files in a folder."""
        ...

    def entries(self, folder: str) -> tuple[Sequence[str], Sequence[tuple[str, int]]]:
        """The folders in a folder that source files may be looked for in, and its source and build files, each with a number
        that changes when the file does. Whether a file itself is excluded is said when it is read."""
        ...

    def excluded(self, path: str) -> bool:
        """Whether a file must not be shown to a model. Reads from the disk: not for the event loop."""
        ...

    async def find_excluded(self, path: str) -> bool:
        """The same for the event loop."""
        ...


class AnswerStore(Protocol):
    """Keeps finished answers beyond this session. Its methods neither raise nor wait for the disk."""

    async def find(self, key: str, timeout_s: float = 0.05) -> str | None:
        """None where there is none, or none within `timeout_s` seconds."""
        ...

    def keep(self, key: str, answer: str, path: str) -> None:
        """`path` is the file that it was made for; empty where there is none."""
        ...


class ConversationStore(Protocol):
    """Keeps conversations beyond this session; every server of the user and the terminal share them.

    It never fails: what can't be written is kept in memory, and the user is told once. An id that is not there (it was
    deleted meanwhile) is no error: nothing is written then.
    """

    async def begin(self, title: str, folder: str = "", origin: str = "") -> str:
        """A new conversation's id: a few letters, easily typed. See `Summary` for the arguments."""
        ...

    async def add(self, conversation: str, turn: Turn) -> int:
        """Adds a turn at the end, and gives its id. A turn that is `partial` is one that `grow` and `settle` follow."""
        ...

    async def grow(self, turn: int, text: str) -> None:
        """The whole text so far of an answer that is arriving. Does not wait for the disk, and may be called at every piece."""
        ...

    async def settle(self, turn: int, turn_now: Turn) -> None:
        """The end of an answer: all of the turn but its place, and its `at` where that is 0."""
        ...

    async def read(self, conversation: str) -> Conversation | None: ...

    async def match(self, beginning: str) -> Sequence[str]:
        """The ids that begin with `beginning`, the conversations changed last first; a whole id matches itself alone."""
        ...

    async def list(self, *, search: str = "", folder: str = "", limit: int = 50) -> Sequence[Summary]:
        """The conversations, the one changed last first: those of `folder`, and those where every word of `search` is in the
        title or a turn."""
        ...

    async def rename(self, conversation: str, title: str) -> bool: ...

    async def delete(self, conversation: str) -> bool: ...

    async def delete_older(self, days: float) -> int:
        """Deletes what has not changed for so many days. Gives how many conversations."""
        ...


class Changes(Protocol):
    """The changes in a repository. What is excluded from models is not in them."""

    async def staged(self, folder: str) -> str:
        """The diff that the next commit of the repository around `folder` would hold; empty where there is none.

        Raises `ConfigurationError` where there is no repository, or no git.
        """
        ...

    async def unstaged(self, folder: str) -> str:
        """The diff of what has changed and is not staged. Raises as `staged` does."""
        ...

    async def ancestor(self, path: str) -> str:
        """What both sides of a file with merge conflicts come from; empty where git does not tell."""
        ...

    async def subjects(self, folder: str) -> Sequence[str]:
        """The subjects of the latest commits, the newest first; empty where there are none."""
        ...
