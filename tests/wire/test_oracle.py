"""The decoder against another implementation of the standard, eventsource-parser, on random streams cut at random.

`PICODE_TEST_STREAMS` sets how many streams; `PICODE_TEST_SEED` which.
"""

from __future__ import annotations

import base64
import json
import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from picode.wire.dialect import Event
from picode.wire.sse import SseDecoder

ORACLE = Path(__file__).parent / "oracle"
STREAMS = int(os.environ.get("PICODE_TEST_STREAMS", "5000"))
SEED = int(os.environ.get("PICODE_TEST_SEED", "1"))
BATCH = 5000

ATOMS = [
    *[b"data: ", b"data:", b"\n", b"\r", b"\r\n", b"data: x\n\n", b"event: e\ndata: y\r\n\r\n"] * 3,
    *[b"data", b"data:", b"data: ", b"event:", b"event: ", b"id: ", b"retry: ", b": ", b":", b" ", b"  ", b"\t"],
    *[b"\n", b"\r", b"\r\n", b"\n\n", b"\r\r", b"\r\n\r\n", b"data: x\n\n", b"event: e\ndata: y\r\n\r\n"],
    *[b"a", b"b:c", b"0", b"error", b"[DONE]", b'{"a":', b"1}", b"Data: ", b"datax: ", b"\x00"],
    *["é".encode(), "€".encode(), "😀".encode(), "\u2028".encode(), "\u0085".encode(), b"\x0b", b"\x0c", b"\x1c"],
    *[b"\xef\xbb\xbf", b"\xff", b"\xe2\x82", b"\xf0\x9f", b"\xed\xa0\x80", b"\xc0\x80", b"\x80", b"\xf5"],
]


@pytest.fixture(scope="module")
def oracle() -> list[str]:
    """The command that decodes with eventsource-parser."""
    node, npm = shutil.which("node"), shutil.which("npm")
    problem = "" if node and npm else "Node.js and npm are missing: install nodejs (18 or later)"
    if not problem and not (ORACLE / "node_modules" / "eventsource-parser").is_dir():
        done = subprocess.run(
            [str(npm), "ci", "--no-audit", "--no-fund"],
            cwd=ORACLE,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        problem = f"npm ci failed in {ORACLE}: {done.stderr[-500:]}" if done.returncode else ""
    if problem:
        assert os.environ.get("CI") != "true", problem
        pytest.skip(problem)
    return [str(node), str(ORACLE / "decode.js")]


def random_pieces(source: random.Random) -> list[bytes]:
    body = b"".join(source.choices(ATOMS, k=source.randint(0, 25)))
    if source.random() < 0.1:
        body = b"\xef\xbb\xbf" + body
    places = sorted(source.randint(0, len(body)) for _ in range(source.choice((0, 1, 3, 8, len(body)))))
    return [body[start:end] for start, end in zip([0, *places], [*places, len(body)], strict=True)]


def ours(pieces: list[bytes]) -> list[Event]:
    decoder = SseDecoder()
    return [event for piece in pieces for event in decoder.feed(piece)] + decoder.close()


def theirs(oracle: list[str], streams: list[list[bytes]]) -> list[list[Event]]:
    asked = "".join(json.dumps([base64.b64encode(piece).decode() for piece in pieces]) + "\n" for pieces in streams)
    done = subprocess.run(
        oracle, input=asked, capture_output=True, text=True, timeout=120, check=True, encoding="utf-8"
    )
    return [[Event(data, name) for data, name in json.loads(line)] for line in done.stdout.split("\n") if line]


def test_random_streams_give_the_events_that_another_implementation_finds(oracle: list[str]) -> None:
    source = random.Random(SEED)
    dispatched = 0
    for start in range(0, STREAMS, BATCH):
        streams = [random_pieces(source) for _ in range(min(BATCH, STREAMS - start))]
        answers = theirs(oracle, streams)
        assert len(answers) == len(streams)
        for pieces, expected in zip(streams, answers, strict=True):
            assert ours(pieces) == expected, pieces
            dispatched += len(expected)
    assert dispatched > STREAMS / 2  # the streams are not all noise
