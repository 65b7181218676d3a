"""How the chat's page renders what a model writes, whatever the server has let through: the page's own code, in Node."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from e2e.vscode import install
from e2e.vscode.package import CLIENT

pytestmark = [pytest.mark.editor, pytest.mark.timeout(600)]  # the first test installs VS Code

Render = Callable[[str], str]


@pytest.fixture(scope="module")
def render(tools: install.Toolchain, vsix: Path, tmp_path_factory: pytest.TempPathFactory) -> Render:
    """The page's `rendered`. The package is asked for because it brings what the page is built from."""
    bundle = tmp_path_factory.mktemp("page") / "markdown.cjs"
    build = (
        "require('esbuild').buildSync({entryPoints: ['src/webview/markdown.ts'], bundle: true, platform: 'node', "
        f"format: 'cjs', outfile: {json.dumps(str(bundle))}}})"
    )
    subprocess.run([tools.node, "-e", build], cwd=CLIENT, check=True, timeout=60)

    def render(text: str) -> str:
        program = f"process.stdout.write(require({json.dumps(str(bundle))}).rendered({json.dumps(text)}))"
        return subprocess.run(
            [tools.node, "-e", program], check=True, capture_output=True, text=True, timeout=60
        ).stdout

    return render


@pytest.mark.parametrize(
    "text",
    [
        "![a picture](https://example.org/p.png)",
        "<img src=x onerror=alert(1)>",
        "<script>alert(1)</script>",
        "[run](command:workbench.action.quit)",
        "[run](javascript:alert(1))",
        "[open](file:///etc/passwd)",
        "[mine](vscode://file/etc/passwd)",
        "<command:workbench.action.quit>",
        "```<img src=x>\n<img src=x onerror=alert(1)>\n```",
        "```html\n<img src=x onerror=alert(1)>\n```",
        "    <iframe src=x></iframe>",
        "[x]: command:a\n\n[x]",
        "$\\href{javascript:alert(1)}{x}$",
        "$\\includegraphics{https://example.org/p.png}$",
        "$\\htmlData{x=y}{<img src=x>}$",
    ],
)
def test_nothing_in_an_answer_is_live(render: Render, text: str) -> None:
    html = render(text)
    assert not any(f"<{name}" in html for name in ("img", "script", "iframe", "a ")), html


@pytest.mark.parametrize(
    ("language", "code", "coloured"),
    [
        ("powershell", "function Get-It { }", "function"),
        ("dockerfile", "FROM python", "FROM"),
        ("haskell", "module Main where", "module"),
        ("scala", "object Main", "object"),
        ("elixir", "defmodule A do", "defmodule"),
        ("vue", "<template></template>", "template"),
        ("zig", "const a = 1;", "const"),
        ("tf", 'resource "a" "b" {}', "resource"),
        ("proto", "message A {}", "message"),
    ],
)
def test_code_of_less_common_languages_has_its_colours(render: Render, language: str, code: str, coloured: str) -> None:
    assert re.search(rf'<span class="hljs-(keyword|name)">{coloured} ?</span>', render(f"```{language}\n{code}\n```\n"))


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("- [ ] to do", '<li class="task">☐ to do</li>'),
        ("1. [X] done", '<li class="task">☑ done</li>'),
        ("- [link](https://a.example)", "<li><a "),
        ("|a|b|\n|:-:|--:|\n|1|2|", '<td class="align-right">2</td>'),
        ("it costs $5 and $10", "<p>it costs $5 and $10</p>"),
        ("$x^2$", "<msup><mi>x</mi><mn>2</mn></msup>"),
        ("$$\\frac{1}{2}$$", "<mfrac><mn>1</mn><mn>2</mn></mfrac>"),
        ("$\\frac{1$", "$\\frac{1$"),
    ],
)
def test_tasks_tables_and_math(render: Render, text: str, html: str) -> None:
    assert html in render(text)
    assert "style=" not in render(text), "the page's policy forbids it"


@pytest.mark.parametrize(
    ("text", "file", "line"),
    [
        ("`src/app.py`", "src/app.py", 0),
        ("`src/app.py:12`", "src/app.py", 12),
        ("`app.py:3-9`", "app.py", 3),
        ("`app.py#L3`", "app.py", 3),
        ("[it](src/app.py#L7)", "src/app.py", 7),
        ("[it](my%20app.py:7)", "my app.py", 7),
        ("[it](./a/b.ts)", "a/b.ts", 0),
        ("`numpy.array`", None, 0),
        ("`and/or`", None, 0),
        ("`run a/b.py`", None, 0),
        ("`/etc/passwd.txt`", None, 0),
        ("`../secret/key.pem`", None, 0),
        ("[it](a/../../key.pem)", None, 0),
        ("[it](C:/a/b.txt)", None, 0),
        ("[it](//host/a.txt)", None, 0),
        ("`a.py:1:2:3:4`", None, 0),
        (f"`{'a/' * 5000}b.py`", None, 0),
    ],
)
def test_a_place_in_the_workspace_is_a_link(render: Render, text: str, file: str | None, line: int) -> None:
    found = re.findall(r'data-file="([^"]*)" data-line="(\d+)"', render(text))
    assert found == ([] if file is None else [(file, str(line))])
    assert "href" not in render(text)


def test_a_link_to_the_web_says_where_it_leads(render: Render) -> None:
    html = render("[the manual](https://example.org/)")
    assert '<a href="https://example.org/" title="https://example.org/" rel="noreferrer">the manual</a>' in html


def test_code_has_its_colours_and_buttons(render: Render) -> None:
    html = render("```python\nreturn 1\n```\n")
    assert '<span class="hljs-keyword">return</span>' in html
    assert re.findall(r'data-code="(\w+)"', html) == ["apply", "insert", "newFile", "copy"]
