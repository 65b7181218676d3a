"""What looking for secrets costs a suggestion: `uv run --all-extras python -m tests.benchmarks.redaction`.

Prompts of 12,000 characters are cut from the Python files of the installed libraries. Beside it stands what the same
prompt costs anyway, to be written as JSON and to have its key for the cache computed. What is found is printed too: there
is nothing to find.
"""

from __future__ import annotations

import json
import statistics
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from picode.core.cachekey import key_of
from picode.core.messages import Fill, Request
from picode.core.secrets import Placeholders, Restorer, find

from . import QUICK

PROMPT = 12_000
PROMPTS = 10 if QUICK else 300
SECRET = "sk-proj-4fS8aQ2wE6rT9yU3iO7pL1kJ5hG"


def prompts() -> list[str]:
    found = []
    for file in sorted(Path(sysconfig.get_paths()["purelib"]).rglob("*.py")):
        text = file.read_text("utf-8", "replace")
        if len(text) >= PROMPT:
            found.append(text[:PROMPT])
    step = max(1, len(found) // PROMPTS)
    return found[::step][:PROMPTS]


def milliseconds(work: Callable[[str], Any], texts: list[str]) -> list[float]:
    taken = []
    for text in texts:
        began = time.perf_counter()
        work(text)
        taken.append((time.perf_counter() - began) * 1000)
    return taken


def main() -> None:
    texts = prompts()
    ours = Placeholders(b"the key of a session")
    with_secrets = [f'{text[:6000]}\nKEY = "{SECRET}"\n{text[6000:]}' for text in texts]
    restorer = Restorer({ours.of(SECRET): SECRET})
    answers = [text[:2000] for text in texts]

    def send(text: str) -> None:
        request = Request("m", Fill(text), 64)
        body = {"model": request.model, "prompt": text}
        json.dumps(body, ensure_ascii=False).encode()
        key_of("https://api.example", "openai_completions", "/completions", body)

    rows = {
        "looking for secrets": milliseconds(lambda text: find(text, (PROMPT,)), texts),
        "the same, and replacing one": milliseconds(
            lambda text: ours.redact(text, (9000,), typed=(9000,)), with_secrets
        ),
        "putting back, an answer of 2,000 characters in pieces of 4": milliseconds(
            lambda text: [restorer.feed(text[at : at + 4]) for at in range(0, len(text), 4)], answers
        ),
        "writing the prompt as JSON and computing its key": milliseconds(send, texts),
    }
    alarms = sum(len(find(text)) for text in texts)
    print(f"{len(texts)} prompts of {PROMPT:,} characters; {alarms} secrets found in them\n")
    print("| | median | 99th percentile |\n| --- | --- | --- |")
    for name, taken in rows.items():
        print(f"| {name} | {statistics.median(taken):.2f} ms | {statistics.quantiles(taken, n=100)[98]:.2f} ms |")


if __name__ == "__main__":
    main()
