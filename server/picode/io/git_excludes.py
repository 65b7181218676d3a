"""Which ignore files git itself would read for a repository, found without running git: https://git-scm.com/docs/gitignore."""

from __future__ import annotations

import os
import re
from collections.abc import Hashable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from picode.io.regular_files import read_regular, stamp
from picode.io.repository import common_folder

_SIZE_LIMIT = 256 * 1024
_MOST_FILES = 20
"""Files of settings that are read, with those that they include."""

_CONTINUED = re.compile(r"(?<!\\)((?:\\\\)*+)\\\n")
_SECTION = re.compile(r'\[([^\]"\s]*+)[ \t]*+(?:"((?:[^"\\]|\\.)*+)")?[ \t]*+\]')


def exclude_files(root: str, environ: Mapping[str, str] = os.environ) -> list[str]:
    """The files with rules for the whole repository whose top folder is `root`: `info/exclude`, and each that a setting
    `core.excludesFile` names. Which of several such settings counts, may depend on what only git knows: so all do."""
    common = common_folder(Path(root))
    own = (
        []
        if common is None
        else _named(root, [os.path.join(common, "config"), os.path.join(root, ".git", "config.worktree")])
    )
    users = _named(root, _users_settings(environ))
    if not users:  # an empty name counts: the user wants none
        users = [os.path.join(_configuration(environ), "git", "ignore")]
    exclude = [] if common is None else [os.path.join(common, "info", "exclude")]
    return [*exclude, *filter(None, dict.fromkeys((*own, *users)))]


def _configuration(environ: Mapping[str, str]) -> str:
    return environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")


def _users_settings(environ: Mapping[str, str]) -> list[str]:
    """The files of the user's settings, and of the machine's."""
    own = environ.get("GIT_CONFIG_GLOBAL")
    usual = [os.path.join(_configuration(environ), "git", "config"), os.path.expanduser("~/.gitconfig")]
    return [environ.get("GIT_CONFIG_SYSTEM") or "/etc/gitconfig", *([own] if own is not None else usual)]


def _named(root: str, files: list[str]) -> list[str]:
    """The values of `core.excludesFile` in `files` and in what they include."""
    found: list[str] = []
    waiting, seen = files[::-1], set[str]()
    while waiting and len(seen) < _MOST_FILES:
        file = waiting.pop()
        if file in seen:
            continue
        seen.add(file)
        for name, value in _settings(file, stamp(file)):
            path = os.path.expanduser(value)
            if name == "core.excludesfile":
                found.append(path and os.path.join(root, path))
            elif name in ("include.path", "includeif.path"):
                waiting.append(os.path.join(os.path.dirname(file), path))
    return found


@lru_cache(maxsize=256)
def _settings(file: str, version: Hashable | None) -> tuple[tuple[str, str], ...]:
    """The settings of a file, read once for each of its versions."""
    data = None if version is None else read_regular(file, _SIZE_LIMIT)
    return tuple(settings_of((data or b"").decode("utf-8", "surrogateescape")))


def settings_of(text: str) -> Iterator[tuple[str, str]]:
    """The settings in `text`, in git's syntax: section and name in small letters, without the subsection, and the value.

    >>> list(settings_of("[core] excludesFile = ~/a\\\\ # all\\n[include]\\n\\tpath = \\"~/b c\\"\\n"))
    [('core.excludesfile', '~/a'), ('include.path', '~/b c')]
    """
    section = ""
    for line in _CONTINUED.sub(r"\1", text.removeprefix("\ufeff").replace("\r\n", "\n")).split("\n"):
        rest = line.strip()
        if (head := _SECTION.match(rest)) is not None:
            section, rest = head[1].lower(), rest[head.end() :].lstrip()
        name, equals, value = rest.partition("=")
        if section and equals and rest[0] not in "#;":
            yield f"{section}.{name.strip().lower()}", _value(value)


_ESCAPED = {"n": "\n", "t": "\t", "b": "\b"}


def _value(written: str) -> str:
    """A value without its quotes, escapes and comment."""
    out, quoted, end = [], False, 0
    characters = iter(written.strip())
    for character in characters:
        if character == '"':
            quoted = not quoted
        elif character in "#;" and not quoted:
            break
        elif character == "\\":
            character = next(characters, "")
            out.append(_ESCAPED.get(character, character))
            end = len(out)
        else:
            out.append(character)
            end = len(out) if quoted or not character.isspace() else end
    return "".join(out[:end])
