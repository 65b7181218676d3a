"""The files whose definitions are known in a file without an import, as each language has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from posixpath import dirname, splitext

from picode.assistant.context.file_types import family_of, language_of
from picode.assistant.context.workspace_index import WorkspaceIndex, nearest
from picode.assistant.ports import Sources
from picode.syntax.outline.names import package_in

_MOST = 60
"""Files that are looked into."""

_FOLDER = frozenset(("go", "terraform", "ocaml", "fsharp", "r", "julia", "thrift", "vim"))
"""The files of a folder know each other."""
_PACKAGE = frozenset(("java", "kotlin", "scala", "groovy", "csharp", "php"))
"""The files that declare the same package or namespace do, wherever they are."""
_TARGET = frozenset(("swift",))
"""All files of a target do: those below `Sources/NAME`, or else all."""
_WORKSPACE = frozenset(("sql", "graphql", "ruby"))
"""There is one name space; in Ruby, programs load all of their files."""


def files_in_reach(
    path: str, language: str, head: str, votes: Mapping[str, float], sources: Sources, index: WorkspaceIndex
) -> Sequence[str]:
    """The files, those likeliest to be needed first. `head` is the beginning of the file `path`; `votes` say how likely each
    name is needed: files that define such names come first."""
    found = [each for each in dict.fromkeys(_found(path, language, head, sources, index)) if each != path]
    if len(found) > 1:
        named = {each: sum(votes.get(name, 0.0) for name in index.names_of(each)) for each in found}
        order = {each: number for number, each in enumerate(nearest(found, path))}
        stem = splitext(path)[0]
        found.sort(key=lambda each: (-named[each], _kin(each, stem), order[each]))
    return list(islice(_with_names_of_their_own(found, index), _MOST))


def _with_names_of_their_own(paths: Sequence[str], index: WorkspaceIndex) -> Iterator[str]:
    """Without files that define only what those before them do: parts of a class that is written in many files."""
    seen: set[str] = set()
    for path in paths:
        names = index.names_of(path)
        if not names or not seen.issuperset(names):
            seen.update(names)
            yield path


def _found(path: str, language: str, head: str, sources: Sources, index: WorkspaceIndex) -> Iterator[str]:
    family = family_of(language)
    if language in _FOLDER:
        yield from _siblings(path, family, sources)
    elif language in _PACKAGE:
        package = package_in(head, language)
        if package or language not in ("php",):
            yield from _siblings(path, family, sources)
        yield from index.in_package(package, language) if package else ()
        if language == "csharp":  # what encloses a namespace is known in it
            parts = package.split(".")
            for length in range(len(parts) - 1, 0, -1):
                yield from index.in_package(".".join(parts[:length]), language)
    elif language in _TARGET:
        yield from _siblings(path, family, sources)
        yield from index.of_language(language, path, _target(path))
    elif language in _WORKSPACE:
        yield from _siblings(path, family, sources)
        yield from index.of_language(language, path)


def _siblings(path: str, family: str, sources: Sources) -> Iterator[str]:
    is_test = path.endswith("_test.go")
    for each in sources.siblings(dirname(path)):
        if family_of(language_of(each)) == family and (is_test or not each.endswith("_test.go")):
            yield each


def _target(path: str) -> str:
    """The folder of the target that a file belongs to; empty where nothing says so."""
    parts = path.split("/")
    for number, part in enumerate(parts[:-2]):
        if part in ("Sources", "Tests"):
            return "/".join(parts[: number + 2])
    return ""


def _kin(path: str, stem: str) -> int:
    """0 for files whose name begins as that of the file at `stem`, as `cart_total.go` beside `cart.go`."""
    other = splitext(path)[0]
    return 0 if other.startswith(stem) or stem.startswith(other) else 1
