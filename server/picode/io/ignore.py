"""May a model see this document? The one place that decides: built-in rules, ignore files, the user's word."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
import unicodedata
from collections.abc import Callable, Hashable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from picode.core.ignore_rules import Rules, TooLong, excluded_by, excluded_in, parse
from picode.core.privacy import LONGEST_PATH, ambiguous_rule, holds_secrets, paths_of, sensitive_rule
from picode.io.git_excludes import exclude_files
from picode.io.regular_files import read_regular, stamp
from picode.io.workers import in_daemon_thread

log = logging.getLogger(__name__)

_SIZE_LIMIT = 256 * 1024
_HEAD = 64_000
_DEEPEST = 200
"""Folders that a file may lie in. In more, it is private."""
_REMEMBERED = 2_000
_PATIENCE = 2.0
"""Seconds that the event loop waits for what is read of the disk."""
_MOST_LOOKS = 8
"""Documents that are looked at at once. More are waiting only where a file system does not answer."""
_LATE = "it takes too long to read the ignore files around it, and in doubt it is private"
_EXCEPTION = "privacy.allow in your own settings makes an exception"


class _Read(NamedTuple):
    """An ignore file, `below` folders under the top one of its group. `rules` are None where it can't be read."""

    below: int
    file: str
    rules: Rules | None


class IgnoreRules:
    """Says why a document is excluded. The rules of each file are read again when it changes.

    `folds`: names that differ in capitals alone are the same file, as on Windows and macOS, so that rules go by that too.
    `allowed` are the patterns of files that the user lets models see whatever rules say; `tell` hears once of each rule that
    is not valid. Where rules can't be read, what they may be about is private.
    """

    def __init__(
        self,
        folders: Callable[[], Sequence[str]],
        allowed: Callable[[], Sequence[str]] = tuple,
        tell: Callable[[str], None] = lambda _: None,
        *,
        folds: bool = sys.platform in ("win32", "darwin"),
    ) -> None:
        self._folders = folders
        self._allowed = allowed
        self._tell = tell
        self._folds = folds
        self._rules: dict[str, tuple[Hashable, Rules | None]] = {}
        self._contents: dict[str, tuple[Hashable, bool]] = {}
        self._verdicts: dict[tuple[str, tuple[str, ...]], tuple[tuple[_Read, ...], str | None]] = {}
        self._looks: dict[str, asyncio.Future[str | None]] = {}
        self._told: set[str] = set()

    async def find_reason(self, document: str) -> str | None:
        """`reason` for the event loop: it is looked for in a thread, since a file system may hang. Where that takes more than
        two seconds, the document is private."""
        look = self._looks.get(document)
        if look is None:
            if len(self._looks) >= _MOST_LOOKS:
                return _LATE
            look = self._looks[document] = in_daemon_thread(lambda: self._found(document), "ignore")
            look.add_done_callback(lambda _: self._looks.pop(document, None))
        done, _ = await asyncio.wait({look}, timeout=_PATIENCE)
        return look.result() if done else _LATE

    def _found(self, document: str) -> str | None:
        try:
            return self.reason(document)
        except Exception:
            log.exception("a document is private because of a defect")
            return _LATE

    def reason(self, document: str) -> str | None:
        """Why `document`, a path or a URI of any scheme, must not be shown to a model; None if it may be.

        Both the path as named and the real one behind links count, so that a link does not lead around a rule.
        """
        if len(document) > LONGEST_PATH:
            return "its name is too long to be one"
        try:
            named = dict.fromkeys(each for path in paths_of(document) for each in _readings(path))
            return next((why for path in named if (why := self._reason(path)) is not None), None)
        except (OSError, ValueError):
            return "its name can't be read"

    def _reason(self, path: str) -> str | None:
        name = os.path.basename(path.replace("\\", "/")) or path
        if self._is_allowed(path):
            return None
        if (rule := sensitive_rule(path)) is not None:
            return f"{name} falls under the built-in rule {rule}, for what holds secrets ({_EXCEPTION})"
        if (rule := ambiguous_rule(path)) is not None and self._holds_secrets(path):
            return f"{name} falls under the built-in rule {rule}, and holds secrets or can't be read ({_EXCEPTION})"
        if not os.path.isabs(path):
            return None
        if len(Path(path).parts) > _DEEPEST:
            return f"{name} lies in more folders than are looked at, and in doubt it is private ({_EXCEPTION})"
        for files, top in self._ignore_files(path):
            if (why := self._excluded(files, Path(path).relative_to(top).parts)) is not None:
                return f"{name} is excluded by {why} ({_EXCEPTION})"
        return None

    def _is_allowed(self, path: str) -> bool:
        patterns = [str(Path(each).expanduser()) if each.startswith("~") else each for each in self._allowed()]
        parts = [part for part in path.replace("\\", "/").split("/") if part]
        with contextlib.suppress(TooLong):
            return bool(patterns) and excluded_by(parse("\n".join(patterns)).rules, parts) is not None
        return False

    def _holds_secrets(self, path: str) -> bool:
        version = stamp(path)
        known = self._contents.get(path)
        if known is None or known[0] != version:
            text = _text(read_regular(path, _HEAD, whole=False))
            # A document that is not on the disk yet holds nothing that is known; one that can't be read may hold anything.
            held = version is not None and (text is None or holds_secrets(text))
            known = (version, held)
            if len(self._contents) > _REMEMBERED:
                self._contents.clear()
            self._contents[path] = known
        return known[1]

    def _ignore_files(self, path: str) -> Iterator[tuple[list[str], str]]:
        """The files with rules about `path`, in groups with their top folders. Those of a group lie in it and each folder below
        it, and are read together, as git does: a deeper one can make exceptions of what one above it excludes. No group can of
        what another one excludes: a clone's rules not of the user's."""
        roots = {os.path.normpath(each) for folder in self._folders() for each in (folder, os.path.realpath(folder))}
        above = [str(each) for each in Path(path).parents]
        repositories = [each for each in above if os.path.lexists(os.path.join(each, ".git"))]
        outermost = [each for each in above if each in roots or each in repositories[:1]]
        if not outermost:
            return
        group: list[str] = []
        for folder in above[: above.index(outermost[-1]) + 1]:
            yield [os.path.join(folder, ".picodeignore")], folder
            group.insert(0, os.path.join(folder, ".gitignore"))
            if folder in repositories or folder == outermost[-1]:
                yield group, folder
                group = []
        for folder in repositories[:1]:
            yield from (([file], folder) for file in exclude_files(folder))

    def _excluded(self, files: Sequence[str], parts: Sequence[str]) -> str | None:
        """Why a group of `files` excludes the file at `parts` below the group's top folder."""
        versions = [(below, file, version) for below, file in enumerate(files) if (version := stamp(file)) is not None]
        read = tuple(_Read(below, file, self._read(file, version)) for below, file, version in versions)
        if not read:
            return None
        parts = [_folded(part) for part in parts] if self._folds else parts
        key = (read[0].file, tuple(parts))
        verdict = self._verdicts.get(key)
        if verdict is None or verdict[0] != read:
            if len(self._verdicts) > _REMEMBERED:
                self._verdicts.clear()
            verdict = self._verdicts[key] = (read, _verdict(read, parts))
        return verdict[1]

    def _read(self, file: str, version: Hashable) -> Rules | None:
        """The rules of a file; None where it can't be read."""
        known = self._rules.get(file)
        if known is None or known[0] != version:
            text = _text(read_regular(file, _SIZE_LIMIT))
            if text is not None and self._folds:
                text = _folded(text).replace("[:upper:]", "[:alpha:]")
            known = self._rules[file] = (version, None if text is None else parse(text))
            self._report(file, known[1])
        return known[1]

    def _report(self, file: str, rules: Rules | None) -> None:
        problems = ["it is no ordinary file, or too large."] if rules is None else []
        problems += [f"line {line}: {why}." for line, why in (rules.problems if rules else ()) if line]
        if problems and file not in self._told:
            self._told.add(file)
            self._tell(f"{file} has rules that PiCode can't follow; the others hold: {' '.join(problems[:3])}")


