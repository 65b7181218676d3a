"""Addresses as users have them: of a server, or of one of its endpoints, as examples of requests and Azure's portal show it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urljoin, urlsplit

AZURE_PATHS = {"azure": "/openai/v1", "azure-deployments": "/openai"}
"""What follows the address of a resource, which is all that Azure's portal shows."""

_AZURE_HOST = re.compile(r"\.(?:openai|cognitiveservices|services\.ai)\.azure\.(?:com|us|cn)$")

_ENDPOINT = re.compile(
    r"(?:/chat/completions|/fim/completions|/completions|/responses|/messages|/embeddings|/api/(?:chat|generate|tags))?"
    r"/?(?:\?[^/]*)?$"
)
"""What follows a base URL in the address of an endpoint."""


@dataclass(frozen=True, slots=True)
class BaseUrl:
    """A base URL, and what an endpoint's address says besides: the model that is deployed there, and the query."""

    url: str
    model: str = ""
    query: str = ""


def read_base_url(provider: str, address: str) -> BaseUrl:
    """What `address` says for the provider of that name; one of the user's own at Azure is asked as `azure` is.

    >>> target = "https://acme.openai.azure.com/openai/deployments/our-gpt/chat/completions?api-version=2024-10-21"
    >>> read_base_url("azure", target)
    BaseUrl(url='https://acme.openai.azure.com/openai/v1', model='our-gpt', query='')
    >>> read_base_url("azure-deployments", target)
    BaseUrl(url='https://acme.openai.azure.com/openai', model='our-gpt', query='api-version=2024-10-21')
    >>> read_base_url("team", "https://models.example/v1/chat/completions").url
    'https://models.example/v1'
    """
    base = _ENDPOINT.sub("", address.strip()).rstrip("/")
    azure = AZURE_PATHS.get(provider) or (AZURE_PATHS["azure"] if is_azure(address) else "")
    try:
        parts = urlsplit(base)
        inside = re.fullmatch(r"/?(?:openai(?:/.*)?)?", parts.path)
    except ValueError:  # no address: whoever asks it says so
        return BaseUrl(base)
    if not azure or not inside:
        return BaseUrl(base)
    deployment = re.match(r"/openai/deployments/([^/]+)", parts.path)
    version = parse_qs(urlsplit(address.strip()).query).get("api-version", [""])[0]
    query = f"api-version={version}" if version and provider == "azure-deployments" else ""
    return BaseUrl(urljoin(base, azure), unquote(deployment[1]) if deployment else "", query)


def is_azure(address: str) -> bool:
    """Whether that is an address of Azure's, whose models are named by their deployments."""
    try:
        return bool(_AZURE_HOST.search(urlsplit(address).hostname or ""))
    except ValueError:
        return False


def with_scheme(address: str) -> str:
    """`address` as it was typed, with `https://` where it names no scheme; an address of this machine gets `http://`.

    >>> with_scheme(" models.example/v1 "), with_scheme("localhost:8080"), with_scheme("")
    ('https://models.example/v1', 'http://localhost:8080', '')
    """
    whole = address.strip()
    if not whole or "://" in whole:
        return whole
    local = re.match(r"(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?(?:/|$)", whole)
    return f"{'http' if local else 'https'}://{whole}"
