"""When other engines ask for suggestions, boiled down to what decides how often they do; for `keystrokes.py` to compare with.

Each policy is written after its project's public source, as of late 2025, and knows nothing of prompts or trimming: Continue
waits 350 ms and asks for the longest known beginning; Cody asks after 25 ms and keeps one request in 250 ms alive;
llama.vim asks at once, one at a time, and looks back over what it was told; Tabby's agent waits for a multiple of the
typing rhythm; minuet waits 400 ms and asks once a second at most.
"""

from __future__ import annotations

import fnmatch
import hashlib
import heapq
import itertools
import json.decoder
import shlex
import textwrap
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

MODULES = (textwrap, json.decoder, shlex, fnmatch)


class Pressed(Protocol):
    """A key, and the seconds before it."""

    @property
    def text(self) -> str: ...
    @property
    def gap(self) -> float: ...


def places(of: int, characters: int) -> list[tuple[str, int]]:
    """What each of so many editors types: a module, and the start of a line in it with enough text behind it."""
    texts = [Path(str(module.__file__)).read_text("utf-8") for module in MODULES]
    rounds = -(-of // len(texts))
    found = []
    for number in range(of):
        text = texts[number % len(texts)]
        start = (len(text) - characters - 200) * (number // len(texts)) // rounds
        found.append((text, text.find("\n", start) + 1 if start > 0 else 0))
    return found


def rest_of_line(source: str, position: int, right: float) -> str:
    """What a model says at `position`: the rest of the line with that probability; else up to three right characters, and
    then something wrong. The same at the same place, always."""
    end = source.find("\n", position)
    rest = source[position : len(source) if end < 0 else end]
    chance = int(hashlib.sha1(f"{position}{len(source)}".encode()).hexdigest(), 16)
    return rest if chance % 1000 < right * 1000 else rest[: chance // 1000 % 4] + "¤wrong"


class Replay:
    """Typing and a model in virtual time. A policy looks at `position`, sends, drops, and sets `shown`."""

    def __init__(self, source: str, start: int, keys: Sequence[Pressed], latency: float, right: float) -> None:
        self.source, self.latency, self.right = source, latency, right
        self.now = 0.0
        self.position = start
        self.slip = 0
        """Wrong characters before the cursor."""
        self.requests = self.dropped = self.hits = 0
        self.live: dict[int, int | None] = {}
        """Where each request under way was asked for; None behind a wrong character."""
        self.told: dict[int, str] = {}
        self.shown: tuple[int, str] | None = None
        self._order = itertools.count()
        self._events: list[tuple[float, int, str, Any]] = []
        at = 0.0
        for key in keys:
            at += key.gap
            self.at(at, "key", key.text)

    def at(self, when: float, kind: str, argument: Any) -> None:
        heapq.heappush(self._events, (when, next(self._order), kind, argument))

    def events(self) -> Iterator[tuple[str, Any]]:
        while self._events:
            self.now, _, kind, argument = heapq.heappop(self._events)
            yield kind, argument

    @property
    def line(self) -> str:
        return self.source[self.source.rfind("\n", 0, self.position) + 1 : self.position]

    def send(self, position: int | None = None) -> int:
        self.requests += 1
        place = None if self.slip else self.position if position is None else position
        self.live[self.requests] = place
        self.at(self.now + self.latency, "landed", self.requests)
        return self.requests

    def drop(self, request: int | None) -> None:
        if request is not None and self.live.pop(request, self) is not self:
            self.dropped += 1

    def rest(self, start: int, text: str) -> str:
        """What `text`, told at `start`, still has to offer here."""
        typed = self.source[start : self.position]
        return text[len(typed) :] if not self.slip and start <= self.position and text.startswith(typed) else ""

    def visible(self) -> str:
        return self.rest(*self.shown) if self.shown else ""

    def look_back(self, reach: int) -> bool:
        """Shows what was told here or up to `reach` characters before."""
        for start in range(self.position, max(-1, self.position - reach - 1), -1):
            if start in self.told and self.rest(start, self.told[start]):
                self.shown = (start, self.told[start])
                return True
        return False


class Policy:
    """Asks at every key, and drops what was under way."""

    def __init__(self, replay: Replay) -> None:
        self.replay = replay
        self.turn = 0

    def key(self) -> None:
        self.drop_all()
        self.replay.send()

    def timer(self, turn: Any) -> None:
        """A wait is over."""

    def landed(self, start: int, text: str) -> None:
        self.replay.told[start] = text
        if self.replay.rest(start, text):
            self.replay.shown = (start, text)

    def drop_all(self) -> None:
        for request in list(self.replay.live):
            self.replay.drop(request)

    def wait(self, seconds: float) -> None:
        self.turn += 1
        self.replay.at(self.replay.now + seconds, "timer", self.turn)


class Continue(Policy):
    def key(self) -> None:
        self.wait(0.350)

    def timer(self, turn: Any) -> None:
        replay = self.replay
        if turn != self.turn:
            return
        longest = max((start for start in replay.told if start <= replay.position), default=None)
        if longest is not None and replay.rest(longest, replay.told[longest]):
            replay.shown = (longest, replay.told[longest])
            return
        earlier = [start for start in replay.live.values() if start is not None and start != replay.position]
        if any(replay.rest(start, rest_of_line(replay.source, start, replay.right)) for start in earlier):
            return  # a running request goes on as long as what it says agrees
        self.drop_all()
        replay.send()


class Minuet(Policy):
    last = -1e9

    def key(self) -> None:
        if not self.replay.visible():
            self.wait(0.400)

    def timer(self, turn: Any) -> None:
        if turn == self.turn and self.replay.now - self.last >= 1.0:
            self.drop_all()
            self.replay.send()
            self.last = self.replay.now


class Cody(Policy):
    tail: int | None = None
    mine: int | None = None
    kept = 0.0
    begun_line = -1

    def key(self) -> None:
        replay = self.replay
        self.turn += 1
        if replay.visible() or replay.look_back(0) or replay.line.rstrip()[-1:] in (")", ";", "]", "}"):
            return
        start = replay.position - len(replay.line)
        if not replay.line.strip() and self.begun_line != start:
            self.begun_line, self.kept = start, replay.now
            replay.send()
            return
        if replay.now - self.kept > 0.250 and self.tail is not None:
            self.tail, self.kept = None, replay.now
        replay.drop(self.tail)
        self.tail = None
        self.wait(0.025)

    def timer(self, turn: Any) -> None:
        if turn == self.turn:
            self.tail = self.replay.send()

    def landed(self, start: int, text: str) -> None:
        super().landed(start, text)
        if self.replay.rest(start, text):
            self.drop_all()


class LlamaVim(Policy):
    def key(self) -> None:
        if self.replay.look_back(128):
            self._ahead()
        self._ask(None)

    def _ahead(self) -> None:
        assert self.replay.shown is not None
        start, text = self.replay.shown
        self._ask(start + len(text))

    def _ask(self, position: int | None) -> None:
        replay = self.replay
        place = replay.position if position is None else min(position, len(replay.source))
        if replay.live:
            self.turn += 1
            replay.at(replay.now + 0.100, "timer", (self.turn, position))
        elif place not in replay.told:
            replay.send(place)

    def timer(self, turn: Any) -> None:
        if turn[0] == self.turn:
            self._ask(turn[1])

    def landed(self, start: int, text: str) -> None:
        self.replay.told[start] = text
        if not self.replay.visible() and self.replay.look_back(128):
            self._ahead()


class Tabby(Policy):
    def __init__(self, replay: Replay) -> None:
        super().__init__(replay)
        self.gaps: list[float] = []
        self.base, self.last, self.asked = 0.200, 0.0, False

    def key(self) -> None:
        replay = self.replay
        self.drop_all()
        gap, self.last = replay.now - self.last, replay.now
        if gap <= 0.400:
            self.gaps = [*self.gaps[-99:], gap]
            if len(self.gaps) > 20:
                self.base = min(0.400, max(0.100, sum(self.gaps) / len(self.gaps)))
        word = replay.source[replay.position - 1 : replay.position].isalnum()
        wanted = (3 - 1.5 * (0.5 + (0.0 if word else 0.5))) * self.base
        known = any(replay.position - start <= 50 and replay.rest(start, text) for start, text in replay.told.items())
        self.wait(min(1.0, max(0.1, wanted - (replay.latency if self.asked and not known else 0.0))))

    def timer(self, turn: Any) -> None:
        if turn == self.turn and not self.replay.look_back(50):
            self.asked = True
            self.replay.send()


POLICIES: dict[str, Callable[[Replay], Policy]] = {
    "every key, the last one dropped": Policy,
    "Continue": Continue,
    "minuet": Minuet,
    "Tabby": Tabby,
    "llama.vim": LlamaVim,
    "Cody": Cody,
}


def simulate(
    source: str,
    start: int,
    keys: Sequence[Pressed],
    policy: Callable[[Replay], Policy],
    latency: float,
    right: float,
) -> tuple[int, int, int, int]:
    """Requests, dropped ones, keys, and how many of the keys were on screen before they were pressed."""
    replay = Replay(source, start, keys, latency, right)
    engine = policy(replay)
    for kind, argument in replay.events():
        if kind == "key":
            press(replay, argument)
            engine.key()
        elif kind == "timer":
            engine.timer(argument)
        elif argument in replay.live:
            start = replay.live.pop(argument)
            if start is not None:
                engine.landed(start, rest_of_line(source, start, right))
    return replay.requests, replay.dropped, len(keys), replay.hits


def press(replay: Replay, text: str) -> None:
    if text == "\b":
        replay.slip -= 1
        return
    right = replay.source.startswith(text, replay.position) and not replay.slip
    replay.hits += right and replay.visible().startswith(text[0])
    if right:
        replay.position += len(text)
        if not replay.visible():
            replay.shown = None
    else:
        replay.slip += 1
