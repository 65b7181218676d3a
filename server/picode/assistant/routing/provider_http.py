"""Requests to a provider's own API, beside those to its models: for its list of models, and what one of them can do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from picode.assistant.ports import Deadlines, Endpoint, HttpRequest, Transport
from picode.assistant.routing.upstream import complete, key_headers, read_body
from picode.core.errors import PiCodeError, ProviderTimeout, ServerFailure
from picode.providers.catalog import Provider
from picode.wire import DIALECTS
from picode.wire.dialect import Failed
from picode.wire.shapes import parse

LARGEST = 8 * 1024 * 1024
"""Bytes of an answer. OpenRouter's list of models has one million."""


async def fetch_json(
    url: str,
    provider: Provider,
    endpoint: Endpoint,
    transport: Transport,
    deadlines: Deadlines,
    question: Mapping[str, Any] | None = None,
) -> Any:
    """The JSON at `url`, parsed; with a `question`, the answer to a POST of it. Raises `ProviderError`s and
    `ConfigurationError`s."""
    headers = {"accept": "application/json"}
    headers |= {name.lower(): value for name, value in provider.headers.items()}
    headers |= key_headers(provider, endpoint.key)
    if question is not None:
        headers["content-type"] = "application/json"
    body = b"" if question is None else json.dumps(question).encode()
    request = HttpRequest("GET" if question is None else "POST", url, headers, body)
    title = provider.title
    try:
        async with (
            asyncio.timeout(deadlines.total),
            transport.send(request, title, deadlines) as response,
        ):
            answer = await read_body(response, LARGEST + 1)
            if response.status != 200:
                text = answer.decode(errors="replace")
                failed = Failed(response.status, response.headers, text, keyed=bool(endpoint.key))
                raise DIALECTS[provider.chat].explain(failed, title)
    except TimeoutError as error:
        raise ProviderTimeout(title, f"no answer within {deadlines.total:g} s.", "Try again.") from error
    except PiCodeError as error:
        complete(error, provider, endpoint)
        raise
    if len(answer) > LARGEST:
        raise ServerFailure(title, f"its answer is larger than {LARGEST:,} bytes.", "Check the base URL.")
    return parse(answer.decode(errors="replace"), title)
