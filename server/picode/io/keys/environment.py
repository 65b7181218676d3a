"""Keys from environment variables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from picode.core.keys import Key


def environment_key(environ: Mapping[str, str], names: Iterable[str]) -> tuple[str, Key] | None:
    """The first of the variables that is set, and its key without the white space around it. A blank one is not set."""
    return next(((name, key) for name in names if (key := Key(environ.get(name, "").strip()))), None)
