"""Which request is being worked on: one id from the editor, the terminal or the gateway to the provider, in every line of the
log and in every trace.

It lies in a context variable, so that each task has that of the request it was begun for.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar[str] = ContextVar("picode_request", default="")
_SOUND = re.compile(r"[A-Za-z0-9._-]{1,64}")


def current() -> str:
    """The id of the request that is being worked on; empty outside of all requests."""
    return _current.get()


def begin(given: str = "") -> str:
    """From here on, this task and those that it begins work on one request. `given` is the id that a client has for it: it is
    taken where it is short and plain, since it goes into the log. Gives the id."""
    identifier = given if _SOUND.fullmatch(given) else uuid.uuid4().hex
    _current.set(identifier)
    return identifier


@contextmanager
def request(given: str = "") -> Iterator[str]:
    """The same, for a block of code."""
    token = _current.set(_current.get())
    try:
        yield begin(given)
    finally:
        _current.reset(token)
