"""Which proxy is between here and a server: by the setting, else by the environment, else by the system's settings.

The variables are those of curl and of most programs: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`. Where one is set
in both cases, the lower one counts.
"""

from __future__ import annotations

import ipaddress
import re
import sys
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from picode.core.errors import ConfigurationError
from picode.settings.refused import Refused

SETTING = "picode.network.proxy"

_SCHEMES = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
"""And their usual ports."""

_OTHER_NAMES = {"socks": "socks5"}
"""GNOME writes `ALL_PROXY=socks://…`."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy, and which setting or variable names it. `address` may hold a user name and a password."""

    address: str
    origin: str

    @property
    def host(self) -> str:
        return urlsplit(self.address).hostname or ""

    @property
    def port(self) -> int:
        parts = urlsplit(self.address)
        return parts.port or _SCHEMES[parts.scheme]

    @property
    def shown(self) -> str:
        """The address without user name and password."""
        parts = urlsplit(self.address)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        return f"{parts.scheme}://{host}" + ("" if parts.port is None else f":{parts.port}")


def proxy_for(url: str, configured: str, environ: Mapping[str, str]) -> Proxy | None:
    """The proxy on the way to `url`; None where there is none. `configured` is the value of the setting.

    Raises `ConfigurationError` for one that is no address of a proxy that PiCode speaks to; it names the setting or the
    variable. A wrong proxy is never gone around.
    """
    if isinstance(configured, Refused):
        raise configured.error()
    if configured:
        return _checked(configured, SETTING)
    parts = urlsplit(url)
    named = _variables(environ)
    if parts.hostname is None or ("no" in named and bypasses(parts.hostname, parts.port, named["no"][1])):
        return None
    for kind in (parts.scheme, "all"):
        if kind in named:
            return _checked(named[kind][1], named[kind][0])
    return None if named.keys() - {"no"} else _of_system(parts.scheme, parts.hostname)


def bypasses(host: str, port: int | None, no_proxy: str) -> bool:
    """Whether `no_proxy`, a value of `NO_PROXY`, has `host` reached directly.

    Its entries are parted by commas or spaces: `*`, a domain with all below it (with or without a dot in front), an address, a
    network such as `10.0.0.0/8`; a port may follow. What is none of these matches nothing.

    >>> bypasses("api.corp.example", None, "localhost, .corp.example")
    True
    """
    return any(
        _matches(host.lower().rstrip("."), port, entry) for entry in re.split(r"[\s,;]+", no_proxy.lower()) if entry
    )


def _matches(host: str, port: int | None, entry: str) -> bool:
    if entry == "*":
        return True
    name, _, wanted = entry.rpartition(":") if re.search(r"(\]|^[^:]*):\d{1,5}$", entry) else (entry, "", "")
    if wanted and int(wanted) != port:
        return False
    try:
        network = ipaddress.ip_network(name.strip("[]"), strict=False)
    except ValueError:
        domain = name.removeprefix("*").strip(".")
        return bool(domain) and (host == domain or host.endswith(f".{domain}"))
    try:
        return ipaddress.ip_address(host) in network
    except ValueError:
        return False


def _variables(environ: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Names and values of the variables that are set, by what they are for: `https`, `all`, `no`."""
    found = {}
    for name, value in sorted(environ.items()):  # capitals come first
        kind, ending = name[:-6].lower(), name[-6:].lower()
        if ending == "_proxy" and kind in ("http", "https", "all", "no") and value.strip():
            found[kind] = (name, value.strip())
    return found


def _of_system(scheme: str, host: str) -> Proxy | None:
    """By the settings of Windows and macOS."""
    if sys.platform not in ("win32", "darwin"):
        return None
    address = urllib.request.getproxies().get(scheme)
    bypass = getattr(urllib.request, "proxy_bypass", lambda _: False)
    return None if not address or bypass(host) else _checked(address, "the proxy in the system's settings")


def _checked(address: str, origin: str) -> Proxy:
    remedy = f"Set {origin} to an address such as http://proxy.example:8080 or socks5://127.0.0.1:1080, or unset it."
    whole = address if "://" in address else f"http://{address}"
    try:
        parts = urlsplit(whole)
        scheme = _OTHER_NAMES.get(parts.scheme, parts.scheme)
        sound = bool(parts.hostname) and parts.port != 0 and not re.search(r"[\s\x00-\x1f\x7f\\]", whole)
        sound = sound and not (parts.hostname or "").isdigit()  # a port alone
        (parts.hostname or "").encode("idna")
    except ValueError:  # UnicodeError is one
        sound, scheme = False, ""
    if sound and scheme not in _SCHEMES:
        raise ConfigurationError(f"{origin} names a {scheme} proxy; PiCode speaks HTTP and SOCKS 5.", remedy)
    if not sound or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ConfigurationError(f"{origin} is no address of a proxy.", remedy)
    return Proxy(f"{scheme}://{parts.netloc}", origin)
