"""Context for a prompt: what is known is ranked now, what is not known yet is looked up for the next time."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from posixpath import basename

from picode.assistant.context.definitions import Entry, Header, Sight, elsewhere_in, headers_of, own_frame, rank
from picode.assistant.context.edits import RecentEdits, text_of
from picode.assistant.context.neighbours import Neighbourhood, Neighbours, Text
from picode.assistant.context.selection import select, size_of
from picode.assistant.context.similar import Piece, pieces_of, words_of
from picode.assistant.context.similar import rank as rank_pieces
from picode.assistant.ports import Gathered, OpenDocument, OpenDocuments, Sources, Wanted
from picode.core.document import Snapshot
from picode.core.messages import Snippet
from picode.syntax.outline import Import, imports_of

log = logging.getLogger(__name__)

DEADLINE = 0.02
"""Seconds that a suggestion may be kept waiting."""

_FRESH = 3.0
"""Seconds after which it is looked again whether files on the disk have changed."""

_HEAD = 250
"""Lines at the top of a document that are looked through for imports."""

_REGION = 8
"""Lines within which the same similar code is shown, so that the prompt begins as before while somebody types."""

_VISITED = 20
_PROBLEM = 200
_OWN_REACH, _HEADERS_REACH = 1500, 3000
"""Lines of the document itself, before and after the cursor, that are looked through for similar code and for headers."""
_SIMILAR, _EDITS = 0.2, 0.15
"""Shares of the room that they may take at most. The definitions have the rest."""


@dataclass(slots=True)
class _State:
    """What is known for one document."""

    neighbours: Neighbours = field(default_factory=Neighbours)
    own: tuple[Piece, ...] = ()
    headers: tuple[Header, ...] = ()
    key: Hashable = None
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
        self._neighbourhood = Neighbourhood(sources, now, _FRESH)
        self._one_at_a_time = asyncio.Lock()
        self._states: OrderedDict[str, _State] = OrderedDict()
        self._visited: OrderedDict[str, Text] = OrderedDict()
        self.edits = RecentEdits()

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
        """The look around a document that is under way; None where there is none."""
        state = self._states.get(uri)
        return state.task if state is not None and state.task is not None and not state.task.done() else None

    def closed(self, document: OpenDocument) -> None:
        """A document was closed; it stays of interest for a while."""
        self._states.pop(document.uri, None)
        self.edits.forget(document.uri)
        if document.path:
            self._visited[document.path] = _text(document)
            self._visited.move_to_end(document.path)
            if len(self._visited) > _VISITED:
                self._visited.popitem(last=False)

    async def _gather(self, wanted: Wanted) -> Gathered:
        snapshot = wanted.snapshot
        state = self._states.setdefault(snapshot.uri, _State())
        self._look(state, wanted)
        if state.key is None and state.task is not None:
            await asyncio.wait({state.task}, timeout=DEADLINE)
        path = _slashed(wanted.path or "")
        sight = Sight.at(snapshot, wanted.visible)
        entries = [
            *rank(sight, state.neighbours, wanted.visible),
            *own_frame(snapshot, state.imports, wanted.visible, path or snapshot.uri),
            *elsewhere_in(state.headers, sight, wanted.visible, path or snapshot.uri),
        ]
        similar, edits = self._similar(state, wanted), [*self._edited(wanted), *_reported(wanted)]
        similar = select(similar, int(wanted.room * _SIMILAR), [entry.key for entry in similar])
        edits = select(edits, int(wanted.room * _EDITS), ())
        definitions = select(entries, wanted.room - size_of([*similar, *edits]), state.shown)
        state.shown = [entry.key for entry in definitions]
        roots = self._sources.roots(path) if path else ()
        chosen = [*definitions, *similar, *edits]
        return Gathered(tuple(_snippets(chosen, roots)), tuple(_reason(entry, roots) for entry in chosen))

    # What takes longer

    def _look(self, state: _State, wanted: Wanted) -> None:
        """Begins to look around the document, if something has changed since it was done last."""
        snapshot = wanted.snapshot
        head = "".join(snapshot.lines[:_HEAD])
        if (imports_key := hash(head)) != state.imports_key:
            state.imports_key, state.imports = imports_key, imports_of(head, snapshot.language)
        others = tuple((each.uri, each.version) for each in self._documents if each.uri != snapshot.uri)
        key = (tuple(state.imports), others)
        now = self._now()
        if (key == state.key and now - state.looked < _FRESH) or (state.task is not None and not state.task.done()):
            return
        texts = [*self._visited.values(), *self._open(snapshot)]
        state.task = asyncio.create_task(self._look_around(state, wanted, key, texts))

    def _open(self, snapshot: Snapshot) -> Iterable[Text]:
        for each in self._documents:
            if each.uri != snapshot.uri:
                yield _text(each)

    async def _look_around(self, state: _State, wanted: Wanted, key: Hashable, texts: Sequence[Text]) -> None:
        snapshot = wanted.snapshot
        row = snapshot.cursor.line
        near = snapshot.lines[max(0, row - _OWN_REACH) : row + _OWN_REACH]
        first = max(0, row - _HEADERS_REACH)
        wide = snapshot.lines[first : row + _HEADERS_REACH]

        def look() -> tuple[Neighbours, tuple[Piece, ...], tuple[Header, ...]]:
            around = self._neighbourhood.of(_slashed(wanted.path or ""), snapshot.language, state.imports, texts)
            return around, pieces_of(near), headers_of(wide, first)

        async with self._one_at_a_time:
            try:
                state.neighbours, state.own, state.headers = await asyncio.to_thread(look)
            except Exception:
                log.exception("could not look around %s because of a defect", wanted.path)
        state.key, state.looked = key, self._now()

    # What is quick

    def _similar(self, state: _State, wanted: Wanted) -> list[Entry]:
        snapshot = wanted.snapshot
        row = snapshot.cursor.line
        region = (row // _REGION, state.looked)
        if region != state.region:
            around = "".join(snapshot.lines[max(0, row - 12) : row + 4])
            files = [(file.path, file.pieces) for file in state.neighbours.open if file.language == snapshot.language]
            files.append((_slashed(wanted.path or snapshot.uri), state.own))
            found = rank_pieces(words_of(around), files)
            state.region = region
            state.similar = [
                Entry(path, piece.line, piece.text, likeness, "it looks like the code around the cursor")
                for likeness, path, piece in found
            ]
        return [entry for entry in state.similar if entry.text not in wanted.visible]

    def _edited(self, wanted: Wanted) -> list[Entry]:
        documents = {each.uri: each for each in self._documents}
        found: list[Entry] = []
        for edit in self.edits.elsewhere(wanted.snapshot.uri, wanted.snapshot.cursor.line)[:3]:
            document = documents.get(edit.uri)
            if document is None or self._sources.excluded(document.path or document.uri):
                continue
            text = text_of(edit, document.lines).replace("\r\n", "\n").rstrip()
            if text and text not in wanted.visible:
                found.append(
                    Entry(
                        _slashed(document.path or document.uri),
                        edit.first,
                        text,
                        3.0 - len(found),
                        "it was edited last",
                    )
                )
        return found


def _reported(wanted: Wanted) -> Iterable[Entry]:
    """What the editor says is wrong near the cursor, as a file of its own: it stands last, nearest to the code."""
    if wanted.problems:
        text = "\n".join(problem[:_PROBLEM] for problem in wanted.problems[:3])
        yield Entry("problems.txt", 0, text, 4.0, "the editor reports it near the cursor")


def _text(document: OpenDocument) -> Text:
    path = _slashed(document.path or document.uri)
    return Text(path, document.language, (document.uri, document.version), tuple(document.lines))


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
    """The path as a model sees it: from the workspace's folder on. Nobody's home is told to anybody."""
    for root in roots:
        prefix = root.rstrip("/") + "/"
        if path.startswith(prefix):
            return path[len(prefix) :]
    return basename(path)
