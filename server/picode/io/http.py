"""HTTP, for the port `Transport`."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from picode.assistant.ports import Deadlines, HttpRequest
from picode.core.errors import ConfigurationError, NetworkFailure, ProviderTimeout, ServerFailure
from picode.core.origins import is_loopback_url, may_be_plain, origin
from picode.io.connections import Connections, connect
from picode.io.proxies import Proxy
from picode.settings.model import Network

if TYPE_CHECKING:
    import httpx2

BODY_LIMIT = 32 * 1024 * 1024
"""Bytes of one response, decompressed. Its headers may have 100 kB, by httpcore2's own limit."""

_MOUTHFUL = 256 * 1024
_STALE_TRIES = 3
_MOST_POOLS = 32
"""Pools kept at a time, one for each origin. The embedded model has another port, and so another origin, at each start."""


class HttpTransport:
    """One pool of connections for each origin.

    Redirects are never followed, and nothing but HTTPS leaves this machine, except to origins that the user allows.
    `network` is asked at each request, so that changed settings count from the next one on.
    """

    def __init__(self, network: Callable[[], Network] = Network) -> None:
        self._network = network
        self._made_for: Network | None = None
        self._pools: dict[str, Connections] = {}
        self._making = asyncio.Lock()

    @asynccontextmanager
    async def send(self, request: HttpRequest, provider: str, deadlines: Deadlines) -> AsyncIterator[_Response]:
        """See `picode.assistant.ports.Transport`."""
        network = self._network()
        _refuse_plain(request.url, network, provider)
        pool = await self._pool(request.url, network)
        pool.users += 1
        try:
            with _explained(request.url, provider, deadlines, pool.proxy):
                response = await _open(pool.client, request, deadlines)
                try:
                    yield _Response(response, provider)
                finally:
                    await response.aclose()
        finally:
            pool.users -= 1
            if pool.retired:
                await pool.retire()

    async def prepare(self, url: str) -> None:
        """Gets ready for requests to `url`, without sending any: the imports take some 0.3 s, in a thread here."""
        await asyncio.to_thread(import_http)
        await self._pool(url, self._network())

    async def close(self) -> None:
        """Closes all connections."""
        pools, self._pools = self._pools, {}
        for pool in pools.values():
            await pool.client.aclose()

    async def _pool(self, url: str, network: Network) -> Connections:
        place = origin(url)
        if network == self._made_for and place in self._pools:
            return self._pools[place]
        async with self._making:  # two requests at once make one pool, not two
            if network != self._made_for:
                self._made_for, old, self._pools = network, self._pools, {}
                for pool in old.values():
                    await pool.retire()
            if place not in self._pools:
                self._pools[place] = await connect(url, network)
                if len(self._pools) > _MOST_POOLS:
                    await self._pools.pop(next(iter(self._pools))).retire()
            return self._pools[place]


def import_http() -> None:
    """What httpx2 imports at the first request too."""
    for name in ("httpx2", "anyio._backends._asyncio", "httpcore2._backends.auto"):
        import_module(name)


async def _open(client: httpx2.AsyncClient, request: HttpRequest, deadlines: Deadlines) -> httpx2.Response:
    """Sends `request`; gives the response when its headers are there.

    A server may close a connection that has been idle just when a request is sent on it (llama.cpp does). Then the
    request has not been read, and it is sent again on another connection.
    """
    import httpx2

    fresh = False

    async def watch(event: str, _: Mapping[str, Any]) -> None:
        nonlocal fresh
        fresh = fresh or event == "connection.connect_tcp.started"

    timeout = httpx2.Timeout(deadlines.idle, connect=deadlines.connect, pool=deadlines.connect)
    for tries in range(_STALE_TRIES + 1):
        outgoing = client.build_request(
            request.method,
            request.url,
            headers=dict(request.headers),
            content=request.body or None,
            timeout=timeout,
            extensions={"trace": watch},
        )
        try:
            return await client.send(outgoing, stream=True)
        except (httpx2.RemoteProtocolError, httpx2.ReadError, httpx2.WriteError):
            if fresh or tries == _STALE_TRIES:
                raise
    raise AssertionError("the last try returns or raises")


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

    async def pieces(self) -> AsyncIterator[bytes]:
        size = 0
        async for piece in self._response.aiter_bytes():  # at most 1 MB at a time, however well it was compressed
            size += len(piece)
            if size > BODY_LIMIT:
                raise ServerFailure(
                    self._provider, f"its answer is larger than {BODY_LIMIT >> 20} MB.", retryable=False
                )
            if len(piece) > _MOUTHFUL:
                await asyncio.sleep(0)  # what comes out of a small compressed piece may keep the loop busy for long
            yield piece


