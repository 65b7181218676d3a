"""Error responses: the HTTP status of each error, and its body in the shape of the requested API."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from picode.core.errors import (
    AllProvidersFailed,
    AuthenticationError,
    BadRequest,
    ConfigurationError,
    ContextTooLong,
    ModelUnavailable,
    NetworkFailure,
    PiCodeError,
    Private,
    ProviderError,
    ProviderNotFound,
    ProviderTimeout,
    RateLimited,
    Unsupported,
    redact,
)

Kind = Literal[
    "invalid",
    "token",
    "forbidden",
    "model",
    "not_found",
    "too_long",
    "too_large",
    "limit",
    "provider",
    "busy",
    "timeout",
]


class ApiError(Exception):
    """An error response. `field` is the field of the request that is wrong, `retry_after` is in seconds, and `retry` tells
    clients whether to try again (None: as they like)."""

    def __init__(
        self,
        status: int,
        kind: Kind,
        message: str,
        *,
        field: str | None = None,
        retry_after: float | None = None,
        retry: bool | None = None,
    ) -> None:
        self.status = status
        self.kind: Kind = kind
        self.message = redact(message)
        self.field = field
        self.retry_after = retry_after
        self.retry = retry
        super().__init__(self.message)

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the response. OpenAI's and Anthropic's SDKs obey `x-should-retry`."""
        named = {"www-authenticate": "Bearer"} if self.kind == "token" else {}
        if self.retry_after is not None:
            named["retry-after"] = str(max(1, math.ceil(self.retry_after)))
        if self.retry is not None:
            named["x-should-retry"] = "true" if self.retry else "false"
        return named


@dataclass(frozen=True, slots=True)
class _Row:
    error: type[PiCodeError]
    status: int
    kind: Kind
    retry: bool | None = None


# The first row that fits counts. The provider's 401 becomes 403: at a 401 the gateway's client would look for the fault in its
# own token, and at a 5xx programs that know no `x-should-retry` try again for minutes.
_ROWS = (
    _Row(ProviderNotFound, 404, "model"),
    _Row(Unsupported, 400, "invalid", retry=False),
    _Row(ConfigurationError, 400, "invalid"),
    _Row(Private, 403, "forbidden"),
    _Row(AuthenticationError, 403, "forbidden", retry=False),
    _Row(RateLimited, 429, "limit"),
    _Row(ModelUnavailable, 404, "model"),
    _Row(ContextTooLong, 400, "too_long"),
    _Row(BadRequest, 400, "invalid"),
    _Row(ProviderTimeout, 504, "timeout"),
    _Row(NetworkFailure, 502, "provider"),
    _Row(PiCodeError, 502, "provider"),
)
_OVERLOADED = (503, 529)


def api_error(error: PiCodeError) -> ApiError:
    """The response for an error of the assistant."""
    if isinstance(error, AllProvidersFailed):
        return _common_error(error)
    row = next(row for row in _ROWS if isinstance(error, row.error))
    wait = error.retry_after if isinstance(error, ProviderError) else None
    status, kind = row.status, row.kind
    if kind == "provider" and (getattr(error, "status", None) in _OVERLOADED or wait is not None):
        status, kind = 503, "busy"
    field = error.field if isinstance(error, Unsupported) else None
    return ApiError(status, kind, str(error), field=field, retry_after=wait, retry=row.retry)


def _common_error(error: AllProvidersFailed) -> ApiError:
    """The status that all providers agree on, else 502."""
    each = [api_error(cause) for cause in error.causes]
    waits = [one.retry_after for one in each if one.retry_after is not None]
    agreed = {(one.status, one.kind) for one in each}
    status, kind = agreed.pop() if len(agreed) == 1 else (502, "provider")
    retry = False if each and all(one.retry is False for one in each) else None
    return ApiError(status, kind, str(error), retry_after=min(waits, default=None), retry=retry)


Shape = Callable[[ApiError, str], dict[str, Any]]
"""Makes the body of an error, as JSON, from the error and the request's id."""

# https://platform.openai.com/docs/guides/error-codes
_OPENAI: Mapping[Kind, tuple[str, str | None]] = {
    "invalid": ("invalid_request_error", None),
    "token": ("invalid_request_error", "invalid_api_key"),
    "forbidden": ("invalid_request_error", "forbidden"),
    "model": ("invalid_request_error", "model_not_found"),
    "not_found": ("invalid_request_error", "unknown_url"),
    "too_long": ("invalid_request_error", "context_length_exceeded"),
    "too_large": ("invalid_request_error", "request_too_large"),
    "limit": ("requests", "rate_limit_exceeded"),
    "provider": ("server_error", None),
    "busy": ("server_error", "overloaded"),
    "timeout": ("server_error", "timeout"),
}

