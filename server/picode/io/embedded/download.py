"""Fetches a file whose hash is known beforehand, and goes on where it was cut off; finds such files in a package index."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import json
import os
import re
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from picode.core.errors import (
    AuthenticationError,
    ModelUnavailable,
    NetworkFailure,
    ProviderError,
    ProviderTimeout,
    ServerFailure,
)
from picode.core.origins import is_loopback
from picode.io.connections import to_any_host
from picode.io.embedded.options import PROVIDER
from picode.settings.model import Network

if TYPE_CHECKING:
    import httpx2


ATTEMPTS = 3
"""How often in a row a transfer may break off without a byte gained."""


@asynccontextmanager
async def session(network: Network | None, *, encrypted: bool = False) -> AsyncIterator[httpx2.AsyncClient]:
    """An HTTP client for one fetch, by the proxy and with the certificates of `network`, or of the environment's variables
    (None: only of those).

    Redirects are followed, since package indexes keep files elsewhere, but never from HTTPS to plain HTTP. `encrypted` refuses
    plain HTTP from the beginning, but for servers on this machine.
    """
    import httpx2

    secure = False

    async def refuse_downgrade(request: httpx2.Request) -> None:
        nonlocal secure
        if (secure or (encrypted and not is_loopback(request.url.host))) and request.url.scheme != "https":
            raise ModelUnavailable(PROVIDER, f"{request.url.host} would be asked without encryption, by a redirect.")
        secure = request.url.scheme == "https"

    transport = await asyncio.to_thread(to_any_host, network or Network())
    async with httpx2.AsyncClient(
        transport=transport,
        follow_redirects=True,
        max_redirects=5,
        timeout=httpx2.Timeout(30.0, connect=10.0),
        headers={"Accept-Encoding": "identity"},
        event_hooks={"request": [refuse_downgrade]},
    ) as client:
        yield client


async def get_page(client: httpx2.AsyncClient, url: str, accept: str, remedy: str) -> tuple[str, str, str]:
    """The text, the content type and the final URL of a page. Raises a `ProviderError` with `remedy`."""
    with _typed(url, remedy):
        response = await client.get(url, headers={"Accept": accept})
        _check_status(response.status_code, url, remedy)
        return response.text, response.headers.get("content-type", ""), str(response.url)


@dataclass(frozen=True, slots=True)
class Download:
    """A file to fetch: its address, what it must be when it is there (`size` in bytes, None where it is not known), and what
    the user can do where that fails."""

    url: str
    sha256: str
    size: int | None
    remedy: str


async def fetch(
    client: httpx2.AsyncClient, wanted: Download, part: Path, on_bytes: Callable[[int, int | None], None]
) -> None:
    """Completes the file `part`, of which some may be there already. On return its size and hash are right.

    `on_bytes(done, total)` is called with bytes; `total` is None where the server does not tell it. Raises a
    `ProviderError`, or `OSError` if the disk refuses. What has arrived stays for the next time, unless the finished file is
    wrong.
    """
    import httpx2

    with _typed(wanted.url, wanted.remedy):
        fruitless = 0
        whole = False
        while not whole and (wanted.size is None or _size_of(part) < wanted.size):
            start = _size_of(part)
            try:
                whole = await _transfer(client, wanted, part, start, on_bytes)
            except httpx2.TransportError:
                fruitless = 0 if _size_of(part) > start else fruitless + 1
                if fruitless == ATTEMPTS:
                    raise
                await asyncio.sleep(0.2 * 2**fruitless)
    actual = await asyncio.to_thread(hash_of, part)
    if actual != wanted.sha256:
        await asyncio.to_thread(part.unlink)
        raise ModelUnavailable(
            PROVIDER,
            f"{without_credentials(wanted.url)} is not the file it should be: its SHA-256 is {actual}, not {wanted.sha256}.",
            f"Nothing of it was kept. {wanted.remedy}",
        )


async def _transfer(
    client: httpx2.AsyncClient,
    wanted: Download,
    part: Path,
    start: int,
    on_bytes: Callable[[int, int | None], None],
) -> bool:
    """One attempt. False where the server can't go on from `start`, so that the next one has to begin anew."""
    import httpx2

    size = wanted.size
    headers = {"Range": f"bytes={start}-"} if start else {}
    async with client.stream("GET", wanted.url, headers=headers) as response:
        content_range = response.headers.get("content-range", "")
        resumes = response.status_code == 206 and content_range.startswith(f"bytes {start}-")
        if start and not resumes and response.status_code in (206, 416):
            if size is None and content_range == f"bytes */{start}":
                return True  # all of it is there already
            await asyncio.to_thread(part.unlink)
            return False
        _check_status(response.status_code, wanted.url, wanted.remedy)
        done = start if resumes else 0
        length = response.headers.get("content-length", "")
        total = done + int(length) if length.isdigit() else size
        if size is not None and total != size:
            raise _wrong_size(wanted)
        if total is not None:
            await asyncio.to_thread(_check_room, part, total - done)
        with await asyncio.to_thread(part.open, "ab" if resumes else "wb") as file:
            on_bytes(done, total)
            async for piece in response.aiter_raw():
                done += len(piece)
                if size is not None and done > size:
                    raise _wrong_size(wanted)
                await asyncio.to_thread(file.write, piece)
                on_bytes(done, total)
    if total is not None and done < total:
        raise httpx2.RemoteProtocolError("the file ended early")
    return True


