"""Where modules are, as only build files know: aliases of paths, names of modules and packages.

Sources: TypeScript's handbook ("paths", "baseUrl", "extends"), go.dev/ref/mod, The Cargo Book, getcomposer.org/doc (PSR-4),
dart.dev/tools/pub/pubspec, docs.npmjs.com ("workspaces").
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from posixpath import dirname, join, normpath
from typing import Any

from picode.assistant.context.modules import rust_files, script_files

_EXTENDS = 5
"""Files that a `tsconfig.json` may extend, one after another."""


@dataclass(frozen=True, slots=True)
class BuildFiles:
    """Reads build files. `read` gives the text of a file that may be read; `named` the files of a name in the workspace, those
    nearest to a path first."""

    read: Callable[[str], str | None]
    named: Callable[[str, str], Sequence[str]]

    def candidates(self, module: str, path: str, language: str) -> Iterator[str]:
        """As `modules.candidates`."""
        if language in _SCRIPTS:
            yield from self._aliased(module, path)
            yield from self._package_of_repository(module, path)
        elif language == "go":
            yield from self._go(module, path)
        elif language == "rust":
            yield from self._crate(module, path)
        elif language == "php":
            yield from self._psr4(module, path)
        elif language == "dart" and module.startswith("package:"):
            yield from self._pub(module, path)

    def _above(self, names: Iterable[str], path: str) -> Iterator[str]:
        """The build files of the folders around `path`, the innermost first."""
        found = [each for name in names for each in self.named(name, path) if path.startswith(dirname(each) + "/")]
        yield from sorted(found, key=len, reverse=True)

    # ECMAScript

    def _aliased(self, module: str, path: str) -> Iterator[str]:
        if module.startswith("."):
            return
        for config in self._above(("tsconfig.json", "jsconfig.json"), path):
            base, paths = self._compiler_options(config)
            for pattern, targets in paths:
                before, star, after = pattern.partition("*")
                if module.startswith(before) and module.endswith(after) if star else module == pattern:
                    inner = module[len(before) : len(module) - len(after)]
                    for target in targets:
                        yield from script_files(normpath(target.replace("*", inner)))
            if base:
                yield from script_files(join(base, module))
            if base or paths:
                return

    def _compiler_options(self, config: str) -> tuple[str, list[tuple[str, list[str]]]]:
        """The base of bare names (empty without one), and the aliases with their absolute targets."""
        base, paths = "", None
        for _ in range(_EXTENDS):
            content = _json(self.read(config))
            options = _mapping(content.get("compilerOptions"))
            folder = dirname(config)
            if not base and isinstance(options.get("baseUrl"), str):
                base = normpath(join(folder, options["baseUrl"]))
            if paths is None and isinstance(options.get("paths"), dict):
                start = base or folder
                paths = [
                    (alias, [join(start, each) for each in targets if isinstance(each, str)])
                    for alias, targets in options["paths"].items()
                    if isinstance(targets, list)
                ]
            extended = content.get("extends")
            extended = extended[-1] if isinstance(extended, list) and extended else extended
            if not isinstance(extended, str) or not extended.startswith("."):
                break
            config = normpath(join(folder, extended))
            config = config if config.endswith(".json") else config + ".json"
        return base, paths or []

    def _package_of_repository(self, module: str, path: str) -> Iterator[str]:
        parts = module.split("/")
        length = 2 if module.startswith("@") else 1
        name, inside = "/".join(parts[:length]), parts[length:]
        for file in self.named("package.json", path)[:_MOST]:
            content = _json(self.read(file))
            if content.get("name") != name:
                continue
            folder = dirname(file)
            if inside:
                for base in (join(folder, *inside), join(folder, "src", *inside)):
                    yield from script_files(base)
                continue
            for entry in ("source", "types", "module", "main"):
                if isinstance(content.get(entry), str):
                    yield from script_files(normpath(join(folder, content[entry])))
            for base in (join(folder, "src", "index"), join(folder, "index"), join(folder, "src", "main")):
                yield from script_files(base)

    # The others

    def _go(self, module: str, path: str) -> Iterator[str]:
        for file in self.named("go.mod", path)[:_MOST]:
            declared = re.search(r"^module[ \t]+(\S+)", self.read(file) or "", re.M)
            if declared is not None and f"{module}/".startswith(f"{declared[1]}/"):
                yield join(dirname(file), module[len(declared[1]) :].lstrip("/"), "*")

    def _crate(self, module: str, path: str) -> Iterator[str]:
        first, *rest = module.split("::")
        if first in ("crate", "self", "super", "std", "core", "alloc"):
            return
        for file in self.named("Cargo.toml", path)[:_MOST]:
            text = self.read(file) or ""
            names = re.findall(r'^[ \t]*name[ \t]*=[ \t]*"([^"\n]+)"', text, re.M)
            if first in (name.replace("-", "_") for name in names[:2]):
                yield from rust_files(join(dirname(file), "src"), rest)

    def _psr4(self, module: str, path: str) -> Iterator[str]:
        name = module.strip("\\")
        for file in self.named("composer.json", path)[:_MOST]:
            content = _json(self.read(file))
            for section in ("autoload", "autoload-dev"):
                for prefix, folders in _mapping(_mapping(content.get(section)).get("psr-4")).items():
                    if not f"{name}\\".startswith(prefix.rstrip("\\") + "\\" if prefix else ""):
                        continue
                    inner = name[len(prefix.rstrip("\\")) :].strip("\\").replace("\\", "/")
                    for folder in folders if isinstance(folders, list) else [folders]:
                        if isinstance(folder, str):
                            base = normpath(join(dirname(file), folder, inner))
                            yield base + ".php"
                            yield base + "/*"

    def _pub(self, module: str, path: str) -> Iterator[str]:
        name, _, inner = module.removeprefix("package:").partition("/")
        for file in self.named("pubspec.yaml", path)[:_MOST]:
            if re.search(rf"^name:[ \t]*['\"]?{re.escape(name)}['\"]?[ \t]*$", self.read(file) or "", re.M):
                yield join(dirname(file), "lib", inner)


_SCRIPTS = ("javascript", "javascriptreact", "typescript", "typescriptreact", "vue", "svelte", "astro")
_MOST = 60
"""Build files of a name that are read for one import."""

_NOT_JSON = re.compile(r'("(?:[^"\\\n]|\\.)*"?)|//[^\n]*|/\*(?:[^*]|\*(?!/))*(?:\*/)?')
_LAST_COMMA = re.compile(r'("(?:[^"\\\n]|\\.)*"?)|,(?=\s{0,200}[}\]])')


@lru_cache(256)
def _json(text: str | None) -> dict[str, Any]:
    """An object of JSON with comments and commas at ends, as `tsconfig.json` is; empty for anything else."""
    if text is None:
        return {}
    plain = _NOT_JSON.sub(lambda found: found[1] or " ", text)
    try:
        return _mapping(json.loads(_LAST_COMMA.sub(lambda found: found[1] or "", plain)))
    except (ValueError, RecursionError):
        return {}


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
