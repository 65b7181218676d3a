"""Origins, and which hosts are this machine: one place for the rules that decide about encryption, proxies, keys and access.

A spelling that programs read differently (`127.1`, `0177.0.0.1`, full-width digits, a backslash in a URL) is not loopback: the
stricter rules apply.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

_USUAL_PORTS = {"http": 80, "https": 443}
_LOCAL_HOST_HEADERS = frozenset({"localhost", "127.0.0.1", "[::1]"})


def origin(url: str) -> str:
    """Scheme, host and port of `url` as RFC 6454, section 6.2 serializes them: in lower case, without the scheme's usual port.
    Empty if there is no scheme or no host. Raises `ValueError` for an invalid port or IPv6 address.

    >>> origin("HTTPS://Api.OpenAI.com:443/v1")
    'https://api.openai.com'
    """
    parts = urlsplit(url)
    scheme, host, port = parts.scheme, parts.hostname, parts.port
    if not scheme or not host:
        return ""
    host = f"[{host}]" if ":" in host else host
    return f"{scheme}://{host}" + ("" if port in (None, _USUAL_PORTS.get(scheme)) else f":{port}")


def is_loopback(host: str) -> bool:
    """Whether `host`, a name or an address (IPv6 with or without brackets), is this machine's loopback (RFC 6761, section 6.3,
    for names).

    >>> is_loopback("[::1]"), is_loopback("0.0.0.0")
    (True, False)
    """
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        address = ip_address(bare)
    except ValueError:
        labels = bare.lower().removesuffix(".").split(".")
        return bare.isascii() and labels[-1] == "localhost" and all(labels)
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


def is_loopback_url(url: str) -> bool:
    """Whether the host of `url` is this machine's loopback; False for an invalid URL."""
    try:
        return "\\" not in url and is_loopback(urlsplit(url).hostname or "")
    except ValueError:
        return False


def may_be_plain(url: str, allowed_origins: Iterable[str]) -> bool:
    """Whether `url` may be requested without encryption: HTTP to this machine, or to one of `allowed_origins` (URLs). Raises
    `ValueError` for an invalid URL."""
    place = origin(url)
    return (
        "\\" not in url
        and place.startswith("http://")
        and (is_loopback_url(url) or place in map(origin, allowed_origins))
    )


def is_served_host(header: str, listens: str, allowed: Collection[str]) -> bool:
    """Whether a server at the host `listens` answers requests with this `Host` header: its own name, an exact name of the
    loopback, or one of `allowed` (names, or names with a port). Everything else may be DNS rebinding."""
    header = header.lower()
    try:
        parts = urlsplit(f"//{header}")
        name, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if not name or "@" in header:
        return False
    name = f"[{name}]" if ":" in name else name
    own = listens.lower()
    names = {each.lower() for each in allowed}
    return name in _LOCAL_HOST_HEADERS or name in (own, f"[{own}]") or name in names or header in names
