"""Providers added to and removed from the user's settings files, which people have written by hand."""

from __future__ import annotations

import json
import os
import stat
import tomllib
from pathlib import Path

import pytest

from picode.core.errors import ConfigurationError
from picode.io.config_editing import add_provider, remove_provider

VALUES = {"baseUrl": "https://models.example/v1", "keyEnv": "TEAM_KEY"}
BLOCK = '[providers.team]\nbaseUrl = "https://models.example/v1"\nkeyEnv = "TEAM_KEY"\n'

BY_HAND = """\
# My settings.  Two spaces, on purpose.
[inline]
provider = "ollama"   # at home
languages = { markdown = false,  "*" = true }

# The one at work.
[providers.work]
baseUrl = 'http://127.0.0.1:4000/v1'  # through the tunnel
  [providers.work.headers]
  X-Team = "a"

[log]
level = "debug"
"""


def test_into_no_file(tmp_path: Path) -> None:
    file = add_provider("team", VALUES, tmp_path / "new")
    assert file == tmp_path / "new" / "config.toml"
    assert file.read_text() == BLOCK
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_every_byte_that_was_there_stays(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(BY_HAND)
    add_provider("team", VALUES, tmp_path)
    text = file.read_text()
    said = tomllib.loads(text)
    assert said["providers"].pop("team") == VALUES
    assert said == tomllib.loads(BY_HAND)
    left = text.replace(BLOCK, "")
    assert [line for line in left.splitlines() if line] == [line for line in BY_HAND.splitlines() if line]


def test_what_is_added_can_be_removed_without_a_trace(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(BY_HAND)
    add_provider("team", VALUES, tmp_path)
    assert remove_provider("team", tmp_path) == [file]
    assert [line for line in file.read_text().splitlines() if line] == [line for line in BY_HAND.splitlines() if line]


def test_removing_takes_the_tables_below_too_and_leaves_the_rest(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(BY_HAND)
    remove_provider("work", tmp_path)
    said = tomllib.loads(file.read_text())
    assert "providers" not in said
    assert said["log"] == {"level": "debug"}
    assert "# at home" in file.read_text()


@pytest.mark.parametrize(
    "text",
    [
        'providers.team.baseUrl = "https://models.example/v1"\nlog.level = "debug"\n',
        'providers = { team = { baseUrl = "https://models.example/v1" }, other = { model = "m" } }\n',
        '[providers]\nteam.baseUrl = "https://models.example/v1"\n[log]\nlevel = "debug"\n',
        '[providers.team]\nbaseUrl = "https://models.example/v1"\n[log]\nlevel = "debug"\n[providers.other]\nmodel = "m"\n',
        '[providers]\n[providers.other]\nmodel = "m"\n[providers.team]\n[providers.team.headers]\nX = "y"\n',
        '["providers"."team"]\nmodel = "m"\r\n',
    ],
)
def test_however_it_is_written_it_is_removed(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text)
    expected = tomllib.loads(text)
    del expected["providers"]["team"]
    if not expected["providers"]:
        del expected["providers"]
    remove_provider("team", tmp_path)
    assert tomllib.loads(file.read_text()) == expected


@pytest.mark.parametrize(
    "text",
    ['providers = { other = { model = "m" } }\n', 'providers.other.model = "m"\n', "[providers]\n", "\ufeff[log]\n"],
)
def test_however_the_others_are_written_one_is_added(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text, encoding="utf-8")
    expected = tomllib.loads(text.removeprefix("\ufeff"))
    expected.setdefault("providers", {})["team"] = VALUES
    add_provider("team", VALUES, tmp_path)
    assert tomllib.loads(file.read_text(encoding="utf-8")) == expected


@pytest.mark.parametrize(
    ("name", "text"), [("config.toml", BLOCK), ("config.json", json.dumps({"providers": {"team": {"model": "m"}}}))]
)
def test_one_that_is_there_is_not_overwritten(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ConfigurationError, match="already"):
        add_provider("team", VALUES, tmp_path)
    assert (tmp_path / name).read_text() == text


def test_it_is_removed_from_both_files(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(BLOCK)
    (tmp_path / "config.json").write_text('{"log": {"level": "info"}, "providers": {"team": {}, "other": {}}}')
    assert len(remove_provider("team", tmp_path)) == 2
    assert json.loads((tmp_path / "config.json").read_text()) == {"log": {"level": "info"}, "providers": {"other": {}}}


def test_where_nothing_is_said_nothing_is_removed(tmp_path: Path) -> None:
    assert remove_provider("team", tmp_path) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"[inline\n", b"\xff", b"a = 1\n" * 40_000])
def test_a_broken_file_is_not_touched(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(content)
    with pytest.raises(ConfigurationError, match="can't be read"):
        add_provider("team", VALUES, tmp_path)
    assert file.read_bytes() == content


def test_a_link_stays_one_and_rights_stay_what_they_were(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "picode.toml"
    real.parent.mkdir()
    real.write_text("# mine\n")
    real.chmod(0o640)
    (tmp_path / "config.toml").symlink_to(real)
    add_provider("team", VALUES, tmp_path)
    assert (tmp_path / "config.toml").is_symlink()
    assert real.read_text().startswith("# mine\n")
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert os.listdir(real.parent) == ["picode.toml"]


def test_windows_line_ends_stay(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(b'# mine\r\n[log]\r\nlevel = "debug"\r\n')
    add_provider("team", VALUES, tmp_path)
    assert file.read_bytes().startswith(b'# mine\r\n[log]\r\nlevel = "debug"\r\n')
