"""The post-processing alone on the holes of `perfect_answers`: seconds instead of minutes, for who works on it.

`python -m tests.benchmarks.perfect_offline [--holes N] [--kind KIND] [--language NAME] [--over] [--seed N] [--show-failures N]`

`suggest` is the only function that knows the product's own modules. What only the server does is not in these figures: what
streams are cut at, reuse, the words that a prompt leaves out.
"""

from __future__ import annotations

import argparse
import time

from picode import postprocess
from picode.core.document import Position, Snapshot, split_lines

from .corpus import collect
from .holes import KINDS, Hole, generate, going_on
from .tables import print_failures, print_table
from .verdicts import Item, assess


def suggest(hole: Hole, says: str) -> Item | None:
    """What stands in the editor when a fill-in-the-middle model `says` this for a hole."""
    lines = tuple(split_lines(hole.before + hole.after))
    row, column = len(split_lines(hole.before)) - 1, len(hole.line_prefix)
    snapshot = Snapshot(f"file:///{hole.path}", lines, Position(row, column), 1, hole.language)
    place = postprocess.describe(snapshot, healed="")
    fitted = postprocess.fit_to_cursor(postprocess.normalize(says, place), place, snapshot)
    if not fitted.text:
        return None
    return Item(fitted.text.replace("\n", snapshot.newline), column, column + fitted.replaced_after, row)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--holes", type=int, default=3000)
    parser.add_argument("--kind", action="append", choices=KINDS)
    parser.add_argument("--language", action="append")
    parser.add_argument("--over", action="store_true", help="the model goes on with the next six lines of the file")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show-failures", type=int, default=0, metavar="N")
    options = parser.parse_args()
    files = collect(tuple(options.language or ()))
    holes = generate(files, options.holes, options.seed, tuple(options.kind or KINDS))
    began = time.perf_counter()
    findings = [assess(hole, suggest(hole, going_on(hole) if options.over else hole.answer)) for hole in holes]
    print_table({"over" if options.over else "exact": findings})
    print_failures(findings, options.show_failures)
    print(f"{len(holes)} holes, {time.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    main()