def _check_room(part: Path, wanted: int) -> None:
    """Raises `OSError` where the disk has no room: better now than after an hour."""
    free = shutil.disk_usage(part.parent).free
    if wanted > free:
        raise OSError(
            errno.ENOSPC, f"{wanted / 1e9:.1f} GB are needed, and {free / 1e9:.1f} GB are free", str(part.parent)
        )


def _wrong_size(wanted: Download) -> ModelUnavailable:
    problem = f"{without_credentials(wanted.url)} is not the file it should be, which has {wanted.size} bytes."
    return ModelUnavailable(PROVIDER, problem, wanted.remedy)


@contextmanager
def _typed(url: str, remedy: str) -> Iterator[None]:
    """httpx2's failures as ours."""
    import httpx2

    place = without_credentials(url)
    try:
        yield
    except httpx2.TimeoutException as error:
        raise ProviderTimeout(PROVIDER, f"{place} does not answer.", remedy) from error
    except (httpx2.TransportError, httpx2.TooManyRedirects, httpx2.InvalidURL) as error:
        raise NetworkFailure(
            PROVIDER, f"{place} can't be reached ({str(error) or type(error).__name__}).", remedy
        ) from error


def _check_status(status: int, url: str, remedy: str) -> None:
    if status < 300:
        return
    place = without_credentials(url)
    problem = f"{place} answered {status}."
    kind: type[ProviderError] = ServerFailure if status >= 500 else ModelUnavailable
    if status in (401, 403):
        kind = AuthenticationError
    raise kind(PROVIDER, problem, remedy, status=status)


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def hash_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


DEFAULT_INDEX = "https://pypi.org/simple"

ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"


def index_url() -> str:
    """The user's index, from the variables of uv and pip, else PyPI.

    A company's index is never gone around, even where it lacks the file: who sets one means it.
    """
    for variable in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"):
        # uv allows a name in front: `name=https://…`.
        if value := re.sub(r"^[\w.-]+=(?=\w+://)", "", os.environ.get(variable, "").strip()):
            return value
    return DEFAULT_INDEX


def project_url(index: str, project: str) -> str:
    """The project's page. The index wants its name normalized and a slash at the end (PEP 503)."""
    return f"{index.rstrip('/')}/{re.sub(r'[-_.]+', '-', project).lower()}/"


def find_link(page: str, content_type: str, base: str, filename: str) -> str | None:
    """The absolute URL of `filename`, or None if the page does not list it. Raises `ValueError` if it is no index page."""
    if content_type.partition(";")[0].strip().lower().endswith("json"):
        listing = json.loads(page)
        if not isinstance(listing, dict) or not isinstance(listing.get("files"), list):
            raise ValueError("no list of files")
        links = [
            str(file.get("url", ""))
            for file in listing["files"]
            if isinstance(file, dict) and file.get("filename") == filename
        ]
    else:
        anchors = _Anchors()
        anchors.feed(page)
        if not anchors.links and "<html" not in page.lower():
            raise ValueError("no page of links")
        links = [link for link in anchors.links if unquote(urlsplit(link).path).endswith(f"/{filename}")]
    return urljoin(base, links[0]).partition("#")[0] if links else None


def without_credentials(url: str) -> str:
    """`url` as it may be shown: an index URL may carry a user name and a password."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


class _Anchors(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.links.extend(
                f"./{value}" if "/" not in value else value for key, value in attrs if key == "href" and value
            )
