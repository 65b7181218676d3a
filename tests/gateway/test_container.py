"""The container's recipe: linted, and its steps run in an empty folder instead of an image. There need be no engine here."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from dockerfile_parse import DockerfileParser
from pathspec import GitIgnoreSpec

from support.children import end_with_parent

ROOT = Path(__file__).parent.parent.parent
RECIPE = ROOT / "Dockerfile"
STEPS: list[dict[str, Any]] = DockerfileParser(path=str(RECIPE)).structure


def stage(name: str) -> list[dict[str, Any]]:
    """The steps that make a stage, those of the stages it begins with among them."""
    at = next(
        at for at, step in enumerate(STEPS) if step["instruction"] == "FROM" and step["value"].endswith(f" AS {name}")
    )
    own = list(itertools.takewhile(lambda step: step["instruction"] != "FROM", STEPS[at + 1 :]))
    above = STEPS[at]["value"].split()[0]
    return own if above.startswith("$") else [*stage(above), *own]


NAMES = [step["value"].split()[-1] for step in STEPS if step["instruction"] == "FROM"]
BUILD, FINAL, EMBEDDED = stage("build"), stage("gateway"), stage("embedded")
COMPOSE = yaml.safe_load(
    re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "container.md").read_text("utf-8"), re.DOTALL)[0]
)
IGNORED = GitIgnoreSpec.from_lines((ROOT / ".dockerignore").read_text("utf-8").splitlines())

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the image is of Linux")


def values(steps: list[dict[str, Any]], instruction: str) -> list[str]:
    return [step["value"] for step in steps if step["instruction"] == instruction]


def test_the_linter_has_nothing_to_say() -> None:
    linter = Path(sys.executable).parent / "hadolint"
    done = subprocess.run([linter, RECIPE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("steps", [FINAL, EMBEDDED], ids=["gateway", "embedded"])
def test_it_runs_as_nobody_in_particular_and_says_whether_it_is_well(steps: list[dict[str, Any]]) -> None:
    user = values(steps, "USER")[-1]
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", user), "a number, so that an orchestrator can see that it is not root"
    assert steps[-1]["instruction"] == "USER", "nothing after it is done as root"
    (check,) = values(steps, "HEALTHCHECK")
    assert '"picode", "server", "health"' in check
    entry = json.loads(values(steps, "ENTRYPOINT")[0])
    assert entry[:2] == ["picode", "server"], "no shell between it and SIGTERM"
    assert values(STEPS, "ADD") == []
    assert not any("uv" in value.split() for value in values(steps, "RUN")), "the image that is kept has no build tools"
    names = " ".join(values(STEPS, "ENV") + values(STEPS, "ARG"))
    assert not re.search(r"KEY|TOKEN|PASSWORD|SECRET", names)


def test_arguments_keep_the_address_that_is_reached_from_outside() -> None:
    """`docker run picode --workers 4` replaces CMD and nothing else."""
    entry = json.loads(values(FINAL, "ENTRYPOINT")[0])
    assert entry[entry.index("--host") + 1] == "0.0.0.0"
    assert "--expose" in entry
    assert values(FINAL, "CMD") == []


def test_the_base_image_can_be_a_digest() -> None:
    (base,) = values(STEPS, "ARG")
    assert re.fullmatch(r"PYTHON=python:3\.\d+-slim", base)
    outside = {value.split()[0] for value in values(STEPS, "FROM")} - set(NAMES)
    assert outside == {"${PYTHON}"}
    assert NAMES[-1] == "gateway", "what is built where no target is named"


def test_only_the_image_that_wants_it_has_the_embedded_model_s_library() -> None:
    assert not any("embedded" in value or "libgomp" in value for value in values([*BUILD, *FINAL], "RUN"))
    assert any("--extra embedded" in value for value in values(stage("build-embedded"), "RUN"))
    assert any("libgomp1" in value for value in values(EMBEDDED, "RUN"))


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_a_service_of_the_compose_file_has_limits_and_no_rights(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert {"mem_limit", "pids_limit"} <= set(service)
    assert all(not re.search(r"(KEY|TOKEN|PASSWORD)$", each) for each in service.get("environment", {})), (
        "secrets are files"
    )
    assert all(each in COMPOSE["secrets"] for each in service.get("secrets", ()))
    given = [value for key, value in service.get("environment", {}).items() if key.endswith("_FILE")]
    assert {value.rpartition("/")[2] for value in given} == set(service.get("secrets", ()))


def test_only_what_it_is_built_from_is_sent_to_the_engine() -> None:
    copied = [name for value in values(BUILD, "COPY") for name in value.split()[:-1]]
    for name in copied:
        assert (ROOT / name).exists(), name
        inside = [name] if (ROOT / name).is_file() else ["server/picode/__main__.py"]
        assert not any(IGNORED.match_file(each) for each in inside), name
    for name in (".git/config", ".env", "server/.env", "tests/conftest.py", "client-vscode/package.json", "dist/x.whl"):
        assert IGNORED.match_file(name), name


def test_the_image_has_the_libraries_that_the_embedded_model_links_to() -> None:
    extension = next((Path(sys.prefix) / "lib").rglob("xllamacpp/*.so"))
    linked = subprocess.run(["ldd", extension], capture_output=True, text=True, check=True).stdout
    in_slim = r"linux-vdso|ld-linux|lib(c|m|dl|rt|pthread|gcc_s|stdc\+\+)\.so"
    others = {name for name in re.findall(r"(\S+\.so\S*) =>", linked) if not re.match(in_slim, name)}
    packages = {"libgomp.so.1": "libgomp1"}
    missing = [name for name in others if packages.get(name, name) not in " ".join(values(EMBEDDED, "RUN"))]
    assert missing == []


async def test_its_steps_make_a_gateway_that_starts_and_is_well(tmp_path: Path) -> None:
    places = {"/src": tmp_path / "src", "/opt/picode": tmp_path / "opt", "/dist": tmp_path / "dist"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VIRTUAL_ENV", "PICODE_"))}
    places["/src"].mkdir()

    def here(text: str) -> str:
        for there, place in places.items():
            text = re.sub(rf"(?<![\w.]){re.escape(there)}(?=[\s/]|$)", str(place), text)
        return text

    for step in BUILD:
        if step["instruction"] == "COPY":
            *sources, _ = step["value"].split()
            for source in sources:
                copy(ROOT / source, places["/src"] / source)
        elif step["instruction"] == "RUN" and not re.fullmatch(
            r"pip install \S+ uv==[\d.]+", step["value"]
        ):  # it is here
            environment = {**kept, "UV_LINK_MODE": "hardlink"}
            subprocess.run(["sh", "-ec", here(step["value"])], cwd=places["/src"], env=environment, check=True)
    assert not list(places["/opt/picode"].rglob("xllamacpp"))

    variables = dict(pair.split("=", 1) for value in values(FINAL, "ENV") for pair in value.split())
    state, secret = tmp_path / "var", tmp_path / "token"
    environment = {name: value.replace("/var/lib/picode", str(state)) for name, value in variables.items()}
    environment |= {"PATH": f"{places['/opt/picode'] / 'bin'}{os.pathsep}{os.environ['PATH']}", "HOME": str(state)}
    secret.write_text("a-secret-of-the-container-test\n")
    environment["PICODE_GATEWAY_TOKEN_FILE"] = str(secret)
    state.mkdir()
    port = str(free_port())
    # Everywhere but in a container, `0.0.0.0` would let others in.
    entry = ["127.0.0.1" if each == "0.0.0.0" else each for each in json.loads(values(FINAL, "ENTRYPOINT")[0])]
    check = json.loads(values(FINAL, "HEALTHCHECK")[0].partition("CMD ")[2])
    assert await run(check, environment) == 1, "before it runs"
    server = await asyncio.create_subprocess_exec(
        str(places["/opt/picode"] / "bin" / entry[0]),
        *(*entry[1:], "--workers", "2", "--port", port),  # as `docker run picode --workers 2 --port …`
        env=environment,
        cwd=state,
        stderr=asyncio.subprocess.PIPE,
        preexec_fn=end_with_parent,
    )
    try:
        async with asyncio.timeout(120):
            while await run(check, environment) != 0:
                assert server.returncode is None
                await asyncio.sleep(0.2)
        server.terminate()
        assert server.stderr is not None
        said = (await asyncio.wait_for(server.stderr.read(), 60)).decode()
        assert await asyncio.wait_for(server.wait(), 60) == 0
    finally:
        if server.returncode is None:
            server.kill()
    assert f"127.0.0.1:{port}" in said
    assert "readyz" not in said, "the health check writes no line into the log"
    assert "PICODE_GATEWAY_TOKEN" in said, "the token is that of the file"
    assert not (state / "data" / "gateway-tokens.json").exists()


def test_the_health_check_imports_next_to_nothing(tmp_path: Path) -> None:
    (tmp_path / "gateway-address").write_text(f"127.0.0.1 {free_port()}")
    environment = {**os.environ, "PICODE_RUNTIME_DIR": str(tmp_path)}
    command = [sys.executable, "-X", "importtime", "-m", "picode", "server", "health"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "No answer" in done.stderr
    found = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    assert not {each.partition(".")[0] for each in found} & {"typer", "pydantic", "asyncio", "json", "http", "ssl"}
    assert {each for each in found if each.startswith("picode")} == {"picode", "picode.cli", "picode.cli.health"}


async def run(command: list[str], environment: dict[str, str]) -> int:
    binary = shutil.which(command[0], path=environment["PATH"])
    assert binary is not None
    process = await asyncio.create_subprocess_exec(binary, *command[1:], env=environment, stdout=-3, stderr=-3)
    return await process.wait()


def copy(source: Path, place: Path) -> None:
    """As the engine does: without what `.dockerignore` names."""
    files = [source] if source.is_file() else [file for file in source.rglob("*") if file.is_file()]
    for file in files:
        if IGNORED.match_file(file.relative_to(ROOT).as_posix()):
            continue
        target = place if source.is_file() else place / file.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, target)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])
