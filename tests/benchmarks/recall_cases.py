"""Uses of what other files of the same project define, in many languages, for `context_recall --languages`.

Definitions and uses are found by patterns of this file, which PiCode does not use. A case is a name that is defined in one file
of a project only, outside of any other definition, and used in another file that can know it: one that imports it, includes
its header, is of its package, or writes the module before it, as the language has it.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from picode.core.document import Position, Snapshot, split_lines

from .corpus import ORIGINS, PACKAGES, fetched

SEED = 12
LONGEST = 400_000
LEAST_LINES = 20


@dataclass(frozen=True)
class Use:
    """A cursor that is about to write `name`, whose definition has one of these `signatures` (without white space)."""

    language: str
    root: Path
    path: Path
    text: str
    row: int
    column: int
    name: str
    signatures: tuple[str, ...]
    used_above: bool

    @property
    def snapshot(self) -> Snapshot:
        lines = split_lines(self.text)
        lines[self.row] = lines[self.row][: self.column] + "\n"
        return Snapshot(self.path.as_uri(), tuple(lines), Position(self.row, self.column), 1, self.language)


_SCRIPT = (
    r"^(?:export[ ]+)?(?:default[ ]+)?(?:abstract[ ]+)?(?:async[ ]+)?(?:function\*?|class|interface|enum)[ ]+(?P<name>\w+)",
    r"^(?:export[ ]+)?(?:type|const)[ ]+(?P<name>\w+)[^=\n]*=",
    r"^(?:module\.)?exports\.(?P<name>\w+)[ ]*=[ ]*(?:function|async|\(|class)",
)
_TYPES = (
    r"^(?:(?:public|internal|abstract|final|static|sealed|open|data|partial|readonly|private|value|ref)[ ]+)*"
    r"(?:class|interface|enum|record|struct|object|@interface)[ ]+(?P<name>[A-Z]\w+)"
)
DEFINITIONS: dict[str, tuple[str, ...]] = {
    "typescript": _SCRIPT,
    "typescriptreact": _SCRIPT,
    "javascript": _SCRIPT,
    "go": (r"^func[ ]+(?P<name>\w+)", r"^type[ ]+(?P<name>\w+)[ ]+(?:struct|interface|func)"),
    "rust": (
        r"^pub(?:\([^)\n]*\))?[ ]+(?:const[ ]+|unsafe[ ]+)*fn[ ]+(?P<name>\w+)",
        r"^pub(?:\([^)\n]*\))?[ ]+(?:struct|enum|trait|type)[ ]+(?P<name>\w+)",
    ),
    "java": (_TYPES,),
    "kotlin": (_TYPES, r"^(?:internal[ ]+|inline[ ]+)*fun[ ]+(?:<[^>\n]*>[ ]+)?(?:[\w<>?]+\.)?(?P<name>\w+)"),
    "csharp": (r"^[ ]{0,4}" + _TYPES[1:],),
    "c": (
        r"^(?:static[ ]+|inline[ ]+|extern[ ]+|const[ ]+)*\w[\w ]*[ *]+(?P<name>[a-zA-Z_]\w+)\([^;{]*[;{]?[ ]*$",
        r"^#define[ ]+(?P<name>\w+)\(",
    ),
    "cpp": (r"^(?:class|struct)[ ]+(?P<name>[A-Z]\w+)[ ]*(?:final[ ]*)?(?::[^;\n]*)?\{",),
    "ruby": (r"^[ ]*(?:class|module)[ ]+(?P<name>[A-Z]\w+)",),
    "php": (r"^(?:abstract[ ]+|final[ ]+|readonly[ ]+)*(?:class|interface|trait|enum)[ ]+(?P<name>\w+)",),
    "lua": (r"^(?:local[ ]+)?function[ ]+(?:\w+[.:])(?P<name>\w+)",),
    "shellscript": (r"^(?:function[ ]+)?(?P<name>\w+)[ ]*\(\)",),
    "python": (r"^(?:async[ ]+def|def|class)[ ]+(?P<name>\w+)",),
}
_COMMENTS = re.compile(
    r"\s*(?://|#(?!define|include)|--|\*|/\*|import\b|use\b|using\b|from\b|require|package\b|export\b.*\bfrom\b)"
)
_FAMILIES = (("typescript", "typescriptreact", "javascript"), ("java", "kotlin"), ("c", "cpp"))


def languages() -> list[str]:
    return [language for language in DEFINITIONS if language != "python"]


def cases_of(language: str, most: int) -> list[Use]:
    """Some uses of each project, drawn the same way each time."""
    packages = {package.name: package for package in PACKAGES}
    found: list[Use] = []
    origins = [origin for origin in ORIGINS if origin.language == language]
    for origin in origins:
        folder = fetched(packages[origin.package]) if origin.package else Path()
        if folder is None or not (folder / origin.folder).is_dir():
            continue
        root = folder / origin.folder
        uses = list(_uses(root, language, [each for pattern in origin.patterns for each in sorted(root.glob(pattern))]))
        random.Random(SEED).shuffle(uses)
        found += uses[: -(-most // len(origins))]
    return found[:most]


def _uses(root: Path, language: str, paths: list[Path]) -> Iterator[Use]:
    texts = {path: text for path in dict.fromkeys(paths) if (text := _read(path)) is not None}
    defined: dict[str, dict[Path, list[str]]] = defaultdict(lambda: defaultdict(list))
    for path, text in texts.items():
        for pattern in DEFINITIONS[language]:
            for match in re.finditer(pattern, text, re.M):
                end = text.find("\n", match.start())
                defined[match["name"]][path].append(_plain(text[match.start() : end]))
    for path, text in texts.items():
        if text.count("\n") < LEAST_LINES:
            continue
        words = set(re.findall(r"\w+", text))
        for name in sorted(words & defined.keys()):
            places = defined[name]
            if len(name) < 4 or path in places or not _is_one(places, language):
                continue
            if all(_knows(path, text, name, place, texts[place], language) for place in places):
                yield from _one_use(root, path, text, language, name, places)


def _is_one(places: dict[Path, list[str]], language: str) -> bool:
    """Whether a name is defined once; in C, in a header and in a source."""
    if language in ("c", "cpp"):
        return len(places) <= 2 and len({path.suffix for path in places}) == len(places)
    return len(places) == 1


def _one_use(
    root: Path, path: Path, text: str, language: str, name: str, places: dict[Path, list[str]]
) -> Iterator[Use]:
    signatures = tuple(signature for found in places.values() for signature in found)
    uses = []
    imports = {row for found in _IMPORTS.finditer(text) for row in _rows(text, found)}
    for row, line in enumerate(text.split("\n")):
        if _COMMENTS.match(line) or len(line) > 300 or row in imports or "require(" in line:
            continue
        for match in re.finditer(rf"(?<![\w$]){re.escape(name)}(?![\w$])", line):
            before = line[: match.start()]
            quoted = any(before.count(quote) % 2 for quote in "\"'`")
            behind_comment = "//" in before or (" #" in before and language in ("ruby", "shellscript", "python"))
            if not quoted and not behind_comment and not _is_member(before, language):
                uses.append((row, match.start()))
    if uses:
        number = random.Random(f"{path.name}{name}").randrange(len(uses))
        row, column = uses[number]
        yield Use(language, root, path, text, row, column, name, signatures, number > 0)


_IMPORTS = re.compile(r"^[ \t]*(?:pub\s+)?use\b[^;]*;|^import\b[^;'\"]*\bfrom\b|^export\s*\{[^}]*\}", re.M)


def _rows(text: str, found: re.Match[str]) -> range:
    first = text.count("\n", 0, found.start())
    return range(first, first + found[0].count("\n") + 1)


def _is_member(before: str, language: str) -> bool:
    """Whether what follows is a member of something, and not of a module."""
    return (
        before.endswith("->")
        or re.search(r"\w+[.:]\w+[.:]$", before) is not None
        or (before.endswith(".") and language not in ("go", "lua"))
    )


def _knows(path: Path, text: str, name: str, place: Path, definition: str, language: str) -> bool:
    """Whether the file `path` may write `name`, which `place` defines, as it is."""
    if language in ("typescript", "typescriptreact", "javascript"):
        return (
            re.search(rf"(?:import|require)\b[^;'\"]*\b{name}\b|\b{name}\b[^;'\"=]*\}}?\s*=\s*require", text)
            is not None
        )
    if language == "go":
        qualified = re.search(rf"\b{place.parent.name}\.{name}\b", text) is not None
        return path.parent == place.parent or qualified
    if language == "rust":
        return re.search(rf"\buse\s+(?!std\b|core\b|alloc\b)[^;]*\b{name}\b", text) is not None
    if language == "lua":
        return re.search(rf"require\W+[\w.]*\b{place.stem}\b", text) is not None
    if language in ("c", "cpp"):
        return place.suffix not in (".h", ".hpp") or f"{place.name}" in text
    if language == "shellscript":
        return re.search(rf"^\s*(?:source|\.)\s.*/{re.escape(place.name)}", text, re.M) is not None
    if language in ("java", "kotlin"):
        package = re.search(r"^package ([\w.]+)", definition, re.M)
        mine = re.search(r"^package ([\w.]+)", text, re.M)
        same = package is not None and mine is not None and package[1] == mine[1]
        return same or re.search(rf"^import [\w.]+\.{name}\b", text, re.M) is not None
    if language == "php":
        return path.parent == place.parent or re.search(rf"^use [^;]*\b{name}\b", text, re.M) is not None
    return True


def _read(path: Path) -> str | None:
    try:
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    return text if len(text) <= LONGEST else None


def _plain(text: str) -> str:
    text = re.sub(r"\s*(?:#[ :].*|\s<\s.*)$", "", text)
    text = re.sub(r"^(?:export\s+|default\s+|declare\s+)+|\s//.*$", "", text.strip())
    text = re.sub(r"\s+", "", re.sub(r"\{[^}]*\}\s*$|\{\s*$", "", text))
    return re.sub(r"[{;=:\\]+$", "", text)[:80]
