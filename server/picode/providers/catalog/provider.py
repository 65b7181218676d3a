"""What a row of the catalog says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote, urlsplit

Probe = Literal["ollama", "llamacpp"]


@dataclass(frozen=True, slots=True)
class Listing:
    """How a provider lists its models: `GET` of `path`, and where the answer holds what.

    Paths into the answer are keys joined by dots. `rows` leads to the array (empty: the answer is the array), the others
    lead on from one of its items. `id_prefix` is cut off the names. Of the items, only those count where the value at each
    path of `only` is, or holds, what stands there; `tools` and `images` tell in the same way whether a model calls tools
    and looks at images. `window` is the context in tokens; `input_price` and `output_price` are US dollars, for `price_unit`
    tokens. `at` is as in `Provider`. A provider that lists nothing has its documented models in `models`, and no `path`.
    """

    path: str = "/models"
    rows: str = "data"
    id: str = "id"
    id_prefix: str = ""
    only: Mapping[str, str | bool] = field(default_factory=dict)
    tools: Mapping[str, str | bool] = field(default_factory=dict)
    images: Mapping[str, str | bool] = field(default_factory=dict)
    window: str = ""
    input_price: str = ""
    output_price: str = ""
    price_unit: int = 1
    at: str | None = None
    models: tuple[str, ...] = ()
    documentation: str = ""


@dataclass(frozen=True, slots=True)
class Provider:
    """A place that serves models.

    `chat` and `fill` name the dialects (`picode.wire`) that it is asked in: `fill` for code around a cursor (None: its
    models are asked through `chat`, as are those that the pattern `fill_models` doesn't match), `better_fill` instead of it
    where the server tells that its model can be asked so. `suffix` says that the fill endpoint takes a suffix, whatever
    the model, and `grammars` that it can hold a model to a grammar. `probe` is the way to ask the server what one of its
    models can do.

    Paths follow `base_url`. A dialect in `at` has its paths elsewhere: in place of the version that ends the base URL, or
    behind it where it ends in none; `{model}` stands for the model there. `query` goes with every request.

    `key_names` are environment variables, the first one set wins; `key_required` false is for servers that want none.
    `key_header` is the header that carries it.

    `model` is asked for where the user names none, `inline_model` for suggestions as they type: a cheap and quick one
    (empty: `model`). `answers_questions` is false where `model` is too small to hold a conversation. `local` servers run on the
    user's machine. `key_page` is the web page where the user gets a key. `documentation` is the source of the row's facts.

    Where the user has the provider at another server, `withheld` are the variables of the key that is for the server at `home`,
    and `presumes_models` says that `model` and `inline_model` are those of that server too. `flaw` is what is wrong with the
    user's settings for the provider, which keeps it from being asked.
    """

    name: str
    title: str
    base_url: str
    chat: str = "openai_chat"
    fill: str | None = None
    better_fill: str | None = None
    fill_models: str = ""
    suffix: bool = False
    grammars: bool = False
    probe: Probe | None = None
    at: Mapping[str, str] = field(default_factory=dict)
    query: str = ""
    key_names: tuple[str, ...] = ()
    key_required: bool = True
    key_header: str = "Authorization: Bearer {key}"
    key_page: str = ""
    model: str = ""
    inline_model: str = ""
    local: bool = False
    answers_questions: bool = True
    headers: Mapping[str, str] = field(default_factory=dict)
    listing: Listing = Listing()
    documentation: str = ""
    home: str = ""
    withheld: tuple[str, ...] = ()
    presumes_models: bool = False
    flaw: str = ""

    @property
    def withheld_for(self) -> str:
        """Words that say for which server the `withheld` variables are; empty where there are none."""
        if not self.withheld:
            return ""
        verb = "is" if len(self.withheld) == 1 else "are"
        return f"{' and '.join(self.withheld)} {verb} for {host_of(self.home)}"


def host_of(url: str) -> str:
    """Host and port of a server, by which two addresses are of the same one or not. Raises `ValueError` for what is no URL."""
    return urlsplit(url).netloc.lower()


def address(provider: Provider, base_url: str, path: str, *, dialect: str = "", model: str = "") -> str:
    """The URL of `path`, which may have a query, for a request in `dialect` (empty: in none) to the server at `base_url`.

    >>> address(Provider("x", "X", "", at={"infill": ""}), "http://127.0.0.1:8080/v1/", "/infill", dialect="infill")
    'http://127.0.0.1:8080/infill'
    """
    url = based(base_url, provider.at.get(dialect)).replace("{model}", quote(model, safe="")) + path
    if not provider.query:
        return url
    return f"{url}{'&' if '?' in path else '?'}{provider.query}"


def based(base_url: str, at: str | None) -> str:
    """`base_url` with `at` in place of the version that ends it. None leaves the version."""
    base = base_url.rstrip("/")
    return base if at is None else re.sub(r"/v\d+(?:alpha\d*|beta\d*)?$", "", base) + at
