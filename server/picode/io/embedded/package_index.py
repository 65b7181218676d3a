"""Finds a file in a Python package index: the simple repository API, as JSON (PEP 691) or as HTML (PEP 503)."""

from __future__ import annotations

import json
import os
import re
from html.parser import HTMLParser
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

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
