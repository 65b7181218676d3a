"""Settings from several places, laid over one another; for each value, where it comes from.

Weakest first: the defaults, the user's `config.toml` and `config.json`, a folder's `.picode.toml` and `.picode.json`, the
environment, the editor, the command line. What is wrong in one layer leaves what weaker ones say in force, and is
reported once. It never gives the file of an untrusted folder more weight.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from picode.settings.model import Settings, read
from picode.settings.moved import move
from picode.settings.problem import Problem, dotted, quoted
from picode.settings.refused import Refused, put_refused
from picode.settings.shape import Path, closed_at
from picode.settings.validate import Validated, validate_layer

EDITOR = "editor"
_EDITORS_OWN = ("server", "trace", "workspaceTrusted")
"""Under `picode.` in an editor's settings, but the client's business."""


@dataclass(frozen=True, slots=True)
class Layer:
    """What one place says.

    `values` are nested tables in the names that files use, unchecked. `origin` names the place for the user (a file, a
    variable, "editor"), `origins` those of single values where they differ. `trusted` is false for the file of a
    folder that the user has not trusted. `problems` are those met when it was read, `unreadable` the one that hides what the
    layer, or a table of it, says.
    """

    name: str
    origin: str
    values: Mapping[str, Any]
    trusted: bool = True
    origins: Mapping[Path, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    unreadable: Problem | None = None

    def origin_of(self, path: Path) -> str:
        """The origin of the value at `path`, or of the table that it came with."""
        prefixes = (path[:length] for length in range(len(path), 0, -1))
        return next((self.origins[prefix] for prefix in prefixes if prefix in self.origins), self.origin)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value comes from: the layer's name, and the file or variable."""

    layer: str
    origin: str


DEFAULT = Source("default", "the default")


@dataclass(frozen=True, slots=True)
class Resolved:
    """The settings in force. `sources` has every value that is not a default, by path. `refused` are the values in `settings`
    that can't be used and that nothing else stands in for."""

    settings: Settings
    problems: tuple[Problem, ...]
    sources: Mapping[Path, Source]
    refused: Mapping[Path, Refused] = field(default_factory=dict)

    def origin(self, path: str | Path) -> Source:
        """Where the value at a path comes from: `"inline.debounceMs"`, or a tuple where a key itself has a dot.

        For a table, the source of the strongest value in it.
        """
        keys = tuple(path.split(".")) if isinstance(path, str) else path
        inside = [source for place, source in self.sources.items() if place[: len(keys)] == keys]
        return inside[-1] if inside else DEFAULT


def merge(layers: Iterable[Layer]) -> Resolved:
    """The settings that layers, weakest first, come to. Never raises."""
    stack = list(layers)
    users = [layer for layer in stack if layer.trusted]
    resolved = _laid_over(users, Settings())
    return resolved if len(users) == len(stack) else _laid_over(stack, resolved.settings)


def with_current_names(layer: Layer) -> Layer:
    """The layer with settings where they are now, and one problem that lists those that it has under former names."""
    values, found = move(layer.values)
    if not found or not isinstance(values, Mapping):
        return layer
    origins = dict(layer.origins)
    for old, new in found:
        if old in origins:
            origins.setdefault(new, origins[old])
    origin = " and ".join(dict.fromkeys(layer.origin_of(old) for old, _ in found))
    now = ", ".join(f"{dotted(old)} is {dotted(new)} now" for old, new in found)
    problem = Problem("", origin, f"uses names of earlier releases, which still count: {now}")
    return replace(layer, values=values, origins=origins, problems=(*layer.problems, problem))


def _laid_over(layers: list[Layer], own: Settings) -> Resolved:
    values: dict[str, Any] = {}
    sources: dict[Path, Source] = {}
    found: list[Problem] = []
    problems: list[tuple[Layer, Path, str]] = []
    refused: dict[Path, Refused] = {}
    for given in layers:
        layer = with_current_names(given)
        raw = layer.values
        if layer.name == EDITOR and isinstance(raw, Mapping):
            raw = {key: value for key, value in raw.items() if key not in _EDITORS_OWN}
        sifted = validate_layer(raw, not layer.trusted, own)
        _lay(sifted.values, values, (), layer, sources)
        refused = {path: each for path, each in refused.items() if not _says(sifted.values, path)}
        for path, each in _refused(layer, sifted).items():
            refused[path] = each
            _lay(_nested(path[:-1]), values, (), layer, sources)
            sources.pop(path, None)
            sources[path] = Source(layer.name, each.origin)
        found += layer.problems
        problems += [(layer, path, problem) for path, problem in sifted.problems]
    settings = put_refused(read(values), refused)
    consequences = {each.complaint: each.consequence for each in refused.values()}
    in_force = settings.model_dump(by_alias=True, warnings=False)
    for layer, path, problem in problems:
        consequence = consequences.get(f"{dotted(path)} {problem}")
        instead = consequence or _instead(in_force, path, sources.get(path, DEFAULT))
        found.append(Problem(dotted(path), layer.origin_of(path), problem, instead))
    return Resolved(settings, tuple(dict.fromkeys(found)), sources, refused)


def _refused(layer: Layer, sifted: Validated) -> dict[Path, Refused]:
    """The settings of which nothing else counts. Of a file that can't be read, nobody knows which those are: only what decides
    about all requests is refused."""
    found = {
        path: Refused.at(path, f"{dotted(at)} {complaint}", layer.origin_of(at))
        for path, (at, complaint) in sifted.refused.items()
    }
    if (hidden := layer.unreadable) is not None and layer.trusted:
        complaint = f"{hidden.path} {hidden.complaint}".lstrip()
        for path in closed_at(()):
            if not _says(sifted.values, path):
                found.setdefault(path, Refused.at(path, complaint, hidden.origin))
    return found


def _nested(path: Path) -> dict[str, Any]:
    """Tables in tables, empty."""
    values: dict[str, Any] = {}
    for key in reversed(path):
        values = {key: values}
    return values


def _says(values: Any, path: Path) -> bool:
    for key in path:
        if not isinstance(values, Mapping) or key not in values:
            return False
        values = values[key]
    return True


def _lay(upper: dict[str, Any], lower: dict[str, Any], above: Path, layer: Layer, sources: dict[Path, Source]) -> None:
    """Lays `upper` over `lower`, key by key. A source that is set anew moves to the end: the last is the strongest."""
    for key, value in upper.items():
        path = (*above, key)
        if isinstance(value, dict):
            _lay(value, lower.setdefault(key, {}), path, layer, sources)
        else:
            lower[key] = value
            sources.pop(path, None)
            sources[path] = Source(layer.name, layer.origin_of(path))


def _instead(in_force: Any, path: Path, source: Source) -> str:
    for key in path:
        if not isinstance(in_force, dict) or key not in in_force:
            return ""
        in_force = in_force[key]
    if isinstance(in_force, dict) or path[0] == "providers":
        return ""
    return f"Using {quoted(in_force)} ({source.origin})."
