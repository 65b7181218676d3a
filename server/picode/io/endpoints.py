"""Where each provider is reached now, for the port `Endpoints`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec

from picode.assistant.ports import Endpoint
from picode.io.embedded.shared import EmbeddedModel
from picode.providers.catalog import Provider


class EndpointDirectory:
    """Addresses from the provider's row, keys from the environment, and the embedded model's own process."""

    def __init__(self, environ: Mapping[str, str], embedded: EmbeddedModel) -> None:
        self._environ = environ
        self._embedded = embedded

    async def locate(self, provider: Provider) -> Endpoint:
        """See `picode.assistant.ports.Endpoints`."""
        if provider.name == "embedded":
            return await self._embedded.endpoint()
        return Endpoint(provider.base_url, self._key(provider))

    def missing(self, provider: Provider) -> str | None:
        """See `picode.assistant.ports.Endpoints`."""
        if provider.name == "embedded":
            return None if find_spec("xllamacpp") else "Install picode[embedded]."
        if not provider.base_url:
            return f"Set picode.providers.{provider.name}.baseUrl."
        if provider.key_required and self._key(provider) is None:
            return f"Set {' or '.join(provider.key_names)}."
        return None

    def _key(self, provider: Provider) -> str | None:
        return next((key for name in provider.key_names if (key := self._environ.get(name, "").strip())), None)
