"""The path of a keystroke, measured: `python -m tools.keystroke_path [--server FOLDER] [--all]`.

One automatic completion request runs through the fake editor of the tests, the real server and a scripted provider, while
`sys.setprofile` records each call between modules of `picode`. It is the third request of its document, so that imports and
connections are not part of it, and no cache can answer it: all stages run. `--server` names the `server/` folder of another
checkout (its tests must stand beside it), so that two states of the code are measured by one rule.

What counts:

- *Start and end*: `lsp.features.inline_completion` is called by JSON-RPC, and returns the items.
- *The path* is that module and the modules of the completion use-case (`assistant/completion/`; before it was a folder, the
  modules listed in `BEFORE`). Each call that one of them makes is followed. A call into any other module is a *stage*: that
  module counts once, what it calls to do its work does not, and a callback out of it is the stage's. A task that a module
  starts is called by that module.
- *Left out* are value types, which only carry data (`VALUES`); what observes and does not decide (`OBSERVERS`: status,
  statistics, log); framing and open documents of the protocol (`PROTOCOL`); the settings in force (`SETTINGS`); and whatever
  implements a port (`picode.io`): the path ends at the port. Generated methods of dataclasses do not count.
- A package that lists its functions in `__all__` counts as one module: its caller sees one.
- *Crossings* are calls from one counted module into another; a pair of functions that call each other for every chunk
  counts once. Each crossing has one return.
- A *climb* is a crossing upward: the callee's module imports the caller's, directly or through others, so the caller can
  only know it as a callback.

With `--all`, nothing is left out and every call is followed, but for those in worker threads.
"""

from __future__ import annotations

import argparse
import ast
import asyncio
import os
import sys
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import CodeType, FrameType
from typing import Any

ROOT = Path(__file__).parent.parent
FEATURE = "lsp.features.inline_completion"
ROOM = "assistant.completion"
BEFORE = tuple(
    f"assistant.{name}"
    for name in "suggest drafts completer streams generation recall question warming explanation".split()
)
VALUES = (
    "core.document", "core.messages", "core.anchor", "core.errors", "core.tokens",
    "settings.model", "providers.catalog", "wire.dialect", "assistant.ports",
)  # fmt: skip
OBSERVERS = (
    "assistant.status", "assistant.statistics", "assistant.usage", "assistant.observers", "assistant.report",
    "assistant.request_ids", "assistant.explanation", "io.logs",
)  # fmt: skip
PROTOCOL = ("lsp.documents", "lsp.protocol", "lsp.extensions", "lsp.server", "lsp.paths", "lsp.convert", "lsp.session")
PORTS = ("io",)
SETTINGS = ("build.<locals>.settings", "Inputs.settings", "Assistant.settings", "LiveSettings.settings")


@dataclass(slots=True)
class Call:
    """A call of one function by a function of another module. Modules are named without `picode.`."""

    caller: str
    callee: str
    function: str
    depth: int
    stage: str
    """The module through which the path has come to the caller: the caller itself, where it is on the path."""


@dataclass(slots=True)
class Recorder:
    """Records each frame of `picode` once, when it is entered first: later entries of a coroutine are no calls."""

    calls: list[Call] = field(default_factory=list)
    _seen: dict[int, FrameType] = field(default_factory=dict)
    _depths: dict[int, int] = field(default_factory=dict)
    _stages: dict[int, str] = field(default_factory=dict)
    _tasks: dict[int, tuple[FrameType, FrameType]] = field(default_factory=dict)

    def profile(self, frame: FrameType, event: str, _: Any) -> None:
        """For `sys.setprofile`."""
        if event != "call" or not _counts(frame.f_code) or id(frame) in self._seen:
            return
        module = _module(frame)
        if module is None:
            return
        self._seen[id(frame)] = frame  # kept, so that its id is not used again
        caller = self._caller(frame)
        depth = self._depths.get(id(caller), -1) + 1
        if not depth and module != FEATURE:
            return  # not of this request
        self._depths[id(frame)] = depth
        name = (caller and _module(caller)) or "" if depth else ""
        entry = _on_path(module) or _on_path(name)
        self._stages[id(frame)] = module if entry else self._stages.get(id(caller), module)
        self.calls.append(Call(name, module, frame.f_code.co_qualname, depth, self._stages.get(id(caller), name)))

    def task_factory(self, loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any], **options: Any) -> Any:
        """Remembers who starts a task: its first frame has no caller."""
        starter: FrameType | None = sys._getframe(1)
        while starter is not None and _module(starter) is None:
            starter = starter.f_back
        inner = getattr(work, "cr_frame", None)
        if starter is not None and inner is not None:
            self._tasks[id(inner)] = (starter, inner)  # kept, as in `_seen`
        return asyncio.Task(work, loop=loop, **options)

    def _caller(self, frame: FrameType) -> FrameType | None:
        if id(frame) in self._tasks:
            return self._tasks[id(frame)][0]
        back = frame.f_back
        while back is not None:
            if _module(back) is not None:
                return back
            if id(back) in self._tasks:
                return self._tasks[id(back)][0]
            back = back.f_back
        return None


