"""Which files never go to a model, and which no answer of a model edits."""

from __future__ import annotations

import pytest

from picode.core.privacy import is_protected, is_sensitive

PROTECTED = """
/p/.git/config
/p/.git/hooks/pre-commit
/p/sub/.git
/p/.GIT/config
/p/.git./config
/p/.git /config
/p/.git::$INDEX_ALLOCATION/config
/p/.g\u200cit/config
/p/GIT~1/config
/p/a/../.git/config
C:\\p\\.git\\config
/p/.gitmodules
/p/.vscode/settings.json
/p/.VSCode/tasks.json
/p/app.code-workspace
/home/ada/.config/Code/User/settings.json
/p/.idea/workspace.xml
/p/.zed/settings.json
/p/.nvim.lua
/p/.exrc
/p/.envrc
/p/.dir-locals.el
/p/.picode.toml
/p/.picode.json
/p/.picodeignore
/home/ada/.config/picode/config.toml
/Users/ada/Library/Application Support/picode/config.toml
.git/config
.envrc
""".strip().split("\n")
FREE = """
/p/git/config.py
/p/.gitignore
/p/.github/workflows/ci.yml
/p/vscode/settings.json
/p/src/exrc.py
/p/picode/config.toml
/p/picode.toml
/p/.editorconfig
untitled:Untitled-1

""".split("\n")


@pytest.mark.parametrize("path", PROTECTED)
def test_files_of_git_editors_and_picode_are_protected(path: str) -> None:
    assert is_protected(path)


@pytest.mark.parametrize("path", FREE)
def test_other_files_are_free(path: str) -> None:
    assert not is_protected(path)


def test_files_with_secrets_are_sensitive_and_their_examples_are_not() -> None:
    assert all(
        map(is_sensitive, ["/p/.env", "/p/.env.local", "C:\\Users\\ada\\.ssh\\config", "/p/key.pem", "/p/.AWS/x"])
    )
    assert not any(map(is_sensitive, ["/p/.env.example", "/p/environment.py", "/p/keys.py", ""]))
