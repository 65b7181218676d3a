"""What the site has beside the pages of docs/: a hook of mkdocs (`mkdocs.yml` names it).

Pages link to files of the repository as they lie (`../schemas/…`), so that the links work there; the site gets copies of them.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

ROOT = Path(__file__).parent.parent

COPIED = {
    "../schemas/conversations.sql": "files/conversations.sql",
    "../schemas/gateway.openapi.json": "files/gateway.openapi.json",
    "../schemas/settings.schema.json": "files/settings.schema.json",
    "../client-nvim/README.md": "client-nvim.md",
    "../client-vscode/README.md": "client-vscode.md",
    "../Dockerfile": "files/Dockerfile",
    "../ARCHITECTURE.md": "architecture.md",
}
"""Links of pages to what lies beside docs/, and where each file is in the site."""

_LINK = re.compile(r"\]\((\.\./[^)#\s]+)")
_SSH = re.compile(r"^(?:ssh://)?git@([^:/]+)[:/]")


def on_config(config: Any) -> Any:
    """The link to the repository is that of the clone which the site is built from."""
    if not config["repo_url"] and (found := _origin()):
        config["repo_url"], config["repo_name"] = found, "Repository"
    return config


def on_files(files: Any, config: Any) -> Any:
    """Adds the copies."""
    for source, place in COPIED.items():
        path = (ROOT / "docs" / source).resolve()
        content = path.read_bytes()
        if path.suffix == ".md":  # what links into docs/ from beside it lies beside the copy
            content = content.replace(b"](docs/", b"](")
        files.append(File.generated(config, place, content=content))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Has links lead to the copies. One that leads elsewhere stays, and the build fails for it."""
    return _LINK.sub(lambda found: f"]({COPIED.get(found[1], found[1])}", markdown)


def _origin() -> str:
    """The address of the remote `origin` as a browser takes it; empty where there is none."""
    command = ["git", "-C", str(ROOT), "config", "--get", "remote.origin.url"]
    found = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603
    web = _SSH.sub(r"https://\1/", found).removesuffix(".git")
    return web if web.startswith("https://") else ""
