"""Error responses as the providers document them, and the error of the hierarchy that each becomes."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

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
from picode.wire import DIALECTS
from picode.wire.dialect import Failed
from picode.wire.failures import explain, retry_after

Kind = type[ProviderError]


def openai(
    message: str, kind: str | None = None, code: str | int | None = None, param: str | None = None
) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def anthropic(kind: str, message: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_011"}


def google(code: int, message: str, status: str, *details: dict[str, Any]) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "status": status, "details": list(details)}}


# (status, body, the error): https://platform.openai.com/docs/guides/error-codes
OPENAI: list[tuple[int, Any, Kind]] = [
    (
        401,
        openai("Incorrect API key provided: sk-proj-abc123XYZ.", "invalid_request_error", "invalid_api_key"),
        AuthenticationError,
    ),
    (401, openai("You didn't provide an API key.", "invalid_request_error"), AuthenticationError),
    (
        403,
        openai(
            "Country, region, or territory not supported", "request_forbidden", "unsupported_country_region_territory"
        ),
        AuthenticationError,
    ),
    (
        403,
        openai("Project `p` does not have access to model `gpt-5`", "invalid_request_error", "model_not_found"),
        ModelUnavailable,
    ),
    (
        404,
        openai(
            "The model `gpt-9` does not exist or you do not have access to it.",
            "invalid_request_error",
            "model_not_found",
        ),
        ModelUnavailable,
    ),
    (404, openai("Invalid URL (POST /v1/v1/chat/completions)", "invalid_request_error"), BadRequest),
    (
        400,
        openai(
            "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
            None,
            None,
        ),
        ContextTooLong,
    ),
    (400, openai("too long", "invalid_request_error", "context_length_exceeded", "messages"), ContextTooLong),
    (
        400,
        openai("Your input exceeds the context window of this model.", "invalid_request_error"),
        ContextTooLong,
    ),
    (
        400,
        openai(
            "Your organization must be verified to stream this model.",
            "invalid_request_error",
            "unsupported_value",
            "stream",
        ),
        StreamingNotSupported,
    ),
    (
        400,
        openai(
            "Unsupported value: 'stream' does not support true", "invalid_request_error", "unsupported_value", "stream"
        ),
        StreamingNotSupported,
    ),
    (
        400,
        openai("Unsupported parameter: 'max_tokens' is not supported with this model.", "invalid_request_error"),
        BadRequest,
    ),
    (
        429,
        openai("Rate limit reached for gpt-4.1. Please try again in 1.5s.", "tokens", "rate_limit_exceeded"),
        RateLimited,
    ),
    (
        429,
        openai("Request too large for gpt-4o on tokens per min (TPM): Limit 30000", "tokens", "rate_limit_exceeded"),
        ContextTooLong,
    ),
    (429, openai("You exceeded your current quota.", "insufficient_quota", "insufficient_quota"), RateLimited),
    (500, openai("The server had an error while processing your request.", "server_error"), ServerFailure),
    (503, openai("The engine is currently overloaded.", "server_error"), ServerFailure),
]

# https://docs.claude.com/en/api/errors
ANTHROPIC: list[tuple[int, Any, Kind]] = [
    (400, anthropic("invalid_request_error", "max_tokens: Field required"), BadRequest),
    (400, anthropic("invalid_request_error", "prompt is too long: 208310 tokens > 200000 maximum"), ContextTooLong),
    (
        400,
        anthropic(
            "invalid_request_error", "input length and `max_tokens` exceed context limit: 199000 + 8192 > 200000"
        ),
        ContextTooLong,
    ),
    (
        400,
        anthropic("invalid_request_error", "Your credit balance is too low to access the Anthropic API."),
        RateLimited,
    ),
    (400, anthropic("invalid_request_error", "You have reached your specified API usage limits."), RateLimited),
    (401, anthropic("authentication_error", "invalid x-api-key"), AuthenticationError),
    (402, anthropic("billing_error", "Payment failed"), RateLimited),
    (403, anthropic("permission_error", "Your API key does not have permission"), AuthenticationError),
    (404, anthropic("not_found_error", "model: claude-9"), ModelUnavailable),
    (404, anthropic("not_found_error", "Not Found"), BadRequest),
    (413, anthropic("request_too_large", "Request exceeds the maximum size"), ContextTooLong),
    (429, anthropic("rate_limit_error", "This request would exceed your rate limit"), RateLimited),
    (500, anthropic("api_error", "Internal server error"), ServerFailure),
    (504, anthropic("timeout_error", "Request timed out"), ProviderTimeout),
    (529, anthropic("overloaded_error", "Overloaded"), ServerFailure),
]

# https://ai.google.dev/gemini-api/docs/troubleshooting
GEMINI: list[tuple[int, Any, Kind]] = [
    (
        400,
        google(400, "API key not valid.", "INVALID_ARGUMENT", {"@type": "…ErrorInfo", "reason": "API_KEY_INVALID"}),
        AuthenticationError,
    ),
    (400, google(400, "Invalid JSON payload received.", "INVALID_ARGUMENT"), BadRequest),
    (400, google(400, "User location is not supported for the API use.", "FAILED_PRECONDITION"), BadRequest),
    (
        400,
        google(
            400,
            "The input token count (1048577) exceeds the maximum number of tokens allowed (1048576).",
            "INVALID_ARGUMENT",
        ),
        ContextTooLong,
    ),
    (403, google(403, "Your API key was reported as leaked.", "PERMISSION_DENIED"), AuthenticationError),
    (
        404,
        google(
            404, "models/x is not found for API version v1beta, or is not supported for generateContent.", "NOT_FOUND"
        ),
        ModelUnavailable,
    ),
    (429, google(429, "You exceeded your current quota, please check your plan.", "RESOURCE_EXHAUSTED"), RateLimited),
    (500, google(500, "An internal error has occurred.", "INTERNAL"), ServerFailure),
    (503, google(503, "The model is overloaded. Please try again later.", "UNAVAILABLE"), ServerFailure),
    (504, google(504, "Deadline expired.", "DEADLINE_EXCEEDED"), ProviderTimeout),
    (400, [google(400, "In an array.", "INVALID_ARGUMENT")], BadRequest),
]

# https://docs.mistral.ai/api; the shapes are those of its issue trackers
MISTRAL: list[tuple[int, Any, Kind]] = [
    (401, {"message": "Unauthorized", "request_id": "x"}, AuthenticationError),
    (401, {"detail": "Unauthorized"}, AuthenticationError),
    (
        400,
        {"object": "error", "message": "Invalid model: x", "type": "invalid_model", "code": "1500"},
        ModelUnavailable,
    ),
    (
        400,
        {
            "object": "error",
            "message": "Prompt contains 33140 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
            "type": "invalid_request_error",
            "code": "3051",
        },
        ContextTooLong,
    ),
    (
        422,
        {
            "object": "error",
            "message": {"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]},
        },
        BadRequest,
    ),
    (
        422,
        {"detail": [{"loc": ["body", "messages"], "msg": "field required", "type": "value_error.missing"}]},
        BadRequest,
    ),
    (429, {"message": "Requests rate limit exceeded"}, RateLimited),
    (
        429,
        {"object": "error", "message": "Service tier capacity exceeded for this model.", "code": "3505"},
        RateLimited,
    ),
]

# https://github.com/ollama/ollama/blob/main/docs/api.md and its server's routes
OLLAMA: list[tuple[int, Any, Kind]] = [
    (404, {"error": 'model "llama9" not found, try pulling it first'}, ModelUnavailable),
    (404, {"error": "model 'llama9' not found"}, ModelUnavailable),
    (404, "404 page not found", BadRequest),
    (400, {"error": "registry.ollama.ai/library/llama3.2:latest does not support insert"}, BadRequest),
    (400, {"error": '"nomic-embed-text" does not support chat'}, BadRequest),
    (500, {"error": "model requires more system memory (5.6 GiB) than is available (2.3 GiB)"}, ModelUnavailable),
    (500, {"error": "llama runner process has terminated: signal: killed"}, ServerFailure),
    (503, {"error": "server busy, please try again.  maximum pending requests exceeded"}, ServerFailure),
    (401, {"error": "unauthorized"}, AuthenticationError),
]

# https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md
LLAMACPP: list[tuple[int, Any, Kind]] = [
    (
        400,
        {
            "error": {
                "code": 400,
                "message": "the request exceeds the available context size, try increasing it",
                "type": "exceed_context_size_error",
                "n_prompt_tokens": 9000,
                "n_ctx": 4096,
            }
        },
        ContextTooLong,
    ),
    (401, openai("Invalid API Key", "authentication_error", 401), AuthenticationError),
    (404, openai("File Not Found", "not_found_error", 404), BadRequest),
    (
        501,
        openai("Infill is not supported by this model: prefix token is missing.", "not_supported_error", 501),
        BadRequest,
    ),
    (503, openai("Loading model", "unavailable_error", 503), NotReady),
]

# https://docs.cohere.com/reference/errors
COHERE: list[tuple[int, Any, Kind]] = [
    (
        400,
        {"message": "too many tokens: size limit exceeded by 11326 tokens. Try using shorter or fewer inputs."},
        ContextTooLong,
    ),
    (400, {"message": "invalid request: temperature must be between 0 and 1.0 inclusive."}, BadRequest),
    (401, {"message": "invalid api token"}, AuthenticationError),
    (404, {"message": "model 'x' not found, make sure the correct model ID was used"}, ModelUnavailable),
    (429, {"message": "You are using a Trial key, which is limited to 40 API calls / minute."}, RateLimited),
    (498, {"message": "invalid token"}, AuthenticationError),
    (500, {"message": "internal server error"}, ServerFailure),
]

# What else is written in the documentation of the catalog's providers, or in what they run.
OTHERS: list[tuple[int, Any, Kind]] = [
    # DeepSeek: https://api-docs.deepseek.com/quick_start/error_codes
    (402, openai("Insufficient Balance", "unknown_error", "invalid_request_error"), RateLimited),
    (400, openai("Model Not Exist", "invalid_request_error", "invalid_request_error"), ModelUnavailable),
    # xAI answers 400 to a wrong key, and its prompts have a length of their own.
    (
        400,
        {"code": "Client specified an invalid argument", "error": "Incorrect API key provided: xai-12345678."},
        AuthenticationError,
    ),
    (
        400,
        {"error": "This model's maximum prompt length is 131072 but the request contains 537812 tokens."},
        ContextTooLong,
    ),
    (403, {"error": "Your newly created teams doesn't have any credits yet."}, RateLimited),
    # Groq: https://console.groq.com/docs/errors
    (
        413,
        openai("Request too large for model `llama` on tokens per minute (TPM)", "tokens", "rate_limit_exceeded"),
        ContextTooLong,
    ),
    (
        400,
        openai("The model `gemma` has been decommissioned", "invalid_request_error", "model_decommissioned"),
        ModelUnavailable,
    ),
    # OpenRouter: https://openrouter.ai/docs/api-reference/errors
    (402, {"error": {"code": 402, "message": "Insufficient credits"}}, RateLimited),
    (
        403,
        {"error": {"code": 403, "message": "Your input was flagged", "metadata": {"reasons": ["violence"]}}},
        BadRequest,
    ),
    (400, {"error": {"code": 400, "message": "x/y is not a valid model ID"}}, ModelUnavailable),
    (404, {"error": {"code": 404, "message": "No endpoints found matching your data policy"}}, ModelUnavailable),
    (
        429,
        {
            "error": {
                "code": 429,
                "message": "Provider returned error",
                "metadata": {"raw": "m is temporarily rate-limited upstream"},
            }
        },
        RateLimited,
    ),
    # Azure: https://learn.microsoft.com/azure/ai-foundry/openai/reference
    (
        401,
        {"statusCode": 401, "message": "Unauthorized. Access token is missing, invalid, or expired."},
        AuthenticationError,
    ),
    (404, openai("The API deployment for this resource does not exist.", None, "DeploymentNotFound"), ModelUnavailable),
    (404, {"error": {"code": "404", "message": "Resource not found"}}, BadRequest),
    (
        400,
        {
            "error": {
                "code": "content_filter",
                "message": "The response was filtered",
                "status": 400,
                "innererror": {"code": "ResponsibleAIPolicyViolation"},
            }
        },
        BadRequest,
    ),
    # vLLM
    (
        404,
        {"object": "error", "message": "The model `x` does not exist.", "type": "NotFoundError", "code": 404},
        ModelUnavailable,
    ),
    (
        400,
        {
            "object": "error",
            "message": "This model's maximum context length is 4096 tokens.",
            "type": "BadRequestError",
        },
        ContextTooLong,
    ),
    # Text Generation Inference
    (
        422,
        {
            "error": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096.",
            "error_type": "validation",
        },
        ContextTooLong,
    ),
    (429, {"error": "Model is overloaded", "error_type": "overloaded"}, RateLimited),
    # Hugging Face
    (503, {"error": "Model bigcode/x is currently loading", "estimated_time": 20.0}, NotReady),
    (402, {"error": "You have exceeded your monthly included credits for Inference Providers."}, RateLimited),
    # LM Studio
    (
        404,
        {"error": {"message": "No models loaded. Please load a model in the developer page.", "code": None}},
        ModelUnavailable,
    ),
    (400, {"error": 'Failed to load model "x". Error: insufficient memory'}, ModelUnavailable),
    (
        400,
        {
            "error": "Trying to keep the first 9000 tokens when context the overflows. "
            "However, the model is loaded with context length of only 4096 tokens"
        },
        ContextTooLong,
    ),
    # GitHub Models
    (413, {"error": {"code": "tokens_limit_reached", "message": "Request body too large for gpt-4o."}}, ContextTooLong),
    (429, {"error": {"code": "RateLimitReached", "message": "Rate limit of 150 per 86400s exceeded"}}, RateLimited),
    (400, {"error": {"code": "unknown_model", "message": "Unknown model: x"}}, ModelUnavailable),
    # Together, Fireworks
    (
        400,
        openai("The prompt is too long: 12345, model maximum context length: 8192", "invalid_request_error"),
        ContextTooLong,
    ),
    # Things in between
    (401, "<html><head><title>401 Authorization Required</title></head></html>", AuthenticationError),
    (403, "<!DOCTYPE html><title>Access denied</title>", ServerFailure),
    (404, "<html>nginx</html>", ServerFailure),
    (407, "", NetworkFailure),
    (408, "", ProviderTimeout),
    (409, "", BadRequest),
    (502, "<html><h1>502 Bad Gateway</h1></html>", ServerFailure),
    (504, "upstream request timeout", ProviderTimeout),
    (307, "", ServerFailure),
    (418, "", BadRequest),
    (500, "", ServerFailure),
    (599, "", ServerFailure),
    (404, "", BadRequest),
    (404, {"detail": "Not Found"}, BadRequest),
]

TABLE = [
    *(("openai_chat", *row) for row in OPENAI),
    *(("openai_responses", *row) for row in OPENAI),
    *(("anthropic_messages", *row) for row in ANTHROPIC),
    *(("gemini", *row) for row in GEMINI),
    *(("mistral_fim", *row) for row in MISTRAL),
    *(("mistral_chat", *row) for row in MISTRAL),
    *(("ollama", *row) for row in OLLAMA),
    *(("llamacpp_infill", *row) for row in LLAMACPP),
    *(("openai_completions", *row) for row in LLAMACPP),
    *(("cohere", *row) for row in COHERE),
    *(("openai_chat", *row) for row in OTHERS),
]


def failed(status: int, body: Any = "", **headers: str) -> Failed:
    text = body if isinstance(body, str) else json.dumps(body)
    return Failed(status, {name.replace("_", "-"): value for name, value in headers.items()}, text)


@pytest.mark.parametrize(("dialect", "status", "body", "kind"), TABLE)
def test_a_documented_error_becomes_the_error_that_it_means(dialect: str, status: int, body: Any, kind: Kind) -> None:
    error = DIALECTS[dialect].explain(failed(status, body), "Example")
    assert type(error) is kind
    assert error.status == status
    assert str(error).startswith("Example: ")
    assert f"(HTTP {status})" in str(error)
    assert message_in(body) in str(error)


def message_in(body: Any) -> str:
    """The provider's own message, where it is in one of the plain places and quotes no key."""
    inner = body.get("error", body) if isinstance(body, dict) else {}
    said = inner if isinstance(inner, str) else inner.get("message", "")
    return "" if not isinstance(said, str) or "key provided" in said else " ".join(said.split())


