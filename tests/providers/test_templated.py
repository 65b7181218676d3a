"""Prompts in the families' templates, read back: what editors send, and what the templates themselves write."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from picode.core.fim import FimTemplate
from picode.core.messages import Fill, Snippet
from picode.providers.profiles import profile_of, templates
from picode.providers.templated import next_edit_family, read_prompt
from picode.wire.repository import RepositoryTemplate

BEFORE, AFTER = "def add(a, b):\n    return ", "\n\nprint(add(1, 2))\n"
OTHERS = (Snippet("lib/a.py", "x = 1\ny = 2"), Snippet("lib/b.py", "z = 3"))


@dataclass(frozen=True)
class Sent:
    """A prompt of a client, and what it shows."""

    prompt: str
    before: str = BEFORE
    after: str = AFTER
    path: str = ""
    others: tuple[Snippet, ...] = field(default=())


CLIENTS: dict[str, Sent] = {
    # https://github.com/zed-industries/zed, crates/edit_prediction/src/fim.rs
    "zed, qwen": Sent(f"<|fim_prefix|>{BEFORE}<|fim_suffix|>{AFTER}<|fim_middle|>"),
    "zed, code_llama": Sent(f"<PRE> {BEFORE} <SUF>{AFTER} <MID>"),
    "zed, star_coder": Sent(f"<fim_prefix>{BEFORE}<fim_suffix>{AFTER}<fim_middle>"),
    "zed, deepseek_coder": Sent(f"<｜fim▁begin｜>{BEFORE}<｜fim▁hole｜>{AFTER}<｜fim▁end｜>"),
    "zed, codestral": Sent(f"[SUFFIX]{AFTER}[PREFIX]{BEFORE}"),
    "zed, glm": Sent(f"<|code_prefix|>{BEFORE}<|code_suffix|>{AFTER}<|code_middle|>"),
    # https://github.com/milanglacier/minuet-ai.nvim, recipes.md (with VectorCode)
    "minuet, other files": Sent(
        "<|file_sep|>lib/a.py\nx = 1\ny = 2<|file_sep|>lib/b.py\nz = 3"
        f"<|fim_prefix|>{BEFORE}<|fim_suffix|>{AFTER}<|fim_middle|>",
        others=OTHERS,
    ),
    # https://github.com/ggml-org/llama.vscode, src/llama-server.ts (handleOpenAICompletion)
    "llama.vscode, context": Sent(
        f"Context:\n\nx = 1\n<|fim_prefix|>{BEFORE}<|fim_suffix|>{AFTER}<|fim_middle|>",
        others=(Snippet("context", "Context:\n\nx = 1"),),
    ),
    # https://github.com/QwenLM/Qwen3-Coder, "Repository Level Code Completion"
    "qwen, a repository": Sent(
        "<|repo_name|>calculator\n<|file_sep|>lib/a.py\nx = 1\ny = 2\n<|file_sep|>lib/b.py\nz = 3\n<|file_sep|>main.py\n"
        f"<|fim_prefix|>{BEFORE}<|fim_suffix|>{AFTER}<|fim_middle|>",
        path="main.py",
        others=OTHERS,
    ),
    "starcoder2, a repository": Sent(
        f"<repo_name>calculator<file_sep>lib/a.py\nx = 1\ny = 2\n<file_sep>lib/b.py\nz = 3\n<file_sep>"
        f"<fim_prefix>main.py\n{BEFORE}<fim_suffix>{AFTER}<fim_middle>",
        path="main.py",
        others=OTHERS,
    ),
    "codestral, other files": Sent(
        f"<s>[SUFFIX]{AFTER}[PREFIX]+++++ lib/a.py\nx = 1\ny = 2\n\n+++++ lib/b.py\nz = 3\n\n+++++ main.py\n{BEFORE}",
        path="main.py",
        others=OTHERS,
    ),
    "codegemma, other files": Sent(
        "<|file_separator|>lib/a.py\nx = 1\ny = 2\n<|file_separator|>lib/b.py\nz = 3\n<|file_separator|>main.py\n"
        f"<|fim_prefix|>{BEFORE}<|fim_suffix|>{AFTER}<|fim_middle|>",
        path="main.py",
        others=OTHERS,
    ),
    "suffix first": Sent(f"<|fim_suffix|>{AFTER}<|fim_prefix|>{BEFORE}<|fim_middle|>"),
    "santacoder": Sent(f"<fim-prefix>{BEFORE}<fim-suffix>{AFTER}<fim-middle>"),
    "seed-coder": Sent(f"<[fim-suffix]>{AFTER}<[fim-prefix]>{BEFORE}<[fim-middle]>"),
    "code llama without blanks": Sent(f"<PRE>{BEFORE}<SUF>{AFTER}<MID>"),
    "the beginning of a text": Sent(f"<s><PRE> {BEFORE} <SUF>{AFTER} <MID>"),
    "deepseek, with its beginning": Sent(
        f"<｜begin▁of▁sentence｜><｜fim▁begin｜>{BEFORE}<｜fim▁hole｜>{AFTER}<｜fim▁end｜>"
    ),
    "nothing behind the cursor": Sent(f"<|fim_prefix|>{BEFORE}<|fim_suffix|><|fim_middle|>", after=""),
    "nothing before the cursor": Sent(f"<|fim_prefix|><|fim_suffix|>{AFTER}<|fim_middle|>", before=""),
    "windows": Sent(
        "<|fim_prefix|>a = 1\r\nb = <|fim_suffix|>\r\n<|fim_middle|>", before="a = 1\r\nb = ", after="\r\n"
    ),
}


@pytest.mark.parametrize("name", CLIENTS)
def test_what_clients_send_is_read(name: str) -> None:
    sent = CLIENTS[name]
    fill = read_prompt(sent.prompt)
    assert fill is not None
    assert (fill.prefix, fill.suffix, fill.path, fill.snippets) == (sent.before, sent.after, sent.path, sent.others)
    assert fill.language == ("python" if sent.path else "")


FAMILIES: dict[str, Any] = {
    name: profile_of(name).fim
    for name in """
    qwen2.5-coder codeqwen starcoder2 starcoder santacoder codellama deepseek-coder codestral codegemma granite-4 granite-3
    seed-coder mellum codegeex4 glm-4.5 stable-code deepseek-v3
    """.split()
}


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("others", [(), OTHERS], ids=["alone", "with other files"])
def test_what_a_template_writes_is_read_back(name: str, others: tuple[Snippet, ...]) -> None:
    template: FimTemplate = FAMILIES[name]
    assert template is not None
    fill = Fill(BEFORE, AFTER, "main.py", "python", others if template.file_separator else ())
    found = read_prompt(template.render(fill))
    assert found is not None
    told = bool(fill.snippets) or (isinstance(template, RepositoryTemplate) and template.always_headed)
    assert found == (fill if told else replace(fill, path="", language=""))


def test_every_family_is_among_those() -> None:
    assert set(templates()) == set(FAMILIES.values())


PLAIN = {
    "code": BEFORE,
    "nothing": "",
    "code about a template": 'TOKENS = ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>")\n',
    "a template within code": f"x = 1\n[SUFFIX]{AFTER}[PREFIX]{BEFORE}",
    "no prefix token": f"{BEFORE}<|fim_suffix|>{AFTER}<|fim_middle|>",
    "no middle token": f"<|fim_prefix|>{BEFORE}<|fim_suffix|>{AFTER}",
    "two families": f"<|fim_prefix|>{BEFORE}<fim_suffix>{AFTER}<|fim_middle|>",
}


@pytest.mark.parametrize("name", PLAIN)
def test_other_prompts_are_none(name: str) -> None:
    assert read_prompt(PLAIN[name]) is None
    assert next_edit_family(PLAIN[name]) == ""


NEXT_EDITS = {
    "zeta 1": (
        "### Instruction:\nYou are a code completion assistant\n\n### User Edits:\n\nx\n\n### User Excerpt:\n\n```a.py\n"
        "<|editable_region_start|>\nx<|user_cursor_is_here|>\n<|editable_region_end|>\n```\n\n### Response:\n",
        "zeta",
    ),
    "zeta 2": (
        "<[fim-suffix]>\nz\n<[fim-prefix]><filename>a.py\nx\n<<<<<<< CURRENT\ny<|user_cursor|>\n=======\n<[fim-middle]>",
        "zeta",
    ),
    "zeta 2.1": (
        "<[fim-suffix]>\nz\n<[fim-prefix]><filename>a.py\n<|marker_1|>y<|user_cursor|>\n<|marker_2|>\n<[fim-middle]>",
        "zeta",
    ),
    "sweep": (
        "<|file_sep|>original/a.py:1:3\nx\n<|file_sep|>current/a.py:1:3\ny<|cursor|>\n<|file_sep|>updated/a.py:1:3\nx",
        "sweep",
    ),
}


@pytest.mark.parametrize("name", NEXT_EDITS)
def test_a_prompt_for_a_next_edit_is_no_code_to_fill_in(name: str) -> None:
    prompt, family = NEXT_EDITS[name]
    assert next_edit_family(prompt) == family


def test_a_long_prompt_takes_no_longer_than_its_length() -> None:
    """Each prompt is searched a fixed number of times, whatever stands in it."""
    for marker in ("<|file_sep|>", "<fim_prefix>", "[SUFFIX]", "+++++ ", "<filename>", "###PATH:"):
        assert read_prompt(marker * 50_000 + "<fim_suffix>") is None
        assert read_prompt("<|fim_prefix|>" + marker * 50_000 + "<|fim_suffix|><|fim_middle|>") is not None
