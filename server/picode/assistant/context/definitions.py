"""Which of the definitions that are known are likely to be needed at the cursor."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from picode.assistant.context.imported import last_part, public
from picode.assistant.context.neighbours import Neighbours, Pool
from picode.core.document import Snapshot
from picode.syntax.outline import Definition, Import
from picode.syntax.scope import enclosing, used_names

_WORD = re.compile(r"[A-Za-z_$][\w$]*")
_ATTRIBUTE = re.compile(r"\.([A-Za-z_]\w*)")
_TYPED = re.compile(r"(?<![\w$])(?:([A-Za-z_$][\w$]{0,80})\s{0,8}(?:\.|::|->))?\s{0,8}([A-Za-z_$][\w$]{0,80})?\Z")

_NEAREST = 40


@dataclass(frozen=True, slots=True)
class Entry:
    """A piece that may be shown. `short` says the same in fewer words, where there is a way. `line` is where it stands in
    `path`, and `score` how much it is wanted."""

    path: str
    line: int
    text: str
    score: float
    why: str
    short: str = ""

    @property
    def key(self) -> tuple[str, int, str]:
        return (self.path, self.line, self.text.partition("\n")[0][:60])


@dataclass(frozen=True, slots=True)
class Sight:
    """What the cursor's surroundings say about what comes next."""

    near: Mapping[str, int]
    """The names around the cursor, by how near they are (0 is the nearest)."""
    seen: Counter[str]
    """How often each word stands in the code that is shown."""
    attributes: frozenset[str]
    owner: str
    """The name before the dot that is being completed; empty where there is none."""
    typed: str
    """The beginning of the word at the cursor."""

    @classmethod
    def at(cls, snapshot: Snapshot, visible: str) -> Sight:
        headers = [word for header in reversed(enclosing(snapshot)) for word in _WORD.findall(header)]
        names = dict.fromkeys((*used_names(snapshot, _NEAREST), *headers))
        found = _TYPED.search(snapshot.line_prefix[-200:])
        owner, typed = (found[1] or "", found[2] or "") if found else ("", "")
        around = visible if len(visible) < 6000 else visible[-6000:]
        return cls(
            {name: index for index, name in enumerate(names)},
            Counter(_WORD.findall(visible)),
            frozenset(_ATTRIBUTE.findall(around)),
            owner,
            typed,
        )

    def score(self, name: str) -> float:
        """How likely `name` is to be needed, told by where it stands already, and by what has been typed of it."""
        score = 0.0
        if (index := self.near.get(name)) is not None:
            score += 2.5 * (1 - min(index, _NEAREST) / (2 * _NEAREST))
        if self.typed and name != self.typed and name.startswith(self.typed):
            score += 2.0 + min(3.0, 0.75 * len(self.typed))
        return score + 0.3 * min(3, self.seen[name])


Named = Callable[[str], Iterable[tuple[str, Definition]]]
"""The definitions of a name in other open files, with the paths of these."""


def rank(sight: Sight, neighbours: Neighbours, named: Named, visible: str) -> list[Entry]:
    """The definitions to be shown, the most wanted first. What is `visible` already is not among them."""
    found: dict[tuple[str, int, str], Entry] = {}
    for entry in _wanted(sight, neighbours, named):
        if entry.text in visible:
            continue
        if entry.key not in found or found[entry.key].score < entry.score:
            found[entry.key] = entry
    return sorted(found.values(), key=lambda entry: (-entry.score, entry.path, entry.line))


def _wanted(sight: Sight, neighbours: Neighbours, named: Named) -> Iterator[Entry]:
    for known in neighbours.known:
        name, definition = known.name, known.definition
        score = known.base + sight.score(name) + _members(sight, definition)
        why = f"{name} is imported"
        if sight.seen[name] <= 1:
            score += 1.5  # whoever imports something is about to use it
            why += " and not used yet"
        elif name in sight.near:
            why += " and used nearby"
        if sight.owner == name:
            score += 4.0
        yield _entry(known.path, definition, score - (definition.kind == "constant") * 0.5, why)
    yield from _of_owner(sight, neighbours)
    yield from _of_pool(sight, neighbours.pool)
    for name in sight.near:
        for path, definition in named(name):
            yield _entry(path, definition, 0.3 + sight.score(name), f"{name} is used nearby and open")


def _of_owner(sight: Sight, neighbours: Neighbours) -> Iterator[Entry]:
    """What the module before the dot has."""
    for file in neighbours.modules.get(sight.owner, ()):
        for definition in public(file):
            name = last_part(definition.name)
            if not sight.typed or name.startswith(sight.typed):
                why = f"in {sight.owner}, which is imported"
                yield _entry(file.path, definition, 5.2 + sight.score(name), why)


