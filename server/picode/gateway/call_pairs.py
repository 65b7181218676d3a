"""Ids for the tool calls of APIs that may tell calls apart by the tool's name and their order alone."""

from __future__ import annotations


class CallPairs:
    """Gives each call of a conversation an id, and each result the id of its call. The same conversation gets the same ids."""

    def __init__(self) -> None:
        self._count = 0
        self._open: list[tuple[str, str]] = []
        """Ids and tools of the calls whose results have not come."""

    def called(self, name: str, identifier: str = "") -> str:
        """The id of the next call, of the tool `name`: its own where it has one."""
        self._count += 1
        identifier = identifier or f"call_{self._count}"
        self._open.append((identifier, name))
        return identifier

    def answered(self, name: str, identifier: str = "") -> str:
        """The id of the call that the next result belongs to: of `identifier`, else the first one of the tool `name`, else the
        first one."""
        for fits in (
            lambda call: bool(identifier) and call[0] == identifier,
            lambda call: not identifier and bool(name) and call[1] == name,
            lambda call: not identifier and not name,
        ):
            for call in filter(fits, self._open):
                self._open.remove(call)
                return call[0]
        return identifier or name