def _name(file: str) -> str:
    return os.path.basename(file)


def _verdict(read: Sequence[_Read], parts: Sequence[str]) -> str | None:
    files = []
    for below, file, rules in read:
        if rules is None:
            return f"{_name(file)}, which can't be read: in doubt everything that it may be about is private"
        files.append((below, rules.rules))
    try:
        if (found := excluded_in(files, parts)) is not None:
            return f"{_name(read[found[0]].file)}, line {found[1].line}"
    except TooLong:
        doubt = "in doubt everything that they may be about is private"
        return f"{_name(read[0].file)}, whose rules take too long to apply: {doubt}"
    incomplete = next((file for _, file, rules in read if rules is not None and rules.incomplete), None)
    return None if incomplete is None else f"{_name(incomplete)}, which has too many rules to read"


def _readings(path: str) -> tuple[str, ...]:
    """`path` as named and as it really is."""
    if "\0" in path:
        raise ValueError(path)
    if os.path.isabs(path):
        return (os.path.abspath(path), os.path.realpath(path))
    return (path, os.path.realpath(path)) if os.path.exists(path) else (path,)


def _text(data: bytes | None) -> str | None:
    """Text in UTF-8, or in UTF-16 where it says so, as Windows' PowerShell writes it."""
    if data is None:
        return None
    return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", "replace")


def _folded(text: str) -> str:
    """`text` as file systems read it that tell no capitals and no composed letters apart."""
    return unicodedata.normalize("NFC", text.casefold())
