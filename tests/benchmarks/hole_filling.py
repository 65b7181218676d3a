"""How good suggestions are with the embedded model: `uv run --all-extras python -m tests.benchmarks.hole_filling [COUNT]`.

Real libraries (Python of this environment, TypeScript and JavaScript of the VS Code client's) lose a part of their text, of
the kinds of `holes`; half of those within a line begin inside a word. PiCode is asked through its whole server, as an editor
does it by itself; beside it the same model on the same machine, asked with the plain 1,600 characters before the cursor,
without the space at their end, greedily, and up to the line's end where a part of a line is missing. Exact: what was missing
to the character, but for space at its end. Similar: difflib's ratio, over a block's first 300 characters. The figures say
what the engine makes of a model, not how good the model is.
"""

from __future__ import annotations

import asyncio
import difflib
import random
import statistics
import sys
import sysconfig
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from picode.lsp.server import PiCodeServer, build_assistant  # noqa: E402
from picode.providers.catalog import CATALOG  # noqa: E402
from support.editor import CURSOR, FakeEditor  # noqa: E402

from .holes import Hole, generate  # noqa: E402
from .source import File  # noqa: E402
from .verdicts import assess, item_of  # noqa: E402

COUNT = 240
SEED = 4
PYTHON = "click rich tomlkit keyring pluggy packaging jsonschema anyio structlog typer".split()
SCRIPTS = ROOT.parent / "client-vscode"
SHOWN = 1600
"""Characters before the cursor that the model is shown without PiCode."""
_COMPARED = 300


def files() -> list[File]:
    site = Path(sysconfig.get_paths()["purelib"])
    found = [(path, "python") for package in PYTHON for path in (site / package).rglob("*.py")]
    found += [(path, "typescript") for path in (SCRIPTS / "src").rglob("*.ts")]
    clients = SCRIPTS / "node_modules" / "vscode-languageclient" / "lib"
    found += [(path, "javascript") for path in clients.rglob("*.js")]
    usual = sorted((path, language) for path, language in found if 2_000 < path.stat().st_size < 80_000)
    return [File(language, path.as_posix(), path.read_text("utf-8", "replace")) for path, language in usual]


def holes(count: int) -> list[Hole]:
    """So many, in an order that has some of every kind and language wherever it is cut off."""
    found = generate(files(), count, SEED)
    random.Random(SEED).shuffle(found)
    return found[:count]


@dataclass
class Score:
    """Of one engine, for the holes of one kind."""

    exact: list[bool] = field(default_factory=list)
    similar: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    silent: int = 0

    def add(self, said: str, missing: str, seconds: float) -> None:
        said, missing = said.rstrip(), missing.rstrip()
        self.exact.append(said == missing)
        pair = said[:_COMPARED], missing[:_COMPARED]
        self.similar.append(difflib.SequenceMatcher(None, *pair, autojunk=False).ratio())
        self.seconds.append(seconds)
        self.silent += not said

    def __str__(self) -> str:
        exact, similar = 100 * statistics.mean(self.exact), statistics.mean(self.similar)
        return f"{exact:.1f} % | {similar:.3f} | {self.silent} | {statistics.median(self.seconds):.2f} s"


def rows_of(hole: Hole) -> tuple[str, str, str]:
    """The rows of the table that a hole counts in: its kind, where it begins, and all."""
    before, after = hole.before[-1:], hole.answer[:1]
    inside = (before.isalnum() or before == "_") and (after.isalnum() or after == "_")
    return hole.kind, "inside a word" if inside else "where a token begins", "all"


async def ask_plainly(client: httpx2.AsyncClient, hole: Hole) -> str:
    """What the model says of the text before the cursor. Trailing space is not shown to it: a token that begins with a space
    could not follow; where its answer begins with the space that is there already, that is taken off."""
    prompt = hole.before[-SHOWN:]
    shown = prompt.rstrip(" \t")
    body = {"prompt": shown, "max_tokens": 128, "temperature": 0}
    if "\n" not in hole.answer:
        body["stop"] = ["\n"]
    said = (await client.post("completions", json=body)).json()["choices"][0]["text"]
    assert isinstance(said, str)
    said = said.removeprefix(prompt[len(shown) :])
    return "\n".join(said.split("\n")[: hole.answer.count("\n") + 1])


async def ask_picode(editor: FakeEditor, hole: Hole, number: int) -> str:
    """What the first suggestion writes at the cursor, with what it says itself of the text behind."""
    editor.open(f"file:///holes/{number}/{Path(hole.path).name}", hole.before + CURSOR + hole.after, hole.language)
    answer = await asyncio.wait_for(editor.ask(explicit=False), 120)
    if not answer["items"]:
        return ""
    item = answer["items"][0]
    document = assess(hole, item_of(item["insertText"], item["range"], hole)).document
    rest = hole.rest
    end = len(document) - len(rest) if rest and document.endswith(rest) else len(document) - len(hole.after)
    return document[len(hole.before) : end]


async def main(count: int) -> None:
    cases = holes(count)
    with tempfile.TemporaryDirectory() as folder:
        server = PiCodeServer(lambda ls: build_assistant(ls, environ={"PICODE_ANSWERS_DIR": folder}))
        editor = FakeEditor(server)
        alone = {"cache": {"enabled": False}, "statistics": {"enabled": False}}
        await editor.start({"inline": {"debounceMs": 0, "prefetch": False}, **alone}, None, None)
        endpoint = await (await server.assistant()).routing.endpoints.locate(CATALOG["embedded"])
        headers = {"authorization": f"Bearer {endpoint.key}"} if endpoint.key else {}
        plain: dict[str, Score] = defaultdict(Score)
        engine: dict[str, Score] = defaultdict(Score)
        async with httpx2.AsyncClient(base_url=endpoint.base_url + "/", headers=headers, timeout=60) as client:
            for number, hole in enumerate(cases):
                began = time.perf_counter()
                alone_said = await ask_plainly(client, hole)
                middle = time.perf_counter()
                said = await ask_picode(editor, hole, number)
                for row in rows_of(hole):
                    plain[row].add(alone_said, hole.answer, middle - began)
                    engine[row].add(said, hole.answer, time.perf_counter() - middle)
                if "-v" in sys.argv:
                    print(hole.kind, repr(hole.line_prefix), "|", repr(hole.answer))
                    print("    plain ", repr(alone_said))
                    print("    engine", repr(said))
        await editor.stop()
    print(f"{len(cases)} holes of {len({case.path for case in cases})} files, seed {SEED}\n")
    figures = "exact | similar | nothing | median"
    print(f"| | holes | plain: {figures} | PiCode: {figures} |\n|{' --- |' * 10}")
    for row in sorted(plain, key=lambda name: (name == "all", name)):
        print(f"| {row} | {len(plain[row].exact)} | {plain[row]} | {engine[row]} |")


if __name__ == "__main__":
    counts = [int(each) for each in sys.argv[1:] if each.isdigit()]
    asyncio.run(main(counts[0] if counts else COUNT))
