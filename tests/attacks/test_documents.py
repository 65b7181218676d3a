"""May a model see this document? The same answer for every form of its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from picode.core.privacy import holds_secrets, paths_of
from picode.io.ignore import IgnoreRules

PRIVATE = [
    "file://{p}/.env",
    "file://localhost{p}/.env",
    "FILE://{p}/.env",
    "file://{p}/%2Eenv",
    "file://{p}/%252Eenv",
    "file://{p}/sub/../.env",
    "file:///c%3A/Users/ada/.env",
    "file:///C:/Users/ada/.ssh/id_rsa",
    "file://server/share/.env",
    "untitled:{p}/.env",
    "untitled:.env",
    "vscode-vfs://github/ada/app/.env",
    "vscode-remote://ssh-remote+host/home/ada/.env",
    "vscode-notebook-cell:{p}/.env#W0sZmlsZQ%3D%3D",
    "vscode-notebook-cell://ssh-remote/home/ada/.aws/credentials#W1",
    "git:{p}/.env?%7B%22ref%22%3A%22%22%7D",
    "scp://host//home/ada/.env",
    "ssh://host/home/ada/.netrc",
    "oil://{p}/.env",
    "zipfile:///a.zip/.env",
    "{p}/.env",
    "{p}/.ENV.",
    "{p}/.env::$DATA",
    "{p}/.en\u200bv",
    "C:\\Users\\ada\\.env",
    "\\\\server\\share\\.env",
    "{p}/ignored.py",
    "file://localhost{p}/ignored.py",
    "vscode-notebook-cell:{p}/ignored.py#W0",
    "untitled:{p}/ignored.py",
    "{p}/a\0b.py",
    "zipfile:///a.zip::.env",
    "tarfile:///a.tar::config/id_rsa",
    "jar:file:///a.jar!/.env",
    "file://{p}/what?/.env",
    "file://{p}/a#b/.env",
    "file://{p}/ignored.py#L3",
    "file://{p}/ignored.py?x",
    "fugitive://{p}/.git//0/.env",
    *(f"{{p}}/{name}" for name in (
        ".env~ #.env# .#.env ..env.swp .id_rsa.swp id_rsa.bak id_rsa.old server.pem.old .netrc~ .netrc.swp .pgpass.20250101 "
        "terraform.tfstate.backup prod.tfvars.json kubeconfig id_ed25519_sk AuthKey_X.p8 .zsh_history .password-store/x.gpg"
    ).split()),
]  # fmt: skip
OPEN = [
    "file://{p}/a.py",
    "file://localhost{p}/a.py",
    "untitled:Untitled-1",
    "vscode-vfs://github/ada/app/src/a.py",
    "vscode-notebook-cell:{p}/a.ipynb#W0",
    "output:tasks",
    "std::env.py",
    "{p}/environment.py~",
    "{p}/.env.example~",
    "{p}/id_rsa.pub",
    "{p}/a.py",
    "",
]


@pytest.fixture
def rules(tmp_path: Path) -> IgnoreRules:
    (tmp_path / ".gitignore").write_text("ignored.py\n")
    return IgnoreRules(lambda: [str(tmp_path)])


@pytest.mark.parametrize("name", PRIVATE)
def test_a_private_document_is_private_by_any_name(rules: IgnoreRules, tmp_path: Path, name: str) -> None:
    assert rules.reason(name.replace("{p}", str(tmp_path))) is not None


@pytest.mark.parametrize("name", OPEN)
def test_others_are_not(rules: IgnoreRules, tmp_path: Path, name: str) -> None:
    assert rules.reason(name.replace("{p}", str(tmp_path))) is None


def test_an_unusual_uri_has_a_path_or_is_taken_as_it_is() -> None:
    assert paths_of("file://localhost/p/a.py") == ("/p/a.py",)
    assert paths_of("urn:x") == ("x",)
    assert paths_of(":") == (":",)


KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\n-----END OPENSSH PRIVATE KEY-----\n"
CONTENTS = [
    ("secrets.py", "def read(name):\n    return vault[name]\n", False),
    ("secrets.py", 'A = "ghp_Zk3v9Qw1Lm5Xc7Bn2Hj8Rt4Yu6Io0PaSdFg1"\n', True),
    ("secrets.ts", "export const secrets = process.env;\n", False),
    ("README.asc", "= Title\n\nAn AsciiDoc page.\n", False),
    ("key.asc", "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQdGBF\n", True),
    ("messages.key", 'hello = "Hallo"\nbye = "Auf Wiedersehen"\n', False),
    ("server.key", KEY, True),
    ("credentials.json", '{"labels": ["user", "password"]}\n', False),
    ("credentials", "[default]\naws_secret_access_key = x8Kf2LqP0vR7tY5uW3sZ1aQ9bN6mC4dE2gH0jKlM\n", True),
]


@pytest.mark.parametrize(("name", "text", "private"), CONTENTS)
def test_what_a_file_holds_decides_where_its_name_is_ambiguous(
    rules: IgnoreRules, tmp_path: Path, name: str, text: str, private: bool
) -> None:
    (tmp_path / name).write_text(text)
    assert (rules.reason(str(tmp_path / name)) is not None) is private
    assert holds_secrets(text) is private


def test_the_message_of_a_commit_is_no_secret(rules: IgnoreRules, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    for name in ("COMMIT_EDITMSG", "MERGE_MSG", "rebase-merge/git-rebase-todo"):
        assert rules.reason(str(tmp_path / ".git" / name)) is None, name
    assert rules.reason(str(tmp_path / ".git" / "config")) is not None


def test_the_user_allows_a_file_and_the_reason_says_where(tmp_path: Path) -> None:
    allowed: list[str] = []
    rules = IgnoreRules(lambda: [str(tmp_path)], lambda: allowed)
    (tmp_path / ".gitignore").write_text("generated.py\n")
    for name, rule in (("dev.pem", "*.pem"), ("generated.py", ".gitignore, line 1")):
        why = rules.reason(str(tmp_path / name))
        assert why is not None
        assert rule in why
        assert "privacy.allow" in why
    allowed += [str(tmp_path / "dev.pem"), "generated.py"]
    assert rules.reason(str(tmp_path / "dev.pem")) is None
    assert rules.reason(str(tmp_path / "generated.py")) is None
    assert rules.reason(str(tmp_path / "other.pem")) is not None
