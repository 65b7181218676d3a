"""The matrix of faults between PiCode and providers: rows 1 to 28, each with a test of its number."""

from __future__ import annotations

import re
from pathlib import Path


def test_every_row_has_its_test() -> None:
    texts = "".join(file.read_text("utf-8") for file in Path(__file__).parent.glob("test_*.py"))
    numbers = {int(number) for number in re.findall(r"^async def test_row_(\d\d)_", texts, re.MULTILINE)}
    assert numbers >= set(range(1, 29))
