"""How a log entry looks: a line for people, or a line of JSON for programs. In front of both stands one filter.

The lines for people begin as editors read them: `12:30:01 WARNING picode.io.http: …`. What follows of the same entry is
indented, so that no text from outside can look like an entry of its own.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from picode.assistant.request_ids import current
from picode.core.errors import redact
from picode.core.terminal import safe

REQUEST = "picode_request"
"""The attribute of a record that carries its request's id into another thread."""

_SHOWN = 8
"""Characters of a request's id in a line for people."""

_SHORTEST_KEY = 8
_MOST_KEYS = 256
_hidden: dict[str, None] = {}


def hide(secret: str) -> None:
    """From here on `secret`, a key of whatever shape, shows in no line, be it as it is, in JSON or in an address."""
    if len(secret) < _SHORTEST_KEY:  # a word of the language, such as the `none` that some servers take for a key
        return
    for form in (secret, json.dumps(secret)[1:-1], quote(secret, safe=""), repr(secret)[1:-1]):
        _hidden.pop(form, None)
        _hidden[form] = None
    while len(_hidden) > _MOST_KEYS:
        del _hidden[next(iter(_hidden))]


def clean(text: str) -> str:
    """`text` without keys, and without what a terminal obeys or what is invisible."""
    for secret in tuple(_hidden):
        if secret in text:
            text = text.replace(secret, "[key]")
    return redact(safe(text))


class HumanLines(logging.Formatter):
    """Lines for people. Without structlog, since nothing may be imported for them while an editor waits for its server."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        first, _, rest = clean(super().format(record)).partition("\n")
        if request := getattr(record, REQUEST, current()):
            first = f"{first} [{request[:_SHOWN]}]"
        return "\n    ".join([first, *rest.split("\n")]) if rest else first


class JsonLines(logging.Formatter):
    """A JSON object a line: `time` (UTC), `level`, `logger`, `message`, `process`, and where there is one `request` and
    `exception`. Rendered by structlog, which is imported with the first line."""

    def __init__(self) -> None:
        super().__init__()
        self._made: logging.Formatter | None = None

    def format(self, record: logging.LogRecord) -> str:
        if self._made is None:
            self._made = _structured()
        return self._made.format(record)


def _structured() -> logging.Formatter:
    import structlog

    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[_add_fields, structlog.processors.format_exc_info],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.EventRenamer("message"),
            _clean_all,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )


def _add_fields(_: Any, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    record: logging.LogRecord = event["_record"]
    time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    fields = {"time": time.replace("+00:00", "Z"), "level": record.levelname.lower(), "logger": record.name}
    request = getattr(record, REQUEST, current())
    if request:
        fields["request"] = request
    if record.exc_text:
        fields["exception"] = record.exc_text
    return {**fields, **event, "process": os.getpid()}


def _clean_all(_: Any, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    return {name: clean(value) if isinstance(value, str) else value for name, value in event.items()}
