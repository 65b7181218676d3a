"""Finds out what a model can do: from its server if that reports it, else from its name (`picode.providers.profiles`).

Ollama reports a model's template, llama.cpp its vocabulary; both report the size of its context window.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Iterable, Set
from dataclasses import dataclass, replace
from typing import Any

from picode.assistant.ports import Deadlines, Endpoint, Transport
from picode.assistant.routing.provider_http import fetch_json
from picode.core.errors import PiCodeError
from picode.core.fim import FimTemplate
from picode.providers.abilities import Abilities, abilities_of
from picode.providers.catalog import Provider, based
from picode.providers.profiles import GENERIC, profile_of
from picode.wire.dialect import Profile
from picode.wire.shapes import count, items, mapping, string

log = logging.getLogger(__name__)

_DEADLINES = Deadlines(connect=0.3, idle=1.5, total=1.5)
_VALID_SECONDS = 600.0
"""Seconds that an answer is used: another model may be started at the same address."""
_RETRY_SECONDS = 30.0
"""Seconds until a server that failed to report is asked again: it may have been loading its model."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a model is: its profile, the dialect for code to fill in (None: such code is asked for in a conversation), and
    what it does beside text."""

    profile: Profile
    fill: str | None
    abilities: Abilities


class Discovery:
    """Finds out what models are, and remembers it for each server and model."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._asked: dict[tuple[str, str], asyncio.Task[Known]] = {}

    async def learn(self, provider: Provider, endpoint: Endpoint, model: str) -> Known:
        """What `model` is. A server that can report it is asked once. Never raises."""
        if provider.probe is None:
            return by_name(provider, model)
        key = endpoint.base_url, model
        task = self._asked.get(key)
        if task is None:
            task = self._asked[key] = asyncio.create_task(self._ask(provider, endpoint, model))
        return await asyncio.shield(task)  # the next request needs the answer even if this one is cancelled

    def forget(self) -> None:
        """Forgets everything, so that servers are asked again."""
        self._asked.clear()

    async def close(self) -> None:
        """Cancels the requests."""
        tasks = list(self._asked.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _ask(self, provider: Provider, endpoint: Endpoint, model: str) -> Known:
        valid = _RETRY_SECONDS
        try:
            ask = self._ask_ollama if provider.probe == "ollama" else self._ask_llamacpp
            known = await ask(provider, endpoint, model)
            log.info("%s: %s is %s, window %d", provider.name, model, known.profile.family, known.profile.window)
            valid = _VALID_SECONDS
        except PiCodeError as error:
            log.info("%s does not tell what %s is: %s", provider.name, model, error)
            known = by_name(provider, model)
        finally:
            key = endpoint.base_url, model
            asyncio.get_running_loop().call_later(valid, self._asked.pop, key, None)
        return known

    async def _ask_ollama(self, provider: Provider, endpoint: Endpoint, model: str) -> Known:
        url = based(endpoint.base_url, "") + "/api/show"
        shown = await fetch_json(url, provider, endpoint, self._transport, _DEADLINES, {"model": model})
        return of_ollama(shown, provider, model)

    async def _ask_llamacpp(self, provider: Provider, endpoint: Endpoint, model: str) -> Known:
        root = based(endpoint.base_url, "")
        question = {"content": "".join(PROBED_TOKENS), "add_special": False, "parse_special": True, "with_pieces": True}
        props, pieces = await asyncio.gather(
            fetch_json(f"{root}/props", provider, endpoint, self._transport, _DEADLINES),
            fetch_json(f"{root}/tokenize", provider, endpoint, self._transport, _DEADLINES, question),
        )
        return of_llamacpp(props, pieces, provider, model)


def by_name(provider: Provider, model: str) -> Known:
    """What the model is, by its name."""
    profile = profile_of(model)
    if provider.suffix:
        profile = replace(profile, suffix=True)
    fills = provider.fill and re.search(provider.fill_models, model[:400])
    return Known(profile, provider.fill if fills else None, abilities_of(model))


def of_ollama(shown: Any, provider: Provider, model: str) -> Known:
    """What the model is, by `/api/show` (https://github.com/ollama/ollama/blob/main/docs/api.md#show-model-information).

    A template with `.Suffix` takes a suffix, and holds the tokens of the model's family. A model whose template has none may
    still know them: then its name decides, and it gets raw prompts.
    """
    fields = mapping(shown)
    template = string(fields.get("template"))
    information = mapping(fields.get("model_info"))
    capabilities = items(fields.get("capabilities"))
    profile = profile_of(model)
    if profile is GENERIC:
        profile = profile_of(string(information.get("general.basename")))
    found = {token for token in PROBED_TOKENS if token in template}
    profile = _with_tokens(profile, found) or profile
    profile = replace(
        profile,
        window=_ollama_window(fields, information) or min(profile.window, _OLLAMA_WINDOW),
        suffix=".Suffix" in template or "insert" in capabilities,
        reasoning=profile.reasoning or "thinking" in capabilities,
    )
    told = Abilities("tools" in capabilities, "vision" in capabilities)
    return Known(profile, provider.fill, told if capabilities else abilities_of(model))


_OLLAMA_WINDOW = 4096
"""Tokens of the default context window (https://github.com/ollama/ollama/blob/main/docs/faq.md). Longer prompts are cut off
without an error."""


def _ollama_window(fields: Any, information: Any) -> int:
    """The context window that the model will be loaded with, in tokens; 0 if it is not reported."""
    parameters = string(fields.get("parameters"))
    if chosen := re.search(r"^num_ctx\s+(\d{1,9})\s*$", parameters, re.MULTILINE):
        return int(chosen[1])
    architecture = string(information.get("general.architecture"))
    return min(count(information.get(f"{architecture}.context_length")), _OLLAMA_WINDOW)


def of_llamacpp(props: Any, pieces: Any, provider: Provider, model: str) -> Known:
    """What the model is, by `/props` and `/tokenize` (https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md).

    The server accepts any model name, so the name of its file is used. A token that the vocabulary has comes back as one
    piece. `/infill` orders the parts as prefix, suffix, middle; families with another order get their own prompt.
    """
    fields = mapping(props)
    path = string(fields.get("model_alias")) or string(fields.get("model_path"))
    profile = profile_of(re.split(r"[/\\]", path)[-1])
    if profile is GENERIC:
        profile = profile_of(model)
    window = count(mapping(fields.get("default_generation_settings")).get("n_ctx"))
    profile = replace(profile, window=window or profile.window)
    abilities = _llamacpp_abilities(fields, path or model)
    rows = items(mapping(pieces).get("tokens"))
    filling = _with_tokens(profile, {_bare(string(mapping(row).get("piece"))) for row in rows})
    if filling is None or filling.fim is None:
        return Known(replace(profile, fim=None, suffix=False), provider.fill, abilities)
    natural = bool(filling.fim.middle) and not filling.fim.suffix_first
    return Known(filling, (natural and provider.better_fill) or provider.fill, abilities)


def _llamacpp_abilities(props: Any, model: str) -> Abilities:
    """Whether the server has a projector for images (`modalities`); the rest by the name of the model's file."""
    named = abilities_of(re.split(r"[/\\]", model)[-1])
    vision = mapping(props.get("modalities")).get("vision")
    return replace(named, images=vision) if isinstance(vision, bool) else named


# A representative model of each family, special families before general ones, and a token that distinguishes the family from
# those with the same other tokens.
_FAMILIES = (
    ("codegemma", "<|file_separator|>"),
    ("qwen2.5-coder", "<|im_start|>"),
    ("granite-4", ""),
    ("starcoder2", "<file_sep>"),
    ("starcoder", ""),
    ("santacoder", ""),
    ("deepseek-coder", ""),
    ("codellama", ""),
    ("glm-4.5", ""),
    ("seed-coder", ""),
    ("codestral", ""),
)


def _with_tokens(profile: Profile, found: Set[str]) -> Profile | None:
    """`profile` with the fill-in-the-middle template that uses the tokens `found`; None if no template does."""
    bare = {_bare(token) for token in found}
    if profile.fim is not None and _tokens(profile.fim) <= bare:
        return profile
    for model, mark in _FAMILIES:
        family = profile_of(model)
        if family.fim is not None and _tokens(family.fim) <= bare and (not mark or mark in bare):
            return replace(profile, family=family.family, fim=family.fim, stops=family.stops)
    return None


def _tokens(template: FimTemplate) -> set[str]:
    """Those of the template's tokens that are in `PROBED_TOKENS`."""
    return {token for token in map(_bare, PROBED_TOKENS) if token in _parts(template)}


def _parts(template: FimTemplate) -> str:
    return _bare(template.prefix + template.suffix + template.middle)


def _bare(token: str) -> str:
    """`token` without the mark for the start of a word that some vocabularies put before it."""
    return token.replace("\u2581", " ").strip()


def _probed() -> Iterable[str]:
    for model, mark in _FAMILIES:
        fim = profile_of(model).fim
        if fim is not None:
            yield from re.findall(r"<[^<>\n]+>|\[[A-Z]+\]", fim.prefix + fim.suffix + fim.middle)
        if mark:
            yield mark
    # How Code Llama's vocabulary spells them.
    yield from ("\u2581<PRE>", "\u2581<SUF>", "\u2581<MID>")


PROBED_TOKENS = tuple(dict.fromkeys(_probed()))
"""The tokens by which families are recognised."""
