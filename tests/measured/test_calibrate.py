"""The machine measured, by a clock that is none: what is measured, not how long it takes."""

from __future__ import annotations

from itertools import count

import numpy as np
import pytest

from symbackprop.measured.calibrate import ENTRIES, HELPED, KINDS, SIDES, SLOW, calibrated, seconds, settled
from symbackprop.measured.machine import Machine
from tests.measured.machines import machine


def test_everything_is_measured() -> None:
    ticks = count(0, 1_000_000)  # a millisecond a glance: one call at each place is enough
    found = calibrated(lambda: next(ticks), largest=1024, side=4)
    assert found.sides == SIDES[:2]
    assert len(found.products) == 8
    assert found.curves.keys() == {*KINDS, *SLOW, *HELPED}
    assert [entries for entries, _ in found.curves["add"]] == list(ENTRIES[:2])
    assert Machine.of(found.as_dict()) == found
    assert all(hasattr(np, name) for name in SLOW)


def test_the_least_of_several() -> None:
    moments = iter([0, 10**9, 0, 300, 1000, 1200])  # a slow call first, then repetitions of one call each
    assert seconds(lambda: None, lambda: next(moments)) == pytest.approx(200e-9)


def test_what_was_disturbed() -> None:
    made = machine(add=((16, 5.0), (1024, 1.0), (4096, 2.0)))
    disturbed = Machine(made.sides, (9.0, *made.products[1:]), made.curves, made.costs)
    found = settled(disturbed)
    assert [time for _, time in found.curves["add"]] == [1.0, 1.0, 2.0]
    assert found.products[0] == made.products[1]
    assert found.products[1:] == made.products[1:]
