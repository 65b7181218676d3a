"""API keys: their text, its flaws, and the name under which the key of a server is stored."""

from __future__ import annotations

from picode.core.errors import ConfigurationError
from picode.core.origins import origin

LONGEST = 4096
"""Characters in a key. The longest that providers give out are signed tokens of about 2,000."""

_QUOTES = ("'", '"', "`")


class Key(str):
    """A key, or a passphrase: text that does not show itself where objects are shown for debugging, such as in the locals
    of a traceback."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Key(…)"


def flaw(key: str) -> str:
    """What makes `key` one that no provider has given out, in words that follow "the key"; empty if nothing does.

    The words do not show the key. White space around it is the caller's to strip.

    >>> flaw("sk-abc def")
    'holds a space'
    """
    if not key:
        return "is empty"
    if len(key) > LONGEST:
        return f"is longer than {LONGEST:,} characters"
    if "\n" in key or "\r" in key:
        return "holds a line end"
    if not key.isascii():
        return "holds a character that is not ASCII, such as a curly quote"
    if " " in key:
        return "holds a space"
    if not key.isprintable():
        return "holds a control character"
    if key[0] in _QUOTES or key[-1] in _QUOTES:
        return "is in quotation marks"
    return ""


def require_sound(key: str, owner: str) -> None:
    """Raises `ConfigurationError`, which does not show the key, where `key` has a flaw. `owner` is what it is for."""
    if words := flaw(key):
        raise ConfigurationError(f"The key for {owner} {words}.", "Copy it again, without anything around it.")


def entry_name(provider: str, url: str) -> str:
    """The name under which a provider's key for the server at `url` is stored; empty where `url` names no server.

    The origin is part of the name, so a key is never found for another server, whoever changed the address.

    >>> entry_name("openai", "https://api.openai.com/v1")
    'openai@https://api.openai.com'
    """
    try:
        place = origin(url)
    except ValueError:
        return ""
    return f"{provider}@{place}" if place else ""
