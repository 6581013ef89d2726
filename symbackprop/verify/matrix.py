"""The matrix forms of a derivation compared with its equations in indices, exactly.

A matrix form is told in indices again (`matrix.entries`). Where that is the very term of its equation, the two are
equal at all sizes and data. Elsewhere (a diagonal matrix, say, is a condition under a sum) both are interpreted on the
same numbers modulo a prime, as in `verify.exact`, and every element is compared. Each equation is taken by itself: what
it reads are random residues, so that nothing holds only because, say, the rows of a softmax add up to one, or small
numbers that tie, vanish and stand on both sides of conditions, and either with -oo among them, as in masked scores. The
sizes are its own too, distinct primes where they can be: a whole program often has too many for that.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import mpmath
import numpy as np

from symbackprop.derive.differentiate import Derived
from symbackprop.interpret import Interpreter, Precise, Residues
from symbackprop.interpret.failures import InterpretationError
from symbackprop.matrix import MatrixEquation, NoMatrixForm, in_indices, layouts, matrix_form
from symbackprop.terms.build import fresh_index
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import DType, Equation, Op, Program, TensorKind, fresh_name
from symbackprop.terms.term import Access, PolyValue, Reduce, Term, subterms
from symbackprop.verify.data import Data, Style, draw
from symbackprop.verify.exact import Difference, Place, places

Array = np.ndarray[Any, Any]
_BUDGET = 12_000  # work of all the places together, roughly
_MASKED = 0.2  # of the elements of masked data are -oo
_TOLERANCE = 1e-30  # relative; high precision carries 60 digits


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """An equation beside its matrix form. `difference`: an element of which they do not say the same."""

    equation: Equation
    form: MatrixEquation | NoMatrixForm
    difference: Difference | None = None

    @property
    def passed(self) -> bool:
        return self.difference is None


def check_matrix_forms(
    derived: Derived, sizes: Mapping[str, int] | None = None, seed: int = 0, also: Iterable[Equation] = ()
) -> tuple[MatrixRow, ...]:
    """A row for each equation, forward and backward, in the program's order.

    `sizes`: the sizes to check at; where none are given they are chosen for each equation.
    `also`: more equations over the same tensors, such as adjoints in a form for display.
    """
    program = derived.joint
    chosen = layouts(program)
    rows: list[MatrixRow] = []
    for equation in (*program.equations, *also):
        form = matrix_form(equation, program, chosen)
        wrong = find_difference(equation, form, program, sizes, seed) if isinstance(form, MatrixEquation) else None
        rows.append(MatrixRow(equation, form, wrong))
    return tuple(rows)


def find_difference(
    equation: Equation, form: MatrixEquation, program: Program, sizes: Mapping[str, int] | None = None, seed: int = 0
) -> Difference | None:
    """An element of which the form does not say what the equation does; None where there is none."""
    told = _told(equation, form)
    if told == equation:
        return None
    truth, ours = _alone(equation, program), _alone(told, program)
    given = None if sizes is None else {name: sizes[name] for name in truth.dims}
    for place in places(truth, given, seed, _BUDGET):
        for masked in (False, True):
            found = _difference(truth, ours, place, masked)
            if found is not None:
                return replace(found, tensor=equation.target)
    return None


def _told(equation: Equation, form: MatrixEquation) -> Equation:
    """What the form says, in the indices of the equation and with its axes in their order, as far as it has them."""
    names: list[Index] = []
    for name, place in (("~row", form.left.layout.row), ("~column", form.left.layout.column)):
        subscript = None if place is None else equation.subscripts[place]
        plain = subscript.index if isinstance(subscript, Poly) else None
        names.append(fresh_index(name) if plain is None else plain)
    told = in_indices(form, *names)
    return replace(told, axes=tuple(sorted(told.axes, key=(*equation.axes, *told.axes).index)))


def _alone(equation: Equation, program: Program) -> Program:
    """The equation as a program, in which what it reads is given, and what it does not write is 0; with the sizes alone
    that stand in it and its tensors, and what is assumed about them."""
    name = fresh_name("written", {tensor.name for tensor in program.tensors})  # it may read what it writes
    target = replace(program.table[equation.target], name=name, kind=TensorKind.INTERMEDIATE, adjoint_of=None)
    given = [replace(program.table[read], kind=TensorKind.INPUT) for read in sorted(equation.reads())]
    polys = [poly for tensor in (*given, target) for poly in (*tensor.shape, *tensor.origin, tensor.high) if poly]
    polys += [bound for axis in equation.axes for bound in (axis.low, axis.high)]
    polys += [poly for term in (equation.rhs, equation.lhs) for poly in _polys(term)]
    used = {dim.name for poly in polys for dim in poly.dims()}
    facts = {fact: {dim.name for poly in _polys(fact.condition) for dim in poly.dims()}
             for fact in program.assumptions if not fact.condition.tensors}  # fmt: skip
    for _ in facts:  # one may lead to another
        used.update(*(dims for dims in facts.values() if dims & used))
    return program.with_(
        dims=tuple(name for name in program.dims if name in used), tensors=(*given, target),
        equations=(replace(equation, target=name, op=Op.ACCUMULATE),), loss=None, cotangents=(), outputs=(),
        updates=(), wrt=(), assumptions=tuple(fact for fact, dims in facts.items() if dims <= used),
    )  # fmt: skip


def _polys(term: Term) -> Iterator[Poly]:
    for inner in subterms(term):
        match inner:
            case PolyValue(poly):
                yield poly
            case Access(_, subscripts):
                yield from (subscript for subscript in subscripts if isinstance(subscript, Poly))
            case Reduce(_, axes, _):
                yield from (bound for axis in axes for bound in (axis.low, axis.high))


# --- by value ------------------------------------------------------------------------------------------
def _difference(truth: Program, ours: Program, place: Place, masked: bool) -> Difference | None:
    """An element that differs. Residues may differ where real numbers do not: these have the last word, if the equation
    has a value on any."""
    data = _data(truth, place, place.style, masked, exact=True)
    found, _ = _compared(truth, ours, place, data, Residues(place.seed))
    if found is None:
        return None
    tied = place.style is Style.TIED
    real = [data] if tied else [_data(truth, place, style, masked) for style in (Style.SIGNED, Style.POSITIVE)]
    compared = [_compared(truth, ours, place, data, Precise()) for data in real]
    confirmed = [difference for difference, decided in compared if decided]
    return next((difference for difference in confirmed if difference is not None), None if confirmed else found)


def _data(truth: Program, place: Place, style: Style, masked: bool, exact: bool = False) -> Data:
    """What the equation reads; `masked`: with -oo here and there."""
    data = draw(truth, place.sizes, place.seed, style, exact)
    if masked:
        rng = np.random.default_rng([place.seed, 0x3A8])
        for tensor in truth.of_kind(TensorKind.INPUT):
            if tensor.dtype is DType.FLOAT:
                array = data[tensor.name]
                data[tensor.name] = np.where(rng.random(array.shape) < _MASKED, -math.inf, array)
    return data


def _compared(
    truth: Program, ours: Program, place: Place, data: Data, arithmetic: Residues | Precise
) -> tuple[Difference | None, bool]:
    """(the first element that differs, whether the equation has a value at all); where it has none, anything goes."""
    (name,) = truth.definitions
    expected = _values(truth, place, data, arithmetic)
    decided = [index for index in np.ndindex(*expected.shape) if expected[index] == expected[index]]
    try:
        found = _values(ours, place, data, arithmetic)
    except InterpretationError as error:
        return Difference(name, False, failure=str(error)), True
    tolerance = _TOLERANCE if isinstance(arithmetic, Precise) else 0
    for index in decided:
        if not _equal(found[index], expected[index], tolerance):
            return Difference(name, False, index, float(found[index]), float(expected[index])), True
    return None, bool(decided)


def _values(program: Program, place: Place, data: Data, arithmetic: Residues | Precise) -> Array:
    """Of every element; NaN where the data hit a pole."""
    (name,) = program.definitions
    interpreter = Interpreter(program, place.sizes, data, arithmetic)
    out = np.empty(interpreter.box(program.table[name])[1], dtype=object)
    for index, position in interpreter.places(name):
        try:
            out[index] = interpreter.element(name, position)
        except ArithmeticError:
            out[index] = math.nan
    return out


def _equal(found: Any, expected: Any, tolerance: float) -> bool:
    if found == expected:
        return True
    finite = mpmath.isfinite(found) and mpmath.isfinite(expected)
    return finite and bool(abs(found - expected) <= tolerance * (1 + abs(found) + abs(expected)))
