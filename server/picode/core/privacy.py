"""Files that never go to a model, whatever the settings say, because they hold keys and passwords; files that no answer of a
model ever edits, because editors, Git and PiCode do what they say; and files that one edits only when the user has confirmed it
for that very file, because other programs run what they say without being asked."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from unicodedata import normalize
from urllib.parse import unquote

from picode.core.invisible import drop_invisible
from picode.core.secrets import find

# Names are matched anywhere, those that end with a slash are folders anywhere on the path.
SENSITIVE = tuple(
    """
    .env .env.* *.env .envrc .netrc _netrc .npmrc .pypirc .htpasswd .pgpass .my.cnf .mylogin.cnf .git-credentials
    .dev.vars .dockercfg .s3cfg .boto .smbcredentials .vault-token kubeconfig *.kubeconfig *.ovpn
    id_rsa id_dsa id_ecdsa id_ecdsa_sk id_ed25519 id_ed25519_sk *.pem *.p8 *.p12 *.pfx *.jks *.keystore *.kdbx *.ppk
    *.tfvars *.tfvars.json *.tfstate credentials.tfrc.json service-account*.json application_default_credentials.json
    .bash_history .zsh_history .psql_history .mysql_history .python_history .node_repl_history
    secrets.toml secrets.json secrets.yml secrets.yaml secrets.ini secrets.xml secrets.properties secrets.conf secrets.txt
    .ssh/ .aws/ .azure/ .gnupg/ .kube/ .docker/ .password-store/ .git/
    """.split()
)
AMBIGUOUS = tuple(
    "*.key *.asc *.gpg credentials credentials.json secrets .secrets .secret secrets.* local.settings.json".split()
)
"""Names that files with secrets have, and others too (translations, AsciiDoc, code): what such a file holds decides."""

_MESSAGES = frozenset(
    "commit_editmsg merge_msg squash_msg tag_editmsg edit_description notes_editmsg git-rebase-todo".split()
)
"""Files in `.git/` that hold what the user is writing."""

_EXAMPLES = (".env.example", ".env.sample", ".env.template", ".env.dist")

PROTECTED = tuple(
    """
    .git .gitmodules .gitconfig .hgrc .jjconfig.toml .envrc .envrc.* .exrc .nvimrc .nvim.lua .lazy.lua .vimrc .lvimrc
    .dir-locals.el *.code-workspace .picode.toml .picode.json .picodeignore
    .git/ git~1/ .config/git/ .hg/ .svn/ .subversion/ .jj/ .config/jj/ .ssh/
    .vscode/ .vscode-insiders/ .vscode-oss/ .vscode-server/ code/user/ code_-_insiders/user/ vscodium/user/ cursor/user/
    windsurf/user/ .vs/ .theia/ .idea/ .fleet/ .zed/ .config/zed/ .nova/ .cursor/ .windsurf/ .helix/ .config/helix/ .nvim/
    .vim/ .picode/ .config/picode/ application_support/picode/ appdata/local/picode/
    """.split()
)

CONFIRMED = tuple(
    """
    .github/workflows/ .github/actions/ .github/hooks/ .gitlab-ci.yml .gitlab-ci.yaml .gitlab/ci/ .circleci/ .buildkite/
    .woodpecker/ .woodpecker.yml .woodpecker.yaml .forgejo/ .gitea/ .travis.yml .travis.yaml .drone.yml .drone.star
    appveyor.yml .appveyor.yml *azure-pipelines*.yml *azure-pipelines*.yaml .azure-pipelines/ bitbucket-pipelines.yml
    .cirrus.yml .cirrus.star jenkinsfile cloudbuild.yaml buildspec.yml buildspec.yaml codemagic.yaml wercker.yml .builds/
    .build.yml .teamcity/ .semaphore/ .tekton/ .harness/
    .devcontainer/ .devcontainer.json .gitpod.yml .ona/ .idx/ .replit devfile.yaml .devfile.yaml
    .husky/ .githooks/ .git-hooks/ .hooks/ .gitattributes lefthook*.yml lefthook*.yaml lefthook*.toml lefthook*.json
    .lefthook*.yml .lefthook*.yaml .lefthook*.toml .lefthook*.json .lefthook/ .lefthook-local/ .pre-commit-config.yaml
    .pre-commit-config.yml prek.toml .overcommit.yml .simple-git-hooks.* simple-git-hooks.* .lintstagedrc* .trunk/
    .mise.toml mise.toml .mise.*.toml mise.*.toml .mise/ .config/mise/ mise/config.toml .rtx.toml .asdfrc
    .bashrc .bashrc.* .bash_* .profile .zshrc .zshrc.* .zshenv .zprofile .zlogin .zlogout .kshrc .mkshrc .cshrc .tcshrc .xonshrc
    .login .logout .inputrc .oh-my-zsh/ .config/zsh/ .config/fish/ .config/nushell/ .config/xonsh/ *profile.ps1 .direnvrc
    .config/direnv/ .pam_environment .config/environment.d/ .xinitrc .xprofile .xsession .xsessionrc .xbindkeysrc .tmux.conf
    .config/tmux/ .screenrc .wezterm.lua .config/wezterm/ .config/kitty/ .config/alacritty/ .alacritty.toml .config/ghostty/
    .i3/ .config/i3/ .config/sway/ .config/hypr/ .config/awesome/ .config/openbox/ .xmonad/ .hammerspoon/ .skhdrc .yabairc
    autostart/ launchagents/ launchdaemons/ systemd/ crontab anacrontab cron.d/ cron.hourly/ cron.daily/ cron.weekly/
    cron.monthly/ init.d/ rc.local profile.d/ udev/ sudoers sudoers.d/ .forward .procmailrc .mailcap .muttrc .mutt/
    .config/mutt/ .lessfilter .curlrc .wgetrc
    .gvimrc .ideavimrc nvim/ .config/vim/ .config/lvim/ .config/micro/ init.vim .emacs .emacs.d/ .config/emacs/ .spacemacs
    .doom.d/ .config/doom/ .kakrc kakrc .nanorc .config/nano/ sublime-project *.sublime-project *.sublime-build .vimspector.json
    .neoconf.json .luarc.json .luarc.jsonc rust-analyzer.toml .rust-analyzer.toml .externaltoolbuilders/
    .lldbinit .gdbinit .ghci .irbrc .pryrc .rdbgrc .byebugrc .rprofile .octaverc .ocamlinit .psqlrc .sqliterc .perldb .guile
    .sbclrc .clisprc .julia/config/ .pythonrc .pythonrc.py .pdbrc sitecustomize.py usercustomize.py *.pth .ipython/ .jupyter/
    .npmrc .pnpmfile.cjs .yarnrc .yarnrc.yml .yarn/ .bunfig.toml bunfig.toml pip.conf pip.ini .config/pip/ .condarc .cargo/
    .gemrc .bundle/ .gradle/ gradle-wrapper.properties .mvn/ .m2/ .sbt/ .lein/ nuget.config .config/uv/ .config/pypoetry/
    .terraformrc terraform.rc .rpmmacros composer/auth.json
    .mcp.json mcp.json .claude/ .gemini/ .codex/ .continue/ .continuerc.json .aider.conf.yml .roo/ .kiro/ .qwen/ .opencode/
    opencode.json opencode.jsonc .cline/ .amazonq/ .junie/ .crush.json crush.json
    """.split()
)
"""Here belongs what runs when a folder is opened, a shell or an editor starts, something is installed or committed, or a push
arrives. A Makefile, `package.json`, `setup.py` or a test does not: it runs when the user says so, models are asked to edit it
all day, and who must confirm the ordinary soon confirms without reading."""


def is_sensitive(path: str) -> bool:
    """Whether `path` names a file that is known to hold secrets, whatever it holds now.

    >>> is_sensitive("/home/ada/project/.env.production")
    True
    >>> is_sensitive("/home/ada/project/environment.py")
    False
    """
    return sensitive_rule(path) is not None


def sensitive_rule(path: str) -> str | None:
    """The pattern of `SENSITIVE` that `path` falls under; None where it falls under none."""
    parts = _plain_parts(path)
    names = _names(parts)
    if not parts or not names.isdisjoint(_EXAMPLES):
        return None
    folders = set(parts[:-1])
    for pattern in SENSITIVE:
        if pattern.endswith("/") and pattern[:-1] in folders:
            if pattern == ".git/" and parts[-1] in _MESSAGES:
                continue
            return pattern
        if not pattern.endswith("/") and any(fnmatchcase(name, pattern) for name in names):
            return pattern
    return None


def ambiguous_rule(path: str) -> str | None:
    """The pattern of `AMBIGUOUS` that `path` falls under, so that what the file holds decides."""
    names = _names(_plain_parts(path))
    return next((pattern for pattern in AMBIGUOUS if any(fnmatchcase(name, pattern) for name in names)), None)


def _names(parts: list[str]) -> set[str]:
    """The name of the file, and for a copy that an editor or a user makes the name of the original: `.env~`, `#.env#`,
    `.id_rsa.swp`, `server.pem.bak`."""
    if not parts:
        return set()
    name = parts[-1]
    if (swap := _SWAP.fullmatch(name)) is not None:
        return {name, swap[1], f".{swap[1]}"}
    return {name, _COPY.sub("", name.lstrip("#").removeprefix(".#")) or name}


_SWAP = re.compile(r"\.(.+)\.sw[a-z]")
_COPY = re.compile(r"(?:~|#|\.(?:bak|backup|old|orig|save|saved|copy|tmp|\d{1,8})){1,40}\Z")


def _plain_parts(path: str) -> list[str]:
    """The names on `path` as the file systems read them that tell the fewest apart: `.ENV`, `.env.`, `.env::$DATA`. What stands
    behind `::` otherwise is the path in an archive: `a.zip::.env`."""
    parts = []
    for part in _ARCHIVED.sub("/", _folded(path)).split("/"):
        name = part.partition(":")[0] if "::" in part or part.endswith(":$data") else part
        parts.append(name.rstrip(". ") or name)
    return [part for part in parts if part]


def _folded(path: str) -> str:
    """`path` without what some file system does not tell apart: capitals (`ſ` is an `s`), ways to compose a letter, characters
    that are not shown."""
    return normalize("NFC", drop_invisible(path).casefold()).replace("\\", "/")


_ARCHIVED = re.compile(r"::(?![$/]|\Z)")
_KEY_BLOCKS = ("PRIVATE KEY", "BEGIN PGP MESSAGE", "BEGIN PGP PRIVATE")
_MANY = 3
_HEAD = 64_000


def holds_secrets(text: str) -> bool:
    """Whether a file of an ambiguous name is one of secrets, by what it holds: a key, or little else but secrets."""
    head = text[:_HEAD]
    if "\x00" in head or any(mark in head for mark in _KEY_BLOCKS):
        return True
    found = find(head)
    lines = sum(1 for line in head.splitlines() if line.strip())
    return len(found) >= _MANY or (bool(found) and lines <= len(found) * 4)


LONGEST_PATH = 32_767
"""Characters: Windows takes no more, and Linux 4,096 bytes. A longer name is none of a file."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(.*)", re.DOTALL)


