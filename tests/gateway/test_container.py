"""The container's recipe: linted, and its steps run in an empty folder instead of an image. There need be no engine here."""

from __future__ import annotations

import asyncio
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
from dockerfile_parse import DockerfileParser
from pathspec import GitIgnoreSpec

from support.children import end_with_parent

ROOT = Path(__file__).parent.parent.parent
RECIPE = ROOT / "Dockerfile"
STEPS: list[dict[str, Any]] = DockerfileParser(path=str(RECIPE)).structure
STAGES = [at for at, step in enumerate(STEPS) if step["instruction"] == "FROM"]
BUILD, FINAL = STEPS[STAGES[0] : STAGES[-1]], STEPS[STAGES[-1] :]
IGNORED = GitIgnoreSpec.from_lines((ROOT / ".dockerignore").read_text("utf-8").splitlines())

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the image is of Linux")


def values(steps: list[dict[str, Any]], instruction: str) -> list[str]:
    return [step["value"] for step in steps if step["instruction"] == instruction]


def test_the_linter_has_nothing_to_say() -> None:
    linter = Path(sys.executable).parent / "hadolint"
    done = subprocess.run([linter, RECIPE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_it_runs_as_nobody_in_particular_and_says_whether_it_is_well() -> None:
    (user,) = values(FINAL, "USER")
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", user), "a number, so that an orchestrator can see that it is not root"
    (check,) = values(FINAL, "HEALTHCHECK")
    assert '"picode", "server", "health"' in check
    assert json.loads(values(FINAL, "ENTRYPOINT")[0]) == ["picode", "server"], "no shell between it and SIGTERM"
    assert values(STEPS, "ADD") == []
    assert len(set(values(STEPS, "FROM"))) == 2, "the image that is kept has no build tools"
    names = " ".join(values(STEPS, "ENV") + values(STEPS, "ARG"))
    assert not re.search(r"KEY|TOKEN|PASSWORD|SECRET", names)


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
    missing = [name for name in others if packages.get(name, name) not in " ".join(values(FINAL, "RUN"))]
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

    variables = dict(pair.split("=", 1) for value in values(FINAL, "ENV") for pair in value.split())
    state = tmp_path / "var"
    environment = {name: value.replace("/var/lib/picode", str(state)) for name, value in variables.items()}
    environment |= {"PATH": f"{places['/opt/picode'] / 'bin'}{os.pathsep}{os.environ['PATH']}", "HOME": str(state)}
    environment["PICODE_GATEWAY__PORT"] = str(free_port())
    state.mkdir()
    # Everywhere but in a container, `0.0.0.0` would let others in.
    arguments = ["127.0.0.1" if each == "0.0.0.0" else each for each in json.loads(values(FINAL, "CMD")[0])]
    command = [*json.loads(values(FINAL, "ENTRYPOINT")[0]), *arguments]
    check = json.loads(values(FINAL, "HEALTHCHECK")[0].partition("CMD ")[2])
    assert await run(check, environment) == 1, "before it runs"
    server = await asyncio.create_subprocess_exec(
        str(places["/opt/picode"] / "bin" / command[0]),
        *command[1:],
        env=environment,
        cwd=state,
        stderr=-3,
        preexec_fn=end_with_parent,
    )
    try:
        async with asyncio.timeout(60):
            while await run(check, environment) != 0:
                assert server.returncode is None
                await asyncio.sleep(0.2)
        server.terminate()
        assert await asyncio.wait_for(server.wait(), 20) == 0
    finally:
        if server.returncode is None:
            server.kill()
    assert (state / "data" / "gateway-tokens.json").exists()


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
