"""Chunks that arrived together are given out as few as possible; nothing is lost, and nothing changes places."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from picode.core.content import CallDelta
from picode.core.errors import ServerFailure
from picode.core.messages import Chunk, Finish, Usage, joined

CALL = (CallDelta(0, "id", "read", "{}"),)


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        ([], []),
        ([Chunk("a")], [Chunk("a")]),
        ([Chunk("a"), Chunk("b"), Chunk("c")], [Chunk("abc")]),
        ([Chunk(reasoning="a"), Chunk(reasoning="b")], [Chunk(reasoning="ab")]),
        ([Chunk(reasoning="a"), Chunk("b"), Chunk(reasoning="c")], [Chunk(reasoning="a"), Chunk("b"), Chunk(reasoning="c")]),
        ([Chunk("a", "b"), Chunk("c")], [Chunk("a", "b"), Chunk("c")]),
        ([Chunk("a", raw=b"1"), Chunk(raw=b"2"), Chunk("b", raw=b"3")], [Chunk("ab", raw=b"123")]),
        ([Chunk("a"), Chunk("b", deltas=CALL), Chunk("c")], [Chunk("a"), Chunk("b", deltas=CALL), Chunk("c")]),
        ([Chunk("a"), Chunk("b"), Chunk(finish=Finish.STOP)], [Chunk("ab"), Chunk(finish=Finish.STOP)]),
        ([Chunk("a", finish=Finish.REFUSED), Chunk("b")], [Chunk("a", finish=Finish.REFUSED), Chunk("b")]),
        ([Chunk("a"), Chunk(usage=Usage(1, 2)), Chunk("b")], [Chunk("a"), Chunk(usage=Usage(1, 2)), Chunk("b")]),
    ],
)  # fmt: skip
def test_what_is_alike_is_one(chunks: list[Chunk], expected: list[Chunk]) -> None:
    assert list(joined(chunks)) == expected


def test_what_came_before_a_failure_is_given_out() -> None:
    def failing() -> Iterator[Chunk]:
        yield Chunk("a")
        yield Chunk("b")
        raise ServerFailure("X", "broke.")

    chunks = joined(failing())
    assert next(chunks) == Chunk("ab")
    with pytest.raises(ServerFailure):
        next(chunks)
