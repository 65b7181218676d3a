"""How the chat's page renders what a model writes, whatever the server has let through: the page's own code, in Node."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from e2e.vscode import install
from e2e.vscode.conftest import CLIENT

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
    ],
)
def test_nothing_in_an_answer_is_live(render: Render, text: str) -> None:
    html = render(text)
    assert not any(f"<{name}" in html for name in ("img", "script", "iframe", "a ")), html


def test_a_link_to_the_web_says_where_it_leads(render: Render) -> None:
    html = render("[the manual](https://example.org/)")
    assert '<a href="https://example.org/" title="https://example.org/" rel="noreferrer">the manual</a>' in html


def test_code_has_its_colours_and_buttons(render: Render) -> None:
    html = render("```python\nreturn 1\n```\n")
    assert '<span class="hljs-keyword">return</span>' in html
    assert re.findall(r'data-code="(\w+)"', html) == ["apply", "insert", "newFile", "copy"]
