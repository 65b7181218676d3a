"""The connections to one origin: how long they are kept, their proxy, and the certificates they trust."""

from __future__ import annotations

import asyncio
import os
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from picode import __version__
from picode.core.errors import ConfigurationError
from picode.core.origins import is_loopback_url
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
    users: int = 0
    retired: bool = False

    async def retire(self) -> None:
        """Closes it as soon as its last user has left."""
        self.retired = True
        if not self.users:
            await self.client.aclose()


async def connect(url: str, network: Network) -> Connections:
    """A pool for the origin of `url`. Raises `ConfigurationError` where the certificates can't be read."""
    from http.cookiejar import CookieJar, DefaultCookiePolicy

    import httpx2

    parts = urlsplit(url)
    direct = is_loopback_url(url)
    # Reading the system's certificates takes tens of milliseconds, so it has a thread. Plain HTTP needs none of them.
    verify = (
        await asyncio.to_thread(_trusted, network.ca_file)
        if parts.scheme == "https"
        else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    )
    client = httpx2.AsyncClient(
        verify=verify,
        proxy=None if direct or not network.proxy else network.proxy,
        trust_env=not direct,  # the environment may name a proxy
        follow_redirects=False,  # they would carry a key to another place
        headers={"user-agent": USER_AGENT},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # none is kept, none is sent back
        limits=httpx2.Limits(
            max_connections=None, max_keepalive_connections=IDLE_CONNECTIONS, keepalive_expiry=IDLE_SECONDS
        ),
    )
    return Connections(client)


def _trusted(ca_file: str) -> ssl.SSLContext:
    import httpx2

    context = httpx2.create_ssl_context()
    if ca_file:
        try:
            context.load_verify_locations(os.path.expanduser(ca_file))
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            raise ConfigurationError(
                f"The certificates in {ca_file} can't be read: {error}.", "Set picode.network.caFile to a PEM file."
            ) from error
    return context