def test_a_key_that_the_provider_quotes_is_not() -> None:
    error = explain(failed(401, openai("Incorrect API key provided: sk-proj-abc123XYZ.")), "Example")
    assert "abc123XYZ" not in str(error)
    assert "[key]" in str(error)


@pytest.mark.parametrize(
    ("status", "body", "retryable"),
    [
        (429, openai("You exceeded your current quota.", "insufficient_quota", "insufficient_quota"), False),
        (429, {"type": "error", "error": {"type": "enforced_spend_limit_reached", "message": "Stop"}}, False),
        (402, "", False),
        (
            429,
            google(
                429,
                "Quota exceeded",
                "RESOURCE_EXHAUSTED",
                {
                    "@type": "type.googleapis.com/google.rpc.QuotaFailure",
                    "violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}],
                },
            ),
            False,
        ),
        (429, google(429, "Quota exceeded", "RESOURCE_EXHAUSTED"), None),
        (429, "", None),
        (503, openai("Loading model", "unavailable_error", 503), True),
        (500, "", None),
        (404, openai("x", None, "model_not_found"), False),
    ],
)
def test_whether_to_try_again_is_said_where_the_body_tells(status: int, body: Any, retryable: bool | None) -> None:
    assert explain(failed(status, body), "Example").retryable is retryable


