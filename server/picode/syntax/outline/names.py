"""A quick look at a file: the names that it makes known to others, and the package that it belongs to.

By pattern for every language, some tenths of a millisecond for a file of usual size, so that thousands of files can be looked
at in the background.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from picode.syntax.outline import patterns
from picode.syntax.outline.embedded import COMPONENTS


@dataclass(frozen=True, slots=True)
class Names:
    """`package` is as the file declares it (a package, a namespace); empty where it declares none."""

    package: str
    names: tuple[str, ...]


_LONGEST_LINE = 400
_MOST = 200
"""Names of one file. One that has more is generated."""

_GENERIC = re.compile(
    r"^(?:[ \t]{0,8}(?:@\w+(?:\([^)\n]*\))?[ \t]+)*(?:(?:export|default|declare|public|private|protected|internal|static|"
    r"abstract|final|override|pub(?:\([^)\n]*\))?|unsafe|open|data|sealed|readonly|partial|annotation|inner|value)[ \t]+)*"
    r"(?:class|interface|trait|struct|enum|type|object|module|record|protocol|union|mod)[ \t]+"
    r"|(?:(?:export|default|async|public|internal|inline|suspend|static|const|pub(?:\([^)\n]*\))?|unsafe|extern)[ \t]+)*"
    r"(?:def|function\*?|func(?:[ \t]*\([^)\n]*\))?|fn|fun(?:[ \t]+<[^>\n]*>)?)[ \t]+"
    r"|export[ \t]+(?:const|let|var)[ \t]+|module\.exports\.|exports\.)"
    r"(?:self\.|[\w]+[.:])?(?P<name>[A-Za-z_$][\w$]*)"
    r"|^(?P<constant>[A-Z][A-Z0-9_]{2,})[ \t]*(?::[^=\n]{1,60})?=(?!=)",
    re.M,
)
_C = re.compile(
    r"^(?:[\w*&<>:,]+[ \t]+)+[*&]*(?P<name>\w+)[ \t]*\(|^[ \t]*(?:class|struct|enum|union)[ \t]+(?P<constant>\w+)", re.M
)
_MACRO = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(?P<name>\w+)\(", re.M)

_PACKAGES = {
    **dict.fromkeys(("java", "kotlin", "scala", "groovy", "go"), r"^[ \t]*package[ \t]+([\w.]+)"),
    **dict.fromkeys(("csharp", "fsharp"), r"^[ \t]*namespace[ \t]+(?:rec[ \t]+|global[ \t]+)?([\w.]+)"),
    "php": r"^[ \t]*(?:<\?php[ \t]+)?namespace[ \t]+([\w\\]+)",
}


def names_in(text: str, language: str) -> Names:
    """The names that `text` defines for others, in its order and each once, without those of members."""
    found: dict[str, None] = {}
    text = "\n".join(line for line in text.split("\n") if len(line) <= _LONGEST_LINE)
    for pattern in _patterns(language):
        for match in pattern.finditer(text):
            group = match.groupdict()
            found.setdefault((group.get("name") or group.get("constant") or "").strip())
            if len(found) > _MOST:
                break
    found.pop("", None)
    return Names(package_in(text, language), tuple(found)[:_MOST])


def package_in(text: str, language: str) -> str:
    pattern = _PACKAGES.get(language)
    found = re.search(pattern, text[:8000], re.M) if pattern else None
    return found[1] if found else ""


@cache
def _patterns(language: str) -> tuple[re.Pattern[str], ...]:
    if language in ("c", "cpp"):
        return (_C, _MACRO)
    if language in patterns.LANGUAGES:
        return patterns.outermost(language)
    if language in COMPONENTS:
        return ()
    return (_GENERIC,)
