"""What was sent to whom, on disk, for the port `Observer`: one JSON line a request, in the user's state folder.

Names and figures, and no text: the file can be shown to anybody who asks what has left this machine. Lines are only ever
appended, so that any number of servers may write. A file that is full is followed by the next number, and the oldest go.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from picode.assistant.usage.report import Attempt, Found, Report
from picode.core.errors import ProviderError

log = logging.getLogger(__name__)

LARGEST = 4 * 1024 * 1024
"""Bytes of one file: some 10,000 requests."""
KEPT_FILES = 8

_LONGEST_LINE = 64 * 1024
_MOST_FILES = 100
"""Names of other files in one line."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One request. `at` is when it was made, in seconds since 1970.

    `path` is the file it was about and `files` are the others that it showed, from the workspace's folder on. `redacted` is
    how many secrets of each kind were replaced. `outcome` is `answered`, `stopped` (nobody waited for it any more) or the kind
    of error. `tokens_in` were read and `tokens_out` written; `cost` is in US dollars, None where nobody knows.
    """

    at: float
    feature: str
    provider: str
    model: str
    origin: str
    path: str = ""
    files: tuple[str, ...] = ()
    characters: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    redacted: dict[str, int] = field(default_factory=dict)
    outcome: str = "answered"
    seconds: float = 0.0
    cost: float | None = None
    request: str = ""
    """The id that the log has for it."""


class AuditLog:
    """The log in one folder. A thread of its own touches the disk; what can't be written is told once, and costs no answer.

    `enabled` is the user's word on it, and `roots` are the workspace's folders. `now` gives seconds since 1970.
    """

    def __init__(
        self,
        folder: Callable[[], Path],
        enabled: Callable[[], bool] = lambda: True,
        roots: Callable[[], Sequence[str]] = tuple,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._folder = folder
        self._enabled = enabled
        self._roots = roots
        self._now = now
        self._thread: ThreadPoolExecutor | None = None
        self._complained = False

    def asked(self, report: Report) -> None:
        """See `picode.assistant.ports.Observer`."""
        tries = [each for each in report.tries if each.asked and each.sent is not None]
        if tries and self._enabled():
            lines = b"".join(self._line(each, report) for each in tries)
            self._worker().submit(self._append, lines)

    def found(self, provider: str, model: str, feature: str, where: Found) -> None:
        """Nothing was sent."""

    def breaker(self, provider: str, model: str, *, is_open: bool) -> None:
        """Nothing was sent."""

    def read(self, since: float = 0.0) -> list[Entry]:
        """What was written since then, in the order of time. Waits for the disk. A line that is none of ours is left out."""
        if self._thread is not None:
            self._thread.submit(lambda: None).result()
        entries = [entry for file in self._files() for line in _lines(file) if (entry := _entry(line)) is not None]
        return sorted((entry for entry in entries if entry.at >= since), key=lambda entry: entry.at)

    def close(self) -> None:
        """Returns when all is written."""
        if self._thread is not None:
            self._thread.shutdown()
            self._thread = None

    def _worker(self) -> ThreadPoolExecutor:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "picode-audit")
        return self._thread

    def _line(self, each: Attempt, report: Report) -> bytes:
        sent = each.sent
        assert sent is not None
        path = self._shown(sent.path)
        row: dict[str, Any] = {
            "at": round(self._now() - (report.ended - each.began), 3),
            "feature": report.feature,
            "provider": each.provider,
            "model": each.model,
            "origin": sent.origin,
            "path": path,
            "files": [name for name in map(self._shown, sent.files[:_MOST_FILES]) if name != path],
            "characters": sent.characters,
            "tokens_in": each.usage.input_tokens,
            "tokens_out": each.usage.output_tokens,
            "redacted": dict(sent.redacted),
            "outcome": _outcome(each),
            "seconds": round(each.ended - each.began, 3),
            "cost": each.cost,
            "request": report.request,
        }
        return (
            json.dumps({name: value for name, value in row.items() if value not in ("", [], {}, None)}).encode() + b"\n"
        )

    def _shown(self, path: str) -> str:
        """`path` from the workspace's folder on; of one outside, the name alone. Nobody's home is in the file."""
        slashed = path.replace("\\", "/")
        for root in self._roots():
            beginning = root.replace("\\", "/").rstrip("/") + "/"
            if slashed.startswith(beginning):
                return slashed[len(beginning) :]
        absolute = slashed.startswith("/") or slashed[1:3] == ":/"
        return slashed.rpartition("/")[2] if absolute else slashed

    def _append(self, lines: bytes) -> None:
        try:
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
            handle = os.open(self._file(), flags, 0o600)
            try:
                os.write(handle, lines)
            finally:
                os.close(handle)
        except Exception as error:
            if not self._complained:
                self._complained = True
                log.warning("what is sent can't be written down: %s", error)

    def _file(self) -> Path:
        """The file to write to: the last one, or the one after it if that is full."""
        files = self._files()
        last = files[-1] if files else None
        if last is not None and last.stat().st_size < LARGEST:
            return last
        number = _number(last) + 1 if last is not None else 1
        for old in files[: max(0, len(files) + 1 - KEPT_FILES)]:
            old.unlink(missing_ok=True)
        return self._folder() / f"audit-{number:06}.jsonl"

    def _files(self) -> list[Path]:
        return sorted(self._folder().glob("audit-[0-9]*.jsonl"), key=_number)


def _number(file: Path) -> int:
    digits = file.stem.removeprefix("audit-")
    return int(digits) if digits.isdecimal() else 0


def _outcome(each: Attempt) -> str:
    """In words of ours: a provider's complaint may quote the prompt."""
    if not isinstance(each.error, Exception):
        return "answered" if each.first_word is not None else "stopped"
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", each.error_class).lower()
    status = each.error.status if isinstance(each.error, ProviderError) else None
    return f"{words} ({status})" if status else words


def _lines(file: Path) -> Iterator[bytes]:
    with contextlib.suppress(OSError), file.open("rb") as opened:
        while line := opened.readline(_LONGEST_LINE):
            yield line


def _entry(line: bytes) -> Entry | None:
    try:
        row = json.loads(line)
        row["files"] = tuple(map(str, row.get("files", ())))
        row["redacted"] = {str(kind): int(count) for kind, count in row.get("redacted", {}).items()}
        entry = Entry(**row)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return None
    sound = all(isinstance(getattr(entry, name), kinds) for kinds, names in _KINDS.items() for name in names)
    return entry if sound else None


_KINDS: dict[Any, tuple[str, ...]] = {
    str: ("feature", "provider", "model", "origin", "path", "outcome", "request"),
    (int, float): ("at", "characters", "tokens_in", "tokens_out", "seconds"),
    (int, float, type(None)): ("cost",),
}
