"""Reading the lists of models that providers give, as the catalog's rows say where to look."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from picode.core.errors import ServerFailure
from picode.providers.catalog import Listing
from picode.wire.shapes import count, finite, items, mapping, string

LONGEST_NAME = 300
MOST = 5000
"""The most models of one provider that are kept; OpenRouter, which resells other providers' models, lists some 500."""

_OTHER_TRADES = re.compile(
    r"embed|rerank|moderation|guard|whisper|transcribe|\btts\b|-tts|dall-e|imagen|gpt-image|-image\b|realtime|audio"
    r"|sora|veo-|davinci-002|babbage-002|text-similarity|bge-|all-minilm|orpheus|-ocr\b|ocr-",
    re.IGNORECASE,
)
"""Names of models that write no text about text. Most lists don't tell."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A model that a provider offers. `window` is its context in tokens (0: unknown); prices are US dollars for a
    million tokens (None: unknown). `tools` and `images`: whether it calls tools and looks at images (None: unknown)."""

    model: str
    window: int = 0
    input_price: float | None = None
    output_price: float | None = None
    tools: bool | None = None
    images: bool | None = None


def read_offers(listing: Listing, body: Any, provider: str) -> list[Offer]:
    """The models that `body`, the JSON of an answer, offers, in its order, each once. Raises `ServerFailure` where it is
    no list of models; what single items lack or have too much of is no matter."""
    rows = _at(body, listing.rows)
    if not isinstance(rows, list):
        raise ServerFailure(provider, "lists its models in a form that PiCode does not know.", "Check the base URL.")
    offers = (_offer(listing, row) for row in items(rows)[:MOST])
    return list({offer.model: offer for offer in offers if offer is not None}.values())


def _offer(listing: Listing, row: Any) -> Offer | None:
    model = string(_at(row, listing.id)).removeprefix(listing.id_prefix)
    if not model or len(model) > LONGEST_NAME or not model.isprintable() or _OTHER_TRADES.search(model):
        return None
    if not all(_holds(_at(row, path), wanted) for path, wanted in listing.only.items()):
        return None
    return Offer(
        model,
        count(_at(row, listing.window)) if listing.window else 0,
        _price(row, listing.input_price, listing.price_unit),
        _price(row, listing.output_price, listing.price_unit),
        _told(row, listing.tools),
        _told(row, listing.images),
    )


def _holds(value: Any, wanted: str | bool) -> bool:
    """Whether `value` is `wanted` or has it in it. A provider that doesn't tell means yes."""
    return value is None or value == wanted or wanted in items(value)


def _told(row: Any, wanted: Mapping[str, str | bool]) -> bool | None:
    """Whether `row` holds all that is `wanted`; None where it tells nothing of it."""
    found = {path: _at(row, path) for path in wanted}
    if not found or None in found.values():
        return None
    return all(_holds(found[path], value) for path, value in wanted.items())


def _price(row: Any, path: str, unit: int) -> float | None:
    value = _at(row, path) if path else None
    number = finite(str(value)) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
    return round(number * 1_000_000 / unit, 6) if number is not None and number >= 0 else None


def _at(value: Any, path: str) -> Any:
    for key in _keys(path):
        value = mapping(value).get(key)
    return value


def _keys(path: str) -> Iterator[str]:
    return iter(path.split(".") if path else ())
