"""Context for a prompt: what is known is ranked now, what is not known yet is looked up for the next time.

A request costs what is near the cursor, whatever else is open or in the workspace: a *look* finds the neighbours of one
document in a thread, and what it leaves (documents that have changed, the index of the workspace) is taken in by a background
task in short slices between requests.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from posixpath import basename

from picode.assistant.context.definitions import Entry, Header, Sight, elsewhere_in, headers_of, own_frame, rank
from picode.assistant.context.edits import RecentEdits, text_of
from picode.assistant.context.imported import Vantage
from picode.assistant.context.neighbours import Neighbourhood, Neighbours
from picode.assistant.context.notebook import cells_around
from picode.assistant.context.open_files import CLOSED, Text
from picode.assistant.context.selection import select, size_of
from picode.assistant.ports import Gathered, OpenDocument, OpenDocuments, Sources, Wanted
from picode.core.document import Snapshot
from picode.core.languages import base_language
from picode.core.messages import Snippet
from picode.syntax.outline import Definition, Import, imports_of
from picode.syntax.outline.names import names_in
from picode.syntax.scope import used_names

log = logging.getLogger(__name__)

DEADLINE = 0.02
"""Seconds that a suggestion may be kept waiting."""

_FRESH = 3.0
"""Seconds after which it is looked again whether files on the disk have changed."""
_SOON = 0.3
"""Seconds after which a document is looked around again because more became known of other files."""

_SLICE, _PAUSE, _QUIET = 0.004, 0.03, 0.25
"""Seconds of work in the background, of the pause after it, and since the last request for less of a pause."""

_HEAD = 250
"""Lines at the top of a document that are looked through for imports."""

_REGION = 8
"""Lines within which the same similar code is shown, so that the prompt begins as before while the user types."""

_STATES = 100
"""Documents for which what is around them is remembered."""
_WORD = re.compile(r"[A-Za-z_]\w{2,}")
_VISITED = 20
_PROBLEM = 200
_NEAR, _NEAR_NAMES = 60, 40
"""Lines on each side of the cursor, and names, that say what is likely to be needed."""
_PLACES = 8
"""Open files of which the definition of one name is looked at."""
_HEADERS_REACH = 3000
"""Lines of the document itself, before and after the cursor, that are looked through for headers."""
_SIMILAR, _EDITS = 0.2, 0.15
"""Shares of the room that they may take at most. The definitions have the rest."""


@dataclass(slots=True)
class _State:
    """What is known for one document."""

    neighbours: Neighbours = field(default_factory=Neighbours)
    headers: tuple[Header, ...] = ()
    key: Hashable = None
    revision: Hashable = None
    indexed: int = -1
    looked: float = -1e9
    task: asyncio.Task[None] | None = None
    shown: Sequence[tuple[str, int, str]] = ()
    region: Hashable = None
    similar: Sequence[Entry] = ()
    imports_key: int = 0
    imports: Sequence[Import] = ()


class Gatherer:
    """Gathers context for all documents of a session."""

    def __init__(self, documents: OpenDocuments, sources: Sources, now: Callable[[], float]) -> None:
        self._documents = documents
        self._sources = sources
        self._now = now
        self._neighbourhood = Neighbourhood(sources)
        self._one_at_a_time = asyncio.Lock()
        self._states: OrderedDict[str, _State] = OrderedDict()
        self._visited: OrderedDict[str, None] = OrderedDict()
        self._background: asyncio.Task[None] | None = None
        self._last: Wanted | None = None
        self._asked = 0.0
        self.edits = RecentEdits()
        self.cells: Callable[[str], Sequence[OpenDocument]] = lambda _: ()
        """All cells of the notebook that the document at a URI is a cell of, in its order."""

    async def gather(self, wanted: Wanted) -> Gathered:
        """See `ports.Gather`."""
        if wanted.room <= 0:
            return Gathered()
        try:
            return await self._gather(wanted)
        except Exception:  # a defect here must not cost the suggestion
            log.exception("no context because of a defect")
            return Gathered()

    def looking(self, uri: str) -> asyncio.Task[None] | None:
        """The look around a document that is in progress, or the work in the background; None where there is none."""
        state = self._states.get(uri)
        tasks = (state.task if state is not None else None, self._background)
        return next((task for task in tasks if task is not None and not task.done()), None)

    def closed(self, document: OpenDocument) -> None:
        """A document was closed; it stays of interest for a while."""
        self._states.pop(document.uri, None)
        self.edits.forget(document.uri)
        gone = [document.uri]
        if document.path:
            path = _slashed(document.path)
            self._neighbourhood.index.changed(path)
            key = f"{CLOSED}{path}"
            self._visited[key] = None
            self._visited.move_to_end(key)
            self._neighbourhood.open.tell([_text(document, key)])
            if len(self._visited) > _VISITED:
                gone.append(self._visited.popitem(last=False)[0])
        self._neighbourhood.open.tell((), gone)

    async def _gather(self, wanted: Wanted) -> Gathered:
        snapshot, path = wanted.snapshot, _slashed(wanted.path or "")
        self._last, self._asked = wanted, self._now()
        state = self._state(snapshot.uri)
        self._look(state, wanted)
        if state.key is None and state.task is not None:
            await asyncio.wait({state.task}, timeout=DEADLINE)
        cells = self._cells(wanted)
        visible = "\n".join((*(entry.text for entry in cells), wanted.visible))
        sight = Sight.at(snapshot, visible)
        own = path or snapshot.uri
        entries = [
            *rank(sight, state.neighbours, lambda name: self._open_places(name, snapshot.uri), visible),
            *own_frame(snapshot, state.imports, wanted.visible, own),
            *elsewhere_in(state.headers, sight, visible, own),
        ]
        similar = self._similar(state, snapshot, visible)
        similar = select(similar, int(wanted.room * _SIMILAR), [entry.key for entry in similar])
        edits = select([*await self._edited(snapshot, visible), *_reported(wanted)], int(wanted.room * _EDITS), ())
        room = wanted.room - size_of([*similar, *edits, *cells])
        definitions = select(entries, room, state.shown)
        state.shown = [entry.key for entry in definitions]
        roots = self._sources.roots(path) if path else ()
        chosen = [*definitions, *similar, *edits, *cells]
        return Gathered(tuple(_snippets(chosen, roots)), tuple(_reason(entry, roots) for entry in chosen))

    def _state(self, uri: str) -> _State:
        state = self._states.setdefault(uri, _State())
        self._states.move_to_end(uri)
        if len(self._states) > _STATES:
            self._states.popitem(last=False)
        return state

    # What takes longer

    def _look(self, state: _State, wanted: Wanted) -> None:
        """Begins to look around the document, if something has changed since it was done last."""
        self._tell(wanted.snapshot.uri)
        head = "".join(wanted.snapshot.lines[:_HEAD])
        if (imports_key := hash(head)) != state.imports_key:
            language = base_language(wanted.snapshot.language)
            state.imports_key, state.imports = imports_key, imports_of(head, language)
        key = tuple(state.imports)
        age = self._now() - state.looked
        outdated = key != state.key or age > _FRESH
        more = age > _SOON and (state.neighbours.partial or state.revision != self._neighbourhood.revision)
        if (outdated or more) and (state.task is None or state.task.done()):
            state.task = asyncio.create_task(self._look_around(state, wanted, head, key))
        self._work_in_background()

    def _tell(self, uri: str) -> None:
        """Tells of the other documents that have changed since, or were opened or closed in a way that was not told."""
        stamps = self._neighbourhood.open.stamps
        changed = [each for each in self._documents if stamps.get(each.uri) != each.version and each.uri != uri]
        if changed:
            texts = [_text(each, each.uri) for each in changed]
            opened_again = [key for text in texts if (key := f"{CLOSED}{text.path}") in self._visited]
            for key in opened_again:
                del self._visited[key]
            self._neighbourhood.open.tell(texts, opened_again)

    async def _look_around(self, state: _State, wanted: Wanted, head: str, key: Hashable) -> None:
        snapshot, row = wanted.snapshot, wanted.snapshot.cursor.line
        language = base_language(snapshot.language)
        first = max(0, row - _HEADERS_REACH)
        wide = snapshot.lines[first : row + _HEADERS_REACH]
        near = "".join(snapshot.lines[max(0, row - _NEAR) : row + _NEAR])
        path = _slashed(wanted.path or "")
        text = Text(snapshot.uri, path or snapshot.uri, language, snapshot.version, snapshot.lines)

        def look() -> tuple[Neighbours, tuple[Header, ...]]:
            headers = headers_of(wide, first)
            names = used_names(snapshot, _NEAR_NAMES)
            defined = names_in("".join(wide), language).names
            own = frozenset((*(each.name for each in headers), *defined))
            words = frozenset(word for line in wide for word in _WORD.findall(line))
            vantage = Vantage(path, language, head, state.imports, near, names, own, words)
            around = self._neighbourhood.of(vantage)
            self._neighbourhood.open.around(text, row)
            return around, headers

        async with self._one_at_a_time:
            revision, indexed = self._neighbourhood.revision, self._neighbourhood.index.revision
            try:
                state.neighbours, state.headers = await asyncio.to_thread(look)
            except Exception:
                log.exception("could not look around %s because of a defect", wanted.path)
        state.key, state.revision, state.indexed, state.looked = key, revision, indexed, self._now()

    def _work_in_background(self) -> None:
        busy = self._background is not None and not self._background.done()
        if not busy:
            self._background = asyncio.create_task(self._work())

    async def _work(self) -> None:
        """Takes in what has changed, in slices, and looks again around the document that was asked for last."""
        more = True
        while more:
            await asyncio.sleep(_PAUSE if self._now() - self._asked > _QUIET else 2 * _PAUSE)
            async with self._one_at_a_time:
                try:
                    more = await asyncio.to_thread(self._neighbourhood.work, _SLICE)
                except Exception:
                    log.exception("could not work ahead because of a defect")
                    return
            more = more or await self._look_again()

    async def _look_again(self) -> bool:
        """Looks around the document that was asked for last, if more is known now; whether there is more to be looked at."""
        wanted = self._last
        state = self._states.get(wanted.snapshot.uri) if wanted is not None else None
        if wanted is None or state is None or (state.task is not None and not state.task.done()):
            return False
        if not state.neighbours.partial and state.indexed == self._neighbourhood.index.revision:
            return False  # what else is open has time until the next request
        head = "".join(wanted.snapshot.lines[:_HEAD])
        await self._look_around(state, wanted, head, tuple(state.imports))
        return state.neighbours.partial

    # What is quick

    def _open_places(self, name: str, uri: str) -> Iterable[tuple[str, Definition]]:
        """The latest definitions of `name` in other open files: one that many files have says little."""
        places = (place for of, place in reversed(self._neighbourhood.open.named(name)) if of != uri)
        return islice(places, _PLACES)

    def _cells(self, wanted: Wanted) -> list[Entry]:
        """The other cells of the notebook; those above stand last, nearest to the code."""
        uri = wanted.snapshot.uri
        cells = self.cells(uri)
        if len(cells) < 2:
            return []
        found = cells_around(cells, uri, _slashed(wanted.path or uri), wanted.room)
        return [*found.below, *found.above]

    def _similar(self, state: _State, snapshot: Snapshot, visible: str) -> list[Entry]:
        row = snapshot.cursor.line
        region = (row // _REGION, state.looked)
        if region != state.region:
            around = "".join(snapshot.lines[max(0, row - 12) : row + 4])
            state.region = region
            state.similar = [
                Entry(piece.path, piece.line, piece.text, likeness, "it looks like the code around the cursor")
                for likeness, piece in self._neighbourhood.open.pieces.like(around, base_language(snapshot.language))
            ]
        return [entry for entry in state.similar if entry.text not in visible]

    async def _edited(self, snapshot: Snapshot, visible: str) -> list[Entry]:
        recent = self.edits.elsewhere(snapshot.uri, snapshot.cursor.line)[:3]
        uris = {edit.uri for edit in recent}
        documents = {each.uri: each for each in self._documents if each.uri in uris} if recent else {}
        found: list[Entry] = []
        for edit in recent:
            document = documents.get(edit.uri)
            if document is None or await self._sources.find_excluded(document.path or document.uri):
                continue
            text = text_of(edit, document.lines).replace("\r\n", "\n").rstrip()
            if text and text not in visible:
                path = _slashed(document.path or document.uri)
                found.append(Entry(path, edit.first, text, 3.0 - len(found), "it was edited last"))
        return found


def _reported(wanted: Wanted) -> Iterable[Entry]:
    """What the editor says is wrong near the cursor, as a file of its own: it stands last, nearest to the code."""
    if wanted.problems:
        text = "\n".join(problem[:_PROBLEM] for problem in wanted.problems[:3])
        yield Entry("problems.txt", 0, text, 4.0, "the editor reports it near the cursor")


def _text(document: OpenDocument, key: str) -> Text:
    path = _slashed(document.path or document.uri)
    return Text(key, path, document.language, document.version, tuple(document.lines))


def _slashed(path: str) -> str:
    return path.replace("\\", "/")


def _snippets(entries: Sequence[Entry], roots: Sequence[str]) -> Iterable[Snippet]:
    """One for each run of entries of the same file."""
    run: list[Entry] = []
    for entry in entries:
        if run and run[-1].path != entry.path:
            yield Snippet(_shown(run[0].path, roots), "\n".join(each.text for each in run))
            run = []
        run.append(entry)
    if run:
        yield Snippet(_shown(run[0].path, roots), "\n".join(each.text for each in run))


def _reason(entry: Entry, roots: Sequence[str]) -> dict[str, object]:
    return {
        "path": _shown(entry.path, roots),
        "line": max(0, entry.line) + 1,
        "why": entry.why,
        "characters": len(entry.text),
    }


def _shown(path: str, roots: Sequence[str]) -> str:
    """The path as a model sees it: from the workspace's folder on. It does not contain the home directory."""
    for root in roots:
        prefix = root.rstrip("/") + "/"
        if path.startswith(prefix):
            return path[len(prefix) :]
    return basename(path)
