"""The proxy between here and the providers, and whether it is there."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]

from picode.cli.doctor.finding import Circumstances, Finding, note, problem, well
from picode.settings.model import Settings

_SECONDS = 3.0
_SETTING = "picode.network.proxy"


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy, and which setting or variable names it."""

    address: str
    origin: str

    @property
    def shown(self) -> str:
        """Without user name and password."""
        parts = urlsplit(self.address)
        port = "" if parts.port is None else f":{parts.port}"
        return f"{parts.scheme}://{parts.hostname or ''}{port}"


def proxy_for(base_url: str, settings: Settings, environ: Mapping[str, str]) -> Proxy | None:
    """The proxy on the way to `base_url`; None where there is none."""
    if settings.network.proxy:
        return Proxy(settings.network.proxy, _SETTING)
    parts = urlsplit(base_url)
    variables = {name: value for name, value in environ.items() if name.lower().endswith("_proxy")}
    proxies = {name.lower().removesuffix("_proxy"): (name, value) for name, value in variables.items() if value}
    bypass = {"no": proxies["no"][1]} if "no" in proxies else {}
    if proxy_bypass_environment(parts.netloc.rpartition("@")[2], bypass):
        return None
    for scheme in (parts.scheme, "all"):
        if scheme in proxies:
            return Proxy(proxies[scheme][1], proxies[scheme][0])
    return None


async def check(circumstances: Circumstances) -> list[Finding]:
    """Which proxy is used, and whether it accepts connections. Connects to the proxy only."""
    settings = circumstances.assistant.settings()
    found = [_certificates(settings)] if settings.network.ca_file else []
    proxy = proxy_for("https://provider.example", settings, circumstances.environ)
    if proxy is None:
        return [*found, note("proxy", "none: providers are reached directly.")]
    parts = _parts(proxy)
    fix = f"Correct {proxy.origin}, or take it away if there is no proxy here."
    if parts is None:
        return [*found, problem("proxy", f"{proxy.origin} is no address of a proxy.", fix)]
    try:
        async with asyncio.timeout(_SECONDS):
            _, writer = await asyncio.open_connection(*parts)
    except (OSError, TimeoutError):
        return [*found, problem("proxy", f"no answer at {proxy.shown} ({proxy.origin}).", fix)]
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return [*found, well("proxy", f"{proxy.shown} ({proxy.origin}) is there.")]


def _parts(proxy: Proxy) -> tuple[str, int] | None:
    try:
        parts = urlsplit(proxy.address)
        port = parts.port or {"https": 443, "socks5": 1080}.get(parts.scheme, 80)
    except ValueError:
        return None
    return (parts.hostname, port) if parts.hostname else None


def _certificates(settings: Settings) -> Finding:
    file = os.path.expanduser(settings.network.ca_file)
    if os.access(file, os.R_OK):
        return well("certificates", file)
    return problem("certificates", f"{file} can't be read.", "Set picode.network.caFile to a PEM file.")
