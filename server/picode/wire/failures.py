"""What failed responses mean: error bodies and statuses to the hierarchy of `core.errors`, the same for all dialects.

Statuses alone don't tell (xAI and Google answer 400 to a wrong key, OpenAI 429 to an empty account, Groq 413 to a long
prompt), so the words of the body are asked first, in the order of `_MEANINGS`, then the status.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from picode.core.errors import (
    AuthenticationError,
    BadRequest,
    ContextTooLong,
    ModelUnavailable,
    NetworkFailure,
    NotReady,
    ProviderError,
    ProviderTimeout,
    RateLimited,
    ServerFailure,
    StreamingNotSupported,
)
from picode.wire.dialect import Failed
from picode.wire.error_body import Complaint, complaint_of, read_complaint
from picode.wire.shapes import finite


def explain(failed: Failed, provider: str) -> ProviderError:
    """The error of the hierarchy for a response that is no success."""
    complaint = read_complaint(failed.body)
    meaning = _meaning_of(complaint, failed.status)
    if meaning is _KEY and not failed.keyed:
        meaning = _KEYLESS
    wait, retryable = retry_after(failed.headers), _should_retry(failed.headers)
    return _described(meaning, complaint, provider, failed.status, (wait, retryable))


def stream_failure(error: Any, provider: str) -> ProviderError:
    """The error for one that came within a stream, or a body, of status 200. `error` is the JSON value that says it."""
    complaint = complaint_of(error)
    status = min((int(word) for word in complaint.words if re.fullmatch(r"[45][0-9]{2}", word)), default=None)
    return _described(_meaning_of(complaint, status), complaint, provider, status)


def without_answer(body: str, provider: str) -> ProviderError | None:
    """The error that `body`, of status 200 and no answer of the dialect, tells of in any shape; None if it says nothing."""
    complaint = read_complaint(body)
    if not complaint.message and not complaint.page:
        return None
    return _described(_meaning_of(complaint, None), complaint, provider)


@dataclass(frozen=True, slots=True)
class _Meaning:
    """One kind of failure: the codes and phrases that identify it, and the error that it becomes."""

    kind: Callable[..., ProviderError]
    problem: str
    remedy: str
    words: frozenset[str]
    message: str
    retryable: bool | None = None


def _meaning(
    kind: Callable[..., ProviderError],
    problem: str,
    remedy: str,
    words: str = "",
    message: str = r"(?!)",
    retryable: bool | None = None,
) -> _Meaning:
    return _Meaning(kind, problem, remedy, frozenset(words.split()), message, retryable)


_SPENT = _meaning(
    RateLimited,
    "the account has no credit left",
    "Add credit or raise the spending limit in the provider's console, or choose another provider.",
    "insufficient_quota billing_error billing_hard_limit_reached billing_not_active enforced_spend_limit_reached "
    "insufficient_balance exceeded_current_quota_error credit_limit_reached",
    r"credit balance is too low|insufficient (?:balance|credits|funds)|(?:spend|spending|usage) limits?\b.*\breached"
    r"|reached (?:its|your)\b.* (?:spend|spending|usage) limits?|doesn't have any credits|used all available credits"
    r"|exceeded your monthly included credits|depleted your monthly",
    retryable=False,
)
_LONG = _meaning(
    ContextTooLong,
    "the prompt is too long for the model",
    "Ask about less code, or choose a model with a larger context window.",
    "context_length_exceeded exceed_context_size_error request_too_large tokens_limit_reached string_above_max_length "
    "model_max_prompt_tokens_exceeded",
    r"maximum context length|context length of only|(?:prompt|input) is too long|too large for model with"
    r"|exceeds? (?:the |its )?(?:available |maximum |model's )*context|longer than the model's context"
    r"|exceeds the maximum number of tokens|greater than the context length|maximum prompt length is"
    r"|too many tokens: size limit|`inputs` (?:tokens \+ `max_new_tokens` must be|must have less than)"
    r"|request (?:body )?too large|reduce the length of (?:the|your) (?:messages|prompt|input)"
    r"|input length exceeds|input length and `max_tokens` exceed",
)
_LOADING = _meaning(
    NotReady,
    "the model is still loading",
    "Try again in a moment.",
    message=r"^loading model|model .{0,200}is currently loading|model is loading",
    retryable=True,
)
_STREAM = _meaning(
    StreamingNotSupported,
    "can't stream this model's answers",
    "Switch streaming off for this provider, or choose another model.",
    message=r"must be verified to stream|(?:does(?:n't| not)|do(?:n't| not)|can(?:'t|not)) (?:support )?stream"
    r"|streaming (?:is|mode is)? ?(?:not|un)[ -]?supported|stream(?:ing)? is not (?:supported|available|allowed)"
    r"|unsupported (?:value|parameter): '?stream'?\b",
)
_MODEL = _meaning(
    ModelUnavailable,
    "the model isn't available",
    "Choose another model, or check its name and that this key may use it.",
    "model_not_found deploymentnotfound unknown_model invalid_model model_decommissioned model_not_available "
    "model_not_supported notfounderror no_such_model",
    r"model\b.{0,200}(?:(?:not|n't) (?:found|exist|loaded|accessible)|decommissioned|no longer available|been retired"
    r"|is not supported for generatecontent)|models/\S{1,200} is not found|(?:invalid|unknown|no such) model\b"
    r"|not a valid model|no models? loaded|failed to load model|does not have access to model"
    r"|requires more system memory|no endpoints found|^model: ",
    retryable=False,
)
_KEY = _meaning(
    AuthenticationError,
    "refused the key",
    "Check the key, and that it may use this model.",
    "invalid_api_key authentication_error api_key_invalid unauthorized unauthenticated invalid_authentication_error "
    "incorrect_api_key permission_error permission_denied unsupported_country_region_territory 401 403",
    r"(?:incorrect|invalid|missing|no) api[ _-]?(?:key|token)\b|api key (?:not valid|not found|is (?:invalid|missing))",
)
_KEYLESS = _meaning(AuthenticationError, "wants a key, and none was sent", "Name the key for this address.")
_LIMIT = _meaning(
    RateLimited,
    "too many requests",
    "Wait a little, or choose another provider.",
    "rate_limit_error rate_limit_exceeded resource_exhausted ratelimitreached too_many_requests overloaded_requests "
    "service_tier_capacity_exceeded 429",
    r"\brate limit",
)
_LATE = _meaning(
    ProviderTimeout,
    "took too long, by its own account",
    "Try again, or choose a faster model.",
    "timeout_error deadline_exceeded timeout 408 504",
)
_FILTER = _meaning(
    BadRequest,
    "its content filter refused the request",
    "Rephrase the question, or choose another provider.",
    "content_filter responsibleaipolicyviolation content_policy_violation data_inspection_failed",
    r"input was flagged|content management policy",
    retryable=False,
)
_BUSY = _meaning(
    ServerFailure,
    "is overloaded",
    "Try again in a moment, or choose another provider.",
    "overloaded_error overloaded unavailable engine_overloaded unavailable_error service_unavailable 503 529",
    r"\boverloaded\b|server busy",
)
_LACKS = _meaning(
    BadRequest,
    "this server or model can't do that",
    "Choose another model, or another way of asking it.",
    "not_supported_error 501",
    r"does not support (?:insert|chat|generate|completion|thinking)",
    retryable=False,
)
_WRONG = _meaning(
    BadRequest,
    "refused the request",
    "",
    "invalid_request_error invalid_argument badrequesterror failed_precondition unprocessable_entity 400 422",
)
_BROKEN = _meaning(ServerFailure, "failed", "Try again, or choose another provider.")

_MEANINGS = (_SPENT, _LONG, _LOADING, _STREAM, _FILTER, _MODEL, _KEY, _LIMIT, _LATE, _BUSY, _LACKS, _WRONG)
"""What a body's words mean: the first that fits."""

