"""How good suggestions are with the embedded model: `uv run --all-extras python -m tests.benchmarks.hole_filling [COUNT]`.

Lines of real libraries (Python of this environment, TypeScript and JavaScript of the VS Code client's) lose their end, from
a random column on. PiCode is asked through its whole server; beside it the same model on the same machine, asked with the
plain 1,600 characters before the cursor, without the space at their end, greedily and up to the line's end. Exact: the rest
of the line to the character, but for space at its end. Similar: difflib's ratio. The figures say what the engine makes of a
model, not how good the model is.
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
from dataclasses import dataclass
from pathlib import Path

import httpx2

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from picode.lsp.server import PiCodeServer, build_assistant  # noqa: E402
from picode.providers.catalog import CATALOG  # noqa: E402
from support.editor import CURSOR, FakeEditor  # noqa: E402

COUNT = 240
SEED = 4
PYTHON = "click rich tomlkit keyring pluggy packaging jsonschema anyio structlog typer".split()
SCRIPTS = ROOT.parent / "client-vscode"


@dataclass(frozen=True)
class Hole:
    """A cursor whose line has lost `missing`. `marked` is the text with the cursor in it."""

    path: Path
    language: str
    marked: str
    prefix: str
    missing: str


def files() -> list[tuple[Path, str]]:
    site = Path(sysconfig.get_paths()["purelib"])
    found = [(path, "python") for package in PYTHON for path in (site / package).rglob("*.py")]
    found += [(path, "typescript") for path in (SCRIPTS / "src").rglob("*.ts")]
    clients = SCRIPTS / "node_modules" / "vscode-languageclient" / "lib"
    found += [(path, "javascript") for path in clients.rglob("*.js")]
    return sorted((path, language) for path, language in found if 2_000 < path.stat().st_size < 80_000)


def holes(count: int) -> list[Hole]:
    chance = random.Random(SEED)
    sources = files()
    scripts = [each for each in sources if each[1] != "python"]
    python = [each for each in sources if each[1] == "python"]
    found: list[Hole] = []
    while len(found) < count:
        path, language = chance.choice(scripts if len(found) % 3 == 2 and scripts else python)
        lines = path.read_text("utf-8", "replace").split("\n")
        row = chance.randrange(10, len(lines)) if len(lines) > 20 else 0
        line = lines[row]
        content = line.strip()
        if not 12 <= len(content) <= 100 or content.startswith(("#", "//", "*", '"""', "/*")) or not line.isascii():
            continue
        first = len(line) - len(line.lstrip())
        column = chance.randrange(first, len(line.rstrip()) - 3)
        before = "\n".join([*lines[:row], line[:column]])
        after = "\n".join(["", *lines[row + 1 :]])
        found.append(Hole(path, language, before + CURSOR + after, before, line[column:].rstrip()))
    return found


class DailyCount:
    def __init__(self) -> None:
        self.exact: list[bool] = []
        self.similar: list[float] = []
        self.times: list[float] = []
        self.silent = 0

    def add(self, said: str, hole: Hole, seconds: float) -> None:
        said = said.split("\n")[0].rstrip()
        self.exact.append(said == hole.missing)
        self.similar.append(difflib.SequenceMatcher(None, said, hole.missing, autojunk=False).ratio())
        self.times.append(seconds)
        self.silent += not said

    def __str__(self) -> str:
        exact, similar = 100 * statistics.mean(self.exact), statistics.mean(self.similar)
        median = statistics.median(self.times)
        return f"{exact:5.1f} % exact   {similar:.3f} similar   {median:.2f} s (median)   nothing: {self.silent}"


async def ask_plainly(client: httpx2.AsyncClient, hole: Hole) -> str:
    """What the model says of the text before the cursor. Trailing space is not shown to it: a token that begins with a space
    could not follow; where its answer begins with the space that is there already, that is taken off."""
    prompt = hole.prefix[-1600:]
    shown = prompt.rstrip(" \t")
    body = {"prompt": shown, "max_tokens": 64, "temperature": 0, "stop": ["\n"]}
    said = (await client.post("completions", json=body)).json()["choices"][0]["text"]
    assert isinstance(said, str)
    return said.removeprefix(prompt[len(shown) :]) if prompt != shown else said


async def main(count: int) -> None:
    cases = holes(count)
    with tempfile.TemporaryDirectory() as folder:
        environ = {"PICODE_ANSWERS_DIR": folder}
        server = PiCodeServer(lambda ls: build_assistant(ls, environ=environ))
        editor = FakeEditor(server)
        alone = {"cache": {"enabled": False}, "statistics": {"enabled": False}}
        await editor.start({"inline": {"debounceMs": 0, "prefetch": False}, **alone}, None, None)
        assistant = await server.assistant()
        endpoint = await assistant.routing.endpoints.locate(CATALOG["embedded"])
        headers = {"authorization": f"Bearer {endpoint.key}"} if endpoint.key else {}
        engine, plain = DailyCount(), DailyCount()
        async with httpx2.AsyncClient(base_url=endpoint.base_url + "/", headers=headers, timeout=60) as client:
            for number, hole in enumerate(cases):
                began = time.perf_counter()
                alone_said = await ask_plainly(client, hole)
                plain.add(alone_said, hole, time.perf_counter() - began)
                editor.open(f"file:///holes/{number}/{hole.path.name}", hole.marked, hole.language)
                began = time.perf_counter()
                request = await asyncio.wait_for(editor.ask(explicit=False), 60)
                took = time.perf_counter() - began
                said = editor.shown(request["items"][0]) if request["items"] else ""
                engine.add(said, hole, took)
                if "-v" in sys.argv:
                    print(repr(hole.prefix.split("\n")[-1]), "|", repr(hole.missing))
                    print("    plain ", repr(alone_said))
                    print("    engine", repr(said))
        await editor.stop()
    print(f"{len(cases)} lines of {len({case.path for case in cases})} files, seed {SEED}")
    print(f"  plain prefix   {plain}")
    print(f"  PiCode         {engine}")


if __name__ == "__main__":
    counts = [int(each) for each in sys.argv[1:] if each.isdigit()]
    asyncio.run(main(counts[0] if counts else COUNT))
