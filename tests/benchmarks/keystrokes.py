"""How often the next character is on screen already, and how many requests that takes: typing, replayed through the server.

`uv run --all-extras python -m tests.benchmarks.keystrokes`: several editors at once, each with a server of its own over
standard streams, type modules of Python's library, with typos and backspaces. A model takes 500 ms and is right about the
rest of the line 60 % of the time; else it is right for a few characters and then wrong. Time is the benchmark's own
(`stepped_server.py`), so that what else the machine does changes nothing. Beside it stand the policies of other engines,
simulated (`policies.py`) with the same keys and the same model.

`--keys` sets how many keystrokes in all, `--pace` which pace.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import random
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
STEPPED = Path(__file__).with_name("stepped_server.py")
sys.path.insert(0, str(ROOT))

from benchmarks import policies  # noqa: E402
from support.process import ServerProcess  # noqa: E402

LATENCY = 0.5
RIGHT = 0.6
TYPOS = 0.025
"""Each is a wrong character and a backspace: 5 % of all keys."""
SEED = 42
EDITORS = 8
AT_ONCE = 2
BACKSPACE = "\b"


@dataclass(frozen=True)
class Key:
    """What is typed, and after how many seconds. A line end comes with the next line's indentation, as editors type it."""

    text: str
    gap: float


def keys_for(source: str, at: int, count: int, seed: int, typos: float = TYPOS) -> list[Key]:
    """The next `count` keystrokes of somebody who writes `source` and has got to `at`, in a person's rhythm: bursts with a
    median gap of 160 ms, pauses to think at the start of a line and between words."""
    dice = random.Random(seed)
    keys: list[Key] = []
    last = ""
    while at < len(source) and len(keys) < count:
        text = source[at]
        if text == "\n":
            end = at + 1
            while end < len(source) and source[end] in " \t":
                end += 1
            text = source[at:end]
        gap = dice.lognormvariate(math.log(0.160), 0.45)
        if last.startswith("\n") and dice.random() < 0.35:
            gap += dice.uniform(0.8, 4.0)
        elif last and not last.isalnum() and dice.random() < 0.06:
            gap += dice.uniform(0.4, 2.0)
        if text.isalpha() and dice.random() < typos:
            wrong = dice.choice([letter for letter in "etaoinshrdlu" if letter != text])
            keys += [Key(wrong, gap), Key(BACKSPACE, dice.lognormvariate(math.log(0.25), 0.3))]
            gap = dice.lognormvariate(math.log(0.160), 0.45)
        keys.append(Key(text, gap))
        at, last = at + len(text), text
    return keys[:count]


@dataclass
class Editor:
    """Types like VS Code does: a request at each key, the one before it cancelled, ghost text kept while it is typed."""

    server: ServerProcess
    uri: str
    typed: str = ""
    ghost: str = ""
    version: int = 1
    hits: int = 0
    pending: int | None = None
    answers: set[asyncio.Task[None]] = field(default_factory=set)
    """Still awaited."""

    def press(self, key: Key) -> None:
        if key.text == BACKSPACE:
            self._change(self.typed[:-1], -1, "")
            self.ghost = ""
        else:
            self.hits += self.ghost.startswith(key.text[0])
            self.ghost = self.ghost[len(key.text) :] if self.ghost.startswith(key.text) else ""
            self._change(self.typed + key.text, 0, key.text)
        if self.pending is not None:
            self.server.notify("$/cancelRequest", {"id": self.pending})
        task = asyncio.create_task(self._ask())
        self.answers.add(task)
        task.add_done_callback(self.answers.discard)

    def _position(self, text: str) -> tuple[int, int]:
        return text.count("\n"), len(text) - text.rfind("\n") - 1

    def _change(self, after: str, back: int, text: str) -> None:
        row, column = self._position(self.typed)
        self.typed = after
        self.version += 1
        start = {"line": row, "character": column + back}
        change = {"range": {"start": start, "end": {"line": row, "character": column}}, "text": text}
        document = {"uri": self.uri, "version": self.version}
        self.server.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [change]})

    async def _ask(self) -> None:
        row, column = self._position(self.typed)
        version = self.version
        asked = self.server.ask(
            "textDocument/inlineCompletion",
            {
                "textDocument": {"uri": self.uri},
                "position": {"line": row, "character": column},
                "context": {"triggerKind": 2},
            },
        )
        self.pending = self.server.last_id
        answer = await asked
        if version != self.version:
            return
        self.pending = None
        result = answer.get("result")
        if result is not None:
            items = result["items"]
            line = self.typed[self.typed.rfind("\n") + 1 :]
            self.ghost = items[0]["insertText"][len(line) :] if items else ""


