"""How long commands take that ask no model, beside a bare typer program that does nothing.

    uv run --all-extras python -m tests.benchmarks.starts [--rounds 15]

Each round starts every program once, the bare ones too, so that what the machine does besides meets all of them. Processor
time is that of the process and its children; it says more than the time on the clock where other programs run. Settings and
conversations are empty ones.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from . import QUICK

ROUNDS = 1 if QUICK else int(sys.argv[sys.argv.index("--rounds") + 1]) if "--rounds" in sys.argv else 15

BARE = """\
import typer

app = typer.Typer({options})

@app.command()
def say(text: str = "hello", loud: bool = False) -> None:
    "Say something."
    print(text.upper() if loud else text)

@app.command()
def nothing() -> None:
    "Do nothing."

app()
"""

COMMANDS: tuple[tuple[str, ...], ...] = (
    ("--version",),
    ("--help",),
    ("chat", "--help"),
    ("provider", "--help"),
    ("config", "set", "--help"),
    ("config", "path"),
    ("config", "get", "inline.provider"),
    ("config", "show"),
    ("conversations", "list"),
    ("cache", "info"),
    ("trust", "--list"),
    ("stats",),
)

Times = tuple[float, float]
"""Seconds on the clock, and of the processor."""


def timed(command: list[str], environ: dict[str, str], folder: Path) -> Times:
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, env=environ, cwd=folder, capture_output=True, check=False)
    took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{command} ended with {done.returncode}: {done.stderr.decode()}")
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "bare.py").write_text(BARE.format(options=""))
        (folder / "plain.py").write_text(BARE.format(options="rich_markup_mode=None"))
        names = ("CONFIG", "DATA", "STATE", "CACHE", "RUNTIME")
        environ = {**os.environ, **{f"PICODE_{name}_DIR": str(folder / name.lower()) for name in names}}
        programs = {
            "bare typer, say": [sys.executable, "bare.py", "say"],
            "bare typer, --help": [sys.executable, "bare.py", "--help"],
            "bare typer without rich, --help": [sys.executable, "plain.py", "--help"],
            **{f"picode {' '.join(each)}": [sys.executable, "-m", "picode", *each] for each in COMMANDS},
        }
        found: dict[str, list[Times]] = {name: [] for name in programs}
        for _ in range(ROUNDS + 1):  # the first one reads everything from the disk
            for name, command in programs.items():
                found[name].append(timed(command, environ, folder))
    show({name: times[1:] for name, times in found.items()})


def show(found: dict[str, list[Times]]) -> None:
    base = statistics.median(cpu for _, cpu in found["bare typer, say"])
    print("| Command | median | fastest | processor | ratio to `bare typer, say` |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, times in found.items():
        clock, cpu = [each[0] for each in times], statistics.median(each[1] for each in times)
        shown = f"{statistics.median(clock) * 1000:.0f} ms | {min(clock) * 1000:.0f} ms | {cpu * 1000:.0f} ms"
        print(f"| `{name}` | {shown} | {cpu / base:.2f} |")


if __name__ == "__main__":
    main()
