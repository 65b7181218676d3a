"""May a model see this document? The one place that decides: built-in rules, ignore files, the user's word."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Callable, Hashable, Iterator, Sequence
from pathlib import Path

from picode.core.ignore_rules import Rules, TooLong, excluded_by, parse
from picode.core.privacy import LONGEST_PATH, ambiguous_rule, holds_secrets, paths_of, sensitive_rule
from picode.io.regular_files import read_regular
from picode.io.workers import in_daemon_thread

log = logging.getLogger(__name__)

IGNORE_FILES = (".picodeignore", ".gitignore")
_SIZE_LIMIT = 256 * 1024
_HEAD = 64_000
_DEEPEST = 60
"""Folders up from a file that are looked at."""
_REMEMBERED = 2_000
_PATIENCE = 2.0
"""Seconds that the event loop waits for what is read of the disk."""
_MOST_LOOKS = 8
"""Documents that are looked at at once. More are waiting only where a file system does not answer."""
_LATE = "it takes too long to read the ignore files around it, and in doubt it is private"
_EXCEPTION = "privacy.allow in your own settings makes an exception"


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
        self._verdicts: dict[tuple[str, tuple[str, ...]], tuple[Rules | None, str | None]] = {}
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
        for file, folder in self._ignore_files(path):
            try:
                parts = Path(path).relative_to(folder).parts
            except ValueError:
                continue
            if (why := self._excluded(file, parts)) is not None:
                return f"{name} is excluded by {why} ({_EXCEPTION})"
        return None

    def _is_allowed(self, path: str) -> bool:
        patterns = [str(Path(each).expanduser()) if each.startswith("~") else each for each in self._allowed()]
        parts = [part for part in path.replace("\\", "/").split("/") if part]
        with contextlib.suppress(TooLong):
            return bool(patterns) and excluded_by(parse("\n".join(patterns)).rules, parts) is not None
        return False

    def _holds_secrets(self, path: str) -> bool:
        stamp = _stamp(path)
        known = self._contents.get(path)
        if known is None or known[0] != stamp:
            text = _read(path, _HEAD, whole=False)
            # A document that is not on the disk yet holds nothing that is known; one that can't be read may hold anything.
            held = stamp is not None and (text is None or holds_secrets(text))
            known = (stamp, held)
            if len(self._contents) > _REMEMBERED:
                self._contents.clear()
            self._contents[path] = known
        return known[1]

    def _ignore_files(self, path: str) -> Iterator[tuple[str, str]]:
        """The files with rules about `path`, each with the folder that its patterns start from."""
        roots = {os.path.normpath(each) for folder in self._folders() for each in (folder, os.path.realpath(folder))}
        above = [str(each) for each in list(Path(path).parents)[:_DEEPEST]]
        repository = next((each for each in above if os.path.lexists(os.path.join(each, ".git"))), None)
        outermost = [each for each in above if each in roots or each == repository]
        if not outermost:
            return
        for folder in above[: above.index(outermost[-1]) + 1]:
            for name in IGNORE_FILES:
                yield os.path.join(folder, name), folder
        if repository is not None:
            yield os.path.join(repository, ".git", "info", "exclude"), repository
            yield _users_excludes(), repository

    def _excluded(self, file: str, parts: Sequence[str]) -> str | None:
        stamp = _stamp(file)
        if stamp is None:
            return None
        known = self._rules.get(file)
        if known is None or known[0] != stamp:
            text = _read(file, _SIZE_LIMIT, whole=True)
            if text is not None and self._folds:
                text = text.lower().replace("[:upper:]", "[:alpha:]")
            known = (stamp, None if text is None else parse(text))
            self._rules[file] = known
            self._report(file, known[1])
        parts = [part.lower() for part in parts] if self._folds else parts
        rules, key = known[1], (file, tuple(parts))
        verdict = self._verdicts.get(key)
        if verdict is None or verdict[0] is not rules:
            if len(self._verdicts) > _REMEMBERED:
                self._verdicts.clear()
            verdict = self._verdicts[key] = (rules, _verdict(os.path.basename(file), rules, parts))
        return verdict[1]

    def _report(self, file: str, rules: Rules | None) -> None:
        problems = ["it is no ordinary file, or too large."] if rules is None else []
        problems += [f"line {line}: {why}." for line, why in (rules.problems if rules else ()) if line]
        if problems and file not in self._told:
            self._told.add(file)
            self._tell(f"{file} has rules that PiCode can't follow; the others hold: {' '.join(problems[:3])}")


def _verdict(name: str, rules: Rules | None, parts: Sequence[str]) -> str | None:
    if rules is None:
        return f"{name}, which can't be read: in doubt everything that it may be about is private"
    try:
        if (rule := excluded_by(rules.rules, parts)) is not None:
            return f"{name}, line {rule.line}"
    except TooLong:
        return f"{name}, whose rules take too long to apply: in doubt everything that they may be about is private"
    return f"{name}, which has too many rules to read" if rules.incomplete else None


def _readings(path: str) -> tuple[str, ...]:
    """`path` as named and as it really is."""
    if "\0" in path:
        raise ValueError(path)
    if os.path.isabs(path):
        return (os.path.abspath(path), os.path.realpath(path))
    return (path, os.path.realpath(path)) if os.path.exists(path) else (path,)


def _stamp(path: str) -> Hashable | None:
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return "unreadable"
    return (found.st_mtime_ns, found.st_size, found.st_ino, found.st_mode)


def _read(path: str, limit: int, *, whole: bool) -> str | None:
    """The text of a regular file, or its beginning; None for what is none, can't be read, or (`whole`) is larger."""
    data = read_regular(path, limit, whole=whole)
    return None if data is None else data.decode("utf-8", "replace")


def _users_excludes() -> str:
    """The user's own ignore file for all repositories: `core.excludesFile`, read without git, else its default place."""
    home = os.path.expanduser("~")
    configuration = os.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    for file in (os.path.join(home, ".gitconfig"), os.path.join(configuration, "git", "config")):
        section = ""
        for line in (_read(file, _SIZE_LIMIT, whole=True) or "").splitlines():
            text = line.strip()
            if text.startswith("["):
                section = text.lower()
            name, equals, value = text.partition("=")
            if equals and section == "[core]" and name.strip().lower() == "excludesfile":
                return os.path.expanduser(value.strip().strip('"'))
    return os.path.join(configuration, "git", "ignore")
