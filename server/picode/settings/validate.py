"""From what one layer says to what of it can be used. Nothing that a file can hold makes this fail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import takewhile
from typing import Any, Final

from pydantic import ValidationError

from picode.settings.model import Settings, read
from picode.settings.problem import printable, quoted
from picode.settings.section import Trust
from picode.settings.shape import Path, all_settings, closed_at, demand, keys_at, schema_at, type_at

Complaint = tuple[Path, str]

MOST: Final = 20
"""The most problems that are reported for one layer; the rest are counted in one message."""

_DEEPEST: Final = 6
"""Deeper than any setting lies."""

_UNKNOWN: Final = "extra_forbidden"
"""What pydantic calls a key that is no field."""

_ASK_FOR_TRUST = "until you trust the folder (`picode trust`, or Workspace Trust in the editor)"
_KEY_WORDS = {"apikey", "key", "token", "apitoken", "accesstoken", "secret", "password", "authorization"}


@dataclass(frozen=True, slots=True)
class Validated:
    """The values that can be used, and what is wrong with the others. `refused` has the settings of which nothing else counts
    (`Failure.CLOSED`), each with the complaint that it is refused for."""

    values: dict[str, Any]
    problems: list[Complaint]
    refused: dict[Path, Complaint] = field(default_factory=dict)


def validate_layer(values: object, untrusted: bool, own: Settings) -> Validated:
    """The usable part of a layer.

    Of an `untrusted` layer (the file of a folder that the user has not trusted) only what `Trust` allows is usable. `own`
    is what the user's own layers come to, stronger ones included: an untrusted folder may not turn on what the user has
    turned off, at whatever strength.
    """
    problems: list[Complaint] = []
    if values is None:
        return Validated({}, problems)
    if not isinstance(values, Mapping):
        return Validated({}, [((), f"should be a table of settings, not {quoted(values)}")])
    usable = _copied(values, (), problems)
    if untrusted:
        _drop_what_is_the_users(usable, own, problems)
    _drop_what_is_wrong(usable, problems)
    if untrusted:
        _drop_what_widens(usable, own, problems)
    refused = {} if untrusted else _refused(values, usable, problems)
    if len(problems) > MOST:
        problems[MOST:] = [((), f"has {len(problems) - MOST} more settings that can't be used")]
    return Validated(usable, problems, refused)


def _refused(written: Any, usable: Mapping[str, Any], problems: list[Complaint]) -> dict[Path, Complaint]:
    """The settings that fail closed and that a problem is about: a wrong value, a wrong table around them, another spelling of
    their names. Null, which some editors send for what is not set, asks for nothing."""
    found: dict[Path, Complaint] = {}
    for path, complaint in problems:
        if _has(written, path) and _at(written, path) is None:
            continue
        meant = path if not path or type_at(path) is not None else _meant(path, close=bool(complaint))
        for place in closed_at(meant) if meant else ():
            if all(place) and not _has(usable, place):
                found.setdefault(place, (path, complaint or "is not valid"))
    return found


def _copied(values: Mapping[Any, Any], above: Path, problems: list[Complaint]) -> dict[str, Any]:
    """Dicts of our own, so that bad values can be taken out, and only text that can be encoded: JSON may hold half a
    surrogate pair, which no file, terminal or HTTP request can."""
    copy: dict[str, Any] = {}
    for key, value in values.items():
        path = (*above, key if isinstance(key, str) else quoted(key))
        if not isinstance(key, str) or not _encodable(key):
            problems.append((path, "is not the name of a setting"))
        elif isinstance(value, Mapping) and len(path) < _DEEPEST:
            copy[key] = _copied(value, path, problems)
        elif isinstance(value, str) and not _encodable(value):
            problems.append((path, "is not valid text (UTF-8)"))
        else:
            copy[key] = value
    return copy


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _drop_what_is_the_users(values: dict[str, Any], own: Settings, problems: list[Complaint]) -> None:
    user_values = own.model_dump(by_alias=True, warnings=False)
    for setting in all_settings():
        if setting.trust is Trust.USER and _has(values, setting.path):
            wish = _remove(values, setting.path)
            if wish != _at(user_values, setting.path):
                problems.append((setting.path, f"has no effect {_ASK_FOR_TRUST}"))


def _drop_what_widens(values: dict[str, Any], own: Settings, problems: list[Complaint]) -> None:
    """A language that the user does not name stands where the user has put `"*"`."""
    user_values = own.model_dump(by_alias=True, warnings=False)
    for setting in all_settings():
        if setting.trust is not Trust.NARROWING or not _has(values, setting.path):
            continue
        wanted, allowed = _at(values, setting.path), _at(user_values, setting.path)
        refused = (
            [(*setting.path, key) for key in wanted if wanted[key] and not allowed.get(key, allowed.get("*", True))]
            if isinstance(wanted, dict)
            else [setting.path] * (wanted and not allowed)
        )
        for path in refused:
            _remove(values, path)
            problems.append((path, f"can't be turned on here {_ASK_FOR_TRUST}"))


def _drop_what_is_wrong(values: dict[str, Any], problems: list[Complaint]) -> None:
    """Takes out what pydantic complains about until it has nothing left to say."""
    while True:
        try:
            read(values)
        except ValidationError as failure:
            errors = failure.errors(include_url=False, include_context=False, include_input=False)
        else:
            return
        before = len(problems)
        for error in errors:
            path, about_key = _place(error["loc"], error["type"])
            if _has(values, path):  # else the same value has been complained about already
                wrong = _remove(values, path)
                said = len(problems) >= MOST  # finding good words for each of 100,000 would take seconds
                problems.append((path, "" if said else _complaint(path, error["type"], wrong, about_key)))
        if len(problems) == before:  # an error without a place: nothing here can be relied upon
            values.clear()
            problems.append(((), "can't be used"))


def _place(loc: tuple[int | str, ...], kind: str) -> tuple[Path, bool]:
    """Where an error lies, and whether it is about the key, which pydantic marks by a last element "[key]". What is wrong
    with an item of a list is wrong with the list."""
    path = tuple(map(str, takewhile(lambda part: isinstance(part, str), loc)))
    about_key = path[-1:] == ("[key]",) and kind != _UNKNOWN and type_at(path) is None
    return (path[:-1], True) if about_key else (path, False)


def _complaint(path: Path, kind: str, value: Any, about_key: bool) -> str:
    if about_key:
        return "has a name that is not allowed there"
    if kind == _UNKNOWN:
        return f"is not a setting{_advice(path)}"
    wish = demand(schema_at(path))
    # Neither a key pasted into the wrong place nor the password of an address is repeated to a log.
    secret = path[0] == "providers" or (isinstance(value, str) and "@" in value)
    return wish if secret else f"{wish}, not {quoted(value)}"


def _advice(path: Path) -> str:
    *above, key = path
    if path[0] == "providers" and _plain(key) in _KEY_WORDS:
        return " (keep the key in an environment variable, and name that variable in keyEnv)"
    meant = _meant(path)
    if meant is None:
        return ""
    if meant == _dotted(key):
        return f" (a dot means a table: write {meant[-1]} in the table {'.'.join(meant[:-1])})"
    return f" (did you mean {meant[-1] if meant[:-1] == tuple(above) else '.'.join(meant)}?)"


def _meant(path: Path, *, close: bool = True) -> Path | None:
    """The setting that is probably meant by a name that is none; without `close`, only one that is spelt with other capitals
    and hyphens, which is found at once."""
    *above, key = path
    word = _plain(key)
    if nested := _dotted(key):
        return nested
    spellings = {_plain(name): name for name in keys_at(tuple(above))}
    similar = get_close_matches(word, spellings, n=1) if close and len(word) < 40 else [word]
    if similar and similar[0] in spellings:
        return (*above, spellings[similar[0]])
    return next((setting.path for setting in all_settings() if _plain(setting.path[-1]) == word), None)


def _dotted(key: str) -> Path | None:
    """The path of the setting that `key` names in full, as `inline.model` does; None where it names none."""
    name = key.removeprefix("picode.")
    return next((setting.path for setting in all_settings() if setting.name == name), None)


def _plain(key: str) -> str:
    return printable(key).lower().replace("_", "").replace("-", "")


def _has(values: Any, path: Path) -> bool:
    for key in path:
        if not isinstance(values, Mapping) or key not in values:
            return False
        values = values[key]
    return bool(path)


def _at(values: Any, path: Path) -> Any:
    for key in path:
        values = values[key]
    return values


def _remove(values: dict[str, Any], path: Path) -> Any:
    return _at(values, path[:-1]).pop(path[-1])
