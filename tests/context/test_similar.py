"""Which code is like the code around the cursor."""

from __future__ import annotations

from picode.assistant.context.similar import LONGEST, SHORTEST, Pieces, cut, words_of

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


def pieces(**files: str) -> Pieces:
    found = Pieces()
    for name, text in files.items():
        found.put(name, f"{name}.py", "python", lines(text))
    return found


def test_the_likest_piece_comes_first() -> None:
    around = "def post_with_retry(url, attempts=3):\n    for attempt in range(attempts):\n        try:\n"
    found = pieces(paint=PAINT, net=RETRY).like(around, "python")
    assert found[0][1].path == "net.py"
    assert all(piece.path != "paint.py" for _, piece in found)


def test_what_is_in_every_piece_says_nothing() -> None:
    usual = "import self value result\n"
    files = {f"file{number}": usual * 3 + f"only{number} = 1\n" for number in range(30)}
    found = pieces(**files).like("import self value result only7", "python", limit=1)
    assert found[0][1].path == "file7.py"


def test_names_written_in_another_style_are_alike() -> None:
    assert words_of("parse_header") & words_of("parseHeader") == {"parse", "header"}


def test_pieces_end_at_paragraphs() -> None:
    text = "".join(f"line{number} = {number}\n" for number in range(10)) + "\n" + "x = 1\ny = 2\nz = 3\n"
    (line, first), (_, second) = cut(lines(text))
    assert (line, first.count("\n") + 1) == (0, 10)
    assert second == "x = 1\ny = 2\nz = 3"


def test_no_piece_is_too_long_or_too_short() -> None:
    text = "".join(f"line{number} = {number}\n" for number in range(1000))
    sizes = [piece.count("\n") + 1 for _, piece in cut(lines(text))]
    assert max(sizes) <= LONGEST
    assert list(cut(lines("x = 1\n" * (SHORTEST - 1)))) == []
    assert sum(sizes) >= 1000 - SHORTEST


def test_nothing_is_like_nothing() -> None:
    assert pieces(a=RETRY).like("", "python") == []
    assert Pieces().like("x", "python") == []


def test_another_language_is_not_alike() -> None:
    assert pieces(net=RETRY).like(RETRY, "ruby") == []


def test_what_a_file_was_before_is_gone() -> None:
    found = pieces(net=RETRY)
    for _ in range(500):
        found.put("net", "net.py", "python", lines(PAINT))
    assert found.like(RETRY, "python") == []
    [(_, piece)] = found.like(PAINT, "python")
    assert piece.text == PAINT.rstrip()
    found.drop("net")
    assert found.like(PAINT, "python") == []


def test_a_file_that_another_thread_drops_meanwhile_is_left_out() -> None:
    found = pieces(one=RETRY, two=RETRY)
    asked = found._candidates(words_of(RETRY), "python")
    first = next(asked)
    found.drop("one" if first.path != "one.py" else "two")
    assert list(asked) == []
