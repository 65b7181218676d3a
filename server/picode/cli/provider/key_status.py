"""What `picode provider key status` has to say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from picode.cli.session import columns
from picode.core.errors import ConfigurationError
from picode.core.keys import entry_name
from picode.io.keys.chain import Keychain, Place
from picode.providers.catalog import Provider


@dataclass(frozen=True, slots=True)
class State:
    """Where the key for one provider at one origin is."""

    provider: str
    origin: str
    place: str
    """`environment`, `keyring`, `vault`, `none`, or `unknown` where a file can't be read."""
    variable: str = ""
    flaw: str = ""
    needed: bool = False
    """Whether the provider refuses to answer without."""
    used: bool = True
    """Whether it would be sent: the settings name this provider at this origin."""
    remark: str = ""
    """What to know of a key that is not there."""

    @property
    def well(self) -> bool:
        return not self.flaw and not (self.needed and self.place in ("none", "unknown"))

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if name != "remark"}

    def words(self, *, brief: bool = False) -> str:
        """Where the key is; with `brief`, remarks in two words."""
        text = f"environment ({self.variable})" if self.variable else self.place
        if self.place == "none":
            text = self.remark or ("none" if self.needed else "none, and none needed")
            text = text.partition(";")[0] if brief else text
        if self.flaw:
            text += f"; it {self.flaw}"
        return text if self.used else f"{text}; not in use"


@dataclass(frozen=True, slots=True)
class Report:
    """The states, and what kept some from being found."""

    states: Sequence[State]
    troubles: Sequence[str]


async def find(rows: Sequence[Provider], environ: Mapping[str, str]) -> Report:
    """The states of `rows`; where there are several, also of the entries that belong to none of them."""
    keychain = Keychain.of_user(environ)
    troubles: dict[str, None] = {}
    states = []
    for row in rows:
        origin = entry_name("", row.base_url).removeprefix("@")
        try:
            place = await keychain.place(row)
            states.append(_state(row, origin, place))
        except ConfigurationError as error:
            troubles[str(error)] = None
            states.append(State(row.name, origin, "unknown", needed=row.key_required))
    if keychain.keyring.trouble:
        troubles[f"The system keyring {keychain.keyring.trouble}."] = None
    if len(rows) > 1:
        states += _others(keychain, {entry_name(row.name, row.base_url) for row in rows})
    return Report(states, list(troubles))


def table(states: Sequence[State]) -> str:
    """The states in columns."""
    return columns([(state.provider, state.origin or "no address", state.words()) for state in states])


def _state(row: Provider, origin: str, place: Place | None) -> State:
    if place is None:
        return State(row.name, origin, "none", needed=row.key_required, remark=_remark(row))
    return State(row.name, origin, place.kind, place.variable, place.flaw, needed=row.key_required)


def _remark(row: Provider) -> str:
    if row.withheld:
        return f"none for this address; {row.withheld_for}"
    if row.key_names and not row.key_required:
        return f"none, optional; {' or '.join(row.key_names)} if it wants one"
    return ""


def _others(keychain: Keychain, known: set[str]) -> Iterable[State]:
    for place, names in (("keyring", keychain.keyring.register.names), ("vault", keychain.vault.names)):
        try:
            found = names()
        except ConfigurationError:
            continue  # told already, by the first row that had to look there
        for name in sorted(found - known):
            provider, _, origin = name.rpartition("@")
            yield State(provider, origin, place, used=False)
