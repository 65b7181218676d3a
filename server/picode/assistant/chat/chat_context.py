"""The context of a slash command: the code, the file around it, named and related files, diagnostics and changes."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from posixpath import basename

from picode.assistant.chat.command_request import CommandRequest, Selection, Shown
from picode.assistant.ports import Changes, Excluder, Gather, OpenDocument, OpenDocuments, Sources, Wanted
from picode.core.asking import ChatContext, Excerpt
from picode.core.conflicts import conflicts_at
from picode.core.document import Position, Snapshot
from picode.core.errors import ConfigurationError
from picode.core.languages import language_of

_OTHERS = 12_000
"""Characters of related files that are gathered. How many of them reach the prompt depends on the model's window."""

_PROBLEMS = 20

_LINES = re.compile(r"(.*[^:\s]):([1-9]\d{0,8})(?:-([1-9]\d{0,8}))?")

UNSTAGED = "Nothing is staged: the message is about the changes of the working tree."


class ChatContextBuilder:
    """Gathers the context. Excluded files are never in it."""

    def __init__(
        self, documents: OpenDocuments, sources: Sources, excluder: Excluder, gather: Gather, changes: Changes
    ) -> None:
        self._documents = documents
        self._sources = sources
        self._excluder = excluder
        self._gather = gather
        self._changes = changes

    async def build(self, request: CommandRequest) -> ChatContext:
        """The context of `request`, not yet cut to a model's window.

        Raises `ConfigurationError` for an excluded or missing file, for missing arguments, and for a command with nothing to
        work on.
        """
        selection, command = request.selection, request.command
        if selection is not None:
            await self._admit(selection.path or selection.uri)
        if command.args_required and not request.args and not request.has_material:
            raise ConfigurationError(f"{command.slash} says nothing.", f"Say what you want, as in: {command.example}")
        named = await self._files(request)
        code = self._code(selection, request)
        if command.about == "code" and not (code or named or request.has_material):
            raise ConfigurationError(
                f"{command.slash} has no code to work on.", "Select some, or open the file that it is about."
            )
        changes, subjects, note = await self._diff(request) if "diff" in command.shows else ("", (), "")
        shows = command.shows if selection is not None else frozenset[str]()
        before, after = _around(selection) if selection is not None and "file" in shows else ("", "")
        others = await self._others(selection, before + after) if selection is not None and "open" in shows else ()
        problems = _problems(selection) if selection is not None and "problems" in shows else ()
        return ChatContext(
            command=command,
            args=request.args,
            code=code,
            before=before,
            after=after,
            problems=problems,
            named=named,
            others=tuple(each for each in others if all(each.path != file.path for file in named)),
            attached=request.attached,
            images=request.images,
            system=request.system,
            changes=changes,
            subjects=subjects,
            note=note,
        )

    async def _files(self, request: CommandRequest) -> tuple[Excerpt, ...]:
        """What goes with the code: what the user looks at, the ancestor of a merge conflict, and the files that they name."""
        selection, first = request.selection, tuple[Excerpt, ...]()
        named = tuple([await self._named(name, request.folder) for name in request.files])
        if selection is None and request.visible is not None:
            first = await self._visible(request.visible)
        elif selection is not None and request.command.name == "resolve":
            first = await self._ancestor(selection)
        return (*first, *named)

    async def _diff(self, request: CommandRequest) -> tuple[str, tuple[str, ...], str]:
        """The staged changes, or the working tree's where nothing is staged; for a command about changes, also the subjects of
        the latest commits, and a note for the user if nothing is staged. Such a command raises `ConfigurationError` where
        nothing has changed."""
        folder = self._folder(request)
        about_changes = request.command.about == "changes"
        subjects = tuple(await self._changes.subjects(folder)) if about_changes else ()
        if (staged := await self._changes.staged(folder)).strip():
            return staged, subjects, ""
        unstaged = await self._changes.unstaged(folder)
        if about_changes and not unstaged.strip():
            raise ConfigurationError(
                "There are no staged changes, and none in the working tree.",
                "Change or stage what the message is to be about (`git add` for new files).",
            )
        return unstaged, subjects, UNSTAGED if about_changes else ""

    async def _admit(self, path: str) -> None:
        if (why := await self._excluder.find_reason(path)) is not None:
            raise ConfigurationError(
                f"PiCode shows this file to no model: {why}.", "Ask about another one, or change the rule."
            )

    def _code(self, selection: Selection | None, request: CommandRequest) -> Excerpt | None:
        if selection is None or (request.command.about == "changes"):
            return None
        if not selection.text.strip() and request.command.output != "edit":
            return None
        text = selection.text.replace("\r\n", "\n").replace("\r", "\n")
        return Excerpt(self._shown(selection), text, selection.language, selection.start.line + 1, "selected")

    def _shown(self, selection: Selection) -> str:
        return shown_path(selection.path or basename(selection.uri), self._sources)

    def _folder(self, request: CommandRequest) -> str:
        if request.folder:
            return request.folder
        path = request.selection.path if request.selection else None
        roots = self._sources.roots(path.replace("\\", "/") if path else "")
        return roots[0] if roots else ""

    async def _ancestor(self, selection: Selection) -> tuple[Excerpt, ...]:
        """What both sides of the selected conflicts come from, where the markers do not show it, and git knows it. Raises
        `ConfigurationError` where there is no conflict."""
        found = conflicts_at(selection.lines, selection.start.line, selection.last_line)
        if not found:
            raise ConfigurationError(
                "There is no merge conflict here.", "Put the cursor into one, between `<<<<<<<` and `>>>>>>>`."
            )
        if selection.path is None or all(each.base is not None for each in found):
            return ()
        text = await self._changes.ancestor(selection.path)
        return (Excerpt(self._shown(selection), text, selection.language, 1, "the common ancestor"),) if text else ()

    async def _visible(self, visible: Selection) -> tuple[Excerpt, ...]:
        """What the user looks at, unless no model may see it: they did not ask for it."""
        if not visible.text.strip() or await self._excluder.find_reason(visible.path or visible.uri) is not None:
            return ()
        text = visible.text.replace("\r\n", "\n").replace("\r", "\n")
        return (Excerpt(self._shown(visible), text, visible.language, visible.start.line + 1, "visible in the editor"),)

    async def _named(self, name: str, folder: str) -> Excerpt:
        """The file that the user means by `name`, or lines of it, as in `a.py:3-9`."""
        found = _LINES.fullmatch(name)
        if found is None:
            return await self._named_file(name, folder)
        whole = await self._named_file(found[1], folder)
        first = max(1, int(found[2]))
        lines = whole.text.splitlines(keepends=True)[first - 1 : max(first, int(found[3] or first))]
        return replace(whole, text="".join(lines), first=first)

    async def _named_file(self, name: str, folder: str) -> Excerpt:
        """The whole file, as it is in the editor, else as it is on the disk."""
        wanted = name.replace("\\", "/")
        matches = [each for each in self._documents if each.path and _means(wanted, each)]
        if matches:
            document = min(matches, key=lambda each: len(each.path or ""))
            await self._admit(document.path or "")
            path = (document.path or "").replace("\\", "/")
            return Excerpt(
                shown_path(path, self._sources), "".join(document.lines), document.language, 1, "you named it"
            )
        places = await asyncio.to_thread(self._sources.resolve, wanted, folder)
        if not places:
            raise ConfigurationError(
                f"#{name} lies outside of the workspace's folders, so PiCode does not read it.",
                "Open it in the editor first.",
            )
        for path in places:
            if (why := await self._excluder.find_reason(path)) is not None:
                raise ConfigurationError(f"PiCode shows #{name} to no model: {why}.")
            if (text := await asyncio.to_thread(self._sources.read, path)) is not None:
                return Excerpt(shown_path(path, self._sources), text, language_of(path), 1, "you named it")
        raise ConfigurationError(
            f"There is no file #{name} in this workspace, or it is no text, or too large.",
            "Name it from the workspace's folder on, as in #src/app.py.",
        )

    async def _others(self, selection: Selection, visible: str) -> tuple[Excerpt, ...]:
        snapshot = Snapshot(
            selection.uri, tuple(selection.lines), selection.start, selection.version, selection.language
        )
        seen = visible + selection.text
        gathered = await self._gather(Wanted(snapshot, selection.path, seen, _OTHERS))
        reasons = {str(why.get("path")): str(why.get("why")) for why in gathered.why}
        return tuple(
            Excerpt(
                snippet.path, snippet.text, language_of(snippet.path), why=reasons.get(snippet.path, "it is related")
            )
            for snippet in gathered.snippets
        )


