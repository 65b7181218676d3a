"""Values that are wrong where a default would do harm: they stay in force as what can't be used.

A proxy, an address or the name of a key that can't be understood must not be replaced by "no proxy" or by the provider's own
address: requests would go where the user has not sent them. Whatever needs such a setting raises `Refused.error`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from picode.core.errors import ConfigurationError
from picode.settings.section import Section

Path = tuple[str, ...]


class Refused(str):
    """What stands in a setting that is wrong. `complaint` is what is wrong with it, in words that begin with the setting's
    name, `origin` the file, variable or editor that says it, and `consequence` a sentence about what does not happen meanwhile.
    Its text does not repeat what was written, which may be a secret."""

    __slots__ = ("complaint", "consequence", "origin")

    complaint: str
    consequence: str
    origin: str

    @classmethod
    def at(cls, path: Path, complaint: str, origin: str) -> Refused:
        """The value for the setting at `path`."""
        refused = cls("(not valid)")
        refused.complaint, refused.origin = complaint, origin
        whose = f"Nothing is sent to {path[1]}" if path[0] == "providers" else "No request leaves this machine"
        refused.consequence = f"{whose} until it is corrected."
        return refused

    def error(self) -> ConfigurationError:
        """Why it can't be used."""
        return ConfigurationError(f"{self.origin}: {self.complaint}.", self.consequence)

    def __eq__(self, other: object) -> bool:
        """A refused value equals no usable one."""
        return isinstance(other, Refused) and (self.complaint, self.origin) == (other.complaint, other.origin)

    __hash__ = str.__hash__


def put_refused(settings: Section, refused: Mapping[Path, Refused]) -> Any:
    """`settings` with the values of `refused`, by path. The tables around them are there."""
    whole: Any = settings
    for path, value in refused.items():
        whole = _put(whole, path, value)
    return whole


def _put(node: Any, path: Path, value: Refused) -> Any:
    first, *rest = path
    if isinstance(node, dict):
        return {**node, first: _put(node[first], tuple(rest), value) if rest else value}
    name = next(name for name, field in type(node).model_fields.items() if (field.alias or name) == first)
    return node.model_copy(update={name: _put(getattr(node, name), tuple(rest), value) if rest else value})