async def type_through_server(
    source: str, start: int, keys: Sequence[Key], pace: str, folder: Path, gate: asyncio.Semaphore
) -> tuple[int, int, int, int]:
    """Requests, dropped ones, keys, and how many of the keys were on screen before they were pressed."""
    (folder / "source.py").write_text(source, "utf-8")
    command = (sys.executable, str(STEPPED), str(folder / "source.py"), str(LATENCY), str(RIGHT))
    async with gate, ServerProcess(command, XDG_CACHE_HOME=str(folder), XDG_STATE_HOME=str(folder)) as server:
        options: dict[str, Any] = {
            "inline": {"provider": "replay", "model": "m", "pace": pace},
            "providers": {"replay": {"baseUrl": "http://127.0.0.1:9/v1", "fill": "openai_completions"}},
            "cache": {"enabled": False},
        }
        await server.initialize(options)
        editor = Editor(server, server.open(folder / "typed.py", source[:start]), source[:start])
        now = 2.0
        await advance(server, now)
        for key in keys:
            now += key.gap
            await advance(server, now)
            editor.press(key)
        made = await advance(server, now + 2 * LATENCY)
        for waiting in editor.answers:
            waiting.cancel()
        return made["requests"], made["dropped"], len(keys), editor.hits


async def advance(server: ServerProcess, to: float) -> dict[str, int]:
    """Lets the server's time go on, and the editor see what was answered until then."""
    answer = await server.request("benchmark/advance", {"to": to})
    for _ in range(3):
        await asyncio.sleep(0)
    made: dict[str, int] = answer["result"]
    return made


async def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--keys", type=int, default=5_000)
    options.add_argument("--pace", choices=("lively", "metered"), action="append")
    chosen = options.parse_args()
    share = math.ceil(chosen.keys / EDITORS)
    typing = [
        (source, start, keys_for(source, start, share, SEED + number))
        for number, (source, start) in enumerate(policies.places(EDITORS, share))
    ]
    print(
        f"{chosen.keys} keystrokes, {EDITORS} editors, model: {LATENCY * 1000:.0f} ms, right {RIGHT:.0%}, seed {SEED}"
    )
    typed = sum(key.text != BACKSPACE for _, _, keys in typing for key in keys)
    print(f"{'':34}requests    dropped   on screen before it was typed, of all")
    print(f"{'':34}per 1,000 keystrokes  keystrokes   characters typed")
    for pace in chosen.pace or ["lively", "metered"]:
        with tempfile.TemporaryDirectory() as folder:
            folders = [Path(folder) / str(number) for number in range(EDITORS)]
            for each in folders:
                each.mkdir()
            gate = asyncio.Semaphore(AT_ONCE)
            totals = await asyncio.gather(
                *(type_through_server(*one, pace, place, gate) for one, place in zip(typing, folders, strict=True))
            )
        show(f"PiCode, {pace}, through its server", typed, *map(sum, zip(*totals, strict=True)))
    for name, policy in policies.POLICIES.items():
        totals = [policies.simulate(*one, policy, LATENCY, RIGHT) for one in typing]
        show(f"{name} (simulated)", typed, *map(sum, zip(*totals, strict=True)))


def show(name: str, typed: int, requests: int, dropped: int, keys: int, hits: int) -> None:
    """`typed` of the `keys` type a character; backspaces type none."""
    asked = f"{1000 * requests / keys:8.0f}{1000 * dropped / keys:11.0f}"
    print(f"{name:34}{asked}{100 * hits / keys:11.1f} %{100 * hits / typed:14.1f} %")


if __name__ == "__main__":
    asyncio.run(main())
