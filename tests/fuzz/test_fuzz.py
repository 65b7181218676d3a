"""Some seconds of each fuzzer, always with the same seed. On demand for longer: `python -m tests.fuzz`."""

from __future__ import annotations

import pytest

from . import targets

CASES = {
    "frames": 4,
    "edits": 600,
    "sse": 800,
    "providers": 150,
    "settings": 60,
    "ignore": 600,
    "answers": 150,
    "gateway": 80,
}


@pytest.mark.parametrize("name", targets.TARGETS)
async def test_no_case_fails(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        done, clock = await targets.run(name, seed=1, cases=CASES[name])
    finally:
        await targets.gateway.close()
    with capsys.disabled():
        print(f"\n{name}: {done} cases, longest call on the loop {clock.longest * 1000:.1f} ms of CPU time")
    assert done == CASES[name]
