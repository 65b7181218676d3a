"""Files that are generated and committed are what their sources say. `PICODE_UPDATE=1` rewrites them."""

from __future__ import annotations

import os

import pytest

from tools.generate import GENERATED, read, write

COMMAND = "uv run python -m tools.generate"


@pytest.mark.parametrize("name", GENERATED)
def test_a_generated_file_is_up_to_date(name: str) -> None:
    if os.environ.get("PICODE_UPDATE"):
        write(name)
    found = read(name)
    assert found == GENERATED[name](found), f"{name} is not what its source says. Rewrite it: {COMMAND}"


def test_no_two_generated_files_have_the_same_text() -> None:
    texts = [GENERATED[name](read(name)) for name in GENERATED]
    assert len(set(texts)) == len(texts)
