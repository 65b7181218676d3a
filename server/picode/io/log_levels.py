"""`PICODE_LOG`: how much each module writes to the log, such as `picode.io=debug,info`."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

VARIABLE = "PICODE_LOG"

LEVELS: Mapping[str, int] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "off": logging.CRITICAL + 10,
}

# These write message bodies, and URLs with keys, into the log when they are asked for more than warnings.
TALKATIVE = (
    "pygls", "httpx2", "httpcore2", "asyncio", "keyring", "openai", "anthropic", "redis", "urllib3", "requests",
    "opentelemetry", "hpack", "multipart", "python_multipart", "markdown_it",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Levels:
    """The level of everything, where it is named, and of modules with what is below them."""

    usual: int | None = None
    modules: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    """What could not be understood, a sentence each."""


def parse(text: str) -> Levels:
    """`text` is a list of levels, and of modules with their levels: `info,picode.io=debug`. What comes later counts.

    >>> parse("warning,picode.lsp=debug").modules
    {'picode.lsp': 10}
    """
    usual: int | None = None
    modules: dict[str, int] = {}
    problems = []
    for entry in filter(None, (part.strip() for part in text.split(","))):
        name, equals, word = (part.strip() for part in entry.rpartition("="))
        level = LEVELS.get(word.lower())
        if level is None:
            problems.append(f"{VARIABLE}: {word!r} is no level; use one of {', '.join(LEVELS)}.")
        elif not equals:
            usual = level
        elif name.partition(".")[0] in TALKATIVE and level < logging.WARNING:
            problems.append(
                f"{VARIABLE}: {name} stays at warning, since it writes what keys and code go over the wire."
            )
        else:
            modules[name] = level
    return Levels(usual, modules, tuple(problems))
