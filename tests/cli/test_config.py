"""`picode config`, run as a user runs it: as a process, in a folder with settings of its own."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path

import jsonschema
import pytest

from .test_commands import picode

BY_HAND = """\
# My settings.
[inline]
provider = "ollama"   # at home
debounceMs = 10

[log]
level = "debug"
"""


@pytest.fixture
def own() -> Path:
    """The user's own file, which is not there yet; its folder is."""
    file = Path(os.environ["XDG_CONFIG_HOME"]) / "picode" / "config.toml"
    file.parent.mkdir()
    return file


class TestShow:
    def test_every_value_with_its_origin(self, own: Path, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        own.write_text(BY_HAND + "[providers.team]\nbaseUrl = 'https://models.example/v1'\n")
        (project / ".picode.toml").write_text("[inline]\nmaxTokens = 7\nprovider = 'openai'\n")
        monkeypatch.setenv("PICODE_INLINE__CANDIDATES", "2")
        done = picode("config", "show", cwd=project)
        assert done.returncode == 0
        rows = {line.split()[0]: line.split(maxsplit=2)[1:] for line in done.stdout.splitlines()}
        assert rows["inline.provider"] == ["ollama", str(own)]
        assert rows["inline.maxTokens"] == ["7", str(project / ".picode.toml")]
        assert rows["inline.candidates"] == ["2", "PICODE_INLINE__CANDIDATES"]
        assert rows["inline.enabled"] == ["true", "the default"]
        assert rows["providers.team.baseUrl"] == ["https://models.example/v1", str(own)]
        assert "until you trust the folder" in done.stderr

    def test_a_part_and_what_was_changed_as_json(self, own: Path) -> None:
        own.write_text(BY_HAND)
        found = json.loads(picode("config", "show", "inline", "--changed", "--json").stdout)
        assert found == [
            {"name": "inline.provider", "value": "ollama", "layer": "user", "origin": str(own)},
            {"name": "inline.debounceMs", "value": 10, "layer": "user", "origin": str(own)},
        ]

    def test_what_looks_like_a_key_is_not_shown(self, own: Path) -> None:
        own.write_text('[providers.team.headers]\nX-Auth = "sk-canary-0123456789"\n')
        done = picode("config", "show")
        assert "providers.team.headers.X-Auth" in done.stdout
        assert "canary" not in done.stdout + done.stderr


class TestGet:
    @pytest.mark.parametrize(
        ("name", "printed"),
        [
            ("inline.provider", "ollama"),
            ("picode.inline.provider", "ollama"),
            ("inline.debounceMs", "10"),
            ("inline.enabled", "true"),
            ("inline.fallback", "[]"),
            ("log.level", "debug"),
        ],
    )
    def test_a_value(self, own: Path, name: str, printed: str) -> None:
        own.write_text(BY_HAND)
        assert picode("config", "get", name).stdout == printed + "\n"

    def test_a_value_with_its_origin(self, own: Path) -> None:
        own.write_text(BY_HAND)
        assert json.loads(picode("config", "get", "inline.debounceMs", "--json").stdout) == {
            "name": "inline.debounceMs",
            "value": 10,
            "layer": "user",
            "origin": str(own),
        }

    def test_a_table(self) -> None:
        assert json.loads(picode("config", "get", "cache").stdout)["enabled"] is True

    @pytest.mark.parametrize(
        ("name", "advice"),
        [
            ("inline.debounce_ms", "did you mean debounceMs?"),
            ("debounceMs", "inline.debounceMs"),
            ("x.y", "not a setting"),
        ],
    )
    def test_no_setting(self, name: str, advice: str) -> None:
        done = picode("config", "get", name)
        assert (done.returncode, done.stdout) == (1, "")
        assert advice in done.stderr

    def test_one_that_nobody_has_set(self) -> None:
        done = picode("config", "get", "providers.team.baseUrl")
        assert (done.returncode, done.stderr) == (1, "providers.team.baseUrl is not set.\n")


class TestSet:
    def test_comments_and_order_stay(self, own: Path) -> None:
        own.write_text(BY_HAND)
        done = picode("config", "set", "inline.debounceMs", "50")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == f"inline.debounceMs is 50 now ({own}).\n"
        assert own.read_text() == BY_HAND.replace("= 10", "= 50")

    @pytest.mark.parametrize(
        ("name", "text", "value"),
        [
            ("enabled", "false", False),
            ("inline.enabled", "no", False),
            ("inline.timeoutSeconds", "2.5", 2.5),
            ("inline.model", "true", "true"),
            ("inline.languages.markdown", "false", False),
            ("inline.fallback", '["ollama", "mistral/x"]', ["ollama", "mistral/x"]),
            ("inline.languages", '{"*": false, "go": true}', {"*": False, "go": True}),
            ("providers.team.headers.X-Team", "a", "a"),
        ],
    )
    @pytest.mark.parametrize("before", ["", BY_HAND, "enabled = true\n\n[inline.languages]\ngo = true\n"])
    def test_values_of_every_kind(self, own: Path, name: str, text: str, value: object, before: str) -> None:
        if before:
            own.write_text(before)
        done = picode("config", "set", name, text)
        assert done.returncode == 0, done.stderr
        found = tomllib.loads(own.read_text())
        expected = tomllib.loads(before)
        table = expected
        for key in name.split(".")[:-1]:
            table = table.setdefault(key, {})
        table[name.split(".")[-1]] = value
        assert found == expected

    @pytest.mark.parametrize(
        ("name", "text", "complaint"),
        [
            ("inline.debounceMs", "soon", 'should be a whole number from 0 to 5000, not "soon"'),
            ("inline.debounceMs", "9999", "from 0 to 5000"),
            ("inline.strategy", "best", "one of fallback, race"),
            ("inline.provider", "opnai", "There is no provider named 'opnai'"),
            ("inline.nothing", "1", "is not a setting"),
            ("providers.team.apiKey", "sk-canary-0123456789", "environment variable"),
            ("inline", "{", "should be a table"),
        ],
    )
    def test_what_could_not_be_used_is_refused(self, own: Path, name: str, text: str, complaint: str) -> None:
        own.write_text(BY_HAND)
        done = picode("config", "set", name, text)
        assert (done.returncode, done.stdout) == (1, "")
        assert complaint in done.stderr
        assert "canary" not in done.stderr
        assert own.read_text() == BY_HAND

    def test_it_says_where_another_place_counts_more(self, own: Path, project: Path) -> None:
        (project / ".picode.toml").write_text("[inline]\nmaxTokens = 7\n")
        done = picode("config", "set", "inline.maxTokens", "9", cwd=project)
        assert done.returncode == 0
        assert f"{project / '.picode.toml'} says otherwise" in done.stderr

    def test_in_the_file_that_counts(self, own: Path) -> None:
        own.with_suffix(".json").write_text('{"inline": {"debounceMs": 5}}')
        assert picode("config", "set", "inline.debounceMs", "50").returncode == 0
        assert json.loads(own.with_suffix(".json").read_text()) == {"inline": {"debounceMs": 50}}
        assert not own.exists()

    def test_a_damaged_file_is_not_touched(self, own: Path) -> None:
        own.write_text("[inline\n")
        done = picode("config", "set", "inline.debounceMs", "50")
        assert done.returncode == 1
        assert "Mend it first" in done.stderr
        assert own.read_text() == "[inline\n"

    def test_unset(self, own: Path) -> None:
        own.write_text(BY_HAND)
        done = picode("config", "unset", "inline.debounceMs")
        assert done.stdout == f"inline.debounceMs is not set any more ({own}).\n"
        assert own.read_text() == BY_HAND.replace("debounceMs = 10\n", "")
        assert picode("config", "unset", "inline.debounceMs").returncode == 1


class TestPath:
    def test_the_file_to_edit(self, own: Path) -> None:
        assert picode("config", "path").stdout == f"{own}\n"

    def test_all_that_are_looked_for(self, own: Path, project: Path) -> None:
        own.write_text("")
        (project / ".picode.toml").write_text("")
        lines = picode("config", "path", "--all", cwd=project).stdout.splitlines()
        assert [line.split(maxsplit=1) for line in lines] == [
            [str(own), "read"],
            [str(own.with_suffix(".json")), "not there"],
            [str(project / ".picode.toml"), "read, but not trusted: see picode trust"],
            [str(project / ".picode.json"), "not there"],
        ]
        found = json.loads(picode("config", "path", "--json", cwd=project).stdout)
        assert [row["exists"] for row in found] == [True, False, True, False]


def test_the_schema_is_one_and_takes_a_file_that_is_right() -> None:
    schema = json.loads(picode("config", "schema").stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(tomllib.loads(BY_HAND), schema)


class TestValidate:
    def test_no_problems(self, own: Path) -> None:
        own.write_text(BY_HAND)
        assert picode("config", "validate").stdout == "The settings: no problems.\n"
        done = picode("config", "validate", str(own))
        assert (done.returncode, done.stdout) == (0, f"{own}: no problems.\n")

    def test_every_problem_with_its_line(self, tmp_path: Path) -> None:
        file = tmp_path / "team.toml"
        file.write_text('[inline]\ndebounceMs = "x"\n\nmodle = "y"\n[log]\nlevel = "loud"\n')
        done = picode("config", "validate", str(file))
        assert done.returncode == 1
        lines = done.stdout.splitlines()
        assert len(lines) == 3
        assert any(line.startswith(f"{file}:2: inline.debounceMs should be a whole number") for line in lines)
        assert any(line.startswith(f"{file}:4: inline.modle is not a setting (did you mean model?)") for line in lines)
        assert any(line.startswith(f"{file}:6: log.level should be one of") for line in lines)

    def test_json_in_and_out(self, tmp_path: Path) -> None:
        file = tmp_path / "team.json"
        file.write_text('{\n  "inline": {\n    "debounceMs": "x"\n  }\n}')
        (row,) = json.loads(picode("config", "validate", str(file), "--json").stdout)
        assert (row["origin"], row["line"], row["setting"]) == (str(file), 3, "inline.debounceMs")

    @pytest.mark.parametrize(
        ("name", "text", "problem"),
        [("a.toml", "x = \n", "line 1"), ("a.json", '{"a": \n', "line 2"), ("a.toml", "\xff", "UTF-8")],
    )
    def test_a_file_that_can_t_be_read(self, tmp_path: Path, name: str, text: str, problem: str) -> None:
        (tmp_path / name).write_bytes(text.encode("latin-1"))
        done = picode("config", "validate", str(tmp_path / name))
        assert done.returncode == 1
        assert problem in done.stdout

    def test_a_folder_s_file_until_it_is_trusted(self, project: Path) -> None:
        (project / ".picode.toml").write_text("[inline]\nprovider = 'openai'\n")
        done = picode("config", "validate", ".picode.toml", cwd=project)
        assert done.returncode == 1
        assert ".picode.toml:2: inline.provider has no effect until you trust the folder" in done.stdout
        picode("trust", str(project))
        assert picode("config", "validate", ".picode.toml", cwd=project).returncode == 0

    def test_a_variable(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PICODE_INLINE__DEBOUNCE_MS", "soon")
        done = picode("config", "validate")
        assert done.returncode == 1
        assert done.stdout.startswith("PICODE_INLINE__DEBOUNCE_MS: inline.debounceMs should be")

    def test_no_such_file(self) -> None:
        done = picode("config", "validate", "missing.toml")
        assert (done.returncode, done.stderr) == (2, "There is no file missing.toml.\n")


class TestAnotherFile:
    def test_it_takes_the_place_of_the_user_s_own(self, own: Path, tmp_path: Path) -> None:
        own.write_text(BY_HAND)
        other = tmp_path / "team.toml"
        other.write_text("[inline]\ndebounceMs = 99\n")
        done = picode("--config", "team.toml", "config", "show", "inline", "--changed", "--json", cwd=tmp_path)
        assert [(row["name"], row["value"], row["origin"]) for row in json.loads(done.stdout)] == [
            ("inline.debounceMs", 99, str(other))
        ]
        assert picode("--config", str(other), "config", "set", "inline.maxTokens", "9").returncode == 0
        assert tomllib.loads(other.read_text()) == {"inline": {"debounceMs": 99, "maxTokens": 9}}
        assert own.read_text() == BY_HAND

    def test_it_has_to_be_there(self) -> None:
        done = picode("--config", "missing.toml", "config", "show")
        assert done.returncode == 2
        assert "missing.toml" in done.stderr


def test_verbose_says_what_is_done() -> None:
    assert picode("models", "--json").stderr == ""
    done = picode("--verbose", "models", "--json")
    assert done.returncode == 0
    assert "no list of models: vLLM" in done.stderr
    assert json.loads(done.stdout)
