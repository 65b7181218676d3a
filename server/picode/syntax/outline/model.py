"""The values of an outline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["function", "class", "method", "constant"]


@dataclass(frozen=True, slots=True)
class Definition:
    """Something that has a name. `signature` is its header; of a class also those of its members. `line` and `end` count from
    zero, `end` is its last line. `parents` are the names of what it lies in, outermost first."""

    name: str
    kind: Kind
    signature: str
    line: int
    end: int
    parents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Import:
    """One import. `module` is as written, with the dots of a relative one; `names` are those that it makes known here, and
    `originals` what they are called there (`np` for `numpy`).

    A name whose original is `*` stands for the whole module; if the name is `*` too, all names of the module are known here.
    """

    module: str
    names: tuple[str, ...]
    originals: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Outline:
    definitions: tuple[Definition, ...] = ()
    imports: tuple[Import, ...] = ()


def shortened(text: str, most: int = 400) -> str:
    """`text` without blank lines, in at most `most` characters."""
    lines = [line for line in text.strip().split("\n") if line.strip()]
    text = "\n".join(lines)
    return text if len(text) <= most else text[:most].rstrip() + " …"
