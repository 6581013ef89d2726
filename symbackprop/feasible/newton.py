"""Real solutions in sixty digits, near given values, by Gauss-Newton steps.

    x += W Jᵀ (J W Jᵀ)⁻¹ (-r),      s = g(x) > 0 for an inequality g(x) >= 0

With W = 1 the solution is the one nearest to the values given: a column is centred by its mean. With W = |x|, for what
is to stay positive, probabilities are brought to their sum by division. A slack s is such an unknown, which no step
takes to zero. (J. Nocedal and S. Wright, Numerical Optimization, 2006: sections 10.3 and 19.2.) Residuals are in sixty
digits, steps in floats, each of which gains ten digits or so; by plain elimination, the same on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from symbackprop.interpret import Precise, Tangents

Duals = Mapping[int, Any]  # by the number of the unknown, which is its seed
Residual = Callable[[Tangents, Duals], Any]
_STEPS = 60
_PATIENCE = 10  # steps by which the largest residual is halved at least
_MOST = 220  # equations solved together
_TINY = 1e-13  # relative
_LEAST = 0.875  # of a slack, at most, is taken by one step


class TooMany(Exception):
    """More equations are tied together than are solved in a moment."""


def newton(
    precise: Precise,
    equations: Sequence[Residual],
    inequalities: Sequence[Residual],
    start: Mapping[int, Any],
    slacks: Sequence[Any],
    proportional: AbstractSet[int] = frozenset(),
) -> dict[int, Any] | None:
    """The unknowns at which the equations are zero and the inequalities positive; None where it does not converge.

    `start`: numbers of `Precise`; `slacks`: how far from zero each inequality is wanted at first; `proportional`: the
    unknowns that move in proportion to themselves.
    """
    rows = [*equations, *inequalities]
    if len(rows) > _MOST:
        raise TooMany
    tangents, tiny = Tangents(precise), precise.context.mpf(10) ** -50
    values = {**start, **{-1 - place: slack for place, slack in enumerate(slacks)}}  # slacks have negative numbers
    sizes: list[Any] = []
    for _ in range(_STEPS):
        duals = {number: (values[number], {number: tangents.one}) for number in start}
        found = [row(tangents, duals) for row in rows]
        slopes: list[dict[int, Any]] = [dict(slope) for _, slope in found]
        residuals = [residual for residual, _ in found]
        for place in range(len(slacks)):
            residuals[len(equations) + place] -= values[-1 - place]
            slopes[len(equations) + place][-1 - place] = -tangents.one
        if not all(precise.context.isfinite(residual) for residual in residuals):
            return None
        size = max(abs(residual) for residual in residuals)
        if size <= tiny:
            return {number: values[number] for number in start}
        sizes.append(size)
        if len(sizes) > _PATIENCE and size > sizes[-1 - _PATIENCE] / 2:
            return None
        weights = {n: abs(float(v)) if n < 0 or n in proportional else 1.0 for n, v in values.items()}
        rough = [{number: float(s) for number, s in slope.items()} for slope in slopes]
        multipliers = _solved(rough, weights, [float(residual / size) for residual in residuals])
        if multipliers is None:
            return None
        step = dict.fromkeys(values, precise.zero)
        for slope, multiplier in zip(rough, multipliers, strict=True):
            for number, s in slope.items():
                step[number] -= size * (weights[number] * s * multiplier)
        length = min(
            [precise.one, *(_LEAST * values[n] / -move for n, move in step.items() if n < 0 and move < 0)]
        )  # fmt: skip
        values = {number: value + length * step[number] for number, value in values.items()}
    return None


def _solved(
    slopes: Sequence[Mapping[int, float]], weights: Mapping[int, float], right: Sequence[float]
) -> list[float] | None:
    """λ with (J W Jᵀ + tiny) λ = right: by elimination, rows that say the same together being shared between."""
    size = len(slopes)
    matrix = [[0.0] * size for _ in range(size)]
    columns: dict[int, list[tuple[int, float]]] = {}
    for row, slope in enumerate(slopes):
        for number, s in slope.items():
            columns.setdefault(number, []).append((row, s))
    for number, entries in columns.items():
        for row, s in entries:
            for other, t in entries:
                matrix[row][other] += weights[number] * s * t
    top = max((matrix[k][k] for k in range(size)), default=0.0)
    if not top:
        return None
    vector = list(right)
    for k in range(size):  # positive definite: no pivoting
        pivot = matrix[k]
        pivot[k] += top * _TINY
        if not pivot[k] > 0:
            return None
        for row in range(k + 1, size):
            factor = matrix[row][k] / pivot[k]
            if factor:
                vector[row] -= factor * vector[k]
                matrix[row] = [*pivot[:k], *(a - factor * b for a, b in zip(matrix[row][k:], pivot[k:], strict=True))]
    for k in reversed(range(size)):
        vector[k] = (vector[k] - sum(matrix[k][o] * vector[o] for o in range(k + 1, size))) / matrix[k][k]
    return vector
