"""What a user of Neovim sees: a user interface that keeps the grid, and every frame of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pynvim

WIDTH, HEIGHT = 160, 24

Cell = tuple[str, int]
"""A character and its highlight."""


@dataclass(frozen=True)
class Frame:
    """The screen at one moment. `cursor` is (row, column)."""

    rows: tuple[tuple[Cell, ...], ...]
    cursor: tuple[int, int]

    @property
    def lines(self) -> list[str]:
        return ["".join(character for character, _ in row).rstrip() for row in self.rows]

    def __str__(self) -> str:
        return "\n".join(self.lines)

    def highlight(self, text: str) -> int | None:
        """The highlight of `text` where it first stands on the screen in one colour."""
        for row in self.rows:
            line = "".join(character for character, _ in row)
            at = line.find(text)
            # A wide character takes two cells, the second of which is empty: no such text is asked for here.
            colours = {colour for _, colour in row[at : at + len(text)]} if at >= 0 else set()
            if len(colours) == 1:
                return colours.pop()
        return None


def hang_up(nvim: pynvim.Nvim) -> None:
    """Closes a connection whole: pynvim by itself ends the event loop before the loop has closed the socket."""
    transport = nvim._session.loop._transport
    if transport is not None:
        transport.abort()
        nvim.loop.call_soon(nvim.loop.stop)
        nvim.loop.run_forever()
    nvim.close()


class Screen:
    """A user interface attached to a Neovim, in a thread of its own.

    When Neovim asks the user to press Enter it answers no other question until they do. That is pressed here at once, and
    the screen goes into `interruptions`: a test that did not expect one fails.
    """

    def __init__(self, address: str) -> None:
        self.frames: list[Frame] = []
        self.interruptions: list[str] = []
        self._cells: list[list[Cell]] = []
        self._cursor = (0, 0)
        self._drawn = threading.Condition()
        self._attached = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(address,), daemon=True)
        self._thread.start()
        if not self._attached.wait(10):
            raise TimeoutError("Neovim accepts no user interface")

    @property
    def now(self) -> Frame:
        with self._drawn:
            return self.frames[-1]

    def wait_for(self, seen: Callable[[Frame], object], timeout: float = 10.0) -> Frame:
        """The first frame from now on that `seen` agrees to. Raises AssertionError with the screen if none comes."""
        with self._drawn:
            if self._drawn.wait_for(lambda: self.frames and seen(self.frames[-1]), timeout):
                return self.frames[-1]
            raise AssertionError(
                f"not seen within {timeout} s; the screen is:\n{self.frames[-1] if self.frames else ''}"
            )

    def forget(self) -> None:
        """Starts a new film with the frame that is on the screen."""
        with self._drawn:
            del self.frames[:-1]

    def join(self) -> None:
        self._thread.join(5)

    def _run(self, address: str) -> None:
        nvim = pynvim.attach("socket", path=address)
        self._press = lambda keys: nvim.api.input(keys, async_=True)
        try:
            nvim.ui_attach(WIDTH, HEIGHT, rgb=True, ext_linegrid=True)
            self._attached.set()
            nvim.run_loop(None, self._on_notification, err_cb=lambda message: None)
        except (OSError, EOFError):
            pass  # Neovim has ended
        finally:
            hang_up(nvim)

    def _on_notification(self, name: str, batches: list[Any]) -> None:
        if name != "redraw":
            return
        with self._drawn:
            for event, *calls in batches:
                handler = getattr(self, f"_on_{event}", None)
                for call in calls if handler else ():
                    handler(*call)

    # Events of the user interface (Neovim, :help ui-linegrid)

    def _on_grid_resize(self, grid: int, width: int, height: int) -> None:
        self._cells = [[(" ", 0)] * width for _ in range(height)]

    def _on_grid_clear(self, grid: int) -> None:
        self._cells = [[(" ", 0)] * len(row) for row in self._cells]

    def _on_grid_cursor_goto(self, grid: int, row: int, column: int) -> None:
        self._cursor = (row, column)

    def _on_grid_line(self, grid: int, row: int, column: int, cells: list[list[Any]], wrap: bool = False) -> None:
        colour = 0
        for text, *more in cells:
            colour = more[0] if more else colour
            for _ in range(more[1] if len(more) > 1 else 1):
                self._cells[row][column] = (text, colour)
                column += 1

    def _on_grid_scroll(self, grid: int, top: int, bottom: int, left: int, right: int, rows: int, columns: int) -> None:
        order = range(top, bottom - rows) if rows > 0 else range(bottom - 1, top - rows - 1, -1)
        for row in order:
            self._cells[row][left:right] = self._cells[row + rows][left:right]

    def _on_flush(self) -> None:
        frame = Frame(tuple(tuple(row) for row in self._cells), self._cursor)
        if frame.lines[frame.cursor[0]].startswith("Press ENTER"):
            self.interruptions.append(str(frame))
            self._press("<CR>")
        self.frames.append(frame)
        self._drawn.notify_all()
