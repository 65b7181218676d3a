"""HTTP, for the port `Transport`. The only module that knows httpx2."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from picode import __version__
from picode.assistant.ports import Deadlines, HttpRequest
from picode.core.errors import ConfigurationError, NetworkFailure, ProviderTimeout, ServerFailure

if TYPE_CHECKING:
    import httpx2

USER_AGENT = f"PiCode/{__version__}"


class HttpTransport:
    """One connection pool for all providers.

    Redirects are never followed: they would carry a key to another place. Nothing but HTTPS leaves this machine.
    """

    def __init__(self, *, connections: int = 20) -> None:
        self._connections = connections
        self._client: httpx2.AsyncClient | None = None

    @asynccontextmanager
    async def send(self, request: HttpRequest, provider: str, deadlines: Deadlines) -> AsyncIterator[_Response]:
        """See `picode.assistant.ports.Transport`."""
        import httpx2

        _refuse_plain(request.url, provider)
        timeout = httpx2.Timeout(deadlines.idle, connect=deadlines.connect, pool=deadlines.connect)
        try:
            async with self._pool().stream(
                request.method,
                request.url,
                headers=dict(request.headers),
                content=request.body or None,
                timeout=timeout,
            ) as response:
                yield _Response(response, provider)
        except httpx2.ConnectTimeout as error:
            raise ProviderTimeout(
                provider, f"{_host(request.url)} does not answer.", "Check the base URL and your connection."
            ) from error
        except httpx2.PoolTimeout as error:
            raise ProviderTimeout(provider, "all connections are in use.", "Try again.") from error
        except httpx2.TimeoutException as error:
            raise ProviderTimeout(
                provider, f"nothing came for {deadlines.idle:g} s.", "Try again, or choose a faster model."
            ) from error
        except httpx2.ConnectError as error:
            raise NetworkFailure(provider, _why_unreachable(error, request.url), _remedy(request.url)) from error
        except httpx2.DecodingError as error:
            raise ServerFailure(provider, "the answer is compressed in a broken way.", "Try again.") from error
        except (httpx2.UnsupportedProtocol, httpx2.InvalidURL, httpx2.LocalProtocolError) as error:
            raise ConfigurationError(
                f"The address of {provider} or one of its headers is not valid.", "Check its baseUrl and headers."
            ) from error
        except httpx2.TransportError as error:
            raise NetworkFailure(provider, "the connection broke.", "Try again.") from error

    async def close(self) -> None:
        """Closes all connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def _pool(self) -> httpx2.AsyncClient:
        if self._client is None:
            import httpx2

            self._client = httpx2.AsyncClient(
                follow_redirects=False,
                headers={"user-agent": USER_AGENT},
                limits=httpx2.Limits(
                    max_connections=self._connections, max_keepalive_connections=10, keepalive_expiry=90.0
                ),
                # A server on this machine is asked directly, whatever proxy the environment names for the rest.
                mounts={
                    f"all://{host}": httpx2.AsyncHTTPTransport(retries=1)
                    for host in ("127.0.0.1", "localhost", "[::1]")
                },
            )
        return self._client


class _Response:
    """A response of httpx2 as the port wants it."""

    def __init__(self, response: httpx2.Response, provider: str) -> None:
        self._response = response
        self._provider = provider

    @property
    def status(self) -> int:
        return self._response.status_code

    @property
    def headers(self) -> Mapping[str, str]:
        return {name.lower(): value for name, value in self._response.headers.items()}

    def pieces(self) -> AsyncIterator[bytes]:
        return self._response.aiter_bytes()


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _refuse_plain(url: str, provider: str) -> None:
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        return
    raise ConfigurationError(
        f"The address of {provider} is not encrypted ({parts.scheme or 'no scheme'}).",
        "Use https://; plain http:// is for servers on this machine.",
    )


def _host(url: str) -> str:
    return urlsplit(url).netloc


def _why_unreachable(error: Exception, url: str) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"the certificate of {_host(url)} can't be trusted: {cause.verify_message}."
        cause = cause.__cause__ or cause.__context__
    return f"no connection to {_host(url)}."


def _remedy(url: str) -> str:
    if is_loopback(urlsplit(url).hostname or ""):
        return "Start the server there, or choose another provider."
    return "Check the base URL and your connection."
