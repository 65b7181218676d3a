"""The providers that PiCode knows. To add one: ARCHITECTURE.md, "Where to add"; the row goes into a module beside this one."""

from __future__ import annotations

from collections.abc import Mapping

from picode.providers.catalog.hosts import HOSTS
from picode.providers.catalog.provider import Listing, Probe, Provider, address, based, host_of
from picode.providers.catalog.servers import SERVERS
from picode.providers.catalog.vendors import VENDORS

__all__ = ["CATALOG", "Listing", "Probe", "Provider", "address", "based", "host_of"]

CATALOG: Mapping[str, Provider] = {row.name: row for row in (*SERVERS, *VENDORS, *HOSTS)}
"""All rows by name: what runs on the user's machine, those who make models, those who serve the models of others."""
