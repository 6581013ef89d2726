"""Python's search for cycles, while very many objects are made that have none."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_SELDOM = 1_000_000  # objects made between two searches
_lock = Lock()
_within = 0
_before = gc.get_threshold()


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """Within it the collector runs seldom: terms, equations and values hold no cycles, and most of them stay."""
    global _within, _before
    with _lock:
        if not _within:
            _before = gc.get_threshold()
            if 0 < _before[0] < _SELDOM:
                gc.set_threshold(_SELDOM, *_before[1:])
        _within += 1
    try:
        yield
    finally:
        with _lock:
            _within -= 1
            if not _within:
                _grown_old()
                gc.set_threshold(*_before)


def _grown_old() -> None:
    """What was made counts as old: else the collector would go through all of it at once, the threshold being what it
    was. What somebody has frozen stays so."""
    if not gc.get_freeze_count():
        gc.freeze()
        gc.unfreeze()


__all__ = ["collecting_seldom"]
