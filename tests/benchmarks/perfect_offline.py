"""The post-processing alone on the holes of `perfect_answers`: seconds instead of minutes, for who works on it.

`python -m tests.benchmarks.perfect_offline [--holes N] [--kind KIND] [--language NAME] [--variation NAME] [--show-failures N]`

`suggest` is the only function that knows the product's own modules. It reads the answer in pieces, as the server reads a
stream, and leaves out of the prompt what the server leaves out. Reuse, limits of tokens and the debounce are not in these
figures.
"""

from __future__ import annotations

import argparse
import time
from itertools import accumulate

from picode import postprocess
from picode.core.document import Position, Snapshot, split_lines
from picode.core.token_healing import healed_end

from .corpus import collect
from .holes import KINDS, Hole, generate
from .oracle import pieces_of
from .perfect_answers import VARIATIONS, expected
from .tables import print_failures, print_table
from .verdicts import Item, assess


def suggest(hole: Hole, says: str, *, chat: bool = False) -> Item | None:
    """What stands in the editor when a fill-in-the-middle or chat model `says` this for a hole."""
    lines = tuple(split_lines(hole.before + hole.after))
    row, column = len(split_lines(hole.before)) - 1, len(hole.line_prefix)
    snapshot = Snapshot(f"file:///{hole.path}", lines, Position(row, column), 1, hole.language)
    healed = "" if chat else healed_end(snapshot.line_prefix, word=False)
    place = postprocess.describe(snapshot, chat=chat, healed=healed)
    fitted = postprocess.fit_to_cursor(_read(healed + says, place), place, snapshot)
    if not fitted.text:
        return None
    return Item(fitted.text.replace("\n", snapshot.newline), column, column + fitted.replaced_after, row)


def _read(says: str, place: postprocess.CursorContext) -> str:
    """The answer as far as it is read: until it is complete at its place."""
    for arrived in accumulate(pieces_of(says)):
        if postprocess.is_complete(postprocess.normalize(arrived, place, ended=False), place):
            return postprocess.normalize(postprocess.whole_lines(arrived), place)
    return postprocess.normalize(says, place)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--holes", type=int, default=3000)
    parser.add_argument("--kind", action="append", choices=KINDS)
    parser.add_argument("--language", action="append")
    parser.add_argument("--variation", action="append", choices=VARIATIONS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show-failures", type=int, default=0, metavar="N")
    options = parser.parse_args()
    files = collect(tuple(options.language or ()))
    holes = generate(files, options.holes, options.seed, tuple(options.kind or KINDS))
    for variation in options.variation or VARIATIONS:
        began, chat, findings = time.perf_counter(), variation == "noisy", []
        for hole in holes:
            answer = expected(hole, variation, options.seed)
            item = suggest(hole, answer.in_chat if chat else answer.says, chat=chat)
            findings.append(assess(hole, item))
        print_table({variation: findings}, details=False)
        print_failures(findings, options.show_failures)
        print(f"{len(holes)} holes, {time.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    main()
