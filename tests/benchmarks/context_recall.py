"""Whether a prompt holds what is needed: `uv run --all-extras python -m tests.benchmarks.context_recall`.

In the packages that are installed beside this one, a line is cut off where it is about to use something that was imported from
another file of the same package (the trick of CrossCodeEval, arxiv.org/abs/2310.11248). Is that thing's signature in the
prompt? It is looked up with Python's own `ast`, which PiCode does not use.

Every method has the same number of tokens (of 3.2 characters) for the whole prompt. The baselines: all of it for the code
around the cursor, three quarters before it; and half of it for that, half for those windows of 50 lines that are most like
the 50 lines before the cursor by Jaccard's measure over words, out of ALL files of the package. PiCode has no other file
open.

`--languages` asks the same in other languages, of the projects of `corpus.py` with the cases of `recall_cases.py`; the names of
languages may follow.
"""

from __future__ import annotations

import ast
import asyncio
import random
import re
import statistics
import sys
import sysconfig
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from picode.assistant.context.gather import Gatherer
from picode.assistant.ports import Wanted
from picode.core import prompt
from picode.core.document import Position, Snapshot, split_lines
from picode.core.messages import Fill
from picode.core.prompt import Window, build_fill
from picode.core.tokens import USUAL
from picode.io.source_files import SourceFiles

from . import QUICK, recall_cases

SITE = Path(sysconfig.get_paths()["purelib"])
PACKAGES = (
    "anyio attr cattrs click cryptography httpx2 hypothesis importlinter jsonschema keyring markdown_it more_itertools mypy"
    " packaging pathspec pluggy pydantic pygls _pytest referencing rich structlog tomlkit typer"
).split()[: 1 if QUICK else None]
EACH = 1 if QUICK else 25
BUDGETS = (1024, 2048)
SEED = 20


class Nothing:
    """Implements `picode.assistant.ports.Excluder`: a virtual environment is excluded by its own ignore file."""

    def reason(self, path: str) -> str | None:
        return None

    async def find_reason(self, path: str) -> str | None:
        return None


@dataclass(frozen=True)
class Case:
    """A cursor that is about to write `name`, which is defined in another file with this `signature`."""

    package: str
    path: Path
    text: str
    row: int
    column: int
    name: str
    signature: str
    used_above: bool

    @property
    def snapshot(self) -> Snapshot:
        lines = split_lines(self.text)
        lines[self.row] = lines[self.row][: self.column] + "\n"
        return Snapshot(self.path.as_uri(), tuple(lines), Position(self.row, self.column), 1, "python")


def plain(text: str) -> str:
    return re.sub(r"\s+", "", text)


def find_definition(path: Path, name: str, hops: int = 3) -> str | None:
    """The header of what is called `name` in a file, without white space; followed through re-exports."""
    try:
        source = path.read_text("utf-8")
        tree = ast.parse(source)
    except (OSError, SyntaxError, UnicodeDecodeError):
        return None
    lines = source.splitlines()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name == name:
            first = node.body[0]
            end = min([first.lineno, *(each.lineno for each in getattr(first, "decorator_list", []))])
            header = lines[node.lineno - 1 : end - 1] or [lines[node.lineno - 1].rpartition(":")[0]]
            code = [re.sub(r"\s#.*", "", line) for line in header]
            return plain("".join(code)).rstrip(":")
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(each, ast.Name) and each.id == name for each in targets):
                return plain(lines[node.lineno - 1])[:60]
        if isinstance(node, ast.ImportFrom) and hops:
            for alias in node.names:
                if (alias.asname or alias.name) == name and (target := locate(path, node)) is not None:
                    return find_definition(target, alias.name, hops - 1)
    return None


def locate(path: Path, node: ast.ImportFrom) -> Path | None:
    """The file that is imported from, if it belongs to the same package."""
    base = SITE
    if node.level:
        base = path.parent
        for _ in range(node.level - 1):
            base = base.parent
    stem = base.joinpath(*(node.module or "").split(".")) if node.module else base
    for candidate in (stem.with_suffix(".py"), stem / "__init__.py"):
        if candidate.is_file() and candidate.relative_to(SITE).parts[0] == path.relative_to(SITE).parts[0]:
            return candidate
    return None