def paths_of(name: str) -> tuple[str, ...]:
    """The paths that `name`, a path or a URI of any scheme, may stand for: rules are applied to all of them. Not every client
    escapes `?` and `#` in the name of a file, so that what follows one may be part of it.

    >>> paths_of("file://localhost/p/%2Eenv"), paths_of("vscode-remote://ssh+host/p/.env"), paths_of("untitled:.env")
    (('/p/.env',), ('/p/.env',), ('.env',))
    """
    match = _SCHEME.match(name)
    if match is None:
        return (name,)
    rest, host = match[2], ""
    if rest.startswith("//"):
        host, slash, path = rest[2:].partition("/")
        rest = slash + path
        if match[1].lower() == "scp" and rest.startswith("//"):
            rest = rest[1:]
    path = rest.partition("#")[0]
    path = path.partition("?")[0] if not path.startswith("?") else path
    readings = [unquote(each) for each in (path, rest)]
    readings += map(unquote, readings.copy())
    if match[1].lower() == "file" and host.lower() not in ("", "localhost"):
        readings = [f"//{unquote(host)}{readings[0]}", *readings]
    plain = [each[1:] if _DRIVE.match(each) else each for each in readings]
    return tuple(dict.fromkeys(each for each in plain if each)) or (name,)


_DRIVE = re.compile(r"/[A-Za-z]:")


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
    plain = _folded(path).replace(" ", "_")
    parts = [part.partition(":")[0].rstrip("._") for part in plain.split("/") if part.strip("._")]
    if not parts:
        return False
    folders = "/" + "".join(f"{part}/" for part in parts[:-1])
    return any(
        f"/{pattern}" in folders
        if pattern.endswith("/")
        else f"{folders}{parts[-1]}".endswith(f"/{pattern}")
        if "/" in pattern
        else fnmatchcase(parts[-1], pattern)
        for pattern in patterns
    )
