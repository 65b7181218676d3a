"""From a key to ghost text on the screen, in real editors, with the embedded model.

    uv run --all-extras python -m tests.benchmarks.key_to_ghost [--editor neovim|vscode] [--keys 150]

Types Python, a key each 110 ms, into Neovim and VS Code with their default settings. A key's time ends when ghost text is seen:
looked for each 5 ms in Neovim, and in VS Code in each frame but the first after a key, which may still show what was there
before. The last column is the longest time without ghost text though an answer of the server went on from what was typed.
The baseline is the server's own time from a request to its answer, in the same run.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import QUICK

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from e2e.nvim.conftest import enabling  # noqa: E402
from e2e.nvim.neovim import Neovim, eventually, find_program  # noqa: E402
from e2e.vscode import install, package, screen  # noqa: E402
from e2e.vscode.editor import Browser, Window  # noqa: E402
from e2e.vscode.server import Server  # noqa: E402

GAP = 0.110
ABOVE = '''"""Statistics of a list of numbers."""


def describe(numbers):
    """The usual figures: sum, extremes, spread, mean."""
'''
TYPED = """total = sum(numbers)
smallest = min(numbers)
largest = max(numbers)
spread = abs(largest - smallest)
mean = float(total / len(numbers))
rounded = [round(each) for each in numbers]
return dict(total=total, mean=mean)
"""
"""Written below `ABOVE`; the editor indents the lines and closes the brackets."""

PYTHON_SERVER = [sys.executable, "-m", "picode"]


@dataclass(frozen=True)
class Answer:
    """An answer of the server, as `message_log` has it."""

    at: float
    took: float
    row: int
    texts: Sequence[str]


@dataclass(frozen=True)
class Recording:
    """What was seen, in seconds of the epoch. `shown` are the moments of looking, each with whether there was ghost text."""

    keys: Sequence[float]
    shown: Sequence[tuple[float, bool]]
    answers: Sequence[Answer]


def delays(recording: Recording) -> list[float | None]:
    """For each key the seconds to the next ghost text; None where none came any more."""
    seen = [at for at, there in recording.shown if there]
    return [next((at - key for at in seen if at > key), None) for key in recording.keys]


def longest_unshown(recording: Recording) -> float:
    """The longest time, in seconds, in which there was no ghost text though an answer went on from what was typed."""
    keys, last = recording.keys, recording.shown[-1][0]
    seen = [at for at, there in recording.shown if there]
    longest = 0.0
    for answer in recording.answers:
        first = next((number for number, key in enumerate(keys) if key > answer.at), len(keys)) - 1
        stale = next(
            (number for number in range(max(first, 0), len(keys)) if not goes_on(answer, number + 1)), len(keys)
        )
        if first < 0 or stale == first:
            continue
        ends = keys[stale] if stale < len(keys) else last
        longest = max(longest, min(next((at for at in seen if at > answer.at), ends), ends) - answer.at)
    return longest


def goes_on(answer: Answer, typed: int) -> bool:
    """Whether the answer goes on from what stands in the line after so many keys."""
    line = TYPED[:typed].rpartition("\n")[2]
    row = ABOVE.count("\n") + TYPED[:typed].count("\n")
    return answer.row == row and any(text.lstrip().startswith(line) and text.strip() != line for text in answer.texts)


def answers_of(log: Path) -> list[Answer]:
    return [Answer(**json.loads(line)) for line in log.read_text().splitlines()]


def served(log: Path) -> list[str]:
    return [sys.executable, str(Path(__file__).with_name("message_log.py")), str(log), "--", *PYTHON_SERVER]


NVIM_RECORDER = """
Recorded = { keys = {}, shown = {} }
local function now() local s, us = vim.uv.gettimeofday() return s + us / 1e6 end
vim.on_key(function(_, typed)
  if typed and typed ~= '' and vim.api.nvim_get_mode().mode == 'i' then table.insert(Recorded.keys, now()) end
end)
vim.uv.new_timer():start(0, 5, vim.schedule_wrap(function()
  local namespace = vim.api.nvim_get_namespaces()['picode.ghost']
  local there = namespace and #vim.api.nvim_buf_get_extmarks(0, namespace, 0, -1, {}) > 0
  table.insert(Recorded.shown, { now(), there or false })
end))
"""


def in_neovim(folder: Path, count: int) -> Recording:
    program = find_program()
    if program is None:
        raise SystemExit("`uv sync --group dev` installs the Neovim to measure in (Linux only)")
    log, file = folder / "messages", folder / "numbers.py"
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700)
    settings = {"statistics": {"enabled": False}}
    nvim = Neovim(
        program, folder / "nvim", enabling(settings, [*served(log), "lsp"]), {"XDG_RUNTIME_DIR": str(runtime)}
    )
    try:
        nvim.edit(file, ABOVE)
        nvim.wait_for_server(60)
        nvim.keys("Go    ")
        nvim.keys("x = ")
        eventually(lambda: nvim.ghost, 160, lambda: nvim.evidence)  # the model is loaded by then
        nvim.keys("<C-u>")
        nvim.lua(NVIM_RECORDER)
        text = TYPED[:count]
        type_evenly(text, lambda key: nvim.keys(key.replace("\n", "<CR>")))
        time.sleep(1.5)
        recorded = nvim.lua("return Recorded")
        check(nvim.text, text)
    finally:
        nvim.close()
    return Recording(recorded["keys"], [(at, there) for at, there in recorded["shown"]], answers_of(log))


def type_evenly(text: str, press: Callable[[str], None]) -> None:
    began = time.monotonic()
    for number, key in enumerate(text):
        time.sleep(max(0.0, began + number * GAP - time.monotonic()))
        press(key)


VSCODE_RECORDER = f"""(() => {{
  window.recorded = {{ keys: [], shown: [] }};
  document.addEventListener("keydown", () => recorded.keys.push(Date.now() / 1000), true);
  let keysBefore = 0;
  const look = () => {{
    // In the first frame after a key, what was there before the key may still be drawn.
    if (recorded.keys.length === keysBefore) recorded.shown.push([Date.now() / 1000, ({screen.GHOST_TEXT}) !== ""]);
    keysBefore = recorded.keys.length;
    requestAnimationFrame(look);
  }};
  requestAnimationFrame(look);
  return true;
}})()"""


def in_vscode(folder: Path, count: int) -> Recording:
    try:
        tools = install.toolchain()
    except install.NotHere as missing:
        raise SystemExit(str(missing)) from None
    extensions, project = folder / "extensions", folder / "project"
    for each in (extensions, project, folder / "wheel"):
        each.mkdir()
    vsix = package.build_vsix(tools, package.build_wheel(tools, folder / "wheel"), folder)
    package.install_extension(tools, vsix, extensions)
    log = folder / "messages"
    (project / "numbers.py").write_text(ABOVE)
    settings = {"picode.server.command": served(log), "picode.statistics.enabled": False}
    server, browser = Server(tools, extensions, folder / "vscode", settings), Browser(tools)
    try:
        window = Window(browser, server, project, "numbers.py")
        window.wait_for_status("sparkle", 90)
        window.write("    x = ")
        window.wait_for_ghost_text(160)
        for _ in "x = ":
            window.press("Backspace")
        window.wait_for(VSCODE_RECORDER, "the recorder")
        text = TYPED[:count]
        window.type(text, GAP)
        time.sleep(1.5)
        recorded = window.wait_for("window.recorded", "what was recorded")
        check((project / "numbers.py").read_text(), text)
        window.close()
    finally:
        browser.stop()
        server.stop()
    keys = recorded["keys"][: len(text)]
    return Recording(keys, [(at, there) for at, there in recorded["shown"]], answers_of(log))


def check(document: str, text: str) -> None:
    """What stands in the file is what was typed, or the figures are of something else."""
    written = "".join(line.strip() for line in document.removeprefix(ABOVE).split("\n"))
    if not written.startswith("".join(line.strip() for line in text.split("\n"))):
        raise SystemExit(f"The editor holds something else than what was typed:\n{document}")


EDITORS = {"neovim": in_neovim, "vscode": in_vscode}


def main() -> None:
    chosen = sys.argv[sys.argv.index("--editor") + 1] if "--editor" in sys.argv else None
    count = 20 if QUICK else int(sys.argv[sys.argv.index("--keys") + 1]) if "--keys" in sys.argv else 150
    print(
        "| Editor | keys | before the next key | median | p90 | server's median | ratio | longest, given and not shown |"
    )
    print("| --- " + "| ---: " * 7 + "|")
    for name in [chosen] if chosen else EDITORS:
        with tempfile.TemporaryDirectory() as folder:
            recording = EDITORS[name](Path(folder), count)
        print(row(name, recording))


def row(name: str, recording: Recording) -> str:
    taken = [each for each in delays(recording) if each is not None]
    own = [answer.took for answer in recording.answers if answer.texts and answer.at > recording.keys[0]]
    in_time = sum(each < GAP for each in taken) / len(recording.keys)
    middle, base = statistics.median(taken), statistics.median(own)
    late = statistics.quantiles(taken, n=10)[8]
    figures = (
        f"{in_time:.0%} | {middle * 1000:.0f} ms | {late * 1000:.0f} ms | {base * 1000:.0f} ms | {middle / base:.1f}"
    )
    return f"| {name} | {len(recording.keys)} | {figures} | {longest_unshown(recording) * 1000:.0f} ms |"


if __name__ == "__main__":
    main()
