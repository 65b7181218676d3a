"""Files that never go to a model, whatever the settings say, because they hold keys and passwords; and files that no answer of
a model ever edits, because editors, Git and PiCode do what they say."""

from __future__ import annotations

from fnmatch import fnmatch

from picode.core.invisible import drop_invisible

# One pattern a line: names are matched anywhere, those that end with a slash are folders anywhere on the path.
SENSITIVE = tuple(
    """
    .env .env.* *.env .envrc .netrc _netrc .npmrc .pypirc .htpasswd .pgpass .my.cnf .git-credentials
    id_rsa id_dsa id_ecdsa id_ed25519 *.pem *.key *.p12 *.pfx *.jks *.keystore *.kdbx *.asc *.gpg *.ppk
    credentials credentials.json secrets.* *.tfvars *.tfstate service-account*.json
    .ssh/ .aws/ .azure/ .gnupg/ .kube/ .docker/ .git/
    """.split()
)
_EXAMPLES = (".env.example", ".env.sample", ".env.template", ".env.dist")

PROTECTED = tuple(
    """
    .git .gitmodules .gitconfig .hgrc .envrc .exrc .nvimrc .nvim.lua .vimrc .lvimrc .dir-locals.el *.code-workspace
    .picode.toml .picode.json .picodeignore
    .git/ git~1/ .hg/ .svn/ .jj/ .vscode/ .vscode-server/ code/user/ .idea/ .fleet/ .zed/ .cursor/ .windsurf/ .helix/ .nvim/
    .vim/ .picode/ .config/picode/ application_support/picode/ appdata/local/picode/
    """.split()
)


def is_sensitive(path: str) -> bool:
    """Whether `path` names a file that is known to hold secrets.

    >>> is_sensitive("/home/ada/project/.env.production")
    True
    >>> is_sensitive("/home/ada/project/environment.py")
    False
    """
    parts = [part for part in path.lower().replace("\\", "/").split("/") if part]
    if not parts or parts[-1] in _EXAMPLES:
        return False
    folders = set(parts[:-1])
    return any(
        pattern[:-1] in folders if pattern.endswith("/") else fnmatch(parts[-1], pattern) for pattern in SENSITIVE
    )


def is_protected(path: str) -> bool:
    """Whether `path` names a file of Git, of an editor or of PiCode, which no answer may edit.

    Spellings that some file systems take for the same name count too: `.GIT`, `.git.`, `git~1`.

    >>> is_protected("/home/ada/project/.git/config")
    True
    >>> is_protected("/home/ada/project/git/config.py")
    False
    """
    plain = drop_invisible(path).lower().replace("\\", "/").replace(" ", "_")
    parts = [part.partition(":")[0].rstrip("._") for part in plain.split("/") if part.strip("._")]
    if not parts:
        return False
    folders = "/" + "".join(f"{part}/" for part in parts[:-1])
    return any(
        f"/{pattern}" in folders if pattern.endswith("/") else fnmatch(parts[-1], pattern) for pattern in PROTECTED
    )