def _module(frame: FrameType) -> str | None:
    name = str(frame.f_globals.get("__name__", ""))
    if not name.startswith("picode."):
        return None
    package = sys.modules.get(name.rpartition(".")[0])
    return (package.__name__ if package is not None and hasattr(package, "__all__") else name).removeprefix("picode.")


def _counts(code: CodeType) -> bool:
    return code.co_filename != "<string>" and not code.co_name.startswith("<module")


async def record(recorder: Recorder) -> None:
    """Types a line in the fake editor, and records the request after its last key."""
    from picode.lsp.server import PiCodeServer, build_assistant
    from support.editor import FakeEditor  # type: ignore[import-not-found]
    from support.upstream import ScriptedUpstream  # type: ignore[import-not-found]

    upstream = ScriptedUpstream()
    upstream.will_say("left + right")
    editor = FakeEditor(PiCodeServer(lambda ls: build_assistant(ls, environ={}, transport=upstream)))
    settings = {
        "inline": {"provider": "scripted", "model": "m", "debounceMs": 0, "prefetch": False},
        "providers": {"scripted": {"baseUrl": "http://127.0.0.1:9/v1", "fill": "openai_completions"}},
    }
    with TemporaryDirectory() as folder:
        os.environ["HOME"] = os.environ["XDG_CACHE_HOME"] = os.environ["XDG_STATE_HOME"] = folder
        await editor.start(settings, None, folder)
        editor.open(Path(folder, "sum.py").as_uri(), "def add(left, right):\n    return <cursor>\n")
        await editor.server.assistant()
        for text in ("", "x + "):
            editor.type(text)
            assert await editor.ghost() == "left + right"
        editor.type("y * ")
        asyncio.get_running_loop().set_task_factory(recorder.task_factory)  # type: ignore[arg-type]
        sys.setprofile(recorder.profile)
        assert await editor.ghost() == "left + right"
        sys.setprofile(None)
        await editor.stop()


def follow(calls: list[Call]) -> list[Call]:
    """The crossings of the path, in the order of their first time."""
    found: dict[tuple[str, str, str], Call] = {}
    for call in (replace(each, caller=each.stage) for each in calls):
        crosses = call.caller and call.caller != call.callee and call.function not in SETTINGS
        counts = not _left_out(call.caller) and not _left_out(call.callee)
        if crosses and counts and (_on_path(call.caller) or _on_path(call.callee)):
            found.setdefault((call.caller, call.callee, call.function), call)
    return list(found.values())


def _on_path(module: str) -> bool:
    return module in (FEATURE, *BEFORE) or module.startswith(ROOM)


def _left_out(module: str) -> bool:
    parts = (*VALUES, *OBSERVERS, *PROTOCOL, *PORTS)
    return module != FEATURE and any(module == part or module.startswith(part + ".") for part in parts)


def imports_of(server: Path) -> dict[str, set[str]]:
    """What each module imports, directly and through others; imports for types alone are left out."""
    direct: dict[str, set[str]] = {}
    for path in (server / "picode").rglob("*.py"):
        parts = path.relative_to(server / "picode").with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found = direct.setdefault(name, set())
        for node in _running(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("picode"):
                base = (node.module or "").removeprefix("picode").lstrip(".")
                found |= {base, *(f"{base}.{each.name}".lstrip(".") for each in node.names)}
    reached: dict[str, set[str]] = {}
    for name in direct:
        todo, seen = [name], set[str]()
        while todo:
            for each in direct.get(todo.pop(), ()):
                if each in direct and each not in seen:
                    seen.add(each)
                    todo.append(each)
        reached[name] = seen
    return reached


def _running(tree: ast.AST) -> list[ast.AST]:
    """The nodes of a module but those under `if TYPE_CHECKING`."""
    found: list[ast.AST] = []
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        found.append(node)
        todo += ast.iter_child_nodes(node)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--server", type=Path, default=ROOT / "server", help="the server/ folder of a checkout")
    parser.add_argument("--all", action="store_true", help="follow every call, leave nothing out")
    options = parser.parse_args()
    server = options.server.resolve()
    sys.path[:0] = [str(server), str(server.parent / "tests")]
    recorder = Recorder()
    asyncio.run(record(recorder))
    calls = [each for each in recorder.calls if each.caller != each.callee and each.caller] if options.all else []
    crossings = calls or follow(recorder.calls)
    imports = imports_of(server)
    climbs = [each for each in crossings if each.caller in imports.get(each.callee, ())]
    modules = list(dict.fromkeys([FEATURE, *(name for each in crossings for name in (each.caller, each.callee))]))
    if not options.all:
        for each in crossings:
            arrow = "^" if each in climbs else ">"
            print(f"{'  ' * each.depth}{each.caller} {arrow} {each.callee}: {each.function}")
    print("\n" + "\n".join(f"{number:3} {name}" for number, name in enumerate(modules, 1)))
    print(f"\n{len(modules)} modules, {len(crossings)} crossings and as many returns, {len(climbs)} climbs")


if __name__ == "__main__":
    main()
