"""PiCode asks git about a repository whose maker wants a program to be run. The folder is trusted: even so, none is."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from .clones import Canaries, git, lay_trap, make_bare_layout, miss_a_blob
from .conftest import look
from .git_settings import FETCHING, RUNNING, RUNS_NOTHING, TELLING_WORDS


async def test_it_says_what_has_changed(clone: Path) -> None:
    said = await look(clone)
    assert "-x = 1\n+x = 2" in said
    assert "-one\n+two" in said
    assert "Say x" in said


@pytest.mark.parametrize("name", RUNNING)
async def test_no_setting_of_a_repository_runs_a_program(clone: Path, canaries: Canaries, name: str) -> None:
    lay_trap(clone, RUNNING[name], canaries)
    said = await look(clone)
    assert canaries.song() == ""
    assert "+x = 2" in said, "the repository's settings keep nothing from being read either"


@pytest.mark.parametrize("name", FETCHING)
async def test_a_missing_object_is_not_fetched(clone: Path, canaries: Canaries, name: str) -> None:
    lay_trap(clone, FETCHING[name], canaries)
    miss_a_blob(clone)
    said = await look(clone)
    assert canaries.song() == ""
    assert "is missing here" in said


def known_settings() -> list[str]:
    return subprocess.run(
        ["git", "help", "--config-for-completion"], capture_output=True, text=True, check=True
    ).stdout.split()


def test_the_table_has_every_setting_of_the_installed_git_that_is_called_after_what_it_runs() -> None:
    """A later git may have settings that this table lacks: then this test fails, and somebody looks at them."""
    used = {each for settings in RUNNING.values() for each in settings}
    telling = [
        name
        for name in known_settings()
        if any(word in re.sub("([A-Z])", r" \1", name).lower().replace(" ", "") for word in TELLING_WORDS)
        and not name.endswith(".")
    ]
    assert len(telling) > 20
    assert [name for name in telling if name not in used | RUNS_NOTHING | RUNNING.keys()] == []


async def test_the_settings_of_a_repository_are_not_even_read(clone: Path, canaries: Canaries) -> None:
    """Every setting that git knows, with a canary as its value: git itself ends at the first that is none."""
    everything = {f"{name}evil.cmd" if name.endswith(".") else name: "{}" for name in known_settings()}
    lay_trap(clone, everything, canaries)
    said = await look(clone)
    assert canaries.song() == ""
    assert "+x = 2" in said


@pytest.mark.parametrize("name", RUNNING)
async def test_a_bare_repository_in_a_clean_clone_is_only_a_folder(clone: Path, canaries: Canaries, name: str) -> None:
    canary = str(canaries.program())
    settings = {key.replace("{}", canary): value.replace("{}", canary) for key, value in RUNNING[name].items()}
    make_bare_layout(clone / "bare", settings)
    git(clone, "add", ".")
    said = await look(clone / "bare")
    assert canaries.song() == ""
    assert "Say x" in said
