"""Settings files on a real disk: read, refused, watched."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path

import pytest

from picode.io.config_files import LARGEST, ConfigFiles, config_directory
from picode.settings.layers import Layer, merge


@pytest.fixture
def files(tmp_path: Path) -> ConfigFiles:
    directory = tmp_path / "config"
    directory.mkdir()
    return ConfigFiles(directory)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "clone"
    folder.mkdir()
    return folder


def problem_of(layers: list[Layer]) -> str:
    (layer,) = layers
    assert layer.values == {}
    (problem,) = merge([layer]).problems
    assert problem.origin == layer.origin
    return str(problem).removeprefix(f"{layer.origin}: ")


def test_without_files_there_are_no_layers(files: ConfigFiles, folder: Path) -> None:
    assert files.user_layers() == []
    assert files.workspace_layers([folder, folder / "missing"], trusted=False) == []


def test_json_counts_more_than_toml_and_the_first_folder_more_than_the_others(files: ConfigFiles, folder: Path) -> None:
    other = folder / "other"
    other.mkdir()
    (files.directory / "config.toml").write_text("[inline]\ndebounceMs = 1\nmaxTokens = 1\ncandidates = 1")
    (files.directory / "config.json").write_text('{"$schema": "x", "inline": {"debounceMs": 2}}')
    (other / ".picode.toml").write_text("[inline]\ndebounceMs = 3\nmaxTokens = 3")
    (folder / ".picode.toml").write_text("[inline]\ndebounceMs = 4")
    (folder / ".picode.json").write_text('{"inline": {"debounceMs": 5}}')
    resolved = merge([*files.user_layers(), *files.workspace_layers([folder, other], trusted=False)])
    assert resolved.problems == ()
    assert resolved.settings.inline.debounce_ms == 5
    assert resolved.origin("inline.debounceMs").origin == str(folder / ".picode.json")
    assert resolved.origin("inline.maxTokens").origin == str(other / ".picode.toml")
    assert resolved.origin("inline.candidates").origin == str(files.directory / "config.toml")


def test_a_folder_is_trusted_by_the_editor_or_by_the_users_list(files: ConfigFiles, folder: Path) -> None:
    (folder / ".picode.toml").write_text('[embedded]\nmodelPath = "x.gguf"')
    assert [layer.trusted for layer in files.workspace_layers([folder], trusted=False)] == [False]
    assert [layer.trusted for layer in files.workspace_layers([str(folder)], trusted=True)] == [True]
    files.trusted_folders.trust(folder)
    assert [layer.trusted for layer in files.workspace_layers([str(folder)], trusted=False)] == [True]


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("config.toml", b"[inline]\ndebounceMs = = 5", "(at line 2, column 14)."),
        ("config.toml", b"a = 1\na = 2", "is not valid TOML: Cannot overwrite a value (at "),
        ("config.toml", b"a = 1\nb = \xff", "is not UTF-8 (at line 2, column 5)."),
        ("config.toml", b"a = " + b"9" * 5000, "is not valid TOML: a value is too large or too deep."),
        ("config.toml", b"a = " + b"[" * 50_000, "is not valid TOML: a value is too large or too deep."),
        ("config.toml", b"\n" + b"a." * 65 + b"b = 1", "has more than 64 dots in line 2."),
        ("config.toml", b"#" * (LARGEST + 1), "is larger than 100,000 bytes."),
        ("config.json", b'{"a": 1,\n "b" 2}', "is not valid JSON: Expecting ':' delimiter (at line 2, column 6)."),
        ("config.json", b"[1]", "is not a JSON object."),
        ("config.json", b"[" * 90_000, "is not valid JSON: a value is too large or too deep."),
        ("config.json", b'{"a": ' + b"9" * 5000 + b"}", "is not valid JSON: a value is too large or too deep."),
    ],
)
def test_a_file_that_is_no_settings_file_is_one_problem(
    files: ConfigFiles, name: str, content: bytes, problem: str
) -> None:
    (files.directory / name).write_bytes(content)
    assert problem in problem_of(files.user_layers())


@pytest.mark.parametrize("content", [b"", b" \n", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("name", ["config.toml", "config.json"])
def test_an_empty_file_says_nothing(files: ConfigFiles, name: str, content: bytes) -> None:
    (files.directory / name).write_bytes(content)
    assert [(layer.values, layer.problems) for layer in files.user_layers()] == [({}, ())]


def test_windows_line_ends_and_a_byte_order_mark_are_fine(files: ConfigFiles) -> None:
    (files.directory / "config.toml").write_bytes(b"\xef\xbb\xbf[inline]\r\ndebounceMs = 5\r\n")
    assert merge(files.user_layers()).settings.inline.debounce_ms == 5


def test_the_worst_toml_that_is_let_through_is_read_in_good_time(files: ConfigFiles, folder: Path) -> None:
    """A stranger's file may be built to keep the server busy: without the limit on dots, this one would for minutes."""
    lines = "\n".join(f"[{'a.' * 60}b{number}]" for number in range(LARGEST // 130))
    (folder / ".picode.toml").write_text(lines)
    begin = time.monotonic()
    (layer,) = files.workspace_layers([folder], trusted=False)
    assert time.monotonic() - begin < 5
    assert len(merge([layer]).problems) == 1


def test_a_directory_is_no_settings_file(files: ConfigFiles) -> None:
    (files.directory / "config.toml").mkdir()
    assert problem_of(files.user_layers()) == "is not a regular file."


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.timeout(20)
def test_a_pipe_does_not_make_the_server_wait(files: ConfigFiles, folder: Path) -> None:
    os.mkfifo(folder / ".picode.toml")
    assert problem_of(files.workspace_layers([folder], trusted=False)) == "is not a regular file."


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_one_problem(files: ConfigFiles) -> None:
    (files.directory / "config.toml").touch(mode=0o000)
    assert problem_of(files.user_layers()) == "can't be read (Permission denied)."


@pytest.mark.skipif(os.name == "nt", reason="links need rights that a user of Windows does not have")
class TestLinks:
    def test_the_users_own_may_lead_anywhere(self, files: ConfigFiles, folder: Path) -> None:
        (folder / "dotfiles.toml").write_text("[inline]\ndebounceMs = 5")
        (files.directory / "config.toml").symlink_to(folder / "dotfiles.toml")
        assert merge(files.user_layers()).settings.inline.debounce_ms == 5

    def test_a_folders_may_not_lead_out_of_it(self, files: ConfigFiles, folder: Path) -> None:
        (files.directory / "secret.json").write_text('{"inline": {"debounceMs": 5}}')
        (folder / ".picode.json").symlink_to("../config/secret.json")
        problem = problem_of(files.workspace_layers([folder], trusted=True))
        assert problem == "is a link to a file outside of the folder, which is not followed."

    def test_a_folders_may_lead_to_its_own_files(self, files: ConfigFiles, folder: Path, tmp_path: Path) -> None:
        (folder / "tools").mkdir()
        (folder / "tools" / "picode.toml").write_text("[inline]\ndebounceMs = 5")
        (folder / ".picode.toml").symlink_to("tools/picode.toml")
        (tmp_path / "alias").symlink_to(folder)
        layers = files.workspace_layers([tmp_path / "alias"], trusted=False)
        assert merge(layers).settings.inline.debounce_ms == 5

    def test_a_link_to_itself_is_a_problem(self, files: ConfigFiles, folder: Path) -> None:
        (folder / ".picode.toml").symlink_to(".picode.toml")
        assert "can't be read" in problem_of(files.workspace_layers([folder], trusted=False))


def test_the_fingerprint_changes_whenever_a_layer_may_have(files: ConfigFiles, folder: Path) -> None:
    file = folder / ".picode.toml"
    seen = [files.fingerprint([folder])]
    assert seen == [files.fingerprint([folder])]

    def changed() -> bool:
        seen.append(files.fingerprint([folder]))
        return len(set(seen)) == len(seen)

    file.write_text("enabled = true")
    assert changed(), "a new file"
    file.write_text("enabled = false")
    assert changed(), "another size"
    replacement = folder / "new"
    replacement.write_text("enabled = f@lse")
    stat = file.stat()
    os.utime(replacement, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    replacement.replace(file)
    assert changed(), "replaced by a file of the same size and time"
    (files.directory / "config.json").write_text("{}")
    assert changed(), "a file of the user"
    files.trusted_folders.trust(folder)
    assert changed(), "trust"
    file.unlink()
    (files.directory / "config.json").unlink()
    files.trusted_folders.file.unlink()
    assert files.fingerprint([folder]) == seen[0], "as in the beginning"


def test_a_path_that_is_none_is_no_crash(files: ConfigFiles) -> None:
    layers = files.workspace_layers(["/nul\0here"], trusted=False)
    assert all(layer.problems for layer in layers)
    assert files.fingerprint(["/nul\0here"]) == files.fingerprint(["/nul\0here"])


def test_reading_while_somebody_writes_never_fails(files: ConfigFiles) -> None:
    file = files.directory / "config.json"
    done = threading.Event()

    def write() -> None:
        for number in range(300):
            file.write_text(json.dumps({"inline": {"debounceMs": number}}, indent=number % 8))
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not done.is_set():
        assert 0 <= merge(files.user_layers()).settings.inline.debounce_ms < 300
    writer.join(10)
    assert merge(files.user_layers()).settings.inline.debounce_ms == 299


def test_the_directory_can_be_chosen(tmp_path: Path) -> None:
    assert config_directory({"PICODE_CONFIG_DIR": str(tmp_path)}) == tmp_path
    assert config_directory({}).name == "picode"
