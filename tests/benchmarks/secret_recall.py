"""Which secrets are found, and what is taken for one: `uv run python -m tests.benchmarks.secret_recall`.

Invented secrets in the formats that issuers document, and invented passwords in the syntaxes of many languages, are looked for
(`tests/support/inventions.py`). A secret counts as found where no piece of it longer than its public mark is left in what would
be sent. False alarms are all that is found in the Python files of the installed libraries and in the folders named on the
command line, such as a `node_modules`.

`--json FILE` writes the figures, and `--before FILE` prints those of another version beside them.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import sysconfig
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from random import Random

from picode.core.secrets import Placeholders

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from support.inventions import named, passwords, published  # noqa: E402

EACH = 25
SEED = 20_26
ENDINGS = (".py", ".js", ".ts", ".mjs", ".cjs", ".json", ".yml", ".yaml", ".md", ".toml", ".cfg", ".css", ".sh")
LARGEST = 400_000

OURS = Placeholders(b"the key of a session")


def is_gone(text: str, secret: str) -> bool:
    """Whether what would be sent of `text` holds no half of what is random in `secret`."""
    (sent,) = OURS.redact(text).pieces
    runs = [run for run in re.findall(r"[\w+/-]{16,}", secret) if re.search("[0-9]", run)]
    for part in runs or [secret]:
        size = len(part) // 2 + 1
        if any(part[at : at + size] in sent for at in range(len(part) - size + 1)):
            return False
    return True


def found_of(cases: Iterable[tuple[str, str, str]]) -> dict[str, tuple[int, int]]:
    """By kind, how many were found and how many there were."""
    found: Counter[str] = Counter()
    all_of: Counter[str] = Counter()
    for kind, text, secret in cases:
        all_of[kind] += 1
        found[kind] += is_gone(text, secret)
    return {kind: (found[kind], all_of[kind]) for kind in all_of}


def alarms(folder: Path) -> tuple[int, int, list[str]]:
    """How much was found in the files of `folder`, in how many lines, and what."""
    from picode.core.secrets import find

    lines, examples = 0, []
    for file in sorted(folder.rglob("*")):
        if file.suffix not in ENDINGS or not file.is_file() or file.stat().st_size > LARGEST or ".min." in file.name:
            continue
        text = file.read_text("utf-8", "replace")
        lines += text.count("\n") + 1
        for each in find(text):
            line = text.count("\n", 0, each.start) + 1
            around = text[text.rfind("\n", 0, each.start) + 1 :].split("\n", 1)[0].strip()
            examples.append(
                f"{file.relative_to(folder)}:{line}: [{each.kind}] {text[each.start : each.end][:60]!r} in {around[:120]!r}"
            )
    return len(examples), lines, examples


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--before", type=Path)
    parser.add_argument("--missed", action="store_true", help="print what was missed and what was taken for a secret")
    chosen = parser.parse_args()
    tables = {
        "published formats": found_of(published(Random(SEED), EACH)),
        "values of an issuer's name": found_of(named(Random(SEED), EACH)),
        "passwords behind a telling name": found_of(passwords(Random(SEED), EACH)),
    }
    places = [Path(sysconfig.get_paths()["purelib"]), *chosen.folders]
    noise = {}
    for place in places:
        count, lines, examples = alarms(place)
        noise[place.name] = (count, lines)
        if chosen.missed:
            print(*examples, sep="\n")
    if chosen.missed:
        for cases in (published, named, passwords):
            for kind, text, secret in cases(Random(SEED), EACH):
                if not is_gone(text, secret):
                    print(f"missed, {kind}: {text!r}")
    before = json.loads(chosen.before.read_text()) if chosen.before else {}
    print(report(tables, noise, before))
    if chosen.json:
        chosen.json.write_text(json.dumps({"tables": tables, "noise": noise}))


def report(tables: dict[str, dict[str, tuple[int, int]]], noise: dict[str, tuple[int, int]], before: dict) -> str:
    out = []
    beside, ruled = (" before |", " --- |") if before else ("", "")
    for name, table in tables.items():
        found, every = (sum(each[part] for each in table.values()) for part in (0, 1))
        out += [f"\n{name}: {found} of {every}, {found / every:.1%}\n", f"| kind | found | missed |{beside}"]
        out.append(f"| --- | --- | --- |{ruled}")
        for kind, (got, there) in table.items():
            was = before.get("tables", {}).get(name, {}).get(kind)
            out.append(f"| {kind} | {got} | {there - got} |" + (f" {was[0]} |" if was else " |" if before else ""))
    out.append(f"\n| false alarms in | per 10,000 lines | lines |{beside}\n| --- | --- | --- |{ruled}")
    for place, (count, lines) in noise.items():
        was = before.get("noise", {}).get(place)
        tail = f" {was[0] / was[1] * 10_000:.2f} |" if was else " |" if before else ""
        out.append(f"| {place} | {count / max(1, lines) * 10_000:.2f} | {lines:,} |{tail}")
    return "\n".join(out)


if __name__ == "__main__":
    main()
