"""The log: human lines on standard error, where every editor collects what its servers have to say."""

from __future__ import annotations

import logging
import sys

from picode.core.errors import redact

_NAME = "picode"
# These write message bodies and URLs with keys into the log, at INFO.
_TALKATIVE = ("pygls", "httpx2", "httpcore2", "asyncio")


class _Redacted(logging.Formatter):
    """Keys never reach the log, whichever library wrote the line."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def configure(level: str = "info") -> None:
    """Sends everything of `level` and above to standard error. May be called again with another level."""
    root = logging.getLogger()
    if not any(handler.get_name() == _NAME for handler in root.handlers):
        handler = logging.StreamHandler(sys.stderr)
        handler.set_name(_NAME)
        handler.setFormatter(_Redacted("%(asctime)s %(levelname)s %(name)s: %(message)s", "%H:%M:%S"))
        root.addHandler(handler)
    root.setLevel(level.upper())
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
