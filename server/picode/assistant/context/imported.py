"""What the imports of one file lead to, and what else is known there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from picode.assistant.context.file_types import language_of
from picode.assistant.context.open_files import File
from picode.syntax.outline import Definition, Import

_HOPS = 3
"""Files that a name may be passed on by, one after another."""


@dataclass(frozen=True, slots=True)
class Known:
    """A name that can be written here, and what it stands for. `base` is how likely it is needed, as far as can be said before
    the cursor is looked at."""

    name: str
    path: str
    definition: Definition
    base: float = 1.0
    why: str = ""


@dataclass(frozen=True, slots=True)
class Vantage:
    """Where the user works: a file, what it imports, and the text and names around the cursor."""

    path: str
    language: str
    head: str
    imports: Sequence[Import]
    near: str
    names: Sequence[str]
    own: frozenset[str]
    """What the document itself defines."""
    words: frozenset[str]
    """All words of the document."""


class Search:
    """What the imports of one file lead to."""

    def __init__(self, vantage: Vantage, files: Callable[[str, str, str], Iterator[File]]) -> None:
        self._vantage, self._language = vantage, vantage.language
        self._module_files = files
        self.known: list[Known] = []
        self.modules: dict[str, list[File]] = {}
        self.pool: list[Known] = []
        self.names: set[str] = set()
        self.files: dict[str, File] = {}
        """Those that something is known of here, by path."""

    def follow(self, each: Import) -> None:
        files = list(self._files(each.module, self._vantage.path))
        if not files and self._language != "python":
            return
        for name, original in zip(each.names, each.originals, strict=True):
            self.names.add(name)
            if original == "*":
                if name == "*":
                    self._all_of(files, 0.6, "imported with all of its file")
                else:
                    self._module(name, files)
            elif found := self._definition(files, original, each, _HOPS):
                self.known += (Known(name, *place) for place in found)
            elif self._language == "python":
                if original == each.module:
                    self._module(name, files)
                else:
                    inner = f"{each.module}{'' if each.module.endswith('.') else '.'}{original}"
                    self._module(name, list(self._files(inner, self._vantage.path)))
            else:
                self._module(name, files)

    def reach(self, file: File) -> None:
        """A file whose definitions are known here without an import."""
        self._all_of([file], 0.5, "known here without an import")

    def mention(self, name: str, file: File) -> None:
        for definition in file.outline.definitions:
            if definition.name == name:
                self.pool.append(Known(last_part(name), file.path, definition, 0.4, "used nearby"))
                return

    def _module(self, name: str, files: Sequence[File]) -> None:
        self.modules.setdefault(name, []).extend(files)
        self._all_of(files, 0.2, f"in {name}, which is imported")

    def _all_of(self, files: Iterable[File], base: float, why: str) -> None:
        for file in files:
            if file.path in self.files:
                continue
            self.files[file.path] = file
            for definition in public(file):
                self.pool.append(Known(last_part(definition.name), file.path, definition, base, why))
            for each in file.outline.imports[:_MOST_REEXPORTS]:
                if self._passes_on(file, each):
                    self._all_of(self._files(each.module, file.path), base - 0.1, why)

    def _passes_on(self, file: File, each: Import) -> bool:
        """Whether who imports a file knows what that file imports: headers and style sheets, and stars in Python's packages."""
        if "*" not in each.names or len(self.files) > _MOST_PASSED_ON:
            return False
        return file.language in ("c", "cpp", "css", "scss", "less", "proto") or (
            file.language == "python" and file.path.endswith("/__init__.py")
        )

    def _definition(self, files: Sequence[File], name: str, via: Import, hops: int) -> list[tuple[str, Definition]]:
        """Where `name` is defined, behind as many re-exports as anybody writes. A type of Rust is its struct and its `impl`."""
        for file in files:
            found = [each for each in file.outline.definitions if each.name == name and not each.parents]
            found = found or [
                each for each in file.outline.definitions if last_part(each.name) == name and not each.parents
            ]
            if found:
                return [(file.path, each) for each in found[:2]]
            if not hops:
                continue
            for each in file.outline.imports:
                stars = "*" in each.originals and "*" in each.names
                if name not in each.names and not stars:
                    continue
                original = each.originals[each.names.index(name)] if name in each.names else name
                if inner := self._definition(list(self._files(each.module, file.path)), original, each, hops - 1):
                    return inner
        if self._language in _DEFAULTS and via.names[:1] == (name,):
            return self._default(files)
        return []

    def _default(self, files: Sequence[File]) -> list[tuple[str, Definition]]:
        """A default import has whatever name the importer likes."""
        for file in files:
            for definition in file.outline.definitions:
                if definition.kind in ("class", "function") and not definition.parents:
                    return [(file.path, definition)]
        return []

    def _files(self, module: str, path: str) -> Iterator[File]:
        language = language_of(path) or self._language
        return self._module_files(module, path, self._language if path == self._vantage.path else language)


_DEFAULTS = ("javascript", "javascriptreact", "typescript", "typescriptreact", "vue", "svelte", "astro")
_MOST_REEXPORTS = 40
_MOST_PASSED_ON = 20


def public(file: File) -> Iterator[Definition]:
    """What a file defines for others: what lies in nothing else, and the classes in what is a name space."""
    for definition in file.outline.definitions:
        nested = bool(definition.parents) and not (file.language in _NESTING and definition.kind == "class")
        hidden = definition.name.startswith("_") and file.language == "python"
        if not nested and not hidden and "::" not in definition.name:
            yield definition


_NESTING = ("ruby", "rust", "csharp", "scala", "swift", "elixir")


def last_part(name: str) -> str:
    """`M.with_tax` is written as `tax.with_tax`: its last part is its name."""
    return re.split(r"[.:#]+", name)[-1] or name