def _of_pool(sight: Sight, pool: Pool) -> Iterator[Entry]:
    named = (known for name in (*sight.near, *sight.attributes) for known in pool.by_name.get(name, ()))
    begun = pool.beginning(sight.typed) if len(sight.typed) > 2 else ()
    for known in dict.fromkeys((*named, *begun, *pool.top)):
        score = known.base + sight.score(known.name) + _members(sight, known.definition)
        if sight.owner == known.name:
            score += 4.0
        yield _entry(known.path, known.definition, score, f"{known.name} is {known.why}")


def _members(sight: Sight, definition: Definition) -> float:
    """Whether something of a class is used around the cursor."""
    if definition.kind != "class":
        return 0.0
    return min(1.0, 0.25 * len(_words_in(definition.signature) & sight.attributes))


@lru_cache(2000)
def _words_in(signature: str) -> frozenset[str]:
    return frozenset(_WORD.findall(signature))


_DECORATOR = re.compile(r"\s*(?:@\w|#\[|\[\w)")
_CONSTRUCTORS = re.compile(r"\b(?:__init__|constructor|new)\s*\(")


def _entry(path: str, definition: Definition, score: float, why: str) -> Entry:
    return Entry(path, definition.line, definition.signature, score, why, _short(definition))


@lru_cache(2000)
def _short(definition: Definition) -> str:
    """Of a class with its members, the header and how it is made; else nothing."""
    text = definition.signature
    if definition.kind == "class" and "\n" in text:
        lines = text.split("\n")
        start = next((index for index, line in enumerate(lines) if not _DECORATOR.match(line)), 0)
        kept = [line for line in lines[start + 1 :] if _CONSTRUCTORS.search(line)][:1]
        return "\n".join((lines[start], *kept))
    return ""


_IMPORTS = 600


def own_frame(snapshot: Snapshot, imports: Sequence[Import], visible: str, path: str) -> list[Entry]:
    """What the cursor stands in and what its file imports, as far as it is out of sight."""
    found = []
    for depth, header in enumerate(enclosing(snapshot)):
        if header not in visible:
            found.append(Entry(path, depth - 100, header, 6.0 - depth / 10, "the cursor stands in it"))
    lines = dict.fromkeys(each.line for each in imports)
    texts = [snapshot.lines[line].strip() for line in lines if line < len(snapshot.lines)]
    hidden = [text for text in texts if text and text not in visible]
    if hidden:
        text = "\n".join(hidden)
        text = text if len(text) <= _IMPORTS else text[:_IMPORTS].rpartition("\n")[0]
        found.append(Entry(path, -200, text, 2.5, "this file imports it"))
    return found


@dataclass(frozen=True, slots=True)
class Header:
    """What begins a definition in the cursor's own document, on one line."""

    name: str
    line: int
    text: str


def headers_of(lines: Sequence[str], first: int) -> tuple[Header, ...]:
    """The headers in `lines`, which begin with line `first` of their document; for a thread.

    By pattern: a tree of a long document would cost more than all the rest.
    """
    return tuple(
        Header(match[1], first + number, _whole_header(lines, number))
        for number, line in enumerate(lines)
        if len(line) < _LONGEST_LINE and (match := _DEFINES.match(line))
    )


def elsewhere_in(headers: Sequence[Header], sight: Sight, visible: str, path: str) -> list[Entry]:
    """The headers, out of sight in the cursor's own document, of what is used around the cursor."""
    found = []
    for header in headers:
        if sight.near.get(header.name, _NEAREST) < _NEAREST and header.text not in visible:
            why = f"{header.name} is used nearby and defined in this file"
            found.append(Entry(path, header.line, header.text, 1.2 + sight.score(header.name), why))
    return found


_LONGEST_LINE = 400
_DEFINES = re.compile(
    r"[ \t]*(?:(?:export|default|public|private|protected|internal|static|abstract|final|async|override|pub|unsafe|open|data"
    r"|sealed|inline|suspend)\s+)*(?:def|class|function\*?|func(?:\s*\([^)]*\))?|fn|fun|interface|trait|struct|enum|type)\s+"
    r"(\w+)"
)


def _whole_header(lines: Sequence[str], number: int) -> str:
    """The header that begins in a line, to where its parameters end."""
    header = lines[number].strip()
    for line in lines[number + 1 : number + 8]:
        if header.count("(") <= header.count(")"):
            break
        header += " " + line.strip()
    return header.rstrip("{ ").rstrip()
