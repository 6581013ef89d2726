"""Ctrl-C, and a polite kill: they end the command at once, wherever it stands, and leave nothing half-written.

A KeyboardInterrupt is lost where Python cannot raise it (in the callback of a weak reference, in a finaliser) and where
somebody's code catches it, and it is a traceback where nobody does, as during imports. So here a signal raises nothing:
its handler undoes what was begun, says one line and leaves the process. Only the command installs it, before it imports
anything large; whoever imports the library keeps the handlers that they have.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

__all__ = ["Ensured", "Held", "install"]

_NAMES = {"SIGINT": "interrupted", "SIGTERM": "terminated", "SIGHUP": "terminated"}  # SIGHUP: its terminal was closed


class _State:
    """What a signal has to know of the command: one in a process, as a signal has one handler."""

    ensured: list[Callable[[], object]]  # what must be done before the process may end, the last first
    held: int  # how many blocks put a signal off
    waiting: int | None  # the signal that was put off

    def __init__(self) -> None:
        self.ensured, self.held, self.waiting = [], 0, None


_state = _State()


class Ensured:
    """`with Ensured(action): …` calls `action` however the block ends, an interruption included.

    It is known before what it undoes is begun, so that no moment is left uncovered; hence `action` must do no harm
    where there is nothing to undo, or when it is called twice.
    """

    def __init__(self, action: Callable[[], object]) -> None:
        self._action = action

    def __enter__(self) -> None:
        _state.ensured.append(self._action)

    def __exit__(self, *_: object) -> None:
        self._action()
        _state.ensured.remove(self._action)


class Held:
    """`with Held(): …` puts off an interruption to the end of the block, which must be short."""

    def __enter__(self) -> None:
        _state.held += 1

    def __exit__(self, *_: object) -> None:
        _state.held -= 1
        if not _state.held and _state.waiting is not None:
            _leave(_state.waiting, None)


def install() -> None:
    """Let the signals that ask a command to end do so from now on, but for those that the caller chose to ignore."""
    for number in _numbers():
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _leave)


def _numbers() -> dict[int, str]:
    return {int(getattr(signal, name)): word for name, word in _NAMES.items() if hasattr(signal, name)}


def _leave(number: int, _frame: FrameType | None) -> None:
    if _state.held:
        _state.waiting = number
        return
    for other in _numbers():
        signal.signal(other, signal.SIG_IGN)
    for action in reversed(_state.ensured):
        with suppress(Exception):  # the rest must be undone all the same, and there is one line to say
            action()
    with suppress(OSError):  # nobody listens
        os.write(2, f"symbackprop: {_numbers()[number]}\n".encode())
    os._exit(128 + number)
