"""Files that are replaced as a whole, and the thread that does work in order (`io/atomic.py`, `io/workers.py`)."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from picode.io.atomic import replacing, write_atomic
from picode.io.workers import Worker, in_daemon_thread

posix = pytest.mark.skipif(os.name == "nt", reason="access rights and signals are those of POSIX")


@posix
@pytest.mark.parametrize(
    ("mode", "before", "after"), [(0o600, 0o644, 0o600), (None, 0o640, 0o640), (None, None, 0o600)]
)
def test_access_rights(tmp_path: Path, mode: int | None, before: int | None, after: int) -> None:
    file = tmp_path / "settings.toml"
    if before is not None:
        file.write_text("old")
        file.chmod(before)
    write_atomic(file, "né", mode=mode)
    assert file.read_bytes() == "né".encode()
    assert stat.S_IMODE(file.stat().st_mode) == after
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("draft", [None, "file.part"])
def test_an_error_leaves_the_old_content_and_no_draft(tmp_path: Path, draft: str | None) -> None:
    file = tmp_path / "file"
    file.write_text("old")

    def write_half() -> None:
        with replacing(file, draft=tmp_path / draft if draft else None) as opened:
            opened.write(b"half")
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        write_half()
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


@posix
def test_a_full_disk_leaves_the_old_content(tmp_path: Path) -> None:
    code = (
        "import pathlib, resource, signal, sys\n"
        "from picode.io.atomic import write_atomic\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "write_atomic(pathlib.Path(sys.argv[1]), 'x' * 5000)\n"
    )
    file = tmp_path / "file"
    file.write_text("old")
    done = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=False)
    assert "OSError" in done.stderr
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


@posix
def test_a_process_that_is_killed_leaves_the_old_content_and_a_named_draft_that_the_next_writes_over(
    tmp_path: Path,
) -> None:
    code = (
        "import pathlib, sys, time\n"
        "from picode.io.atomic import replacing\n"
        "file = pathlib.Path(sys.argv[1])\n"
        "with replacing(file, draft=file.with_name('file.part')) as opened:\n"
        "    opened.write(b'half')\n    opened.flush()\n    print('written', flush=True)\n    time.sleep(60)\n"
    )
    file = tmp_path / "file"
    file.write_text("old")
    with subprocess.Popen([sys.executable, "-c", code, str(file)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    assert file.read_text() == "old"
    assert (tmp_path / "file.part").read_text() == "half"
    with replacing(file, draft=tmp_path / "file.part") as opened:
        opened.write(b"new")
    assert file.read_text() == "new"
    assert list(tmp_path.iterdir()) == [file]


async def test_a_worker_does_all_in_order_and_finishes_what_a_caller_has_left() -> None:
    worker, done, gate = Worker("test", queue=2), [], threading.Event()
    waiting = asyncio.create_task(worker.run(lambda: (gate.wait(10), done.append("first"))))
    await asyncio.sleep(0)
    assert worker.post(lambda: done.append("second"))
    assert worker.post(lambda: done.append("third"))
    assert not worker.post(lambda: done.append("dropped")), "the queue is full"
    waiting.cancel()
    gate.set()
    worker.close(lambda: done.append("last"))
    assert done == ["first", "second", "third", "last"]
    assert not worker.post(lambda: done.append("late"))
    with pytest.raises(RuntimeError):
        await worker.run(lambda: None)
    worker.close(lambda: done.append("again"))
    assert len(done) == 4


async def test_an_answer_that_never_comes_does_not_keep_the_process(tmp_path: Path) -> None:
    code = (
        "import asyncio, threading\n"
        "from picode.io.workers import in_daemon_thread\n"
        "async def main():\n"
        "    in_daemon_thread(threading.Event().wait, 'never')\n"
        "    print(await in_daemon_thread(lambda: 'there', 'soon'))\n"
        "asyncio.run(main())\n"
    )
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stdout) == (0, "there\n")
    assert await in_daemon_thread(threading.current_thread, "here") is not threading.current_thread()