def cases_of(path: Path, package: str) -> Iterator[Case]:
    """One for each name that a file imports from its own package and uses."""
    try:
        text = path.read_text("utf-8")
        tree = ast.parse(text)
    except (SyntaxError, UnicodeDecodeError):
        return
    if text.count("\n") < 30 or not text.isascii() or len(text) > 300_000:
        return
    imported: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and (target := locate(path, node)) is not None:
            for alias in node.names:
                signature = find_definition(target, alias.name)
                if signature is not None and len(signature) > 8:
                    imported[alias.asname or alias.name] = signature
    uses: dict[str, list[ast.Name]] = defaultdict(list)
    for each in ast.walk(tree):
        if isinstance(each, ast.Name) and each.id in imported and isinstance(each.ctx, ast.Load):
            uses[each.id].append(each)
    for name, found in sorted(uses.items()):
        found.sort(key=lambda node: (node.lineno, node.col_offset))
        number = random.Random(f"{path.name}{name}").randrange(len(found))
        use = found[number]
        yield Case(package, path, text, use.lineno - 1, use.col_offset, name, imported[name], number > 0)


def collect() -> list[Case]:
    found = []
    for package in PACKAGES:
        folder = SITE / package
        files = sorted(path for path in folder.rglob("*.py") if "test" not in path.parts[-1]) if folder.is_dir() else []
        cases = [case for path in files for case in cases_of(path, package)]
        random.Random(SEED).shuffle(cases)
        found += cases[:EACH]
    return found


def words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text))


Windows = list[tuple[Path, str, frozenset[str]]]


def windows_of(paths: Iterable[Path]) -> Windows:
    """All windows of 50 lines of some files, a new one every 25 lines."""
    windows = []
    for path in paths:
        lines = path.read_text("utf-8", "replace").splitlines()
        for start in range(0, max(1, len(lines) - 25), 25):
            text = "\n".join(lines[start : start + 50])
            windows.append((path, text, words(text)))
    return windows


