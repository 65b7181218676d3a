"""The connections to one origin: how long they are kept, their proxy, and the certificates they trust."""

from __future__ import annotations

import asyncio
import errno
import os
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from picode import __version__
from picode.core.errors import ConfigurationError
from picode.core.origins import is_loopback_url
from picode.io.proxies import Proxy, proxy_for
from picode.settings.model import Network

if TYPE_CHECKING:
    import httpx2

USER_AGENT = f"PiCode/{__version__}"
IDLE_CONNECTIONS = 10
IDLE_SECONDS = 90.0


@dataclass(slots=True)
class Connections:
    """A pool of connections. After a change of settings it is retired: its `users` finish on it, and then it is closed."""

    client: httpx2.AsyncClient
    proxy: Proxy | None = None
    users: int = 0
    retired: bool = False

    async def retire(self) -> None:
        """Closes it as soon as its last user has left."""
        self.retired = True
        if not self.users:
            await self.client.aclose()


async def connect(url: str, network: Network) -> Connections:
    """A pool for the origin of `url`. Raises `ConfigurationError` where the settings or the environment name certificates that
    can't be read, or a proxy that is none."""
    from http.cookiejar import CookieJar, DefaultCookiePolicy

    import httpx2

    proxy = None if is_loopback_url(url) else proxy_for(url, network.proxy, os.environ)
    # Reading the system's certificates takes tens of milliseconds, so it has a thread. Plain HTTP needs none of them.
    encrypted = urlsplit(url).scheme == "https" or (proxy is not None and proxy.address.startswith("https:"))
    verify = (
        await asyncio.to_thread(trusted_certificates, network.ca_file)
        if encrypted
        else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    )
    client = httpx2.AsyncClient(
        verify=verify,
        proxy=_proxy(proxy, verify),
        trust_env=False,  # what the environment names was looked up above
        follow_redirects=False,  # they would carry a key to another place
        headers={"user-agent": USER_AGENT},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # none is kept, none is sent back
        limits=httpx2.Limits(
            max_connections=None, max_keepalive_connections=IDLE_CONNECTIONS, keepalive_expiry=IDLE_SECONDS
        ),
    )
    return Connections(client, proxy)


def to_any_host(network: Network) -> httpx2.AsyncBaseTransport:
    """A transport for requests to any host, each by the proxy that the settings or the environment name for it, with the
    certificates that they name. Reads those. Raises `ConfigurationError`, and so does a request."""
    import httpx2

    certificates = trusted_certificates(network.ca_file)

    class ToAnyHost(httpx2.AsyncBaseTransport):
        def __init__(self) -> None:
            self._ways: dict[str, httpx2.AsyncHTTPTransport] = {}

        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            url = str(request.url)
            proxy = None if is_loopback_url(url) else proxy_for(url, network.proxy, os.environ)
            address = proxy.address if proxy else ""
            if address not in self._ways:
                self._ways[address] = httpx2.AsyncHTTPTransport(
                    verify=certificates, proxy=_proxy(proxy, certificates), trust_env=False
                )
            return await self._ways[address].handle_async_request(request)

        async def aclose(self) -> None:
            for way in self._ways.values():
                await way.aclose()

    return ToAnyHost()


def _proxy(proxy: Proxy | None, certificates: ssl.SSLContext) -> httpx2.Proxy | None:
    import httpx2

    if proxy is None:
        return None
    return httpx2.Proxy(proxy.address, ssl_context=certificates if proxy.address.startswith("https:") else None)


def trusted_certificates(ca_file: str = "") -> ssl.SSLContext:
    """The certificates of the system, or those that `SSL_CERT_FILE` or `SSL_CERT_DIR` name instead, and those in `ca_file`.
    Reads files. Raises `ConfigurationError`."""
    import httpx2

    try:
        _check_folder("SSL_CERT_DIR")
        context = httpx2.create_ssl_context()
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        variables = [name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE") if os.environ.get(name)]
        origin = variables[0] if variables else "the system"
        where = f" ({os.environ[origin]})" if variables else ""
        problem = f"The certificates of {origin}{where} can't be read: {_reason(error)}."
        raise ConfigurationError(
            problem, f"Correct {' and '.join(variables)}, or unset it." if variables else ""
        ) from error
    if ca_file:
        try:
            context.load_verify_locations(os.path.expanduser(ca_file))
        except (OSError, ValueError) as error:
            raise ConfigurationError(
                f"The certificates in {ca_file} can't be read: {_reason(error)}.",
                "Set picode.network.caFile to a PEM file.",
            ) from error
    return context


def _check_folder(variable: str) -> None:
    """OpenSSL takes a folder that is not there for one without certificates, and then trusts no server."""
    if (folder := os.environ.get(variable)) and not os.environ.get("SSL_CERT_FILE") and not os.path.isdir(folder):
        raise NotADirectoryError(errno.ENOTDIR, "there is no such folder", folder)


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else "") or str(error)