def shown(context: ChatContext) -> tuple[Shown, ...]:
    """The files in the prompt of `context`, for the user."""
    code = context.code
    listed = [Shown(code.path, "selected", code.first, code.last)] if code is not None else []
    if code is not None and (context.before or context.after):
        listed.append(Shown(code.path, "the file around it"))
    listed += [Shown(each.path, each.why, each.first if _is_part(each) else 0, each.last) for each in context.named]
    listed += [Shown(each.path, each.why) for each in context.others]
    listed += [Shown(f"image {number}", "you pasted it") for number in range(1, len(context.images) + 1)]
    if context.changes:
        listed.append(Shown("git diff", "the unstaged changes" if context.note else "the changes"))
    return tuple(dict.fromkeys(listed))


def _is_part(excerpt: Excerpt) -> bool:
    return excerpt.first > 1 or excerpt.why != "you named it"


def shown_path(path: str, sources: Sources) -> str:
    """`path` as a model sees it: relative to the workspace's folder. Strips the home directory."""
    slashed = path.replace("\\", "/")
    for root in sources.roots(slashed):
        if slashed.startswith(root.rstrip("/") + "/"):
            return slashed[len(root.rstrip("/")) + 1 :]
    return basename(slashed)


def _around(selection: Selection) -> tuple[str, str]:
    lines = selection.lines
    before = "".join(lines[: selection.start.line]) + lines[selection.start.line][: selection.start.column]
    after = lines[selection.end.line][selection.end.column :] + "".join(lines[selection.end.line + 1 :])
    return before.replace("\r\n", "\n"), after.replace("\r\n", "\n").removeprefix("\n")


def _problems(selection: Selection) -> tuple[str, ...]:
    """The editor's diagnostics within the selection."""
    first, last = Position(selection.start.line, 0), selection.end
    inside = [each for each in selection.problems if each.start <= last and first <= each.end]
    return tuple(map(str, sorted(inside, key=lambda each: each.start)[:_PROBLEMS]))


def _means(name: str, document: OpenDocument) -> bool:
    path = (document.path or "").replace("\\", "/")
    return name in (path, document.uri) or path.endswith("/" + name.removeprefix("~/"))