_BY_STATUS: Mapping[int, _Meaning] = {
    401: _KEY,
    402: _SPENT,
    403: _KEY,
    408: _LATE,
    413: _LONG,
    429: _LIMIT,
    498: _KEY,  # Cohere: invalid token
    501: _LACKS,
    503: _BUSY,
    504: _LATE,
    529: _BUSY,  # Anthropic: overloaded
}
_SURE = frozenset({401, 402, 407, 413, 429})
"""Statuses that a vague word of the body ("invalid_request_error") doesn't overrule."""
_VAGUE = (_LIMIT, _LATE, _BUSY, _LACKS, _WRONG)

_ADDRESS = _meaning(
    BadRequest,
    "nothing answers at this address",
    "Check the base URL (most end in /v1), and that the provider offers this kind of request.",
)
_PROXY = _meaning(NetworkFailure, "the proxy wants a user name and password", "Set the proxy with its credentials.")
_PAGE = _meaning(
    ServerFailure,
    "answered with a web page: a proxy or a captive portal?",
    "Check the base URL and the network's sign-in page.",
)
_MOVED = _meaning(ServerFailure, "redirects to another address", "Set the base URL to the final address.")


def _meaning_of(complaint: Complaint, status: int | None) -> _Meaning:
    return _of_status(status, complaint) or _of_words(status, complaint) or _fallback(status)