def around_cursor(snapshot: Snapshot, characters: int) -> str:
    row = snapshot.cursor.line
    before = "".join(snapshot.lines[:row]) + snapshot.line_prefix
    after = "".join(snapshot.lines[row + 1 :])
    return before[-characters * 3 // 4 :] + after[: characters // 4]


def with_likest(path: Path, snapshot: Snapshot, characters: int, windows: Windows) -> str:
    """Half of the room for the windows of other files that are most like the code before the cursor."""
    row = snapshot.cursor.line
    near = words("".join(snapshot.lines[max(0, row - 50) : row]) + snapshot.line_prefix)
    found = [each for each in windows if each[0] != path]
    found.sort(key=lambda each: -len(near & each[2]) / (len(near | each[2]) or 1))
    text = around_cursor(snapshot, characters // 2)
    left = characters - len(text)
    for _, window, _ in found:
        if left <= 0:
            break
        text = window[:left] + "\n" + text
        left -= len(window) + 1
    return text


async def with_engine(case: Case | recall_cases.Use, characters: int, gatherer: Gatherer) -> tuple[str, float]:
    """The prompt, and the milliseconds that gathering took once the surroundings were known."""
    snapshot = case.snapshot
    fill = build_fill(snapshot, Window.of(characters // 2), case.path.name)
    visible = fill.prefix + fill.suffix
    wanted = Wanted(snapshot, str(case.path), visible, characters - len(visible))
    await gatherer.gather(wanted)
    while (task := gatherer.looking(snapshot.uri)) is not None:
        await task
    began = time.perf_counter()
    gathered = await gatherer.gather(wanted)
    took = (time.perf_counter() - began) * 1000
    folded = prompt.fold(Fill(fill.prefix, fill.suffix, case.path.name, snapshot.language, gathered.snippets))
    text = re.sub(r"^(?:#|//|--) ", "", folded.prefix, flags=re.M) + folded.suffix
    assert sum(len(each.text) for each in gathered.snippets) <= characters - len(visible)
    return text, took


EACH_LANGUAGE = 5 if QUICK else 60
TOKENS = 2048


async def compare_languages(names: list[str]) -> None:
    """A row for each language: how many of the definitions are in the prompt."""
    heads = "cases | prefix and suffix only | Jaccard windows | PiCode | first use | gathers in, median | 99 %"
    print(f"| {TOKENS} tokens | {heads} |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for language in names or recall_cases.languages():
        held: dict[str, list[bool]] = defaultdict(list)
        firsts, times = [], []
        gatherers: dict[Path, Gatherer] = {}
        windows: dict[Path, Windows] = {}
        cases = recall_cases.cases_of(language, EACH_LANGUAGE)
        for case in cases:
            text, took = await _prompt_for(case, gatherers)
            times.append(took)
            characters = int(TOKENS * USUAL)
            prompts = {
                "prefix": around_cursor(case.snapshot, characters),
                "windows": with_windows(case, characters, windows),
                "PiCode": text,
            }
            for method, each in prompts.items():
                held[method].append(any(signature in plain(each) for signature in case.signatures))
            if not case.used_above:
                firsts.append(held["PiCode"][-1])
            if "-v" in sys.argv and not held["PiCode"][-1]:
                print("   missed", case.path.relative_to(case.root), case.row + 1, case.name, case.signatures[0])
        shares = " | ".join(f"{100 * statistics.mean(found):.1f} %" for found in held.values())
        first = f"{100 * statistics.mean(firsts):.1f} %" if firsts else "none"
        late = sorted(times)[int(len(times) * 0.99)]
        times_shown = f"{statistics.median(times):.1f} ms | {late:.1f} ms"
        print(f"| {language} | {len(cases)} | {shares} | {first} | {times_shown} |", flush=True)


async def _prompt_for(case: recall_cases.Use, gatherers: dict[Path, Gatherer]) -> tuple[str, float]:
    if case.root not in gatherers:
        root = str(case.root)
        files = SourceFiles(lambda: (root,), Nothing())
        gatherers[case.root] = Gatherer((), files, time.monotonic)
    return await with_engine(case, int(TOKENS * USUAL), gatherers[case.root])


def with_windows(case: recall_cases.Use, characters: int, cache: dict[Path, Windows]) -> str:
    if case.root not in cache:
        paths = {path for path in case.root.rglob("*") if path.suffix == case.path.suffix and path.is_file()}
        cache[case.root] = windows_of(sorted(paths))
    return with_likest(case.path, case.snapshot, characters, cache[case.root])


async def main() -> None:
    if "--languages" in sys.argv:
        names = [each for each in sys.argv[sys.argv.index("--languages") + 1 :] if not each.startswith("-")]
        await compare_languages(names)
        return
    cases = collect()
    packages = len({case.package for case in cases})
    print(
        f"{len(cases)} uses in {packages} packages; {sum(not case.used_above for case in cases)} are the first in their file"
    )
    cache: dict[str, Windows] = {}

    def of_package(case: Case) -> Windows:
        if case.package not in cache:
            cache[case.package] = windows_of(sorted((SITE / case.package).rglob("*.py")))
        return cache[case.package]

    files = SourceFiles(lambda: (str(SITE),), Nothing())
    gatherer = Gatherer((), files, time.monotonic)
    verbose = "-v" in sys.argv
    for budget in BUDGETS:
        characters = int(budget * USUAL)
        held: dict[str, list[bool]] = defaultdict(list)
        times = []
        for case in cases:
            text, took = await with_engine(case, characters, gatherer)
            times.append(took)
            prompts = {
                "prefix and suffix only": around_cursor(case.snapshot, characters),
                "Jaccard windows": with_likest(case.path, case.snapshot, characters, of_package(case)),
                "PiCode": text,
            }
            for method, each in prompts.items():
                held[method].append(case.signature in plain(each))
            if verbose and not held["PiCode"][-1]:
                print("   missed", case.path.relative_to(SITE), case.row + 1, case.name, case.signature[:80])
        print(f"\n{budget} tokens            all    first use")
        for method, found in held.items():
            first = [hit for hit, case in zip(found, cases, strict=True) if not case.used_above]
            print(f"  {method:24} {100 * statistics.mean(found):5.1f} % {100 * statistics.mean(first):5.1f} %")
        late = sorted(times)[int(len(times) * 0.99)]
        print(f"  PiCode gathers in {statistics.median(times):.1f} ms (median), {late:.1f} ms (99 %)")


if __name__ == "__main__":
    asyncio.run(main())
