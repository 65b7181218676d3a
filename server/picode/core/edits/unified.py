"""An edit as a unified diff, which `git apply` and `patch` take."""

from __future__ import annotations

import difflib
from collections.abc import Sequence


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
    lines = difflib.unified_diff(old, new, f"a/{name}", f"b/{name}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