@pytest.mark.parametrize(("header", "retryable"), [("true", True), ("false", False), ("TRUE ", True), ("maybe", None)])
def test_the_servers_own_word_on_trying_again_wins(header: str, retryable: bool | None) -> None:
    assert explain(failed(500, x_should_retry=header), "Example").retryable is retryable
    spent = openai("x", "insufficient_quota")
    expected = False if retryable is None else retryable
    assert explain(failed(429, spent, x_should_retry=header), "Example").retryable is expected


DATE = "Wed, 21 Oct 2015 07:28:00 GMT"
LATER = "Wed, 21 Oct 2015 07:28:30 GMT"
UNIX = 1445412480.0


@pytest.mark.parametrize(
    ("headers", "now", "seconds"),
    [
        ({}, None, None),
        ({"retry-after": "1"}, None, 1.0),
        ({"retry-after": " 1.5 "}, None, 1.5),
        ({"retry-after": "0"}, None, 0.0),
        ({"retry-after": "-5"}, None, 0.0),
        ({"retry-after": "nan"}, None, None),
        ({"retry-after": "inf"}, None, None),
        ({"retry-after": "1000000000"}, None, 1e9),
        ({"retry-after": "soon"}, None, None),
        ({"retry-after": ""}, None, None),
        ({"retry-after": "9" * 5000}, None, None),
        ({"retry-after-ms": "250", "retry-after": "9"}, None, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "9"}, None, 9.0),
        ({"retry-after": LATER}, None, None),
        ({"retry-after": LATER}, UNIX, 30.0),
        ({"retry-after": DATE}, UNIX + 5, 0.0),
        ({"retry-after": LATER, "date": DATE}, None, 30.0),
        ({"retry-after": LATER, "date": DATE}, UNIX + 86_400, 30.0),
        ({"retry-after": LATER, "date": "yesterday"}, UNIX, 30.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:30 -0000"}, UNIX, 30.0),
        ({"retry-after": "Wednesday, 21-Oct-15 07:28:30 GMT"}, UNIX, 30.0),
        ({"retry-after": "Wed, 99 Oct 2015 07:28:30 GMT"}, UNIX, None),
    ],
)
def test_the_wait_that_headers_ask_for(headers: dict[str, str], now: float | None, seconds: float | None) -> None:
    assert retry_after(headers, now) == seconds


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system can't change the time zone of a process")
def test_a_date_without_a_zone_is_not_read_in_the_zone_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert retry_after({"retry-after": "Wed, 21 Oct 2015 07:28:30 -0000"}, UNIX) == 30.0
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        (openai("Rate limit reached. Please try again in 20s. Visit …"), 20.0),
        (openai("Please try again in 350ms."), 0.35),
        (openai("Please try again in 1m12.5s."), 72.5),
        (openai("Please try again in 7h12m0s."), 25_920.0),
        (openai("Please try again in 6m."), 360.0),
        (openai("Please retry after 20 seconds."), 20.0),
        (openai("Please try again in a moment."), None),
        (openai("Please try again later."), None),
        (google(429, "x", "RESOURCE_EXHAUSTED", {"@type": "…RetryInfo", "retryDelay": "17s"}), 17.0),
        (google(429, "x", "RESOURCE_EXHAUSTED", {"@type": "…RetryInfo", "retryDelay": "0.5s"}), 0.5),
        (google(429, "x", "RESOURCE_EXHAUSTED", {"@type": "…RetryInfo", "retryDelay": "soon"}), None),
    ],
)
def test_the_wait_that_a_body_asks_for(body: Any, seconds: float | None) -> None:
    assert explain(failed(429, body), "Example").retry_after == seconds


def test_a_header_goes_before_the_body() -> None:
    error = explain(failed(429, openai("Please try again in 20s."), retry_after="3"), "Example")
    assert error.retry_after == 3.0


def test_a_long_complaint_is_cut() -> None:
    error = explain(failed(400, openai("x" * 100_000)), "Example")
    assert len(str(error)) < 600


def test_a_complaint_over_several_lines_becomes_one() -> None:
    assert "two\nlines" not in str(explain(failed(400, openai("two\nlines")), "Example"))
    assert "two lines" in str(explain(failed(400, openai("two\nlines")), "Example"))
