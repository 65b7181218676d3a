"""Files that never go to a model, whatever the settings say, because they hold keys and passwords; files that no answer of a
model ever edits, because editors, Git and PiCode do what they say; and files that one edits only when the user has confirmed it
for that very file, because other programs run what they say without being asked."""

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

CONFIRMED = tuple(
    """
    .github/workflows/ .github/actions/ .gitlab-ci.yml .gitlab-ci.yaml .gitlab/ci/ .circleci/ .buildkite/ .woodpecker/
    .forgejo/ .gitea/ .travis.yml .drone.yml appveyor.yml .appveyor.yml azure-pipelines.yml bitbucket-pipelines.yml .cirrus.yml
    jenkinsfile cloudbuild.yaml
    .devcontainer/ .devcontainer.json .gitpod.yml .ona/ .husky/ .githooks/ .gitattributes lefthook.yml .lefthook.yml
    .pre-commit-config.yaml .lintstagedrc* .mise.toml mise.toml .mise.*.toml mise.*.toml .mise/ mise/config.toml .rtx.toml
    .bashrc .bash_* .profile .zshrc .zshenv .zprofile .zlogin .zlogout .kshrc .mkshrc .cshrc .tcshrc .login .logout .inputrc
    .config/fish/ .config/nushell/ *profile.ps1 .xinitrc .xprofile .xsession .xsessionrc .tmux.conf .config/tmux/ .screenrc
    autostart/ launchagents/ launchdaemons/ systemd/ crontab cron.d/ cron.hourly/ cron.daily/ cron.weekly/ cron.monthly/
    init.d/ profile.d/ udev/ sudoers sudoers.d/
    .gvimrc .ideavimrc nvim/ .config/vim/ init.vim .emacs .emacs.d/ .config/emacs/ .spacemacs .doom.d/ .kakrc kakrc .nanorc
    sublime-project *.sublime-project .lldbinit .gdbinit .ghci .irbrc .pryrc .rprofile .octaverc .ocamlinit .psqlrc .sqliterc
    .pythonrc .pythonrc.py .pdbrc sitecustomize.py usercustomize.py *.pth .ipython/ .jupyter/
    .npmrc .pnpmfile.cjs .yarnrc .yarnrc.yml .yarn/ .bunfig.toml bunfig.toml pip.conf pip.ini .config/pip/ .condarc .cargo/
    .gemrc .bundle/ .gradle/ gradle-wrapper.properties .mvn/ .m2/ nuget.config .config/uv/ composer/auth.json
    .mcp.json mcp.json .claude/ .gemini/ .codex/ .continue/ .aider.conf.yml .roo/ .kiro/
    """.split()
)
"""Here belongs what runs when a folder is opened, a shell or an editor starts, something is installed or committed, or a push
arrives. A Makefile, `package.json`, `setup.py` or a test does not: it runs when the user says so, models are asked to edit it
all day, and who must confirm the ordinary soon confirms without reading."""


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
    return _is_among(PROTECTED, path)


def needs_confirmation(path: str) -> bool:
    """Whether `path` names a file that some program runs by itself, so that the user must confirm an edit of it by its name.

    >>> needs_confirmation("/home/ada/project/.github/workflows/ci.yml")
    True
    >>> needs_confirmation("/home/ada/project/Makefile")
    False
    """
    return _is_among(CONFIRMED, path)


def _is_among(patterns: tuple[str, ...], path: str) -> bool:
    plain = drop_invisible(path).lower().replace("\\", "/").replace(" ", "_")
    parts = [part.partition(":")[0].rstrip("._") for part in plain.split("/") if part.strip("._")]
    if not parts:
        return False
    folders = "/" + "".join(f"{part}/" for part in parts[:-1])
    return any(
        f"/{pattern}" in folders
        if pattern.endswith("/")
        else f"{folders}{parts[-1]}".endswith(f"/{pattern}")
        if "/" in pattern
        else fnmatch(parts[-1], pattern)
        for pattern in patterns
    )
