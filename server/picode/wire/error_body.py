"""Reading the error bodies of providers, which agree on little. After their documentation:

{"error": {"message", "type", "code", "param"}}           OpenAI and what imitates it; `code` may be a number
{"type": "error", "error": {"type", "message"}}           Anthropic
{"error": {"code", "message", "status", "details": []}}   Google (a stream's error may come within an array)
{"object": "error", "message", "type", "code"}            Mistral, vLLM
{"detail": "…" | [{"loc", "msg"}]}                        FastAPI servers
{"error": "…", "error_type"}                              Ollama, TGI, LM Studio, xAI
{"message": "…"}                                          Cohere
{"statusCode", "message"}                                 Azure's gateway
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from picode.wire.shapes import finite, items, looks_like_html, mapping, string

_QUOTED = 400
"""Characters of a provider's own message that are passed on."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """What an error body says: `message` for people, `words` for machines (types, codes, reasons; in lower case)."""

    message: str = ""
    words: frozenset[str] = frozenset()
    wait: float | None = None
    """Seconds to wait, where the body says so."""
    page: bool = False
    """Whether the body was a web page."""


def read_complaint(body: str) -> Complaint:
    """What the text of an error body says."""
    if looks_like_html(body):
        return Complaint(page=True)
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return Complaint(_line(body))
    return complaint_of(value)


def complaint_of(value: Any) -> Complaint:
    """What an error body, or the `error` within one, says. Total: any JSON value has a complaint, if an empty one."""
    if isinstance(value, list):
        value = value[0] if value else {}
    if isinstance(value, str):
        return Complaint(_line(string(value)), wait=_wait_in(value))
    outer = mapping(value)
    error = outer.get("error") or outer.get("errors")
    if isinstance(error, list) and error:
        error = error[0]
    inner = mapping(error) or outer
    message = (
        _message(inner) or (string(error) if isinstance(error, str) else "") or _message(outer) or _words_in(outer)
    )
    details = [mapping(each) for each in items(inner.get("details"))]
    words = {_word(each.get(key)) for each in (outer, inner) for key in ("type", "code", "status", "error_type")}
    words |= {
        _word(mapping(inner.get("innererror")).get("code")),
        _word(mapping(inner.get("details")).get("error_code")),
    }
    words |= {_word(each.get("reason")) for each in details}
    words |= {
        _word(mapping(violation).get("quotaId")) for each in details for violation in items(each.get("violations"))
    }
    metadata = mapping(inner.get("metadata"))  # OpenRouter: the words of the provider behind it
    if raw := string(metadata.get("raw")):
        message = f"{message} {raw}"
    wait = _delay(details)
    return Complaint(_line(message), frozenset(words) - {""}, wait if wait is not None else _wait_in(message))


def _message(fields: Mapping[str, Any], *, nested: bool = False) -> str:
    for key in ("message", "msg", "detail", "error_description", "title"):
        value = fields.get(key)
        if isinstance(value, str) and value:
            return string(value)
        if isinstance(value, list) and value:  # FastAPI: one entry for each field that is wrong
            return "; ".join(_field_problem(mapping(each)) for each in value[:5])
        if isinstance(value, dict) and not nested:  # Mistral: {"message": {"detail": [...]}}
            return _message(value, nested=True)
    return ""


_SAYING = frozenset(
    "message msg detail details reason description error errors errormessage error_message errormsg error_msg errmsg "
    "status_msg statusmessage title faultstring error_description exception".split()
)
"""Names of fields, in lower case, that hold the words in bodies of gateways and of providers beyond the catalog."""


def _words_in(value: Any, depth: int = 4) -> str:
    """The first words under a telling name, at any depth, as in {"base_resp": {"status_msg": "…"}}."""
    if depth == 0 or not isinstance(value, dict | list):
        return ""
    fields = value.items() if isinstance(value, dict) else (("", each) for each in value[:5])
    inner = []
    for name, each in fields:
        if isinstance(each, str) and each.strip() and str(name).lower() in _SAYING:
            return string(each)
        inner.append(each)
    return next((words for each in inner if (words := _words_in(each, depth - 1))), "")


def _field_problem(problem: Mapping[str, Any]) -> str:
    place = ".".join(str(part) for part in items(problem.get("loc")) if isinstance(part, (str, int)))
    return f"{place}: {string(problem.get('msg'))}" if place else string(problem.get("msg"))


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, (str, int)) and not isinstance(value, bool) else ""


def _delay(details: Iterable[Mapping[str, Any]]) -> float | None:
    # google.rpc.RetryInfo: "retryDelay": "17s"
    for each in details:
        delay = string(each.get("retryDelay"))
        if delay.endswith("s") and (seconds := finite(delay[:-1])) is not None:
            return max(0.0, seconds)
    return None


def _line(text: str) -> str:
    """`text` as one line of bounded length."""
    line = " ".join(text[: 2 * _QUOTED].split())
    return line if len(line) <= _QUOTED else line[: _QUOTED - 1] + "…"


# "Please try again in 1h2m3.5s", "retry after 20 seconds", "in 350ms": OpenAI, Groq, Azure, for want of a header.
_WAIT = re.compile(
    r"(?:try again|retry) (?:in|after) "
    r"(?:(?P<h>\d{1,4})h)?(?:(?P<m>\d{1,4})m(?!s))?(?:(?P<n>\d{1,9}(?:\.\d{1,9})?) ?(?P<unit>ms|milliseconds?|s\b|sec))?",
    re.IGNORECASE,
)


def _wait_in(message: str) -> float | None:
    match = _WAIT.search(message)
    if match is None or not any(match.groups()):
        return None
    number = float(match["n"] or 0)
    if (match["unit"] or "").lower().startswith("m"):
        number /= 1000
    return int(match["h"] or 0) * 3600 + int(match["m"] or 0) * 60 + number
