"""An edit as a unified diff, which `git apply` and `patch` take."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from picode.core.terminal import safe


def unified_diff(before: Sequence[str], after: Sequence[str], name: str) -> str:
    """What becomes of the lines `before`, which keep their ends, in the file `name` (slashes, relative).

    >>> print(unified_diff(["a = 1\\n", ""], ["a = 2\\n", ""], "a.py"), end="")
    --- a/a.py
    +++ b/a.py
    @@ -1 +1 @@
    -a = 1
    +a = 2
    """
    old, new = ([line for line in lines if line] for lines in (before, after))
    lines = difflib.unified_diff(old, new, _quoted(f"a/{name}"), _quoted(f"b/{name}"))
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _quoted(name: str) -> str:
    """The name as git writes it (gitformat, core.quotePath): in quotes, where it has control characters or invisible ones.

    >>> _quoted("a/b\\n.py")
    '"a/b\\\\012.py"'
    """
    if name == safe(name) and not set('"\\\n\t') & set(name):
        return name
    shown = (each if each == safe(each) and each not in '"\\\n\t' else _octal(each) for each in name)
    return f'"{"".join(shown)}"'


def _octal(character: str) -> str:
    return "".join(f"\\{byte:03o}" for byte in character.encode("utf-8", "surrogateescape"))