def _described(
    meaning: _Meaning,
    complaint: Complaint,
    provider: str,
    status: int | None = None,
    retry: tuple[float | None, bool | None] = (None, None),
) -> ProviderError:
    """The error of a meaning. `retry` is what the headers say: seconds to wait, and whether to try again."""
    wait, retryable = retry
    where = f" (HTTP {status})" if status is not None else ""
    said = f": {complaint.message}" if complaint.message else ""
    end = "" if said.endswith((".", "!", "?", "…")) else "."
    return meaning.kind(
        provider,
        f"{meaning.problem}{where}{said}{end}",
        meaning.remedy,
        status=status,
        retry_after=wait if wait is not None else complaint.wait,
        retryable=retryable if retryable is not None else _retryable(meaning, complaint),
    )


def _of_status(status: int | None, complaint: Complaint) -> _Meaning | None:
    """The meaning of statuses that speak before the body does."""
    if status == 407:
        return _PROXY
    if status is not None and 300 <= status < 400:
        return _MOVED
    if complaint.page:
        return _BY_STATUS[status] if status in (401, 429) else _PAGE
    return _ADDRESS if status == 404 and not _fits(_MODEL, complaint) else None


def _of_words(status: int | None, complaint: Complaint) -> _Meaning | None:
    found = next((meaning for meaning in _MEANINGS if _fits(meaning, complaint)), None)
    sure = status in _SURE or (status is not None and status >= 500)
    return None if sure and found in _VAGUE else found


_LONGEST = 2_000
"""Characters of a provider's message that are looked at."""


def _fits(meaning: _Meaning, complaint: Complaint) -> bool:
    return not meaning.words.isdisjoint(complaint.words) or bool(
        re.search(meaning.message, complaint.message[:_LONGEST], re.IGNORECASE)
    )


def _fallback(status: int | None) -> _Meaning:
    if status is not None and status in _BY_STATUS:
        return _BY_STATUS[status]
    return _WRONG if status is not None and 400 <= status < 500 else _BROKEN


def _retryable(meaning: _Meaning, complaint: Complaint) -> bool | None:
    # Google's daily quotas: "GenerateRequestsPerDayPerProjectPerModel-FreeTier".
    if meaning is _LIMIT and any("perday" in word for word in complaint.words):
        return False
    return meaning.retryable


# -------------------------------------------------------------------------------------------------- waiting


def retry_after(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Seconds that the response asks to wait: `retry-after-ms`, else Retry-After as seconds or as an HTTP date.

    A date is compared with the response's own `date`, which no wrong clock on this side can spoil, and with `now` (Unix
    seconds) only where that is missing. Never negative; None where the headers say nothing, or nothing sensible.
    """
    milliseconds = finite(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return max(0.0, milliseconds / 1000)
    value = headers.get("retry-after", "")
    seconds = finite(value)
    if seconds is not None:
        return max(0.0, seconds)
    until, since = _unix(value), _unix(headers.get("date", ""))
    start = since if since is not None else now
    return max(0.0, until - start) if until is not None and start is not None else None


def _unix(text: str) -> float | None:
    from email.utils import parsedate_to_datetime  # not at start-up: half of `email` comes with it

    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _should_retry(headers: Mapping[str, str]) -> bool | None:
    # The word of OpenAI's and Anthropic's servers; their own clients obey it before anything else.
    return {"true": True, "false": False}.get(headers.get("x-should-retry", "").strip().lower())