@contextmanager
def _explained(url: str, provider: str, deadlines: Deadlines, proxy: Proxy | None) -> Iterator[None]:
    """The errors of httpx2 as those of `picode.core.errors`."""
    import httpx2

    way = f" through the proxy {proxy.shown} ({proxy.origin})" if proxy else ""
    try:
        yield
    except httpx2.ConnectTimeout as error:
        raise ProviderTimeout(
            provider,
            f"{_host(url)} does not answer{way}.",
            "Check the base URL and your connection.",
        ) from error
    except httpx2.PoolTimeout as error:
        raise ProviderTimeout(provider, "all connections are in use.", "Try again.") from error
    except httpx2.TimeoutException as error:
        raise ProviderTimeout(
            provider, f"nothing came for {deadlines.idle:g} s{way}.", "Try again, or choose a faster model."
        ) from error
    except httpx2.ConnectError as error:
        raise _unreachable(error, url, provider, proxy) from error
    except httpx2.ProxyError as error:
        shown, origin = (proxy.shown, proxy.origin) if proxy else ("", "picode.network.proxy")
        raise NetworkFailure(provider, f"the proxy {shown} refuses: {error}.", f"Check {origin}.") from error
    except httpx2.DecodingError as error:
        raise ServerFailure(provider, "the answer is compressed in a broken way.", "Try again.") from error
    except (httpx2.UnsupportedProtocol, httpx2.InvalidURL, httpx2.LocalProtocolError) as error:
        raise ConfigurationError(
            f"The address of {provider} or one of its headers is not valid.", "Check its baseUrl and headers."
        ) from error
    except httpx2.TransportError as error:
        raise NetworkFailure(provider, f"the connection{way} broke.", "Try again.") from error


def _refuse_plain(url: str, network: Network, provider: str) -> None:
    """Raises `ConfigurationError` for an invalid URL, and for one that has to be encrypted and is not."""
    try:
        scheme, _ = urlsplit(url).scheme, origin(url)
        allowed = scheme == "https" or may_be_plain(url, network.allowed_origins)
    except ValueError as error:
        raise ConfigurationError(f"The address of {provider} is not valid.", "Check its baseUrl.") from error
    if not allowed:
        raise ConfigurationError(
            f"The address of {provider} is not encrypted ({scheme or 'no scheme'}).",
            "Use https://, or name its origin in picode.network.allowedOrigins if the network there is yours.",
        )


def _host(url: str) -> str:
    return urlsplit(url).netloc


def _unreachable(error: Exception, url: str, provider: str, proxy: Proxy | None) -> NetworkFailure:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return NetworkFailure(
                provider,
                f"the certificate of {_host(url)} can't be trusted: {cause.verify_message}.",
                "If a proxy looks into your connections, name its certificate in picode.network.caFile.",
                retryable=False,
            )
        cause = cause.__cause__ or cause.__context__
    if proxy is not None:
        problem = f"no connection to the proxy {proxy.shown}, which {proxy.origin} names."
        return NetworkFailure(provider, problem, f"Start it, or correct {proxy.origin}.")
    local = is_loopback_url(url)
    return NetworkFailure(
        provider,
        f"no connection to {_host(url)}.",
        "Start the server there, or choose another provider." if local else "Check the base URL and your connection.",
    )
