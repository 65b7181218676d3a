"""The code in a model's answer is found, or it is said why there is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picode.core.edits import Code, Refused, extract_code

ORIGINAL = "def f():\n    return 1\n"
CHANGED = "def f():\n    return 2"
QUOTING = 'def f():\n    """Like so:\n\n    ```\n    f()\n    ```\n    """'

FOUND = {
    "a fence": ("```python\nx = 1\n```", "x = 1"),
    "another name of the language": ("```py\nx = 1\n```", "x = 1"),
    "no language": ("```\nx = 1\n```", "x = 1"),
    "a title behind the language": ('```python title="a.py"\nx = 1\n```', "x = 1"),
    "tildes": ("~~~python\nx = 1\n~~~", "x = 1"),
    "a long fence around a short one": ("````python\nx = '''\n```\n'''\n````", "x = '''\n```\n'''"),
    "prose before and after": ("Sure! Here it is:\n\n```python\nx = 1\n```\n\nThis sets x to one.", "x = 1"),
    "an item of a list": ("1. Like so:\n\n   ```python\n   x = 1\n   ```\n", "x = 1"),
    "a fence in a docstring": (f"```python\n{QUOTING}\n```", QUOTING),
    "commands before it": ("```bash\npip install x\n```\n```python\nimport x\n```", "import x"),
    "its output behind it": ("```python\nprint(1)\n```\nprints\n```text\n1\n```", "print(1)"),
    "the old code before the new": (f"Before:\n```python\n{ORIGINAL}```\nAfter:\n```python\n{CHANGED}\n```", CHANGED),
    "an example behind it": (f"```python\n{CHANGED}\n```\nUse it like this:\n```python\nprint(f())\n```", CHANGED),
    "no closing fence": ("```python\nx = f(1)", "x = f(1)"),
    "nothing but code": ("def f():\n    return 2\n", "def f():\n    return 2"),
    "code with a comment": ("# Returns two, always.\ndef f():\n    return 2", "# Returns two, always.\ndef f():\n    return 2"),
    "code that a sentence leads to": ("Here is the fixed code:\n\ndef f():\n    return 2\n", "def f():\n    return 2"),
    "code that a sentence follows": ("def f():\n    return 2\n\nThis function now returns two.", "def f():\n    return 2"),
    "thinking": ("<think>I could write\n```python\ny\n```\n</think>\n```python\nx = 1\n```", "x = 1"),
    "the end of thinking": ("it is easy\n</think>\n\n```python\nx = 1\n```", "x = 1"),
    "a tag of the prompt": ("<selection>\nx = 1\n</selection>", "x = 1"),
    "a tag in a fence": ("```python\n<code>\nx = 1\n</code>\n```", "x = 1"),
    "a fence in a tag": ("<answer>\n```python\nx = 1\n```\n</answer>", "x = 1"),
    "CRLF": ("```python\r\nx = 1\r\ny = 2\r\n```", "x = 1\ny = 2"),
}  # fmt: skip

NONE = {
    "nothing": ("", "did not answer"),
    "white space": (" \n\n", "did not answer"),
    "thinking without an end": ("<think>hmm, well", "did not answer"),
    "an explanation": ("This function returns one. It takes no arguments.", "explanation"),
    "a longer one": ("It has two faults:\n\n- It never closes the file.\n- It ignores an error.", "explanation"),
    "an apology": ("I'm sorry, but I can't help with that.", "declined"),
    "an apology with a curly apostrophe": ("I can’t assist with that request.", "declined"),
    "an empty block": ("```python\n\n```", "no code"),
    "a command": ("Run this:\n```bash\nrm -rf build\n```", "another language"),
    "a diff": ("```diff\n-x\n+y\n```", "another language"),
    "several blocks": ("First:\n```python\na = 1\n```\nthen:\n```python\nb = 2\n```", "several pieces"),
    "an end in the middle": ("```python\nx = f(1,", "cut off"),
}  # fmt: skip


@pytest.mark.parametrize(("answer", "code"), FOUND.values(), ids=FOUND)
def test_the_code_of_an_answer_is_found(answer: str, code: str) -> None:
    found = extract_code(answer, "python", ORIGINAL)
    assert isinstance(found, Code), found
    assert found.text.strip("\n") == code


@pytest.mark.parametrize(("answer", "reason"), NONE.values(), ids=NONE)
def test_without_code_the_reason_is_said(answer: str, reason: str) -> None:
    found = extract_code(answer, "python", ORIGINAL)
    assert isinstance(found, Refused), found
    assert reason in found.reason


def test_markdown_may_have_blocks_in_it() -> None:
    document = "# Title\n\n```python\nx = 1\n```\n\nText."
    for answer in (document, f"```markdown\n{document}\n```", f"````md\n{document}\n````"):
        found = extract_code(answer, "markdown", "# Title\n")
        assert isinstance(found, Code)
        assert found.text == document


def test_tags_of_the_document_are_code() -> None:
    found = extract_code("<code>x</code>", "html", "<code>y</code>")
    assert found == Code("<code>x</code>")


def test_a_block_that_has_not_arrived_is_open() -> None:
    found = extract_code("```python\nx = f(\n", "python", ORIGINAL, ended=False)
    assert found == Code("x = f(\n", closed=False, info="python")


@given(st.text(alphabet="`~<>/code thinkpy\n.# A:", max_size=80), st.booleans())
def test_any_answer_has_code_or_a_reason(answer: str, ended: bool) -> None:
    found = extract_code(answer, "python", ORIGINAL, ended=ended)
    assert found.text.strip() if isinstance(found, Code) else found.reason
