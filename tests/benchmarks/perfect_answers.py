"""What is left of a perfect model's answer once it stands in the file: `python -m tests.benchmarks.perfect_answers`.

Parts of real code in many languages are taken away (`holes`), the real server is asked for a suggestion over standard streams,
and a model server on loopback answers with exactly what had stood there (`oracle`), so that 100 % is possible. The first
suggestion is applied as a client does it, and the document compared with the file as it was (`verdicts`).

Three variations: `exact`; `over`, the model goes on with the next six lines of the file; `noisy`, a chat model whose answer is
fenced, indented anew, or begins with the line so far. With `--tabby` the same holes go through tabby-agent from npm.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Literal

sys.path.insert(0, str(Path(__file__).parent.parent))

from support.process import ServerProcess

from .corpus import collect
from .holes import KINDS, NOISES, Hole, generate, going_on, noisy
from .oracle import MODEL, Expected, Oracle
from .peers import TIMEOUT_S, TabbyAgent
from .tables import print_failures, print_table, rows_of
from .verdicts import Finding, Item, assess, item_of, units

Variation = Literal["exact", "over", "noisy"]
VARIATIONS: tuple[Variation, ...] = ("exact", "over", "noisy")
DIALECTS = {"infill": "llamacpp_infill", "completions": "openai_completions", "chat": None}

HOLES = 3000


class PiCode:
    """`picode lsp` as an editor asks it; all documents are asked about in one process."""

    name = "PiCode"
    at_once = 4

    def __init__(self, server: ServerProcess, folder: Path, explicit: bool = False) -> None:
        self.server, self.folder, self.explicit = server, folder, explicit

    async def start(self, origin: str, dialect: str) -> None:
        row = {"baseUrl": origin, "dialect": "openai_chat"}
        if (fill := DIALECTS[dialect]) is not None:
            row["fill"] = fill
        await self.server.initialize(
            {
                "inline": {"provider": "oracle", "model": MODEL, "debounceMs": 0, "prefetch": False},
                "providers": {"oracle": row},
                "cache": {"enabled": False},
                "statistics": {"enabled": False},
            }
        )

    async def suggest(self, hole: Hole, number: int) -> Item | None:
        """The first suggestion for a document of its own."""
        path = self.folder / str(number) / Path(hole.path).name
        uri = self.server.open(path, hole.before + hole.after, hole.language)
        where = {"line": hole.before.count("\n"), "character": units(hole.line_prefix)}
        context = {"triggerKind": 1 if self.explicit else 2}
        params = {"textDocument": {"uri": uri}, "position": where, "context": context}
        answer = await asyncio.wait_for(self.server.ask("textDocument/inlineCompletion", params), TIMEOUT_S)
        self.server.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        if "error" in answer:
            raise RuntimeError(answer["error"])
        items = (answer["result"] or {}).get("items") or []
        return item_of(items[0]["insertText"], items[0]["range"], hole) if items else None


def expected(hole: Hole, variation: Variation, seed: int) -> Expected:
    """What the model answers for a hole."""
    says = going_on(hole) if variation == "over" else hole.answer
    if variation == "noisy":
        noise = random.Random(f"{seed}/{hole.path}/{len(hole.before)}").choice(NOISES)
        return Expected(hole, hole.answer, noisy(hole, noise))
    return Expected(hole, says, hole.line_prefix.lstrip() + says)


async def ask_all(
    engine: PiCode | TabbyAgent, oracle: Oracle, holes: Sequence[Hole], variation: Variation, seed: int
) -> list[Finding]:
    """The findings, in the order of `holes`."""
    findings: dict[int, Finding] = {}
    numbers = iter(range(len(holes)))

    async def work() -> None:
        for number in numbers:
            hole = holes[number]
            oracle.asked_about[number] = expected(hole, variation, seed)
            findings[number] = assess(hole, await engine.suggest(hole, number))
            del oracle.asked_about[number]

    async with asyncio.TaskGroup() as group:
        for _ in range(engine.at_once):
            group.create_task(work())
    return [findings[number] for number in range(len(holes))]


async def run(holes: Sequence[Hole], variation: Variation, options: argparse.Namespace) -> dict[str, list[Finding]]:
    """The findings of PiCode, and with `--tabby` of tabby-agent, by name of the run."""
    found: dict[str, list[Finding]] = {}
    dialect = "chat" if variation == "noisy" else options.dialect
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        oracle = await stack.enter_async_context(Oracle())
        homes = {f"PICODE_{name}_DIR": str(folder / name.lower()) for name in ("ANSWERS", "CONFIG", "DATA", "LISTS")}
        server = await stack.enter_async_context(ServerProcess(log=options.log, **homes))
        engine = PiCode(server, folder / "files", options.explicit)
        await engine.start(oracle.origin, dialect)
        engines: list[PiCode | TabbyAgent] = [engine]
        if options.tabby and variation != "noisy":  # its server's models never chat
            engines.append(await stack.enter_async_context(TabbyAgent(folder / "tabby", oracle.origin)))
        for each in engines:
            began = time.perf_counter()
            found[f"{each.name}, {variation}"] = await ask_all(each, oracle, holes, variation, options.seed)
            print(f"{each.name}, {variation}: {time.perf_counter() - began:.0f} s", file=sys.stderr)
        if oracle.unknown:
            print(f"{len(oracle.unknown)} of {oracle.requests} prompts were about no hole", file=sys.stderr)
    return found


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--holes", type=int, default=HOLES, help="how many, in all")
    parser.add_argument("--kind", action="append", choices=KINDS)
    parser.add_argument("--language", action="append")
    parser.add_argument("--variation", action="append", choices=VARIATIONS)
    parser.add_argument("--dialect", choices=tuple(DIALECTS), default="infill", help="what the model server speaks")
    parser.add_argument("--explicit", action="store_true", help="ask by hand instead of by itself")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tabby", action="store_true", help="the same holes through tabby-agent (needs node and npm)")
    parser.add_argument("--details", action="store_true", help="a row for each kind in each language")
    parser.add_argument("--show-failures", type=int, default=0, metavar="N")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--log", type=Path, metavar="FILE", help="what the server logs")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    files = collect(tuple(options.language or ()))
    holes = generate(files, options.holes, options.seed, tuple(options.kind or KINDS))
    paths = {(hole.language, hole.path) for hole in holes}
    print(f"{len(holes)} holes in {len(paths)} files, seed {options.seed}")
    report: dict[str, Any] = {"seed": options.seed, "holes": len(holes), "runs": {}}
    for variation in options.variation or VARIATIONS:
        runs = asyncio.run(run(holes, variation, options))
        print_table(runs, details=options.details)
        for name, findings in runs.items():
            print_failures(findings, options.show_failures)
            report["runs"][name] = rows_of(findings)
    if options.json:
        options.json.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
