"""Reading JSON that anyone may have written: what has the wrong type counts as absent, and nothing crashes.

Providers add fields, send null for what is missing and numbers as strings; proxies between us and them do worse.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from picode.core.errors import ServerFailure

JsonObject = Mapping[str, Any]

_DECODER = json.JSONDecoder(parse_constant=lambda _: None)  # made once: a stream has thousands of events


def parse(data: str, provider: str) -> Any:
    """`data` as JSON. Raises `ServerFailure` where it is none. NaN and Infinity, which JSON does not have, are null."""
    try:
        return _DECODER.decode(data)
    except (ValueError, RecursionError):
        raise unreadable(data, provider) from None


def unreadable(data: str, provider: str) -> ServerFailure:
    """The error for an answer that is not in the dialect's language."""
    if looks_like_html(data):
        return ServerFailure(
            provider,
            "answered with a web page: a proxy or a captive portal?",
            "Check the base URL and the network's sign-in page.",
        )
    shown = " ".join(data[:80].split())
    return ServerFailure(provider, f"sent what can't be read: {shown!r}." if shown else "sent an empty answer.")


def looks_like_html(text: str) -> bool:
    """Whether `text` is a web page (or XML) rather than data."""
    return text[:200].lstrip("\ufeff \t\r\n").startswith("<")


def mapping(value: Any) -> JsonObject:
    """`value` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> Sequence[Any]:
    """`value` if it is an array, else an empty one."""
    return value if isinstance(value, list) else ()


def first(value: Any) -> JsonObject:
    """The first object of the array `value`, else an empty one."""
    return mapping(value[0]) if isinstance(value, list) and value else {}


def string(value: Any) -> str:
    """`value` if it is a string, else the empty one. Half a surrogate pair, which can't be written, becomes U+FFFD."""
    if not isinstance(value, str):
        return ""
    if value.isascii():
        return value
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def count(value: Any) -> int:
    """`value` as a number of tokens: 0 for what is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return 0
    return int(value) if math.isfinite(value) and value > 0 else 0


def compact(**fields: Any) -> dict[str, Any]:
    """`fields` without those that are None or empty: for fields that are absent, the provider uses its defaults."""
    return {name: value for name, value in fields.items() if value is not None and value not in ("", [], {}, ())}


def finite(text: str) -> float | None:
    """`text` as a finite number, None if it is none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