# https://docs.claude.com/en/api/errors
_ANTHROPIC: Mapping[Kind, str] = {
    "invalid": "invalid_request_error",
    "token": "authentication_error",
    "forbidden": "permission_error",
    "model": "not_found_error",
    "not_found": "not_found_error",
    "too_long": "invalid_request_error",
    "too_large": "request_too_large",
    "limit": "rate_limit_error",
    "provider": "api_error",
    "busy": "overloaded_error",
    "timeout": "timeout_error",
}


def as_openai(error: ApiError, request: str) -> dict[str, Any]:
    kind, code = _OPENAI[error.kind]
    return {"error": {"message": error.message, "type": kind, "param": error.field, "code": code}}


def as_anthropic(error: ApiError, request: str) -> dict[str, Any]:
    body = {"type": _ANTHROPIC[error.kind], "message": error.message}
    return {"type": "error", "error": body, "request_id": request}


def as_own(error: ApiError, request: str) -> dict[str, Any]:
    body = {
        "kind": error.kind,
        "message": error.message,
        "field": error.field,
        "retryAfter": error.retry_after,
    }
    return {"error": body, "request": request}


# https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md ("API errors")
_LLAMACPP: Mapping[Kind, str] = {
    "invalid": "invalid_request_error",
    "token": "authentication_error",
    "forbidden": "permission_error",
    "model": "not_found_error",
    "not_found": "not_found_error",
    "too_long": "exceed_context_size_error",
    "too_large": "invalid_request_error",
    "limit": "unavailable_error",
    "provider": "server_error",
    "busy": "unavailable_error",
    "timeout": "server_error",
}

# https://cloud.google.com/apis/design/errors#handling_errors
_GOOGLE: Mapping[Kind, str] = {
    "invalid": "INVALID_ARGUMENT",
    "token": "UNAUTHENTICATED",
    "forbidden": "PERMISSION_DENIED",
    "model": "NOT_FOUND",
    "not_found": "NOT_FOUND",
    "too_long": "INVALID_ARGUMENT",
    "too_large": "INVALID_ARGUMENT",
    "limit": "RESOURCE_EXHAUSTED",
    "provider": "INTERNAL",
    "busy": "UNAVAILABLE",
    "timeout": "DEADLINE_EXCEEDED",
}


def as_llamacpp(error: ApiError, request: str) -> dict[str, Any]:
    return {"error": {"code": error.status, "message": error.message, "type": _LLAMACPP[error.kind]}}


def as_ollama(error: ApiError, request: str) -> dict[str, Any]:
    return {"error": error.message}


def as_gemini(error: ApiError, request: str) -> dict[str, Any]:
    """Google's clients read in the details how long to wait, and which field is wrong."""
    details: list[dict[str, Any]] = []
    if error.retry_after is not None:
        delay = f"{max(1, math.ceil(error.retry_after))}s"
        details.append({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay})
    if error.field:
        violation = {"field": error.field, "description": error.message}
        details.append({"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]})
    body = {"code": error.status, "message": error.message, "status": _GOOGLE[error.kind]}
    return {"error": {**body, **({"details": details} if details else {})}}


_SHAPES: tuple[tuple[tuple[str, ...], Shape], ...] = (
    (("/v1/messages",), as_anthropic),
    (("/v1/",), as_openai),
    (("/v1beta/",), as_gemini),
    (("/infill", "/props"), as_llamacpp),
    (("/api/chat", "/api/generate", "/api/embed", "/api/tags", "/api/ps", "/api/show", "/api/version"), as_ollama),
)
"""By the beginning of a path; the first that fits counts."""


_VERBS = frozenset({"generateContent", "streamGenerateContent", "countTokens"})
"""What Google's clients ask of a model. Its name may have colons of its own, as Ollama's tags do."""


def shape_for(path: str, headers: Mapping[str, str]) -> Shape:
    """The shape for a request. `/v1/models` is in three APIs: Anthropic's clients send the header `anthropic-version`, Google's
    their key in one of its own, or a verb behind the model's name."""
    if path.startswith("/v1/") and "anthropic-version" in headers:
        return as_anthropic
    if path.startswith("/v1/models") and ("x-goog-api-key" in headers or path.rpartition(":")[2] in _VERBS):
        return as_gemini
    return next((shape for beginnings, shape in _SHAPES if path.startswith(beginnings)), as_own)
