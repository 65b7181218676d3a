"""A real Neovim with the plugin, as a user has it, driven over its own protocol."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pynvim

from e2e.nvim.screen import Frame, Screen, hang_up

PLUGIN = Path(__file__).parents[3] / "client-nvim"

# A test run that is killed leaves no Neovim behind.
END_WITH_TESTS = """
vim.uv.new_timer():start(2000, 2000, function()
  if vim.uv.os_getppid() ~= %d then os.exit(1) end
end)
"""


class Neovim:
    """One process. `keys` types; `screen` is what the user sees; `api` asks Neovim itself.

    `home` is where its user keeps configuration and packages; without one, Neovim looks for none, and the plugin is on the
    runtimepath. `path` are folders to find programs in before all others.
    """

    def __init__(
        self,
        program: str,
        folder: Path,
        init: str,
        environment: Mapping[str, str],
        home: Path | None = None,
        path: Sequence[Path] = (),
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        configuration = folder / "init.lua"
        on_path = "" if home else f"vim.opt.runtimepath:prepend({json.dumps(str(PLUGIN))})\n"
        configuration.write_text(f"{END_WITH_TESTS % os.getpid()}{on_path}{init}\n")
        address = str(folder / "socket")
        user = home or folder
        own = {f"XDG_{name}_HOME": str(user / name.lower()) for name in ("CONFIG", "DATA", "STATE")}
        own["PATH"] = os.pathsep.join([*map(str, path), os.environ["PATH"]])
        self.folder = folder
        self._errors = (folder / "stderr").open("wb")
        # Not `--embed`: so that the user interface and the questions of the test have a connection each.
        self.process = subprocess.Popen(
            [
                program,
                *(["-i", "NONE"] if home else ["--clean"]),
                "-u",
                str(configuration),
                "--headless",
                "--listen",
                address,
            ],
            env={**os.environ, **own, **environment, "NVIM_LOG_FILE": str(folder / "log")},
            stdin=subprocess.DEVNULL,
            stdout=self._errors,
            stderr=self._errors,
            cwd=folder,
        )
        self.api = self._connect(address)
        self.screen = Screen(address)

    def _connect(self, address: str) -> pynvim.Nvim:
        deadline = time.monotonic() + 10
        while True:
            try:
                return pynvim.attach("socket", path=address)
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise
                time.sleep(0.01)

    def close(self) -> None:
        """Quits as a user does; a Neovim that does not is ended, and that is an error."""
        with contextlib.suppress(OSError, EOFError, pynvim.NvimError):
            self.api.command("qall!", async_=True)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)
            raise
        finally:
            self.screen.join()
            hang_up(self.api)
            self._errors.close()

    # What the user does

    def edit(self, path: Path, text: str = "") -> None:
        """Opens a file in place of all others."""
        path.write_text(text, newline="")
        self.keys("<C-Bslash><C-n>")
        eventually(lambda: self.mode.startswith("n"), explain=lambda: f"still in mode {self.mode}")
        self.api.command("silent! %bwipeout!")
        self.api.command(f"edit {path}")

    def keys(self, keys: str) -> None:
        """Types, in Neovim's notation: `ab<CR><Esc>`."""
        self.api.input(keys)

    def type(self, text: str) -> None:
        """Types plain text, and waits until it is in the buffer."""
        self.api.input(text.replace("<", "<lt>").replace("\n", "<CR>"))
        last = text.rpartition("\n")[2].encode()
        eventually(lambda: self.line[: self.cursor[1]].endswith(last), explain=lambda: f"not typed:\n{self.screen.now}")

    def command(self, command: str) -> str:
        """Runs an Ex command; what it says."""
        return self.api.command_output(command)

    # What there is

    @property
    def mode(self) -> str:
        return self.api.api.get_mode()["mode"]

    def lua(self, code: str, *arguments: Any) -> Any:
        return self.api.exec_lua(code, *arguments)

    @property
    def text(self) -> str:
        return "\n".join(self.api.current.buffer[:])

    @property
    def line(self) -> bytes:
        return self.api.current.line.encode()

    @property
    def cursor(self) -> tuple[int, int]:
        """(row from 1, column in bytes)."""
        row, column = self.api.current.window.cursor
        return row, column

    @property
    def messages(self) -> list[str]:
        return [line for line in self.api.command_output("messages").splitlines() if line.strip()]

    @property
    def ghost(self) -> str | None:
        """The ghost text of the current buffer as it is drawn, or None."""
        return self.lua(
            """
            local namespace = vim.api.nvim_get_namespaces()['picode.ghost']
            local mark = vim.api.nvim_buf_get_extmarks(0, namespace, 0, -1, { details = true })[1]
            if not mark then return nil end
            local function plain(chunks)
              return vim.iter(chunks or {}):map(function(chunk) return chunk[1] end):join('')
            end
            local lines = { plain(mark[4].virt_text) }
            for _, line in ipairs(mark[4].virt_lines or {}) do table.insert(lines, plain(line)) end
            return table.concat(lines, '\\n')
            """
        )

    @property
    def evidence(self) -> str:
        """What a failed test shows: the screen, and the log."""
        log = self.lua("return require('picode.log').text()")
        return "\n".join([str(self.screen.now).rstrip("~\n "), *log])

    @property
    def clients(self) -> list[int]:
        """The servers of the current buffer that answer."""
        return self.lua(
            "return vim.tbl_map(function(c) return c.id end, vim.lsp.get_clients({ bufnr = 0, name = 'picode' }))"
        )

    def wait_for_server(self, timeout: float = 20.0) -> None:
        eventually(lambda: self.clients, timeout, lambda: f"no server:\n{self.evidence}")

    def wait_for_ghost(self, text: str, timeout: float = 10.0) -> Frame:
        """Until the ghost text is `text`, on the screen too."""
        eventually(lambda: self.ghost == text, timeout, lambda: f"{self.ghost!r} instead of {text!r}\n{self.evidence}")
        shown = [line.rstrip() for line in text.split("\n")]
        return self.screen.wait_for(lambda frame: all(any(part in line for line in frame.lines) for part in shown))

    def wait_for_no_ghost(self, timeout: float = 10.0) -> None:
        eventually(lambda: self.ghost is None, timeout, lambda: f"there still is {self.ghost!r}")

    def settle(self) -> None:
        """Until Neovim has done all that the keys typed so far ask for."""
        self.api.input("<Ignore>")
        eventually(lambda: not self.lua("return vim.fn.getchar(1) ~= 0"))
        self.lua("vim.g.picode_settled = false vim.schedule(function() vim.g.picode_settled = true end)")
        eventually(lambda: self.api.vars["picode_settled"])


def eventually(
    holds: Callable[[], object], timeout: float = 30.0, explain: Callable[[], str] = lambda: "it never held"
) -> None:
    """Waits until `holds` does. Neovim answers questions between keys only, so it has to be asked again and again."""
    deadline = time.monotonic() + timeout
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"{explain()} (waited {timeout} s)")
        time.sleep(0.01)
