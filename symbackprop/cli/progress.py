"""One line on a terminal's stderr that says what goes on, once it has taken a second; nothing anywhere else."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType

from symbackprop.cli.interrupt import Ensured

__all__ = ["Progress"]

DELAY, INTERVAL = 1.0, 0.2  # seconds before the line appears, and between its updates


class Progress:
    """`with Progress("verifying", "mlp"): …`, `with Progress("generating", total=11) as progress: …
    progress.step("mlp")`.

    The line is drawn by a thread of its own, since one call may well take longer than a second.
    """

    def __init__(self, task: str, item: str = "", total: int | None = None) -> None:
        self._task, self._total = task, total
        self._done, self._item = -1, item
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._draw, daemon=True)
        self._pen = threading.RLock()  # whoever draws has it
        self._drawn = False
        self._ensured = Ensured(self._end)
        self._visible = sys.stderr is not None and sys.stderr.isatty()

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
        while not self._stop.wait(wait):
            with self._pen:
                if not self._stop.is_set():
                    self._drawn = True
                    _write(f"\r\x1b[2K{self._line(time.monotonic() - start)}")
            wait = INTERVAL

    def _end(self) -> None:
        """No line from here on. An interruption calls this too, in the main thread."""
        self._stop.set()
        with self._pen:
            if self._drawn:
                self._drawn = False
                _write("\r\x1b[2K")

    def __enter__(self) -> Progress:
        self._ensured.__enter__()
        if self._visible:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ensured.__exit__(kind, error, trace)


def _write(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
