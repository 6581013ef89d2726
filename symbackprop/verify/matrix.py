"""The matrix forms of a derivation compared with its equations in indices, by value.

Each equation is taken by itself: its matrix form, evaluated by `matrix.evaluate`, against its index form, evaluated
by the interpreter element by element, at the same values of the tensors that it reads. These are once the values
that the program computes, and once random numbers of their own, so that nothing holds only because, say, the rows of
a softmax add up to one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from symbackprop.derive.differentiate import Derived
from symbackprop.interpret import Interpreter
from symbackprop.matrix import MatrixEquation, NoMatrixForm, evaluate, layouts, matrix_form
from symbackprop.terms.program import DType, Equation, Op, Program, Tensor, TensorKind, fresh_name
from symbackprop.verify.data import finite_data
from symbackprop.verify.sizes import choose_sizes

Array = np.ndarray[Any, Any]
Values = Mapping[str, Array]
TOLERANCE = 1e-9  # relative to the largest element
_BUDGET = 4_000  # elements visited in one interpretation, roughly: each is visited many times here


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """An equation beside its matrix form. `error`: the largest deviation, relative to the largest element."""

    equation: Equation
    form: MatrixEquation | NoMatrixForm
    error: float | None = None

    @property
    def passed(self) -> bool:
        return self.error is None or self.error <= TOLERANCE


def check_matrix_forms(
    derived: Derived, sizes: Mapping[str, int] | None = None, seed: int = 0
) -> tuple[MatrixRow, ...]:
    """A row for each equation, forward and backward, in the program's order.

    `sizes`: the sizes to check at; small distinct primes are chosen where none are given.
    """
    program = derived.joint
    chosen = layouts(program)
    sizes = dict(sizes) if sizes else choose_sizes(derived.forward, seed, budget=_BUDGET)
    forms = [matrix_form(equation, program, chosen) for equation in program.equations]
    samples = [values_of(derived, sizes, seed), random_values(program, sizes, seed)]
    return tuple(
        MatrixRow(equation, form, worst_error(equation, form, program, samples, sizes))
        if isinstance(form, MatrixEquation) else MatrixRow(equation, form)
        for equation, form in zip(program.equations, forms, strict=True)
    )  # fmt: skip


def worst_error(
    equation: Equation, form: MatrixEquation, program: Program, samples: Sequence[Values], sizes: Mapping[str, int]
) -> float:
    """The largest deviation of the matrix form from the index form, over all samples of values."""
    errors = []
    for values in samples:
        expected = in_indices(equation, program, values, sizes)
        errors.append(_deviation(evaluate(form, values, sizes), expected, _largest(equation, values)))
    return max(errors)


def in_indices(equation: Equation, program: Program, values: Values, sizes: Mapping[str, int]) -> Array:
    """What the equation writes, element by element; 0 where it writes nothing."""
    target = program.table[equation.target]
    name = fresh_name("written", set(program.table))
    given = tuple(replace(tensor, kind=TensorKind.INPUT) for tensor in program.tensors)
    alone = program.with_(
        tensors=(*given, replace(target, name=name, kind=TensorKind.INTERMEDIATE)),
        equations=(replace(equation, target=name, op=Op.ACCUMULATE),), loss=None, updates=(), outputs=(), wrt=(),
    )  # fmt: skip
    return np.asarray(Interpreter(alone, sizes, values).array(name), dtype=float)


def values_of(derived: Derived, sizes: Mapping[str, int], seed: int = 0) -> dict[str, Array]:
    """The value of every tensor, forward and backward, at data for which the loss is finite."""
    data = finite_data(derived.forward, sizes, seed)
    if data is None:
        return random_values(derived.joint, sizes, seed + 1)
    interpreter = Interpreter(derived.joint, sizes, data)
    return {
        tensor.name: data[tensor.name] if tensor.name in data else np.asarray(interpreter.array(tensor.name))
        for tensor in derived.joint.tensors
        if tensor.name in data or tensor.name in derived.joint.definitions
    }


def random_values(program: Program, sizes: Mapping[str, int], seed: int = 0) -> dict[str, Array]:
    """A random array for every tensor, as if each were given: positive, so that roots and logarithms exist."""
    rng = np.random.default_rng([seed, 0x3A7])
    reader = Interpreter(program, sizes, {})
    return {tensor.name: _random(tensor, reader, rng) for tensor in program.tensors}


def _random(tensor: Tensor, reader: Interpreter, rng: np.random.Generator) -> Array:
    _, shape = reader.box(tensor)
    if tensor.dtype is DType.INT:
        return rng.integers(0, max(1, reader.size(tensor.high) if tensor.high is not None else 2), size=shape)
    return rng.uniform(0.2, 1.2, shape)


def _largest(equation: Equation, values: Values) -> float:
    """The largest finite element that the equation reads."""
    read = [np.abs(np.asarray(values[name], dtype=float)) for name in sorted(equation.rhs.tensors)]
    return max((float(np.max(array[np.isfinite(array)], initial=0.0)) for array in read), default=0.0)


def _deviation(found: Array, expected: Array, read: float) -> float:
    """The largest difference relative to the largest finite element, or to a thousandth of what is read where that
    cancels to nothing; infinite where infinities or NaN differ."""
    finite = np.isfinite(expected)
    if found.shape != expected.shape or not np.array_equal(found[~finite], expected[~finite], equal_nan=True):
        return float("inf")
    if not finite.any():
        return 0.0
    scale = max(float(np.max(np.abs(expected[finite]))), read / 1000) or 1.0
    worst = float(np.max(np.abs(found[finite] - expected[finite]))) / scale
    return worst if np.isfinite(worst) else float("inf")
