"""Writes answers into a cache until it is killed: `python writer.py FOLDER NAME`."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

from picode.io.answer_cache import AnswerCache
from picode.settings.model import Cache

cache = AnswerCache(Path(sys.argv[1]), Cache)
for number in itertools.count(1):
    cache._keep(f"{sys.argv[2]}-{number}", "an answer\n" * 50, "")  # without a queue
    print(number, flush=True)
