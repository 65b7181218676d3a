"""Passwords within addresses (`postgres://ada:…@db`), and those that are given to commands (`curl -u ada:…`)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from picode.core.secrets.values import is_placeholder, is_reference


def addressed(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each password in `text` that stands in an address or in a command's argument."""
    at = text.find("://")
    while at >= 0:
        if (span := _in_address(text, at + 3)) is not None:
            yield span
        at = text.find("://", at + 3)
    for mark, pattern in _ARGUMENTS:
        at = text.find(mark)
        while at >= 0:
            if (match := pattern.match(text, at)) is not None and not _is_example(match["secret"]):
                yield match.span("secret")
            at = text.find(mark, at + len(mark))


_REST = re.compile(r"(?P<user>[^\s:/@\"'`<>{}\[\]]{0,64}):(?P<rest>[^\s\"'`<>\\]{3,300})")
_HOST = re.compile(
    r"@(?:[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{0,63}){0,8}|\[[0-9a-fA-F:]{2,40}\]|\$\{?\w{1,40}\}?|\{\w{0,40}\})(?=[:/?#,;)]|\Z)"
)
_PORT = re.compile(r"[0-9]{1,5}(?:[/?#]|\Z)")


def _in_address(text: str, at: int) -> tuple[int, int] | None:
    """The password ends at the last `@` in front of a host: it may hold `@`, `/`, `?`, `#` and `%` itself."""
    match = _REST.match(text, at)
    if match is None or _PORT.match(match["rest"]):
        return None
    rest = match["rest"]
    following = rest.find("://")
    if following >= 0:
        rest = rest[:following]
    hosts = list(_HOST.finditer(rest))
    if not hosts:
        return None
    # In `//u:p@h:1/a?b=c@d` the first host is the one, which has a port; in `//u:p@ss/w@h` the last.
    chosen = next((each for each in hosts if _has_port(rest, each.end()) or each[0] == "@localhost"), hosts[-1])
    password = rest[: chosen.start()]
    if len(password) < _SHORTEST or _is_example(password):
        return None
    return match.start("rest"), match.start("rest") + chosen.start()


_SHORTEST = 3


def _has_port(rest: str, at: int) -> bool:
    return rest[at : at + 1] == ":" and _PORT.match(rest, at + 1) is not None


def _is_example(value: str) -> bool:
    if is_reference(value) or is_placeholder(value):
        return True
    return _EXAMPLE.fullmatch(value) is not None


_EXAMPLE = re.compile(r"(?i:pass(?:word|wd)?|pwd|secret|p|pw|x+|\.+|my.*|changeme|redacted)|.*[{}\[\]<>].*|\$\w+|%\w+%")

_ARGUMENTS = tuple(
    (mark, re.compile(pattern))
    for mark, pattern in (
        (" -u", r" -u[ \t]{0,3}[\"']?[A-Za-z0-9_.@+-]{1,64}:(?P<secret>[^\s\"'`]{3,200})"),
        ("--user", r"--(?:proxy-)?user(?:=|[ \t]{1,3})[\"']?[A-Za-z0-9_.@+-]{1,64}:(?P<secret>[^\s\"'`]{3,200})"),
        ("mysql", r"mysql[a-z]{0,10}[^\n|;&]{0,100}?[ \t]-p(?P<secret>[^\s\"'`-][^\s\"'`]{3,100})"),
        ("sshpass", r"sshpass[ \t]{1,3}-p[ \t]{0,3}[\"']?(?P<secret>[^\s\"'`]{3,100})"),
        ("redis-cli", r"redis-cli[^\n|;&]{0,100}?[ \t]-a[ \t]{1,3}[\"']?(?P<secret>[^\s\"'`]{3,100})"),
        ("docker login", r"docker login[^\n|;&]{0,100}?[ \t]-p[ \t]{1,3}[\"']?(?P<secret>[^\s\"'`]{3,100})"),
        ("IDENTIFIED BY", r"IDENTIFIED BY[ \t]{1,4}(?:PASSWORD[ \t]{1,4})?[\"'](?P<secret>[^\n\"']{3,100})"),
        ("identified by", r"identified by[ \t]{1,4}[\"'](?P<secret>[^\n\"']{3,100})"),
        ("jdbc:oracle", r"jdbc:oracle:\w{1,8}:[\w.$#]{1,40}/(?P<secret>[^\s\"'`@]{3,100})@"),
    )
)
