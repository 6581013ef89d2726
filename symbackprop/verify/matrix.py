"""The matrix forms of a derivation compared with its equations in indices, by value.

Each equation is taken by itself: its matrix form, evaluated by `matrix.evaluate`, against its index form, evaluated
by the interpreter element by element, at the same values of the tensors that it reads. These are the values that the
program computes, and random numbers of their own, so that nothing holds only because, say, the rows of a softmax add
up to one. The latter have sizes of their own too, distinct primes where they can be: a whole program often has too
many sizes for that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from symbackprop.derive.differentiate import Derived
from symbackprop.interpret import Interpreter
from symbackprop.matrix import MatrixEquation, NoMatrixForm, evaluate, layouts, matrix_form
from symbackprop.terms.poly import Poly
from symbackprop.terms.program import DType, Equation, Op, Program, Tensor, TensorKind, fresh_name
from symbackprop.terms.term import Access, PolyValue, Reduce, Term, subterms
from symbackprop.verify.conditions import size_failure, work
from symbackprop.verify.data import finite_data
from symbackprop.verify.sizes import choose_sizes

Array = np.ndarray[Any, Any]
Values = Mapping[str, Array]
TOLERANCE = 1e-9  # relative to the largest element
KnownSizes = dict[tuple[tuple[str, ...], frozenset[tuple[tuple[Poly, ...], tuple[Poly, ...]]]], dict[str, int]]
_PRIMES = (2, 3, 5, 7)
_BUDGET = 3_000  # terms visited in one interpretation, roughly


@dataclass(frozen=True, slots=True)
class Sample:
    """Sizes, and an array for each tensor."""

    sizes: Mapping[str, int]
    values: Values


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
    derived: Derived, sizes: Mapping[str, int] | None = None, seed: int = 0, also: Iterable[Equation] = ()
) -> tuple[MatrixRow, ...]:
    """A row for each equation, forward and backward, in the program's order.

    `sizes`: the sizes to check at; where none are given they are chosen, for the program and for each equation.
    `also`: more equations over the same tensors, such as adjoints in a form for display.
    """
    program = derived.joint
    chosen = layouts(program)
    whole = dict(sizes) if sizes else choose_sizes(derived.forward, seed, budget=_BUDGET)
    computed = Sample(whole, values_of(derived, whole, seed))
    known: KnownSizes = {}
    rows: list[MatrixRow] = []
    for equation in (*program.equations, *also):
        form = matrix_form(equation, program, chosen)
        if isinstance(form, MatrixEquation):
            own = dict(sizes) if sizes else _own_sizes(equation, program, seed, known)
            errors = (
                worst_error(equation, form, program, [computed]),
                worst_error(equation, form, program, random_samples(equation, program, own, seed)),
            )
            rows.append(MatrixRow(equation, form, max(errors)))
        else:
            rows.append(MatrixRow(equation, form))
    return tuple(rows)


def worst_error(equation: Equation, form: MatrixEquation, program: Program, samples: Sequence[Sample]) -> float:
    """The largest deviation of the matrix form from the index form, at the first of the samples that gives finite
    values, or else at the last."""
    alone, name = _alone(equation, program)
    for sample in samples:
        expected = np.asarray(Interpreter(alone, sample.sizes, sample.values).array(name), dtype=float)
        if np.isfinite(expected).all():
            break
    return _deviation(evaluate(form, sample.values, sample.sizes), expected, _largest(equation, sample.values))


def _alone(equation: Equation, program: Program) -> tuple[Program, str]:
    """(the equation as a program, in which what it reads is given; the tensor that it writes, 0 where it does not)."""
    name = fresh_name("written", {tensor.name for tensor in program.tensors})
    target = replace(program.table[equation.target], name=name, kind=TensorKind.INTERMEDIATE, adjoint_of=None)
    given = [replace(program.table[read], kind=TensorKind.INPUT) for read in sorted(equation.reads())]
    alone = program.with_(
        tensors=(*given, target), equations=(replace(equation, target=name, op=Op.ACCUMULATE),), loss=None,
        outputs=(), updates=(), wrt=(),
    )  # fmt: skip
    return alone, name


def values_of(derived: Derived, sizes: Mapping[str, int], seed: int = 0) -> dict[str, Array]:
    """The value of every tensor, forward and backward, at data for which the loss is finite."""
    data = finite_data(derived.forward, sizes, seed)
    if data is None:
        rng, reader = np.random.default_rng([seed, 0x3A8]), Interpreter(derived.joint, sizes, {})
        return {tensor.name: _random(tensor, reader, rng, 0.2) for tensor in derived.joint.tensors}
    interpreter = Interpreter(derived.joint, sizes, data)
    return {
        tensor.name: data[tensor.name] if tensor.name in data else np.asarray(interpreter.array(tensor.name))
        for tensor in derived.joint.tensors
        if tensor.name in data or tensor.name in derived.joint.definitions
    }


def random_samples(
    equation: Equation, program: Program, sizes: Mapping[str, int] | None = None, seed: int = 0
) -> list[Sample]:
    """Random arrays for every tensor that the equation reads, as if each were given: of both signs, on both sides of
    kinks and conditions, and positive, where roots and logarithms exist. `sizes`: chosen where not given."""
    alone, _ = _alone(equation, program)
    sizes = _own_sizes(equation, program, seed, {}) if sizes is None else sizes
    rng = np.random.default_rng([seed, 0x3A7])
    reader = Interpreter(alone, sizes, {})
    given = alone.of_kind(TensorKind.INPUT)
    return [Sample(sizes, {tensor.name: _random(tensor, reader, rng, low) for tensor in given}) for low in (-1.0, 0.2)]


def _own_sizes(equation: Equation, program: Program, seed: int, known: KnownSizes) -> dict[str, int]:
    """Distinct primes for an equation of few sizes, where its conditions allow them; or else what is chosen for any
    program, once for tensors of the same shapes and the same sizes: those are `known`."""
    alone = _of_own_sizes(_alone(equation, program)[0])
    if len(alone.dims) <= len(_PRIMES):
        order = np.random.default_rng([seed, 0x3A9]).permutation(_PRIMES)
        sizes = dict(zip(alone.dims, map(int, order), strict=False))
        if size_failure(alone, sizes) is None and work(alone, sizes) <= _BUDGET:
            return sizes
    alike = alone.dims, frozenset((tensor.shape, tensor.origin) for tensor in alone.tensors)
    if alike not in known:
        known[alike] = choose_sizes(alone, seed, budget=_BUDGET)
    return known[alike]


def _of_own_sizes(alone: Program) -> Program:
    """The program with the sizes alone that stand in its equation and tensors, and what is assumed about them."""
    polys = [poly for tensor in alone.tensors for poly in (*tensor.shape, *tensor.origin, tensor.high) if poly]
    for equation in alone.equations:
        polys += [bound for axis in equation.axes for bound in (axis.low, axis.high)]
        polys += [poly for term in (equation.rhs, equation.lhs) for poly in _polys(term)]
    used = {dim.name for poly in polys for dim in poly.dims()}
    facts = {fact: {dim.name for poly in _polys(fact.condition) for dim in poly.dims()} for fact in alone.assumptions}
    for _ in facts:  # one may lead to another
        used.update(*(dims for dims in facts.values() if dims & used))
    return alone.with_(
        dims=tuple(name for name in alone.dims if name in used),
        assumptions=tuple(fact for fact, dims in facts.items() if dims <= used),
    )


def _polys(term: Term) -> Iterator[Poly]:
    for inner in subterms(term):
        match inner:
            case PolyValue(poly):
                yield poly
            case Access(_, subscripts):
                yield from (subscript for subscript in subscripts if isinstance(subscript, Poly))
            case Reduce(_, axes, _):
                yield from (bound for axis in axes for bound in (axis.low, axis.high))


def _random(tensor: Tensor, reader: Interpreter, rng: np.random.Generator, low: float) -> Array:
    _, shape = reader.box(tensor)
    if tensor.dtype is DType.INT:
        return rng.integers(0, max(1, reader.size(tensor.high) if tensor.high is not None else 2), size=shape)
    return rng.uniform(low, 1.2, shape)


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
