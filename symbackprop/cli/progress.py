"""One line on a terminal's stderr that says what goes on, once it has taken a second; nothing anywhere else."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType

__all__ = ["Progress"]

DELAY, INTERVAL = 1.0, 0.2  # seconds before the line appears, and between its updates


class Progress:
    """`with Progress("generating", total=11) as progress: … progress.step("mlp")`.

    The line is drawn by a thread of its own, since one call may well take longer than a second.
    """

    def __init__(self, task: str, total: int | None = None) -> None:
        self._task, self._total = task, total
        self._done, self._item = -1, ""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._draw, daemon=True)
        self._visible = sys.stderr.isatty()

    def step(self, item: str) -> None:
        """`item` begins (and the one before it, if any, is done)."""
        self._done, self._item = self._done + 1, item

    def at(self, done: int, item: str = "") -> None:
        """So many are done by now."""
        self._done, self._item = done, item

    def _line(self, seconds: float) -> str:
        count = "" if self._total is None else f" {max(self._done, 0)}/{self._total}"
        return f"{self._task}{count} {self._item}".rstrip() + f" … {seconds:.0f} s"

    def _draw(self) -> None:
        start, wait = time.monotonic(), DELAY
        drawn = False
        while not self._stop.wait(wait):
            sys.stderr.write(f"\r\x1b[2K{self._line(time.monotonic() - start)}")
            sys.stderr.flush()
            wait, drawn = INTERVAL, True
        if drawn:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()

    def __enter__(self) -> Progress:
        if self._visible:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._visible:
            self._thread.join()
