"""This machine, measured once and then known."""

from __future__ import annotations

from symbackprop.measured.calibrate import calibrated
from symbackprop.measured.machine import Machine, cache_file, keep, kept

__all__ = ["known_machine", "measured_machine"]


def measured_machine(anew: bool = False) -> Machine:
    """This machine, as it was measured before, or now where it was not, or `anew`."""
    found = None if anew else known_machine()
    if found is None:
        found = calibrated()
        keep(found, cache_file())
    return found


def known_machine() -> Machine | None:
    """This machine, if it was measured before."""
    return kept(cache_file())
