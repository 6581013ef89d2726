"""Gradients where branches that are not taken are singular: the derived programs against forward mode.

On small integers values vanish and tie. Forward mode over the network as it was written computes what is taken alone:
where all that it finds is finite, so is every gradient, and the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from symbackprop.derive.differentiate import Derived
from symbackprop.interpret import Float, Interpreter, forward_gradients
from symbackprop.stages import training_form
from symbackprop.terms.program import Program
from symbackprop.terms.wild import known_of
from symbackprop.verify.data import Data, Style, UnmetAssumption, draw
from workshop.fuzz.modules import Mismatch

Array = np.ndarray[Any, Any]
_DRAWS = 3
_RELATIVE = 1e-6


def compare_corners(program: Program, derived: Derived, sizes: Mapping[str, int], seed: int) -> int:
    """How many draws were compared; none where nothing can be infinite. Raises `Mismatch` for a wrong gradient."""
    if not known_of(derived.forward, derived.backward).wild:
        return 0
    compared = 0
    stable = training_form(program)
    names = [name for name, _ in derived.backward.wrt]
    for data in _draws(program, sizes, seed):
        with np.errstate(all="ignore"):
            loss, truth = forward_gradients(Interpreter(stable, sizes, data, Float()), names)
            if not all(np.isfinite(values.astype(np.float64)).all() for values in (np.array(loss), *truth.values())):
                continue
            forward = Interpreter(derived.forward, sizes, data, Float())
            if not np.isclose(forward.loss(), loss):
                continue  # a value that rounding moves over an edge takes another branch
            backward = Interpreter(derived.backward, sizes, data, Float(), outer=forward)
            for name, adjoint in derived.backward.wrt:
                _same(name, backward.array(adjoint), truth[name].astype(np.float64), sizes)
        compared += 1
    return compared


def _draws(program: Program, sizes: Mapping[str, int], seed: int) -> Iterator[Data]:
    for number in range(_DRAWS):
        try:
            yield draw(program, sizes, seed + number, Style.TIED)
        except UnmetAssumption:
            return


def _same(name: str, found: Array, expected: Array, sizes: Mapping[str, int]) -> None:
    scale = float(np.max(np.abs(expected), initial=1.0))
    right = np.isclose(found, expected, rtol=_RELATIVE, atol=_RELATIVE * scale)
    for index in np.argwhere(~right)[:1]:
        place = tuple(map(int, index))
        kind = "wrong" if np.isfinite(found[place]) else "infinite"
        message = f"{name}{list(place)}: expected {expected[place]:.12g}, found {found[place]:.12g}, at {dict(sizes)}"
        raise Mismatch(f"{kind} gradient at a corner", message)


__all__ = ["compare_corners"]
