"""The proxy between here and the providers, and the certificates that are trusted."""

from __future__ import annotations

import asyncio
import contextlib

from picode.cli.doctor.finding import Circumstances, Finding, note, problem, well
from picode.core.errors import ConfigurationError
from picode.io.connections import trusted_certificates
from picode.io.proxies import Proxy, proxy_for

_SECONDS = 3.0
_ANYWHERE = "https://provider.example"


async def check(circumstances: Circumstances) -> list[Finding]:
    """Whether the certificates can be read, which proxy is used, and whether it is there. Only the proxy is asked."""
    return [*await _certificates(circumstances), await _proxy(circumstances)]


async def _proxy(circumstances: Circumstances) -> Finding:
    try:
        proxy = proxy_for(_ANYWHERE, circumstances.assistant.settings().network.proxy, circumstances.environ)
    except ConfigurationError as error:
        return problem("proxy", error.problem, error.remedy)
    if proxy is None:
        return note("proxy", "none: providers are reached directly.")
    if not await _listens(proxy):
        fix = f"Correct {proxy.origin}, or take it away if there is no proxy here."
        return problem("proxy", f"no answer at {proxy.shown} ({proxy.origin}).", fix)
    return well("proxy", f"{proxy.shown} ({proxy.origin}) is there.")


async def _listens(proxy: Proxy) -> bool:
    try:
        async with asyncio.timeout(_SECONDS):
            _, writer = await asyncio.open_connection(proxy.host, proxy.port)
    except (OSError, TimeoutError, UnicodeError):
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True


async def _certificates(circumstances: Circumstances) -> list[Finding]:
    file = circumstances.assistant.settings().network.ca_file
    named = [name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if circumstances.environ.get(name)]
    try:
        await asyncio.to_thread(trusted_certificates, file)
    except ConfigurationError as error:
        return [problem("certificates", error.problem, error.remedy)]
    places = [circumstances.environ[name] for name in named[:1]] + ([file] if file else [])
    return [well("certificates", ", ".join(places))] if places else []
