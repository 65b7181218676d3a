"""Everything that can go wrong with a model, as one hierarchy.

    PiCodeError
    ├── ConfigurationError          a setting, a name or a file is wrong; asking again cannot help
    │   ├── ProviderNotFound        no provider of that name
    │   ├── NoChatModel             no model is chosen that answers questions
    │   ├── Untrusted               the user does not trust the folder
    │   └── Unsupported             the provider's API has no place for a field of the request; carries `field`
    ├── Private                     what was asked about must not be shown to a model
    └── ProviderError               a provider did not answer as it should
        ├── AuthenticationError     no key, a wrong key, or a key without the right (401, 403)
        ├── RateLimited             too many requests, or no credit left (429); carries `retry_after`
        ├── ModelUnavailable        no such model, or it can't be loaded (404)
        ├── BadRequest              the provider refuses the request as it is (other 4xx)
        │   ├── ContextTooLong      the prompt is larger than the model's window
        │   └── StreamingNotSupported
        ├── ServerFailure           5xx, overloaded, or an answer that is no answer (HTML, broken JSON)
        │   └── NotReady            the server is there, and still loads the model
        ├── Truncated               the stream ended before the answer did
        ├── ProviderTimeout         connecting, the first token, the next token or the whole took too long
        ├── NetworkFailure          no connection: refused, reset, unknown host, TLS
        └── AllProvidersFailed      every provider of a chain failed; carries `causes`

Each error says which provider, what happened and what to do next, in words for the user. None holds a key: messages are
built from statuses and from the provider's own error text, which passes through `redact` first. None holds what a terminal
obeys or what is invisible: the text of an error is printed, logged and shown in editors.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from picode.core.terminal import safe


class PiCodeError(Exception):
    """`problem` says what happened, `remedy` what the user can do about it (may be empty)."""

    def __init__(self, problem: str, remedy: str = "") -> None:
        self.problem = redact(safe(problem))
        self.remedy = safe(remedy)
        super().__init__(f"{self.problem} {self.remedy}".strip())

    def advise(self, remedy: str) -> None:
        """Puts `remedy` in place of the one there was."""
        self.remedy = safe(remedy)
        self.args = (f"{self.problem} {self.remedy}".strip(),)

    def hide(self, secret: str) -> None:
        """Replaces `secret`, a key of any shape, in the text."""
        if len(secret) >= _SHORTEST_KEY:
            self.problem = self.problem.replace(secret, "[key]")
            self.args = (str(self).replace(secret, "[key]"),)


_SHORTEST_KEY = 8
"""Characters. Shorter ones, such as the `none` that local servers take for a key, are ordinary words."""


class ConfigurationError(PiCodeError):
    """A setting, a name or a file is wrong."""


class ProviderNotFound(ConfigurationError):
    """No provider of that name. `remedy` says what to write; without one, which names there are."""

    def __init__(self, name: str, known: Collection[str], remedy: str = "") -> None:
        from difflib import get_close_matches  # only for those who misspell

        near = get_close_matches(name, known, n=1)
        guess = f"Did you mean {near[0]}? " if near else ""
        choice = remedy or f"Choose one of: {', '.join(sorted(known))}."
        super().__init__(f"There is no provider named {name!r}.", guess + choice)


class NoChatModel(ConfigurationError):
    """No model is chosen that answers questions."""


class Untrusted(ConfigurationError):
    """The user does not trust the folder."""


class Unsupported(ConfigurationError):
    """The provider's API has no place for a field of the request. `field` is its name, or its place in the body."""

    def __init__(self, field: str, model: str, dialect: str) -> None:
        self.field = field
        super().__init__(
            f"{model} can't be asked for `{field}`: its API ({dialect}) has no such thing.",
            "Leave it out, or choose another model.",
        )


class Private(PiCodeError):
    """What was asked about must not be shown to a model."""


class ProviderError(PiCodeError):
    """A provider did not answer as it should. `status` is the HTTP status, where there was one."""

    def __init__(
        self,
        provider: str,
        problem: str,
        remedy: str = "",
        *,
        status: int | None = None,
        retry_after: float | None = None,
        retryable: bool | None = None,
    ) -> None:
        self.provider = provider
        self.name = ""
        """The provider's name in the settings; empty where it is not known. `provider` is its title."""
        self.status = status
        self.retry_after = retry_after
        """The delay that the provider asks for, in seconds; None if it asks for none."""
        self.retryable = retryable
        """Whether the provider says that a retry may help (`x-should-retry`, a spent quota); None if it does not say."""
        self.correction: object | None = None
        """What to change so that the provider takes the request, where its words say so: a `wire.corrections.Correction`."""
        super().__init__(f"{provider}: {problem}", remedy)


class AuthenticationError(ProviderError):
    """No key, a wrong key, or a key without the right."""


class RateLimited(ProviderError):
    """Too many requests, or no credit left."""


class ModelUnavailable(ProviderError):
    """No such model, or it can't be loaded."""


class BadRequest(ProviderError):
    """The provider refuses the request as it is."""


class ContextTooLong(BadRequest):
    """The prompt is larger than the model's window."""


class StreamingNotSupported(BadRequest):
    """This model or provider can't stream."""


class ServerFailure(ProviderError):
    """The provider failed by itself, or its answer is no answer."""


class NotReady(ServerFailure):
    """The server is there, and still loads the model."""


class Truncated(ProviderError):
    """The stream ended before the answer did."""


class ProviderTimeout(ProviderError):
    """Connecting, the first token, the next token or the whole took too long."""


class NetworkFailure(ProviderError):
    """No connection to the provider."""


class AllProvidersFailed(ProviderError):
    """Every provider of a chain failed."""

    def __init__(self, causes: Sequence[PiCodeError]) -> None:
        self.causes = tuple(causes)
        names = ", ".join(dict.fromkeys(cause.provider for cause in causes if isinstance(cause, ProviderError)))
        super().__init__(names or "PiCode", "no model answered. " + " ".join(str(cause) for cause in causes))


# Providers quote the key in their complaint about it ("Incorrect API key provided: sk-…"). The shapes are those
# that the providers of the catalog document; a run of key characters after a telling word is taken for one too.
# The password of an address (RFC 3986, section 3.2.1), such as that of a proxy, is one in any case.
_SECRET = re.compile(
    r"(?<=://)[^\s/?#@]*:[^\s/?#@]+(?=@)|"
    r"\b(?:sk|pk|rk|gsk|xai|hf|ghp|gho|github_pat|pplx|fw|AIza|key|tgp)[-_][A-Za-z0-9_\-*.]{6,}"
    r"|\bAIza[A-Za-z0-9_\-]{10,}"
    r"|(?i:(?<=bearer )|(?<=key=)|(?<=key: )|(?<=token=))[A-Za-z0-9_\-.*]{6,}"
)


def redact(text: str) -> str:
    """`text` with everything that looks like a key replaced by `[key]`.

    >>> redact("Incorrect API key provided: sk-proj-abc123def456.")
    'Incorrect API key provided: [key]'
    """
    return _SECRET.sub("[key]", text)
