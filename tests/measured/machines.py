"""A machine that nobody measured, with round figures."""

from symbackprop.measured.calibrate import HELPED, KINDS, SLOW
from symbackprop.measured.machine import Machine

SIDES = (1, 16, 256)
RATE, CALL, ENTRY = 1e9, 1e-6, 1e-9


def machine(**changes):
    """1 G multiply-adds a second, 1 µs a call, 1 ns an entry; ten times as much beyond a million of them."""
    curve = (*((count, CALL + ENTRY * count) for count in (16, 1024, 131_072)), (2**21, 10 * ENTRY * 2**21))
    products = tuple(CALL + m * k * n / RATE for m in SIDES for k in SIDES for n in SIDES)
    costs = {
        "view": 1e-7,
        "row": 1e-8,
        "row of a sum": 1e-8,
        "row of a maximum": 1e-8,
        "matrix": 1e-7,
        "head": 1e-4,
        "call": 1e-7,
        "errstate": 1e-6,
    }
    return Machine(SIDES, products, dict.fromkeys((*KINDS, *SLOW, *HELPED), curve) | changes, costs)
