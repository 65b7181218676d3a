"""Where each provider is reached now, for the port `Endpoints`."""

from __future__ import annotations

import asyncio

from picode.assistant.ports import Endpoint
from picode.assistant.routing.upstream import key_remedy
from picode.core.errors import PiCodeError
from picode.io import log_lines
from picode.io.embedded.shared import EmbeddedModel
from picode.io.extras import is_installed
from picode.io.installation import command_to_add
from picode.io.keys.chain import Keychain
from picode.providers.catalog import Provider


class EndpointDirectory:
    """Addresses from the provider's row, keys from the keychain, and the embedded model's own process."""

    def __init__(self, keychain: Keychain, embedded: EmbeddedModel) -> None:
        self._keychain = keychain
        self._embedded = embedded

    async def locate(self, provider: Provider) -> Endpoint:
        """See `picode.assistant.ports.Endpoints`."""
        if provider.name == "embedded":
            return await self._embedded.endpoint()
        found = await self._keychain.find(provider)
        if found is None:
            return Endpoint(provider.base_url)
        log_lines.hide(found.key)
        return Endpoint(provider.base_url, found.key, found.origin)

    def missing(self, provider: Provider) -> str | None:
        """See `picode.assistant.ports.Endpoints`."""
        if provider.name == "embedded":
            return None if is_installed("embedded") else f"Run `{command_to_add('embedded')}`."
        if provider.flaw:
            return provider.flaw
        if not provider.base_url:
            return f"Set picode.providers.{provider.name}.baseUrl."
        if provider.key_required and not self._keychain.expects(provider):
            return key_remedy(provider)
        return None

    async def refusal(self, provider: Provider, model: str) -> PiCodeError | None:
        """See `picode.assistant.ports.Endpoints`."""
        if provider.name != "embedded" or self._embedded.serves(model):
            return None
        return await asyncio.to_thread(self._embedded.refusal, model)

    def at_hand(self, provider: Provider) -> bool:
        """See `picode.assistant.ports.Endpoints`."""
        return provider.name != "embedded" or (self.missing(provider) is None and self._embedded.at_hand)
