"""Which code is like the code around the cursor."""

from __future__ import annotations

from picode.assistant.context.similar import LONGEST, SHORTEST, pieces_of, rank, words_of

RETRY = """\
def fetch_with_retry(url, attempts=3):
    for attempt in range(attempts):
        try:
            return session.get(url, timeout=retry_timeout)
        except TimeoutError:
            wait_before_retry(attempt)
    raise RetryFailed(url)
"""
PAINT = """\
def paint(canvas, colour):
    for row in canvas.rows:
        for cell in row.cells:
            cell.colour = colour
    canvas.refresh()
"""


def lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def test_the_likest_piece_comes_first() -> None:
    files = [("paint.py", pieces_of(lines(PAINT))), ("net.py", pieces_of(lines(RETRY)))]
    around = "def post_with_retry(url, attempts=3):\n    for attempt in range(attempts):\n        try:\n"
    found = rank(words_of(around), files)
    assert found[0][1] == "net.py"
    assert all(path != "paint.py" for _, path, _ in found)


def test_what_is_in_every_piece_says_nothing() -> None:
    usual = "import self value result\n"
    files = [(f"{number}.py", pieces_of(lines(usual * 3 + f"only{number} = 1\n"))) for number in range(30)]
    found = rank(words_of("import self value result only7"), files, limit=1)
    assert found[0][1] == "7.py"


def test_names_written_in_another_style_are_alike() -> None:
    assert words_of("parse_header") & words_of("parseHeader") == {"parse", "header"}


def test_pieces_end_at_paragraphs() -> None:
    text = "".join(f"line{number} = {number}\n" for number in range(10)) + "\n" + "x = 1\ny = 2\nz = 3\n"
    first, second = pieces_of(lines(text))
    assert (first.line, first.text.count("\n") + 1) == (0, 10)
    assert second.text == "x = 1\ny = 2\nz = 3"


def test_no_piece_is_too_long_or_too_short() -> None:
    text = "".join(f"line{number} = {number}\n" for number in range(1000))
    sizes = [piece.text.count("\n") + 1 for piece in pieces_of(lines(text))]
    assert max(sizes) <= LONGEST
    assert pieces_of(lines("x = 1\n" * (SHORTEST - 1))) == ()
    assert sum(sizes) >= 1000 - SHORTEST


def test_nothing_is_like_nothing() -> None:
    assert rank(frozenset(), [("a.py", pieces_of(lines(RETRY)))]) == []
    assert rank(words_of("x"), []) == []
