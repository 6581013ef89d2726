"""The program of a Jacobian-vector product against the interpreter's own forward mode on the network as written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from symbackprop.interpret import Arithmetic, Interpreter, Precise, Residues, Tangents
from symbackprop.interpret.failures import Degenerate
from symbackprop.stable import stable_forms
from symbackprop.terms.program import Program, TensorKind
from symbackprop.verify.data import Data, draw, finite_data

_ATTEMPTS = 4
_TOLERANCE = 1e-30  # relative; high precision carries 60 digits


def wrong_tangent(
    program: Program, product: Program, wrt: Sequence[str], sizes: Mapping[str, int], seed: int
) -> str | None:
    """What differs, exactly, modulo a prime, and in sixty digits as well; None where nothing does, or nothing has a
    value on any draw."""
    for attempt in range(_ATTEMPTS):
        try:
            data = draw(program, sizes, seed + 7919 * attempt, exact=True)
            suspect = _difference(program, product, wrt, sizes, data, Residues(seed + attempt))
        except (Degenerate, ZeroDivisionError):
            continue
        if suspect is None:
            return None
        real = finite_data(stable_forms(program), sizes, seed + attempt, digits=True)
        return suspect if real is None else _difference(program, product, wrt, sizes, real, Precise())
    return None


def _difference(
    program: Program, product: Program, wrt: Sequence[str], sizes: Mapping[str, int], data: Data, arithmetic: Arithmetic
) -> str | None:
    rng = np.random.default_rng([len(data), 0x7A6])
    directions = {name: np.asarray(rng.integers(1, 2**30, size=data[name].shape)) for name in wrt}
    along = {name: {place: (0, arithmetic.given(int(values[place]))) for place in np.ndindex(*values.shape)}
             for name, values in directions.items()}  # fmt: skip
    truth = Interpreter(program, sizes, data, Tangents(arithmetic), seeds=along)
    own = {t.tangent_of: t.name for t in product.of_kind(TensorKind.INPUT) if t.name not in program.table}
    given = {**data, **{own[name]: values.astype(object) for name, values in directions.items()}}
    found = Interpreter(product, sizes, given, arithmetic)
    for name, tangent in zip(program.results, product.results, strict=True):
        values = found.array(tangent)
        for place in np.ndindex(*values.shape):
            value, tangents = truth.element(name, place)
            expected = tangents.get(0, arithmetic.given(0))
            if value == value and not _equal(values[place], expected, arithmetic):
                return f"{tangent}{list(place)}: expected {float(expected):.12g}, found {float(values[place]):.12g}"
    return None


def _equal(left: object, right: object, arithmetic: Arithmetic) -> bool:
    if left == right or right != right:
        return True
    if isinstance(arithmetic, Residues):
        return False
    gap, scale = abs(left - right), 1 + abs(left) + abs(right)  # type: ignore[operator, arg-type]
    return not np.isfinite(float(right)) or bool(gap <= _TOLERANCE * scale)  # type: ignore[arg-type]


__all__ = ["wrong_tangent"]
